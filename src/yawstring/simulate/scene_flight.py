"""The flight within a scenario: the pilot's commands, an attacker's, and what the drone makes of both."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import NOBODY, Station, Track
from yawstring.simulate.association import JOIN_S
from yawstring.simulate.flight import Aircraft, Command, FlightLog, Pad, falsify, fly, pilot
from yawstring.simulate.flight.aircraft import PAD_NUMBERS
from yawstring.simulate.flight.pilot import SHORTEST_S
from yawstring.simulate.hostile import Mark
from yawstring.simulate.scenario_keys import stream
from yawstring.simulate.scene import Scene
from yawstring.simulate.traffic import Said

STREAM_ON = "streamon"

_TRACK_EVERY_S = 0.5
HAND_M = 0.1
_STREAM_AFTER_S = 0.4
_READY_S = (0.1, 0.6)
_SOUNDEST_WIND = 0.3
"""Standard deviation of gusts over the mean wind."""

_LAYS_PADS = "survey"
_PADS_APART_M = (0.35, 0.6)
"""From pad to pad: over one, the camera sees the next."""

_BEND_RAD = 0.5

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Flown:
    """A flight, by the recording's clock.

    Attributes:
        log: By the drone's clock, which began ``lead_s`` earlier.
        lead_s: Time in use before the recording.
        said: What drone and pilot say to each other within the recording.
    """

    log: FlightLog
    lead_s: float
    said: Said

    def track(self, station: Station) -> Track:
        """Where the drone is, from its place at the start on."""
        east, north, _ = station.track.points[0]
        truth = self.log.truth
        times = truth["time_s"] - self.lead_s
        every = np.arange(0.0, float(times[-1]), _TRACK_EVERY_S)
        if not len(every):
            return station.track
        way = (np.interp(every, times, truth[name]) for name in ("east_m", "north_m", "down_m"))
        points = tuple((east + float(e), north + float(n), HAND_M - float(d)) for e, n, d in zip(*way, strict=True))
        return Track(times_s=tuple(every.tolist()), points=points)


def flown(scene: Scene, marks: Sequence[Mark], reach: Spans) -> Flown:
    """Fly the flight.

    Args:
        scene: Who and where.
        marks: Of each attack.
        reach: When the pilot's commands reach the drone: from, to, in seconds.
    """
    drawn = scene.drawn
    lead = drawn.pilot.airborne_s
    pads = pads_of(scene)
    given = _script(scene, lead, pads)
    orders = [
        Command(order.time_s + lead, order.text, order.sender)
        for attack, mark in zip(drawn.attacks, marks, strict=True)
        for order in attack.orders(scene, mark, tuple(_shifted(given, -lead)))
    ]
    log = fly(
        [*given, *orders],
        seed=stream(scene.seed, "flight", "motion"),
        duration_s=lead + scene.duration_s,
        link=_moved(reach, lead),
        aircraft=aircraft_of(scene, pads),
    )
    kept = np.flatnonzero(log.time_s >= lead)
    told, state_attack = told_by(scene, marks, log, lead)
    texts = told.state_texts()
    pilots = {number for number, command in enumerate(log.commands) if command.sender != "attacker"}
    answers = [
        replace(one, time_s=one.time_s - lead) for one in log.responses if one.command in pilots and one.time_s >= lead
    ]
    streams = next((one.time_s for one in given if one.text == STREAM_ON), np.inf)
    said = Said(
        commands=tuple(one for one in _shifted(given, -lead) if 0 <= one.time_s < scene.duration_s),
        answers=tuple(answers),
        state_s=log.time_s[kept] - lead,
        states=tuple(texts[row] for row in kept.tolist()),
        state_attack=state_attack[kept],
        false=false_states(scene, marks, log, lead),
        streams_s=max(0.0, float(streams) - lead),
    )
    return Flown(log=log, lead_s=lead, said=said)


def told_by(scene: Scene, marks: Sequence[Mark], log: FlightLog, lead: float) -> tuple[FlightLog, NDArray[np.int16]]:
    """The states as they leave the drone, and which attack falsified each."""
    by = np.full(len(log), NOBODY, np.int16)
    for attack, mark in zip(scene.drawn.attacks, marks, strict=True):
        if attack.injects():
            continue
        before, log = log, falsify(replace(log, falsified=np.zeros(len(log), np.bool_)), attack.lies(lead))
        by[log.falsified] = mark.number
        log = replace(log, falsified=log.falsified | before.falsified)
    return log, by


def false_states(
    scene: Scene, marks: Sequence[Mark], log: FlightLog, lead: float
) -> dict[int, tuple[NDArray[np.float64], tuple[bytes, ...]]]:
    """False states that come from third stations, for as long as each lie lasts."""
    found = {}
    for attack, mark in zip(scene.drawn.attacks, marks, strict=True):
        lies = attack.lies(lead) if attack.injects() else ()
        if not lies:
            continue
        lied = falsify(log, lies)
        rows = np.flatnonzero((log.time_s >= lies[0].start_s) & (log.time_s < lies[0].end_s))
        found[mark.number] = log.time_s[rows] - lead, tuple(lied.state_text(row) for row in rows.tolist())
    return found


def _script(scene: Scene, lead: float, pads: tuple[Pad, ...]) -> list[Command]:
    """The pilot's commands by the drone's clock; the pilot waits for the association."""
    rng = stream(scene.seed, "flight", "script")
    wait = 0.0 if lead else first_join_s(scene) + JOIN_S + float(rng.uniform(*_READY_S))
    length = max(SHORTEST_S, lead + scene.duration_s - wait)
    given = list(pilot(rng, length, scene.drawn.pilot.style, pads=pads))
    given = _shifted((one for one in given if one.text != STREAM_ON), max(0.0, wait))
    if scene.drawn.traffic.video_mbit_s > 0:
        given.insert(1, Command(given[0].time_s + _STREAM_AFTER_S, STREAM_ON))
    return sorted(given, key=lambda one: one.time_s)


def first_join_s(scene: Scene) -> float:
    """When the controller first looks for the drone; negative where it has joined before the recording."""
    if scene.drawn.pilot.airborne_s or not scene.drawn.controller.joins:
        return -JOIN_S
    return float(stream(scene.seed, "first join").uniform(0.02, 0.4))


def _shifted(commands: Iterable[Command], by_s: float) -> list[Command]:
    return [replace(one, time_s=one.time_s + by_s) for one in commands]


def _moved(reach: Spans, lead: float) -> Spans:
    """Intervals by the drone's clock; before the recording the link stood."""
    moved = [(start + lead, end + lead) for start, end in reach]
    if not lead:
        return tuple(moved)
    if moved and moved[0][0] <= lead:
        return ((0.0, moved[0][1]), *moved[1:])
    return ((0.0, lead), *moved)


def pads_of(scene: Scene) -> tuple[Pad, ...]:
    """Mission pads in a row that bends, the first where the drone takes off."""
    if scene.drawn.pilot.style != _LAYS_PADS:
        return ()
    rng, count = stream(scene.seed, "flight", "pads"), scene.drawn.pilot.pads
    numbers = rng.permutation(np.array(PAD_NUMBERS))[:count]
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.uniform(-_BEND_RAD, _BEND_RAD, count))
    way = rng.uniform(*_PADS_APART_M, count)
    way[:1] = rng.uniform(0, HAND_M, min(count, 1))
    north, east = np.cumsum(way * np.cos(heading)), np.cumsum(way * np.sin(heading))
    rows = zip(numbers.tolist(), north.tolist(), east.tolist(), rng.uniform(-180, 180, count).tolist(), strict=True)
    return tuple(Pad(number=number, north_m=n, east_m=e, yaw_deg=yaw) for number, n, e, yaw in rows)


def aircraft_of(scene: Scene, pads: tuple[Pad, ...]) -> Aircraft:
    """The drone; whoever lays pads out has one that knows them."""
    rng = stream(scene.seed, "flight", "aircraft")
    wind = scene.drawn.site.wind_m_s
    return Aircraft(
        wind_m_s=wind,
        wind_from_deg=float(rng.uniform(0, 360)),
        gust_m_s=0.05 + _SOUNDEST_WIND * wind,
        battery_pct=scene.drawn.pilot.battery_pct,
        capacity_ah=scene.drawn.drone.capacity_ah,
        ambient_c=float(rng.uniform(12, 32)),
        ground_elevation_m=float(rng.uniform(0, 600)),
        edu=bool(rng.random() < 0.5) or bool(pads),
        pads=pads,
    )
