"""Simple statistics of simulated air beside those of real captures."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.support.flights import flight, frames

from yawstring.table.frames import frames_table
from yawstring.wire.decoder import decode

REAL = ("wireshark/wpa-Induction.pcap", "aircrack/wpa2-psk-linksys.cap", "aircrack/pmkid-not-recognized.cap")
BEACON_US = 102_400
BEACONS = (pl.col("wlan.fc.type") == 0) & (pl.col("wlan.fc.subtype") == 8)
ACKS = (pl.col("wlan.fc.type") == 1) & (pl.col("wlan.fc.subtype") == 13)


@pytest.fixture(scope="module")
def real(captures: Path) -> list[pl.DataFrame]:
    return [frames_table(decode((captures / name).read_bytes())) for name in REAL]


@pytest.fixture(scope="module")
def made() -> list[pl.DataFrame]:
    """Three flights; the receiver hears nearly all."""
    near = ("site.radius_m=15", "duration_s=20", "traffic.video_mbit_s=1", "neighbours.same_channel=1")
    return [frames(flight("benign-wpa2", seed, *near)) for seed in (1, 2, 3)]


def steadiest(table: pl.DataFrame) -> pl.DataFrame:
    """Beacons of the access point that is heard most."""
    beacons = table.filter(BEACONS)
    return beacons.filter(pl.col("wlan.bssid") == beacons["wlan.bssid"].mode()[0])


def beacon_errors_us(table: pl.DataFrame) -> np.ndarray:
    """How far TSF steps are from a whole number of intervals."""
    steps = np.diff(steadiest(table)["wlan.fixed.timestamp"].to_numpy()).astype(float)
    return np.abs(steps - np.maximum(np.round(steps / BEACON_US), 1) * BEACON_US)


def beacon_steps(table: pl.DataFrame) -> np.ndarray:
    return np.diff(steadiest(table)["wlan.seq"].to_numpy()) % 4096


def retries(table: pl.DataFrame, kind: int) -> float:
    shares = table.filter((pl.col("wlan.fc.type") == kind) & (pl.col("wlan.ra") != 2**48 - 1))["wlan.fc.retry"]
    return float(shares.cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]


def answers_us(table: pl.DataFrame) -> np.ndarray:
    """From the stamp of a frame to that of the ACK for it."""
    before = table.with_columns(stamp=pl.col("time_ns").shift(1), sender=pl.col("wlan.ta").shift(1))
    answered = before.filter(ACKS & (pl.col("sender") == pl.col("wlan.ra")))
    return ((answered["time_ns"] - answered["stamp"]) / 1e3).to_numpy()


def test_beacons_are_spaced_as_real_ones_are(real: list[pl.DataFrame], made: list[pl.DataFrame]) -> None:
    """Real: TSF steps of 102,400 µs, 99 in 100 within 2 ms; sequence numbers grow by 1 and a few more."""
    theirs, ours = beacon_errors_us(real[0]), np.concatenate([beacon_errors_us(table) for table in made])
    assert np.percentile(theirs, 99) < 2000
    assert np.percentile(ours, 99) < 2000
    assert np.median(ours) < 200
    theirs, ours = beacon_steps(real[0]), np.concatenate([beacon_steps(table) for table in made])
    for steps in (theirs, ours):
        assert np.mean(steps == 1) > 0.5
        assert np.mean((steps >= 1) & (steps <= 10)) > 0.9


def test_clocks_drift_against_the_receiver_by_tens_of_ppm_at_most(made: list[pl.DataFrame]) -> None:
    """Real air shows -10 to -122 ppm; ours is the difference of two drifts of -60 to 20."""
    for table in made:
        beacons = steadiest(table)
        own, stamps = beacons["wlan.fixed.timestamp"].to_numpy() * 1e-6, beacons["time_ns"].to_numpy() / 1e9
        drift = np.polyfit(stamps - stamps[0], own - own[0] - (stamps - stamps[0]), 1)[0]
        assert 1e-7 < abs(drift) < 130e-6


def test_the_share_of_retries_is_of_the_size_of_real_ones(real: list[pl.DataFrame], made: list[pl.DataFrame]) -> None:
    """Real: data 0 to 11 %, management 0 to 14 %, between places that differ as ours do."""
    theirs = [retries(table, 2) for table in real]
    ours = [retries(table, 2) for table in made]
    assert max(theirs) < 0.15
    assert max(ours) < 0.25
    assert np.median(ours) < 0.15
    assert any(share > 0 for share in ours)
    assert max(retries(table, 0) for table in made) < 0.2


def test_acknowledgements_come_as_soon_as_real_ones_do(real: list[pl.DataFrame], made: list[pl.DataFrame]) -> None:
    """After a SIFS and the time on the air: real stamps say 10 to 500 µs, by rate and by what the card stamps."""
    theirs = np.median(answers_us(real[0]))
    assert 5 < theirs < 50
    for table in made:
        ours = answers_us(table)
        assert len(ours) > 100
        assert 10 < np.median(ours) < 400
        assert np.percentile(ours, 99) < 1500


def test_the_signal_of_a_still_station_wavers_as_real_ones_do(made: list[pl.DataFrame]) -> None:
    """Real: a standard deviation of 1.2 to 1.6 dB within a few seconds, whole dB."""
    spreads = []
    for table in made:
        for _, group in table.filter(BEACONS & (pl.col("role") == "neighbour")).group_by("wlan.bssid"):
            signal = group["radiotap.dbm_antsignal"].to_numpy()
            spreads += [part.std() for part in np.array_split(signal, max(1, len(signal) // 50)) if len(part) > 30]
    assert 0.8 < np.median(spreads) < 2.2
