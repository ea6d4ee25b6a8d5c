"""The threshold for a stated number of false alarms an hour, chosen on the validation part and never on the test part.

Incidents are counted on benign time alone: each recording is cut at its attacks, and every piece begins afresh, so that
no false alarm hides in an attack's. Seen from the highest score downwards, the threshold is the last one before the
false alarms exceed the budget: a lower one that keeps it only by melting all alarms into one is never looked at. For
the same reason at most :data:`ALARMED_SHARE_MAX` of the benign time may lie in incidents.

Few benign hours say little: none in one hour is anything up to 3.7 an hour (Garwood's interval). The choice holds the
interval, and a sentence that says so where the budget lies within it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.learn.episodes import Stretch
from yawstring.learn.events import NEVER, EventSpec, Patience, Track, detect
from yawstring.learn.exact import rate
from yawstring.learn.judging import NS_PER_HOUR
from yawstring.learn.metrics import Figure
from yawstring.models.base import Json

ALARMED_SHARE_MAX = 0.01
"""Share of the benign time that may be spent in incidents at a chosen threshold."""


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """False alarms on benign time at one threshold.

    Attributes:
        count: Incidents.
        hours: Benign hours.
        alarmed_share: Share of them spent in incidents.
    """

    count: int
    hours: float
    alarmed_share: float

    @property
    def per_hour(self) -> Figure:
        """With the exact interval."""
        return rate(self.count, self.hours)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A threshold, and what it gave where it was chosen.

    Attributes:
        spec: The incidents' options, with the threshold.
        budget: False alarms an hour that were asked for.
        alarms: Those that there were.
        at: The threshold that was looked for, where it is another than that of the incidents; else theirs.
    """

    spec: EventSpec
    budget: float
    alarms: Alarms
    at: float

    def warnings(self) -> list[str]:
        """What a person should know of the choice."""
        figure = self.alarms.per_hour
        told = []
        if figure.high is not None and figure.high > self.budget:
            told.append(
                f"the threshold was chosen on {self.alarms.hours:.2f} benign hours: false alarms may be as many as "
                f"{figure.high:.2g} an hour (95 % interval), above the {self.budget:g} asked for"
            )
        if self.at >= NEVER and self.spec.threshold == self.at:
            told.append("no threshold keeps to the false alarms asked for: the detector never alarms")
        return told

    def to_json(self) -> dict[str, Json]:
        """The choice as JSON."""
        return {
            "threshold": self.spec.threshold,
            "confirm": self.spec.confirm,
            "within": self.spec.within,
            "patient": None if self.spec.patient is None else self.spec.patient.to_json(),
            "budget_per_hour": self.budget,
            "false_alarms": self.alarms.count,
            "benign_hours": self.alarms.hours,
            "false_alarms_per_hour": self.alarms.per_hour.to_json(),
            "alarmed_share": self.alarms.alarmed_share,
        }


def benign_tracks(watched: Sequence[tuple[Track, Stretch]]) -> tuple[Track, ...]:
    """The pieces of tracks without an attack, each a track of its own.

    Example:
        >>> from yawstring.learn.episodes import Episode
        >>> track = Track(recording=0, time_ns=np.arange(6), score=np.zeros(6), named=np.zeros(6, np.int64))
        >>> attack = Episode(recording=0, start_ns=2, end_ns=4, name="dos")
        >>> pieces = benign_tracks([(track, Stretch(recording=0, start_ns=0, end_ns=6, episodes=(attack,)))])
        >>> [piece.time_ns.tolist() for piece in pieces]
        [[0, 1], [4, 5]]
    """
    pieces = []
    for track, stretch in watched:
        for start, end in stretch.benign():
            a, b = np.searchsorted(track.time_ns, [start, end])
            if b > a:
                piece = slice(int(a), int(b))
                pieces.append(
                    replace(track, time_ns=track.time_ns[piece], score=track.score[piece], named=track.named[piece])
                )
    return tuple(pieces)


def count_alarms(spec: EventSpec, benign: Sequence[Track], *, attacks: int = 1) -> Alarms:
    """Incidents on tracks without an attack.

    Args:
        spec: When rows make an incident.
        benign: As :func:`benign_tracks` gives them.
        attacks: Number of attacks that rows may look like.
    """
    found = [incident for track in benign for incident in detect(spec, track, attacks=attacks)]
    benign_ns = sum(int(track.time_ns[-1] - track.time_ns[0]) for track in benign)
    alarmed_ns = sum(incident.last_ns - incident.opened_ns for incident in found)
    return Alarms(
        count=len(found),
        hours=benign_ns / NS_PER_HOUR,
        alarmed_share=alarmed_ns / benign_ns if benign_ns else 0.0,
    )


def choose_events(watched: Sequence[tuple[Track, Stretch]], spec: EventSpec, budget: float, *, attacks: int) -> Choice:
    """The options of incidents with the lowest threshold whose false alarms keep to a budget.

    Where there is a patient tier the quick one comes first and may spend half the budget; the threshold of the patient
    one is then the lowest that keeps the two together within the whole.

    Args:
        watched: Scores of the validation part, with the truth.
        spec: All but the thresholds.
        budget: False alarms an hour.
        attacks: Number of attacks that rows may look like.

    Raises:
        OptionError: There is no benign time, or the budget is below 0.
    """
    every = np.concatenate([track.score for track, _ in watched]) if watched else np.zeros(0)
    benign = benign_tracks(watched)
    scores = np.concatenate([np.zeros(0), *(track.score for track in benign)])

    def quick(threshold: float) -> tuple[EventSpec, Sequence[Track]]:
        return replace(spec, threshold=threshold, patient=None), benign

    if spec.patient is None:
        return search(every, scores, quick, budget, attacks=attacks)
    first = search(every, scores, quick, budget / 2, attacks=attacks)
    return with_patience(first, spec.patient, every, benign, budget, attacks=attacks)


def with_patience(
    first: Choice,
    patient: Patience,
    every: NDArray[np.float64],
    benign: Sequence[Track],
    budget: float,
    *,
    attacks: int,
) -> Choice:
    """A choice with a patient tier beside the quick one that was chosen; ``at`` stays what it was.

    Args:
        first: The quick tier, chosen for a part of the budget.
        patient: The other, all but its threshold.
        every: ``float64[row]``, all scores.
        benign: Tracks without an attack.
        budget: False alarms an hour of both together.
        attacks: Number of attacks that rows may look like.
    """
    scores = np.concatenate([np.zeros(0), *(track.score for track in benign)])

    def both(threshold: float) -> tuple[EventSpec, Sequence[Track]]:
        return replace(first.spec, patient=replace(patient, threshold=threshold)), benign

    return replace(search(every, scores, both, budget, attacks=attacks), at=first.at)


def search(
    every: NDArray[np.float64],
    benign: NDArray[np.float64],
    made: Callable[[float], tuple[EventSpec, Sequence[Track]]],
    budget: float,
    *,
    attacks: int,
) -> Choice:
    """The lowest threshold that keeps to a budget, for any way that it turns into incidents.

    Args:
        every: ``float64[row]``, all scores.
        benign: ``float64[row]``, those of benign time.
        made: Options of incidents and benign tracks for a threshold.
        budget: False alarms an hour.
        attacks: Number of attacks that rows may look like.

    Raises:
        OptionError: There is no benign time, or the budget is below 0.
    """
    if not budget >= 0:
        raise OptionError(f"false alarms an hour are 0 or more, not {budget}")
    thresholds = between(every, benign)

    def alarms_at(place: int) -> Alarms:
        spec, tracks = made(float(thresholds[place]))
        return count_alarms(spec, tracks, attacks=attacks)

    def good(place: int) -> bool:
        alarms = alarms_at(place)
        return alarms.count <= budget * alarms.hours and alarms.alarmed_share <= ALARMED_SHARE_MAX

    if not len(thresholds) or not alarms_at(0).hours:
        raise OptionError("there is no benign time in the validation part to count false alarms in")
    place = _last_good(good, len(thresholds))
    at = float(thresholds[place])
    return Choice(spec=made(at)[0], budget=budget, alarms=alarms_at(place), at=at)


def between(every: NDArray[np.float64], benign: NDArray[np.float64]) -> NDArray[np.float64]:
    """``float64[threshold]``, falling: above all benign scores, then halfway between each two of them.

    A threshold rests on no score. The first lies halfway to the next higher score of an attack, or to 1.

    Example:
        >>> between(np.array([0.2, 0.4, 0.8]), np.array([0.2, 0.4])).round(3).tolist()
        [0.6, 0.3]
    """
    scores = np.unique(benign[~np.isnan(benign)])[::-1]
    if not len(scores):
        return np.zeros(0)
    higher = every[every > scores[0]]
    above = float(higher.min()) if len(higher) else 1.0
    first = NEVER if scores[0] >= 1 else max((scores[0] + above) / 2, np.nextafter(scores[0], 2.0))
    middles = (scores[:-1] + scores[1:]) / 2
    return np.concatenate([[first], np.where(middles > scores[1:], middles, scores[:-1])])


def _last_good(good: Callable[[int], bool], count: int) -> int:
    """The last place before the first bad one, as far as doubling steps and halving tell; place 0 is good."""
    low, high, step = 0, count, 1
    while low + step < count:
        if not good(low + step):
            high = low + step
            break
        low, step = low + step, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if good(middle) else (low, middle)
    return low
