"""Signals: frames and telemetry in, measurements that carry over from capture to capture out.

``state, rows = step(state, chunk)``, and any way of cutting the input gives the same rows, bit for bit. A row is given
out for every frame, or at a fixed pace, which is how a detector lives: ten rows a second, whatever the air is like.
Nothing in a row comes from a frame after its time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import TableError
from yawstring.schema import TIME
from yawstring.schema.signals import SIGNALS, Signal
from yawstring.table.signals.air import Air
from yawstring.table.signals.craft import Craft
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import NS_PER_S, Inputs, raw_times
from yawstring.table.signals.roles import NOBODY, Roles

__all__ = ["GROUPS", "Rows", "SignalOptions", "SignalState", "measure", "present", "start", "step"]

GROUPS: tuple[Group, ...] = (Air(), Craft())
"""What measures them, in the order of :data:`~yawstring.schema.signals.SIGNALS`."""

NO_FRAME = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class SignalState:
    """Where a stream stands.

    Attributes:
        groups: State of each group.
        now_ns: The latest time seen; ``None`` before the first frame.
        next_ns: When the next row is due; not used where every frame gives one.
    """

    groups: tuple[Any, ...]
    now_ns: int | None = None
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


def present(names: "Mapping[str, object] | list[str]") -> tuple[Signal, ...]:
    """The signals that a table of these columns allows.

    Example:
        >>> [signal.name for signal in present(["time_ns"])][:1]
        ['air_frames_1s']
    """
    inputs = Inputs(frame=pl.DataFrame(schema=dict.fromkeys(names, pl.Null)), time_ns=np.zeros(0, np.int64))
    met = [all(any(map(inputs.has, _any_of(need))) for need in signal.needs) for signal in SIGNALS]
    return tuple(signal for signal, allowed in zip(SIGNALS, met, strict=True) if allowed)


def start(options: SignalOptions) -> SignalState:
    """The state before the first frame of a stream."""
    return SignalState(groups=tuple(group.start(options) for group in GROUPS))


def step(
    state: SignalState, chunk: pl.DataFrame, options: SignalOptions, *, until_ns: int | None = None
) -> tuple[SignalState, Rows]:
    """Measure a chunk of one stream.

    Args:
        state: From :func:`start` or the step before; gone afterwards.
        chunk: Rows of a table, frames in the order they came.
        options: The same for every step of a stream.
        until_ns: Give out what is due up to then, though no later frame has come: a silent air is news, too.

    Raises:
        TableError: The chunk has no column of time.
    """
    times = raw_times(chunk)
    if times is None:
        raise TableError("expected frames with their time of receipt, found no such column", column=TIME)
    inputs = Inputs(frame=chunk, time_ns=_rising(times, state.now_ns))
    plan, next_ns = _plan(state, inputs.time_ns, options, until_ns)
    roles = _roles(inputs)
    stepped = [group.step(one, inputs, roles, plan) for group, one in zip(GROUPS, state.groups, strict=True)]
    values = np.concatenate([out for _, out in stepped], axis=1)
    now_ns = int(inputs.time_ns[-1]) if len(inputs) else state.now_ns
    if until_ns is not None and now_ns is not None:
        now_ns = max(now_ns, until_ns)
    state = SignalState(groups=tuple(after for after, _ in stepped), now_ns=now_ns, next_ns=next_ns)
    return state, Rows(frame=_table(values, chunk.columns), time_ns=plan.time_ns, last=plan.after - 1)


def measure(frame: pl.DataFrame, options: SignalOptions, *, segment: NDArray[np.int64] | None = None) -> Rows:
    """Measure a whole table at once; the state starts anew wherever ``segment`` changes.

    Args:
        frame: Rows of a table.
        options: How.
        segment: ``int64[row]``, what belongs together: a recording, or a part of one; ``None``: all of it.

    Example:
        >>> rows = measure(pl.DataFrame({"time_ns": [0, 250_000_000, 1_100_000_000]}), SignalOptions(every_s=0.5))
        >>> rows.time_ns.tolist(), rows.last.tolist()
        ([0, 500000000, 1000000000], [0, 1, 1])
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


def _any_of(need: str | tuple[str, ...]) -> tuple[str, ...]:
    return (need,) if isinstance(need, str) else need


def _rising(times: NDArray[np.int64], now_ns: int | None) -> NDArray[np.int64]:
    if not len(times):
        return times
    first = times[0] if now_ns is None else max(int(times[0]), now_ns)
    return np.maximum.accumulate(np.maximum(times, first))


def _plan(
    state: SignalState, times: NDArray[np.int64], options: SignalOptions, until_ns: int | None
) -> tuple[Plan, int]:
    """The rows that are due in a chunk, and when the one after them is."""
    if options.every_s is None:
        return Plan(after=np.arange(1, len(times) + 1), time_ns=times), 0
    every_ns = round(options.every_s * NS_PER_S)
    if not len(times) and state.now_ns is None:
        return Plan(after=np.zeros(0, np.int64), time_ns=np.zeros(0, np.int64)), 0
    next_ns = int(times[0]) if state.now_ns is None else state.next_ns
    # A row is due once it is certain that no more frames of its time will come: with the first later one.
    last_ns = max([int(times[-1]) - 1] if len(times) else [next_ns - 1], default=0)
    if until_ns is not None:
        last_ns = max(last_ns, until_ns)
    due = np.arange(next_ns, last_ns + 1, every_ns, dtype=np.int64)
    after = np.searchsorted(times, due, side="right")
    return Plan(after=after, time_ns=due), next_ns + len(due) * every_ns


def _roles(inputs: Inputs) -> Roles:
    nobody = np.full(len(inputs), NOBODY, np.int8)
    return Roles(sender=nobody, receiver=nobody, watched=np.zeros(len(inputs), np.bool_))


def _table(values: NDArray[np.float32], names: list[str]) -> pl.DataFrame:
    allowed = {signal.name for signal in present(names)}
    columns = [
        pl.Series(signal.name, np.ascontiguousarray(values[:, place])).fill_nan(None)
        for place, signal in enumerate(SIGNALS)
        if signal.name in allowed
    ]
    return pl.DataFrame(columns, schema={column.name: pl.Float32 for column in columns})
