"""The most of something over the last seconds, of many things at a time.

Two buckets a horizon, the one that is filling and the one before it: the most over at least one horizon and at most
two, in a fixed number of cells.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.table.signals.inputs import NS_PER_S


class Peaks(NamedTuple):
    """The most of something.

    Attributes:
        most: ``float64[thing, horizon, 2]``: in the bucket that is filling and in the one before it, NaN if empty.
        bucket: ``int64[thing, horizon]``, number of the bucket that is filling.
        horizons_ns: ``int64[horizon]``.
    """

    most: NDArray[np.float64]
    bucket: NDArray[np.int64]
    horizons_ns: NDArray[np.int64]


def peaks(things: int, horizons_s: Sequence[float]) -> Peaks:
    """Nothing seen yet."""
    return Peaks(
        most=np.full((things, len(horizons_s), 2), np.nan),
        bucket=np.zeros((things, len(horizons_s)), np.int64),
        horizons_ns=np.rint(np.array(horizons_s) * NS_PER_S).astype(np.int64),
    )


@compiled_part
def top(peaks: Peaks, thing: int, value: float, now_ns: int) -> None:
    """Take a value in. NaN is none."""
    if math.isnan(value):
        return
    for horizon in range(len(peaks.horizons_ns)):
        bucket = now_ns // peaks.horizons_ns[horizon]
        passed = bucket - peaks.bucket[thing, horizon]
        most = peaks.most[thing, horizon]
        if passed > 0:
            most[1] = most[0] if passed == 1 else math.nan
            most[0] = math.nan
            peaks.bucket[thing, horizon] = bucket
        if not value <= most[0]:
            most[0] = value


@compiled_part
def peak(peaks: Peaks, thing: int, horizon: int, at_ns: int) -> float:
    """The most over the last horizon, and up to one before it; NaN where there was none."""
    passed = at_ns // peaks.horizons_ns[horizon] - peaks.bucket[thing, horizon]
    filling, before = peaks.most[thing, horizon]
    if passed > 1:
        return math.nan
    if passed == 1 or math.isnan(before):
        return float(filling)
    return float(before if math.isnan(filling) else max(filling, before))
