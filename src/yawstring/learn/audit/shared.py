"""What the two sides of a split share: windows that overlap, and rows that are equal though the windows are not."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import SplitError
from yawstring.learn.audit.decay import ForestOptions, allowed, everything
from yawstring.table.policies import TEST, TRAIN
from yawstring.table.splits import Split, SplitSpec, split_table
from yawstring.table.twins import candidates


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What the training and the test part of one split share.

    Attributes:
        split: ``"random"`` or ``"recording"``.
        test_windows: Windows of the test part.
        overlapping: Share of them that hold a row of a training window.
        recordings: Share of them whose recording is in the training part, too.
        equal_rows: Share of their last rows that equal a training row in every column but the labels.
        equal_features: The same, looking only at columns that a model may see.
    """

    split: str
    test_windows: int
    overlapping: float
    recordings: float
    equal_rows: float
    equal_features: float


def shared(frame: pl.DataFrame, options: ForestOptions) -> Iterator[Shared]:
    """What random windows and whole recordings share between their two sides; a split that is undefined is left out."""
    for policy in ("random", "recording"):
        spec = SplitSpec(policy=policy, validation=0, seed=options.seed)
        try:
            split = split_table(frame, spec, options.window)
        except SplitError:
            continue  # said by name where its figure would stand
        yield _shared(policy, frame, split)


def _shared(name: str, frame: pl.DataFrame, split: Split) -> Shared:
    train, test, length = split.starts[TRAIN], split.starts[TEST], split.window.length
    learnt = np.zeros(frame.height + 1, np.int64)
    np.add.at(learnt, train, 1)
    np.add.at(learnt, train + length, -1)
    before = np.concatenate([[0], np.cumsum(np.cumsum(learnt)[:-1] > 0)])
    last = split.window.label_offset
    known = np.unique(split.recording[train])
    return Shared(
        split=name,
        test_windows=len(test),
        overlapping=float(np.mean(before[test + length] > before[test])),
        recordings=float(np.isin(split.recording[test], known).mean()),
        equal_rows=_equal(frame.select(everything(frame)), train + last, test + last),
        equal_features=_equal(frame.select(allowed(frame)), train + last, test + last),
    )


def _equal(frame: pl.DataFrame, train: NDArray[np.int64], test: NDArray[np.int64]) -> float:
    """Share of the test rows that equal a training row."""
    if not frame.width:
        return 0.0
    alike = candidates(frame)
    some = frame[test[alike[test]]]
    unique = frame[train[alike[train]]].unique()
    return some.join(unique, on=frame.columns, how="semi", nulls_equal=True).height / len(test)
