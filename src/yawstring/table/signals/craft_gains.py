"""Gains: by how much a velocity changes for each unit that forces or tilted thrust account for, by least squares.

Both are summed over about a second first, so that the steps in which velocities are told, and noise of a single state,
weigh little; then the gain is their covariance over the variance of what accounts for it. Means are taken off, and
with them offsets of accelerometers and wind.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals.craft_fields import FIELDS, VX, VY, VZ
from yawstring.schema.signals.craft_gains import GAIN_SIGNALS, LONG_S, SHORT_S
from yawstring.schema.signals.signal import Signal
from yawstring.table.signals.craft_inputs import States
from yawstring.table.signals.craft_part import Part
from yawstring.table.signals.craft_parts import STALE_S, faded, seconds
from yawstring.table.signals.craft_ties import CLIMB, COMPONENTS, FORCE, MOST_GAP_S, TILT, forces
from yawstring.table.signals.group import Plan
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.roles import Roles

AXES: Final = np.array([CLIMB, FORCE, FORCE + 1, TILT, TILT + 1])
"""Components of a tie, each of which is one axis of a gain."""

VELOCITY: Final = np.array([VZ, VX, VY, VX, VY])
FIRST: Final = np.array([0, 1, 3, 5])
"""Where the axes of each gain begin, and where the last one's end."""

LEAST_MOTION_M_S: Final = np.array([0.1, 0.2, 0.2])
"""Changes with a smaller standard deviation drown in what they are told in: a tenth of a metre a second, and a degree,
which is a sixth of a metre a second, each second; that is across, upwards it is next to nothing."""

LEAST_STATES: Final = 20.0
MOST_GAIN: Final = 10.0

X, Y, XX, XY, WEIGHT = range(5)


class GainState(NamedTuple):
    """What is kept.

    Attributes:
        last_ns: ``int64[1]``, when the last state came.
        before: ``float64[field]``, its values.
        sums: ``float64[axis, 2]``, over the short horizon: change that is accounted for, and change that is told.
        moments: ``float64[axis, 5]``, of those sums, over the long horizon, and their weight.
        seen_ns: ``int64[axis]``, when each was last known.
        changes: ``float64[component]``, scratch.
    """

    last_ns: NDArray[np.int64]
    before: NDArray[np.float64]
    sums: NDArray[np.float64]
    moments: NDArray[np.float64]
    seen_ns: NDArray[np.int64]
    changes: NDArray[np.float64]


class Gains(Part):
    """What is in proportion."""

    signals: ClassVar[tuple[Signal, ...]] = GAIN_SIGNALS

    def start(self) -> GainState:
        """No state yet."""
        return GainState(
            last_ns=np.full(1, MISSING, np.int64),
            before=np.full(len(FIELDS), np.nan),
            sums=np.zeros((len(AXES), 2)),
            moments=np.zeros((len(AXES), 5)),
            seen_ns=np.full(len(AXES), MISSING, np.int64),
            changes=np.full(COMPONENTS, np.nan),
        )

    def step(
        self, kept: GainState, states: States, inputs: Inputs, roles: Roles, plan: Plan, out: NDArray[np.float32]
    ) -> None:
        """See :class:`~yawstring.table.signals.craft_part.Part`."""
        _gains(kept, states, plan.after, plan.time_ns, out)


@compiled
def _gains(
    kept: GainState,
    states: States,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    one = 0
    for row in range(len(after) + 1):
        while one < len(states.row) and (row == len(after) or states.row[one] < after[row]):
            _take(kept, states.time_ns[one], states.values[one])
            one += 1
        if row < len(after):
            _give(kept, at_ns[row], out[row])


@compiled_part
def _take(kept: GainState, time_ns: int, values: NDArray[np.float64]) -> None:
    gap_s = seconds(time_ns, kept.last_ns[0])
    kept.sums[:] *= faded(gap_s, SHORT_S)
    kept.moments[:] *= faded(gap_s, LONG_S)
    kept.changes[:] = np.nan
    if kept.last_ns[0] != MISSING and gap_s <= MOST_GAP_S:
        forces(kept.before, values, gap_s, kept.changes)
    for axis in range(len(AXES)):
        told = values[VELOCITY[axis]] - kept.before[VELOCITY[axis]]
        accounted = told - kept.changes[AXES[axis]]
        if not math.isnan(accounted):
            kept.sums[axis, 0] += accounted
            kept.sums[axis, 1] += told
            _count(kept.moments[axis], kept.sums[axis, 0], kept.sums[axis, 1])
            kept.seen_ns[axis] = time_ns
    kept.before[:] = values
    kept.last_ns[0] = time_ns


@compiled_part
def _count(moments: NDArray[np.float64], accounted: float, told: float) -> None:
    moments[X] += accounted
    moments[Y] += told
    moments[XX] += accounted * accounted
    moments[XY] += accounted * told
    moments[WEIGHT] += 1.0


@compiled_part
def _give(kept: GainState, now_ns: int, out: NDArray[np.float32]) -> None:
    out[:] = np.nan
    for gain in range(len(FIRST) - 1):
        seen_ns = kept.seen_ns[FIRST[gain]]
        if seen_ns == MISSING or seconds(now_ns, seen_ns) > STALE_S:
            continue
        variance, covariance, weight = 0.0, 0.0, kept.moments[FIRST[gain], WEIGHT]
        for axis in range(FIRST[gain], FIRST[gain + 1]):
            moments = kept.moments[axis]
            variance += moments[XX] / weight - (moments[X] / weight) ** 2
            covariance += moments[XY] / weight - moments[X] / weight * (moments[Y] / weight)
        if weight >= LEAST_STATES and variance >= LEAST_MOTION_M_S[gain] ** 2:
            out[gain] = min(max(covariance / variance, -MOST_GAIN), MOST_GAIN)
