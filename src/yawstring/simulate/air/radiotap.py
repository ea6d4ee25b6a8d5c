"""The radio header of a captured frame (radiotap.org): one layout for every transmitter.

Fields in ascending order of their bit: TSFT, Flags, Rate (legacy) or MCS (HT), Channel, signal, noise (option), lock
quality (option), Antenna, RX flags. With two antennas, two further present words hold signal and number of each.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.simulate.air.rates import HT, HT_SHORT, MCS_COUNT, OFDM, RATES

MOST_OCTETS = 48

_TSFT, _FLAGS, _RATE, _CHANNEL, _SIGNAL, _NOISE, _QUALITY, _ANTENNA, _RX_FLAGS, _MCS = (
    1 << bit for bit in (0, 1, 2, 3, 5, 6, 7, 11, 14, 19)
)
_NEXT_NAMESPACE, _MORE = 1 << 29, 1 << 31
_SHORT_PREAMBLE, _FCS_PRESENT, _BAD_FCS = 0x02, 0x10, 0x40
_CCK, _OFDM, _TWO_GHZ = 0x0020, 0x0040, 0x0080
_BASE_MHZ, _STEP_MHZ = 2407, 5
_MCS_KNOWN = 0x01 | 0x02 | 0x04
"""Bandwidth, MCS index and guard interval are known."""

_MCS_SHORT_GUARD = 0x04
_FIXED_OCTETS, _WORD = 8, 4


@compiled
def put(out: NDArray[np.uint8], at: int, value: int, octets: int) -> int:
    """Write a number in little-endian order at ``at``; returns where the next goes."""
    for index in range(octets):
        out[at + index] = (value >> (8 * index)) & 0xFF
    return at + octets


@compiled
def write_radiotap(
    out: NDArray[np.uint8], begin: int, row: np.void, heard: np.void, short: bool, extras: tuple[int, int, int]
) -> int:
    """Write the radio header of a frame at ``begin``.

    Args:
        out: uint8[octet].
        begin: Where the header begins.
        row: The transmission.
        heard: Its reception.
        short: DSSS and CCK frames of its transmitter have the short preamble.
        extras: Antennas (1 or 2), 1 to report noise, 1 to report quality.

    Returns:
        Where the frame goes.
    """
    antennas, noise, quality = extras
    rate = row["rate"]
    words = 1 + (antennas if antennas > 1 else 0)
    at = begin + _FIXED_OCTETS - _WORD
    present = _TSFT | _FLAGS | _CHANNEL | _SIGNAL | _ANTENNA | _RX_FLAGS
    present |= (_MCS if rate >= HT else _RATE) | (_NOISE if noise else 0) | (_QUALITY if quality else 0)
    at = put(out, at, present | ((_MORE | _NEXT_NAMESPACE) if words > 1 else 0), _WORD)
    for word in range(1, words):
        more = (_MORE | _NEXT_NAMESPACE) if word + 1 < words else 0
        at = put(out, at, _SIGNAL | _ANTENNA | more, _WORD)
    at = put(out, _aligned(out, begin, at, 8), heard["tsft"], 8)
    flags = _FCS_PRESENT | (0 if heard["good"] else _BAD_FCS)
    flags |= _SHORT_PREAMBLE if short and 0 < rate < OFDM else 0
    at = put(out, at, flags, 1)
    at = put(out, at, round(2 * RATES[rate]), 1) if rate < HT else at
    at = put(out, _aligned(out, begin, at, 2), _BASE_MHZ + _STEP_MHZ * row["channel"], 2)
    at = put(out, at, _TWO_GHZ | (_CCK if rate < OFDM else _OFDM), 2)
    at = put(out, at, heard["signal"][0], 1)
    at = put(out, at, heard["noise"], 1) if noise else at
    at = put(out, _aligned(out, begin, at, 2), heard["quality"], 2) if quality else at
    at = put(out, at, 0, 1)
    at = put(out, _aligned(out, begin, at, 2), 0, 2)
    if rate >= HT:
        at = put(out, at, _MCS_KNOWN, 1)
        at = put(out, at, _MCS_SHORT_GUARD if rate >= HT_SHORT else 0, 1)
        at = put(out, at, (rate - HT) % MCS_COUNT, 1)
    for antenna in range(1, words):
        at = put(out, at, heard["signal"][antenna], 1)
        at = put(out, at, antenna - 1, 1)
    put(out, begin, 0, 2)
    put(out, begin + 2, at - begin, 2)
    return at


@compiled
def _aligned(out: NDArray[np.uint8], begin: int, at: int, octets: int) -> int:
    """The next place aligned from the header's start; what is skipped is 0."""
    while (at - begin) % octets:
        out[at] = 0
        at += 1
    return at
