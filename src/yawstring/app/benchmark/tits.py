"""The T-ITS corpus: do signals and trees hold on recordings that they have not seen?

Four folds of whole recordings, linked ones kept together, every window tested once by a detector that never saw its
recording; signals start anew in each recording, and the first rows of one are not scored: a window has to be full.
Three classes, and attack or benign from the same scores. The folds are pooled before the figure is taken, so that a
small fold weighs no more than its windows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.learn import parts
from yawstring.learn.measured import split_rows
from yawstring.learn.metrics import confusion, rates
from yawstring.learn.recipe import Recipe
from yawstring.models.base import Family
from yawstring.models.majority import Majority
from yawstring.models.threshold import Threshold
from yawstring.models.trees import Forest
from yawstring.schema import BENIGN, LABEL_DISPUTED, features
from yawstring.table.corpora import Table
from yawstring.table.scale import Encoder
from yawstring.table.signals import SignalOptions
from yawstring.table.splits import SplitSpec, cut
from yawstring.table.windows import WindowSpec

FOLDS = 4
ROWS = 30
"""Rows of a window: what goes by in a recording before anything is said of it."""

SIGNALS = SignalOptions(every_s=None)
CLASSES = ("benign", "dos", "replay")


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A detector and what it reads.

    Attributes:
        name: What the table calls it.
        family: The detector.
        signals: How signals are measured; ``None`` for columns as they are.
        rows: Rows of a window.
    """

    name: str
    family: Family
    signals: SignalOptions | None = SIGNALS
    rows: int = ROWS


EXTRA_TREES = Contender(name="extra trees on signals", family=Forest(extra=True, leaf=3))

CONTENDERS = (
    EXTRA_TREES,
    replace(EXTRA_TREES, name="the same, windows of 20 rows", rows=20),
    replace(EXTRA_TREES, name="the same, every row scored", rows=1),
    Contender(name="forest on signals", family=Forest()),
    Contender(name="threshold on one signal", family=Threshold()),
    Contender(name="forest on columns, single rows", family=Forest(), signals=None),
    Contender(name="majority", family=Majority(), signals=None),
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """Macro-F1 over seeds.

    Attributes:
        name: The contender.
        how: What was held out.
        classes: Macro-F1 of three classes, one value a seed.
        binary: Of attack or benign.
        scored: Share of the rows that were scored.
    """

    name: str
    how: str
    classes: tuple[float, ...]
    binary: tuple[float, ...]
    scored: float


def results(table: Table, seeds: Sequence[int], done: Callable[[str], None]) -> Iterator[Result]:
    """Every contender in folds of recordings, and the best one under other splits and labels.

    Args:
        table: ``three_attack_cyber.csv``.
        seeds: Of folds and trees.
        done: Told of each result.
    """
    undisputed = ~table.frame[LABEL_DISPUTED].to_numpy()
    for one in CONTENDERS:
        yield _told(done, folds(table, one, seeds, undisputed, "recordings, disputed rows out"))
    yield _told(done, folds(table, EXTRA_TREES, seeds, None, "recordings, as labelled"))
    for policy in ("time", "random"):
        spec = SplitSpec(policy=policy, validation=0)
        runs = [_told_by([_one(table, EXTRA_TREES, replace(spec, seed=seed), seed, None)]) for seed in seeds]
        yield _told(done, _result(EXTRA_TREES, f"{policy}, as labelled", runs, table, None))


def folds(table: Table, one: Contender, seeds: Sequence[int], keep: NDArray[np.bool_] | None, how: str) -> Result:
    """A contender in folds of whole recordings.

    Args:
        table: The corpus.
        one: The contender.
        seeds: Of folds and trees.
        keep: ``bool[row]``, rows to use; ``None``: all.
        how: What the table calls this.
    """
    runs = []
    for seed in seeds:
        specs = [SplitSpec(folds=FOLDS, fold=fold, validation=0, seed=seed) for fold in range(FOLDS)]
        runs.append(_told_by([_one(table, one, spec, seed, keep) for spec in specs]))
    return _result(one, how, runs, table, keep)


def _one(
    table: Table, one: Contender, spec: SplitSpec, seed: int, keep: NDArray[np.bool_] | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Truth and probabilities of one test part."""

    def kept(_: pl.DataFrame) -> NDArray[np.bool_] | None:
        return keep

    window = WindowSpec(length=one.rows)
    rows, split = split_rows(table, spec, window, one.signals, kept)
    chosen = features(rows.columns)
    train, _, test = cut(rows, split, chosen)
    recipe = Recipe(
        features=chosen,
        classes=CLASSES,
        target="class",
        window=window,
        encoder=Encoder.fit(train),
        signals=one.signals,
        encodings={one.family.name: one.family.encoding},
    )
    fitted = parts.fit(one.family, train, None, recipe=recipe, seed=seed)
    told = parts.outcome(fitted, test, recipe)
    return told.truth, told.probabilities


def _told_by(
    folds: Sequence[tuple[NDArray[np.int64], NDArray[np.float32]]],
) -> tuple[float, float, int]:
    """Macro-F1 of three classes and of two, and windows, of folds pooled."""
    truth = np.concatenate([one for one, _ in folds])
    scores = np.concatenate([one for _, one in folds])
    benign = CLASSES.index(BENIGN)
    binary = confusion((truth != benign).astype(np.int64), (scores[:, benign] < 0.5).astype(np.int64), 2)
    three = confusion(truth, scores.argmax(axis=1).astype(np.int64), len(CLASSES))
    return float(rates(three).macro_f1), float(rates(binary).macro_f1), len(truth)


def _result(
    one: Contender,
    how: str,
    runs: Sequence[tuple[float, float, int]],
    table: Table,
    keep: NDArray[np.bool_] | None,
) -> Result:
    rows = len(table) if keep is None else int(keep.sum())
    return Result(
        name=one.name,
        how=how,
        classes=tuple(three for three, _, _ in runs),
        binary=tuple(two for _, two, _ in runs),
        scored=float(np.mean([windows for *_, windows in runs])) / rows,
    )


def _told(done: Callable[[str], None], one: Result) -> Result:
    done(f"{one.name}, {one.how}: {np.mean(one.classes):.3f}")
    return one
