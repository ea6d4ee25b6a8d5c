"""A scenario and a seed in; a capture, a telemetry log, and the truth of both out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import Aired, air, pcapng
from yawstring.simulate.association import Lure, Timeline, timeline
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.neighbours import offer_neighbours
from yawstring.simulate.offer_book import Book
from yawstring.simulate.scenario import Scenario, draw, scenario_text
from yawstring.simulate.scenario_keys import Value, stream
from yawstring.simulate.scene import DRONE, Scene, make_scene
from yawstring.simulate.scene_flight import Flown, Spans, first_join_s, flown
from yawstring.simulate.traffic import Farewell, farewells, offer_traffic
from yawstring.simulate.truth import Episode, episodes, forged, labels_text, telemetry_text, truth_text
from yawstring.table.survey import mac_text
from yawstring.version import __version__

BEACON_LOSS_S = 4.0
"""A station that hears nothing of its access point for so long gives the association up."""

_LOOKS_EVERY_S = 0.2
_LEAST_S = 1e-6
_READS_S = 0.0006
"""What a program takes to read a datagram that has arrived, on average."""


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """One flight, as files hold it.

    Attributes:
        capture: ``capture.pcapng``, octets.
        telemetry: ``telemetry.log``.
        truth: ``truth.csv``.
        labels: ``labels.csv``.
        scenario: ``scenario.toml``, every value drawn, with the seed.
        name: Name of the scenario.
        seed: Seed of every draw.
        duration_s: Length of the recording.
        frames: Captured frames.
        hostile: Captured frames that are forged.
        states: Lines of telemetry.
        episodes: Attacks that took place.
    """

    capture: bytes
    telemetry: bytes
    truth: bytes
    labels: bytes
    scenario: str
    name: str
    seed: int
    duration_s: float
    frames: int
    hostile: int
    states: int
    episodes: tuple[Episode, ...]


def simulate(scenario: Scenario, seed: int) -> Simulated:
    """One flight of a scenario: the same scenario and seed give the same octets.

    Args:
        scenario: What may be.
        seed: Seed of every draw.

    Raises:
        OptionError: The seed is out of range.
    """
    drawn = draw(scenario, seed)
    scene = make_scene(drawn)
    marks = tuple(Mark(attacker=attacker, number=number, seed=seed) for number, attacker in enumerate(scene.attackers))
    leaving = farewells(scene)
    silences = _silences(scene, marks)
    line = _line(scene, marks, leaving, silences)
    flight = flown(scene, marks, _without(line.ups, silences))
    drone = replace(scene.stations[DRONE], track=flight.track(scene.stations[DRONE]))
    scene = replace(scene, stations=(drone, *scene.stations[1:]))
    book = _offered(scene, marks, line, flight, leaving)
    offers = book.offers()
    noise = [one for attack, mark in _pairs(scene, marks) for one in attack.noise(scene, mark)]
    aired = air(
        offers,
        book.all_bodies(),
        scene.stations,
        scene.receiver,
        seed=int(stream(seed, "air").integers(1 << 62)),
        environment=scene.environment,
        noise=noise,
    )
    acts = [act for attack, mark in _pairs(scene, marks) for act in _acts(scene, attack, mark)]
    found = episodes(drawn.attacks, offers, aired, acts, scene.epoch_ns)
    return _told(scene, aired, book, found)


def _pairs(scene: Scene, marks: Sequence[Mark]) -> list[tuple[Attack, Mark]]:
    return list(zip(scene.drawn.attacks, marks, strict=True))


def _acts(scene: Scene, attack: Attack, mark: Mark) -> list[tuple[int, float, float]]:
    """Hostile acts that are no frames: number of the attack, from, to."""
    return [(mark.number, one.start_s, one.end_s) for one in attack.noise(scene, mark)]


def _silences(scene: Scene, marks: Sequence[Mark]) -> Spans:
    spans = sorted(span for attack, mark in _pairs(scene, marks) for span in attack.silences(scene, mark))
    merged: list[tuple[float, float]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)


def _line(scene: Scene, marks: Sequence[Mark], leaving: Sequence[Farewell], silences: Spans) -> Timeline:
    """The fate of the association: ended by attacks, by silence and by its own two ends."""
    strikes = [attack.strikes(scene, mark) for attack, mark in _pairs(scene, marks)]
    strikes.append(np.array([one.time_s for one in leaving]))
    strikes += [np.arange(start + BEACON_LOSS_S, end, _LOOKS_EVERY_S) for start, end in silences]
    lures = [
        Lure(attack=mark.number, start_s=attack.onset_s, end_s=attack.end_s, holds=not scene.secured)
        for attack, mark in _pairs(scene, marks)
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


def _offered(scene: Scene, marks: Sequence[Mark], line: Timeline, flight: Flown, leaving: Sequence[Farewell]) -> Book:
    """Everything that anybody sends."""
    book = Book()
    heard = offer_traffic(scene, line, flight.said, leaving, book)
    offer_neighbours(scene, book)
    heard = replace(heard, frames=book.offers())
    for attack, mark in _pairs(scene, marks):
        attack.offer(scene, mark, heard, book)
    return book


def _told(scene: Scene, aired: Aired, book: Book, found: tuple[Episode, ...]) -> Simulated:
    """The files' contents."""
    drawn = scene.drawn
    received, states = _received(scene, aired, book)
    return Simulated(
        capture=pcapng(aired),
        telemetry=telemetry_text(received, states),
        truth=truth_text(aired, scene.stations, found),
        labels=labels_text(found),
        scenario=scenario_text(drawn, notes=_notes(scene)),
        name=drawn.name,
        seed=drawn.seed,
        duration_s=scene.duration_s,
        frames=len(aired.time_ns),
        hostile=int(forged(aired, scene.stations).sum()),
        states=len(states),
        episodes=found,
    )


def _received(scene: Scene, aired: Aired, book: Book) -> tuple[NDArray[np.int64], list[bytes]]:
    """States that reached the controller, by its clock: the program reads them a little after the card does."""
    numbers, texts = book.told()
    reached = np.flatnonzero(aired.delivered[numbers])
    late = stream(scene.seed, "reading").gamma(2.0, _READS_S / 2.0, len(numbers))
    offset = scene.drawn.controller.clock_offset_s
    times = aired.delivered_us[numbers] * 1e-6 + late + offset
    return scene.epoch_ns + np.round(times[reached] * 1e9).astype(np.int64), [texts[i] for i in reached]


def _notes(scene: Scene) -> dict[str, Value]:
    return {
        "yawstring": __version__,
        "ssid": scene.network.ssid.decode(),
        "bssid": mac_text(scene.bssid),
        "controller": mac_text(scene.client),
        "epoch_ns": scene.epoch_ns,
    }
