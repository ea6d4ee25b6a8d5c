"""Which network is the drone's, learned from frames that say which way they go.

A drone's link differs from a neighbour's by its telemetry: small frames of nearly one length, at equal intervals, to
one station. Each pair of access point and station gathers evidence for that as a cumulative sum (Page, Continuous
inspection schemes, Biometrika 1954): the logarithm of how much likelier an interval like the one before is in a steady
stream than among chance arrivals, never below nothing, so that a stream which begins late is seen as soon as any other.
Long frames down the link (video) add a little, long ones up count against it, and so do ports of a Tello for it on an
open network. The first pair whose sum is beyond doubt is drone and controller. It stays so: a twin or a busy neighbour
does not take its place unless nothing was heard in the drone's name for :data:`GONE_S`.

Where no pair has such a stream for :data:`PATIENCE_S`, the access point with most data is watched for the time being.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.table.signals.inputs import MISSING, NS_PER_S, Inputs
from yawstring.table.signals.role_names import CONTROLLER, DRONE, EVERYBODY, NOBODY, OTHER
from yawstring.table.signals.slots import paired, place

GONE_S: Final = 30.0
"""After so long without a frame in the drone's name, another network may become the drone's."""

LEFT_S: Final = 3.0
"""After so long without a frame from the controller, another station may become the controller."""

PATIENCE_S: Final = 10.0
"""After so long without a steady stream, the busiest access point is watched."""

BEYOND_DOUBT: Final = 12.0
"""Sum at which a pair is taken: by chance a sum comes so far about once in exp(12) = 160,000 tries."""

PAIRS: Final = 1024
LENGTHS: Final = 4
"""Lengths followed in each pair: a stream's and a few of what comes between."""

SAME_LENGTH: Final = 12
"""Octets between two frames of one stream: texts of numbers vary by a few digits."""

_SHORTEST, _LONGEST, _LONG = 80, 700, 1000
_LEAST_NS, _MOST_NS = 10_000_000, 500_000_000
# An interval within a quarter of the one before: 3 in 4 in a steady stream, 1 in 9 among chance arrivals (the ratio of
# two exponential intervals is below r with chance r / (1 + r)). One missed frame doubles an interval and says nothing.
_LIKE = 0.8
_LIKE_WEIGHT = math.log(0.75 / 0.111)
_UNLIKE_WEIGHT = math.log(0.15 / 0.7)
_MOST_STEADY = 30.0
_VIDEO_WEIGHT, _UPLOAD_WEIGHT, _MOST_VIDEO, _LEAST_VIDEO = 0.2, -1.0, 3.0, -6.0
_PORT_WEIGHT, _MOST_PORT = 2.0, 6.0
_FIRST_PORT, _STATE_PORT, _VIDEO_PORT = 8889, 8890, 11111
_BEACON_WEIGHT = 1e-3

_DATA, _BEACON = 2, 8
_EMPTY = 4

_DRONE, _CONTROLLER, _HEARD, _SPOKE, _SURE, _LOOK, _NAMED = range(7)


class LearnedState(NamedTuple):
    """What is known of each pair of access point and station, and who was chosen.

    Attributes:
        key: ``int64[pair]``, see :mod:`~yawstring.table.signals.slots`.
        heard: ``int64[pair]``, when, in nanoseconds.
        ends: ``int64[pair, 2]``, access point and station.
        evidence: ``float64[pair, 4]``: steady stream, video, ports, frames.
        length: ``int64[pair, length]``, lengths followed.
        at: ``int64[pair, length, 2]``, when the last of them came, and the interval before it.
        chosen: ``int64[7]``: drone, controller, when each was heard, whether beyond doubt, when to look for the
            busiest, whether a person named the drone.
    """

    key: NDArray[np.int64]
    heard: NDArray[np.int64]
    ends: NDArray[np.int64]
    evidence: NDArray[np.float64]
    length: NDArray[np.int64]
    at: NDArray[np.int64]
    chosen: NDArray[np.int64]


class _Frames(NamedTuple):
    time: NDArray[np.int64]
    type: NDArray[np.int64]
    subtype: NDArray[np.int64]
    up: NDArray[np.int64]
    down: NDArray[np.int64]
    retry: NDArray[np.int64]
    ta: NDArray[np.int64]
    ra: NDArray[np.int64]
    bssid: NDArray[np.int64]
    octets: NDArray[np.int64]
    source: NDArray[np.int64]
    target: NDArray[np.int64]


def learned_start(named: int) -> LearnedState:
    """Nothing known but the drone's BSSID, if it is named."""
    return LearnedState(
        key=np.full(PAIRS, MISSING),
        heard=np.zeros(PAIRS, np.int64),
        ends=np.full((PAIRS, 2), MISSING),
        evidence=np.zeros((PAIRS, 4)),
        length=np.zeros((PAIRS, LENGTHS), np.int64),
        at=np.zeros((PAIRS, LENGTHS, 2), np.int64),
        chosen=np.array([named, MISSING, MISSING, MISSING, 0, MISSING, int(named != MISSING)]),
    )


def learned_roles(
    state: LearnedState, inputs: Inputs, out: tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.bool_]]
) -> None:
    """Judge frames and learn from them.

    Args:
        state: What was learned before; brought up to date.
        inputs: The frames.
        out: Gets the role of each sender and receiver, and whether the frame is the watched network's.
    """
    names = ("type", "subtype", "tods", "fromds", "retry")
    kinds = [inputs.whole(f"wlan.fc.{name}") for name in names]
    ends = [inputs.whole(name) for name in ("wlan.ta", "wlan.ra", "wlan.bssid", "frame.len")]
    ports = [inputs.whole(name) for name in ("udp.srcport", "udp.dstport")]
    _learn(state, _Frames(inputs.time_ns, *kinds, *ends, *ports), *out)


@compiled
def _learn(
    state: LearnedState,
    frames: _Frames,
    sender: NDArray[np.int8],
    receiver: NDArray[np.int8],
    watched: NDArray[np.bool_],
) -> None:
    chosen = state.chosen
    for i in range(len(frames.time)):
        now, ta, ra, bssid = frames.time[i], frames.ta[i], frames.ra[i], frames.bssid[i]
        drone, controller = chosen[_DRONE], chosen[_CONTROLLER]
        sender[i] = _role(ta, drone, controller)
        receiver[i] = EVERYBODY if _group(ra) else _role(ra, drone, controller)
        watched[i] = drone != MISSING and drone in (bssid, ta, ra)
        if sender[i] == DRONE:
            chosen[_HEARD] = now
        elif sender[i] == CONTROLLER:
            chosen[_SPOKE] = now
        if frames.type[i] == _DATA:
            up = frames.up[i] == 1
            plain = not frames.subtype[i] & _EMPTY and up != (frames.down[i] == 1) and frames.retry[i] != 1
            if plain and ta != MISSING and ra != MISSING and not _group(ra):
                tello = _tello(frames.source[i]) or _tello(frames.target[i])
                _gather(state, now, ra if up else ta, ta if up else ra, up, frames.octets[i], tello)
        elif frames.type[i] == 0 and frames.subtype[i] == _BEACON and bssid != MISSING:
            state.evidence[_pair(state, bssid, bssid, now), 3] += _BEACON_WEIGHT
        if not chosen[_SURE]:
            _look(state, now)


@compiled_part
def _group(address: int) -> bool:
    return address != MISSING and (address >> 40) & 1 == 1


@compiled_part
def _role(address: int, drone: int, controller: int) -> int:
    if address == MISSING or drone == MISSING:
        return NOBODY
    if address == drone:
        return DRONE
    return CONTROLLER if address == controller else OTHER


@compiled_part
def _gather(state: LearnedState, now: int, point: int, station: int, up: bool, octets: int, tello: bool) -> None:
    """Evidence of one frame: data of one access point and one station, sent for the first time."""
    at = _pair(state, point, station, now)
    state.evidence[at, 3] += 1.0
    if tello:
        state.evidence[at, 2] = min(state.evidence[at, 2] + _PORT_WEIGHT, _MOST_PORT)
    if octets >= _LONG:
        video = state.evidence[at, 1] + (_UPLOAD_WEIGHT if up else _VIDEO_WEIGHT)
        state.evidence[at, 1] = min(max(video, _LEAST_VIDEO), _MOST_VIDEO)
    elif not up and _SHORTEST <= octets <= _LONGEST:
        steady = state.evidence[at, 0] + _steady(state, at, octets, now)
        state.evidence[at, 0] = min(max(steady, 0.0), _MOST_STEADY)
    if state.evidence[at, 0] + state.evidence[at, 1] + state.evidence[at, 2] >= BEYOND_DOUBT:
        _take(state.chosen, point, station, now)


@compiled_part
def _tello(port: int) -> bool:
    return port in (_FIRST_PORT, _STATE_PORT, _VIDEO_PORT)


@compiled_part
def _pair(state: LearnedState, point: int, station: int, now: int) -> int:
    at, new = place(state.key, state.heard, paired(point, station), now)
    if new:
        state.ends[at, 0], state.ends[at, 1] = point, station
        state.evidence[at] = 0.0
        state.length[at] = 0
    return at


@compiled_part
def _steady(state: LearnedState, at: int, octets: int, now: int) -> float:
    """Weight of a small frame: does it come as long after its like as that one after its own."""
    one = 0
    for other in range(LENGTHS):
        if abs(state.length[at, other] - octets) <= SAME_LENGTH:
            one = other
            break
        if state.at[at, other, 0] < state.at[at, one, 0]:
            one = other
    if abs(state.length[at, one] - octets) > SAME_LENGTH:
        state.length[at, one], state.at[at, one, 0], state.at[at, one, 1] = octets, now, 0
        return 0.0
    gap, before = now - state.at[at, one, 0], state.at[at, one, 1]
    state.length[at, one], state.at[at, one, 0] = octets, now
    if gap > _MOST_NS:  # the receiver was elsewhere, or the stream stood still: neither for nor against
        return 0.0
    state.at[at, one, 1] = gap
    if min(gap, before) < _LEAST_NS:
        return 0.0
    ratio = min(gap, before) / max(gap, before)
    if ratio >= _LIKE:
        return _LIKE_WEIGHT
    return 0.0 if 0.5 * _LIKE <= ratio <= 0.5 / _LIKE else _UNLIKE_WEIGHT


@compiled_part
def _take(chosen: NDArray[np.int64], point: int, station: int, now: int) -> None:
    """Let a pair that is beyond doubt be drone and controller, unless others are and speak."""
    if point != chosen[_DRONE]:
        if chosen[_NAMED] or (chosen[_SURE] and now - chosen[_HEARD] < np.int64(GONE_S * NS_PER_S)):
            return
        chosen[_DRONE], chosen[_HEARD], chosen[_CONTROLLER] = point, now, MISSING
    chosen[_SURE] = 1
    if chosen[_CONTROLLER] == MISSING or now - chosen[_SPOKE] >= np.int64(LEFT_S * NS_PER_S):
        chosen[_CONTROLLER], chosen[_SPOKE] = station, now


@compiled_part
def _look(state: LearnedState, now: int) -> None:
    """While no pair is beyond doubt, watch the busiest, looking once a second after some patience."""
    if state.chosen[_LOOK] == MISSING:
        state.chosen[_LOOK] = now + np.int64(PATIENCE_S * NS_PER_S)
    elif now >= state.chosen[_LOOK]:
        state.chosen[_LOOK] = now + NS_PER_S
        _busiest(state, now)


@compiled_part
def _busiest(state: LearnedState, now: int) -> None:
    """Watch the pair with most data; where there is none, the access point with most beacons."""
    chosen, best = state.chosen, -1
    for at in range(PAIRS):
        if state.key[at] == MISSING or (chosen[_NAMED] and state.ends[at, 0] != chosen[_DRONE]):
            continue
        if best < 0 or state.evidence[at, 3] > state.evidence[best, 3]:
            best = at
    if best < 0:
        return
    point, station = state.ends[best, 0], state.ends[best, 1]
    if point != chosen[_DRONE]:
        chosen[_DRONE], chosen[_HEARD], chosen[_CONTROLLER] = point, now, MISSING
    if station not in (point, chosen[_CONTROLLER]):
        chosen[_CONTROLLER], chosen[_SPOKE] = station, now
