"""Evil twin by name: another address beacons under the name of the watched drone's network."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.table.signals.inputs import MISSING
from yawstring.table.signals.role_names import DRONE
from yawstring.watch.rules.air import BEACON, PROBE_RESPONSE, Air
from yawstring.watch.rules.base import Consequence, Rule, Sight, address, named
from yawstring.watch.rules.tally import Counted, count, counted
from yawstring.watch.rules.twins import EVIL_TWIN


class NameState(NamedTuple):
    """The watched drone's name, ``int64[1]`` as a hash, and how often others used it."""

    name: NDArray[np.int64]
    uses: Counted


@dataclass(frozen=True, kw_only=True)
class EvilTwinName(Rule):
    """Beacons and probe responses of other addresses under the drone's name. Only the watched drone's name is its own.

    Attributes:
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

    least_frames: int
    within_s: float

    def start(self) -> NameState:
        """No name known yet."""
        return NameState(name=np.full(1, MISSING), uses=counted())

    def step(self, state: NameState, air: Air) -> tuple[NameState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        rows = air.of(BEACON, PROBE_RESPONSE)
        if not len(rows):
            return state, []
        name, network = air.whole("ssid_hash")[rows], air.whole("wlan.bssid")
        mine = (air.roles.sender[rows] == DRONE) & ~_hidden(air, rows) & (name != MISSING)
        usual = _latest(name, mine, state.name)
        other = (name == usual) & (usual != MISSING) & (air.drone[rows] != MISSING) & (network[rows] != air.drone[rows])
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
    names = air.inputs.frame["wlan.ssid"][rows].cast(pl.String)
    hidden: NDArray[np.bool_] = (names.str.len_bytes() == 0).fill_null(True).to_numpy()
    return hidden


def _latest(values: NDArray[np.int64], says: NDArray[np.bool_], before: NDArray[np.int64]) -> NDArray[np.int64]:
    """``int64[event]``, the latest value that counts before each event; ``before`` is brought up to date."""
    place = np.maximum.accumulate(np.where(says, np.arange(len(values)), -1))
    earlier = np.concatenate(([-1], place[:-1]))
    latest = np.where(earlier >= 0, values[earlier], before[0])
    if len(place) and place[-1] >= 0:
        before[0] = values[place[-1]]
    return latest
