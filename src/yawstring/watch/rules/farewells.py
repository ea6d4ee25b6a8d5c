"""What the rules on farewells share: frames that end an association, counted by network and by pair.

Either end of a link, or whoever uses its address, may end it with one unprotected frame (IEEE 802.11-2020, 11.3 and
9.3.3.12). One or two are ordinary, with their repeats; a flood is what keeps the link from coming back.
"""

from typing import NamedTuple, Protocol

from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Sight, address, named
from yawstring.watch.rules.keys import pairs
from yawstring.watch.rules.tally import Counted, Told, count, counted

_RETRY = 1


class FarewellState(NamedTuple):
    """Counts by network, and by pair of stations."""

    fast: Counted
    slow: Counted


class Limits(Protocol):
    """Thresholds of a flood of farewells."""

    @property
    def fast_frames(self) -> int:
        """Frames that count as a flood at once."""

    @property
    def fast_s(self) -> float:
        """Time in which they do."""

    @property
    def slow_frames(self) -> int:
        """Directed first sends, between two stations, that count as a slow one."""

    @property
    def slow_s(self) -> float:
        """Time in which they do."""


def farewell_start() -> FarewellState:
    """Nothing counted yet."""
    return FarewellState(fast=counted(), slow=counted())


def flood(limits: Limits, state: FarewellState, air: Air, subtype: int, noun: str) -> list[Sight]:
    """Floods of one kind of farewell.

    Args:
        limits: The rule.
        state: Counts; brought up to date.
        air: The chunk.
        subtype: The kind of farewell.
        noun: What it is called, in the plural.
    """
    rows = air.of(subtype)
    if not len(rows):
        return []
    network = air.whole("wlan.bssid")[rows]
    fast = count(state.fast, air, rows, network, within_s=limits.fast_s, least=limits.fast_frames)
    first = rows[~air.to_group(rows) & (air.whole("wlan.fc.retry")[rows] != _RETRY)]
    pair = pairs(air.whole("wlan.ta")[first], air.whole("wlan.ra")[first])
    slow = count(state.slow, air, first, pair, within_s=limits.slow_s, least=limits.slow_frames)
    seen = [*_told(air, fast, limits.fast_frames, limits.fast_s, noun)]
    fastest = set(fast.row.tolist())
    seen += [sight for sight in _told(air, slow, limits.slow_frames, limits.slow_s, noun) if sight.row not in fastest]
    return sorted(seen, key=lambda sight: sight.row)


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
