"""Telemetry jump: a quantity is elsewhere from one state to the next, and stays there or comes and goes."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from yawstring.schema.signals.craft_fields import BARO, BATTERY, HEIGHT, PITCH, ROLL, TOF, VX, VY
from yawstring.table.signals.inputs import NS_PER_S
from yawstring.watch.rules.air import Air
from yawstring.watch.rules.base import Consequence, Rule, Sight
from yawstring.watch.rules.craft import State, due, state_sight, states_of

_JUMPERS: Final = (
    ("height", (HEIGHT,)), ("barometer", (BARO,)), ("distance to the ground", (TOF,)), ("speed", (VX, VY)),
    ("attitude", (PITCH, ROLL)), ("battery", (BATTERY,)),
)  # fmt: skip
_UNITS: Final = ("m", "m", "m", "m/s", "degrees", "%")
_LONGEST_GAP_NS: Final = NS_PER_S
_STAYS: Final = 2
"""States that a quantity must stay away for a jump to be none of a sensor's glitches."""

Values = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Jumper:
    """One quantity.

    Attributes:
        usual: Its value, or that before it jumped.
        at_ns: When that was.
        away: In how many states it has stayed away; 0: it has not jumped.
        marks_ns: When it jumped, stayed away or came back, of late.
        size: By how much it jumped last.
    """

    usual: Values | None = None
    at_ns: int = 0
    away: int = 0
    marks_ns: tuple[int, ...] = ()
    size: float = 0.0


@dataclass(frozen=True, kw_only=True)
class JumpState:
    """Every quantity, and when it was last told."""

    jumpers: tuple[Jumper, ...] = (Jumper(),) * len(_JUMPERS)
    told_ns: int | None = None


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
        return JumpState()

    def step(self, state: JumpState, air: Air) -> tuple[JumpState, list[Sight]]:
        """See :class:`~yawstring.watch.rules.base.Rule`."""
        seen = []
        for one in states_of(air):
            state = replace(state, jumpers=tuple(self._moved(*pair, one) for pair in enumerate(state.jumpers)))
            marks = [len(jumper.marks_ns) for jumper in state.jumpers]
            most = max(marks)
            fresh = any(jumper.marks_ns[-1:] == (one.time_ns,) for jumper in state.jumpers)
            if most >= self.least_states and fresh and due(state.told_ns, one.time_ns):
                seen.append(state_sight(air, one, most, self.least_states, self._words(state, marks.index(most))))
                state = replace(state, told_ns=one.time_ns)
        return state, seen

    def _words(self, state: JumpState, quantity: int) -> str:
        size, unit, name = state.jumpers[quantity].size, _UNITS[quantity], _JUMPERS[quantity][0]
        return f"The drone's {name} jumped by {size:.1f} {unit} from one state to the next; no aircraft does that."

    def _limit(self, quantity: int, gap_s: float) -> float:
        slack, rate = (
            (self.height_slack_m, self.climb_m_s),
            (self.height_slack_m, self.climb_m_s),
            (self.ground_slack_m, self.climb_m_s),
            (self.speed_slack_m_s, self.thrust_m_s2),
            (self.tilt_slack_deg, self.turn_deg),
            (self.battery_slack_pct, 0.0),
        )[quantity]
        return slack + rate * gap_s

    def _moved(self, quantity: int, jumper: Jumper, one: State) -> Jumper:
        """One quantity at one state."""
        now: Values = tuple(one.values[place] for place in _JUMPERS[quantity][1])
        if any(map(math.isnan, now)):
            return jumper
        gap_ns = one.time_ns - jumper.at_ns
        if jumper.usual is None or gap_ns > _LONGEST_GAP_NS:
            return Jumper(usual=now, at_ns=one.time_ns)
        marks = tuple(at for at in jumper.marks_ns if one.time_ns - at <= self.within_s * NS_PER_S)
        size = math.dist(now, jumper.usual)
        away = size > self._limit(quantity, gap_ns / NS_PER_S)
        if not away:
            marks += (one.time_ns,) if jumper.away else ()
            return replace(jumper, usual=now, at_ns=one.time_ns, away=0, marks_ns=marks[-64:])
        marks = (*marks, one.time_ns)[-64:]
        if jumper.away >= _STAYS:
            return replace(jumper, usual=now, at_ns=one.time_ns, away=0, marks_ns=marks, size=size)
        return replace(jumper, away=jumper.away + 1, marks_ns=marks, size=size)
