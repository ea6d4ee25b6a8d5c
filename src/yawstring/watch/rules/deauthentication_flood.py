"""De-authentication flood: stations are sent away faster than they can come back."""

from dataclasses import dataclass
from typing import ClassVar

from yawstring.watch.rules.air import DEAUTHENTICATION
from yawstring.watch.rules.farewells import FarewellFlood


@dataclass(frozen=True, kw_only=True)
class DeauthenticationFlood(FarewellFlood):
    """De-authentications in one network.

    Attributes:
        fast_frames: Frames of one network that are a flood at once.
        fast_s: Time in which they are.
        slow_frames: First sends between two stations that are a slow flood.
        slow_s: Time in which they are.
    """

    NAME: ClassVar[str] = "deauthentication_flood"
    KIND: ClassVar[str] = NAME
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

    def farewell(self) -> tuple[int, str]:
        """See :class:`~yawstring.watch.rules.farewells.FarewellFlood`."""
        return DEAUTHENTICATION, "de-authentications"
