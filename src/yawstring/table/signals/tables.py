"""Tables of signals: what a detector learns from, labels brought along from the frames.

A row takes the label of the last frame at or before it. The state starts anew in each recording, so the rows of one
know nothing of another; a split that cuts a recording in two has to measure anew, from the frames.
"""

from collections.abc import Iterable

import polars as pl

from yawstring.errors import TableError
from yawstring.schema import EPISODE, LABEL, LABEL_CERTAINTY, LABEL_DISPUTED, ONSET, PART, RECORDING, TECHNIQUE, TIME
from yawstring.schema.signals import SIGNALS
from yawstring.table.signals import SignalOptions, measure
from yawstring.table.signals.inputs import raw_times

LABELS = (LABEL, TECHNIQUE, EPISODE, ONSET, LABEL_CERTAINTY, LABEL_DISPUTED, PART)
"""Columns that rows take from their last frame, in order."""

SIGNAL_NAMES = frozenset(signal.name for signal in SIGNALS)


def is_measured(names: Iterable[str]) -> bool:
    """Whether a table of these columns holds signals.

    Example:
        >>> is_measured(["time_ns", "air_frames_1s"]), is_measured(["time_ns", "frame.len"])
        (True, False)
    """
    return not SIGNAL_NAMES.isdisjoint(names)


def signal_frame(frame: pl.DataFrame, options: SignalOptions) -> pl.DataFrame:
    """Signals of a table of frames, recording by recording.

    Args:
        frame: A table's rows, with ``recording``.
        options: How they are measured.

    Returns:
        ``time_ns``, a column a signal that the table's columns allow, what it has of :data:`LABELS`, ``recording``.

    Raises:
        TableError: It holds signals already, or has no time or no recordings.

    Example:
        >>> frame = pl.DataFrame({"time_ns": [0, 10**9, 2 * 10**9], "class": ["benign", "dos", "dos"],
        ...                       "recording": [0, 0, 0]})
        >>> signal_frame(frame, SignalOptions(every_s=0.5, warm_up_s=0)).select("time_ns", "class").rows()
        [(0, 'benign'), (500000000, 'benign'), (1000000000, 'dos'), (1500000000, 'dos')]
    """
    if is_measured(frame.columns):
        raise TableError("expected frames, found signals: they have been measured already")
    if RECORDING not in frame.columns:
        raise TableError("the table does not say which recording a row belongs to", column=RECORDING)
    frame = _with_onsets(frame)
    rows = measure(frame, options, segment=frame[RECORDING].cast(pl.Int64).to_numpy())
    brought = frame.select(name for name in (*LABELS, RECORDING) if name in frame.columns)[rows.last]
    return pl.DataFrame([pl.Series(TIME, rows.time_ns)]).hstack(rows.frame).hstack(brought)


def _with_onsets(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the time of each episode's first frame beside it: a row may come a moment later."""
    times = raw_times(frame)
    if times is None or EPISODE not in frame.columns or ONSET in frame.columns:
        return frame
    clock = pl.Series(ONSET, times)
    first = frame.select(RECORDING, EPISODE, clock).drop_nulls(EPISODE).group_by(RECORDING, EPISODE).agg(pl.min(ONSET))
    return frame.join(first, on=[RECORDING, EPISODE], how="left", maintain_order="left")
