"""What is found in the air or the telemetry, before it is an alert: one moment, one reason, one identity each.

Rules and the detector speak this one language; :mod:`yawstring.watch.ledger` makes alerts of it. Addresses are numbers
of 48 bits, as in tables of frames.
"""

from dataclasses import dataclass
from typing import Literal

Origin = Literal["rule", "model"]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What makes two findings the same incident.

    Attributes:
        kind: What it is: a rule's name, or the class that a detector called.
        drone: BSSID of the network that it happens to; ``None`` where it is nobody's in particular.
        attacker: Transmitter address that it comes from, or pretends to; ``None`` where that says nothing.
        link: The other end of the link, for kinds that are about one; ``None`` for the rest.

    Example:
        >>> Identity(kind="deauthentication_flood", drone=0x60601F000001).attacker is None
        True
    """

    kind: str
    drone: int | None = None
    attacker: int | None = None
    link: int | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One moment at which a rule, or the detector, sees something.

    Attributes:
        time_ns: Unix time of the frame or state that it rests on, in nanoseconds.
        identity: What it is about.
        origin: ``"rule"`` or ``"model"``.
        source: The rule's name, or the detector's family.
        score: From 0 to 1, how sure: 1 for a rule that cannot be mistaken.
        threshold: Score from which on it counts.
        value: What was measured, in the rule's unit; ``None`` where there is none.
        words: One plain sentence for a person: what was measured, beside what is allowed.
        watched: Whether it happens to the drone that is watched, not to a neighbour.
        frame: Number of the frame it rests on, counted in the stream from 1; ``None`` for telemetry alone.
        rssi_dbm: Signal strength of that frame, where known.
        frequency_mhz: Its channel's frequency, where known.
    """

    time_ns: int
    identity: Identity
    origin: Origin
    source: str
    score: float
    threshold: float
    words: str
    value: float | None = None
    watched: bool = True
    frame: int | None = None
    rssi_dbm: float | None = None
    frequency_mhz: float | None = None
