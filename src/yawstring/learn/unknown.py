"""A classifier and a novelty detector as one: what the first can name it names, what only the second sees is unknown.

Each of the two has a threshold of its own, and a window counts by whichever lies higher above its own. What comes out
are probabilities like those of any detector, so that thresholds, incidents and figures need not know of it. A rule of
two thresholds rather than a model of a third kind: it can be read, and needs no example of an unknown attack.

The score of novelty is made from its probability *p* that a window is benign, the surprise at it in bits, -log2 p
(Shannon, 1948), brought from 0 up to 1 by x / (1 + x). It is one half where p is, and still tells windows apart where
1 - p no longer does in 32 bits.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.learn.metrics import attack_score
from yawstring.models.base import Json

CALLED = 0.5
"""Score of the two together from which on a window is called an attack, whatever their own thresholds are."""

_CLEAR = 1e-6
"""How far from :data:`CALLED` a score stays, so that rounding to 32 bits moves none across."""

_LEAST = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """How a classifier and a novelty detector are heard together.

    Attributes:
        classifier_threshold: Probability of any known attack from which on the classifier names one.
        novelty_threshold: Score of novelty from which on a window that is not named is called unknown.

    Raises:
        OptionError: A threshold is not above 0.
    """

    classifier_threshold: float = 0.5
    novelty_threshold: float = 0.5

    def __post_init__(self) -> None:
        for name, value in self.to_json().items():
            if not (isinstance(value, float) and 0 < value < np.inf):
                raise OptionError(f"the {name} of an unknown attack is a number above 0, not {value}")

    def to_json(self) -> dict[str, Json]:
        """The thresholds as JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, data: Json) -> "Unknown":
        """The thresholds that :meth:`to_json` wrote.

        Raises:
            TypeError: The JSON is another.
            OptionError: As for the class.
        """
        if not isinstance(data, Mapping) or data.keys() != cls.__dataclass_fields__.keys():
            raise TypeError("expected the two thresholds of an unknown attack")
        return cls(**data)  # type: ignore[arg-type]  # of whatever type: checked by the class


def novelty_score(novelty: NDArray[np.float32]) -> NDArray[np.float64]:
    """``float64[window]``, from 0 up to below 1: how little a window resembles benign ones.

    Args:
        novelty: ``float32[window, 2]``, probabilities of benign and of not.

    Example:
        >>> novelty_score(np.array([[1, 0], [0.5, 0.5], [0.125, 0.875]], np.float32)).tolist()
        [0.0, 0.5, 0.75]
    """
    bits = np.abs(np.log2(np.maximum(novelty[:, 0].astype(np.float64), _LEAST)))
    return np.asarray(bits / (1 + bits))


def combine(known: NDArray[np.float32], novelty: NDArray[np.float32], unknown: Unknown) -> NDArray[np.float32]:
    """Probabilities of the known classes and, last, of an unknown attack.

    An attack of any kind has one half where either score is at its threshold, half of a score's share of its threshold
    below, and less the half of the inverse from 1 above. It belongs to the classes as the classifier shares it out
    where that reaches its threshold or is the nearer one to it, and to ``unknown`` elsewhere.

    Args:
        known: ``float32[window, class]``, the classifier's, benign first.
        novelty: ``float32[window, 2]``, the novelty detector's.
        unknown: The two thresholds.

    Returns:
        ``float32[window, class + 1]``, each row sums to 1.

    Example:
        >>> known = np.array([[0.9, 0.1, 0], [0.25, 0.5, 0.25], [0.9, 0.1, 0]], np.float32)
        >>> novelty = np.array([[1, 0], [1, 0], [0.125, 0.875]], np.float32)
        >>> combine(known, novelty, Unknown()).astype(np.float64).round(3).tolist()
        [[0.9, 0.1, 0.0, 0.0], [0.333, 0.444, 0.222, 0.0], [0.333, 0.0, 0.0, 0.667]]
    """
    attack = attack_score(known)
    by_classifier = attack / unknown.classifier_threshold
    by_novelty = novelty_score(novelty) / unknown.novelty_threshold
    score = _squeezed(np.maximum(by_classifier, by_novelty))
    named = (by_classifier >= 1) | (by_classifier >= by_novelty)
    shares = known[:, 1:] / np.where(attack > 0, attack, 1)[:, None]
    out = np.empty((len(known), known.shape[1] + 1), np.float32)
    out[:, 0] = 1 - score
    out[:, 1:-1] = np.where(named, score, 0)[:, None] * shares
    out[:, -1] = np.where(named, 0, score)
    return out


def _squeezed(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """From multiples of a threshold to 0..1: a straight line up to one half at 1, then ever slower towards 1."""
    above = times >= 1
    score = np.where(above, 1 - 0.5 / np.maximum(times, 1), times / 2)
    return np.where(above, np.maximum(score, CALLED + _CLEAR), np.minimum(score, CALLED - _CLEAR))
