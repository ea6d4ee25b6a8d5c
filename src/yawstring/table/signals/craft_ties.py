"""Ties of physics: sums, which fade, of what one quantity changed by and another does not account for.

Axes are those of the body (x forward, y right, z down) and of the take-off (x north or ahead, y to the right of it, z
down); nose up, right side down and clockwise are positive. Where two quantities are seen in frames that are turned
against each other by an angle nobody knows, as over a mission pad, only the lengths of their sums are compared.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals.craft_fields import (
    AX,
    AY,
    AZ,
    BARO,
    CLOCK,
    FIELDS,
    G_M_S2,
    HEIGHT,
    PAD,
    PAD_X,
    PAD_YAW,
    PAD_Z,
    PITCH,
    POS_X,
    ROLL,
    TOF,
    VX,
    VY,
    VZ,
    YAW,
)
from yawstring.schema.signals.craft_ties import LONG_S, SHORT_S, TIE_SIGNALS, TIES
from yawstring.schema.signals.signal import Signal
from yawstring.table.signals.craft_inputs import States
from yawstring.table.signals.craft_part import Part
from yawstring.table.signals.craft_parts import STALE_S, faded, seconds, turned
from yawstring.table.signals.group import Plan
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.roles import Roles

MOST_GAP_S: Final = 1.0
"""Between states further apart anything may have happened."""

LEAST_COSINE: Final = 0.3
"""Tilted further, a drone doesn't hold its height, and its thrust can't be told from its tilt."""

USUAL_AFTER: Final = 10.0
"""States that a root mean square takes; half of them before then."""

MOST_UNUSUAL: Final = 3.0
"""No residual counts for more, in running root mean squares, in what is usual: an attack must not become so."""

SCALARS: Final = 9
PADS, GRAVITY = 12, 13
COUNT: Final = len(TIES)

# Components: one for each scalar tie, then two for each that is a vector, and two more for the pads.
FORCE, TILT, PLACE, WAY, FLOWN, LEAN, COMPONENTS = 9, 11, 13, 15, 17, 19, 21
CLIMB: Final = 6
LEVELLED: Final = np.array([CLIMB, FORCE, FORCE + 1, TILT, TILT + 1])
"""Components whose usual rate is taken off: offsets of accelerometers, and wind."""

RATE, TIME = 0, 1
SQUARE, WEIGHT = 0, 1


class TieState(NamedTuple):
    """What is kept.

    Attributes:
        last_ns: ``int64[1]``, when the last state came.
        before: ``float64[field]``, its values.
        sums: ``float64[2, component]``, over the short and the long horizon.
        seen_ns: ``int64[component]``, when each was last known.
        levels: ``float64[component, 2]``: sum of changes, and of their time, over the long horizon.
        usual: ``float64[tie, 2]``: sum of squared residuals, and their weight.
        unusual: ``float64[tie]``, the last residual in what was usual before.
    """

    last_ns: NDArray[np.int64]
    before: NDArray[np.float64]
    sums: NDArray[np.float64]
    seen_ns: NDArray[np.int64]
    levels: NDArray[np.float64]
    usual: NDArray[np.float64]
    unusual: NDArray[np.float64]


class Ties(Part):
    """What belongs together."""

    signals: ClassVar[tuple[Signal, ...]] = TIE_SIGNALS

    def start(self) -> TieState:
        """No state yet."""
        return TieState(
            last_ns=np.full(1, MISSING, np.int64),
            before=np.full(len(FIELDS), np.nan),
            sums=np.zeros((2, COMPONENTS)),
            seen_ns=np.full(COMPONENTS, MISSING, np.int64),
            levels=np.zeros((COMPONENTS, 2)),
            usual=np.zeros((COUNT, 2)),
            unusual=np.full(COUNT, np.nan),
        )

    def step(
        self, kept: TieState, states: States, inputs: Inputs, roles: Roles, plan: Plan, out: NDArray[np.float32]
    ) -> None:
        """See :class:`~yawstring.table.signals.craft_part.Part`."""
        _ties(kept, states, plan.after, plan.time_ns, np.array([tie.floor for tie in TIES]), out)


@compiled
def _ties(
    kept: TieState,
    states: States,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    floors: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    one = 0
    changes = np.empty(COMPONENTS)
    for row in range(len(after) + 1):
        while one < len(states.row) and (row == len(after) or states.row[one] < after[row]):
            _take(kept, states.time_ns[one], states.values[one], changes, floors)
            one += 1
        if row < len(after):
            _give(kept, at_ns[row], out[row])


@compiled_part
def _take(
    kept: TieState,
    time_ns: int,
    values: NDArray[np.float64],
    changes: NDArray[np.float64],
    floors: NDArray[np.float64],
) -> None:
    gap_s = seconds(time_ns, kept.last_ns[0])
    kept.sums[0] *= faded(gap_s, SHORT_S)
    kept.sums[1] *= faded(gap_s, LONG_S)
    kept.levels[:] *= faded(gap_s, LONG_S)
    kept.usual[:] *= faded(gap_s, LONG_S)
    changes[:] = np.nan
    if kept.last_ns[0] != MISSING and gap_s <= MOST_GAP_S:
        _heights(kept.before, values, gap_s, changes)
        _places(kept.before, values, gap_s, changes)
        forces(kept.before, values, gap_s, changes)
        _level(kept.levels, changes, gap_s)
    for component in range(COMPONENTS):
        if not math.isnan(changes[component]):
            kept.sums[0, component] += changes[component]
            kept.sums[1, component] += changes[component]
            kept.seen_ns[component] = time_ns
    _judge(kept, changes, floors)
    kept.before[:] = values
    kept.last_ns[0] = time_ns


@compiled_part
def _heights(before: NDArray[np.float64], now: NDArray[np.float64], gap_s: float, changes: NDArray[np.float64]) -> None:
    climb = -0.5 * (before[VZ] + now[VZ]) * gap_s
    tof, baro = now[TOF] - before[TOF], now[BARO] - before[BARO]
    height = now[HEIGHT] - before[HEIGHT]
    changes[0], changes[1], changes[2] = tof - climb, baro - climb, height - climb
    changes[3], changes[4] = baro - tof, height - tof
    if before[PAD] == now[PAD]:
        changes[5] = now[PAD_Z] - before[PAD_Z] - tof
        changes[7] = turned((now[YAW] - before[YAW]) - (now[PAD_YAW] - before[PAD_YAW]))
    changes[8] = now[CLOCK] - before[CLOCK] - gap_s


@compiled_part
def _places(before: NDArray[np.float64], now: NDArray[np.float64], gap_s: float, changes: NDArray[np.float64]) -> None:
    for axis in range(2):
        flown = 0.5 * (before[VX + axis] + now[VX + axis]) * gap_s
        changes[PLACE + axis] = now[POS_X + axis] - before[POS_X + axis] - flown
        way = now[PAD_X + axis] - before[PAD_X + axis]
        if before[PAD] == now[PAD] and not math.isnan(way + flown):
            changes[WAY + axis], changes[FLOWN + axis] = way, flown


@compiled_part
def forces(before: NDArray[np.float64], now: NDArray[np.float64], gap_s: float, changes: NDArray[np.float64]) -> None:
    """Acceleration from forces and attitude, and from tilted thrust alone, against the change of velocity."""
    pitch, roll, yaw = math.radians(now[PITCH]), math.radians(now[ROLL]), math.radians(now[YAW])
    sin_p, cos_p, sin_r, cos_r = math.sin(pitch), math.cos(pitch), math.sin(roll), math.cos(roll)
    ahead = cos_p * now[AX] + sin_p * (sin_r * now[AY] + cos_r * now[AZ])
    aside = cos_r * now[AY] - sin_r * now[AZ]
    down = -sin_p * now[AX] + cos_p * (sin_r * now[AY] + cos_r * now[AZ]) + G_M_S2
    changes[CLIMB] = now[VZ] - before[VZ] - down * gap_s
    _turned_into(changes, FORCE, before, now, yaw, ahead * gap_s, aside * gap_s)
    upright = cos_p * cos_r
    if upright >= LEAST_COSINE:
        thrust = G_M_S2 / upright * gap_s
        _turned_into(changes, TILT, before, now, yaw, -thrust * sin_p * cos_r, thrust * sin_r)
    changes[LEAN] = (now[AX] - G_M_S2 * sin_p) * gap_s
    changes[LEAN + 1] = (now[AY] + G_M_S2 * sin_r * cos_p) * gap_s


@compiled_part
def _turned_into(
    changes: NDArray[np.float64],
    first: int,
    before: NDArray[np.float64],
    now: NDArray[np.float64],
    yaw: float,
    ahead: float,
    aside: float,
) -> None:
    """Change of horizontal velocity beyond one that is given ahead and to the right of the drone's nose."""
    cos_y, sin_y = math.cos(yaw), math.sin(yaw)
    changes[first] = now[VX] - before[VX] - (cos_y * ahead - sin_y * aside)
    changes[first + 1] = now[VY] - before[VY] - (sin_y * ahead + cos_y * aside)


@compiled_part
def _level(levels: NDArray[np.float64], changes: NDArray[np.float64], gap_s: float) -> None:
    """Take the usual rate off, which is that of the states before."""
    for component in LEVELLED:
        change = changes[component]
        if not math.isnan(change):
            if levels[component, TIME] > SHORT_S:
                changes[component] -= levels[component, RATE] / levels[component, TIME] * gap_s
            levels[component, RATE] += change
            levels[component, TIME] += gap_s


@compiled_part
def _judge(kept: TieState, changes: NDArray[np.float64], floors: NDArray[np.float64]) -> None:
    """Hold each residual against what was usual, and then count it in there."""
    for tie in range(COUNT):
        first = _component(tie)
        if math.isnan(changes[first]):
            continue
        residual = _residual(kept.sums[0], tie)
        weight = kept.usual[tie, WEIGHT]
        usual = max(math.sqrt(kept.usual[tie, SQUARE] / weight), floors[tie]) if weight > 0.0 else floors[tie]
        if weight >= USUAL_AFTER:
            kept.unusual[tie] = residual / usual
            residual = min(residual, MOST_UNUSUAL * usual)
        kept.usual[tie, SQUARE] += residual * residual
        kept.usual[tie, WEIGHT] += 1.0


@compiled_part
def _component(tie: int) -> int:
    return tie if tie < SCALARS else (LEAN if tie == GRAVITY else SCALARS + 2 * (tie - SCALARS))


@compiled_part
def _residual(sums: NDArray[np.float64], tie: int) -> float:
    first = _component(tie)
    if tie < SCALARS:
        scalar: float = abs(sums[first])
        return scalar
    length: float = math.hypot(sums[first], sums[first + 1])
    return abs(length - math.hypot(sums[FLOWN], sums[FLOWN + 1])) if tie == PADS else length


@compiled_part
def _give(kept: TieState, now_ns: int, out: NDArray[np.float32]) -> None:
    out[:] = np.nan
    since_s = seconds(now_ns, kept.last_ns[0])
    for tie in range(COUNT):
        seen_ns = kept.seen_ns[_component(tie)]
        if seen_ns == MISSING or seconds(now_ns, seen_ns) > STALE_S:
            continue
        for horizon in range(2):
            horizon_s = SHORT_S if horizon == 0 else LONG_S
            residual = _residual(kept.sums[horizon], tie) * faded(since_s, horizon_s)
            # The sum of forces times time, over the horizon, is their mean.
            out[3 * tie + horizon] = residual / horizon_s if tie == GRAVITY else residual
        out[3 * tie + 2] = kept.unusual[tie]
