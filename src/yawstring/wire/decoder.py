"""Octets of a capture to columns: what the rest of the package calls.

:func:`decode` reads a whole capture; :func:`decode_records` the records that a reader has found, piece by piece.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from yawstring.wire.capture import Records, records
from yawstring.wire.checksums import crc_tables, hash_key
from yawstring.wire.frames import CHECKING, HASHING, MANAGING, read_frames
from yawstring.wire.octets import Octets, view
from yawstring.wire.radiotap import LAYOUT_SLOTS, LAYOUTS
from yawstring.wire.rejects import counted, no_rejects
from yawstring.wire.slots import (
    BLOCK_FRAMES,
    FCS_STATUS,
    KEPT,
    MANAGED,
    NAMES,
    NEXT,
    NONE,
    PAYLOAD_HASH,
    SCALES,
    SLOTS,
    TEXTS,
)

_FEW_FRAMES = 1024


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """One column of numbers.

    Attributes:
        values: int64[frame] or float64[frame]; undefined where not valid.
        valid: bool[frame]: the frame has a value.
    """

    values: NDArray[np.int64] | NDArray[np.float64]
    valid: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Decoded:
    """The frames of a capture, in file order.

    Attributes:
        octets: uint8[octet] that the texts stand in.
        kept: The slots that were read, in order; see :mod:`yawstring.wire.slots`.
        slots: int64[place, frame].
        places: Place of each slot among them; :data:`~yawstring.wire.slots.NONE` for one that no frame has a value in.
        filled: uint32[kept, block of 32 frames]: which frames have a value, a bit each.
        rejects: Reason and count, of the capture and of its frames.
    """

    octets: Octets
    kept: Sequence[int]
    slots: NDArray[np.int64]
    places: Sequence[int]
    filled: NDArray[np.uint32]
    rejects: Mapping[str, int]

    @property
    def frames(self) -> int:
        """Count of frames."""
        return int(self.slots.shape[1])

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Every column of numbers that was read, by name; a column no frame has a value in is there too.

        Each is made when it is first asked for.
        """
        return _Columns(self)

    @cached_property
    def text_columns(self) -> tuple[str, ...]:
        """Names of the columns of text that were read."""
        return tuple(TEXTS[slot] for slot in self.kept if slot in TEXTS)

    def texts(self, name: str) -> Iterator[tuple[int, bytes]]:
        """Frame (from 0) and octets of each text of a column, in file order."""
        number = self._text(name)
        frames = np.flatnonzero(self.valid(number))
        begins, lengths = self.values(number)[frames].tolist(), self.values(number + 1)[frames].tolist()
        for frame, at, length in zip(frames.tolist(), begins, lengths, strict=True):
            yield frame, self.octets[at : at + length].tobytes()

    def lengths(self, name: str) -> Column:
        """Octets of the texts of a column."""
        number = self._text(name)
        return Column(values=self.values(number + 1), valid=self.valid(number))

    def _text(self, name: str) -> int:
        return next(number for number, slot in enumerate(self.kept) if TEXTS.get(slot) == name)

    @cached_property
    def present(self) -> frozenset[str]:
        """Names of the columns, of numbers and of text, that some frame has a value in."""
        held = {slot for slot, place in zip(self.kept, self.places, strict=True) if place != NONE}
        return frozenset(name for names in (NAMES, TEXTS) for slot, name in names.items() if slot in held)

    def values(self, column: int) -> NDArray[np.int64]:
        """``int64[frame]``: the slot that stands so far in :attr:`kept`; undefined where a frame has no value."""
        place = self.places[column]
        return np.zeros(self.frames, np.int64) if place == NONE else self.slots[place]

    def valid(self, column: int) -> NDArray[np.bool_]:
        """``bool[frame]``: which frames have a value in the slot that stands so far in :attr:`kept`."""
        if 0 < self.frames <= _FEW_FRAMES:
            valid: NDArray[np.bool_] = self._all_valid[column]
            return valid
        octets = self.filled[column].astype("<u4", copy=False).view(np.uint8)
        return np.unpackbits(octets, count=self.frames, bitorder="little").view(np.bool_)

    @cached_property
    def _all_valid(self) -> NDArray[np.bool_]:
        """``bool[kept, frame]``: of few frames it costs less to look at all slots once."""
        octets = self.filled.astype("<u4", copy=False).view(np.uint8)
        return np.unpackbits(octets, axis=1, count=self.frames, bitorder="little").view(np.bool_)


class _Columns(Mapping[str, Column]):
    """Columns of numbers by name, made as they are asked for: a reader of a few pays for a few."""

    def __init__(self, decoded: Decoded) -> None:
        self._decoded = decoded
        self._numbers = {NAMES[slot]: number for number, slot in enumerate(decoded.kept) if slot in NAMES}
        self._made: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._made:
            number = self._numbers[name]
            values: NDArray[np.int64] | NDArray[np.float64] = self._decoded.values(number)
            if (slot := self._decoded.kept[number]) in SCALES:
                scale, offset = SCALES[slot]
                values = values / scale + offset
            self._made[name] = Column(values=values, valid=self._decoded.valid(number))
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def decode(octets: bytes | Octets, *, key: bytes = b"", columns: Sequence[str] | None = None) -> Decoded:
    """Read a capture, pcap or pcapng.

    Args:
        octets: The file's octets: bytes, a memory map or uint8[octet]. Whatever they hold, nothing is raised: what
            cannot be read is counted.
        key: 16 octets that key the hashes of payloads and names; none stands for 16 zeros.
        columns: Names of the columns to read; all, if not given. What only other columns need is not looked at, and
            its faults are not counted: payloads are not hashed, the FCS is not checked, and the bodies of management
            frames are not read, unless a column asks for it.

    Raises:
        ValueError: The key has another length, or there is no column of a name.

    Example:
        >>> head = bytes.fromhex("d4c3b2a1 02000400 00000000 00000000 00000400 69000000")
        >>> ack = bytes.fromhex("01000000 02000000 0a000000 0a000000 d4000000 aabbccddeeff")
        >>> decoded = decode(head + ack)
        >>> decoded.frames, hex(int(decoded.columns["wlan.ra"].values[0])), dict(decoded.rejects)
        (1, '0xaabbccddeeff', {})
    """
    array = view(octets)
    return decode_records(array, records(array), key=key, columns=columns)


def decode_records(
    octets: bytes | Octets,
    found: Records,
    *,
    first_number: int = 1,
    key: bytes = b"",
    columns: Sequence[str] | None = None,
) -> Decoded:
    """Read the frames of records that are found already.

    Args:
        octets: The octets that the records point into.
        found: The records; their own rejects are kept.
        first_number: Number of the first frame.
        key: As :func:`decode` takes it.
        columns: As :func:`decode` takes them.
    """
    array, counts, kept = view(octets), no_rejects(), _kept(columns)
    slots, places = np.empty((len(kept), len(found)), np.int64), np.full(len(kept), NONE)
    filled = np.empty((len(kept), -(-len(found) // BLOCK_FRAMES)), np.uint32)
    layouts = np.zeros((LAYOUTS + 1, LAYOUT_SLOTS), np.int64)
    block = np.full(SLOTS, NONE)
    known, wanted = (crc_tables(), hash_key(key), _parts(kept)), np.array(kept, np.int64)
    if len(found):  # the loop would be compiled once more for an empty table, which is laid out otherwise
        table = _as_of_a_file(found.table)
        read_frames(array, table, first_number, *known, wanted, counts, layouts, block, slots, places, filled)
    rejects = Counter(found.rejects) + Counter(counted(counts))
    return Decoded(octets=array, kept=kept, slots=slots, places=places.tolist(), filled=filled, rejects=dict(rejects))


def _as_of_a_file(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """A table of records laid out as part of a wider one, as a file's is: the loop is compiled for that alone."""
    if not table.flags.c_contiguous:
        return table
    wider = np.empty((table.shape[0], table.shape[1] + 1), np.int64)
    wider[:, :-1] = table
    return wider[:, :-1]


def _kept(columns: Sequence[str] | None) -> tuple[int, ...]:
    """Slots of the columns, in the slots' own order; a text has two."""
    if columns is None:
        return tuple(range(0, KEPT, NEXT))
    known = {name: slot for names in (NAMES, TEXTS) for slot, name in names.items()}
    if unknown := [name for name in columns if name not in known]:
        raise ValueError(f"the decoder reads no column {unknown[0]!r}")
    slots = {known[name] for name in columns}
    return tuple(sorted(slots | {slot + NEXT for slot in slots if slot in TEXTS}))


def _parts(kept: Sequence[int]) -> int:
    """The parts of the work that the slots need."""
    parts = HASHING if PAYLOAD_HASH in kept else 0
    parts |= CHECKING if FCS_STATUS in kept else 0
    return parts | (MANAGING if MANAGED & set(kept) else 0)
