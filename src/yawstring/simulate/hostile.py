"""What every attack is: keys drawn for each flight, and what it does to the link, the flight and the air."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import Noise
from yawstring.simulate.flight import Command, Falsification
from yawstring.simulate.scenario_keys import Setting, number, stream
from yawstring.simulate.settings import distance, power

if TYPE_CHECKING:
    from yawstring.simulate.offer_book import Book
    from yawstring.simulate.scene import Scene
    from yawstring.simulate.traffic import Heard

ONSET_S = (8.0, 16.0)
LENGTH_S = (8.0, 16.0)
_LONGEST_S = 3600

COUNTERS = 4096
"""Sequence counters that each attack has at most."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What tells one attack of a flight from the others, and its frames for what they are.

    Attributes:
        attacker: Index of the attacking station.
        number: Number of the attack in its flight, from 0.
        seed: The flight's seed.
    """

    attacker: int
    number: int
    seed: int

    def stream(self, name: str) -> np.random.Generator:
        """A random stream of this attack's own."""
        return stream(self.seed, "attack", self.number, "draws", name)

    def counter(self, which: int = 0) -> int:
        """One of the attack's own sequence counters."""
        return self.number * COUNTERS + which

    def fields(self) -> dict[str, int]:
        """What each of its offers carries."""
        return {"transmitter": self.attacker, "attack": self.number, "technique": self.number, "episode": self.number}


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack of one flight; a kind is a subclass. Everything it does not do is empty here.

    ``KIND`` is its name in a file, ``CLASS`` that of its label; ``NEEDS`` is the security without which it is
    pointless: ``open``, ``wpa2`` or, for either, ``""``. ``HEARS`` is what of the talk of others its frames depend on:
    ``nothing``, what was said ``before`` its onset, or what is being said ``now``.
    """

    KIND: ClassVar[str]
    CLASS: ClassVar[str]
    NEEDS: ClassVar[str] = ""
    HEARS: ClassVar[Literal["nothing", "before", "now"]] = "nothing"

    onset_s: float = number(*ONSET_S, low=0, high=_LONGEST_S, unit="s", meaning="When it begins")
    length_s: float = number(*LENGTH_S, low=0.1, high=_LONGEST_S, unit="s", meaning="How long it lasts")
    power_dbm: float = power()
    distance: float = distance()
    end_of_flight_s: float = field(default=float("inf"))

    @property
    def technique(self) -> str:
        """How the attack is made."""
        return self.KIND

    @property
    def end_s(self) -> float:
        """When it ends: with the recording at the latest."""
        return min(self.onset_s + self.length_s, self.end_of_flight_s)

    def strikes(self, scene: "Scene", mark: Mark) -> NDArray[np.float64]:
        """Times at which a frame of it would end the association between drone and controller, in seconds."""
        return np.zeros(0)

    def silences(self, scene: "Scene", mark: Mark) -> tuple[tuple[float, float], ...]:
        """When it keeps commands from the drone though the association stands: from, to, in seconds."""
        return ()

    def lures(self) -> bool:
        """Whether a controller that looks for its network while it lasts may find the attacker instead."""
        return False

    def orders(self, scene: "Scene", mark: Mark, given: Sequence[Command]) -> tuple[Command, ...]:
        """Commands of the attacker that the drone obeys, given the controller's."""
        return ()

    @classmethod
    def needed(cls, settings: Mapping[str, Setting]) -> str:
        """The security that it needs with these settings; ``""`` for either."""
        return cls.NEEDS

    def lies(self, lead_s: float) -> tuple[Falsification, ...]:
        """How it falsifies states, by the drone's clock, which began ``lead_s`` before the recording."""
        return ()

    def injects(self) -> bool:
        """Whether its false states come beside the true ones; else in their place."""
        return False

    def noise(self, scene: "Scene", mark: Mark) -> tuple[Noise, ...]:
        """Noise it puts on the air."""
        return ()

    def offer(self, scene: "Scene", mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add its frames to the book."""
