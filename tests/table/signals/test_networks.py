"""Beacons made for it: what gives a twin away, and what must not be taken for one."""

import numpy as np
import polars as pl
import pytest

from yawstring.table.signals import SignalOptions, measure

OURS, THEIRS, NAME = 0x10, 0x20, 77
INTERVAL_US = 102_400
PHASE_US = 40_000


def beacons(
    bssid: int, seconds: float, start_us: int = 0, clock_us: int = 10**12, ppm: float = 0.0, **more: object
) -> pl.DataFrame:
    """A network's beacons, by the receiver's clock and its own."""
    at_us = start_us + np.arange(0, round(seconds * 1e6), INTERVAL_US)
    tsf = np.round(clock_us + (at_us - start_us) * (1 + ppm * 1e-6))
    fields: dict[str, object] = {
        "wlan.fc.type": 0, "wlan.fc.subtype": 8, "wlan.fc.tods": 0, "wlan.fc.fromds": 0, "wlan.ta": bssid,
        "wlan.ra": (1 << 48) - 1, "wlan.bssid": bssid, "wlan.fixed.beacon": 100, "ssid_hash": NAME, "elements_hash": 5,
        "wlan.fixed.capabilities": 17, "wlan.ds.current_channel": 6, "wlan_radio.channel": 6, **more,
    }  # fmt: skip
    times = {"time_ns": at_us * 1000, "wlan.fixed.timestamp": tsf.astype(np.int64), "radiotap.mactime": at_us}
    lits = [pl.lit(value, pl.String if name == "wlan.ssid" else pl.Int64).alias(name) for name, value in fields.items()]
    return pl.DataFrame(times).with_columns(lits)


def last(*parts: pl.DataFrame) -> dict[str, float | None]:
    """Signals with the last frame, the drone being named."""
    frame = pl.concat(parts).sort("time_ns")
    return measure(frame, SignalOptions(every_s=None, drone=OURS)).frame.row(-1, named=True)


def test_one_network_with_a_drifting_clock_is_quiet() -> None:
    told = last(beacons(OURS, 60, ppm=-80))
    quiet = ("odd_watched", "regress_watched", "changes_watched", "offbeat_watched", "astray_watched", "namesakes")
    assert all(told[f"networks_{name}_10s"] == 0 for name in quiet)
    assert told["networks_clock_error_watched_10s"] == pytest.approx(0, abs=0.35)
    assert told["networks_beat_watched_10s"] == pytest.approx(1, abs=0.01)
    assert told["networks_namesake_addresses_10s"] == 1


def test_a_twin_with_the_same_clock_still_adds_beacons_off_the_beat() -> None:
    twin = beacons(OURS, 20, start_us=PHASE_US, clock_us=10**12 + PHASE_US)
    told = last(beacons(OURS, 20), twin)
    assert told["networks_odd_watched_10s"] == 0
    assert told["networks_beat_watched_1s"] == pytest.approx(2, abs=0.1)
    assert told["networks_offbeat_watched_1s"] > 15


def test_a_drift_that_changes_shows_though_no_step_is_odd() -> None:
    before = beacons(OURS, 60, ppm=-20)
    clock = int(before["wlan.fixed.timestamp"][-1]) + INTERVAL_US
    after = beacons(OURS, 4, start_us=int(before["radiotap.mactime"][-1]) + INTERVAL_US, clock_us=clock, ppm=60)
    assert last(before)["networks_drift_change_watched"] == pytest.approx(0, abs=0.5)
    told = last(before, after)
    assert told["networks_odd_watched_10s"] == 0
    expected = 80 * (np.exp(-4 / 10) - np.exp(-4 / 3))
    assert told["networks_drift_change_watched"] == pytest.approx(expected, rel=0.1)


def test_a_capture_stamped_late_is_no_wrong_clock_where_the_radio_stamps_too() -> None:
    frame = beacons(OURS, 20)
    late = np.random.default_rng(2).integers(0, 20_000_000, len(frame))
    jittery = frame.with_columns(pl.col("time_ns") + late)
    assert last(jittery)["networks_odd_watched_10s"] == 0
    assert last(jittery.drop("radiotap.mactime"))["networks_odd_watched_10s"] > 1


@pytest.mark.parametrize(
    ("more", "signal"),
    [
        ({"wlan.fixed.capabilities": 1}, "namesake_securities"),
        ({"wlan.ds.current_channel": 11, "wlan_radio.channel": 11}, "namesake_channels"),
        ({"elements_hash": 9}, "namesake_makes"),
    ],
)
def test_a_namesake_that_differs_is_counted_in_what_it_differs(more: dict[str, int], signal: str) -> None:
    same, other = (last(beacons(OURS, 5), beacons(THEIRS, 5, 7000, **some)) for some in ({}, more))
    assert (same[f"networks_{signal}_10s"], other[f"networks_{signal}_10s"]) == (1, 2)
    assert other["networks_namesake_addresses_10s"] == 2
    assert other["networks_namesakes_1s"] == pytest.approx(10, abs=0.7)


def test_a_description_that_changes_and_a_channel_that_does_not_fit_are_counted() -> None:
    told = last(beacons(OURS, 3), beacons(OURS, 3, 3_072_000, 10**12 + 3_072_000, elements_hash=9))
    assert told["networks_changes_watched_10s"] == pytest.approx(0.1, rel=0.4)
    assert last(beacons(OURS, 20, **{"wlan_radio.channel": 7}))["networks_astray_watched_1s"] == pytest.approx(
        10, rel=0.1
    )


def test_networks_that_hide_their_names_are_no_namesakes() -> None:
    told = last(beacons(OURS, 5, **{"wlan.ssid": ""}), beacons(THEIRS, 5, 7000, **{"wlan.ssid": ""}))
    assert told["networks_namesake_addresses_10s"] is None
    named = last(beacons(OURS, 5, **{"wlan.ssid": "a"}), beacons(THEIRS, 5, 7000, **{"wlan.ssid": "a"}))
    assert named["networks_namesake_addresses_10s"] == 2
