"""A flight, all in: repeatable, and its files agree with one another."""

import io

import numpy as np
import polars as pl
import pytest
from tests.support.flights import flight, frames, truth

from yawstring.simulate.run import Simulated, simulate
from yawstring.simulate.scenario import parse_scenario
from yawstring.wire.decoder import decode
from yawstring.wire.tello import parse_state


def telemetry(made: Simulated) -> list[tuple[float, bytes]]:
    lines = [line.split(b" ", 1) for line in made.telemetry.splitlines()]
    return [(float(stamp), state) for stamp, state in lines]


@pytest.fixture(scope="module")
def attacked() -> Simulated:
    changes = ("attack.onset_s=12", "attack.length_s=20", "attack.power_dbm=20", "controller.drops_per_min=0")
    calm = ("controller.leaves=false", "pilot.style='moves'", "traffic.video_mbit_s=0.5", "duration_s=50")
    return flight("aireplay-deauth", 4, *changes, *calm, short=False)


def test_the_same_scenario_and_seed_give_the_same_octets() -> None:
    one, other, third = flight("lure-and-inject", 5), flight("lure-and-inject", 5), flight("lure-and-inject", 6)
    assert one == other
    assert one.capture != third.capture


@pytest.mark.parametrize("name", ["mdk4-deauth", "telemetry-drift", "hostapd-twin"])
def test_the_drawn_scenario_gives_the_same_flight_again(name: str) -> None:
    made = flight(name, 8)
    again = parse_scenario(made.scenario, file="scenario.toml")
    assert simulate(again, again.seed or 0) == made


def test_there_is_a_line_of_truth_for_each_frame_with_its_stamp(attacked: Simulated) -> None:
    decoded = decode(attacked.capture)
    lines = truth(attacked)
    assert len(lines) == decoded.frames == attacked.frames
    assert lines["frame.number"].to_list() == list(range(1, attacked.frames + 1))
    assert np.array_equal(lines["time_ns"].to_numpy(), decoded.columns["time_ns"].values)
    assert dict(decoded.rejects) == {}


def test_labels_say_when_the_attack_was_on_and_the_truth_agrees(attacked: Simulated) -> None:
    labels = pl.read_csv(io.BytesIO(attacked.labels))
    assert labels.select("class", "technique", "episode", "source", "certainty").rows() == [
        ("dos", "aireplay_deauth", 0, "simulator", 1)
    ]
    start, end = labels["start"][0], labels["end"][0]
    lines = truth(attacked)
    time = lines["time_ns"].to_numpy() / 1e9
    inside = lines["class"].to_numpy() == "dos"
    assert time[inside].min() >= start - 1e-6
    assert time[inside].max() <= end + 1e-6
    assert not inside[(time < start - 1e-6) | (time > end + 1e-6)].any()
    forged = lines.filter(pl.col("forged") == 1)
    assert set(forged["role"]) == {"attacker"}
    assert set(forged["class"]) == {"dos"}
    assert (lines["role"] == "attacker").sum() == attacked.hostile == len(forged)
    assert 11.9 <= start - time[0] <= 12.3
    assert 18 <= end - start <= 20.2


def test_a_controller_cut_off_hears_nothing_and_the_drone_lands_after_fifteen_seconds(attacked: Simulated) -> None:
    """The link goes at the first frame that its victim hears; 15 s later the drone comes down by itself."""
    labels = pl.read_csv(io.BytesIO(attacked.labels))
    start, end = labels["start"][0], labels["end"][0]
    states = telemetry(attacked)
    stamps = np.array([stamp for stamp, _ in states])
    assert not ((stamps > start + 0.5) & (stamps < end)).any()
    assert (stamps < start).sum() > 50
    assert (stamps > end + 4).sum() > 30
    before = next(state for stamp, state in reversed(states) if stamp < start)
    after = next(state for stamp, state in states if stamp > end + 2)
    assert height(before) >= 50
    assert height(after) <= 20
    data = frames(attacked).filter((pl.col("wlan.fc.type") == 2) & (pl.col("role") == "drone"))
    times = data["time_ns"].to_numpy() / 1e9
    assert ((times > start + 0.5) & (times < end)).sum() < 0.02 * len(times)


def height(state: bytes) -> int:
    return int(dict(part.split(":") for part in state.decode().split(";") if ":" in part)["h"])


def test_the_log_holds_states_in_order_that_the_parser_takes(attacked: Simulated) -> None:
    states = telemetry(attacked)
    stamps = [stamp for stamp, _ in states]
    assert stamps == sorted(stamps)
    assert len(states) == attacked.states
    assert {parse_state(state)[1] for _, state in states} == {""}


def test_what_the_controller_logs_is_what_is_in_the_air_of_an_open_network() -> None:
    made = flight("benign-open", 3)
    seen = [text.strip().encode() for text in frames(made)["tello.state"].drop_nulls().to_list()]
    logged = {state for _, state in telemetry(made)}
    assert len(logged) > 30
    assert len(logged & set(seen)) >= 0.9 * len(logged)


def test_the_logs_clock_may_be_off_and_the_captures_is_not() -> None:
    right, off = flight("benign-wpa2", 3), flight("benign-wpa2", 3, "controller.clock_offset_s=-2.5")
    assert right.capture == off.capture
    gaps = {round(one[0] - other[0], 4) for one, other in zip(telemetry(right), telemetry(off), strict=True)}
    assert gaps == {2.5}


def test_addresses_channels_clocks_and_places_are_drawn_anew_for_each_flight() -> None:
    made = [flight("aireplay-deauth", seed, "traffic.video_mbit_s=0") for seed in range(12)]
    tables = [frames(one) for one in made]
    drones = {table.filter(pl.col("role") == "drone")["wlan.ta"].drop_nulls()[0] for table in tables}
    assert len(drones) == 12
    assert {table["wlan_radio.channel"][0] for table in tables} == {1, 6, 11}
    beacon = (pl.col("role") == "drone") & (pl.col("wlan.fc.type") == 0) & (pl.col("wlan.fc.subtype") == 8)
    beacons = [table.filter(beacon) for table in tables]
    assert len({int(table["wlan.fixed.timestamp"][0]) // 10**9 for table in beacons}) >= 8
    assert len({one.scenario.split("onset_s")[0] for one in made}) == 12


def fields(made: Simulated) -> pl.DataFrame:
    """The whole numbers of every state in the log."""
    pairs = [[part.split(":") for part in state.decode().split(";") if ":" in part] for _, state in telemetry(made)]
    return pl.DataFrame([{name: int(value) for name, value in pair if value.lstrip("-").isdigit()} for pair in pairs])


def test_a_survey_sees_the_pads_it_lays_out_and_other_flights_see_none() -> None:
    calm = ("traffic.video_mbit_s=0", "duration_s=25", "site.wind_m_s=0")
    over = fields(flight("benign-wpa2", 2, *calm, "pilot.style='survey'", "pilot.pads=3"))
    seen = over.filter(pl.col("mid") > 0)
    assert len(seen) > 50
    assert set(seen["mid"]) <= set(range(1, 9))
    assert set(over.filter(pl.col("mid") <= 0).select("mid", "x", "y", "z").rows()) <= {(-1, -100, -100, -100)}
    assert (seen["z"] - seen["tof"]).abs().median() <= 12
    for changes in (("pilot.style='survey'", "pilot.pads=0"), ("pilot.style='moves'", "pilot.pads=3")):
        bare = fields(flight("benign-wpa2", 2, *calm, *changes))
        assert "mid" not in bare.columns or bare["mid"].max() <= 0


def test_a_worn_battery_is_empty_sooner() -> None:
    calm = ("traffic.video_mbit_s=0", "pilot.airborne_s=200", "pilot.style='hover'", "pilot.battery_pct=90")
    new, worn = (fields(flight("benign-wpa2", 3, *calm, f"drone.capacity_ah={ah}")) for ah in (1.1, 0.6))
    used = [90 - one["bat"].max() for one in (new, worn)]
    assert 1.5 < used[1] / used[0] < 2.2
