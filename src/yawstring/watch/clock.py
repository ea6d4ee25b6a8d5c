"""A clock that was put back, told from frames that come a little out of order.

Frames of several adapters overtake one another by milliseconds; their times are made to rise. A clock that was put back
by more than :data:`BACK_S` would make all that follows stand still until it has caught up, and nobody would be watched
so long. So a stream is cut there, and what it measures starts anew, as it does with another recording.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

BACK_S: Final = 2.0
"""Seconds behind the latest time from which on a clock was put back."""

LEAST_FRAMES: Final = 1000
"""A stream is cut at most once in so many frames: one of two clocks in turns is none that was put back."""

_BACK_NS = round(BACK_S * 1e9)
_NEVER = -(1 << 62)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Where a stream's clock stands.

    Attributes:
        latest_ns: Latest time since the last cut; ``None`` before the first frame.
        frames: Frames since the last cut.
        cuts: How often the clock was put back.
    """

    latest_ns: int | None = None
    frames: int = LEAST_FRAMES
    cuts: int = 0


def cut(state: Clock, times_ns: NDArray[np.int64], timed: NDArray[np.bool_]) -> tuple[Clock, tuple[int, ...]]:
    """Where a chunk has to be cut.

    Args:
        state: What the step before gave.
        times_ns: ``int64[frame]``, as received.
        timed: ``bool[frame]``, whether the frame has a time at all; one without is never put back.

    Returns:
        The state after it, and the first frame after each cut, from 0.

    Example:
        >>> times = np.array([10, 11, 3, 4]) * 10**9
        >>> state, cuts = cut(Clock(), times, np.ones(4, np.bool_))
        >>> cuts, state.latest_ns
        ((2,), 4000000000)
    """
    cuts, first, count = list[int](), 0, len(times_ns)
    latest, frames = state.latest_ns, state.frames
    while first < count:
        rest = np.where(timed[first:], times_ns[first:], _NEVER)
        high = np.maximum.accumulate(rest if latest is None else np.maximum(rest, latest))
        back = np.flatnonzero(timed[first + 1 :] & (rest[1:] < high[:-1] - _BACK_NS)) + 1
        if latest is not None and timed[first] and rest[0] < latest - _BACK_NS:
            back = np.concatenate([[0], back])
        due = back[back + frames >= LEAST_FRAMES]
        after = int(due[0]) if len(due) else count - first
        if after:
            latest, frames = _later(latest, int(high[after - 1])), frames + after
        first += after
        if first < count:
            cuts.append(first)
            latest, frames = int(times_ns[first]), 0
            # The frame itself is looked at again, and lies behind nothing now.
    return Clock(latest_ns=latest, frames=min(frames, LEAST_FRAMES), cuts=state.cuts + len(cuts)), tuple(cuts)


def _later(latest: int | None, high: int) -> int | None:
    if high == _NEVER:
        return latest
    return high if latest is None else max(latest, high)
