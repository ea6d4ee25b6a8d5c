"""Who announces networks: clocks, intervals and descriptions of each address, and addresses of one name."""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.networks import NETWORKS_COUNTED, NETWORKS_HORIZONS_S, NETWORKS_SIGNALS
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, NS_PER_S, Inputs
from yawstring.table.signals.lately import add, faded, highest_of, raise_to, share
from yawstring.table.signals.namesakes import NAMESAKES, RECENT_NS, Namesakes, differing, meet, recent
from yawstring.table.signals.role_names import NOBODY
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.slots import known, paired, place

HORIZONS_NS = np.array(NETWORKS_HORIZONS_S) * NS_PER_S
HALVES_NS = (HORIZONS_NS / 2).astype(np.int64)

NETWORKS: Final = 1024
"""Networks kept: more than any place has, fewer than a flood makes up."""

(
    _ODD, _REGRESS, _ODD_OTHERS, _CHANGES, _CHANGES_OTHERS, _OFFBEAT, _ASTRAY, _NEW, _NAMESAKES_NEW, _NAMESAKES, _UNIX,
    _ROUND, _UNHEARD, _BEACONS, _BEAT,
) = range(15)  # fmt: skip
_OF_WATCHED = np.array([*(name.endswith("_watched") for name, *_ in NETWORKS_COUNTED), True])
_OF_NAME = np.array([*(name.startswith("namesakes") for name, *_ in NETWORKS_COUNTED), False])

_TSF, _MACTIME, _MADE = range(3)
_IS_KNOWN, _NAME = range(2)

_BEACON, _PROBED = 8, 5
_TU_US = 1024
_FARTHEST_US = 1 << 61
_ODD_US = 2000.0
_DRIFT_FAST_US, _DRIFT_SLOW_US = 3e6, 10e6
_LONGEST_US, _LEAST_US = 10e6, 10e3
_CLOCKS_AGREE_US = 50e3
_OFF_BY = 0.1
_MOST_BEATS = 100.0
_DAY_US = 86_400_000_000
_UNIX_TIME_US = 1_000_000_000_000_000
"""From here on a time is taken for one of day: 2001."""


class NetworksState(NamedTuple):
    """What each network last said, and counts.

    Attributes:
        key: ``int64[network]``, BSSID, see :mod:`~yawstring.table.signals.slots`.
        heard: ``int64[network]``, when its last beacon came.
        said: ``int64[network, 3]``: its clock, the receiver's radio clock, its description as one number.
        drift: ``float64[network, 2]``, ppm, over a short and a long while; NaN before it is known.
        counts: ``float64[kind, horizon]``, that fade.
        last: ``int64[kind]``, when each was brought up to date.
        highest: ``float64[horizon, 2]``, errors of the watched network's clock.
        begun: ``int64[horizon]``, likewise.
        facts: ``int64[2]``: whether roles are known; the watched network's name.
        change: ``float64[1]``, the watched network's drift of late, less its own before.
        namesakes: Who uses that name.
    """

    key: NDArray[np.int64]
    heard: NDArray[np.int64]
    said: NDArray[np.int64]
    drift: NDArray[np.float64]
    counts: NDArray[np.float64]
    last: NDArray[np.int64]
    highest: NDArray[np.float64]
    begun: NDArray[np.int64]
    facts: NDArray[np.int64]
    change: NDArray[np.float64]
    namesakes: Namesakes


class _Frames(NamedTuple):
    time: NDArray[np.int64]
    type: NDArray[np.int64]
    subtype: NDArray[np.int64]
    bssid: NDArray[np.int64]
    mactime: NDArray[np.int64]
    tsf: NDArray[np.int64]
    interval: NDArray[np.int64]
    name: NDArray[np.int64]
    capabilities: NDArray[np.int64]
    channel: NDArray[np.int64]
    heard_on: NDArray[np.int64]
    key_ways: NDArray[np.int64]
    ciphers: NDArray[np.int64]
    elements: NDArray[np.int64]
    vendors: NDArray[np.int64]
    sender: NDArray[np.int8]
    watched: NDArray[np.bool_]


class Networks(Group):
    """Who announces networks."""

    signals: ClassVar[tuple[Signal, ...]] = NETWORKS_SIGNALS

    def start(self, options: SignalOptions) -> NetworksState:
        """No frame yet."""
        kinds, horizons = len(_OF_WATCHED), len(HORIZONS_NS)
        return NetworksState(
            key=np.full(NETWORKS, MISSING),
            heard=np.zeros(NETWORKS, np.int64),
            said=np.zeros((NETWORKS, 3), np.int64),
            drift=np.zeros((NETWORKS, 2)),
            counts=np.zeros((kinds, horizons)),
            last=np.zeros(kinds, np.int64),
            highest=np.full((horizons, 2), math.nan),
            begun=np.full(horizons, MISSING),
            facts=np.full(2, MISSING),
            change=np.full(1, math.nan),
            namesakes=Namesakes(
                bssid=np.full(NAMESAKES, MISSING),
                heard=np.full(NAMESAKES, MISSING),
                traits=np.zeros((NAMESAKES, 3), np.int64),
            ),
        )

    def step(
        self, state: NetworksState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[NetworksState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        frames = _columns(inputs, roles)
        _networks(state, frames, plan.after, plan.time_ns, HORIZONS_NS, HALVES_NS, _OF_WATCHED, _OF_NAME, out)
        return state, out


def _columns(inputs: Inputs, roles: Roles) -> _Frames:
    return _Frames(
        time=inputs.time_ns,
        type=inputs.whole("wlan.fc.type"),
        subtype=inputs.whole("wlan.fc.subtype"),
        bssid=inputs.whole("wlan.bssid"),
        mactime=inputs.whole("radiotap.mactime"),
        tsf=inputs.whole("wlan.fixed.timestamp"),
        interval=inputs.whole("wlan.fixed.beacon"),
        name=_names(inputs),
        capabilities=inputs.whole("wlan.fixed.capabilities"),
        channel=inputs.whole("wlan.ds.current_channel"),
        heard_on=inputs.whole("wlan_radio.channel"),
        key_ways=inputs.whole("wlan.rsn.akms.type"),
        ciphers=inputs.whole("wlan.rsn.pcs.type"),
        elements=inputs.whole("elements_hash"),
        vendors=inputs.whole("vendor_hash"),
        sender=roles.sender,
        watched=roles.watched,
    )


def _names(inputs: Inputs) -> NDArray[np.int64]:
    """Names as numbers; a network that hides its name has none, or all that do would be namesakes."""
    names, hidden = inputs.whole("ssid_hash"), inputs.length("wlan.ssid") == 0
    if not hidden.any():
        return names
    names = np.where(hidden, MISSING, names)
    names.flags.writeable = False
    return names


@compiled
def _networks(
    state: NetworksState,
    frames: _Frames,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    horizons_ns: NDArray[np.float64],
    halves_ns: NDArray[np.int64],
    of_watched: NDArray[np.bool_],
    of_name: NDArray[np.bool_],
    out: NDArray[np.float32],
) -> None:
    row = 0
    for i in range(len(frames.time) + 1):
        while row < len(after) and after[row] == i:
            column = _tell_counts(state, at_ns[row], horizons_ns, of_watched, of_name, out, row)
            _tell_others(state, at_ns[row], horizons_ns, halves_ns, out, row, column)
            row += 1
        if i == len(frames.time):
            break
        if frames.sender[i] != NOBODY:
            state.facts[_IS_KNOWN] = 1
        if frames.type[i] != 0 or frames.bssid[i] == MISSING:
            continue
        if frames.subtype[i] == _BEACON:
            _announce(state, frames, i, horizons_ns, halves_ns)
        elif frames.subtype[i] == _PROBED:
            at, now = known(state.key, frames.bssid[i]), frames.time[i]
            if at < 0 or now - state.heard[at] > RECENT_NS:
                add(state.counts, state.last, _UNHEARD, now, 1.0, horizons_ns)
            _made_clock(state, now, frames.tsf[i], frames.interval[i], horizons_ns)


@compiled_part
def _announce(
    state: NetworksState,
    frames: _Frames,
    i: int,
    horizons_ns: NDArray[np.float64],
    halves_ns: NDArray[np.int64],
) -> None:
    """A beacon: of whom, at what time by its clock and ours, saying what."""
    now, watched, bssid = frames.time[i], frames.watched[i], frames.bssid[i]
    add(state.counts, state.last, _BEACONS, now, 1.0, horizons_ns)
    _made_clock(state, now, frames.tsf[i], frames.interval[i], horizons_ns)
    before = known(state.key, bssid)
    gap_ns = now - state.heard[before] if before >= 0 else 0
    at, new = place(state.key, state.heard, bssid, now)
    tsf = min(max(frames.tsf[i], -_FARTHEST_US), _FARTHEST_US) if frames.tsf[i] != MISSING else MISSING
    made = _description(frames, i)
    if new:
        state.drift[at] = math.nan
        add(state.counts, state.last, _NEW, now, 1.0, horizons_ns)
    else:
        if made != state.said[at, _MADE]:
            add(state.counts, state.last, _CHANGES if watched else _CHANGES_OTHERS, now, 1.0, horizons_ns)
        if tsf != MISSING and state.said[at, _TSF] != MISSING:
            _keep_time(
                state, at, now, tsf, _elapsed_us(state, at, gap_ns, frames.mactime[i]), watched, horizons_ns, halves_ns
            )
    state.said[at, _TSF], state.said[at, _MACTIME], state.said[at, _MADE] = tsf, frames.mactime[i], made
    if watched:
        _keep_beat(state, now, gap_ns, frames.interval[i], new, horizons_ns)
        if frames.channel[i] != MISSING and frames.heard_on[i] != MISSING and frames.channel[i] != frames.heard_on[i]:
            add(state.counts, state.last, _ASTRAY, now, 1.0, horizons_ns)
        if frames.name[i] != MISSING:
            state.facts[_NAME] = frames.name[i]
    if frames.name[i] != MISSING and frames.name[i] == state.facts[_NAME]:
        security = int(paired(paired(frames.key_ways[i], frames.ciphers[i]), frames.capabilities[i] & 16))
        first = meet(state.namesakes, bssid, now, frames.channel[i], security, frames.elements[i])
        if not watched:
            add(state.counts, state.last, _NAMESAKES, now, 1.0, horizons_ns)
            if first:
                add(state.counts, state.last, _NAMESAKES_NEW, now, 1.0, horizons_ns)


@compiled_part
def _description(frames: _Frames, i: int) -> int:
    """What a beacon says of its network, apart from what changes by itself, as one number."""
    made = paired(frames.name[i], frames.capabilities[i])
    made = paired(made, frames.interval[i])
    made = paired(made, frames.channel[i])
    made = paired(made, frames.key_ways[i])
    made = paired(made, frames.ciphers[i])
    made = paired(made, frames.elements[i])
    return int(paired(made, frames.vendors[i]))


@compiled_part
def _made_clock(state: NetworksState, now: int, tsf: int, interval: int, horizons_ns: NDArray[np.float64]) -> None:
    """Does the clock look like a program's: the time of day, or a count of beacons."""
    if tsf == MISSING:
        return
    time_us = now // 1000
    if time_us > _UNIX_TIME_US and abs(tsf - time_us) < _DAY_US:
        add(state.counts, state.last, _UNIX, now, 1.0, horizons_ns)
    if 0 < interval < 1 << 16 and tsf % (interval * _TU_US) == 0:
        add(state.counts, state.last, _ROUND, now, 1.0, horizons_ns)


@compiled_part
def _elapsed_us(state: NetworksState, at: int, gap_ns: int, mactime: int) -> float:
    """Time since the last beacon: by the radio's clock, which the capture's jitter does not touch, if the two agree."""
    elapsed = gap_ns / 1e3
    if mactime != MISSING and state.said[at, _MACTIME] != MISSING:
        by_radio = float(mactime) - float(state.said[at, _MACTIME])
        if abs(by_radio - elapsed) < _CLOCKS_AGREE_US:
            return by_radio
    return elapsed


@compiled_part
def _keep_time(
    state: NetworksState,
    at: int,
    now: int,
    tsf: int,
    elapsed_us: float,
    watched: bool,
    horizons_ns: NDArray[np.float64],
    halves_ns: NDArray[np.int64],
) -> None:
    """Compare a network's clock with what its last beacon and its drift foretold."""
    step_us = tsf - state.said[at, _TSF]
    raw_us = step_us - elapsed_us
    fast, slow = state.drift[at, 0], state.drift[at, 1]
    error_us = raw_us if math.isnan(slow) or elapsed_us > _LONGEST_US else raw_us - slow * 1e-6 * elapsed_us
    odd = abs(error_us) > _ODD_US + 1e-4 * elapsed_us
    if not odd and _LEAST_US <= elapsed_us <= _LONGEST_US:
        drift = raw_us / elapsed_us * 1e6
        state.drift[at, 0] = _moved(fast, drift, elapsed_us / _DRIFT_FAST_US)
        state.drift[at, 1] = _moved(slow, drift, elapsed_us / _DRIFT_SLOW_US)
    if not watched:
        if odd:
            add(state.counts, state.last, _ODD_OTHERS, now, 1.0, horizons_ns)
        return
    state.change[0] = state.drift[at, 0] - state.drift[at, 1]
    for one in range(len(halves_ns)):
        size = math.log10(1.0 + min(abs(error_us), 1e9))
        raise_to(state.highest, state.begun, one, now, size, halves_ns[one])
    if odd:
        add(state.counts, state.last, _ODD, now, 1.0, horizons_ns)
    if step_us < 0:
        add(state.counts, state.last, _REGRESS, now, 1.0, horizons_ns)


@compiled_part
def _moved(level: float, value: float, share_of_horizon: float) -> float:
    """A level that follows values, faster the longer it has waited for this one."""
    return value if math.isnan(level) else level + (1.0 - math.exp(-share_of_horizon)) * (value - level)


@compiled_part
def _keep_beat(
    state: NetworksState, now: int, gap_ns: int, interval: int, new: bool, horizons_ns: NDArray[np.float64]
) -> None:
    """A beacon of the watched network weighs the time until its next, and should come on the beat of the last."""
    if not 0 < interval < 1 << 16:
        return
    add(state.counts, state.last, _BEAT, now, interval * _TU_US / 1e6, horizons_ns)
    beats = gap_ns / 1e3 / (interval * _TU_US)
    if not new and beats < _MOST_BEATS and abs(beats - round(beats)) >= _OFF_BY:
        add(state.counts, state.last, _OFFBEAT, now, 1.0, horizons_ns)


@compiled_part
def _tell_counts(
    state: NetworksState,
    now: int,
    horizons_ns: NDArray[np.float64],
    of_watched: NDArray[np.bool_],
    of_name: NDArray[np.bool_],
    out: NDArray[np.float32],
    row: int,
) -> int:
    column = 0
    for kind in range(len(of_watched)):
        unknown = of_watched[kind] and state.facts[_IS_KNOWN] != 1
        unknown |= of_name[kind] and state.facts[_NAME] == MISSING
        for one in range(len(horizons_ns)):
            rate = faded(state.counts, state.last, kind, one, now, horizons_ns) * 1e9 / horizons_ns[one]
            out[row, column] = math.nan if unknown else rate
            column += 1
    return column


@compiled_part
def _tell_others(
    state: NetworksState,
    now: int,
    horizons_ns: NDArray[np.float64],
    halves_ns: NDArray[np.int64],
    out: NDArray[np.float32],
    row: int,
    column: int,
) -> None:
    for one in range(len(halves_ns)):
        out[row, column] = highest_of(state.highest, state.begun, one, now, halves_ns[one])
        column += 1
    out[row, column] = math.nan if math.isnan(out[row, column - 1]) else state.change[0]
    new = faded(state.counts, state.last, _NEW, 1, now, horizons_ns)
    out[row, column + 1] = share(new, faded(state.counts, state.last, _BEACONS, 1, now, horizons_ns))
    if state.facts[_NAME] == MISSING:
        out[row, column + 2 : column + 6] = math.nan
        return
    out[row, column + 2] = recent(state.namesakes, now)
    for trait in range(3):
        out[row, column + 3 + trait] = differing(state.namesakes, trait, now)
