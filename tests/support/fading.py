"""Signals by their definitions, from the whole history at once: slow, plain, and nothing of the code under test."""

import numpy as np
from numpy.typing import NDArray


def fading(
    events_ns: NDArray[np.int64],
    rows_ns: NDArray[np.int64],
    horizon_s: float,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """``float64[row]``: the sum of ``weight * exp(-age / horizon)`` over all events up to each row."""
    weighed = np.ones(len(events_ns)) if weights is None else weights
    found = np.zeros(len(rows_ns))
    for place, row_ns in enumerate(rows_ns):
        seen = events_ns <= row_ns
        found[place] = (weighed[seen] * np.exp(-(row_ns - events_ns[seen]) / (horizon_s * 1e9))).sum()
    return found
