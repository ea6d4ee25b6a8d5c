"""Finds the frames in blocks of a ring of packets, TPACKET_V3 (Linux, ``packet_mmap.rst``; ``if_packet.h``).

A block begins with a header (``tpacket_block_desc``) that counts its frames; each frame has a header of its own
(``tpacket3_hdr``), which says where the next one's is. Numbers are in the order of the machine, which must be
little-endian. The kernel wrote all of it, and still every bound is checked.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from yawstring.compiled import compiled_lent
from yawstring.wire.capture import Records
from yawstring.wire.octets import Int, Octets, u16le, u32le
from yawstring.wire.records import AT, CAPTURED, FCS, FCS_UNKNOWN, LENGTH, LINK_TYPE, RECORD_SLOTS, TIME, Int64s
from yawstring.wire.rejects import BLOCK_SHORT, counted, no_rejects

STATUS_AT, COUNT_AT, FIRST_AT, USED_AT = 8, 12, 16, 20
"""In a block: whose it is, how many frames, where the first one's header begins, how many octets are used."""

BLOCK_HEADER_OCTETS = 48

_NEXT_AT, _SECONDS_AT, _NANOSECONDS_AT, _CAPTURED_AT, _LENGTH_AT, _CONTENT_AT = 0, 4, 8, 12, 16, 24
_FRAME_HEADER_OCTETS = 48
_NS_PER_S = 1_000_000_000


def block_records(octets: Octets, starts: Sequence[int], link: int) -> Records:
    """The frames of blocks that lie one behind the other.

    Args:
        octets: ``uint8[octet]``, the blocks, each cut to what it uses.
        starts: Where each block begins.
        link: Link type of the frames, as captures number it (``LINKTYPE_``).

    Returns:
        Records whose octets stand in ``octets``, times as the kernel stamped them; a block that is not whole is a
        reject.
    """
    begins = np.array([*starts, octets.size], np.int64)
    counts = no_rejects()
    # No block holds more frames than headers of frames; what a header says beyond that is not believed.
    frames = sum(_most_frames(octets, first, last) for first, last in pairwise(begins.tolist()))
    table = np.empty((RECORD_SLOTS, frames), np.int64)
    found = _walk(octets, begins, np.int64(link), counts, table) if frames else 0
    return Records(table=table[:, :found], rejects=counted(counts))


def _most_frames(octets: Octets, first: int, last: int) -> int:
    if last - first < BLOCK_HEADER_OCTETS:
        return 1  # a row for nothing, so that the loop is called and counts the fault
    said = int.from_bytes(octets[first + COUNT_AT : first + COUNT_AT + 4].tobytes(), "little")
    return min(said, (last - first) // _FRAME_HEADER_OCTETS)


@compiled_lent
def _walk(octets: Octets, begins: Int64s, link: Int, counts: Int64s, table: Int64s) -> int:
    """Fill the table from every block; how many frames there are."""
    found = 0
    for block in range(begins.size - 1):
        first, last = begins[block], begins[block + 1]
        if first < 0 or last > octets.size or last - first < BLOCK_HEADER_OCTETS:
            counts[BLOCK_SHORT] += 1
            continue
        header = first + u32le(octets, first + FIRST_AT)
        for _ in range(u32le(octets, first + COUNT_AT)):
            if header + _FRAME_HEADER_OCTETS > last or found == table.shape[1]:
                counts[BLOCK_SHORT] += 1
                break
            at = header + u16le(octets, header + _CONTENT_AT)
            captured = u32le(octets, header + _CAPTURED_AT)
            if captured > last - at:
                counts[BLOCK_SHORT] += 1
                break
            seconds, nanoseconds = u32le(octets, header + _SECONDS_AT), u32le(octets, header + _NANOSECONDS_AT)
            table[AT, found], table[CAPTURED, found] = at, captured
            table[LENGTH, found] = u32le(octets, header + _LENGTH_AT)
            table[TIME, found] = seconds * _NS_PER_S + nanoseconds
            table[LINK_TYPE, found], table[FCS, found] = link, FCS_UNKNOWN
            found += 1
            header += u32le(octets, header + _NEXT_AT)
    return found
