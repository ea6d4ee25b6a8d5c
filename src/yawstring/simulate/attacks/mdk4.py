"""De-authentication and disassociation as ``mdk4 d`` sends them: a frame for each frame heard.

Reasons 1 and 3 for de-authentications, 5 and 8 for disassociations; the sequence number follows the one heard, so that
a gap in a transmitter's numbers does not give it away.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import BROADCAST, NOBODY, Flag, Kind, RatePolicy, SequencePolicy, offered
from yawstring.simulate.attacks.forged import RETRIES, struck
from yawstring.simulate.elements import reason
from yawstring.simulate.frames import DEAUTHENTICATE, DISASSOCIATE, PROBE, S_TO_US, microseconds
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.scenario_keys import flag, number
from yawstring.simulate.scene import CONTROLLER, DRONE, Scene

if TYPE_CHECKING:
    from yawstring.simulate.offer_book import Book
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
    HEARS = "now"

    rate_hz: float = number(40, 300, low=1, high=2000, unit="frames/s", meaning="At most so many frames")
    everyone: bool = flag(False, True, meaning="Whether neighbouring networks are struck, too")

    def strikes(self, scene: Scene, mark: Mark) -> NDArray[np.float64]:
        """Whatever drone and controller say is answered at once."""
        times = np.arange(self.onset_s, self.end_s, max(_WATCH_S, 1.0 / self.rate_hz))
        return struck(scene, mark, times, np.arange(len(times)) % 2 == 0)

    def offer(self, scene: Scene, mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the answers."""
        rng = mark.stream("answers")
        frames = self._answered(scene, heard.frames)
        times = frames["time_us"] / S_TO_US + rng.uniform(*ANSWERS_S, len(frames))
        frames, times = frames[times < self.end_s], times[times < self.end_s]
        if not len(times):
            return
        point, station = _ends(scene, frames)
        pick = rng.integers(len(FRAMES), size=len(times))
        subtype, codes, down = (np.array(column)[pick] for column in zip(*FRAMES, strict=True))
        down |= station == BROADCAST
        block = offered(
            len(times),
            time_us=microseconds(times),
            channel=frames["channel"],
            kind=Kind.MANAGEMENT,
            subtype=subtype,
            address1=np.where(down, station, point),
            address2=np.where(down, point, station),
            address3=point,
            body=book.each([reason(int(code)) for code in codes]),
            rate_policy=RatePolicy.BASIC,
            sequence_policy=SequencePolicy.HEARD,
            retry_limit=int(rng.integers(*RETRIES)),
            **mark.fields(),
        )
        block["to"] = _owners(scene, block["address1"])
        block["ack"] = block["to"] != NOBODY
        book.add(block)

    def _answered(self, scene: Scene, frames: NDArray[np.void]) -> NDArray[np.void]:
        """Frames that it answers, no denser than its rate, in order of time."""
        by = frames["transmitter"]
        struck_too = (by == DRONE) | (by == CONTROLLER) | self.everyone
        times = frames["time_us"] / S_TO_US
        known = (frames["kind"] != Kind.CONTROL) & ~((frames["kind"] == Kind.MANAGEMENT) & (frames["subtype"] == PROBE))
        known &= (frames["channel"] == scene.network.channel) & (times >= self.onset_s) & (times < self.end_s)
        found = frames[struck_too & known]
        found = found[np.argsort(found["time_us"], kind="stable")]
        slots = np.floor((found["time_us"] / S_TO_US - self.onset_s) * self.rate_hz)
        fresh: NDArray[np.bool_] = np.diff(slots, prepend=-1.0) > 0
        return np.asarray(found[fresh])


def _ends(scene: Scene, frames: NDArray[np.void]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Access point and station of each frame; the drone's beacons make it think of the controller."""
    up = (frames["kind"] == Kind.DATA) & ((frames["flags"] & Flag.TO_DS) > 0)
    managed = frames["kind"] == Kind.MANAGEMENT
    point = np.where(managed, frames["address3"], np.where(up, frames["address1"], frames["address2"]))
    other = np.where(frames["address2"] == point, frames["address1"], frames["address2"])
    ours = (other == BROADCAST) & (point == scene.bssid)
    return point, np.where(ours, np.uint64(scene.client), other)


def _owners(scene: Scene, addresses: NDArray[np.uint64]) -> NDArray[np.int16]:
    """Index of the station of each address; ``NOBODY`` where there is none."""
    owner = {station.address: number for number, station in enumerate(scene.stations)}
    return np.array([owner.get(int(address), NOBODY) for address in addresses], np.int16)
