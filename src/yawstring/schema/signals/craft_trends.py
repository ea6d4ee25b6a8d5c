"""Signals of where the aircraft's quantities go: charge and warmth, which have one way, and how it moves."""

from yawstring.schema.signals.craft_fields import (
    AX,
    AY,
    AZ,
    BATTERY,
    HEIGHT,
    HOT,
    PITCH,
    ROLL,
    TOF,
    VX,
    VY,
    VZ,
    WARM,
    YAW,
    need,
)
from yawstring.schema.signals.signal import Signal

SHORT_S, LONG_S = 1.0, 10.0


def _trend(name: str, unit: str, meaning: str, source: str, shows: tuple[str, ...], *fields: int) -> Signal:
    horizon_s = LONG_S if name.endswith("10s") else SHORT_S
    return Signal(
        name=f"craft_{name}",
        unit=unit,
        modality="physical",
        meaning=meaning,
        source=source,
        shows=shows,
        needs=need(*fields),
        memory_s=5 * horizon_s,
    )


_BATTERY = "A battery in use loses charge, about 8 % a minute of a hover (Tello data sheet: 13 minutes)"
_WARMTH = "Warmth follows power slowly"
_MOVES = "Kinematics"

TREND_SIGNALS: tuple[Signal, ...] = (
    _trend("battery_rise_10s", "%", "Charge gained, over about 10 s", _BATTERY, ("fdi",), BATTERY),
    _trend("battery_fall_10s", "%", "Charge lost, over about 10 s", _BATTERY, ("fdi",), BATTERY),
    _trend("temperature_10s", "°C", "Size of the change of temperature, over about 10 s", _WARMTH, ("fdi",), HOT),
    _trend(
        "temperature_gap_10s",
        "°C",
        "Size of the change between highest and lowest temperature, over about 10 s",
        _WARMTH,
        ("fdi",),
        HOT,
        WARM,
    ),
    Signal(
        name="craft_airborne",
        unit="",
        modality="physical",
        meaning="1 when the aircraft says it is off the ground, else 0",
        source=_MOVES,
        needs=((*need(TOF)[0], *need(HEIGHT)[0]),),
    ),
    _trend("speed_1s", "m/s", "Mean horizontal speed, over about 1 s", _MOVES, (), VX, VY),
    _trend("climb_1s", "m/s", "Mean upward speed, over about 1 s", _MOVES, (), VZ),
    _trend("turn_1s", "degrees/s", "Mean size of the yaw's rate, over about 1 s", _MOVES, ("fdi",), YAW),
    _trend("tilt_1s", "degrees", "Mean tilt, over about 1 s", _MOVES, (), PITCH, ROLL),
    _trend("shaking_1s", "m/s²", "Mean size of steps of the specific force, over about 1 s", _MOVES, (), AX, AY, AZ),
)
