"""The one way a loop is compiled: Numba, cached on disk, without the interpreter lock.

Loops over octets and frames are written as plain functions over NumPy arrays and marked with :func:`compiled`. A loop
checks its own bounds: Numba does not. ``NUMBA_BOUNDSCHECK=1`` in the environment makes it check too, for a test.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """The function as machine code, compiled at its first call and kept on disk for the next process.

    Floating-point arithmetic keeps IEEE 754's order, so that the same input gives the same bits.

    Args:
        function: A function of the module's top level, of arrays and scalars.

    Example:
        >>> @compiled
        ... def doubled(count: int) -> int:
        ...     return 2 * count
        >>> doubled(21)
        42
    """
    return cast("F", numba.njit(nogil=True, fastmath=False)(function) if _anonymous(function) else _cached(function))


def _cached(function: F) -> object:
    return numba.njit(cache=True, nogil=True, fastmath=False)(function)


def _anonymous(function: F) -> bool:
    """Whether no file holds the source (a doctest, the prompt): then there is nowhere to keep machine code."""
    return function.__code__.co_filename.startswith("<")
