"""Who is heard for the first time: names kept in a table of fixed size, the longest silent forgotten."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.table.signals.inputs import MISSING
from yawstring.table.signals.slots import known, place

KEPT: Final = 4096
"""Names kept: more than any place has."""


class Newcomers(NamedTuple):
    """Names.

    Attributes:
        key: ``int64[slot]``, see :mod:`~yawstring.table.signals.slots`.
        heard_ns: ``int64[slot]``, when last.
    """

    key: NDArray[np.int64]
    heard_ns: NDArray[np.int64]


def newcomers() -> Newcomers:
    """Nobody heard yet."""
    return Newcomers(np.full(KEPT, MISSING), np.zeros(KEPT, np.int64))


def unheard(state: Newcomers, time_ns: NDArray[np.int64], key: NDArray[np.int64], memory_ns: int) -> NDArray[np.bool_]:
    """``bool[event]``: its name was not heard within the memory before it.

    Args:
        state: Who was heard before; brought up to date.
        time_ns: ``int64[event]``, never falling.
        key: ``int64[event]``; :data:`~yawstring.table.signals.inputs.MISSING` for none, which is never new.
        memory_ns: How long a silent name is remembered.

    Example:
        >>> unheard(newcomers(), np.arange(4), np.array([7, 7, 8, MISSING]), 10).tolist()
        [True, False, True, False]
    """
    new = np.zeros(len(time_ns), np.bool_)
    _unheard(state, time_ns, key, memory_ns, new)
    return new


@compiled
def _unheard(
    state: Newcomers,
    time_ns: NDArray[np.int64],
    key: NDArray[np.int64],
    memory_ns: int,
    new: NDArray[np.bool_],
) -> None:
    for event in range(len(time_ns)):
        if key[event] == MISSING:
            continue
        at = known(state.key, key[event])
        silent_ns = time_ns[event] - state.heard_ns[at] if at >= 0 else 0
        _, fresh = place(state.key, state.heard_ns, key[event], time_ns[event])
        new[event] = fresh or silent_ns > memory_ns
