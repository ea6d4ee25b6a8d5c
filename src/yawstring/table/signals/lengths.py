"""Signals of how long the frames of the watched link are: video, telemetry and commands have lengths of their own.

The radio header is left out: its length names a receiver. An entropy over half octaves says how varied they are.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import DATA_LANES, HORIZONS_S
from yawstring.schema.signals.traffic import LENGTH_SIGNALS
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.lanes import NO_LANE, NULL_BIT, UP, data_lanes
from yawstring.table.signals.layout import Fractions, columns_of, fractions_of
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.tallies import LEAST_WEIGHT, Tallies, add, advance, deviation, fractions, left, tallies

FRAMES, SUM, SQUARES, SAME, NULLS, OCTETS = range(6)
"""What is counted, in each lane; then the bins of lengths."""

BINS: Final = 12
BINS_PER_OCTAVE: Final = 2
FIRST_OCTAVE: Final = 5
"""All up to 2^5 octets are in the first bin, all from 2^10.5 on in the last."""

FIRST_BIN: Final = 6
COUNTS: Final = FIRST_BIN + BINS
BOTH: Final = len(DATA_LANES) * COUNTS
"""After the lanes: frames and octets of both."""

MEASURES: Final = {"mean": (SUM, FRAMES), "same": (SAME, FRAMES), "nulls": (NULLS, FRAMES)}
OF_LINK: Final = {
    "frames_up": (UP * COUNTS + FRAMES, BOTH),
    "octets_up": (UP * COUNTS + OCTETS, BOTH + 1),
}
OTHERS: Final = ("spread", "variety")


class LengthState(NamedTuple):
    """Lengths.

    Attributes:
        fading: ``[lane and count, horizon]``, then both lanes.
        before: ``int64[lane]``, length of the latest frame.
        layout: Where the fractions go.
        others: ``int64[lane, 2]``, where spread and variety go.
    """

    fading: Tallies
    before: NDArray[np.int64]
    layout: Fractions
    others: NDArray[np.int64]


class Lengths(Group):
    """How long frames are."""

    signals: ClassVar[tuple[Signal, ...]] = LENGTH_SIGNALS

    def start(self, options: SignalOptions) -> LengthState:
        """Nothing heard yet."""
        lanes = fractions_of(self.signals, "length", DATA_LANES, COUNTS, MEASURES)
        link = fractions_of(self.signals, "length", ("link",), 0, OF_LINK)
        names = [f"length_{lane}_{measure}" for lane in DATA_LANES for measure in OTHERS]
        return LengthState(
            fading=tallies(BOTH + 2, HORIZONS_S),
            before=np.full(len(DATA_LANES), MISSING),
            layout=Fractions(*(np.concatenate(pair) for pair in zip(lanes, link, strict=True))),
            others=columns_of(self.signals, names).reshape(len(DATA_LANES), len(OTHERS)),
        )

    def step(
        self, state: LengthState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[LengthState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        nulls = (inputs.whole("wlan.fc.subtype") & NULL_BIT) != 0
        lengths, headers = inputs.whole("frame.len"), inputs.whole("radiotap.length")
        _lengths(
            state, inputs.time_ns, data_lanes(inputs, roles), lengths, headers, nulls, plan.after, plan.time_ns, out
        )
        return state, out


@compiled
def _lengths(  # columns, plan, and where to
    state: LengthState,
    time_ns: NDArray[np.int64],
    lane: NDArray[np.int8],
    lengths: NDArray[np.int64],
    headers: NDArray[np.int64],
    nulls: NDArray[np.bool_],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    fading, before = state.fading, state.before
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            _give(state, at_ns[row], out[row])
            row += 1
        if frame < len(time_ns) and lane[frame] != NO_LANE:
            length = max(lengths[frame] - max(headers[frame], 0), 1)
            _hear(fading, before, lane[frame], length, nulls[frame], time_ns[frame])


@compiled_part
def _hear(fading: Tallies, before: NDArray[np.int64], lane: int, length: int, null: bool, now_ns: int) -> None:
    first, octaves = lane * COUNTS, math.log2(length)
    advance(fading, now_ns)
    add(fading, first + FRAMES, 1.0)
    add(fading, BOTH, 1.0)
    add(fading, first + OCTETS, float(length))
    add(fading, BOTH + 1, float(length))
    add(fading, first + SUM, octaves)
    add(fading, first + SQUARES, octaves * octaves)
    add(fading, first + FIRST_BIN + _bin(octaves), 1.0)
    if null:
        add(fading, first + NULLS, 1.0)
    if length == before[lane]:
        add(fading, first + SAME, 1.0)
    before[lane] = length


@compiled_part
def _bin(octaves: float) -> int:
    return int(min(max((octaves - FIRST_OCTAVE) * BINS_PER_OCTAVE, 0.0), BINS - 1.0))


@compiled_part
def _give(state: LengthState, at_ns: int, row: NDArray[np.float32]) -> None:
    for lane in range(len(state.others)):
        first = lane * COUNTS
        spread, variety = state.others[lane]
        for horizon in range(len(HORIZONS_S)):
            known = left(state.fading, first + FRAMES, horizon, at_ns) >= LEAST_WEIGHT
            row[variety + horizon] = _entropy(state.fading, first, horizon) if known else math.nan
            row[spread + horizon] = deviation(
                state.fading, first + FRAMES, first + SUM, first + SQUARES, horizon, at_ns
            )


@compiled_part
def _entropy(fading: Tallies, first: int, horizon: int) -> float:
    """Of the bins, in bits; how much they have faded is the same for all."""
    total = fading.counts[first + FRAMES, horizon]
    entropy = 0.0
    for one in range(first + FIRST_BIN, first + FIRST_BIN + BINS):
        share = fading.counts[one, horizon] / total
        if share > 0.0:
            entropy -= share * math.log2(share)
    return max(entropy, 0.0)
