"""Signals of what was said before: packet numbers, packets and payloads, and IPv4 identifications."""

from collections.abc import Mapping

from yawstring.schema.signals.grid import DATA_LANES, HORIZONS_S, Measure, grid
from yawstring.schema.signals.signal import Signal

LINK_LANE: Mapping[str, str] = {"link": "data of drone and controller"}

_PACKET_NUMBER = ("wlan.ccmp.extiv", "wlan.tkip.extiv", "wlan.wep.iv")
_RETRY = ("wlan.fc.retry", "wlan.flags")
_PAYLOAD = ("payload_hash", "data.data")
_CCMP = "IEEE 802.11-2020, 12.5.3.4.4"
_IDENTIFICATION = "RFC 6864"

PACKET_NUMBER_SIGNALS: tuple[Signal, ...] = (
    *grid(
        "packet_number",
        DATA_LANES,
        (
            Measure(
                name="old",
                meaning="Share whose packet number is not above all before, of encrypted {lane}",
                unit="",
                source=_CCMP,
                shows=("replay",),
                needs=(_PACKET_NUMBER,),
            ),
            Measure(
                name="unmarked",
                meaning="Packet numbers a second that are old and without the retry bit, of encrypted {lane}",
                unit="frames/s",
                source=_CCMP,
                shows=("replay",),
                needs=(_PACKET_NUMBER, _RETRY),
            ),
            Measure(
                name="restarts",
                meaning="Packet numbers a second that begin anew, of encrypted {lane}",
                unit="frames/s",
                source="IEEE 802.11-2020, 12.5.3.3.2; M. Vanhoef and F. Piessens, CCS 2017",
                shows=("replay", "dos"),
                needs=(_PACKET_NUMBER,),
            ),
        ),
    ),
    *grid(
        "packet_number",
        LINK_LANE,
        (
            Measure(
                name="depth",
                meaning="Farthest that an old packet number without the retry bit is behind, log2(1 + n), of {lane}",
                unit="log2",
                source=_CCMP,
                shows=("replay",),
                needs=(_PACKET_NUMBER, _RETRY),
            ),
        ),
    ),
)
"""Of the counter of an encrypted network's keys."""

REPEAT_SIGNALS: tuple[Signal, ...] = grid(
    "repeat",
    DATA_LANES,
    (
        Measure(
            name="packets",
            meaning="Packets a second that were sent before, identification and all, and no retry, of {lane}",
            unit="frames/s",
            source="IEEE 802.11-2020, 10.3.2.14",
            shows=("replay",),
            needs=(_PAYLOAD,),
        ),
        Measure(
            name="packet_share",
            meaning="Share of packets that were sent before, identification and all, and no retry, of {lane}",
            unit="",
            source="IEEE 802.11-2020, 10.3.2.14",
            shows=("replay",),
            needs=(_PAYLOAD,),
        ),
        Measure(
            name="payload_share",
            meaning="Share of payloads that were sent before, in another packet or the same, of {lane}",
            unit="",
            source="Tello SDK 2.0: the same command is the same text",
            shows=("replay", "fdi"),
            needs=(_PAYLOAD,),
        ),
        Measure(
            name="age",
            meaning="Mean time since a repeated packet was last sent, log2(1 + ms), of {lane}",
            unit="log2",
            source="IEEE 802.11-2020, 10.3.2.14",
            shows=("replay",),
            needs=(_PAYLOAD,),
        ),
    ),
)
"""Of packets and payloads."""

IDENTIFICATION_SIGNALS: tuple[Signal, ...] = grid(
    "ip_id",
    DATA_LANES,
    (
        Measure(
            name="repeats",
            meaning="Share of IPv4 packets with the latest identification again, and no retry, of {lane}",
            unit="",
            source=_IDENTIFICATION,
            shows=("replay",),
            needs=("ip.id",),
        ),
        Measure(
            name="regresses",
            meaning="Share of IPv4 packets up to 64 identifications behind, and no retry, of {lane}",
            unit="",
            source=_IDENTIFICATION,
            shows=("replay", "fdi"),
            needs=("ip.id",),
        ),
        Measure(
            name="jumps",
            meaning="IPv4 identifications a second more than 64 from any count of the sender, of {lane}",
            unit="frames/s",
            source=_IDENTIFICATION,
            shows=("replay", "fdi", "evil_twin"),
            needs=("ip.id",),
        ),
        Measure(
            name="switches",
            meaning="Changes a second between two counts of identifications under one name, of {lane}",
            unit="frames/s",
            source=_IDENTIFICATION,
            shows=("replay", "fdi", "evil_twin"),
            needs=("ip.id",),
        ),
    ),
)
"""Of the identification of IPv4 packets, where they can be read."""

__all__ = ["HORIZONS_S", "IDENTIFICATION_SIGNALS", "LINK_LANE", "PACKET_NUMBER_SIGNALS", "REPEAT_SIGNALS"]
