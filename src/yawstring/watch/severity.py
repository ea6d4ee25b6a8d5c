"""How bad an alert is: what it can lead to, lowered where one cannot be sure.

Consequence and likelihood make risk (NIST SP 800-30r1, table I-2); here the likelihood is how sure the detection is.

============  ==============  ==============  ==============
consequence   sure (≥ 0.9)    likely (≥ 0.7)  possible
============  ==============  ==============  ==============
safety        critical        high            medium
control       high            high            medium
service       medium          medium          low
nuisance      low             low             low
============  ==============  ==============  ==============

What happens to a neighbour is low, whatever it is.
"""

from collections.abc import Mapping
from typing import Final, Literal

from yawstring.watch.alerts import Severity

Consequence = Literal["safety", "control", "service", "nuisance"]

SURE: Final = 0.9
LIKELY: Final = 0.7

UNKNOWN_KIND: Final[Consequence] = "control"
"""What a kind may lead to of which nobody says: it is heard rather than passed over."""

CONSEQUENCES: Final[Mapping[str, Consequence]] = {
    "fdi": "safety",
    "replay": "safety",
    "evil_twin": "control",
    "dos": "control",
    "jamming": "control",
    "attack": "control",
    "flood": "service",
}
"""What each class that a detector calls may lead to; rules say so themselves.

``safety``: the aircraft does what its pilot did not ask for, or is shown where it is not. ``control``: the link is lost
or taken. ``service``: it suffers. ``nuisance``: something is in the way.
"""

_TABLE: Final[Mapping[Consequence, tuple[Severity, Severity, Severity]]] = {
    "safety": ("critical", "high", "medium"),
    "control": ("high", "high", "medium"),
    "service": ("medium", "medium", "low"),
    "nuisance": ("low", "low", "low"),
}


def severity(consequence: Consequence, score: float, *, watched: bool) -> Severity:
    """How bad an alert is.

    Args:
        consequence: What it may lead to.
        score: How sure, from 0 to 1.
        watched: Whether it happens to the drone that is watched.

    Example:
        >>> severity("control", 0.95, watched=True), severity("control", 0.95, watched=False)
        ('high', 'low')
    """
    if not watched:
        return "low"
    return _TABLE[consequence][-1 - confidence(score)]


def confidence(score: float) -> int:
    """2 for a score that is sure, 1 for a likely one, 0 for a possible one."""
    return (score >= LIKELY) + (score >= SURE)
