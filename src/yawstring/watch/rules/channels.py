"""What the rules on a whole channel share: what happens to everybody on it happens to the drone that is there, too."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Sight, address
from yawstring.watch.rules.tally import Counted, count


def on_channel(mhz: int) -> str:
    """A channel in words.

    Example:
        >>> on_channel(2437), on_channel(0)
        ('on 2437 MHz', 'on the channel')
    """
    return f"on {mhz} MHz" if mhz else "on the channel"


def channel_flood(
    state: Counted,
    air: Air,
    rows: NDArray[np.int64],
    words: Callable[[float, str], str],
    *,
    within_s: float,
    least: float,
    weight: NDArray[np.float64] | None = None,
) -> list[Sight]:
    """Count events by channel, and tell of channels that have too many.

    Args:
        state: Counts; brought up to date.
        air: The chunk.
        rows: ``int64[event]``, rows that are events, rising.
        words: A sentence on a count and a channel.
        within_s: Length of the window.
        least: From how much on it counts.
        weight: ``float64[event]``, what each counts for; ``None``: 1.
    """
    ours = air.drones_channel
    told = count(state, air, rows, air.mhz[rows], within_s=within_s, least=least, weight=weight, ours=ours[rows])
    return [
        Sight(
            row=row,
            value=value,
            limit=least,
            words=words(value, on_channel(int(air.mhz[row]))),
            watched=bool(ours[row]),
            drone=address(int(air.drone[row])) if ours[row] else None,
        )
        for row, value in zip(told.row.tolist(), told.value.tolist(), strict=True)
    ]
