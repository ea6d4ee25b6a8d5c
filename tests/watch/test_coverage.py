"""Coverage is what was heard, tenth by tenth of a second, whatever a radio was told and however the frames are cut."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from yawstring.table.signals.inputs import MISSING
from yawstring.watch.batches import empty_batch
from yawstring.watch.coverage import MOST_FREQUENCIES, Coverage, hear, shares, slots_heard
from yawstring.watch.health import Health, Now, body, take
from yawstring.watch.outcome import Out, joined

S = 10**8
"""A tenth of a second."""


def heard(*frames: tuple[float, int], coverage: Coverage | None = None) -> Coverage:
    times = np.array([round(slot * S) for slot, _ in frames], np.int64)
    frequencies = np.array([frequency for _, frequency in frames], np.int64)
    return hear(coverage or Coverage(), slots_heard(times, frequencies))


def test_nothing_heard_is_nothing_covered() -> None:
    assert shares(Coverage(), 5 * S) == {}


def test_a_channel_that_falls_silent_loses_its_share() -> None:
    air = heard(*((slot, 2437) for slot in range(1000, 2000)))
    assert shares(air, 1999 * S) == {2437: 1.0}
    assert shares(air, 2299 * S) == {2437: 0.5}
    assert shares(air, 3000 * S) == {}


def test_a_clock_set_back_begins_anew() -> None:
    air = heard((5000, 2412), (5001, 2412))
    assert shares(heard((1000, 2437), coverage=air), 1000 * S) == {2437: 1.0}


def test_frequencies_without_end_are_bounded() -> None:
    air = heard(*((7.0, frequency) for frequency in range(1, 10_000)))
    assert len(air.heard) == MOST_FREQUENCIES


FRAMES = st.lists(st.tuples(st.integers(0, 1500), st.sampled_from([2412, 2437, 5180])), min_size=1, max_size=60)


@given(FRAMES, st.integers(1, 10))
def test_coverage_is_the_share_of_slots_in_any_chunks(frames: list[tuple[int, int]], size: int) -> None:
    frames.sort()
    air = Coverage()
    for first in range(0, len(frames), size):
        air = heard(*frames[first : first + size], coverage=air)
    last, first_s = frames[-1][0], frames[0][0]
    slots = range(max(last - 599, first_s), last + 1)
    within = {(slot, frequency) for slot, frequency in frames if slot in slots}
    counts = Counter(frequency for _, frequency in within)
    assert shares(air, last * S) == {one: round(count / len(slots), 3) for one, count in sorted(counts.items())}


def test_health_tells_it_from_every_piece_of_a_batch() -> None:
    pieces = [Out(channels=frozenset({(100 + at, 2437), (100, 2412)})) for at in range(10)]
    health = take(Health(), empty_batch(109 * S), joined(pieces, {}))
    assert body(health, Now(time_ns=109 * S, since_s=1.0))["coverage"] == {"2412": 0.1, "2437": 1.0}


def test_one_frame_after_a_long_silence_is_no_full_share() -> None:
    air = heard((100, 2437), (4000, 2437))
    assert shares(air, 4000 * S) == {2437: round(1 / 600, 3)}


def test_a_frame_of_no_known_frequency_covers_nothing() -> None:
    assert slots_heard(np.array([S]), np.array([MISSING])) == frozenset()


def test_a_radio_that_goes_round_is_told_with_its_share() -> None:
    dwell, channels = 0.25, (2412, 2437, 2462)
    times = np.arange(0, 60, 0.01)
    tuned = np.array(channels)[(times / dwell).astype(int) % 3]
    air = hear(Coverage(), slots_heard((times * 10**9).astype(np.int64), tuned))
    for share in shares(air, 60 * 10**9).values():
        assert 1 / 3 <= share <= 1 / 3 + 0.1 / (3 * dwell)
