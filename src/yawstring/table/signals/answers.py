"""Signals of acknowledgements: frames of the watched link that none follows, and answers to frames not heard.

A receiver acknowledges after a SIFS; a Block Ack answers a whole aggregate (IEEE 802.11-2020, 10.3.2.11 and 10.25).
Where nobody's acknowledgements are in a table at all, nothing is known.
"""

import math
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.schema.signals import Signal
from yawstring.schema.signals.grid import HORIZONS_S
from yawstring.schema.signals.timing import ANSWER_SIGNALS
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.lanes import CONTROL_TYPE, DATA_TYPE, MANAGEMENT_TYPE, good
from yawstring.table.signals.layout import Fractions, fractions_of
from yawstring.table.signals.role_names import CONTROLLER, DRONE, EVERYBODY
from yawstring.table.signals.roles import Roles
from yawstring.table.signals.tallies import RATE, Tallies, add, advance, fractions, tallies

SIDES: Final = ("drone", "controller")
ANSWER_NS: Final = 1_000_000
"""Within so long an acknowledgement comes, and within so long the frames of an aggregate follow one another."""

BLOCK_ACK_REQUEST, BLOCK_ACK, ACK = 8, 9, 13
NO_ACK: Final = 1
"""Acknowledgement policy of a QoS frame that wants none."""

NOTHING, ASKS, ANSWERS = range(3)
"""What a frame does: it wants an acknowledgement, or is one."""

ASKED, UNANSWERED, UNASKED, COUNTS = range(4)
"""What is counted, of each side."""

MEASURES: Final = {"missing": (UNANSWERED, ASKED), "unasked": (UNASKED, RATE)}


class AnswerState(NamedTuple):
    """Who waits for an acknowledgement.

    Attributes:
        fading: ``[side and count, horizon]``.
        waiting: ``int64[side]``, its frames that none has followed yet.
        last_ns: ``int64[side]``, its latest frame.
        answered: ``bool[1]``: some acknowledgement was heard.
        layout: Where they go.
    """

    fading: Tallies
    waiting: NDArray[np.int64]
    last_ns: NDArray[np.int64]
    answered: NDArray[np.bool_]
    layout: Fractions


class Answers(Group):
    """Who is acknowledged."""

    signals: ClassVar[tuple[Signal, ...]] = ANSWER_SIGNALS

    def start(self, options: SignalOptions) -> AnswerState:
        """Nothing heard yet."""
        return AnswerState(
            fading=tallies(len(SIDES) * COUNTS, HORIZONS_S),
            waiting=np.zeros(len(SIDES), np.int64),
            last_ns=np.zeros(len(SIDES), np.int64),
            answered=np.zeros(1, np.bool_),
            layout=fractions_of(self.signals, "answer", SIDES, COUNTS, MEASURES),
        )

    def step(
        self, state: AnswerState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[AnswerState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        out = np.empty((len(plan), len(self.signals)), np.float32)
        does = _does(inputs, roles)
        # An acknowledgement concerns the side that it is sent to, any other frame the one that sends it.
        of = np.where(does == ANSWERS, roles.receiver, roles.sender)
        does[(of != DRONE) & (of != CONTROLLER) & (does == ASKS)] = NOTHING
        _answers(state, inputs.time_ns, does, of, plan.after, plan.time_ns, out)
        return state, out


def _does(inputs: Inputs, roles: Roles) -> NDArray[np.int8]:
    kind, subtype = inputs.whole("wlan.fc.type"), inputs.whole("wlan.fc.subtype")
    made = np.full(len(inputs), NOTHING, np.int8)
    asks = (kind == DATA_TYPE) | (kind == MANAGEMENT_TYPE) | ((kind == CONTROL_TYPE) & (subtype == BLOCK_ACK_REQUEST))
    asks &= inputs.whole("wlan.qos.ack") != NO_ACK
    made[asks & (roles.receiver != EVERYBODY)] = ASKS
    made[(kind == CONTROL_TYPE) & ((subtype == ACK) | (subtype == BLOCK_ACK))] = ANSWERS
    made[~good(inputs)] = NOTHING
    return made


@compiled
def _answers(
    state: AnswerState,
    time_ns: NDArray[np.int64],
    does: NDArray[np.int8],
    of: NDArray[np.int8],
    after: NDArray[np.int64],
    at_ns: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    row = 0
    fading, waiting, last_ns = state.fading, state.waiting, state.last_ns
    for frame in range(len(time_ns) + 1):
        while row < len(after) and after[row] == frame:
            fractions(state.fading, state.layout.of, at_ns[row], out[row], state.layout.columns)
            if not state.answered[0]:
                out[row] = math.nan
            row += 1
        if frame < len(time_ns) and does[frame] != NOTHING:
            state.answered[0] |= does[frame] == ANSWERS
            if of[frame] == DRONE or of[frame] == CONTROLLER:
                side = 0 if of[frame] == DRONE else 1
                _hear(fading, waiting, last_ns, side, does[frame] == ANSWERS, time_ns[frame])


@compiled_part
def _hear(
    fading: Tallies, waiting: NDArray[np.int64], last_ns: NDArray[np.int64], side: int, answers: bool, now_ns: int
) -> None:
    first, late = side * COUNTS, now_ns - last_ns[side] > ANSWER_NS
    advance(fading, now_ns)
    if answers:
        if late or waiting[side] == 0:
            add(fading, first + UNASKED, 1.0)
        else:
            add(fading, first + ASKED, float(waiting[side]))
        if not late:
            waiting[side] = 0
        return
    if late and waiting[side] > 0:
        add(fading, first + ASKED, float(waiting[side]))
        add(fading, first + UNANSWERED, float(waiting[side]))
        waiting[side] = 0
    waiting[side] += 1
    last_ns[side] = now_ns
