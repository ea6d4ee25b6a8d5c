"""Signals of values that stay: a sensor that stirs and has stopped is frozen, whatever it says."""

from typing import NamedTuple

from yawstring.schema.signals.craft_fields import (
    ANY_STATE,
    AX,
    AY,
    AZ,
    BARO,
    BATTERY,
    HEIGHT,
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
MOST_HOLD_S = 60.0

_SOURCE = "Stuck-at faults: no sensor of a flying aircraft is without noise"


class Held(NamedTuple):
    """Fields that change together.

    Attributes:
        name: Of its signals.
        fields: Which; it has changed when one of them has.
    """

    name: str
    fields: tuple[int, ...]


HELD: tuple[Held, ...] = (
    Held("baro", (BARO,)),
    Held("tof", (TOF,)),
    Held("height", (HEIGHT,)),
    Held("speed", (VX, VY)),
    Held("climb", (VZ,)),
    Held("attitude", (PITCH, ROLL)),
    Held("yaw", (YAW,)),
    Held("force", (AX, AY, AZ)),
    Held("battery", (BATTERY,)),
)

HOLD_SIGNALS: tuple[Signal, ...] = (
    *(
        Signal(
            name=f"craft_hold_{held.name}_{kind}",
            unit=unit,
            modality="physical",
            meaning=f"Time from the last change of {held.name} to the last state, {text}",
            source=_SOURCE,
            shows=("fdi",),
            needs=need(*held.fields),
            memory_s=MOST_HOLD_S,
        )
        for held in HELD
        for kind, unit, text in (
            ("s", "s", f"{MOST_HOLD_S:g} s at most"),
            ("unusual", "", "in running means of the times it took before"),
        )
    ),
    Signal(
        name="craft_frozen",
        unit="",
        modality="physical",
        meaning="Share of the quantities known that have stayed far longer than they use to",
        source=_SOURCE,
        shows=("fdi",),
        needs=(ANY_STATE,),
        memory_s=MOST_HOLD_S,
    ),
    *(
        Signal(
            name=f"craft_same_{horizon_s:g}s",
            unit="",
            modality="physical",
            meaning=f"Share of states that say what the one before said, but for clock and battery, "
            f"over about {horizon_s:g} s",
            source=_SOURCE,
            shows=("fdi", "replay"),
            needs=(ANY_STATE,),
            memory_s=5 * horizon_s,
        )
        for horizon_s in HORIZONS_S
    ),
)
"""Two of each of :data:`HELD`, then those of the whole state."""
