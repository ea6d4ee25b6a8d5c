"""Signals of the air as a whole: how much is said, of what kind, by how many, and how long nothing is."""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.air import AIR_SIGNALS, HORIZONS_S
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, NS_PER_S, Inputs
from yawstring.table.signals.lately import highest_of, raise_to, share
from yawstring.table.signals.role_names import NOBODY, OTHER
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.slots import known, place

HORIZONS_NS = np.array(HORIZONS_S) * NS_PER_S
HALVES_NS = (HORIZONS_NS / 2).astype(np.int64)

TRANSMITTERS: Final = 4096
"""Transmitters kept; made-up addresses drive out the longest silent of a few."""

(
    _FRAMES, _OCTETS, _MANAGEMENT, _CONTROL, _DATA, _RETRIES, _BAD, _REJECTS, _BUSY, _OTHERS, _HEARD, _NEW,
) = range(12)  # fmt: skip
_JUDGED, _TIMED, _CHECKED, _MORE = 12, 13, 14, 15
"""Counted beside what is told: frames whose transmitter's role is known, those with a rate, those checked."""

_UPTO_DATA = 2
_MOST_OCTETS = 65536
_PREAMBLE_US, _MOST_PREAMBLE_US = 20.0, 1000.0
_LEAST_MBIT_S = 0.1


class AirState(NamedTuple):
    """Counts that fade, and who was heard.

    Attributes:
        counts: ``float64[horizon, kind]``, each event weighing ``exp(-age / horizon)``.
        last: ``int64[1]``, when they were brought up to date: the last frame's time; :data:`MISSING` before it.
        key: ``int64[place]``, transmitters, see :mod:`~yawstring.table.signals.slots`.
        heard: ``int64[place]``, when each was last heard.
        highest: ``float64[horizon, 2]``, times between frames, see :func:`~yawstring.table.signals.lately.raise_to`.
        begun: ``int64[horizon]``, likewise.
    """

    counts: NDArray[np.float64]
    last: NDArray[np.int64]
    key: NDArray[np.int64]
    heard: NDArray[np.int64]
    highest: NDArray[np.float64]
    begun: NDArray[np.int64]


class _Frames(NamedTuple):
    time: NDArray[np.int64]
    type: NDArray[np.int64]
    retry: NDArray[np.int64]
    octets: NDArray[np.int64]
    header: NDArray[np.int64]
    check: NDArray[np.int64]
    reject: NDArray[np.int64]
    ta: NDArray[np.int64]
    rate: NDArray[np.float64]
    preamble: NDArray[np.float64]
    sender: NDArray[np.int8]


class Air(Group):
    """How much is said."""

    signals: ClassVar[tuple[Signal, ...]] = AIR_SIGNALS

    def start(self, options: SignalOptions) -> AirState:
        """No frame yet."""
        return AirState(
            counts=np.zeros((len(HORIZONS_NS), _MORE)),
            last=np.full(1, MISSING),
            key=np.full(TRANSMITTERS, MISSING),
            heard=np.zeros(TRANSMITTERS, np.int64),
            highest=np.full((len(HORIZONS_NS), 2), math.nan),
            begun=np.full(len(HORIZONS_NS), MISSING),
        )

    def step(self, state: AirState, inputs: Inputs, roles: Roles, plan: Plan) -> tuple[AirState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        frames = _Frames(
            time=inputs.time_ns,
            type=inputs.whole("wlan.fc.type"),
            retry=inputs.whole("wlan.fc.retry"),
            octets=inputs.whole("frame.len"),
            header=inputs.whole("radiotap.length"),
            check=inputs.whole("wlan.fcs.status"),
            reject=inputs.whole("reject"),
            ta=inputs.whole("wlan.ta"),
            rate=inputs.number("wlan_radio.data_rate"),
            preamble=inputs.number("wlan_radio.preamble"),
            sender=roles.sender,
        )
        _air(state, frames, plan.after, plan.time_ns, HORIZONS_NS, HALVES_NS, out)
        return state, out


@compiled
def _air(
    state: AirState,
    frames: _Frames,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    horizons_ns: NDArray[np.float64],
    halves_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    counts, last, weights = state.counts, state.last, np.zeros(_MORE)
    key, heard, highest, begun = state.key, state.heard, state.highest, state.begun
    for i in range(len(frames.time) + 1):
        while row < len(after) and after[row] == i:
            _tell(state, at_ns[row], horizons_ns, halves_ns, out, row)
            row += 1
        if i == len(frames.time):
            break
        now, ta = frames.time[i], frames.ta[i]
        silent_ns = now - last[0] if last[0] != MISSING else 0
        if last[0] != MISSING:
            for one in range(len(horizons_ns)):
                raise_to(highest, begun, one, now, silent_ns / 1e9, halves_ns[one])
        last[0] = now
        weights[:] = 0.0
        _weigh(weights, frames.type[i], frames.retry[i], frames.octets[i], frames.check[i], frames.reject[i])
        _time(weights, frames.octets[i] - max(frames.header[i], 0), frames.rate[i], frames.preamble[i])
        since_ns = -1
        if ta != MISSING:
            weights[_JUDGED] = frames.sender[i] != NOBODY
            weights[_OTHERS] = frames.sender[i] == OTHER
            since_ns = _met(key, heard, ta, now)
            weights[_HEARD], weights[_NEW] = 1.0, since_ns < 0
        for one in range(len(horizons_ns)):
            kept = math.exp(-silent_ns / horizons_ns[one])
            for kind in range(_MORE):
                counts[one, kind] = counts[one, kind] * kept + weights[kind]
            if since_ns >= 0:  # it weighed exp(-age) until now, and 1 from now on
                counts[one, _HEARD] -= math.exp(-since_ns / horizons_ns[one])


@compiled_part
def _weigh(weights: NDArray[np.float64], kind: int, retry: int, octets: int, check: int, reject: int) -> None:
    """What a frame counts for by its fields."""
    weights[_FRAMES] = 1.0
    weights[_OCTETS] = min(max(octets, 0), _MOST_OCTETS)
    if 0 <= kind <= _UPTO_DATA:
        weights[_MANAGEMENT + kind] = 1.0
        weights[_RETRIES] = retry == 1
    weights[_BAD], weights[_CHECKED] = check == 0, 0 <= check <= 1
    weights[_REJECTS] = reject != MISSING and reject != 0


@compiled_part
def _time(weights: NDArray[np.float64], octets: int, rate: float, preamble_us: float) -> None:
    """Seconds that a frame takes, where its rate is known."""
    if not rate >= _LEAST_MBIT_S:
        return
    if not 0.0 <= preamble_us <= _MOST_PREAMBLE_US:
        preamble_us = _PREAMBLE_US
    weights[_TIMED] = 1.0
    weights[_BUSY] = (preamble_us + 8.0 * min(max(octets, 0), _MOST_OCTETS) / rate) / 1e6


@compiled_part
def _met(key: NDArray[np.int64], heard: NDArray[np.int64], ta: int, now: int) -> int:
    """Time since a transmitter was last heard; -1 where it never was."""
    at = known(key, ta)
    since_ns = now - heard[at] if at >= 0 else -1
    place(key, heard, ta, now)
    return since_ns


@compiled_part
def _tell(
    state: AirState,
    now: int,
    horizons_ns: NDArray[np.float64],
    halves_ns: NDArray[np.int64],
    out: NDArray[np.float32],
    row: int,
) -> None:
    """Write a row; nothing was heard before the first frame."""
    wide = len(horizons_ns)
    for one in range(wide):
        kept = math.exp(-(now - state.last[0]) / horizons_ns[one]) if state.last[0] != MISSING else 0.0
        counts, a_second = state.counts[one] * kept, 1e9 / horizons_ns[one]
        for kind in range(_NEW + 1):
            whole = counts[_FRAMES]
            if kind == _RETRIES:
                whole = counts[_MANAGEMENT] + counts[_DATA]
            elif kind == _OTHERS:
                whole = counts[_JUDGED]
            elif kind == _BAD:
                whole = counts[_CHECKED]
            if kind in (_FRAMES, _OCTETS, _NEW):
                value = counts[kind] * a_second
            elif kind == _BUSY:
                value = counts[kind] * a_second if counts[_TIMED] > 0.0 else math.nan
            elif kind == _HEARD:
                value = counts[kind]
            else:
                value = share(counts[kind], whole)
            out[row, kind * wide + one] = value
        out[row, wide * (_NEW + 1) + 1 + one] = highest_of(state.highest, state.begun, one, now, halves_ns[one])
    out[row, wide * (_NEW + 1)] = (now - state.last[0]) / 1e9 if state.last[0] != MISSING else math.nan
