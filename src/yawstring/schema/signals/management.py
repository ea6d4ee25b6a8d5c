"""Signals of management and control frames: who is sent away, who joins, who asks, who reserves the air.

A network's own comings and goings are told from everybody else's: a neighbour's de-authentications are not an attack on
the drone. A forged farewell that the victim does not hear, or that its network's protection discards, is followed by
data as if nothing had been said; one that is heard is followed by a new association.
"""

from yawstring.schema.signals.signal import Signal

MANAGEMENT_HORIZONS_S = (1.0, 10.0)
"""Time constants of counts that fade."""

QUIET_S = 50.0
"""An age is told up to here."""

_KIND = ("wlan.fc.type", "wlan.fc.subtype")
_ENDS = (*_KIND, "wlan.ta", "wlan.ra")
_REASON = (*_ENDS, "wlan.fixed.reason_code")
_DEAUTH = "IEEE 802.11-2020, 9.3.3.12 and 11.3; Bellardo and Savage, USENIX Security 2003"
_JOIN = "IEEE 802.11-2020, 11.3"
_PROBE = "IEEE 802.11-2020, 11.1.4"
_NAV = "IEEE 802.11-2020, 10.3.2; Bellardo and Savage, USENIX Security 2003"

COUNTED: tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("deauth_watched", "De-authentications of the watched network", _DEAUTH, ("dos",), _ENDS),
    ("disassoc_watched", "Disassociations of the watched network", _DEAUTH, ("dos",), _ENDS),
    ("leave_others", "De-authentications and disassociations of other networks", _DEAUTH, (), _ENDS),
    ("leave_by_drone", "Farewells under the drone's address", _DEAUTH, ("dos", "evil_twin"), _ENDS),
    ("leave_by_controller", "Farewells under the controller's address", _DEAUTH, ("dos",), _ENDS),
    ("leave_to_all", "Farewells of the watched network to everybody", _DEAUTH, ("dos",), _ENDS),
    ("leave_both_ways", "Farewells between drone and controller, answered by one the other way within 0.5 s",
     "aireplay-ng -0 sends both", ("dos",), _ENDS),
    ("leave_odd_reason", "Farewells of the watched network whose reason is the other side's to give",
     "IEEE 802.11-2020, table 9-49", ("dos", "evil_twin"), _REASON),
    ("leave_survived", "Farewells between drone and controller after which their data went on, with no new association",
     "Bellardo and Savage, USENIX Security 2003", ("dos", "evil_twin"), _ENDS),
    ("auth_watched", "Authentications in the watched network", _JOIN, ("dos", "evil_twin"), _ENDS),
    ("assoc_watched", "Association and re-association requests to the watched network", _JOIN, ("dos", "evil_twin"),
     _ENDS),
    ("join_others", "Authentications and association requests of other networks", _JOIN, (), _ENDS),
    ("probe_request", "Probe requests", _PROBE, ("dos", "evil_twin"), _KIND),
    ("probe_response", "Probe responses", _PROBE, ("evil_twin",), _KIND),
    ("rts", "Requests to send", _NAV, ("flood",), _KIND),
    ("rts_idle", "Requests to send after which their sender sent nothing", _NAV, ("flood",), _ENDS),
    ("cts", "Clearances to send", _NAV, ("flood",), _KIND),
    ("cts_unasked", "Clearances to send for whom nobody had asked in the 2 ms before", _NAV, ("flood",), _ENDS),
)  # fmt: skip
"""Counted kinds: name, what is counted, source, what it shows, which columns it needs."""

MANAGEMENT_SIGNALS: tuple[Signal, ...] = (
    *(
        Signal(
            name=f"management_{name}_{horizon_s:g}s",
            unit="frames/s",
            modality="cyber",
            meaning=f"{meaning}, over about {horizon_s:g} s",
            source=source,
            shows=shows,
            needs=needs,
            memory_s=5 * horizon_s,
        )
        for name, meaning, source, shows, needs in COUNTED
        for horizon_s in MANAGEMENT_HORIZONS_S
    ),
    *(
        Signal(
            name=f"management_reserved_{horizon_s:g}s",
            unit="",
            modality="cyber",
            meaning=f"Share of time that requests and clearances to send reserve, over about {horizon_s:g} s",
            source=_NAV,
            shows=("flood",),
            needs=(*_KIND, "wlan.duration"),
            memory_s=5 * horizon_s,
        )
        for horizon_s in MANAGEMENT_HORIZONS_S
    ),
    Signal(
        name="management_reserved_longest_10s",
        unit="ms",
        modality="cyber",
        meaning="Longest time that one request or clearance to send reserved, in the last 5 to 10 s",
        source=_NAV,
        shows=("flood",),
        needs=(*_KIND, "wlan.duration"),
        memory_s=10.0,
    ),
    Signal(
        name="management_reasons_10s",
        unit="",
        modality="cyber",
        meaning="Different reasons given in farewells of the watched network in the last 10 s",
        source="IEEE 802.11-2020, table 9-49; mdk4 d gives four",
        shows=("dos",),
        needs=_REASON,
        memory_s=10.0,
    ),
    Signal(
        name="management_leave_age",
        unit="s",
        modality="cyber",
        meaning=f"Time since the last farewell in the watched network, where one came in the last {QUIET_S:g} s",
        source=_DEAUTH,
        shows=("dos", "evil_twin"),
        needs=_ENDS,
        memory_s=QUIET_S,
    ),
    Signal(
        name="management_assoc_age",
        unit="s",
        modality="cyber",
        meaning=f"Time since the last association in the watched network, where one came in the last {QUIET_S:g} s",
        source=_JOIN,
        shows=("dos", "evil_twin"),
        needs=_ENDS,
        memory_s=QUIET_S,
    ),
)
