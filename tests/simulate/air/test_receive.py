"""The monitor: how strong, how steady, what is lost, and that it treats everybody alike."""

from dataclasses import replace

import numpy as np
import pytest

from support.street import ATTACKER, BODIES, DRONE, NEIGHBOUR, STREET, beacons, station, street
from yawstring.errors import OptionError
from yawstring.simulate.air import Aired, Environment, Noise, Receiver, Track, air

FLAT = Environment(shadow_db=0.0, stray_loss=0.0)
HERE = Receiver(track=Track.still((0.0, 0.0, 0.0)), antenna_dbi=0.0)


def _beacons_of(
    stations: list[object], seconds: float, receiver: Receiver, environment: Environment, seed: int
) -> Aired:
    offers = np.concatenate([beacons(index, 0, int(seconds * 1e6)) for index in range(len(stations))])
    return air(offers, BODIES, stations, receiver, seed=seed, environment=environment)  # type: ignore[arg-type]


@pytest.mark.parametrize("exponent", [2.0, 3.3])
def test_power_falls_with_distance_by_the_exponent(exponent: float) -> None:
    metres = (1.0, 2.0, 5.0, 12.0, 30.0)
    stations = [
        replace(station(DRONE), name=f"s{index}", track=Track.still((far, 0.0, 0.0)), power_dbm=20.0)
        for index, far in enumerate(metres)
    ]
    offers = np.concatenate(
        [beacons(0, 0, 40_000_000, transmitter=index, address2=index + 2) for index in range(len(metres))]
    )
    offers["time_us"] += 3000 * offers["transmitter"]
    aired = air(offers, BODIES, stations, HERE, seed=3, environment=replace(FLAT, exponent=exponent))
    means = [aired.signal_dbm[aired.transmitter == index].mean() for index in range(len(metres))]
    slope, at_one_metre = np.polyfit(np.log10(metres), means, 1)
    assert slope == pytest.approx(-10 * exponent, abs=1.0)
    assert at_one_metre == pytest.approx(20 - 40, abs=1.0)


def test_signal_is_as_steady_as_real_air_when_all_is_still() -> None:
    spreads = []
    for seed in range(4):
        aired = _beacons_of([STREET[0]], 60, Receiver(), Environment(), seed)
        spreads.append(aired.signal_dbm.std())
    assert 1.0 < np.median(spreads) < 1.9


def test_shadowing_has_its_spread_and_fades_with_the_way_moved() -> None:
    ground = Environment(shadow_db=4.0, fading_still_db=0.0, fading_moving_db=0.0)
    levels = [_beacons_of([STREET[0]], 1, HERE, ground, seed).signal_dbm.mean() for seed in range(150)]
    assert np.std(levels) == pytest.approx(4.0, abs=1.0)
    walk = Track(times_s=(0.0, 400.0), points=((50.0, -400.0, 0.0), (50.0, 400.0, 0.0)))
    far = [station(DRONE, track=walk, power_dbm=40.0)]
    level = _beacons_of(far, 400, HERE, replace(ground, exponent=0.001), 5).signal_dbm.astype(float)
    level -= level.mean()
    per_second = round(1e6 / 102_400)
    correlation = [np.mean(level[lag:] * level[: len(level) - lag]) / level.var() for lag in (2, 4 * per_second)]
    assert correlation[0] > 0.85  # 0.4 m: exp(-0.05)
    assert correlation[1] == pytest.approx(np.exp(-1), abs=0.25)  # 8 m


def test_distance_costs_frames() -> None:
    shares = []
    for metres in (5.0, 60.0, 1500.0):
        receiver = Receiver(track=Track.still((metres, 0.0, 1.0)))
        aired = air(street(3), BODIES, STREET, receiver, seed=2, environment=Environment(shadow_db=0.0))
        shares.append(1 - aired.missed / aired.sent)
    assert shares[0] > 0.95
    assert shares[0] > shares[1] > shares[2]
    assert shares[2] < 0.3


def test_noise_costs_frames_while_it_lasts() -> None:
    offers = beacons(DRONE, 0, 20_000_000)
    part = Noise(start_s=5.0, end_s=10.0, channel=1, power_dbm=0.0, track=Track.still((4.0, 0.5, 1.0)))
    aired = air(offers, BODIES, STREET, Receiver(), seed=2, environment=Environment(epoch_ns=0), noise=[part])
    inside = (aired.time_ns > 5e9) & (aired.time_ns < 10e9)
    assert inside.sum() < 0.3 * 49
    assert (~inside).sum() > 0.95 * 147


def test_a_hopping_receiver_hears_each_channel_in_its_turn() -> None:
    offers = np.concatenate(
        [
            beacons(DRONE, 0, 20_000_000),
            beacons(NEIGHBOUR, 1, 20_000_000, channel=6),
            beacons(ATTACKER, 1, 20_000_000, channel=11),
        ]
    )
    receiver = Receiver(hops=((0.5, 1), (0.5, 6)), retune_s=0.02, stamp_jitter_us=0.0)
    aired = air(offers, BODIES, STREET, receiver, seed=2, environment=Environment(epoch_ns=0))
    within = aired.time_ns % 1_000_000_000 / 1e9
    assert set(aired.transmitter) == {DRONE, NEIGHBOUR}
    on_one = aired.transmitter == DRONE
    assert ((within[on_one] >= 0.02) & (within[on_one] <= 0.5)).all()
    assert (within[~on_one] >= 0.52).all()
    assert 60 < on_one.sum() < 120


def test_stamps_rise_and_drift_with_the_receivers_clock() -> None:
    aired = air(
        beacons(DRONE, 0, 100_000_000),
        BODIES,
        [station(DRONE)],
        Receiver(drift_ppm=40.0),
        seed=2,
        environment=Environment(epoch_ns=10**18),
    )
    assert (np.diff(aired.time_ns) >= 0).all()
    span = (aired.time_ns[-1] - aired.time_ns[0]) / 1000 / 102_400
    assert (span / round(span) - 1) * 1e6 == pytest.approx(40, abs=2)


def test_the_attacker_is_heard_as_anybody_is() -> None:
    """At the same place with the same power, an attacker's frames have the same level, spread and losses."""
    place = Track.still((6.0, 3.0, 1.0))
    heard: dict[int, list[float]] = {DRONE: [], ATTACKER: []}
    lost = []
    for seed in range(30):
        stations = [station(index, track=place, power_dbm=15.0) for index in range(4)]
        offers = np.concatenate([beacons(DRONE, 0, 4_000_000), beacons(ATTACKER, 0, 4_000_000)])
        aired = air(offers, BODIES, stations, Receiver(), seed=seed)
        for index, levels in heard.items():
            levels.append(float(aired.signal_dbm[aired.transmitter == index].mean()))
        lost.append(aired.missed)
    difference = np.mean(heard[DRONE]) - np.mean(heard[ATTACKER])
    assert abs(difference) < 4 * np.hypot(np.std(heard[DRONE]), np.std(heard[ATTACKER])) / np.sqrt(30)
    assert 0 < np.mean(lost) < 8


def test_only_one_of_two_colliding_frames_is_captured(street_air: Aired) -> None:
    assert (np.diff(street_air.time_ns) >= 0).all()
    assert street_air.missed > 0
    assert street_air.sent == street_air.missed + len(street_air.time_ns)


def test_offers_that_point_nowhere_are_refused() -> None:
    good = street(0.5)
    wrong = {
        "transmitter": 9,
        "to": 4,
        "channel": 14,
        "body": 3,
        "rate": 28,
        "random": 3000,
        "time_us": -1,
        "after": 10**6,
        "copy_of": len(good) - 1,
    }
    for field, value in wrong.items():
        offers = good.copy()
        offers[field][0] = value
        with pytest.raises(OptionError, match="offer 0"):
            air(offers, BODIES, STREET, Receiver(), seed=1)


def test_places_that_make_no_sense_are_refused() -> None:
    for make in (
        lambda: Track(times_s=(0.0,), points=()),
        lambda: Receiver(antennas=3),
        lambda: Receiver(hops=((1.0, 14),)),
        lambda: station(0, role="spy"),
        lambda: station(0, rates=()),
        lambda: station(0, address=1 << 48),
    ):
        with pytest.raises(OptionError):
            make()
