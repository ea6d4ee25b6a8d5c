"""The as-of join against pandas, Polars and a loop in plain Python; frames are kept, the future is not."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import OptionError, TableError
from yawstring.table.fuse import MOST_TIME_NS, TELEMETRY_NAMES, FuseOptions, fuse, last_before

NS = 1_000_000_000
SOME = ("height_m", "battery_pct", "pad_id")

times = st.lists(st.integers(0, 60).map(lambda tick: tick * 50_000_000), max_size=40)
wide = st.lists(st.integers(-MOST_TIME_NS, MOST_TIME_NS), max_size=40)


def states(stamps: list[int]) -> pl.DataFrame:
    """Telemetry whose values tell rows apart, with a hole of its own here and there."""
    count = len(stamps)
    return pl.DataFrame(
        {
            "time_ns": pl.Series(sorted(stamps), dtype=pl.Int64),
            "height_m": pl.Series([row / 8 for row in range(count)], dtype=pl.Float64),
            "battery_pct": pl.Series([None if row % 3 == 0 else 90.0 - row for row in range(count)], dtype=pl.Float64),
            "pad_id": pl.Series(range(count), dtype=pl.Int64),
        }
    )


def frames(stamps: list[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {"time_ns": stamps, "frame.number": range(1, len(stamps) + 1)}, schema_overrides={"time_ns": pl.Int64}
    )


@given(st.one_of(times, wide), st.one_of(times, wide))
@settings(deadline=None, max_examples=150)
def test_the_index_is_that_of_searchsorted(at: list[int], rows: list[int]) -> None:
    stamps, rows = np.array(at, np.int64), sorted(rows)
    found = last_before(stamps, np.array(rows, np.int64))
    assert found.tolist() == (np.searchsorted(np.array(rows, np.int64), stamps, side="right") - 1).tolist()


@given(times, times, st.sampled_from([0.0, 0.05, 0.3, 2.0]), st.sampled_from([0.0, 0.4, -0.4]))
@settings(deadline=None, max_examples=100)
def test_pandas_and_polars_join_the_same(at: list[int], rows: list[int], tolerance: float, offset: float) -> None:
    air, log = frames(at), states(rows)
    fused = fuse(air, log, FuseOptions(tolerance_s=tolerance, offset_s=offset)).frame
    moved = log.with_columns(pl.col("time_ns") + round(offset * NS))
    polars = (
        air.sort("time_ns", maintain_order=True)
        .join_asof(moved, on="time_ns", strategy="backward", tolerance=round(tolerance * NS))
        .sort("frame.number")
    )
    assert fused.select(SOME).equals(polars.select(SOME).cast({"pad_id": pl.Int64}))
    if not at or not rows:
        return
    joined = pd.merge_asof(
        pd.DataFrame({"time_ns": at, "number": range(len(at))}).sort_values("time_ns", kind="stable"),
        pd.DataFrame({"time_ns": moved["time_ns"].to_list(), "pad": range(len(rows))}),
        on="time_ns",
        tolerance=round(tolerance * NS),
    ).sort_values("number")
    assert fused["pad_id"].to_list() == [None if math.isnan(pad) else int(pad) for pad in joined["pad"]]


@given(times, times, st.sampled_from([0.0, 0.3]))
@settings(deadline=None, max_examples=100)
def test_age_is_that_of_the_last_row_and_outlives_its_values(at: list[int], rows: list[int], tolerance: float) -> None:
    fused = fuse(frames(at), states(rows), FuseOptions(tolerance_s=tolerance))
    fresh = stale = before = 0
    for (time, pad, age), wanted in zip(
        fused.frame.select("time_ns", "pad_id", "telemetry_age_s").rows(), at, strict=True
    ):
        assert time == wanted
        last = max((row for row in rows if row <= time), default=None)
        assert age == (None if last is None else pytest.approx((time - last) / NS))
        assert (pad is None) == (last is None or time - last > round(tolerance * NS))
        before, fresh, stale = (
            before + (age is None),
            fresh + (pad is not None),
            stale + (age is not None and pad is None),
        )
    assert (fused.before, fused.fresh, fused.stale, fused.untimed) == (before, fresh, stale, 0)


@given(st.permutations([3, 1, 4, 1, 5, 9, 2, 6]))
@settings(deadline=None, max_examples=20)
def test_frames_stay_in_the_order_of_the_capture(order: list[int]) -> None:
    at = [tick * NS for tick in order]
    fused = fuse(frames(at), states([2 * NS, 5 * NS]), FuseOptions(tolerance_s=10))
    assert fused.frame["time_ns"].to_list() == at
    assert fused.frame["pad_id"].to_list() == [None if tick < 2 else 0 if tick < 5 else 1 for tick in order]


def test_of_rows_with_one_stamp_the_last_is_taken() -> None:
    assert fuse(frames([NS]), states([NS, NS, NS])).frame["pad_id"].to_list() == [2]


def test_the_future_is_a_nanosecond_away() -> None:
    fused = fuse(frames([NS - 1, NS]), states([NS]), FuseOptions(tolerance_s=0))
    assert fused.frame["pad_id"].to_list() == [None, 0]
    assert (fused.before, fused.fresh, fused.unused) == (1, 1, 0)


def test_without_telemetry_every_column_is_there_and_null() -> None:
    fused = fuse(frames([0, NS]), None)
    assert fused.frame.columns == ["time_ns", "frame.number", *TELEMETRY_NAMES, "telemetry_age_s"]
    assert fused.frame.select(*TELEMETRY_NAMES, "telemetry_age_s").null_count().row(0) == (2,) * (
        len(TELEMETRY_NAMES) + 1
    )
    assert fused.frame.schema["pad_id"] == pl.Int64
    assert fused.frame.schema["height_m"] == pl.Float64
    assert (fused.before, fused.rows) == (2, 0)


def test_a_frame_without_a_time_is_kept_without_telemetry() -> None:
    air = pl.DataFrame({"time_ns": [None, NS, MOST_TIME_NS + 1, 2 * NS]})
    fused = fuse(air, states([0]), FuseOptions(tolerance_s=5))
    assert fused.frame["pad_id"].to_list() == [None, 0, None, 0]
    assert fused.frame["telemetry_age_s"].to_list() == [None, 1.0, None, 2.0]
    assert (fused.untimed, fused.before, fused.fresh) == (2, 0, 2)


def test_rows_that_no_frame_took_are_counted() -> None:
    assert fuse(frames([NS, 3 * NS]), states([0, NS, 2 * NS, 4 * NS])).unused == 2


def test_the_tolerance_is_included() -> None:
    at = [300_000_000, 300_000_001]
    assert fuse(frames(at), states([0])).frame["pad_id"].to_list() == [0, None]


@pytest.mark.parametrize(
    ("air", "log", "error"),
    [
        (pl.DataFrame({"frame.number": [1]}), states([]), "no such column"),
        (pl.DataFrame({"time_ns": [1.5]}), states([]), "whole nanoseconds"),
        (pl.DataFrame({"time_ns": [1], "height_m": [1.0]}), states([]), "already"),
        (pl.DataFrame({"time_ns": [1]}), states([1, 2]).reverse(), "order"),
        (pl.DataFrame({"time_ns": [1]}), pl.DataFrame({"time_ns": [None]}), "time of receipt"),
    ],
)
def test_tables_that_cannot_be_fused_are_refused(air: pl.DataFrame, log: pl.DataFrame, error: str) -> None:
    with pytest.raises(TableError, match=error):
        fuse(air, log)


@pytest.mark.parametrize(
    "wrong", [{"tolerance_s": -1}, {"tolerance_s": math.nan}, {"offset_s": math.inf}, {"offset_s": 1e10}]
)
def test_options_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionError):
        FuseOptions(**wrong)


def test_an_offset_beyond_all_time_is_refused() -> None:
    with pytest.raises(OptionError, match="out of the range"):
        fuse(frames([0]), states([MOST_TIME_NS]), FuseOptions(offset_s=1))
