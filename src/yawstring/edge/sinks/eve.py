"""EVE JSON: Suricata's lines of events, with what 802.11 knows instead of IP addresses.

The fields of an alert are those of Suricata's documentation (User Guide, "EVE JSON format"); MAC addresses stand in
``ether``. All that has no place there lies in ``yawstring``. An incident counts as one ``alert``: what happens to it
later is an ``incident`` event with the same fields and ``flow_id``.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

from yawstring.edge.sinks.base import Item, change_json, iso_time
from yawstring.models.base import Json
from yawstring.watch.alert_json import address_to_json
from yawstring.watch.alerts import Severity

SEVERITY: Final[Mapping[Severity, int]] = {"critical": 1, "high": 1, "medium": 2, "low": 3}
"""Suricata's: 1 is the worst."""

LOCAL_SIDS: Final = 1_000_000
"""Signature numbers from here on, and as many, are for local use."""

GENERATOR: Final = 1
OURS: Final = "yawstring"
_FLOW_BITS: Final = 52
"""Bits of a number that every reader of JSON keeps exactly."""


def eve_event(item: Item) -> dict[str, Json]:
    """A change of an alert as an EVE event."""
    change, alert = item.change, item.change.alert
    event: dict[str, Json] = {
        "timestamp": iso_time(change.time_ns).replace("Z", "+0000"),
        "flow_id": int(alert.key, 16) >> (64 - _FLOW_BITS),
        "event_type": "alert" if change.kind == "opened" else "incident",
    }
    if alert.frames is not None:
        event["pcap_cnt"] = alert.frames[0]
    ends = {"src_mac": alert.identity.attacker, "dest_mac": alert.identity.drone}
    ether: dict[str, Json] = {name: address_to_json(one) for name, one in ends.items() if one is not None}
    if ether:
        event["ether"] = ether
    event["alert"] = {
        "action": "allowed",
        "gid": GENERATOR,
        "signature_id": signature_id(alert.source, alert.identity.kind),
        "rev": 1,
        "signature": f"yawstring {alert.identity.kind}: {alert.words}",
        "category": alert.identity.kind,
        "severity": SEVERITY[alert.severity],
        "metadata": _metadata(item),
    }
    return event | {OURS: change_json(item)}


def signature_id(source: str, kind: str) -> int:
    """A number for what was detected by whom, the same everywhere.

    Example:
        >>> LOCAL_SIDS <= signature_id("lstm", "evil_twin") < 2 * LOCAL_SIDS
        True
    """
    digest = hashlib.sha256(f"{source}\x1f{kind}".encode()).digest()
    return LOCAL_SIDS + int.from_bytes(digest[:8], "big") % LOCAL_SIDS


def place_of(event: Json) -> tuple[str, int] | None:
    """Record and number of the change that a line of ours tells, or ``None``."""
    ours = event.get(OURS) if isinstance(event, dict) else None
    return place_in(ours)


def place_in(ours: Json) -> tuple[str, int] | None:
    """Likewise, of what :func:`~yawstring.edge.sinks.base.change_json` gave."""
    if not isinstance(ours, dict):
        return None
    record, sequence = ours.get("record"), ours.get("sequence")
    return (record, sequence) if isinstance(record, str) and isinstance(sequence, int) else None


def _metadata(item: Item) -> dict[str, Json]:
    """Lists of text, as Suricata has it."""
    alert = item.change.alert
    found: dict[str, Json] = {
        "signature_severity": [alert.severity.capitalize()],
        "state": [item.change.kind],
        "origin": [alert.origin],
        "source": [alert.source],
    }
    return found if alert.technique is None else found | {"mitre_technique_id": [alert.technique]}
