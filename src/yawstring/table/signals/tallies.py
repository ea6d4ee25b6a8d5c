"""Counts that fade, many at a time: an event weighs ``exp(-age / horizon)``.

Forward decay: an event is added with the weight it has against a landmark in the past, so that counts need no touch
until they are read, however many there are. The landmark moves on before weights grow out of bounds.

Source: Cormode, Shkapenyuk, Srivastava and Xu, "Forward decay", ICDE 2009.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.table.signals.inputs import NS_PER_S

RATE: Final = -1
"""In place of the count below a fraction: events a second."""

LEAST_WEIGHT: Final = 0.02
"""Of frames: a share or mean of fewer is not known. One frame counts as known for four time constants."""

MOST_EXPONENT: Final = 40.0
"""How far weights grow before the landmark moves on; e^40 is far from where float64 ends."""


class Tallies(NamedTuple):
    """Counts that fade.

    Attributes:
        counts: ``float64[count, horizon]``, against the landmark.
        weights: ``float64[horizon]``, what an event of the latest time weighs.
        horizons_ns: ``float64[horizon]``, time constants.
        landmark_ns: ``int64[1]``.
    """

    counts: NDArray[np.float64]
    weights: NDArray[np.float64]
    horizons_ns: NDArray[np.float64]
    landmark_ns: NDArray[np.int64]


def tallies(count: int, horizons_s: Sequence[float]) -> Tallies:
    """Nothing counted yet."""
    return Tallies(
        counts=np.zeros((count, len(horizons_s))),
        weights=np.ones(len(horizons_s)),
        horizons_ns=np.array(horizons_s) * NS_PER_S,
        landmark_ns=np.zeros(1, np.int64),
    )


@compiled_part
def advance(fading: Tallies, now_ns: int) -> None:
    """Weigh events of this time from now on."""
    age_ns = float(now_ns - fading.landmark_ns[0])
    for horizon in range(len(fading.horizons_ns)):
        if age_ns > MOST_EXPONENT * fading.horizons_ns[horizon]:
            _move(fading, now_ns)
            return
        fading.weights[horizon] = math.exp(age_ns / fading.horizons_ns[horizon])


@compiled_part
def _move(fading: Tallies, now_ns: int) -> None:
    for horizon in range(len(fading.horizons_ns)):
        left = math.exp(-float(now_ns - fading.landmark_ns[0]) / fading.horizons_ns[horizon])
        for count in range(len(fading.counts)):
            fading.counts[count, horizon] *= left
        fading.weights[horizon] = 1.0
    fading.landmark_ns[0] = now_ns


@compiled_part
def add(fading: Tallies, count: int, amount: float) -> None:
    """Count an event of the latest time."""
    for horizon in range(len(fading.horizons_ns)):
        fading.counts[count, horizon] += amount * fading.weights[horizon]


@compiled_part
def left(fading: Tallies, count: int, horizon: int, at_ns: int) -> float:
    """What is left of a count at a time, each event weighing less than 1."""
    age_ns = float(at_ns - fading.landmark_ns[0])
    return float(fading.counts[count, horizon] * math.exp(-age_ns / fading.horizons_ns[horizon]))


@compiled_part
def fractions(
    fading: Tallies, of: NDArray[np.int64], at_ns: int, row: NDArray[np.float32], columns: NDArray[np.int64]
) -> None:
    """Write what one count is of another, or a second, at each horizon.

    Args:
        fading: The counts.
        of: ``int64[fraction, 2]``, the count above and the one below, or :data:`RATE`.
        at_ns: When.
        row: ``float32[signal]``, to be written to.
        columns: ``int64[fraction]``, where the first horizon of each goes; the others follow.
    """
    age_ns = float(at_ns - fading.landmark_ns[0])
    for horizon in range(len(fading.horizons_ns)):
        faded = math.exp(-age_ns / fading.horizons_ns[horizon])
        for one in range(len(of)):
            above = fading.counts[of[one, 0], horizon] * faded
            if of[one, 1] == RATE:
                value = above * 1e9 / fading.horizons_ns[horizon]
            else:
                value = quotient(above, fading.counts[of[one, 1], horizon] * faded)
            row[columns[one] + horizon] = value


@compiled_part
def deviation(fading: Tallies, frames: int, total: int, squares: int, horizon: int, at_ns: int) -> float:
    """Standard deviation by a count, a sum and a sum of squares; NaN where too little is left to tell."""
    mean = quotient(left(fading, total, horizon, at_ns), left(fading, frames, horizon, at_ns))
    if math.isnan(mean):
        return math.nan
    square = fading.counts[squares, horizon] / fading.counts[frames, horizon]
    return math.sqrt(max(square - mean * mean, 0.0))


@compiled_part
def quotient(above: float, below: float) -> float:
    """A share or mean of faded counts, NaN where there is too little below to tell."""
    return above / below if below >= LEAST_WEIGHT else math.nan
