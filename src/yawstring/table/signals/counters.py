"""Numbers that senders count up, followed: steps, gaps, repeats, steps back, and a second count under one name.

A sequence number or an IPv4 identification goes up by one. Loss leaves gaps, retries repeat, aggregates come out of
order, all within a window. A number far from it starts another count; when the first goes on after that, two senders
speak in turn under one name.

Source: IEEE 802.11-2020, 10.3.2.14; F. Guo and T. Chiueh, "Sequence number-based MAC address spoof detection",
RAID 2005.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.table.signals.inputs import MISSING
from yawstring.table.signals.slots import place

FIRST: Final = 0
"""Nothing to compare it with."""

STEP: Final = 1
"""Ahead, within the window."""

REPEAT: Final = 2
"""The latest number again."""

REGRESS: Final = 3
"""Back, within the window."""

JUMP: Final = 4
"""Far from any count: another one starts."""

SWITCH: Final = 5
"""Far from the count of the frame before it, near the other one of this sender."""

WINDOW: Final = 64
"""Largest step that loss or an aggregate explains: the bitmap of a compressed Block Ack."""

NONE: Final = -1


class Counters(NamedTuple):
    """Counts that are followed.

    Attributes:
        keys: ``int64[slot]``, of senders.
        heard_ns: ``int64[slot]``, when last.
        now: ``int64[slot]``, highest number of the count that spoke last.
        other: ``int64[slot]``, highest number of the one that spoke before it, or :data:`NONE`.
        missed: ``int64[1]``, numbers left out by the latest step.
    """

    keys: NDArray[np.int64]
    heard_ns: NDArray[np.int64]
    now: NDArray[np.int64]
    other: NDArray[np.int64]
    missed: NDArray[np.int64]


def counters(senders: int) -> Counters:
    """Nobody followed yet; ``senders`` is a power of two."""
    return Counters(
        keys=np.full(senders, MISSING),
        heard_ns=np.zeros(senders, np.int64),
        now=np.full(senders, NONE, np.int64),
        other=np.full(senders, NONE, np.int64),
        missed=np.zeros(1, np.int64),
    )


@compiled_part
def follow(counters: Counters, key: int | np.int64, number: int, last: int, now_ns: int) -> int:
    """What a number is to the counts of its sender.

    Args:
        counters: The counts.
        key: Of the sender, from :func:`~yawstring.table.signals.slots.paired`.
        number: What it says now, from 0 to ``last``.
        last: The largest number there is, a power of two less one.
        now_ns: When.
    """
    slot, fresh = place(counters.keys, counters.heard_ns, key, now_ns)
    counters.missed[0] = 0
    if fresh:
        counters.now[slot], counters.other[slot] = number, NONE
        return FIRST
    kind = _against(counters, counters.now, slot, number, last)
    if kind != JUMP:
        return kind
    counters.now[slot], counters.other[slot] = counters.other[slot], counters.now[slot]
    if counters.now[slot] != NONE and _against(counters, counters.now, slot, number, last) != JUMP:
        counters.missed[0] = 0
        return SWITCH
    counters.now[slot] = number
    return JUMP


@compiled_part
def _against(counters: Counters, highest: NDArray[np.int64], slot: int, number: int, last: int) -> int:
    ahead = (number - highest[slot]) & last
    if ahead == 0:
        return REPEAT
    if ahead <= WINDOW:
        counters.missed[0] = ahead - 1
        highest[slot] = number
        return STEP
    # The highest stays: what a retry or an aggregate brings late is not where the count has got to.
    return REGRESS if ahead > last - WINDOW else JUMP
