"""Telemetry jump: a quantity is elsewhere from one state to the next, and stays there or comes and goes."""

import math
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.schema.signals.craft_fields import BARO, BATTERY, HEIGHT, PITCH, ROLL, TOF, VX, VY
from yawstring.table.signals.inputs import MISSING, NS_PER_S
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.craft import state_sight
from yawstring.watch.rules.tally import Tally, tallied, tally

NAMES: Final = ("height", "barometer", "distance to the ground", "speed", "attitude", "battery")
_UNITS: Final = ("m", "m", "m", "m/s", "degrees", "%")
_PLACES: Final = np.array([(HEIGHT, HEIGHT), (BARO, BARO), (TOF, TOF), (VX, VY), (PITCH, ROLL), (BATTERY, BATTERY)])
_ALONE: Final = np.array([True, True, True, False, False, True])
_LONGEST_GAP_NS: Final = NS_PER_S
_STAYS: Final = 2
"""States that a quantity must stay away for a jump to be none of a sensor's glitches."""

_SLOTS: Final = 16


class JumpState(NamedTuple):
    """What each quantity said.

    Attributes:
        usual: ``float64[quantity, 2]``, its values, or those before it jumped.
        at_ns: ``int64[quantity]``, when that was; missing before the first.
        away: ``int64[quantity]``, in how many states it has stayed away; 0: it has not jumped.
        marks: How often each jumped, stayed away or came back.
    """

    usual: NDArray[np.float64]
    at_ns: NDArray[np.int64]
    away: NDArray[np.int64]
    marks: Tally


@dataclass(frozen=True, kw_only=True)
class TelemetryJump(Rule):
    """Steps larger than an aircraft can make in the time, beyond what its sensors are off by.

    One state that is off is a glitch. What jumps and stays, or comes and goes, is not.

    Attributes:
        height_slack_m: How far height or barometer may be off.
        ground_slack_m: How far the distance to the ground may be off: the ground has furniture on it.
        climb_m_s: Fastest climb.
        speed_slack_m_s: How far a speed may be off.
        thrust_m_s2: Greatest acceleration.
        tilt_slack_deg: How far attitude may be off.
        turn_deg: Greatest change of attitude in a second.
        battery_slack_pct: How far the battery's charge may be off, in a second or less.
        least_states: States that jump, stay away or come back, that make a finding.
        within_s: Time in which they do.
    """

    NAME: ClassVar[str] = "telemetry_jump"
    KIND: ClassVar[str] = NAME
    TECHNIQUE: ClassVar[str] = "T1692.002"
    CONSEQUENCE: ClassVar[Consequence] = "safety"
    ABOUT: ClassVar[str] = (
        "What the drone says of itself jumps as no aircraft can: somebody alters its states, or sends others beside."
    )
    COUNTS: ClassVar[str] = "states in the window that jump, stay away or come back"
    REFERENCES: ClassVar[tuple[str, ...]] = (
        "Tello SDK 2.0 User Guide, state datagram",
        "A. Hassler, U. Mughal and M. Ismail, Cyber-physical intrusion detection system for unmanned aerial vehicles, "
        "IEEE T-ITS 2024",
    )
    NEEDS: ClassVar[tuple[str, ...]] = ("height_m", "telemetry_age_s")

    height_slack_m: float
    ground_slack_m: float
    climb_m_s: float
    speed_slack_m_s: float
    thrust_m_s2: float
    tilt_slack_deg: float
    turn_deg: float
    battery_slack_pct: float
    least_states: int
    within_s: float

    def start(self) -> JumpState:
        """Nothing said yet."""
        count = len(NAMES)
        return JumpState(np.zeros((count, 2)), np.full(count, MISSING), np.zeros(count, np.int64), tally(_SLOTS))

    def step(self, state: JumpState, air: Air) -> tuple[JumpState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        states = air.states
        room = len(states.row) * len(NAMES)
        one, quantity, size = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
        found = _jumps(state, states.time_ns, states.values, *self._limits(), one, quantity, size)
        one, quantity = one[:found], quantity[:found]
        told = tallied(
            state.marks, states.time_ns[one], quantity, np.ones(found), within_s=self.within_s, least=self.least_states
        )
        return state, [
            state_sight(air, int(one[mark]), value, self.least_states, self._words(int(quantity[mark]), size[mark]))
            for mark, value in zip(told.row.tolist(), told.value.tolist(), strict=True)
        ]

    def _words(self, quantity: int, size: float) -> str:
        return f"The drone's {NAMES[quantity]} jumped by {size:.1f} {_UNITS[quantity]} from state to state: none can."

    def _limits(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """``float64[quantity]`` twice: how far each may be off, and how fast it may change."""
        slack = [self.height_slack_m] * 2 + [self.ground_slack_m, self.speed_slack_m_s, self.tilt_slack_deg]
        rate = [self.climb_m_s] * 3 + [self.thrust_m_s2, self.turn_deg, 0.0]
        return np.array([*slack, self.battery_slack_pct]), np.array(rate)


@compiled
def _jumps(
    state: JumpState,
    time_ns: NDArray[np.int64],
    values: NDArray[np.float64],
    slack: NDArray[np.float64],
    rate: NDArray[np.float64],
    one: NDArray[np.int64],
    quantity: NDArray[np.int64],
    size: NDArray[np.float64],
) -> int:
    """Marks, in order: the state, the quantity, and by how much it is away."""
    found = 0
    for number in range(len(time_ns)):
        for which in range(len(slack)):
            first, second = values[number, _PLACES[which, 0]], values[number, _PLACES[which, 1]]
            if math.isnan(first) or math.isnan(second):
                continue
            usual, gap_ns = state.usual[which], time_ns[number] - state.at_ns[which]
            away = 0.0
            lost = state.at_ns[which] == MISSING or gap_ns > _LONGEST_GAP_NS
            if not lost:
                away = abs(first - usual[0]) if _ALONE[which] else math.hypot(first - usual[0], second - usual[1])
            jumped = not lost and away > slack[which] + rate[which] * gap_ns / NS_PER_S
            if jumped or (not lost and state.away[which]):
                one[found], quantity[found], size[found] = number, which, away
                found += 1
            if jumped and state.away[which] < _STAYS:
                state.away[which] += 1
            else:
                state.away[which], state.at_ns[which] = 0, time_ns[number]
                usual[0], usual[1] = first, second
    return found
