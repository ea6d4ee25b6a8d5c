"""Impossible physics: what the drone says of itself cannot all be true."""

import math
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals.craft_fields import BARO, BATTERY, HEIGHT, VX, VY, VZ
from yawstring.table.signals.inputs import NS_PER_S
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.craft import state_sight

_LONGEST_GAP_NS: Final = NS_PER_S // 2
_MOST_STATES: Final = 512
"""Kept at a time: more come only from somebody who makes them up."""

_TOLD_HEIGHT, _TOLD_BARO, _TOLD_BATTERY, _WAY, _KEPT = range(5)
NONE, SPEED, HEIGHT_BARO, HEIGHT_WAY, BARO_WAY, CHARGE = range(6)
"""What contradicts what."""

_PAIRS: Final = np.array([(_TOLD_HEIGHT, _TOLD_BARO), (_TOLD_HEIGHT, _WAY), (_TOLD_BARO, _WAY)])
_PARTED: Final = ("height and barometer", "height and vertical speed", "barometer and vertical speed")


class PhysicsState(NamedTuple):
    """States of the window.

    Attributes:
        time_ns: ``int64[state]``, a ring.
        kept: ``float64[state, 4]``: height, barometer, battery, way by vertical speed.
        place: ``int64[3]``: how many states there were, the first of the window, how many in a row were against reason.
    """

    time_ns: NDArray[np.int64]
    kept: NDArray[np.float64]
    place: NDArray[np.int64]


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
        return PhysicsState(np.zeros(_MOST_STATES, np.int64), np.zeros((_MOST_STATES, _KEPT)), np.zeros(3, np.int64))

    def step(self, state: PhysicsState, air: Air) -> tuple[PhysicsState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        states, limits = air.states, np.array([
            self.fastest_m_s, self.apart_m, self.battery_rise_pct, self.battery_fall_pct,
        ])  # fmt: skip
        what, value = np.empty(len(states.row), np.int64), np.empty(len(states.row))
        within_ns = round(self.within_s * NS_PER_S)
        _contradictions(state, states.time_ns, states.values, within_ns, limits, self.least_states, what, value)
        return state, [
            state_sight(air, one, abs(float(value[one])), *self._said(int(what[one]), float(value[one])))
            for one in np.flatnonzero(what != NONE).tolist()
        ]

    def _said(self, what: int, value: float) -> tuple[float, str]:
        """The limit, and a sentence."""
        if what == SPEED:
            return self.fastest_m_s, f"The drone says it flies at {value:.0f} m/s, which none of its size does."
        within = f"within {self.within_s:g} s"
        if what == CHARGE:
            limit = self.battery_rise_pct if value > 0 else self.battery_fall_pct
            return limit, f"The battery's charge changed by {value:+.0f} % {within}, which no battery's does."
        names = _PARTED[what - HEIGHT_BARO]
        return self.apart_m, f"The drone's {names} parted by {value:.1f} m {within}; one of them is not true."


@compiled
def _contradictions(
    state: PhysicsState,
    time_ns: NDArray[np.int64],
    values: NDArray[np.float64],
    within_ns: int,
    limits: NDArray[np.float64],
    least: int,
    what: NDArray[np.int64],
    value: NDArray[np.float64],
) -> None:
    count, first, against = state.place
    for one in range(len(time_ns)):
        now_ns, said = time_ns[one], values[one]
        last = (count - 1) % _MOST_STATES
        if count == first or now_ns - state.time_ns[last] > _LONGEST_GAP_NS:
            first, way = count, 0.0
        else:
            climb = 0.0 if math.isnan(said[VZ]) else -said[VZ]
            way = state.kept[last, _WAY] + climb * (now_ns - state.time_ns[last]) / NS_PER_S
        here = count % _MOST_STATES
        state.time_ns[here] = now_ns
        kept = state.kept[here]
        kept[_TOLD_HEIGHT], kept[_TOLD_BARO], kept[_TOLD_BATTERY] = said[HEIGHT], said[BARO], said[BATTERY]
        kept[_WAY] = way
        count += 1
        first = max(first, count - _MOST_STATES)
        while now_ns - state.time_ns[first % _MOST_STATES] > within_ns:
            first += 1
        what[one], value[one] = _contradiction(state.kept[first % _MOST_STATES], kept, said, limits)
        against = against + 1 if what[one] != NONE else 0
        if against < least:
            what[one] = NONE
    state.place[0], state.place[1], state.place[2] = count, first, against


@compiled_part
def _contradiction(
    then: NDArray[np.float64], now: NDArray[np.float64], said: NDArray[np.float64], limits: NDArray[np.float64]
) -> tuple[int, float]:
    """The first that there is, and how much."""
    speed = math.hypot(said[VX], said[VY])
    if speed > limits[0]:
        return SPEED, speed
    for pair in range(len(_PAIRS)):
        one, other = _PAIRS[pair]
        parted = abs((now[one] - then[one]) - (now[other] - then[other]))
        if parted > limits[1]:
            return HEIGHT_BARO + pair, parted
    change = now[_TOLD_BATTERY] - then[_TOLD_BATTERY]
    if change >= limits[2] or -change >= limits[3]:
        return CHARGE, change
    return NONE, 0.0
