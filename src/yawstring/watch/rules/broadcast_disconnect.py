"""Broadcast disconnect: one farewell to everybody empties a network, and many keep it empty."""

from dataclasses import dataclass
from typing import ClassVar

from yawstring.watch.rules.air import DEAUTHENTICATION, DISASSOCIATION, Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.farewells import farewell_sight
from yawstring.watch.rules.tally import Counted, count, counted


@dataclass(frozen=True, kw_only=True)
class BroadcastDisconnect(Rule):
    """Farewells to a group address. An access point that restarts sends a few, so one is nothing.

    Attributes:
        least_frames: Farewells to everybody in one network that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "broadcast_disconnect"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1464"
    CONSEQUENCE: ClassVar[Consequence] = "control"
    ABOUT: ClassVar[str] = "Somebody tells everyone in the network at once to leave it, in the access point's name."
    COUNTS: ClassVar[str] = "farewells to a group address in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 11.3.4.4",
        "Kismet's alert BCASTDISCON",
        "aireplay-ng -0 without -c",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.fc.type", "wlan.fc.subtype", "wlan.bssid", "wlan.ra")

    least_frames: int
    within_s: float

    def start(self) -> Counted:
        """Nothing counted yet."""
        return counted()

    def step(self, state: Counted, air: Air) -> tuple[Counted, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        rows = air.of(DEAUTHENTICATION, DISASSOCIATION)
        rows = rows[air.to_group(rows)]
        networks = air.whole("wlan.bssid")
        told = count(state, air, rows, networks[rows], within_s=self.within_s, least=self.least_frames)
        noun, watched = "farewells to everybody", air.roles.watched
        return state, [
            farewell_sight(row, value, self.least_frames, self.within_s, noun, int(networks[row]), bool(watched[row]))
            for row, value in zip(told.row.tolist(), told.value.tolist(), strict=True)
        ]
