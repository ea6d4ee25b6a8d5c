"""Signals of the received level: one radio in one place is received much alike from frame to frame, two are not.

A level says where a receiver stands; how frames differ from those before them, and from what their sender is usually
received at, doesn't (Y. Sheng, K. Tan, G. Chen, D. Kotz and A. Campbell, "Detecting 802.11 MAC layer spoofing using
received signal strength", INFOCOM 2008).
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import HORIZONS_S
from yawstring.schema.signals.radio import APART, LEVEL_SIGNALS, PLACES
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.lanes import BEACON_SUBTYPE, CONTROL_TYPE, MANAGEMENT_TYPE, NO_LANE, good
from yawstring.table.signals.layout import Fractions, columns_of, fractions_of
from yawstring.table.signals.peaks import Peaks, peak, peaks, top
from yawstring.table.signals.roles import CONTROLLER, DRONE, Roles
from yawstring.table.signals.tallies import Tallies, add, advance, fractions, left, quotient, tallies

BEACON, FROM_DRONE, FROM_CONTROLLER, MANAGEMENT, ACK = range(5)
"""Lanes; the first three are places."""

ACK_SUBTYPE: Final = 13
ANSWER_NS: Final = 1_000_000
"""Within so long after a frame an acknowledgement answers it."""

FRAMES, SUM, SQUARES, PAIRS, STEPS, HELD, DISTANCES, COUNTS = range(8)
"""What is counted, in each lane: levels, and their sums; differences; distances from the sender's level."""

SENDER_FRAMES, SENDER_SUM, SENDER_COUNTS = range(3)
"""What is counted of each sender, after the lanes: drone, controller, and the noise at the receiver."""

NOISE: Final = 2
SENDERS: Final = len(APART) * COUNTS
SHORT, LONG = range(len(HORIZONS_S))

MEASURES: Final = {"apart": (DISTANCES, HELD)}
OF_PLACES: Final = ("roughness", "spread", "jump")


class LevelState(NamedTuple):
    """Levels.

    Attributes:
        fading: ``[lane and count, horizon]``, then ``[sender and count, horizon]``.
        before: ``float64[lane]``, level of its latest frame, NaN before the first.
        jumps: ``[place, horizon]``.
        last: ``int64[3]``, of the latest frame of all: time, transmitter, and whether it was sent to the drone.
        layout: Where the fractions go.
        places: ``int64[place, 3]``, where the measures of places go.
        alone: ``int64[2]``, where the fall and the noise go.
    """

    fading: Tallies
    before: NDArray[np.float64]
    jumps: Peaks
    last: NDArray[np.int64]
    layout: Fractions
    places: NDArray[np.int64]
    alone: NDArray[np.int64]


class Columns(NamedTuple):
    """Columns of a chunk, ``[frame]`` each.

    Attributes:
        time_ns: Receive times.
        lane: Which lane, by what the frame itself says.
        sender: Role of the transmitter.
        receiver: Role of the receiver.
        level: Signal, dBm.
        noise: Noise, dBm.
        from_address: Transmitter address.
        to_address: Receiver address.
        acknowledges: It is an acknowledgement.
    """

    time_ns: NDArray[np.int64]
    lane: NDArray[np.int8]
    sender: NDArray[np.int8]
    receiver: NDArray[np.int8]
    level: NDArray[np.float64]
    noise: NDArray[np.float64]
    from_address: NDArray[np.int64]
    to_address: NDArray[np.int64]
    acknowledges: NDArray[np.bool_]


class Levels(Group):
    """How the watched link is received."""

    signals: ClassVar[tuple[Signal, ...]] = LEVEL_SIGNALS

    def start(self, options: SignalOptions) -> LevelState:
        """Nothing heard yet."""
        names = [f"level_{place}_{measure}" for place in PLACES for measure in OF_PLACES]
        return LevelState(
            fading=tallies(SENDERS + 3 * SENDER_COUNTS, HORIZONS_S),
            before=np.full(len(APART), np.nan),
            jumps=peaks(len(PLACES), HORIZONS_S),
            last=np.array([0, MISSING, 0]),
            layout=fractions_of(self.signals, "level", APART, COUNTS, MEASURES),
            places=columns_of(self.signals, names).reshape(len(PLACES), len(OF_PLACES)),
            alone=columns_of(self.signals, ["level_fall", "level_noise_rise"]),
        )

    def step(
        self, state: LevelState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[LevelState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        kind, subtype = inputs.whole("wlan.fc.type"), inputs.whole("wlan.fc.subtype")
        columns = Columns(
            time_ns=inputs.time_ns,
            lane=_lanes(inputs, roles, kind, subtype),
            sender=roles.sender,
            receiver=roles.receiver,
            level=inputs.number("wlan_radio.signal_dbm"),
            noise=inputs.number("wlan_radio.noise_dbm"),
            from_address=inputs.whole("wlan.ta"),
            to_address=inputs.whole("wlan.ra"),
            acknowledges=(kind == CONTROL_TYPE) & (subtype == ACK_SUBTYPE) & good(inputs),
        )
        _levels(state, columns, plan.after, plan.time_ns, out)
        return state, out


def _lanes(inputs: Inputs, roles: Roles, kind: NDArray[np.int64], subtype: NDArray[np.int64]) -> NDArray[np.int8]:
    fine, drone, controller = good(inputs), roles.sender == DRONE, roles.sender == CONTROLLER
    manages = kind == MANAGEMENT_TYPE
    beacons = manages & (subtype == BEACON_SUBTYPE)
    made = np.full(len(inputs), NO_LANE, np.int8)
    made[fine & drone & ~manages] = FROM_DRONE
    made[fine & controller & ~manages] = FROM_CONTROLLER
    made[fine & (drone | controller) & manages & ~beacons] = MANAGEMENT
    made[fine & drone & beacons] = BEACON
    return made


@compiled
def _levels(
    state: LevelState,
    columns: Columns,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    for frame in range(len(columns.time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            _give(state, at_ns[row], out[row])
            row += 1
        if frame < len(columns.time_ns):
            _hear(state, columns, frame)


@compiled_part
def _hear(state: LevelState, columns: Columns, frame: int) -> None:
    now_ns, lane, sender = columns.time_ns[frame], columns.lane[frame], columns.sender[frame]
    if columns.acknowledges[frame] and _answers(state, columns, frame):
        lane, sender = ACK, DRONE
    state.last[0], state.last[1] = now_ns, columns.from_address[frame]
    state.last[2] = columns.receiver[frame] == DRONE
    heard = lane != NO_LANE and not math.isnan(columns.level[frame])
    noisy = not math.isnan(columns.noise[frame])
    if heard or noisy:
        advance(state.fading, now_ns)
    if noisy:
        _of_sender(state, NOISE, columns.noise[frame])
    if heard:
        _level(state, lane, 0 if sender == DRONE else 1, columns.level[frame], now_ns)


@compiled_part
def _answers(state: LevelState, columns: Columns, frame: int) -> bool:
    """Whether an acknowledgement is the drone's: it says only whose frame it answers, one that was sent to it."""
    soon = columns.time_ns[frame] - state.last[0] <= ANSWER_NS
    return bool(soon and state.last[2] == 1 and state.last[1] == columns.to_address[frame])


@compiled_part
def _level(state: LevelState, lane: int, sender: int, level: float, now_ns: int) -> None:
    first, usual = lane * COUNTS, SENDERS + sender * SENDER_COUNTS
    add(state.fading, first + FRAMES, 1.0)
    add(state.fading, first + SUM, level)
    add(state.fading, first + SQUARES, level * level)
    step = level - state.before[lane]
    state.before[lane] = level
    if lane < MANAGEMENT and not math.isnan(step):
        add(state.fading, first + PAIRS, 1.0)
        add(state.fading, first + STEPS, 0.5 * step * step)
        top(state.jumps, lane, abs(step), now_ns)
    frames = left(state.fading, usual + SENDER_FRAMES, LONG, now_ns)
    mean = quotient(left(state.fading, usual + SENDER_SUM, LONG, now_ns), frames)
    if not math.isnan(mean):
        add(state.fading, first + HELD, 1.0)
        add(state.fading, first + DISTANCES, abs(level - mean))
    if lane != MANAGEMENT and lane != ACK:
        _of_sender(state, sender, level)


@compiled_part
def _of_sender(state: LevelState, sender: int, level: float) -> None:
    first = SENDERS + sender * SENDER_COUNTS
    add(state.fading, first + SENDER_FRAMES, 1.0)
    add(state.fading, first + SENDER_SUM, level)


@compiled_part
def _give(state: LevelState, at_ns: int, row: NDArray[np.float32]) -> None:
    for place in range(len(state.places)):
        first = place * COUNTS
        roughness, spread, jump = state.places[place]
        for horizon in range(len(HORIZONS_S)):
            frames = left(state.fading, first + FRAMES, horizon, at_ns)
            mean = quotient(left(state.fading, first + SUM, horizon, at_ns), frames)
            square = quotient(left(state.fading, first + SQUARES, horizon, at_ns), frames)
            steps = left(state.fading, first + STEPS, horizon, at_ns)
            row[roughness + horizon] = math.sqrt(quotient(steps, left(state.fading, first + PAIRS, horizon, at_ns)))
            row[spread + horizon] = math.sqrt(max(square - mean * mean, 0.0)) if frames > 0 else math.nan
            row[jump + horizon] = peak(state.jumps, place, horizon, at_ns)
    row[state.alone[0]] = _usual(state, 0, LONG, at_ns) - _usual(state, 0, SHORT, at_ns)
    row[state.alone[1]] = _usual(state, NOISE, SHORT, at_ns) - _usual(state, NOISE, LONG, at_ns)


@compiled_part
def _usual(state: LevelState, sender: int, horizon: int, at_ns: int) -> float:
    first = SENDERS + sender * SENDER_COUNTS
    frames = left(state.fading, first + SENDER_FRAMES, horizon, at_ns)
    return quotient(left(state.fading, first + SENDER_SUM, horizon, at_ns), frames)
