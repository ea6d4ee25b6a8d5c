"""Who is in the air: each transmitter's role, frames, signal strength and channel; of a thousand at most.

An attacker makes up addresses at no cost, so that the table is bounded: those with a role stay, then those with most
frames. Counts of the others begin anew when they come back.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yawstring.models.base import Json
from yawstring.table.signals import Inputs, Roles
from yawstring.table.signals.inputs import MISSING
from yawstring.table.signals.role_names import CONTROLLER, DRONE

MOST: Final = 1000
"""Stations that are kept."""

ROLES: Final = {DRONE: "drone", CONTROLLER: "controller"}
"""Words for roles; every other is ``"other"``."""

ADDRESS, ROLE, NETWORK, FRAMES, LAST_NS, RSSI, FREQUENCY = range(7)
_COLUMNS = 7


@dataclass(frozen=True, kw_only=True, eq=False)
class Stations:
    """The table.

    Attributes:
        table: ``int64[station, 7]``: address, role, BSSID of its network, frames, when last heard, signal strength in
            dBm and frequency in MHz then; :data:`~yawstring.table.signals.inputs.MISSING` for what is not known.
    """

    table: NDArray[np.int64]

    def rows(self) -> list[dict[str, Json]]:
        """A row a station, those with a role first, then by frames."""
        order = np.lexsort((self.table[:, ADDRESS], -self.table[:, FRAMES], _rank(self.table[:, ROLE])))
        return [
            {
                "address": one[ADDRESS],
                "role": ROLES.get(one[ROLE], "other"),
                "network": _known(one[NETWORK]),
                "frames": one[FRAMES],
                "last_ns": one[LAST_NS],
                "rssi_dbm": _known(one[RSSI]),
                "frequency_mhz": _known(one[FREQUENCY]),
            }
            for one in self.table[order].tolist()
        ]


def start() -> Stations:
    """Nobody yet."""
    return Stations(table=np.empty((0, _COLUMNS), np.int64))


def step(state: Stations, inputs: Inputs, roles: Roles) -> Stations:
    """Take in a chunk's frames.

    Example:
        >>> import polars as pl
        >>> frame = pl.DataFrame({"wlan.ta": [7, 7, 9], "wlan.bssid": [7, 7, 7]})
        >>> roles = Roles(sender=np.array([1, 1, 2], np.int8), receiver=np.zeros(3, np.int8), watched=np.ones(3, bool))
        >>> after = step(start(), Inputs(frame=frame, time_ns=np.array([1, 2, 3])), roles)
        >>> [(one["address"], one["role"], one["frames"]) for one in after.rows()]
        [(7, 'drone', 2), (9, 'controller', 1)]
    """
    sender = inputs.whole("wlan.ta")
    there = np.flatnonzero(sender != MISSING)
    if not len(there):
        return state
    # The last frame of each speaks for it.
    addresses, behind, counts = np.unique(sender[there][::-1], return_index=True, return_counts=True)
    last = there[len(there) - 1 - behind]
    rssi = inputs.number("wlan_radio.signal_dbm")[last]
    heard = np.stack(
        [
            addresses,
            roles.sender[last].astype(np.int64),
            inputs.whole("wlan.bssid")[last],
            counts,
            inputs.time_ns[last],
            np.where(np.isfinite(rssi), rssi, MISSING).astype(np.int64),
            inputs.whole("wlan_radio.frequency")[last],
        ],
        axis=1,
    )
    return Stations(table=_bounded(_merged(state.table, heard)))


def _merged(old: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.int64]:
    """Both by address; what is new and known counts."""
    places = np.searchsorted(new[:, ADDRESS], old[:, ADDRESS])
    again = np.zeros(len(old), np.bool_)
    inside = places < len(new)
    again[inside] = new[places[inside], ADDRESS] == old[inside, ADDRESS]
    new = new.copy()
    same = places[again]
    new[same, FRAMES] += old[again, FRAMES]
    for column in (NETWORK, RSSI, FREQUENCY):
        new[same, column] = np.where(new[same, column] == MISSING, old[again, column], new[same, column])
    return np.concatenate([old[~again], new])


def _bounded(table: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(table) > MOST:
        order = np.lexsort((-table[:, LAST_NS], -table[:, FRAMES], _rank(table[:, ROLE])))
        table = table[order[:MOST]]
    return table[np.argsort(table[:, ADDRESS], kind="stable")]


def _rank(role: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(role == DRONE, 0, np.where(role == CONTROLLER, 1, 2))


def _known(value: int) -> int | None:
    return None if value == MISSING else value
