"""Network interfaces: of what link type, there and up or not, and what to do so that one can be captured from."""

import errno
import fcntl
import re
import socket
import struct
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from yawstring.errors import OptionError, SourceError

ARPHRD_ETHERNET, ARPHRD_PLAIN, ARPHRD_PRISM, ARPHRD_RADIOTAP = 1, 801, 802, 803
"""Link types of interfaces (``if_arp.h``)."""

LINK_TYPES: Mapping[int, int] = MappingProxyType(
    {ARPHRD_ETHERNET: 1, ARPHRD_PLAIN: 105, ARPHRD_PRISM: 119, ARPHRD_RADIOTAP: 127}
)
"""Link type of an interface, and of its frames in a capture (``LINKTYPE_``, www.tcpdump.org/linktypes.html)."""

OF_THE_AIR = frozenset({ARPHRD_PLAIN, ARPHRD_PRISM, ARPHRD_RADIOTAP})
"""Those of an interface in monitor mode."""

_SYSTEM = Path("/sys/class/net")
_NAME = re.compile(r"(?!-)(?!\.\.?$)[^\s/:]{1,15}")
_SIOCGIFFLAGS = 0x8913
_IFREQ = "16sH22x"
_FLAGS_AT = 16
_IFF_UP = 1


def check_name(interface: str) -> None:
    """Refuse what can be no interface's name: it becomes part of a path and of other programs' arguments.

    Raises:
        OptionError: It can be none.

    Example:
        >>> check_name("../wlan0")
        Traceback (most recent call last):
        yawstring.errors.OptionError: expected the name of an interface, found '../wlan0'
    """
    if not _NAME.fullmatch(interface):
        raise OptionError(f"expected the name of an interface, found {interface!r}")


def link_type(interface: str) -> int:
    """An interface's link type, as ``if_arp.h`` numbers it.

    Raises:
        SourceError: There is no such interface; the error lists those there are.
    """
    check_name(interface)
    try:
        return int((_SYSTEM / interface / "type").read_text())
    except OSError:
        there = ", ".join(sorted(name for _, name in socket.if_nameindex())) or "none"
        raise SourceError(f"{interface}: expected an interface, found none of that name (there are: {there})") from None


def check_monitor(interface: str) -> int:
    """The link type of an interface in monitor mode that is up.

    Raises:
        SourceError: It is not there, not in monitor mode or not up; the error says which commands change that.
    """
    kind = link_type(interface)
    if kind not in OF_THE_AIR:
        if not (_SYSTEM / interface / "phy80211").exists():
            raise SourceError(f"{interface}: expected a Wi-Fi interface in monitor mode, found one without Wi-Fi")
        raise SourceError(f"{interface} is not in monitor mode: {monitor_commands(interface)}")
    if lost := why_gone(interface, socket.if_nametoindex(interface)):
        raise SourceError(lost)
    return kind


def monitor_commands(interface: str) -> str:
    """The commands that put an interface into monitor mode."""
    steps = (f"ip link set {interface} down", f"iw dev {interface} set type monitor", f"ip link set {interface} up")
    return " && ".join(f"sudo {step}" for step in steps)


def why_gone(interface: str, index: int) -> str:
    """Why nothing more can be heard at an interface; empty while it is there and up.

    Args:
        interface: Its name.
        index: The number it had when it was opened: a new interface of the name is another one.
    """
    try:
        if socket.if_nametoindex(interface) != index:
            return f"{interface} was taken away, and another interface has its name now: start again"
        if not _flags(interface) & _IFF_UP:
            return f"{interface} is down: sudo ip link set {interface} up"
    except OSError as error:
        # Looking up a name gives an error without a number.
        if error.errno in (None, errno.ENODEV, errno.ENXIO):
            return f"{interface} was taken away: is the adapter still plugged in?"
        raise
    return ""


def _flags(interface: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, struct.pack(_IFREQ, interface.encode(), 0))
    return int(struct.unpack_from("H", answer, _FLAGS_AT)[0])
