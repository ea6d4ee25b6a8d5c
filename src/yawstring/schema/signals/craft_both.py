"""Signals of the aircraft's words beside its frames: one without the other, and motion without whoever steers."""

from yawstring.schema.signals.craft_fields import ANY_STATE, VX, VY, VZ, YAW, need
from yawstring.schema.signals.signal import Signal

LONG_S = 10.0
MOST_SILENCE_S = 60.0
ALONE_S = 5.0
"""After so long without data from the controller nothing that it asked is still being done."""

_FRAMES = ("wlan.fc.type", "wlan.ta")
_SOURCE = "Cross-check of the link and of what is said over it"
_LOST = ("evil_twin", "dos", "jamming", "fdi")


def _both(
    name: str, unit: str, meaning: str, shows: tuple[str, ...], memory_s: float, *needs: tuple[str, ...]
) -> Signal:
    return Signal(
        name=f"both_{name}",
        unit=unit,
        modality="fused",
        meaning=meaning,
        source=_SOURCE,
        shows=shows,
        needs=(*_FRAMES, *needs),
        memory_s=memory_s,
    )


BOTH_SIGNALS: tuple[Signal, ...] = (
    _both(
        "frames_alone_s",
        "s",
        f"How long the drone's data frames have gone on since its last state, {MOST_SILENCE_S:g} s at most",
        _LOST,
        MOST_SILENCE_S,
        ANY_STATE,
    ),
    _both(
        "states_alone_s",
        "s",
        f"How long states have gone on since the drone's last data frame, {MOST_SILENCE_S:g} s at most",
        _LOST,
        MOST_SILENCE_S,
        ANY_STATE,
    ),
    _both(
        "way_unasked_10s",
        "m",
        f"Way by velocity, over about {LONG_S:g} s, done {ALONE_S:g} s and more after the controller's last data frame",
        ("fdi", "replay", "evil_twin"),
        5 * LONG_S + ALONE_S,
        *need(VX, VY, VZ),
    ),
    _both(
        "turn_unasked_10s",
        "degrees",
        f"Turn, over about {LONG_S:g} s, done {ALONE_S:g} s and more after the controller's last data frame",
        ("fdi", "replay", "evil_twin"),
        5 * LONG_S + ALONE_S,
        *need(YAW),
    ),
    _both(
        "asked_in_vain_10s",
        "frames/s",
        f"The controller's data frames a second, over about {LONG_S:g} s, while the aircraft says it does not move",
        ("fdi", "replay", "evil_twin"),
        5 * LONG_S,
        *need(VX, VY, VZ, YAW),
    ),
)
