"""The aircraft and its surroundings: what a flight is flown with.

Masses and times are those of the Ryze Tello's data sheet: 80 g with propellers, a 1.1 Ah, 3.8 V cell, up to 13 minutes
in the air, 3-inch propellers. What no data sheet gives is estimated, and ``docs/explanation/the-simulated-flight.md``
says from what.
"""

from dataclasses import dataclass
from math import inf

from yawstring.errors import OptionError

GRAVITY = 9.80665
"""Standard gravity, m/s²."""

AIR_DENSITY = 1.225
"""Air at sea level and 15 °C, kg/m³."""

STEP_S = 0.005
"""The integrator's step: 200 Hz, a tenth of the fastest time constant."""

PAD_NUMBERS = range(1, 9)


@dataclass(frozen=True, kw_only=True)
class Pad:
    """A mission pad on the ground.

    Attributes:
        number: 1 to 8.
        north_m: Place from the take-off point, along the drone's yaw 0.
        east_m: Place from the take-off point, to the right of yaw 0.
        yaw_deg: Where the pad's own x axis points.
    """

    number: int
    north_m: float
    east_m: float
    yaw_deg: float = 0.0

    def __post_init__(self) -> None:
        if self.number not in PAD_NUMBERS:
            raise OptionError(f"mission pad {self.number}: pads are numbered 1 to 8")


@dataclass(frozen=True, kw_only=True)
class Aircraft:
    """A small quadrotor in its surroundings. The defaults are a Tello indoors, in still air.

    Attributes:
        mass_kg: Take-off mass.
        thrust_to_weight: Most thrust over weight.
        drag_area_m2: Drag coefficient times frontal area, the same from all sides.
        rotor_drag_kg_s: Rotor drag over airspeed at hover thrust.
        wind_m_s: Mean wind.
        wind_from_deg: Where the mean wind comes from, against yaw 0.
        gust_m_s: Standard deviation of the gusts along each horizontal axis; half of it along the vertical.
        gust_time_s: How long a gust lasts (the Dryden model's scale length over airspeed).
        battery_pct: Charge at power-on.
        capacity_ah: Charge of a full battery.
        ambient_c: Temperature of the air, °C.
        ground_elevation_m: Height of the ground as an ideal barometer would give it; the barometer's own error is
            drawn.
        start_yaw_deg: Yaw at power-on of the log; drawn where it is None.
        start_flight_s: Time the motors had run before, seconds.
        state_period_s: Time between two states.
        state_jitter_s: Standard deviation of that time.
        noise: Scale of every sensor's noise and bias; 0 is ideal sensors (that still round).
        edu: The drone has the mission-pad fields (Tello EDU, RoboMaster TT).
        pads: Mission pads on the ground.
        ceiling_m: Height that it will not climb beyond.
        silence_s: Time without a command after which it lands by itself.
        link_notice_s: Time without a link after which it stops and hovers.

    Raises:
        OptionError: A value makes no sense.

    Example:
        >>> Aircraft(wind_m_s=3.0).mass_kg
        0.08
    """

    mass_kg: float = 0.080
    thrust_to_weight: float = 1.9
    drag_area_m2: float = 0.007
    rotor_drag_kg_s: float = 0.020
    wind_m_s: float = 0.0
    wind_from_deg: float = 0.0
    gust_m_s: float = 0.05
    gust_time_s: float = 1.5
    battery_pct: float = 100.0
    capacity_ah: float = 1.1
    ambient_c: float = 22.0
    ground_elevation_m: float = 120.0
    start_yaw_deg: float | None = None
    start_flight_s: float = 0.0
    state_period_s: float = 0.102
    state_jitter_s: float = 0.0015
    noise: float = 1.0
    edu: bool = True
    pads: tuple[Pad, ...] = ()
    ceiling_m: float = 10.0
    silence_s: float = 15.0
    link_notice_s: float = 0.5

    def __post_init__(self) -> None:
        for name, (least, most) in _LIMITS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise OptionError(f"aircraft: {name} is {value:g}, and must be from {least:g} to {most:g}")


_LIMITS = {
    "mass_kg": (0.01, 10.0),
    "thrust_to_weight": (1.2, 10.0),
    "drag_area_m2": (0.0, 1.0),
    "rotor_drag_kg_s": (0.0, 1.0),
    "wind_m_s": (0.0, 15.0),
    "wind_from_deg": (-360.0, 360.0),
    "gust_m_s": (0.0, 5.0),
    "gust_time_s": (0.05, 60.0),
    "battery_pct": (1.0, 100.0),
    "capacity_ah": (0.05, 50.0),
    "ambient_c": (-20.0, 45.0),
    "ground_elevation_m": (-500.0, 9000.0),
    "start_flight_s": (0.0, 1e6),
    "state_period_s": (0.02, 2.0),
    "state_jitter_s": (0.0, 0.02),
    "noise": (0.0, 10.0),
    "ceiling_m": (1.0, 500.0),
    "silence_s": (1.0, inf),
    "link_notice_s": (0.0, inf),
}
