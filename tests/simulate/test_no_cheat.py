"""Nothing but behaviour tells an attacker: the rules that keep a detector from cheating, each with a test."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import balanced_accuracy_score
from tests.support.flights import frames

from yawstring.edge.simulations import read_scenario
from yawstring.simulate.air import Station
from yawstring.simulate.run import simulate
from yawstring.simulate.scenario import draw, parse_scenario
from yawstring.simulate.scene import make_scene

BUSY = """
duration_s = 5
security = "{security}"
[pilot]
airborne_s = 16
[traffic]
video_mbit_s = 0.3
[controller]
drops_per_min = 12
[neighbours]
comings_per_min = 30
restarts_per_min = 6
load_hz = [2, 10]
"""
"""Real stations leave and are sent away often, so that each subtype has frames of both sides."""

EARLY = "onset_s = 0.2\nlength_s = 2.2\n"
LATE = "onset_s = 2.2\nlength_s = 2.6\n"
GENTLE = EARLY + "rate_hz = 20\nreserve_us = 200\n"

ATTACKS = {
    "open": (
        ("command_injection", EARLY + "rate_hz = 10\n"), ("telemetry_bias", EARLY + 'place = "injected"\n'),
        ("airbase_twin", LATE + "lure = true\n"), ("disassociation", LATE + "rate_hz = 20\n"),
    ),
    "wpa2": (
        ("frame_replay", EARLY), ("frame_replay", EARLY), ("mdk4_deauth", LATE),
        ("disassociation", LATE + "rate_hz = 20\n"),
    ),
}  # fmt: skip
EVERYWHERE = (
    ("aireplay_deauth", LATE), ("hostapd_twin", LATE + "lure = true\n"), ("mdk4_twin", EARLY), ("beacon_flood", EARLY),
    ("cts_flood", GENTLE), ("cts_flood", GENTLE), ("rts_flood", GENTLE), ("rts_flood", GENTLE),
)  # fmt: skip
"""Many attackers in one flight, each with a place and a power of its own, so that few flights show many of them."""

FLIGHTS = 64
FRAMES_EACH = 8
"""Of each transmitter, subtype and flight: none counts for more than another."""

FEWEST_FLIGHTS = 12
MOST = 0.60
SUBTYPE = ["wlan.fc.type", "wlan.fc.subtype"]


def headers(made: pl.DataFrame, number: int) -> pl.DataFrame:
    """Radio headers of the frames of attackers, drones and access points."""
    radio = [name for name in made.columns if name.startswith(("radiotap.", "wlan_radio."))]
    point = (pl.col("role") == "drone") | pl.col("transmitter").str.contains(r"^neighbour-\d+$")
    hostile = pl.col("role") == "attacker"
    kept = made.filter(point | hostile).select(
        *(pl.col(name).cast(pl.Float64) for name in radio),
        *SUBTYPE,
        "transmitter",
        hostile=hostile,
        flight=pl.lit(number),
    )
    order = pl.int_range(pl.len()).shuffle(seed=number).over(*SUBTYPE, "transmitter")
    return kept.filter(order < FRAMES_EACH).drop("transmitter")


def flown(seed: int, count: int, *changes: str) -> pl.DataFrame:
    tables = []
    for i in range(count):
        security = ("open", "wpa2")[i % 2]
        attacks = "".join(f"[[attack]]\nkind = '{kind}'\n{keys}" for kind, keys in (*ATTACKS[security], *EVERYWHERE))
        scenario = parse_scenario(BUSY.format(security=security) + attacks, file="busy.toml", changes=changes)
        tables.append(headers(frames(simulate(scenario, seed + i)), i))
    return pl.concat(tables)


def told_apart(table: pl.DataFrame, left_out: Sequence[str] = ()) -> dict[tuple[int, int], float]:
    """Balanced accuracy on held-out flights of a forest on single headers, for each subtype of both sides."""
    radio = [name for name in table.columns if name.startswith(("radiotap.", "wlan_radio.")) and name not in left_out]
    found = {}
    for key, group in table.group_by(*SUBTYPE, maintain_order=True):
        flights = group.group_by("hostile").agg(pl.col("flight").n_unique())
        if len(flights) < 2 or flights["flight"].min() < FEWEST_FLIGHTS:
            continue
        values = group.select(radio).fill_null(-999.0).to_numpy()
        hostile, odd = group["hostile"].to_numpy(), group["flight"].to_numpy() // 2 % 2 == 1
        scores = []
        for test in (odd, ~odd):
            forest = RandomForestClassifier(40, min_samples_leaf=3, class_weight="balanced", random_state=1)
            forest.fit(values[~test], hostile[~test])
            scores.append(balanced_accuracy_score(hostile[test], forest.predict(values[test])))
        found[key] = float(np.mean(scores))
    return found


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return flown(10_000, FLIGHTS)


@pytest.mark.parametrize("left_out", [(), ("radiotap.mactime",)], ids=["whole header", "without its clock"])
def test_one_radio_header_does_not_tell_an_attacker_from_a_drone_or_access_point(
    table: pl.DataFrame, left_out: Sequence[str]
) -> None:
    scores = told_apart(table, left_out)
    # Beacons, probe responses, disassociations, de-authentications, RTS, CTS, ACKs and QoS data at the least.
    assert {(0, 8), (0, 5), (0, 10), (0, 12), (1, 11), (1, 12), (1, 13), (2, 8)} <= set(scores)
    assert {key: score for key, score in scores.items() if score > MOST} == {}


def test_an_attacker_that_shouts_is_told_apart() -> None:
    """The test above can fail: here attackers are far louder than any station, and it shows."""
    loud = flown(20_000, 24, "attack.power_dbm=33", "drone.power_dbm=0", "neighbours.power_dbm=0")
    assert max(told_apart(loud).values()) > 0.75


def test_every_transmitter_has_the_one_radio_layout(table: pl.DataFrame) -> None:
    """What is there depends on the kind of rate and on the receiver, never on who sent."""
    radio = [name for name in table.columns if name.startswith("radiotap.")]
    for _, group in table.group_by("flight", "wlan_radio.phy"):
        there = group.select("hostile", shape=pl.concat_str([pl.col(name).is_null().cast(pl.Int8) for name in radio]))
        assert len(set(there["shape"])) == 1


def _drawn(station: Station) -> list[float]:
    far = float(np.hypot(*station.track.points[0][:2]))
    epoch_s = station.tsf_epoch_us / 1e6
    return [station.power_dbm, far, station.drift_ppm, epoch_s, station.first_sequence, max(station.rates)]


def test_attackers_draw_place_power_clock_and_counters_as_everybody_does() -> None:
    scenario = read_scenario("disassociation")
    scenes = [make_scene(draw(scenario, seed)) for seed in range(300)]

    drone = np.array([_drawn(scene.stations[0]) for scene in scenes])
    attacker = np.array([_drawn(scene.stations[scene.attackers[0]]) for scene in scenes])
    spread = np.sqrt(drone.var(0) / 300 + attacker.var(0) / 300)
    assert (np.abs(drone.mean(0) - attacker.mean(0)) < 4 * spread).all()
    assert len({scene.bssid for scene in scenes}) == len({scene.epoch_ns for scene in scenes}) == 300
