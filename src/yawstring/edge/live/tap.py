"""A radio without a radio: a TAP device of the link type of a monitor interface (Linux, ``tuntap.rst``; ``if_tun.h``).

The kernel makes a network interface of it. Frames written to the device come in at that interface as if heard, so that
a capture program, and :mod:`yawstring.edge.live.ring`, cannot tell it from a card in monitor mode. Nothing written to
it leaves the machine. It takes root (``CAP_NET_ADMIN``) and ``/dev/net/tun``.
"""

import errno
import fcntl
import os
import socket
import struct
from types import TracebackType

from yawstring.errors import SourceError

ARPHRD_RADIOTAP = 803
"""Link type of an interface that gives 802.11 frames behind radiotap headers (``if_arp.h``)."""

LEAST_FRAME_OCTETS = 14
"""The kernel takes what is shorter for no frame."""

_DEVICE = "/dev/net/tun"
_NAME_OCTETS = 16
_REQUEST = f"{_NAME_OCTETS}sH22x"
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000
_TUNSETIFF, _TUNSETLINK = 0x400454CA, 0x400454CD
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_IFF_UP = 1


class Tap:
    """A TAP device that is up, as :func:`open_tap` makes it; its interface goes when it is closed.

    Attributes:
        name: Name of the interface.
    """

    def __init__(self, name: str, device: int) -> None:
        self.name, self._device = name, device

    def write(self, frame: bytes) -> None:
        """Let the interface hear a frame, with the header of its link type before it.

        Raises:
            OSError: It is shorter than :data:`LEAST_FRAME_OCTETS`, or the interface is down.
        """
        os.write(self._device, frame)

    def close(self) -> None:
        """Take the interface away; twice does no harm."""
        if self._device >= 0:
            os.close(self._device)
            self._device = -1

    def __enter__(self) -> "Tap":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_tap(name: str = "yawtap%d", *, link: int = ARPHRD_RADIOTAP) -> Tap:
    """Make a TAP device and set it up.

    Args:
        name: Name of the interface, 15 octets at most; ``%d`` in it stands for the first number that is free.
        link: Link type of the interface.

    Raises:
        SourceError: There is no ``/dev/net/tun``, or this user may not use it, or the name is taken.
    """
    device = -1
    try:
        device = os.open(_DEVICE, os.O_RDWR | os.O_CLOEXEC)
        request = struct.pack(_REQUEST, name.encode(), _IFF_TAP | _IFF_NO_PI)
        made = fcntl.ioctl(device, _TUNSETIFF, request)[:_NAME_OCTETS].rstrip(b"\0").decode()
        fcntl.ioctl(device, _TUNSETLINK, link)
        set_up(made, up=True)
    except OSError as error:
        if device >= 0:
            os.close(device)
        raise _refused(error, name) from None
    return Tap(made, device)


def set_up(interface: str, *, up: bool) -> None:
    """Set an interface up or down.

    Raises:
        OSError: There is none of that name, or this user may not.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack(_REQUEST, interface.encode(), 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request), _NAME_OCTETS)
        flags = flags | _IFF_UP if up else flags & ~_IFF_UP
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack(_REQUEST, interface.encode(), flags))


def _refused(error: OSError, name: str) -> SourceError:
    if error.errno in (errno.EPERM, errno.EACCES):
        return SourceError(f"{name}: a TAP device takes root (CAP_NET_ADMIN): run this as root")
    if error.errno == errno.EBUSY:
        return SourceError(f"{name}: an interface of that name is there already: choose another")
    return SourceError(f"{name}: no TAP device can be made ({error.strerror}): is {_DEVICE} there?")
