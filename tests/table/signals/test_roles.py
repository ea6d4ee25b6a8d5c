"""Drone and controller are found from how they speak, soon, and are not lost to an attack or a neighbour."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from support.flights import flight, frames
from yawstring.edge.files import read_table
from yawstring.table.signals.inputs import Inputs, raw_times
from yawstring.table.signals.roles import (
    CONTROLLER,
    DRONE,
    EVERYBODY,
    NOBODY,
    OTHER,
    Roles,
    roles_start,
    roles_step,
)

TITS = Path(__file__).resolve().parents[4] / "shared" / "data" / "tits" / "three_attack_cyber.csv"
FLIGHTS = (
    "benign-crowded", "benign-roaming", "benign-open", "mdk4-deauth", "aireplay-broadcast", "hostapd-twin",
    "airbase-twin", "beacon-flood", "rts-flood", "replay-frames", "command-injection",
)  # fmt: skip
HERE, THERE, STATION, PASSER, ALL = 2, 4, 6, 8, (1 << 48) - 1


def judged(frame: pl.DataFrame, drone: int | None = None) -> Roles:
    times = raw_times(frame)
    assert times is not None
    return roles_step(roles_start(drone), Inputs(frame=frame, time_ns=np.maximum.accumulate(times)))[1]


@pytest.mark.parametrize("name", FLIGHTS)
def test_simulated_drones_are_found_and_kept(name: str) -> None:
    frame = frames(flight(name, 5, "duration_s=8", "traffic.video_mbit_s=0.5"))
    roles = judged(frame)
    honest = frame["wlan.ta"].is_not_null().to_numpy() & (frame["forged"] == 0).to_numpy()
    who, time = frame["role"].to_numpy(), frame["time_ns"].to_numpy()
    drone, found = honest & (who == "drone"), roles.sender == DRONE
    first = int(np.flatnonzero(drone & found)[0])
    said = np.flatnonzero(drone & (frame["wlan.fc.type"] == 2).to_numpy() & (frame["frame.len"] > 200).to_numpy())
    assert time[first] - time[said[5]] < 2e9
    assert found[first:][drone[first:]].all()
    assert not found[honest & (who != "drone") & (who != "attacker")].any()
    pilot = honest & (who == "controller")
    assert (roles.sender[first:][pilot[first:]] == CONTROLLER).all()
    assert not (roles.sender[honest & (who == "neighbour")] == CONTROLLER).any()


def stream(point: int, station: int, start_s: float, seconds: float, every_s: float = 0.1) -> pl.DataFrame:
    """Frames of one length down a link at equal intervals."""
    times = start_s + np.arange(0.0, seconds, every_s)
    return pl.DataFrame({"time_ns": np.round(times * 1e9).astype(np.int64)}).with_columns(
        pl.lit(2).alias("wlan.fc.type"), pl.lit(8).alias("wlan.fc.subtype"), pl.lit(0).alias("wlan.fc.tods"),
        pl.lit(1).alias("wlan.fc.fromds"), pl.lit(0).alias("wlan.fc.retry"), pl.lit(point).alias("wlan.ta"),
        pl.lit(station, pl.Int64).alias("wlan.ra"), pl.lit(point).alias("wlan.bssid"), pl.lit(250).alias("frame.len"),
    )  # fmt: skip


def roles_of(parts: list[pl.DataFrame], drone: int | None = None) -> pl.DataFrame:
    frame = pl.concat(parts).sort("time_ns", maintain_order=True)
    roles = judged(frame, drone)
    return frame.with_columns(sender=roles.sender, receiver=roles.receiver, watched=roles.watched)


def test_another_network_takes_the_place_only_of_one_that_is_gone() -> None:
    made = roles_of([stream(HERE, STATION, 0, 20), stream(THERE, PASSER, 5, 60)])
    there = made.filter(pl.col("wlan.ta") == THERE)
    early = there.filter(pl.col("time_ns") < 49e9)
    assert set(early["sender"]) == {OTHER}
    assert not early["watched"].any()
    late = there.filter(pl.col("time_ns") > 51e9)
    assert set(late["sender"]) == {DRONE}
    assert set(late["receiver"]) == {CONTROLLER}


def test_a_named_drone_is_the_drone_from_the_first_frame() -> None:
    made = roles_of([stream(HERE, STATION, 0, 10), stream(THERE, PASSER, 0, 10)], drone=THERE)
    assert set(made.filter(pl.col("wlan.ta") == THERE)["sender"]) == {DRONE}
    assert set(made.filter(pl.col("wlan.ta") == HERE)["sender"]) == {OTHER}
    assert set(made.filter(pl.col("wlan.ta") == THERE)["receiver"][20:]) == {CONTROLLER}


def test_chance_arrivals_are_no_stream() -> None:
    rng = np.random.default_rng(3)
    frame = stream(HERE, STATION, 0, 3000)
    gaps = rng.exponential(0.05, len(frame))
    busy = frame.with_columns(time_ns=pl.Series(np.cumsum(gaps * 1e9).astype(np.int64)))[:150]
    assert set(judged(busy).sender) == {NOBODY}


def test_who_left_is_followed_to_a_new_address() -> None:
    made = roles_of([stream(HERE, STATION, 0, 10), stream(HERE, PASSER, 14, 10)])
    late = made.filter(pl.col("time_ns") > 16e9)
    assert set(late["sender"]) == {DRONE}
    assert set(late["receiver"]) == {CONTROLLER}


def test_a_frame_for_all_is_received_by_everybody() -> None:
    frame = pl.concat([stream(HERE, STATION, 0, 3), stream(HERE, ALL, 3, 1)])
    assert set(judged(frame).receiver[-5:]) == {EVERYBODY}


def test_the_corpus_has_a_drone_a_controller_and_in_replay_a_third() -> None:
    if not TITS.exists():
        pytest.skip(f"{TITS} is not there")
    table = read_table(TITS).frame
    for recording in (0, 20, 33, 36, 44, 46, 50, 52):
        frame = table.filter(pl.col("recording") == recording)
        roles = judged(frame)
        states = ((frame["udp.srcport"] == 8889) & (frame["udp.dstport"] == 8890)).to_numpy()
        assert (roles.sender[states] == DRONE).all()
        assert (roles.receiver[states] == CONTROLLER).mean() > 0.95
        third = (roles.sender == OTHER).mean()
        assert third > 0.5 if recording >= 45 else third < 0.07, recording
