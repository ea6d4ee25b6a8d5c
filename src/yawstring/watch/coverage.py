"""Which channels have been listened to, told from the frames that were heard: never from what a radio was told to do.

A driver may stay on another channel than it says, or come late; a frame's own header (radiotap) says where it was
heard. Time is cut into tenths of a second, and one counts for a frequency when at least one frame was heard there. An
access point alone sends ten beacons a second, so that a channel in use is covered nearly wholly by a radio that stays;
one that goes round is told with about its share of the time, at most a tenth of a second more for each visit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

SLOT_NS: Final = 100_000_000
SLOTS: Final = 600
"""How far back coverage is told: a minute."""

MOST_FREQUENCIES: Final = 256
"""Frequencies at most that are kept: more than there are channels."""

_ALL = (1 << SLOTS) - 1
_FREQUENCY_BITS = 24
_FREQUENCY_MASK = (1 << _FREQUENCY_BITS) - 1


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """When each frequency was heard; a new one begins with none.

    Attributes:
        first: The tenth of a second, of Unix time, of the first frame; ``None`` before it.
        last: The latest that is known.
        heard: By frequency in MHz, a bit for each of the last tenths of a second: the lowest is ``last``.
    """

    first: int | None = None
    last: int = 0
    heard: Mapping[int, int] = field(default_factory=dict)


def slots_heard(time_ns: NDArray[np.int64], frequency_mhz: NDArray[np.int64]) -> frozenset[tuple[int, int]]:
    """The tenths of a second, of Unix time, in which each frequency was heard.

    Args:
        time_ns: ``int64[frame]``, Unix time of frames in nanoseconds.
        frequency_mhz: ``int64[frame]``, their frequencies; a frame of which that is below 1 is passed over.

    Example:
        >>> sorted(slots_heard(np.array([5, 6, 6]) * SLOT_NS, np.array([2412, 2412, 0])))
        [(5, 2412), (6, 2412)]
    """
    known = frequency_mhz > 0
    keys = np.unique(time_ns[known] // SLOT_NS << _FREQUENCY_BITS | frequency_mhz[known] & _FREQUENCY_MASK)
    return frozenset(zip((keys >> _FREQUENCY_BITS).tolist(), (keys & _FREQUENCY_MASK).tolist(), strict=True))


def hear(coverage: Coverage, heard: Iterable[tuple[int, int]]) -> Coverage:
    """Coverage after more frames.

    Args:
        coverage: As it was.
        heard: Tenths of a second and frequencies, as :func:`slots_heard` gives them.

    Example:
        >>> shares(hear(Coverage(), [(5, 2412), (6, 2412), (8, 2437)]), 8 * SLOT_NS)
        {2412: 0.5, 2437: 0.25}
    """
    more = sorted(heard)
    if not more:
        return coverage
    if coverage.last - more[-1][0] >= SLOTS:
        coverage = Coverage()  # the clock was set back: what it said before says nothing now
    last = max(more[-1][0], coverage.last)
    kept = _moved(coverage, last)
    for slot, frequency in more:
        if last - slot < SLOTS and (frequency in kept or len(kept) < MOST_FREQUENCIES):
            kept[frequency] = kept.get(frequency, 0) | 1 << (last - slot)
    return Coverage(first=more[0][0] if coverage.first is None else coverage.first, last=last, heard=kept)


def shares(coverage: Coverage, now_ns: int) -> dict[int, float]:
    """By frequency in MHz, in which share of the last minute it was heard; since the first frame, if later.

    Args:
        coverage: What was heard.
        now_ns: Unix time in nanoseconds; what has been silent since counts as not covered.
    """
    if coverage.first is None:
        return {}
    now = max(now_ns // SLOT_NS, coverage.last)
    slots = min(SLOTS, now - coverage.first + 1)
    heard = _moved(coverage, now)
    return {frequency: round(bits.bit_count() / slots, 3) for frequency, bits in sorted(heard.items())}


def _moved(coverage: Coverage, last: int) -> dict[int, int]:
    """What was heard, seen from a later moment; frequencies of which nothing is left are let go."""
    shift = min(last - coverage.last, SLOTS)
    moved = {frequency: bits << shift & _ALL for frequency, bits in coverage.heard.items()}
    return {frequency: bits for frequency, bits in moved.items() if bits}
