"""Signals: frames and telemetry in, measurements that carry over from capture to capture out.

``state, rows = step(state, chunk)``, and any way of cutting the input gives the same rows, bit for bit. A row is given
out for every frame, or at a fixed pace, which is how a detector lives: ten rows a second, whatever the air is like.
Nothing in a row comes from a frame after its time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import TableError
from yawstring.schema import TIME
from yawstring.schema.frames import ALIASES
from yawstring.schema.signals import SIGNALS, Signal
from yawstring.table.signals.air import Air
from yawstring.table.signals.answers import Answers
from yawstring.table.signals.company import Company
from yawstring.table.signals.craft import Craft
from yawstring.table.signals.durations import Durations
from yawstring.table.signals.group import Group, SignalOptions
from yawstring.table.signals.identifications import Identifications
from yawstring.table.signals.inputs import Inputs, raw_times
from yawstring.table.signals.lengths import Lengths
from yawstring.table.signals.levels import Levels
from yawstring.table.signals.management import Management
from yawstring.table.signals.networks import Networks
from yawstring.table.signals.noise import Noise
from yawstring.table.signals.paces import Paces
from yawstring.table.signals.packet_numbers import PacketNumbers
from yawstring.table.signals.plan import planned
from yawstring.table.signals.protocols import Protocols
from yawstring.table.signals.rates import Rates
from yawstring.table.signals.repeats import Repeats
from yawstring.table.signals.roles import Roles, RolesState, roles_start, roles_step
from yawstring.table.signals.sequences import Sequences

__all__ = [
    "GROUPS", "Inputs", "Measured", "Roles", "Rows", "SignalOptions", "SignalState", "advance", "measure", "present",
    "rising", "start", "step",
]  # fmt: skip

GROUPS: tuple[Group, ...] = (
    Air(),
    Management(),
    Networks(),
    Sequences(),
    PacketNumbers(),
    Repeats(),
    Identifications(),
    Levels(),
    Noise(),
    Rates(),
    Paces(),
    Answers(),
    Lengths(),
    Durations(),
    Protocols(),
    Company(),
    Craft(),
)
"""What measures them, in the order of :data:`~yawstring.schema.signals.SIGNALS`."""

NO_FRAME = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class SignalState:
    """Where a stream stands.

    Attributes:
        groups: State of each group.
        roles: Who is who, as far as it is known.
        now_ns: The latest time seen; ``None`` before the first frame.
        heard_ns: When the last frame came; ``None`` before the first.
        next_ns: When the next row is due; not used where every frame gives one.
    """

    groups: tuple[Any, ...]
    roles: RolesState
    now_ns: int | None = None
    heard_ns: int | None = None
    next_ns: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """What a step gives out.

    Attributes:
        frame: A column a signal, ``Float32``, null where it is not known; only those that the table's columns allow.
        time_ns: ``int64[row]``, the moment each row speaks about.
        last: ``int64[row]``, the chunk's last frame at or before it; -1 where that was in an earlier chunk.
    """

    frame: pl.DataFrame
    time_ns: NDArray[np.int64]
    last: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.time_ns)


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What :func:`advance` gives out.

    Attributes:
        values: ``float32[row, signal]``, every signal there is, in the order of
            :data:`~yawstring.schema.signals.SIGNALS`; NaN where a value is not known.
        time_ns: ``int64[row]``, the moment each row speaks about.
        last: ``int64[row]``, the chunk's last frame at or before it; -1 where that was in an earlier chunk.
    """

    values: NDArray[np.float32]
    time_ns: NDArray[np.int64]
    last: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.time_ns)


def present(names: "Mapping[str, object] | list[str]") -> tuple[Signal, ...]:
    """The signals that a table of these columns allows.

    Example:
        >>> [signal.name for signal in present(["time_ns"])][:1]
        ['air_frames_1s']
    """
    return _present(frozenset((*names, *(ALIASES[name] for name in names if name in ALIASES))))


@lru_cache(maxsize=16)
def _present(held: frozenset[str]) -> tuple[Signal, ...]:
    return tuple(signal for signal in SIGNALS if all(held & _any_of(need) for need in signal.needs))


def start(options: SignalOptions) -> SignalState:
    """The state before the first frame of a stream."""
    return SignalState(groups=tuple(group.start(options) for group in GROUPS), roles=roles_start(options.drone))


def step(
    state: SignalState, chunk: pl.DataFrame, options: SignalOptions, *, until_ns: int | None = None
) -> tuple[SignalState, Rows]:
    """Measure a chunk of one stream.

    Args:
        state: From :func:`start` or the step before; gone afterwards.
        chunk: Rows of a table, frames in the order they came.
        options: The same for every step of a stream.
        until_ns: Give out what is due up to then, though no later frame has come: a silent air is news, too. Frames
            that come later with an earlier time count as of then.

    Raises:
        TableError: The chunk has no column of time.
    """
    times = raw_times(chunk)
    if times is None:
        raise TableError("expected frames with their time of receipt, found no such column", column=TIME)
    inputs = Inputs(frame=chunk, time_ns=rising(times, state.now_ns))
    learned, roles = roles_step(state.roles, inputs)
    state, made = advance(replace(state, roles=learned), inputs, roles, options, until_ns=until_ns)
    return state, Rows(frame=_table(made.values, chunk.columns), time_ns=made.time_ns, last=made.last)


def advance(
    state: SignalState, inputs: Inputs, roles: Roles, options: SignalOptions, *, until_ns: int | None = None
) -> tuple[SignalState, Measured]:
    """Measure a chunk whose columns and roles are there already, for whoever has more use for them than signals.

    Args:
        state: From :func:`start` or the step before; gone afterwards. Its roles are left as they are.
        inputs: The chunk, its times made to rise by :func:`rising`.
        roles: Who speaks to whom in it.
        options: As for :func:`step`.
        until_ns: As for :func:`step`.
    """
    plan, next_ns = planned(inputs.time_ns, state.heard_ns, state.next_ns, options, until_ns)
    stepped = [group.step(one, inputs, roles, plan) for group, one in zip(GROUPS, state.groups, strict=True)]
    values = np.concatenate([out for _, out in stepped], axis=1)
    heard_ns = int(inputs.time_ns[-1]) if len(inputs) else state.heard_ns
    now_ns = heard_ns if until_ns is None or heard_ns is None else max(heard_ns, until_ns)
    if now_ns is not None and state.now_ns is not None:
        now_ns = max(now_ns, state.now_ns)
    groups = tuple(after for after, _ in stepped)
    state = replace(state, groups=groups, now_ns=now_ns, heard_ns=heard_ns, next_ns=next_ns)
    return state, Measured(values=values, time_ns=plan.time_ns, last=plan.after - 1)


def rising(times: NDArray[np.int64], now_ns: int | None) -> NDArray[np.int64]:
    """The times, none below the one before it, nor below ``now_ns``.

    Example:
        >>> rising(np.array([3, 9, 7]), 5).tolist()
        [5, 9, 9]
    """
    if not len(times):
        return times
    first = times[0] if now_ns is None else max(int(times[0]), now_ns)
    return np.maximum.accumulate(np.maximum(times, first))


def measure(frame: pl.DataFrame, options: SignalOptions, *, segment: NDArray[np.int64] | None = None) -> Rows:
    """Measure a whole table at once; the state starts anew wherever ``segment`` changes.

    Args:
        frame: Rows of a table.
        options: How.
        segment: ``int64[row]``, what belongs together: a recording, or a part of one; ``None``: all of it.

    Example:
        >>> frame = pl.DataFrame({"time_ns": [0, 250_000_000, 1_100_000_000]})
        >>> rows = measure(frame, SignalOptions(every_s=0.5, warm_up_s=0.5))
        >>> rows.time_ns.tolist(), rows.last.tolist()
        ([500000000, 1000000000], [1, 1])
    """
    edges = [0, len(frame)]
    if segment is not None and len(frame):
        edges = [0, *(np.flatnonzero(np.diff(segment)) + 1).tolist(), len(frame)]
    made = []
    for first, after in pairwise(edges):
        _, rows = step(start(options), frame[first:after], options)
        made.append(Rows(frame=rows.frame, time_ns=rows.time_ns, last=rows.last + first))
    return Rows(
        frame=pl.concat([rows.frame for rows in made]),
        time_ns=np.concatenate([rows.time_ns for rows in made]),
        last=np.concatenate([rows.last for rows in made]),
    )


def _any_of(need: str | tuple[str, ...]) -> set[str]:
    return {need} if isinstance(need, str) else set(need)


def _table(values: NDArray[np.float32], names: list[str]) -> pl.DataFrame:
    allowed = set(present(names))
    # Cut from one long series: to make one for each of hundreds of columns takes longer than to measure them.
    end_to_end = pl.Series(values.T.reshape(-1)).fill_nan(None)
    cut = (end_to_end.slice(number * len(values), len(values)) for number in range(len(SIGNALS)))
    return pl.DataFrame([one.alias(signal.name) for one, signal in zip(cut, SIGNALS, strict=True) if signal in allowed])
