"""Recordings: which rows were captured in one go, which captures overlap, and whose labels are in doubt.

Where no id exists a recording is told from the clock: ``frame.number`` counts up within a capture, so a fall starts a
new one; a table without it is cut where its time falls. Labels never decide where a recording begins, so a table
without labels is cut in the same places.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import TableError
from yawstring.schema import LABEL, LABEL_DISPUTED, RECORDING, roles
from yawstring.table.twins import candidates

CLOCKS = ("frame.number", "timestamp_c", "timestamp_p", "timestamp", "flight_time", "time")
"""Columns that only rise within a recording; the first one that a table has tells its recordings apart."""

_ISO_8601 = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}"

DISPUTED_LABEL = "replay"
DEAUTHENTICATION_TYPE, DEAUTHENTICATION_SUBTYPE = 0, 12
"""Frame type and subtype of a de-authentication frame (IEEE 802.11-2020, table 9-1)."""

DISPUTED_SHARE = 0.5
"""A recording labelled replay is in doubt where at least this share of its frames de-authenticates."""


def recording_ids(frame: pl.DataFrame) -> NDArray[np.int32]:
    """Number of the recording of each row, ``int32[row]``.

    A ``recording`` column is taken as it is. Else the first column of :data:`CLOCKS` that the table has numbers them
    from 0, one more wherever its value falls. Missing values are passed over; a table without a clock is one recording.
    Time as text counts where it is written as ISO 8601, year first, for only then does it sort as it runs.

    Raises:
        TableError: The ``recording`` column misses a value or holds one that is no 32-bit whole number.

    Example:
        >>> recording_ids(pl.DataFrame({"frame.number": [7, 9, 9, 1, 4]})).tolist()
        [0, 0, 0, 1, 1]
    """
    if RECORDING in frame.columns:
        return _given(frame[RECORDING])
    clock = next((name for name in CLOCKS if name in frame.columns and _sorts(frame[name])), None)
    if clock is None:
        return np.zeros(len(frame), np.int32)
    falls = frame.select(pl.col(clock).forward_fill()).select(pl.col(clock) < pl.col(clock).shift(1)).to_series()
    return falls.fill_null(False).cum_sum().cast(pl.Int32).to_numpy()


def _sorts(column: pl.Series) -> bool:
    """Whether the column's order is that of time."""
    return column.dtype.is_numeric() or (column.dtype == pl.String and bool(column.str.contains(_ISO_8601).all()))


def _given(column: pl.Series) -> NDArray[np.int32]:
    numbers = column.cast(pl.Int32, strict=False) if column.dtype.is_integer() else column.clear(len(column))
    if numbers.null_count():
        row = int(numbers.is_null().arg_max() or 0)
        raise TableError(f"expected a 32-bit whole number, found {column[row]}", row=row + 2, column=RECORDING)
    return numbers.to_numpy()


def linked(frame: pl.DataFrame, recording: NDArray[np.integer]) -> NDArray[np.int64]:
    """Group of recordings that each row belongs to, ``int64[row]``: the lowest recording number in the group.

    Recordings that share a row equal in every column but the labels, time included, saw the same event: they are one
    group, which belongs on one side of any split. A table without a column of time has no groups, for there equal rows
    are no evidence of one event.

    Args:
        frame: A table's columns.
        recording: ``int[row]``, as :func:`recording_ids` gives it.

    Example:
        >>> frame = pl.DataFrame({"timestamp_c": [1.0, 2.0, 2.0, 9.0], "class": ["dos", "dos", "replay", "dos"]})
        >>> linked(frame, np.array([0, 0, 1, 2])).tolist()
        [0, 0, 0, 2]
    """
    known = roles(name for name in frame.columns if name != RECORDING)
    names = [name for name, role in known.items() if role != "label"]
    if "time" not in known.values():
        return recording.astype(np.int64)
    rows = frame.select(names)
    alike = candidates(rows)
    rows = rows.filter(alike).with_columns(pl.Series(RECORDING, recording[alike], dtype=pl.Int64))
    shared = rows.group_by(names).agg(pl.col(RECORDING).unique()).filter(pl.col(RECORDING).list.len() > 1)
    parents = {int(number): int(number) for number in np.unique(recording)}
    for group in shared[RECORDING].unique().to_list():
        _join(parents, group)
    numbers, places = np.unique(recording, return_inverse=True)
    return np.array([_root(parents, int(number)) for number in numbers], np.int64)[places]


def _root(parents: dict[int, int], number: int) -> int:
    while parents[number] != number:
        number = parents[number]
    return number


def _join(parents: dict[int, int], group: Sequence[int]) -> None:
    roots = [_root(parents, number) for number in group]
    for root in roots:
        parents[root] = min(roots)


def disputed(frame: pl.DataFrame, recording: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Rows whose label is in doubt, ``bool[row]``.

    Rows labelled replay in a recording of which at least :data:`DISPUTED_SHARE` of the frames are de-authentication
    frames: of the T-ITS corpus, the first four replay recordings, which run on from its denial-of-service flights.

    Example:
        >>> frame = pl.DataFrame({"wlan.fc.type": [0, 2, 2], "wlan.fc.subtype": [12, 8, 8], "class": ["replay"] * 3})
        >>> disputed(frame, np.array([0, 0, 1])).tolist()
        [True, True, False]
    """
    if not {"wlan.fc.type", "wlan.fc.subtype", LABEL} <= set(frame.columns):
        return np.zeros(len(frame), np.bool_)
    kind, subtype = pl.col("wlan.fc.type"), pl.col("wlan.fc.subtype")
    deauthentication = (kind == DEAUTHENTICATION_TYPE) & (subtype == DEAUTHENTICATION_SUBTYPE)
    share = deauthentication.fill_null(False).mean().over(pl.Series(recording))
    doubtful = (pl.col(LABEL) == DISPUTED_LABEL).fill_null(False) & (share >= DISPUTED_SHARE)
    return frame.select(doubtful.alias(LABEL_DISPUTED)).to_series().to_numpy()
