"""Abuse of channel switch announcements: a switch is announced that its access point knows nothing of."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from yawstring.table.signals.inputs import MISSING
from yawstring.watch.rules.air import ACTION, BEACON, Air
from yawstring.watch.rules.alternation import alternation
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.tally import counted
from yawstring.watch.rules.twins import TwinState, in_turn


@dataclass(frozen=True, kw_only=True)
class CsaAbuse(Rule):
    """Beacons of one address, with the announcement of a switch and without it in turn.

    An access point that means it counts down in every beacon and is gone; the next beacon on the old channel is
    somebody's who did not announce anything.

    Attributes:
        least_times: Changes back, from announcing to not announcing or the other way, that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "csa_abuse"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1557"
    CONSEQUENCE: ClassVar[Consequence] = "control"
    ABOUT: ClassVar[str] = (
        "Somebody announces, in the drone's name, that its network moves to another channel: the controller follows, "
        "and has lost it."
    )
    COUNTS: ClassVar[str] = "changes between announcing a switch and not announcing one in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 11.8.8.2 and 9.4.2.18",
        "M. Vanhoef, N. Bhandaru, T. Derham, I. Ouzieli and F. Piessens, Operating channel validation, WiSec 2018",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.csa.new_channel_number", "wlan.bssid")

    least_times: int
    within_s: float

    def start(self) -> TwinState:
        """Nothing announced yet."""
        return TwinState(said=alternation(), turns=counted())

    def step(self, state: TwinState, air: Air) -> tuple[TwinState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        announces = air.whole("wlan.csa.new_channel_number")
        rows = air.of(BEACON, ACTION)
        beacon = air.whole("wlan.fc.subtype")[rows] == BEACON
        rows = rows[beacon | (announces[rows] != MISSING)]
        says = np.where(announces[rows] == MISSING, 0, 1)
        return state, in_turn(
            state,
            air,
            rows,
            air.whole("wlan.bssid")[rows],
            says,
            least=self.least_times,
            within_s=self.within_s,
            words=self._words,
        )

    def _words(self, point: str, times: float) -> str:
        return (
            f"{point} announced a switch to another channel and did not, in turn, {times:.0f} times within "
            f"{self.within_s:g} s; one that means it goes."
        )
