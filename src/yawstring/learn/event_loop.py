"""The compiled loop of :mod:`yawstring.learn.events`: rows in, one change at a time out.

Its state is plain arrays, which the caller owns; what stands where in them is named here.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part

NONE: Final = -1
FOREVER_NS: Final = 1 << 62

LATEST_NS, OPEN, NEXT, TOLD_NS, TIER, PLACE, PLACE_PATIENT, HOT, HOT_PATIENT = range(9)
"""Registers: time of the latest row, whether an incident is open, the next identity, when was last told of the open
incident, and which tier confirmed it; of each tier, the place in its ring, and how many of its rows reached the
threshold."""

TIERS: Final = 2
"""The quick one, and the patient one: more rows, of less each. Their rings lie behind one another."""

THRESHOLD, RELEASE = 0, 1
"""Levels of a tier."""

IDENTITY, OPENED_NS, CONFIRMED_NS, LAST_NS, ROWS = range(5)
"""What is kept of an incident."""

NOW, LAST = 0, 1
"""Two incidents are kept: the open one, and the one that was closed last."""

CONFIRMED, UPDATED, CLOSED, REOPENED, NOTHING = range(5)
"""Kinds of change."""


@compiled
def close(
    registers: NDArray[np.int64], incidents: NDArray[np.int64], peaks: NDArray[np.float64], votes: NDArray[np.int64],
    ring_ns: NDArray[np.int64],
) -> None:  # fmt: skip
    """Move the open incident to the place of the one closed last, and forget the rows that led to it."""
    incidents[LAST] = incidents[NOW]
    peaks[LAST] = peaks[NOW]
    votes[LAST] = votes[NOW]
    registers[OPEN] = 0
    registers[HOT : HOT + TIERS] = 0
    ring_ns[:] = NONE


@compiled_part
def _confirm(
    now_ns: int, merge_ns: int, registers: NDArray[np.int64], incidents: NDArray[np.int64], peaks: NDArray[np.float64],
    votes: NDArray[np.int64], ring_ns: NDArray[np.int64], ring_score: NDArray[np.float64],
    ring_named: NDArray[np.int64],
) -> int:  # fmt: skip
    """Open an incident on the rows in the ring, or reopen the last one; returns the kind of change."""
    opened_ns, rows, peak = now_ns, 0, 0.0
    votes[NOW] = 0
    for place in range(len(ring_ns)):
        if ring_ns[place] != NONE:
            opened_ns = min(opened_ns, ring_ns[place])
            peak = max(peak, ring_score[place])
            votes[NOW, ring_named[place]] += 1
            rows += 1
    registers[OPEN] = 1
    registers[TOLD_NS] = now_ns
    incidents[NOW, LAST_NS] = now_ns
    if incidents[LAST, IDENTITY] != NONE and opened_ns - incidents[LAST, LAST_NS] <= merge_ns:
        incidents[NOW, :LAST_NS] = incidents[LAST, :LAST_NS]
        incidents[NOW, ROWS] = incidents[LAST, ROWS] + rows
        peaks[NOW] = max(peak, peaks[LAST])
        votes[NOW] += votes[LAST]
        return REOPENED
    incidents[NOW, IDENTITY] = registers[NEXT]
    incidents[NOW, OPENED_NS] = opened_ns
    incidents[NOW, CONFIRMED_NS] = now_ns
    incidents[NOW, ROWS] = rows
    peaks[NOW] = peak
    registers[NEXT] += 1
    return CONFIRMED


@compiled_part
def _remember(
    tier: int, now_ns: int, score: float, named: int, hot: bool, registers: NDArray[np.int64],
    ring_ns: NDArray[np.int64], ring_score: NDArray[np.float64], ring_named: NDArray[np.int64],
) -> None:  # fmt: skip
    """Put a row into a tier's ring of the latest n, in the place of the oldest."""
    place = registers[PLACE + tier]
    registers[HOT + tier] += int(hot) - int(ring_ns[place] != NONE)
    ring_ns[place] = now_ns if hot else NONE
    ring_score[place] = score
    ring_named[place] = named
    registers[PLACE + tier] = (place + 1) % len(ring_ns)


@compiled_part
def _weigh(
    now_ns: int, score: float, named: int, merge_ns: int, confirm: NDArray[np.int64], sizes: NDArray[np.int64],
    levels: NDArray[np.float64], registers: NDArray[np.int64], incidents: NDArray[np.int64],
    peaks: NDArray[np.float64], votes: NDArray[np.int64], ring_ns: NDArray[np.int64],
    ring_score: NDArray[np.float64], ring_named: NDArray[np.int64],
) -> int:  # fmt: skip
    """Take in a row while no incident is open; the first tier that has its rows opens one. The kind of change."""
    by, begin, first = -1, 0, 0
    for tier in range(TIERS):
        after = begin + sizes[tier]
        if after > begin:
            hot = score >= levels[tier, THRESHOLD]
            _remember(
                tier, now_ns, score, named, hot, registers,
                ring_ns[begin:after], ring_score[begin:after], ring_named[begin:after],
            )  # fmt: skip
            if by < 0 and hot and registers[HOT + tier] >= confirm[tier]:
                by, first = tier, begin
        begin = after
    if by < 0:
        return NOTHING
    registers[TIER] = by
    after = first + sizes[by]
    return _confirm(
        now_ns, merge_ns, registers, incidents, peaks, votes,
        ring_ns[first:after], ring_score[first:after], ring_named[first:after],
    )  # fmt: skip


@compiled
def advance(
    row: int, time_ns: NDArray[np.int64], score: NDArray[np.float64], named: NDArray[np.int64],
    spans_ns: NDArray[np.int64], confirm: NDArray[np.int64], sizes: NDArray[np.int64], levels: NDArray[np.float64],
    registers: NDArray[np.int64], incidents: NDArray[np.int64], peaks: NDArray[np.float64], votes: NDArray[np.int64],
    ring_ns: NDArray[np.int64], ring_score: NDArray[np.float64], ring_named: NDArray[np.int64],
) -> tuple[int, int, int]:  # fmt: skip
    """Take rows in until something happens: ``(next row, kind of change, its time)``."""
    hold_ns, merge_ns, update_ns = spans_ns
    while row < len(time_ns):
        now_ns = max(time_ns[row], registers[LATEST_NS])
        if registers[OPEN] and now_ns - incidents[NOW, LAST_NS] > hold_ns:
            closed_ns = incidents[NOW, LAST_NS] + hold_ns
            close(registers, incidents, peaks, votes, ring_ns)
            return row, CLOSED, closed_ns
        if not registers[OPEN] and now_ns - registers[LATEST_NS] > hold_ns:
            registers[HOT : HOT + TIERS] = 0
            ring_ns[:] = NONE
        registers[LATEST_NS] = now_ns
        if not registers[OPEN]:
            kind = _weigh(
                now_ns, score[row], named[row], merge_ns, confirm, sizes, levels, registers, incidents, peaks, votes,
                ring_ns, ring_score, ring_named,
            )  # fmt: skip
            row += 1
            if kind != NOTHING:
                return row, kind, now_ns
            continue
        level = levels[registers[TIER]]
        if score[row] >= level[THRESHOLD]:
            incidents[NOW, ROWS] += 1
            votes[NOW, named[row]] += 1
            peaks[NOW] = max(peaks[NOW], score[row])
        if score[row] >= level[RELEASE]:
            incidents[NOW, LAST_NS] = now_ns
        row += 1
        if update_ns < FOREVER_NS and now_ns - registers[TOLD_NS] >= update_ns:
            registers[TOLD_NS] = now_ns
            return row, UPDATED, now_ns
    return row, NOTHING, 0
