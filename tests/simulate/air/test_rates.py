"""Airtimes by the standard's formulas, done by hand and in exact fractions."""

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.simulate.air.rates import NEEDED_SNR_DB, RATES, airtime_ns, chance_received, response_rate

OFDM_MBPS = (6, 9, 12, 18, 24, 36, 48, 54)
HT_MBPS = (Fraction(13, 2), 13, Fraction(39, 2), 26, 39, 52, Fraction(117, 2), 65)


@pytest.mark.parametrize(
    ("rate", "octets", "short", "microseconds"),
    [
        (0, 14, False, 192 + 112),
        (0, 30, False, 432),
        (3, 1500, False, 192 + 1091),
        (3, 1500, True, 96 + 1091),
        (0, 14, True, 304),  # 1 Mb/s has no short preamble
        (8, 14, False, 28 + 6),
        (11, 1500, False, 20 + 4 * 56 + 6),
        (19, 1500, False, 36 + 4 * 47 + 6),
        (27, 1500, False, 36 + 4 * 43 + 6),  # 47 symbols of 3.6 µs are 169.2, in steps of 4
    ],
)
def test_airtimes_worked_out_by_hand(rate: int, octets: int, short: bool, microseconds: int) -> None:
    assert airtime_ns(rate, octets, short) == 1000 * microseconds


@settings(deadline=None, max_examples=200)
@given(rate=st.integers(0, 27), octets=st.integers(10, 2352))
def test_airtimes_follow_the_formulas(rate: int, octets: int) -> None:
    if rate < 4:
        expected = 192 + ceil(8 * octets / Fraction(str(RATES[rate])))
    elif rate < 12:
        expected = 20 + 4 * ceil(Fraction(16 + 8 * octets + 6, 4 * OFDM_MBPS[rate - 4])) + 6
    else:
        symbols = ceil(Fraction(16 + 8 * octets + 6) / (4 * HT_MBPS[(rate - 12) % 8]))
        expected = 36 + (4 * symbols if rate < 20 else 4 * ceil(Fraction(symbols * 36, 40))) + 6
    assert airtime_ns(rate, octets, False) == 1000 * expected


def test_rates_are_those_of_the_standard() -> None:
    assert RATES[4:12] == OFDM_MBPS
    assert [Fraction(rate).limit_denominator(10) for rate in RATES[12:20]] == list(HT_MBPS)
    assert RATES[27] == pytest.approx(72.2, abs=0.03)


def test_answers_come_at_mandatory_rates_not_above_the_question() -> None:
    for rate in range(28):
        answer = RATES[response_rate(rate)]
        assert answer <= RATES[rate]
        assert answer in ((1, 2, 5.5, 11) if rate < 4 else (6, 12, 24))


@settings(deadline=None, max_examples=100)
@given(rate=st.integers(0, 27), snr=st.floats(-20, 60), more=st.floats(0, 20), octets=st.integers(14, 2000))
def test_more_signal_and_fewer_octets_never_hurt(rate: int, snr: float, more: float, octets: int) -> None:
    chance = chance_received(rate, octets, snr)
    assert 0 <= chance <= chance_received(rate, octets, snr + more) <= 1
    assert chance <= chance_received(rate, octets // 2, snr)


def test_each_rate_needs_more_signal_than_the_one_below_it() -> None:
    for family in (NEEDED_SNR_DB[:4], NEEDED_SNR_DB[4:12], NEEDED_SNR_DB[12:20], NEEDED_SNR_DB[20:]):
        assert list(family) == sorted(family)
