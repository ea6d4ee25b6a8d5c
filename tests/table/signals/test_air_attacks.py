"""Each attack lifts the signals of the air that are meant to show it beyond what undisturbed flights reach."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from support.flights import flight, frames
from yawstring.schema.signals import SIGNALS
from yawstring.table.signals import SignalOptions, measure

BENIGN = ("benign-crowded", "benign-roaming", "benign-restarts", "benign-open", "benign-wpa2")
LONG = ("duration_s=14", "pilot.airborne_s=16", "traffic.video_mbit_s=0.4")
STRUCK = (*LONG, "attack.onset_s=7", "attack.length_s=5")
MOVED = {
    "aireplay-deauth": (
        "management_deauth_watched_1s", "management_leave_by_drone_10s", "management_leave_by_controller_10s",
        "management_leave_both_ways_1s", "management_leave_odd_reason_10s",
    ),
    "aireplay-broadcast": ("management_leave_to_all_1s", "management_leave_by_drone_10s"),
    "disassociation": ("management_disassoc_watched_10s", "management_leave_both_ways_10s"),
    "mdk4-deauth": ("management_deauth_watched_10s", "management_disassoc_watched_10s", "management_reasons_10s"),
    "rts-flood": ("management_rts_idle_10s", "management_reserved_1s", "management_reserved_longest_10s"),
    "cts-flood": ("management_cts_unasked_1s", "management_reserved_1s", "management_reserved_longest_10s"),
    "beacon-flood": (
        "networks_new_10s", "networks_round_clock_1s", "air_transmitters_10s", "air_transmitters_new_10s",
    ),
    "mdk4-twin": (
        "networks_namesakes_1s", "networks_namesakes_new_10s", "networks_namesake_addresses_10s",
        "networks_round_clock_1s", "networks_new_10s",
    ),
    "jamming": ("air_retries_1s",),
}  # fmt: skip
TWINS = {
    "airbase-twin": ("networks_unix_clock_1s",),
    "hostapd-twin": (),
}
BORROWED = (
    "networks_odd_watched_1s", "networks_regress_watched_10s", "networks_beat_watched_1s",
    "networks_clock_error_watched_10s",
)  # fmt: skip
OWN = ("networks_namesakes_1s", "networks_namesake_addresses_10s", "networks_namesakes_new_10s")


@cache
def measured(name: str, seed: int, *changes: str) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Signals every 0.1 s once roles are learned, and whether an attack's frame came in the second before."""
    frame = frames(flight(name, seed, *changes, short=False))
    rows = measure(frame, SignalOptions())
    struck = frame["time_ns"].to_numpy()[frame["episode"].is_not_null().to_numpy()]
    before = np.searchsorted(struck, rows.time_ns, side="right") - 1
    under = (before >= 0) & (rows.time_ns - struck[np.maximum(before, 0)] < 1e9) if len(struck) else before >= 0
    settled = rows.time_ns - rows.time_ns[0] > 3e9
    return rows.frame.to_numpy()[settled], under[settled]


def highest(values: NDArray[np.float32], signal: str) -> float:
    place = [one.name for one in SIGNALS].index(signal)
    column = values[:, place]
    return float(np.max(column, initial=-np.inf, where=~np.isnan(column)))


def calm(signal: str) -> float:
    reached = max(highest(measured(name, seed, *LONG)[0], signal) for name in BENIGN for seed in (1, 2))
    assert np.isfinite(reached)
    return reached


@pytest.mark.parametrize(("name", "signal"), [(name, one) for name, some in MOVED.items() for one in some])
def test_an_attack_moves_its_signals_beyond_what_is_benign(name: str, signal: str) -> None:
    values, under = measured(name, 4, *STRUCK)
    assert under.sum() > 10
    assert highest(values[under], signal) > 1.2 * calm(signal)


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_shows_by_its_clock_under_the_drones_address_and_by_its_name_under_its_own(name: str) -> None:
    for borrows, signals in ((True, (*TWINS[name], *BORROWED)), (False, (*TWINS[name], *OWN))):
        changes = (*STRUCK, f"attack.borrows={str(borrows).lower()}", "attack.lure=false")
        values, under = measured(name, 6, *changes)
        for signal in signals:
            assert highest(values[under], signal) > 1.2 * calm(signal), (borrows, signal)


def test_one_deauthentication_in_ten_seconds_shows() -> None:
    signals = [one.name for one in SIGNALS]
    frame = frames(flight("benign-wpa2", 2, *LONG, short=False))
    drone = frame.filter(frame["role"] == "drone")["wlan.bssid"].mode()[0]
    pilot = frame.filter((frame["role"] == "controller") & (frame["wlan.fc.type"] == 2))["wlan.ta"].mode()[0]
    one = frame.filter(frame["wlan.fc.type"] == 0)[-200:-199]
    forged = one.with_columns(
        **{"wlan.fc.subtype": 12, "wlan.ta": drone, "wlan.ra": pilot, "wlan.bssid": drone, "ssid_hash": None}
    ).cast(one.schema)
    assert len(forged) == 1
    with_one = frame.vstack(forged).sort("time_ns")
    at = forged["time_ns"][0]
    place = signals.index("management_leave_by_drone_10s")
    for table, sent in ((frame, 0), (with_one, 1)):
        rows = measure(table, SignalOptions())
        column = rows.frame.to_numpy()[:, place]
        after = (rows.time_ns > at) & (rows.time_ns < at + 5e9)
        expected = sent * np.exp(-(rows.time_ns[after] - at) / 1e10) / 10
        np.testing.assert_allclose(column[after] - column[np.flatnonzero(after)[0] - 1], expected, atol=1e-6)
