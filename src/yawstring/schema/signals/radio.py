"""Signals of the radio: how strong the watched link is received against its own past, at which rates, in what noise."""

from collections.abc import Mapping

from yawstring.schema.signals.grid import DATA_LANES, HORIZONS_S, MEMORY, Measure, grid
from yawstring.schema.signals.signal import Signal

PLACES: Mapping[str, str] = {
    "beacon": "beacons of the drone",
    "drone": "other frames of the drone that aren't management",
    "controller": "frames of the controller that aren't management",
}
"""Frames that one radio in one place should have sent, one kind each."""

APART: Mapping[str, str] = {
    **PLACES,
    "management": "management frames of drone and controller, but beacons",
    "ack": "acknowledgements by the drone",
}
"""Frames that are held against the level of their sender."""

_LEVEL = "radiotap.org, dBm antenna signal; Y. Sheng et al., INFOCOM 2008"
_DBM = ("wlan_radio.signal_dbm",)
_TWO_PLACES = ("evil_twin", "dos", "replay", "fdi")
_RATE = ("wlan_radio.data_rate",)

LEVEL_SIGNALS: tuple[Signal, ...] = (
    *grid(
        "level",
        PLACES,
        (
            Measure(
                name="roughness",
                meaning="Root mean square of half the difference from the frame before, {lane}",
                unit="dB",
                source="J. von Neumann, 1941; " + _LEVEL,
                shows=_TWO_PLACES,
                needs=_DBM,
            ),
            Measure(
                name="spread",
                meaning="Standard deviation of the signal, {lane}",
                unit="dB",
                source=_LEVEL,
                shows=_TWO_PLACES,
                needs=_DBM,
            ),
            Measure(
                name="jump",
                meaning="Largest difference from the frame before, {lane}",
                unit="dB",
                source=_LEVEL,
                shows=_TWO_PLACES,
                needs=_DBM,
            ),
        ),
    ),
    *grid(
        "level",
        APART,
        (
            Measure(
                name="apart",
                meaning="Mean distance from the sender's level of 10 s, {lane}",
                unit="dB",
                source=_LEVEL,
                shows=_TWO_PLACES,
                needs=_DBM,
            ),
        ),
    ),
    Signal(
        name="level_fall_1s",
        unit="dB",
        modality="cyber",
        meaning="Mean signal of the drone over about 10 s less that over about 1 s",
        source=_LEVEL,
        shows=("jamming",),
        needs=("wlan.ta", "wlan.fc.type", *_DBM),
        memory_s=MEMORY * HORIZONS_S[-1],
    ),
)
"""Of the received signal."""

NOISE_SIGNALS: tuple[Signal, ...] = (
    Signal(
        name="noise_rise_1s",
        unit="dB",
        modality="cyber",
        meaning="Mean noise over about 1 s less that over about 10 s, whoever sends",
        source="radiotap.org, dBm antenna noise; W. Xu et al., MobiHoc 2005",
        shows=("jamming",),
        needs=("wlan_radio.noise_dbm",),
        memory_s=MEMORY * HORIZONS_S[-1],
    ),
)
"""Of the noise."""

RATE_SIGNALS: tuple[Signal, ...] = grid(
    "rate",
    DATA_LANES,
    (
        Measure(
            name="changes",
            meaning="Share sent at another rate than the frame before, {lane}",
            unit="",
            source="IEEE 802.11-2020, 10.6",
            shows=("replay", "fdi", "evil_twin", "jamming"),
            needs=_RATE,
        ),
        Measure(
            name="preambles",
            meaning="Share sent with another preamble than the frame before, {lane}",
            unit="",
            source="IEEE 802.11-2020, 15.2, 16.2, 17.3, 19.3",
            shows=("replay", "fdi", "evil_twin"),
            needs=("wlan_radio.preamble",),
        ),
        Measure(
            name="spread",
            meaning="Standard deviation of log2 of the rate, {lane}",
            unit="log2",
            source="IEEE 802.11-2020, 10.6",
            shows=("replay", "fdi", "evil_twin", "jamming"),
            needs=_RATE,
        ),
        Measure(
            name="apart",
            meaning="Mean distance of log2 of the rate from its mean of 10 s, {lane}",
            unit="log2",
            source="IEEE 802.11-2020, 10.6",
            shows=("jamming", "replay", "fdi"),
            needs=_RATE,
        ),
    ),
)
"""Of the rate and the preamble."""
