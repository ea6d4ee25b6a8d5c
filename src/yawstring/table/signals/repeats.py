"""Signals of packets and payloads that were sent before: the mark of a replay on an open network, and under WPA2, too.

A packet is its payload and its IPv4 identification; the ciphertext of an encrypted one has its packet number in it. A
retry is the same packet under the same sequence number, with the retry bit, or at once where nobody says which bit.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import DATA_LANES, HORIZONS_S
from yawstring.schema.signals.replays import REPEAT_SIGNALS
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.lanes import NO_LANE, data_lanes, retries
from yawstring.table.signals.layout import Fractions, fractions_of
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.slots import paired, place
from yawstring.table.signals.tallies import RATE, Tallies, add, advance, fractions, tallies

REMEMBERED: Final = 8192
"""Packets, and as many payloads."""

MARKED_NS: Final = 500_000_000
"""Within so long the same packet under the same sequence number, with the retry bit, is a retry."""

UNKNOWN_NS: Final = 50_000_000
"""The same, where the retry bit isn't known."""

NS_PER_MS: Final = 1e6

PACKETS, AGAIN, AGES, SAME_PAYLOAD, COUNTS = range(5)
"""What is counted, in each lane."""

MEASURES: Final = {
    "packets": (AGAIN, RATE),
    "packet_share": (AGAIN, PACKETS),
    "payload_share": (SAME_PAYLOAD, PACKETS),
    "age": (AGES, AGAIN),
}


class Remembered(NamedTuple):
    """What was sent.

    Attributes:
        keys: ``int64[slot]``, of what it is.
        heard_ns: ``int64[slot]``, when last.
        number: ``int64[slot]``, sequence number it last had.
        sent_ns: ``int64[slot]``, when it was last sent.
    """

    keys: NDArray[np.int64]
    heard_ns: NDArray[np.int64]
    number: NDArray[np.int64]
    sent_ns: NDArray[np.int64]


class RepeatState(NamedTuple):
    """What was sent, and how often again.

    Attributes:
        packets: By sender, payload and identification.
        payloads: By sender and payload.
        fading: ``[lane and count, horizon]``.
        layout: Where they go.
    """

    packets: Remembered
    payloads: Remembered
    fading: Tallies
    layout: Fractions


class Columns(NamedTuple):
    """Columns of a chunk, ``[frame]`` each.

    Attributes:
        time_ns: Receive times.
        lane: See :mod:`~yawstring.table.signals.lanes`.
        sender: Transmitter address.
        number: Sequence number.
        retry: Retry bit.
        payload: Hash or code of the payload.
        identification: IPv4 identification.
    """

    time_ns: NDArray[np.int64]
    lane: NDArray[np.int8]
    sender: NDArray[np.int64]
    number: NDArray[np.int64]
    retry: NDArray[np.int64]
    payload: NDArray[np.int64]
    identification: NDArray[np.int64]


class Repeats(Group):
    """What is sent again."""

    signals: ClassVar[tuple[Signal, ...]] = REPEAT_SIGNALS

    def start(self, options: SignalOptions) -> RepeatState:
        """Nothing sent yet."""
        return RepeatState(
            packets=_nothing(),
            payloads=_nothing(),
            fading=tallies(len(DATA_LANES) * COUNTS, HORIZONS_S),
            layout=fractions_of(self.signals, "repeat", DATA_LANES, COUNTS, MEASURES),
        )

    def step(
        self, state: RepeatState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[RepeatState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        columns = Columns(
            time_ns=inputs.time_ns,
            lane=data_lanes(inputs, roles),
            sender=inputs.whole("wlan.ta"),
            number=inputs.whole("wlan.seq"),
            retry=retries(inputs),
            payload=_payloads(inputs),
            identification=inputs.whole("ip.id"),
        )
        _repeats(state, columns, plan.after, plan.time_ns, out)
        return state, out


def _payloads(inputs: Inputs) -> NDArray[np.int64]:
    """``int64[frame]``: what stands for the payload's octets, MISSING where there is none."""
    if inputs.has("payload_hash"):
        return inputs.whole("payload_hash")
    codes = inputs.whole("data.data")
    found = np.where(codes == 0, MISSING, codes)
    found.flags.writeable = False
    return found


def _nothing() -> Remembered:
    return Remembered(
        keys=np.full(REMEMBERED, MISSING),
        heard_ns=np.zeros(REMEMBERED, np.int64),
        number=np.zeros(REMEMBERED, np.int64),
        sent_ns=np.zeros(REMEMBERED, np.int64),
    )


@compiled
def _repeats(
    state: RepeatState,
    columns: Columns,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    packets, payloads, fading = state.packets, state.payloads, state.fading
    for frame in range(len(columns.time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            row += 1
        if frame < len(columns.time_ns) and columns.lane[frame] != NO_LANE and columns.payload[frame] != MISSING:
            _hear(packets, payloads, fading, columns, frame)


@compiled_part
def _hear(packets: Remembered, payloads: Remembered, fading: Tallies, columns: Columns, frame: int) -> None:
    now_ns, number, retry = columns.time_ns[frame], columns.number[frame], columns.retry[frame]
    first = columns.lane[frame] * COUNTS
    payload = paired(columns.sender[frame], columns.payload[frame])
    packet = paired(payload, columns.identification[frame])
    packet_age_ns, retried = _seen(packets, packet, number, retry, now_ns)
    payload_age_ns = packet_age_ns
    if columns.identification[frame] != MISSING:
        payload_age_ns, _ = _seen(payloads, payload, number, retry, now_ns)
    advance(fading, now_ns)
    if retried:
        return
    add(fading, first + PACKETS, 1.0)
    if payload_age_ns >= 0:
        add(fading, first + SAME_PAYLOAD, 1.0)
    if packet_age_ns >= 0:
        add(fading, first + AGAIN, 1.0)
        add(fading, first + AGES, math.log2(1.0 + packet_age_ns / NS_PER_MS))


@compiled_part
def _seen(what: Remembered, key: int | np.int64, number: int, retry: int, now_ns: int) -> tuple[int, bool]:
    """Time since it was last sent, -1 if it never was; and whether this is a retry of that."""
    slot, fresh = place(what.keys, what.heard_ns, key, now_ns)
    age_ns = -1 if fresh else now_ns - what.sent_ns[slot]
    same = not fresh and what.number[slot] == number
    what.number[slot], what.sent_ns[slot] = number, now_ns
    at_once = (retry == 1 and age_ns <= MARKED_NS) or (retry == MISSING and age_ns <= UNKNOWN_NS)
    return age_ns, same and at_once
