"""Signals that come in rows and columns: each measure, of each lane, over each horizon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yawstring.schema.signals.signal import Signal

HORIZONS_S = (1.0, 10.0)
"""Time constants of what fades."""

MEMORY = 5
"""Time constants that what fades looks back."""

DATA_LANES: Mapping[str, str] = {
    "drone": "data of the drone",
    "controller": "data of the controller",
}
"""What a lane's short name means: frames by sender, or by who is named as the sender."""

LANES: Mapping[str, str] = {**DATA_LANES, "management": "management frames of drone and controller"}


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What is measured of every lane.

    Attributes:
        name: The part of the signal's name that says what.
        meaning: One line, in which ``{lane}`` stands for the lane.
        unit: As :class:`~yawstring.schema.signals.Signal` has it; so are the others.
        source: ...
        shows: ...
        needs: ...
    """

    name: str
    meaning: str
    unit: str
    source: str
    shows: tuple[str, ...] = ()
    needs: tuple[str | tuple[str, ...], ...] = ()


def grid(
    area: str, lanes: Mapping[str, str], measures: Sequence[Measure], horizons_s: Sequence[float] = HORIZONS_S
) -> tuple[Signal, ...]:
    """A signal for each measure, lane and horizon: ``area_lane_measure_horizon``, lanes outermost.

    Example:
        >>> measure = Measure(name="gap", meaning="Gap in {lane}", unit="s", source="clock")
        >>> [signal.name for signal in grid("timing", {"drone": "its data"}, [measure])]
        ['timing_drone_gap_1s', 'timing_drone_gap_10s']
    """
    return tuple(
        Signal(
            name=f"{area}_{lane}_{measure.name}_{horizon_s:g}s",
            unit=measure.unit,
            modality="cyber",
            meaning=f"{measure.meaning.format(lane=about)}, over about {horizon_s:g} s",
            source=measure.source,
            shows=measure.shows,
            needs=("wlan.ta", "wlan.fc.type", *measure.needs),
            memory_s=MEMORY * horizon_s,
        )
        for lane, about in lanes.items()
        for measure in measures
        for horizon_s in horizons_s
    )
