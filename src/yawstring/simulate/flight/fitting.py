"""One aircraft of its kind: constants with the small deviations that each has, and where it stands at the start."""

import math

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.flight.aircraft import AIR_DENSITY, GRAVITY, STEP_S, Aircraft
from yawstring.simulate.flight.dynamics import WARMING_IDLE_C, open_volts
from yawstring.simulate.flight.records import CRAFT, STATE

PROPELLER_RADIUS_M = 0.038
PROPELLERS = 4
DRIVE_EFFICIENCY = 0.245
"""Shaft, blade and motor losses together, such that a full battery hovers for about 13 minutes."""

IDLE_W = 3.8
"""Processor, camera and radio: real drones lose 1 % in 40 s on the ground."""

DRIFT_M_S = 0.04
DRIFT_TIME_S = 2.0
ANCHOR_S = 20.0
"""How badly it judges its speed from the picture of the ground, for how long, and when it knows the place again.

Together about 0.2 m of wandering in a hover, as the mission-pad columns of real flights show.
"""

COULOMBS_PER_AH = 3600.0


def draw_craft(aircraft: Aircraft, rng: np.random.Generator) -> NDArray[np.void]:
    """``CRAFT[1]``: the constants of the loop."""
    weight = aircraft.mass_kg * GRAVITY
    towards = math.radians(aircraft.wind_from_deg + 180.0)
    disc = PROPELLERS * math.pi * PROPELLER_RADIUS_M**2
    values = {
        "step_s": STEP_S,
        "mass_kg": aircraft.mass_kg,
        "most_thrust_n": aircraft.thrust_to_weight * weight,
        "motor_lag_s": 0.05,
        "drag_area_m2": aircraft.drag_area_m2,
        "rotor_drag": aircraft.rotor_drag_kg_s,
        "tilt_limit": math.radians(25.0),
        "attitude_rate": 12.0,
        "attitude_damping": 0.85,
        "yaw_lag_s": 0.15,
        "yaw_limit": math.radians(rng.uniform(55.0, 75.0)),
        "wind_north": aircraft.wind_m_s * math.cos(towards),
        "wind_east": aircraft.wind_m_s * math.sin(towards),
        "gust": aircraft.gust_m_s,
        "gust_time_s": aircraft.gust_time_s,
        "drift": DRIFT_M_S * aircraft.noise,
        "drift_time_s": DRIFT_TIME_S,
        "anchor_s": ANCHOR_S,
        "capacity_c": aircraft.capacity_ah * COULOMBS_PER_AH,
        "resistance_ohm": rng.uniform(0.045, 0.075),
        "idle_w": IDLE_W,
        "hover_w": weight**1.5 / math.sqrt(2.0 * AIR_DENSITY * disc) / DRIVE_EFFICIENCY,
        "ambient_c": aircraft.ambient_c,
        "baro_lag_s": 0.15,
        "tof_lag_s": 0.06,
        "velocity_lag_s": 0.08,
        "takeoff_height_m": rng.uniform(0.70, 0.95),
        "takeoff_settle_s": rng.uniform(2.2, 3.0),
        "ceiling_m": aircraft.ceiling_m,
        "silence_s": aircraft.silence_s,
        "link_notice_s": aircraft.link_notice_s,
    }
    return np.array([tuple(values[name] for name in CRAFT.names or ())], CRAFT)


def start_state(aircraft: Aircraft, rng: np.random.Generator) -> NDArray[np.void]:
    """``STATE[1]``: on the ground, motors off, switched on a little while ago."""
    drawn_yaw = rng.uniform(-180.0, 180.0)
    state = np.zeros(1, STATE)
    state["yaw"] = math.radians(drawn_yaw if aircraft.start_yaw_deg is None else aircraft.start_yaw_deg)
    state["force_z"] = -GRAVITY
    state["charge"] = aircraft.battery_pct / 100.0
    state["voltage"] = open_volts(aircraft.battery_pct / 100.0)
    state["temperature_c"] = aircraft.ambient_c + WARMING_IDLE_C - rng.uniform(2.0, 12.0)
    state["linked"] = 1
    state["busy"] = -1
    state["unlinked_s"] = -1.0
    state["speed"] = 1.0
    state["pads_on"] = int(bool(aircraft.pads))
    return state
