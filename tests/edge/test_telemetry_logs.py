"""Logs from files: MAVLink written by pymavlink, DataFlash against pymavlink's reader, ULog against pyulog's data."""

import builtins
import math
import struct
import sys
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.edge.telemetry import parse_telemetry, read_telemetry
from yawstring.edge.ulog import read_ulog
from yawstring.errors import InputError, MissingExtraError, TableError
from yawstring.schema import TIME
from yawstring.table.flight_logs import READINGS, wanted
from yawstring.table.telemetry import COLUMNS, TelemetryOptions

mavlink = pytest.importorskip("pymavlink.dialects.v20.common")
pyulog = pytest.importorskip("pyulog")

START_US = 1_713_995_000_000_000
WEEK, WEEK_MS = 2311, 324_218_000
"""Of GPS time: 24 April 2024 18:03:20 UTC, 18 leap seconds on."""
GPS_START_NS = 1_713_981_800 * 10**9


def stamped(frames: Iterable[tuple[float, bytes]]) -> bytes:
    return b"".join((START_US + round(second * 1e6)).to_bytes(8) + frame for second, frame in frames)


def packer(system: int = 1, version: int = 2) -> object:
    return mavlink.MAVLink(None, srcSystem=system, srcComponent=1)


def packed(message: object, by: object, *, version: int = 2) -> bytes:
    return message.pack(by, force_mavlink1=version == 1)


def a_flight(version: int = 2) -> bytes:
    by, frames = packer(), []
    for row in range(20):
        second = row / 10
        attitude = mavlink.MAVLink_attitude_message(row * 100, 0.1, -0.05 * row, math.radians(170) + 0.01, 0, 0, 0)
        frames.append((second, packed(attitude, by, version=version)))
        place = mavlink.MAVLink_global_position_int_message(
            row * 100, 473977420, 85455940, 488000, 12_340, 150, -20, 5, 0
        )
        frames.append((second + 0.001, packed(place, by, version=version)))
    status = mavlink.MAVLink_sys_status_message(0, 0, 0, 0, 11_100, -1, 87, 0, 0, 0, 0, 0, 0)
    frames.append((0.05, packed(status, by, version=version)))
    pressure = mavlink.MAVLink_scaled_pressure_message(0, 954.61, 0.0, 2150)
    frames.append((0.06, packed(pressure, by, version=version)))
    sensor = mavlink.MAVLink_distance_sensor_message(0, 10, 1000, 123, 0, 0, 25, 0)
    forward = mavlink.MAVLink_distance_sensor_message(0, 10, 1000, 555, 0, 1, 0, 0)
    frames += [(0.07, packed(sensor, by, version=version)), (0.08, packed(forward, by, version=version))]
    imu = mavlink.MAVLink_scaled_imu_message(0, 10, -20, -1000, 0, 0, 0, 0, 0, 0)
    frames.append((0.09, packed(imu, by, version=version)))
    return stamped(sorted(frames))


@pytest.mark.parametrize("version", [1, 2])
def test_a_log_of_mavlink_comes_back_in_our_units(version: int, tmp_path: Path) -> None:
    path = tmp_path / "flight.tlog"
    path.write_bytes(a_flight(version))
    log = read_telemetry(path)
    assert (log.source, log.clock, log.rejects, log.notes, log.whole_seconds) == ("mavlink", "received", {}, {}, False)
    assert log.frame[TIME].to_list() == [(START_US + row * 100_000) * 1000 for row in range(20)]
    first, second, last = log.frame.row(0, named=True), log.frame.row(1, named=True), log.frame.row(19, named=True)
    assert first["roll_deg"] == pytest.approx(math.degrees(0.1), rel=1e-6)
    assert last["pitch_deg"] == pytest.approx(math.degrees(-0.95), rel=1e-6)
    assert last["yaw_deg"] == pytest.approx(170 + math.degrees(0.01), rel=1e-6)
    assert first["latitude_deg"] is None, "a position that comes later is the future"
    expected = {
        "latitude_deg": 47.397742, "longitude_deg": 8.545594, "height_m": 12.34, "velocity_x_m_s": 1.5,
        "velocity_y_m_s": -0.2, "velocity_z_m_s": 0.05, "battery_pct": 87.0, "battery_v": 11.1, "temperature_c": 21.5,
        "tof_m": 1.23, "acceleration_x_m_s2": 0.0980665, "acceleration_y_m_s2": -0.196133,
        "acceleration_z_m_s2": -9.80665,
    }  # fmt: skip
    for name, value in expected.items():
        assert second[name] == pytest.approx(value, rel=1e-12), name
    assert second["baro_m"] == pytest.approx(500, abs=0.1), "954.61 hPa is 500 m in the standard atmosphere's table"
    given_columns = {*expected, "pitch_deg", "roll_deg", "yaw_deg", "baro_m"}
    assert {name for name in COLUMNS if log.frame[name].null_count() < 20} == given_columns


def test_a_value_is_carried_for_so_long_and_no_longer(tmp_path: Path) -> None:
    octets = a_flight()
    log = parse_telemetry(octets, name="x.tlog", options=TelemetryOptions(carry_ns=500_000_000))
    assert log.frame["battery_pct"].to_list() == [None, *[87.0] * 5, *[None] * 14]
    assert parse_telemetry(octets, name="x.tlog").frame["battery_pct"].null_count() == 1


def test_marks_of_no_value_are_null() -> None:
    by = packer()
    frames = [
        (0.0, packed(mavlink.MAVLink_sys_status_message(0, 0, 0, 0, 65_535, -1, -1, 0, 0, 0, 0, 0, 0), by)),
        (0.1, packed(mavlink.MAVLink_attitude_message(0, math.nan, math.inf, 0.0, 0, 0, 0), by)),
    ]
    row = parse_telemetry(stamped(frames), name="x.tlog").frame.row(0, named=True)
    assert {name: value for name, value in row.items() if value is not None} == {
        TIME: (START_US + 100_000) * 1000,
        "yaw_deg": 0.0,
    }


def test_the_system_with_the_most_attitudes_is_the_aircraft() -> None:
    station, neighbour, aircraft = packer(255), packer(7), packer(1)
    frames = [(0.5, packed(mavlink.MAVLink_sys_status_message(0, 0, 0, 0, 1, -1, 1, 0, 0, 0, 0, 0, 0), station))] * 9
    frames += [(1.0, packed(mavlink.MAVLink_attitude_message(0, 2, 2, 2, 0, 0, 0), neighbour))]
    frames += [(1.1 + row, packed(mavlink.MAVLink_attitude_message(0, 1, 1, 1, 0, 0, 0), aircraft)) for row in range(3)]
    log = parse_telemetry(stamped(frames), name="x.tlog")
    assert log.frame["roll_deg"].to_list() == [pytest.approx(math.degrees(1))] * 3
    assert log.notes == {"messages of another system": 10}


def test_damage_in_a_log_is_counted_and_read_over() -> None:
    octets = a_flight()
    garbled = octets[:22] + bytes([octets[22] ^ 0xFF]) + octets[23:]
    log = parse_telemetry(garbled[:1000] + b"\xfe noise \xfd\xfd" + garbled[1000:], name="x.tlog")
    assert log.rejects["frame with a wrong checksum or length"] == 1
    assert log.rejects["runs of octets that are no frame"] >= 1
    assert 16 <= len(log) <= 19
    cut = parse_telemetry(octets[:-20], name="x.tlog")
    assert cut.rejects == {"runs of octets that are no frame": 1}
    with pytest.raises(TableError, match=r"^x\.tlog: expected at most 5 messages, found more: cut the log$"):
        parse_telemetry(octets, name="x.tlog", options=TelemetryOptions(most_lines=5))


def form(code: int, length: int, name: bytes, letters: bytes, names: bytes) -> bytes:
    return b"\xa3\x95\x80" + struct.pack("<BB4s16s64s", code, length, name, letters, names)


FORMATS = (
    form(0x80, 89, b"FMT", b"BBnNZ", b"Type,Length,Name,Format,Columns")
    + form(1, 3 + 14, b"ATT", b"QccC", b"TimeUS,Roll,Pitch,Yaw")
    + form(2, 3 + 24, b"GPS", b"QBBIHLL", b"TimeUS,I,Status,GMS,GWk,Lat,Lng")
    + form(3, 3 + 17, b"BAT", b"QBff", b"TimeUS,Inst,Volt,RemPct")
    + form(4, 3 + 80, b"MSG", b"Q8Z".replace(b"8", b"d"), b"TimeUS,Number,Message")
    + form(5, 3 + 24, b"POS", b"QLLff", b"TimeUS,Lat,Lng,Alt,RelHomeAlt")
)


def record(code: int, layout: str, *values: float) -> bytes:
    return b"\xa3\x95" + bytes([code]) + struct.pack("<" + layout, *values)


def a_dataflash_log(*, satellites: bool = True) -> bytes:
    body = b""
    for row in range(30):
        time_us = 5_000_000 + row * 100_000
        body += record(1, "QhhH", time_us, 100 + row, -250, 27_050)
        body += record(3, "QBff", time_us + 10, 0, 11.5, 75.0) + record(3, "QBff", time_us + 20, 1, 3.3, 5.0)
        body += record(5, "Qiiff", time_us + 30, -353_632_610, 1_491_652_300, 584.0, row / 8)
        if satellites and row % 5 == 0:
            body += record(2, "QBBIHii", time_us + 40, 0, 4, WEEK_MS + row * 100 + 5000, WEEK, 1, 2)
    return FORMATS + body


def test_a_dataflash_log_is_read_as_pymavlink_reads_it(tmp_path: Path) -> None:
    from pymavlink.DFReader import DFReader_binary

    path = tmp_path / "flight.bin"
    path.write_bytes(a_dataflash_log())
    log = read_telemetry(path)
    assert (log.source, log.clock, log.rejects, log.notes) == ("mavlink", "gps", {}, {})
    with DFReader_binary(str(path)) as reader:
        attitudes = [reader.recv_match(type=["ATT"]) for _ in range(30)]
    offset_s = GPS_START_NS / 1e9 + 5 - 5.00004
    for row, attitude in enumerate(attitudes):
        assert log.frame[TIME][row] / 1e9 == pytest.approx(attitude._timestamp, abs=1e-5)
        assert log.frame[TIME][row] / 1e9 == pytest.approx(offset_s + attitude.TimeUS / 1e6, abs=1e-5)
        assert log.frame["roll_deg"][row] == pytest.approx(attitude.Roll, abs=1e-12)
        assert log.frame["pitch_deg"][row] == pytest.approx(attitude.Pitch, abs=1e-12)
        assert log.frame["yaw_deg"][row] == pytest.approx(attitude.Yaw - 360, abs=1e-12)
    last = log.frame.row(29, named=True)
    assert (last["battery_v"], last["battery_pct"], last["height_m"]) == (11.5, 75.0, 28 / 8)
    assert (last["latitude_deg"], last["longitude_deg"]) == (-35.363261, 149.16523)


def test_a_log_that_counts_from_power_up_needs_a_reference() -> None:
    octets = a_dataflash_log(satellites=False)
    with pytest.raises(TableError, match=r"^x\.bin: expected Unix time, found times that count from the log's own"):
        parse_telemetry(octets, name="x.bin")
    log = parse_telemetry(octets, name="x.bin", options=TelemetryOptions(start_ns=START_US * 1000))
    assert log.clock == "given"
    assert log.frame[TIME][0] == (START_US + 5_000_000) * 1000


def test_formats_that_describe_no_record_are_counted() -> None:
    # pymavlink's reader: a bare Exception at the unknown letter and, without its indexer, no end at a length of 0
    bad = form(9, 0, b"BAT", b"Qf", b"TimeUS,Volt") + form(10, 15, b"BAT", b"Q?", b"TimeUS,Volt")
    bad += form(11, 12, b"BAT", b"Qf", b"TimeUS,Volt") + form(12, 15, b"BAT", b"Qf", b"TimeUS")
    log = parse_telemetry(a_dataflash_log() + bad + b"\xa3\x95\x09" + bytes(700), name="x.bin")
    assert log.rejects == {"format that describes no record": 4, "runs of octets that are no record": 1}
    assert len(log) == 30


def test_a_record_of_a_damaged_time_is_left_out() -> None:
    late = record(1, "QhhH", 2**63, 1, 1, 1) + record(1, "QhhH", 200_000_000_000_000, 1, 1, 1)
    log = parse_telemetry(a_dataflash_log() + late, name="x.bin")
    assert log.rejects == {"time out of range": 2}
    assert len(log) == 30


def test_a_signalling_nan_is_no_value() -> None:
    body = record(1, "QhhH", 1_000_000, 1, 1, 1) + record(3, "QB", 900_000, 0) + b"\x01\x00\x81\x7f" + bytes(4)
    log = parse_telemetry(FORMATS + body, name="x.bin", options=TelemetryOptions(start_ns=0))
    assert (log.frame["battery_v"][0], log.frame["battery_pct"][0]) == (None, 0.0)


@pytest.mark.parametrize(
    ("week", "millisecond", "unix_s"),
    [
        (2311, 324_218_000, 1_713_981_800),
        (1930, 18_000, 1_483_228_800),
        (1929, 604_799_000, 1_483_228_800 - 1 - 17),
    ],
)
def test_gps_time_is_turned_into_utc(week: int, millisecond: int, unix_s: int) -> None:
    """GPS week 1930 began on 1 January 2017 00:00:00 GPS time: the 17th leap second was the last of 2016's."""
    octets = FORMATS + record(2, "QBBIHii", 1_000_000, 0, 4, millisecond, week, 1, 2)
    octets += record(1, "QhhH", 1_000_000, 1, 1, 1)
    assert parse_telemetry(octets, name="x.bin").frame[TIME][0] == unix_s * 10**9


def test_px4_logs_hold_what_pyulog_reads(ulog: Path) -> None:
    log = read_telemetry(ulog)
    assert (log.source, log.clock, log.rejects) == ("ulog", "gps", {})
    read = {data.name: data.data for data in pyulog.ULog(str(ulog)).data_list if data.multi_id == 0}
    attitude, gps = read["vehicle_attitude"], read["vehicle_gps_position"]
    boot = attitude["timestamp"].astype(np.int64)
    assert len(log) == len(boot)
    offsets = gps["time_utc_usec"].astype(np.int64) - gps["timestamp"].astype(np.int64)
    assert (np.diff(log.frame[TIME].to_numpy()) == np.diff(boot) * 1000).all()
    assert offsets.min() <= log.frame[TIME][0] // 1000 - boot[0] <= offsets.max()
    w, x, y, z = (attitude[f"q[{part}]"].astype(float) for part in range(4))
    up = 1 - 2 * (x * x + y * y)
    np.testing.assert_allclose(log.frame["roll_deg"], np.degrees(np.arctan2(2 * (w * x + y * z), up)), atol=1e-9)
    np.testing.assert_allclose(np.sin(np.radians(log.frame["pitch_deg"])), 2 * (w * y - z * x), atol=1e-9)
    north = w * w + x * x - y * y - z * z
    np.testing.assert_allclose(np.tan(np.radians(log.frame["yaw_deg"])), 2 * (w * z + x * y) / north, rtol=1e-5)
    assert not read["vehicle_local_position"]["v_xy_valid"].any()
    assert log.frame["velocity_x_m_s"].null_count() == len(log), "what the estimator calls invalid is no value"
    local, power, air = read["vehicle_local_position"], read["battery_status"], read["vehicle_air_data"]
    for column, topic, values in (
        ("velocity_z_m_s", local, local["vz"]),
        ("position_z_m", local, local["z"]),
        ("height_m", local, -local["z"]),
        ("tof_m", local, local["dist_bottom"]),
        ("battery_v", power, power["voltage_v"]),
        ("battery_pct", power, power["remaining"] * 100.0),
        ("baro_m", air, air["baro_alt_meter"]),
        ("acceleration_z_m_s2", read["sensor_combined"], read["sensor_combined"]["accelerometer_m_s2[2]"]),
        ("latitude_deg", gps, gps["lat"] / 1e7),
    ):
        expected = pl.DataFrame({"at": boot}).join_asof(
            pl.DataFrame({"at": topic["timestamp"].astype(np.int64), "value": values.astype(float)}), on="at"
        )["value"]
        rows = expected.is_not_null() & log.frame[column].is_not_null()
        assert rows.sum() > 1000, column
        np.testing.assert_allclose(log.frame[column].filter(rows), expected.filter(rows), rtol=1e-6, err_msg=column)


def ulog_of(*messages: tuple[bytes, bytes]) -> bytes:
    head = b"ULog\x01\x12\x35\x01" + bytes(8)
    return head + b"".join(struct.pack("<H", len(body)) + kind + body for kind, body in messages)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (ulog_of((b"F", b"a:a x;"), (b"A", b"\0\0\0a")), "nothing that can be read"),
        (ulog_of((b"F", b"a:b[3000] x;"), (b"F", b"b:uint8_t[3000] y;"), (b"A", b"\0\0\0a")),
         "nothing that can be read"),
        (ulog_of((b"F", b"a:b[99] x;"), (b"F", b"b:c[99] x;"), (b"F", b"c:d[99] x;"), (b"F", b"d:e[99] x;"),
                 (b"F", b"e:"), (b"A", b"\0\0\0a")), "more fields than any log has"),
        (ulog_of((b"F", b"a:uint8_t[4000] x;"), *[(b"A", b"\0\0\0a")] * 80), "more fields than any log has"),
        (ulog_of((b"F", b"a:uint8_t[60000] x;"), *[(b"A", b"\0\0\0a")] * 2000), "nothing that can be read"),
        (ulog_of((b"A", b"\0\0\0a")) + b"\xff" * 300_000, "more damage than any log has"),
        (ulog_of(*[(b"I", b"\x06int8_t a\0")] * 200) + b"\xfa\x07\0", "more messages than any log has"),
        (ulog_of((b"B", bytes(8) + b"\xff" * 8 + bytes(24))), "incompatible flag"),
        (ulog_of()[:12], "Header too short"),
        (ulog_of(), "nothing that can be read"),
    ],
    ids=["itself", "wide", "nothing, deep", "often", "too wide", "damage", "back again", "later", "cut", "empty"],
)  # fmt: skip
def test_a_hostile_px4_log_ends_in_one_line(octets: bytes, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TableError) as caught:
        parse_telemetry(octets, name="x.ulg")
    assert str(caught.value).startswith("x.ulg: expected ")
    assert why in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert capsys.readouterr().out == ""


def refused_or_sorted(octets: bytes, name: str) -> None:
    log, refused = None, ""
    try:
        log = parse_telemetry(octets, name=name, options=TelemetryOptions(start_ns=0))
    except InputError as error:
        refused = str(error)
    if log is None:
        assert len(refused.splitlines()) == 1
        return
    assert log.frame[TIME].is_sorted()
    assert all(log.frame[name].drop_nulls().is_finite().all() for name in log.frame.columns[1:])


changes = st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=12)), min_size=1, max_size=8)


def damaged(octets: bytes, edits: list[tuple[int, bytes]]) -> bytes:
    made = bytearray(octets)
    for where, what in edits:
        where %= len(made)
        made[where : where + len(what)] = what
    return bytes(made)


@given(changes, st.integers(0, 4000))
@settings(deadline=None, max_examples=100)
def test_damaged_mavlink_and_dataflash_logs_never_raise(edits: list[tuple[int, bytes]], cut: int) -> None:
    refused_or_sorted(damaged(a_flight()[cut // 3 :], edits), "x.tlog")
    refused_or_sorted(b"\xa3\x95" + damaged(a_dataflash_log(), edits)[2 : 6000 - cut], "x.bin")


@given(changes, st.integers(0, 60_000))
@settings(deadline=None, max_examples=25)
def test_damaged_px4_logs_never_raise(ulog: Path, edits: list[tuple[int, bytes]], cut: int) -> None:
    octets = ulog.read_bytes()[: 120_000 - cut]
    refused_or_sorted(b"ULog\x01\x12\x35" + damaged(octets, edits)[7:], "x.ulg")


@given(st.sampled_from([b"ULog\x01\x12\x35\x01", b"\xa3\x95\x80", (START_US).to_bytes(8) + b"\xfd"]), st.binary())
@settings(deadline=None, max_examples=100)
def test_any_octets_behind_a_logs_mark_never_raise(mark: bytes, rest: bytes) -> None:
    refused_or_sorted(mark + rest, "x")


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"PAR1....", "x.log: expected a log of telemetry, found a Parquet file"),
        (b"\x1f\x8b....", "x.log: expected a log of telemetry, found a gzip archive: unpack it"),
        (b"\x0a\x0d\x0d\x0a....", "x.log: expected a log of telemetry, found a capture"),
        ((START_US).to_bytes(8) + b"\xfe", "x.log: expected telemetry, found nothing that can be read (1 × runs of "),
    ],
)
def test_what_is_no_log_is_refused(octets: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(octets)
    with pytest.raises(TableError) as caught:
        read_telemetry(path)
    assert message in str(caught.value)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"1713995000 h:30;\n")
    with pytest.raises(TableError, match="expected at most 5 octets, found 17"):
        read_telemetry(path, options=TelemetryOptions(most_octets=5))


@pytest.mark.parametrize(
    ("hidden", "octets", "message"),
    [
        ("pymavlink", a_flight(), "reading MAVLink logs needs pymavlink"),
        ("pyulog", ulog_of(), "reading PX4 logs needs pyulog"),
    ],
)
def test_a_missing_library_is_named(hidden: str, octets: bytes, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.split(".")[0] == hidden:
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)

    for module in [module for module in sys.modules if module.split(".")[0] == hidden]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=message) as caught:
        parse_telemetry(octets, name="x")
    assert str(caught.value).endswith("pip install 'yawstring[aircraft]'")


def test_every_reading_names_fields_that_the_libraries_know(ulog: Path) -> None:
    kinds = {kind.msgname: set(kind.fieldnames) for kind in mavlink.mavlink_map.values()}
    topics = {data.name: set(data.data) for data in pyulog.ULog(str(ulog)).data_list}
    for reading in READINGS:
        if reading.kind.isupper() and reading.kind in kinds and len(reading.kind) > 4:
            assert set(reading.fields) <= kinds[reading.kind], reading
    assert {"vehicle_attitude", "vehicle_local_position", "battery_status"} <= set(topics)
    assert read_ulog(BytesIO(ulog.read_bytes()).read(), wanted(), name="x").kinds.keys() <= topics.keys()
    assert {reading.column for reading in READINGS} <= set(COLUMNS)
