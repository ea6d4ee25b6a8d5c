"""Signals of the protocols of the watched link, on an open network or where a table's author could read them.

A Tello speaks UDP between three ports of its own (Tello SDK 2.0); which others are used names a capture, and is left
out.
"""

from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import DATA_LANES, HORIZONS_S
from yawstring.schema.signals.traffic import PROTOCOL_SIGNALS
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.lanes import NO_LANE, data_lanes
from yawstring.table.signals.layout import Fractions, fractions_of
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.tallies import Tallies, add, advance, fractions, tallies

PACKETS, UDP, TCP, ICMP, ARP, EAPOL, TELLO, COUNTS = range(8)
"""What is counted, in each lane."""

MEASURES: Final = {
    "udp": (UDP, PACKETS),
    "tcp": (TCP, PACKETS),
    "icmp": (ICMP, PACKETS),
    "arp": (ARP, PACKETS),
    "eapol": (EAPOL, PACKETS),
    "tello": (TELLO, PACKETS),
}

IPV4, ADDRESS_RESOLUTION, AUTHENTICATION = 0x0800, 0x0806, 0x888E
OF_IP: Final = {UDP: 17, TCP: 6, ICMP: 1}
TELLO_PORTS: Final = (8889, 8890, 11111)


class ProtocolState(NamedTuple):
    """Counts of packets.

    Attributes:
        fading: ``[lane and count, horizon]``.
        layout: Where they go.
    """

    fading: Tallies
    layout: Fractions


class Protocols(Group):
    """What the link carries."""

    signals: ClassVar[tuple[Signal, ...]] = PROTOCOL_SIGNALS

    def start(self, options: SignalOptions) -> ProtocolState:
        """Nothing heard yet."""
        layout = fractions_of(self.signals, "protocol", DATA_LANES, COUNTS, MEASURES)
        return ProtocolState(tallies(len(DATA_LANES) * COUNTS, HORIZONS_S), layout)

    def step(
        self, state: ProtocolState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[ProtocolState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        protocol = _protocols(inputs)
        lane = np.where(protocol == 0, np.int8(NO_LANE), data_lanes(inputs, roles))
        _count(state, inputs.time_ns, lane, protocol, plan.after, plan.time_ns, out)
        return state, out


def _protocols(inputs: Inputs) -> NDArray[np.int64]:
    """``int64[frame]``: a bit for each that a packet counts as; 0 where none can be read."""
    ether, above = inputs.whole("llc.type"), inputs.whole("ip.proto")
    made: NDArray[np.int64] = np.where(ether > 0, 1 << PACKETS, 0)
    for one, number in OF_IP.items():
        made |= np.where((ether == IPV4) & (above == number), 1 << one, 0)
    made |= np.where(ether == ADDRESS_RESOLUTION, 1 << ARP, 0)
    made |= np.where(ether == AUTHENTICATION, 1 << EAPOL, 0)
    ports = np.isin(inputs.whole("udp.srcport"), TELLO_PORTS) | np.isin(inputs.whole("udp.dstport"), TELLO_PORTS)
    made |= np.where((made > 0) & ports, 1 << TELLO, 0)
    return made


@compiled
def _count(
    state: ProtocolState,
    time_ns: NDArray[np.int64],
    lane: NDArray[np.int8],
    protocol: NDArray[np.int64],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            row += 1
        if frame < len(time_ns) and lane[frame] != NO_LANE:
            _hear(state.fading, lane[frame] * COUNTS, protocol[frame], time_ns[frame])


@compiled_part
def _hear(fading: Tallies, first: int, protocol: int, now_ns: int) -> None:
    advance(fading, now_ns)
    for one in range(COUNTS):
        if (protocol >> one) & 1:
            add(fading, first + one, 1.0)
