"""From scores to incidents: k-of-n confirmation, hysteresis and merging, one recording at a time.

A score speaks of one window; a person is called for an *incident*. An incident is confirmed when at least k of the last
n rows have reached the threshold; it opened at the first of those. A second, patient tier may ask for more rows of less
each: what is never sure for a moment may be sure for a while. Rows at the release level keep it alive, and after
``hold_s`` without one it is closed. What is confirmed within ``merge_gap_s`` of its last row is the same incident,
reopened. Double thresholds are Schmitt's trigger (J. Sci. Instrum. 15, 1938), k of n the binary integrator of radar
(Swerling, RAND RM-1008, 1952).

The state is a value: any way of cutting the rows into chunks gives the same changes. Evaluation, the choice of a
threshold and live alerts all take this one step. Each recording has a state of its own, so that scores never mix.
"""

import math
from dataclasses import dataclass, replace
from typing import Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.learn import event_loop as loop
from yawstring.models.base import Json

ChangeKind = Literal["confirmed", "updated", "closed", "reopened"]

NS_PER_S: Final = 1_000_000_000
ROWS_MAX: Final = 65_536
"""Largest n of k of n: what a state remembers is bounded."""

NEVER: Final = math.nextafter(1.0, 2.0)
"""The threshold that no score reaches."""

_KINDS: Final[tuple[ChangeKind, ...]] = ("confirmed", "updated", "closed", "reopened")
"""By the number that the loop gives them."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """A second way to make an incident: more rows, of a lower score each.

    Attributes:
        threshold: Score from which on a row counts, above 0 and at most :data:`NEVER`.
        confirm: k: rows that must count.
        within: n: among how many rows, the latest one included.

    Raises:
        OptionError: A value makes no sense.
    """

    threshold: float = NEVER
    confirm: int = 32
    within: int = 40

    def __post_init__(self) -> None:
        _check_tier(self.threshold, self.confirm, self.within)

    def to_json(self) -> dict[str, Json]:
        """The options as JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, data: Json) -> "Patience":
        """The options that :meth:`to_json` wrote.

        Raises:
            TypeError, ValueError, OptionError: The JSON is another.
        """
        if not isinstance(data, dict) or data.keys() != cls.__dataclass_fields__.keys():
            raise TypeError("expected the options of a patient tier")
        counts = {name: int(cast(int, data[name])) for name in ("confirm", "within")}
        return cls(threshold=float(cast(float, data["threshold"])), **counts)


@dataclass(frozen=True, kw_only=True)
class EventSpec:
    """When rows of scores make an incident.

    Attributes:
        threshold: Score from which on a row counts, above 0 and at most :data:`NEVER`.
        confirm: k: rows that must count.
        within: n: among how many rows, the latest one included.
        release: Share of the threshold that keeps an open incident alive, above 0 and at most 1.
        hold_s: Seconds without such a row after which it is closed. As long a pause empties the memory of n rows.
        merge_gap_s: Seconds between the last row of one incident and the first of the next up to which the two are one.
            Without effect unless above ``hold_s``.
        update_s: Seconds between two updates on an open incident at least.
        patient: A second way to make an incident; ``None``: there is none.

    Raises:
        OptionError: A value makes no sense.

    Example:
        >>> EventSpec(confirm=6)
        Traceback (most recent call last):
        ...
        yawstring.errors.OptionError: an incident is confirmed by k of n rows, 1 to 65536, not 6 of 5
    """

    threshold: float = 0.5
    confirm: int = 3
    within: int = 5
    release: float = 0.8
    hold_s: float = 5.0
    merge_gap_s: float = 10.0
    update_s: float = 1.0
    patient: Patience | None = None

    def __post_init__(self) -> None:
        _check_tier(self.threshold, self.confirm, self.within)
        if not 0 < self.release <= 1:
            raise OptionError(f"the release is a share of the threshold, above 0 and at most 1, not {self.release}")
        for name, value in (("hold_s", self.hold_s), ("merge_gap_s", self.merge_gap_s), ("update_s", self.update_s)):
            if not value >= 0:
                raise OptionError(f"{name} is a number of seconds, not {value}")

    def to_json(self) -> dict[str, Json]:
        """The options as JSON."""
        patient = None if self.patient is None else self.patient.to_json()
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"patient": patient}

    @classmethod
    def from_json(cls, data: Json) -> "EventSpec":
        """The options that :meth:`to_json` wrote.

        Raises:
            TypeError, ValueError, OptionError: The JSON is another.
        """
        if not isinstance(data, dict) or data.keys() != cls.__dataclass_fields__.keys():
            raise TypeError("expected the options of incidents")
        counts = {name: int(cast(int, data[name])) for name in ("confirm", "within")}
        patient = None if data["patient"] is None else Patience.from_json(data["patient"])
        numbers = {name: float(cast(float, data[name])) for name in data.keys() - counts.keys() - {"patient"}}
        return cls(**counts, **numbers, patient=patient)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """Scores along one stretch of one recording, in order of receipt.

    Attributes:
        recording: Its number.
        time_ns: ``int64[row]``, Unix time or any other clock in nanoseconds. A time that falls counts as the latest.
        score: ``float64[row]``, of an attack; NaN counts as none.
        named: ``int64[row]``, index of the attack that is likeliest.
    """

    recording: int
    time_ns: NDArray[np.int64]
    score: NDArray[np.float64]
    named: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A confirmed incident of one recording, or how it stands.

    Attributes:
        recording: Its number.
        identity: Number within its stream, from 0.
        named: Index of the attack that most of its rows at the threshold look like; of equals the first.
        opened_ns: First of the rows that confirmed it.
        confirmed_ns: The row that confirmed it: the alarm.
        last_ns: Last row that kept it alive.
        closed_ns: When it was closed; ``None`` while it is open.
        peak: Highest score.
        rows: Rows at the threshold.
    """

    recording: int
    identity: int
    named: int
    opened_ns: int
    confirmed_ns: int
    last_ns: int
    closed_ns: int | None
    peak: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something that happened to an incident.

    Attributes:
        kind: ``"confirmed"``, ``"updated"``, ``"closed"`` or ``"reopened"`` (merged with one that was closed).
        time_ns: When.
        incident: How it stands then.
    """

    kind: ChangeKind
    time_ns: int
    incident: Incident


@dataclass(frozen=True, kw_only=True, eq=False)
class EventState:
    """What the step remembers of one recording; a value, never changed in place.

    Attributes:
        recording: Number of the recording.
        registers: ``int64[9]``.
        incidents: ``int64[2, 5]``: the open incident and the one closed last.
        peaks: ``float64[2]``, their highest scores.
        votes: ``int64[2, attack]``, rows at the threshold that look like each attack.
        ring_ns: ``int64[n]``, times of the latest rows that reached the threshold, -1 for rows that did not; behind
            them those of the patient tier, if there is one.
        ring_score: ``float64[n]``, likewise.
        ring_named: ``int64[n]``, likewise.
    """

    recording: int
    registers: NDArray[np.int64]
    incidents: NDArray[np.int64]
    peaks: NDArray[np.float64]
    votes: NDArray[np.int64]
    ring_ns: NDArray[np.int64]
    ring_score: NDArray[np.float64]
    ring_named: NDArray[np.int64]


def begin(spec: EventSpec, *, recording: int = 0, attacks: int = 1) -> EventState:
    """The state before the first row of a recording.

    Args:
        spec: When rows make an incident.
        recording: Number of the recording.
        attacks: Number of attacks that rows may look like.
    """
    registers = np.zeros(9, np.int64)
    registers[[loop.LATEST_NS, loop.TOLD_NS]] = -loop.FOREVER_NS
    incidents = np.zeros((2, 5), np.int64)
    incidents[:, loop.IDENTITY] = loop.NONE
    return EventState(
        recording=recording,
        registers=registers,
        incidents=incidents,
        peaks=np.zeros(2),
        votes=np.zeros((2, max(attacks, 1)), np.int64),
        ring_ns=np.full(sum(_tiers(spec)[1]), loop.NONE, np.int64),
        ring_score=np.zeros(sum(_tiers(spec)[1])),
        ring_named=np.zeros(sum(_tiers(spec)[1]), np.int64),
    )


def resume(spec: EventSpec, incident: Incident, *, seen_ns: int) -> EventState:
    """The state in which an incident is open, from what somebody wrote down of it.

    Args:
        spec: When rows make an incident.
        incident: As it stood.
        seen_ns: Since when nothing is known of it: the quiet before that does not close it.

    Example:
        >>> spec = EventSpec(confirm=1, within=1, hold_s=1)
        >>> one = Incident(recording=0, identity=0, named=0, opened_ns=5, confirmed_ns=5, last_ns=9, closed_ns=None,
        ...                peak=0.7, rows=3)
        >>> finish(resume(spec, one, seen_ns=10**12), spec)[1][0].incident.rows
        3
    """
    state = begin(spec, recording=incident.recording, attacks=incident.named + 1)
    state.registers[[loop.OPEN, loop.NEXT]] = 1, incident.identity + 1
    state.registers[loop.LATEST_NS] = seen_ns
    state.incidents[loop.NOW] = incident.identity, incident.opened_ns, incident.confirmed_ns, seen_ns, incident.rows
    state.peaks[loop.NOW] = incident.peak
    state.votes[loop.NOW, incident.named] = incident.rows
    return state


def step(
    state: EventState,
    spec: EventSpec,
    time_ns: NDArray[np.int64],
    score: NDArray[np.float64],
    named: NDArray[np.int64] | None = None,
) -> tuple[EventState, tuple[Change, ...]]:
    """Take in rows of one recording.

    Args:
        state: As :func:`begin` or the step before gave it.
        spec: The same as then.
        time_ns: ``int64[row]``.
        score: ``float64[row]``.
        named: ``int64[row]``, index of the likeliest attack; ``None``: the first.

    Returns:
        The state after them, and what happened, in order.

    Example:
        >>> spec = EventSpec(confirm=2, within=3, hold_s=1, update_s=60)
        >>> state, changes = step(begin(spec), spec, np.arange(4) * 10**9, np.array([.9, .1, .8, .2]))
        >>> [(change.kind, change.time_ns // 10**9, change.incident.opened_ns) for change in changes]
        [('confirmed', 2, 0)]
        >>> finish(state, spec)[1][0].incident.peak
        0.9
    """
    after = _copied(state)
    times = np.ascontiguousarray(time_ns, np.int64)
    scores = np.ascontiguousarray(score, np.float64)
    names = np.zeros(len(times), np.int64) if named is None else np.ascontiguousarray(named, np.int64)
    if not len(times) == len(scores) == len(names) or (len(names) and not 0 <= names.min() <= names.max()):
        raise OptionError("times, scores and names of rows differ in number, or a name is none")
    if len(names) and names.max() >= after.votes.shape[1]:
        raise OptionError(f"a row looks like attack {names.max()} of {after.votes.shape[1]}")
    spans_ns = np.array([*map(_ns, (spec.hold_s, spec.merge_gap_s, spec.update_s))], np.int64)
    confirm, sizes, thresholds = map(np.array, _tiers(spec))
    levels = np.stack([thresholds, thresholds * spec.release], axis=1)
    changes: list[Change] = []
    row = 0
    while row < len(times):
        row, kind, when_ns = loop.advance(
            row, times, scores, names, spans_ns, confirm, sizes, levels, after.registers, after.incidents,
            after.peaks, after.votes, after.ring_ns, after.ring_score, after.ring_named,
        )  # fmt: skip
        if kind != loop.NOTHING:
            changes.append(_change(after, kind, when_ns))
    return after, tuple(changes)


def wait(state: EventState, spec: EventSpec, now_ns: int) -> tuple[EventState, tuple[Change, ...]]:
    """Close what has been quiet for too long, though no row came.

    Later rows give the same changes as if it had not been called.
    """
    last_ns, hold_ns = int(state.incidents[loop.NOW, loop.LAST_NS]), _ns(spec.hold_s)
    if not state.registers[loop.OPEN] or now_ns - last_ns <= hold_ns:
        return state, ()
    return _closed(state, last_ns + hold_ns)


def finish(state: EventState, spec: EventSpec) -> tuple[EventState, tuple[Change, ...]]:
    """The recording has ended: close what is open, at the time of the latest row."""
    if not state.registers[loop.OPEN]:
        return state, ()
    end_ns = min(int(state.registers[loop.LATEST_NS]), int(state.incidents[loop.NOW, loop.LAST_NS]) + _ns(spec.hold_s))
    return _closed(state, end_ns)


def standing(state: EventState) -> Incident:
    """The incident that is open, as it stands; where none is, it means nothing."""
    return _change(state, loop.UPDATED, 0).incident


def detect(spec: EventSpec, track: Track, *, attacks: int = 1) -> tuple[Incident, ...]:
    """The incidents of one track, each as it stood when it was closed for good, by their identity.

    Args:
        spec: When rows make an incident.
        track: The scores.
        attacks: Number of attacks that rows may look like.

    Example:
        >>> track = Track(recording=7, time_ns=np.arange(6) * 10**9, score=np.array([0, 1, 1, 0, 0, 0.]),
        ...               named=np.array([0, 1, 1, 0, 0, 0]))
        >>> (incident,) = detect(EventSpec(confirm=2, within=2), track, attacks=2)
        >>> incident.recording, incident.named, incident.confirmed_ns // 10**9, incident.rows
        (7, 1, 2, 2)
    """
    spec = replace(spec, update_s=math.inf)  # nobody is listening
    state = begin(spec, recording=track.recording, attacks=attacks)
    state, changes = step(state, spec, track.time_ns, track.score, track.named)
    _, ends = finish(state, spec)
    return tuple({change.incident.identity: change.incident for change in (*changes, *ends)}.values())


def _check_tier(threshold: float, confirm: int, within: int) -> None:
    if not 0 < threshold <= NEVER:
        raise OptionError(f"the threshold of an incident lies between 0 and 1, not {threshold}")
    if not 1 <= confirm <= within <= ROWS_MAX:
        raise OptionError(f"an incident is confirmed by k of n rows, 1 to {ROWS_MAX}, not {confirm} of {within}")


def _tiers(spec: EventSpec) -> tuple[list[int], list[int], list[float]]:
    """Of the quick and the patient tier: rows that confirm, rows looked at (0 where there is no such), threshold."""
    if spec.patient is None:
        return [spec.confirm, 0], [spec.within, 0], [spec.threshold, NEVER]
    slow = spec.patient
    return [spec.confirm, slow.confirm], [spec.within, slow.within], [spec.threshold, slow.threshold]


def _ns(seconds: float) -> int:
    return min(round(seconds * NS_PER_S), loop.FOREVER_NS) if math.isfinite(seconds) else loop.FOREVER_NS


def _copied(state: EventState) -> EventState:
    return EventState(
        recording=state.recording,
        registers=state.registers.copy(),
        incidents=state.incidents.copy(),
        peaks=state.peaks.copy(),
        votes=state.votes.copy(),
        ring_ns=state.ring_ns.copy(),
        ring_score=state.ring_score.copy(),
        ring_named=state.ring_named.copy(),
    )


def _closed(state: EventState, when_ns: int) -> tuple[EventState, tuple[Change, ...]]:
    after = _copied(state)
    loop.close(after.registers, after.incidents, after.peaks, after.votes, after.ring_ns)
    return after, (_change(after, loop.CLOSED, when_ns),)


def _change(state: EventState, kind: int, when_ns: int) -> Change:
    """What has just happened to the open incident, or to the one closed last."""
    place = loop.LAST if kind == loop.CLOSED else loop.NOW
    identity, opened, confirmed, last, rows = state.incidents[place].tolist()
    incident = Incident(
        recording=state.recording,
        identity=identity,
        named=int(state.votes[place].argmax()),
        opened_ns=opened,
        confirmed_ns=confirmed,
        last_ns=last,
        closed_ns=when_ns if kind == loop.CLOSED else None,
        peak=float(state.peaks[place]),
        rows=rows,
    )
    return Change(kind=_KINDS[kind], time_ns=int(when_ns), incident=incident)
