"""Signals of steps from one state to the next: a body has mass, and its quantities do not jump."""

from typing import NamedTuple

from yawstring.schema.signals.craft_fields import (
    AX,
    AY,
    AZ,
    BARO,
    BATTERY,
    HEIGHT,
    HOT,
    PITCH,
    ROLL,
    TOF,
    VX,
    VY,
    VZ,
    YAW,
    need,
)
from yawstring.schema.signals.signal import Signal

HORIZONS_S = (1.0, 10.0)
USUAL_S = 10.0


class Jump(NamedTuple):
    """Fields whose step is looked at together.

    Attributes:
        name: Of its signals.
        unit: Of a step.
        fields: Which; the step is the length of theirs.
        floor: Step that rounding alone makes.
        meaning: What its step is.
    """

    name: str
    unit: str
    fields: tuple[int, ...]
    floor: float
    meaning: str


JUMPS: tuple[Jump, ...] = (
    Jump("tof", "m", (TOF,), 0.01, "step of the distance to the ground"),
    Jump("baro", "m", (BARO,), 0.01, "step of the height by barometer"),
    Jump("height", "m", (HEIGHT,), 0.1, "step of the height"),
    Jump("speed", "g", (VX, VY), 0.1, "step of the horizontal velocity, as acceleration"),
    Jump("climb", "g", (VZ,), 0.1, "step of the vertical velocity, as acceleration"),
    Jump("attitude", "degrees", (PITCH, ROLL), 1.0, "step of pitch and roll"),
    Jump("yaw", "degrees", (YAW,), 1.0, "step of the yaw"),
    Jump("force", "m/s²", (AX, AY, AZ), 0.02, "step of the specific force"),
    Jump("battery", "%", (BATTERY,), 1.0, "step of the battery's charge"),
    Jump("temperature", "°C", (HOT,), 1.0, "step of the temperature"),
)

JUMP_SIGNALS: tuple[Signal, ...] = tuple(
    Signal(
        name=f"craft_jump_{jump.name}_{kind}",
        unit="" if kind == "unusual" else jump.unit,
        modality="physical",
        meaning=f"Largest {jump.meaning} from one state to the next, of {text}",
        source="Newton's second law; a data sheet's 1.9 times the weight of thrust",
        shows=("fdi",),
        needs=need(*jump.fields),
        memory_s=memory_s,
    )
    for jump in JUMPS
    for kind, text, memory_s in (
        ("1s", "the last 0.5 to 1 s", 1.0),
        ("10s", "the last 5 to 10 s", 10.0),
        ("unusual", f"the last 0.5 to 1 s, in root mean squares of those of about {USUAL_S:g} s", 5 * USUAL_S + 1.0),
    )
)
"""Three of each of :data:`JUMPS`."""
