"""How a figure falls as the test part moves away from the training part: random windows, runs, time, recordings.

The same forest on single rows, the same seed; only the split changes. What random windows give beyond whole recordings
is what the capture gives away. Two controls stand beside it: with the labels of *rows* shuffled nothing can be learnt,
and a figure above chance would be a leak; with the labels of whole *recordings* shuffled there is nothing about attacks
to learn either, and whatever random windows still reach is the recording being recognised.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import SplitError
from yawstring.learn import parts
from yawstring.learn.bootstrap import measure
from yawstring.learn.metrics import Figure
from yawstring.learn.recipe import Recipe
from yawstring.models.trees import Forest
from yawstring.schema import COLUMNS, LABEL, RECORDING, roles
from yawstring.table.scale import Encoder
from yawstring.table.splits import SplitSpec, cut, split_table
from yawstring.table.windows import WindowSpec

RUNS = (20, 100, 500, 3000)
"""Rows of the runs that are held out."""

FOLDS = 4


@dataclass(frozen=True, kw_only=True)
class Step:
    """One split, and what a forest reaches on it.

    Attributes:
        split: In words: ``random``, ``runs of 500``, ``time``, ``recording``.
        columns: ``"all"`` or ``"allowed"``: those that a model may see.
        macro_f1: The figure, with its interval over recordings or runs.
        refused: Why the split is undefined on this table.
    """

    split: str
    columns: str
    macro_f1: Figure | None
    refused: str | None = None


@dataclass(frozen=True, kw_only=True)
class ForestOptions:
    """The forest that measures.

    Attributes:
        trees: Trees.
        window: How windows are cut; the forest reads each one's last row.
        seed: Of splits, trees and intervals.
        resamples: Of the intervals.
    """

    trees: int = 50
    window: WindowSpec = field(default_factory=WindowSpec)
    seed: int = 10
    resamples: int = 300


def specs(options: ForestOptions, *, several: bool) -> tuple[tuple[str, SplitSpec], ...]:
    """The splits by name, the mildest first.

    Args:
        options: The seed.
        several: A recording holds several classes, so that time is cut within recordings.
    """
    within = "recording" if several else "class"
    return (
        ("random", SplitSpec(policy="random", validation=0, seed=options.seed)),
        *(
            (f"runs of {rows:,}", SplitSpec(policy="runs", run_length=rows, validation=0, seed=options.seed))
            for rows in RUNS
        ),
        ("time", SplitSpec(policy="time", within=within, validation=0, seed=options.seed)),  # type: ignore[arg-type]
        ("recording", SplitSpec(policy="recording", validation=0, seed=options.seed)),
    )


def decay(frame: pl.DataFrame, options: ForestOptions) -> Iterator[Step]:
    """Macro-F1 by split, with all columns and with those a model may see.

    Args:
        frame: A labelled table with ``recording``.
        options: The forest.
    """
    several = frame.select(RECORDING, LABEL).unique()[RECORDING].is_duplicated().any()
    for columns, names in (("all", everything(frame)), ("allowed", allowed(frame))):
        for name, spec in specs(options, several=several):
            yield _step(name, columns, frame, names, spec, options)


def controls(frame: pl.DataFrame, options: ForestOptions) -> Iterator[Step]:
    """What random windows give with the labels of rows, or of recordings, shuffled."""
    rng = np.random.default_rng(options.seed)
    spec = SplitSpec(policy="random", validation=0, seed=options.seed)
    rows = frame[LABEL].to_numpy()[rng.permutation(len(frame))]
    recordings = _shuffled_recordings(frame, rng)
    for name, label in (("labels of rows shuffled", rows), ("labels of recordings shuffled", recordings)):
        shuffled = frame.with_columns(pl.Series(LABEL, label.tolist()))
        for columns, names in (("all", everything(frame)), ("allowed", allowed(frame))):
            yield _step(name, columns, shuffled, names, spec, options)


def everything(frame: pl.DataFrame) -> tuple[str, ...]:
    """Every column but labels and ``recording`` that a forest can read."""
    known = roles(name for name in frame.columns if name != RECORDING)
    return tuple(
        name
        for name, role in known.items()
        if role != "label" and (frame[name].dtype.is_numeric() or frame[name].dtype == pl.Boolean)
    )


def allowed(frame: pl.DataFrame) -> tuple[str, ...]:
    """The columns that a model may see."""
    return tuple(name for name in everything(frame) if name in COLUMNS and COLUMNS[name].role in ("cyber", "physical"))


def macro_f1(frame: pl.DataFrame, names: tuple[str, ...], spec: SplitSpec, options: ForestOptions) -> Figure:
    """Macro-F1 of a forest on one split.

    Raises:
        SplitError: The split is undefined on this table.
    """
    split = split_table(frame, spec, options.window)
    train, _, test = cut(frame, split, names)
    family = Forest(trees=options.trees)
    recipe = _recipe(Encoder.fit(train), parts.class_names(train.truth, binary=False), options)
    outcome = parts.outcome(parts.fit(family, train, None, recipe=recipe, seed=options.seed), test, recipe)
    found = measure(outcome, seed=options.seed, resamples=options.resamples)["macro_f1"]
    return Figure(**found)  # type: ignore[arg-type]  # the JSON of a figure holds its fields


def _recipe(encoder: Encoder, classes: tuple[str, ...], options: ForestOptions) -> Recipe:
    """A recipe for a forest that is thrown away: what may not enter a model is what an audit is about."""
    return Recipe(
        features=(),
        classes=classes,
        target="class",
        window=options.window,
        encoder=encoder,
        encodings={Forest.name: Forest.encoding},
    )


def _step(
    name: str,
    columns: str,
    frame: pl.DataFrame,
    names: tuple[str, ...],
    spec: SplitSpec,
    options: ForestOptions,
) -> Step:
    try:
        return Step(split=name, columns=columns, macro_f1=macro_f1(frame, names, spec, options))
    except SplitError as error:
        return Step(split=name, columns=columns, macro_f1=None, refused=str(error))


def _shuffled_recordings(frame: pl.DataFrame, rng: np.random.Generator) -> NDArray[np.str_]:
    """Labels of rows, those of a whole recording going to another; a longer one is filled by starting over."""
    recording = frame[RECORDING].to_numpy()
    numbers = np.unique(recording)
    label = frame[LABEL].to_numpy().astype(str)
    given = label.copy()
    for one, other in zip(numbers, rng.permutation(numbers), strict=True):
        own, taken = np.flatnonzero(recording == one), label[recording == other]
        given[own] = np.resize(taken, len(own))
    return given
