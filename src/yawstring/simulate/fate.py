"""What becomes of the association in a flight: ended by attacks, by silence and by its own two ends.

All of it is drawn before anybody flies: whether a forged frame reaches its victim comes from a link budget.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yawstring.simulate.association import Lure, Timeline, timeline
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.scenario_keys import stream
from yawstring.simulate.scene import Scene
from yawstring.simulate.scene_flight import Spans, first_join_s
from yawstring.simulate.traffic import Farewell, farewells

BEACON_LOSS_S = 4.0
"""A station that hears nothing of its access point for so long gives the association up."""

_LOOKS_EVERY_S = 0.2
_LEAST_S = 1e-6


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What is settled before the flight.

    Attributes:
        leaving: Ends of the association that nobody forces.
        line: When the association stands, and the attempts to join.
        reach: When the controller's commands reach the drone: from, to, in seconds.
    """

    leaving: tuple[Farewell, ...]
    line: Timeline
    reach: Spans


def marks_of(scene: Scene) -> tuple[Mark, ...]:
    """The mark of each attack."""
    return tuple(
        Mark(attacker=attacker, number=number, seed=scene.seed) for number, attacker in enumerate(scene.attackers)
    )


def fate_of(scene: Scene, marks: Sequence[Mark]) -> Fate:
    """The association's fate in a scene."""
    leaving = farewells(scene)
    silences = _silences(scene, marks)
    line = _line(scene, marks, leaving, silences)
    return Fate(leaving=leaving, line=line, reach=_without(line.ups, silences))


def pairs(scene: Scene, marks: Sequence[Mark]) -> list[tuple[Attack, Mark]]:
    """Each attack and its mark."""
    return list(zip(scene.drawn.attacks, marks, strict=True))


def _silences(scene: Scene, marks: Sequence[Mark]) -> Spans:
    spans = sorted(span for attack, mark in pairs(scene, marks) for span in attack.silences(scene, mark))
    merged: list[tuple[float, float]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)


def _line(scene: Scene, marks: Sequence[Mark], leaving: Sequence[Farewell], silences: Spans) -> Timeline:
    """The fate of the association: ended by attacks, by silence and by its own two ends."""
    strikes = [attack.strikes(scene, mark) for attack, mark in pairs(scene, marks)]
    strikes.append(np.array([one.time_s for one in leaving]))
    strikes += [np.arange(start + BEACON_LOSS_S, end, _LOOKS_EVERY_S) for start, end in silences]
    lures = [
        Lure(attack=mark.number, start_s=attack.onset_s, end_s=attack.end_s, holds=not scene.secured)
        for attack, mark in pairs(scene, marks)
        if attack.lures()
    ]
    until = next((one.time_s for one in leaving if one.last), scene.duration_s)
    times = np.sort(np.concatenate(strikes))
    return timeline(first_join_s(scene), times, lures, until, stream(scene.seed, "timeline"))


def _without(ups: Spans, silences: Spans) -> Spans:
    """Intervals less the silences, none touching another."""
    left = list(ups)
    for start, end in silences:
        pieces = [piece for a, b in left for piece in ((a, min(b, start)), (max(a, end), b))]
        left = [(a, b) for a, b in pieces if a < b]
    return tuple((a, b) for a, b in left if b - a > _LEAST_S)
