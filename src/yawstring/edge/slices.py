"""Slices of the capture around alerts: the latest frames are kept in memory, and written where something happened.

A slice is a pcap of nanoseconds (draft-ietf-opsawg-pcap), or a pcapng (draft-ietf-opsawg-pcapng) where frames of
several link types, with a known check sequence, or of times before 1970 or after 2106 are in it. Both hold the
frames octet for octet as they were captured.
"""

import struct
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.watch.alerts import AlertChange
from yawstring.watch.batches import Batch
from yawstring.wire.octets import Octets
from yawstring.wire.records import AT, CAPTURED, FCS, FCS_UNKNOWN, LENGTH, LINK_TYPE, NO_TIME, TIME

NS_PER_S: Final = 1_000_000_000
FOLDER: Final = "slices"
"""Name of the folder for slices, beside the record of alerts."""

_PCAP_MAGIC_NS, _SNAP_OCTETS = 0xA1B23C4D, 0x40000
_SECONDS_END = 1 << 32
_SECTION, _INTERFACE, _ENHANCED, _ORDER_MAGIC, _UNKNOWN_LENGTH = 0x0A0D0D0A, 1, 6, 0x1A2B3C4D, (1 << 64) - 1
_RESOLUTION, _FCS_LENGTH, _OFFSET = 9, 13, 14


@dataclass(frozen=True, eq=False)
class _Piece:
    """Frames of one batch: their own copy of the octets, and where in it they stand."""

    octets: Octets
    table: NDArray[np.int64]

    @property
    def size(self) -> int:
        return self.octets.nbytes + self.table.nbytes


class Ring:
    """The latest frames, bounded in seconds and in octets.

    Example:
        >>> from yawstring.watch.batches import empty_batch
        >>> ring = Ring(before_s=5, after_s=5)
        >>> ring.add(empty_batch(0))
        >>> len(ring.cut(0, 10**9))  # a pcap without frames
        24
    """

    def __init__(
        self, before_s: float = 5.0, after_s: float = 5.0, octets_max: int = 64 << 20, *, late_s: float = 10.0
    ) -> None:
        """Keep frames.

        Args:
            before_s: Seconds before an alert's first moment that a slice shows.
            after_s: Seconds after it was told.
            octets_max: Memory at most. The oldest frames go first.
            late_s: Seconds that may pass from the first moment of an alert until it is told.

        Raises:
            OptionError: A value is below zero, or there is no room.
        """
        if min(before_s, after_s, late_s) < 0 or octets_max < 1:
            raise OptionError("slices: seconds are not below zero, and there is room for an octet at least")
        self.before_ns, self.after_ns = round(before_s * NS_PER_S), round(after_s * NS_PER_S)
        self.octets_max = octets_max
        self._kept_ns = self.before_ns + self.after_ns + round(late_s * NS_PER_S)
        self._pieces: deque[_Piece] = deque()
        self._size = 0

    def add(self, batch: Batch) -> None:
        """Keep the frames of a batch, and let go of what is too old by its first frame."""
        if not len(batch):
            return
        piece = _own(batch, self.octets_max)
        self._pieces.append(piece)
        self._size += piece.size
        oldest_ns = int(piece.table[TIME].min()) - self._kept_ns
        while len(self._pieces) > 1 and (
            self._size > self.octets_max or int(self._pieces[0].table[TIME].max()) < oldest_ns
        ):
            self._size -= self._pieces.popleft().size

    def cut(self, first_ns: int, last_ns: int, *, octets_max: int | None = None, about_ns: int | None = None) -> bytes:
        """The frames from one time to another, both included, as a capture.

        Args:
            first_ns: Unix time in nanoseconds.
            last_ns: Likewise.
            octets_max: Octets of frames at most; ``None``: as many as there are.
            about_ns: Where there are more, those next to this time are taken; ``None``: to ``first_ns``.

        Returns:
            A pcap, or a pcapng where link types are mixed; without frames where none is held.
        """
        frames: list[tuple[memoryview, NDArray[np.int64]]] = []
        for piece in self._pieces:
            inside = (piece.table[TIME] >= first_ns) & (piece.table[TIME] <= last_ns)
            if inside.any():
                frames.append((piece.octets.data, piece.table[:, inside]))
        if octets_max is not None:
            frames = _nearest(frames, octets_max, first_ns if about_ns is None else about_ns)
        return capture_of(frames)


class Slices:
    """Writes the slice of each alert that is told, as soon as what came after it is there.

    Attributes:
        missed: Slices that could not be written: the disk is full, or the folder has had its share.
    """

    def __init__(
        self, ring: Ring, folder: Path, *, slice_octets_max: int = 16 << 20, folder_octets_max: int = 1 << 30
    ) -> None:
        """Write into a folder, which is made when it is needed.

        Args:
            ring: Where frames are kept.
            folder: Beside the record of alerts; slices lie in ``slices`` in it.
            slice_octets_max: Octets of frames in one slice at most; those next to the alert's first moment are taken.
            folder_octets_max: Octets of all slices at most; further ones are missed, and counted.
        """
        self.missed = 0
        self._ring, self._folder = ring, folder
        self._slice_octets_max, self._left = slice_octets_max, folder_octets_max
        self._wanted: dict[str, tuple[int, int]] = {}
        if (folder / FOLDER).is_dir():
            self._left -= sum(one.stat().st_size for one in (folder / FOLDER).iterdir() if one.is_file())

    def want(self, changes: Sequence[AlertChange]) -> None:
        """Remember which alerts have been opened."""
        for change in changes:
            if change.kind == "opened":
                self._wanted[change.alert.key] = (change.alert.opened_ns, change.time_ns)

    def write(self, now_ns: int, *, ended: bool = False) -> list[tuple[str, str]]:
        """Write the slices whose time has come.

        Args:
            now_ns: The latest time of the capture.
            ended: Nothing more will come: write what there is.

        Returns:
            Keys of alerts, and names of files relative to the folder.
        """
        due = [key for key, (_, told_ns) in self._wanted.items() if ended or now_ns >= told_ns + self._ring.after_ns]
        written = [(key, self._write(key, *self._wanted.pop(key))) for key in due]
        return [(key, name) for key, name in written if name is not None]

    def _write(self, key: str, opened_ns: int, told_ns: int) -> str | None:
        first_ns, last_ns = opened_ns - self._ring.before_ns, told_ns + self._ring.after_ns
        octets = self._ring.cut(first_ns, last_ns, octets_max=self._slice_octets_max, about_ns=opened_ns)
        name = f"{FOLDER}/{key}.{'pcap' if _is_pcap(octets) else 'pcapng'}"
        path = self._folder / name
        partial = path.with_name(f".{path.name}.partial")
        if path.exists():  # of an alert that is opened anew, when the frames before it were still here
            return name
        if len(octets) > self._left:
            self.missed += 1
            return None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(octets)
            partial.replace(path)
        except OSError:  # the alert stands without it, and the count says so
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            self.missed += 1
            return None
        self._left -= len(octets)
        return name


def capture_of(frames: Sequence[tuple[memoryview, NDArray[np.int64]]]) -> bytes:
    """Frames as a capture.

    Args:
        frames: Octets, and ``int64[slot, record]`` that points into them, in order.
    """
    kinds = {pair for _, table in frames for pair in zip(table[LINK_TYPE].tolist(), table[FCS].tolist(), strict=True)}
    times = [(int(table[TIME].min()), int(table[TIME].max())) for _, table in frames]
    first_ns, last_ns = min((one for one, _ in times), default=0), max((one for _, one in times), default=0)
    plain = len(kinds) <= 1 and all(fcs == FCS_UNKNOWN for _, fcs in kinds)
    if plain and first_ns >= 0 and last_ns < _SECONDS_END * NS_PER_S:
        return _pcap(frames, min(kinds, default=(127, FCS_UNKNOWN))[0])
    return _pcapng(frames, sorted(kinds), min(first_ns // NS_PER_S, 0))


def _pcap(frames: Sequence[tuple[memoryview, NDArray[np.int64]]], link: int) -> bytes:
    parts: list[bytes | memoryview] = [struct.pack("<IHHIIII", _PCAP_MAGIC_NS, 2, 4, 0, 0, _SNAP_OCTETS, link)]
    for octets, table in frames:
        seconds, rest = np.divmod(table[TIME], NS_PER_S)
        heads = np.stack([seconds, rest, table[CAPTURED], table[LENGTH]], axis=1).astype("<u4").tobytes()
        for row, (at, size) in enumerate(zip(table[AT].tolist(), table[CAPTURED].tolist(), strict=True)):
            parts += (heads[row * 16 : row * 16 + 16], octets[at : at + size])
    return b"".join(parts)


def _pcapng(
    frames: Sequence[tuple[memoryview, NDArray[np.int64]]], kinds: Sequence[tuple[int, int]], offset_s: int
) -> bytes:
    section = struct.pack("<IIIHHQI", _SECTION, 28, _ORDER_MAGIC, 1, 0, _UNKNOWN_LENGTH, 28)
    parts: list[bytes | memoryview] = [section, *(_interface(link, fcs, offset_s) for link, fcs in kinds)]
    number = {kind: place for place, kind in enumerate(kinds)}
    for octets, table in frames:
        for at, size, length, time_ns, link, fcs in table.T.tolist():
            ticks, padding = time_ns - offset_s * NS_PER_S, -size % 4
            total = 32 + size + padding
            high, low = ticks >> 32, ticks & 0xFFFFFFFF
            head = struct.pack("<IIIIIII", _ENHANCED, total, number[link, fcs], high, low, size, length)
            parts += (head, octets[at : at + size], bytes(padding) + struct.pack("<I", total))
    return b"".join(parts)


def _interface(link: int, fcs: int, offset_s: int) -> bytes:
    options = struct.pack("<HHB3x", _RESOLUTION, 1, 9)
    if fcs != FCS_UNKNOWN:
        options += struct.pack("<HHB3x", _FCS_LENGTH, 1, fcs)
    if offset_s:
        options += struct.pack("<HHq", _OFFSET, 8, offset_s)
    total = 20 + len(options) + 4
    return struct.pack("<IIHHI", _INTERFACE, total, link, 0, _SNAP_OCTETS) + options + struct.pack("<II", 0, total)


def _own(batch: Batch, octets_max: int) -> _Piece:
    """The batch's frames with octets of their own; the oldest are left out where there is no room for all."""
    table = batch.records.table
    sizes = table[CAPTURED] + table.nbytes // len(batch)
    table = table[:, np.cumsum(sizes[::-1])[::-1] <= max(octets_max, int(sizes[-1]))].copy()
    ends = table[AT] + table[CAPTURED]
    first, last = int(table[AT].min()), int(ends.max())
    if last - first > 2 * int(table[CAPTURED].sum()) + 65536:  # what lies between frames is not kept for its own sake
        return _packed(batch.octets, table)
    table[AT] -= first
    return _Piece(batch.octets[first:last].copy(), _timed(table))


def _packed(octets: Octets, table: NDArray[np.int64]) -> _Piece:
    pairs = zip(table[AT].tolist(), table[CAPTURED].tolist(), strict=True)
    joined = np.concatenate([octets[at : at + size] for at, size in pairs])
    table[AT] = np.cumsum(table[CAPTURED]) - table[CAPTURED]
    return _Piece(joined, _timed(table))


def _timed(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """A frame without a time has that of the one before, or after."""
    timed = np.flatnonzero(table[TIME] != NO_TIME)
    if len(timed) == 0:
        table[TIME] = 0
    elif len(timed) < table.shape[1]:
        before = np.searchsorted(timed, np.arange(table.shape[1]), side="right") - 1
        table[TIME] = table[TIME][timed[np.maximum(before, 0)]]
    return table


def _nearest(
    frames: list[tuple[memoryview, NDArray[np.int64]]], octets_max: int, about_ns: int
) -> list[tuple[memoryview, NDArray[np.int64]]]:
    """As many frames as there is room for, those next to a time."""
    if not frames:
        return frames
    far = np.concatenate([np.abs(table[TIME] - about_ns) for _, table in frames])
    sizes = np.concatenate([table[CAPTURED] for _, table in frames])
    order = np.argsort(far, kind="stable")
    taken = np.zeros(len(far), bool)
    taken[order[np.cumsum(sizes[order]) <= octets_max]] = True
    parts = np.split(taken, np.cumsum([table.shape[1] for _, table in frames])[:-1])
    return [(octets, table[:, part]) for (octets, table), part in zip(frames, parts, strict=True) if part.any()]


def _is_pcap(octets: bytes) -> bool:
    return octets[:4] == struct.pack("<I", _PCAP_MAGIC_NS)
