"""Attacks on the air, as the tools that make them send them: intervals, counters, reasons, clocks."""

import numpy as np
import polars as pl
import pytest
from tests.support.flights import flight, frames

from yawstring.simulate.air import BROADCAST

NEAR = (
    "attack.power_dbm=20", "attack.distance=0.1", "receiver.distance=0.1", "drone.distance=0.15", "site.radius_m=12",
    "controller.distance=0.2", "controller.drops_per_min=0", "neighbours.networks=0", "controller.leaves=false",
    "attack.onset_s=2", "attack.length_s=5", "duration_s=9", "controller.joins=false", "receiver.hops=false",
)  # fmt: skip
"""Everybody close together, so that nearly every frame is captured."""

HOSTILE = pl.col("role") == "attacker"
DATA = (pl.col("wlan.fc.type") == 2) & (pl.col("wlan.fc.subtype") == 8)
ONCE = pl.col("wlan.fc.retry") == 0
DEAUTHENTICATION, DISASSOCIATION, BEACON = 12, 10, 8


def near(name: str, seed: int, *changes: str) -> pl.DataFrame:
    return frames(flight(name, seed, *NEAR, *changes))


def managed(subtype: int) -> pl.Expr:
    return (pl.col("wlan.fc.type") == 0) & (pl.col("wlan.fc.subtype") == subtype)


def seconds(table: pl.DataFrame) -> np.ndarray:
    return table["time_ns"].to_numpy() / 1e9


def steps(table: pl.DataFrame) -> np.ndarray:
    return np.diff(table["wlan.seq"].to_numpy()) % 4096


@pytest.mark.parametrize("target", ["controller", "everyone"])
def test_aireplay_sends_bursts_of_128_two_milliseconds_apart_with_one_counter(target: str) -> None:
    table = near("aireplay-deauth", 3, f"attack.target='{target}'").filter(HOSTILE & managed(DEAUTHENTICATION) & ONCE)
    assert set(table["wlan.fixed.reason_code"]) == {7}
    gaps = np.diff(seconds(table))
    pauses = np.flatnonzero(gaps > 0.1)
    assert 0.15 < np.median(gaps[pauses]) < 0.25
    assert set(np.diff(pauses)) <= {126, 127, 128}
    assert abs(np.median(gaps) - 0.002) < 0.0004
    assert np.mean(steps(table) == 1) > 0.97
    assert set(table["wlan.duration"]) == ({0} if target == "everyone" else {314})
    assert set(table["wlan_radio.data_rate"]) == {1.0}
    ends = set(zip(table["wlan.ta"], table["wlan.ra"], strict=True))
    assert len({frozenset(end) for end in ends}) == 1
    assert len(ends) == (1 if target == "everyone" else 2)
    assert all((BROADCAST in end) == (target == "everyone") for end in ends)


def test_mdk4_follows_the_sequence_number_that_was_heard() -> None:
    table = near("mdk4-deauth", 5, "attack.rate_hz=200", "attack.everyone=false")
    sent = table.filter(HOSTILE & ONCE)
    codes = {
        (row["wlan.fc.subtype"], row["wlan.fixed.reason_code"])
        for row in sent.select("wlan.fc.subtype", "wlan.fixed.reason_code").to_dicts()
    }
    assert codes == {(12, 1), (12, 3), (10, 5), (10, 8)}
    rows = table.filter(pl.col("wlan.seq").is_not_null() & ONCE).select("wlan.ta", "wlan.seq", "role").rows()
    follows, last = [], {}
    for address, sequence, role in rows:
        if role == "attacker" and address in last:
            follows.append((sequence - last[address]) % 4096 == 1)
        elif role != "attacker":
            last[address] = sequence
    assert len(follows) > 20
    assert np.mean(follows) > 0.9


def test_disassociation_cancels_the_association_at_its_rate() -> None:
    table = near("disassociation", 4, "attack.rate_hz=20", "attack.reason=8")
    sent = table.filter(HOSTILE & managed(DISASSOCIATION) & ONCE)
    assert set(sent["wlan.fixed.reason_code"]) == {8}
    assert 0.8 * 100 <= len(sent) <= 101
    rest = table.filter(DATA & (pl.col("role") == "drone") & (pl.col("class") == "dos"))
    assert len(rest) < 0.02 * len(table)


@pytest.mark.parametrize("name", ["airbase-twin", "hostapd-twin"])
def test_a_twin_beacons_under_the_drones_name_by_its_own_clock(name: str) -> None:
    table = near(name, 6, "attack.lure=false", "attack.borrows=true").filter(managed(BEACON))
    twin, drone = table.filter(HOSTILE), table.filter(pl.col("role") == "drone")
    for column in ("ssid_hash", "wlan.bssid", "wlan.ds.current_channel", "wlan.fixed.beacon"):
        assert set(twin[column]) == set(drone[column])
    assert abs(np.median(np.diff(seconds(twin))) - 0.1024) < 0.0005
    assert np.mean(steps(twin) == 1) > 0.6
    unix = np.abs(twin["wlan.fixed.timestamp"].to_numpy() / 1e6 - seconds(twin))
    assert (unix.max() < 1.0) if name == "airbase-twin" else (unix.min() > 1e6)


def test_mdk4_beacons_of_the_drones_name_count_from_zero_under_many_addresses() -> None:
    sent = near("mdk4-twin", 6).filter(HOSTILE & managed(BEACON))
    assert sent["ssid_hash"].n_unique() == 1
    assert sent["wlan.bssid"].n_unique() > 50
    assert (sent["wlan.fixed.timestamp"].to_numpy() % 102_400 == 0).all()


@pytest.mark.parametrize("clock", ["count", "none"])
def test_a_beacon_flood_is_of_many_networks(clock: str) -> None:
    sent = near("beacon-flood", 2, f"attack.clock='{clock}'", "attack.networks=300").filter(HOSTILE & managed(BEACON))
    assert sent["wlan.bssid"].n_unique() > 60
    stamps = sent["wlan.fixed.timestamp"].to_numpy()
    assert (stamps % 102_400 == 0).all()
    assert clock == "count" or (stamps == 0).all()
    assert clock == "count" or set(sent["wlan.seq"]) == {0}


def test_replayed_frames_repeat_packet_numbers_without_the_retry_bit() -> None:
    table = near("replay-frames", 5, "attack.towards='controller'", "traffic.video_mbit_s=0.5").filter(DATA & ONCE)
    before = table.filter(pl.col("role") == "drone")
    again = table.filter(HOSTILE)
    known = set(zip(before["wlan.ccmp.extiv"], before["payload_hash"], strict=True))
    found = [pair in known for pair in zip(again["wlan.ccmp.extiv"], again["payload_hash"], strict=True)]
    assert len(found) > 100
    assert np.mean(found) > 0.9
    assert set(again["wlan.ta"]) == set(before["wlan.ta"])


def test_replayed_commands_are_the_pilots_and_are_carried_out_again() -> None:
    changes = ("attack.rate_hz=4", "pilot.style='moves'", "attack.onset_s=16", "duration_s=24", "attack.length_s=6")
    made = flight("replay-commands", 12, *NEAR, *changes)
    table = frames(made).filter(ONCE & pl.col("tello.command").is_not_null())
    pilots = set(table.filter(pl.col("role") == "controller")["tello.command"])
    again = table.filter(HOSTILE)
    assert len(again) > 12
    assert set(again["tello.command"]) <= pilots


def test_injected_commands_move_the_drone() -> None:
    """Hovering, and told by somebody else to land: it lands."""
    calm = ("pilot.style='hover'", "pilot.airborne_s=20", "attack.rate_hz=2")
    lands = flight("command-injection", 7, *NEAR, *calm, "attack.what='land'", "duration_s=14", "attack.length_s=8")
    heights = [int(line.split(b";h:")[1].split(b";")[0]) for line in lands.telemetry.splitlines()]
    assert heights[5] >= 40
    assert heights[-1] <= 10
    told = frames(lands).filter(HOSTILE & pl.col("tello.command").is_not_null())
    assert set(told["tello.command"]) == {"land"}


@pytest.mark.parametrize("how", ["bias", "drift", "freeze", "scale", "replay"])
def test_falsified_states_are_the_drones_own_frames_marked_forged(how: str) -> None:
    what = "battery" if how in ("bias", "drift", "scale") else "attitude"
    changes = (f"attack.what='{what}'", "security='open'", "attack.careful=false", "attack.strength=1")
    table = frames(flight(f"telemetry-{how}", 3, *NEAR, *changes, "pilot.airborne_s=40", "pilot.style='sticks'"))
    forged = table.filter(pl.col("forged") == 1)
    assert set(forged["role"]) == {"drone"}
    assert set(forged["udp.dstport"]) == {8890}
    assert forged["technique"].unique().to_list() == [f"telemetry_{how}"]
    assert len(forged) > 15


def test_injected_states_come_beside_the_true_ones() -> None:
    made = flight("telemetry-injected", 4, *NEAR, "attack.what='battery'", "attack.careful=false", "attack.strength=1")
    table = frames(made).filter((pl.col("udp.dstport") == 8890) & (pl.col("class") == "fdi") & ONCE)
    assert 0.7 < len(table.filter(HOSTILE)) / len(table.filter(pl.col("role") == "drone")) < 1.4
    charge = np.array([int(line.split(b";bat:")[1].split(b";")[0]) for line in made.telemetry.splitlines()])
    assert np.abs(np.diff(charge.astype(int))).max() >= 30
    assert (np.abs(np.diff(charge)) >= 30).sum() > 20


@pytest.mark.parametrize(("name", "subtype"), [("cts-flood", 12), ("rts-flood", 11)])
def test_floods_of_reservations_silence_whoever_honours_them(name: str, subtype: int) -> None:
    table = near(name, 3, "attack.rate_hz=60", "attack.reserve_us=32767", "traffic.video_mbit_s=1")
    sent = table.filter(HOSTILE)
    assert set(sent["wlan.fc.subtype"]) == {subtype}
    assert sent["wlan.duration"].max() == 32_767
    drone = table.filter((pl.col("role") == "drone") & DATA)
    during = drone.filter(pl.col("class") == "flood")
    assert len(during) / 5 < 0.2 * (len(drone) - len(during)) / 4


def test_jamming_loses_frames_and_is_labelled_by_its_noise() -> None:
    table = near("jamming", 3, "attack.duty=1", "attack.power_dbm=25", "traffic.video_mbit_s=1")
    assert (table["role"] == "attacker").sum() == 0
    rate = table.group_by("class").len().to_dict(as_series=False)
    counts = dict(zip(rate["class"], rate["len"], strict=True))
    assert counts.get("jamming", 0) / 5 < 0.2 * counts["benign"] / 4


def test_benign_flights_have_de_authentications_too() -> None:
    table = frames(flight("benign-crowded", 5, "neighbours.comings_per_min=60", "neighbours.restarts_per_min=20"))
    sent = table.filter(managed(DEAUTHENTICATION) | managed(DISASSOCIATION))
    assert len(sent) > 5
    assert set(sent["role"]) <= {"neighbour", "drone", "controller"}
    assert BROADCAST in set(sent["wlan.ra"])
    assert set(table["class"]) == {"benign"}
