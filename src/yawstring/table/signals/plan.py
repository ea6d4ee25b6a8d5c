"""When rows are given out: with every frame, or at a fixed pace as long as something is heard.

The pace is counted from the first frame. A row is due once it is certain that no more frames of its time will come:
with the first later one, or by the word of whoever waits. When nothing has been heard for :data:`SILENCE_S` rows stop,
and go on in step with the next frame: a clock that jumps by years gives out no more of them than a pause does.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.table.signals.inputs import NS_PER_S

LEAST_EVERY_S, MOST_EVERY_S = 0.001, 3600.0

SILENCE_S: Final = 10.0
"""Rows go on for so long after the last frame."""


@dataclass(frozen=True, kw_only=True)
class SignalOptions:
    """How signals are measured.

    Attributes:
        every_s: Seconds from one row to the next, counted from the first frame; ``None``: a row for every frame.
        drone: BSSID of the drone, as the number in ``wlan.bssid``, where a person names it; ``None``: learn it.

    Raises:
        OptionError: ``every_s`` makes no sense.
    """

    every_s: float | None = 0.1
    drone: int | None = None

    def __post_init__(self) -> None:
        if self.every_s is not None and not LEAST_EVERY_S <= self.every_s <= MOST_EVERY_S:
            raise OptionError(f"a row of signals every {LEAST_EVERY_S} to {MOST_EVERY_S:g} s, not {self.every_s}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """When rows are given out, in order.

    Attributes:
        after: ``int64[row]``: how many frames of the chunk come before the row.
        time_ns: ``int64[row]``: the moment it speaks about, not before those frames' times.
    """

    after: NDArray[np.int64]
    time_ns: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.after)


def planned(
    times: NDArray[np.int64], heard_ns: int | None, next_ns: int, options: SignalOptions, until_ns: int | None
) -> tuple[Plan, int]:
    """The rows that are due in a chunk, and when the one after them is.

    Args:
        times: ``int64[frame]``, never falling, nor below ``heard_ns``.
        heard_ns: The last frame before the chunk; ``None`` where there was none.
        next_ns: When the next row is due; not used where there was no frame.
        options: At which pace.
        until_ns: Nothing comes before this, whatever else comes.

    Example:
        >>> plan, next_ns = planned(np.array([0, 300_000_000, 10**18]), None, 0, SignalOptions(every_s=4.0), None)
        >>> (plan.time_ns / 1e9).tolist(), plan.after.tolist(), next_ns == 10**18
        ([0.0, 4.0, 8.0], [1, 2, 2], True)
    """
    if options.every_s is None:
        return Plan(after=np.arange(1, len(times) + 1), time_ns=times), 0
    if heard_ns is None and not len(times):
        return Plan(after=np.zeros(0, np.int64), time_ns=np.zeros(0, np.int64)), 0
    every_ns, silence_ns = round(options.every_s * NS_PER_S), round(SILENCE_S * NS_PER_S)
    if heard_ns is None:
        heard_ns = next_ns = int(times[0])
    # Between pauses rows follow one another; each stretch ends with its last frame and the silence after it.
    stamps = np.concatenate([[heard_ns], times])
    ends = np.flatnonzero(np.diff(stamps) > silence_ns)
    due = []
    for last_ns, after_ns in zip(stamps[ends].tolist(), stamps[ends + 1].tolist(), strict=True):
        due.append(_stretch(next_ns, min(last_ns + silence_ns, after_ns - 1), every_ns))
        next_ns += len(due[-1]) * every_ns
        next_ns = max(next_ns, after_ns + (next_ns - after_ns) % every_ns)
    last_ns = int(stamps[-1])
    certain_ns = last_ns - 1 if until_ns is None else max(last_ns - 1, min(until_ns, last_ns + silence_ns))
    due.append(_stretch(next_ns, certain_ns, every_ns))
    next_ns += len(due[-1]) * every_ns
    moments = np.concatenate(due)
    return Plan(after=np.searchsorted(times, moments, side="right"), time_ns=moments), next_ns


def _stretch(first_ns: int, last_ns: int, every_ns: int) -> NDArray[np.int64]:
    return np.arange(first_ns, max(first_ns, last_ns + 1), every_ns, dtype=np.int64)
