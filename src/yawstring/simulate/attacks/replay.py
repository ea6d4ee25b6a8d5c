"""Replay: frames recorded earlier in the flight, sent again.

On an open network a recorded command is obeyed a second time. Under WPA2 the card of the receiver acknowledges the
frame, and CCMP discards it for its old packet number: on the air it is all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import NOBODY, Kind, PacketPolicy, SequencePolicy
from yawstring.simulate.attacks.forged import RETRIES
from yawstring.simulate.flight.commands import Command
from yawstring.simulate.frames import QOS_DATA, S_TO_US, microseconds
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.scenario_keys import number, whole, word
from yawstring.simulate.scene import CONTROLLER, DRONE, Scene, reaches

if TYPE_CHECKING:
    from yawstring.simulate.offer_book import Book
    from yawstring.simulate.traffic import Heard

_ARRIVES_S = 0.003
_QUERY = "?"


def sent_again(
    frames: NDArray[np.void], numbers: NDArray[np.int64], times_s: NDArray[np.float64], mark: Mark, copied: bool
) -> NDArray[np.void]:
    """Recorded frames as an attacker sends them.

    Args:
        frames: Every offer.
        numbers: int64[frame], which of them.
        times_s: float64[frame], when.
        mark: The attack.
        copied: With the sequence number they had; else with the card's own.
    """
    block = frames[numbers].copy()
    block["time_us"], block["after"], block["copy_of"] = microseconds(times_s), NOBODY, numbers
    for name, value in mark.fields().items():
        block[name] = value
    block["packet_policy"] = PacketPolicy.COPIED
    block["sequence_policy"] = SequencePolicy.COPIED if copied else SequencePolicy.OWN
    block["retry_limit"] = int(mark.stream("card").integers(*RETRIES))
    return block


@dataclass(frozen=True, kw_only=True)
class CommandReplay(Attack):
    """Commands of the pilot, recorded on an open network and sent again."""

    KIND = "command_replay"
    CLASS = "replay"
    NEEDS = "open"
    HEARS = "before"

    rate_hz: float = number(2, 25, low=0.05, high=200, unit="frames/s", meaning="Commands a second")
    remembers: int = whole(3, 12, low=1, high=100, meaning="Commands it has recorded: the last before the onset")
    sequence: str = word("copied", "own", words=("copied", "own"), meaning="Sequence numbers: as recorded, or its own")

    def orders(self, scene: Scene, mark: Mark, given: Sequence[Command]) -> tuple[Command, ...]:
        """Those that reach the drone."""
        recorded = self._recorded(given)
        times, which = self._plan(mark, len(recorded))
        heard = mark.stream("reaches").random(len(times)) < reaches(scene, mark.attacker, DRONE)
        return tuple(
            Command(float(time) + _ARRIVES_S, recorded[index].text, sender="attacker")
            for time, index in zip(times[heard], which[heard], strict=True)
        )

    def offer(self, scene: Scene, mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the frames."""
        given = heard.said.commands
        recorded = self._recorded(given)
        numbers = np.array([heard.commands[given.index(one)] for one in recorded], np.int64)
        times, which = self._plan(mark, len(recorded))
        again = numbers[which]
        sent = again != NOBODY
        book.add(sent_again(heard.frames, again[sent], times[sent], mark, self.sequence == "copied"))

    def _recorded(self, given: Sequence[Command]) -> list[Command]:
        before = [one for one in given if one.time_s < self.onset_s]
        worth = [one for one in before if not one.text.endswith(_QUERY)]
        return (worth or before)[-self.remembers :]

    def _plan(self, mark: Mark, count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """When, and which of the recorded."""
        rng = mark.stream("plan")
        gap = 1.0 / self.rate_hz
        times = np.arange(self.onset_s, self.end_s, gap) if count else np.zeros(0)
        return times + rng.uniform(0, 0.3 * gap, len(times)), np.arange(len(times)) % max(1, count)


@dataclass(frozen=True, kw_only=True)
class FrameReplay(Attack):
    """Recorded frames of an encrypted network, sent again."""

    KIND = "frame_replay"
    CLASS = "replay"
    NEEDS = "wpa2"
    HEARS = "before"

    rate_hz: float = number(30, 250, low=1, high=1000, unit="frames/s", meaning="Frames a second")
    remembers_s: float = number(0.5, 4, low=0.05, high=600, unit="s", meaning="What it has recorded before the onset")
    towards: str = word("drone", "controller", words=("drone", "controller"), meaning="Which way the frames went")
    sequence: str = word("copied", "own", words=("copied", "own"), meaning="Sequence numbers: as recorded, or its own")

    def offer(self, scene: Scene, mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the frames."""
        frames = heard.frames
        sender = CONTROLLER if self.towards == "drone" else DRONE
        times_s = frames["time_us"] / S_TO_US
        recent = (times_s >= self.onset_s - self.remembers_s) & (times_s < self.onset_s)
        encrypted = (frames["kind"] == Kind.DATA) & (frames["subtype"] == QOS_DATA) & (frames["key"] != NOBODY)
        found = np.flatnonzero(recent & encrypted & (frames["transmitter"] == sender))
        if not len(found):
            return
        rng = mark.stream("plan")
        gap = 1.0 / self.rate_hz
        times = np.arange(self.onset_s, self.end_s, gap)
        times = times + rng.uniform(0, 0.3 * gap, len(times))
        numbers = found[np.arange(len(times)) % len(found)]
        book.add(sent_again(frames, numbers, times, mark, self.sequence == "copied"))
