"""The association's fate, and the frames by which it is made."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.simulate.association import JOIN_S, LOOKS_AGAIN_S, Lure, timeline

UNTIL_S = 40.0


@settings(deadline=None, max_examples=150)
@given(
    first=st.floats(-1, 5),
    strikes=st.lists(st.floats(0, UNTIL_S), max_size=30).map(sorted),
    lure=st.tuples(st.floats(0, 20), st.floats(0, 20), st.booleans()),
    seed=st.integers(0, 1000),
)
def test_no_association_outlives_a_strike(
    first: float, strikes: list[float], lure: tuple[float, float, bool], seed: int
) -> None:
    lures = (Lure(attack=0, start_s=lure[0], end_s=sum(lure[:2]), holds=lure[2]),)
    line = timeline(first, np.array(strikes), lures, UNTIL_S, np.random.default_rng(seed))
    ends = [*(up for up in line.ups), *((start, end) for _, start, end in line.stays)]
    for start, end in line.ups:
        assert 0 <= start <= end <= UNTIL_S
        assert end == UNTIL_S or end in strikes
        assert not [one for one in strikes if start < one < end]
    every = sorted(ends)
    assert all(one[1] <= other[0] for one, other in pairwise(every))
    whole = [join for join in line.joins if join.whole and join.attack < 0]
    assert len(whole) + (first < 0) >= len(line.ups)
    assert all(abs(join.end_s - join.start_s - JOIN_S) < 1e-9 for join in whole)
    assert not [join for join in whole for one in strikes if join.start_s < one < join.end_s]


def test_a_controller_left_alone_comes_back_and_one_that_is_not_does_not() -> None:
    rng = np.random.default_rng(3)
    alone = timeline(-1.0, np.array([10.0]), (), UNTIL_S, rng)
    assert len(alone.ups) == 2
    assert LOOKS_AGAIN_S[0] <= alone.ups[1][0] - JOIN_S - 10.0 <= LOOKS_AGAIN_S[1]
    pressed = timeline(-1.0, np.arange(10.0, 20.0, 0.1), (), UNTIL_S, rng)
    assert not [up for up in pressed.ups if 10.0 < up[0] < 20.0]
    assert pressed.ups[-1][1] == UNTIL_S
