"""Whatever an aircraft says, and whenever, its signals are finite or unknown."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.schema.signals.craft_fields import FIELDS
from yawstring.table.signals import SignalOptions, measure

VALUES = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, 1.0, -1.0, 65.53, 1e7, -1e7, 1e300, 5e-324, 180.0, -180.0, 90.0]),
)
AGES = st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 2), st.sampled_from([0.0, 1e6, -1.0]))
TIMES = st.one_of(st.integers(0, 10**10), st.integers(-(1 << 63), (1 << 63) - 1), st.none())
COMMANDS = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.sampled_from(["rc 100 100 100 100", "takeoff", "up 9999", "cw 3600", "land", "go 1 2 3 4", "battery?", "ok"]),
    st.from_regex(r"rc -?\d+ -?\d+ -?\d+ -?\d+", fullmatch=True),
)
WHOLE = st.one_of(
    st.none(), st.sampled_from([0, 1, 2, 8889, 8890, 4095, 65535]), st.integers(-(1 << 63), (1 << 63) - 1)
)
COUNTERS = ("wlan.fc.type", "wlan.fc.tods", "wlan.fc.fromds", "wlan.fc.retry", "wlan.seq", "ip.id", "udp.dstport")


def column(draw: st.DrawFn, of: st.SearchStrategy[object], count: int) -> list[object]:
    return draw(st.lists(of, min_size=count, max_size=count))


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    """Some of the columns, of any values."""
    count = draw(st.integers(0, 25))
    said = draw(st.sets(st.sampled_from([field.name for field in FIELDS])))
    columns = [pl.Series("time_ns", column(draw, TIMES, count), pl.Int64)]
    columns += [pl.Series(name, column(draw, VALUES, count), pl.Float64) for name in sorted(said)]
    if draw(st.booleans()):
        columns.append(pl.Series("telemetry_age_s", column(draw, AGES, count), pl.Float64))
    if draw(st.booleans()):
        columns.append(pl.Series("tello.command", column(draw, COMMANDS, count), pl.String))
        columns += [pl.Series(name, column(draw, WHOLE, count), pl.Int64) for name in COUNTERS]
    return pl.DataFrame(columns)


@pytest.mark.parametrize("every_s", [None, 0.5])
@settings(max_examples=40, deadline=None)
@given(table=tables())
def test_hostile_states_give_finite_values(every_s: float | None, table: pl.DataFrame) -> None:
    rows = measure(table, SignalOptions(every_s=every_s)).frame
    for name in rows.columns:
        if name.startswith(("craft_", "command_", "both_")):
            values = rows[name].drop_nulls().to_numpy()
            assert np.isfinite(values).all(), name


def test_a_table_of_no_states_has_no_signals_of_the_craft() -> None:
    names = measure(pl.DataFrame({"time_ns": [0, 1]}), SignalOptions(every_s=None)).frame.columns
    assert not [name for name in names if name.startswith(("craft_", "command_"))]


def test_a_clock_that_steps_back_takes_nothing_away() -> None:
    times = [0, 100_000_000, 50_000_000, 200_000_000]
    table = pl.DataFrame({"time_ns": times, "tof_m": [1.0, 1.5, 1.2, 1.3], "velocity_z_m_s": [0.0] * 4})
    found = measure(table, SignalOptions(every_s=None)).frame["craft_tof_climb_1s"].to_list()
    assert found[2] == pytest.approx(abs(0.5 - 0.3), abs=1e-6)
