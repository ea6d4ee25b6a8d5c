"""What was out of the ordinary when a detector alarmed, in words.

Not what moved the score, which takes a gradient (:mod:`yawstring.learn.explain`): the features that lie farthest out of
what benign rows of the training part had, in widths of that range. It costs nothing, and an operator can check it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yawstring.learn.explain.ranges import Range
from yawstring.learn.explain.words import Reason

MOST: Final = 4
"""Reasons that are told."""


def out_of_the_ordinary(
    features: Sequence[str], values: NDArray[np.float64], ranges: Mapping[str, Range], *, most: int = MOST
) -> tuple[str, ...]:
    """The features that lie farthest out of their ordinary range, a sentence each.

    Args:
        features: Their names.
        values: ``float64[feature]``, NaN where there is none.
        ranges: What is ordinary, by name.
        most: How many are told.

    Example:
        >>> out_of_the_ordinary(["tof"], np.array([300.0]), {"tof": Range(low=10, middle=60, high=120)})
        ('Distance to the ground, time of flight: 300 cm, where 95 % of benign rows have at most 120',)
    """
    found = []
    for name, value in zip(features, values.tolist(), strict=True):
        ordinary = ranges.get(name)
        if ordinary is None or not np.isfinite(value) or ordinary.holds(value):
            continue
        width = max(ordinary.high - ordinary.low, abs(ordinary.middle), 1e-9)
        beyond = max(value - ordinary.high, ordinary.low - value) / width
        found.append((beyond, name, Reason(feature=name, value=value, ordinary=ordinary, contribution=beyond)))
    found.sort(key=lambda one: (-one[0], one[1]))
    return tuple(reason.sentence for _, _, reason in found[:most])
