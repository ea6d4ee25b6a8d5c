"""Signals of what the watched link carries: lengths, protocols, and who else speaks to the drone."""

from collections.abc import Mapping

from yawstring.schema.signals.grid import DATA_LANES, Measure, grid
from yawstring.schema.signals.signal import Signal

_FORMAT = "IEEE 802.11-2020, 9.3.2"
_LENGTH = ("frame.len",)
_PROTOCOL = ("llc.type",)
_FALSE_TRAFFIC = ("replay", "fdi", "evil_twin")

LINK: Mapping[str, str] = {"link": "the link"}

LENGTH_SIGNALS: tuple[Signal, ...] = (
    *grid(
        "length",
        DATA_LANES,
        (
            Measure(
                name="mean",
                meaning="Mean log2 of the length without radio header, {lane}",
                unit="log2",
                source=_FORMAT,
                shows=_FALSE_TRAFFIC,
                needs=_LENGTH,
            ),
            Measure(
                name="spread",
                meaning="Standard deviation of log2 of the length, {lane}",
                unit="log2",
                source=_FORMAT,
                shows=_FALSE_TRAFFIC,
                needs=_LENGTH,
            ),
            Measure(
                name="same",
                meaning="Share as long as the frame before, {lane}",
                unit="",
                source=_FORMAT,
                shows=_FALSE_TRAFFIC,
                needs=_LENGTH,
            ),
            Measure(
                name="nulls",
                meaning="Share without data, {lane}",
                unit="",
                source="IEEE 802.11-2020, 9.2.4.1.3",
                shows=("dos", "replay"),
            ),
            Measure(
                name="variety",
                meaning="Entropy of the lengths in steps of half an octave, {lane}",
                unit="bit",
                source="C. E. Shannon, 1948; " + _FORMAT,
                shows=_FALSE_TRAFFIC,
                needs=_LENGTH,
            ),
        ),
    ),
    *grid(
        "length",
        LINK,
        (
            Measure(
                name="frames_up",
                meaning="The controller's share of the data frames of {lane}",
                unit="",
                source=_FORMAT,
                shows=_FALSE_TRAFFIC,
            ),
            Measure(
                name="octets_up",
                meaning="The controller's share of the octets of data of {lane}",
                unit="",
                source=_FORMAT,
                shows=_FALSE_TRAFFIC,
                needs=_LENGTH,
            ),
        ),
    ),
)
"""Of lengths."""

DURATION_SIGNALS: tuple[Signal, ...] = grid(
    "duration",
    LINK,
    (
        Measure(
            name="mean",
            meaning="Mean log2(1 + µs) that frames of {lane} reserve",
            unit="log2",
            source="IEEE 802.11-2020, 9.2.5.2",
            shows=("dos", "replay"),
            needs=("wlan.duration",),
        ),
        Measure(
            name="spread",
            meaning="Standard deviation of log2(1 + µs) that frames of {lane} reserve",
            unit="log2",
            source="IEEE 802.11-2020, 9.2.5.2",
            shows=("dos", "replay"),
            needs=("wlan.duration",),
        ),
    ),
)
"""Of the Duration field."""

PROTOCOL_SIGNALS: tuple[Signal, ...] = grid(
    "protocol",
    DATA_LANES,
    tuple(
        Measure(
            name=name,
            meaning=f"Share of readable packets that is {about}, {{lane}}",
            unit="",
            source=source,
            shows=_FALSE_TRAFFIC,
            needs=(*_PROTOCOL, *needs),
        )
        for name, about, source, needs in (
            ("udp", "UDP", "RFC 768", ("ip.proto",)),
            ("tcp", "TCP", "RFC 9293", ("ip.proto",)),
            ("icmp", "ICMP", "RFC 792", ("ip.proto",)),
            ("arp", "ARP", "RFC 826", ()),
            ("eapol", "EAPOL", "IEEE 802.1X-2020, 11", ()),
            ("tello", "between a Tello's ports", "Tello SDK 2.0", ("udp.srcport", "udp.dstport")),
        )
    ),
)
"""Of protocols, where they can be read."""

COMPANY_HORIZONS_S = (1.0, 10.0, 60.0)

COMPANY_SIGNALS: tuple[Signal, ...] = (
    *grid(
        "company",
        {"others": "stations that aren't the controller"},
        (
            Measure(
                name="frames",
                meaning="Frames a second to the drone from {lane}",
                unit="frames/s",
                source="IEEE 802.11-2020, 4.3",
                shows=("replay", "fdi"),
                needs=("wlan.ra",),
            ),
            Measure(
                name="share",
                meaning="Share of the frames to the drone from {lane}",
                unit="",
                source="IEEE 802.11-2020, 4.3",
                shows=("replay", "fdi"),
                needs=("wlan.ra",),
            ),
            Measure(
                name="qos",
                meaning="QoS frames a second, data or none, to the drone from {lane}",
                unit="frames/s",
                source="IEEE 802.11-2020, 4.3 and 9.2.4.1.3",
                shows=("replay", "fdi"),
                needs=("wlan.ra",),
            ),
            Measure(
                name="qos_share",
                meaning="Share of the frames to the drone that are QoS frames from {lane}",
                unit="",
                source="IEEE 802.11-2020, 4.3 and 9.2.4.1.3",
                shows=("replay", "fdi"),
                needs=("wlan.ra",),
            ),
            Measure(
                name="nulls",
                meaning="Share without data of the frames to the drone from {lane}",
                unit="",
                source="IEEE 802.11-2020, 9.2.4.1.3",
                shows=("replay",),
                needs=("wlan.ra",),
            ),
        ),
        COMPANY_HORIZONS_S,
    ),
    *(
        Signal(
            name=f"company_stations_{horizon_s:g}s",
            unit="stations",
            modality="cyber",
            meaning=f"Transmitters heard to speak to the drone in the last {horizon_s:g} s, at most 64",
            source="IEEE 802.11-2020, 4.3",
            shows=("replay", "fdi", "dos"),
            needs=("wlan.ta", "wlan.ra", "wlan.fc.type"),
            memory_s=horizon_s,
        )
        for horizon_s in COMPANY_HORIZONS_S
    ),
    Signal(
        name="company_others_silence",
        unit="log2",
        modality="cyber",
        meaning="Time since another station than the controller spoke to the drone, log2(1 + ms), at most 60 s",
        source="IEEE 802.11-2020, 4.3",
        shows=("replay", "fdi"),
        needs=("wlan.ta", "wlan.ra", "wlan.fc.type"),
        memory_s=60.0,
    ),
)
"""Of who else speaks to the drone."""
