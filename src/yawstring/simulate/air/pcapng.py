"""The capture as a pcapng (draft-ietf-opsawg-pcapng): section header, interface, packets. Nothing about any host."""

import struct

from yawstring.simulate.air.aired import Aired

_SECTION_HEADER, _INTERFACE = 0x0A0D0D0A, 1
_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_UNKNOWN_LENGTH = 0xFFFFFFFFFFFFFFFF
_RADIOTAP_LINK = 127
_TIME_RESOLUTION_OPTION, _NANOSECONDS = 9, 9


def pcapng(aired: Aired) -> bytes:
    """The captured frames as the octets of a pcapng file with nanosecond stamps.

    Example:
        >>> from yawstring.simulate.air import Bodies, Receiver, air, offered
        >>> len(pcapng(air(offered(0), Bodies.of([]), [], Receiver(), seed=1)))
        60
    """
    return b"".join((pcapng_head(), aired.packets.data))


def pcapng_head() -> bytes:
    """What stands before the packets: section header and the one interface."""
    section = struct.pack("<IIIHHQI", _SECTION_HEADER, 28, _BYTE_ORDER_MAGIC, 1, 0, _UNKNOWN_LENGTH, 28)
    option = struct.pack("<HHB3xHH", _TIME_RESOLUTION_OPTION, 1, _NANOSECONDS, 0, 0)
    total = 20 + len(option)
    interface = struct.pack("<IIHHI", _INTERFACE, total, _RADIOTAP_LINK, 0, 0) + option + struct.pack("<I", total)
    return section + interface
