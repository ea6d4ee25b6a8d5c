"""What the rules on a whole channel share: what happens to everybody on it happens to the drone that is there, too."""

from collections.abc import Callable

from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Sight, address
from yawstring.watch.rules.tally import Told


def on_channel(mhz: int) -> str:
    """A channel in words.

    Example:
        >>> on_channel(2437), on_channel(0)
        ('on 2437 MHz', 'on the channel')
    """
    return f"on {mhz} MHz" if mhz else "on the channel"


def channel_sights(air: Air, told: Told, limit: float, words: Callable[[float, str], str]) -> list[Sight]:
    """What was counted on channels.

    Args:
        air: The chunk.
        told: What was counted.
        limit: From how much on it counts.
        words: A sentence on a count and a channel.
    """
    ours = air.drones_channel
    return [
        Sight(
            row=row,
            value=value,
            limit=limit,
            words=words(value, on_channel(int(air.mhz[row]))),
            watched=bool(ours[row]),
            drone=address(int(air.drone[row])) if ours[row] else None,
        )
        for row, value in zip(told.row.tolist(), told.value.tolist(), strict=True)
    ]
