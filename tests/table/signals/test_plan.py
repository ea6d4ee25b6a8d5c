"""Rows come at the pace that was asked for, while something is heard, and never more than that."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yawstring.errors import OptionError
from yawstring.table.signals import SignalOptions, measure, start, step
from yawstring.table.signals.plan import SILENCE_S, planned

YEAR_NS = 365 * 86_400 * 10**9
GAPS_NS = st.one_of(st.integers(0, 10**9), st.integers(0, 30 * 10**9), st.sampled_from([YEAR_NS, 10**10, 10**10 + 1]))


def defined(times: list[int], every_ns: int, until_ns: int | None) -> list[int]:
    """Moments of the pace, counted from the first frame, that are sure to be over and near enough to a frame."""
    rows, silence_ns = [], round(SILENCE_S * 1e9)
    for place, time in enumerate(times):
        last = place + 1 == len(times)
        end = time + silence_ns if last else min(time + silence_ns, times[place + 1] - 1)
        if last:
            end = min(end, max(time - 1, until_ns if until_ns is not None else time - 1))
        first = times[0] + -(-(time - times[0]) // every_ns) * every_ns
        rows += range(first, end + 1, every_ns)
    return rows


@given(
    gaps=st.lists(GAPS_NS, min_size=1, max_size=12),
    every_s=st.sampled_from([0.1, 0.37, 4.0, 60.0]),
    until=st.one_of(st.none(), st.integers(0, 40 * 10**9)),
    cut=st.integers(0, 12),
)
def test_rows_are_those_of_the_definition_however_the_frames_are_cut(
    gaps: list[int], every_s: float, until: int | None, cut: int
) -> None:
    times = np.cumsum(np.array(gaps, np.int64))
    until_ns = None if until is None else int(times[-1]) + until
    options = SignalOptions(every_s=every_s)
    whole, next_ns = planned(times, None, 0, options, until_ns)
    assert whole.time_ns.tolist() == defined(times.tolist(), round(every_s * 1e9), until_ns)
    assert whole.after.tolist() == [int((times <= at).sum()) for at in whole.time_ns]
    cut = min(cut, len(times))
    first, then_ns = planned(times[:cut], None, 0, options, None)
    heard = int(times[cut - 1]) if cut else None
    second, last_ns = planned(times[cut:], heard, then_ns, options, until_ns)
    assert np.concatenate([first.time_ns, second.time_ns]).tolist() == whole.time_ns.tolist()
    assert last_ns == next_ns


def test_a_row_for_every_frame_has_its_time() -> None:
    frame = pl.DataFrame({"time_ns": [5, 5, 9]})
    assert measure(frame, SignalOptions(every_s=None)).time_ns.tolist() == [5, 5, 9]


def test_waiting_gives_rows_of_a_silent_air_and_no_row_twice() -> None:
    options = SignalOptions(every_s=1.0)
    state, rows = step(start(options), pl.DataFrame({"time_ns": [0]}), options, until_ns=2_500_000_000)
    assert (rows.time_ns / 1e9).tolist() == [0, 1, 2]
    state, rows = step(state, pl.DataFrame(schema={"time_ns": pl.Int64}), options, until_ns=60 * 10**9)
    assert (rows.time_ns / 1e9).tolist() == [3, 4, 5, 6, 7, 8, 9, 10]
    assert rows.frame["air_silence"].to_list() == [3, 4, 5, 6, 7, 8, 9, 10]
    _, rows = step(state, pl.DataFrame({"time_ns": [61_200_000_000, 63_000_000_001]}), options)
    assert (rows.time_ns / 1e9).tolist() == [62, 63]


@pytest.mark.parametrize("every_s", [0.0, -1.0, 1e-9, 1e9, float("nan")])
def test_a_senseless_pace_is_refused(every_s: float) -> None:
    with pytest.raises(OptionError, match="a row of signals every"):
        SignalOptions(every_s=every_s)
