"""State strings against the guides' field lists, a parser of plain Python, and their own way back."""

import datetime as dt
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.wire.stamps import parse_stamps
from yawstring.wire.tello import (
    DECIMAL_FIELDS,
    PAD_FIELDS,
    REASONS,
    STATE_FIELDS,
    format_state,
    parse_state,
    parse_states,
)

SDK_1_3 = (
    "pitch:1;roll:-2;yaw:-80;vgx:3;vgy:-4;vgz:5;templ:64;temph:68;tof:81;h:30;bat:93;baro:305.34;time:17;"
    "agx:11.00;agy:-12.00;agz:-926.00;\r\n"
)
SDK_2_0 = "mid:-1;x:-100;y:-100;z:-100;mpry:0,0,0;" + SDK_1_3
SDK_2_0_GUIDE = "mid:4;x:-31;y:7;z:95;" + SDK_1_3
SDK_3_0 = "mid:-2;x:-200;y:-200;z:-200;mpry:0,0,0;" + SDK_1_3

FLIGHT = {
    "pitch": 1, "roll": -2, "yaw": -80, "vgx": 3, "vgy": -4, "vgz": 5, "templ": 64, "temph": 68, "tof": 81, "h": 30,
    "bat": 93, "baro": 305.34, "time": 17, "agx": 11, "agy": -12, "agz": -926,
}  # fmt: skip


def plain(text: str) -> dict[str, float]:
    """What a ground station's script does with a state: split it."""
    fields = dict(field.split(":") for field in text.strip().split(";") if field)
    if turned := fields.pop("mpry", None):
        fields |= zip(("mpitch", "mroll", "myaw"), turned.split(","), strict=True)
    return {name: float(value) for name, value in fields.items()}


states = st.fixed_dictionaries({
    name: st.integers(-100_000, 100_000).map(lambda hundredths: hundredths / 100)
    if name in DECIMAL_FIELDS
    else st.integers(-32_768, 32_767)
    for name in STATE_FIELDS
})  # fmt: skip


@pytest.mark.parametrize("text", [SDK_1_3, SDK_2_0, SDK_2_0_GUIDE, SDK_3_0])
def test_the_field_sets_of_the_guides(text: str) -> None:
    values, reason = parse_state(text)
    assert reason == ""
    assert values == plain(text)
    assert {name: values[name] for name in FLIGHT} == FLIGHT
    assert set(values) - set(FLIGHT) <= set(PAD_FIELDS)


def test_the_string_is_the_one_of_the_drone() -> None:
    assert format_state(plain(SDK_1_3), pads=False) == SDK_1_3.encode()
    assert format_state(plain(SDK_2_0), pads=True) == SDK_2_0.encode()
    assert format_state(plain(SDK_3_0), pads=True) == SDK_3_0.encode()


def test_a_missing_field_is_not_made_up() -> None:
    with pytest.raises(KeyError, match="mid"):
        format_state(FLIGHT, pads=True)


@given(states, st.booleans())
@settings(deadline=None, max_examples=200)
def test_what_is_written_is_read_back(state: dict[str, float], pads: bool) -> None:
    values, reason = parse_state(format_state(state, pads=pads))
    assert reason == ""
    assert values == {name: value for name, value in state.items() if pads or name not in PAD_FIELDS}


@pytest.mark.parametrize("padding", [b"\r\n", b"", b"\n", b"\r\n\0", b"\0" * 700, b" \r\n"])
def test_what_stands_behind_a_datagram_does_not_matter(padding: bytes) -> None:
    assert parse_state(SDK_2_0.strip().encode() + padding) == (plain(SDK_2_0), "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no state string"),
        ("ok", "no state string"),
        ("error Motor stop", "no state string"),
        ("speed:3;colour:red;", "no state string"),
        (SDK_2_0[:70], "state string cut off"),
        ("yaw:-80;h:30", "state string cut off"),
        ("yaw:-80;h:;", "value that is no number"),
        ("yaw:-80;h:-;", "value that is no number"),
        ("yaw:-80;h:nan;", "value that is no number"),
        ("yaw:-80;h:1e3;", "value that is no number"),
        ("yaw:-80;h:1.2.3;", "value that is no number"),
        ("yaw:-80;h:0x10;", "value that is no number"),
        ("yaw:-80;h:1234567890123456;", "value that is no number"),
        ("yaw:-80;mpry:1,2;", "value that is no number"),
        ("yaw:-80;mpry:1,2,3,4;", "value that is no number"),
        ("yaw:-80;h:30;yaw:-80;", "field given twice"),
        ("yaw:-80;30;", "field without a name"),
        ("yaw:-80;:30;", "field without a name"),
        ("yaw:-80;H:30;", "field without a name"),
    ],
)
def test_why_a_state_is_rejected(text: str, reason: str) -> None:
    assert parse_state(text) == ({}, reason)
    log = parse_states(f"1713995000 {text}\n1713995001 yaw:1;\n".encode())
    assert log.rejects == {reason: 1}
    assert log.time_ns.tolist() == [1713995001 * 10**9]
    assert np.isnan(log.values).sum() == len(STATE_FIELDS) - 1, "nothing of the rejected line may stay behind"


def test_a_field_of_a_later_firmware_is_left_out_and_counted() -> None:
    log = parse_states(b"1713995000 yaw:-80;wind:3;verylongname:4;mpitch:1;h:30;\n")
    assert log.unknown_fields == 3
    assert log.values[0, STATE_FIELDS.index("h")] == 30
    assert log.rejects == {}


STAMPS = {
    "1713995000": 1713995000 * 10**9,
    "1713995000.5": 17139950005 * 10**8,
    "1713995000.123456789": 1713995000123456789,
    "1713995000.1234567899": 1713995000123456789,
    "1713995000123": 1713995000123 * 10**6,
    "1713995000123456": 1713995000123456 * 10**3,
    "1713995000123456789": 1713995000123456789,
    "2024-04-24T21:43:20Z": 1713995000 * 10**9,
    "2024-04-24 21:43:20": 1713995000 * 10**9,
    "2024-04-24 21:43:20.25": 171399500025 * 10**7,
    "2024-04-24 21:43:20,123": 1713995000123 * 10**6,
    "2024-04-24T16:43:20.123456-05:00": 1713995000123456 * 10**3,
    "2024-04-24T23:13:20+0130": 1713995000 * 10**9,
}


@pytest.mark.parametrize("between", [" ", "\t", ",", ", ", ";", " | ", ',"'])
@pytest.mark.parametrize("stamp", STAMPS)
def test_the_forms_of_a_receive_time(stamp: str, between: str) -> None:
    log = parse_states(f"{stamp}{between}{SDK_2_0}".encode())
    assert log.rejects == {}
    assert log.time_ns.tolist() == [STAMPS[stamp]]
    assert dict(zip(STATE_FIELDS, log.values[0], strict=True)) == plain(SDK_2_0)


@pytest.mark.parametrize(
    ("stamp", "reason"),
    [
        ("yesterday", "no receive time"),
        ("-5", "no receive time"),
        ("1.7e9", "no receive time"),
        ("2024-04-24", "no receive time"),
        ("24.04.2024 21:43:20", "no receive time"),
        ("12345678901234567890", "no receive time"),
        ("9223372036854775807", "receive time out of range"),
        ("99999999999", "receive time out of range"),
        ("2024-02-30 00:00:00", "receive time out of range"),
        ("2023-02-29 00:00:00", "receive time out of range"),
        ("2024-13-01 00:00:00", "receive time out of range"),
        ("2024-01-01 24:00:00", "receive time out of range"),
        ("2024-01-01 00:00:60", "receive time out of range"),
        ("1969-12-31 23:59:59", "receive time out of range"),
        ("2262-04-12 00:00:00", "receive time out of range"),
    ],
)
def test_why_a_receive_time_is_rejected(stamp: str, reason: str) -> None:
    log = parse_states(f"{stamp} {SDK_2_0}".encode())
    assert log.rejects == {reason: 1}
    assert len(log.time_ns) == len(log.values) == 0


@given(
    st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2261, 12, 31)),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["aware", "naive", "seconds"]),
)
@settings(deadline=None, max_examples=300)
def test_receive_times_are_those_of_the_standard_library(moment: dt.datetime, ahead: int, form: str) -> None:
    zone = dt.timezone(dt.timedelta(minutes=ahead))
    past = moment.replace(tzinfo=zone) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    expected = (past // dt.timedelta(microseconds=1)) * 1000
    if form == "aware":
        text = moment.replace(tzinfo=zone).isoformat()
    else:
        text = moment.isoformat(" ") if form == "naive" else f"{Decimal(expected).scaleb(-9):f}"
    times, read = parse_stamps([text, "x"], zone_ns=ahead * 60 * 10**9 if form == "naive" else 0)
    assert read.tolist() == [True, False]
    assert times.tolist() == [expected, 0]


def test_comments_blank_lines_and_a_mark_are_no_rejects() -> None:
    text = f"\ufeff# receive time, state\n\n \t\r\n{1713995000} {SDK_1_3}\n# end"
    log = parse_states(text.encode())
    assert log.rejects == {}
    assert len(log.time_ns) == 1


def test_a_log_longer_than_a_piece() -> None:
    count = 40_000
    lines = [f"{1713995000 + row} h:{row};\n" if row % 1000 else "broken\n" for row in range(count)]
    log = parse_states("".join(lines).encode())
    kept = [row for row in range(count) if row % 1000]
    assert log.values[:, STATE_FIELDS.index("h")].tolist() == kept
    assert log.time_ns.tolist() == [(1713995000 + row) * 10**9 for row in kept]
    assert log.rejects == {"no receive time": count // 1000}


@given(st.one_of(st.binary(max_size=400), st.text(alphabet='0123456789.:;,- \t\n\r"TZ+-mpryxaw\0#', max_size=200)))
@settings(deadline=None, max_examples=400)
def test_any_octets_give_states_and_counted_rejects(given_octets: bytes | str) -> None:
    octets = given_octets if isinstance(given_octets, bytes) else given_octets.encode()
    log = parse_states(octets)
    written = [line.strip(b" \t\r\0\"'") for line in octets.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    lines = [line for line in written if line and not line.startswith(b"#")]
    assert len(log.time_ns) + sum(log.rejects.values()) <= len(written)
    assert len(log.time_ns) + sum(log.rejects.values()) >= len(lines) - sum(line.startswith(b"#") for line in lines)
    assert set(log.rejects) <= set(REASONS)
    assert (log.time_ns >= 0).all()
    assert np.isfinite(log.values[~np.isnan(log.values)]).all()
    values, reason = parse_state(octets)
    assert bool(values) != bool(reason)


@given(st.binary(min_size=1, max_size=20), st.integers(0, 200))
@settings(deadline=None, max_examples=200)
def test_a_damaged_line_does_not_touch_its_neighbours(damage: bytes, where: int) -> None:
    line = b"1713995000.5 " + SDK_2_0.strip().encode()
    where = min(where, len(line) - 1)
    damaged = line[:where] + damage.replace(b"\n", b" ") + line[where + len(damage) :]
    log = parse_states(line + b"\n" + damaged + b"\n" + line + b"\n")
    first, last = log.values[0], log.values[-1]
    assert dict(zip(STATE_FIELDS, first, strict=True)) == plain(SDK_2_0)
    assert dict(zip(STATE_FIELDS, last, strict=True)) == plain(SDK_2_0)


BOUNDS = r"""
import random
import yawstring.compiled
for door in ('compiled', 'compiled_lent', 'compiled_part', 'compiled_lent_part', 'compiled_within'):
    setattr(yawstring.compiled, door, lambda function: function)
import numpy as np
from yawstring.wire.dataflash import read_dataflash
from yawstring.wire.stamps import parse_stamps
from yawstring.wire.tello import parse_states

draw = random.Random(11)
line = b"2024-04-24T21:43:20,5+02:00 mid:-1;x:-100;y:-100;z:-100;mpry:0,0,0;pitch:0;baro:305.34;agz:-926.00;"
form = b"\xa3\x95\x80\x01\x0fATT\0Qf" + bytes(14) + b"TimeUS,Roll" + bytes(53)
record = b"\xa3\x95\x01" + bytes(12)
texts = [line, line.replace(b"2024-04-24T21:43:20,5+02:00", b"1713995000.25"), line[-60:]]
for step in range(600):
    text = bytearray(texts[step % 3] * (1 + step % 2))
    for _ in range(draw.randrange(4)):
        text[draw.randrange(len(text))] = draw.choice(b"0123456789:;,.-+TZ \n\0xm" + bytes([draw.randrange(256)]))
    text = bytes(text[: draw.randrange(1, len(text) + 1)])
    parse_states(text)
    parse_stamps([text.decode("latin-1")[: draw.randrange(30)]])
    log = bytearray(form + record * 3)
    log[draw.randrange(len(log))] = draw.randrange(256)
    read_dataflash(bytes(log[: draw.randrange(len(log) + 1)]), {"ATT": frozenset({"Roll"})})
"""


def test_the_loops_stay_within_their_arrays() -> None:
    """Uncompiled, an index beyond the end raises; compiled, it would read on."""
    done = subprocess.run([sys.executable, "-c", BOUNDS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
