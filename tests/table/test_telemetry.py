"""Telemetry tables: Tello states and CSV files against pandas, Fraction arithmetic and their own way back."""

from fractions import Fraction
from io import BytesIO

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import InputError, OptionError, TableError
from yawstring.schema import COLUMNS as SCHEMA
from yawstring.schema import NOTEBOOK_COLUMNS, OURS, TIME
from yawstring.table.logged import read_text
from yawstring.table.telemetry import (
    COLUMNS,
    STEPS_BACK,
    TELLO_COLUMNS,
    TelemetryOptions,
    from_states,
    spread_whole_seconds,
    tello_columns,
)
from yawstring.wire.tello import DECIMAL_FIELDS, PAD_FIELDS, STATE_FIELDS, format_state, parse_states

START = 1_713_995_000
START_NS = START * 10**9

UNITS = {
    **dict.fromkeys(["vgx", "vgy"], Fraction(1, 10)),
    "vgz": Fraction(-1, 10),
    **dict.fromkeys(["tof", "h", "x", "y", "z"], Fraction(1, 100)),
    **dict.fromkeys(["agx", "agy", "agz"], Fraction("9.80665") / 1000),
}
"""One of the Tello's units in ours."""

SHOWN = {
    "velocity_x_m_s": "vgx", "velocity_y_m_s": "vgy", "velocity_z_m_s": "vgz", "tof_m": "tof", "height_m": "h",
    "pad_x_m": "x", "pad_y_m": "y", "pad_z_m": "z", "acceleration_x_m_s2": "agx", "acceleration_y_m_s2": "agy",
    "acceleration_z_m_s2": "agz", "pitch_deg": "pitch", "roll_deg": "roll", "yaw_deg": "yaw", "battery_pct": "bat",
    "baro_m": "baro", "temperature_low_c": "templ", "temperature_high_c": "temph", "flight_time_s": "time",
    "pad_id": "mid", "pad_pitch_deg": "mpitch", "pad_roll_deg": "mroll", "pad_yaw_deg": "myaw",
}  # fmt: skip


def whole(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


flying = st.fixed_dictionaries({
    name: whole(-500_000, 500_000).map(lambda hundredths: hundredths / 100)
    if name in DECIMAL_FIELDS
    else whole(-1000, 1000)
    for name in STATE_FIELDS
    if name not in PAD_FIELDS
})  # fmt: skip
over_a_pad = st.fixed_dictionaries({"mid": whole(1, 8), **{name: whole(-500, 500) for name in PAD_FIELDS[1:]}})
no_pad = st.sampled_from([
    dict(zip(PAD_FIELDS, (-1, -100, -100, -100, 0, 0, 0), strict=True)),
    dict(zip(PAD_FIELDS, (-2, -200, -200, -200, 0, 0, 0), strict=True)),
])  # fmt: skip
states = st.builds(lambda pad, rest: pad | rest, st.one_of(over_a_pad, no_pad), flying)


def log_of(rows: list[dict[str, float]], *, pads: bool = True) -> bytes:
    return b"".join(b"%d.25 %s" % (START + n, format_state(row, pads=pads)) for n, row in enumerate(rows))


@given(st.lists(states, min_size=1, max_size=5), st.booleans())
@settings(deadline=None, max_examples=100)
def test_any_state_comes_back_as_it_was(rows: list[dict[str, float]], pads: bool) -> None:
    log = read_text(log_of(rows, pads=pads), name="flight.log")
    back = tello_columns(log.frame)
    assert tuple(back.columns) == TELLO_COLUMNS
    for row, found in zip(rows, back.rename({"flight_time": "time"}).to_dicts(), strict=True):
        assert found == {name: value if pads or name not in PAD_FIELDS else None for name, value in row.items()}
        again = {name: value for name, value in found.items() if value is not None}
        assert format_state(again, pads=pads) == format_state(row, pads=pads)


@given(st.lists(states, min_size=1, max_size=3))
@settings(deadline=None, max_examples=100)
def test_the_units_are_those_of_exact_arithmetic(rows: list[dict[str, float]]) -> None:
    frame = read_text(log_of(rows), name="flight.log").frame
    for place, row in enumerate(rows):
        for column, name in SHOWN.items():
            exact = Fraction(str(row[name])) * UNITS.get(name, 1)
            if name in PAD_FIELDS[1:] and row["mid"] < 1:
                assert frame[column][place] is None
            else:
                assert frame[column][place] == pytest.approx(float(exact), rel=1e-15, abs=0)


def test_a_range_finder_that_sees_nothing_is_null() -> None:
    log = read_text(b"1713995000 tof:6553;h:30;\n1713995001 tof:81;h:30;\n1713995002 bat:9;\n", name="flight.log")
    assert log.frame["tof_m"].to_list() == [None, 0.81, None]
    assert tello_columns(log.frame)["tof"].to_list() == [6553, 81, None]
    without = read_text(b"1713995000 h:30;\n", name="flight.log").frame
    assert tello_columns(without)["tof"].to_list() == [None]


def test_a_real_drone_that_climbs_has_a_velocity_away_from_down(tello_logs: list) -> None:
    log = read_text(tello_logs[0].read_bytes(), name="flight.csv").frame
    climbed, down = log["height_m"].diff().to_numpy()[1:], log["velocity_z_m_s"].to_numpy()[1:]
    moving = (np.abs(climbed) > 0.05) & (np.abs(down) > 0.5)
    assert moving.sum() >= 5
    assert np.corrcoef(climbed[moving], down[moving])[0, 1] < -0.5


def test_the_table_has_the_columns_of_the_schema() -> None:
    frame = read_text(log_of([dict.fromkeys(STATE_FIELDS, 0)]), name="flight.log").frame
    assert frame.columns == [TIME, *COLUMNS]
    for name, dtype in frame.schema.items():
        assert SCHEMA[name].source == OURS
        assert dtype == {"int": pl.Int64(), "float": pl.Float64()}[SCHEMA[name].dtype]
    assert set(TELLO_COLUMNS) < set(NOTEBOOK_COLUMNS)
    assert all(frame[name].null_count() == 1 for name in COLUMNS if name not in SHOWN)


def test_rows_are_sorted_by_time_and_stay_in_order_within_one() -> None:
    times = [3, 1, 2, 2, 2, 1]
    octets = b"".join(b"%d h:%d;\n" % (START + time, row) for row, time in enumerate(times))
    log = read_text(octets, name="flight.log")
    assert (log.frame["height_m"] * 100).round().to_list() == [1, 5, 2, 3, 4, 0]
    assert log.frame[TIME].is_sorted()
    assert log.notes == {STEPS_BACK: 2}


def test_times_that_count_from_their_own_start_need_one() -> None:
    octets = b"0.5 h:30;\n1.5 h:31;\n"
    with pytest.raises(TableError, match=r"^flight\.log: expected Unix time, .*\(start_ns\)$"):
        read_text(octets, name="flight.log")
    log = read_text(octets, name="flight.log", options=TelemetryOptions(start_ns=START_NS))
    assert log.frame[TIME].to_list() == [START_NS + 500_000_000, START_NS + 1_500_000_000]
    assert log.clock == "given"
    assert read_text(octets, name="x", options=TelemetryOptions(start_ns=0)).frame[TIME].to_list()[0] == 500_000_000
    with pytest.raises(OptionError, match="give no start"):
        read_text(b"1713995000 h:30;\n", name="flight.log", options=TelemetryOptions(start_ns=0))
    with pytest.raises(OptionError, match="expected a start"):
        read_text(octets, name="flight.log", options=TelemetryOptions(start_ns=-1))


def test_a_time_far_before_the_others_is_damaged() -> None:
    log = read_text(b"1713995000 h:30;\n17139950 h:31;\n1713995001 h:32;\n", name="flight.log")
    assert log.frame["height_m"].to_list() == [0.3, 0.32]
    assert log.rejects == {"receive time out of range": 1}
    assert log.notes == {}


def test_a_time_without_a_zone_is_in_the_zone_given() -> None:
    octets = b"2024-04-24 16:43:20 h:30;\n2024-04-24 21:43:20Z h:30;\n"
    log = read_text(octets, name="flight.log", options=TelemetryOptions(zone_ns=-5 * 3600 * 10**9))
    assert log.frame[TIME].to_list() == [START_NS, START_NS]


@pytest.mark.parametrize("stamp", ["{}", "{}.0", "{}000"])
def test_stamps_of_whole_seconds_are_recognised(stamp: str) -> None:
    octets = "".join(f"{stamp.format(START + row // 10)} h:30;\n" for row in range(25)).encode()
    assert read_text(octets, name="flight.log").whole_seconds
    assert not read_text(octets + b"1713995003.1 h:30;\n", name="flight.log").whole_seconds


@given(st.lists(st.integers(0, 30), min_size=1, max_size=100), st.integers(0, 10**9 - 1))
@settings(deadline=None, max_examples=100)
def test_the_rows_of_a_second_are_spread_over_it(seconds: list[int], within: int) -> None:
    cut = np.sort(np.array(seconds, np.int64)) * 10**9 + within
    found = spread_whole_seconds(cut)
    expected = []
    for second in sorted(set(seconds)):
        rows = seconds.count(second)
        expected += [second * 10**9 + int((rank + Fraction(1, 2)) / rows * 10**9) for rank in range(rows)]
    assert found.tolist() == expected
    assert found.dtype == np.int64


def test_spreading_tells_the_future_as_little_as_was_measured() -> None:
    """A tenth of a second between states, cut to seconds: FACTS of the join, simulated with an offset of the grid."""
    true = np.arange(0, 100_000_000_000, 100_000_000) + 37_000_000
    frames = np.arange(1_000_000_000, 99_000_000_000, 777_777)
    right = np.searchsorted(true, frames, side="right") - 1
    cut = np.searchsorted(true // 10**9 * 10**9, frames, side="right") - 1
    spread = np.searchsorted(spread_whole_seconds(true // 10**9 * 10**9), frames, side="right") - 1
    assert (cut > right).mean() > 0.85
    assert np.abs(spread - right).max() <= 1
    assert (spread > right).mean() < 0.2
    assert (spread == right).mean() > 0.7


CSV = """t,bat,h,tof,yaw,vgx,vgy,vgz
1769542426.0679297,100.0,0.0,10.0,-5.0,0.0,0.0,0.0
1769542427.0776598,99,12,20.0,-6.0,1.0,-2.0,3.0
"""


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        CSV.replace("\n", "\r\n"),
        CSV.replace("\n", "\r"),
        CSV.replace(",", ";"),
        CSV.replace(",", "\t"),
        "\ufeff# a comment\n" + CSV.replace("1\n", "1\n\n"),
        CSV.replace(",h,", ', "H" ,').replace(",12,", ', "12" ,'),
        CSV.replace("t,", "time,", 1),
        CSV.replace("t,", "timestamp,", 1),
    ],
)
def test_a_table_of_a_column_a_field(text: str) -> None:
    log = read_text(text.encode(), name="flight.csv")
    assert log.frame[TIME].to_list() == [1769542426067929700, 1769542427077659800]
    assert log.frame["height_m"].to_list() == [0.0, 0.12]
    assert log.frame["velocity_y_m_s"].to_list() == [0.0, -0.2]
    assert log.frame["battery_pct"].to_list() == [100.0, 99.0]
    assert log.frame["pitch_deg"].to_list() == [None, None]
    assert (log.rejects, log.notes, log.whole_seconds, log.source) == ({}, {}, False, "tello")


def test_real_logs_survive_the_road(tello_logs: list) -> None:
    for path in tello_logs:
        log = read_text(path.read_bytes(), name=path.name)
        expected = pd.read_csv(path, dtype={"t": str})
        assert log.rejects == {}
        assert [str(pd.Timestamp(time).value) for time in log.frame[TIME]] == [
            "".join((whole, rest.ljust(9, "0"))) for whole, rest in expected["t"].str.split(".")
        ]
        back = tello_columns(log.frame)
        for name in ("bat", "h", "tof", "yaw", "vgx", "vgy", "vgz"):
            np.testing.assert_array_equal(back[name].to_numpy(), expected[name].to_numpy())
        for column, name in SHOWN.items():
            if name in expected:
                seen = expected[name].where((name != "tof") | (expected[name] != 6553))
                np.testing.assert_allclose(log.frame[column].to_numpy(), seen * float(UNITS.get(name, 1)), rtol=1e-12)
        assert log.frame["tof_m"].null_count() == (expected["tof"] == 6553).sum()


def test_the_corpus_names_have_their_units() -> None:
    header = "timestamp_p,height,x_speed,y_speed,z_speed,pitch,roll,yaw,temperature,distance,barometer,flight_time"
    log = read_text(
        f"{header},battery,mp_distance_x,class\n60000.5,30,1,-2,3,4,5,6,66,40,30534,7,93,-100,benign\n".encode(),
        name="flight.csv",
        options=TelemetryOptions(start_ns=START_NS),
    )
    row = {name: value for name, value in log.frame.to_dicts()[0].items() if value is not None}
    assert row == {
        TIME: START_NS + 60_000_500_000_000, "height_m": 0.3, "velocity_x_m_s": 0.1, "velocity_y_m_s": -0.2,
        "velocity_z_m_s": -0.3, "pitch_deg": 4.0, "roll_deg": 5.0, "yaw_deg": 6.0, "temperature_c": 66.0, "tof_m": 0.4,
        "baro_m": 305.34, "flight_time_s": 7, "battery_pct": 93.0,
    }  # fmt: skip
    assert log.notes == {"columns of an unknown name": 1}


def test_our_own_table_comes_back() -> None:
    log = read_text(log_of([dict.fromkeys(STATE_FIELDS, 3), dict.fromkeys(STATE_FIELDS, 5)]), name="flight.log")
    again = read_text(log.frame.write_csv().encode(), name="flight.csv")
    assert again.frame.equals(log.frame, null_equal=True)


def test_the_word_time_is_a_receive_time_or_the_flights_clock() -> None:
    both = read_text(b"timestamp,time,h\n2024-04-24 21:43:20,17,30\n", name="flight.csv").frame
    assert (both[TIME][0], both["flight_time_s"][0]) == (START_NS, 17)
    alone = read_text(b"time,flight_time,h\n1713995000.5,17,30\n", name="flight.csv").frame
    assert (alone[TIME][0], alone["flight_time_s"][0]) == (START_NS + 500_000_000, 17)
    with pytest.raises(TableError, match="expected a column of receive times"):
        read_text(b"time,h\n17,30\n", name="flight.csv")


def test_bad_rows_are_counted_by_reason() -> None:
    rows = ["1713995000,1,2", "1713995001,1", "1713995002,1,2,3", "later,1,2", ",1,2", "1713995003,one,2"]
    rows += ["1713995004,inf,2", '1713995005,"1,5",2', "1713995006,,2", "1713995007,NaN,2", "1713995008,1"]
    log = read_text("\n".join(["t,h,bat", *rows]).encode(), name="flight.csv")
    assert log.frame["height_m"].to_list() == [0.01, None, None]
    assert log.rejects == {
        "wrong number of cells": 3,
        "no receive time": 2,
        "value that is no number": 2,
        "quotes that hold a separator": 1,
    }
    kept = pd.read_csv(BytesIO(b"t,h,bat\n1713995000,1,2\n1713995006,,2\n1713995007,NaN,2\n"))
    assert (log.frame[TIME] // 10**9).to_list() == kept["t"].tolist()


NOTHING = "flight.csv: expected telemetry, found nothing that can be read"


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"", "flight.csv: expected a header line and rows, found an empty file"),
        (b"\n\n # no\n", "flight.csv: expected a header line and rows, found an empty file"),
        (b"t,a,b\n1,2,3\n", "flight.csv: expected columns of telemetry, found none among: t, a, b"),
        (b"t,h\n", f"{NOTHING} (it is empty)"),
        (b"t,h\n1,x\n", f"{NOTHING} (1 × value that is no number)"),
        (b"yaw:1;h:2;\nyaw:1;h:2;\n", f"{NOTHING} (2 × no receive time)"),
    ],
)
def test_a_log_without_telemetry_is_refused_in_one_line(octets: bytes, message: str) -> None:
    with pytest.raises(TableError) as caught:
        read_text(octets, name="flight.csv")
    assert str(caught.value) == message


def test_a_log_that_is_too_long_is_refused() -> None:
    with pytest.raises(TableError, match=r"^a\.log: expected at most 3 lines, found 4: cut the log$"):
        read_text(b"1713995000 h:1;\n" * 4, name="a.log", options=TelemetryOptions(most_lines=3))


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(alphabet='0123456789.:;,- \t\n\r"th\ufeff\0#', max_size=200).map(str.encode),
        st.text(alphabet='0123456789.,- \t\n"', max_size=200).map(lambda text: b"t,h,bat\n" + text.encode()),
        st.binary(max_size=200).map(lambda rest: b"t;h\n1713995000;1\n" + rest),
        st.binary(max_size=200).map(lambda rest: b"1713995000 h:1;\n" + rest),
    )
)
@settings(deadline=None, max_examples=300)
def test_any_octets_give_a_table_or_one_line(octets: bytes) -> None:
    log, refused = None, ""
    try:
        log = read_text(octets, name="flight", options=TelemetryOptions(start_ns=0))
    except InputError as error:
        refused = str(error)
    if log is None:
        assert len(refused.splitlines()) == 1
        return
    assert len(log) > 0
    assert log.frame[TIME].is_sorted()
    assert log.frame[TIME].null_count() == 0
    for name in COLUMNS:
        if log.frame[name].dtype == pl.Float64:
            assert log.frame[name].drop_nulls().is_finite().all()


def test_states_that_lack_a_field_leave_it_null() -> None:
    rows = from_states(parse_states(b"1713995000 h:30;\n1713995001 h:30;bat:9;\n"))
    assert rows.columns["battery_pct"].to_list() == [None, 9.0]
    assert set(rows.columns) == {"height_m", "battery_pct"}
