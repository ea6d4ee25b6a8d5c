"""Small things that loops over states are made of: elapsed time, fading, and the largest of the last seconds.

A largest value is kept in two buckets of half a horizon: what is given out looks back at least half of it, and never
more than all of it.
"""

import math

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.table.signals.inputs import MISSING

MOST_S = 1e6
"""No time between two things counts for more: what fades has faded."""

STALE_S = 3.0
"""Without a state for as long, nothing of the aircraft is known any more."""

NOW, BEFORE = 0, 1


@compiled_part
def seconds(later_ns: int, earlier_ns: int) -> float:
    """Seconds from one time to a later one: 0 to :data:`MOST_S`, whatever the clocks say."""
    if earlier_ns == MISSING or later_ns <= earlier_ns:
        return 0.0
    elapsed_ns = later_ns - earlier_ns
    # Times that lie further apart than 64 bits hold wrap round to below zero.
    return MOST_S if elapsed_ns < 0 else min(elapsed_ns * 1e-9, MOST_S)


@compiled_part
def faded(elapsed_s: float, horizon_s: float) -> float:
    """What is left of a weight of 1."""
    return math.exp(-elapsed_s / horizon_s)


@compiled_part
def turned(change_deg: float) -> float:
    """A change of an angle the short way round, -180 to 180."""
    return change_deg - 360.0 * math.floor((change_deg + 180.0) / 360.0)


@compiled_part
def put_peak(peaks: NDArray[np.float64], since_ns: NDArray[np.int64], now_ns: int, half_ns: int, value: float) -> None:
    """Count a value in.

    Args:
        peaks: ``float64[2]``, of the bucket that fills and the one before, NaN where empty.
        since_ns: ``int64[1]``, when the bucket that fills began.
        now_ns: The value's time.
        half_ns: Length of a bucket.
        value: The value; NaN counts for nothing.
    """
    behind = now_ns - since_ns[0]
    if since_ns[0] == MISSING or behind >= half_ns or behind < 0:
        near = since_ns[0] != MISSING and 0 <= behind < 2 * half_ns
        peaks[BEFORE] = peaks[NOW] if near else np.nan
        peaks[NOW] = np.nan
        since_ns[0] = since_ns[0] + half_ns if near else now_ns
    if not math.isnan(value) and not peaks[NOW] >= value:
        peaks[NOW] = value


@compiled_part
def peak(peaks: NDArray[np.float64], since_ns: NDArray[np.int64], now_ns: int, half_ns: int) -> float:
    """The largest value of the last half to whole horizon; NaN where there was none."""
    behind = now_ns - since_ns[0]
    if since_ns[0] == MISSING or not 0 <= behind < 2 * half_ns:
        return np.nan
    now: float = peaks[NOW]
    before: float = peaks[BEFORE]
    return before if behind < half_ns and not now >= before and not math.isnan(before) else now
