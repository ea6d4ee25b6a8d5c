"""Alerts: one for each incident, opened, updated and closed, with the evidence that a person asks for first."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from yawstring.models.base import Json
from yawstring.watch.findings import Identity, Origin

Severity = Literal["low", "medium", "high", "critical"]
ChangeKind = Literal["opened", "updated", "closed"]

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
"""From the least to the worst."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An incident as it stands.

    Attributes:
        key: Its identity as text, the same whenever the same air is read again: see :func:`alert_key`.
        identity: What it is about.
        origin: ``"rule"`` or ``"model"``.
        source: The rule's name, or the detector's family.
        digest: SHA-256 of the rule's settings, or of the bundle: what exactly said so.
        technique: Technique of MITRE ATT&CK, such as ``"T1499"``; ``None`` where none is named.
        severity: From confidence and consequence.
        watched: Whether it is about the drone that is watched.
        opened_ns: First moment of it, Unix time in nanoseconds.
        confirmed_ns: When it was sure enough to be told.
        last_ns: Last moment of it so far.
        closed_ns: When it was over; ``None`` while it is open.
        time_error_s: How far the times may be off.
        score: Highest score so far.
        threshold: Score from which on it counts.
        count: Findings, or rows of scores, so far.
        words: One plain sentence for a person.
        reasons: Signals that moved a score, in words, the strongest first.
        rssi_dbm: Median signal strength of its frames, where known.
        frequency_mhz: Frequency of their channel, where known.
        frames: First and last number of its frames in the stream; ``None`` for telemetry alone.
        suppressed: Which entry of the operator's list keeps it quiet; ``None``: it is told.
        details: Whatever else the rule says, as JSON.
    """

    key: str
    identity: Identity
    origin: Origin
    source: str
    digest: str
    technique: str | None = None
    severity: Severity
    watched: bool
    opened_ns: int
    confirmed_ns: int
    last_ns: int
    closed_ns: int | None = None
    time_error_s: float = 0.0
    score: float
    threshold: float
    count: int
    words: str
    reasons: tuple[str, ...] = ()
    rssi_dbm: float | None = None
    frequency_mhz: float | None = None
    frames: tuple[int, int] | None = None
    suppressed: str | None = None
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AlertChange:
    """Something that happened to an alert.

    Attributes:
        kind: ``"opened"``, ``"updated"`` or ``"closed"``.
        time_ns: When.
        alert: How it stands then.
    """

    kind: ChangeKind
    time_ns: int
    alert: Alert


def alert_key(identity: Identity, source: str, opened_ns: int) -> str:
    """16 hexadecimal digits that name an incident: reading the same air again gives the same ones.

    Example:
        >>> one = Identity(kind="evil_twin", drone=1)
        >>> alert_key(one, "lstm", 5) == alert_key(one, "lstm", 5)
        True
    """
    parts = (identity.kind, identity.drone, identity.attacker, identity.link, source, opened_ns)
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:16]
