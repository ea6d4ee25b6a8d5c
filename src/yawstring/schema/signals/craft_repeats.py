"""Signals of what was said before and is said again: runs of states that repeat earlier ones, one for one."""

from typing import NamedTuple

from yawstring.schema.signals.craft_fields import AX, AY, AZ, BARO, HEIGHT, PITCH, ROLL, TOF, VX, VY, VZ, YAW, need
from yawstring.schema.signals.signal import Signal

MOST_LAG_S = 60.0
"""A repeat of what was said longer ago is not looked for."""

SHARE_S = 10.0


class Said(NamedTuple):
    """Fields that are compared together.

    Attributes:
        name: Of its signals.
        fields: Which.
        states: How many states in a row make a phrase; the less noise, the more.
        changes: How many of them must differ from the one before: what stands still repeats itself by nature.
    """

    name: str
    fields: tuple[int, ...]
    states: int
    changes: int


SAID: tuple[Said, ...] = (
    Said("state", (HEIGHT, TOF, BARO, VX, VY, VZ, AX, AY, AZ, PITCH, ROLL, YAW), 2, 2),
    Said("height", (HEIGHT, TOF, BARO), 4, 3),
    Said("force", (AX, AY, AZ), 3, 3),
    Said("speed", (VX, VY), 10, 5),
    Said("attitude", (PITCH, ROLL), 10, 5),
)

SEGMENT_SIGNALS: tuple[Signal, ...] = tuple(
    Signal(
        name=f"craft_repeat_{said.name}_{kind}",
        unit=unit,
        modality="physical",
        meaning=f"{text} what was said of {said.name} at most {MOST_LAG_S:g} s before",
        source="Noise does not come twice; replay of recorded measurements",
        shows=("fdi", "replay"),
        needs=need(*said.fields),
        memory_s=MOST_LAG_S + 5 * SHARE_S,
    )
    for said in SAID
    for kind, unit, text in (
        ("s", "s", "How long the aircraft has been repeating, state for state,"),
        (f"{SHARE_S:g}s", "", f"Share of states, over about {SHARE_S:g} s, that repeat, state for state,"),
    )
)
"""Two of each of :data:`SAID`."""
