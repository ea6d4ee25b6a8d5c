"""Signals of the IPv4 identification of drone and controller, a count of the sender's network stack.

Packets recorded and sent again have the one they had; a third station that speaks under an address has its own count
(RFC 6864; S. Bellovin, "A technique for counting NATted hosts", IMW 2002).
"""

from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import DATA_LANES, HORIZONS_S
from yawstring.schema.signals.replays import IDENTIFICATION_SIGNALS
from yawstring.table.signals.counters import JUMP, REGRESS, REPEAT, SWITCH, Counters, counters, follow
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.lanes import NO_LANE, data_lanes, retries
from yawstring.table.signals.layout import Fractions, fractions_of
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.slots import paired, place
from yawstring.table.signals.tallies import RATE, Tallies, add, advance, fractions, tallies

SENDERS: Final = 256
"""Counts followed at a time."""

LAST_IDENTIFICATION: Final = 65535
PORT_BITS: Final = 16

PACKETS, REPEATS, REGRESSES, JUMPS, SWITCHES, COUNTS = range(6)
"""What is counted, in each lane."""

MEASURES: Final = {
    "repeats": (REPEATS, PACKETS),
    "regresses": (REGRESSES, PACKETS),
    "jumps": (JUMPS, RATE),
    "switches": (SWITCHES, RATE),
}


class IdentificationState(NamedTuple):
    """Counts of identifications.

    Attributes:
        counters: By transmitter and flow.
        keys: ``int64[slot]``, of transmitter and flow.
        heard_ns: ``int64[slot]``, when last.
        number: ``int64[slot]``, sequence number it had.
        fading: ``[lane and count, horizon]``.
        layout: Where they go.
    """

    counters: Counters
    keys: NDArray[np.int64]
    heard_ns: NDArray[np.int64]
    number: NDArray[np.int64]
    fading: Tallies
    layout: Fractions


class Columns(NamedTuple):
    """Columns of a chunk, ``[frame]`` each.

    Attributes:
        time_ns: Receive times.
        lane: See :mod:`~yawstring.table.signals.lanes`.
        sender: Transmitter address.
        source: IPv4 source address.
        target: IPv4 destination address.
        ports: UDP ports, both in one number.
        length: Length of the IPv4 packet.
        identification: IPv4 identification.
        number: Sequence number of the frame.
        retry: Retry bit.
    """

    time_ns: NDArray[np.int64]
    lane: NDArray[np.int8]
    sender: NDArray[np.int64]
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    ports: NDArray[np.int64]
    length: NDArray[np.int64]
    identification: NDArray[np.int64]
    number: NDArray[np.int64]
    retry: NDArray[np.int64]


class Identifications(Group):
    """What the identifications say."""

    signals: ClassVar[tuple[Signal, ...]] = IDENTIFICATION_SIGNALS

    def start(self, options: SignalOptions) -> IdentificationState:
        """Nobody followed yet."""
        return IdentificationState(
            counters=counters(SENDERS),
            keys=np.full(SENDERS, MISSING),
            heard_ns=np.zeros(SENDERS, np.int64),
            number=np.zeros(SENDERS, np.int64),
            fading=tallies(len(DATA_LANES) * COUNTS, HORIZONS_S),
            layout=fractions_of(self.signals, "ip_id", DATA_LANES, COUNTS, MEASURES),
        )

    def step(
        self, state: IdentificationState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[IdentificationState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        columns = Columns(
            time_ns=inputs.time_ns,
            lane=data_lanes(inputs, roles),
            sender=inputs.whole("wlan.ta"),
            source=inputs.whole("ip.src"),
            target=inputs.whole("ip.dst"),
            ports=(inputs.whole("udp.srcport") << PORT_BITS) ^ inputs.whole("udp.dstport"),
            length=inputs.whole("ip.len"),
            identification=inputs.whole("ip.id"),
            number=inputs.whole("wlan.seq"),
            retry=retries(inputs),
        )
        _identifications(state, columns, plan.after, plan.time_ns, out)
        return state, out


@compiled
def _identifications(
    state: IdentificationState,
    columns: Columns,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    for frame in range(len(columns.time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            row += 1
        if frame < len(columns.time_ns) and columns.lane[frame] != NO_LANE and columns.length[frame] > 0:
            _hear(state, columns, frame)


@compiled_part
def _hear(state: IdentificationState, columns: Columns, frame: int) -> None:
    now_ns, first = columns.time_ns[frame], columns.lane[frame] * COUNTS
    identification = columns.identification[frame]
    if not 0 <= identification <= LAST_IDENTIFICATION or columns.retry[frame] == 1:
        return
    # A connected socket may have a count of its own: Linux gives it one.
    key = paired(paired(columns.sender[frame], columns.source[frame]), columns.target[frame])
    key = paired(key, columns.ports[frame])
    if columns.retry[frame] == MISSING and _same_frame(state, key, columns.number[frame], now_ns):
        return
    kind = follow(state.counters, key, identification, LAST_IDENTIFICATION, now_ns)
    advance(state.fading, now_ns)
    add(state.fading, first + PACKETS, 1.0)
    if kind == REPEAT:
        add(state.fading, first + REPEATS, 1.0)
    elif kind == REGRESS:
        add(state.fading, first + REGRESSES, 1.0)
    elif kind == JUMP:
        add(state.fading, first + JUMPS, 1.0)
    elif kind == SWITCH:
        add(state.fading, first + SWITCHES, 1.0)


@compiled_part
def _same_frame(state: IdentificationState, key: int | np.int64, number: int, now_ns: int) -> bool:
    """Whether it has the sequence number of the sender's latest: a retry, where nobody says which bit."""
    slot, fresh = place(state.keys, state.heard_ns, key, now_ns)
    same = not fresh and state.number[slot] == number
    state.number[slot] = number
    return same
