"""Which way a frame of the watched link goes, and what it is: the lanes that signals are counted by.

Frames whose check sequence is wrong are in no lane: any field may be false.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.roles import CONTROLLER, DRONE, Roles

NO_LANE: Final = -1
DOWN: Final = 0
"""Data sent by the drone, or in its name."""

UP: Final = 1
"""Data sent by its controller, or in its name."""

MANAGEMENT: Final = 2
"""Management frames sent by either, or in its name, beacons included."""

MANAGEMENT_TYPE, CONTROL_TYPE, DATA_TYPE = 0, 1, 2
BEACON_SUBTYPE = 8
NULL_BIT, QOS_BIT = 4, 8
RETRY_FLAG = 8


def good(inputs: Inputs) -> NDArray[np.bool_]:
    """``bool[frame]``: the check sequence isn't known to be wrong."""
    return inputs.shared("good", None, lambda: inputs.whole("wlan.fcs.status") != 0)


def lanes(inputs: Inputs, roles: Roles) -> NDArray[np.int8]:
    """``int8[frame]``: :data:`DOWN`, :data:`UP`, :data:`MANAGEMENT` or :data:`NO_LANE`.

    Example:
        >>> import polars as pl
        >>> frames = Inputs(frame=pl.DataFrame({"wlan.fc.type": [2, 2, 0, 1]}), time_ns=np.arange(4))
        >>> sender = np.array([DRONE, CONTROLLER, DRONE, CONTROLLER], np.int8)
        >>> lanes(frames, Roles(sender=sender, receiver=sender, watched=sender > 0)).tolist()
        [0, 1, 2, -1]
    """
    return inputs.shared("lanes", roles, lambda: _lanes(inputs, roles))


def _lanes(inputs: Inputs, roles: Roles) -> NDArray[np.int8]:
    kind, fine = inputs.whole("wlan.fc.type"), good(inputs)
    drone, controller = roles.sender == DRONE, roles.sender == CONTROLLER
    made = np.full(len(inputs), NO_LANE, np.int8)
    made[fine & drone & (kind == DATA_TYPE)] = DOWN
    made[fine & controller & (kind == DATA_TYPE)] = UP
    made[fine & (drone | controller) & (kind == MANAGEMENT_TYPE)] = MANAGEMENT
    return made


def data_lanes(inputs: Inputs, roles: Roles) -> NDArray[np.int8]:
    """``int8[frame]``: :data:`DOWN`, :data:`UP` or :data:`NO_LANE`; management frames are in none."""
    return inputs.shared("data lanes", roles, lambda: _data_lanes(lanes(inputs, roles)))


def _data_lanes(lane: NDArray[np.int8]) -> NDArray[np.int8]:
    return np.where(lane == MANAGEMENT, np.int8(NO_LANE), lane)


def retries(inputs: Inputs) -> NDArray[np.int64]:
    """``int64[frame]``: the retry bit, :data:`~yawstring.table.signals.inputs.MISSING` where it isn't known."""
    return inputs.shared("retries", None, lambda: _retries(inputs))


def _retries(inputs: Inputs) -> NDArray[np.int64]:
    bit, flags = inputs.whole("wlan.fc.retry"), inputs.whole("wlan.flags")
    spelt = np.where(flags == MISSING, MISSING, (flags & RETRY_FLAG) // RETRY_FLAG)
    return np.where(bit == MISSING, spelt, bit)
