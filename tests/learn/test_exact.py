"""Exact intervals, against SciPy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from yawstring.errors import OptionError
from yawstring.learn.exact import rate, share


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 3000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_share_is_scipys(counts):
    hits, of = counts
    figure = share(hits, of)
    expected = stats.binomtest(hits, of).proportion_ci(0.95, method="exact")
    assert figure.value == hits / of
    assert (figure.low, figure.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 5000), st.floats(0.01, 1e4))
def test_a_rate_is_scipys(count, hours):
    figure = rate(count, hours)
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(0.975, 2 * (count + 1)) / 2
    assert figure.value == count / hours
    assert (figure.low, figure.high) == pytest.approx((low / hours, high / hours), rel=1e-8)


def test_of_nothing_there_is_no_figure():
    assert share(0, 0).value is None
    assert rate(0, 0.0).value is None
    assert "undefined" in share(0, 0).note


@pytest.mark.parametrize(
    ("function", "counts"), [(share, (2, 1)), (share, (-1, 1)), (rate, (-1, 1.0)), (rate, (1, -1.0))]
)
def test_what_is_no_count_is_refused(function, counts):
    with pytest.raises(OptionError):
        function(*counts)
