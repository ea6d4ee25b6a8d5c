"""Captures for the benchmark of the decoder: real frames repeated, and real frames behind many radiotap layouts."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

RADIOTAP, DOT11 = 127, 105
FILE_HEADER, RECORD_HEADER = 24, 16

FIELDS = {
    0: (8, 8), 1: (1, 1), 2: (1, 1), 3: (2, 4), 5: (1, 1), 6: (1, 1), 7: (2, 2), 8: (2, 2), 9: (2, 2), 10: (1, 1),
    11: (1, 1), 12: (1, 1), 13: (1, 1), 14: (2, 2), 15: (2, 2), 17: (1, 1), 19: (1, 3), 20: (4, 8), 21: (2, 12),
}  # fmt: skip
"""Alignment and size of radiotap fields by bit (radiotap.org)."""

VALUES = {
    1: b"\x00", 2: b"\x0c", 3: struct.pack("<HH", 2437, 0x00A0), 5: struct.pack("<b", -40), 6: struct.pack("<b", -95),
    19: b"\x07\x00\x07", 21: struct.pack("<HBB4BBBH", 0x44, 0, 4, 0x92, 0, 0, 0, 0, 0, 0),
}  # fmt: skip
"""What those fields hold that other columns are made of; the others hold zeros."""


def frames_of(capture: bytes) -> Iterator[bytes]:
    """Frames of a little-endian or big-endian pcap file."""
    order = "<" if capture[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    place = FILE_HEADER
    while place + RECORD_HEADER <= len(capture):
        captured = struct.unpack_from(order + "I", capture, place + 8)[0]
        place += RECORD_HEADER + captured
        if place <= len(capture):
            yield capture[place - captured : place]


def real_frames(folder: Path) -> dict[int, list[bytes]]:
    """Frames of every pcap file of the folder, by link type."""
    found: dict[int, list[bytes]] = {RADIOTAP: [], DOT11: []}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        octets = path.read_bytes()
        if octets[:4] not in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4"):
            continue
        link = struct.unpack_from("<I" if octets[:1] == b"\xd4" else ">I", octets, 20)[0] & 0xFFFF
        if link in found:
            found[link].extend(frames_of(octets))
    return found


def radiotap_header(bits: Sequence[int]) -> bytes:
    """A radiotap header of these fields."""
    body = b""
    for bit in sorted(bits):
        align, size = FIELDS[bit]
        body += bytes(-(8 + len(body)) % align) + VALUES.get(bit, bytes(size))
    return struct.pack("<BBHI", 0, 0, 8 + len(body), sum(1 << bit for bit in bits)) + body


def many_layouts(frames: Sequence[bytes], layouts: int, seed: int) -> list[bytes]:
    """The frames, each behind one of so many different radiotap headers."""
    random = np.random.default_rng(seed)
    headers: dict[bytes, None] = {}
    while len(headers) < layouts:
        headers[radiotap_header([bit for bit in FIELDS if random.random() < 0.5])] = None
    chosen = random.integers(0, layouts, len(frames))
    made = list(headers)
    return [made[choice] + frame for choice, frame in zip(chosen, frames, strict=True)]


def write_pcap(path: Path, frames: Sequence[bytes], link: int) -> None:
    """The frames as a pcap file, a millisecond apart."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, link))
        for place, frame in enumerate(frames):
            seconds, milliseconds = divmod(place, 1000)
            stamp = struct.pack("<IIII", 1_700_000_000 + seconds, milliseconds * 1000, len(frame), len(frame))
            file.write(stamp + frame)


def repeated(frames: Sequence[bytes], count: int) -> list[bytes]:
    """The frames over and over, ``count`` in all."""
    return [frames[place % len(frames)] for place in range(count)]


def make(folder: Path, into: Path, count: int, layouts: int) -> dict[str, Path]:
    """The captures of the benchmark, by name."""
    real = real_frames(folder)
    for link, frames in real.items():
        if not frames:
            raise SystemExit(f"{folder}: expected captures of link type {link}, found none")
    captures = {
        "radiotap": (repeated(real[RADIOTAP], count), RADIOTAP),
        "plain 802.11": (repeated(real[DOT11], count), DOT11),
        f"{layouts} radiotap layouts": (many_layouts(repeated(real[DOT11], count), layouts, seed=1), RADIOTAP),
    }
    paths = {}
    for name, (frames, link) in captures.items():
        paths[name] = into / f"{name.replace(' ', '-')}.pcap"
        write_pcap(paths[name], frames, link)
    return paths
