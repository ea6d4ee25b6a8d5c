"""Figures of a verdict between two classes, from its confusion matrix.

The notebook's positive class is 1, the attack. Where a figure is undefined (a class that never occurs, or is never
predicted) it is ``None``; nothing is filled in.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from yawstring.learn.metrics import Rates, rates
from yawstring.models.base import Json

THRESHOLD = 0.5
"""A probability above it is a 1; the notebook rounds, and a half rounds to 0."""

BATCH = 32
"""Windows of a batch, over which Keras averages a metric."""

Pair: TypeAlias = tuple[float | None, float | None]
"""A figure of class 0 and of class 1."""


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Figures of one verdict.

    Attributes:
        confusion: Counts by true class, then by predicted class.

    Example:
        >>> scores = Scores(confusion=((721, 10), (57, 1392)))
        >>> round(scores.f1[1], 4), round(scores.accuracy, 4), round(scores.macro_f1, 4)
        (0.9765, 0.9693, 0.966)
    """

    confusion: tuple[tuple[int, int], tuple[int, int]]

    @property
    def count(self) -> int:
        """Windows scored."""
        return sum(map(sum, self.confusion))

    @property
    def accuracy(self) -> float | None:
        """Share of windows that are right; ``None`` without a window."""
        return _defined(self._rates.accuracy)

    @property
    def precision(self) -> Pair:
        """Of the windows given each class, the share that has it; ``None`` where none was given it."""
        return _pair(self._rates.precision)

    @property
    def recall(self) -> Pair:
        """Of the windows of each class, the share that was given it; ``None`` where there is none."""
        return _pair(self._rates.recall)

    @property
    def f1(self) -> Pair:
        """Harmonic mean of both, by class; ``None`` for a class that does not occur."""
        return _pair(self._rates.f1)

    @property
    def macro_f1(self) -> float | None:
        """Mean of both classes' F1."""
        return _defined(self._rates.macro_f1)

    @property
    def balanced_accuracy(self) -> float | None:
        """Mean of both classes' recall."""
        return _defined(self._rates.balanced_accuracy)

    @property
    def _rates(self) -> Rates:
        return rates(np.array(self.confusion))

    def to_json(self) -> dict[str, Json]:
        """Every figure, as JSON."""
        return {
            "windows": self.count,
            "confusion": [list(row) for row in self.confusion],
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "macro_f1": self.macro_f1,
            "precision": list(self.precision),
            "recall": list(self.recall),
            "f1": list(self.f1),
        }


def score(truth: NDArray[np.int64], verdict: NDArray[np.int64]) -> Scores:
    """Figures of a verdict.

    Args:
        truth: ``int64[window]``, 0 or 1.
        verdict: ``int64[window]``, 0 or 1.

    Example:
        >>> score(np.array([0, 1, 1]), np.array([0, 1, 0])).confusion
        ((1, 0), (1, 1))
    """
    (a, b), (c, d) = np.bincount(2 * truth + verdict, minlength=4).reshape(2, 2).tolist()
    return Scores(confusion=((a, b), (c, d)))


def verdict(probability: NDArray[np.float32]) -> NDArray[np.int64]:
    """``int64[window]``: 1 where the probability of class 1 is above :data:`THRESHOLD`."""
    return (probability > THRESHOLD).astype(np.int64)


def batch_mean_f1(truth: NDArray[np.int64], verdict: NDArray[np.int64], *, batch: int = BATCH) -> float:
    """The F1 that the notebook's training shows: that of each batch, averaged, a short last batch counting in full.

    Its metric takes the F1 of a batch without a single hit as 0.

    Example:
        >>> truth, guess = np.array([1, 1, 0, 0]), np.array([1, 1, 0, 0])
        >>> batch_mean_f1(truth, guess, batch=2), score(truth, guess).f1[1]
        (0.5, 1.0)
    """
    of = np.arange(len(truth)) // batch
    hits = np.bincount(of, truth * verdict)
    both = np.bincount(of, truth) + np.bincount(of, verdict)
    return float(np.mean(np.divide(2 * hits, both, out=np.zeros(len(both)), where=both > 0)))


def _defined(value: NDArray[np.float64]) -> float | None:
    return None if np.isnan(value) else float(value)


def _pair(values: NDArray[np.float64]) -> Pair:
    return _defined(values[0]), _defined(values[1])
