"""Rates of 2.4 GHz stations and how long a frame takes at each (IEEE 802.11-2020, 15, 16, 17, 18 and 19).

Twenty-eight rates, by index: 0 to 3 DSSS and CCK (1, 2, 5.5, 11 Mb/s), 4 to 11 OFDM (6 to 54 Mb/s), 12 to 19 HT20
MCS 0 to 7 with the long guard interval and 20 to 27 with the short one.
"""

import math

from yawstring.compiled import compiled, compiled_part

DSSS, OFDM, HT, HT_SHORT = 0, 4, 12, 20
"""Index of the first rate of each family."""

MCS_COUNT = 8

_DSSS_TENTHS = (10, 20, 55, 110)
_OFDM_BITS = (24, 36, 48, 72, 96, 144, 192, 216)
"""Data bits of an OFDM symbol of 4 µs (Table 17-4)."""
_HT_BITS = (26, 52, 78, 104, 156, 208, 234, 260)
"""Data bits of an HT20 symbol of 4 or 3.6 µs, by MCS (Table 19-27)."""

RATES: tuple[float, ...] = (
    *(tenths / 10 for tenths in _DSSS_TENTHS),
    *(bits / 4 for bits in _OFDM_BITS),
    *(bits / 4 for bits in _HT_BITS),
    *(bits / 3.6 for bits in _HT_BITS),
)
"""Mb/s by index."""

SIFS_NS = 10_000
SLOT_SHORT_NS, SLOT_LONG_NS = 9_000, 20_000
EXTENSION_NS = 6_000
"""Silence after an OFDM or HT frame of the 2.4 GHz band that counts as part of it (18.3.2.4)."""

_LONG_PREAMBLE_NS, _SHORT_PREAMBLE_NS, _OFDM_PREAMBLE_NS, _HT_PREAMBLE_NS = 192_000, 96_000, 20_000, 36_000
_SYMBOL_NS = 4_000
_SERVICE_AND_TAIL_BITS = 22
_RESPONSE_6, _RESPONSE_12, _RESPONSE_24 = 4, 6, 8

NEEDED_SNR_DB: tuple[float, ...] = (
    *(0.0, 2.0, 5.0, 8.0),
    *(4.0, 5.0, 7.0, 9.0, 12.0, 16.0, 20.0, 21.5),
    *(4.5, 7.5, 9.5, 12.5, 16.5, 20.5, 22.0, 23.5),
    *(5.5, 8.5, 10.5, 13.5, 17.5, 21.5, 23.0, 24.5),
)
"""Signal to noise at which half of all frames of 1,000 octets are lost, by rate. Typical of receivers, not of the
standard, which gives minimum sensitivities some 10 dB worse (Tables 17-18 and 19-23)."""

_SLOPE_DB = 0.7
_REFERENCE_OCTETS = 1000.0


@compiled
def preamble_ns(rate: int, short: bool) -> int:
    """From the start of a transmission to the first bit of its frame, nanoseconds.

    Example:
        >>> preamble_ns(0, True), preamble_ns(1, True), preamble_ns(4, False), preamble_ns(12, False)
        (192000, 96000, 20000, 36000)
    """
    if rate < OFDM:
        return _SHORT_PREAMBLE_NS if short and rate > DSSS else _LONG_PREAMBLE_NS
    return _OFDM_PREAMBLE_NS if rate < HT else _HT_PREAMBLE_NS


@compiled
def airtime_ns(rate: int, octets: int, short: bool) -> int:
    """How long a frame of so many octets, FCS included, holds the air, nanoseconds (TXTIME of 16.3.4, 17.4.3, 19.4.3).

    Example:
        >>> [airtime_ns(rate, 14, False) // 1000 for rate in (0, 4, 8)]  # an ACK at 1, 6 and 24 Mb/s
        [304, 50, 34]
    """
    start = preamble_ns(rate, short)
    bits = 8 * octets
    if rate < OFDM:
        return start + 1000 * _ceil(10 * bits, _DSSS_TENTHS[rate])
    bits += _SERVICE_AND_TAIL_BITS
    if rate < HT:
        return start + _SYMBOL_NS * _ceil(bits, _OFDM_BITS[rate - OFDM]) + EXTENSION_NS
    symbols = _ceil(bits, _HT_BITS[(rate - HT) % MCS_COUNT])
    if rate >= HT_SHORT:
        symbols = _ceil(9 * symbols, 10)
    return start + _SYMBOL_NS * symbols + EXTENSION_NS


@compiled
def response_rate(rate: int) -> int:
    """Rate of the ACK, CTS or Block Ack that answers a frame of this rate: the highest mandatory one not above it.

    Example:
        >>> [RATES[response_rate(rate)] for rate in (0, 3, 4, 7, 11, 12, 15)]
        [1.0, 11.0, 6.0, 12.0, 24.0, 6.0, 24.0]
    """
    if rate < OFDM:
        return rate
    place = rate - OFDM if rate < HT else (rate - HT) % MCS_COUNT
    if rate < HT:
        return _RESPONSE_24 if place >= 4 else _RESPONSE_12 if place >= 2 else _RESPONSE_6
    return _RESPONSE_24 if place >= 3 else _RESPONSE_12 if place >= 1 else _RESPONSE_6


@compiled
def chance_received(rate: int, octets: int, snr_db: float) -> float:
    """Chance that a frame gets through at this signal to noise ratio: a logistic curve per 1,000 octets.

    Example:
        >>> chance_received(0, 1000, NEEDED_SNR_DB[0])
        0.5
    """
    below = (NEEDED_SNR_DB[rate] - snr_db) / _SLOPE_DB
    if below > 30.0:
        return 0.0
    return math.exp(-octets / _REFERENCE_OCTETS * math.log(1.0 + math.exp(below)))


@compiled_part
def _ceil(value: int, by: int) -> int:
    return -(-value // by)
