"""The other headers that capture programs put before an 802.11 frame: Prism, AVS and PPI.

Prism is a list of numbered values of 32 bits (linux-wlan-ng); AVS one struct, most significant octet first (the AVS
Wireless Monitoring header, v1 and v2); PPI a list of typed fields (CACE PPI header 1.0.10).
"""

from yawstring.compiled import compiled_lent_part
from yawstring.wire.octets import Int, Octets, i8, i32le, u16le, u32be, u32le
from yawstring.wire.rates import RATE_UNIT, note_channel_flags
from yawstring.wire.records import Int64s
from yawstring.wire.rejects import AVS_LENGTH, FINE, PPI_FIELD, PPI_LENGTH, PPI_LINK, PRISM_LENGTH
from yawstring.wire.slots import (
    CHANNEL,
    FCS_THERE,
    FREQUENCY,
    MAC_AT,
    NOISE,
    RATE,
    SIGNAL,
)  # fmt: skip

PRISM_OCTETS = 144
LINK_MAC = 105

_AVS_MAGICS = (0x80211001, 0x80211002)
_AVS_OCTETS = 64
_DID_CHANNEL, _DID_RSSI, _DID_NOISE, _DID_RATE = 3, 4, 7, 8
_DID_MASK = 0xFFF
_AVS_RATE_UNIT = 100_000
_PPI_OCTETS, _PPI_COMMON, _PPI_COMMON_OCTETS = 8, 2, 20


@compiled_lent_part
def prism(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    """Read a Prism header, or the AVS header that some drivers send under its link type; gives the first fault."""
    if end - at < 8:
        return PRISM_LENGTH
    magic = u32be(octets, at)
    if magic == _AVS_MAGICS[0] or magic == _AVS_MAGICS[1]:
        return _avs(octets, at, end, row)
    if end - at < PRISM_OCTETS:
        return PRISM_LENGTH
    row[MAC_AT] = at + PRISM_OCTETS
    for item in range(at + 24, at + PRISM_OCTETS, 12):
        did, status = u32le(octets, item), u16le(octets, item + 4)
        value = i32le(octets, item + 8)
        if status != 0:
            continue
        number = did >> 16 if did & _DID_MASK == 0x44 else did >> 12 & 0xF
        if number == _DID_CHANNEL:
            row[CHANNEL] = value
        elif number == _DID_RSSI:
            row[SIGNAL] = value
        elif number == _DID_NOISE:
            row[NOISE] = value
        elif number == _DID_RATE:
            row[RATE] = value * RATE_UNIT
    return FINE


@compiled_lent_part
def _avs(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    length = u32be(octets, at + 4)
    if end - at < _AVS_OCTETS or length < _AVS_OCTETS or length > end - at:
        return AVS_LENGTH
    row[MAC_AT] = at + length
    row[CHANNEL] = u32be(octets, at + 28)
    row[RATE] = u32be(octets, at + 32) * _AVS_RATE_UNIT
    if u32be(octets, at + 44) == 2:
        row[SIGNAL] = i8(octets, at + 51)
        row[NOISE] = i8(octets, at + 55)
    return FINE


@compiled_lent_part
def ppi(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    """Read a PPI header; gives the first fault."""
    if end - at < _PPI_OCTETS:
        return PPI_LENGTH
    length = u16le(octets, at + 2)
    if length < _PPI_OCTETS or length > end - at:
        return PPI_LENGTH
    if u32le(octets, at + 4) != LINK_MAC:
        return PPI_LINK
    row[MAC_AT] = at + length
    # Bit 0 of the flags: every field begins at a multiple of four octets.
    aligned, field, stop = octets[at + 1] & 1, at + _PPI_OCTETS, at + length
    while field + 4 <= stop:
        kind, size = u16le(octets, field), u16le(octets, field + 2)
        field += 4
        if field + size > stop:
            return PPI_FIELD
        if kind == _PPI_COMMON and size >= _PPI_COMMON_OCTETS:
            _ppi_common(octets, field, row)
        field += size
        if aligned:
            field += (at - field) % 4
    return FINE


@compiled_lent_part
def _ppi_common(octets: Octets, at: Int, row: Int64s) -> None:
    flags = u16le(octets, at + 8)
    row[FCS_THERE] = flags & 1
    rate, frequency = u16le(octets, at + 10), u16le(octets, at + 12)
    if rate:
        row[RATE] = rate * RATE_UNIT
    if frequency:
        row[FREQUENCY] = frequency
        note_channel_flags(u16le(octets, at + 14), row)
    signal, noise = i8(octets, at + 18), i8(octets, at + 19)
    if signal != -128:
        row[SIGNAL] = signal
    if noise != -128:
        row[NOISE] = noise
