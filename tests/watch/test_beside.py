"""Telemetry beside a stream is what one join of everything gives, however frames and rows are cut."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.table.fuse import TELEMETRY_NAMES, FuseOptions, fuse
from yawstring.table.signals.inputs import Inputs
from yawstring.watch import beside
from yawstring.watch.beside import LATE_S, Beside
from yawstring.wire.decoder import Column

NS = 1_000_000_000
OPTIONS = FuseOptions(tolerance_s=0.3, offset_s=0.0)


def rows(times: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"time_ns": sorted(times), "height_m": [float(place) for place in range(len(times))]})


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_cut_gives_what_one_join_gives(data: st.DataObject) -> None:
    late = st.integers(-int(LATE_S * NS) + 1, 0)
    steps = data.draw(st.lists(st.tuples(st.integers(0, NS), late), min_size=1, max_size=40))
    clock, frames = 0, []
    for step, behind in steps:
        clock += step
        frames.append(clock + behind)
    telemetry = rows(data.draw(st.lists(st.integers(-NS, clock + NS), max_size=30)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(frames)), max_size=5)))
    whole = fuse(pl.DataFrame({"time_ns": frames}), telemetry, OPTIONS).frame
    state, made, given_ns = Beside(), [], None
    for first, last in zip([0, *cuts], [*cuts, len(frames)], strict=True):
        until_ns = max(frames[:last], default=None)
        come = telemetry.filter(pl.lit(until_ns is not None) & (pl.col("time_ns") <= (until_ns or 0)))
        come = come if given_ns is None else come.filter(pl.col("time_ns") > given_ns)
        given_ns = until_ns if given_ns is None else max(given_ns, until_ns or given_ns)
        piece = pl.DataFrame({"time_ns": frames[first:last]}, schema={"time_ns": pl.Int64})
        state, fused = beside.step(state, piece, come, OPTIONS)
        made.append(fused)
        assert state.rows is None or len(state.rows) <= len(telemetry)
    assert pl.concat(made).equals(whole, null_equal=True)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_columns_that_are_lent_say_what_the_table_does(data: st.DataObject) -> None:
    """Where times, values or a whole log are missing, too."""
    stamps = data.draw(st.lists(st.none() | st.integers(0, 5 * NS), max_size=12))
    times = sorted(data.draw(st.lists(st.integers(0, 5 * NS), max_size=8)))
    values = st.lists(st.none() | st.floats(allow_infinity=False), min_size=len(times), max_size=len(times))
    whole = st.lists(st.none() | st.integers(0, 100), min_size=len(times), max_size=len(times))
    given = {"time_ns": times, "height_m": data.draw(values), "battery_pct": data.draw(whole)}
    types = {"time_ns": pl.Int64, "height_m": pl.Float64, "battery_pct": pl.Int64}
    come = data.draw(st.sampled_from([None, pl.DataFrame(given, schema=types)]))
    table = pl.DataFrame({"time_ns": stamps}, schema={"time_ns": pl.Int64})
    frames = {
        "time_ns": Column(values=table["time_ns"].fill_null(7).to_numpy(), valid=~table["time_ns"].is_null().to_numpy())
    }
    after, fused = beside.step(Beside(), table, come, OPTIONS)
    same, lent = beside.lend(Beside(), frames, come, OPTIONS)
    assert (after.latest_ns, after.last_ns) == (same.latest_ns, same.last_ns)
    one, other = (
        Inputs(frame=frame, time_ns=np.zeros(len(table), np.int64), lent=lends)
        for frame, lends in ((fused, {}), (pl.DataFrame(), lent))
    )
    assert set(lent) == set(fused.columns)
    assert one.raw_ns.tolist() == other.raw_ns.tolist()
    for name in TELEMETRY_NAMES:
        np.testing.assert_array_equal(one.number(name), other.number(name))
    np.testing.assert_array_equal(one.number("telemetry_age_s"), other.number("telemetry_age_s"))
    np.testing.assert_array_equal(one.whole("battery_pct"), other.whole("battery_pct"))


def test_what_nobody_can_ask_for_any_more_is_let_go() -> None:
    state = Beside()
    for second in range(100):
        frames = pl.DataFrame({"time_ns": [second * NS]})
        state, _ = beside.step(state, frames, rows([second * NS - 1]), OPTIONS)
    assert state.rows is not None
    assert len(state.rows) <= LATE_S + 2


def test_rows_that_come_while_no_frame_does_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(beside, "MOST_ROWS", 10)
    state = Beside()
    for second in range(50):
        state, _ = beside.step(
            state, pl.DataFrame({"time_ns": []}, schema={"time_ns": pl.Int64}), rows([second]), OPTIONS, until_ns=0
        )
    assert state.rows is not None
    assert state.rows["time_ns"].to_list() == list(range(40, 50))


def test_a_clock_that_was_put_back_forgets_later_rows() -> None:
    state, _ = beside.step(Beside(), pl.DataFrame({"time_ns": [9 * NS]}), rows([8 * NS]), OPTIONS)
    state, fused = beside.step(state, pl.DataFrame({"time_ns": [2 * NS]}), rows([2 * NS]), OPTIONS)
    assert fused["telemetry_age_s"].to_list() == [0.0]
