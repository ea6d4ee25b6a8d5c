"""Probe flood: an access point must answer whoever asks, and is kept busy by asking."""

from dataclasses import dataclass
from typing import ClassVar

from yawstring.watch.rules.air import PROBE_REQUEST, Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.channels import channel_flood
from yawstring.watch.rules.tally import Counted, counted


@dataclass(frozen=True, kw_only=True)
class ProbeFlood(Rule):
    """Probe requests on one channel. Telephones ask in bursts of some dozens, then are quiet.

    Attributes:
        least_frames: Probe requests on one channel that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "probe_flood"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1499.002"
    CONSEQUENCE: ClassVar[Consequence] = "service"
    ABOUT: ClassVar[str] = (
        "Somebody asks for networks so often that access points, the drone among them, have little time for more."
    )
    COUNTS: ClassVar[str] = "probe requests on the channel in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 11.1.4.3",
        "F. Ferreri, M. Bernaschi and L. Valcamonici, Access points vulnerabilities to DoS attacks in 802.11 networks, "
        "WCNC 2004",
        "mdk4 p",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.fc.subtype", "radiotap.channel.freq")

    least_frames: int
    within_s: float

    def start(self) -> Counted:
        """Nothing counted yet."""
        return counted()

    def step(self, state: Counted, air: Air) -> tuple[Counted, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        sights = channel_flood(
            state, air, air.of(PROBE_REQUEST), self._words, within_s=self.within_s, least=self.least_frames
        )
        return state, sights

    def _words(self, value: float, channel: str) -> str:
        return f"{value:.0f} probe requests {channel} within {self.within_s:g} s; {self.least_frames} make a flood."
