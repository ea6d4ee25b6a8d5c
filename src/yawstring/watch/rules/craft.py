"""What the rules on telemetry share: when the aircraft flies, and what is said of a state."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.schema.signals.craft_fields import HEIGHT, TOF
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Sight, address

AIRBORNE_M: Final = 0.3
"""From this height on the aircraft flies: on the ground much stays as it is by right."""


@compiled_part
def airborne(values: NDArray[np.float64]) -> bool:
    """Whether the aircraft says that it flies."""
    return bool(values[HEIGHT] > AIRBORNE_M or values[TOF] > AIRBORNE_M)


def state_sight(air: Air, state: int, value: float, limit: float, words: str) -> Sight:
    """What was seen at one state: number ``state`` of the chunk's."""
    row = int(air.states.row[state])
    return Sight(
        row=row,
        value=value,
        limit=limit,
        words=words,
        watched=True,
        drone=address(int(air.drone[row])),
        time_ns=int(air.states.time_ns[state]),
        framed=False,
    )
