"""Offsets put in are the offsets found, on an open and on an encrypted network, or none is claimed."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.table.clocks import (
    ClockOffset,
    Refused,
    by_commands,
    by_lengths,
    by_states,
    clock_offset,
    state_lengths,
)
from yawstring.table.telemetry import from_states, telemetry
from yawstring.wire.tello import format_state, parse_states

NS = 1_000_000_000
START_S = 1_700_000_000
DELIVERY_S = 0.0015
MIC_AND_HEADERS = 44


@dataclass(frozen=True)
class Flown:
    """A flight as the log has it, and the state strings with their time in the air, on the log's clock."""

    log: pl.DataFrame
    texts: list[str]
    sent_s: np.ndarray


def flown(seed: int, states: int = 300, *, still: bool = False, pads: bool = False) -> Flown:
    """States at 10 Hz: a wandering drone, or one on the ground whose numbers keep their lengths."""
    rng = np.random.default_rng(seed)
    walk = dict.fromkeys(("pitch", "roll", "yaw", "vgx", "vgy", "vgz", "agx", "agy"), 0.0)
    texts, height = [], 40.0
    for number in range(states):
        fields = {"mid": -1, **dict.fromkeys("xyz", -100), **dict.fromkeys(("mpitch", "mroll", "myaw"), 0)}
        if not still:
            walk = {name: 0.9 * value + rng.normal(0, 4) for name, value in walk.items()}
            height = float(np.clip(height + rng.normal(0, 6), 10, 200))
        noise = 0 if still else rng.normal(0, 60)
        fields |= {name: round(value) for name, value in walk.items()}
        fields |= {"templ": 60, "temph": 63, "tof": round(height), "h": round(height / 10) * 10, "bat": 90}
        fields |= {"baro": 120.0 + height / 100, "time": 20 + number // 10, "agz": -990.0 + noise}
        texts.append(format_state(fields, pads=pads).decode())
    sent = START_S + np.arange(states) * 0.1 + rng.uniform(0, 0.012, states)
    received = sent + DELIVERY_S + rng.exponential(0.0005, states)
    lines = "".join(f"{at:.9f} {text.strip()}\n" for at, text in zip(received, texts, strict=True))
    rows = from_states(parse_states(lines.encode()))
    log = telemetry(rows, source="tello", digest="", name="telemetry.log").frame
    return Flown(log, texts, sent)


def encrypted(flight: Flown, offset_s: float, seed: int, *, heard: float = 0.9, other: int = 2000) -> pl.DataFrame:
    """Data frames of the capture: states by their length alone, and video of any length among them."""
    rng = np.random.default_rng(seed)
    kept = rng.random(len(flight.texts)) < heard
    length = np.array([len(text) for text in flight.texts])[kept] + MIC_AND_HEADERS
    span = (flight.sent_s[0], flight.sent_s[-1])
    times = np.concatenate([flight.sent_s[kept], rng.uniform(*span, other)]) + offset_s
    sizes = np.concatenate([length, rng.integers(40, 1500, other)])
    order = np.argsort(times)
    return pl.DataFrame({
        "time_ns": np.round(times[order] * NS).astype(np.int64),
        "wlan.fc.type": np.full(len(order), 2),
        "data.len": sizes[order],
    })  # fmt: skip


def clear(flight: Flown, offset_s: float, seed: int, *, repeats: float = 0.1) -> pl.DataFrame:
    """Frames of an open network: the text of each state, some sent twice, some not heard."""
    rng = np.random.default_rng(seed)
    rows = []
    for at, text in zip(flight.sent_s, flight.texts, strict=True):
        if rng.random() < 0.95:
            rows.append((round((at + offset_s) * NS), text))
        if rng.random() < repeats:
            rows.append((round((at + offset_s + 0.002) * NS), text))
    return pl.DataFrame(rows, schema={"time_ns": pl.Int64, "tello.state": pl.String}, orient="row").sort("time_ns")


@given(st.integers(0, 1000), st.floats(-5000, 5000))
@settings(deadline=None, max_examples=15)
def test_the_offset_is_found_from_states_in_the_air(seed: int, offset: float) -> None:
    flight = flown(seed % 5)
    found = clock_offset(clear(flight, offset, seed), flight.log)
    assert isinstance(found, ClockOffset)
    assert found.method == "states"
    assert found.offset_s == pytest.approx(offset - DELIVERY_S, abs=0.002)
    assert found.error_s < 0.005
    assert found.matches > 200


@given(st.integers(0, 1000), st.floats(-5000, 5000), st.booleans())
@settings(deadline=None, max_examples=15)
def test_the_offset_is_found_from_lengths_alone(seed: int, offset: float, pads: bool) -> None:
    flight = flown(seed % 5, pads=pads)
    found = clock_offset(encrypted(flight, offset, seed), flight.log)
    assert isinstance(found, ClockOffset), found
    assert found.method == "lengths"
    assert found.offset_s == pytest.approx(offset - DELIVERY_S, abs=0.003)
    assert found.error_s < 0.02


@given(st.integers(0, 1000), st.booleans())
@settings(deadline=None, max_examples=10)
def test_nearly_every_state_is_logged_after_it_was_in_the_air(seed: int, open_network: bool) -> None:
    flight = flown(seed)
    air = clear(flight, 7.0, seed, repeats=0) if open_network else encrypted(flight, 7.0, seed)
    found = clock_offset(air, flight.log)
    assert isinstance(found, ClockOffset)
    early = flight.log["time_ns"].to_numpy() / NS + found.offset_s < flight.sent_s + 7.0 - 1e-6
    assert early.mean() < 0.1
    assert found.offset_s < 7.0


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=10)
def test_another_flights_log_is_refused(seed: int) -> None:
    ours, theirs = flown(seed), flown(seed + 1)
    assert isinstance(by_lengths(encrypted(ours, 3.0, seed), theirs.log), Refused)
    assert isinstance(by_states(clear(ours, 3.0, seed), theirs.log), Refused)


def test_a_drone_on_the_ground_tells_nothing() -> None:
    still = flown(1, still=True)
    by_length = by_lengths(encrypted(still, 3.0, 1), still.log)
    assert isinstance(by_length, Refused)
    assert "do not tell" in by_length.reason
    by_text = by_states(clear(still, 3.0, 1), still.log)
    assert isinstance(by_text, Refused)


def test_states_of_an_earlier_flight_sent_again_do_not_mislead() -> None:
    """Copies of old states, sent again minutes later, are not taken for the datagrams that were logged."""
    flight = flown(3)
    air = clear(flight, 2.0, 3, repeats=0)
    again = air[:200].with_columns(pl.col("time_ns") + 100 * NS)
    found = by_states(pl.concat([air, again]), flight.log)
    assert isinstance(found, ClockOffset)
    assert found.offset_s == pytest.approx(2.0 - DELIVERY_S, abs=0.002)


def test_a_drifting_clock_shows_in_the_error() -> None:
    flight = flown(2)
    drift = 1e-3
    slow = flight.log.with_columns(((pl.col("time_ns") - START_S * NS) * (1 - drift)).cast(pl.Int64) + START_S * NS)
    found = by_states(clear(flight, 0.0, 2), slow)
    assert isinstance(found, ClockOffset)
    assert 0.02 < found.error_s < 0.03


def test_the_length_is_that_of_the_string() -> None:
    for pads in (False, True):
        flight = flown(4, 50, pads=pads)
        lengths = state_lengths(flight.log)
        assert lengths is not None
        assert lengths.tolist() == [len(text) for text in flight.texts]


def test_without_whole_states_lengths_are_not_guessed() -> None:
    flight = flown(4)
    assert state_lengths(flight.log.with_columns(bat=None, battery_pct=None)) is None
    found = by_lengths(encrypted(flight, 0, 1), flight.log.with_columns(pl.lit(None).alias("battery_pct")))
    assert isinstance(found, Refused)


def commands(*said: tuple[float, str]) -> pl.DataFrame:
    return pl.DataFrame({"time_ns": [round(at * NS) for at, _ in said], "tello.command": [text for _, text in said]})


def test_the_first_commands_tell_roughly() -> None:
    log = pl.DataFrame({
        "time_ns": [round((100 + at / 10) * NS) for at in range(80)],
        "flight_time_s": [max(0, at - 30) // 10 for at in range(80)],
    })  # fmt: skip
    found = by_commands(commands((110.0, "command"), (113.4, "takeoff"), (114.0, "command")), log)
    assert isinstance(found, ClockOffset)
    assert found.offset_s == pytest.approx(10, abs=0.5)
    assert found.error_s >= abs(found.offset_s - 10)
    refused = by_commands(commands((110.0, "command"), (120.0, "takeoff")), log)
    assert isinstance(refused, Refused)
    assert "disagree" in refused.reason
    assert isinstance(by_commands(commands((110.0, "takeoff")), log), Refused)


def test_a_reason_is_one_line() -> None:
    found = clock_offset(pl.DataFrame({"time_ns": [0]}), flown(1).log)
    assert isinstance(found, Refused)
    assert "\n" not in found.reason
