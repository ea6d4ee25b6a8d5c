"""De-authentication and disassociation as ``mdk4 d`` sends them: a frame for each frame heard.

Reasons 1 and 3 for de-authentications, 5 and 8 for disassociations; the sequence number follows the one heard, so that
a gap in a transmitter's numbers does not give it away.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import Kind, SequencePolicy
from yawstring.simulate.attacks.forged import RETRIES, offer_forged, struck
from yawstring.simulate.frames import DEAUTHENTICATE, DISASSOCIATE, S_TO_US
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.keys import number
from yawstring.simulate.scene import CONTROLLER, DRONE

if TYPE_CHECKING:
    from yawstring.simulate.book import Book
    from yawstring.simulate.scene import Scene
    from yawstring.simulate.traffic import Heard

ANSWERS_S = (0.0005, 0.004)
"""From a frame heard to the frame sent."""

FRAMES = ((DEAUTHENTICATE, 1, True), (DEAUTHENTICATE, 3, False), (DISASSOCIATE, 5, True), (DISASSOCIATE, 8, False))
"""Subtype, reason, and whether as from the access point."""

_WATCH_S = 0.04


@dataclass(frozen=True, kw_only=True)
class Mdk4Deauth(Attack):
    """De-authentication and disassociation, a frame for each frame heard."""

    KIND = "mdk4_deauth"
    CLASS = "dos"

    rate_hz: float = number(40, 300, low=1, high=2000, unit="frames/s", meaning="At most so many frames")

    def strikes(self, scene: "Scene", mark: Mark) -> NDArray[np.float64]:
        """Whatever drone and controller say is answered at once."""
        times = np.arange(self.onset_s, self.end_s, max(_WATCH_S, 1.0 / self.rate_hz))
        return struck(scene, mark, times, np.arange(len(times)) % 2 == 0)

    def offer(self, scene: "Scene", mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the answers."""
        rng = mark.stream("answers")
        times = self._answered(heard.frames) + rng.uniform(*ANSWERS_S)
        times = times + rng.exponential(0.0005, len(times))
        times = times[times < self.end_s]
        if not len(times):
            return
        pick = rng.integers(len(FRAMES), size=len(times))
        subtype, codes, down = (np.array(column)[pick] for column in zip(*FRAMES, strict=True))
        limit = int(rng.integers(*RETRIES))
        policy = int(SequencePolicy.HEARD)
        book.add(
            offer_forged(scene, mark, times, down, subtype, codes, book, sequence_policy=policy, retry_limit=limit)
        )

    def _answered(self, frames: NDArray[np.void]) -> NDArray[np.float64]:
        """Times of frames between drone and controller that it answers, no denser than its rate."""
        ends = (frames["transmitter"] == DRONE) | (frames["transmitter"] == CONTROLLER)
        between = ends & (frames["to"] >= 0) & (frames["kind"] != Kind.CONTROL)
        times = np.sort(frames["time_us"][between]) / S_TO_US
        times = times[(times >= self.onset_s) & (times < self.end_s)]
        slots = np.floor((times - self.onset_s) * self.rate_hz)
        return np.asarray(times[np.diff(slots, prepend=-1.0) > 0], float)
