"""The radiotap header (radiotap.org): every defined field walked by its size and alignment, in every namespace."""

import numpy as np

from yawstring.compiled import compiled_part
from yawstring.wire.octets import Int, Octets, i8, i64le, u16le, u32le
from yawstring.wire.rates import PHY_FHSS, RATE_UNIT, note_channel_flags
from yawstring.wire.records import Int64s
from yawstring.wire.rejects import FINE, RADIOTAP_FIELD, RADIOTAP_LENGTH, RADIOTAP_PRESENT
from yawstring.wire.slots import (
    CHANNEL,
    CLOCK_SEEN,
    DATA_PAD,
    FCS_THERE,
    FREQUENCY,
    HE_1,
    HE_2,
    HE_3,
    HE_5,
    HE_6,
    MAC_AT,
    MCS_FLAGS,
    MCS_INDEX,
    MCS_KNOWN,
    NOISE,
    NONE,
    PHY,
    RATE,
    RT_ANTENNA,
    RT_CCK,
    RT_CHANNEL_FLAGS,
    RT_DB_SIGNAL,
    RT_FLAGS,
    RT_FREQUENCY,
    RT_LENGTH,
    RT_MACTIME,
    RT_NOISE,
    RT_OFDM,
    RT_QUALITY,
    RT_RX_FLAGS,
    RT_SIGNAL,
    RT_TX_POWER,
    SHORT_PREAMBLE,
    SIGNAL,
    VHT_BANDWIDTH,
    VHT_FLAGS,
    VHT_KNOWN,
    VHT_USERS,
    ZERO_LENGTH,
)  # fmt: skip

HEADER_OCTETS = 8

_TSFT, _FLAGS, _RATE, _CHANNEL, _FHSS, _SIGNAL, _NOISE, _QUALITY = 0, 1, 2, 3, 4, 5, 6, 7
_TX_POWER, _ANTENNA, _DB_SIGNAL, _RX_FLAGS, _XCHANNEL = 10, 11, 12, 14, 18
_MCS, _VHT, _HE, _ZERO_LENGTH, _TLVS = 19, 21, 23, 26, 28
_RADIOTAP_NAMESPACE, _VENDOR_NAMESPACE = 29, 30
_VENDOR_HEADER = 6
_FIELDS = 28

ALIGNMENTS = np.array([8, 1, 1, 2, 2, 1, 1, 2, 2, 2, 1, 1, 1, 1, 2, 2, 1, 1, 4, 1, 4, 2, 8, 2, 2, 2, 1, 2], np.int64)
"""Octets, by present bit: a field begins at a multiple of so many octets from the header's start."""

SIZES = np.array([8, 1, 1, 4, 2, 1, 1, 2, 2, 2, 1, 1, 1, 1, 2, 2, 1, 1, 8, 3, 8, 12, 12, 12, 12, 6, 1, 4], np.int64)
"""Octets, by present bit."""


@compiled_part
def radiotap(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    """Read the radiotap header at ``at`` of a frame that ends at ``end``; gives the first fault.

    Where the header's length is sound, ``row[MAC_AT]`` says where the 802.11 frame begins, whatever the fields hold.
    """
    if end - at < HEADER_OCTETS:
        return RADIOTAP_LENGTH
    length = u16le(octets, at + 2)
    row[RT_LENGTH] = length
    if length < HEADER_OCTETS or length > end - at:
        return RADIOTAP_LENGTH
    row[MAC_AT] = at + length
    stop, first = at + length, at + 4
    field = first
    while octets[field + 3] & 0x80:
        field += 4
        if field + 4 > stop:
            return RADIOTAP_PRESENT
    field += 4
    return _words(octets, at, first, field, stop, row)


@compiled_part
def _words(octets: Octets, at: Int, first: Int, field: Int, stop: Int, row: Int64s) -> Int:
    """Walk the present words from ``first`` up to ``field``, where the fields begin."""
    fields, ours = field, True
    while first < fields:
        word = u32le(octets, first)
        first += 4
        for bit in range(_FIELDS if ours else 0):
            if word >> bit & 1:
                field += (at - field) % ALIGNMENTS[bit]
                if field + SIZES[bit] > stop:
                    return RADIOTAP_FIELD
                _field(octets, field, bit, row)
                field += SIZES[bit]
        # The rest are fields by type and length, and none of them is read.
        if ours and word >> _TLVS & 1:
            return FINE
        if word >> _VENDOR_NAMESPACE & 1:
            field += (at - field) % 2
            if field + _VENDOR_HEADER > stop or field + _VENDOR_HEADER + u16le(octets, field + 4) > stop:
                return RADIOTAP_FIELD
            field += _VENDOR_HEADER + u16le(octets, field + 4)
            ours = False
        elif word >> _RADIOTAP_NAMESPACE & 1:
            ours = True
        elif ours:
            # The next word counts on from bit 32, where no field is defined: their sizes are not known.
            return FINE
    return FINE


@compiled_part
def _field(octets: Octets, at: Int, bit: Int, row: Int64s) -> None:
    """Read one field. Columns hold the first of several; what describes the reception holds the last."""
    if bit <= _SIGNAL:
        _common(octets, at, bit, row)
    elif bit == _NOISE:
        row[NOISE] = i8(octets, at)
        row[RT_NOISE] = row[NOISE] if row[RT_NOISE] == NONE else row[RT_NOISE]
    elif bit == _ANTENNA:
        row[RT_ANTENNA] = octets[at] if row[RT_ANTENNA] == NONE else row[RT_ANTENNA]
    elif bit == _QUALITY:
        row[RT_QUALITY] = u16le(octets, at) if row[RT_QUALITY] == NONE else row[RT_QUALITY]
    elif bit == _RX_FLAGS:
        row[RT_RX_FLAGS] = u16le(octets, at) if row[RT_RX_FLAGS] == NONE else row[RT_RX_FLAGS]
    elif bit == _TX_POWER:
        row[RT_TX_POWER] = i8(octets, at) if row[RT_TX_POWER] == NONE else row[RT_TX_POWER]
    elif bit == _DB_SIGNAL:
        row[RT_DB_SIGNAL] = octets[at] if row[RT_DB_SIGNAL] == NONE else row[RT_DB_SIGNAL]
    elif bit >= _XCHANNEL:
        _modulation(octets, at, bit, row)


@compiled_part
def _common(octets: Octets, at: Int, bit: Int, row: Int64s) -> None:
    """Time, flags, rate, channel, signal."""
    if bit == _TSFT:
        clock = i64le(octets, at)
        # All ones is how some drivers say that they do not know.
        if row[CLOCK_SEEN] == NONE and clock >= 0:
            row[RT_MACTIME] = clock
        row[CLOCK_SEEN] = 1
    elif bit == _FLAGS:
        flags = np.int64(octets[at])
        row[RT_FLAGS] = flags if row[RT_FLAGS] == NONE else row[RT_FLAGS]
        row[FCS_THERE], row[DATA_PAD] = flags >> 4 & 1, flags >> 5 & 1
        row[SHORT_PREAMBLE] = flags >> 1 & 1
    elif bit == _RATE:
        row[RATE] = np.int64(octets[at]) * RATE_UNIT
    elif bit == _CHANNEL:
        row[FREQUENCY] = u16le(octets, at)
        if row[RT_FREQUENCY] == NONE:
            row[RT_FREQUENCY], row[RT_CHANNEL_FLAGS] = row[FREQUENCY], u16le(octets, at + 2)
            row[RT_CCK], row[RT_OFDM] = row[RT_CHANNEL_FLAGS] >> 5 & 1, row[RT_CHANNEL_FLAGS] >> 6 & 1
        row[CHANNEL] = NONE
        note_channel_flags(u16le(octets, at + 2), row)
    elif bit == _FHSS:
        row[PHY] = PHY_FHSS
    elif bit == _SIGNAL:
        row[SIGNAL] = i8(octets, at)
        row[RT_SIGNAL] = row[SIGNAL] if row[RT_SIGNAL] == NONE else row[RT_SIGNAL]


@compiled_part
def _modulation(octets: Octets, at: Int, bit: Int, row: Int64s) -> None:
    """What the data rate of HT, VHT and HE frames is made of."""
    if bit == _XCHANNEL:
        row[FREQUENCY], row[CHANNEL] = u16le(octets, at + 4), octets[at + 6]
        note_channel_flags(u32le(octets, at), row)
    elif bit == _MCS:
        row[MCS_KNOWN], row[MCS_FLAGS], row[MCS_INDEX] = octets[at], octets[at + 1], octets[at + 2]
    elif bit == _VHT:
        row[VHT_KNOWN], row[VHT_FLAGS] = u16le(octets, at), octets[at + 2]
        row[VHT_BANDWIDTH], row[VHT_USERS] = octets[at + 3], u32le(octets, at + 4)
    elif bit == _HE:
        row[HE_1], row[HE_2], row[HE_3] = u16le(octets, at), u16le(octets, at + 2), u16le(octets, at + 4)
        row[HE_5], row[HE_6] = u16le(octets, at + 8), u16le(octets, at + 10)
    elif bit == _ZERO_LENGTH:
        row[ZERO_LENGTH] = octets[at]
