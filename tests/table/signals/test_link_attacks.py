"""Each attack moves the signals of the link that are meant to show it far beyond what benign flights show."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from support.flights import flight, frames
from yawstring.table.signals import SignalOptions, measure

BENIGN = ("benign-wpa2", "benign-open", "benign-crowded", "benign-roaming", "benign-restarts", "benign-walk")

MOVED = {
    "aireplay-deauth": ("sequence_management_switches_1s", "pace_management_frames_1s", "pace_management_bursts_10s"),
    "mdk4-deauth": ("sequence_management_unmarked_1s", "sequence_management_repeats_1s"),
    "disassociation": ("sequence_management_switches_1s", "pace_management_frames_1s"),
    "hostapd-twin": ("sequence_management_switches_1s", "pace_beacon_frames_1s"),
    "replay-frames": ("packet_number_drone_unmarked_1s", "packet_number_link_depth_1s", "repeat_drone_packets_1s"),
    "replay-commands": ("repeat_controller_packets_1s", "ip_id_controller_regresses_1s"),
    "command-injection": (
        "sequence_controller_unmarked_10s|sequence_controller_jumps_10s", "ip_id_controller_regresses_10s",
    ),
    "telemetry-injected": ("sequence_drone_switches_1s|sequence_drone_unmarked_1s",),
    "rts-flood": ("company_others_frames_1s", "company_others_share_1s"),
}  # fmt: skip
"""Either of two where the attack draws how it is made."""


@cache
def rows(name: str) -> tuple[pl.DataFrame, np.ndarray]:
    """Rows of signals, and which of them speak of an attack that has begun."""
    table = frames(flight(name, 11, "duration_s=14", "attack.onset_s=6", "attack.length_s=7.5"))
    made = measure(table, SignalOptions())
    attacked = table.filter(pl.col("class") != "benign")["time_ns"]
    if not len(attacked):
        return made.frame, np.zeros(len(made), np.bool_)
    return made.frame, (made.time_ns > attacked.min() + 10**9) & (made.time_ns < attacked.max())


@cache
def usual(signal: str) -> float:
    """The most that benign flights show, once they are under way."""
    return max(float(np.nanmax(rows(name)[0][signal].to_numpy()[20:], initial=0.0)) for name in BENIGN)


@pytest.mark.parametrize(("name", "signal"), [(name, one) for name, some in MOVED.items() for one in some])
def test_an_attack_moves_its_signals_beyond_what_is_benign(name: str, signal: str) -> None:
    made, during = rows(name)
    shares = [np.nanmean(made[one].to_numpy()[during] > 1.2 * usual(one) + 1e-3) for one in signal.split("|")]
    assert during.sum() > 20
    assert max(shares) > 0.3
