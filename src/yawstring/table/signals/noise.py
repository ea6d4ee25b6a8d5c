"""The signal of noise: how far it has risen at the receiver, where the radio reports it.

A jammer raises the noise between frames; how much noise there usually is names a receiver and a channel (W. Xu,
W. Trappe, Y. Zhang and T. Wood, "The feasibility of launching and detecting jamming attacks in wireless networks",
MobiHoc 2005).
"""

from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import HORIZONS_S
from yawstring.schema.signals.radio import NOISE_SIGNALS
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.tallies import Tallies, add, advance, left, quotient, tallies

FRAMES, SUM, COUNTS = range(3)
"""What is counted."""

SHORT, LONG = range(len(HORIZONS_S))


class NoiseState(NamedTuple):
    """Noise of late.

    Attributes:
        fading: ``[count, horizon]``.
    """

    fading: Tallies


class Noise(Group):
    """How far the noise has risen."""

    signals: ClassVar[tuple[Signal, ...]] = NOISE_SIGNALS

    def start(self, options: SignalOptions) -> NoiseState:
        """Nothing heard yet."""
        return NoiseState(tallies(COUNTS, HORIZONS_S))

    def step(
        self, state: NoiseState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[NoiseState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        _noise(state.fading, inputs.time_ns, inputs.number("wlan_radio.noise_dbm"), plan.after, plan.time_ns, out)
        return state, out


@compiled
def _noise(
    fading: Tallies,
    time_ns: NDArray[np.int64],
    noise: NDArray[np.float64],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            out[row, 0] = _mean(fading, SHORT, at_ns[row]) - _mean(fading, LONG, at_ns[row])
            row += 1
        if frame < len(time_ns) and np.isfinite(noise[frame]):
            advance(fading, time_ns[frame])
            add(fading, FRAMES, 1.0)
            add(fading, SUM, noise[frame])


@compiled_part
def _mean(fading: Tallies, horizon: int, at_ns: int) -> float:
    return quotient(left(fading, SUM, horizon, at_ns), left(fading, FRAMES, horizon, at_ns))
