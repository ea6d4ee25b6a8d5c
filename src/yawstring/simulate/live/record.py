"""What a live flight leaves: the truth of every captured frame, the labels and the controller's log."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import NOBODY, OFFER
from yawstring.simulate.air.made import Made, Spell
from yawstring.simulate.fate import pairs
from yawstring.simulate.hostile import Mark
from yawstring.simulate.run import READS_S, acts_of
from yawstring.simulate.scenario_keys import stream
from yawstring.simulate.scene import Scene
from yawstring.simulate.truth import Episode, episodes, forged, labels_text, telemetry_text, truth_text

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class _Captured:
    time_ns: NDArray[np.int64]
    transmitter: NDArray[np.int16]
    offer: NDArray[np.int32]
    attack: NDArray[np.int16]
    attempts: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """A flight that is over, as files hold it; the capture was given out as it went.

    Attributes:
        truth: ``truth.csv``.
        labels: ``labels.csv``.
        telemetry: ``telemetry.log``.
        frames: Captured frames.
        hostile: Those that are forged.
        states: Lines of telemetry.
        episodes: Attacks that took place.
    """

    truth: bytes
    labels: bytes
    telemetry: bytes
    frames: int
    hostile: int
    states: int
    episodes: tuple[Episode, ...]


class Recorder:
    """Keeps the truth of a flight that goes on."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._spells: list[tuple[NDArray[np.int64], NDArray[np.int16], NDArray[np.int64], NDArray[np.int16]]] = []
        self._hostile: list[Made] = []
        self._attempts: dict[int, int] = {}
        self._reading = stream(scene.seed, "reading")
        self._states: list[tuple[int, bytes]] = []

    def note(self, made: Made, spell: Spell) -> None:
        """Keep what a tick brought."""
        if len(spell.time_ns):
            self._spells.append((spell.time_ns, spell.transmitter, spell.offer, spell.attack))
        hostile = np.flatnonzero(made.offers["attack"] != NOBODY)
        if len(hostile):
            self._hostile.append(made.where(hostile))
            self._attempts |= dict.fromkeys(made.names[hostile].tolist(), 0)
        for name, attempts in zip(spell.ended.tolist(), spell.attempts.tolist(), strict=True):
            if name in self._attempts:
                self._attempts[name] = attempts

    def received(self, time_s: float, text: bytes) -> None:
        """A state reached the controller's radio; its program reads it a little later, by its own clock."""
        late = float(self._reading.gamma(2.0, READS_S / 2.0)) + self._scene.drawn.controller.clock_offset_s
        self._states.append((self._scene.epoch_ns + round((time_s + late) * _NS_PER_S), text))

    def record(self, marks: Sequence[Mark], now_s: float) -> Record:
        """The flight, which ended at a time."""
        offers = np.concatenate([np.zeros(0, OFFER), *(made.offers for made in self._hostile)])
        names = [name for made in self._hostile for name in made.names.tolist()]
        aired = self._captured(np.array([min(self._attempts[name], 255) for name in names], np.uint8))
        acts = [
            (number, start, min(end, now_s))
            for attack, mark in pairs(self._scene, marks)
            for number, start, end in acts_of(self._scene, attack, mark)
            if start < now_s
        ]
        found = episodes(self._scene.drawn.attacks, offers, aired, acts, self._scene.epoch_ns)
        return Record(
            truth=truth_text(aired, self._scene.stations, found),
            labels=labels_text(found),
            telemetry=telemetry_text(
                np.array([time for time, _ in self._states], np.int64), [text for _, text in self._states]
            ),
            frames=len(aired.time_ns),
            hostile=int(forged(aired, self._scene.stations).sum()),
            states=len(self._states),
            episodes=found,
        )

    def _captured(self, attempts: NDArray[np.uint8]) -> _Captured:
        columns = list(zip(*self._spells, strict=True)) or [()] * 4
        time_ns, transmitter, offer, attack = (
            np.concatenate([np.zeros(0, kind), *column])
            for kind, column in zip((np.int64, np.int16, np.int64, np.int16), columns, strict=True)
        )
        return _Captured(
            time_ns=time_ns,
            transmitter=transmitter,
            offer=offer.astype(np.int32),
            attack=attack,
            attempts=attempts,
        )
