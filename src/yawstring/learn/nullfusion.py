"""The null fusion: the telemetry of another recording beside each frame, so that only chance can tie the two together.

What a fused detector gains over the better of its two sides counts only where it exceeds what it gains here: a table
can reward fusion for telling which recording a row comes from.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import SplitError
from yawstring.schema import RECORDING, roles
from yawstring.table.signals.inputs import raw_times


def null_fusion(frame: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """The table with its physical columns taken from another recording each.

    Recordings are paired by a random cycle, so that none keeps its own. A row takes the physical values of the other
    recording's row at the same time since the start, or, where there is no time, at the same place; a shorter one
    starts over.

    Args:
        frame: A table with ``recording``.
        seed: Of the cycle.

    Raises:
        SplitError: There is but one recording.

    Example:
        >>> frame = pl.DataFrame({"frame.len": [1, 2, 3, 4], "tof": [10, 20, 30, 40], "recording": [0, 0, 1, 1]})
        >>> null_fusion(frame, seed=1).rows()
        [(1, 30, 0), (2, 40, 0), (3, 10, 1), (4, 20, 1)]
    """
    recording = frame[RECORDING].to_numpy()
    numbers = np.unique(recording)
    if len(numbers) < 2:
        raise SplitError("a null fusion needs the telemetry of another recording, and there is but one")
    times = raw_times(frame)
    cycle = np.random.default_rng(seed).permutation(numbers)
    taken = np.empty(len(frame), np.int64)
    for place, one in enumerate(cycle):
        own, other = (np.flatnonzero(recording == number) for number in (one, cycle[place - 1]))
        taken[own] = other[_beside(own, other, times)]
    physical = [name for name, role in roles(frame.columns).items() if role == "physical"]
    others = frame.select(physical)[taken]
    return frame.with_columns(others.iter_columns())


def _beside(own: NDArray[np.int64], other: NDArray[np.int64], times: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Place among ``other`` that goes with each of ``own``."""
    if times is None:
        return np.arange(len(own)) % len(other)
    mine, theirs = (np.maximum.accumulate(times[rows]) - times[rows[0]] for rows in (own, other))
    return np.asarray(np.searchsorted(theirs, mine % (theirs[-1] + 1), side="right") - 1, np.int64)
