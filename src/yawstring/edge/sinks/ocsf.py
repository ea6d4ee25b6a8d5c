"""OCSF: the Open Cybersecurity Schema Framework 1.3.0, class Detection Finding (2004), one JSON object a line.

https://schema.ocsf.io/1.3.0/classes/detection_finding. All that has no place there lies in ``unmapped``.
"""

from collections.abc import Mapping
from typing import Final

from yawstring.edge.sinks.base import Item, change_json
from yawstring.edge.sinks.eve import place_in
from yawstring.models.base import Json
from yawstring.table.survey import mac_text
from yawstring.version import __version__
from yawstring.watch.alerts import Alert, ChangeKind, Severity
from yawstring.watch.findings import Origin
from yawstring.watch.severity import LIKELY, SURE

VERSION: Final = "1.3.0"
CLASS, CATEGORY = 2004, 2

ACTIVITY: Final[Mapping[ChangeKind, tuple[int, str]]] = {
    "opened": (1, "Create"),
    "updated": (2, "Update"),
    "closed": (3, "Close"),
}
SEVERITY: Final[Mapping[Severity, tuple[int, str]]] = {
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
ANALYTIC: Final[Mapping[Origin, tuple[int, str]]] = {"rule": (1, "Rule"), "model": (4, "Learning (ML/DL)")}
NEW, RESOLVED = (1, "New"), (4, "Resolved")
MAC_ADDRESS: Final = 3
"""Type of an observable."""

_NS_PER_MS: Final = 1_000_000


def ocsf_event(item: Item) -> dict[str, Json]:
    """A change of an alert as a Detection Finding."""
    change, alert = item.change, item.change.alert
    activity, activity_name = ACTIVITY[change.kind]
    severity_id, severity = SEVERITY[alert.severity]
    status_id, status = NEW if alert.closed_ns is None else RESOLVED
    confidence_id, confidence = _confidence(alert.score)
    event: dict[str, Json] = {
        "activity_id": activity,
        "activity_name": activity_name,
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + activity,
        "type_name": f"Detection Finding: {activity_name}",
        "time": change.time_ns // _NS_PER_MS,
        "start_time": alert.opened_ns // _NS_PER_MS,
        "end_time": alert.last_ns // _NS_PER_MS,
        "count": alert.count,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "confidence_id": confidence_id,
        "confidence": confidence,
        "confidence_score": round(100 * min(max(alert.score, 0.0), 1.0)),
        "message": alert.words,
        "metadata": _metadata(item),
        "finding_info": _finding_info(alert, change.time_ns),
        "evidences": [_evidence(alert)],
        "unmapped": {"yawstring": change_json(item)},
    }
    observables = _observables(alert)
    return event | {"observables": observables} if observables else event


def place_of(event: Json) -> tuple[str, int] | None:
    """Record and number of the change that a line of ours tells, or ``None``."""
    unmapped = event.get("unmapped") if isinstance(event, dict) else None
    return place_in(unmapped.get("yawstring")) if isinstance(unmapped, dict) else None


def _confidence(score: float) -> tuple[int, str]:
    return (3, "High") if score >= SURE else (2, "Medium") if score >= LIKELY else (1, "Low")


def _metadata(item: Item) -> dict[str, Json]:
    product: dict[str, Json] = {"name": "yawstring", "vendor_name": "yawstring", "version": __version__}
    return {"version": VERSION, "product": product, "uid": f"{item.record}-{item.sequence}", "log_name": "alerts"}


def _finding_info(alert: Alert, now_ns: int) -> dict[str, Json]:
    type_id, kind = ANALYTIC[alert.origin]
    analytic: dict[str, Json] = {"name": alert.source, "type_id": type_id, "type": kind}
    info: dict[str, Json] = {
        "uid": alert.key,
        "title": alert.identity.kind.replace("_", " "),
        "desc": alert.words,
        "types": [alert.identity.kind],
        "analytic": analytic | ({"uid": alert.digest} if alert.digest else {}),
        "created_time": alert.confirmed_ns // _NS_PER_MS,
        "modified_time": now_ns // _NS_PER_MS,
        "first_seen_time": alert.opened_ns // _NS_PER_MS,
        "last_seen_time": alert.last_ns // _NS_PER_MS,
    }
    return info if alert.technique is None else info | {"attacks": [{"technique": {"uid": alert.technique}}]}


def _evidence(alert: Alert) -> dict[str, Json]:
    data: dict[str, Json] = {
        "reasons": list(alert.reasons),
        "rssi_dbm": alert.rssi_dbm,
        "frequency_mhz": alert.frequency_mhz,
        "frames": None if alert.frames is None else list(alert.frames),
        "score": alert.score,
        "threshold": alert.threshold,
    }
    endpoints: dict[str, Json] = {name: {"uid": text, "mac": text} for name, text in _ends(alert).items()}
    return {"data": data} | endpoints


def _observables(alert: Alert) -> list[Json]:
    return [
        {"name": f"evidences.{name}.mac", "type_id": MAC_ADDRESS, "type": "MAC Address", "value": text}
        for name, text in _ends(alert).items()
    ]


def _ends(alert: Alert) -> dict[str, str]:
    """Addresses of the attacker and the drone, as far as they are known; an endpoint needs more than its ``mac``."""
    ends = {"src_endpoint": alert.identity.attacker, "dst_endpoint": alert.identity.drone}
    return {name: mac_text(address) for name, address in ends.items() if address is not None}
