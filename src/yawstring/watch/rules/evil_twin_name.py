"""Evil twin by name: another address beacons under the name of the watched drone's network."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.table.signals.inputs import MISSING, NS_PER_S
from yawstring.table.signals.role_names import DRONE
from yawstring.watch.rules.air import BEACON, PROBE_RESPONSE, Air
from yawstring.watch.rules.base import Consequence, Rule, Sight, address, named
from yawstring.watch.rules.tally import Counted, count, counted
from yawstring.watch.rules.twins import EVIL_TWIN

_NAME, _SINCE, _SHARED = range(3)


class NameState(NamedTuple):
    """What is known of the watched drone's name.

    Attributes:
        name: ``int64[3]``: the name as a hash, since when it is known, and whether others have used it all along.
        uses: How often others use it.
    """

    name: NDArray[np.int64]
    uses: Counted


@dataclass(frozen=True, kw_only=True)
class EvilTwinName(Rule):
    """Beacons and probe responses of other addresses under the drone's name.

    A name that others use all along, from before the drone was known, is that of a larger network and nobody's own.

    Attributes:
        alone_s: Time in which nobody else used the name, after which it is the drone's own.
        least_frames: Frames under the name that are too many.
        within_s: Time in which they are.
    """

    NAME: ClassVar[str] = "evil_twin_name"
    KIND: ClassVar[str] = EVIL_TWIN
    TECHNIQUE: ClassVar[str] = "T1557.004"
    CONSEQUENCE: ClassVar[Consequence] = "control"
    ABOUT: ClassVar[str] = (
        "Another access point calls itself by the name of the drone's network, so that the controller joins it instead."
    )
    COUNTS: ClassVar[str] = "beacons and probe responses under the drone's name by other addresses in the window"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "IEEE 802.11-2020, 9.4.2.2",
        "Kismet's alert APSPOOF",
        "airbase-ng; mdk4 b",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("ssid_hash", "wlan.ssid", "wlan.bssid")

    alone_s: float
    least_frames: int
    within_s: float

    def start(self) -> NameState:
        """No name known yet."""
        return NameState(name=np.array([MISSING, 0, 0]), uses=counted())

    def step(self, state: NameState, air: Air) -> tuple[NameState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        rows = air.of(BEACON, PROBE_RESPONSE)
        if not len(rows):
            return state, []
        name, network = air.whole("ssid_hash")[rows], air.whole("wlan.bssid")
        mine = (air.roles.sender[rows] == DRONE) & ~_hidden(air, rows) & (name != MISSING)
        own = np.where(mine, network[rows], air.drone[rows])
        other = np.zeros(len(rows), np.bool_)
        _used(state.name, air.time_ns[rows], name, mine, network[rows], own, round(self.alone_s * NS_PER_S), other)
        used = rows[other]
        told = count(
            state.uses, air, used, air.drone[used], within_s=self.within_s, least=self.least_frames,
            ours=np.ones(len(used), np.bool_),
        )  # fmt: skip
        return state, [
            Sight(
                row=row,
                value=value,
                limit=self.least_frames,
                words=f"{value:.0f} frames within {self.within_s:g} s announce the drone's network under another "
                f"address, the latest {named(address(int(network[row])))}; {self.least_frames} are too many.",
                watched=True,
                drone=address(int(air.drone[row])),
            )
            for row, value in zip(told.row.tolist(), told.value.tolist(), strict=True)
        ]


def _hidden(air: Air, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """``bool[row]``: the network hides its name; all that do would be namesakes."""
    if not air.inputs.has("wlan.ssid"):
        return np.zeros(len(rows), np.bool_)
    hidden: NDArray[np.bool_] = air.inputs.length("wlan.ssid")[rows] <= 0
    return hidden


@compiled
def _used(
    known: NDArray[np.int64],
    time_ns: NDArray[np.int64],
    name: NDArray[np.int64],
    mine: NDArray[np.bool_],
    network: NDArray[np.int64],
    drone: NDArray[np.int64],
    alone_ns: int,
    other: NDArray[np.bool_],
) -> None:
    """Mark frames of others under the drone's own name."""
    for one in range(len(time_ns)):
        if mine[one]:
            if name[one] != known[_NAME]:
                known[_NAME], known[_SINCE], known[_SHARED] = name[one], time_ns[one], 0
        elif name[one] != MISSING and name[one] == known[_NAME] and MISSING != drone[one] != network[one]:
            if time_ns[one] - known[_SINCE] < alone_ns:
                known[_SHARED] = 1
            other[one] = known[_SHARED] == 0
