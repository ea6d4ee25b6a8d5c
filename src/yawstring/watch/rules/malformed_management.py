"""Malformed management: frames made to crash whoever reads them."""

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from yawstring.table.signals.lanes import MANAGEMENT_TYPE
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.channels import channel_flood
from yawstring.watch.rules.tally import Counted, counted
from yawstring.wire.rejects import CLOCK_RANGE, ELEMENT_CONTENT, ELEMENT_LENGTH, FIXED_SHORT

_GOOD_CHECK: Final = 1
_FAULTS: Final = (FIXED_SHORT, ELEMENT_LENGTH, ELEMENT_CONTENT, CLOCK_RANGE)


@dataclass(frozen=True, kw_only=True)
class MalformedManagement(Rule):
    """Management frames whose check sequence is good and whose content is not: nobody's noise, but somebody's doing.

    A receiver that does not hand on check sequences leaves this rule blind: it counts nothing that may be noise.

    Attributes:
        least_frames: Such frames on one channel that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "malformed_management"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1499.004"
    CONSEQUENCE: ClassVar[Consequence] = "service"
    ABOUT: ClassVar[str] = (
        "Somebody sends management frames that break the rules of their own making, as one does to crash the software "
        "of a drone or its controller."
    )
    COUNTS: ClassVar[str] = "management frames with a good check sequence and impossible content in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 9.4.1 and 9.4.2",
        "M. Vanhoef, Fragment and forge, USENIX Security 2021; CVE-2022-41674",
        "Kismet's alert MALFORMMGMT",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.fcs.status", "reject", "radiotap.channel.freq")

    least_frames: int
    within_s: float

    def start(self) -> Counted:
        """Nothing counted yet."""
        return counted()

    def step(self, state: Counted, air: Air) -> tuple[Counted, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        received = air.whole("wlan.fcs.status") == _GOOD_CHECK
        rows = np.flatnonzero(received & (air.whole("wlan.fc.type") == MANAGEMENT_TYPE))
        rows = rows[np.isin(air.whole("reject")[rows], _FAULTS)]
        sights = channel_flood(state, air, rows, self._words, within_s=self.within_s, least=self.least_frames)
        return state, sights

    def _words(self, value: float, channel: str) -> str:
        return (
            f"{value:.0f} management frames {channel} within {self.within_s:g} s were received well and cannot be "
            f"read; {self.least_frames} are no accident."
        )
