"""Real frames, and real frames changed: octets altered, lengths altered, ends cut off. Whole captures at a time.

The reader of pcap files here is not the decoder's, and does no more than the captures of the tests need.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RECORD_HEADER = 16
FILE_HEADER = 24
_HEAD = 64
"""Octets at the beginning of a frame, where most changes go: what a decoder reads is there."""

_TELLING = np.array([0, 1, 2, 3, 4, 7, 8, 0x0F, 0x10, 0x7F, 0x80, 0xDD, 0xFE, 0xFF], np.uint8)
"""Values at which decoders err: ends of ranges, lengths, signs."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Frames of one link type, end to end.

    Attributes:
        link_type: Link type of their capture.
        octets: uint8[octet].
        starts: int64[frame].
        lengths: int64[frame].
    """

    link_type: int
    octets: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)


def frames_of(capture: bytes) -> tuple[int, Iterator[bytes]]:
    """Link type and frames of a pcap file."""
    order = "<" if capture[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    link_type = struct.unpack_from(order + "I", capture, 20)[0] & 0xFFFF

    def each() -> Iterator[bytes]:
        place = FILE_HEADER
        while place + RECORD_HEADER <= len(capture):
            captured = struct.unpack_from(order + "I", capture, place + 8)[0]
            place += RECORD_HEADER + captured
            if place > len(capture):
                return
            yield capture[place - captured : place]

    return link_type, each()


def pools(files: Iterable[Path], *, most: int | None = None) -> list[Pool]:
    """The frames of these pcap files by link type, at most so many of each file."""
    found: dict[int, list[bytes]] = {}
    for file in files:
        link_type, frames = frames_of(file.read_bytes())
        found.setdefault(link_type, []).extend(frame for _, frame in zip(range(most or 1 << 62), frames, strict=False))
    return [pool(frames, link_type=link_type) for link_type, frames in sorted(found.items())]


def pool(frames: Iterable[bytes], *, link_type: int) -> Pool:
    """A pool of these frames."""
    kept = list(frames)
    lengths = np.array([len(frame) for frame in kept], np.int64)
    octets = np.frombuffer(b"".join(kept), np.uint8)
    return Pool(link_type=link_type, octets=octets, starts=np.cumsum(lengths) - lengths, lengths=lengths)


def taken(source: Pool, picks: NDArray[np.int64], lengths: NDArray[np.int64] | None = None) -> Pool:
    """These frames of a pool, the first so many octets of each."""
    lengths = source.lengths[picks] if lengths is None else lengths
    starts = np.cumsum(lengths) - lengths
    from_each = np.repeat(source.starts[picks] - starts, lengths)
    octets = source.octets[from_each + np.arange(len(from_each))]
    return Pool(link_type=source.link_type, octets=octets, starts=starts, lengths=lengths)


def mutated(source: Pool, count: int, *, seed: int) -> Pool:
    """``count`` frames of a pool, changed: a quarter cut short, and in all of them one to eight octets altered."""
    random = np.random.default_rng(seed)
    picks = random.integers(0, len(source), count)
    whole = source.lengths[picks]
    cut = random.random(count) < 0.25
    lengths = np.where(cut, (whole * random.random(count)).astype(np.int64), whole)
    out = taken(source, picks, lengths)
    altered = out.octets.copy()
    for _ in range(8):
        chosen = np.flatnonzero((random.random(count) < 0.4) & (lengths > 0))
        reach = np.where(random.random(len(chosen)) < 0.7, np.minimum(lengths[chosen], _HEAD), lengths[chosen])
        places = out.starts[chosen] + (reach * random.random(len(chosen))).astype(np.int64)
        telling = random.random(len(chosen)) < 0.5
        values = np.where(telling, random.choice(_TELLING, len(chosen)), random.integers(0, 256, len(chosen)))
        altered[places] = values.astype(np.uint8)
    return Pool(link_type=out.link_type, octets=altered, starts=out.starts, lengths=lengths)


def capture_of(frames: Pool) -> NDArray[np.uint8]:
    """The frames as a little-endian pcap file, a millisecond apart."""
    count = len(frames)
    stamps = np.arange(count, dtype=np.int64)
    header = np.zeros((count, 4), "<u4")
    header[:, 0], header[:, 1] = 1_700_000_000 + stamps // 1000, stamps % 1000 * 1000
    header[:, 2] = header[:, 3] = frames.lengths
    begins = FILE_HEADER + np.arange(count) * RECORD_HEADER + frames.starts
    out = np.empty(FILE_HEADER + count * RECORD_HEADER + len(frames.octets), np.uint8)
    first = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, frames.link_type)
    out[:FILE_HEADER] = np.frombuffer(first, np.uint8)
    out[begins[:, None] + np.arange(RECORD_HEADER)] = header.view(np.uint8).reshape(count, RECORD_HEADER)
    shift = np.repeat(begins + RECORD_HEADER - frames.starts, frames.lengths)
    out[shift + np.arange(len(frames.octets))] = frames.octets
    return out
