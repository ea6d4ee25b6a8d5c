"""Jumps: the largest step of each quantity, plain and beside those that it used to make.

Steps are from one state to the next, wherever there was a frame between; a velocity's is divided by the time it took,
no less than a state's usual 0.1 s: two states that come together are no reason to divide by nothing.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals.craft_fields import FIELDS, G_M_S2, YAW
from yawstring.schema.signals.craft_jumps import JUMP_SIGNALS, JUMPS, USUAL_S
from yawstring.schema.signals.signal import Signal
from yawstring.table.signals.craft_inputs import States
from yawstring.table.signals.craft_part import Part
from yawstring.table.signals.craft_parts import STALE_S, faded, peak, put_peak, seconds, turned
from yawstring.table.signals.group import Plan
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.roles import Roles

COUNT: Final = len(JUMPS)
MEMBER: Final = np.array([[place in jump.fields for place in range(len(FIELDS))] for jump in JUMPS])
SPEEDS: Final = np.array([jump.unit == "g" for jump in JUMPS])
LEAST_GAP_S: Final = 0.1
MOST_GAP_S: Final = 1.0
"""Between states further apart a step is no jump."""

USUAL_AFTER: Final = 10.0
MOST_UNUSUAL: Final = 3.0
"""No step counts for more, in running root mean squares, in what is usual."""

HALVES_NS: Final = np.array([500_000_000, 5_000_000_000, 500_000_000])
"""Half of each horizon: the short, the long, and that of unusual steps."""

SQUARE, WEIGHT = 0, 1


class JumpState(NamedTuple):
    """What is kept.

    Attributes:
        last_ns: ``int64[1]``, when the last state came.
        before: ``float64[field]``, its values.
        peaks: ``float64[jump, 3, 2]``, largest steps: over the short and the long horizon, and unusual ones.
        since_ns: ``int64[jump, 3, 1]``, of their buckets.
        usual: ``float64[jump, 2]``, sum of squared steps, and their weight; fading.
    """

    last_ns: NDArray[np.int64]
    before: NDArray[np.float64]
    peaks: NDArray[np.float64]
    since_ns: NDArray[np.int64]
    usual: NDArray[np.float64]


class Jumps(Part):
    """What jumps."""

    signals: ClassVar[tuple[Signal, ...]] = JUMP_SIGNALS

    def start(self) -> JumpState:
        """No state yet."""
        return JumpState(
            last_ns=np.full(1, MISSING, np.int64),
            before=np.full(len(FIELDS), np.nan),
            peaks=np.full((COUNT, 3, 2), np.nan),
            since_ns=np.full((COUNT, 3, 1), MISSING, np.int64),
            usual=np.zeros((COUNT, 2)),
        )

    def step(
        self, kept: JumpState, states: States, inputs: Inputs, roles: Roles, plan: Plan, out: NDArray[np.float32]
    ) -> None:
        """See :class:`~yawstring.table.signals.craft_part.Part`."""
        _jumps(kept, states, plan.after, plan.time_ns, np.array([jump.floor for jump in JUMPS]), out)


@compiled
def _jumps(
    kept: JumpState,
    states: States,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    floors: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    one = 0
    for row in range(len(after) + 1):
        while one < len(states.row) and (row == len(after) or states.row[one] < after[row]):
            _take(kept, states.time_ns[one], states.values[one], floors)
            one += 1
        if row < len(after):
            _give(kept, at_ns[row], out[row])


@compiled_part
def _take(kept: JumpState, time_ns: int, values: NDArray[np.float64], floors: NDArray[np.float64]) -> None:
    gap_s = seconds(time_ns, kept.last_ns[0])
    kept.usual[:] *= faded(gap_s, USUAL_S)
    if kept.last_ns[0] != MISSING and gap_s <= MOST_GAP_S:
        for jump in range(COUNT):
            size = _step(kept.before, values, MEMBER[jump])
            if not math.isnan(size):
                plain = size / max(gap_s, LEAST_GAP_S) / G_M_S2 if SPEEDS[jump] else size
                put_peak(kept.peaks[jump, 0], kept.since_ns[jump, 0], time_ns, HALVES_NS[0], plain)
                put_peak(kept.peaks[jump, 1], kept.since_ns[jump, 1], time_ns, HALVES_NS[1], plain)
                unusual = _judged(kept.usual[jump], size, floors[jump])
                put_peak(kept.peaks[jump, 2], kept.since_ns[jump, 2], time_ns, HALVES_NS[2], unusual)
    kept.before[:] = values
    kept.last_ns[0] = time_ns


@compiled_part
def _step(before: NDArray[np.float64], values: NDArray[np.float64], member: NDArray[np.bool_]) -> float:
    total = 0.0
    for place in range(len(values)):
        if member[place]:
            change = values[place] - before[place]
            change = turned(change) if place == YAW else change
            total += change * change
    return math.sqrt(total)


@compiled_part
def _judged(usual: NDArray[np.float64], size: float, floor: float) -> float:
    """The step in what was usual before; NaN while that is not known. Then the step counts in there."""
    weight = usual[WEIGHT]
    mean = max(math.sqrt(usual[SQUARE] / weight), floor) if weight > 0.0 else floor
    unusual = math.nan
    if weight >= USUAL_AFTER:
        unusual = size / mean
        size = min(size, MOST_UNUSUAL * mean)
    usual[SQUARE] += size * size
    usual[WEIGHT] += 1.0
    return unusual


@compiled_part
def _give(kept: JumpState, now_ns: int, out: NDArray[np.float32]) -> None:
    out[:] = np.nan
    if kept.last_ns[0] == MISSING or seconds(now_ns, kept.last_ns[0]) > STALE_S:
        return
    for jump in range(COUNT):
        for kind in range(3):
            out[3 * jump + kind] = peak(kept.peaks[jump, kind], kept.since_ns[jump, kind], now_ns, HALVES_NS[kind])
