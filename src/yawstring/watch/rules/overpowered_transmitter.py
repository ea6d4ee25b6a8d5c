"""Overpowered transmitter: somebody shouts beside the ground station."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from yawstring.table.signals.inputs import MISSING
from yawstring.table.signals.role_names import CONTROLLER
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Consequence, Rule, Sight, address, named
from yawstring.watch.rules.tally import Counted, count, counted


@dataclass(frozen=True, kw_only=True)
class OverpoweredTransmitter(Rule):
    """Frames received at a level that no ordinary card at an ordinary distance reaches.

    The controller is left out: it may stand beside the receiver. A twin that drowns the drone out does not.

    Attributes:
        least_dbm: Level from which on a frame counts.
        least_frames: Such frames of one transmitter that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "overpowered_transmitter"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1464"
    CONSEQUENCE: ClassVar[Consequence] = "service"
    ABOUT: ClassVar[str] = (
        "A station is received far louder than any should be: it uses unlawful power, or stands right beside you."
    )
    COUNTS: ClassVar[str] = "frames of one transmitter at or above the level in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = ("Kismet's alert OVERPOWERED", "ETSI EN 300 328, 4.3.2.2")
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan_radio.signal_dbm", "wlan.ta")

    least_dbm: float
    least_frames: int
    within_s: float

    def start(self) -> Counted:
        """Nothing counted yet."""
        return counted()

    def step(self, state: Counted, air: Air) -> tuple[Counted, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        sender = air.whole("wlan.ta")
        with np.errstate(invalid="ignore"):
            loud = air.inputs.number("wlan_radio.signal_dbm") >= self.least_dbm
        rows = np.flatnonzero(loud & air.fine & (sender != MISSING) & (air.roles.sender != CONTROLLER))
        told = count(state, air, rows, sender[rows], within_s=self.within_s, least=self.least_frames)
        network, watched = air.whole("wlan.bssid"), air.roles.watched
        return state, [
            Sight(
                row=row,
                value=value,
                limit=self.least_frames,
                words=f"{named(int(sender[row]))} was received at {self.least_dbm:g} dBm or more {value:.0f} times "
                f"within {self.within_s:g} s; {self.least_frames} are too many.",
                watched=bool(watched[row]),
                drone=address(int(network[row])),
                attacker=address(int(sender[row])),
            )
            for row, value in zip(told.row.tolist(), told.value.tolist(), strict=True)
        ]
