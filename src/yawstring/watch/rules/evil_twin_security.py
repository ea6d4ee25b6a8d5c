"""Evil twin by protection: one address offers two kinds of protection in turn."""

from dataclasses import dataclass
from typing import ClassVar, Final

from yawstring.watch.rules.air import BEACON, PROBE_RESPONSE, Air
from yawstring.watch.rules.base import Sight
from yawstring.watch.rules.keys import joined
from yawstring.watch.rules.twins import Twin, TwinState, in_turn

_PRIVACY: Final = 16


@dataclass(frozen=True, kw_only=True)
class EvilTwinSecurity(Twin):
    """Protection that beacons and probe responses of one address announce: privacy, ciphers, ways of authentication.

    Attributes:
        least_times: Changes back to the other protection that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "evil_twin_security"
    ABOUT: ClassVar[str] = (
        "A second access point under the drone's address offers another protection, or none, so that the controller "
        "joins it without the right key."
    )
    COUNTS: ClassVar[str] = "changes back to the other protection in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 9.4.1.4 and 9.4.2.24",
        "Kismet's alerts CRYPTODROP and ADVCRYPTCHANGE",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.fixed.capabilities", "wlan.rsn.akms.type", "wlan.bssid")

    least_times: int
    within_s: float

    def step(self, state: TwinState, air: Air) -> tuple[TwinState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        rows = air.of(BEACON, PROBE_RESPONSE)
        names = ("wlan.rsn.akms.type", "wlan.rsn.pcs.type", "wlan.rsn.gcs.type")
        offered = joined(
            air.whole("wlan.fixed.capabilities")[rows] & _PRIVACY, *(air.whole(one)[rows] for one in names)
        )
        return state, in_turn(
            state,
            air,
            rows,
            air.whole("wlan.bssid")[rows],
            offered >> 2,
            least=self.least_times,
            within_s=self.within_s,
            words=self._words,
        )

    def _words(self, point: str, times: float) -> str:
        return (
            f"{point} changed back and forth between two kinds of protection {times:.0f} times within "
            f"{self.within_s:g} s; one access point has one."
        )
