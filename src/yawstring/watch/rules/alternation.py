"""Two that speak under one name, told by what they say in turn: a value left for another, and come back to.

Whoever restarts, moves to another channel or is set up anew says another thing once, and never goes back. Two stations
under one name do so with nearly every frame.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.table.signals.inputs import MISSING
from yawstring.table.signals.slots import place

NAMES: Final = 1024
"""Names that are followed."""

MEMORY_NS: Final = 10_000_000_000
"""What was said longer ago is not come back to."""

_NOW, _OTHER, _OTHER_NS = range(3)


class Alternation(NamedTuple):
    """What was said under each name.

    Attributes:
        key: ``int64[slot]``, see :mod:`~yawstring.table.signals.slots`.
        heard_ns: ``int64[slot]``, when last.
        said: ``int64[slot, 3]``: the latest value, the other one, and when that was last said.
    """

    key: NDArray[np.int64]
    heard_ns: NDArray[np.int64]
    said: NDArray[np.int64]


def alternation() -> Alternation:
    """Nothing said yet."""
    return Alternation(np.full(NAMES, MISSING), np.zeros(NAMES, np.int64), np.full((NAMES, 3), MISSING))


def returns(
    state: Alternation,
    time_ns: NDArray[np.int64],
    key: NDArray[np.int64],
    value: NDArray[np.int64],
    *,
    near: int = 0,
    apart: int = 1,
) -> NDArray[np.int64]:
    """Which of these say again what was said before the latest.

    Args:
        state: What was said before; brought up to date.
        time_ns: ``int64[event]``, when, never falling.
        key: ``int64[event]``, under which name; :data:`~yawstring.table.signals.inputs.MISSING` for none.
        value: ``int64[event]``, what; likewise.
        near: How near to a value before counts as that value.
        apart: How far from the latest counts as another; what is between is the latest, moved on.

    Example:
        >>> state, time = alternation(), np.arange(6)
        >>> returns(state, time, np.full(6, 7), np.array([1, 1, 5, 1, 5, 9])).tolist()
        [3, 4]
    """
    found = np.empty(len(time_ns), np.int64)
    return found[: _returns(state, time_ns, key, value, near, apart, found)]


@compiled
def _returns(
    state: Alternation,
    time_ns: NDArray[np.int64],
    key: NDArray[np.int64],
    value: NDArray[np.int64],
    near: int,
    apart: int,
    found: NDArray[np.int64],
) -> int:
    count = 0
    for event in range(len(time_ns)):
        if key[event] == MISSING or value[event] == MISSING:
            continue
        slot, fresh = place(state.key, state.heard_ns, key[event], time_ns[event])
        said, now = state.said[slot], value[event]
        if fresh:
            said[_NOW], said[_OTHER], said[_OTHER_NS] = now, MISSING, MISSING
        elif abs(now - said[_NOW]) < apart:
            said[_NOW] = now
        else:
            held = said[_OTHER] != MISSING and time_ns[event] - said[_OTHER_NS] <= MEMORY_NS
            if held and abs(now - said[_OTHER]) <= near:
                found[count] = event
                count += 1
            said[_OTHER], said[_OTHER_NS], said[_NOW] = said[_NOW], time_ns[event], now
    return count
