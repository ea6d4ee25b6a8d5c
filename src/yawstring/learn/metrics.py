"""Figures of a detector, each with the interval that its recordings allow.

Definitions are scikit-learn's: macro-F1 is the unweighted mean over classes, PR-AUC the average precision (no
interpolation), ROC-AUC one class against the rest with ties counted half. What is undefined is ``None`` with the
reason, never 0: the recall of a class that the test part lacks, the precision of a class that was never predicted.
For two classes the areas are those of the second one (the attack), else the mean over the classes.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yawstring.models.base import Json
from yawstring.schema import UNKNOWN

Floats = NDArray[np.float64]

_RANKS = 128
"""Ranks handled at once, so that the working set of :func:`areas` stays in the cache."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a detector said about windows whose class is known.

    Attributes:
        classes: Names, in the order of the columns of ``probabilities``.
        truth: ``int64[window]``, index of the true class.
        probabilities: ``float32[window, class]``.
        group: ``int64[window]``, recording or run: the unit of resampling.
        threshold: Score of an attack from which on the likeliest attack is called, and below it the first class;
            ``None``: the likeliest class is.
    """

    classes: tuple[str, ...]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    group: NDArray[np.int64]
    threshold: float | None = None

    @property
    def predicted(self) -> NDArray[np.int64]:
        """``int64[window]``, index of the class called."""
        return decide(self.probabilities, self.threshold)

    @property
    def over(self) -> int:
        """How many classes, the first ones, means are over: all but an ``unknown`` that no window is.

        To call a window so is an error there, and costs the class that it is of.
        """
        size = len(self.classes)
        return size - 1 if self.classes[-1] == UNKNOWN and not (self.truth == size - 1).any() else size


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure.

    Attributes:
        value: ``None`` where it is undefined.
        low: Lower end of the interval; ``None`` where there is none.
        high: Upper end.
        note: Why a value or an interval is missing, or not to be trusted.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    note: str | None = None

    def to_json(self) -> dict[str, Json]:
        """The figure as JSON."""
        return {"value": self.value, "low": self.low, "high": self.high, "note": self.note}


def decide(probabilities: NDArray[np.float32], threshold: float | None = None) -> NDArray[np.int64]:
    """``int64[window]``: index of the class called; of equals the first, and at the threshold itself an attack.

    Args:
        probabilities: ``float32[window, class]``. For a threshold the first class is the benign one.
        threshold: Score of an attack from which on one is called; ``None``: the likeliest class is.

    Example:
        >>> scores = np.array([[0.8, 0.2], [0.4, 0.6]], np.float32)
        >>> decide(scores).tolist(), decide(scores, 0.1).tolist()
        ([0, 1], [1, 1])
    """
    if threshold is None:
        return np.asarray(probabilities.argmax(axis=1), np.int64)
    return np.where(attack_score(probabilities) >= threshold, likeliest_attack(probabilities) + 1, 0)


def attack_score(probabilities: NDArray[np.float32]) -> Floats:
    """``float64[window]``: probability of any attack, where the first class is the benign one.

    It is at most 1, above which a sum of rounded numbers may come out and no threshold lies.

    Example:
        >>> attack_score(np.array([[0, 0.4, 0.6], [0.5, 0.25, 0.25]], np.float32)).tolist()
        [1.0, 0.5]
    """
    return np.asarray(np.minimum(probabilities[:, 1:].sum(axis=1, dtype=np.float64), 1.0))


def likeliest_attack(probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
    """``int64[window]``: index of the likeliest class but the first, from 0."""
    return np.asarray(probabilities[:, 1:].argmax(axis=1), np.int64)


def confusion(truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """``int64[true, predicted]``.

    Example:
        >>> confusion(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
        [[1, 0], [1, 1]]
    """
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Figures that follow from a confusion matrix; NaN where undefined.

    Attributes:
        accuracy: ``float64[...]``.
        balanced_accuracy: ``float64[...]``; undefined where a class is absent.
        macro_f1: ``float64[...]``; undefined where a class is absent.
        precision: ``float64[..., class]``; undefined for a class never predicted.
        recall: ``float64[..., class]``; undefined for a class that is absent.
        f1: ``float64[..., class]``; undefined for a class that is absent.
    """

    accuracy: Floats
    balanced_accuracy: Floats
    macro_f1: Floats
    precision: Floats
    recall: Floats
    f1: Floats


def rates(matrix: NDArray[np.number], over: int | None = None) -> Rates:
    """Figures of one confusion matrix, or of many at once.

    Args:
        matrix: ``[..., true, predicted]``, counts.
        over: The first so many classes that means over classes are of; ``None``: all.

    Example:
        >>> figures = rates(np.array([[8, 2], [5, 5]]))
        >>> figures.accuracy.item(), figures.recall.tolist()
        (0.65, [0.8, 0.5])
    """
    counts = np.asarray(matrix, np.float64)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    support, called = counts.sum(axis=-1), counts.sum(axis=-2)
    recall = _ratio(hits, support)
    f1 = np.where(support > 0, _ratio(2 * hits, support + called), np.nan)
    return Rates(
        accuracy=_ratio(hits.sum(axis=-1), counts.sum(axis=(-2, -1))),
        balanced_accuracy=recall[..., :over].mean(axis=-1),
        macro_f1=f1[..., :over].mean(axis=-1),
        precision=_ratio(hits, called),
        recall=recall,
        f1=f1,
    )


def areas(
    positive: NDArray[np.bool_], score: NDArray[np.float32], member: NDArray[np.int64], draws: NDArray[np.floating]
) -> tuple[Floats, Floats]:
    """ROC-AUC and PR-AUC under many draws of the groups at once; NaN where one side is empty.

    Windows are ranked once. What lies above each score is a sum over groups, so that a draw is a product of matrices.

    Args:
        positive: ``bool[window]``.
        score: ``float32[window]``, higher for what looks positive.
        member: ``int64[window]``, group of each window, from 0.
        draws: ``float[draw, group]``, how often each group counts, whole numbers. In float32 counts are exact up to
            2^24 windows, and the areas good to six digits at more than twice the speed.

    Returns:
        ``float64[draw]`` twice.

    Example:
        >>> roc, pr = areas(np.array([False, False, True, True]), np.array([0.1, 0.4, 0.35, 0.8], np.float32),
        ...                 np.zeros(4, np.int64), np.ones((1, 1)))
        >>> roc.round(3).item(), pr.round(3).item()
        (0.75, 0.833)
    """
    scores, rank = np.unique(-score, return_inverse=True)
    order = np.argsort(rank, kind="stable")
    bounds = np.searchsorted(rank[order], np.arange(0, len(scores) + _RANKS, _RANKS))
    true, every = np.zeros((2, len(draws)), draws.dtype)  # above the ranks looked at so far
    roc, pr = np.zeros((2, len(draws)))
    for block, (first, last) in enumerate(pairwise(bounds)):
        at = order[first:last]
        ranks = min(_RANKS, len(scores) - block * _RANKS)
        cell = member[at] * ranks + rank[at] - block * _RANKS
        steps_true = draws @ _table(cell, positive[at], (draws.shape[1], ranks), draws.dtype)
        steps_every = draws @ _table(cell, None, (draws.shape[1], ranks), draws.dtype)
        trues = np.cumsum(steps_true, axis=1) + true[:, None]
        everys = np.cumsum(steps_every, axis=1) + every[:, None]
        true, every = trues[:, -1], everys[:, -1]
        roc += np.einsum("ij,ij->i", steps_every - steps_true, trues - steps_true / 2, dtype=np.float64)
        pr += np.einsum("ij,ij->i", steps_true, trues / np.maximum(everys, 1), dtype=np.float64)
    true, false = true.astype(np.float64), (every - true).astype(np.float64)
    return _ratio(roc, true * false), np.where(false > 0, _ratio(pr, true), np.nan)


def _table(
    cell: NDArray[np.int64], weights: NDArray[np.bool_] | None, shape: tuple[int, int], dtype: np.dtype[Any]
) -> NDArray[np.floating]:
    """Counts by cell of a table, row by row."""
    return np.bincount(cell, weights=weights, minlength=shape[0] * shape[1]).reshape(shape).astype(dtype)


def _ratio(above: Floats, below: Floats) -> Floats:
    """``above / below``, NaN where ``below`` is 0."""
    out = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=out, where=np.asarray(below) > 0)
    return out
