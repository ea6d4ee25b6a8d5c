"""What the rules on evil twins share: two access points under one address, told by what their beacons say in turn."""

from collections.abc import Callable
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.watch.rules.air import Air
from yawstring.watch.rules.alternation import Alternation, alternation, returns
from yawstring.watch.rules.base import Consequence, Rule, Sight, address, named
from yawstring.watch.rules.tally import Counted, count, counted

EVIL_TWIN = "evil_twin"
"""Kind of what all of them find: one twin is one incident, however it is told."""


class TwinState(NamedTuple):
    """What was said under each address, and how often two spoke in turn."""

    said: Alternation
    turns: Counted


class Twin(Rule):
    """What they have in common."""

    KIND: ClassVar[str] = EVIL_TWIN
    TECHNIQUE: ClassVar[str] = "T1557.004"
    CONSEQUENCE: ClassVar[Consequence] = "control"

    def start(self) -> TwinState:
        """Nothing said yet."""
        return TwinState(said=alternation(), turns=counted())


def in_turn(
    state: TwinState,
    air: Air,
    rows: NDArray[np.int64],
    key: NDArray[np.int64],
    value: NDArray[np.int64],
    *,
    least: int,
    within_s: float,
    words: Callable[[str, float], str],
    near: int = 0,
    apart: int = 1,
) -> list[Sight]:
    """Two that speak in turn.

    Args:
        state: What was said before; brought up to date.
        air: The chunk.
        rows: Frames of access points.
        key: Under which name each is.
        value: What it says.
        least: Changes back that are too many.
        within_s: Time in which they are.
        words: A sentence on an access point and the count of them.
        near: See :func:`~yawstring.watch.rules.alternation.returns`.
        apart: Likewise.
    """
    if not len(rows):
        return []
    turns = rows[returns(state.said, air.time_ns[rows], key, value, near=near, apart=apart)]
    network = air.whole("wlan.bssid")
    told = count(state.turns, air, turns, network[turns], within_s=within_s, least=least)
    return [
        Sight(
            row=row,
            value=times,
            limit=least,
            words=words(named(int(network[row])), times),
            watched=bool(air.roles.watched[row]),
            drone=address(int(network[row])),
        )
        for row, times in zip(told.row.tolist(), told.value.tolist(), strict=True)
    ]
