"""Disassociation flood: associations are cancelled faster than they can be made anew."""

from dataclasses import dataclass
from typing import ClassVar

from yawstring.watch.rules.air import DISASSOCIATION
from yawstring.watch.rules.farewells import FarewellFlood


@dataclass(frozen=True, kw_only=True)
class DisassociationFlood(FarewellFlood):
    """Disassociations in one network.

    Attributes:
        fast_frames: Frames of one network that are a flood at once.
        fast_s: Time in which they are.
        slow_frames: First sends between two stations that are a slow flood.
        slow_s: Time in which they are.
    """

    NAME: ClassVar[str] = "disassociation_flood"
    KIND: ClassVar[str] = NAME
    ABOUT: ClassVar[str] = (
        "Somebody cancels the association between drone and controller again and again, which is gentler than sending "
        "them away and keeps the drone from its commands all the same."
    )
    COUNTS: ClassVar[str] = "disassociations in the window, repeats included"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 11.3.5.8 and 9.3.3.4",
        "J. Bellardo and S. Savage, 802.11 denial-of-service attacks, USENIX Security 2003",
        "mdk4 d",
    )

    def farewell(self) -> tuple[int, str]:
        """See :class:`~yawstring.watch.rules.farewells.FarewellFlood`."""
        return DISASSOCIATION, "disassociations"
