"""What the rules on farewells share: frames that end an association, counted by network and by pair.

Either end of a link, or whoever uses its address, may end it with one unprotected frame (IEEE 802.11-2020, 11.3 and
9.3.3.12). One or two are ordinary, with their repeats; a flood is what keeps the link from coming back.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Consequence, Rule, Sight, address, named
from yawstring.watch.rules.keys import pairs
from yawstring.watch.rules.tally import Counted, Told, count, counted

_RETRY = 1


class FarewellState(NamedTuple):
    """Counts by network, and by pair of stations."""

    fast: Counted
    slow: Counted


@dataclass(frozen=True, kw_only=True)
class FarewellFlood(Rule):
    """A flood of one kind of farewell; which, and how much of it, each rule says itself."""

    TECHNIQUE: ClassVar[str] = "T1464"
    CONSEQUENCE: ClassVar[Consequence] = "control"
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.fc.type", "wlan.fc.subtype", "wlan.bssid")

    fast_frames: int
    fast_s: float
    slow_frames: int
    slow_s: float

    @abstractmethod
    def farewell(self) -> tuple[int, str]:
        """The subtype of the frames, and what they are called in the plural."""

    def start(self) -> FarewellState:
        """Nothing counted yet."""
        return FarewellState(fast=counted(), slow=counted())

    def step(self, state: FarewellState, air: Air) -> tuple[FarewellState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        subtype, noun = self.farewell()
        rows = air.of(subtype)
        if not len(rows):
            return state, []
        network = air.whole("wlan.bssid")[rows]
        fast = count(state.fast, air, rows, network, within_s=self.fast_s, least=self.fast_frames)
        first = rows[~air.to_group(rows) & (air.whole("wlan.fc.retry")[rows] != _RETRY)]
        pair = pairs(air.whole("wlan.ta")[first], air.whole("wlan.ra")[first])
        slow = count(state.slow, air, first, pair, within_s=self.slow_s, least=self.slow_frames)
        seen = _told(air, fast, self.fast_frames, self.fast_s, noun)
        fastest = set(fast.row.tolist())
        slower = _told(air, slow, self.slow_frames, self.slow_s, noun)
        seen += [sight for sight in slower if sight.row not in fastest]
        return state, sorted(seen, key=lambda sight: sight.row)


def _told(air: Air, told: Told, limit: int, within_s: float, noun: str) -> list[Sight]:
    network = air.whole("wlan.bssid")[told.row]
    watched = air.roles.watched[told.row]
    return [
        farewell_sight(row, value, limit, within_s, noun, of, mine)
        for row, value, of, mine in zip(told.row.tolist(), told.value, network.tolist(), watched.tolist(), strict=True)
    ]


def farewell_sight(
    row: int, value: float, limit: int, within_s: float, noun: str, network: int, watched: bool
) -> Sight:
    """What is said of one."""
    drone = address(network)
    words = f"{value:.0f} {noun} within {within_s:g} s in the network of {named(drone)}; {limit} make a flood."
    return Sight(row=row, value=float(value), limit=limit, words=words, watched=watched, drone=drone)
