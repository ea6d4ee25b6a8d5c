"""What the drone says of itself: steps, ranges, noise, and the likeness to real states."""

import math
import time

import numpy as np
import polars as pl
import pytest

from yawstring.simulate.flight import STYLES, Aircraft, Command, Pad, fly, pilot
from yawstring.wire.tello import STATE_FIELDS, parse_state

PADS = (Pad(number=3, north_m=0.0, east_m=0.0), Pad(number=7, north_m=0.8, east_m=0.4, yaw_deg=120.0))


def hover(seed=1, seconds=120.0, **options):
    commands = [Command(0.1, "command"), Command(8.0, "takeoff")]
    commands += [Command(float(at), "command") for at in np.arange(20.0, seconds, 5.0)]
    log = fly(commands, seed=seed, duration_s=seconds, aircraft=Aircraft(**options))
    return log, log.modes() == "hover"


@pytest.fixture(scope="module")
def tits_states(ten_blocks):
    """The states of the T-ITS evil-twin block: a real Tello, hovering."""
    rows = [line.split(",") for line in ten_blocks.read_text("utf-8-sig").splitlines()]
    first = next(at for at, row in enumerate(rows) if row[:2] == ["timestamp_p", "mid"])
    last = next(at for at in range(first + 1, len(rows)) if not rows[at][0].isdigit())
    names = [name for name in rows[first] if name and name != "class"]
    return pl.DataFrame({name: [float(row[at]) for row in rows[first + 1 : last]] for at, name in enumerate(names)})


@pytest.fixture(scope="module")
def flights():
    """One flight of each style, in some wind, with mission pads."""
    aircraft = Aircraft(pads=PADS, wind_m_s=1.0, gust_m_s=0.3)
    return [
        fly(pilot(seed, 120.0, style, pads=PADS), seed=seed, duration_s=125.0, aircraft=aircraft)
        for seed, style in enumerate(STYLES)
    ]


def test_every_field_keeps_to_its_steps_and_its_range(flights):
    for log in flights:
        fields = log.states
        assert set(fields) == set(STATE_FIELDS)
        assert all(values.dtype == (np.float64 if name == "baro" else np.int64) for name, values in fields.items())
        assert (fields["h"] % 10 == 0).all()
        assert ((fields["tof"] >= 10) & ((fields["tof"] < 830) | (fields["tof"] == 6553))).all()
        np.testing.assert_array_equal(fields["baro"], np.round(fields["baro"], 2))
        for name in ("pitch", "roll", "yaw", "mpitch", "mroll", "myaw"):
            assert ((fields[name] >= -180) & (fields[name] < 180)).all(), name
        assert ((fields["bat"] >= 0) & (fields["bat"] <= 100)).all()
        assert np.diff(fields["bat"]).max() <= 0
        assert set(np.diff(fields["time"]).tolist()) <= {0, 1}
        assert ((fields["temph"] >= fields["templ"]) & (fields["templ"] > 30) & (fields["temph"] < 90)).all()
        assert set(np.unique(fields["mid"]).tolist()) <= {-1, 3, 7}
        nowhere = fields["mid"] == -1
        assert {
            tuple(row) for row in np.stack([fields[n][nowhere] for n in ("x", "y", "z", "mpitch")], 1).tolist()
        } == {(-100, -100, -100, 0)}


def test_states_leave_ten_times_a_second_with_jitter(flights):
    for log in flights:
        gaps = np.diff(log.time_s)
        assert gaps.mean() == pytest.approx(0.1, rel=0.03)
        assert gaps.min() > 0.05
        assert 0.0005 < gaps.std() < 0.01


def test_a_state_string_says_what_the_fields_hold(flights):
    log = flights[0]
    for row in (0, 200, len(log) - 1):
        values, reason = parse_state(log.state_text(row))
        assert reason == ""
        assert values == {name: float(log.states[name][row]) for name in STATE_FIELDS}
    assert log.state_texts()[200] == log.state_text(200)


def test_only_an_edu_has_pad_fields():
    log = fly([Command(0.1, "command")], seed=1, duration_s=1.0, aircraft=Aircraft(edu=False))
    assert log.state_text(0).startswith(b"pitch:")
    assert log.state_texts()[0] == log.state_text(0)


def test_ideal_sensors_only_lag_and_round():
    log, still = hover(noise=0.0, gust_m_s=0.0, ground_elevation_m=100.0, start_yaw_deg=-80.0)
    truth, fields = log.truth[still], {name: values[still] for name, values in log.states.items()}
    assert np.abs(fields["tof"] - 100 * (-truth["down_m"] + 0.02)).max() <= 0.6
    assert np.abs(fields["baro"] - 100 + truth["down_m"]).max() <= 0.011
    assert set(fields["yaw"].tolist()) == {-80}
    for name in ("pitch", "roll", "vgx", "vgy", "vgz", "agx", "agy"):
        assert np.abs(fields[name]).max() <= 1, name
    assert np.abs(fields["agz"] + 1000).max() <= 2


def test_on_the_ground_it_says_so():
    log = fly([Command(0.1, "command")], seed=4, duration_s=60.0)
    fields = log.states
    assert set(fields["tof"].tolist()) == {10}
    assert set(fields["h"].tolist()) == set(fields["time"].tolist()) == {0}
    assert all(not fields[name].any() for name in ("vgx", "vgy", "vgz"))
    assert abs(fields["agz"].mean() + 1000) < 30
    assert 0 <= fields["bat"][0] - fields["bat"][-1] <= 3, "about 1 % in 40 s"
    assert set(fields["mid"].tolist()) == {-2}
    assert set(fields["x"].tolist()) == {-200}


@pytest.mark.parametrize("seed", range(4))
def test_three_heights_agree_within_their_noise(seed):
    log, still = hover(seed, pads=PADS)
    good = still & (log.states["tof"] < 800)
    tof, baro, h = (log.states[name][good].astype(float) for name in ("tof", "baro", "h"))
    rest = log.time_s < 8.0
    rise = baro - log.states["baro"][rest].mean()
    assert np.abs(rise - tof / 100).max() < 1.2, "a barometer wanders by some decimetres"
    assert np.diff(baro).std() / math.sqrt(2) == pytest.approx(0.03, rel=0.3)
    assert np.diff(tof).std() / math.sqrt(2) < 1.5
    assert np.abs(h - tof).max() < 50


def test_speeds_are_those_of_the_body(flights):
    for log in flights:
        assert np.abs(log.states["vgx"] - 10 * log.truth["v_north_m_s"]).max() < 4
        assert np.abs(log.states["vgy"] - 10 * log.truth["v_east_m_s"]).max() < 4
        assert np.abs(log.states["vgz"] + 10 * log.truth["v_down_m_s"]).max() < 5
        up = log.states["vgz"] > 3
        assert (log.truth["v_down_m_s"][up] < 0).all(), "climbing is positive"


def test_pads_are_seen_from_over_them(flights):
    for log in flights:
        seen = log.states["mid"] == 7
        pad = PADS[1]
        away = np.hypot(log.truth["north_m"] - pad.north_m, log.truth["east_m"] - pad.east_m)
        assert (away[seen] < 0.8).all()
        turn = math.radians(pad.yaw_deg)
        x = (log.truth["north_m"] - pad.north_m) * math.cos(turn) + (log.truth["east_m"] - pad.east_m) * math.sin(turn)
        assert np.abs(log.states["x"][seen] - 100 * x[seen]).max(initial=0) < 6
        assert np.abs(log.states["z"][seen] + 100 * log.truth["down_m"][seen]).max(initial=0) < 6


def test_nothing_comes_back_from_beyond_the_range():
    commands = [Command(0.1, "command"), Command(0.2, "takeoff"), Command(10.0, "up 500"), Command(20.0, "up 400")]
    log = fly(commands, seed=1, duration_s=32.0)
    far = -log.truth["down_m"] > 8.2
    assert far.sum() > 20
    assert set(log.states["tof"][far].tolist()) == {6553}


def test_it_warms_up_in_flight():
    log, _ = hover(seconds=200.0)
    assert log.states["temph"][-1] > log.states["temph"][0] + 3


def test_the_same_seed_gives_the_same_bits():
    def once(seed):
        log = fly(pilot(5, 40.0, "sticks"), seed=seed, duration_s=45.0)
        return log.truth.tobytes(), b"".join(log.state_texts()), log.responses

    assert once(7) == once(7) == once(np.random.default_rng(7))
    assert once(7)[1] != once(8)[1]


def test_the_seed_is_kept():
    assert fly([], seed=11, duration_s=1.0).seed == 11
    assert fly([], seed=np.random.default_rng(11), duration_s=1.0).seed is None


def test_ten_minutes_fly_in_well_under_a_second():
    script = pilot(1, 590.0, "sticks")
    fly(script[:10], seed=1, duration_s=1.0)
    began = time.process_time()
    log = fly(script, seed=1, duration_s=600.0)
    flown = time.process_time()
    log.state_texts()
    assert flown - began < 1.0
    assert time.process_time() - flown < 0.4


# Real states: ranges and step sizes.


def test_steps_of_real_logs(tello_logs):
    simulated = fly(pilot(2, 290.0, "moves"), seed=2, duration_s=300.0).states
    real = pl.concat([pl.read_csv(path) for path in tello_logs])
    assert set((real["h"] % 10).to_list()) == {0.0}
    assert real["tof"].min() == simulated["tof"].min() == 10
    for name in ("vgx", "vgy", "vgz", "yaw", "bat"):
        assert (real[name] == real[name].round()).all(), name
    assert real["yaw"].min() >= -180
    # Most of the time a drone that hovers says that it does not move.
    assert np.mean(simulated["vgx"] == 0) > 0.5


def test_vertical_speed_has_the_sign_of_a_real_one(tello_logs):
    def agreement(rows):
        climbed, speed = np.diff(rows["h"].to_numpy()), rows["vgz"].to_numpy()
        return float(np.sum(climbed * (speed[1:] + speed[:-1])))

    log = fly(pilot(2, 290.0, "sticks"), seed=2, duration_s=300.0)
    every_second = pl.DataFrame({name: log.states[name][::10] for name in ("h", "vgz")})
    assert max(agreement(pl.read_csv(path)) for path in tello_logs) > 0
    assert agreement(every_second) > 0


def test_a_real_take_off_keeps_its_sender_waiting_as_long(tello_logs):
    gaps = [np.diff(pl.read_csv(path)["t"].to_numpy()) for path in tello_logs]
    real = max(gap.max() for gap in gaps)
    log = fly([Command(0.1, "command"), Command(1.0, "takeoff")], seed=1, duration_s=12.0)
    assert log.responses[-1].time_s - 1.0 == pytest.approx(real, rel=0.25), "the logger blocks on take-off"


def test_noise_of_a_hover_is_that_of_a_real_one(tits_states):
    """The T-ITS excerpt holds 4 s of a Tello in a hover, every field."""
    log, still = hover(2, 60.0)
    rows = np.flatnonzero(still)[50:90]
    for name, factor in (("baro", 2.0), ("tof", 3.0), ("agx", 3.5), ("agy", 3.5), ("agz", 3.5)):
        real = np.diff(tits_states[name].to_numpy().astype(float)).std()
        ours = np.diff(log.states[name][rows].astype(float)).std()
        assert real / factor < ours < real * factor, (name, real, ours)
    for name in ("vgx", "vgy", "vgz", "pitch", "roll"):
        assert np.abs(log.states[name][rows] - np.median(log.states[name][rows])).max() <= 2
    gap = tits_states["temph"] - tits_states["templ"]
    ours = log.states["temph"] - log.states["templ"]
    assert ours.min() <= gap.max()
    assert ours.max() >= gap.min()
