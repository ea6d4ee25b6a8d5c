"""Disassociation: the association is cancelled under borrowed addresses, a frame at a time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import SequencePolicy
from yawstring.simulate.attacks.forged import DEAUTH_DURATION_US, RETRIES, offer_forged, struck
from yawstring.simulate.frames import DISASSOCIATE
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.scenario_keys import number, whole

if TYPE_CHECKING:
    from yawstring.simulate.offer_book import Book
    from yawstring.simulate.scene import Scene
    from yawstring.simulate.traffic import Heard


@dataclass(frozen=True, kw_only=True)
class Disassociation(Attack):
    """Disassociation frames at a steady rate, as from the drone and as from the controller in turn."""

    KIND = "disassociation"
    CLASS = "dos"

    rate_hz: float = number(2, 60, low=0.1, high=1000, unit="frames/s", meaning="Frames a second")
    reason: int = whole(1, 8, low=1, high=66, meaning="Reason code")

    def strikes(self, scene: "Scene", mark: Mark) -> NDArray[np.float64]:
        """Frames that their victim hears."""
        times = self._times(mark)
        return struck(scene, mark, times, np.arange(len(times)) % 2 == 0)

    def offer(self, scene: "Scene", mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the frames."""
        times = self._times(mark)
        fields = {
            "sequence_policy": SequencePolicy.COUNTER,
            "counter": mark.counter(),
            "duration_us": DEAUTH_DURATION_US,
            "retry_limit": int(mark.stream("card").integers(*RETRIES)),
        }
        codes = np.full(len(times), self.reason)
        down = np.arange(len(times)) % 2 == 0
        book.add(offer_forged(scene, mark, times, down, DISASSOCIATE, codes, book, **fields))

    def _times(self, mark: Mark) -> NDArray[np.float64]:
        gap = 1.0 / self.rate_hz
        times = np.arange(self.onset_s, self.end_s, gap)
        return np.sort(times + mark.stream("timer").uniform(0, 0.2 * gap, len(times)))
