"""The body moves as mechanics has it: closed forms, balances and invariants."""

import math

import numpy as np
import pytest

from yawstring.simulate.flight import Aircraft, Command, fly
from yawstring.simulate.flight.aircraft import AIR_DENSITY, GRAVITY, STEP_S
from yawstring.simulate.flight.dynamics import CHARGE, OPEN_VOLTS, advance, open_volts
from yawstring.simulate.flight.fitting import IDLE_W, draw_craft, start_state

WEIGHT = Aircraft().mass_kg * GRAVITY


def body(**options):
    """Constants and a state high up in the air."""
    rng = np.random.default_rng(0)
    aircraft = Aircraft(gust_m_s=0.0, start_yaw_deg=0.0, **options)
    crafts, states = draw_craft(aircraft, rng), start_state(aircraft, rng)
    states["down"] = -1000.0
    return crafts, states


def steps(crafts, states, seconds):
    for _ in range(round(seconds / STEP_S)):
        advance(states[0], crafts[0])


def hover(seconds=60.0, **options):
    commands = [Command(0.1, "command"), Command(0.2, "takeoff")]
    commands += [Command(float(at), "command") for at in np.arange(10.0, seconds, 5.0)]
    return fly(commands, seed=3, duration_s=seconds, aircraft=Aircraft(**options))


def test_free_fall_without_air_is_exact():
    crafts, states = body(drag_area_m2=0.0, rotor_drag_kg_s=0.0)
    steps(crafts, states, 2.0)
    assert states["v_down"][0] == pytest.approx(GRAVITY * 2.0, rel=1e-12)
    assert states["down"][0] + 1000.0 == pytest.approx(0.5 * GRAVITY * 4.0, rel=1e-12)
    assert states["force_z"][0] == pytest.approx(0.0, abs=1e-12), "an accelerometer in free fall reads nothing"


@pytest.mark.parametrize("seconds", [0.5, 1.0, 2.0, 15.0])
def test_a_fall_through_air_follows_the_tangens_hyperbolicus(seconds):
    crafts, states = body()
    steps(crafts, states, seconds)
    terminal = math.sqrt(2.0 * WEIGHT / (AIR_DENSITY * Aircraft().drag_area_m2))
    assert states["v_down"][0] == pytest.approx(terminal * math.tanh(GRAVITY * seconds / terminal), rel=2e-3)


@pytest.mark.parametrize(
    ("pitch_deg", "roll_deg", "yaw_deg"), [(-8, 0, 0), (0, 12, 30), (10, -15, 200), (-20, 20, -75)]
)
def test_at_steady_tilt_drag_balances_and_the_accelerometer_shows_gravity(pitch_deg, roll_deg, yaw_deg):
    crafts, states = body()
    pitch, roll, yaw = (math.radians(angle) for angle in (pitch_deg, roll_deg, yaw_deg))
    states["pitch"], states["roll"], states["yaw"] = pitch, roll, yaw
    states["pitch_wanted"], states["roll_wanted"] = pitch, roll
    thrust = WEIGHT / (math.cos(pitch) * math.cos(roll))
    states["thrust"] = states["thrust_wanted"] = thrust
    steps(crafts, states, 60.0)
    # Along the ground: thrust's share against drag, a quadratic in speed.
    turn = _rotation(roll, pitch, yaw)
    pull = -thrust * turn[:2, 2]
    quadratic, linear = (
        0.5 * AIR_DENSITY * Aircraft().drag_area_m2,
        Aircraft().rotor_drag_kg_s * math.sqrt(thrust / WEIGHT),
    )
    speed = max(np.roots([quadratic, linear, -np.linalg.norm(pull)]))
    velocity = np.array([states["v_north"][0], states["v_east"][0]])
    np.testing.assert_allclose(velocity, speed * pull / np.linalg.norm(pull), rtol=2e-3, atol=1e-9)
    assert states["v_down"][0] == pytest.approx(0.0, abs=1e-9)
    force = [states[f"force_{axis}"][0] for axis in "xyz"]
    np.testing.assert_allclose(force, turn.T @ [0.0, 0.0, -GRAVITY], rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("pitch_deg", "roll_deg", "yaw_deg"), [(-8, 0, 0), (0, 12, 30), (10, -15, 200), (-20, 20, -75)]
)
def test_without_drag_the_accelerometer_shows_thrust_alone(pitch_deg, roll_deg, yaw_deg):
    crafts, states = body(drag_area_m2=0.0, rotor_drag_kg_s=0.0)
    states["pitch"], states["roll"], states["yaw"] = np.radians([pitch_deg, roll_deg, yaw_deg])
    states["pitch_wanted"], states["roll_wanted"] = states["pitch"], states["roll"]
    states["thrust"] = states["thrust_wanted"] = 1.3 * WEIGHT
    steps(crafts, states, 1.0)
    np.testing.assert_allclose([states[f"force_{axis}"][0] for axis in "xyz"], [0.0, 0.0, -1.3 * GRAVITY], atol=1e-9)
    # And the motion is that of this force, turned into the world, and gravity.
    motion = 1.3 * GRAVITY * -_rotation(*np.radians([roll_deg, pitch_deg, yaw_deg]))[:, 2] + [0.0, 0.0, GRAVITY]
    np.testing.assert_allclose([states[f"v_{way}"][0] for way in ("north", "east", "down")], motion, rtol=1e-9)


def _rotation(roll, pitch, yaw):
    """Body to world (north, east, down): yaw, then pitch, then roll, as products of plain rotations."""
    about_x = np.array([[1, 0, 0], [0, math.cos(roll), -math.sin(roll)], [0, math.sin(roll), math.cos(roll)]])
    about_y = np.array([[math.cos(pitch), 0, math.sin(pitch)], [0, 1, 0], [-math.sin(pitch), 0, math.cos(pitch)]])
    about_z = np.array([[math.cos(yaw), -math.sin(yaw), 0], [math.sin(yaw), math.cos(yaw), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


@pytest.mark.parametrize("seed", range(5))
def test_without_thrust_no_energy_comes_from_nothing(seed):
    crafts, states = body()
    rng = np.random.default_rng(seed)
    for name in ("v_north", "v_east", "v_down"):
        states[name] = rng.normal(0.0, 8.0)
    states["roll"], states["pitch"] = rng.uniform(-3.0, 3.0, 2)
    energy = []
    for _ in range(600):
        advance(states[0], crafts[0])
        state = states[0]
        energy.append(
            0.5 * (state["v_north"] ** 2 + state["v_east"] ** 2 + state["v_down"] ** 2) - GRAVITY * state["down"]
        )
    assert np.diff(energy).max() < 0.0


def test_the_ground_bears_it():
    crafts, states = body()
    states["down"] = -0.5
    steps(crafts, states, 2.0)
    assert states["down"][0] == states["v_down"][0] == 0.0
    assert states["force_z"][0] == pytest.approx(-GRAVITY)


def test_a_thrust_below_the_weight_lifts_nothing_and_above_it_lifts():
    crafts, states = body()
    states["down"] = 0.0
    states["thrust_wanted"] = 0.99 * WEIGHT
    steps(crafts, states, 2.0)
    assert states["down"][0] == 0.0
    states["thrust_wanted"] = 1.01 * WEIGHT
    steps(crafts, states, 2.0)
    assert states["down"][0] < 0.0


def test_in_a_hover_thrust_is_weight():
    log = hover(gust_m_s=0.0)
    still = log.truth[log.modes() == "hover"]
    assert still["thrust_n"].mean() == pytest.approx(WEIGHT, rel=2e-3)


def test_in_wind_it_holds_its_place_by_leaning_into_it():
    log = hover(wind_m_s=4.0, wind_from_deg=0.0, gust_m_s=0.0, start_yaw_deg=0.0, noise=0.0)
    late = log.truth[log.time_s > 30.0]
    drag = 0.5 * AIR_DENSITY * Aircraft().drag_area_m2 * 16.0 + Aircraft().rotor_drag_kg_s * 4.0
    assert np.degrees(late["pitch_rad"]).mean() == pytest.approx(-math.degrees(math.atan(drag / WEIGHT)), rel=0.03)
    assert np.abs(late["north_m"]).max() < 0.3
    assert np.abs(late["roll_rad"]).max() < 0.01


def test_velocity_is_the_derivative_of_position():
    commands = [
        Command(0.1, "command"),
        Command(0.2, "takeoff"),
        Command(9.0, "go 100 -60 40 60"),
        Command(15.0, "rc 30 20 10 40"),
    ]
    log = fly(
        commands, seed=5, duration_s=20.0, aircraft=Aircraft(state_period_s=0.02, state_jitter_s=0.0, gust_m_s=0.3)
    )
    for place, speed in (("north_m", "v_north_m_s"), ("east_m", "v_east_m_s"), ("down_m", "v_down_m_s")):
        slope = np.diff(log.truth[place]) / 0.02
        mean = 0.5 * (log.truth[speed][1:] + log.truth[speed][:-1])
        np.testing.assert_allclose(slope, mean, atol=0.02)
        assert np.corrcoef(slope, mean)[0, 1] > 0.999


def test_thrust_and_tilt_stay_within_their_limits():
    commands = [
        Command(0.1, "command"),
        Command(0.2, "takeoff"),
        Command(9.0, "rc 100 100 100 100"),
        Command(12.0, "rc -100 -100 -100 0"),
    ]
    log = fly(commands, seed=5, duration_s=20.0, aircraft=Aircraft(gust_m_s=1.0, wind_m_s=3.0))
    assert log.truth["thrust_n"].max() <= Aircraft().thrust_to_weight * WEIGHT
    assert np.degrees(np.abs(log.truth["pitch_rad"])).max() < 32.0
    assert np.degrees(np.abs(log.truth["roll_rad"])).max() < 32.0


def test_gusts_have_the_spread_and_the_memory_they_are_asked_for():
    log = hover(1500.0, gust_m_s=0.8, gust_time_s=2.0, state_period_s=0.1, state_jitter_s=0.0, capacity_ah=10.0)
    wind = log.truth["wind_north_m_s"][log.modes() == "hover"]
    assert wind.std() == pytest.approx(0.8, rel=0.12)
    lag = np.corrcoef(wind[:-20], wind[20:])[0, 1]
    assert lag == pytest.approx(math.exp(-1.0), abs=0.1)
    assert log.truth["wind_down_m_s"].std() == pytest.approx(0.4, rel=0.2)


def test_a_full_battery_hovers_for_about_thirteen_minutes():
    log = hover(1000.0)
    up = log.time_s[log.truth["down_m"] < -0.1]
    assert 12.0 < (up[-1] - up[0]) / 60.0 < 14.0
    assert log.modes()[-1] == "ground", "an empty battery lands by itself"
    assert np.diff(log.truth["charge"]).max() <= 0.0


def test_charge_goes_where_power_over_voltage_says():
    log = hover(120.0)
    rows = log.truth[(log.time_s > 20.0) & (log.time_s < 100.0)]
    ideal = WEIGHT**1.5 / math.sqrt(2.0 * AIR_DENSITY * 4.0 * math.pi * 0.038**2)
    watts = IDLE_W + ideal / 0.245 * (rows["thrust_n"] / WEIGHT) ** 1.5
    amperes = watts / rows["voltage_v"]
    used = np.sum(0.5 * (amperes[1:] + amperes[:-1]) * np.diff(rows["time_s"])) / 3600.0
    assert 1.1 * (rows["charge"][0] - rows["charge"][-1]) == pytest.approx(used, rel=2e-3)


@pytest.mark.parametrize("charge", np.linspace(0.0, 1.0, 41))
def test_open_voltage_is_its_table(charge):
    assert open_volts(charge) == pytest.approx(np.interp(charge, CHARGE, OPEN_VOLTS))


def test_voltage_sags_under_load_and_recovers():
    commands = [Command(0.1, "command"), Command(2.0, "takeoff"), Command(15.0, "land")]
    log = fly(commands, seed=1, duration_s=30.0)
    volts = log.truth["voltage_v"]
    assert volts[log.time_s < 2.0].min() - volts[(log.time_s > 8.0) & (log.time_s < 14.0)].max() > 0.1
    assert volts[-1] > volts[(log.time_s > 8.0) & (log.time_s < 14.0)].max() + 0.1
