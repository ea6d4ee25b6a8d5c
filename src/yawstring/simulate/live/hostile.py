"""The attacks of a flight that goes on: each gets to know what others say when it would have heard it."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import NOBODY
from yawstring.simulate.air.made import Made, together
from yawstring.simulate.association import Timeline
from yawstring.simulate.attacks.replay import FrameReplay
from yawstring.simulate.fate import pairs
from yawstring.simulate.flight import Command
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.live.schedule import copies_of, made_of
from yawstring.simulate.offer_book import Book
from yawstring.simulate.scenario_keys import stream
from yawstring.simulate.scene import Scene
from yawstring.simulate.traffic import Heard, Said

States = tuple[NDArray[np.float64], tuple[bytes, ...]]
"""Times and octets."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Moves:
    """What attackers do in a tick.

    Attributes:
        made: Their offers, some of them for later.
        orders: Commands that the drone is going to obey.
        repeated: Names of the offers that are repeated.
        states: False states that a third station sends, by the names of their offers.
    """

    made: Made
    orders: tuple[Command, ...]
    repeated: tuple[int, ...] = ()
    states: tuple[tuple[int, bytes], ...] = ()


class Attackers:
    """Every attack of a flight.

    Args:
        scene: Who is where.
        marks: Of each attack.
        line: When drone and controller are associated.
    """

    def __init__(self, scene: Scene, marks: Sequence[Mark], line: Timeline) -> None:
        self._scene, self._line = scene, line
        every = pairs(scene, marks)
        self._planned = [(attack, mark) for attack, mark in every if attack.HEARS == "nothing"]
        self._recording = [(attack, mark) for attack, mark in every if attack.HEARS == "before"]
        self._listening = [(attack, mark) for attack, mark in every if attack.HEARS == "now"]
        self._recorded: deque[Made] = deque()
        self._commands: list[Command] = []
        self._offers_of_commands: list[Made] = []

    def plan(self, book: Book) -> tuple[Command, ...]:
        """Add the offers of attacks that need nobody else, and give their commands."""
        heard = self._heard(book.offers())
        for attack, mark in self._planned:
            attack.offer(self._scene, mark, heard, book)
        return tuple(order for attack, mark in self._planned for order in attack.orders(self._scene, mark, ()))

    def hear(self, made: Made, commands: Sequence[tuple[Command, int]], now_s: float) -> None:
        """Note what is sent in this tick: offers, and commands with the place of each one's offer among them."""
        if not self._recording:
            return
        for command, place in commands:
            self._commands.append(command)
            self._offers_of_commands.append(made.where(np.array([place])) if place != NOBODY else together(()))
        window = max(
            (attack.remembers_s for attack, _ in self._recording if isinstance(attack, FrameReplay)), default=0.0
        )
        if window:
            self._recorded.append(self._of_others(made))
        oldest_us = (now_s - window) * 1e6
        while self._recorded and self._recorded[0].offers["time_us"].max(initial=0) < oldest_us:
            self._recorded.popleft()

    def move(self, made: Made, false: dict[int, States], until_s: float, first: int) -> Moves:
        """What attackers do when they have heard the offers of this tick.

        Args:
            made: What is sent in this tick.
            false: False states of this tick, by number of the attack that injects them.
            until_s: Its end.
            first: The first name that is free.
        """
        parts: list[Made] = []
        orders: list[Command] = []
        repeated: set[int] = set()
        states: list[tuple[int, bytes]] = []
        for attack, mark in [one for one in self._recording if one[0].onset_s < until_s]:
            self._recording.remove((attack, mark))
            copies, obeyed = self._replay(attack, mark, first)
            orders += obeyed
            repeated |= set(copies.offers["copy_of"].tolist())
            parts.append(copies)
            first += len(copies.names)
        tick = round(until_s * 1e6)
        others = self._of_others(made).offers if self._listening else made.offers
        for attack, mark in self._listening:
            book = Book()
            # Its draws are anew in every tick, not the same ones over and over.
            fresh = replace(mark, seed=int(stream(mark.seed, "attack", mark.number, "tick", tick).integers(1 << 62)))
            attack.offer(self._scene, fresh, self._heard(others, false), book)
            numbers, texts = book.told()
            states += zip((first + numbers).tolist(), texts, strict=True)
            parts.append(made_of(book, first))
            first += len(book)
        return Moves(made=together(parts), orders=tuple(orders), repeated=tuple(repeated), states=tuple(states))

    def _of_others(self, made: Made) -> Made:
        """Offers of all but attackers."""
        return made.where(np.flatnonzero(~np.isin(made.offers["transmitter"], self._scene.attackers)))

    def _replay(self, attack: Attack, mark: Mark, first: int) -> tuple[Made, list[Command]]:
        """What an attack that has recorded sends from its onset on."""
        frames = together(list(self._recorded))
        numbers, at = np.full(len(self._commands), NOBODY, np.int32), len(frames.names)
        for index, made in enumerate(self._offers_of_commands):
            if len(made.names):
                numbers[index], at = at, at + 1
        recorded = together([frames, *self._offers_of_commands])
        heard = replace(self._heard(recorded.offers), commands=numbers)
        book = Book()
        attack.offer(self._scene, mark, heard, book)
        orders = attack.orders(self._scene, mark, tuple(self._commands))
        return copies_of(book, first, recorded), list(orders)

    def _heard(self, frames: NDArray[np.void], false: dict[int, States] | None = None) -> Heard:
        nothing = np.zeros(0, np.int32)
        said = Said(
            commands=tuple(self._commands),
            answers=(),
            state_s=np.zeros(0),
            states=(),
            state_attack=np.zeros(0, np.int16),
            false=false or {},
            streams_s=float("inf"),
        )
        return Heard(frames=frames, commands=nothing, states=nothing, said=said, timeline=self._line)
