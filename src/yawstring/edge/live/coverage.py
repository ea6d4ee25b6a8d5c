"""Which channels have been listened to, told from the frames that were heard: never from what a radio was told to do.

A driver may stay on another channel than it says, or come late; a frame's own header (radiotap) says where it was
heard. A second counts for a frequency when at least one frame was heard there: a share is the least that was covered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SECONDS = 60
"""How far back coverage is told."""

MOST_FREQUENCIES = 256
"""Frequencies at most that are kept: more than there are channels."""

_NS_PER_S = 1_000_000_000
_ALL = (1 << SECONDS) - 1


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


def hear(coverage: Coverage, time_ns: NDArray[np.int64], frequency_mhz: NDArray[np.int64]) -> Coverage:
    """Coverage after more frames.

    Args:
        coverage: As it was.
        time_ns: ``int64[frame]``, Unix time of frames whose frequency is known, in nanoseconds.
        frequency_mhz: ``int64[frame]``, their frequencies.

    Example:
        >>> heard = hear(Coverage(), np.array([5, 6, 8]) * 10**9, np.array([2412, 2412, 2437]))
        >>> shares(heard, 8 * 10**9)
        {2412: 0.5, 2437: 0.25}
    """
    if not len(time_ns):
        return coverage
    seconds, which = np.unique(np.stack([time_ns // _NS_PER_S, frequency_mhz]), axis=1)
    if coverage.last_s - int(seconds.max()) >= SECONDS:
        coverage = Coverage()  # the clock was set back: what it said before says nothing now
    last = max(int(seconds.max()), coverage.last_s)
    heard = _moved(coverage, last)
    for second, frequency in zip(seconds.tolist(), which.tolist(), strict=True):
        if last - second < SECONDS and (frequency in heard or len(heard) < MOST_FREQUENCIES):
            heard[frequency] = heard.get(frequency, 0) | 1 << (last - second)
    first = int(seconds.min()) if coverage.first_s is None else coverage.first_s
    return Coverage(first_s=first, last_s=last, heard=heard)


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
