"""De-authentication as ``aireplay-ng -0`` sends it.

Bursts of 64 frames to the station and 64 to the access point in turn, 2 ms apart, or 128 to everyone; a pause of about
180 ms; reason 7; one sequence counter for both addresses it borrows.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import BROADCAST, SequencePolicy
from yawstring.simulate.attacks.forged import DEAUTH_DURATION_US, RETRIES, offer_forged, struck
from yawstring.simulate.frames import DEAUTHENTICATE
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.scenario_keys import number, word

if TYPE_CHECKING:
    from yawstring.simulate.offer_book import Book
    from yawstring.simulate.scene import Scene
    from yawstring.simulate.traffic import Heard

BURST_FRAMES = 128
GAP_S = 0.002
REASON = 7


@dataclass(frozen=True, kw_only=True)
class AireplayDeauth(Attack):
    """De-authentication in bursts."""

    KIND = "aireplay_deauth"
    CLASS = "dos"

    target: str = word("controller", "everyone", words=("controller", "everyone"), meaning="Directed, or broadcast")
    pause_s: float = number(0.15, 0.22, low=0, high=60, unit="s", meaning="Pause between bursts")

    def strikes(self, scene: "Scene", mark: Mark) -> NDArray[np.float64]:
        """Frames that their victim hears."""
        times, down = self._frames(mark)
        return struck(scene, mark, times, down)

    def offer(self, scene: "Scene", mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the bursts."""
        times, down = self._frames(mark)
        rng = mark.stream("card")
        broadcast = self.target == "everyone"
        codes = np.full(len(times), REASON)
        fields = {
            "sequence_policy": SequencePolicy.COUNTER,
            "counter": mark.counter(),
            "duration_us": DEAUTH_DURATION_US,
            "retry_limit": int(rng.integers(*RETRIES)),
        }
        if broadcast:
            fields |= {"ack": 0, "duration_us": 0}
        block = offer_forged(scene, mark, times, down, DEAUTHENTICATE, codes, book, **fields)
        if broadcast:
            block["address1"] = np.uint64(BROADCAST)
        book.add(block)

    def _frames(self, mark: Mark) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """When each frame is sent, and whether as from the drone."""
        length = BURST_FRAMES * GAP_S + self.pause_s
        bursts = np.arange(self.onset_s, self.end_s, length)
        times = (bursts[:, None] + np.arange(BURST_FRAMES) * GAP_S).ravel()
        times = times + mark.stream("timer").exponential(0.0001, len(times))
        down = np.ones(len(times), bool) if self.target == "everyone" else np.arange(len(times)) % 2 == 0
        return np.sort(times)[times < self.end_s], down[times < self.end_s]
