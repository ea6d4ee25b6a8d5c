"""Keys of what is counted: several numbers as one, the same on every machine."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from yawstring.table.signals.inputs import MISSING

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio, odd
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT: Final = np.uint64(31)


def joined(*columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """``int64[event]``, one key for the numbers of each event, in this order; missing where the first one is.

    Example:
        >>> first, second = np.array([1, 1, MISSING]), np.array([2, 3, 2])
        >>> keys = joined(first, second)
        >>> bool(keys[0] != keys[1]), bool(keys[2] == MISSING)
        (True, True)
    """
    mixed = columns[0].view(np.uint64).copy()
    for column in columns[1:]:
        mixed = (mixed ^ (mixed >> _SHIFT)) * _GOLDEN
        mixed = (mixed + column.view(np.uint64)) * _MIX
    return np.where(columns[0] == MISSING, MISSING, mixed.view(np.int64))


def pairs(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """``int64[event]``, one key for two addresses, whichever comes first; missing where either is.

    Example:
        >>> bool(pairs(np.array([1]), np.array([2])) == pairs(np.array([2]), np.array([1])))
        True
    """
    low, high = np.minimum(one, other), np.maximum(one, other)
    return joined(low, high)
