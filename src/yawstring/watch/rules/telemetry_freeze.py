"""Telemetry freeze: states still come, and say the same."""

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from yawstring.schema.signals.craft_fields import AX, AY, AZ, BARO, PITCH, ROLL, YAW
from yawstring.table.signals.inputs import NS_PER_S
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.craft import State, airborne, due, state_sight, states_of

STIRRING: Final = ((BARO,), (AX, AY, AZ), (PITCH, ROLL, YAW))
"""What never rests in the air: the barometer, the forces, and, less surely, attitude, in whole degrees."""

NAMES: Final = ("the barometer", "the forces", "attitude")
_ATTITUDE: Final = 2
_LONGEST_GAP_NS: Final = NS_PER_S
"""After a longer pause between states nobody knows what was in between."""


@dataclass(frozen=True, kw_only=True)
class FreezeState:
    """What each quantity last said, since when and in how many states, and when it was last told."""

    said: tuple[tuple[float, ...] | None, ...] = (None,) * len(STIRRING)
    since_ns: tuple[int, ...] = (0,) * len(STIRRING)
    times: tuple[int, ...] = (0,) * len(STIRRING)
    last_ns: int | None = None
    told_ns: int | None = None


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
        return FreezeState()

    def step(self, state: FreezeState, air: Air) -> tuple[FreezeState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        seen = []
        for one in states_of(air):
            state = _heard(state, one)
            frozen = self._frozen(state, one)
            if frozen is not None and due(state.told_ns, one.time_ns):
                held_s, limit_s, name = frozen
                words = f"The drone flies, and {name} has not changed for {held_s:.1f} s; {limit_s:g} s are too long."
                seen.append(state_sight(air, one, held_s, limit_s, words))
                state = replace(state, told_ns=one.time_ns)
        return state, seen

    def _frozen(self, state: FreezeState, one: State) -> tuple[float, float, str] | None:
        """How long the first quantity that is frozen has been, how long it may be, and its name."""
        if not airborne(one.values):
            return None
        for quantity, name in enumerate(NAMES):
            limit_s = self.attitude_s if quantity == _ATTITUDE else self.sensor_s
            held_s = (one.time_ns - state.since_ns[quantity]) / NS_PER_S
            if state.times[quantity] >= self.least_states and held_s >= limit_s:
                return held_s, limit_s, name
        return None


def _heard(state: FreezeState, one: State) -> FreezeState:
    """A state: what does it say again?"""
    anew = state.last_ns is None or one.time_ns - state.last_ns > _LONGEST_GAP_NS or not airborne(one.values)
    said, since, times = [], [], []
    for quantity, places in enumerate(STIRRING):
        now = tuple(one.values[place] for place in places)
        same = not anew and now == state.said[quantity]  # NaN is like nothing, itself included
        said.append(now)
        since.append(state.since_ns[quantity] if same else one.time_ns)
        times.append(state.times[quantity] + 1 if same else 1)
    return replace(state, said=tuple(said), since_ns=tuple(since), times=tuple(times), last_ns=one.time_ns)
