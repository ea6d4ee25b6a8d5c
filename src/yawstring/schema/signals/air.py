"""Signals of the air as a whole, whoever speaks."""

from yawstring.schema.signals.signal import Signal

HORIZONS_S = (1.0, 10.0)
"""Time constants of counts that fade."""

_DOT11 = "IEEE 802.11-2020, 9.2"
_KIND = ("wlan.fc.type",)
_FLOODS = ("flood", "jamming")

AIR_COUNTED: tuple[tuple[str, str, str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("frames", "frames/s", "Frames a second, whoever sends them", _DOT11, _FLOODS, ()),
    ("octets", "octets/s", "Octets a second, whoever sends them", _DOT11, _FLOODS, ("frame.len",)),
    ("management", "", "Share of frames that are management", _DOT11, ("dos", "flood", "evil_twin"), _KIND),
    ("control", "", "Share of frames that are control: acknowledgements, reservations", _DOT11, ("flood",), _KIND),
    ("data", "", "Share of frames that are data", _DOT11, ("dos", "flood", "jamming"), _KIND),
    ("retries", "", "Share of management and data frames that are sent again", "IEEE 802.11-2020, 9.2.4.1.6",
     ("jamming",), (*_KIND, "wlan.fc.retry")),
    ("bad_fcs", "", "Share of the frames checked whose check sequence is wrong", "IEEE 802.11-2020, 9.2.4.8",
     ("jamming",), ("wlan.fcs.status",)),
    ("rejects", "", "Share of frames that could not be read to their end", "ours", (), ("reject",)),
    ("busy", "", "Share of time that the frames heard take, by their lengths, rates and preambles",
     "IEEE 802.11-2020, 15 to 19", _FLOODS, ("frame.len", "wlan_radio.data_rate")),
    ("others", "", "Share of frames with a transmitter that are of neither drone nor controller", _DOT11,
     ("replay", "fdi", "evil_twin"), ("wlan.ta",)),
    ("transmitters", "", "Transmitters heard, each weighing exp(-age of its last frame / horizon)", _DOT11,
     ("flood", "replay"), ("wlan.ta",)),
    ("transmitters_new", "1/s", "Transmitters heard for the first time", "mdk4 b makes up addresses",
     ("flood", "replay"), ("wlan.ta",)),
)  # fmt: skip
"""What fades: name, unit, meaning, source, what it shows, which columns it needs."""

AIR_SIGNALS: tuple[Signal, ...] = (
    *(
        Signal(
            name=f"air_{name}_{horizon_s:g}s",
            unit=unit,
            modality="cyber",
            meaning=f"{meaning}, over about {horizon_s:g} s",
            source=source,
            shows=shows,
            needs=needs,
            memory_s=5 * horizon_s,
        )
        for name, unit, meaning, source, shows, needs in AIR_COUNTED
        for horizon_s in HORIZONS_S
    ),
    Signal(
        name="air_silence",
        unit="s",
        modality="cyber",
        meaning="Time since any frame was heard; 0 in a row that a frame gives",
        source=_DOT11,
        shows=("jamming", "flood"),
        memory_s=10.0,
    ),
    *(
        Signal(
            name=f"air_silence_longest_{horizon_s:g}s",
            unit="s",
            modality="cyber",
            meaning=f"Longest time between two frames, in the last {horizon_s / 2:g} to {horizon_s:g} s",
            source=_DOT11,
            shows=("jamming", "flood"),
            memory_s=horizon_s,
        )
        for horizon_s in HORIZONS_S
    ),
)
