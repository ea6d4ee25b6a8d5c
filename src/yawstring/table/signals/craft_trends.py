"""Trends: charge and warmth over ten seconds, and how the aircraft moves, which is the others' background."""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals.craft_fields import (
    AX,
    AY,
    AZ,
    BATTERY,
    FIELDS,
    HEIGHT,
    HOT,
    PITCH,
    ROLL,
    TOF,
    VX,
    VY,
    VZ,
    WARM,
    YAW,
)
from yawstring.schema.signals.craft_trends import LONG_S, SHORT_S, TREND_SIGNALS
from yawstring.schema.signals.signal import Signal
from yawstring.table.signals.craft_inputs import States
from yawstring.table.signals.craft_part import Part
from yawstring.table.signals.craft_parts import STALE_S, faded, seconds, turned
from yawstring.table.signals.group import Plan
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.roles import Roles

MOST_GAP_S: Final = 60.0
"""Charge and warmth may be compared over a gap, but not over a longer one."""

LEAST_GAP_S: Final = 0.02
"""A rate over less is of two streams."""

GROUND_TOF_M: Final = 0.12
LONG_SUMS, MEANS = 4, 5


class TrendState(NamedTuple):
    """What is kept.

    Attributes:
        last_ns: ``int64[1]``, when the last state came.
        before: ``float64[field]``, the last value of each.
        sums: ``float64[4]``, over the long horizon: gained, lost, change of temperature, and of its gap.
        known: ``bool[4]``, whether each of them has been.
        means: ``float64[5, 2]``, over the short horizon: sums of speed, climb, turn, tilt and shaking, and weights.
        airborne: ``float64[1]``.
    """

    last_ns: NDArray[np.int64]
    before: NDArray[np.float64]
    sums: NDArray[np.float64]
    known: NDArray[np.bool_]
    means: NDArray[np.float64]
    airborne: NDArray[np.float64]


class Trends(Part):
    """Where quantities go."""

    signals: ClassVar[tuple[Signal, ...]] = TREND_SIGNALS

    def start(self) -> TrendState:
        """No state yet."""
        return TrendState(
            last_ns=np.full(1, MISSING, np.int64),
            before=np.full(len(FIELDS), np.nan),
            sums=np.zeros(LONG_SUMS),
            known=np.zeros(LONG_SUMS, np.bool_),
            means=np.zeros((MEANS, 2)),
            airborne=np.full(1, np.nan),
        )

    def step(
        self, kept: TrendState, states: States, inputs: Inputs, roles: Roles, plan: Plan, out: NDArray[np.float32]
    ) -> None:
        """See :class:`~yawstring.table.signals.craft_part.Part`."""
        _trends(kept, states, plan.after, plan.time_ns, out)


@compiled
def _trends(
    kept: TrendState,
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
def _take(kept: TrendState, time_ns: int, values: NDArray[np.float64]) -> None:
    gap_s = seconds(time_ns, kept.last_ns[0])
    kept.sums[:] *= faded(gap_s, LONG_S)
    kept.means[:] *= faded(gap_s, SHORT_S)
    before = kept.before
    if kept.last_ns[0] != MISSING and gap_s <= MOST_GAP_S:
        charge = values[BATTERY] - before[BATTERY]
        _add(kept, 0, max(charge, 0.0) if not math.isnan(charge) else math.nan)
        _add(kept, 1, max(-charge, 0.0) if not math.isnan(charge) else math.nan)
        _add(kept, 2, values[HOT] - before[HOT])
        _add(kept, 3, (values[HOT] - values[WARM]) - (before[HOT] - before[WARM]))
        _average(kept.means[2], abs(turned(values[YAW] - before[YAW])) / max(gap_s, LEAST_GAP_S))
        along, aside, down = values[AX] - before[AX], values[AY] - before[AY], values[AZ] - before[AZ]
        _average(kept.means[4], math.sqrt(along * along + aside * aside + down * down))
    _average(kept.means[0], math.hypot(values[VX], values[VY]))
    _average(kept.means[1], -values[VZ])
    _average(kept.means[3], math.hypot(values[PITCH], values[ROLL]))
    tof, height = values[TOF], values[HEIGHT]
    if not (math.isnan(tof) and math.isnan(height)):
        kept.airborne[0] = 1.0 if tof > GROUND_TOF_M or height > 0.0 else 0.0
    for place in range(len(values)):
        if not math.isnan(values[place]):
            before[place] = values[place]
    kept.last_ns[0] = time_ns


@compiled_part
def _add(kept: TrendState, place: int, change: float) -> None:
    if not math.isnan(change):
        kept.sums[place] += change
        kept.known[place] = True


@compiled_part
def _average(mean: NDArray[np.float64], value: float) -> None:
    if not math.isnan(value):
        mean[0] += value
        mean[1] += 1.0


@compiled_part
def _give(kept: TrendState, now_ns: int, out: NDArray[np.float32]) -> None:
    out[:] = np.nan
    since_s = seconds(now_ns, kept.last_ns[0])
    if kept.last_ns[0] == MISSING or since_s > STALE_S:
        return
    for place in range(LONG_SUMS):
        if kept.known[place]:
            out[place] = abs(kept.sums[place]) * faded(since_s, LONG_S)
    out[LONG_SUMS] = kept.airborne[0]
    for place in range(MEANS):
        if kept.means[place, 1] > 0.05:
            out[LONG_SUMS + 1 + place] = kept.means[place, 0] / kept.means[place, 1]
