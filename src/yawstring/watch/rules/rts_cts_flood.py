"""RTS and CTS flood: the air is reserved, over and over, for nobody."""

from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.table.signals.inputs import MISSING
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.channels import channel_flood
from yawstring.watch.rules.tally import Counted, counted

_CONTROL: Final = 1
_RTS, _CTS = 11, 12
_LONGEST_US: Final = 32767
_ASKED_NS: Final = 25_000_000
"""How long a request may wait for its frame: more than the longest frame at 1 Mb/s takes."""

_ASKER, _AT, _US = range(3)


class ReservationState(NamedTuple):
    """The last request, ``int64[3]``: who asked (missing: it was followed up), when, for how long; and idle time."""

    asked: NDArray[np.int64]
    idle: Counted


@dataclass(frozen=True, kw_only=True)
class RtsCtsFlood(Rule):
    """Time reserved by requests that nothing follows, and by clearances that nobody asked for.

    A receiver hears requests, at a low rate, better than the fast frames that follow them, and misses most of those
    from afar. So what is no longer than one exchange may take does not count.

    Attributes:
        longest_us: Duration up to which a reservation is ordinary.
        least_ms: Time reserved for nobody on one channel that is too much.
        within_s: Time in which it is.
    """

    NAME: ClassVar[str] = "rts_cts_flood"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1464"
    CONSEQUENCE: ClassVar[Consequence] = "control"
    ABOUT: ClassVar[str] = (
        "Somebody reserves the air again and again for frames that never come, and everyone who is polite stays silent."
    )
    COUNTS: ClassVar[str] = "milliseconds reserved for nobody on the channel in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 10.3.2.4 and 10.3.2.9",
        "J. Bellardo and S. Savage, 802.11 denial-of-service attacks, USENIX Security 2003",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.fc.type", "wlan.duration", "wlan.ra", "radiotap.channel.freq")

    longest_us: float
    least_ms: float
    within_s: float

    def start(self) -> ReservationState:
        """Nobody has asked yet."""
        return ReservationState(asked=np.array([MISSING, 0, 0]), idle=counted())

    def step(self, state: ReservationState, air: Air) -> tuple[ReservationState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        rows, idle_ms = np.empty(len(air.inputs), np.int64), np.empty(len(air.inputs))
        kind, subtype = air.whole("wlan.fc.type"), air.whole("wlan.fc.subtype")
        ta, ra, duration = air.whole("wlan.ta"), air.whole("wlan.ra"), air.whole("wlan.duration")
        found = _idle(
            state.asked, air.time_ns, air.fine, kind, subtype, ta, ra, duration, self.longest_us, rows, idle_ms
        )
        rows = rows[:found]
        sights = channel_flood(
            state.idle, air, rows, self._words, within_s=self.within_s, least=self.least_ms, weight=idle_ms[:found]
        )
        return state, sights

    def _words(self, value: float, channel: str) -> str:
        return (
            f"{value:.0f} ms of the air {channel} were reserved for nobody within {self.within_s:g} s; "
            f"{self.least_ms:g} ms are too much."
        )


@compiled
def _idle(
    asked: NDArray[np.int64],
    time_ns: NDArray[np.int64],
    fine: NDArray[np.bool_],
    kind: NDArray[np.int64],
    subtype: NDArray[np.int64],
    ta: NDArray[np.int64],
    ra: NDArray[np.int64],
    duration: NDArray[np.int64],
    longest_us: float,
    rows: NDArray[np.int64],
    idle_ms: NDArray[np.float64],
) -> int:
    found = 0
    for i in range(len(time_ns)):
        if not fine[i]:
            continue
        reserves = kind[i] == _CONTROL and (subtype[i] == _RTS or subtype[i] == _CTS)
        if not reserves:
            if ta[i] != MISSING and ta[i] == asked[_ASKER]:
                asked[_ASKER] = MISSING
            continue
        if duration[i] == MISSING or duration[i] > _LONGEST_US:
            continue
        if subtype[i] == _RTS:
            if asked[_ASKER] != MISSING and asked[_US] > longest_us:
                rows[found], idle_ms[found] = i, asked[_US] / 1000.0
                found += 1
            asked[_ASKER], asked[_AT], asked[_US] = ta[i], time_ns[i], duration[i]
        elif duration[i] > longest_us and (asked[_ASKER] != ra[i] or time_ns[i] - asked[_AT] > _ASKED_NS):
            rows[found], idle_ms[found] = i, duration[i] / 1000.0
            found += 1
    return found
