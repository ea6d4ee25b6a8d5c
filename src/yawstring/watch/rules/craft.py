"""What the rules on telemetry share: states one at a time, and what is said of them.

There are ten states a second among a thousand frames, so that plain Python will do. Times are kept in whole
nanoseconds, so that nothing depends on how long ago 1970 was.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from yawstring.schema.signals.craft_fields import HEIGHT, TOF
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Sight, address
from yawstring.watch.rules.tally import PACE_NS

AIRBORNE_M: Final = 0.3
"""From this height on the aircraft flies: on the ground much stays as it is by right."""


class State(NamedTuple):
    """What the aircraft said: number in its chunk, time, values in the order of the signals' fields."""

    number: int
    time_ns: int
    values: list[float]


def states_of(air: Air) -> Iterator[State]:
    """Each new state, in order."""
    said = zip(air.states.time_ns.tolist(), air.states.values.tolist(), strict=True)
    for number, (time_ns, values) in enumerate(said):
        yield State(number, time_ns, values)


def airborne(values: list[float]) -> bool:
    """Whether the aircraft says that it flies.

    Example:
        >>> values = [float("nan")] * 24
        >>> values[HEIGHT] = 0.5
        >>> airborne(values), airborne([float("nan")] * 24)
        (True, False)
    """
    return values[HEIGHT] > AIRBORNE_M or values[TOF] > AIRBORNE_M


def due(told_ns: int | None, now_ns: int) -> bool:
    """Whether what goes on is to be told again.

    Example:
        >>> due(None, 0), due(0, 50_000_000), due(0, 100_000_000)
        (True, False, True)
    """
    return told_ns is None or now_ns - told_ns >= PACE_NS


def state_sight(air: Air, state: State, value: float, limit: float, words: str) -> Sight:
    """What was seen at one state."""
    row = int(air.states.row[state.number])
    return Sight(
        row=row,
        value=value,
        limit=limit,
        words=words,
        watched=True,
        drone=address(int(air.drone[row])),
        time_ns=state.time_ns,
        framed=False,
    )
