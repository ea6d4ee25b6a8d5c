"""Evil twin by level: beacons of one address are received at two levels in turn, as from two places."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from yawstring.table.signals.inputs import MISSING
from yawstring.watch.rules.air import BEACON, Air
from yawstring.watch.rules.base import Sight
from yawstring.watch.rules.keys import joined
from yawstring.watch.rules.twins import Twin, TwinState, in_turn


@dataclass(frozen=True, kw_only=True)
class EvilTwinSignal(Twin):
    """Levels of one address's beacons on one frequency. Fading wanders; two places are two levels, in turn.

    Attributes:
        apart_db: From what difference between two beacons on they may come from two places.
        near_db: How near to the level before the latest a level has come back.
        least_times: Changes back to the other level that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "evil_twin_signal"
    ABOUT: ClassVar[str] = (
        "Beacons under the drone's address come from two places at once: they are received at two levels in turn."
    )
    COUNTS: ClassVar[str] = "changes back to the other level in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "Y. Sheng, K. Tan, G. Chen, D. Kotz and A. Campbell, Detecting 802.11 MAC layer spoofing using received signal "
        "strength, INFOCOM 2008",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan_radio.signal_dbm", "wlan.bssid")

    apart_db: float
    near_db: float
    least_times: int
    within_s: float

    def step(self, state: TwinState, air: Air) -> tuple[TwinState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        rows = air.of(BEACON)
        level = air.inputs.number("wlan_radio.signal_dbm")[rows]
        tenths = np.where(np.isnan(level), MISSING, np.rint(10 * np.nan_to_num(level)).astype(np.int64))
        # A beacon heard on a neighbouring channel is weaker by the filter: each frequency has levels of its own.
        return state, in_turn(
            state,
            air,
            rows,
            joined(air.whole("wlan.bssid")[rows], air.whole("radiotap.channel.freq")[rows]),
            tenths,
            least=self.least_times,
            within_s=self.within_s,
            words=self._words,
            near=round(10 * self.near_db),
            apart=round(10 * self.apart_db),
        )

    def _words(self, point: str, times: float) -> str:
        return (
            f"Beacons of {point} changed back and forth between two levels, {self.apart_db:g} dB or more apart, "
            f"{times:.0f} times within {self.within_s:g} s."
        )
