"""A chunk of frames as every rule sees it: which may be believed, whose they are, and on which channel the drone is.

A frame whose check sequence is wrong may say anything, and so may one that cannot be read to its end: neither is
evidence, and no rule but that of malformed management counts the latter.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.table.signals.craft_inputs import Carry, States, new_states, no_state
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.lanes import BEACON_SUBTYPE, MANAGEMENT_TYPE
from yawstring.table.signals.role_names import DRONE
from yawstring.table.signals.roles import Roles

BEACON: Final = BEACON_SUBTYPE
PROBE_REQUEST, PROBE_RESPONSE, DISASSOCIATION, DEAUTHENTICATION, ACTION = 4, 5, 10, 12, 13
"""Subtypes of management frames (IEEE 802.11-2020, table 9-1)."""

GROUP_SHIFT: Final = 40
"""Of an address as a number: its lowest bit then says that it is a group's."""

_BAD_CHECK = 0
_DRONE, _MHZ = range(2)


class AirState(NamedTuple):
    """What is known.

    Attributes:
        facts: ``int64[2]``, of the drone: its address and its channel's frequency in MHz.
        carry: The state of the aircraft before.
    """

    facts: NDArray[np.int64]
    carry: Carry


@dataclass(frozen=True, kw_only=True, eq=False)
class Air:
    """A chunk of frames.

    Attributes:
        inputs: Its columns.
        roles: Whose each frame is.
        first_frame: Number of its first frame in the stream, from 1.
        drone: ``int64[frame]``, address of the watched drone as far as it is known, else
            :data:`~yawstring.table.signals.inputs.MISSING`.
        drone_mhz: ``int64[frame]``, frequency on which the drone was last heard, 0 where nobody says.
        states: What the aircraft newly said.
    """

    inputs: Inputs
    roles: Roles
    first_frame: int
    drone: NDArray[np.int64]
    drone_mhz: NDArray[np.int64]
    states: States

    @property
    def time_ns(self) -> NDArray[np.int64]:
        """``int64[frame]``, times of receipt, never falling."""
        return self.inputs.time_ns

    def whole(self, name: str) -> NDArray[np.int64]:
        """A column of whole numbers, see :meth:`~yawstring.table.signals.inputs.Inputs.whole`."""
        return self.inputs.whole(name)

    @cached_property
    def checked(self) -> NDArray[np.bool_]:
        """``bool[frame]``: its check sequence is not known to be wrong."""
        fine: NDArray[np.bool_] = self.whole("wlan.fcs.status") != _BAD_CHECK
        return fine

    @cached_property
    def fine(self) -> NDArray[np.bool_]:
        """``bool[frame]``: it may be believed, for it was received and read to its end."""
        fine: NDArray[np.bool_] = self.checked & (self.whole("reject") == MISSING)
        return fine

    @cached_property
    def management(self) -> NDArray[np.int64]:
        """Rows of management frames that may be believed."""
        return np.flatnonzero(self.fine & (self.whole("wlan.fc.type") == MANAGEMENT_TYPE))

    @cached_property
    def _subtypes(self) -> NDArray[np.int64]:
        return self.whole("wlan.fc.subtype")[self.management]

    def of(self, *subtypes: int) -> NDArray[np.int64]:
        """Rows of management frames of these subtypes that may be believed."""
        wanted = self._subtypes == subtypes[0]
        for subtype in subtypes[1:]:
            wanted |= self._subtypes == subtype
        rows: NDArray[np.int64] = self.management[wanted]
        return rows

    def to_group(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """``bool[row]``: sent to a group address."""
        receiver = self.whole("wlan.ra")[rows]
        group: NDArray[np.bool_] = (receiver != MISSING) & (receiver >> GROUP_SHIFT & 1 == 1)
        return group

    @cached_property
    def mhz(self) -> NDArray[np.int64]:
        """``int64[frame]``, frequency on which it was heard; 0 where the capture does not say."""
        frequency = self.whole("radiotap.channel.freq")
        return np.where(frequency == MISSING, 0, frequency)

    @cached_property
    def drones_channel(self) -> NDArray[np.bool_]:
        """``bool[frame]``: heard on the frequency of the watched drone; on any, where no capture says which."""
        same: NDArray[np.bool_] = (self.drone != MISSING) & (self.mhz == self.drone_mhz)
        return same


def air_start(drone: int | None) -> AirState:
    """Nothing known but the drone's address, if a person names it."""
    return AirState(facts=np.array([MISSING if drone is None else drone, 0]), carry=no_state())


def air_step(state: AirState, inputs: Inputs, roles: Roles, first_frame: int) -> tuple[AirState, Air]:
    """The chunk as rules see it.

    Args:
        state: From :func:`air_start` or the step before; gone afterwards.
        inputs: The chunk's columns.
        roles: Whose each frame is.
        first_frame: Number of its first frame.
    """
    drone, mhz = np.empty(len(inputs), np.int64), np.empty(len(inputs), np.int64)
    checked = inputs.whole("wlan.fcs.status")
    columns = (inputs.whole("wlan.ta"), inputs.whole("radiotap.channel.freq"), checked, roles.sender)
    _follow(state.facts, *columns, drone, mhz)
    states = new_states(state.carry, inputs)
    return state, Air(inputs=inputs, roles=roles, first_frame=first_frame, drone=drone, drone_mhz=mhz, states=states)


@compiled
def _follow(
    facts: NDArray[np.int64],
    ta: NDArray[np.int64],
    frequency: NDArray[np.int64],
    check: NDArray[np.int64],
    sender: NDArray[np.int8],
    drone: NDArray[np.int64],
    mhz: NDArray[np.int64],
) -> None:
    for i in range(len(ta)):
        if sender[i] == DRONE and check[i] != _BAD_CHECK:
            facts[_DRONE] = ta[i]
            if frequency[i] != MISSING:
                facts[_MHZ] = frequency[i]
        drone[i], mhz[i] = facts[_DRONE], facts[_MHZ]
