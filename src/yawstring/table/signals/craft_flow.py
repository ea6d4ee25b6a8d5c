"""How states come: age, rate, rhythm, and whether two streams are mixed in one.

A third station that sends states under the drone's address does not silence the drone: states come twice as often, in
pairs, and every second one belongs to another flight. Then a value is nearer to the last but one than to the last.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals.craft_fields import BARO, BATTERY, HEIGHT, PITCH, ROLL, TOF, VX, VY, VZ, YAW
from yawstring.schema.signals.craft_flow import FLOW_SIGNALS, HORIZONS_S
from yawstring.schema.signals.signal import Signal
from yawstring.table.signals.craft_inputs import States
from yawstring.table.signals.craft_part import Part
from yawstring.table.signals.craft_parts import faded, peak, put_peak, seconds, turned
from yawstring.table.signals.group import Plan
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.roles import Roles

MOST_AGE_S: Final = 60.0
LONG_HALF_NS: Final = 5_000_000_000
SHORT_HALF_NS: Final = 500_000_000

PLACES: Final = np.array([HEIGHT, TOF, BARO, VX, VY, VZ, PITCH, ROLL, YAW, BATTERY])
"""Quantities that may belong to another stream."""

SHORT, LONG = 0, 1
GAPS, SQUARES, WEIGHT, COUNT = range(4)


class FlowState(NamedTuple):
    """What is kept.

    Attributes:
        last_ns: ``int64[1]``, when the last state came.
        sums: ``float64[horizon, 4]``: of times between states, of their squares, their weight, and of states; fading.
        peaks: ``float64[2, 2]``: longest gap, and shortest with its sign turned.
        since_ns: ``int64[2, 1]``, of their buckets.
        before: ``float64[2, place]``: the last state, and the one before it.
        nearer: ``float64[horizon, place + 1]``: sums of how much nearer the last but one was; in the end their weight.
    """

    last_ns: NDArray[np.int64]
    sums: NDArray[np.float64]
    peaks: NDArray[np.float64]
    since_ns: NDArray[np.int64]
    before: NDArray[np.float64]
    nearer: NDArray[np.float64]


class Flow(Part):
    """How states come."""

    signals: ClassVar[tuple[Signal, ...]] = FLOW_SIGNALS

    def start(self) -> FlowState:
        """No state yet."""
        return FlowState(
            last_ns=np.full(1, MISSING, np.int64),
            sums=np.zeros((len(HORIZONS_S), 4)),
            peaks=np.full((2, 2), np.nan),
            since_ns=np.full((2, 1), MISSING, np.int64),
            before=np.full((2, len(PLACES)), np.nan),
            nearer=np.zeros((len(HORIZONS_S), len(PLACES) + 1)),
        )

    def step(
        self, kept: FlowState, states: States, inputs: Inputs, roles: Roles, plan: Plan, out: NDArray[np.float32]
    ) -> None:
        """See :class:`~yawstring.table.signals.craft_part.Part`."""
        _flow(kept, states, plan.after, plan.time_ns, np.array(HORIZONS_S), out)


@compiled
def _flow(
    kept: FlowState,
    states: States,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    horizons_s: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    one = 0
    for row in range(len(after) + 1):
        while one < len(states.row) and (row == len(after) or states.row[one] < after[row]):
            _take(kept, states.time_ns[one], states.values[one], horizons_s)
            one += 1
        if row < len(after):
            _give(kept, at_ns[row], horizons_s, out[row])


@compiled_part
def _take(kept: FlowState, time_ns: int, values: NDArray[np.float64], horizons_s: NDArray[np.float64]) -> None:
    known = kept.last_ns[0] != MISSING
    gap_s = seconds(time_ns, kept.last_ns[0])
    for horizon in range(len(horizons_s)):
        left = faded(gap_s, horizons_s[horizon])
        kept.sums[horizon] *= left
        kept.nearer[horizon] *= left
        kept.sums[horizon, COUNT] += 1.0
        if known:
            kept.sums[horizon, GAPS] += gap_s
            kept.sums[horizon, SQUARES] += gap_s * gap_s
            kept.sums[horizon, WEIGHT] += 1.0
    if known:
        put_peak(kept.peaks[0], kept.since_ns[0], time_ns, LONG_HALF_NS, gap_s)
        put_peak(kept.peaks[1], kept.since_ns[1], time_ns, SHORT_HALF_NS, -gap_s)
    _compare(kept, values)
    kept.last_ns[0] = time_ns


@compiled_part
def _compare(kept: FlowState, values: NDArray[np.float64]) -> None:
    """Count in, for each quantity, how much nearer the state before the last is than the last."""
    for place in range(len(PLACES)):
        value = values[PLACES[place]]
        near, far = value - kept.before[0, place], value - kept.before[1, place]
        if PLACES[place] == YAW:
            near, far = turned(near), turned(far)
        near, far = abs(near), abs(far)
        if near + far > 0.0:
            for horizon in range(kept.nearer.shape[0]):
                kept.nearer[horizon, place] += (near - far) / (near + far)
        kept.before[1, place], kept.before[0, place] = kept.before[0, place], value
    for horizon in range(kept.nearer.shape[0]):
        kept.nearer[horizon, -1] += 1.0


@compiled_part
def _give(kept: FlowState, now_ns: int, horizons_s: NDArray[np.float64], out: NDArray[np.float32]) -> None:
    out[:] = np.nan
    if kept.last_ns[0] == MISSING:
        return
    age_s = seconds(now_ns, kept.last_ns[0])
    out[0] = min(age_s, MOST_AGE_S)
    for horizon in range(len(horizons_s)):
        out[1 + horizon] = kept.sums[horizon, COUNT] * faded(age_s, horizons_s[horizon]) / horizons_s[horizon]
        out[6 + horizon] = _most(kept.nearer[horizon])
    longest = peak(kept.peaks[0], kept.since_ns[0], now_ns, LONG_HALF_NS)
    # A silence that is still going on is a gap already.
    out[3] = min(max(age_s, longest) if not math.isnan(longest) else age_s, MOST_AGE_S)
    out[4] = -peak(kept.peaks[1], kept.since_ns[1], now_ns, SHORT_HALF_NS)
    out[5] = _spread(kept.sums[LONG])


@compiled_part
def _most(nearer: NDArray[np.float64]) -> float:
    """The largest mean; NaN while fewer than three states are remembered."""
    weight: float = nearer[-1]
    if weight < 2.5:
        return math.nan
    most: float = nearer[0]
    for place in range(1, len(nearer) - 1):
        most = max(most, nearer[place])
    return most / weight


@compiled_part
def _spread(sums: NDArray[np.float64]) -> float:
    if sums[WEIGHT] < 2.5 or not sums[GAPS] > 0.0:
        return math.nan
    mean: float = sums[GAPS] / sums[WEIGHT]
    return math.sqrt(max(sums[SQUARES] / sums[WEIGHT] - mean * mean, 0.0)) / mean
