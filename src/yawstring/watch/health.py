"""How a watch goes, in numbers, once a second: what is heard, what is lost, how old telemetry is, where it listens."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import polars as pl

from yawstring.models.base import Json
from yawstring.schema import TIME
from yawstring.watch.batches import Batch
from yawstring.watch.coverage import Coverage, hear, shares
from yawstring.watch.outcome import KINDS, Out

Air = Literal["heard", "silent", "gone"]
State = Literal["running", "ended", "lost"]

SILENT_S: Final = 2.0
"""Seconds without a frame from which on the air is silent."""

STALE_S: Final = 1.0
"""Age of telemetry from which on a person is told that it is stale."""

NS_PER_S: Final = 1_000_000_000

_SHOWN = {
    "height_m": "height_m",
    "pitch_deg": "pitch_deg",
    "roll_deg": "roll_deg",
    "yaw_deg": "yaw_deg",
    "battery_percent": "battery_pct",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Health:
    """What has been counted.

    Attributes:
        frames: Frames so far.
        dropped: Frames lost so far.
        rejects: What could not be read, and how often, so far.
        kinds: Frames by kind since the last telling.
        score: Highest score since then; ``None`` where there was none.
        heard_ns: The clock when the last frame was read; ``None`` before the first.
        coverage: Which channels were heard, and when.
    """

    frames: int = 0
    dropped: int = 0
    rejects: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    score: float | None = None
    heard_ns: int | None = None
    coverage: Coverage = field(default_factory=Coverage)


def take(state: Health, batch: Batch, out: Out) -> Health:
    """Count a batch and what came of it.

    Example:
        >>> from yawstring.watch.batches import empty_batch
        >>> take(Health(), empty_batch(5, dropped=3), Out()).dropped
        3
    """
    scores = [score for score in (state.score, out.score) if score is not None]
    return replace(
        state,
        frames=state.frames + len(batch),
        dropped=state.dropped + batch.dropped,
        rejects=Counter(state.rejects) + Counter(out.rejects),
        kinds=Counter(state.kinds) + Counter(out.kinds),
        score=max(scores, default=None),
        heard_ns=batch.now_ns if len(batch) else state.heard_ns,
        coverage=hear(state.coverage, out.channels),
    )


def told(state: Health) -> Health:
    """Begin to count anew what is told a second."""
    return replace(state, kinds={}, score=None)


@dataclass(frozen=True, kw_only=True, eq=False)
class Now:
    """The moment at which health is told.

    Attributes:
        time_ns: The clock of the frames.
        since_s: Seconds since the last telling.
        state: Of the watch.
        threshold: Score from which on rows count; ``None`` without a detector.
        telemetry: The last rows of telemetry.
        wanted: Whether there is a source of telemetry at all.
        clock_put_back: How often the clock was put back.
        telemetry_gone: Why no more telemetry can come; ``""`` while it can.
        survey_faults: Why the radio could not be tuned to a channel, and how often.
    """

    time_ns: int
    since_s: float
    state: State = "running"
    threshold: float | None = None
    telemetry: pl.DataFrame | None = None
    wanted: bool = False
    clock_put_back: int = 0
    telemetry_gone: str = ""
    survey_faults: Mapping[str, int] = field(default_factory=dict)


def body(state: Health, now: Now) -> dict[str, Json]:
    """Health as JSON.

    Example:
        >>> found = body(Health(frames=10, kinds={"data": 10}, heard_ns=0), Now(time_ns=0, since_s=2.0))
        >>> found["frames_per_s"], found["air"], found["telemetry"]
        (5.0, 'heard', 'none')
    """
    since_s = max(now.since_s, 1e-9)
    by_kind: dict[str, Json] = {kind: round(state.kinds.get(kind, 0) / since_s, 1) for kind in KINDS}
    rejects: dict[str, Json] = dict(state.rejects)
    frames = sum(state.kinds.values())
    made: dict[str, Json] = {
        "frames": state.frames,
        "frames_per_s": round(frames / since_s, 1),
        "by_kind": by_kind,
        "rejects": rejects,
        "drops": state.dropped,
        **_telemetry(now),
        "telemetry_gone": now.telemetry_gone,
        "survey_faults": dict(now.survey_faults),
        "air": air(state, now),
        "coverage": {str(mhz): share for mhz, share in shares(state.coverage, now.time_ns).items()},
        "score": state.score,
        "threshold": now.threshold,
        "clock_put_back": now.clock_put_back,
        "state": now.state,
    }
    return made


def air(state: Health, now: Now) -> Air:
    """Whether anything is heard."""
    if now.state == "lost":
        return "gone"
    return "silent" if state.heard_ns is None or now.time_ns - state.heard_ns > SILENT_S * NS_PER_S else "heard"


def _telemetry(now: Now) -> dict[str, Json]:
    row: dict[str, object] = {}
    if now.telemetry is not None and len(now.telemetry):
        row = now.telemetry.row(-1, named=True)
    made: dict[str, Json] = {}
    stamp = row.get(TIME)
    age_s = (now.time_ns - stamp) / NS_PER_S if isinstance(stamp, int) else None
    made["telemetry_age_s"] = age_s
    made["telemetry"] = "none" if age_s is None else "fresh" if age_s <= STALE_S else "stale"
    for name, column in _SHOWN.items():
        value = row.get(column)
        made[name] = float(value) if isinstance(value, int | float) else None
    return made
