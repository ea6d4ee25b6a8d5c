"""The compiled loop that walks the records of a capture. It checks every bound itself.

An argument is always an int64, never a literal: Numba compiles a function again for each literal it is called with.
It stops where the octets end within a record, where there is no more room for what it found, or where the chain of
lengths is broken for good.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_lent, compiled_lent_part
from yawstring.wire.octets import Int, Octets, u16be, u16le, u32be, u32le
from yawstring.wire.rejects import (
    BLOCK_LENGTH,
    BLOCK_SHORT,
    BLOCK_TRAILER,
    CAPTURE_UNKNOWN,
    INTERFACE_MANY,
    INTERFACE_UNKNOWN,
    OPTION_LENGTH,
    SECTION_ORDER,
    TIME_RANGE,
)  # fmt: skip

Int64s = NDArray[np.int64]

(POSITION, FORMAT, BIG_ENDIAN, SCALE, LINK, FCS_OCTETS, HEADER_OCTETS, INTERFACES) = range(8)
CURSOR_SLOTS = 8

(BROKEN, UNKNOWN, PCAP, PCAPNG) = range(-1, 3)
"""Formats: one whose chain of lengths is broken, one not known yet, and the two."""

(AT, CAPTURED, LENGTH, TIME, LINK_TYPE, FCS) = range(6)
RECORD_SLOTS = 6
"""Where the octets begin; how many; how many on the air; ns; link type; octets of FCS, -1 where nothing says."""

(IF_LINK, IF_RESOLUTION, IF_OFFSET_S, IF_SNAP, IF_FCS) = range(5)
INTERFACE_SLOTS = 5
MOST_INTERFACES = 1024
"""Interfaces of a section; packets of later ones are rejected."""

NO_TIME = -(1 << 63)
"""In the table of records alone: the record has no time, or none that fits."""

FCS_UNKNOWN = -1

_PCAP_HEADER, _PCAP_RECORD, _PCAP_RECORD_PATCHED = 24, 16, 24
_LINK_AT = 20
_MAGIC_US, _MAGIC_NS, _MAGIC_PATCHED = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34
_FCS_FLAG, _FCS_SHIFT, _LINK_MASK = 1 << 26, 28, 0xFFFF
_SECTION, _INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_ORDER_MAGIC = 0x1A2B3C4D
_LEAST_BLOCK = 12
_OPTION_RESOLUTION, _OPTION_FCS, _OPTION_OFFSET = 9, 13, 14
_BINARY = 0x80
_NS_DIGITS = 9
_SECOND_NS = 1_000_000_000
_MOST_SECONDS = (1 << 63) // _SECOND_NS - 1
_MOST_DIGITS = 18
"""Decimal digits that an int64 holds."""


@compiled_lent_part
def _u32(octets: Octets, at: Int, big: Int) -> Int:
    return u32be(octets, at) if big else u32le(octets, at)


@compiled_lent_part
def _u16(octets: Octets, at: Int, big: Int) -> Int:
    return u16be(octets, at) if big else u16le(octets, at)


@compiled_lent_part
def _begin(octets: Octets, cursor: Int64s) -> bool:
    """Learn the format from the first octets; false where more are needed or nobody knows it."""
    if octets.size < _PCAP_HEADER:
        return False
    little, big = u32le(octets, np.int64(0)), u32be(octets, np.int64(0))
    if little == _SECTION:
        cursor[FORMAT] = PCAPNG
        return True
    for magic, scale, header in (
        (_MAGIC_US, 1000, _PCAP_RECORD), (_MAGIC_NS, 1, _PCAP_RECORD), (_MAGIC_PATCHED, 1000, _PCAP_RECORD_PATCHED),
    ):  # fmt: skip
        if magic in (little, big):
            cursor[FORMAT], cursor[BIG_ENDIAN], cursor[SCALE] = PCAP, 1 if magic == big else 0, scale
            cursor[HEADER_OCTETS], cursor[POSITION] = header, _PCAP_HEADER
            link = _u32(octets, np.int64(_LINK_AT), cursor[BIG_ENDIAN])
            cursor[LINK] = link & _LINK_MASK
            cursor[FCS_OCTETS] = 2 * (link >> _FCS_SHIFT) if link & _FCS_FLAG else FCS_UNKNOWN
            return True
    return False


@compiled_lent_part
def _pcap(octets: Octets, cursor: Int64s, table: Int64s, found: Int) -> Int:
    """Walk the records of a pcap file behind those ``found`` before; gives the count of all."""
    at, big, scale, header = cursor[POSITION], cursor[BIG_ENDIAN], cursor[SCALE], cursor[HEADER_OCTETS]
    while found < table.shape[1] and at + header <= octets.size:
        captured = _u32(octets, at + 8, big)
        if captured > octets.size - at - header:
            break
        table[AT, found], table[CAPTURED, found] = at + header, captured
        table[LENGTH, found] = _u32(octets, at + 12, big)
        # A fraction of a second or more is carried over: some writers give microseconds of 10^6 and above.
        table[TIME, found] = _u32(octets, at, big) * _SECOND_NS + _u32(octets, at + 4, big) * scale
        table[LINK_TYPE, found], table[FCS, found] = cursor[LINK], cursor[FCS_OCTETS]
        at += header + captured
        found += 1
    cursor[POSITION] = at
    return found


@compiled_lent_part
def _power_of_ten(digits: Int) -> Int:
    power = 1
    for _ in range(digits):
        power *= 10
    return power


@compiled_lent_part
def _nanoseconds(ticks: Int, resolution: Int, offset_s: Int) -> Int:
    """Ticks of an interface as Unix nanoseconds, or :data:`NO_TIME` where they do not fit."""
    places = resolution & 0x7F
    if ticks < 0:
        return NO_TIME
    if resolution & _BINARY:
        seconds = ticks >> places if places < 63 else 0
        rest = ticks - (seconds << places) if places < 63 else ticks
        spare = max(places - 30, 0)
        nanoseconds = ((rest >> spare) * _SECOND_NS >> (places - spare)) if spare < 63 else 0
    elif places > _NS_DIGITS:
        seconds, nanoseconds = 0, ticks // _power_of_ten(places - _NS_DIGITS) if places <= 27 else 0
        seconds, nanoseconds = nanoseconds // _SECOND_NS, nanoseconds % _SECOND_NS
    else:
        per_second = _power_of_ten(places)
        seconds = ticks // per_second
        nanoseconds = (ticks % per_second) * _power_of_ten(_NS_DIGITS - places)
    if offset_s < -_MOST_SECONDS or offset_s > _MOST_SECONDS or seconds > _MOST_SECONDS:
        return NO_TIME
    seconds += offset_s
    if seconds < -_MOST_SECONDS or seconds > _MOST_SECONDS:
        return NO_TIME
    return seconds * _SECOND_NS + nanoseconds


@compiled_lent_part
def _section(octets: Octets, at: Int, cursor: Int64s) -> bool:
    """Begin a section: its byte order, and no interfaces yet."""
    if u32le(octets, at + 8) == _ORDER_MAGIC:
        cursor[BIG_ENDIAN] = 0
    elif u32be(octets, at + 8) == _ORDER_MAGIC:
        cursor[BIG_ENDIAN] = 1
    else:
        return False
    cursor[INTERFACES] = 0
    return True


@compiled_lent_part
def _interface(octets: Octets, at: Int, end: Int, cursor: Int64s, interfaces: Int64s, counts: Int64s) -> None:
    """Note the interface that a block describes; ``end`` is where its options end."""
    big, number = cursor[BIG_ENDIAN], cursor[INTERFACES]
    cursor[INTERFACES] += 1
    if number >= MOST_INTERFACES:
        counts[INTERFACE_MANY] += 1
        return
    if end - at < 16:
        counts[BLOCK_SHORT] += 1
        interfaces[number, IF_LINK] = -1
        interfaces[number, IF_RESOLUTION], interfaces[number, IF_OFFSET_S] = 6, 0
        interfaces[number, IF_SNAP], interfaces[number, IF_FCS] = 0, FCS_UNKNOWN
        return
    interfaces[number, IF_LINK] = _u16(octets, at + 8, big)
    interfaces[number, IF_SNAP] = _u32(octets, at + 12, big)
    interfaces[number, IF_RESOLUTION], interfaces[number, IF_OFFSET_S] = 6, 0
    interfaces[number, IF_FCS] = FCS_UNKNOWN
    option = at + 16
    while option + 4 <= end:
        code, length = _u16(octets, option, big), _u16(octets, option + 2, big)
        if code == 0:
            break
        if option + 4 + length > end:
            counts[OPTION_LENGTH] += 1
            break
        if code == _OPTION_RESOLUTION and length >= 1:
            interfaces[number, IF_RESOLUTION] = octets[option + 4]
        elif code == _OPTION_FCS and length >= 1:
            interfaces[number, IF_FCS] = octets[option + 4]
        elif code == _OPTION_OFFSET and length >= 8:
            first, second = _u32(octets, option + 4, big), _u32(octets, option + 8, big)
            interfaces[number, IF_OFFSET_S] = (first << 32 | second) if big else (second << 32 | first)
        option += 4 + (length + 3 & ~3)


@compiled_lent_part
def _packet(
    octets: Octets, at: Int, end: Int, kind: Int, cursor: Int64s, interfaces: Int64s, counts: Int64s, record: Int64s
) -> bool:
    """Read a packet block into a record; ``end`` is where its body ends."""
    big, header = cursor[BIG_ENDIAN], 12 if kind == _SIMPLE else 28
    number: Int = 0
    captured: Int = 0
    length: Int = 0
    time: Int = 0
    if end - at < header:
        counts[BLOCK_SHORT] += 1
        return False
    if kind == _ENHANCED:
        number = _u32(octets, at + 8, big)
    elif kind == _PACKET:
        number = _u16(octets, at + 8, big)
    if number >= cursor[INTERFACES] or number >= MOST_INTERFACES or interfaces[number, IF_LINK] < 0:
        counts[INTERFACE_UNKNOWN] += 1
        return False
    if kind == _SIMPLE:
        length, time = _u32(octets, at + 8, big), NO_TIME
        snap = interfaces[number, IF_SNAP]
        captured = min(length, snap if snap else length, end - at - header)
    else:
        ticks = _u32(octets, at + 12, big) << 32 | _u32(octets, at + 16, big)
        time = _nanoseconds(ticks, interfaces[number, IF_RESOLUTION], interfaces[number, IF_OFFSET_S])
        counts[TIME_RANGE] += 1 if time == NO_TIME else 0
        captured, length = _u32(octets, at + 20, big), _u32(octets, at + 24, big)
    if captured > end - at - header:
        counts[BLOCK_SHORT] += 1
        return False
    record[AT], record[CAPTURED], record[LENGTH] = at + header, captured, length
    record[TIME], record[LINK_TYPE], record[FCS] = time, interfaces[number, IF_LINK], interfaces[number, IF_FCS]
    return True


@compiled_lent_part
def _pcapng(octets: Octets, cursor: Int64s, interfaces: Int64s, counts: Int64s, table: Int64s, found: Int) -> Int:
    """Walk the blocks of a pcapng file behind the packets ``found`` before; gives the count of all."""
    while found < table.shape[1] and cursor[POSITION] + _LEAST_BLOCK <= octets.size:
        at = cursor[POSITION]
        kind = _u32(octets, at, cursor[BIG_ENDIAN])
        # The type of a section reads the same in both byte orders, and its order must be known before its length.
        if kind == _SECTION and not _section(octets, at, cursor):
            counts[SECTION_ORDER] += 1
            cursor[FORMAT] = BROKEN
            break
        length = _u32(octets, at + 4, cursor[BIG_ENDIAN])
        if length < _LEAST_BLOCK or length & 3:
            counts[BLOCK_LENGTH] += 1
            cursor[FORMAT] = BROKEN
            break
        if length > octets.size - at:
            break
        end = at + length - 4
        if _u32(octets, end, cursor[BIG_ENDIAN]) != length:
            counts[BLOCK_TRAILER] += 1
        if kind == _INTERFACE:
            _interface(octets, at, end, cursor, interfaces, counts)
        elif kind in (_PACKET, _SIMPLE, _ENHANCED) and _packet(
            octets, at, end, kind, cursor, interfaces, counts, table[:, found]
        ):
            found += 1
        cursor[POSITION] = at + length
    return found


@compiled_lent
def scan_records(octets: Octets, cursor: Int64s, interfaces: Int64s, counts: Int64s, table: Int64s, found: Int) -> Int:
    """Fill the table with the next records and move the cursor behind them.

    Args:
        octets: uint8[octet] of the capture, from its first octet or from where the cursor says.
        cursor: int64[slot], changed.
        interfaces: int64[interface, slot], changed.
        counts: int64[reason], what could not be read, added to.
        table: int64[slot, record], filled.
        found: Count of records that it holds already.

    Returns:
        Count of records that it holds; less than there is room for when no whole record is left.
    """
    if cursor[FORMAT] == UNKNOWN and not _begin(octets, cursor):
        if octets.size >= _PCAP_HEADER:
            counts[CAPTURE_UNKNOWN] += 1
            cursor[FORMAT], cursor[POSITION] = BROKEN, octets.size
        return found
    if cursor[FORMAT] == PCAP:
        return _pcap(octets, cursor, table, found)
    if cursor[FORMAT] == PCAPNG:
        return _pcapng(octets, cursor, interfaces, counts, table, found)
    return found
