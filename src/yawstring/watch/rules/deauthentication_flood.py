"""De-authentication flood: stations are sent away faster than they can come back."""

from dataclasses import dataclass
from typing import ClassVar

from yawstring.watch.rules.air import DEAUTHENTICATION, Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.farewells import FarewellState, farewell_start, flood


@dataclass(frozen=True, kw_only=True)
class DeauthenticationFlood(Rule):
    """De-authentications in one network.

    Attributes:
        fast_frames: Frames of one network that are a flood at once.
        fast_s: Time in which they are.
        slow_frames: First sends between two stations that are a slow flood.
        slow_s: Time in which they are.
    """

    NAME: ClassVar[str] = "deauthentication_flood"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1464"
    CONSEQUENCE: ClassVar[Consequence] = "control"
    ABOUT: ClassVar[str] = (
        "Somebody sends the drone and its controller apart with forged farewells, again and again, so that the drone "
        "cannot be commanded."
    )
    COUNTS: ClassVar[str] = "de-authentications in the window, repeats included"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 11.3.4.4 and 9.3.3.12",
        "J. Bellardo and S. Savage, 802.11 denial-of-service attacks, USENIX Security 2003",
        "aireplay-ng -0; mdk4 d",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.fc.type", "wlan.fc.subtype", "wlan.bssid")

    fast_frames: int
    fast_s: float
    slow_frames: int
    slow_s: float

    def start(self) -> FarewellState:
        """Nothing counted yet."""
        return farewell_start()

    def step(self, state: FarewellState, air: Air) -> tuple[FarewellState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        return state, flood(self, state, air, DEAUTHENTICATION, "de-authentications")
