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
from yawstring.table.signals.tallies import (
    LEAST_WEIGHT,
    Tallies,
    add,
    advance,
    deviation,
    fractions,
    left,
    quotient,
    tallies,
)

BEACON, FROM_DRONE, FROM_CONTROLLER, MANAGEMENT, ACK = range(5)
"""Lanes; the first three are places."""

ACK_SUBTYPE: Final = 13
ANSWER_NS: Final = 1_000_000
"""Within so long after a frame an acknowledgement answers it."""

FRAMES, SUM, SQUARES, PAIRS, STEPS, HELD, DISTANCES, COUNTS = range(8)
"""What is counted, in each lane: levels, and their sums; differences; distances from the sender's level."""

SENDER_FRAMES, SENDER_SUM, SENDER_COUNTS = range(3)
"""What is counted of each sender, after the lanes: drone, then controller."""

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
        fall: ``int64[1]``, where the fall goes.
    """

    fading: Tallies
    before: NDArray[np.float64]
    jumps: Peaks
    last: NDArray[np.int64]
    layout: Fractions
    places: NDArray[np.int64]
    fall: NDArray[np.int64]


class Levels(Group):
    """How the watched link is received."""

    signals: ClassVar[tuple[Signal, ...]] = LEVEL_SIGNALS

    def start(self, options: SignalOptions) -> LevelState:
        """Nothing heard yet."""
        names = [f"level_{place}_{measure}" for place in PLACES for measure in OF_PLACES]
        return LevelState(
            fading=tallies(SENDERS + 2 * SENDER_COUNTS, HORIZONS_S),
            before=np.full(len(APART), np.nan),
            jumps=peaks(len(PLACES), HORIZONS_S),
            last=np.array([0, MISSING, 0]),
            layout=fractions_of(self.signals, "level", APART, COUNTS, MEASURES),
            places=columns_of(self.signals, names).reshape(len(PLACES), len(OF_PLACES)),
            fall=columns_of(self.signals, ["level_fall"]),
        )

    def step(
        self, state: LevelState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[LevelState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        lane = _lanes(inputs, roles)
        lane[_answered(state.last, inputs, roles)] = ACK
        level = inputs.number("wlan_radio.signal_dbm")
        lane[np.isnan(level)] = NO_LANE
        sender = np.where((roles.sender == DRONE) | (lane == ACK), 0, 1)
        _levels(state, inputs.time_ns, lane, sender, level, plan.after, plan.time_ns, out)
        return state, out


def _lanes(inputs: Inputs, roles: Roles) -> NDArray[np.int8]:
    fine, drone, controller = good(inputs), roles.sender == DRONE, roles.sender == CONTROLLER
    manages = inputs.whole("wlan.fc.type") == MANAGEMENT_TYPE
    beacons = manages & (inputs.whole("wlan.fc.subtype") == BEACON_SUBTYPE)
    made = np.full(len(inputs), NO_LANE, np.int8)
    made[fine & drone & ~manages] = FROM_DRONE
    made[fine & controller & ~manages] = FROM_CONTROLLER
    made[fine & (drone | controller) & manages & ~beacons] = MANAGEMENT
    made[fine & drone & beacons] = BEACON
    return made


def _answered(last: NDArray[np.int64], inputs: Inputs, roles: Roles) -> NDArray[np.bool_]:
    """``bool[frame]``: an acknowledgement by the drone. It says only whose frame it answers: the one before.

    Args:
        last: ``int64[3]``, the frame before the chunk, as the state has it; brought up to date here.
        inputs: The chunk.
        roles: Its roles.
    """
    sent = (inputs.time_ns, inputs.whole("wlan.ta"), (roles.receiver == DRONE).astype(np.int64))
    before = [np.concatenate(([kept], now)) for kept, now in zip(last, sent, strict=True)]
    last[:] = [one[-1] for one in before]
    times, senders, to_drone = (one[:-1] for one in before)
    acks = (inputs.whole("wlan.fc.type") == CONTROL_TYPE) & (inputs.whole("wlan.fc.subtype") == ACK_SUBTYPE)
    mine = (to_drone == 1) & (senders == inputs.whole("wlan.ra")) & (inputs.time_ns - times <= ANSWER_NS)
    found: NDArray[np.bool_] = acks & good(inputs) & mine
    return found


@compiled
def _levels(
    state: LevelState,
    time_ns: NDArray[np.int64],
    lane: NDArray[np.int8],
    sender: NDArray[np.int64],
    level: NDArray[np.float64],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    fading, before, jumps = state.fading, state.before, state.jumps
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            _give(state, at_ns[row], out[row])
            row += 1
        if frame < len(time_ns) and lane[frame] != NO_LANE:
            step = level[frame] - before[lane[frame]]
            before[lane[frame]] = level[frame]
            if lane[frame] < MANAGEMENT:
                top(jumps, lane[frame], abs(step), time_ns[frame])
            _hear(fading, lane[frame], sender[frame], level[frame], step, time_ns[frame])


@compiled_part
def _hear(fading: Tallies, lane: int, sender: int, level: float, step: float, now_ns: int) -> None:
    first, usual = lane * COUNTS, SENDERS + sender * SENDER_COUNTS
    advance(fading, now_ns)
    add(fading, first + FRAMES, 1.0)
    add(fading, first + SUM, level)
    add(fading, first + SQUARES, level * level)
    if not math.isnan(step):
        add(fading, first + PAIRS, 1.0)
        add(fading, first + STEPS, 0.5 * step * step)
    frames = fading.counts[usual + SENDER_FRAMES, LONG] / fading.weights[LONG]
    if frames >= LEAST_WEIGHT:
        mean = fading.counts[usual + SENDER_SUM, LONG] / fading.counts[usual + SENDER_FRAMES, LONG]
        add(fading, first + HELD, 1.0)
        add(fading, first + DISTANCES, abs(level - mean))
    if lane < MANAGEMENT:
        add(fading, usual + SENDER_FRAMES, 1.0)
        add(fading, usual + SENDER_SUM, level)


@compiled_part
def _give(state: LevelState, at_ns: int, row: NDArray[np.float32]) -> None:
    for place in range(len(state.places)):
        first = place * COUNTS
        roughness, spread, jump = state.places[place]
        for horizon in range(len(HORIZONS_S)):
            steps = left(state.fading, first + STEPS, horizon, at_ns)
            row[roughness + horizon] = math.sqrt(quotient(steps, left(state.fading, first + PAIRS, horizon, at_ns)))
            row[spread + horizon] = deviation(
                state.fading, first + FRAMES, first + SUM, first + SQUARES, horizon, at_ns
            )
            row[jump + horizon] = peak(state.jumps, place, horizon, at_ns)
    row[state.fall[0]] = _usual(state, LONG, at_ns) - _usual(state, SHORT, at_ns)


@compiled_part
def _usual(state: LevelState, horizon: int, at_ns: int) -> float:
    """Mean level of the drone."""
    frames = left(state.fading, SENDERS + SENDER_FRAMES, horizon, at_ns)
    return quotient(left(state.fading, SENDERS + SENDER_SUM, horizon, at_ns), frames)
