"""Which channels have been listened to, told from the frames that were heard: never from what a radio was told to do.

A driver may stay on another channel than it says, or come late; a frame's own header (radiotap) says where it was
heard. A second counts for a frequency when at least one frame was heard there: a share is the least that was covered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

SECONDS: Final = 60
"""How far back coverage is told."""

MOST_FREQUENCIES: Final = 256
"""Frequencies at most that are kept: more than there are channels."""

_NS_PER_S = 1_000_000_000
_ALL = (1 << SECONDS) - 1
_FREQUENCY_BITS = 24
_FREQUENCY_MASK = (1 << _FREQUENCY_BITS) - 1


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The seconds in which each frequency was heard; a new one begins with none.

    Attributes:
        first_s: Unix time, in seconds, of the first frame; ``None`` before it.
        last_s: The latest second that is known.
        heard: By frequency in MHz, a bit for each of the last seconds: the lowest is ``last_s``.
    """

    first_s: int | None = None
    last_s: int = 0
    heard: Mapping[int, int] = field(default_factory=dict)


def seconds_heard(time_ns: NDArray[np.int64], frequency_mhz: NDArray[np.int64]) -> frozenset[tuple[int, int]]:
    """The seconds, of Unix time, in which each frequency was heard.

    Args:
        time_ns: ``int64[frame]``, Unix time of frames in nanoseconds.
        frequency_mhz: ``int64[frame]``, their frequencies; a frame of which that is below 1 is passed over.

    Example:
        >>> sorted(seconds_heard(np.array([5, 6, 6]) * 10**9, np.array([2412, 2412, 0])))
        [(5, 2412), (6, 2412)]
    """
    known = frequency_mhz > 0
    keys = np.unique(time_ns[known] // _NS_PER_S << _FREQUENCY_BITS | frequency_mhz[known] & _FREQUENCY_MASK)
    return frozenset(zip((keys >> _FREQUENCY_BITS).tolist(), (keys & _FREQUENCY_MASK).tolist(), strict=True))


def hear(coverage: Coverage, heard: Iterable[tuple[int, int]]) -> Coverage:
    """Coverage after more frames.

    Args:
        coverage: As it was.
        heard: Seconds and frequencies, as :func:`seconds_heard` gives them.

    Example:
        >>> shares(hear(Coverage(), [(5, 2412), (6, 2412), (8, 2437)]), 8 * 10**9)
        {2412: 0.5, 2437: 0.25}
    """
    more = sorted(heard)
    if not more:
        return coverage
    if coverage.last_s - more[-1][0] >= SECONDS:
        coverage = Coverage()  # the clock was set back: what it said before says nothing now
    last = max(more[-1][0], coverage.last_s)
    kept = _moved(coverage, last)
    for second, frequency in more:
        if last - second < SECONDS and (frequency in kept or len(kept) < MOST_FREQUENCIES):
            kept[frequency] = kept.get(frequency, 0) | 1 << (last - second)
    return Coverage(first_s=more[0][0] if coverage.first_s is None else coverage.first_s, last_s=last, heard=kept)


def shares(coverage: Coverage, now_ns: int) -> dict[int, float]:
    """By frequency in MHz, in which share of the last minute's seconds it was heard; since the first frame, if later.

    Args:
        coverage: What was heard.
        now_ns: Unix time in nanoseconds; what has been silent since counts as not covered.
    """
    if coverage.first_s is None:
        return {}
    now = max(now_ns // _NS_PER_S, coverage.last_s)
    seconds = min(SECONDS, now - coverage.first_s + 1)
    heard = _moved(coverage, now)
    return {frequency: round(bits.bit_count() / seconds, 3) for frequency, bits in sorted(heard.items())}


def _moved(coverage: Coverage, last_s: int) -> dict[int, int]:
    """What was heard, seen from a later second; frequencies of which nothing is left are let go."""
    shift = min(last_s - coverage.last_s, SECONDS)
    moved = {frequency: bits << shift & _ALL for frequency, bits in coverage.heard.items()}
    return {frequency: bits for frequency, bits in moved.items() if bits}
