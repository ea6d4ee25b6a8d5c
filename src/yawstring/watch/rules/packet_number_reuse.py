"""Packet-number reuse: what was encrypted once is sent again, or a key is used a second time from the start."""

from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.table.signals.inputs import MISSING
from yawstring.table.signals.slots import place
from yawstring.watch.rules.air import GROUP_SHIFT, Air
from yawstring.watch.rules.base import Consequence, Rule, Sight, address, named
from yawstring.watch.rules.keys import joined
from yawstring.watch.rules.tally import Counted, count, counted

KEYS: Final = 1024
_FEW: Final = 8
_QUIET_NS: Final = 1_000_000_000
_HIGHEST, _RISEN = range(2)


class NumberState(NamedTuple):
    """Counts of keys.

    Attributes:
        key: ``int64[slot]``, of transmitter, receiver (1 for any group) and traffic class.
        heard_ns: ``int64[slot]``, when last.
        number: ``int64[slot, 2]``, the highest number, and when it last rose.
        old: How many old numbers, by transmitter.
    """

    key: NDArray[np.int64]
    heard_ns: NDArray[np.int64]
    number: NDArray[np.int64]
    old: Counted


@dataclass(frozen=True, kw_only=True)
class PacketNumberReuse(Rule):
    """Packet numbers of CCMP and GCMP that are not above the highest of their key, in frames without the retry bit.

    A number near 1, or any after a second of quiet, may be the first of a new key and is none.

    Attributes:
        least_frames: Frames of one transmitter with old numbers that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "packet_number_reuse"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1557"
    CONSEQUENCE: ClassVar[Consequence] = "control"
    ABOUT: ClassVar[str] = (
        "Encrypted frames that were recorded are sent again, or a key is used anew: each has a number that was used."
    )
    COUNTS: ClassVar[str] = "frames with a used packet number, without the retry bit, in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 12.5.3.4.4",
        "M. Vanhoef and F. Piessens, Key reinstallation attacks, CCS 2017",
        "Kismet's alert NONCEREUSE",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("wlan.ccmp.extiv", "wlan.ta", "wlan.fc.retry")

    least_frames: int
    within_s: float

    def start(self) -> NumberState:
        """No key followed yet."""
        return NumberState(np.full(KEYS, MISSING), np.zeros(KEYS, np.int64), np.zeros((KEYS, 2), np.int64), counted())

    def step(self, state: NumberState, air: Air) -> tuple[NumberState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        number, sender = air.whole("wlan.ccmp.extiv"), air.whole("wlan.ta")
        rows = np.flatnonzero((number != MISSING) & air.fine & (sender != MISSING))
        receiver = air.whole("wlan.ra")[rows]
        keyed = np.where(receiver >> GROUP_SHIFT & 1 == 1, 1, receiver)  # the group key counts for all groups together
        key = joined(sender[rows], keyed, air.whole("wlan.qos.priority")[rows])
        retry = air.whole("wlan.fc.retry")[rows] == 1
        old = np.empty(len(rows), np.int64)
        found = _old(state, air.time_ns[rows], key, number[rows], retry, old)
        again = rows[old[:found]]
        told = count(state.old, air, again, sender[again], within_s=self.within_s, least=self.least_frames)
        network = air.whole("wlan.bssid")
        return state, [
            Sight(
                row=row,
                value=value,
                limit=self.least_frames,
                words=f"{value:.0f} frames in the name of {named(int(sender[row]))} within {self.within_s:g} s had "
                f"packet numbers that were used before, and no retry bit; {self.least_frames} are no accident.",
                watched=bool(air.roles.watched[row]),
                drone=address(int(network[row])),
                attacker=address(int(sender[row])),
            )
            for row, value in zip(told.row.tolist(), told.value.tolist(), strict=True)
        ]


@compiled
def _old(
    state: NumberState,
    time_ns: NDArray[np.int64],
    key: NDArray[np.int64],
    number: NDArray[np.int64],
    retry: NDArray[np.bool_],
    old: NDArray[np.int64],
) -> int:
    found = 0
    for event in range(len(time_ns)):
        slot, fresh = place(state.key, state.heard_ns, key[event], time_ns[event])
        kept, now, said = state.number[slot], time_ns[event], number[event]
        if fresh or said > kept[_HIGHEST]:
            kept[_HIGHEST], kept[_RISEN] = said, now
        elif not retry[event]:
            if 0 < said <= _FEW < kept[_HIGHEST] or now - kept[_RISEN] > _QUIET_NS:
                kept[_HIGHEST], kept[_RISEN] = said, now
            else:
                old[found] = event
                found += 1
    return found
