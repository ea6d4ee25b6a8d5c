"""What a radio header says of the reception: kind of transmission, data rate, channel, preamble, signal over noise.

Rates are products of subcarriers, coded bits and streams over the length of a symbol (IEEE 802.11-2020, 19.5 and 21.5;
802.11ax, 27.5).
"""

import numpy as np

from yawstring.compiled import compiled_lent_part
from yawstring.wire.octets import Int
from yawstring.wire.records import Int64s
from yawstring.wire.slots import (
    CHANNEL,
    DATA_RATE,
    FREQUENCY,
    HE_1,
    HE_2,
    HE_3,
    HE_5,
    HE_6,
    MCS_FLAGS,
    MCS_INDEX,
    MCS_KNOWN,
    NOISE,
    NONE,
    PHY,
    PREAMBLE,
    RATE,
    RT_FLAGS,
    SHORT_PREAMBLE,
    SIGNAL,
    SNR,
    VHT_BANDWIDTH,
    VHT_FLAGS,
    VHT_KNOWN,
    VHT_USERS,
)  # fmt: skip

PHY_FHSS, PHY_DSSS, PHY_B, PHY_A, PHY_G, PHY_N, PHY_AC, PHY_AD, PHY_AX = 1, 3, 4, 5, 6, 7, 8, 9, 11
"""Kinds of transmission, numbered as Wireshark's wlan_radio.phy does."""

CHANNEL_KINDS = np.array(
    [
        [0x00080, PHY_DSSS], [0x000A0, PHY_B], [0x000C0, PHY_G], [0x000D0, PHY_G], [0x00480, PHY_G],
        [0x00880, PHY_FHSS], [0x00140, PHY_A], [0x00150, PHY_A], [0x10480, PHY_N], [0x20480, PHY_N],
        [0x40480, PHY_N], [0x10140, PHY_N], [0x20140, PHY_N], [0x40140, PHY_N],
    ],
    np.int64,
)  # fmt: skip
"""Channel flags that say what is sent there: turbo 0x10, CCK 0x20, OFDM 0x40, 2 GHz 0x80, 5 GHz 0x100, CCK and OFDM
0x400, GFSK 0x800, HT 0x70000."""

CHANNEL_FLAGS_THAT_MATTER = 0x7FFFF & ~0x1208
"""All but passive scan, GSM and two that nobody uses."""

CCK_RATES = np.array([2, 4, 11, 22, 44, 66], np.int64)
OFDM_RATES = np.array([12, 18, 24, 36, 48, 72, 96, 108], np.int64)
"""In steps of 500 kb/s."""

RATE_UNIT = 500_000
"""Bits per second of one step."""

SIXTHS_OF_BITS = np.array([3, 6, 9, 12, 18, 24, 27, 30, 36, 40, 45, 50], np.int64)
"""Data bits of a subcarrier and symbol, by MCS index, in sixths: bits of the constellation times the coding rate."""

UNEQUAL_BITS = np.array([6, 8, 10, 8, 10, 10, 12, 14, 14, 16, 10, 12, 14, 12, 14, 16, 18, 16, 18, 20, 20, 22], np.int64)
"""Bits of a subcarrier and symbol of HT with unequal modulation, summed over the streams: 3 of two streams, 7 of three,
12 of four, each first with coding rate 1/2, then with 3/4 (802.11-2020, 19.5)."""

SUBCARRIERS = np.array([52, 108, 234, 468], np.int64)
"""Data subcarriers of HT and VHT, by 20, 40, 80, 160 MHz."""

VHT_WIDTHS = np.array([0, 1, 0, 0, 2, 1, 1, 0, 0, 0, 0, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], np.int64)
"""Width that a VHT frame takes of its channel, 20, 40, 80, 160 MHz, by bandwidth as radiotap numbers them."""

HE_SUBCARRIERS = np.array([234, 468, 980, 1960, 24, 48, 102, 234, 468, 980, 1960], np.int64)
"""Data subcarriers of HE, by bandwidth or resource unit as radiotap numbers them."""

HE_SYMBOL_NS = np.array([13_600, 14_400, 16_000], np.int64)
"""Symbol and guard interval of HE, by guard interval as radiotap numbers them."""

SYMBOL_NS, SHORT_SYMBOL_NS = 4_000, 3_600
"""Symbol of HT and VHT with the long and the short guard interval."""

LONG_PREAMBLE_US, SHORT_PREAMBLE_US, OFDM_PREAMBLE_US = 192, 96, 20
MIXED_PREAMBLE_US, GREENFIELD_PREAMBLE_US, TRAINING_US = 32, 24, 4

HT_TRAININGS = np.array([0, 1, 2, 4, 4], np.int64)
HT_EXTENSION_TRAININGS = np.array([0, 1, 2, 4], np.int64)
"""Long training fields of HT, by space-time streams and by extension streams."""

_FIRST_5_GHZ, _FIRST_60_GHZ = 4_900, 57_000
_MCS_DUPLICATE, _LAST_UNEQUAL = 32, 76
_HT_BANDWIDTH, _HT_INDEX, _HT_GUARD, _HT_FORMAT, _HT_STBC, _HT_EXTENSION, _HT_EXTENSION_HIGH = (
    0x01, 0x02, 0x04, 0x08, 0x20, 0x40, 0x80,
)  # fmt: skip
_VHT_STBC, _VHT_GUARD, _VHT_BANDWIDTH = 0x01, 0x04, 0x40
_HE_MCS, _HE_DCM, _HE_BANDWIDTH, _HE_GUARD = 0x0020, 0x0040, 0x4000, 0x0002


@compiled_lent_part
def _bits_per_second(subcarriers: Int, sixths: Int, streams: Int, symbol_ns: Int) -> Int:
    # In this order no product leaves 64 bits: 1960 x 50 x 16 x 10^9 is 1.6 x 10^15.
    bits: np.int64 = subcarriers * sixths * streams * np.int64(1_000_000_000) // (6 * symbol_ns)
    return bits


@compiled_lent_part
def reception(row: Int64s) -> None:
    """Fill the ``wlan_radio`` columns of a frame from what the radio header left in the row."""
    if row[FREQUENCY] == 0:
        row[FREQUENCY] = NONE
    if row[RATE] != NONE:
        row[DATA_RATE] = row[RATE]
    if row[HE_1] != NONE:
        _he(row)
    elif row[VHT_KNOWN] != NONE:
        _vht(row)
    elif row[PHY] != PHY_AD and row[MCS_KNOWN] != NONE and row[MCS_KNOWN] != 0:
        _ht(row)
    elif row[PHY] != PHY_AD:
        _legacy(row)
    if row[PHY] != PHY_B:
        row[SHORT_PREAMBLE] = NONE
    if row[SIGNAL] != NONE and row[NOISE] != NONE:
        row[SNR] = row[SIGNAL] - row[NOISE]
    if row[FREQUENCY] != NONE and row[CHANNEL] == NONE:
        row[CHANNEL] = channel_of(row[FREQUENCY])


@compiled_lent_part
def channel_of(frequency: Int) -> Int:
    """Number of the channel at a frequency in MHz; :data:`NONE` where there is none (802.11-2020, annex E)."""
    if frequency == 2484:
        return 14
    if 2412 <= frequency <= 2472:
        return (frequency - 2407) // 5
    if 4910 <= frequency <= 4980:
        return (frequency - 4000) // 5
    if 5000 <= frequency <= 5925:
        return (frequency - 5000) // 5
    if 5950 <= frequency <= 7125:
        return (frequency - 5950) // 5
    return NONE


@compiled_lent_part
def note_channel_flags(flags: Int, row: Int64s) -> None:
    """Note what is sent on the channel that was noted, where its flags or its band say so."""
    for known in range(CHANNEL_KINDS.shape[0]):
        if flags & CHANNEL_FLAGS_THAT_MATTER == CHANNEL_KINDS[known, 0]:
            row[PHY] = CHANNEL_KINDS[known, 1]
    if row[FREQUENCY] >= _FIRST_60_GHZ:
        row[PHY] = PHY_AD


@compiled_lent_part
def _legacy(row: Int64s) -> None:
    """A frame of DSSS, CCK or OFDM: the rate says which, where the channel does not."""
    steps = row[RATE] // RATE_UNIT if row[RATE] != NONE else 0
    kind = row[PHY]
    if steps == 0:
        return
    if kind in (NONE, PHY_G):
        for known in range(CCK_RATES.size):
            row[PHY] = PHY_B if CCK_RATES[known] == steps else row[PHY]
    if row[PHY] == NONE:
        for known in range(OFDM_RATES.size):
            if OFDM_RATES[known] == steps:
                row[PREAMBLE] = OFDM_PREAMBLE_US
                if row[FREQUENCY] != NONE:
                    row[PHY] = PHY_G if row[FREQUENCY] < _FIRST_5_GHZ else PHY_A
    elif row[PHY] == PHY_B:
        # Where nothing says which, the short one is taken, as Wireshark does.
        row[PREAMBLE] = LONG_PREAMBLE_US if row[SHORT_PREAMBLE] == 0 else SHORT_PREAMBLE_US
    elif row[PHY] == PHY_G or row[PHY] == PHY_A:
        row[PREAMBLE] = OFDM_PREAMBLE_US


@compiled_lent_part
def _ht(row: Int64s) -> None:
    known, flags, index = row[MCS_KNOWN], row[MCS_FLAGS], row[MCS_INDEX]
    row[PHY] = PHY_N
    symbol = _ht_symbol(known, flags, row)
    if not known & _HT_INDEX or not known & _HT_BANDWIDTH or symbol == NONE or index > _LAST_UNEQUAL:
        return
    wide = flags & 3 == 1
    streams: Int = 1
    if index == _MCS_DUPLICATE:
        # The same on both halves of 40 MHz: 48 subcarriers of half a bit.
        if not wide:
            return
        row[DATA_RATE] = _bits_per_second(np.int64(48), np.int64(3), streams, symbol)
    else:
        sixths = SIXTHS_OF_BITS[index % 8] * (index // 8 + 1)
        streams = index // 8 + 1
        if index > _MCS_DUPLICATE:
            streams, sixths = _unequal(index)
        row[DATA_RATE] = _bits_per_second(SUBCARRIERS[1 if wide else 0], sixths, np.int64(1), symbol)
    _ht_preamble(known, flags, streams, row)


@compiled_lent_part
def _ht_symbol(known: Int, flags: Int, row: Int64s) -> Int:
    """Length of a symbol, by the guard interval of the MCS field, or that of the Flags field where only it is there."""
    short = flags & 0x04
    if not known & _HT_GUARD:
        if row[RT_FLAGS] == NONE:
            return NONE
        short = row[RT_FLAGS] & 0x80
    return SHORT_SYMBOL_NS if short else SYMBOL_NS


@compiled_lent_part
def _unequal(index: Int) -> tuple[Int, Int]:
    """Streams, and sixths of data bits over all of them, of an index from 33 to 76."""
    place, first, count, streams = index - 33, 0, 3, 2
    if index >= 53:
        place, first, count, streams = index - 53, 10, 12, 4
    elif index >= 39:
        place, first, count, streams = index - 39, 3, 7, 3
    bits = UNEQUAL_BITS[first + place % count]
    return streams, bits * 3 if place < count else bits * 9 // 2


@compiled_lent_part
def _ht_preamble(known: Int, flags: Int, streams: Int, row: Int64s) -> None:
    space_time = streams + (flags >> 5 & 3 if known & _HT_STBC else 0)
    if space_time > 4:
        return
    extension = (flags >> 7 & 1) + (2 if known & _HT_EXTENSION_HIGH else 0) if known & _HT_EXTENSION else 0
    row[PREAMBLE] = GREENFIELD_PREAMBLE_US if known & _HT_FORMAT and flags & 0x08 else MIXED_PREAMBLE_US
    row[PREAMBLE] += TRAINING_US * (HT_TRAININGS[space_time] + HT_EXTENSION_TRAININGS[extension])


@compiled_lent_part
def _vht(row: Int64s) -> None:
    known, flags, bandwidth = row[VHT_KNOWN], row[VHT_FLAGS], row[VHT_BANDWIDTH] & 31
    row[PHY] = PHY_AC
    if known & _VHT_BANDWIDTH and known & _VHT_GUARD and bandwidth < VHT_WIDTHS.size:
        width, symbol = VHT_WIDTHS[bandwidth], SHORT_SYMBOL_NS if flags & 0x04 else SYMBOL_NS
        for user in range(4):
            streams, index = row[VHT_USERS] >> 8 * user & 15, row[VHT_USERS] >> 8 * user + 4 & 15
            if 1 <= streams <= 8 and _vht_allowed(index, streams, width):
                row[DATA_RATE] = _bits_per_second(SUBCARRIERS[width], SIXTHS_OF_BITS[index], streams, symbol)
    if row[DATA_RATE] != NONE:
        space_time = (row[VHT_USERS] & 15) * (2 if known & _VHT_STBC and flags & 0x01 else 1)
        row[PREAMBLE] = MIXED_PREAMBLE_US + TRAINING_US * space_time


@compiled_lent_part
def _vht_allowed(index: Int, streams: Int, width: Int) -> bool | np.bool:
    """Whether this index is one of those that come out even (802.11-2020, 21.5)."""
    if index == 6:
        return not (width == 2 and (streams == 3 or streams == 7))
    if index == 9:
        if width == 0:
            return streams == 3 or streams == 6
        return not (width == 2 and streams == 6) and not (width == 3 and streams == 3)
    return index < 9


@compiled_lent_part
def _he(row: Int64s) -> None:
    row[PHY] = PHY_AX
    index, streams = row[HE_3] >> 8 & 15, row[HE_6] & 15
    unit, guard = row[HE_5] & 15, row[HE_5] >> 4 & 3
    known = row[HE_1] & _HE_MCS and row[HE_1] & _HE_BANDWIDTH and row[HE_2] & _HE_GUARD
    if not known or index > 11 or streams < 1 or streams > 8 or unit > 10 or guard > 2:
        return
    row[DATA_RATE] = _bits_per_second(HE_SUBCARRIERS[unit], SIXTHS_OF_BITS[index], streams, HE_SYMBOL_NS[guard])
    # With dual carrier modulation every bit is sent twice.
    if row[HE_1] & _HE_DCM and row[HE_3] & 0x1000:
        row[DATA_RATE] //= 2
