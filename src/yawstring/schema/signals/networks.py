"""Signals of who announces networks: clocks, intervals, and names that more than one address uses.

An access point's beacons carry its clock (TSF), an interval to keep, and a description that does not change. Somebody
else who beacons in its name has another clock, and adds beacons to those that were announced; one who uses its name
under another address makes a second network of that name, seldom the same in everything; and a flood of made-up
networks is many addresses heard once.
"""

from yawstring.schema.signals.signal import Signal

NETWORKS_HORIZONS_S = (1.0, 10.0)
"""Time constants of counts that fade."""

_BEACON = ("wlan.fc.type", "wlan.fc.subtype", "wlan.bssid", "wlan.fixed.beacon")
_TSF = (*_BEACON, "wlan.fixed.timestamp")
_NAME = (*_BEACON, "ssid_hash")
_CHANNEL = (*_BEACON, "wlan.ds.current_channel")
_CLOCK = "IEEE 802.11-2020, 11.1.3; Jana and Kasera, IEEE Trans. Mobile Computing 2010"
_ANNOUNCED = "IEEE 802.11-2020, 9.3.3.2; Kismet's APSPOOF, ADVCRYPTCHANGE and CHANCHANGE"
_TWIN = ("evil_twin",)

NETWORKS_COUNTED: tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("odd_watched", "Beacons of the watched network whose clock is more than 2 ms off what its last one foretold",
     _CLOCK, _TWIN, _TSF),
    ("regress_watched", "Beacons of the watched network whose clock went back", _CLOCK, _TWIN, _TSF),
    ("odd_others", "Beacons of other networks whose clock is more than 2 ms off what their last one foretold", _CLOCK,
     ("flood",), _TSF),
    ("changes_watched", "Beacons of the watched network that describe it otherwise than the one before", _ANNOUNCED,
     _TWIN, _BEACON),
    ("changes_others", "Beacons of other networks that describe them otherwise than the one before", _ANNOUNCED,
     ("flood",), _BEACON),
    ("offbeat_watched", "Beacons of the watched network a tenth of the interval or more off the beat of the one before",
     "IEEE 802.11-2020, 11.1.3.2; Kismet's BEACONRATE", _TWIN, _BEACON),
    ("astray_watched", "Beacons of the watched network that name another channel than they were heard on",
     "IEEE 802.11-2020, 9.4.2.4", _TWIN, (*_CHANNEL, "wlan_radio.channel")),
    ("new", "Beacons of networks not heard before", "mdk4 b; Kismet's BEACONFLOOD", ("flood", "evil_twin"), _BEACON),
    ("namesakes_new", "First beacons of another address under the watched network's name",
     "Kismet's APSPOOF; mdk4 b", _TWIN, _NAME),
    ("namesakes", "Beacons under the watched network's name from other addresses", "Kismet's APSPOOF", _TWIN, _NAME),
    ("unix_clock", "Beacons and probe responses whose clock is the time of day, as a program would set it",
     "airbase-ng fills in Unix time", _TWIN, _TSF),
    ("round_clock", "Beacons and probe responses whose clock is a whole number of intervals since it started",
     "mdk4 b counts from 0 in steps of 102,400", ("evil_twin", "flood"), _TSF),
    ("unheard", "Probe responses from an address not heard to beacon in the last 10 s", "IEEE 802.11-2020, 11.1.4.3",
     _TWIN, _BEACON),
    ("beacons", "Beacons, whoever sends them", "IEEE 802.11-2020, 11.1.3", ("flood",), _BEACON),
)  # fmt: skip
"""Counted kinds: name, what is counted, source, what it shows, which columns it needs."""

NETWORKS_SIGNALS: tuple[Signal, ...] = (
    *(
        Signal(
            name=f"networks_{name}_{horizon_s:g}s",
            unit="frames/s",
            modality="cyber",
            meaning=f"{meaning}, over about {horizon_s:g} s",
            source=source,
            shows=shows,
            needs=needs,
            memory_s=5 * horizon_s,
        )
        for name, meaning, source, shows, needs in NETWORKS_COUNTED
        for horizon_s in NETWORKS_HORIZONS_S
    ),
    *(
        Signal(
            name=f"networks_beat_watched_{horizon_s:g}s",
            unit="",
            modality="cyber",
            meaning="Beacons of the watched network for each that its interval promises (1: all heard, nobody else), "
            f"over about {horizon_s:g} s",
            source="IEEE 802.11-2020, 9.4.1.3; Kismet's BEACONRATE",
            shows=("evil_twin", "jamming", "flood"),
            needs=_BEACON,
            memory_s=5 * horizon_s,
        )
        for horizon_s in NETWORKS_HORIZONS_S
    ),
    *(
        Signal(
            name=f"networks_clock_error_watched_{horizon_s:g}s",
            unit="log10 µs",
            modality="cyber",
            meaning="Greatest error of the watched network's clock from one beacon to the next, its drift allowed for, "
            f"in the last {horizon_s / 2:g} to {horizon_s:g} s: log10(1 + µs)",
            source=_CLOCK,
            shows=_TWIN,
            needs=_TSF,
            memory_s=horizon_s,
        )
        for horizon_s in NETWORKS_HORIZONS_S
    ),
    *(
        Signal(
            name=f"networks_{name}",
            unit=unit,
            modality="cyber",
            meaning=meaning,
            source=source,
            shows=shows,
            needs=needs,
            memory_s=memory_s,
        )
        for name, unit, meaning, source, shows, needs, memory_s in (
            ("drift_change_watched", "ppm", "Drift of the watched network's clock over about 3 s, less that over "
             "about 10 s", _CLOCK, _TWIN, _TSF, 50.0),
            ("new_share_10s", "", "Share of beacons that are the first of their network, over about 10 s",
             "mdk4 b", ("flood", "evil_twin"), _BEACON, 50.0),
            ("namesake_addresses_10s", "", "Addresses that beaconed under the watched network's name in the last 10 s",
             "Kismet's APSPOOF", _TWIN, _NAME, 10.0),
            ("namesake_channels_10s", "", "Channels that these name", "Kismet's CHANCHANGE", _TWIN,
             (*_NAME, "wlan.ds.current_channel"), 10.0),
            ("namesake_securities_10s", "", "Different protections that these announce", "Kismet's ADVCRYPTCHANGE",
             _TWIN, (*_NAME, "wlan.fixed.capabilities"), 10.0),
            ("namesake_makes_10s", "", "Different lists of elements that these send", "Kismet's APSPOOF", _TWIN,
             (*_NAME, "elements_hash"), 10.0),
        )
    ),
)  # fmt: skip
