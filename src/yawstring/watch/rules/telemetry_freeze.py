"""Telemetry freeze: states still come, and say the same."""

from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.schema.signals.craft_fields import AX, AY, AZ, BARO, PITCH, ROLL, YAW
from yawstring.table.signals.inputs import MISSING, NS_PER_S
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.craft import airborne, state_sight

STIRRING: Final = np.array([(BARO, BARO, BARO), (AX, AY, AZ), (PITCH, ROLL, YAW)])
"""What never rests in the air: the barometer, the forces, and, less surely, attitude, in whole degrees."""

NAMES: Final = ("the barometer", "the forces", "attitude")
_LONGEST_GAP_NS: Final = NS_PER_S
"""After a longer pause between states nobody knows what was in between."""


class FreezeState(NamedTuple):
    """What each quantity last said.

    Attributes:
        said: ``float64[quantity, 3]``, its values.
        since_ns: ``int64[quantity]``, since when.
        times: ``int64[quantity]``, in how many states.
        last_ns: ``int64[1]``, when the last state came.
    """

    said: NDArray[np.float64]
    since_ns: NDArray[np.int64]
    times: NDArray[np.int64]
    last_ns: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class TelemetryFreeze(Rule):
    """A quantity that always stirs in flight, and does not.

    Attributes:
        least_states: States that say the same.
        sensor_s: Time in which barometer or forces have not stirred.
        attitude_s: Time in which pitch, roll and yaw have not.
    """

    NAME: ClassVar[str] = "telemetry_freeze"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1692.002"
    CONSEQUENCE: ClassVar[Consequence] = "safety"
    ABOUT: ClassVar[str] = (
        "What the drone says of itself stands still while it flies: somebody shows its pilot what was, not what is."
    )
    COUNTS: ClassVar[str] = "seconds without a change"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "Tello SDK 2.0 User Guide, state datagram",
        "Y. Mo and B. Sinopoli, Secure control against replay attacks, Allerton 2009",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("baro_m", "telemetry_age_s")

    least_states: int
    sensor_s: float
    attitude_s: float

    def start(self) -> FreezeState:
        """Nothing said yet."""
        count = len(STIRRING)
        return FreezeState(
            said=np.full(STIRRING.shape, np.nan),
            since_ns=np.zeros(count, np.int64),
            times=np.zeros(count, np.int64),
            last_ns=np.full(1, MISSING),
        )

    def step(self, state: FreezeState, air: Air) -> tuple[FreezeState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        states, limits_s = air.states, np.array([self.sensor_s, self.sensor_s, self.attitude_s])
        quantity, held_s = np.empty(len(states.row), np.int64), np.empty(len(states.row))
        _frozen(state, states.time_ns, states.values, self.least_states, limits_s, quantity, held_s)
        return state, [
            state_sight(air, one, held, float(limits_s[which]), self._words(which, held, float(limits_s[which])))
            for one, (which, held) in enumerate(zip(quantity.tolist(), held_s.tolist(), strict=True))
            if which >= 0
        ]

    def _words(self, quantity: int, held_s: float, limit_s: float) -> str:
        return f"The drone flies, and {NAMES[quantity]} did not change for {held_s:.1f} s; {limit_s:g} s are too long."


@compiled
def _frozen(
    state: FreezeState,
    time_ns: NDArray[np.int64],
    values: NDArray[np.float64],
    least: int,
    limits_s: NDArray[np.float64],
    quantity: NDArray[np.int64],
    held_s: NDArray[np.float64],
) -> None:
    """Of each state: the first quantity that is frozen, -1 for none, and for how long it has been."""
    for one in range(len(time_ns)):
        now_ns, quantity[one] = time_ns[one], -1
        flies = airborne(values[one])
        anew = not flies or state.last_ns[0] == MISSING or now_ns - state.last_ns[0] > _LONGEST_GAP_NS
        state.last_ns[0] = now_ns
        for which in range(len(STIRRING)):
            same = not anew
            for place in range(STIRRING.shape[1]):
                value = values[one, STIRRING[which, place]]
                same = same and value == state.said[which, place]  # NaN is like nothing, itself included
                state.said[which, place] = value
            if not same:
                state.since_ns[which], state.times[which] = now_ns, 0
            state.times[which] += 1
            held = (now_ns - state.since_ns[which]) / NS_PER_S
            if flies and quantity[one] < 0 and state.times[which] >= least and held >= limits_s[which]:
                quantity[one], held_s[one] = which, held
