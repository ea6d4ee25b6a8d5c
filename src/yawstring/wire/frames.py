"""The compiled loop that reads frames into columns: one pass over the octets, every bound checked in it."""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_lent, compiled_lent_part, compiled_within
from yawstring.wire.checksums import siphash
from yawstring.wire.elements import management
from yawstring.wire.headers import ppi, prism
from yawstring.wire.mac import CONTROL, DATA, EXTENSION, MANAGEMENT, OPEN, check, mac_header, protection, without_fcs
from yawstring.wire.network import AGGREGATE, NOTHING, WLAN, WLAN_DATA, network
from yawstring.wire.octets import Int, Octets
from yawstring.wire.radiotap import radiotap
from yawstring.wire.rates import reception
from yawstring.wire.records import AT, CAPTURED, FCS, LINK_TYPE, Int64s
from yawstring.wire.records import LENGTH as RECORD_LENGTH
from yawstring.wire.records import TIME as RECORD_TIME
from yawstring.wire.rejects import FINE, LINK_UNKNOWN, MAC_VERSION
from yawstring.wire.slots import (
    BLOCK_FRAMES,
    BODY,
    CHAIN,
    DATA_LENGTH,
    FCS_THERE,
    FRAGMENT,
    LENGTH,
    LLC_TYPE,
    MAC_AT,
    MORE_FRAGMENTS,
    NEXT,
    NONE,
    NUMBER,
    PAYLOAD_END,
    PAYLOAD_HASH,
    PHY,
    PROTECTION,
    PROTOCOLS,
    QOS_AMSDU,
    REJECT,
    SHORT_PREAMBLE,
    SUBTYPE,
    TIME,
    TIMESTAMP,
    TYPE,
    ZERO_LENGTH,
)  # fmt: skip
from yawstring.wire.slots import (
    CAPTURED as CAPTURED_SLOT,
)

LINK_MAC, LINK_PRISM, LINK_RADIOTAP, LINK_PPI = 105, 119, 127, 192
"""Link types that are read: 802.11 alone, and behind Prism or AVS, radiotap and PPI headers."""

HEADERS = ("", "radiotap:wlan_radio:", "prism:wlan_radio:", "ppi:wlan_radio:", "radiotap", "prism", "ppi")
"""The first part of the column ``frame.protocols``; the last three stand where no frame follows."""

CHAINS_OF_HEADER = 32
"""``frame.protocols`` is the header's place in :data:`HEADERS` times this, plus the chain's in the list of chains."""

HASHING, CHECKING, MANAGING = 1, 2, 4
"""Parts of the work, as bits: hash payloads, check the FCS, read the bodies of management frames."""

_ALONE = 3
_NO_DATA = 4


@compiled_lent_part
def _header(octets: Octets, at: Int, end: Int, link: Int, layouts: Int64s, row: Int64s) -> Int:
    """Read what stands before the 802.11 frame; ``row[MAC_AT]`` says where that begins."""
    if link == LINK_RADIOTAP:
        row[PROTOCOLS] = CHAINS_OF_HEADER
        return radiotap(octets, at, end, layouts, row)
    if link == LINK_MAC:
        row[PROTOCOLS], row[MAC_AT] = 0, at
        return FINE
    if link == LINK_PRISM:
        row[PROTOCOLS] = 2 * CHAINS_OF_HEADER
        return prism(octets, at, end, row)
    if link == LINK_PPI:
        row[PROTOCOLS] = 3 * CHAINS_OF_HEADER
        return ppi(octets, at, end, row)
    return LINK_UNKNOWN


@compiled_lent_part
def _body(octets: Octets, end: Int, key: NDArray[np.uint64], parts: Int, row: Int64s) -> Int:
    """Read what follows the MAC header; gives the first fault."""
    kind = row[TYPE]
    if kind in (CONTROL, EXTENSION) or (kind == DATA and row[SUBTYPE] & _NO_DATA):
        return FINE
    # The first fragment alone begins with the headers of what is carried, and it is no whole packet either.
    fault = protection(octets, end, row)
    if fault:
        return fault
    if row[PROTECTION] == OPEN and not row[FRAGMENT] and not row[MORE_FRAGMENTS]:
        if kind == MANAGEMENT:
            return management(octets, end, key, row) if parts & MANAGING else FINE
        if row[QOS_AMSDU] == 1:
            row[CHAIN] = AGGREGATE
            return FINE
        fault = network(octets, end, row)
    else:
        row[CHAIN] = WLAN_DATA if row[BODY] < end else WLAN
        if row[PROTECTION] == OPEN and row[BODY] < end:
            row[DATA_LENGTH] = end - row[BODY]
    if kind == DATA and row[BODY] < end and parts & HASHING:
        last = row[BODY] + row[DATA_LENGTH] if row[DATA_LENGTH] > 0 else end
        last = row[PAYLOAD_END] if row[PAYLOAD_END] != NONE else last
        row[PAYLOAD_HASH] = siphash(octets, row[BODY], last, key)
    return fault


@compiled_within
def _frame(
    octets: Octets,
    at: Int,
    end: Int,
    link: Int,
    whole: bool,
    tables: NDArray[np.uint32],
    key: NDArray[np.uint64],
    parts: Int,
    layouts: Int64s,
    row: Int64s,
) -> Int:
    """Read one frame; gives the first fault."""
    first = _header(octets, at, end, link, layouts, row)
    if row[PROTOCOLS] != NONE and (row[MAC_AT] == NONE or row[MAC_AT] == end or row[ZERO_LENGTH] != NONE):
        row[PROTOCOLS] += (_ALONE * CHAINS_OF_HEADER if row[PROTOCOLS] else 0) + NOTHING
    if row[MAC_AT] == NONE:
        return first
    row[CHAIN] = WLAN
    if row[ZERO_LENGTH] != NONE:
        # The radio heard a transmission that carried no frame: there is nothing that was received with these values.
        for slot in range(PHY, SHORT_PREAMBLE + 1, NEXT):
            row[slot] = NONE
        return first
    end_of_record = end
    end = without_fcs(octets, end, whole, row)
    fault = mac_header(octets, row[MAC_AT], end, row)
    if parts & CHECKING:
        check(octets, end, tables, row)
    reception(row)
    if not fault:
        fault = _body(octets, end, key, parts, row)
    elif fault == MAC_VERSION and end - row[MAC_AT] > 2:
        row[CHAIN], row[DATA_LENGTH] = WLAN_DATA, end - row[MAC_AT] - 2
    if row[MAC_AT] < end_of_record:
        row[PROTOCOLS] += row[CHAIN]
    return first if first else fault


@compiled_lent_part
def _cleared(block: Int64s, parts: Int) -> None:
    """Empty every slot that these parts of the work fill."""
    block[:TIMESTAMP] = NONE
    block[LLC_TYPE:] = NONE
    if parts & MANAGING:
        block[TIMESTAMP:LLC_TYPE] = NONE


@compiled_lent_part
def _filled(values: Int64s) -> np.uint32:
    """A bit for every one of the values that there is."""
    bits = np.uint32(0)
    for place in range(values.size):
        bits |= np.uint32(values[place] != NONE) << np.uint32(place)
    return bits


@compiled_lent_part
def _copied(values: Int64s, column: Int64s) -> None:
    for place in range(values.size):
        column[place] = values[place]


@compiled_lent
def read_frames(
    octets: Octets,
    records: Int64s,
    first_number: Int,
    tables: NDArray[np.uint32],
    key: NDArray[np.uint64],
    parts: Int,
    kept: Int64s,
    counts: Int64s,
    layouts: Int64s,
    block: Int64s,
    columns: Int64s,
    places: Int64s,
    filled: NDArray[np.uint32],
) -> None:
    """Read every record into the columns.

    Args:
        octets: uint8[octet] that the records point into.
        records: int64[slot, record]; see :mod:`yawstring.wire.records`.
        first_number: Number of the first frame.
        tables: uint32[slice, octet] of the frame check sequence.
        key: uint64[2] of the hashes.
        parts: Which of the parts of the work are done.
        kept: int64[column], the slots that are kept.
        counts: int64[reason], added to.
        layouts: int64[layout, slot] of radiotap headers, zeros at first.
        block: int64[slot of a block], to work in, every one :data:`NONE` at first.
        columns: int64[place, frame], filled where a bit says so.
        places: int64[column], the place of each column, filled: a column takes the next with its first value, so that
            one without values takes no memory. :data:`NONE` at first.
        filled: uint32[column, 32 frames]: bit ``frame % 32`` of word ``frame // 32`` says that it is filled.
    """
    frames, taken = records.shape[1], 0
    for first in range(0, frames, BLOCK_FRAMES):
        last = min(first + BLOCK_FRAMES, frames)
        _cleared(block, parts)
        for index in range(first, last):
            row = block[index - first :]
            at, captured, length = records[AT, index], records[CAPTURED, index], records[RECORD_LENGTH, index]
            link, whole = records[LINK_TYPE, index], captured >= length
            row[TIME], row[NUMBER], row[LENGTH] = records[RECORD_TIME, index], first_number + index, length
            row[CAPTURED_SLOT] = captured
            if records[FCS, index] >= 0:
                row[FCS_THERE] = 1 if records[FCS, index] == 4 else 0
            # A record that does not lie in the octets is no record of theirs.
            if at < 0 or captured < 0 or at > octets.size or captured > octets.size - at:
                captured, at = 0, 0
            fault = _frame(octets, at, at + captured, link, whole, tables, key, parts, layouts, row)
            if fault:
                row[REJECT] = fault
                counts[fault] += 1
        for column in range(kept.size):
            values = block[kept[column] : kept[column] + last - first]
            bits = _filled(values)
            filled[column, first // BLOCK_FRAMES] = bits
            if bits:
                if places[column] == NONE:
                    places[column] = taken
                    taken += 1
                _copied(values, columns[places[column], first:last])
