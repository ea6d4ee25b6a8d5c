"""The radiotap header (radiotap.org): every defined field walked by its size and alignment, in every namespace."""

import numpy as np

from yawstring.compiled import compiled_lent_part
from yawstring.wire.checksums import mixed
from yawstring.wire.octets import Int, Octets, i8, i64le, u16le, u32le
from yawstring.wire.rates import PHY_FHSS, RATE_UNIT, note_channel_flags
from yawstring.wire.records import Int64s
from yawstring.wire.rejects import FINE, RADIOTAP_FIELD, RADIOTAP_LENGTH, RADIOTAP_PRESENT
from yawstring.wire.slots import (
    CHANNEL,
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
_MORE_WORDS, _WORD = 1 << 31, 0xFFFFFFFF

ALIGNMENTS = np.array([8, 1, 1, 2, 2, 1, 1, 2, 2, 2, 1, 1, 1, 1, 2, 2, 1, 1, 4, 1, 4, 2, 8, 2, 2, 2, 1, 2], np.int64)
"""Octets, by present bit: a field begins at a multiple of so many octets from the header's start."""

SIZES = np.array([8, 1, 1, 4, 2, 1, 1, 2, 2, 2, 1, 1, 1, 1, 2, 2, 1, 1, 8, 3, 8, 12, 12, 12, 12, 6, 1, 4], np.int64)
"""Octets, by present bit."""


(KEY, MORE, FAULT) = range(3)
FIRST, LAST = 3, 3 + _FIELDS
LAYOUT_SLOTS = 3 + 2 * _FIELDS
"""A layout: eight octets of the header, the eight after them where they are present words, the first fault, and by
present bit where the first and the last field of it begin; 0 where there is none, for no field begins there."""

LAYOUTS = 512
"""Layouts that are kept, a power of two. One more row is for a header whose layout is not."""


@compiled_lent_part
def radiotap(octets: Octets, at: Int, end: Int, layouts: Int64s, row: Int64s) -> Int:
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
    layout = layouts[_layout(octets, at, length, layouts)]
    _columns(octets, at, layout, row)
    _reception(octets, at, layout, row)
    fault: Int = layout[FAULT]
    return fault


@compiled_lent_part
def _layout(octets: Octets, at: Int, length: Int, layouts: Int64s) -> Int:
    """Row of the header's layout: found, or worked out in the place of one that other headers had.

    Version, length and present words make the layout, but for a vendor's namespace, whose length stands in it.
    """
    key: Int = i64le(octets, at)
    more: Int = 0
    vendors = key >> 32
    if key < 0:
        more = i64le(octets, at + HEADER_OCTETS) if length >= 2 * HEADER_OCTETS else -1
        more = more if more & _MORE_WORDS else more & _WORD
        vendors |= more | more >> 32
    place: Int = mixed(key, more) & LAYOUTS - 1
    if more < 0 or vendors >> _VENDOR_NAMESPACE & 1:
        place = LAYOUTS
    elif layouts[place, KEY] == key and layouts[place, MORE] == more:
        return place
    layout = layouts[place]
    layout[:] = 0
    layout[KEY], layout[MORE] = key, more
    layout[FAULT] = _walk(octets, at, at + length, layout)
    return place


@compiled_lent_part
def _present(octets: Octets, first: Int, stop: Int) -> Int:
    """Where the present words that begin at ``first`` end; beyond ``stop`` where they run past it."""
    at = first
    while octets[at + 3] & 0x80:
        at += 4
        if at + 4 > stop:
            return stop + 1
    return at + 4


@compiled_lent_part
def _walk(octets: Octets, at: Int, stop: Int, layout: Int64s) -> Int:
    """Find the fields of the header from ``at`` up to ``stop``; gives the first fault."""
    first = at + 4
    field = _present(octets, first, stop)
    if field > stop:
        return RADIOTAP_PRESENT
    fields, ours = field, True
    while first < fields:
        word = u32le(octets, first)
        first += 4
        if ours:
            field = _word(word, at, field, stop, layout)
            if field > stop:
                return RADIOTAP_FIELD
        # The rest are fields by type and length, and none of them is read.
        if ours and word >> _TLVS & 1:
            return FINE
        if word >> _VENDOR_NAMESPACE & 1:
            field += (at - field) & 1
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


@compiled_lent_part
def _word(word: Int, at: Int, field: Int, stop: Int, layout: Int64s) -> Int:
    """Find the fields of one present word from ``field`` on; gives where they end, beyond ``stop`` where one does."""
    for bit in range(_FIELDS):
        if word >> bit & 1:
            field += (at - field) & (ALIGNMENTS[bit] - 1)
            if field + SIZES[bit] > stop:
                return stop + 1
            layout[LAST + bit] = field - at
            if not layout[FIRST + bit]:
                layout[FIRST + bit] = field - at
            field += SIZES[bit]
    return field


@compiled_lent_part
def _columns(octets: Octets, at: Int, layout: Int64s, row: Int64s) -> None:
    """Read the radiotap columns: the first of several fields of a kind. What is not there is read at 0 and dropped."""
    clock, flags, channel = layout[FIRST + _TSFT], layout[FIRST + _FLAGS], layout[FIRST + _CHANNEL]
    time = i64le(octets, at + clock)
    # All ones is how some drivers say that they do not know.
    row[RT_MACTIME] = time if clock and time >= 0 else NONE
    row[RT_FLAGS] = octets[at + flags] if flags else NONE
    frequency, kind = u16le(octets, at + channel), u16le(octets, at + channel + 2)
    row[RT_FREQUENCY], row[RT_CHANNEL_FLAGS] = frequency if channel else NONE, kind if channel else NONE
    row[RT_CCK], row[RT_OFDM] = kind >> 5 & 1 if channel else NONE, kind >> 6 & 1 if channel else NONE
    row[RT_SIGNAL] = _signed(octets, at, layout[FIRST + _SIGNAL])
    row[RT_NOISE] = _signed(octets, at, layout[FIRST + _NOISE])
    row[RT_TX_POWER] = _signed(octets, at, layout[FIRST + _TX_POWER])
    row[RT_ANTENNA] = _octet(octets, at, layout[FIRST + _ANTENNA])
    row[RT_DB_SIGNAL] = _octet(octets, at, layout[FIRST + _DB_SIGNAL])
    row[RT_QUALITY] = _two(octets, at, layout[FIRST + _QUALITY])
    row[RT_RX_FLAGS] = _two(octets, at, layout[FIRST + _RX_FLAGS])


@compiled_lent_part
def _signed(octets: Octets, at: Int, place: Int) -> Int:
    value = i8(octets, at + place)
    return value if place else NONE


@compiled_lent_part
def _octet(octets: Octets, at: Int, place: Int) -> Int:
    value = np.int64(octets[at + place])
    return value if place else NONE


@compiled_lent_part
def _two(octets: Octets, at: Int, place: Int) -> Int:
    value = u16le(octets, at + place)
    return value if place else NONE


@compiled_lent_part
def _reception(octets: Octets, at: Int, layout: Int64s, row: Int64s) -> None:
    """Read what describes the reception: the last of several fields of a kind."""
    flags, rate = layout[LAST + _FLAGS], layout[LAST + _RATE]
    if flags:
        value = np.int64(octets[at + flags])
        row[FCS_THERE], row[DATA_PAD], row[SHORT_PREAMBLE] = value >> 4 & 1, value >> 5 & 1, value >> 1 & 1
    if rate:
        row[RATE] = np.int64(octets[at + rate]) * RATE_UNIT
    row[SIGNAL] = _signed(octets, at, layout[LAST + _SIGNAL])
    row[NOISE] = _signed(octets, at, layout[LAST + _NOISE])
    if layout[LAST + _FHSS] | layout[LAST + _XCHANNEL]:
        _kinds(octets, at, layout, row)
    elif layout[LAST + _CHANNEL]:
        _channel(octets, at + layout[LAST + _CHANNEL], row)
    if layout[LAST + _MCS] | layout[LAST + _VHT] | layout[LAST + _HE] | layout[LAST + _ZERO_LENGTH]:
        _modulation(octets, at, layout, row)


@compiled_lent_part
def _kinds(octets: Octets, at: Int, layout: Int64s, row: Int64s) -> None:
    """Read the fields that say what is sent on which channel in the order they stand in: the last has the last word."""
    channel, hopping, wide = layout[LAST + _CHANNEL], layout[LAST + _FHSS], layout[LAST + _XCHANNEL]
    for place in range(1, max(channel, hopping, wide) + 1):
        if place == channel:
            _channel(octets, at + place, row)
        elif place == hopping:
            row[PHY] = PHY_FHSS
        elif place == wide:
            _xchannel(octets, at + place, row)


@compiled_lent_part
def _channel(octets: Octets, at: Int, row: Int64s) -> None:
    row[FREQUENCY], row[CHANNEL] = u16le(octets, at), NONE
    note_channel_flags(u16le(octets, at + 2), row)


@compiled_lent_part
def _xchannel(octets: Octets, at: Int, row: Int64s) -> None:
    row[FREQUENCY], row[CHANNEL] = u16le(octets, at + 4), octets[at + 6]
    note_channel_flags(u32le(octets, at), row)


@compiled_lent_part
def _modulation(octets: Octets, at: Int, layout: Int64s, row: Int64s) -> None:
    """Read what the data rate of HT, VHT and HE frames is made of: the last of these fields says how it was sent."""
    mcs, vht, he = layout[LAST + _MCS], layout[LAST + _VHT], layout[LAST + _HE]
    if mcs > max(vht, he):
        mcs += at
        row[MCS_KNOWN], row[MCS_FLAGS], row[MCS_INDEX] = octets[mcs], octets[mcs + 1], octets[mcs + 2]
    elif vht > he:
        vht += at
        row[VHT_KNOWN], row[VHT_FLAGS] = u16le(octets, vht), octets[vht + 2]
        row[VHT_BANDWIDTH], row[VHT_USERS] = octets[vht + 3], u32le(octets, vht + 4)
    elif he:
        he += at
        row[HE_1], row[HE_2], row[HE_3] = u16le(octets, he), u16le(octets, he + 2), u16le(octets, he + 4)
        row[HE_5], row[HE_6] = u16le(octets, he + 8), u16le(octets, he + 10)
    if layout[LAST + _ZERO_LENGTH]:
        row[ZERO_LENGTH] = octets[at + layout[LAST + _ZERO_LENGTH]]
