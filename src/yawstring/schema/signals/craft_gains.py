"""Signals of proportion: by how much a velocity changes for each unit that forces or tilt account for.

A true aircraft's are near 1, whatever it does. A velocity that is frozen has 0, one that is doubled 2, and a tilt that
is doubled a half: what keeps every sum right shows here, as soon as the aircraft moves.
"""

from typing import NamedTuple

from yawstring.schema.signals.craft_fields import AX, AY, AZ, PITCH, ROLL, VX, VY, VZ, YAW, need
from yawstring.schema.signals.signal import Signal

SHORT_S, LONG_S = 1.0, 10.0


class Gain(NamedTuple):
    """What is held against what.

    Attributes:
        name: Of its signal.
        fields: What it needs.
        meaning: Whose gain over what.
    """

    name: str
    fields: tuple[int, ...]
    meaning: str


GAINS: tuple[Gain, ...] = (
    Gain("climb", (VZ, AX, AY, AZ, PITCH, ROLL), "vertical velocity over that by acceleration"),
    Gain("force", (VX, VY, AX, AY, AZ, PITCH, ROLL, YAW), "horizontal velocity over that by acceleration"),
    Gain("tilt", (VX, VY, PITCH, ROLL, YAW), "horizontal velocity over what tilted thrust gives"),
)

GAIN_SIGNALS: tuple[Signal, ...] = tuple(
    Signal(
        name=f"craft_gain_{gain.name}_10s",
        unit="",
        modality="physical",
        meaning=f"Gain over about {LONG_S:g} s of changes of {gain.meaning}; null while it hardly moves",
        source="Least squares; Newton's second law",
        shows=("fdi",),
        needs=need(*gain.fields),
        memory_s=5 * (LONG_S + SHORT_S),
    )
    for gain in GAINS
)
"""One of each of :data:`GAINS`."""
