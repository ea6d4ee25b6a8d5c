"""False data in telemetry: bias, drift, freeze, scaling and replay of what the drone says.

At the ``source``, states are altered before they go on the air, by somebody in the drone or between it and its radio:
the frames are the drone's own. ``injected`` on an open network, false states come from a third station under the
drone's address, a few milliseconds behind the true ones, and the controller's program logs both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from yawstring.simulate.air import SequencePolicy
from yawstring.simulate.attacks.forged import RETRIES
from yawstring.simulate.flight import Falsification
from yawstring.simulate.flight.falsify import Kind
from yawstring.simulate.frames import data
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.packets import COMMAND_PORT, STATE_PORT
from yawstring.simulate.scenario_keys import Setting, flag, number, word
from yawstring.simulate.scene import Scene
from yawstring.simulate.traffic import drone_link, text_bodies

if TYPE_CHECKING:
    from yawstring.simulate.offer_book import Book
    from yawstring.simulate.traffic import Heard

FIELDS: Mapping[str, tuple[str, ...]] = {
    "height": ("tof", "baro", "h"),
    "speed": ("vgx", "vgy"),
    "attitude": ("pitch", "roll"),
    "battery": ("bat",),
}
"""Fields of the state string that each word stands for."""

SIZES: Mapping[str, float] = {"height": 2.0, "speed": 1.0, "attitude": 20.0, "battery": -40.0}
"""Bias of strength 1: metres, m/s, degrees, percent."""

DRIFT_S = 10.0
"""A drift of strength 1 comes to that in so long."""

INJECTED = "injected"
_BEHIND_S = (0.001, 0.012)


@dataclass(frozen=True, kw_only=True)
class _Telemetry(Attack):
    """What every lie has."""

    HOW = "bias"
    CLASS = "fdi"
    HEARS = "now"

    what: str = word("height", "speed", "attitude", "battery", words=tuple(FIELDS), meaning="The quantity")
    strength: float = number(
        0.3, 1.0, low=0.01, high=10, unit="", meaning="Size: 1 is 2 m, 1 m/s, 20° or 40 %; a factor of 1 more for scale"
    )
    careful: bool = flag(True, False, meaning="Whether related fields follow, without a jump")
    place: str = word("source", words=("source", INJECTED), meaning="At the drone, or on the air of an open network")

    @classmethod
    def needed(cls, settings: Mapping[str, Setting]) -> str:
        """Injected states need an open network."""
        return "open" if INJECTED in settings["place"] else ""

    def lies(self, lead_s: float) -> tuple[Falsification, ...]:
        """The one lie."""
        start, end = self.onset_s + lead_s, self.end_s + lead_s
        if self.HOW == "replay":
            end = min(end, 2 * start)
        if end <= start:
            return ()
        kind: Kind = self.HOW  # type: ignore[assignment]  # each subclass names one
        copied = start - (end - start) if self.HOW == "replay" else None
        return (
            Falsification(
                kind=kind,
                fields=FIELDS[self.what],
                start_s=start,
                end_s=end,
                amount=self._amount(),
                copied_from_s=copied,
                careful=self.careful,
            ),
        )

    def injects(self) -> bool:
        """Whether the lie comes from a third station."""
        return self.place == INJECTED

    def offer(self, scene: Scene, mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the false states, where they are injected."""
        times, texts = heard.said.false.get(mark.number, (np.zeros(0), ()))
        if not self.injects() or not len(times):
            return
        body, random = text_bodies(scene, texts, True, (COMMAND_PORT, STATE_PORT), book)
        late = mark.stream("behind").uniform(*_BEHIND_S, len(times))
        limit = int(mark.stream("card").integers(*RETRIES))
        block = data(
            drone_link(scene), times + late, down=True, body=body, random=random,
            sequence_policy=SequencePolicy.OWN, retry_limit=limit, **mark.fields(),
        )  # fmt: skip
        first = book.add(block)
        for place, text in enumerate(texts):
            book.tell(first + place, text)

    def _amount(self) -> float:
        size = self.strength * SIZES[self.what]
        return {"bias": size, "drift": size / DRIFT_S, "scale": 1.0 + self.strength}.get(self.HOW, 0.0)


@dataclass(frozen=True, kw_only=True)
class TelemetryBias(_Telemetry):
    """Something is added."""

    KIND = "telemetry_bias"
    HOW = "bias"


@dataclass(frozen=True, kw_only=True)
class TelemetryDrift(_Telemetry):
    """More and more is added."""

    KIND = "telemetry_drift"
    HOW = "drift"


@dataclass(frozen=True, kw_only=True)
class TelemetryFreeze(_Telemetry):
    """Values stay as they were."""

    KIND = "telemetry_freeze"
    HOW = "freeze"


@dataclass(frozen=True, kw_only=True)
class TelemetryScale(_Telemetry):
    """Values are multiplied."""

    KIND = "telemetry_scale"
    HOW = "scale"


@dataclass(frozen=True, kw_only=True)
class TelemetryReplay(_Telemetry):
    """What was said before is said again."""

    KIND = "telemetry_replay"
    HOW = "replay"
