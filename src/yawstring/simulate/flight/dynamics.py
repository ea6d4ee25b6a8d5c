"""The body in the air, one step at a time: forces, attitude, ground, battery, and the slow parts of the sensors.

The body is a point mass that carries an attitude. Thrust acts along the body's own axis and follows its command through
the motors' first-order lag. Drag has a part that grows with the square of airspeed (the body) and one that grows with
airspeed and rotor speed (the rotors; Mahony, Kumar and Corke, "Multirotor aerial vehicles", 2012, on induced drag).
Roll and pitch follow their commands as a damped second-order loop and yaw rate as a first-order one: that is what is
left of the rigid body's rotation once its own fast controller has closed the loop, and all that ten states a second can
show.
"""

import math

from yawstring.compiled import compiled, compiled_part
from yawstring.simulate.flight.aircraft import AIR_DENSITY, GRAVITY
from yawstring.simulate.flight.records import Craft, State

FORCE_LAG_S = 0.02
"""The accelerometer's own filter."""

CHARGE_POINTS = 8
CHARGE = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
OPEN_VOLTS = (3.30, 3.55, 3.65, 3.73, 3.80, 3.90, 4.02, 4.20)
"""Open-circuit voltage of one lithium-polymer cell over its charge: the usual shape of the chemistry."""

WARMING_IDLE_C = 41.0
WARMING_FLIGHT_C = 47.0
WARMING_TIME_S = 90.0
"""Warmth of the electronics over the air's: on the ground without an air stream, in flight with full load."""


@compiled
def advance(state: State, craft: Craft) -> None:
    """Move the body by one step under the thrust and attitude that are wanted."""
    step = craft.step_s
    state.thrust += (min(max(state.thrust_wanted, 0.0), craft.most_thrust_n) - state.thrust) * (
        1.0 - math.exp(-step / craft.motor_lag_s)
    )
    _turn(state, craft)
    weight = craft.mass_kg * GRAVITY
    air_north = state.v_north - craft.wind_north - state.gust_north
    air_east = state.v_east - craft.wind_east - state.gust_east
    air_down = state.v_down - state.gust_down
    airspeed = math.sqrt(air_north * air_north + air_east * air_east + air_down * air_down)
    drag = 0.5 * AIR_DENSITY * craft.drag_area_m2 * airspeed + craft.rotor_drag * math.sqrt(state.thrust / weight)
    sin_roll, cos_roll = math.sin(state.roll), math.cos(state.roll)
    sin_pitch, cos_pitch = math.sin(state.pitch), math.cos(state.pitch)
    sin_yaw, cos_yaw = math.sin(state.yaw), math.cos(state.yaw)
    # The body's own downward axis in the world: thrust points against it.
    down_north = cos_roll * sin_pitch * cos_yaw + sin_roll * sin_yaw
    down_east = cos_roll * sin_pitch * sin_yaw - sin_roll * cos_yaw
    force_north = -(state.thrust * down_north + drag * air_north) / craft.mass_kg
    force_east = -(state.thrust * down_east + drag * air_east) / craft.mass_kg
    force_down = -(state.thrust * cos_roll * cos_pitch + drag * air_down) / craft.mass_kg
    if state.down >= 0.0 and state.v_down >= 0.0 and force_down + GRAVITY >= 0.0:
        # The ground bears what the thrust does not, and friction holds the feet.
        state.down = state.v_north = state.v_east = state.v_down = 0.0
        force_north, force_east, force_down = 0.0, 0.0, -GRAVITY
    else:
        _move(state, step, force_north, force_east, force_down + GRAVITY)
    _feel(state, step, force_north, force_east, force_down)


@compiled_part
def _feel(state: State, step: float, north: float, east: float, down: float) -> None:
    """Bring the specific force, in the world, to the accelerometer: into the body's axes, through its filter."""
    sin_roll, cos_roll = math.sin(state.roll), math.cos(state.roll)
    sin_pitch, cos_pitch = math.sin(state.pitch), math.cos(state.pitch)
    sin_yaw, cos_yaw = math.sin(state.yaw), math.cos(state.yaw)
    forward, right = north * cos_yaw + east * sin_yaw, east * cos_yaw - north * sin_yaw
    below = sin_pitch * forward + cos_pitch * down
    blend = 1.0 - math.exp(-step / FORCE_LAG_S)
    state.force_x += (cos_pitch * forward - sin_pitch * down - state.force_x) * blend
    state.force_y += (cos_roll * right + sin_roll * below - state.force_y) * blend
    state.force_z += (cos_roll * below - sin_roll * right - state.force_z) * blend


@compiled_part
def _turn(state: State, craft: Craft) -> None:
    """Let the attitude follow what is wanted; the rates stand still on the ground."""
    step, rate = craft.step_s, craft.attitude_rate
    damping = 2.0 * craft.attitude_damping * rate
    if state.down >= 0.0:
        state.roll_wanted = state.pitch_wanted = 0.0
    state.roll_rate += (rate * rate * (state.roll_wanted - state.roll) - damping * state.roll_rate) * step
    state.pitch_rate += (rate * rate * (state.pitch_wanted - state.pitch) - damping * state.pitch_rate) * step
    state.yaw_rate += (state.yaw_rate_wanted - state.yaw_rate) * (1.0 - math.exp(-step / craft.yaw_lag_s))
    state.roll += state.roll_rate * step
    state.pitch += state.pitch_rate * step
    state.yaw += state.yaw_rate * step


@compiled_part
def _move(state: State, step: float, a_north: float, a_east: float, a_down: float) -> None:
    """Velocity and position under an acceleration held over the step: exact where it is constant."""
    state.north += (state.v_north + 0.5 * a_north * step) * step
    state.east += (state.v_east + 0.5 * a_east * step) * step
    state.down += (state.v_down + 0.5 * a_down * step) * step
    state.v_north += a_north * step
    state.v_east += a_east * step
    state.v_down += a_down * step
    if state.down > 0.0:
        state.down = state.v_north = state.v_east = state.v_down = 0.0


@compiled_part
def breathe(state: State, craft: Craft, n: float, e: float, d: float, slip_n: float, slip_e: float) -> None:
    """Gusts and the drone's misjudgement of its own drift, both Ornstein-Uhlenbeck, from five standard normals.

    A gust of that kind has the spectrum of the Dryden model's longitudinal component (MIL-F-8785C).
    """
    keep = math.exp(-craft.step_s / craft.gust_time_s)
    spread = craft.gust * math.sqrt(1.0 - keep * keep)
    state.gust_north = keep * state.gust_north + spread * n
    state.gust_east = keep * state.gust_east + spread * e
    state.gust_down = keep * state.gust_down + 0.5 * spread * d
    keep = math.exp(-craft.step_s / craft.drift_time_s)
    spread = craft.drift * math.sqrt(1.0 - keep * keep)
    state.slip_north = keep * state.slip_north + spread * slip_n
    state.slip_east = keep * state.slip_east + spread * slip_e
    if state.down >= 0.0:
        state.slip_north = state.slip_east = 0.0
    else:
        state.lost_north += (state.slip_north - state.lost_north / craft.anchor_s) * craft.step_s
        state.lost_east += (state.slip_east - state.lost_east / craft.anchor_s) * craft.step_s


@compiled
def open_volts(charge: float) -> float:
    """Open-circuit voltage of the cell at a charge of 0 to 1."""
    for point in range(1, CHARGE_POINTS):
        if charge <= CHARGE[point]:
            share = (charge - CHARGE[point - 1]) / (CHARGE[point] - CHARGE[point - 1])
            return OPEN_VOLTS[point - 1] + share * (OPEN_VOLTS[point] - OPEN_VOLTS[point - 1])
    return OPEN_VOLTS[CHARGE_POINTS - 1]


@compiled_part
def drain(state: State, craft: Craft) -> None:
    """Battery and warmth over one step: power is constant, so that current rises as the voltage falls.

    Hovering power goes with thrust to 3/2, as momentum theory has it.
    """
    load = state.thrust / (craft.mass_kg * GRAVITY)
    power = craft.idle_w + craft.hover_w * load * math.sqrt(load)
    volts = open_volts(state.charge)
    inside = max(volts * volts - 4.0 * craft.resistance_ohm * power, 0.0)
    state.voltage = 0.5 * (volts + math.sqrt(inside))
    state.charge = max(state.charge - power / state.voltage * craft.step_s / craft.capacity_c, 0.0)
    warming = WARMING_IDLE_C + (WARMING_FLIGHT_C - WARMING_IDLE_C) * min(load, 1.0)
    state.temperature_c += (craft.ambient_c + warming - state.temperature_c) * craft.step_s / WARMING_TIME_S


@compiled_part
def settle(state: State, craft: Craft) -> None:
    """The slow parts of the sensors: each follows the truth through a first-order lag."""
    step = craft.step_s
    height = -state.down
    state.baro_height += (height - state.baro_height) * (1.0 - math.exp(-step / craft.baro_lag_s))
    upright = max(math.cos(state.roll) * math.cos(state.pitch), 0.2)
    state.tof_height += (height / upright - state.tof_height) * (1.0 - math.exp(-step / craft.tof_lag_s))
    blend = 1.0 - math.exp(-step / craft.velocity_lag_s)
    state.seen_north += (state.v_north + state.slip_north - state.seen_north) * blend
    state.seen_east += (state.v_east + state.slip_east - state.seen_east) * blend
    state.seen_up += (-state.v_down - state.seen_up) * blend
