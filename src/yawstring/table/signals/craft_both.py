"""Words and frames together: states without frames, frames without states, motion nobody asked, and asking in vain.

What a WPA2 network carries cannot be read, but that the controller sent something can be seen: an aircraft that says it
moves while nobody has spoken to it, or says it stands while it is spoken to, is worth a second look.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals.craft_both import ALONE_S, BOTH_SIGNALS, LONG_S, MOST_SILENCE_S
from yawstring.schema.signals.craft_fields import VX, VY, VZ, YAW
from yawstring.schema.signals.signal import Signal
from yawstring.table.signals.craft_inputs import States
from yawstring.table.signals.craft_part import Part
from yawstring.table.signals.craft_parts import STALE_S, faded, seconds, turned
from yawstring.table.signals.group import Plan
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.role_names import CONTROLLER, DRONE
from yawstring.table.signals.roles import Roles

DATA_TYPE: Final = 2
EMPTY: Final = 4
"""Bit of a data frame's subtype: it carries none."""

MOST_GAP_S: Final = 1.0
STILL_M_S, STILL_DEG = 0.05, 1.5
"""Slower than the least step of a velocity, turned by no more than one of the yaw."""

STATED, DRONE_SPOKE, ASKED, MOVED = range(4)
WAY, TURN, VAIN = range(3)


class BothState(NamedTuple):
    """What is kept.

    Attributes:
        times_ns: ``int64[4]``: of the last state, of the last data frame of the drone and of the controller, and when
            the sums were brought up to date.
        sums: ``float64[3]``: way and turn unasked, and frames in vain; fading.
        known: ``bool[3]``, whether each has been known.
        yaw: ``float64[1]``, of the last state.
        still: ``bool[1]``, whether the aircraft said that it does not move.
    """

    times_ns: NDArray[np.int64]
    sums: NDArray[np.float64]
    known: NDArray[np.bool_]
    yaw: NDArray[np.float64]
    still: NDArray[np.bool_]


class Both(Part):
    """Words and frames."""

    signals: ClassVar[tuple[Signal, ...]] = BOTH_SIGNALS

    def start(self) -> BothState:
        """Nothing heard."""
        return BothState(
            times_ns=np.full(4, MISSING, np.int64),
            sums=np.zeros(3),
            known=np.zeros(3, np.bool_),
            yaw=np.full(1, np.nan),
            still=np.zeros(1, np.bool_),
        )

    def step(
        self, kept: BothState, states: States, inputs: Inputs, roles: Roles, plan: Plan, out: NDArray[np.float32]
    ) -> None:
        """See :class:`~yawstring.table.signals.craft_part.Part`."""
        subtype = inputs.whole("wlan.fc.subtype")
        carries = (inputs.whole("wlan.fc.type") == DATA_TYPE) & ((subtype == MISSING) | (subtype & EMPTY == 0))
        _both(kept, states, np.where(carries, roles.sender, 0), inputs.time_ns, plan.after, plan.time_ns, out)


@compiled
def _both(
    kept: BothState,
    states: States,
    sender: NDArray[np.int8],
    time_ns: NDArray[np.int64],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    state, row = 0, 0
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            _give(kept, at_ns[row], out[row])
            row += 1
        if frame == len(time_ns):
            break
        if state < len(states.row) and states.row[state] == frame:
            _fly(kept, states.time_ns[state], states.values[state])
            state += 1
        if sender[frame] == DRONE:
            kept.times_ns[DRONE_SPOKE] = time_ns[frame]
        elif sender[frame] == CONTROLLER:
            kept.times_ns[ASKED] = time_ns[frame]
            if kept.still[0] and seconds(time_ns[frame], kept.times_ns[STATED]) <= MOST_GAP_S:
                _bring_up(kept, time_ns[frame])
                kept.sums[VAIN] += 1.0


@compiled_part
def _bring_up(kept: BothState, now_ns: int) -> None:
    if kept.times_ns[MOVED] == MISSING or now_ns > kept.times_ns[MOVED]:
        kept.sums[:] *= faded(seconds(now_ns, kept.times_ns[MOVED]), LONG_S)
        kept.times_ns[MOVED] = now_ns


@compiled_part
def _fly(kept: BothState, now_ns: int, values: NDArray[np.float64]) -> None:
    """Count motion that nobody can have asked."""
    _bring_up(kept, now_ns)
    gap_s = seconds(now_ns, kept.times_ns[STATED])
    near = kept.times_ns[STATED] != MISSING and gap_s <= MOST_GAP_S
    asked_ns = kept.times_ns[ASKED]
    alone = asked_ns != MISSING and seconds(now_ns, asked_ns) > ALONE_S
    speed = math.hypot(math.hypot(values[VX], values[VY]), values[VZ])
    turn = abs(turned(values[YAW] - kept.yaw[0]))
    if near and not math.isnan(speed):
        kept.known[WAY] = True
        kept.sums[WAY] += speed * gap_s if alone else 0.0
    if near and not math.isnan(turn):
        kept.known[TURN] = True
        kept.sums[TURN] += turn if alone else 0.0
    kept.still[0] = near and speed < STILL_M_S and turn < STILL_DEG
    kept.known[VAIN] = kept.known[WAY] and kept.known[TURN]
    kept.yaw[0] = values[YAW]
    kept.times_ns[STATED] = now_ns


@compiled_part
def _give(kept: BothState, now_ns: int, out: NDArray[np.float32]) -> None:
    out[:] = np.nan
    stated_ns, spoke_ns = kept.times_ns[STATED], kept.times_ns[DRONE_SPOKE]
    if stated_ns == MISSING:
        return
    if spoke_ns != MISSING:
        out[0] = min(seconds(spoke_ns, stated_ns), MOST_SILENCE_S)
        out[1] = min(seconds(stated_ns, spoke_ns), MOST_SILENCE_S)
    # Motion against the controller is known only once the controller is.
    if seconds(now_ns, stated_ns) > STALE_S or kept.times_ns[ASKED] == MISSING:
        return
    left = faded(seconds(now_ns, kept.times_ns[MOVED]), LONG_S)
    for place in range(3):
        if kept.known[place]:
            out[2 + place] = kept.sums[place] * left / (LONG_S if place == VAIN else 1.0)
