"""Evaluations as one HTML page: the verdict first, then the figures, and the score along every flight."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.app.figures import OF_CLASS, OVERALL, Evaluation, candidates_table
from yawstring.app.verdict_evidence import curves, learning, worth
from yawstring.app.verdict_reasons import reasons
from yawstring.edge import plots
from yawstring.edge.report import Block, Code, Facts, Grid, Picture, Prose, Report, Section
from yawstring.errors import OptionError
from yawstring.learn.evaluate import FOREIGN, outcomes, predict, rows_of, test_part
from yawstring.learn.recipe import Trained
from yawstring.models.base import Json
from yawstring.schema import BENIGN, LABEL, TIME
from yawstring.table.corpora import Table
from yawstring.version import __version__

MOST_TRACKS = 12
"""Recordings whose scores are drawn; more would not be looked at."""

BINS = 240
"""Places along a recording at which the score is drawn."""

_NS_PER_S = 1e9


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One detector, what it is worth, and how its score went.

    Attributes:
        evaluation: As :func:`yawstring.learn.evaluate.evaluate` gives it.
        tracks: The score along the recordings that were measured, :data:`MOST_TRACKS` at most.
        recordings: How many were measured.
        timed: The tracks run in seconds; else in windows.
        evidence: What the verdict rests on, in order.
        reasons: Why it raised its alarms.
        origin: What it takes to get the figures again, by name.
    """

    evaluation: Evaluation
    tracks: Sequence[plots.Track]
    recordings: int
    timed: bool
    evidence: Sequence[Block] = ()
    reasons: Sequence[Block] = ()
    origin: Sequence[tuple[str, str]] = ()


def measured_on(trained: Trained, table: Table, evaluation: Evaluation, *, flights: Sequence[int] = ()) -> Measured:
    """An evaluation, with the score along each recording of the test part, or of a table that is foreign.

    Args:
        trained: The detector.
        table: What it was measured on.
        evaluation: The figures.
        flights: Numbers of the recordings to draw; the first :data:`MOST_TRACKS` if none is given.

    Raises:
        OptionError: A recording that is to be drawn was not measured.
    """
    rows = rows_of(trained, table)
    scores = predict(trained, table).filter(pl.col("part").is_in(["test", FOREIGN]))
    attacks = [f"p_{name}" for name in trained.recipe.classes if name != BENIGN]
    recordings = scores["recording"].unique(maintain_order=True).to_list()
    if unknown := [one for one in flights if one not in recordings]:
        raise OptionError(f"recording {unknown[0]} was not measured: {', '.join(map(str, recordings))} were")
    return Measured(
        evaluation=evaluation,
        tracks=[_track(scores, rows, one, attacks) for one in (flights or recordings)[:MOST_TRACKS]],
        recordings=len(recordings),
        timed=TIME in rows.columns,
        evidence=list(_evidence(trained, table)),
        reasons=list(reasons(trained, rows, scores)),
        origin=_origin(trained, table),
    )


def _origin(trained: Trained, table: Table) -> list[tuple[str, str]]:
    """Digests and versions of what the figures come from."""
    data = cast("Mapping[str, Json]", trained.record["data"])
    versions = cast("Mapping[str, Json]", trained.record["versions"])
    graph = sha256(trained.detector.graph).hexdigest()
    return [
        (f"Table measured on, {table.capture}", f"SHA-256 {table.digest}"),
        (f"Table trained on, {data['capture']}", f"SHA-256 {data['digest']}"),
        (f"Graph of {trained.detector.family}, {_asked(trained.recipe.target)}", f"SHA-256 {graph}"),
        ("Trained with", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("Seeds", f"{trained.record['seed']} of training, {trained.split.seed} of the split"),
    ]


def _evidence(trained: Trained, table: Table) -> Iterator[Block]:
    test = test_part(trained, table)
    salt = f"{trained.recipe.target}-{trained.detector.family}"
    pictures = (
        curves(outcomes(trained, test), detector=trained.detector.family, salt=f"pr-{salt}"),
        learning(trained.detector.history, salt=f"learning-{salt}"),
    )
    yield from (picture for picture in pictures if picture is not None)
    yield from worth(trained, test, seed=cast(int, trained.record["seed"]), salt=f"worth-{salt}")


def _track(scores: pl.DataFrame, frame: pl.DataFrame, recording: int, attacks: Sequence[str]) -> plots.Track:
    mine = scores.filter(pl.col("recording") == recording)
    row = mine["row"].to_numpy()
    along = _along(frame, row)
    score = mine.select(pl.sum_horizontal(attacks)).to_series().to_numpy().clip(0, 1)
    truth = (frame[LABEL].to_numpy()[row] != BENIGN) & frame[LABEL].is_not_null().to_numpy()[row]
    width = max((along[-1] - along[0]) / BINS, 1e-9)
    place = np.minimum(((along - along[0]) / width).astype(np.int64), BINS - 1)
    filled = np.unique(place)
    most = np.zeros(BINS)
    np.maximum.at(most, place, score)
    centres = along[0] + (filled + 0.5) * width
    spans = [(float(along[a]), float(along[b - 1])) for a, b in _runs(truth)]
    return plots.Track(name=f"recording {recording}", along=list(centres), score=list(most[filled]), spans=spans)


def _along(frame: pl.DataFrame, row: NDArray[np.int64]) -> NDArray[np.float64]:
    """Seconds since the first of the rows, or their count where the table has no time of ours. Never falls."""
    if TIME not in frame.columns:
        return np.arange(len(row), dtype=float)
    time_ns = frame[TIME].to_numpy()[row]
    return np.maximum.accumulate((time_ns - time_ns[0]) / _NS_PER_S)


def _runs(truth: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Where each unbroken run of true values starts and ends."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], truth.astype(np.int8), [0]))))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def page(measured: Sequence[Measured], *, command: str = "", audit: Sequence[str] = ()) -> Report:
    """Sections, tables and figures of one evaluation or several.

    Args:
        measured: The evaluations.
        command: What a person typed to get this page.
        audit: What an audit of the table says.
    """
    return Report(
        title="Is the drone under attack?",
        lead="How well trained detectors say so on flights they have not seen, beside baselines that cost nothing.",
        sections=[*(section for one in measured for section in _sections(one)), *_more(measured, command, audit)],
        footer=_footer(measured),
    )


def _more(measured: Sequence[Measured], command: str, audit: Sequence[str]) -> Iterator[Section]:
    if audit:
        yield Section(title="Can a figure on this table be believed?", blocks=[Prose(text=line) for line in audit])
    blocks: list[Block] = [Code(text=command)] if command else []
    origin = dict.fromkeys(pair for one in measured for pair in one.origin)
    blocks += [Prose(text=f"{name}: {value}.") for name, value in origin]
    if blocks:
        yield Section(title="To get this page again", blocks=blocks)


def _sections(one: Measured) -> Iterator[Section]:
    found = one.evaluation
    name, asked = found["detector"], _asked(found["target"])
    yield Section(title=f"{asked.capitalize()}: {name}", blocks=list(_verdict(found)))
    yield Section(title=f"{asked.capitalize()}: in figures", blocks=list(_figures(found)))
    if one.tracks:
        yield Section(title=f"{asked.capitalize()}: along the flights", blocks=[_timelines(one, asked)])
    if one.reasons:
        yield Section(title=f"{asked.capitalize()}: why it alarmed", blocks=one.reasons)
    if one.evidence:
        yield Section(title=f"{asked.capitalize()}: what it rests on", blocks=one.evidence)


def _asked(target: str) -> str:
    return "attack or not" if target == "binary" else "which attack"


def _verdict(found: Evaluation) -> Iterator[Block]:
    metrics = found["metrics"]
    mine = metrics[found["detector"]]
    items = [(f"macro-F1, {name}", _value(figures["macro_f1"])) for name, figures in metrics.items()]
    groups = f"{mine['groups']:,} flights or recordings"
    yield Facts(items=[*items, (f"windows tested, of {groups}", f"{mine['windows']:,}")])
    for sentence in found["verdict"]:
        yield Prose(text=f"{sentence}.", tone="warning" if "loses" in sentence else "plain")
    for warning in found["warnings"]:
        yield Prose(text=f"Warning: {warning}.", tone="warning")


def _figures(found: Evaluation) -> Iterator[Block]:
    metrics, name = found["metrics"], found["detector"]
    mine = metrics[name]
    yield Grid(
        columns=("", *metrics),
        rows=[(title, *(_cell(figures[key]) for figures in metrics.values())) for key, title in OVERALL.items()],
        caption="On the same windows; in brackets, 95 % intervals over recordings.",
        numbers=range(1, len(metrics) + 1),
    )
    yield Grid(
        columns=("class", "windows", *OF_CLASS.values()),
        rows=[
            (label, f"{of['support']:,}", *(_cell(of[key]) for key in OF_CLASS))
            for label, of in mine["per_class"].items()
        ],
        caption=f"{name}, class by class.",
        numbers=range(1, len(OF_CLASS) + 2),
    )
    if among := found.get("candidates"):
        caption, head, rows = candidates_table(among)
        caption = f"How {among['chosen']} came to be: {caption}, which flatters every candidate."
        yield Grid(columns=head, rows=rows, caption=caption, numbers=range(1, len(head)))
    if incidents := found.get("incidents", {}).get(name):
        yield from _incidents(incidents, name, named=found["target"] == "class")
    figures = [*mine["per_class"].values(), *metrics.values()]
    if notes := list(dict.fromkeys(_notes(figures))):
        yield Prose(text=f"Notes: {'; '.join(notes)}.")
    yield Picture(
        svg=plots.confusion(mine["confusion"], classes=mine["classes"], salt=f"confusion-{found['target']}-{name}"),
        caption=f"{name}: windows by true class, down, and class called, across.",
        alternative=f"Confusion matrix of {name}; the table above holds precision and recall of each class.",
    )


def _incidents(found: Mapping[str, Any], name: str, *, named: bool) -> Iterator[Block]:
    """Attacks found, how soon, and false alarms, in the words of a person who is called by them."""
    alarms, hours = found["false_alarms"], found["benign_hours"]
    yield Grid(
        columns=("attack", "episodes", "found", "named right", "seconds to detect, median"),
        rows=[
            (
                what,
                f"{of['episodes']:,}",
                f"{of['found']:,}, {_share(of['found_share'])}",
                f"{of['named_right']:,}" if named else "–",
                "–" if of["time_to_detect_s"]["median"] is None else f"{of['time_to_detect_s']['median']:.2f}",
            )
            for what, of in {"all": found, **(found["by_technique"] or found["by_class"])}.items()
        ],
        caption=f"{name}, incidents. False alarms: {alarms:,} in {hours:.2f} benign hours, an hour "
        f"{_rate(found['false_alarms_per_hour'])}. In brackets, exact 95 % intervals.",
        numbers=(1, 2, 3, 4),
        strong=(0,),
    )


def _share(figure: Mapping[str, float | None]) -> str:
    low, high = figure["low"], figure["high"]
    value = "–" if figure["value"] is None else f"{figure['value']:.0%}"
    return value + ("" if low is None else f" [{low:.0%}–{high:.0%}]")


def _rate(figure: Mapping[str, float | None]) -> str:
    low, high = figure["low"], figure["high"]
    return "unknown" if figure["value"] is None else f"{figure['value']:.2f} [{low:.2f}–{high:.2f}]"


def _timelines(one: Measured, asked: str) -> Picture:
    found = one.evaluation
    shown = f"{len(one.tracks)} of {one.recordings}" if one.recordings > len(one.tracks) else "all"
    along = "seconds" if one.timed else "windows"
    return Picture(
        svg=plots.timelines(one.tracks, along=along, salt=f"along-{found['target']}-{found['detector']}"),
        caption=f"Blue: the probability of an attack, the most in each {1 / BINS:.1%} of the recording. "
        f"Orange: when there was one. Shown: {shown} of the recordings measured.",
        alternative=f"The score along each recording ({asked}), with the true attacks shaded.",
    )


def _notes(figures: Sequence[Any]) -> Iterator[str]:
    for one in figures:
        yield from (one[key]["note"] for key in OVERALL | OF_CLASS if key in one and one[key]["note"])


def _value(figure: Mapping[str, float | None]) -> str:
    return "–" if figure["value"] is None else f"{figure['value']:.3f}"


def _cell(figure: Mapping[str, float | None]) -> str:
    low, high = figure["low"], figure["high"]
    return _value(figure) + (f" [{low:.3f}–{high:.3f}]" if low is not None else "")


def _footer(measured: Sequence[Measured]) -> list[str]:
    lines = [f"yawstring {__version__}"]
    for one in measured:
        found = one.evaluation
        table = found["table"]
        stamps = ", ".join(cast("list[str]", found["stamps"])) or "none"
        split = found["split"]
        lines.append(
            f"{found['detector']}, {found['target']}: on the {found['on']} of {table['capture']} "
            f"({table['rows']:,} rows, SHA-256 {table['digest']}), split by {split['policy']}, "
            f"seed {split['seed']}; stamps: {stamps}"
        )
    return lines
