"""Commands and what follows them: kinds and rates, answers, who counts them, and motion beside what was asked.

What was asked and what was done are sums that fade. A move counts when it is sent, sticks for as long as they stand;
a drone takes a few seconds over a move, so the two differ for as long. After a move whose motion isn't told, such as
``go`` over a mission pad, and after a landing, nothing is said until its effects have faded.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals.craft_commands import COMMAND_SIGNALS, LONG_S, MOST_SINCE_S, SHORT_S
from yawstring.schema.signals.craft_fields import HEIGHT, TOF, VX, VY, YAW
from yawstring.schema.signals.signal import Signal
from yawstring.table.signals.craft_command_inputs import (
    ERROR,
    LAND,
    MOVE,
    ODD_MOVE,
    OK,
    OTHER,
    QUERY,
    START,
    STICKS,
    Texts,
    texts,
)
from yawstring.table.signals.craft_inputs import States
from yawstring.table.signals.craft_part import Part
from yawstring.table.signals.craft_parts import STALE_S, faded, seconds, turned
from yawstring.table.signals.group import Plan
from yawstring.table.signals.inputs import MISSING, Inputs
from yawstring.table.signals.roles import Roles

STATE_PORT: Final = 8890
SEQUENCES, PACKETS = 4096, 65536
MOST_STEP: Final = 1024
"""A sender's counter may have gone so far between two datagrams of a kind, which other frames share it with."""

UNKNOWN_S: Final = 20.0
"""After motion that isn't told, two horizons: what is left of it is a seventh."""

MOST_GAP_S: Final = 1.0

ALL_SHORT, ALL, ALL_STICKS, ALL_MOVES, ALL_QUERIES, MIXED, AWAITED, ANSWERS, ERRORS = range(9)
COMMAND_BREAKS, STATE_BREAKS = 0, 1


class CommandState(NamedTuple):
    """What is kept.

    Attributes:
        times_ns: ``int64[6]``: when the counts, the motion and the breaks were brought up to date, when the last
            command came, when motion was asked that isn't told, and when the last state came.
        counts: ``float64[9]``, commands and answers by kind, fading; the first over the short horizon.
        last: ``int64[6]``: kind of the last that moves; sequence and packet number of the last command, and of the last
            state datagram; whether any text was seen.
        breaks: ``float64[2, 3]``, of commands and of states: breaks of sequence, of packets, and datagrams; fading.
        sticks: ``float64[3]``, what the sticks ask a second.
        asked: ``float64[3]``, way, climb and turn asked; fading.
        done: ``float64[3]``, way, climb and turn done; fading.
        before: ``float64[3]``, height by range finder, height and yaw of the last state.
        known: ``bool[3]``, whether each motion has been known.
    """

    times_ns: NDArray[np.int64]
    counts: NDArray[np.float64]
    last: NDArray[np.int64]
    breaks: NDArray[np.float64]
    sticks: NDArray[np.float64]
    asked: NDArray[np.float64]
    done: NDArray[np.float64]
    before: NDArray[np.float64]
    known: NDArray[np.bool_]


COUNTED, MOVED, BROKE, COMMANDED, UNTOLD, STATED = range(6)


class Columns(NamedTuple):
    """Columns of the frames, ``int64[row]``: whether sent to the access point, whether again, counters, and port."""

    to_ds: NDArray[np.int64]
    retry: NDArray[np.int64]
    sequence: NDArray[np.int64]
    packet: NDArray[np.int64]
    port: NDArray[np.int64]


class Commands(Part):
    """Commands, and what follows."""

    signals: ClassVar[tuple[Signal, ...]] = COMMAND_SIGNALS

    def start(self) -> CommandState:
        """Nothing said yet."""
        return CommandState(
            times_ns=np.full(6, MISSING, np.int64),
            counts=np.zeros(9),
            last=np.array([0, MISSING, MISSING, MISSING, MISSING, 0]),
            breaks=np.zeros((2, 3)),
            sticks=np.zeros(3),
            asked=np.zeros(3),
            done=np.zeros(3),
            before=np.full(3, np.nan),
            known=np.zeros(3, np.bool_),
        )

    def step(
        self, kept: CommandState, states: States, inputs: Inputs, roles: Roles, plan: Plan, out: NDArray[np.float32]
    ) -> None:
        """See :class:`~yawstring.table.signals.craft_part.Part`."""
        names = ("wlan.fc.tods", "wlan.fc.retry", "wlan.seq", "ip.id", "udp.dstport")
        columns = Columns(*(inputs.whole(name) for name in names))
        _commands(kept, states, texts(inputs), columns, inputs.time_ns, plan.after, plan.time_ns, out)


@compiled
def _commands(
    kept: CommandState,
    states: States,
    said: Texts,
    columns: Columns,
    time_ns: NDArray[np.int64],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    state, text, row = 0, 0, 0
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            _give(kept, at_ns[row], out[row])
            row += 1
        if frame == len(time_ns):
            break
        if state < len(states.row) and states.row[state] == frame:
            _fly(kept, time_ns[frame], states.values[state])
            state += 1
        if text < len(said.row) and said.row[text] == frame:
            _hear(kept, time_ns[frame], said.kind[text], said.asked[text], columns, frame)
            text += 1
        elif columns.port[frame] == STATE_PORT:
            _count_on(kept, STATE_BREAKS, time_ns[frame], columns, frame)


@compiled_part
def _hear(kept: CommandState, now_ns: int, kind: int, asked: NDArray[np.float64], columns: Columns, frame: int) -> None:
    """A command, or an answer."""
    answer = kind >= OK
    if columns.to_ds[frame] != MISSING:
        # Who sends it tells more than what it says.
        from_drone = columns.to_ds[frame] == 0
        kind = OTHER if answer and not from_drone else (OK if from_drone and not answer else kind)
        answer = from_drone
    if not answer and not _count_on(kept, COMMAND_BREAKS, now_ns, columns, frame):
        return
    gap_s = seconds(now_ns, kept.times_ns[COUNTED])
    kept.counts[ALL_SHORT] *= faded(gap_s, SHORT_S)
    kept.counts[ALL:] *= faded(gap_s, LONG_S)
    kept.times_ns[COUNTED] = now_ns
    kept.last[5] = 1
    if answer:
        kept.counts[ANSWERS] += 1.0
        kept.counts[ERRORS] += 1.0 if kind == ERROR else 0.0
    else:
        _count(kept, kind)
        _ask(kept, now_ns, kind, asked)
        kept.times_ns[COMMANDED] = now_ns


@compiled_part
def _count(kept: CommandState, kind: int) -> None:
    kept.counts[ALL_SHORT] += 1.0
    kept.counts[ALL] += 1.0
    # Sticks have no answer, nor has an emergency, which counts with landings: it is rare.
    kept.counts[AWAITED] += 0.0 if kind == STICKS else 1.0
    if kind == QUERY:
        kept.counts[ALL_QUERIES] += 1.0
    elif kind != OTHER:
        kept.counts[ALL_STICKS if kind == STICKS else ALL_MOVES] += 1.0
        before, now = kept.last[0], 1 if kind == STICKS else 2
        kept.counts[MIXED] += 1.0 if before not in (0, now) else 0.0
        kept.last[0] = now


@compiled_part
def _count_on(kept: CommandState, which: int, now_ns: int, columns: Columns, frame: int) -> bool:
    """Hold a datagram's counters against the last one's; whether it is a new one, not one sent again."""
    sequence, packet = columns.sequence[frame], columns.packet[frame]
    place = 1 + 2 * which
    if columns.retry[frame] == 1 and sequence == kept.last[place]:
        return False
    kept.breaks[:] *= faded(seconds(now_ns, kept.times_ns[BROKE]), LONG_S)
    kept.times_ns[BROKE] = now_ns
    if kept.last[place] != MISSING and sequence != MISSING:
        step = (sequence - kept.last[place]) % SEQUENCES
        kept.breaks[which, 0] += 1.0 if step == 0 or step > MOST_STEP else 0.0
        step = (packet - kept.last[place + 1]) % PACKETS
        kept.breaks[which, 1] += 1.0 if packet != MISSING and (step == 0 or step > MOST_STEP) else 0.0
        kept.breaks[which, 2] += 1.0
    kept.last[place], kept.last[place + 1] = sequence, packet
    return True


@compiled_part
def _bring_up(kept: CommandState, now_ns: int) -> None:
    """Fade motion, and count what the sticks asked since."""
    gap_s = seconds(now_ns, kept.times_ns[MOVED])
    left = faded(gap_s, LONG_S)
    for motion in range(3):
        kept.done[motion] *= left
        kept.asked[motion] = kept.asked[motion] * left + kept.sticks[motion] * LONG_S * (1.0 - left)
    kept.times_ns[MOVED] = now_ns


@compiled_part
def _ask(kept: CommandState, now_ns: int, kind: int, asked: NDArray[np.float64]) -> None:
    if kind not in (STICKS, START, LAND, MOVE, ODD_MOVE):
        return
    _bring_up(kept, now_ns)
    kept.sticks[:] = 0.0
    if math.isnan(asked[0] + asked[1] + asked[2]):
        kept.times_ns[UNTOLD] = now_ns
    elif kind == STICKS:
        kept.sticks[:] = asked
    else:
        kept.asked[:] += asked


@compiled_part
def _fly(kept: CommandState, now_ns: int, values: NDArray[np.float64]) -> None:
    """Count what the aircraft says it has done."""
    _bring_up(kept, now_ns)
    gap_s = seconds(now_ns, kept.times_ns[STATED])
    if kept.times_ns[STATED] != MISSING and gap_s <= MOST_GAP_S:
        climb = values[TOF] - kept.before[0]
        climb = values[HEIGHT] - kept.before[1] if math.isnan(climb) else climb
        _do(kept, 0, math.hypot(values[VX], values[VY]) * gap_s)
        _do(kept, 1, climb)
        _do(kept, 2, abs(turned(values[YAW] - kept.before[2])))
    kept.before[0], kept.before[1], kept.before[2] = values[TOF], values[HEIGHT], values[YAW]
    kept.times_ns[STATED] = now_ns


@compiled_part
def _do(kept: CommandState, motion: int, change: float) -> None:
    if not math.isnan(change):
        kept.done[motion] += change
        kept.known[motion] = True


@compiled_part
def _give(kept: CommandState, now_ns: int, out: NDArray[np.float32]) -> None:
    out[:] = np.nan
    for which in range(2):
        if kept.breaks[which, 2] > 0.5:
            out[9 + 2 * which] = kept.breaks[which, 0] / kept.breaks[which, 2]
            out[10 + 2 * which] = kept.breaks[which, 1] / kept.breaks[which, 2]
    if not kept.last[5]:
        return
    since_s = seconds(now_ns, kept.times_ns[COUNTED])
    left = faded(since_s, LONG_S)
    if kept.times_ns[COMMANDED] != MISSING:
        out[0] = min(seconds(now_ns, kept.times_ns[COMMANDED]), MOST_SINCE_S)
    out[1] = kept.counts[ALL_SHORT] * faded(since_s, SHORT_S) / SHORT_S
    for place in range(ALL, MIXED + 1):
        out[1 + place] = kept.counts[place] * left / LONG_S
    out[7] = (kept.counts[AWAITED] - kept.counts[ANSWERS]) * left
    if kept.counts[ANSWERS] * left > 0.05:
        out[8] = kept.counts[ERRORS] / kept.counts[ANSWERS]
    _give_motion(kept, now_ns, out)


@compiled_part
def _give_motion(kept: CommandState, now_ns: int, out: NDArray[np.float32]) -> None:
    if kept.times_ns[STATED] == MISSING or seconds(now_ns, kept.times_ns[STATED]) > STALE_S:
        return
    if kept.times_ns[UNTOLD] != MISSING and seconds(now_ns, kept.times_ns[UNTOLD]) <= UNKNOWN_S:
        return
    left = faded(seconds(now_ns, kept.times_ns[MOVED]), LONG_S)
    for motion in range(3):
        if kept.known[motion]:
            asked = kept.asked[motion] * left + kept.sticks[motion] * LONG_S * (1.0 - left)
            beyond = kept.done[motion] * left - asked
            out[13 + (1 - motion if motion < 2 else 2)] = abs(beyond) if motion == 1 else beyond
