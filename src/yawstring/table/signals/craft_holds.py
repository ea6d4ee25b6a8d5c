"""Freezes: how long each quantity has stayed as it is, beside how long it used to.

A hovering drone's height may stay for seconds, in steps of 10 cm; its barometer, which stirs by centimetres, never
does. So each time is held against the running mean of those before.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals.craft_fields import FIELDS, HEIGHT, TOF
from yawstring.schema.signals.craft_holds import HELD, HOLD_SIGNALS, HORIZONS_S, MOST_HOLD_S
from yawstring.schema.signals.signal import Signal
from yawstring.table.signals.craft_inputs import States
from yawstring.table.signals.craft_part import Part
from yawstring.table.signals.craft_parts import STALE_S, faded, seconds
from yawstring.table.signals.group import Plan
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.roles import Roles

COUNT: Final = len(HELD)
BATTERY_PLACE: Final = COUNT - 1
"""Of the battery, which stays for long by nature: no part of what makes two states the same."""

OWNER: Final = np.array(
    [next((n for n, held in enumerate(HELD) if place in held.fields), -1) for place in range(len(FIELDS))]
)
"""``int[field]``, which of :data:`HELD` it belongs to; -1: none."""

SHARE: Final = 1.0 / 16.0
"""Of a new time in the running mean."""

FROZEN_TIMES, FROZEN_S = 8.0, 0.8
"""A quantity is frozen when it has stayed for so many running means, and no shorter than that."""

LEAST_USUAL_S: Final = 0.02

STIRS_ON_THE_GROUND: Final = np.array([held.name in ("baro", "force", "battery") for held in HELD])
"""Quantities that a drone with its motors off does not hold for certain."""

GROUND_TOF_M: Final = 0.12
"""A Tello's range finder says 0.1 m of anything nearer."""


class HoldState(NamedTuple):
    """What is kept.

    Attributes:
        last_ns: ``int64[1]``, when the last state came.
        before: ``float64[field]``, the last value of each.
        changed_ns: ``int64[held]``, when each changed last, was first known, or stood on the ground.
        seen_ns: ``int64[held]``, when each was last known.
        usual_s: ``float64[held]``, running mean of times without a change; NaN before the second change.
        same: ``float64[horizon, 2]``: states that say what the one before said, and states; fading.
    """

    last_ns: NDArray[np.int64]
    before: NDArray[np.float64]
    changed_ns: NDArray[np.int64]
    seen_ns: NDArray[np.int64]
    usual_s: NDArray[np.float64]
    same: NDArray[np.float64]


class Holds(Part):
    """What has frozen."""

    signals: ClassVar[tuple[Signal, ...]] = HOLD_SIGNALS

    def start(self) -> HoldState:
        """No state yet."""
        return HoldState(
            last_ns=np.full(1, MISSING, np.int64),
            before=np.full(len(FIELDS), np.nan),
            changed_ns=np.full(COUNT, MISSING, np.int64),
            seen_ns=np.full(COUNT, MISSING, np.int64),
            usual_s=np.full(COUNT, np.nan),
            same=np.zeros((len(HORIZONS_S), 2)),
        )

    def step(
        self, kept: HoldState, states: States, inputs: Inputs, roles: Roles, plan: Plan, out: NDArray[np.float32]
    ) -> None:
        """See :class:`~yawstring.table.signals.craft_part.Part`."""
        _holds(kept, states, plan.after, plan.time_ns, np.array(HORIZONS_S), out)


@compiled
def _holds(
    kept: HoldState,
    states: States,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    horizons_s: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    one = 0
    moved, known = np.empty(COUNT, np.bool_), np.empty(COUNT, np.bool_)
    for row in range(len(after) + 1):
        while one < len(states.row) and (row == len(after) or states.row[one] < after[row]):
            _compare(kept.before, states.values[one], moved, known)
            _take(kept, states.time_ns[one], moved, known, _stands(states.values[one]), horizons_s)
            one += 1
        if row < len(after):
            _give(kept, at_ns[row], out[row])


@compiled_part
def _compare(
    before: NDArray[np.float64], values: NDArray[np.float64], moved: NDArray[np.bool_], known: NDArray[np.bool_]
) -> None:
    moved[:] = False
    known[:] = False
    for place in range(len(before)):
        value, owner = values[place], OWNER[place]
        if owner < 0 or math.isnan(value):
            continue
        known[owner] = True
        if value != before[place]:
            moved[owner] = True
            before[place] = value


@compiled_part
def _stands(values: NDArray[np.float64]) -> bool:
    """Whether the aircraft is on the ground, where it stays as it is by right."""
    tof, height = values[TOF], values[HEIGHT]
    above = tof > GROUND_TOF_M or height > 0.0
    return not above and not (math.isnan(tof) and math.isnan(height))


@compiled_part
def _take(
    kept: HoldState,
    time_ns: int,
    moved: NDArray[np.bool_],
    known: NDArray[np.bool_],
    stands: bool,
    horizons_s: NDArray[np.float64],
) -> None:
    any_moved, any_known = False, False
    for held in range(COUNT):
        if not known[held]:
            continue
        if held != BATTERY_PLACE:
            any_known = True
            any_moved = any_moved or moved[held]
        if stands and not STIRS_ON_THE_GROUND[held]:
            kept.changed_ns[held] = time_ns
        elif moved[held]:
            _learn(kept, held, time_ns)
        kept.seen_ns[held] = time_ns
    gap_s = seconds(time_ns, kept.last_ns[0])
    for horizon in range(len(horizons_s)):
        kept.same[horizon] *= faded(gap_s, horizons_s[horizon])
        if any_known and kept.last_ns[0] != MISSING:
            kept.same[horizon, 0] += 0.0 if any_moved else 1.0
            kept.same[horizon, 1] += 1.0
    kept.last_ns[0] = time_ns


@compiled_part
def _learn(kept: HoldState, held: int, time_ns: int) -> None:
    """A quantity has changed: how long it stayed counts in what is usual."""
    if kept.changed_ns[held] != MISSING:
        took_s = min(seconds(time_ns, kept.changed_ns[held]), MOST_HOLD_S)
        usual_s = kept.usual_s[held]
        kept.usual_s[held] = took_s if math.isnan(usual_s) else usual_s + SHARE * (took_s - usual_s)
    kept.changed_ns[held] = time_ns


@compiled_part
def _give(kept: HoldState, now_ns: int, out: NDArray[np.float32]) -> None:
    out[:] = np.nan
    if kept.last_ns[0] == MISSING or seconds(now_ns, kept.last_ns[0]) > STALE_S:
        return
    frozen, judged = 0, 0
    for held in range(COUNT):
        if kept.seen_ns[held] == MISSING or seconds(now_ns, kept.seen_ns[held]) > STALE_S:
            continue
        stayed_s = min(seconds(kept.seen_ns[held], kept.changed_ns[held]), MOST_HOLD_S)
        out[2 * held] = stayed_s
        if not math.isnan(kept.usual_s[held]):
            usual_s = max(kept.usual_s[held], LEAST_USUAL_S)
            out[2 * held + 1] = stayed_s / usual_s
            judged += 1
            frozen += stayed_s >= FROZEN_S and stayed_s >= FROZEN_TIMES * usual_s
    if judged:
        out[2 * COUNT] = frozen / judged
    for horizon in range(kept.same.shape[0]):
        if kept.same[horizon, 1] > 0.5:
            out[2 * COUNT + 1 + horizon] = kept.same[horizon, 0] / kept.same[horizon, 1]
