"""Counts that fade: each event weighs ``exp(-age / horizon)``, brought up to date only when something happens.

In steady air a faded count is events a second times the horizon (the exponentially weighted moving average of Roberts,
Technometrics 1959, in continuous time). Looking at a count does not change it, so rows never sway later ones.
"""

import math

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.table.signals.inputs import MISSING

BUCKETS = 2
"""A maximum over a while is that of two halves of it: the running one and the one before."""


@compiled_part
def add(
    counts: NDArray[np.float64],
    last_ns: NDArray[np.int64],
    kind: int,
    now_ns: int,
    weight: float,
    horizons_ns: NDArray[np.float64],
) -> None:
    """Count an event.

    Args:
        counts: ``float64[kind, horizon]``.
        last_ns: ``int64[kind]``, when each was brought up to date.
        kind: Of the event.
        now_ns: Its time.
        weight: What it counts for.
        horizons_ns: ``float64[horizon]``.
    """
    age_ns = now_ns - last_ns[kind]
    for one in range(len(horizons_ns)):
        kept = math.exp(-age_ns / horizons_ns[one]) if age_ns else 1.0
        counts[kind, one] = counts[kind, one] * kept + weight
    last_ns[kind] = now_ns


@compiled_part
def faded(
    counts: NDArray[np.float64],
    last_ns: NDArray[np.int64],
    kind: int,
    one: int,
    now_ns: int,
    horizons_ns: NDArray[np.float64],
) -> float:
    """A count as of now, over horizon number ``one``."""
    if counts[kind, one] == 0.0:
        return 0.0
    return float(counts[kind, one] * math.exp(-(now_ns - last_ns[kind]) / horizons_ns[one]))


@compiled_part
def share(part: float, whole: float) -> float:
    """A part of a faded count; NaN where there is next to nothing to be a part of."""
    return part / whole if whole > 1e-3 else math.nan


@compiled_part
def raise_to(
    highest: NDArray[np.float64], begun_ns: NDArray[np.int64], kind: int, now_ns: int, value: float, half_ns: int
) -> None:
    """Let a maximum of the last while hold a value.

    Args:
        highest: ``float64[kind, 2]``: of the running half and of the one before; NaN where there was no value.
        begun_ns: ``int64[kind]``, when the running half began; :data:`MISSING` before the first value.
        kind: Which maximum.
        now_ns: The time.
        value: The value.
        half_ns: Half of the while.
    """
    age_ns = now_ns - begun_ns[kind]
    if begun_ns[kind] == MISSING or age_ns >= half_ns:
        before = highest[kind, 0] if begun_ns[kind] != MISSING and age_ns < 2 * half_ns else math.nan
        highest[kind, 1], highest[kind, 0] = before, math.nan
        begun_ns[kind] = now_ns
    if not highest[kind, 0] >= value:
        highest[kind, 0] = value


@compiled_part
def highest_of(
    highest: NDArray[np.float64], begun_ns: NDArray[np.int64], kind: int, now_ns: int, half_ns: int
) -> float:
    """A maximum as of now, of the last one to two halves; NaN where no value came."""
    age_ns = now_ns - begun_ns[kind]
    if begun_ns[kind] == MISSING or age_ns >= 2 * half_ns:
        return math.nan
    if age_ns >= half_ns or math.isnan(highest[kind, 1]):
        return float(highest[kind, 0])
    return float(max(highest[kind, 0], highest[kind, 1]))
