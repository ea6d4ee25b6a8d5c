"""Who speaks to whom on each frame: the watched drone, its controller, or somebody else.

Learned from behaviour as the frames come, never from an address: who sends beacons, who carries the drone's traffic,
and who speaks to whom. A frame is judged by what was known before it, so the first ones of a stream are nobody's.
Frames that we decoded say which way they go (:mod:`~yawstring.table.signals.roles_learned`); in tables of others
addresses are codes (:mod:`~yawstring.table.signals.roles_coded`).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.role_names import CONTROLLER, DRONE, EVERYBODY, NOBODY, OTHER
from yawstring.table.signals.roles_coded import CodedState, coded_roles, coded_start
from yawstring.table.signals.roles_learned import LearnedState, learned_roles, learned_start

__all__ = ["CONTROLLER", "DRONE", "EVERYBODY", "NOBODY", "OTHER", "Roles", "RolesState", "roles_start", "roles_step"]


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


class RolesState(NamedTuple):
    """What has been learned so far, by kind of table."""

    learned: LearnedState
    coded: CodedState


def roles_start(drone: int | None) -> RolesState:
    """Nothing known, but the drone's BSSID where a person names it."""
    named = MISSING if drone is None else drone
    return RolesState(learned=learned_start(named), coded=coded_start(named))


def roles_step(state: RolesState, inputs: Inputs) -> tuple[RolesState, Roles]:
    """Judge a chunk's frames, each by those before it.

    Args:
        state: From :func:`roles_start` or the step before; gone afterwards.
        inputs: The chunk.
    """
    roles = Roles(
        sender=np.zeros(len(inputs), np.int8),
        receiver=np.zeros(len(inputs), np.int8),
        watched=np.zeros(len(inputs), np.bool_),
    )
    out = (roles.sender, roles.receiver, roles.watched)
    if inputs.has("wlan.fc.fromds"):
        learned_roles(state.learned, inputs, out)
    elif inputs.has("wlan.ta"):
        coded_roles(state.coded, inputs, out)
    return state, roles
