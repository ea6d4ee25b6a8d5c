"""A table of fixed size for what is kept about each address: open addressing, the longest silent gives way.

Whatever the air holds, a state must not grow: an attacker makes up addresses at no cost. A key has a few places where
it may stand; when all are taken, the one of them that has been silent for longest is overwritten.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.table.signals.inputs import MISSING

PROBES: Final = 8
"""Places where a key may stand, one beside the other."""

_GOLDEN: Final = np.int64(-7046029254386353131)  # 2^64 divided by the golden ratio, odd: Knuth's multiplicative hashing
_MIX: Final = np.int64(-4658895280553007687)
_HALF: Final = 32


@compiled_part
def paired(first: int | np.int64, second: int | np.int64) -> np.int64:
    """One key for two numbers, in this order."""
    mixed = np.int64(first) * _GOLDEN
    mixed ^= (mixed >> _HALF) & 0xFFFFFFFF
    return (mixed + np.int64(second)) * _MIX


@compiled_part
def _hashed(key: int | np.int64) -> int:
    mixed = np.int64(key) * _GOLDEN
    return int(((mixed >> _HALF) ^ mixed) & 0xFFFFFFFF)


@compiled_part
def place(
    keys: NDArray[np.int64], heard_ns: NDArray[np.int64], key: int | np.int64, now_ns: int | np.int64
) -> tuple[int, bool]:
    """Where a key stands, and whether it is new there: then the caller resets what it keeps beside it.

    Args:
        keys: ``int64[place]``, a power of two of them, :data:`MISSING` where none stands; a new key is written here.
        heard_ns: ``int64[place]``, when each was last heard; brought up to date here.
        key: The key, not :data:`MISSING`.
        now_ns: The time.
    """
    first = _hashed(key)
    last = len(keys) - 1
    chosen = first & last
    for probe in range(PROBES):
        at = (first + probe) & last
        if keys[at] == key:
            heard_ns[at] = now_ns
            return at, False
        if keys[chosen] != MISSING and (keys[at] == MISSING or heard_ns[at] < heard_ns[chosen]):
            chosen = at
    keys[chosen] = key
    heard_ns[chosen] = now_ns
    return chosen, True


@compiled_part
def known(keys: NDArray[np.int64], key: int | np.int64) -> int:
    """Where a key stands; -1 where it does not."""
    first = _hashed(key)
    for probe in range(PROBES):
        at = (first + probe) & (len(keys) - 1)
        if keys[at] == key:
            return at
    return -1
