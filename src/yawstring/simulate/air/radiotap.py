"""The radio header of a captured frame (radiotap.org): one layout for every transmitter.

Fields in ascending order of their bit: TSFT, Flags, Rate (legacy) or MCS (HT), Channel, signal, noise (option), lock
quality (option), Antenna, RX flags. With two antennas, two further present words hold signal and number of each.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.simulate.air import columns as col
from yawstring.simulate.air.rates import HT, HT_SHORT, MCS_COUNT, OFDM, RATES

MOST_OCTETS = 48

_TSFT, _FLAGS, _RATE, _CHANNEL, _SIGNAL, _NOISE, _QUALITY, _ANTENNA, _RX_FLAGS, _MCS = (
    1 << bit for bit in (0, 1, 2, 3, 5, 6, 7, 11, 14, 19)
)
_NEXT_NAMESPACE, _MORE = 1 << 29, 1 << 31
_SHORT_PREAMBLE, _FCS_PRESENT, _BAD_FCS = 0x02, 0x10, 0x40
_CCK, _OFDM, _TWO_GHZ = 0x0020, 0x0040, 0x0080
_BASE_MHZ, _STEP_MHZ = 2407, 5
_MCS_KNOWN = 0x7F
"""Bandwidth, MCS index, guard interval, format, coding, STBC and extension streams are known."""

_MCS_SHORT_GUARD = 0x04
_FIXED_OCTETS, _WORD = 8, 4


@compiled_part
def put(out: NDArray[np.uint8], at: int, value: int, octets: int) -> int:
    """Write a number in little-endian order at ``at``; returns where the next goes."""
    for index in range(octets):
        out[at + index] = (value >> (8 * index)) & 0xFF
    return at + octets


@compiled_part
def write_radiotap(
    out: NDArray[np.uint8],
    begin: int,
    row: NDArray[np.int64],
    heard: NDArray[np.int64],
    book: NDArray[np.int64],
    short: bool,
) -> int:
    """Write the radio header of a frame at ``begin``, where everything is 0 (as are antenna number and RX flags).

    Args:
        out: uint8[octet].
        begin: Where the header begins.
        row: The transmission.
        heard: Its reception.
        book: Antennas, and whether noise and quality are reported.
        short: DSSS and CCK frames of its transmitter have the short preamble.

    Returns:
        Where the frame goes.
    """
    antennas, noise, quality = book[col.BOOK_ANTENNAS], book[col.BOOK_TELLS_NOISE], book[col.BOOK_TELLS_QUALITY]
    rate = row[col.SENT_RATE]
    words = 1 + (antennas if antennas > 1 else 0)
    at = begin + _FIXED_OCTETS - _WORD
    present = _TSFT | _FLAGS | _CHANNEL | _SIGNAL | _ANTENNA | _RX_FLAGS
    present |= (_MCS if rate >= HT else _RATE) | (_NOISE if noise else 0) | (_QUALITY if quality else 0)
    at = put(out, at, present | ((_MORE | _NEXT_NAMESPACE) if words > 1 else 0), col.U32)
    for word in range(1, words):
        more = (_MORE | _NEXT_NAMESPACE) if word + 1 < words else 0
        at = put(out, at, _SIGNAL | _ANTENNA | more, col.U32)
    at = put(out, _aligned(begin, at, col.U64), heard[col.HEARD_TSFT], col.U64)
    flags = _FCS_PRESENT | (0 if heard[col.HEARD_GOOD] else _BAD_FCS)
    flags |= _SHORT_PREAMBLE if short and 0 < rate < OFDM else 0
    at = put(out, at, flags, col.U8)
    at = put(out, at, round(2 * RATES[rate]), col.U8) if rate < HT else at
    at = put(out, _aligned(begin, at, col.U16), _BASE_MHZ + _STEP_MHZ * row[col.SENT_CHANNEL], col.U16)
    at = put(out, at, _TWO_GHZ | (_CCK if rate < OFDM else _OFDM), col.U16)
    at = put(out, at, heard[col.HEARD_SIGNAL], col.U8)
    at = put(out, at, heard[col.HEARD_NOISE], col.U8) if noise else at
    at = put(out, _aligned(begin, at, col.U16), heard[col.HEARD_QUALITY], col.U16) if quality else at
    at = _aligned(begin, at + 1, col.U16) + 2
    if rate >= HT:
        out[at], at = _MCS_KNOWN, at + 1
        at = put(out, at, _MCS_SHORT_GUARD if rate >= HT_SHORT else 0, col.U8)
        at = put(out, at, (rate - HT) % MCS_COUNT, col.U8)
    for antenna in range(1, words):
        at = put(out, at, heard[col.HEARD_SIGNAL + antenna], col.U8)
        at = put(out, at, antenna - 1, col.U8)
    put(out, begin + 2, at - begin, col.U16)
    return at


@compiled_part
def _aligned(begin: int, at: int, octets: int) -> int:
    """The next place aligned from the header's start."""
    return at + (begin - at) % octets
