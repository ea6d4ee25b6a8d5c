"""Finds the records of a capture: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng).

Both byte orders, microseconds and nanoseconds; pcapng's time resolution and offset, several interfaces and sections,
enhanced, simple and obsolete packet blocks. The reader is a value: :func:`scan` takes one and gives the next, so that a
capture may come in pieces.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from yawstring.wire.octets import Octets, view
from yawstring.wire.records import (
    CURSOR_SLOTS,
    FORMAT,
    INTERFACE_SLOTS,
    MOST_INTERFACES,
    POSITION,
    RECORD_SLOTS,
    UNKNOWN,
    scan_records,
)  # fmt: skip
from yawstring.wire.rejects import CAPTURE_CUT, CAPTURE_UNKNOWN, counted, no_rejects

LEAST_RECORD_OCTETS = 16
"""A record of a pcap file without any content."""

_FIRST_RECORDS = 4096
"""Records that there is room for at first; how much room the others take is told from these."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Where a reader of a capture stands. A new one begins a capture.

    Attributes:
        cursor: int64[slot]: position, format, byte order and the like.
        interfaces: int64[interface, slot]: the pcapng section's interfaces.
    """

    cursor: NDArray[np.int64] = field(default_factory=lambda: np.zeros(CURSOR_SLOTS, np.int64))
    interfaces: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((MOST_INTERFACES, INTERFACE_SLOTS), np.int64)
    )

    @property
    def position(self) -> int:
        """How many octets have been read."""
        return int(self.cursor[POSITION])

    def moved(self, octets: int) -> "Reader":
        """The same reader, for octets of which the first so many are gone."""
        cursor = self.cursor.copy()
        cursor[POSITION] -= octets
        return replace(self, cursor=cursor)


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of a capture, or of a piece of one.

    Attributes:
        table: int64[slot, record]: where each record's octets begin, how many there are, how many there were on the
            air, time in ns, link type, octets of frame check sequence; see :mod:`yawstring.wire.records`.
        rejects: Reason and count of what could not be read.
    """

    table: NDArray[np.int64]
    rejects: Mapping[str, int]

    def __len__(self) -> int:
        return int(self.table.shape[1])

    def part(self, first: int, last: int) -> "Records":
        """The records from ``first`` up to ``last``, without the rejects of the capture."""
        return Records(table=self.table[:, first:last], rejects={})


def records(octets: bytes | Octets) -> Records:
    """Every record of a whole capture.

    Args:
        octets: The file's octets; a memory map will do.

    Example:
        >>> head = bytes.fromhex("d4c3b2a1 02000400 00000000 00000000 00000400 69000000")
        >>> found = records(head + bytes.fromhex("01000000 02000000 01000000 05000000 d4"))
        >>> len(found), found.table[:, 0].tolist()
        (1, [40, 1, 5, 1000002000, 105, -1])
    """
    return scan(octets, Reader(), last=True)[0]


def scan(octets: bytes | Octets, reader: Reader, *, last: bool) -> tuple[Records, Reader]:
    """The records that stand whole in these octets, and the reader behind them.

    Args:
        octets: Octets of a capture; ``reader.position`` says where in them to go on.
        reader: Where the reading stands.
        last: No more octets will come, so that a record begun and not ended is a reject.

    Returns:
        Records, and the reader for the octets to come: call again with ``octets[reader.position :]`` and what came
        since, and ``reader.moved(reader.position)``.
    """
    array, cursor, interfaces = view(octets), reader.cursor.copy(), reader.interfaces.copy()
    counts, found, begin = no_rejects(), 0, reader.position
    table = np.empty((RECORD_SLOTS, _FIRST_RECORDS), np.int64)
    while True:
        found = int(scan_records(array, cursor, interfaces, counts, table, found))
        if found < table.shape[1]:
            break
        # The rest is about like what was read, and an eighth more: room that is not used takes no memory.
        left = (array.size - cursor[POSITION]) * found // (cursor[POSITION] - begin)
        larger = np.empty((RECORD_SLOTS, found + left + left // 8 + _FIRST_RECORDS), np.int64)
        larger[:, :found] = table
        table = larger
    if last and cursor[POSITION] < array.size and cursor[FORMAT] >= UNKNOWN:
        counts[CAPTURE_UNKNOWN if cursor[FORMAT] == UNKNOWN else CAPTURE_CUT] += 1
        cursor[POSITION] = array.size
    return Records(table=table[:, :found], rejects=counted(counts)), Reader(cursor=cursor, interfaces=interfaces)
