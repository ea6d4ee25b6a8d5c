"""What the findings of one incident have in common so far: the evidence that its alert carries."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from yawstring.watch.findings import Finding, Identity, Origin
from yawstring.watch.plain import plain

HEARD_MOST = 31
"""Signal strengths that a median is taken of: those of the latest findings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Evidence of one incident.

    Attributes:
        identity: What it is about.
        origin: ``"rule"`` or ``"model"``.
        sources: The rules that see it, the one that did so first at the start, or the detector's family.
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
    sources: tuple[str, ...]
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
        sources=(finding.source,),
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


def added(tally: Tally, findings: Sequence[Finding]) -> Tally:
    """The evidence with findings more, of which there is one at least."""
    scores = [tally.score, *(one.score for one in findings)]
    best = max(scores)
    strongest = next((one for one in reversed(findings) if one.score == best), None)
    numbers = [one.frame for one in findings if one.frame is not None]
    if numbers and tally.frames is not None:
        numbers.insert(0, tally.frames[0])
    heard = [level for one in findings[-HEARD_MOST:] for level in _heard(one)]
    mhz = next((one.frequency_mhz for one in reversed(findings) if _finite(one.frequency_mhz) is not None), None)
    return replace(
        tally,
        sources=tuple(dict.fromkeys((*tally.sources, *(one.source for one in findings)))),
        watched=tally.watched or any(one.watched for one in findings),
        score=best,
        threshold=findings[-1].threshold,
        words=tally.words if strongest is None else plain(strongest.words),
        value=tally.value if strongest is None else _finite(strongest.value),
        frames=(numbers[0], numbers[-1]) if numbers else tally.frames,
        heard_dbm=(*tally.heard_dbm, *heard)[-HEARD_MOST:],
        frequency_mhz=tally.frequency_mhz if mhz is None else mhz,
        crowded=tally.crowded or any(one.identity != tally.identity for one in findings),
    )


def _heard(finding: Finding) -> tuple[float, ...]:
    heard = _finite(finding.rssi_dbm)
    return () if heard is None else (heard,)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
