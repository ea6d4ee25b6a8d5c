"""One threshold on one feature: the least that a detector may be beaten by.

A decision stump (Iba and Langley, "Induction of one-level decision trees", 1992) on the last row of every window. Of
all features and thresholds it takes those with the highest balanced accuracy, the mean over classes of the share of
their windows that are called by their name.
"""

from dataclasses import asdict, dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.models.base import Encoding, Family, Fitted, Reads, Watch, Windows
from yawstring.models.checks import check_parts
from yawstring.models.forest_graph import NO_CHILD, forest_graph


@dataclass(frozen=True, kw_only=True)
class Threshold(Family):
    """A stump: each side of the threshold has the shares of the classes among the training windows that fell there.

    Missing values go to the side that is better for it, and may be told from all others.

    Attributes:
        class_weights: Weigh windows in the shares so that every class weighs the same, as balanced accuracy does: the
            likelier class of a side is then the one that the threshold was chosen for.

    Example:
        >>> rows = np.array([[5, 1], [1, 2], [4, 3], [2, 4]], np.float32)
        >>> train = Windows(rows=rows, starts=np.arange(4), length=1, labels=np.array([0, 0, 1, 1]))
        >>> from yawstring.models.scoring import open_scorer
        >>> fitted = Threshold().fit(train, classes=2, seed=0)
        >>> fitted.weights["feature"][0], fitted.weights["threshold"][0]
        (np.int32(1), np.float32(2.5))
        >>> open_scorer(fitted.graph).score(train).tolist()
        [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    """

    class_weights: bool = True

    name: ClassVar[str] = "threshold"
    reads: ClassVar[Reads] = "row"
    encoding: ClassVar[Encoding] = "raw"

    def fit(
        self,
        train: Windows,
        validation: Windows | None = None,
        *,
        classes: int,
        seed: int,
        watch: Watch | None = None,
    ) -> Fitted:
        """Look at every threshold of every feature; nothing is drawn, and ``validation`` is not used.

        Raises:
            OptionError: As :meth:`Family.fit` says.
            MissingExtraError: The ``onnx`` package is not installed.
        """
        check_parts(train, validation, classes=classes)
        rows = train.last_rows()
        counts = np.bincount(train.labels, minlength=classes)
        weight = 1 / np.maximum(counts, 1)
        best = _Cut(score=-1.0, feature=0, threshold=np.float32(0), missing_left=True)
        for feature in range(rows.shape[1]):
            found = _best_cut(rows[:, feature], feature, train.labels, weight)
            best = max(best, found, key=lambda cut: cut.score)
        value = rows[:, best.feature]
        left = np.where(np.isnan(value), best.missing_left, value <= best.threshold)
        sides = np.stack([np.bincount(train.labels[left == side], minlength=classes) for side in (True, False)])
        shares = sides * (weight if self.class_weights else 1)
        # A side that nothing fell on, where no feature can be cut, has the shares of all.
        shares = np.where(shares.sum(axis=1, keepdims=True) > 0, shares, shares.sum(axis=0))
        weights = _stump(best, np.asarray(shares, np.float64))
        return Fitted(
            family=self.name,
            reads=self.reads,
            graph=forest_graph(weights, features=rows.shape[1]),
            weights=weights,
            classes=classes,
            options=asdict(self),
        )


class _Cut(NamedTuple):
    score: float
    feature: int
    threshold: np.float32
    missing_left: bool


def _best_cut(
    values: NDArray[np.float32], feature: int, labels: NDArray[np.int64], weight: NDArray[np.float64]
) -> _Cut:
    """The best threshold on one feature; the score is the sum over classes, the first of equally good ones wins."""
    absent = np.isnan(values)
    order = np.argsort(values, kind="stable")[: int((~absent).sum())]
    ranked = values[order]
    # The last place of each run of equal values, and the weight of each class up to there.
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else np.zeros(0, np.int64)
    below = np.stack([np.cumsum(labels[order] == label)[ends] * share for label, share in enumerate(weight)], axis=1)
    missing = np.bincount(labels[absent], minlength=len(weight)) * weight
    total = np.bincount(labels, minlength=len(weight)) * weight
    best = _Cut(-1.0, feature, np.float32(0), True)
    for missing_left in (True, False) if absent.any() else (True,):
        left = below + missing if missing_left else below
        score = left.max(axis=1) + (total - left).max(axis=1)
        if len(score) and score.max() > best.score:
            place = int(score.argmax())
            best = _Cut(float(score[place]), feature, _between(ranked, int(ends[place])), missing_left)
    return best


def _between(ranked: NDArray[np.float32], place: int) -> np.float32:
    """A threshold halfway between a value and the next higher one; the highest float32 above the last."""
    if place + 1 == len(ranked):
        return np.finfo(np.float32).max
    low, high = ranked[place], ranked[place + 1]
    middle = np.float32((np.float64(low) + np.float64(high)) / 2)
    return middle if middle < high else low


def _stump(cut: _Cut, sides: NDArray[np.float64]) -> dict[str, NDArray[np.generic]]:
    """The stump as a tree, from the weights of the classes on either side, ``float64[side, class]``."""
    cover = sides.sum(axis=1)
    return {
        "tree": np.zeros(3, np.int32),
        "feature": np.array([cut.feature, -1, -1], np.int32),
        "threshold": np.array([cut.threshold, 0, 0], np.float32),
        "left": np.array([1, NO_CHILD, NO_CHILD], np.int32),
        "right": np.array([2, NO_CHILD, NO_CHILD], np.int32),
        "missing_left": np.array([cut.missing_left, False, False]),
        "probabilities": (sides / cover[:, None]).astype(np.float32),
        "cover": np.array([cover.sum(), *cover], np.float32),
    }
