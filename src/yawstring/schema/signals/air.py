"""Signals of the air as a whole, whoever speaks."""

from yawstring.schema.signals.signal import Signal

HORIZONS_S = (1.0, 10.0)
"""Time constants of counts that fade."""

AIR_SIGNALS: tuple[Signal, ...] = tuple(
    Signal(
        name=f"air_frames_{horizon_s:g}s",
        unit="frames/s",
        modality="cyber",
        meaning=f"Frames a second, whoever sends them, over about {horizon_s:g} s",
        source="IEEE 802.11-2020, 9.2",
        shows=("flood", "jamming"),
        memory_s=5 * horizon_s,
    )
    for horizon_s in HORIZONS_S
)
