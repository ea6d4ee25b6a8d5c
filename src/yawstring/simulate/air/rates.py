"""Rates of 2.4 GHz stations and how long a frame takes at each (IEEE 802.11-2020, 15, 16, 17, 18 and 19).

Twenty-eight rates, by index: 0 to 3 DSSS and CCK (1, 2, 5.5, 11 Mb/s), 4 to 11 OFDM (6 to 54 Mb/s), 12 to 19 HT20
MCS 0 to 7 with the long guard interval and 20 to 27 with the short one.
"""

DSSS, OFDM, HT, HT_SHORT = 0, 4, 12, 20
"""Index of the first rate of each family."""

MCS_COUNT = 8

_LEGACY = (1.0, 2.0, 5.5, 11.0, 6.0, 9.0, 12.0, 18.0, 24.0, 36.0, 48.0, 54.0)
_HT_BITS = (26, 52, 78, 104, 156, 208, 234, 260)
"""Data bits of an HT20 symbol, by MCS (Table 19-27)."""

_SYMBOL_US, _SHORT_SYMBOL_US = 4.0, 3.6

RATES: tuple[float, ...] = (
    *_LEGACY,
    *(bits / _SYMBOL_US for bits in _HT_BITS),
    *(bits / _SHORT_SYMBOL_US for bits in _HT_BITS),
)
"""Mb/s by index."""
