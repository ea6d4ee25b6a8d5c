"""A fold of the T-ITS corpus: signals start anew in each part, and the windows that are scored are full ones."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.app.benchmark.folds import Fold
from yawstring.learn.measured import measured, split_rows
from yawstring.models.base import Family
from yawstring.schema import features
from yawstring.table.corpora import Table
from yawstring.table.signals import SignalOptions
from yawstring.table.splits import WHOLE_RECORDINGS, SplitSpec, split_table
from yawstring.table.windows import WindowSpec

FOLDS = 4
SIGNALS = SignalOptions(every_s=None)
CLASSES = ("benign", "dos", "replay")

ROWS = 30
"""Rows of a window: what goes by in a recording before anything is said of it."""


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Corpus:
    """The corpus, its signals measured once: where recordings are not cut, signals start anew in each in any case.

    Attributes:
        frames: As it was read.
        signals: A row of signals for each of its frames.
    """

    frames: Table
    signals: pl.DataFrame

    @classmethod
    def of(cls, frames: Table) -> "Corpus":
        """Measure the signals of a table."""
        return cls(frames=frames, signals=measured(frames, SIGNALS).frame)

    def __len__(self) -> int:
        return len(self.frames)


def fold_of(
    corpus: Corpus, spec: SplitSpec, keep: NDArray[np.bool_] | None, *, signals: SignalOptions | None, rows: int
) -> Fold:
    """Split the corpus.

    Args:
        corpus: The corpus.
        spec: The split.
        keep: ``bool[row]``, rows to use at all; ``None``: all.
        signals: How signals are measured; ``None`` for columns as they are.
        rows: Rows of a window.
    """
    window = WindowSpec(length=rows)
    if spec.policy in WHOLE_RECORDINGS:
        split = split_table(corpus.frames.frame, spec, window, keep=keep)
        frame = corpus.frames.frame if signals is None else corpus.signals
    else:  # recordings are cut, and signals have to be measured anew on either side
        frame, split = split_rows(corpus.frames, spec, window, signals, lambda _: keep)
    return Fold.of(frame, split, features(frame.columns), CLASSES, signals=signals)
