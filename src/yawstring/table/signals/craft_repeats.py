"""Repeats: phrases of a few states that were said before, and runs of them at one and the same distance.

A phrase is remembered by a hash of its values in a table of fixed size, a newer one in place of an older: what is
missed by that is a single phrase, and a run goes on with the next.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals.craft_fields import FIELDS
from yawstring.schema.signals.craft_repeats import MOST_LAG_S, SAID, SEGMENT_SIGNALS, SHARE_S
from yawstring.schema.signals.signal import Signal
from yawstring.table.signals.craft_inputs import States
from yawstring.table.signals.craft_part import Part
from yawstring.table.signals.craft_parts import STALE_S, faded, seconds
from yawstring.table.signals.group import Plan
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.roles import Roles

COUNT: Final = len(SAID)
SLOTS: Final = 4096
"""Of the table, a power of two; a minute of states takes 600."""

MOST_STATES: Final = max(said.states for said in SAID)
MEMBER: Final = np.array([[place in said.fields for place in range(len(FIELDS))] for said in SAID])
STATES: Final = np.array([said.states for said in SAID])
CHANGES: Final = np.array([said.changes for said in SAID])

STEPS: Final = 1000.0
"""Values are compared in thousandths: finer than any field is told."""

UNKNOWN: Final = 0x5EED
PRIME: Final = 0x100000001B3
START: Final = 0x4BF29CE484222325

HASH, NUMBER, TIME = 0, 1, 2
LAG, SINCE_NS, RUNNING = 0, 1, 2
REPEATED, WEIGHT = 0, 1


class RepeatState(NamedTuple):
    """What is kept, of each of what is compared together.

    Attributes:
        last_ns: ``int64[1]``, when the last state came.
        number: ``int64[1]``, states so far.
        recent: ``int64[said, state]``, hashes of the last states, a ring.
        phrases: ``int64[said, slot, 3]``: hash of a phrase, number of its last state, and when that came.
        runs: ``int64[said, 3]``: states from a phrase back to what it repeats, when the run began, and whether it runs.
        shares: ``float64[said, 2]``: states in a run, and states; fading.
        seen_ns: ``int64[said]``, when it was last known.
    """

    last_ns: NDArray[np.int64]
    number: NDArray[np.int64]
    recent: NDArray[np.int64]
    phrases: NDArray[np.int64]
    runs: NDArray[np.int64]
    shares: NDArray[np.float64]
    seen_ns: NDArray[np.int64]


class Repeats(Part):
    """What is said again."""

    signals: ClassVar[tuple[Signal, ...]] = SEGMENT_SIGNALS

    def start(self) -> RepeatState:
        """No state yet."""
        phrases = np.zeros((COUNT, SLOTS, 3), np.int64)
        phrases[:, :, TIME] = MISSING
        return RepeatState(
            last_ns=np.full(1, MISSING, np.int64),
            number=np.zeros(1, np.int64),
            recent=np.zeros((COUNT, MOST_STATES + 1), np.int64),
            phrases=phrases,
            runs=np.zeros((COUNT, 3), np.int64),
            shares=np.zeros((COUNT, 2)),
            seen_ns=np.full(COUNT, MISSING, np.int64),
        )

    def step(
        self, kept: RepeatState, states: States, inputs: Inputs, roles: Roles, plan: Plan, out: NDArray[np.float32]
    ) -> None:
        """See :class:`~yawstring.table.signals.craft_part.Part`."""
        _repeats(kept, states, plan.after, plan.time_ns, out)


@compiled
def _repeats(
    kept: RepeatState,
    states: States,
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    one = 0
    for row in range(len(after) + 1):
        while one < len(states.row) and (row == len(after) or states.row[one] < after[row]):
            _take(kept, states.time_ns[one], states.values[one])
            one += 1
        if row < len(after):
            _give(kept, at_ns[row], out[row])


@compiled_part
def _take(kept: RepeatState, time_ns: int, values: NDArray[np.float64]) -> None:
    kept.shares[:] *= faded(seconds(time_ns, kept.last_ns[0]), SHARE_S)
    kept.last_ns[0] = time_ns
    for said in range(COUNT):
        word, known = _word(values, MEMBER[said])
        kept.recent[said, kept.number[0] % (MOST_STATES + 1)] = word
        if not known:
            kept.runs[said, RUNNING] = 0
            continue
        kept.seen_ns[said] = time_ns
        if kept.number[0] > STATES[said]:
            _look_up(kept, said, time_ns)
            kept.shares[said, REPEATED] += kept.runs[said, RUNNING]
            kept.shares[said, WEIGHT] += 1.0
    kept.number[0] += 1


@compiled_part
def _word(values: NDArray[np.float64], member: NDArray[np.bool_]) -> tuple[int, bool]:
    """Hash of a state's fields, and whether it says any."""
    word, known = START, False
    for place in range(len(values)):
        if member[place]:
            unknown = math.isnan(values[place])
            word = _mixed(word, UNKNOWN if unknown else int(np.rint(values[place] * STEPS)))
            known = known or not unknown
    return word, known


@compiled_part
def _mixed(word: int, value: int) -> int:
    """FNV-1a, by whole numbers of 64 bits that wrap round, and a shift to bring high bits down."""
    word = (word ^ value) * PRIME
    return word ^ (word >> 29)


@compiled_part
def _look_up(kept: RepeatState, said: int, time_ns: int) -> None:
    """Whether the phrase that ends here was said before, and goes on where the last one did."""
    phrase, changes = START, 0
    number, ring = kept.number[0], MOST_STATES + 1
    for back in range(STATES[said] - 1, -1, -1):
        word = kept.recent[said, (number - back) % ring]
        phrase = _mixed(phrase, word)
        changes += word != kept.recent[said, (number - back - 1) % ring]
    slot = kept.phrases[said, phrase & (SLOTS - 1)]
    lag = number - slot[NUMBER]
    run = kept.runs[said]
    found = slot[TIME] != MISSING and slot[HASH] == phrase and seconds(time_ns, slot[TIME]) <= MOST_LAG_S
    found = found and changes >= CHANGES[said] and lag > STATES[said]
    if not found:
        run[RUNNING] = 0
    elif not run[RUNNING] or run[LAG] != lag:
        run[LAG], run[SINCE_NS], run[RUNNING] = lag, time_ns, 1
    slot[HASH], slot[NUMBER], slot[TIME] = phrase, number, time_ns


@compiled_part
def _give(kept: RepeatState, now_ns: int, out: NDArray[np.float32]) -> None:
    out[:] = np.nan
    for said in range(COUNT):
        seen_ns = kept.seen_ns[said]
        if seen_ns == MISSING or seconds(now_ns, seen_ns) > STALE_S or not kept.shares[said, WEIGHT] > 0.0:
            continue
        running = kept.runs[said, RUNNING] != 0
        out[2 * said] = seconds(kept.last_ns[0], kept.runs[said, SINCE_NS]) if running else 0.0
        out[2 * said + 1] = kept.shares[said, REPEATED] / kept.shares[said, WEIGHT]
