"""Captures and frames made by hand, field by field, from the standards."""

import struct
import zlib
from collections.abc import Sequence

MAC, PRISM, RADIOTAP, PPI = 105, 119, 127, 192

AP, STATION, OTHER, FAR = (bytes([2, 0, 0, 0, 0, last]) for last in (1, 2, 3, 4))
ALL = b"\xff" * 6


def number(address: bytes) -> int:
    return int.from_bytes(address, "big")


def pcap(
    frames: Sequence[bytes], *, link: int = MAC, order: str = "<", nanoseconds: bool = False,
    times: Sequence[tuple[int, int]] | None = None, lengths: Sequence[int] | None = None,
) -> bytes:  # fmt: skip
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)]
    for index, frame in enumerate(frames):
        seconds, fraction = times[index] if times else (1_700_000_000 + index, 0)
        length = lengths[index] if lengths else len(frame)
        parts.append(struct.pack(order + "IIII", seconds, fraction, len(frame), length) + frame)
    return b"".join(parts)


def block(kind: int, body: bytes, *, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(*, order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order=order)


def option(code: int, value: bytes, *, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(link: int = MAC, *, snap: int = 0, options: bytes = b"", order: str = "<") -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, snap) + options, order=order)


def enhanced(frame: bytes, *, ticks: int, number: int = 0, length: int | None = None, order: str = "<") -> bytes:
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), length or len(frame))
    return block(6, head + frame, order=order)


def radiotap(fields: bytes, *present: int, version: int = 0) -> bytes:
    """A header of these present words; the fields are aligned by the caller."""
    words = struct.pack(f"<{len(present)}I", *present)
    return struct.pack("<BBH", version, 0, 4 + len(words) + len(fields)) + words + fields


def header(
    kind: int, subtype: int, *, flags: int = 0, duration: int = 0, first: bytes = ALL, second: bytes = AP,
    third: bytes = AP, sequence: int = 0, fragment: int = 0,
) -> bytes:  # fmt: skip
    control = struct.pack("<BBH", subtype << 4 | kind << 2, flags, duration)
    return control + first + second + third + struct.pack("<H", sequence << 4 | fragment)


def element(kind: int, body: bytes) -> bytes:
    return bytes([kind, len(body)]) + body


def beacon(*elements: bytes, clock: int = 0, interval: int = 100, capabilities: int = 1, sequence: int = 0) -> bytes:
    return header(0, 8, sequence=sequence) + struct.pack("<QHH", clock, interval, capabilities) + b"".join(elements)


def with_fcs(frame: bytes) -> bytes:
    return frame + struct.pack("<I", zlib.crc32(frame))


def datagram(payload: bytes, *, source: int = 40000, destination: int = 8889, protocol: int = 17) -> bytes:
    """LLC, SNAP, IPv4 and UDP around a payload."""
    udp = struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 7, 0x4000, 64, protocol, 0)
    ip += bytes([192, 168, 10, 2, 192, 168, 10, 1])
    return bytes.fromhex("aaaa030000000800") + ip + udp


def ethernet(payload: bytes, *, port: int = 8890, protocol: int = 17, fragment: int = 0, options: int = 0) -> bytes:
    """An Ethernet frame of a UDP datagram, made by hand from RFC 791 and RFC 768."""
    udp = struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload
    first = 0x45 + options
    ip = struct.pack(">BBHHHBBH", first, 0, 20 + 4 * options + len(udp), 7, fragment, 64, protocol, 0)
    return ALL + STATION + b"\x08\x00" + ip + bytes([192, 168, 10, 1, 192, 168, 10, 2]) + b"\x01" * 4 * options + udp
