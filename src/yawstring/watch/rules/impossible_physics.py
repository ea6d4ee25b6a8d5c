"""Impossible physics: what the drone says of itself cannot all be true."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from yawstring.schema.signals.craft_fields import BARO, BATTERY, HEIGHT, VX, VY, VZ
from yawstring.table.signals.inputs import NS_PER_S
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.craft import State, due, state_sight, states_of

_LONGEST_GAP_NS: Final = NS_PER_S // 2
_MOST_STATES: Final = 512
"""Kept at a time: more come only from somebody who makes them up."""

_PAIRS: Final = (
    (0, 1, "height and barometer"),
    (0, 3, "height and vertical speed"),
    (1, 3, "barometer and vertical speed"),
)


@dataclass(frozen=True, kw_only=True)
class PhysicsState:
    """States of the window: time, height, barometer, battery, way by vertical speed; when it was last told."""

    kept: tuple[tuple[int, float, float, float, float], ...] = ()
    against: int = 0
    told_ns: int | None = None


@dataclass(frozen=True, kw_only=True)
class ImpossiblePhysics(Rule):
    """Height, barometer and vertical speed that part, a speed beyond any, a battery that fills or empties at once.

    Attributes:
        within_s: Time over which changes are compared.
        apart_m: How far two changes of height may part in it.
        fastest_m_s: Speed over ground that no small drone reaches.
        battery_rise_pct: Rise of the battery's charge in flight that is too much.
        battery_fall_pct: Fall within the time that is too much.
        least_states: States in a row against all reason.
    """

    NAME: ClassVar[str] = "impossible_physics"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1692.002"
    CONSEQUENCE: ClassVar[Consequence] = "safety"
    ABOUT: ClassVar[str] = (
        "What the drone says of itself contradicts itself: at least one of its quantities is not what it measured."
    )
    COUNTS: ClassVar[str] = "the contradiction, in the unit of what parts"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "Kinematics: a height changes by vertical speed times time",
        "Y. Liu, P. Ning and M. Reiter, False data injection attacks against state estimation, CCS 2009",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("height_m", "baro_m", "velocity_z_m_s", "telemetry_age_s")

    within_s: float
    apart_m: float
    fastest_m_s: float
    battery_rise_pct: float
    battery_fall_pct: float
    least_states: int

    def start(self) -> PhysicsState:
        """Nothing said yet."""
        return PhysicsState()

    def step(self, state: PhysicsState, air: Air) -> tuple[PhysicsState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        seen = []
        for one in states_of(air):
            state = self._heard(state, one)
            found = self._contradiction(state, one)
            state = replace(state, against=state.against + 1 if found else 0)
            if found and state.against >= self.least_states and due(state.told_ns, one.time_ns):
                value, limit, words = found
                seen.append(state_sight(air, one, value, limit, words))
                state = replace(state, told_ns=one.time_ns)
        return state, seen

    def _heard(self, state: PhysicsState, one: State) -> PhysicsState:
        """Keep a state; after a pause, the window begins anew."""
        values, kept = one.values, state.kept
        if kept and one.time_ns - kept[-1][0] > _LONGEST_GAP_NS:
            kept = ()
        way = 0.0
        if kept:
            gap_s = (one.time_ns - kept[-1][0]) / NS_PER_S
            way = kept[-1][4] - (values[VZ] if not math.isnan(values[VZ]) else 0.0) * gap_s
        first = 0
        while first < len(kept) and one.time_ns - kept[first][0] > self.within_s * NS_PER_S:
            first += 1
        kept = (*kept[first:], (one.time_ns, values[HEIGHT], values[BARO], values[BATTERY], way))[-_MOST_STATES:]
        return replace(state, kept=kept)

    def _contradiction(self, state: PhysicsState, one: State) -> tuple[float, float, str] | None:
        """The first that there is: how much, how much may be, and in words."""
        speed = math.hypot(one.values[VX], one.values[VY])
        if speed > self.fastest_m_s:
            return speed, self.fastest_m_s, f"The drone says it flies at {speed:.0f} m/s, which none of its size does."
        then, now = state.kept[0], state.kept[-1]
        over_s = (now[0] - then[0]) / NS_PER_S
        for one_place, other, names in _PAIRS:
            parted = abs((now[one_place + 1] - then[one_place + 1]) - (now[other + 1] - then[other + 1]))
            if parted > self.apart_m:
                words = f"The drone's {names} parted by {parted:.1f} m within {over_s:.1f} s; one of them is not true."
                return parted, self.apart_m, words
        change = now[3] - then[3]
        if change >= self.battery_rise_pct or -change >= self.battery_fall_pct:
            limit = self.battery_rise_pct if change > 0 else self.battery_fall_pct
            words = f"The battery's charge changed by {change:+.0f} % within {over_s:.1f} s, which no battery's does."
            return abs(change), limit, words
        return None
