"""False commands: a third station speaks to the drone of an open network, and the drone obeys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import SequencePolicy
from yawstring.simulate.attacks.forged import RETRIES
from yawstring.simulate.flight.commands import Command
from yawstring.simulate.frames import data
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.packets import COMMAND_PORT
from yawstring.simulate.scenario_keys import number, word
from yawstring.simulate.scene import DRONE, Scene, reaches
from yawstring.simulate.traffic import drone_link, text_bodies

if TYPE_CHECKING:
    from yawstring.simulate.offer_book import Book
    from yawstring.simulate.traffic import Heard

_ARRIVES_S = 0.003
_WAYS = ("forward", "back", "left", "right", "up", "down")


@dataclass(frozen=True, kw_only=True)
class CommandInjection(Attack):
    """Commands under the controller's address."""

    KIND = "command_injection"
    CLASS = "fdi"
    NEEDS = "open"

    rate_hz: float = number(0.5, 10, low=0.05, high=200, unit="frames/s", meaning="Commands a second")
    what: str = word("sticks", "moves", "land", words=("sticks", "moves", "land"), meaning="rc, movements, or land")
    sequence: str = word("heard", "own", words=("heard", "own"), meaning="Sequence numbers: after the pilot's, or own")

    def orders(self, scene: Scene, mark: Mark, given: Sequence[Command]) -> tuple[Command, ...]:
        """Those that reach the drone."""
        times, texts = self._plan(mark)
        heard = mark.stream("reaches").random(len(times)) < reaches(scene, mark.attacker, DRONE)
        return tuple(
            Command(float(time) + _ARRIVES_S, text, sender="attacker")
            for time, text, reached in zip(times, texts, heard, strict=True)
            if reached
        )

    def offer(self, scene: Scene, mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the frames."""
        times, texts = self._plan(mark)
        if not len(times):
            return
        octets = [text.encode() for text in texts]
        body, random = text_bodies(scene, octets, False, (COMMAND_PORT, COMMAND_PORT), book)
        policy = SequencePolicy.HEARD if self.sequence == "heard" else SequencePolicy.OWN
        limit = int(mark.stream("card").integers(*RETRIES))
        block = data(
            drone_link(scene), times, down=False, body=body, random=random,
            sequence_policy=policy, retry_limit=limit, **mark.fields(),
        )  # fmt: skip
        book.add(block)

    def _plan(self, mark: Mark) -> tuple[NDArray[np.float64], list[str]]:
        rng = mark.stream("plan")
        gap = 1.0 / self.rate_hz
        times = np.arange(self.onset_s, self.end_s, gap)
        times = times + rng.uniform(0, 0.4 * gap, len(times))
        return times, [self._text(rng) for _ in times]

    def _text(self, rng: np.random.Generator) -> str:
        if self.what == "sticks":
            return "rc " + " ".join(str(int(stick)) for stick in rng.integers(-60, 61, 4))
        if self.what == "moves":
            return f"{_WAYS[int(rng.integers(len(_WAYS)))]} {int(rng.integers(20, 120))}"
        return "land"
