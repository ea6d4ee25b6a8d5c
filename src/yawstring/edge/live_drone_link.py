"""Where a client finds the simulated drone: a network of its own behind a TUN device, or an address of the loopback.

Behind a TUN device (Linux, ``tuntap.rst``) the drone has no socket: the kernel hands over every IP packet that a client
sends to 192.168.10.1 and takes the drone's as if they came from outside, so none of the host's ports is in use. The
device may be in a network namespace of the client's. It goes away with its descriptor, however the program ends.
"""

import ctypes
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol

from yawstring.edge.live.tap import set_up
from yawstring.errors import OptionError, SourceError
from yawstring.simulate.live import Datagram, Peer
from yawstring.simulate.packets import COMMAND_PORT, SNAP_OCTETS, UDP_PROTOCOL, datagram
from yawstring.simulate.scene import CONTROLLER_IP, DRONE_IP

NAMESPACES = Path("/run/netns")
"""Where ``ip netns add`` keeps the names of namespaces."""

_DEVICE = "/dev/net/tun"
_INTERFACE = "yawdrone%d"
_NAME_OCTETS = 16
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_TUNSETIFF = 0x400454CA
_SIOCSIFADDR, _SIOCSIFNETMASK = 0x8916, 0x891C
_NETMASK = 0xFFFFFF00
_CLONE_NEWNET = 0x40000000
_MOST_OCTETS = 65536
_AT_ONCE = 64
"""Packets taken in one go: a flood does not keep the drone from flying."""

_IP_OCTETS, _UDP_OCTETS = 20, 8
_FRAGMENT = 0x3FFF


class Link(Protocol):
    """Where datagrams come from and go to."""

    where: str
    """Address of the drone's command port, for the reader."""

    def receive(self) -> list[tuple[bytes, Peer]]:
        """Datagrams to the command port that have come in, without waiting."""

    def send(self, one: Datagram) -> None:
        """Send a datagram; one that cannot be sent is lost, as on the air."""

    def close(self) -> None:
        """Take the drone away."""


class Tun:
    """A network of the drone's own.

    Args:
        namespace: Name of the network namespace that the client is in; this program's own if None.

    Raises:
        SourceError: No TUN device can be made; one line says why.
        OptionError: There is no such namespace.
    """

    def __init__(self, namespace: str | None = None) -> None:
        self._count = 0
        with within_namespace(namespace):
            try:
                self._device = os.open(_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                raise _refused(error) from None
            try:
                self.name = self._made()
            except OSError as error:
                os.close(self._device)
                raise _refused(error) from None
        self.where = f"{IPv4Address(DRONE_IP)}:{COMMAND_PORT}"

    def _made(self) -> str:
        request = struct.pack(f"{_NAME_OCTETS}sH22x", _INTERFACE.encode(), _IFF_TUN | _IFF_NO_PI)
        made = fcntl.ioctl(self._device, _TUNSETIFF, request)[:_NAME_OCTETS].rstrip(b"\0").decode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            for what, value in ((_SIOCSIFADDR, CONTROLLER_IP), (_SIOCSIFNETMASK, _NETMASK)):
                asked = struct.pack(
                    f"{_NAME_OCTETS}sHH4s8x", made.encode(), socket.AF_INET, 0, value.to_bytes(4, "big")
                )
                fcntl.ioctl(any_socket, what, asked)
        set_up(made, up=True)
        return made

    def receive(self) -> list[tuple[bytes, Peer]]:
        """Datagrams to the command port that have come in, without waiting."""
        found: list[tuple[bytes, Peer]] = []
        for _ in range(_AT_ONCE):
            try:
                packet = os.read(self._device, _MOST_OCTETS)
            except BlockingIOError:
                break
            if (one := read_datagram(packet)) is not None:
                found.append(one)
        return found

    def send(self, one: Datagram) -> None:
        """Send a datagram; one that cannot be sent is lost, as on the air."""
        address, port = one.peer
        packet = datagram(DRONE_IP, int(IPv4Address(address)), (COMMAND_PORT, port), one.octets, self._count)
        self._count += 1
        try:
            os.write(self._device, packet[SNAP_OCTETS:])
        except OSError as error:
            # The interface was set down, or its queue is full.
            if error.errno not in (errno.EIO, errno.EAGAIN, errno.ENOBUFS):
                raise

    def close(self) -> None:
        """Take the drone away; twice does no harm."""
        if self._device >= 0:
            os.close(self._device)
            self._device = -1


class Loopback:
    """An address of the loopback, for whoever has no privileges.

    Args:
        address: Such as 127.0.0.2.

    Raises:
        OptionError: It is no address of the loopback.
        SourceError: Its port is in use.
    """

    def __init__(self, address: str) -> None:
        try:
            sound = IPv4Address(address).is_loopback
        except ValueError:
            sound = False
        if not sound:
            raise OptionError(f"--drone-address: found {address!r}, expected an address of the loopback, as 127.0.0.2")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._socket.bind((address, COMMAND_PORT))
        except OSError as error:
            self._socket.close()
            raise SourceError(f"{address}:{COMMAND_PORT}: {error.strerror}: choose another --drone-address") from None
        self.where = f"{address}:{COMMAND_PORT}"

    def receive(self) -> list[tuple[bytes, Peer]]:
        """Datagrams to the command port that have come in, without waiting."""
        found: list[tuple[bytes, Peer]] = []
        for _ in range(_AT_ONCE):
            try:
                octets, (address, port) = self._socket.recvfrom(_MOST_OCTETS)
            except (BlockingIOError, ConnectionRefusedError):
                # Refused: what an earlier datagram of ours ran into.
                break
            found.append((octets, (address, port)))
        return found

    def send(self, one: Datagram) -> None:
        """Send a datagram; one that cannot be sent is lost, as on the air."""
        try:
            self._socket.sendto(one.octets, one.peer)
        except (BlockingIOError, ConnectionRefusedError):
            return

    def close(self) -> None:
        """Take the drone away; twice does no harm."""
        self._socket.close()


def read_datagram(packet: bytes) -> tuple[bytes, Peer] | None:
    """The payload and sender of an IPv4 packet with a datagram to the drone's command port; None for all else.

    Example:
        >>> packet = datagram(CONTROLLER_IP, DRONE_IP, (9000, COMMAND_PORT), b"takeoff", 1)[SNAP_OCTETS:]
        >>> read_datagram(packet), read_datagram(packet[:-1]), read_datagram(b"")
        ((b'takeoff', ('192.168.10.2', 9000)), None, None)
    """
    if len(packet) < _IP_OCTETS or packet[0] >> 4 != 4:
        return None
    header = 4 * (packet[0] & 0xF)
    total, fragment = struct.unpack_from(">H2xH", packet, 2)
    source, target = struct.unpack_from(">II", packet, 12)
    whole = _IP_OCTETS <= header <= total - _UDP_OCTETS and total <= len(packet)
    if not whole or packet[9] != UDP_PROTOCOL or fragment & _FRAGMENT or target != DRONE_IP:
        return None
    ports_from, port, length = struct.unpack_from(">HHH", packet, header)
    if port != COMMAND_PORT or not _UDP_OCTETS <= length <= total - header:
        return None
    return packet[header + _UDP_OCTETS : header + length], (str(IPv4Address(source)), ports_from)


@contextmanager
def within_namespace(name: str | None) -> Iterator[None]:
    """This thread in a named network namespace, for as long as the block lasts.

    Raises:
        OptionError: There is none of that name.
        SourceError: This user may not enter it.
    """
    if name is None:
        yield
        return
    path = NAMESPACES / name
    if "/" in name or not path.exists():
        raise OptionError(f"--client-namespace: found no namespace {name!r}: make one with `ip netns add {name}`")
    before, there = os.open("/proc/thread-self/ns/net", os.O_RDONLY), os.open(path, os.O_RDONLY)
    try:
        _enter(there)
        yield
    finally:
        _enter(before)
        os.close(before)
        os.close(there)


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, _CLONE_NEWNET):
        raise SourceError(f"--client-namespace: {os.strerror(ctypes.get_errno())}: run this as root")


def _refused(error: OSError) -> SourceError:
    if error.errno in (errno.EPERM, errno.EACCES):
        return SourceError(
            "simulate --live: a network of the drone's own takes root (CAP_NET_ADMIN): run this as root, or give "
            "--drone-address 127.0.0.2"
        )
    return SourceError(f"simulate --live: no TUN device can be made ({error.strerror}): is {_DEVICE} there?")
