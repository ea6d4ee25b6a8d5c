"""Signals of the packet numbers of CCMP, TKIP and WEP: a key counts what it encrypts, and says no number twice.

Pairwise and group keys count apart, and a receiver keeps one count for each traffic class (IEEE 802.11-2020,
12.5.3.4.4). A retry has the number that it had, and the retry bit; an old number without it was recorded and is sent
again.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import DATA_LANES, HORIZONS_S
from yawstring.schema.signals.replays import PACKET_NUMBER_SIGNALS
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.lanes import NO_LANE, data_lanes, retries
from yawstring.table.signals.layout import Fractions, columns_of, fractions_of
from yawstring.table.signals.peaks import Peaks, peak, peaks, top
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.slots import paired, place
from yawstring.table.signals.tallies import RATE, Tallies, add, advance, fractions, tallies

KEYS: Final = 1024
"""Counts followed at a time."""

FEW: Final = 8
"""A number up to here after a higher one is the first of a new key."""

QUIET_NS: Final = 1_000_000_000
"""After so long without a new number an old one counts as the new count: the receiver may have missed a new key."""

GROUP_BIT: Final = 40
"""Of an address as a number: it is a group's."""

FRAMES, OLD, UNMARKED, RESTARTS, COUNTS = range(5)
"""What is counted, in each lane."""

MEASURES: Final = {"old": (OLD, FRAMES), "unmarked": (UNMARKED, RATE), "restarts": (RESTARTS, RATE)}


class Keys(NamedTuple):
    """Counts of keys.

    Attributes:
        keys: ``int64[slot]``, of transmitter, kind of key and traffic class.
        heard_ns: ``int64[slot]``, when last.
        highest: ``int64[slot]``.
        risen_ns: ``int64[slot]``, when it last rose.
    """

    keys: NDArray[np.int64]
    heard_ns: NDArray[np.int64]
    highest: NDArray[np.int64]
    risen_ns: NDArray[np.int64]


class PacketNumberState(NamedTuple):
    """Counts of keys, and what came of them.

    Attributes:
        keys: By transmitter, kind of key and traffic class.
        fading: ``[lane and count, horizon]``.
        depth: ``[1, horizon]``, how far behind.
        layout: Where they go.
        depth_column: ``int64[1]``, where the depth goes.
    """

    keys: Keys
    fading: Tallies
    depth: Peaks
    layout: Fractions
    depth_column: NDArray[np.int64]


class Columns(NamedTuple):
    """Columns of a chunk, ``[frame]`` each.

    Attributes:
        time_ns: Receive times.
        lane: See :mod:`~yawstring.table.signals.lanes`.
        sender: Transmitter address.
        receiver: Receiver address.
        priority: Traffic class.
        number: Packet number.
        retry: Retry bit.
    """

    time_ns: NDArray[np.int64]
    lane: NDArray[np.int8]
    sender: NDArray[np.int64]
    receiver: NDArray[np.int64]
    priority: NDArray[np.int64]
    number: NDArray[np.int64]
    retry: NDArray[np.int64]


class PacketNumbers(Group):
    """What the packet numbers say."""

    signals: ClassVar[tuple[Signal, ...]] = PACKET_NUMBER_SIGNALS

    def start(self, options: SignalOptions) -> PacketNumberState:
        """No key followed yet."""
        return PacketNumberState(
            keys=Keys(np.full(KEYS, MISSING), *(np.zeros(KEYS, np.int64) for _ in range(3))),
            fading=tallies(len(DATA_LANES) * COUNTS, HORIZONS_S),
            depth=peaks(1, HORIZONS_S),
            layout=fractions_of(self.signals, "packet_number", DATA_LANES, COUNTS, MEASURES),
            depth_column=columns_of(self.signals, ["packet_number_link_depth"]),
        )

    def step(
        self, state: PacketNumberState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[PacketNumberState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        columns = Columns(
            time_ns=inputs.time_ns,
            lane=data_lanes(inputs, roles),
            sender=inputs.whole("wlan.ta"),
            receiver=inputs.whole("wlan.ra"),
            priority=inputs.whole("wlan.qos.priority"),
            number=_numbers(inputs),
            retry=retries(inputs),
        )
        _packet_numbers(state, columns, plan.after, plan.time_ns, out)
        return state, out


def _numbers(inputs: Inputs) -> NDArray[np.int64]:
    ccmp, tkip, wep = map(inputs.whole, ("wlan.ccmp.extiv", "wlan.tkip.extiv", "wlan.wep.iv"))
    return np.maximum(np.maximum(ccmp, tkip), wep)


@compiled
def _packet_numbers(
    state: PacketNumberState,
    columns: Columns,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    keys, fading, depth = state.keys, state.fading, state.depth
    for frame in range(len(columns.time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            for horizon in range(len(state.depth.horizons_ns)):
                out[row, state.depth_column[0] + horizon] = peak(state.depth, 0, horizon, at_ns[row])
            row += 1
        if frame < len(columns.time_ns) and columns.lane[frame] != NO_LANE and columns.number[frame] >= 0:
            _hear(keys, fading, depth, columns, frame)


@compiled_part
def _hear(keys: Keys, fading: Tallies, depth: Peaks, columns: Columns, frame: int) -> None:
    now_ns, number, first = columns.time_ns[frame], columns.number[frame], columns.lane[frame] * COUNTS
    group = (columns.receiver[frame] >> GROUP_BIT) & 1
    key = paired(paired(columns.sender[frame], group), max(columns.priority[frame], -1))
    slot, fresh = place(keys.keys, keys.heard_ns, key, now_ns)
    advance(fading, now_ns)
    add(fading, first + FRAMES, 1.0)
    behind = 0 if fresh else keys.highest[slot] - number
    if fresh or behind < 0:
        _rise(keys, slot, number, now_ns)
        top(depth, 0, 0.0, now_ns)
        return
    retry = columns.retry[frame] == 1
    if not retry and (0 < number <= FEW < keys.highest[slot] or now_ns - keys.risen_ns[slot] > QUIET_NS):
        add(fading, first + RESTARTS, 1.0)
        _rise(keys, slot, number, now_ns)
        return
    add(fading, first + OLD, 1.0)
    if columns.retry[frame] != MISSING and not retry:
        add(fading, first + UNMARKED, 1.0)
        top(depth, 0, math.log2(1.0 + behind), now_ns)


@compiled_part
def _rise(keys: Keys, slot: int, number: int, now_ns: int) -> None:
    keys.highest[slot] = number
    keys.risen_ns[slot] = now_ns
