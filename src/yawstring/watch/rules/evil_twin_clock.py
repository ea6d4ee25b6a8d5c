"""Evil twin by clock: one address has two clocks in turn."""

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from yawstring.table.signals.inputs import MISSING
from yawstring.watch.rules.air import BEACON, Air
from yawstring.watch.rules.base import Sight
from yawstring.watch.rules.twins import Twin, TwinState, in_turn

_FARTHEST_US: Final = 1 << 61


@dataclass(frozen=True, kw_only=True)
class EvilTwinClock(Twin):
    """Clocks (TSF) of one address, each less the time of receipt. A restart sets a clock anew, once.

    The time of receipt jitters, so that clocks nearer to each other than ``near_ms`` are taken for one; a twin's is
    days away, unless it takes pains.

    Attributes:
        near_ms: How far a clock may be from where it should be.
        least_times: Changes back to the other clock that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "evil_twin_clock"
    ABOUT: ClassVar[str] = (
        "Two access points use the drone's address at once: their clocks differ, and beacons show one or the other."
    )
    COUNTS: ClassVar[str] = "changes back to the other clock in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 11.1.2",
        "S. Jana and S. Kasera, On fast and accurate detection of unauthorized wireless access points using clock "
        "skews, MobiCom 2008",
        "Kismet's alert BSSTIMESTAMP",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.fixed.timestamp", "wlan.bssid")

    near_ms: float
    least_times: int
    within_s: float

    def step(self, state: TwinState, air: Air) -> tuple[TwinState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        rows = air.of(BEACON)  # an answer to a probe may lie about in a queue
        clock = air.whole("wlan.fixed.timestamp")[rows]
        away = np.where(clock == MISSING, MISSING, np.minimum(clock, _FARTHEST_US) - air.time_ns[rows] // 1000)
        near = round(self.near_ms * 1000)
        return state, in_turn(
            state,
            air,
            rows,
            air.whole("wlan.bssid")[rows],
            away,
            least=self.least_times,
            within_s=self.within_s,
            words=self._words,
            near=near,
            apart=near + 1,
        )

    def _words(self, point: str, times: float) -> str:
        return (
            f"{point} changed back and forth between two clocks {times:.0f} times within {self.within_s:g} s; a "
            f"restart sets a clock anew once."
        )
