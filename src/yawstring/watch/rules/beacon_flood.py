"""Beacon flood: networks that do not exist fill the list of those that do."""

from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.table.signals.inputs import MISSING, NS_PER_S
from yawstring.watch.rules.air import BEACON, Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.channels import channel_flood
from yawstring.watch.rules.keys import joined
from yawstring.watch.rules.newcomers import Newcomers, newcomers, unheard
from yawstring.watch.rules.tally import Counted, counted

_MEMORY_NS: Final = 600 * NS_PER_S
_SLOTS: Final = 256


class BeaconFloodState(NamedTuple):
    """Networks heard, how long each channel was listened to, and networks that came.

    Attributes:
        networks: Networks by address.
        channels: Time listened on each frequency, in nanoseconds, of the few that a card can tune to.
        last: ``int64[2]``: when the last frame came, and on which frequency.
        came: How many came, by frequency.
    """

    networks: Newcomers
    channels: dict[int, int]
    last: NDArray[np.int64]
    came: Counted


@dataclass(frozen=True, kw_only=True)
class BeaconFlood(Rule):
    """Networks that are new on a channel that has been listened to for a while.

    Attributes:
        settle_s: Time of listening on a channel after which its networks are known.
        longest_s: A pause between two frames counts as listening for so long at most: the card may have been elsewhere.
        least_networks: New networks on one channel that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "beacon_flood"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1464"
    CONSEQUENCE: ClassVar[Consequence] = "service"
    ABOUT: ClassVar[str] = (
        "Somebody announces many networks that do not exist, so that the right one is hard to find and the air is busy."
    )
    COUNTS: ClassVar[str] = "new networks on the channel in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = ("IEEE 802.11-2020, 9.3.3.2", "mdk4 b", "Kismet's alert BEACONRATE")
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.bssid", "radiotap.channel.freq")

    settle_s: float
    longest_s: float
    least_networks: int
    within_s: float

    def start(self) -> BeaconFloodState:
        """Nobody heard yet."""
        return BeaconFloodState(newcomers(), {}, np.array([MISSING, MISSING]), counted())

    def step(self, state: BeaconFloodState, air: Air) -> tuple[BeaconFloodState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        if not len(air.inputs):
            return state, []
        listened_ns = self._listened(state, air)
        rows = air.of(BEACON)
        key = joined(air.whole("wlan.bssid")[rows], air.mhz[rows])
        new = unheard(state.networks, air.time_ns[rows], key, _MEMORY_NS)
        came = rows[new & (listened_ns[rows] >= round(self.settle_s * NS_PER_S))]
        sights = channel_flood(state.came, air, came, self._words, within_s=self.within_s, least=self.least_networks)
        return state, sights

    def _words(self, value: float, channel: str) -> str:
        return (
            f"{value:.0f} networks appeared {channel} within {self.within_s:g} s; "
            f"{self.least_networks} are more than come by themselves."
        )

    def _listened(self, state: BeaconFloodState, air: Air) -> NDArray[np.int64]:
        """``int64[frame]``, for how long its channel has been listened to."""
        time, mhz = air.time_ns, air.mhz
        before = np.concatenate((state.last[:1], time[:-1]))
        where = np.concatenate((state.last[1:], mhz[:-1]))
        gap = np.where((before != MISSING) & (where == mhz), time - np.where(before == MISSING, time, before), 0)
        gap = np.minimum(gap, round(self.longest_s * NS_PER_S))
        out = np.empty(len(time), np.int64)
        for one in np.unique(mhz).tolist():
            here = mhz == one
            out[here] = state.channels.get(one, 0) + np.cumsum(gap[here])
            if one in state.channels or len(state.channels) < _SLOTS:
                state.channels[one] = int(out[here][-1])
        state.last[:] = time[-1], mhz[-1]
        return out
