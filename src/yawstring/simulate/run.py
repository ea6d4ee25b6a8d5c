"""A scenario and a seed in; a capture, a telemetry log, and the truth of both out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import Aired, air, pcapng
from yawstring.simulate.fate import Fate, fate_of, marks_of, pairs
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.neighbours import offer_neighbours
from yawstring.simulate.offer_book import Book
from yawstring.simulate.scenario import Scenario, draw, scenario_text
from yawstring.simulate.scenario_keys import Value, stream
from yawstring.simulate.scene import DRONE, Scene, make_scene
from yawstring.simulate.scene_flight import Flown, flown
from yawstring.simulate.traffic import offer_traffic
from yawstring.simulate.truth import Episode, episodes, forged, labels_text, telemetry_text, truth_text
from yawstring.table.survey import mac_text
from yawstring.version import __version__

READS_S = 0.0006
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
    marks = marks_of(scene)
    fate = fate_of(scene, marks)
    flight = flown(scene, marks, fate.reach)
    drone = replace(scene.stations[DRONE], track=flight.track(scene.stations[DRONE]))
    scene = replace(scene, stations=(drone, *scene.stations[1:]))
    book = _offered(scene, marks, fate, flight)
    offers = book.offers()
    noise = [one for attack, mark in pairs(scene, marks) for one in attack.noise(scene, mark)]
    aired = air(
        offers,
        book.all_bodies(),
        scene.stations,
        scene.receiver,
        seed=int(stream(seed, "air").integers(1 << 62)),
        environment=scene.environment,
        noise=noise,
    )
    acts = [act for attack, mark in pairs(scene, marks) for act in acts_of(scene, attack, mark)]
    found = episodes(drawn.attacks, offers, aired, acts, scene.epoch_ns)
    return _told(scene, aired, book, found)


def acts_of(scene: Scene, attack: Attack, mark: Mark) -> list[tuple[int, float, float]]:
    """Hostile acts that are no frames: number of the attack, from, to."""
    return [(mark.number, one.start_s, one.end_s) for one in attack.noise(scene, mark)]


def _offered(scene: Scene, marks: Sequence[Mark], fate: Fate, flight: Flown) -> Book:
    """Everything that anybody sends."""
    book = Book()
    heard = offer_traffic(scene, fate.line, flight.said, fate.leaving, book)
    offer_neighbours(scene, book)
    heard = replace(heard, frames=book.offers())
    for attack, mark in pairs(scene, marks):
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
        scenario=scenario_text(drawn, notes=notes_of(scene)),
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
    late = stream(scene.seed, "reading").gamma(2.0, READS_S / 2.0, len(numbers))
    offset = scene.drawn.controller.clock_offset_s
    times = aired.delivered_us[numbers] * 1e-6 + late + offset
    return scene.epoch_ns + np.round(times[reached] * 1e9).astype(np.int64), [texts[i] for i in reached]


def notes_of(scene: Scene) -> dict[str, Value]:
    """What was drawn and no key of a scenario sets."""
    return {
        "yawstring": __version__,
        "ssid": scene.network.ssid.decode(),
        "bssid": mac_text(scene.bssid),
        "controller": mac_text(scene.client),
        "epoch_ns": scene.epoch_ns,
    }
