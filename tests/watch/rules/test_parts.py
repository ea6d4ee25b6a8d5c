"""What rules are made of, each against a plain account of what it should do."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.table.signals.inputs import MISSING, NS_PER_S
from yawstring.watch.rules.alternation import MEMORY_NS, alternation, returns
from yawstring.watch.rules.keys import joined, pairs
from yawstring.watch.rules.newcomers import KEPT, newcomers, unheard
from yawstring.watch.rules.tally import PACE_NS, PARTS, tallied, tally

EVENTS = st.lists(st.tuples(st.integers(0, 400_000_000), st.integers(1, 3), st.integers(0, 4)), min_size=1, max_size=60)
PART_NS = NS_PER_S // PARTS


def columns(events: list[tuple[int, int, int]]) -> list[np.ndarray]:
    gap, key, value = (np.array(column, np.int64) for column in zip(*events, strict=True))
    return [1_700_000_000 * NS_PER_S + np.cumsum(gap), key, value]


@settings(max_examples=100, deadline=None)
@given(EVENTS)
def test_a_tally_is_what_fell_into_the_last_ten_parts(events: list[tuple[int, int, int]]) -> None:
    time, key, weight = columns(events)
    told = tallied(tally(64), time, key, weight.astype(float), within_s=1.0, least=3.0)
    expected, last = [], {}
    for now, (at, one) in enumerate(zip(time.tolist(), key.tolist(), strict=True)):
        parts = time[: now + 1] // PART_NS
        inside = (key[: now + 1] == one) & (parts > at // PART_NS - PARTS)
        total = float(weight[: now + 1][inside].sum())
        if total >= 3.0 and at - last.get(one, -PACE_NS) >= PACE_NS:
            expected.append((now, total))
            last[one] = at
    assert list(zip(told.row.tolist(), told.value.tolist(), strict=True)) == expected


@settings(max_examples=100, deadline=None)
@given(EVENTS)
def test_a_return_is_to_the_value_before_the_latest(events: list[tuple[int, int, int]]) -> None:
    time, key, value = columns(events)
    found = returns(alternation(), time, key, value).tolist()
    expected, said = [], {}
    for place, (at, one, now) in enumerate(zip(time.tolist(), key.tolist(), value.tolist(), strict=True)):
        latest, other, left = said.get(one, (now, None, 0))
        if now != latest:
            if other == now and at - left <= MEMORY_NS:
                expected.append(place)
            latest, other, left = now, latest, at
        said[one] = latest, other, left
    assert found == expected


def test_what_moves_a_little_is_followed_and_what_is_missing_passed_over() -> None:
    value = np.array([0, 3, 6, 100, 98, 9, MISSING, 97])
    key = np.array([1, 1, 1, 1, 1, 1, 1, 1])
    assert returns(alternation(), np.arange(8), key, value, near=5, apart=10).tolist() == [5, 7]
    assert returns(alternation(), np.arange(8), np.full(8, MISSING), value).tolist() == []


@settings(max_examples=50, deadline=None)
@given(EVENTS)
def test_who_is_new_was_not_heard_within_the_memory(events: list[tuple[int, int, int]]) -> None:
    time, key, _ = columns(events)
    memory, last = 500_000_000, {}
    for at, one, new in zip(time.tolist(), key.tolist(), unheard(newcomers(), time, key, memory), strict=True):
        assert new == (one not in last or at - last[one] > memory)
        last[one] = at


def test_a_crowd_of_newcomers_drives_out_the_longest_silent_and_no_more() -> None:
    crowd = np.arange(1, 20 * KEPT)
    state = newcomers()
    assert unheard(state, crowd, crowd, NS_PER_S).all()
    assert len(state.key) == KEPT
    assert unheard(state, crowd[-1:], crowd[-1:], NS_PER_S).tolist() == [False]


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=2, max_size=2))
def test_keys_tell_order_and_pairs_do_not(two: list[int]) -> None:
    one, other = (np.array([number]) for number in two)
    assert (pairs(one, other) == pairs(other, one)).all()
    if two[0] != two[1] and MISSING not in two:
        assert (joined(one, other) != joined(other, one)).all()
