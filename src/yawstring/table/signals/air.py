"""Signals of the air as a whole: how much is said, whoever says it."""

import math
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.schema.signals import Signal
from yawstring.schema.signals.air import AIR_SIGNALS, HORIZONS_S
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import NS_PER_S, Inputs
from yawstring.table.signals.roles import Roles

HORIZONS_NS = np.array(HORIZONS_S) * NS_PER_S


class AirState(NamedTuple):
    """Counts that fade.

    Attributes:
        counts: ``float64[horizon]``, frames, each weighing ``exp(-age / horizon)``.
        last_ns: ``int64[1]``, when they were last brought up to date.
    """

    counts: NDArray[np.float64]
    last_ns: NDArray[np.int64]


class Air(Group):
    """How much is said."""

    signals: ClassVar[tuple[Signal, ...]] = AIR_SIGNALS

    def start(self, options: SignalOptions) -> AirState:
        """No frame yet."""
        return AirState(np.zeros(len(HORIZONS_S)), np.zeros(1, np.int64))

    def step(self, state: AirState, inputs: Inputs, roles: Roles, plan: Plan) -> tuple[AirState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        _air(state, inputs.time_ns, plan.after, plan.time_ns, HORIZONS_NS, out)
        return state, out


@compiled
def _air(
    state: AirState,
    time_ns: NDArray[np.int64],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    horizons_ns: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            for one in range(len(horizons_ns)):
                # What is given out is worked out from the state, which stays as it is: rows must not sway later ones.
                faded = state.counts[one] * math.exp(-(at_ns[row] - state.last_ns[0]) / horizons_ns[one])
                out[row, one] = faded * 1e9 / horizons_ns[one]
            row += 1
        if frame < len(time_ns):
            for one in range(len(horizons_ns)):
                state.counts[one] *= math.exp(-(time_ns[frame] - state.last_ns[0]) / horizons_ns[one])
                state.counts[one] += 1.0
            state.last_ns[0] = time_ns[frame]
