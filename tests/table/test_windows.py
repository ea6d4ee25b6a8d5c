"""Windows are those of a naive loop, and cross nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import OptionError
from yawstring.table.windows import WindowSpec, window_starts

segments = st.lists(st.integers(-1, 3), max_size=40).map(lambda values: np.array(values, np.int64))
specs = st.builds(WindowSpec, length=st.integers(1, 6), label=st.sampled_from(["last", "next"]))


def naive(segment, spec):
    starts = []
    for first in range(len(segment)):
        rows = list(range(first, first + spec.length + (spec.label == "next")))
        if rows[-1] < len(segment) and segment[first] != -1 and len({int(segment[row]) for row in rows}) == 1:
            starts.append(first)
    return starts


@settings(deadline=None, max_examples=200)
@given(segment=segments, spec=specs)
def test_equal_to_a_naive_loop(segment, spec):
    assert window_starts(segment, spec).tolist() == naive(segment, spec)


def test_a_returning_id_starts_a_new_segment():
    assert window_starts(np.array([0, 0, 1, 0, 0]), WindowSpec(length=2)).tolist() == [0, 3]


@pytest.mark.parametrize(("options", "word"), [({"length": 0}, "at least 1"), ({"label": "first"}, "'first'")])
def test_nonsense_is_refused(options, word):
    with pytest.raises(OptionError, match=word):
        WindowSpec(**options)
