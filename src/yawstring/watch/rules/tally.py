"""Events counted by what they are about, over a sliding window: what floods are told by.

A window is ten parts, so a count covers the last nine tenths of it at least and all of it at most. Every event counts,
repeats included: what makes a flood must not be taken out before it is counted. What the watched drone's network does
is kept apart from the rest, so that no crowd of made-up addresses can drive it out; either table has a fixed size.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.table.signals.inputs import MISSING, NS_PER_S
from yawstring.table.signals.slots import place
from yawstring.watch.rules.air import Air

PARTS: Final = 10
"""Parts of a window."""

OURS, THEIRS = 64, 1024
"""Counts that are kept, of the watched network and of all others."""

PACE_NS: Final = 100_000_000
"""What goes on is told again after so long, for each of what it is about."""


class Tally(NamedTuple):
    """Counts by key.

    Attributes:
        key: ``int64[slot]``, see :mod:`~yawstring.table.signals.slots`.
        heard_ns: ``int64[slot]``, when last.
        counts: ``float64[slot, part]``.
        part: ``int64[slot]``, number of the latest part.
        told_ns: ``int64[slot]``, when it was last told.
    """

    key: NDArray[np.int64]
    heard_ns: NDArray[np.int64]
    counts: NDArray[np.float64]
    part: NDArray[np.int64]
    told_ns: NDArray[np.int64]


class Counted(NamedTuple):
    """Counts of the watched network, and of all others."""

    ours: Tally
    theirs: Tally


class Told(NamedTuple):
    """Events at which a count was high enough to tell, in order.

    Attributes:
        row: ``int64[event]``, row of the chunk.
        value: ``float64[event]``, the count.
    """

    row: NDArray[np.int64]
    value: NDArray[np.float64]


def counted() -> Counted:
    """Nothing counted yet."""
    return Counted(ours=tally(OURS), theirs=tally(THEIRS))


def tally(slots: int) -> Tally:
    """Nothing counted yet; ``slots`` is a power of two."""
    return Tally(
        key=np.full(slots, MISSING),
        heard_ns=np.zeros(slots, np.int64),
        counts=np.zeros((slots, PARTS)),
        part=np.zeros(slots, np.int64),
        told_ns=np.full(slots, MISSING),
    )


def count(
    counts: Counted,
    air: Air,
    rows: NDArray[np.int64],
    key: NDArray[np.int64],
    *,
    within_s: float,
    least: float,
    weight: NDArray[np.float64] | None = None,
    ours: NDArray[np.bool_] | None = None,
) -> Told:
    """Count events, and find those at which there were enough of their key.

    Args:
        counts: What was counted before; brought up to date.
        air: The chunk.
        rows: ``int64[event]``, rows that are events, rising.
        key: ``int64[event]``, what each is about.
        within_s: Length of the window.
        least: Count from which on it is told, no more than once in :data:`PACE_NS` for each key.
        weight: ``float64[event]``, what each counts for; ``None``: 1.
        ours: ``bool[event]``, whether each is the watched drone's affair; ``None``: where its frame is.
    """
    if not len(rows):
        return Told(rows, np.zeros(0))
    mine = air.roles.watched[rows] if ours is None else ours
    known = key != MISSING
    weights = np.ones(len(rows)) if weight is None else weight
    found, values = list[NDArray[np.int64]](), list[NDArray[np.float64]]()
    for table, chosen in ((counts.ours, mine & known), (counts.theirs, ~mine & known)):
        events = np.flatnonzero(chosen)
        if len(events):
            told = tallied(
                table, air.time_ns[rows[events]], key[events], weights[events], within_s=within_s, least=least
            )
            found.append(rows[events[told.row]])
            values.append(told.value)
    if not found:
        return Told(rows[:0], np.zeros(0))
    row, value = np.concatenate(found), np.concatenate(values)
    order = np.argsort(row, kind="stable")
    return Told(row[order], value[order])


def tallied(
    table: Tally,
    time_ns: NDArray[np.int64],
    key: NDArray[np.int64],
    weight: NDArray[np.float64],
    *,
    within_s: float,
    least: float,
) -> Told:
    """Count events into one table; ``row`` of what comes back is the event's place."""
    at, value = np.empty(len(key), np.int64), np.empty(len(key))
    part_ns = max(round(within_s * NS_PER_S) // PARTS, 1)
    told = _count(table, time_ns, key, weight, part_ns, float(least), at, value)
    return Told(at[:told], value[:told])


@compiled
def _count(
    tally: Tally,
    time_ns: NDArray[np.int64],
    key: NDArray[np.int64],
    weight: NDArray[np.float64],
    part_ns: int,
    least: float,
    told: NDArray[np.int64],
    value: NDArray[np.float64],
) -> int:
    found = 0
    for event in range(len(time_ns)):
        now_ns = time_ns[event]
        slot, fresh = place(tally.key, tally.heard_ns, key[event], now_ns)
        total = _added(tally, slot, fresh, now_ns // part_ns, weight[event])
        if total >= least and now_ns - tally.told_ns[slot] >= PACE_NS:
            tally.told_ns[slot] = now_ns
            told[found], value[found] = event, total
            found += 1
    return found


@compiled_part
def _added(tally: Tally, slot: int, fresh: bool, part: int, weight: float) -> float:
    """Count an event in, and give the count of the window."""
    passed = part - tally.part[slot]
    if fresh or passed >= PARTS:
        tally.counts[slot] = 0.0
    else:
        for one in range(passed):
            tally.counts[slot, (tally.part[slot] + 1 + one) % PARTS] = 0.0
    if fresh:
        tally.told_ns[slot] = MISSING
    tally.part[slot] = part
    tally.counts[slot, part % PARTS] += weight
    total = 0.0
    for one in range(PARTS):
        total += tally.counts[slot, one]
    return total
