"""Field lists that other projects publish for their events, as data.

EVE: ``etc/schema.json`` of Suricata 7 (its top level and ``alert``), and the User Guide's "EVE JSON format" for
``ether``. A field that the schema calls optional may be absent; every other of the list must be there.

OCSF: schema.ocsf.io/1.3.0, class ``detection_finding`` (base event included) and the objects that it holds: which
attributes are required, their types, and enumerations by their numbers.
"""

import re
from dataclasses import dataclass, field

EVE_TIMESTAMP = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+[+\-]\d+$")

EVE = {
    "timestamp": str, "event_type": str, "flow_id": int, "in_iface": str, "pcap_cnt": int, "pcap_filename": str,
    "src_ip": str, "src_port": int, "dest_ip": str, "dest_port": int, "proto": str, "app_proto": str, "tx_id": int,
    "community_id": str, "host": str, "vlan": list, "ether": dict, "alert": dict, "packet": str, "payload": str,
}  # fmt: skip
EVE_REQUIRED = {"timestamp", "event_type"}

EVE_ALERT = {
    "action": str, "gid": int, "signature_id": int, "rev": int, "signature": str, "category": str, "severity": int,
    "metadata": dict, "source": dict, "target": dict, "rule": str, "xff": str,
}  # fmt: skip
EVE_ALERT_REQUIRED = {"action", "gid", "signature_id", "rev", "signature", "category", "severity"}

EVE_ACTIONS = {"allowed", "blocked"}
EVE_ETHER = {"src_mac": str, "dest_mac": str}
EVE_SEVERITIES = range(1, 256)


@dataclass(frozen=True)
class Ocsf:
    """A class or an object: its attributes' types, which are required, and of which one at least must be there."""

    attributes: dict[str, object]
    required: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()
    enums: dict[str, dict[int, str | None]] = field(default_factory=dict)


TECHNIQUE = Ocsf({"name": str, "uid": str, "src_url": str}, one_of=frozenset({"name", "uid"}))
ATTACK = Ocsf(
    {"tactic": dict, "tactics": list, "technique": TECHNIQUE, "sub_technique": TECHNIQUE, "version": str},
    one_of=frozenset({"tactic", "technique", "sub_technique"}),
)
ANALYTIC = Ocsf(
    {"name": str, "uid": str, "type_id": int, "type": str, "version": str, "desc": str, "category": str},
    required=frozenset({"type_id"}),
    one_of=frozenset({"name", "uid"}),
    enums={"type_id": {0: "Unknown", 1: "Rule", 2: "Behavioral", 3: "Statistical", 4: "Learning (ML/DL)", 99: None}},
)
FINDING_INFO = Ocsf(
    {
        "uid": str, "title": str, "desc": str, "types": [str], "analytic": ANALYTIC, "attacks": [ATTACK],
        "created_time": int, "modified_time": int, "first_seen_time": int, "last_seen_time": int, "src_url": str,
        "product_uid": str, "data_sources": [str], "related_events": list, "related_analytics": [ANALYTIC],
        "kill_chain": list,
    },
    required=frozenset({"uid", "title"}),
)  # fmt: skip
PRODUCT = Ocsf(
    {"name": str, "vendor_name": str, "version": str, "uid": str, "lang": str, "path": str, "url_string": str},
    required=frozenset({"vendor_name"}),
    one_of=frozenset({"name", "uid"}),
)
METADATA = Ocsf(
    {
        "version": str, "product": PRODUCT, "uid": str, "log_name": str, "log_provider": str, "event_code": str,
        "logged_time": int, "original_time": str, "processed_time": int, "sequence": int, "labels": [str],
        "correlation_uid": str, "profiles": [str], "tenant_uid": str, "log_level": str, "log_version": str,
    },
    required=frozenset({"version", "product"}),
)  # fmt: skip
ENDPOINT = Ocsf(
    {"mac": str, "ip": str, "port": int, "hostname": str, "name": str, "uid": str, "domain": str, "svc_name": str},
    one_of=frozenset({"ip", "uid", "name", "hostname", "svc_name", "instance_uid", "interface_uid", "interface_name"}),
)
EVIDENCE = Ocsf(
    {"data": object, "src_endpoint": ENDPOINT, "dst_endpoint": ENDPOINT, "connection_info": dict, "file": dict},
    one_of=frozenset({"data", "src_endpoint", "dst_endpoint", "connection_info", "file"}),
)
OBSERVABLE = Ocsf(
    {"name": str, "type_id": int, "type": str, "value": str, "reputation": dict},
    required=frozenset({"name", "type_id"}),
    enums={"type_id": {0: "Unknown", 1: "Hostname", 2: "IP Address", 3: "MAC Address", 20: "Endpoint", 99: None}},
)
DETECTION_FINDING = Ocsf(
    {
        "activity_id": int, "activity_name": str, "category_uid": int, "category_name": str, "class_uid": int,
        "class_name": str, "type_uid": int, "type_name": str, "time": int, "start_time": int, "end_time": int,
        "count": int, "duration": int, "severity_id": int, "severity": str, "status_id": int, "status": str,
        "confidence_id": int, "confidence": str, "confidence_score": int, "message": str, "metadata": METADATA,
        "finding_info": FINDING_INFO, "evidences": [EVIDENCE], "observables": [OBSERVABLE], "unmapped": dict,
        "resources": list, "raw_data": str, "timezone_offset": int, "enrichments": list,
    },
    required=frozenset(
        {
            "activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid",
        }
    ),
    enums={
        "activity_id": {0: "Unknown", 1: "Create", 2: "Update", 3: "Close", 99: None},
        "category_uid": {2: "Findings"},
        "class_uid": {2004: "Detection Finding"},
        "severity_id": {
            0: "Unknown", 1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical", 6: "Fatal", 99: None,
        },
        "status_id": {0: "Unknown", 1: "New", 2: "In Progress", 3: "Suppressed", 4: "Resolved", 99: None},
        "confidence_id": {0: "Unknown", 1: "Low", 2: "Medium", 3: "High", 99: None},
        "type_uid": {
            200400 + at: None if at == 99 else f"Detection Finding: {name}"
            for at, name in ((0, "Unknown"), (1, "Create"), (2, "Update"), (3, "Close"), (99, "Other"))
        },
    },
)  # fmt: skip

SIBLINGS = {
    "activity_id": "activity_name", "category_uid": "category_name", "class_uid": "class_name", "type_uid": "type_name",
    "severity_id": "severity", "status_id": "status", "confidence_id": "confidence", "type_id": "type",
}  # fmt: skip
"""The attribute that holds the caption of each number."""


def faults(value, kind, place="event"):
    """What in an OCSF event is not as published."""
    if isinstance(kind, list):
        if not isinstance(value, list):
            return [f"{place} is no array"]
        return [one for number, item in enumerate(value) for one in faults(item, kind[0], f"{place}[{number}]")]
    if not isinstance(kind, Ocsf):
        right = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
        return [] if right else [f"{place} is no {kind.__name__}"]
    if not isinstance(value, dict):
        return [f"{place} is no object"]
    found = [f"{place}.{name} is unknown" for name in value.keys() - kind.attributes.keys()]
    found += [f"{place}.{name} is missing" for name in kind.required - value.keys()]
    if kind.one_of and not kind.one_of & value.keys():
        found.append(f"{place} has none of {sorted(kind.one_of)}")
    for name, numbers in kind.enums.items():
        if name in value and value[name] not in numbers:
            found.append(f"{place}.{name} is {value[name]}")
        elif name in value and SIBLINGS[name] in value and value[SIBLINGS[name]] != numbers[value[name]]:
            found.append(f"{place}.{SIBLINGS[name]} is {value[SIBLINGS[name]]}")
    for name in value.keys() & kind.attributes.keys():
        found += faults(value[name], kind.attributes[name], f"{place}.{name}")
    return found
