"""Telemetry beside a stream is what one join of everything gives, however frames and rows are cut."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.table.fuse import FuseOptions, fuse
from yawstring.watch import beside
from yawstring.watch.beside import LATE_S, Beside

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
