"""Who speaks to whom on each frame: the watched drone, its controller, or somebody else.

Learned from behaviour as the frames come, never from an address: who sends beacons, who carries the drone's traffic,
and who speaks to whom. A frame is judged by what was known before it, so the first ones of a stream are nobody's.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

NOBODY: Final = 0
"""No such address in the frame, or nothing is known of it yet."""

DRONE: Final = 1
"""The watched drone, or whoever uses its address."""

CONTROLLER: Final = 2
"""The station that controls it, or whoever uses its address."""

OTHER: Final = 3
"""Somebody else."""

EVERYBODY: Final = 4
"""A group address, as a receiver."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Roles:
    """Roles of the two ends of each frame.

    Attributes:
        sender: ``int8[frame]``, role of the transmitter.
        receiver: ``int8[frame]``, role of the receiver.
        watched: ``bool[frame]``: sent by, to or in the name of the watched network (its BSSID), group frames included.
    """

    sender: NDArray[np.int8]
    receiver: NDArray[np.int8]
    watched: NDArray[np.bool_]
