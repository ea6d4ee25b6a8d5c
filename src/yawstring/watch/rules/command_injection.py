"""Command injection: somebody but the controller commands the drone of an open network."""

from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.table.signals.inputs import MISSING, NS_PER_S
from yawstring.table.signals.role_names import CONTROLLER, DRONE, OTHER
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.alternation import Alternation, alternation, returns
from yawstring.watch.rules.base import Consequence, Rule, Sight, address, named
from yawstring.watch.rules.keys import joined
from yawstring.watch.rules.newcomers import Newcomers, newcomers, unheard
from yawstring.watch.rules.tally import Counted, count, counted

_COMMAND_PORT: Final = 8889
_STEP: Final = 8
"""Largest step of a count between two packets of one sender: a few that were missed."""


class CommandState(NamedTuple):
    """What was commanded.

    Attributes:
        counts: Identifications of each flow, followed.
        packets: Packets heard, to know one again.
        spoke_ns: ``int64[1]``, when the controller last spoke.
        false: Commands that are not the controller's.
    """

    counts: Alternation
    packets: Newcomers
    spoke_ns: NDArray[np.int64]
    false: Counted


@dataclass(frozen=True, kw_only=True)
class CommandInjection(Rule):
    """Commands (UDP, port 8889) to the drone that its controller did not give.

    Three marks: another station gives them while the controller is there; they count their packets (IPv4
    identification) apart from the controller's, which go on in between; or the very packet was heard before.

    Attributes:
        present_s: The controller is there for so long after it spoke.
        memory_s: A packet is known again for so long.
        least_frames: Commands so marked that are no accident.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "command_injection"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1692.001"
    CONSEQUENCE: ClassVar[Consequence] = "safety"
    ABOUT: ClassVar[str] = (
        "Somebody else commands the drone, under an address of their own or the controller's, and the drone obeys."
    )
    COUNTS: ClassVar[str] = "commands that are not the controller's in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "Tello SDK 2.0 User Guide",
        "RFC 6864",
        "S. Bellovin, A technique for counting NATted hosts, IMW 2002",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("udp.dstport", "ip.id", "wlan.ta", "payload_hash")

    present_s: float
    memory_s: float
    least_frames: int
    within_s: float

    def start(self) -> CommandState:
        """Nothing commanded yet."""
        return CommandState(alternation(), newcomers(), np.full(1, MISSING), counted())

    def step(self, state: CommandState, air: Air) -> tuple[CommandState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        there = self._there(state, air)
        commands = (air.whole("udp.dstport") == _COMMAND_PORT) & air.fine & (air.roles.receiver == DRONE)
        rows = np.flatnonzero(commands & (air.whole("wlan.fc.retry") != 1))
        if not len(rows):
            return state, []
        sender, number = air.whole("wlan.ta"), air.whole("ip.id")[rows]
        stranger = (air.roles.sender[rows] == OTHER) & there[rows]
        false = stranger | self._counted_apart(state, air, rows) | self._again(state, air, rows, number)
        told = count(
            state.false, air, rows[false], air.drone[rows[false]], within_s=self.within_s, least=self.least_frames
        )
        return state, [
            Sight(
                row=row,
                value=value,
                limit=self.least_frames,
                words=f"{value:.0f} commands within {self.within_s:g} s were not the controller's, the latest in "
                f"the name of {named(int(sender[row]))}; {self.least_frames} are no accident.",
                watched=bool(air.roles.watched[row]),
                drone=address(int(air.drone[row])),
                attacker=address(int(sender[row])),
            )
            for row, value in zip(told.row.tolist(), told.value.tolist(), strict=True)
        ]

    def _there(self, state: CommandState, air: Air) -> NDArray[np.bool_]:
        """``bool[frame]``: the controller spoke a short while ago."""
        spoke = np.where(air.roles.sender == CONTROLLER, air.time_ns, MISSING)
        latest = np.maximum.accumulate(np.concatenate((state.spoke_ns, spoke)))[1:]
        if len(latest):
            state.spoke_ns[0] = latest[-1]
        there: NDArray[np.bool_] = (latest != MISSING) & (
            air.time_ns - np.where(latest == MISSING, 0, latest) <= round(self.present_s * NS_PER_S)
        )
        return there

    def _counted_apart(self, state: CommandState, air: Air, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """``bool[command]``: its packets' count is one of two that go on in turn."""
        flow = [air.whole(name)[rows] for name in ("wlan.ta", "ip.src", "ip.dst", "udp.srcport")]
        found = np.zeros(len(rows), np.bool_)
        number = air.whole("ip.id")[rows]
        found[returns(state.counts, air.time_ns[rows], joined(*flow), number, near=_STEP, apart=_STEP + 1)] = True
        return found

    def _again(
        self, state: CommandState, air: Air, rows: NDArray[np.int64], number: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """``bool[command]``: the very packet was heard before. One whose sender does not count says nothing."""
        names = ("wlan.ta", "payload_hash", "ip.len", "udp.srcport")
        key = joined(number, *(air.whole(name)[rows] for name in names))
        key = np.where(number > 0, key, MISSING)
        new = unheard(state.packets, air.time_ns[rows], key, round(self.memory_s * NS_PER_S))
        again: NDArray[np.bool_] = ~new & (key != MISSING)
        return again
