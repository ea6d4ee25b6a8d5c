"""Random numbers for compiled loops, the same on every machine: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014)."""

import math

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.simulate.air.columns import BOOK_RANDOM

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 2.0**-53


@compiled_part
def mixed(value: np.uint64) -> np.uint64:
    """A well-mixed 64-bit number of this one: a counter in, noise out."""
    value = (value ^ (value >> _30)) * _FIRST
    value = (value ^ (value >> _27)) * _SECOND
    return value ^ (value >> _31)


@compiled_part
def word_of(key: np.uint64, index: int) -> np.uint64:
    """Word ``index`` of the endless noise named ``key``."""
    return mixed(key + np.uint64(index) * _STEP)


@compiled_part
def uniform(book: NDArray[np.int64]) -> float:
    """A number from 0 up to 1; the state, the first number of ``book``, moves on."""
    state = np.uint64(book[BOOK_RANDOM]) + _STEP
    book[BOOK_RANDOM] = np.int64(state)
    return float(mixed(state) >> _11) * _UNIT


@compiled_part
def normal(book: NDArray[np.int64]) -> float:
    """A draw of the standard normal distribution (Box and Muller)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(book)))
    return radius * math.cos(2.0 * math.pi * uniform(book))


@compiled_part
def whole(book: NDArray[np.int64], highest: int) -> int:
    """A whole number from 0 to ``highest``."""
    return int(uniform(book) * (highest + 1))
