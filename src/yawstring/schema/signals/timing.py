"""Signals of when the watched link speaks, is silent and is answered."""

from collections.abc import Mapping

from yawstring.schema.signals.grid import DATA_LANES, HORIZONS_S, MEMORY, Measure, grid
from yawstring.schema.signals.signal import Signal

PACES: Mapping[str, str] = {
    **DATA_LANES,
    "beacon": "beacons of the drone",
    "management": "management frames of drone and controller, but beacons",
}
"""Frames whose pace is followed, one kind each."""

_DCF = "IEEE 802.11-2020, 10.3"
_LINK = ("wlan.ta", "wlan.fc.type")
_CUTS = ("dos", "jamming", "flood", "evil_twin")

PACE_SIGNALS: tuple[Signal, ...] = (
    *grid(
        "pace",
        PACES,
        (
            Measure(
                name="frames",
                meaning="Frames a second, {lane}",
                unit="frames/s",
                source=_DCF,
                shows=("dos", "replay", "evil_twin", "fdi"),
            ),
            Measure(
                name="unevenness",
                meaning="Standard deviation of the time between frames over its mean, {lane}",
                unit="",
                source="V. Paxson and S. Floyd, IEEE/ACM ToN 1995",
                shows=("dos", "replay", "evil_twin", "jamming"),
            ),
            Measure(
                name="bursts",
                meaning="Share that comes within 3 ms of the frame before, {lane}",
                unit="",
                source="aireplay-ng -0: 2 ms apart",
                shows=("dos", "replay"),
            ),
            Measure(
                name="gap",
                meaning="Longest time between two frames, log2(1 + ms), {lane}",
                unit="log2",
                source=_DCF,
                shows=_CUTS,
            ),
        ),
    ),
    *(
        signal
        for lane, about in PACES.items()
        for signal in (
            Signal(
                name=f"pace_{lane}_silence",
                unit="log2",
                modality="cyber",
                meaning=f"Time since the latest, log2(1 + ms), {about}",
                source=_DCF,
                shows=_CUTS,
                needs=_LINK,
                memory_s=60.0,
            ),
            Signal(
                name=f"pace_{lane}_change",
                unit="log2",
                modality="cyber",
                meaning=f"Frames a second over about 1 s against about 10 s, log2 of the ratio, {about}",
                source=_DCF,
                shows=("dos", "replay", *_CUTS[1:]),
                needs=_LINK,
                memory_s=MEMORY * HORIZONS_S[-1],
            ),
        )
    ),
)
"""Of each kind's pace."""

ANSWER_SIGNALS: tuple[Signal, ...] = grid(
    "answer",
    {"drone": "frames of the drone", "controller": "frames of the controller"},
    (
        Measure(
            name="missing",
            meaning="Share of {lane} to one receiver that no acknowledgement follows",
            unit="",
            source="IEEE 802.11-2020, 10.3.2.11",
            shows=("jamming", "flood", "dos", "evil_twin", "replay"),
            needs=("wlan.ra",),
        ),
        Measure(
            name="unasked",
            meaning="Acknowledgements a second of {lane} that were not heard",
            unit="frames/s",
            source="IEEE 802.11-2020, 10.3.2.11",
            shows=("jamming", "evil_twin"),
            needs=("wlan.ra",),
        ),
    ),
)
"""Of acknowledgements."""
