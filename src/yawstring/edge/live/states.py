"""A drone's states as they come: beside the application that flies it, or at a port of our own.

Programs that control a Tello bind UDP ports 8889 and 8890 and share them with nobody, so none of these is bound by
default. ``sniff`` captures the datagrams to port 8890 at an interface, whoever receives them; ``udp`` binds the port
that the user names, for a program that sends states on. The kernel stamps what it receives.
"""

import contextlib
import errno
import socket
import struct
from collections import Counter, deque
from dataclasses import dataclass, field

import polars as pl

from yawstring.edge.live.granting import open_packets
from yawstring.edge.live.interfaces import why_gone
from yawstring.table.telemetry import frame_of, from_states
from yawstring.wire.tello import read_datagrams

MOST_HELD = 1 << 12
"""Datagrams that wait to be asked for, and that are taken from the kernel in one go; what is beyond is counted."""

_MOST_OCTETS = 2048
_SO_TIMESTAMPNS, _SO_RXQ_OVFL = 35, 40
_TIMESPEC, _COUNT = struct.Struct("@ll"), struct.Struct("@I")
_NS_PER_S = 1_000_000_000
_LEAST_IP, _UDP_HEADER, _VERSION_4 = 20, 8, 4


@dataclass(kw_only=True, eq=False)
class Received:
    """What has been received, and what could not be read of it.

    Attributes:
        rejects: Reason and count of datagrams that are no state.
        lost: Datagrams that there was no room for.
        stepped: States stamped before the one they came behind, for the clock was set back; they have its time.
    """

    rejects: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    stepped: int = 0
    _held: deque[tuple[int, int, bytes]] = field(default_factory=deque)
    _last_ns: int = 0

    def add(self, time_ns: int, octets: bytes) -> None:
        """Keep a datagram until the time of its receipt is asked for."""
        if len(self._held) == MOST_HELD:
            self.lost += 1
            return
        self.stepped += time_ns < self._last_ns
        self._last_ns = max(self._last_ns, time_ns)
        self._held.append((time_ns, self._last_ns, octets))

    def until(self, until_ns: int) -> pl.DataFrame:
        """The states received up to then, as a telemetry table; they are held no longer."""
        # Where the clock was set back, those in front of one that is due are due as well.
        due = max(
            (place for place, (stamped_ns, _, _) in enumerate(self._held, 1) if stamped_ns <= until_ns), default=0
        )
        states = read_datagrams(self._held.popleft()[1:] for _ in range(due))
        self.rejects.update(states.rejects)
        return frame_of(from_states(states))


class KernelStates:
    """States that a socket receives; see :func:`sniff_states` and :func:`bind_states`.

    Attributes:
        received: What was received so far.
    """

    def __init__(self, datagrams: socket.socket, interface: str = "") -> None:
        """``interface`` is the one that whole IP packets are captured at; without, the socket gives payloads."""
        self.received = Received()
        self._socket, self._interface = datagrams, interface
        self._index = socket.if_nametoindex(interface) if interface else 0
        self._overflown = 0
        datagrams.setblocking(False)
        datagrams.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        datagrams.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        # What waited here before anybody listened would be stamped when it is read, long after it came.
        with contextlib.suppress(BlockingIOError):
            for _ in range(MOST_HELD):
                datagrams.recv(_MOST_OCTETS)

    def gone(self) -> str:
        """Why no more can come; empty while it can."""
        return why_gone(self._interface, self._index) if self._interface else ""

    def poll(self, until_ns: int) -> pl.DataFrame:
        """States received up to then and not given before; never waits."""
        for _ in range(MOST_HELD):
            try:
                octets, about, _, _ = self._socket.recvmsg(_MOST_OCTETS, 256)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno not in (errno.ENETDOWN, errno.EBADF):
                    raise
                break  # told once of an interface that went, or closed: gone() says so
            self._take(octets, about)
        return self.received.until(until_ns)

    def _take(self, octets: bytes, about: list[tuple[int, int, bytes]]) -> None:
        notes = {kind: content for level, kind, content in about if level == socket.SOL_SOCKET}
        if _SO_RXQ_OVFL in notes:
            (overflown,) = _COUNT.unpack(notes[_SO_RXQ_OVFL])
            self.received.lost += (overflown - self._overflown) % (1 << 32)
            self._overflown = overflown
        seconds, nanoseconds = _TIMESPEC.unpack(notes[_SO_TIMESTAMPNS])
        payload = udp_payload(octets) if self._interface else octets
        self.received.add(seconds * _NS_PER_S + nanoseconds, payload)

    def close(self) -> None:
        """Let go of the socket; twice does no harm."""
        self._socket.close()


def sniff_states(interface: str, packets: socket.socket | None = None) -> KernelStates:
    """The states that arrive at an interface, beside the application that receives them; nothing is bound.

    Args:
        interface: The one by which the ground station is in the drone's network.
        packets: A packet socket of it that was granted; without, one is opened.

    Raises:
        OSError: There is no such interface, or this process may not capture at it.
    """
    return KernelStates(packets or open_packets(interface, telemetry=True), interface)


def bind_states(host: str, port: int) -> KernelStates:
    """The states that are sent to a port of this machine; the port is bound and shared with nobody.

    Raises:
        OSError: It cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    datagrams = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        datagrams.bind((host, port))
        return KernelStates(datagrams)
    except OSError:
        datagrams.close()
        raise


def udp_payload(packet: bytes) -> bytes:
    """The payload of a UDP datagram in an IPv4 packet (RFC 791, RFC 768); none where the packet is not whole.

    Example:
        >>> header = bytes.fromhex("4500001f000000004011 0000 c0a80a01 c0a80a02")
        >>> udp_payload(header + bytes.fromhex("22ba22ba000b0000") + b"h:3" + b"padding")
        b'h:3'
    """
    if len(packet) < _LEAST_IP or packet[0] >> 4 != _VERSION_4:
        return b""
    header, length = 4 * (packet[0] & 15), int.from_bytes(packet[2:4], "big")
    at = header + _UDP_HEADER
    if header < _LEAST_IP or at > min(length, len(packet)):
        return b""
    end = header + int.from_bytes(packet[header + 4 : header + 6], "big")
    return packet[at:end] if at <= end <= min(length, len(packet)) else b""
