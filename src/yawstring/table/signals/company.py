"""Signals of who else speaks to the drone: a drone has one controller, and a station that joins them is news.

It may come to replay, to send commands of its own, or to be let in as the controller: all three make one more
transmitter that speaks to the drone under an address of its own.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.traffic import COMPANY_HORIZONS_S, COMPANY_SIGNALS
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import MISSING, NS_PER_S, Inputs
from yawstring.table.signals.lanes import DATA_TYPE, NULL_BIT, QOS_BIT, good
from yawstring.table.signals.layout import Fractions, columns_of, fractions_of
from yawstring.table.signals.role_names import DRONE, OTHER
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.slots import place
from yawstring.table.signals.tallies import RATE, Tallies, add, advance, fractions, tallies

STATIONS: Final = 64
"""Transmitters kept, so that counting them takes no longer in a crowd."""

NS_PER_MS: Final = 1e6
LONGEST_NS: Final = 60_000_000_000
"""A silence that is longer says no more."""

OF_NOBODY, OF_CONTROLLER, OF_OTHERS = range(3)
"""Whose frame it is, of those sent to the drone."""

FRAMES, OTHERS, QOS, NULLS, COUNTS = range(5)
"""What is counted."""

MEASURES: Final = {
    "frames": (OTHERS, RATE),
    "share": (OTHERS, FRAMES),
    "qos": (QOS, RATE),
    "qos_share": (QOS, FRAMES),
    "nulls": (NULLS, OTHERS),
}


class CompanyState(NamedTuple):
    """Who speaks to the drone.

    Attributes:
        stations: ``int64[slot]``, transmitters.
        heard_ns: ``int64[slot]``, when each last spoke to it.
        others_ns: ``int64[1]``, when one that isn't the controller last did, MISSING before the first.
        fading: ``[count, horizon]``.
        windows_ns: ``int64[horizon]``, how far back stations are counted.
        layout: Where the fractions go.
        alone: ``int64[2]``, where the number of stations and the silence of others go.
    """

    stations: NDArray[np.int64]
    heard_ns: NDArray[np.int64]
    others_ns: NDArray[np.int64]
    fading: Tallies
    windows_ns: NDArray[np.int64]
    layout: Fractions
    alone: NDArray[np.int64]


class Company(Group):
    """Who else speaks to the drone."""

    signals: ClassVar[tuple[Signal, ...]] = COMPANY_SIGNALS

    def start(self, options: SignalOptions) -> CompanyState:
        """Nobody heard yet."""
        return CompanyState(
            stations=np.full(STATIONS, MISSING),
            heard_ns=np.zeros(STATIONS, np.int64),
            others_ns=np.full(1, MISSING),
            fading=tallies(COUNTS, COMPANY_HORIZONS_S),
            windows_ns=np.array(COMPANY_HORIZONS_S, np.int64) * NS_PER_S,
            layout=fractions_of(self.signals, "company", ("others",), COUNTS, MEASURES),
            alone=columns_of(self.signals, ["company_stations", "company_others_silence"]),
        )

    def step(
        self, state: CompanyState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[CompanyState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        sender, of = inputs.whole("wlan.ta"), np.full(len(inputs), OF_NOBODY, np.int8)
        to_drone = good(inputs) & (roles.receiver == DRONE) & (roles.sender != DRONE) & (sender != MISSING)
        of[to_drone] = OF_CONTROLLER
        of[to_drone & (roles.sender == OTHER)] = OF_OTHERS
        bits = np.where(inputs.whole("wlan.fc.type") == DATA_TYPE, inputs.whole("wlan.fc.subtype"), 0)
        _company(state, inputs.time_ns, of, sender, bits, plan.after, plan.time_ns, out)
        return state, out


@compiled
def _company(  # columns, plan, and where to
    state: CompanyState,
    time_ns: NDArray[np.int64],
    of: NDArray[np.int8],
    sender: NDArray[np.int64],
    bits: NDArray[np.int64],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            _give(state, at_ns[row], out[row])
            row += 1
        if frame < len(time_ns) and of[frame] != OF_NOBODY:
            _hear(state, of[frame] == OF_OTHERS, sender[frame], bits[frame], time_ns[frame])


@compiled_part
def _hear(state: CompanyState, other: bool, sender: int, bits: int, now_ns: int) -> None:
    place(state.stations, state.heard_ns, sender, now_ns)
    advance(state.fading, now_ns)
    add(state.fading, FRAMES, 1.0)
    if other:
        add(state.fading, OTHERS, 1.0)
        state.others_ns[0] = now_ns
        if bits & QOS_BIT:
            add(state.fading, QOS, 1.0)
        if bits & NULL_BIT:
            add(state.fading, NULLS, 1.0)


@compiled_part
def _give(state: CompanyState, at_ns: int, row: NDArray[np.float32]) -> None:
    stations, silence = state.alone
    for horizon in range(len(state.windows_ns)):
        row[stations + horizon] = 0.0
        for slot in range(STATIONS):
            if state.stations[slot] != MISSING and at_ns - state.heard_ns[slot] <= state.windows_ns[horizon]:
                row[stations + horizon] += 1.0
    # The longest, too, where none ever did: that one of them spoke long ago is no news.
    silent_ns = LONGEST_NS if state.others_ns[0] == MISSING else min(at_ns - state.others_ns[0], LONGEST_NS)
    row[silence] = math.log2(1.0 + silent_ns / NS_PER_MS)
