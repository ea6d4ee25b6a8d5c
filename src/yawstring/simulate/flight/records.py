"""What the compiled loop holds: the aircraft's constants, its state, an order, a logged instant.

Each class below lists names and types once; :func:`record` makes the NumPy record of it. The classes are protocols: a
record of that dtype has those attributes, in Python and in compiled code. Directions: north is where the drone's own
yaw is 0 (it has no compass: the heading at power-on), east is to its right, down is down. Angles are radians, and
everything else is in SI units unless the name says otherwise.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.void]
"""Records of one of the dtypes below."""

Floats = NDArray[np.float64]


class Craft(Protocol):
    """Constants of one aircraft in one flight, its own deviations included."""

    step_s: float
    mass_kg: float
    most_thrust_n: float
    motor_lag_s: float
    drag_area_m2: float
    rotor_drag: float
    tilt_limit: float
    attitude_rate: float
    attitude_damping: float
    yaw_lag_s: float
    yaw_limit: float
    wind_north: float
    wind_east: float
    gust: float
    gust_time_s: float
    drift: float
    drift_time_s: float
    anchor_s: float
    capacity_c: float
    resistance_ohm: float
    idle_w: float
    hover_w: float
    ambient_c: float
    baro_lag_s: float
    tof_lag_s: float
    velocity_lag_s: float
    takeoff_height_m: float
    takeoff_settle_s: float
    ceiling_m: float
    silence_s: float
    link_notice_s: float


class State(Protocol):
    """Everything that changes in flight: the body, the air, the battery, the autopilot."""

    now_s: float
    # How far the loop is: steps flown, orders heard, instants noted.
    steps: int
    heeded: int
    noted: int
    # The body.
    north: float
    east: float
    down: float
    v_north: float
    v_east: float
    v_down: float
    roll: float
    pitch: float
    yaw: float
    roll_rate: float
    pitch_rate: float
    yaw_rate: float
    thrust: float
    force_x: float
    force_y: float
    force_z: float
    # The air.
    gust_north: float
    gust_east: float
    gust_down: float
    # The battery, and the warmth of the electronics.
    charge: float
    voltage: float
    temperature_c: float
    motor_s: float
    # What sensors have settled to, and by how much the drone misjudges its own motion.
    baro_height: float
    tof_height: float
    seen_north: float
    seen_east: float
    seen_up: float
    slip_north: float
    slip_east: float
    lost_north: float
    lost_east: float
    # The autopilot: what it is doing and since when, what it holds, what it wants.
    mode: int
    since_s: float
    settled_s: float
    deadline_s: float
    busy: int
    hearing: int
    heard_s: float
    sdk: int
    linked: int
    unlinked_s: float
    pads_on: int
    hold_north: float
    hold_east: float
    hold_down: float
    hold_yaw: float
    pace: float
    speed: float
    want_north: float
    want_east: float
    want_down: float
    trim_north: float
    trim_east: float
    trim_down: float
    stick_right: float
    stick_forward: float
    stick_up: float
    stick_yaw: float
    arc_radius: float
    arc_angle: float
    arc_whole: float
    arc_north: float
    arc_east: float
    arc_down: float
    arc_u_north: float
    arc_u_east: float
    arc_u_down: float
    arc_w_north: float
    arc_w_east: float
    arc_w_down: float
    flip_roll: float
    flip_pitch: float
    # What goes to the motors.
    roll_wanted: float
    pitch_wanted: float
    yaw_rate_wanted: float
    thrust_wanted: float


class Order(Protocol):
    """A command as numbers; what ``a`` to ``h`` mean depends on the code."""

    time_s: float
    code: int
    own: int
    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    g: float
    h: float


class Instant(Protocol):
    """The truth at one moment, as the log keeps it."""

    time_s: float
    north_m: float
    east_m: float
    down_m: float
    v_north_m_s: float
    v_east_m_s: float
    v_down_m_s: float
    roll_rad: float
    pitch_rad: float
    yaw_rad: float
    thrust_n: float
    force_x_m_s2: float
    force_y_m_s2: float
    force_z_m_s2: float
    wind_north_m_s: float
    wind_east_m_s: float
    wind_down_m_s: float
    charge: float
    voltage_v: float
    temperature_c: float
    motor_s: float
    baro_height_m: float
    tof_height_m: float
    seen_north_m_s: float
    seen_east_m_s: float
    seen_up_m_s: float
    mode: int
    linked: int
    sdk: int
    pads_on: int


class Marker(Protocol):
    """A mission pad on the ground."""

    number: int
    north: float
    east: float
    yaw: float


def record(fields: type[Any]) -> np.dtype[np.void]:
    """The NumPy record of a class's annotations, in their order.

    Example:
        >>> record(Marker)
        dtype([('number', '<i8'), ('north', '<f8'), ('east', '<f8'), ('yaw', '<f8')])
    """
    kinds = {float: np.float64, int: np.int64}
    return np.dtype([(name, kinds[kind]) for name, kind in fields.__annotations__.items()])


CRAFT = record(Craft)
STATE = record(State)
ORDER = record(Order)
INSTANT = record(Instant)
MARKER = record(Marker)
