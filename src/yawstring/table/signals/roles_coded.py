"""Who speaks to whom in tables of others, whose addresses are codes: T-ITS, the notebook's.

Each column of addresses has codes of its own there: the same station may be 1 among the transmitters and 0 among the
receivers, and nothing says which way a frame goes. So the two sides are learned apart. An access point is who sends
beacons and grants probes and associations; where nobody does, who sends most octets of data, since telemetry and video
are more than commands. The controller is, of the others, who sends most octets of data. As a receiver, the controller
is whom the drone sends most data, and the drone whom the controller does. All this may change while little was heard.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.role_names import CONTROLLER, DRONE, NOBODY, OTHER
from yawstring.table.signals.slots import known, paired, place

CODES: Final = 256
"""Transmitters and pairs kept: such a table holds a handful."""

_GRANTS_WEIGHT: Final = 1e6
"""Octets that one beacon or granted association is worth as a mark of the access point."""

_ASSOCIATED, _REASSOCIATED, _PROBED, _BEACON = 1, 3, 5, 8
_DRONE, _CONTROLLER, _DRONE_TO, _CONTROLLER_TO, _NAMED = range(5)


class CodedState(NamedTuple):
    """What each transmitter sent, and to whom.

    Attributes:
        key: ``int64[2, place]``: transmitters; pairs of transmitter and receiver.
        heard: ``int64[2, place]``, when.
        ends: ``int64[2, place, 2]``, transmitter and receiver.
        octets: ``float64[2, place, 2]``, of data; the same with what access points grant.
        chosen: ``int64[5]``: drone and controller as transmitters, both as receivers, whether the drone was named.
    """

    key: NDArray[np.int64]
    heard: NDArray[np.int64]
    ends: NDArray[np.int64]
    octets: NDArray[np.float64]
    chosen: NDArray[np.int64]


def coded_start(named: int) -> CodedState:
    """Nothing known but the drone's code among transmitters, if it is named."""
    return CodedState(
        key=np.full((2, CODES), MISSING),
        heard=np.zeros((2, CODES), np.int64),
        ends=np.full((2, CODES, 2), MISSING),
        octets=np.zeros((2, CODES, 2)),
        chosen=np.array([named, MISSING, MISSING, MISSING, int(named != MISSING)]),
    )


def coded_roles(
    state: CodedState, inputs: Inputs, out: tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.bool_]]
) -> None:
    """Judge frames and learn from them; see :func:`~yawstring.table.signals.roles_learned.learned_roles`."""
    kinds = inputs.whole("wlan.fc.type"), inputs.whole("wlan.fc.subtype")
    ends = inputs.whole("wlan.ta"), inputs.whole("wlan.ra")
    sender, receiver, watched = out
    _learn_codes(state, inputs.time_ns, *kinds, *ends, inputs.whole("frame.len"), sender, receiver, watched)


@compiled
def _learn_codes(
    state: CodedState,
    time: NDArray[np.int64],
    kind: NDArray[np.int64],
    subtype: NDArray[np.int64],
    ta: NDArray[np.int64],
    ra: NDArray[np.int64],
    octets: NDArray[np.int64],
    sender: NDArray[np.int8],
    receiver: NDArray[np.int8],
    watched: NDArray[np.bool_],
) -> None:
    chosen = state.chosen
    for i in range(len(time)):
        sender[i] = _code_role(ta[i], chosen[_DRONE], chosen[_CONTROLLER], chosen[_DRONE])
        receiver[i] = _code_role(ra[i], chosen[_DRONE_TO], chosen[_CONTROLLER_TO], chosen[_DRONE])
        watched[i] = DRONE in (sender[i], receiver[i])
        if ta[i] == MISSING:
            continue
        grants = kind[i] == 0 and subtype[i] in (_ASSOCIATED, _REASSOCIATED, _PROBED, _BEACON)
        said = np.float64(min(max(octets[i], 0), 65536)) if kind[i] == 2 and not subtype[i] & 4 else 0.0
        if not grants and not said:
            continue
        for side, key in ((0, ta[i]), (1, paired(ta[i], ra[i]))):
            at, new = place(state.key[side], state.heard[side], key, time[i])
            if new:
                state.ends[side, at, 0], state.ends[side, at, 1] = ta[i], ra[i]
                state.octets[side, at] = 0.0
            state.octets[side, at, 0] += said
            state.octets[side, at, 1] += _GRANTS_WEIGHT if grants else said
        _choose(state, ta[i])


@compiled_part
def _code_role(code: int, drone: int, controller: int, anybody: int) -> int:
    if code == MISSING or anybody == MISSING:
        return NOBODY
    if code == drone:
        return DRONE
    return CONTROLLER if code == controller else OTHER


@compiled_part
def _choose(state: CodedState, ta: int) -> None:
    """Let whoever just spoke take a role if it now has more for it; then find the receivers' codes."""
    chosen = state.chosen
    now = known(state.key[0], ta)
    drone, controller = known(state.key[0], chosen[_DRONE]), known(state.key[0], chosen[_CONTROLLER])
    before = chosen[_DRONE]
    if not chosen[_NAMED] and (drone < 0 or state.octets[0, now, 1] > state.octets[0, drone, 1]):
        chosen[_DRONE] = ta
        if ta == chosen[_CONTROLLER] or controller < 0:
            chosen[_CONTROLLER] = before
    if ta in (chosen[_DRONE], chosen[_CONTROLLER]):
        pass
    elif controller < 0 or state.octets[0, now, 0] > state.octets[0, controller, 0]:
        chosen[_CONTROLLER] = ta
    chosen[_CONTROLLER_TO] = _mostly_to(state, chosen[_DRONE])
    chosen[_DRONE_TO] = _mostly_to(state, chosen[_CONTROLLER])


@compiled_part
def _mostly_to(state: CodedState, ta: int) -> np.int64:
    """The receiver that a transmitter sends most octets of data."""
    best, to = 0.0, np.int64(MISSING)
    if ta == MISSING:
        return to
    for at in range(CODES):
        if state.ends[1, at, 0] == ta and state.octets[1, at, 0] > best:
            best, to = state.octets[1, at, 0], state.ends[1, at, 1]
    return to
