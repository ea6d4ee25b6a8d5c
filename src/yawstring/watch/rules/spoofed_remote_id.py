"""Spoofed Remote ID: drones that are not there, or that say they are somewhere else."""

import math
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.table.signals.inputs import MISSING, NS_PER_S
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.alternation import Alternation, alternation, returns
from yawstring.watch.rules.base import Consequence, Rule, Sight, address
from yawstring.watch.rules.newcomers import Newcomers, newcomers, unheard
from yawstring.watch.rules.tally import Counted, Told, count, counted

_EARTH_M: Final = 6_371_000.0
_MEMORY_NS: Final = 60 * NS_PER_S
_PLACES: Final = 256
"""Drones whose place is kept; the longest silent is forgotten."""

Place = tuple[int, float, float]


class RemoteIdState(NamedTuple):
    """What drones say of themselves.

    Attributes:
        senders: Who says each identification.
        known: Identifications heard.
        places: When and where each was last, by the one's key; at most :data:`_PLACES`.
        turns: Changes back between two senders, and moves that none makes.
        new: Identifications that came.
    """

    senders: Alternation
    known: Newcomers
    places: dict[int, Place]
    turns: Counted
    new: Counted


@dataclass(frozen=True, kw_only=True)
class SpoofedRemoteId(Rule):
    """Open Drone ID messages that cannot all be true.

    One identification from two transmitters in turn, one that is in two places at once, or many that appear at a time.

    Attributes:
        least_times: Contradictions of one identification that are too many.
        least_drones: Identifications that appear and are too many.
        within_s: Time in which they are.
        fastest_m_s: Speed that no small drone reaches.
        slack_m: How far a place may be off.
    """

    NAME: ClassVar[str] = "spoofed_remote_id"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1692.002"
    CONSEQUENCE: ClassVar[Consequence] = "nuisance"
    ABOUT: ClassVar[str] = (
        "Somebody broadcasts the identification of drones that are not there, or of one that is somewhere else."
    )
    COUNTS: ClassVar[str] = "contradictions of one identification, or new identifications, in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "ASTM F3411-22a",
        "ASD-STAN EN 4709-002",
        "J. Valente, K. Bahirat, C. Venechanos, A. Cardenas and P. Balakrishnan, Improving the security of visual "
        "challenges, TCPS 2019; spoofing of Remote ID needs a Wi-Fi card only",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("odid.messages", "odid.uas_id", "wlan.ta")

    least_times: int
    least_drones: int
    within_s: float
    fastest_m_s: float
    slack_m: float

    def start(self) -> RemoteIdState:
        """Nobody heard yet."""
        return RemoteIdState(alternation(), newcomers(), {}, counted(), counted())

    def step(self, state: RemoteIdState, air: Air) -> tuple[RemoteIdState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        rows = np.flatnonzero((air.whole("odid.messages") != MISSING) & air.fine)
        if not len(rows):
            return state, []
        key, time = _keys(air, rows), air.time_ns[rows]
        back = np.zeros(len(rows), np.bool_)
        back[returns(state.senders, time, key, air.whole("wlan.ta")[rows])] = True
        against = back | self._leaps(state.places, air, rows, key)
        new = unheard(state.known, time, key, _MEMORY_NS)
        turned = count(state.turns, air, rows[against], key[against], within_s=self.within_s, least=self.least_times)
        everybody = np.zeros(int(new.sum()), np.int64)
        came = count(state.new, air, rows[new], everybody, within_s=self.within_s, least=self.least_drones)
        seen = self._sights(air, turned, self.least_times, "contradictions about one identification")
        seen += self._sights(air, came, self.least_drones, "identifications appeared")
        return state, sorted(seen, key=lambda sight: sight.row)

    def _sights(self, air: Air, told: Told, limit: int, noun: str) -> list[Sight]:
        sender, watched = air.whole("wlan.ta"), air.roles.watched
        return [
            Sight(
                row=row,
                value=value,
                limit=limit,
                words=f"Remote ID: {value:.0f} {noun} within {self.within_s:g} s; {limit} are too many to be true.",
                watched=bool(watched[row]),
                drone=address(int(sender[row])) if watched[row] else None,
            )
            for row, value in zip(told.row.tolist(), told.value.tolist(), strict=True)
        ]

    def _leaps(
        self, places: dict[int, Place], air: Air, rows: NDArray[np.int64], key: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """``bool[event]``: the drone is farther from where it was than it can have flown."""
        north, east = air.inputs.number("odid.latitude_deg")[rows], air.inputs.number("odid.longitude_deg")[rows]
        found = np.zeros(len(rows), np.bool_)
        said = zip(key.tolist(), air.time_ns[rows].tolist(), north.tolist(), east.tolist(), strict=True)
        for event, (one, now_ns, latitude, longitude) in enumerate(said):
            if one == MISSING or math.isnan(latitude) or math.isnan(longitude):
                continue
            before = places.pop(one, None)
            if before is not None and now_ns - before[0] <= _MEMORY_NS:
                way_m = _apart_m(before[1], before[2], latitude, longitude)
                found[event] = way_m > self.slack_m + self.fastest_m_s * (now_ns - before[0]) / NS_PER_S
            places[one] = now_ns, latitude, longitude
            if len(places) > _PLACES:
                del places[next(iter(places))]
        return found


def _keys(air: Air, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """``int64[event]``, the identification as a number; missing where the message has none."""
    if not air.inputs.has("odid.uas_id"):
        return np.full(len(rows), MISSING)
    names = air.inputs.text("odid.uas_id", rows)
    keys = (names.hash(seed=0) // 4).cast(pl.Int64).to_numpy()
    return np.where(names.is_null().to_numpy() | (names == "").fill_null(True).to_numpy(), MISSING, keys)


def _apart_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Distance of two places near each other, or a large number."""
    north = math.radians(other_latitude - latitude)
    east = math.radians(other_longitude - longitude) * math.cos(math.radians(latitude))
    return _EARTH_M * math.hypot(north, east)
