"""Incidents against the truth: which attacks were found, how fast, and how many alarms were false.

Four rules, each an answer to a way of looking better than one is.

- An incident lies from the first to the last of the rows that speak for it, without the quiet that closes it: an alarm
  that was merely not yet closed finds nothing.
- An incident that overlaps no episode is one false alarm. One that began in an episode and goes on is none.
- An episode is found when an incident that overlaps it has been confirmed by the episode's end. Later is ``late``:
  neither found nor false. One that was confirmed before the onset finds it after 0 s, and such episodes are counted as
  ``already_alarmed``: it cannot be told whether the detector knew, or only went on crying.
- The share of benign time spent in incidents is told, as one alarm without an end is only one alarm.

``recovery_s`` is a grace after each episode, in which what follows from the attack (a drone that associates anew) is no
false alarm and a late confirmation still counts; that time is no benign time. It is 0 unless asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from yawstring.learn.episodes import Episode, Stretch
from yawstring.learn.events import NS_PER_S, Incident
from yawstring.learn.exact import rate, share
from yawstring.models.base import Json

NS_PER_HOUR = 3600 * NS_PER_S

_QUARTILES = {"q1": 0.25, "median": 0.5, "q3": 0.75}


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What became of one episode.

    Attributes:
        episode: The attack.
        found: It was alarmed about in time.
        late: An incident overlaps it, and was confirmed too late.
        already_alarmed: The incident that found it was confirmed before the onset.
        delay_s: Seconds from onset to confirmation, 0 where already alarmed; ``None`` unless found.
        named: Index of the attack that the incident was named; ``None`` unless found.
    """

    episode: Episode
    found: bool
    late: bool = False
    already_alarmed: bool = False
    delay_s: float | None = None
    named: int | None = None


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Incidents of any number of recordings, judged.

    Attributes:
        sightings: One an episode.
        incidents: Number of incidents.
        false_alarms: Those that overlap no episode.
        watched_ns: Time watched.
        benign_ns: Of that, without an attack.
        alarmed_ns: Of the benign time, in incidents.
    """

    sightings: tuple[Sighting, ...]
    incidents: int
    false_alarms: int
    watched_ns: int
    benign_ns: int
    alarmed_ns: int

    @property
    def alarmed_share(self) -> float:
        """Share of the benign time that was spent in incidents."""
        return self.alarmed_ns / self.benign_ns if self.benign_ns else 0.0


def judge_incidents(watched: Iterable[tuple[Stretch, Sequence[Incident]]], *, recovery_s: float = 0.0) -> Judged:
    """Judge incidents, stretch by stretch.

    Args:
        watched: The truth of each stretch and the incidents that were confirmed in it.
        recovery_s: Grace after each episode, in seconds.

    Example:
        >>> attack = Episode(recording=0, start_ns=5 * NS_PER_S, end_ns=9 * NS_PER_S, name="dos")
        >>> stretch = Stretch(recording=0, start_ns=0, end_ns=60 * NS_PER_S, episodes=(attack,))
        >>> one, two = (Incident(recording=0, identity=n, named=0, opened_ns=at * NS_PER_S, peak=0.9, rows=3,
        ...                      confirmed_ns=(at + 1) * NS_PER_S, last_ns=(at + 2) * NS_PER_S, closed_ns=None)
        ...             for n, at in enumerate((6, 30)))
        >>> judged = judge_incidents([(stretch, [one, two])])
        >>> judged.sightings[0].delay_s, judged.false_alarms
        (2.0, 1)
    """
    recovery_ns = round(recovery_s * NS_PER_S)
    sightings: list[Sighting] = []
    incidents = false_alarms = watched_ns = benign_ns = alarmed_ns = 0
    for stretch, alarms in watched:
        sightings += [_sighting(episode, alarms, recovery_ns) for episode in stretch.episodes]
        incidents += len(alarms)
        false_alarms += sum(not any(_overlap(alarm, one, recovery_ns) for one in stretch.episodes) for alarm in alarms)
        pieces = stretch.benign(recovery_ns)
        watched_ns += stretch.end_ns - stretch.start_ns
        benign_ns += sum(end - start for start, end in pieces)
        alarmed_ns += sum(
            max(0, min(end, alarm.last_ns) - max(start, alarm.opened_ns)) for alarm in alarms for start, end in pieces
        )
    return Judged(
        sightings=tuple(sightings), incidents=incidents, false_alarms=false_alarms,
        watched_ns=watched_ns, benign_ns=benign_ns, alarmed_ns=alarmed_ns,
    )  # fmt: skip


def figures(judged: Judged, names: Sequence[str]) -> dict[str, Json]:
    """The figures of incidents as JSON, with exact 95 % intervals.

    Args:
        judged: What was judged.
        names: Attacks, in the order that incidents name them by.

    Returns:
        ``watched_hours``, ``benign_hours``, ``incidents``, ``false_alarms``, ``false_alarms_per_hour`` (a figure),
        ``alarmed_share``; those of :func:`_of_episodes` for all episodes, and again ``by_class`` and ``by_technique``.
    """
    classes = _grouped((one.episode.name, one) for one in judged.sightings)
    techniques = _grouped((one.episode.technique, one) for one in judged.sightings if one.episode.technique is not None)
    return {
        "watched_hours": judged.watched_ns / NS_PER_HOUR,
        "benign_hours": judged.benign_ns / NS_PER_HOUR,
        "incidents": judged.incidents,
        "false_alarms": judged.false_alarms,
        "false_alarms_per_hour": rate(judged.false_alarms, judged.benign_ns / NS_PER_HOUR).to_json(),
        "alarmed_share": judged.alarmed_share,
        **_of_episodes(judged.sightings, names),
        "by_class": {name: _of_episodes(ones, names) for name, ones in classes.items()},
        "by_technique": {name: _of_episodes(ones, names) for name, ones in techniques.items()},
    }


def _of_episodes(sightings: Sequence[Sighting], names: Sequence[str]) -> dict[str, Json]:
    """How many episodes there are, how many were found, named and late, and the delays."""
    found = [one for one in sightings if one.found]
    delays = np.array([one.delay_s for one in found], np.float64)
    quartiles: dict[str, Json] = {
        name: float(np.quantile(delays, q)) if len(delays) else None for name, q in _QUARTILES.items()
    }
    return {
        "episodes": len(sightings),
        "found": len(found),
        "found_share": share(len(found), len(sightings)).to_json(),
        "late": sum(one.late for one in sightings),
        "already_alarmed": sum(one.already_alarmed for one in sightings),
        "named_right": sum(one.named is not None and names[one.named] == one.episode.name for one in found),
        "time_to_detect_s": quartiles,
    }


def _grouped(pairs: Iterable[tuple[str, Sighting]]) -> Mapping[str, list[Sighting]]:
    groups: dict[str, list[Sighting]] = {}
    for name, one in pairs:
        groups.setdefault(name, []).append(one)
    return dict(sorted(groups.items()))


def _overlap(alarm: Incident, episode: Episode, recovery_ns: int) -> bool:
    return alarm.opened_ns < episode.end_ns + recovery_ns and alarm.last_ns >= episode.start_ns


def _sighting(episode: Episode, alarms: Sequence[Incident], recovery_ns: int) -> Sighting:
    """What became of an episode: the first of the incidents that overlap it counts."""
    over = [alarm for alarm in alarms if _overlap(alarm, episode, recovery_ns)]
    if not over:
        return Sighting(episode=episode, found=False)
    first = min(over, key=lambda alarm: alarm.confirmed_ns)
    if first.confirmed_ns >= episode.end_ns + recovery_ns:
        return Sighting(episode=episode, found=False, late=True)
    delay_ns = first.confirmed_ns - episode.start_ns
    return Sighting(
        episode=episode, found=True, already_alarmed=delay_ns < 0,
        delay_s=max(delay_ns, 0) / NS_PER_S, named=first.named,
    )  # fmt: skip
