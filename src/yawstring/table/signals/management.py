"""Management and control frames counted: farewells, associations, probes, reservations of the air."""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.management import COUNTED, MANAGEMENT_HORIZONS_S, MANAGEMENT_SIGNALS, QUIET_S
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, NS_PER_S, Inputs
from yawstring.table.signals.lately import add, faded, highest_of, raise_to
from yawstring.table.signals.role_names import CONTROLLER, DRONE, EVERYBODY, NOBODY
from yawstring.table.signals.roles import Roles

HORIZONS_NS = np.array(MANAGEMENT_HORIZONS_S) * NS_PER_S

REASONS: Final = 67
"""Reason codes that the standard defines, from 0; any above count as one."""

(
    _DEAUTH, _DISASSOC, _OTHERS, _BY_DRONE, _BY_CONTROLLER, _TO_ALL, _BOTH_WAYS, _ODD_REASON, _SURVIVED, _AUTH, _ASSOC,
    _JOIN_OTHERS, _PROBE, _PROBED, _RTS, _RTS_IDLE, _CTS, _CTS_UNASKED, _RESERVED,
) = range(19)  # fmt: skip
_OF_WATCHED = np.array([name.endswith("_watched") or name.startswith("leave_") for name, *_ in COUNTED])
_OF_WATCHED[_OTHERS] = False

_MANAGEMENT, _DATA = 0, 2
_EMPTY = 4
_SUB_ASSOC, _SUB_REASSOC, _SUB_PROBE, _SUB_PROBED, _SUB_DISASSOC, _SUB_AUTH, _SUB_DEAUTH = 0, 2, 4, 5, 10, 11, 12
_SUB_RTS, _SUB_CTS = 11, 12

# Table 9-49: only an access point turns away or misses an authentication; only a station leaves.
_FIRST_POINTS, _LAST_POINTS = 5, 7
_STATIONS_REASON = 8

_LONGEST_US = 32767
_ANSWER_NS = 500_000_000
_ASKED_NS = 2_000_000
_SETTLED_NS, _GIVEN_UP_NS = 20_000_000, 1_000_000_000
_HALF_NS = 5_000_000_000

_KNOWN, _LEFT, _JOINED, _DRONE_LEFT, _CONTROLLER_LEFT, _PENDING, _ASKED, _ASKER, _SPOKE = range(9)


class ManagementState(NamedTuple):
    """Counts, and what came last.

    Attributes:
        counts: ``float64[kind, horizon]``, that fade; the last kind is reserved time, in seconds.
        last: ``int64[kind]``, when each was brought up to date.
        moments: ``int64[9]``, :data:`MISSING` for never: whether roles are known; the last farewell and association of
            the watched network; the last farewell between drone and controller, by each; one that may yet turn out to
            be survived; the last request to send, who made it, and whether it was followed up.
        reasons: ``int64[reason]``, when each was last given in the watched network.
        longest: ``float64[1, 2]``, reservations, see :func:`~yawstring.table.signals.lately.raise_to`.
        begun: ``int64[1]``, likewise.
    """

    counts: NDArray[np.float64]
    last: NDArray[np.int64]
    moments: NDArray[np.int64]
    reasons: NDArray[np.int64]
    longest: NDArray[np.float64]
    begun: NDArray[np.int64]


class _Frames(NamedTuple):
    time: NDArray[np.int64]
    type: NDArray[np.int64]
    subtype: NDArray[np.int64]
    ta: NDArray[np.int64]
    ra: NDArray[np.int64]
    duration: NDArray[np.int64]
    reason: NDArray[np.int64]
    sender: NDArray[np.int8]
    receiver: NDArray[np.int8]
    watched: NDArray[np.bool_]


class Management(Group):
    """Who is sent away, who joins, who asks, who reserves the air."""

    signals: ClassVar[tuple[Signal, ...]] = MANAGEMENT_SIGNALS

    def start(self, options: SignalOptions) -> ManagementState:
        """No frame yet."""
        kinds = len(COUNTED) + 1
        return ManagementState(
            counts=np.zeros((kinds, len(HORIZONS_NS))),
            last=np.zeros(kinds, np.int64),
            moments=np.full(9, MISSING),
            reasons=np.full(REASONS + 1, MISSING),
            longest=np.full((1, 2), math.nan),
            begun=np.full(1, MISSING),
        )

    def step(
        self, state: ManagementState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[ManagementState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        frames = _Frames(
            time=inputs.time_ns,
            type=inputs.whole("wlan.fc.type"),
            subtype=inputs.whole("wlan.fc.subtype"),
            ta=inputs.whole("wlan.ta"),
            ra=inputs.whole("wlan.ra"),
            duration=inputs.whole("wlan.duration"),
            reason=inputs.whole("wlan.fixed.reason_code"),
            sender=roles.sender,
            receiver=roles.receiver,
            watched=roles.watched,
        )
        out = np.empty((len(plan), len(self.signals)), np.float32)
        _management(state, frames, plan.after, plan.time_ns, HORIZONS_NS, _OF_WATCHED, out)
        return state, out


@compiled
def _management(
    state: ManagementState,
    frames: _Frames,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    horizons_ns: NDArray[np.float64],
    of_watched: NDArray[np.bool_],
    out: NDArray[np.float32],
) -> None:
    row = 0
    moments = state.moments
    for i in range(len(frames.time) + 1):
        while row < len(after) and after[row] == i:
            _tell(state, at_ns[row], horizons_ns, of_watched, out, row)
            row += 1
        if i == len(frames.time):
            break
        if frames.sender[i] != NOBODY:
            moments[_KNOWN] = 1
        if frames.ta[i] != MISSING and frames.ta[i] == moments[_ASKER] and frames.subtype[i] != _SUB_RTS:
            moments[_SPOKE] = 1
        if frames.type[i] == _DATA:
            if moments[_PENDING] != MISSING and not frames.subtype[i] & _EMPTY:
                _go_on(state, frames.time[i], frames.sender[i], frames.receiver[i], horizons_ns)
        elif frames.type[i] == _MANAGEMENT:
            _manage(state, frames, i, horizons_ns)
        elif frames.subtype[i] == _SUB_RTS or frames.subtype[i] == _SUB_CTS:
            asks = frames.subtype[i] == _SUB_RTS
            _reserve(state, frames.time[i], asks, frames.ta[i], frames.ra[i], frames.duration[i], horizons_ns)


@compiled_part
def _manage(state: ManagementState, frames: _Frames, i: int, horizons_ns: NDArray[np.float64]) -> None:
    now, subtype, watched = frames.time[i], frames.subtype[i], frames.watched[i]
    kind = -1
    if subtype in (_SUB_DEAUTH, _SUB_DISASSOC):
        kind = (_DEAUTH if subtype == _SUB_DEAUTH else _DISASSOC) if watched else _OTHERS
        if watched:
            _leave(state, now, frames.sender[i], frames.receiver[i], frames.reason[i], horizons_ns)
    elif subtype == _SUB_AUTH or subtype in (_SUB_ASSOC, _SUB_REASSOC):
        kind = (_AUTH if subtype == _SUB_AUTH else _ASSOC) if watched else _JOIN_OTHERS
        if watched:
            state.moments[_PENDING] = MISSING
        if kind == _ASSOC:
            state.moments[_JOINED] = now
    elif subtype == _SUB_PROBE:
        kind = _PROBE
    elif subtype == _SUB_PROBED:
        kind = _PROBED
    if kind >= 0:
        add(state.counts, state.last, kind, now, 1.0, horizons_ns)


@compiled_part
def _leave(
    state: ManagementState, now: int, sender: int, receiver: int, reason: int, horizons_ns: NDArray[np.float64]
) -> None:
    """A farewell in the watched network."""
    moments = state.moments
    moments[_LEFT] = now
    mine, others = (_DRONE_LEFT, _CONTROLLER_LEFT) if sender == DRONE else (_CONTROLLER_LEFT, _DRONE_LEFT)
    if sender in (DRONE, CONTROLLER):
        add(state.counts, state.last, _BY_DRONE if sender == DRONE else _BY_CONTROLLER, now, 1.0, horizons_ns)
        if receiver in (DRONE, CONTROLLER, EVERYBODY):
            moments[_PENDING] = now
        if receiver in (DRONE, CONTROLLER):
            if moments[others] != MISSING and now - moments[others] <= _ANSWER_NS:
                add(state.counts, state.last, _BOTH_WAYS, now, 1.0, horizons_ns)
            moments[mine] = now
    if receiver == EVERYBODY:
        add(state.counts, state.last, _TO_ALL, now, 1.0, horizons_ns)
    if reason != MISSING:
        state.reasons[min(max(reason, 0), REASONS)] = now
        if reason == _STATIONS_REASON if sender == DRONE else _FIRST_POINTS <= reason <= _LAST_POINTS:
            add(state.counts, state.last, _ODD_REASON, now, 1.0, horizons_ns)


@compiled_part
def _go_on(state: ManagementState, now: int, sender: int, receiver: int, horizons_ns: NDArray[np.float64]) -> None:
    """Data after a farewell: between drone and controller it was survived, once what was queued is gone."""
    since = now - state.moments[_PENDING]
    if since > _GIVEN_UP_NS:
        state.moments[_PENDING] = MISSING
    elif since >= _SETTLED_NS and sender + receiver == DRONE + CONTROLLER and sender in (DRONE, CONTROLLER):
        state.moments[_PENDING] = MISSING
        add(state.counts, state.last, _SURVIVED, now, 1.0, horizons_ns)


@compiled_part
def _reserve(
    state: ManagementState, now: int, asks: bool, ta: int, ra: int, duration: int, horizons_ns: NDArray[np.float64]
) -> None:
    """A request or clearance to send, and whether it belongs to anything."""
    moments = state.moments
    if duration != MISSING:
        seconds = min(max(duration, 0), _LONGEST_US) / 1e6
        add(state.counts, state.last, _RESERVED, now, seconds, horizons_ns)
        raise_to(state.longest, state.begun, 0, now, seconds * 1e3, _HALF_NS)
    if asks:
        add(state.counts, state.last, _RTS, now, 1.0, horizons_ns)
        if moments[_ASKED] != MISSING and moments[_SPOKE] == MISSING:
            add(state.counts, state.last, _RTS_IDLE, now, 1.0, horizons_ns)
        moments[_ASKED], moments[_ASKER], moments[_SPOKE] = now, ta, MISSING
        return
    add(state.counts, state.last, _CTS, now, 1.0, horizons_ns)
    if ra != moments[_ASKER] or moments[_ASKED] == MISSING or now - moments[_ASKED] > _ASKED_NS:
        add(state.counts, state.last, _CTS_UNASKED, now, 1.0, horizons_ns)


@compiled_part
def _tell(
    state: ManagementState,
    now: int,
    horizons_ns: NDArray[np.float64],
    of_watched: NDArray[np.bool_],
    out: NDArray[np.float32],
    row: int,
) -> None:
    """Write a row; what the watched network does is not known before there is one."""
    known, column, wide = state.moments[_KNOWN] == 1, 0, len(horizons_ns)
    for kind in range(_RESERVED + 1):
        for one in range(wide):
            rate = faded(state.counts, state.last, kind, one, now, horizons_ns) * 1e9 / horizons_ns[one]
            out[row, column] = rate if known or kind == _RESERVED or not of_watched[kind] else math.nan
            column += 1
    out[row, column] = highest_of(state.longest, state.begun, 0, now, _HALF_NS)
    reasons = 0
    for reason in range(len(state.reasons)):
        reasons += state.reasons[reason] != MISSING and now - state.reasons[reason] <= 2 * _HALF_NS
    out[row, column + 1] = reasons if known else math.nan
    for place, moment in ((2, _LEFT), (3, _JOINED)):
        age_s = (now - state.moments[moment]) / 1e9
        out[row, column + place] = age_s if state.moments[moment] != MISSING and age_s <= QUIET_S else math.nan
