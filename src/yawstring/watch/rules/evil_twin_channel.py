"""Evil twin by channel: one address announces itself on two channels in turn."""

from dataclasses import dataclass
from typing import ClassVar

from yawstring.watch.rules.air import BEACON, PROBE_RESPONSE, Air
from yawstring.watch.rules.base import Sight
from yawstring.watch.rules.twins import Twin, TwinState, in_turn


@dataclass(frozen=True, kw_only=True)
class EvilTwinChannel(Twin):
    """Beacons and probe responses of one address that name different channels.

    Attributes:
        least_times: Changes back to the other channel that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "evil_twin_channel"
    ABOUT: ClassVar[str] = (
        "A second access point uses the drone's address on another channel, where the controller can be caught and its "
        "traffic passed on."
    )
    COUNTS: ClassVar[str] = "changes back to the other channel in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 9.4.2.4",
        "M. Vanhoef and F. Piessens, Advanced Wi-Fi attacks using commodity hardware, ACSAC 2014",
        "Kismet's alert CHANCHANGE",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.ds.current_channel", "wlan.bssid")

    least_times: int
    within_s: float

    def step(self, state: TwinState, air: Air) -> tuple[TwinState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        rows = air.of(BEACON, PROBE_RESPONSE)
        return state, in_turn(
            state,
            air,
            rows,
            air.whole("wlan.bssid")[rows],
            air.whole("wlan.ds.current_channel")[rows],
            least=self.least_times,
            within_s=self.within_s,
            words=self._words,
        )

    def _words(self, point: str, times: float) -> str:
        return (
            f"{point} changed back and forth between two channels {times:.0f} times within {self.within_s:g} s; an "
            f"access point that moves does not come back."
        )
