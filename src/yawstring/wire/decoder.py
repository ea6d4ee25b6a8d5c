"""Octets of a capture to columns: what the rest of the package calls.

:func:`decode` reads a whole capture; :func:`decode_records` the records that a reader has found, piece by piece.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from yawstring.wire.capture import Records, records
from yawstring.wire.checksums import crc_tables, hash_key
from yawstring.wire.frames import read_frames
from yawstring.wire.octets import Octets, view
from yawstring.wire.rejects import counted, no_rejects
from yawstring.wire.slots import KEPT, NAMES, SCALES, TEXTS, WORDS


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
        slots: int64[slot, frame]; see :mod:`yawstring.wire.slots`.
        filled: uint64[word, frame]: which slots hold a value.
        rejects: Reason and count, of the capture and of its frames.
    """

    octets: Octets
    slots: NDArray[np.int64]
    filled: NDArray[np.uint64]
    rejects: Mapping[str, int]

    @property
    def frames(self) -> int:
        """Count of frames."""
        return int(self.slots.shape[1])

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Every column of numbers by name; a column no frame has a value in is there too."""
        return {name: self._column(slot) for slot, name in NAMES.items()}

    def texts(self, name: str) -> Iterator[tuple[int, bytes]]:
        """Frame (from 0) and octets of each text of a column, in file order."""
        slot = next(slot for slot, text in TEXTS.items() if text == name)
        frames = np.flatnonzero(self._valid(slot))
        spans = zip(
            frames.tolist(), self.slots[slot, frames].tolist(), self.slots[slot + 1, frames].tolist(), strict=True
        )
        for frame, at, length in spans:
            yield frame, self.octets[at : at + length].tobytes()

    def _valid(self, slot: int) -> NDArray[np.bool_]:
        bits: NDArray[np.uint64] = self.filled[slot >> 6] >> np.uint64(slot & 63) & np.uint64(1)
        return bits.astype(np.bool_)

    def _column(self, slot: int) -> Column:
        values: NDArray[np.int64] | NDArray[np.float64] = self.slots[slot]
        if slot in SCALES:
            scale, offset = SCALES[slot]
            values = values / scale + offset
        return Column(values=values, valid=self._valid(slot))


def decode(octets: bytes | Octets, *, key: bytes = b"") -> Decoded:
    """Read a capture, pcap or pcapng.

    Args:
        octets: The file's octets: bytes, a memory map or uint8[octet]. Whatever they hold, nothing is raised: what
            cannot be read is counted.
        key: 16 octets that key the hashes of payloads and names; none stands for 16 zeros.

    Raises:
        ValueError: The key has another length.

    Example:
        >>> head = bytes.fromhex("d4c3b2a1 02000400 00000000 00000000 00000400 69000000")
        >>> ack = bytes.fromhex("01000000 02000000 0a000000 0a000000 d4000000 aabbccddeeff")
        >>> decoded = decode(head + ack)
        >>> decoded.frames, hex(int(decoded.columns["wlan.ra"].values[0])), dict(decoded.rejects)
        (1, '0xaabbccddeeff', {})
    """
    array = view(octets)
    return decode_records(array, records(array), key=key)


def decode_records(octets: bytes | Octets, found: Records, *, first_number: int = 1, key: bytes = b"") -> Decoded:
    """Read the frames of records that are found already.

    Args:
        octets: The octets that the records point into.
        found: The records; their own rejects are kept.
        first_number: Number of the first frame.
        key: As :func:`decode` takes it.
    """
    array, counts = view(octets), no_rejects()
    slots, filled = np.empty((KEPT, len(found)), np.int64), np.zeros((WORDS, len(found)), np.uint64)
    read_frames(array, found.table, first_number, crc_tables(), hash_key(key), counts, slots, filled)
    rejects = Counter(found.rejects) + Counter(counted(counts))
    return Decoded(octets=array, slots=slots, filled=filled, rejects=dict(rejects))
