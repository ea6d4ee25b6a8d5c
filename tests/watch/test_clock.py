"""Where a clock was put back, against the rule written out frame by frame."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.watch import clock
from yawstring.watch.clock import BACK_S, Clock, cut

NS = 1_000_000_000


def by_hand(times: list[int | None], least: int) -> list[int]:
    cuts, latest, since = [], None, least
    for place, time in enumerate(times):
        if time is not None and latest is not None and time < latest - BACK_S * NS and since >= least:
            cuts.append(place)
            latest, since = time, 0
        elif time is not None:
            latest = time if latest is None else max(latest, time)
        since += 1
    return cuts


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_cuts_are_those_of_the_rule_however_frames_come(data: st.DataObject) -> None:
    times = data.draw(st.lists(st.one_of(st.none(), st.integers(0, 20).map(lambda s: s * NS // 2)), max_size=40))
    at = sorted(data.draw(st.lists(st.integers(0, len(times)), max_size=4)))
    least = data.draw(st.integers(1, 6))
    original, clock.LEAST_FRAMES = clock.LEAST_FRAMES, least
    try:
        state, found = Clock(frames=least), []
        stamps = np.array([0 if time is None else time for time in times], np.int64)
        timed = np.array([time is not None for time in times], bool)
        for first, last in zip([0, *at], [*at, len(times)], strict=True):
            state, cuts = cut(state, stamps[first:last], timed[first:last])
            found += [first + one for one in cuts]
    finally:
        clock.LEAST_FRAMES = original
    assert found == by_hand(times, least)
    assert state.cuts == len(found)
