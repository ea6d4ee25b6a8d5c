"""What the findings of one incident have in common so far: the evidence that its alert carries."""

import math
from dataclasses import dataclass, replace
from statistics import median

from yawstring.watch.findings import Finding, Identity, Origin
from yawstring.watch.plain import plain

HEARD_MOST = 31
"""Signal strengths that a median is taken of: the latest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Evidence of one incident.

    Attributes:
        identity: What it is about.
        origin: ``"rule"`` or ``"model"``.
        source: The rule's name, or the detector's family.
        watched: Whether any of it happened to the watched drone.
        score: Highest score.
        threshold: Score from which on it counts.
        words: Of the latest finding of the highest score.
        value: Its measure.
        frames: First and last number of frames.
        heard_dbm: Signal strengths of the latest frames.
        frequency_mhz: The latest channel's.
        crowded: Whether it stands for more attackers, or drones, than are told apart.
    """

    identity: Identity
    origin: Origin
    source: str
    watched: bool
    score: float
    threshold: float
    words: str
    value: float | None = None
    frames: tuple[int, int] | None = None
    heard_dbm: tuple[float, ...] = ()
    frequency_mhz: float | None = None
    crowded: bool = False

    @property
    def rssi_dbm(self) -> float | None:
        """Median signal strength, or ``None``."""
        return median(self.heard_dbm) if self.heard_dbm else None


def first(finding: Finding, identity: Identity) -> Tally:
    """The evidence of one finding, counted for an identity."""
    return Tally(
        identity=identity,
        origin=finding.origin,
        source=finding.source,
        watched=finding.watched,
        score=finding.score,
        threshold=finding.threshold,
        words=plain(finding.words),
        value=_finite(finding.value),
        frames=None if finding.frame is None else (finding.frame, finding.frame),
        heard_dbm=_heard(finding),
        frequency_mhz=_finite(finding.frequency_mhz),
        crowded=identity != finding.identity,
    )


def added(tally: Tally, finding: Finding) -> Tally:
    """The evidence with one finding more."""
    strongest = finding.score >= tally.score
    frames = tally.frames
    if finding.frame is not None:
        frames = (finding.frame if frames is None else frames[0], finding.frame)
    frequency = _finite(finding.frequency_mhz)
    return replace(
        tally,
        watched=tally.watched or finding.watched,
        score=max(tally.score, finding.score),
        threshold=finding.threshold,
        words=plain(finding.words) if strongest else tally.words,
        value=_finite(finding.value) if strongest else tally.value,
        frames=frames,
        heard_dbm=(tally.heard_dbm + _heard(finding))[-HEARD_MOST:],
        frequency_mhz=tally.frequency_mhz if frequency is None else frequency,
        crowded=tally.crowded or finding.identity != tally.identity,
    )


def _heard(finding: Finding) -> tuple[float, ...]:
    heard = _finite(finding.rssi_dbm)
    return () if heard is None else (heard,)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
