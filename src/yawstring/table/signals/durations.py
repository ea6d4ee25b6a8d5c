"""Signals of how long the watched link's frames reserve the medium: what a card asks for an answer at its rate.

A card asks for as much as an acknowledgement takes at the rate it expects one at; forged frames are often sent at
another rate, and their Duration field says so even where a table has no rates (IEEE 802.11-2020, 9.2.5.2). RTS and CTS,
which reserve a whole exchange, are left out.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import HORIZONS_S
from yawstring.schema.signals.traffic import DURATION_SIGNALS
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.lanes import CONTROL_TYPE, good
from yawstring.table.signals.layout import Fractions, columns_of, fractions_of
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.tallies import Tallies, add, advance, deviation, fractions, tallies

FRAMES, SUM, SQUARES, COUNTS = range(4)
"""What is counted."""

MEASURES: Final = {"mean": (SUM, FRAMES)}


class DurationState(NamedTuple):
    """What was asked for.

    Attributes:
        fading: ``[count, horizon]``.
        layout: Where the mean goes.
        spread: ``int64[1]``, where the spread goes.
    """

    fading: Tallies
    layout: Fractions
    spread: NDArray[np.int64]


class Durations(Group):
    """How long frames reserve the medium."""

    signals: ClassVar[tuple[Signal, ...]] = DURATION_SIGNALS

    def start(self, options: SignalOptions) -> DurationState:
        """Nothing heard yet."""
        return DurationState(
            fading=tallies(COUNTS, HORIZONS_S),
            layout=fractions_of(self.signals, "duration", ("link",), COUNTS, MEASURES),
            spread=columns_of(self.signals, ["duration_link_spread"]),
        )

    def step(
        self, state: DurationState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[DurationState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        counts = roles.watched & good(inputs) & (inputs.whole("wlan.ta") != MISSING)
        counts &= inputs.whole("wlan.fc.type") != CONTROL_TYPE
        _durations(state, inputs.time_ns, counts, inputs.whole("wlan.duration"), plan.after, plan.time_ns, out)
        return state, out


@compiled
def _durations(
    state: DurationState,
    time_ns: NDArray[np.int64],
    counts: NDArray[np.bool_],
    duration: NDArray[np.int64],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            _spread(state, at_ns[row], out[row])
            row += 1
        if frame < len(time_ns) and counts[frame] and duration[frame] >= 0:
            _hear(state.fading, math.log2(1.0 + duration[frame]), time_ns[frame])


@compiled_part
def _hear(fading: Tallies, octaves: float, now_ns: int) -> None:
    advance(fading, now_ns)
    add(fading, FRAMES, 1.0)
    add(fading, SUM, octaves)
    add(fading, SQUARES, octaves * octaves)


@compiled_part
def _spread(state: DurationState, at_ns: int, row: NDArray[np.float32]) -> None:
    for horizon in range(len(HORIZONS_S)):
        row[state.spread[0] + horizon] = deviation(state.fading, FRAMES, SUM, SQUARES, horizon, at_ns)
