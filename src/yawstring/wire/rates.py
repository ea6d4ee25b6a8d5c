"""What a radio header says of the reception: kind of transmission, data rate, channel, preamble, signal over noise.

Rates are products of subcarriers, coded bits and streams over the length of a symbol (IEEE 802.11-2020, 19.5 and 21.5;
802.11ax, 27.5).
"""

import numpy as np

from yawstring.compiled import compiled
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
    SHORT_PREAMBLE,
    SIGNAL,
    SNR,
    VHT_BANDWIDTH,
    VHT_FLAGS,
    VHT_KNOWN,
    VHT_USER,
    XCHANNEL_FLAGS,
)  # fmt: skip

PHY_A, PHY_B, PHY_G, PHY_N, PHY_AC, PHY_AX = 5, 4, 6, 7, 8, 11
"""Kinds of transmission, numbered as Wireshark's wlan_radio.phy does."""

CCK, OFDM, DYNAMIC, GHZ_2, GHZ_5 = 0x20, 0x40, 0x400, 0x80, 0x100
"""Bits of the channel flags."""

SIXTHS_OF_BITS = np.array([3, 6, 9, 12, 18, 24, 27, 30, 36, 40, 45, 50], np.int64)
"""Data bits of a subcarrier and symbol, by MCS index, in sixths: bits of the constellation times the coding rate."""

SUBCARRIERS = np.array([52, 108, 234, 468], np.int64)
"""Data subcarriers of HT and VHT, by 20, 40, 80, 160 MHz."""

HE_SUBCARRIERS = np.array([234, 468, 980, 1960, 24, 48, 102, 234, 468, 980, 1960], np.int64)
"""Data subcarriers of HE, by bandwidth or resource unit as radiotap numbers them."""

HE_SYMBOL_NS = np.array([13_600, 14_400, 16_000], np.int64)
"""Symbol and guard interval of HE, by guard interval as radiotap numbers them."""

SYMBOL_NS, SHORT_SYMBOL_NS = 4_000, 3_600
"""Symbol of HT and VHT with the long and the short guard interval."""

LONG_PREAMBLE_US, SHORT_PREAMBLE_US, OFDM_PREAMBLE_US = 192, 96, 20

_CCK_RATES = (1_000_000, 2_000_000, 5_500_000, 11_000_000)
_MCS_BANDWIDTH, _MCS_INDEX, _MCS_GUARD, _MCS_FORMAT, _MCS_STBC, _MCS_EXTENSION = 0x01, 0x02, 0x04, 0x08, 0x20, 0x40


@compiled
def _bits_per_second(subcarriers: Int, index: Int, streams: Int, symbol_ns: Int) -> Int:
    # In this order no product leaves 64 bits: 1960 x 50 x 16 x 10^9 is 1.6 x 10^15.
    bits: np.int64 = subcarriers * SIXTHS_OF_BITS[index] * streams * 1_000_000_000 // (6 * symbol_ns)
    return bits


@compiled
def reception(row: Int64s) -> None:
    """Fill the ``wlan_radio`` columns of a frame from what the radio header left in the row."""
    if row[HE_1] != NONE:
        _he(row)
    elif row[VHT_KNOWN] != NONE:
        _vht(row)
    elif row[MCS_KNOWN] != NONE:
        _ht(row)
    else:
        _legacy(row)
    if row[SIGNAL] != NONE and row[NOISE] != NONE:
        row[SNR] = row[SIGNAL] - row[NOISE]
    if row[FREQUENCY] != NONE and row[CHANNEL] == NONE:
        row[CHANNEL] = channel_of(row[FREQUENCY])


@compiled
def channel_of(frequency: Int) -> Int:
    """Number of the channel centred on a frequency in MHz; :data:`NONE` where there is none (802.11-2020, annex E)."""
    if frequency == 2484:
        return 14
    if 2412 <= frequency <= 2472 and (frequency - 2407) % 5 == 0:
        return (frequency - 2407) // 5
    if 5000 < frequency < 5925 and frequency % 5 == 0:
        return (frequency - 5000) // 5
    if 4910 <= frequency <= 4980 and frequency % 5 == 0:
        return (frequency - 4000) // 5
    if 5955 <= frequency <= 7115 and frequency % 5 == 0:
        return (frequency - 5950) // 5
    return NONE


@compiled
def _legacy(row: Int64s) -> None:
    flags = row[XCHANNEL_FLAGS] if row[XCHANNEL_FLAGS] != NONE else 0
    rate = row[RATE]
    if rate != NONE:
        row[DATA_RATE] = rate
    if flags & CCK:
        row[PHY] = PHY_B
    elif flags & (OFDM | DYNAMIC):
        row[PHY] = PHY_G if flags & GHZ_2 else PHY_A
    if rate == NONE:
        return
    cck = False
    for known in _CCK_RATES:
        cck = cck or rate == known
    if cck:
        row[PHY] = PHY_B
        row[PREAMBLE] = LONG_PREAMBLE_US if row[SHORT_PREAMBLE] == 0 else SHORT_PREAMBLE_US
    elif row[PHY] == PHY_G or row[PHY] == PHY_A:
        row[PREAMBLE] = OFDM_PREAMBLE_US


@compiled
def _ht(row: Int64s) -> None:
    known, flags, index = row[MCS_KNOWN], row[MCS_FLAGS], row[MCS_INDEX]
    row[PHY] = PHY_N
    row[SHORT_PREAMBLE] = NONE
    if not known & _MCS_INDEX or not known & _MCS_BANDWIDTH or not known & _MCS_GUARD or index > 31:
        return
    streams = index // 8 + 1
    symbol = SHORT_SYMBOL_NS if flags & 0x04 else SYMBOL_NS
    row[DATA_RATE] = _bits_per_second(SUBCARRIERS[1 if flags & 3 == 1 else 0], index % 8, streams, symbol)
    space_time = streams + (flags >> 5 & 3 if known & _MCS_STBC else 0)
    trainings = 4 if space_time == 3 else space_time
    row[PREAMBLE] = (24 if known & _MCS_FORMAT and flags & 0x08 else 32) + 4 * trainings


@compiled
def _vht(row: Int64s) -> None:
    known, flags, user = row[VHT_KNOWN], row[VHT_FLAGS], row[VHT_USER]
    row[PHY] = PHY_AC
    row[SHORT_PREAMBLE] = NONE
    streams, index, bandwidth = user & 15, user >> 4, row[VHT_BANDWIDTH]
    if streams == 0 or streams > 8 or index > 9 or not known & 0x40 or not known & 0x04 or bandwidth > 25:
        return
    width = 0 if bandwidth == 0 else 1 if bandwidth < 4 else 2 if bandwidth < 11 else 3
    symbol = SHORT_SYMBOL_NS if flags & 0x04 else SYMBOL_NS
    row[DATA_RATE] = _bits_per_second(SUBCARRIERS[width], index, streams, symbol)
    space_time = streams * (2 if known & 0x01 and flags & 0x01 else 1)
    row[PREAMBLE] = 32 + 4 * space_time


@compiled
def _he(row: Int64s) -> None:
    row[PHY] = PHY_AX
    row[SHORT_PREAMBLE] = NONE
    index, streams = row[HE_3] >> 8 & 15, row[HE_6] & 15
    unit, guard = row[HE_5] & 15, row[HE_5] >> 4 & 3
    known = row[HE_1] & 0x0020 and row[HE_1] & 0x4000 and row[HE_2] & 0x0002
    if not known or index > 11 or streams == 0 or unit > 10 or guard > 2:
        return
    row[DATA_RATE] = _bits_per_second(HE_SUBCARRIERS[unit], index, streams, HE_SYMBOL_NS[guard])
    if row[HE_1] & 0x0040 and row[HE_3] & 0x1000:
        row[DATA_RATE] //= 2
