"""Signals of the pace of the watched link: how often, how evenly, in what bursts, and how long nothing.

Telemetry and beacons have a clock, video has a frame rate; floods have a tool's pause between frames, and a link that
is cut has none.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import HORIZONS_S
from yawstring.schema.signals.timing import PACE_SIGNALS, PACES
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.lanes import BEACON_SUBTYPE, DOWN, MANAGEMENT, NO_LANE, UP, lanes
from yawstring.table.signals.layout import Fractions, columns_of, fractions_of
from yawstring.table.signals.peaks import Peaks, peak, peaks, top
from yawstring.table.signals.role_names import DRONE
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.tallies import (
    LEAST_WEIGHT,
    RATE,
    Tallies,
    add,
    advance,
    deviation,
    fractions,
    left,
    tallies,
)

OF_DRONE, OF_CONTROLLER, BEACON, OTHER_MANAGEMENT, LANES = range(5)

BURST_NS: Final = 3_000_000
NS_PER_MS: Final = 1e6
LONGEST_NS: Final = 60_000_000_000
"""A silence that is longer says no more."""

FRAMES, PAIRS, WAITS, SQUARES, BURSTS, COUNTS = range(6)
"""What is counted, in each lane: frames; times between two, their sums in seconds, and how many are short."""

SHORT, LONG = range(len(HORIZONS_S))

MEASURES: Final = {"frames": (FRAMES, RATE), "bursts": (BURSTS, PAIRS)}
OTHERS: Final = ("unevenness", "gap", "silence", "change")


class PaceState(NamedTuple):
    """When what was heard.

    Attributes:
        fading: ``[lane and count, horizon]``.
        gaps: ``[lane, horizon]``.
        last_ns: ``int64[lane]``, the latest frame, MISSING before the first.
        layout: Where the fractions go.
        others: ``int64[lane, 4]``, where unevenness, gap, silence and change go.
    """

    fading: Tallies
    gaps: Peaks
    last_ns: NDArray[np.int64]
    layout: Fractions
    others: NDArray[np.int64]


class Paces(Group):
    """When the watched link speaks."""

    signals: ClassVar[tuple[Signal, ...]] = PACE_SIGNALS

    def start(self, options: SignalOptions) -> PaceState:
        """Nothing heard yet."""
        names = [f"pace_{lane}_{measure}" for lane in PACES for measure in OTHERS]
        return PaceState(
            fading=tallies(LANES * COUNTS, HORIZONS_S),
            gaps=peaks(LANES, HORIZONS_S),
            last_ns=np.full(LANES, MISSING),
            layout=fractions_of(self.signals, "pace", PACES, COUNTS, MEASURES),
            others=columns_of(self.signals, names).reshape(LANES, len(OTHERS)),
        )

    def step(self, state: PaceState, inputs: Inputs, roles: Roles, plan: Plan) -> tuple[PaceState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        _paces(state, inputs.time_ns, _lanes(inputs, roles), plan.after, plan.time_ns, out)
        return state, out


def _lanes(inputs: Inputs, roles: Roles) -> NDArray[np.int8]:
    kinds = lanes(inputs, roles)
    beacons = inputs.whole("wlan.fc.subtype") == BEACON_SUBTYPE
    made = np.full(len(inputs), NO_LANE, np.int8)
    made[kinds == DOWN] = OF_DRONE
    made[kinds == UP] = OF_CONTROLLER
    made[(kinds == MANAGEMENT) & beacons & (roles.sender == DRONE)] = BEACON
    made[(kinds == MANAGEMENT) & ~beacons] = OTHER_MANAGEMENT
    return made


@compiled
def _paces(
    state: PaceState,
    time_ns: NDArray[np.int64],
    lane: NDArray[np.int8],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    fading, gaps, last_ns = state.fading, state.gaps, state.last_ns
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            _give(state, at_ns[row], out[row])
            row += 1
        if frame < len(time_ns) and lane[frame] != NO_LANE:
            _hear(fading, gaps, last_ns, lane[frame], time_ns[frame])


@compiled_part
def _hear(fading: Tallies, gaps: Peaks, last_ns: NDArray[np.int64], lane: int, now_ns: int) -> None:
    first = lane * COUNTS
    advance(fading, now_ns)
    add(fading, first + FRAMES, 1.0)
    if last_ns[lane] != MISSING:
        wait_ns = min(now_ns - last_ns[lane], LONGEST_NS)
        wait_s = wait_ns * 1e-9
        add(fading, first + PAIRS, 1.0)
        add(fading, first + WAITS, wait_s)
        add(fading, first + SQUARES, wait_s * wait_s)
        if wait_ns <= BURST_NS:
            add(fading, first + BURSTS, 1.0)
        top(gaps, lane, math.log2(1.0 + wait_ns / NS_PER_MS), now_ns)
    last_ns[lane] = now_ns


@compiled_part
def _give(state: PaceState, at_ns: int, row: NDArray[np.float32]) -> None:
    for lane in range(LANES):
        unevenness, gap, silence, change = state.others[lane]
        for horizon in range(len(HORIZONS_S)):
            row[unevenness + horizon] = _unevenness(state, lane * COUNTS, horizon, at_ns)
            row[gap + horizon] = peak(state.gaps, lane, horizon, at_ns)
        row[silence] = math.nan
        if state.last_ns[lane] != MISSING:
            row[silence] = math.log2(1.0 + min(at_ns - state.last_ns[lane], LONGEST_NS) / NS_PER_MS)
        row[change] = _change(state, lane * COUNTS, at_ns)


@compiled_part
def _unevenness(state: PaceState, first: int, horizon: int, at_ns: int) -> float:
    spread = deviation(state.fading, first + PAIRS, first + WAITS, first + SQUARES, horizon, at_ns)
    total = state.fading.counts[first + WAITS, horizon]
    return spread * state.fading.counts[first + PAIRS, horizon] / total if total > 0.0 else math.nan


@compiled_part
def _change(state: PaceState, first: int, at_ns: int) -> float:
    now = left(state.fading, first + FRAMES, SHORT, at_ns) / state.fading.horizons_ns[SHORT]
    usual = left(state.fading, first + FRAMES, LONG, at_ns)
    if usual < LEAST_WEIGHT:
        return math.nan
    # One frame in ten seconds is added to both, so that a lane that falls silent has a finite change.
    return math.log2((now * state.fading.horizons_ns[LONG] + 1.0) / (usual + 1.0))
