"""Signals of data rates and preambles: a sender's rate control moves slowly, and another card has its own habits.

A rate names an adapter and a distance; how often it changes, and how far from its own past, does not (IEEE 802.11-2020,
10.6).
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import DATA_LANES, HORIZONS_S
from yawstring.schema.signals.radio import RATE_SIGNALS
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.lanes import NO_LANE, data_lanes
from yawstring.table.signals.layout import Fractions, columns_of, fractions_of
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.tallies import LEAST_WEIGHT, Tallies, add, advance, deviation, fractions, tallies

FRAMES, CHANGES, PREAMBLES, SUM, SQUARES, DISTANCES, COUNTS = range(7)
"""What is counted, in each lane."""

LONG: Final = len(HORIZONS_S) - 1

MEASURES: Final = {
    "changes": (CHANGES, FRAMES),
    "preambles": (PREAMBLES, FRAMES),
    "apart": (DISTANCES, FRAMES),
}


class RateState(NamedTuple):
    """Rates.

    Attributes:
        fading: ``[lane and count, horizon]``.
        rate: ``float64[lane]``, log2 of the latest rate, NaN before the first.
        preamble: ``int64[lane]``, the latest.
        layout: Where the fractions go.
        spreads: ``int64[lane]``, where the spread goes.
    """

    fading: Tallies
    rate: NDArray[np.float64]
    preamble: NDArray[np.int64]
    layout: Fractions
    spreads: NDArray[np.int64]


class Rates(Group):
    """How fast is sent."""

    signals: ClassVar[tuple[Signal, ...]] = RATE_SIGNALS

    def start(self, options: SignalOptions) -> RateState:
        """Nothing heard yet."""
        return RateState(
            fading=tallies(len(DATA_LANES) * COUNTS, HORIZONS_S),
            rate=np.full(len(DATA_LANES), np.nan),
            preamble=np.full(len(DATA_LANES), MISSING),
            layout=fractions_of(self.signals, "rate", DATA_LANES, COUNTS, MEASURES),
            spreads=columns_of(self.signals, [f"rate_{lane}_spread" for lane in DATA_LANES]),
        )

    def step(self, state: RateState, inputs: Inputs, roles: Roles, plan: Plan) -> tuple[RateState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        rate, preamble = inputs.number("wlan_radio.data_rate"), inputs.whole("wlan_radio.preamble")
        _rates(state, inputs.time_ns, data_lanes(inputs, roles), rate, preamble, plan.after, plan.time_ns, out)
        return state, out


@compiled
def _rates(  # columns, plan, and where to
    state: RateState,
    time_ns: NDArray[np.int64],
    lane: NDArray[np.int8],
    rate: NDArray[np.float64],
    preamble: NDArray[np.int64],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    fading, rates, preambles = state.fading, state.rate, state.preamble
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            _spread(state, at_ns[row], out[row])
            row += 1
        if frame < len(time_ns) and lane[frame] != NO_LANE and 0.0 < rate[frame] < math.inf:
            _hear(fading, rates, preambles, lane[frame], math.log2(rate[frame]), preamble[frame], time_ns[frame])


@compiled_part
def _hear(
    fading: Tallies,
    rates: NDArray[np.float64],
    preambles: NDArray[np.int64],
    lane: int,
    rate: float,
    preamble: int,
    now_ns: int,
) -> None:
    first = lane * COUNTS
    advance(fading, now_ns)
    before, preamble_before = rates[lane], preambles[lane]
    rates[lane], preambles[lane] = rate, preamble
    if not math.isnan(before):
        if fading.counts[first + FRAMES, LONG] >= LEAST_WEIGHT * fading.weights[LONG]:
            mean = fading.counts[first + SUM, LONG] / fading.counts[first + FRAMES, LONG]
            add(fading, first + DISTANCES, abs(rate - mean))
        add(fading, first + CHANGES, 1.0 if rate != before else 0.0)
        add(fading, first + PREAMBLES, 1.0 if preamble != preamble_before else 0.0)
    add(fading, first + FRAMES, 1.0)
    add(fading, first + SUM, rate)
    add(fading, first + SQUARES, rate * rate)


@compiled_part
def _spread(state: RateState, at_ns: int, row: NDArray[np.float32]) -> None:
    for lane in range(len(state.spreads)):
        first = lane * COUNTS
        for horizon in range(len(HORIZONS_S)):
            row[state.spreads[lane] + horizon] = deviation(
                state.fading, first + FRAMES, first + SUM, first + SQUARES, horizon, at_ns
            )
