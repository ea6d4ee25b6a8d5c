"""Signals of the sequence numbers of drone and controller, whoever it is that speaks under their names.

A transmitter counts management frames and data without QoS in one count, and QoS data in one for each receiver and
traffic class; the number of a QoS frame without data means nothing (IEEE 802.11-2020, 10.3.2.14.2).
"""

from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import HORIZONS_S, LANES
from yawstring.schema.signals.sequences import SEQUENCE_SIGNALS
from yawstring.table.signals.counters import JUMP, REGRESS, REPEAT, STEP, SWITCH, Counters, counters, follow
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.lanes import DATA_TYPE, NO_LANE, NULL_BIT, QOS_BIT, lanes, retries
from yawstring.table.signals.layout import Fractions, fractions_of
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.slots import paired
from yawstring.table.signals.tallies import RATE, Tallies, add, advance, fractions, tallies

SENDERS: Final = 4096
"""Counts followed at a time."""

LAST_NUMBER: Final = 4095
NO_CLASS: Final = 16
"""In place of a traffic class, 0 to 15: the count of all that has none."""

FRAMES, MISSED, EXPECTED, REPEATS, REGRESSES, UNMARKED, JUMPS, SWITCHES, RETRIES, COUNTS = range(10)
"""What is counted, in each lane."""

MEASURES: Final = {
    "missing": (MISSED, EXPECTED),
    "repeats": (REPEATS, FRAMES),
    "regresses": (REGRESSES, FRAMES),
    "unmarked": (UNMARKED, RATE),
    "jumps": (JUMPS, RATE),
    "switches": (SWITCHES, RATE),
    "retries": (RETRIES, FRAMES),
}


class SequenceState(NamedTuple):
    """Counts of numbers.

    Attributes:
        counters: By transmitter and count.
        fading: ``[lane and count, horizon]``.
        layout: Where they go.
    """

    counters: Counters
    fading: Tallies
    layout: Fractions


class Columns(NamedTuple):
    """Columns of a chunk, ``[frame]`` each.

    Attributes:
        time_ns: Receive times.
        lane: See :mod:`~yawstring.table.signals.lanes`.
        sender: Transmitter address.
        receiver: Receiver address.
        type: Frame type.
        subtype: Its subtype.
        priority: Traffic class.
        number: Sequence number.
        fragment: Fragment number: those after the first repeat the sequence number.
        retry: Retry bit.
    """

    time_ns: NDArray[np.int64]
    lane: NDArray[np.int8]
    sender: NDArray[np.int64]
    receiver: NDArray[np.int64]
    type: NDArray[np.int64]
    subtype: NDArray[np.int64]
    priority: NDArray[np.int64]
    number: NDArray[np.int64]
    fragment: NDArray[np.int64]
    retry: NDArray[np.int64]


class Sequences(Group):
    """What the sequence numbers say."""

    signals: ClassVar[tuple[Signal, ...]] = SEQUENCE_SIGNALS

    def start(self, options: SignalOptions) -> SequenceState:
        """Nobody followed yet."""
        layout = fractions_of(self.signals, "sequence", LANES, COUNTS, MEASURES)
        return SequenceState(counters(SENDERS), tallies(len(LANES) * COUNTS, HORIZONS_S), layout)

    def step(
        self, state: SequenceState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[SequenceState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        columns = Columns(
            time_ns=inputs.time_ns,
            lane=lanes(inputs, roles),
            sender=inputs.whole("wlan.ta"),
            receiver=inputs.whole("wlan.ra"),
            type=inputs.whole("wlan.fc.type"),
            subtype=inputs.whole("wlan.fc.subtype"),
            priority=inputs.whole("wlan.qos.priority"),
            number=inputs.whole("wlan.seq"),
            fragment=inputs.whole("wlan.frag"),
            retry=retries(inputs),
        )
        _sequences(state, columns, plan.after, plan.time_ns, out)
        return state, out


@compiled
def _sequences(
    state: SequenceState,
    columns: Columns,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    counters, fading = state.counters, state.fading
    for frame in range(len(columns.time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            row += 1
        if frame < len(columns.time_ns) and columns.lane[frame] != NO_LANE:
            _hear(counters, fading, columns, frame)


@compiled_part
def _hear(counters: Counters, fading: Tallies, columns: Columns, frame: int) -> None:
    number, of_class = columns.number[frame], columns.type[frame] == DATA_TYPE and columns.subtype[frame] & QOS_BIT != 0
    if not 0 <= number <= LAST_NUMBER or columns.fragment[frame] > 0:
        return
    if of_class and columns.subtype[frame] & NULL_BIT:
        return
    count = NO_CLASS
    receiver = 0
    if of_class:
        count, receiver = max(columns.priority[frame], 0), columns.receiver[frame]
    key = paired(paired(columns.sender[frame], receiver), count)
    now_ns = columns.time_ns[frame]
    kind = follow(counters, key, number, LAST_NUMBER, now_ns)
    advance(fading, now_ns)
    _count(fading, float(counters.missed[0]), columns.lane[frame] * COUNTS, kind, columns.retry[frame])


@compiled_part
def _count(fading: Tallies, missed: float, first: int, kind: int, retry: int) -> None:
    add(fading, first + FRAMES, 1.0)
    add(fading, first + EXPECTED, 1.0 + missed)
    if kind == STEP and missed:
        add(fading, first + MISSED, missed)
    elif kind == REPEAT:
        add(fading, first + REPEATS, 1.0)
    elif kind == REGRESS:
        add(fading, first + REGRESSES, 1.0)
    elif kind == JUMP:
        add(fading, first + JUMPS, 1.0)
    elif kind == SWITCH:
        add(fading, first + SWITCHES, 1.0)
    if retry == 1:
        add(fading, first + RETRIES, 1.0)
    elif retry == 0 and kind in (REPEAT, REGRESS):
        add(fading, first + UNMARKED, 1.0)
