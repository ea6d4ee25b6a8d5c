"""From the table to windows and a split, step by step as the reference notebook has it.

The notebook is a pandas and scikit-learn one. Each function here is one of its cells, and equals it bit for bit, with
one exception: its sort is unstable on a key of whole seconds, so that the order inside a second is not defined. Here
the sort is stable.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import MissingExtraError, SplitError, TableError
from yawstring.models.base import Windows
from yawstring.schema import BENIGN, LABEL, LAYOUTS, RECORDING
from yawstring.table.corpora import Table

LAYOUT = "notebook"

WINDOW_ROWS = 5
"""Rows of a window; its label is the class of the row after it."""

WEIGHT = 0.5
"""What the physical columns are multiplied by."""

WEIGHTED = (
    *("mid", "x", "y", "z", "pitch", "roll", "yaw", "vgx", "vgy", "vgz", "templ", "temph", "tof", "h"),
    *("bat", "baro", "flight_time", "agx", "agy", "agz"),
)
"""The 20 columns that are multiplied by :data:`WEIGHT`."""

DROPPED = (
    *("timestamp", "timestamp_c", "frame.number", "frame.len"),
    *("wlan_radio.Noise level (dbm)", "wlan_radio.SNR (db)", "wlan.frag", "wlan.qos.ack"),
)
"""The 8 columns that are dropped once the rows are sorted."""

SCALED = (
    *("x", "y", "z", "pitch", "roll", "yaw", "vgx", "vgy", "vgz", "bat", "flight_time", "baro"),
    *("templ", "temph", "tof", "h", "agx", "agy", "agz", "wlan.duration", "wlan.fcs"),
)
"""The 21 columns that are scaled to 0..1; the others stay as they are, and ``mid`` stays halved."""

HELD_OUT = 0.2
"""Share of the windows that validation and test part take together; each gets half."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What the notebook's first cells print.

    Attributes:
        rows: Rows of the table.
        columns: Columns of the file.
        incomplete: Rows that miss a value.
        constant: Columns that hold one value.
    """

    rows: int
    columns: int
    incomplete: int
    constant: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Windows of each part, as indices into the windows (not the rows): ``int64[window]`` each."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def open_layout(table: Table) -> pl.DataFrame:
    """The table's columns in the notebook's order, ``class`` as 0 (benign) or 1, and our column ``recording`` last.

    Raises:
        TableError: The table is of another layout.
    """
    if table.layout != LAYOUT:
        missing = [name for name in LAYOUTS[LAYOUT] if name not in table.frame.columns]
        lacks = f"; it lacks {len(missing)} of its columns, '{missing[0]}' for one" if missing else ""
        raise TableError(
            f"the notebook protocol needs the notebook's fused table of {len(LAYOUTS[LAYOUT])} columns, "
            f"not one of layout '{table.layout}'{lacks}"
        )
    label = (pl.col(LABEL) != BENIGN).cast(pl.Int64)
    return table.frame.select(*LAYOUTS[LAYOUT], RECORDING).with_columns(label)


def look(frame: pl.DataFrame) -> Findings:
    """Count rows that miss a value, and name the columns of one value.

    Example:
        >>> look(pl.DataFrame({"a": [1, 1], "b": [1.0, None]}))
        Findings(rows=2, columns=2, incomplete=1, constant=('a', 'b'))
    """
    frame = frame.drop(RECORDING, strict=False)
    absent = frame.select(_absent(name, frame) for name in frame.columns)
    return Findings(
        rows=frame.height,
        columns=frame.width,
        incomplete=int(np.sum(absent.to_numpy().any(axis=1))),
        constant=tuple(name for name in frame.columns if frame[name].drop_nulls().n_unique() == 1),
    )


def _absent(name: str, frame: pl.DataFrame) -> pl.Expr:
    nan = pl.col(name).is_nan() if frame[name].dtype.is_float() else pl.lit(False)
    return (pl.col(name).is_null() | nan).alias(name)


def weigh(frame: pl.DataFrame) -> pl.DataFrame:
    """Multiply the physical columns by :data:`WEIGHT`."""
    return frame.with_columns(pl.col(name) * WEIGHT for name in WEIGHTED)


def stable_order(frame: pl.DataFrame) -> NDArray[np.int64]:
    """``int64[row]``: rows in order of ``timestamp``, those of one second in file order."""
    return frame.select(pl.arg_sort_by("timestamp", maintain_order=True)).to_series().cast(pl.Int64).to_numpy()


def unstable_order(frame: pl.DataFrame) -> NDArray[np.int64]:
    """``int64[row]``: the order of NumPy's default sort over text keys, which pandas' ``sort_values`` also takes.

    Inside a second it is whatever this build of NumPy makes of it.
    """
    return np.argsort(np.array(frame["timestamp"].to_list(), dtype=object), kind="quicksort")


def drop(frame: pl.DataFrame) -> pl.DataFrame:
    """Drop :data:`DROPPED`, and our own ``recording``: 54 columns are left."""
    return frame.drop(*DROPPED, RECORDING, strict=False)


def scale(frame: pl.DataFrame, *, on: NDArray[np.int64] | None = None) -> pl.DataFrame:
    """Scale the columns of :data:`SCALED` that are there to 0..1.

    Args:
        frame: The rows to scale, all of them.
        on: ``int64[row]``, rows to take lowest and highest value from. ``None``: the whole table, as the notebook.

    Example:
        >>> scale(pl.DataFrame({"tof": [10, 20, 30], "mid": [-0.5, -0.5, 1.0]}))["tof"].to_list()
        [0.0, 0.5, 1.0]
    """
    return frame.with_columns(_scaled(frame[name], on) for name in SCALED if name in frame.columns)


def _scaled(column: pl.Series, on: NDArray[np.int64] | None) -> pl.Series:
    """scikit-learn's ``MinMaxScaler``, in its order of operations."""
    values = column.cast(pl.Float64).to_numpy()
    seen = values if on is None else values[on]
    low, width = seen.min(), seen.max() - seen.min()
    if width < 10 * np.finfo(np.float64).eps:
        width = 1.0
    factor = 1.0 / width
    return pl.Series(column.name, values * factor + (0.0 - low * factor))


def matrix(frame: pl.DataFrame, *, with_label: bool = True) -> NDArray[np.float32]:
    """``float32[row, feature]``: what windows are cut from.

    The notebook keeps ``class`` among the columns and appends it once more: the last two of 55 features are the label.

    Args:
        frame: Numeric columns, ``class`` among them.
        with_label: As the notebook; otherwise the label is left out, both times.

    Example:
        >>> matrix(pl.DataFrame({"tof": [3, 4], "class": [0, 1]})).tolist()
        [[3.0, 0.0, 0.0], [4.0, 1.0, 1.0]]
    """
    if not with_label:
        return frame.drop(LABEL).cast(pl.Float64).to_numpy().astype(np.float32)
    values = frame.cast(pl.Float64).to_numpy()
    return np.column_stack([values, frame[LABEL].to_numpy()]).astype(np.float32)


def windows(rows: NDArray[np.float32], label: NDArray[np.int64]) -> Windows:
    """Every window of :data:`WINDOW_ROWS` rows that has a row after it; that row's class is its label.

    Args:
        rows: ``float32[row, feature]``.
        label: ``int64[row]``, 0 or 1.

    Raises:
        TableError: There are too few rows for one window.
    """
    count = len(rows) - WINDOW_ROWS
    if count < 1:
        raise TableError(f"expected more than {WINDOW_ROWS} rows, found {len(rows)}")
    return Windows(rows=rows, starts=np.arange(count), length=WINDOW_ROWS, labels=label[WINDOW_ROWS:])


def split(label: NDArray[np.int64], *, seed: int) -> Parts:
    """80 % of the windows to train on, 10 % each to validate and test, drawn at random by class.

    Two calls of scikit-learn's ``train_test_split``: a fifth off, then that fifth in half. (A tenth off and then a
    ninth gives the very same counts on the notebook's table; which of the two it does, the counts don't tell.)

    Args:
        label: ``int64[window]``.
        seed: ``random_state`` of both calls.

    Raises:
        SplitError: A class has too few windows to be in every part.
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.model_selection import train_test_split
    except ImportError as error:
        raise MissingExtraError("scikit-learn", extra="train", needed_for="the notebook's split") from error
    every = np.arange(len(label))
    try:
        train, rest = train_test_split(every, test_size=HELD_OUT, random_state=seed, stratify=label)
        validation, test = train_test_split(rest, test_size=0.5, random_state=seed, stratify=label[rest])
    except ValueError as error:
        raise SplitError(f"the notebook's stratified 80/10/10 split is undefined on this table: {error}") from error
    return Parts(train=train, validation=validation, test=test)


def take(windows: Windows, chosen: NDArray[np.int64]) -> Windows:
    """Some of the windows, over the same rows."""
    return Windows(
        rows=windows.rows, starts=windows.starts[chosen], length=windows.length, labels=windows.labels[chosen]
    )


def class_counts(label: NDArray[np.int64]) -> tuple[int, int]:
    """Rows or windows of class 0 and of class 1."""
    return int(np.sum(label == 0)), int(np.sum(label == 1))


def balanced_weights(label: NDArray[np.int64]) -> Mapping[int, float]:
    """Weight of each class by scikit-learn's rule ``balanced``; the notebook computes it and leaves it unused.

    Example:
        >>> balanced_weights(np.array([0, 1, 1, 1]))
        {0: 2.0, 1: 0.6666666666666666}
    """
    return {value: len(label) / (2 * count) for value, count in enumerate(class_counts(label)) if count}
