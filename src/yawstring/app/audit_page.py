"""An audit as one HTML page: the sentences first, then the figures they rest on."""

from collections.abc import Iterator

from yawstring.edge import plots
from yawstring.edge.report import Block, Facts, Grid, Picture, Prose, Report, Section
from yawstring.learn.audit import Audit
from yawstring.learn.audit.sentences import sentences
from yawstring.learn.metrics import Figure
from yawstring.version import __version__

MOST_COLUMNS = 60
"""Columns that the page lists, those that tell most first."""


def page(found: Audit) -> Report:
    """The page of one audit."""
    counted = found.profile
    return Report(
        title=f"Can a figure on {counted.capture} be believed?",
        lead="What in this table gives the class away besides behaviour, and how a figure falls by split.",
        sections=[
            Section(title="In plain words", blocks=list(_words(found))),
            Section(title="By split", blocks=list(_splits(found))),
            Section(title="Single columns", blocks=[_columns(found)]),
            Section(title="Labels and recordings", blocks=list(_labels(found))),
        ],
        footer=[f"yawstring {__version__}", f"table: {counted.capture}, SHA-256 {counted.digest}, seed {found.seed}"],
    )


def _words(found: Audit) -> Iterator[Block]:
    counted = found.profile
    classes = counted.class_counts or {}
    yield Facts(
        items=[
            ("rows", f"{counted.rows:,}"),
            ("recordings", f"{counted.recordings.count:,}"),
            *((name, f"{count:,}") for name, count in classes.items()),
        ]
    )
    for sentence in sentences(found):
        yield Prose(text=sentence)


def _splits(found: Audit) -> Iterator[Block]:
    names = list(dict.fromkeys(one.split for one in found.decay))
    of = {(one.split, one.columns): one for one in found.decay}
    every, seen = ([_value(of[name, columns].macro_f1) for name in names] for columns in ("all", "allowed"))
    series = [
        plots.Series(name="all columns", values=every, colour=plots.VERMILION, style="dashed"),
        plots.Series(name="columns a model may see", values=seen),
    ]
    yield Picture(
        svg=plots.ladder(names, {"macro-F1 of a forest": series}, salt="decay"),
        caption="The same forest, the same seed: what is held out goes from random windows to whole recordings.",
        alternative="Macro-F1 of a forest by split; the table below holds every figure.",
    )
    steps = [*found.decay, *found.controls]
    yield Grid(
        columns=("held out", "columns", "macro-F1", "why there is none"),
        rows=[(one.split, one.columns, _cell(one.macro_f1), one.refused or "") for one in steps],
        caption="With 95 % intervals over recordings or runs.",
        numbers=(2,),
    )


def _columns(found: Audit) -> Grid:
    ranked = sorted(found.columns, key=lambda one: -(one.auc or 0.5))[:MOST_COLUMNS]
    rows = [
        (
            one.name,
            one.role,
            "–" if one.auc is None else f"{one.auc:.3f}",
            one.of_class if one.auc is not None else "",
            f"{one.missing:.0%}",
            f"{one.missing_auc:.3f}",
            "–" if one.between is None else f"{one.between:.2f}",
            f"{one.only_here:.0%}",
        )
        for one in ranked
    ]
    shown = f"The {len(rows)} of {len(found.columns)} that tell most. " if len(found.columns) > len(rows) else ""
    return Grid(
        columns=("column", "role", "area", "of class", "missing", "area of its gaps", "between", "only here"),
        rows=rows,
        caption=f"{shown}Area: under the ROC curve of the class it tells best, 0.5 says nothing. Between: share of its "
        "variance that lies between recordings. Only here: share of rows whose value no other recording has.",
        numbers=range(2, 8),
        strong=[place for place, one in enumerate(ranked) if one.tells_class or one.names_recording],
    )


def _labels(found: Audit) -> Iterator[Block]:
    yield Grid(
        columns=("recording", "rows", "labelled", "looks like", "rows taken for it", "rows taken for its label"),
        rows=[
            (str(one.recording), f"{one.rows:,}", one.label, one.looks_like, f"{one.taken_for:.0%}", f"{one.kept:.0%}")
            for one in found.doubts
        ],
        caption="Recordings whose content looks like another class's." if found.doubts else "No recording is in doubt.",
        numbers=(1, 4, 5),
    )
    yield Grid(
        columns=("class", "rows", "recordings", "rows with nothing benign in the same columns"),
        rows=[
            (
                one.name,
                f"{one.rows:,}",
                f"{one.recordings:,}",
                f"{one.alone:,}",
            )
            for one in found.counterparts
        ],
        caption="What stands beside each class.",
        numbers=(1, 2, 3),
    )
    if found.fusion is not None:
        fused = found.fusion
        figures = (("frames", fused.cyber), ("telemetry", fused.physical), ("both", fused.fused), ("null", fused.null))
        yield Facts(items=[(name, "–" if value is None else f"{value:.3f}") for name, value in figures])


def _value(figure: Figure | None) -> float | None:
    return None if figure is None else figure.value


def _cell(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "–"
    return f"{figure.value:.3f}" + ("" if figure.low is None else f" [{figure.low:.3f}–{figure.high:.3f}]")
