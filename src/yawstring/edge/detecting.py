"""Detection over recordings: each capture from its first frame to its last, many at a time, the same whoever reads it.

A capture is read by the very stream that watches the air. Its alerts and scores depend on its frames, its log and the
options alone, and come in the order of the captures: one worker or ten write the same files.
"""

import json
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl

from yawstring.edge.captures import find_captures
from yawstring.edge.files import write_octets
from yawstring.edge.flights import TELEMETRY
from yawstring.edge.plans import Plan, flow_of
from yawstring.edge.scores import write_scores
from yawstring.edge.sources import ReplaySource
from yawstring.edge.telemetry import read_telemetry
from yawstring.edge.telemetry_logs import LogTelemetry
from yawstring.errors import OptionError, TableError
from yawstring.models.base import Json
from yawstring.watch import flow, health, stream
from yawstring.watch.alert_json import alert_to_json
from yawstring.watch.alerts import Alert, AlertChange
from yawstring.watch.flow import FlowOptions
from yawstring.watch.health import Health
from yawstring.watch.outcome import Out
from yawstring.watch.scores import Detector

ALERTS, SCORES = "alerts.jsonl", "scores.parquet"
"""Files that are written: a line an alert, and a row a window."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A capture to read.

    Attributes:
        capture: The file.
        telemetry: Its log, if there is one.
    """

    capture: Path
    telemetry: Path | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Detected:
    """What was found in a capture.

    Attributes:
        recording: The capture.
        health: What was counted.
        states: Rows of telemetry.
        clock_put_back: How often the clock was put back.
        alerts: Each as it stood at the end, in the order in which they opened.
        scores: A row a window; empty without a detector.
    """

    recording: Recording
    health: Health
    states: int
    clock_put_back: int
    alerts: tuple[Alert, ...]
    scores: pl.DataFrame

    def to_json(self) -> dict[str, Json]:
        """All but the scores as JSON."""
        log = self.recording.telemetry
        rejects: dict[str, Json] = dict(self.health.rejects)
        return {
            "capture": str(self.recording.capture),
            "telemetry": None if log is None else str(log),
            "frames": self.health.frames,
            "states": self.states,
            "rejects": rejects,
            "clock_put_back": self.clock_put_back,
            "windows": len(self.scores),
            "alerts": [alert_to_json(alert) for alert in self.alerts],
        }


def recordings_of(paths: Sequence[Path], telemetry: str) -> tuple[Recording, ...]:
    """Captures, and their logs: the one that is named, or ``telemetry.log`` in the folder of a capture.

    Args:
        paths: Captures and folders of them.
        telemetry: ``"auto"``, ``"none"``, ``"air"``, or the log of the only capture.

    Raises:
        CaptureError: There is no capture.
        OptionError: A log is named, and there are several captures.
    """
    captures = find_captures(paths)
    if telemetry in ("none", "air"):
        return tuple(Recording(capture=capture) for capture in captures)
    if telemetry != "auto":
        if len(captures) != 1:
            raise OptionError(f"--telemetry: expected the log of one capture, found {len(captures)} captures: use auto")
        return (Recording(capture=captures[0], telemetry=Path(telemetry)),)
    beside = [capture.parent / TELEMETRY for capture in captures]
    return tuple(
        Recording(capture=capture, telemetry=log if log.is_file() and beside.count(log) == 1 else None)
        for capture, log in zip(captures, beside, strict=True)
    )


def detect_all(recordings: Sequence[Recording], plan: Plan, *, workers: int = 1) -> Iterator[Detected]:
    """What is found in captures, in their order.

    Args:
        recordings: The captures.
        plan: What watches.
        workers: Processes.

    Raises:
        InputError: A file cannot be read.
    """
    work = partial(detect, plan=plan)
    if workers <= 1 or len(recordings) <= 1:
        yield from map(work, recordings)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(recordings)), mp_context=context) as pool:
        yield from pool.map(work, recordings)


def detect(recording: Recording, plan: Plan) -> Detected:
    """What is found in one capture.

    Raises:
        InputError: A file cannot be read.
    """
    options = _flow(plan)
    log = _log(recording.telemetry)
    state, ledger, counted = stream.start(options.stream), flow.start(options), Health()
    outs, changes = list[Out](), list[AlertChange]()
    source = ReplaySource(recording.capture, speed=None)
    for batch in source.batches():
        rows = None if log is None else log.poll(batch.now_ns)
        state, out = stream.step(state, options.stream, batch, rows)
        counted = health.take(counted, batch, out)
        ledger, made = flow.take(ledger, options, out, batch)
        outs.append(out)
        changes += made
    state, out = stream.finish(state, options.stream)
    ledger, made = flow.finish(ledger, options, out)
    changes += made
    alerts = {change.alert.key: change.alert for change in changes}
    return Detected(
        recording=recording,
        health=counted,
        states=0 if log is None else log.rows,
        clock_put_back=state.clock.cuts,
        alerts=tuple(sorted(alerts.values(), key=lambda alert: (alert.opened_ns, alert.key))),
        scores=_scores(recording, options, outs),
    )


def write_detected(found: Sequence[Detected], folder: Path, *, scores: bool) -> None:
    """Write alerts and scores into a folder, which is made where there is none.

    Raises:
        TableError: A file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TableError(f"cannot be made: {error.strerror}", file=str(folder)) from error
    lines = chain.from_iterable(_lines(one) for one in found)
    write_octets("".join(lines).encode(), folder / ALERTS)
    if scores:
        write_scores(pl.concat([one.scores for one in found]), folder / SCORES)


def _lines(found: Detected) -> Iterator[str]:
    for alert in found.alerts:
        yield json.dumps({"capture": str(found.recording.capture), **alert_to_json(alert)}, allow_nan=False) + "\n"


@lru_cache(maxsize=1)
def _flow(plan: Plan) -> FlowOptions:
    """A worker reads the bundle once."""
    from yawstring.edge.runtime import ready_loops

    ready_loops()
    return flow_of(plan)


def _log(path: Path | None) -> LogTelemetry | None:
    return None if path is None else LogTelemetry(read_telemetry(path))


def _scores(recording: Recording, options: FlowOptions, outs: Sequence[Out]) -> pl.DataFrame:
    detector = options.stream.detector
    if detector is None:
        return pl.DataFrame()
    pieces = [piece for out in outs for piece in out.scored]
    classes = detector.scoring.recipe.classes
    probabilities = np.concatenate(
        [np.empty((0, len(classes)), np.float32), *(scored.probabilities for scored, _ in pieces)]
    )
    none = np.zeros(0, np.int64)
    made = pl.DataFrame(
        {
            "time_ns": np.concatenate([none, *(scored.time_ns for scored, _ in pieces)]),
            "frame": np.concatenate([none, *(frames for _, frames in pieces)]),
            "predicted": _called(detector, probabilities),
            "score": np.concatenate([np.zeros(0), *(scored.score for scored, _ in pieces)]),
        }
        | {f"p_{name}": probabilities[:, place] for place, name in enumerate(classes)}
    )
    return made.select(pl.lit(str(recording.capture)).alias("capture"), pl.all())


def _called(detector: Detector, probabilities: np.ndarray) -> pl.Series:
    from yawstring.learn.metrics import decide

    recipe = detector.scoring.recipe
    return pl.Series([recipe.classes[place] for place in decide(probabilities, recipe.threshold)], dtype=pl.String)
