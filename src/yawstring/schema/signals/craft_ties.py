"""Signals of quantities that physics ties together: how far they have come apart.

A tie is a sum of what one quantity changed by and the other does not account for, which fades: over about a second it
shows a jump, over about ten a drift; a constant offset between two sensors has no part in it.
"""

from typing import NamedTuple

from yawstring.schema.signals.craft_fields import (
    AX,
    AY,
    AZ,
    BARO,
    CLOCK,
    HEIGHT,
    PAD_X,
    PAD_Y,
    PAD_YAW,
    PAD_Z,
    PITCH,
    POS_X,
    POS_Y,
    ROLL,
    TOF,
    VX,
    VY,
    VZ,
    YAW,
    need,
)
from yawstring.schema.signals.signal import Signal

SHORT_S, LONG_S = 1.0, 10.0


class Tie(NamedTuple):
    """Quantities that belong together.

    Attributes:
        name: Of its signals.
        unit: Of its residual.
        floor: The residual's size below which nothing is unusual: what rounding alone makes.
        fields: What it needs.
        meaning: What the residual is.
        source: Why they belong together.
    """

    name: str
    unit: str
    floor: float
    fields: tuple[int, ...]
    meaning: str
    source: str


_KINEMATICS = "Kinematics: a place changes by velocity times time"
_NEWTON = "Newton's second law; specific force and gravity in the body's axes"
_ROTOR = "Multirotor: thrust along the body's axis (Mahony, Kumar, Corke 2012)"
_SENSORS = "Two sensors of one quantity; the ground is flat"

TIES: tuple[Tie, ...] = (
    Tie("tof_climb", "m", 0.05, (TOF, VZ), "Change of distance to the ground beyond vertical speed", _KINEMATICS),
    Tie("baro_climb", "m", 0.1, (BARO, VZ), "Change of height by barometer beyond vertical speed", _KINEMATICS),
    Tie("height_climb", "m", 0.1, (HEIGHT, VZ), "Change of height beyond vertical speed", _KINEMATICS),
    Tie("baro_tof", "m", 0.1, (BARO, TOF), "Change of height by barometer beyond distance to the ground", _SENSORS),
    Tie("height_tof", "m", 0.1, (HEIGHT, TOF), "Change of height beyond that of distance to the ground", _SENSORS),
    Tie("pad_tof", "m", 0.05, (PAD_Z, TOF), "Change of height over a pad beyond distance to the ground", _SENSORS),
    Tie("climb_force", "m/s", 0.1, (VZ, AX, AY, AZ, PITCH, ROLL), "Vertical speed beyond acceleration", _NEWTON),
    Tie("pad_turn", "degrees", 2.0, (YAW, PAD_YAW), "Change of yaw beyond that over a pad", _SENSORS),
    Tie("clock", "s", 1.0, (CLOCK,), "Step of the flight's clock beyond the receiver's", "Clocks run alike"),
    Tie(
        "speed_force",
        "m/s",
        0.1,
        (VX, VY, AX, AY, AZ, PITCH, ROLL, YAW),
        "Change of horizontal velocity beyond acceleration, less its usual rate",
        _NEWTON,
    ),
    Tie(
        "speed_tilt",
        "m/s",
        0.1,
        (VX, VY, PITCH, ROLL, YAW),
        "Change of horizontal velocity beyond what tilted thrust gives, less its usual rate, the wind's",
        _ROTOR,
    ),
    Tie("place", "m", 0.1, (POS_X, POS_Y, VX, VY), "Change of place beyond velocity", _KINEMATICS),
    Tie("pad_way", "m", 0.1, (PAD_X, PAD_Y, VX, VY), "Way over a pad beyond the way by velocity", _KINEMATICS),
    Tie("gravity", "m/s²", 0.1, (AX, AY, PITCH, ROLL), "Mean of forces across beyond gravity in them", _NEWTON),
)

TIE_SIGNALS: tuple[Signal, ...] = tuple(
    Signal(
        name=f"craft_{tie.name}_{kind}",
        unit="" if kind == "unusual" else tie.unit,
        modality="physical",
        meaning=f"{tie.meaning}, {text}",
        source=tie.source,
        shows=("fdi",),
        needs=need(*tie.fields),
        memory_s=5 * (SHORT_S if kind == "1s" else LONG_S),
    )
    for tie in TIES
    for kind, text in (
        ("1s", f"over about {SHORT_S:g} s"),
        ("10s", f"over about {LONG_S:g} s"),
        ("unusual", f"over about {SHORT_S:g} s, in its own root mean squares over the {LONG_S:g} s before"),
    )
)
"""Three of each tie, in the order of :data:`TIES`."""
