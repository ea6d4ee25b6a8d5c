"""Where signals meet splits: state starts anew in every segment of a split, and nobody is judged while it warms up.

A table of signals was measured recording by recording, so only a split by recording may cut it. From frames, signals
are measured after the split is made, anew in each of its segments, and the embargo grows to the longest memory that
windows and signals declare.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import SplitError, TableError
from yawstring.schema import RECORDING, TIME, modality_of
from yawstring.table.corpora import Table
from yawstring.table.signals import SignalOptions, measure, present
from yawstring.table.signals.inputs import NS_PER_S, raw_times
from yawstring.table.signals.tables import LABELS, is_measured, signal_frame
from yawstring.table.splits import WHOLE_RECORDINGS, Split, SplitSpec, split_table
from yawstring.table.windows import NO_SEGMENT, WindowSpec, stretches

RowsOf = Callable[[pl.DataFrame], NDArray[np.bool_] | None]
"""``bool[row]`` of a table's rows; ``None`` where nothing is said of them."""


def measured(table: Table, options: SignalOptions) -> Table:
    """The table's signals, recording by recording; a table that holds signals already stays as it is.

    Raises:
        TableError: It holds signals that were measured in another way, or has no time.
    """
    if is_measured(table.frame.columns):
        if table.signals is not None and table.signals != options:
            raise TableError(f"'{table.capture}': expected signals measured with {options}, found {table.signals}")
        return table
    frame = signal_frame(table.frame, options)
    return replace(table, frame=frame, layout="unknown", modality=modality_of(frame.columns), signals=options)


def split_rows(
    table: Table,
    spec: SplitSpec,
    window: WindowSpec,
    signals: SignalOptions | None,
    keep: RowsOf,
    unseen: RowsOf | None = None,
) -> tuple[pl.DataFrame, Split]:
    """The rows a detector reads, and their split.

    Args:
        table: Frames, telemetry or signals.
        spec: How it is split.
        window: How windows are cut.
        signals: How signals are measured; ``None`` for columns as they are.
        keep: Rows to use, given the rows that are split.
        unseen: Rows that the test part alone may hold, likewise.

    Raises:
        SplitError: The split is undefined, or would cut recordings whose signals were measured whole.
        TableError: There is no time to measure signals by.
    """
    if signals is not None and signals.every_s is None and not is_measured(table.frame.columns):
        hidden = None if unseen is None else unseen(table.frame)
        return split_measured(table.frame, spec, window, signals, keep=keep(table.frame), unseen=hidden)
    frame = table.frame if signals is None else measured(table, signals).frame
    if is_measured(frame.columns) and spec.policy not in WHOLE_RECORDINGS:
        raise SplitError(
            f"signals measured recording by recording carry over a split by '{spec.policy}': split by recording, or "
            "give the frames and a row of signals for every frame"
        )
    hidden = None if unseen is None else unseen(frame)
    return frame, split_table(frame, spec, window, keep=keep(frame), unseen=hidden)


def whole_rows(table: Table, signals: SignalOptions | None) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """The rows a detector reads of a table that is not split, and ``int64[row]``: stretches that no window crosses."""
    frame = table.frame
    recording = frame[RECORDING].cast(pl.Int64).to_numpy()
    if signals is None or is_measured(frame.columns):
        return frame, recording
    made = signal_frame(frame, signals)
    if signals.every_s is not None:
        return made, made[RECORDING].cast(pl.Int64).to_numpy()
    cold = warming(np.asarray(made[TIME].to_numpy()), recording, signals.warm_up_s)
    return made, np.where(cold, NO_SEGMENT, recording)


def split_measured(
    frame: pl.DataFrame,
    spec: SplitSpec,
    window: WindowSpec,
    options: SignalOptions,
    *,
    keep: NDArray[np.bool_] | None = None,
    unseen: NDArray[np.bool_] | None = None,
) -> tuple[pl.DataFrame, Split]:
    """Split a table of frames, and measure each part of it for itself.

    Args:
        frame: A table's rows, with ``recording`` and labels.
        spec: How it is split.
        window: How windows are cut from the rows of signals.
        options: How signals are measured, with a row for every frame.
        keep: ``bool[row]``, rows to use at all.
        unseen: ``bool[row]``, rows that the test part alone may hold.

    Returns:
        A row a frame: its signals, labels, time and recording; and the split of it. No window begins while signals warm
        up.

    Raises:
        SplitError: The split is undefined, or nothing is left of a part once signals have warmed up.
        TableError: There is no time.
    """
    times = raw_times(frame)
    if times is None:
        raise TableError("expected frames with their time of receipt, found no such column", column=TIME)
    memory_s = max((signal.memory_s for signal in present(list(frame.columns))), default=0.0)
    recording = frame[RECORDING].cast(pl.Int64).to_numpy()
    memory = _rows_in(times, recording, memory_s)
    split = split_table(frame, spec, window, keep=keep, unseen=unseen, memory=memory)
    rows = measure(frame, replace(options, every_s=None), segment=split.segment)
    brought = frame.select(name for name in (*LABELS, RECORDING) if name in frame.columns)
    made = pl.DataFrame([pl.Series(TIME, times)]).hstack(rows.frame).hstack(brought)
    cold = warming(times, split.segment, options.warm_up_s)
    train, validation, test = (first[~cold[first]] for first in split.starts)
    if not (len(train) and len(test)):
        raise SplitError(f"nothing is left of a part once signals have warmed up for {options.warm_up_s:g} s")
    return made, replace(split, starts=(train, validation, test))


def warming(times_ns: NDArray[np.int64], segment: NDArray[np.int64], warm_up_s: float) -> NDArray[np.bool_]:
    """``bool[row]``: rows of the first ``warm_up_s`` seconds of each segment, when signals know too little.

    Example:
        >>> warming(np.array([0, 10**9, 2 * 10**9, 5 * 10**9]), np.array([0, 0, 0, 1]), 2.0).tolist()
        [True, True, False, True]
    """
    if not len(segment):
        return np.zeros(0, np.bool_)
    stretch = stretches(segment)
    first = times_ns[np.searchsorted(stretch, np.arange(stretch[-1] + 1))]
    return np.asarray(times_ns - first[stretch] < warm_up_s * NS_PER_S)


def _rows_in(times_ns: NDArray[np.int64], recording: NDArray[np.int64], span_s: float) -> int:
    """The most rows that a span of time holds anywhere in a recording."""
    most = 0
    edges = np.append(np.flatnonzero(np.diff(stretches(recording), prepend=-1)), len(recording))
    for first, after in pairwise(edges.tolist()):
        own = np.maximum.accumulate(times_ns[first:after])
        behind = np.searchsorted(own, own - round(span_s * NS_PER_S), side="left")
        most = max(most, int((np.arange(len(own)) - behind).max()))
    return most
