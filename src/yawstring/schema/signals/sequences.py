"""Signals of the sequence numbers: which are left out, said twice, late, or of a second count."""

from yawstring.schema.signals.grid import LANES, Measure, grid
from yawstring.schema.signals.signal import Signal

_SEQUENCE = "IEEE 802.11-2020, 10.3.2.14"
_SPOOFED = "F. Guo and T. Chiueh, RAID 2005"
_NUMBER = ("wlan.seq",)
_RETRY = ("wlan.fc.retry", "wlan.flags")
_UNDER_A_NAME = ("dos", "replay", "evil_twin", "fdi")

SEQUENCE_SIGNALS: tuple[Signal, ...] = grid(
    "sequence",
    LANES,
    (
        Measure(
            name="missing",
            meaning="Share of the sequence numbers that were not heard, of {lane}",
            unit="",
            source=_SEQUENCE,
            shows=("jamming", "flood"),
            needs=_NUMBER,
        ),
        Measure(
            name="repeats",
            meaning="Share that says the latest number again, of {lane}",
            unit="",
            source=_SEQUENCE,
            shows=_UNDER_A_NAME,
            needs=_NUMBER,
        ),
        Measure(
            name="regresses",
            meaning="Share that is up to 64 numbers behind, of {lane}",
            unit="",
            source=_SEQUENCE,
            shows=_UNDER_A_NAME,
            needs=_NUMBER,
        ),
        Measure(
            name="unmarked",
            meaning="Numbers a second that are said again or late without the retry bit, of {lane}",
            unit="frames/s",
            source="IEEE 802.11-2020, 9.2.4.1.6; mdk4 d: heard + 1",
            shows=_UNDER_A_NAME,
            needs=(*_NUMBER, _RETRY),
        ),
        Measure(
            name="jumps",
            meaning="Numbers a second that are more than 64 from any count of the sender, of {lane}",
            unit="frames/s",
            source=_SPOOFED,
            shows=_UNDER_A_NAME,
            needs=_NUMBER,
        ),
        Measure(
            name="switches",
            meaning="Changes a second between two counts under one name, of {lane}",
            unit="frames/s",
            source=_SPOOFED,
            shows=_UNDER_A_NAME,
            needs=_NUMBER,
        ),
        Measure(
            name="retries",
            meaning="Share with the retry bit, of {lane}",
            unit="",
            source="IEEE 802.11-2020, 9.2.4.1.6",
            shows=("jamming", "flood"),
            needs=(_RETRY,),
        ),
    ),
)
"""In the order of the group's columns."""
