"""Telemetry beside frames: what the aircraft had last said when a frame came in.

A backward as-of join on receive time. A frame at t takes the last row with time <= t, never a later one: what was not
yet known when the frame came in must not stand beside it. A row older than the tolerance says nothing about now, and
its columns become null, while its age stays: a link that has fallen silent is evidence. No frame is dropped or moved.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.errors import OptionError, TableError
from yawstring.schema import COLUMNS, OURS, TELEMETRY_AGE, TIME
from yawstring.schema.telemetry import TELEMETRY_COLUMNS
from yawstring.wire.decoder import Column
from yawstring.wire.stamps import NS_PER_S

MOST_OFFSET_S = 4e9
"""Seconds that two clocks may lie apart: a log stamped from 1970 and a capture of 2096 do."""

MOST_TIME_NS = 1 << 62
"""Nanoseconds from 1970, either way, beyond which a stamp is no time; differences below it fit 64 bits."""

TELEMETRY_NAMES = tuple(column.name for column in TELEMETRY_COLUMNS if column.source == OURS)
"""Telemetry columns of every fused table, in their order."""

_TELEMETRY = frozenset(TELEMETRY_NAMES)
_NONE = -1
_PLAIN: Final = ("C", "W")  # one kind of array, so that each loop is compiled once
_DTYPES = {"int": pl.Int64, "float": pl.Float64}


@dataclass(frozen=True, kw_only=True)
class FuseOptions:
    """How telemetry is put beside frames.

    Attributes:
        tolerance_s: Age in seconds from which on a row's values are left out.
        offset_s: Seconds to add to the telemetry's clock to get the capture's.

    Raises:
        OptionError: One of them makes no sense.
    """

    tolerance_s: float = 0.3
    offset_s: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance_s <= MOST_OFFSET_S:
            raise OptionError(f"expected a tolerance of 0 s or more, found {self.tolerance_s}")
        if not abs(self.offset_s) <= MOST_OFFSET_S:
            raise OptionError(f"expected a clock offset of at most {MOST_OFFSET_S:.0e} s, found {self.offset_s}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Fused:
    """Frames with telemetry beside them.

    Attributes:
        frame: Columns of the frames, then :data:`TELEMETRY_NAMES`, then ``telemetry_age_s``; one row a frame, in order.
        fresh: Frames that took a row.
        stale: Frames whose last row was older than the tolerance.
        before: Frames that came before the first row, or where there is no telemetry.
        untimed: Frames without a usable time.
        rows: Rows of telemetry.
        unused: Rows that no frame took, fresh or stale.
    """

    frame: pl.DataFrame
    fresh: int
    stale: int
    before: int
    untimed: int
    rows: int
    unused: int


def fuse(frames: pl.DataFrame, telemetry: pl.DataFrame | None, options: FuseOptions | None = None) -> Fused:
    """Put telemetry beside each frame.

    Args:
        frames: One row a frame, with ``time_ns``, in any order, which is kept.
        telemetry: One row a state, with ``time_ns`` rising; ``None`` where there is none, and its columns are null.
        options: Tolerance and clock offset.

    Raises:
        TableError: A column of time is missing, the telemetry is not in order, or the frames have telemetry already.
        OptionError: The clock offset takes the telemetry out of the range of time.

    Example:
        >>> frames = pl.DataFrame({"time_ns": [0, 150_000_000, 900_000_000]})
        >>> telemetry = pl.DataFrame({"time_ns": [100_000_000, 200_000_000], "height_m": [0.5, 0.6]})
        >>> fuse(frames, telemetry).frame.select("height_m", "telemetry_age_s").rows()
        [(None, None), (0.5, 0.05), (None, 0.7)]
    """
    options = options or FuseOptions()
    times, timed = frame_times(frames)
    _check_free(frames)
    if telemetry is None:
        telemetry = pl.DataFrame(schema={TIME: pl.Int64})
    fresh, age_s, used = _joined(times, timed, telemetry, options)
    aged = pl.Series(TELEMETRY_AGE, age_s).fill_nan(None)
    count, with_row, late = int((fresh != _NONE).sum()), len(aged) - aged.null_count(), len(timed) - int(timed.sum())
    return Fused(
        frame=frames.hstack([*_taken(telemetry, fresh), aged]),
        fresh=count,
        stale=with_row - count,
        before=len(aged) - with_row - late,
        untimed=late,
        rows=len(used),
        unused=len(used) - int(used.sum()),
    )


class TelemetryColumns(Mapping[str, Column]):
    """What :func:`fuse` would put beside frames, without a table: each column is made when it is first asked for."""

    def __init__(self, stamps: Column, telemetry: pl.DataFrame | None, options: FuseOptions) -> None:
        """Put telemetry beside each frame.

        Args:
            stamps: Times of the frames; what is not valid is no time.
            telemetry: As :func:`fuse` takes it.
            options: Likewise.

        Example:
            >>> stamps = Column(values=np.array([0, 150_000_000, 900_000_000]), valid=np.ones(3, np.bool_))
            >>> rows = pl.DataFrame({"time_ns": [100_000_000, 200_000_000], "height_m": [0.5, 0.6]})
            >>> TelemetryColumns(stamps, rows, FuseOptions())["height_m"].valid.tolist()
            [False, True, False]
        """
        times = np.where(stamps.valid, stamps.values, 0).astype(np.int64, copy=False)
        timed = stamps.valid & (times >= -MOST_TIME_NS) & (times <= MOST_TIME_NS)
        self._rows = pl.DataFrame(schema={TIME: pl.Int64}) if telemetry is None else telemetry
        self._fresh, age_s, _ = _joined(times, timed, self._rows, options)
        self._made = {TELEMETRY_AGE: Column(values=age_s, valid=~np.isnan(age_s))}

    def __getitem__(self, name: str) -> Column:
        if name not in self._made:
            if name not in _TELEMETRY:
                raise KeyError(name)
            self._made[name] = self._gathered(name)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in _TELEMETRY or name == TELEMETRY_AGE

    def __iter__(self) -> Iterator[str]:
        return iter((*TELEMETRY_NAMES, TELEMETRY_AGE))

    def __len__(self) -> int:
        return len(TELEMETRY_NAMES) + 1

    def _gathered(self, name: str) -> Column:
        if name not in self._rows.columns or not len(self._rows):
            return Column(values=np.zeros(len(self._fresh)), valid=np.zeros(len(self._fresh), np.bool_))
        series = self._rows[name]
        if not series.dtype.is_numeric():
            series = series.cast(_DTYPES[COLUMNS[name].dtype])
        # Not by expressions, of which each is planned and run by threads: that costs more than the few rows here.
        values, places = series.to_numpy(), np.maximum(self._fresh, 0)
        given = ~np.isnan(values) if values.dtype.kind == "f" else np.ones(len(values), np.bool_)
        return Column(values=values[places], valid=(self._fresh != _NONE) & given[places])


def last_before(times: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Index of the last row at or before each time, ``int64[time]``; -1 where every row is later.

    Of rows with one stamp, the last. About one step a time where the times rise, and never more than the logarithm of
    the number of rows.

    Args:
        times: ``int64[time]``, in any order.
        rows: ``int64[row]``, not falling.

    Example:
        >>> last_before(np.array([5, 10, 3, 99]), np.array([4, 10, 10, 20])).tolist()
        [0, 2, -1, 3]
    """
    out = np.empty(len(times), np.int64)
    _last_before(np.require(times, np.int64, _PLAIN), np.require(rows, np.int64, _PLAIN), out)
    return out


def frame_times(frames: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """``int64[frame]`` receive times in nanoseconds, and ``bool[frame]`` which of them are times at all.

    Raises:
        TableError: There is no column ``time_ns`` of whole numbers.

    Example:
        >>> frame_times(pl.DataFrame({"time_ns": [7, None]}))
        (array([7, 0]), array([ True, False]))
    """
    if TIME not in frames.columns:
        raise TableError("expected frames with their time of receipt, found no such column", column=TIME)
    series = frames[TIME]
    if not (series.dtype.is_integer() or series.null_count() == len(series)):
        raise TableError(f"expected whole nanoseconds, found {series.dtype}", column=TIME)
    times = series.cast(pl.Int64)
    if not times.null_count():
        stamps = _own(times)
        return stamps, (stamps >= -MOST_TIME_NS) & (stamps <= MOST_TIME_NS)
    timed = times.is_between(-MOST_TIME_NS, MOST_TIME_NS).fill_null(False)
    return _own(times.fill_null(0)), np.require(timed.to_numpy(), np.bool_, _PLAIN)


def _joined(
    times: NDArray[np.int64], timed: NDArray[np.bool_], telemetry: pl.DataFrame, options: FuseOptions
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """For each frame its row, -1 where that is stale; the row's age, NaN without one; and which rows were used."""
    rows = _row_times(telemetry, options.offset_s)
    fresh, age_s = np.empty(len(times), np.int64), np.empty(len(times), np.float64)
    used = np.zeros(len(rows), np.bool_)
    _join(times, timed, rows, round(options.tolerance_s * NS_PER_S), fresh, age_s, used)
    return fresh, age_s, used


@compiled
def _last_before(times: NDArray[np.int64], rows: NDArray[np.int64], out: NDArray[np.int64]) -> None:
    last = -1
    for place in range(min(len(times), len(out))):
        last = _moved(times[place], rows, last)
        out[place] = last


@compiled
def _join(
    times: NDArray[np.int64],
    timed: NDArray[np.bool_],
    rows: NDArray[np.int64],
    tolerance_ns: int,
    fresh: NDArray[np.int64],
    age_s: NDArray[np.float64],
    used: NDArray[np.bool_],
) -> None:
    """For each frame its row, -1 where that is stale; the row's age, NaN without one; and which rows were used."""
    last = -1
    for place in range(min(len(times), len(timed), len(fresh), len(age_s))):
        fresh[place], age_s[place] = -1, np.nan
        if not timed[place]:
            continue
        last = _moved(times[place], rows, last)
        if last >= 0:
            age_ns = times[place] - rows[last]
            age_s[place] = age_ns / NS_PER_S
            used[last] = True
            if age_ns <= tolerance_ns:
                fresh[place] = last


@compiled_part
def _moved(time: int, rows: NDArray[np.int64], last: int) -> int:
    """The last row at or before ``time``, looked for from the one before: near it first, then in doubling strides."""
    count = len(rows)
    if last >= 0 and rows[last] > time:
        low, high = -1, last
    else:
        low, stride = last, 1
        while low + stride < count and rows[low + stride] <= time:
            low += stride
            stride *= 2
        high = min(low + stride, count)
    while high - low > 1:
        middle = (low + high) // 2
        if rows[middle] <= time:
            low = middle
        else:
            high = middle
    return low


def _check_free(frames: pl.DataFrame) -> None:
    taken = [name for name in (*TELEMETRY_NAMES, TELEMETRY_AGE) if name in frames.columns]
    if taken:
        raise TableError("expected frames alone, found telemetry beside them already", column=taken[0])


def _row_times(telemetry: pl.DataFrame, offset_s: float) -> NDArray[np.int64]:
    """``int64[row]``, receive times of the telemetry on the capture's clock."""
    if TIME not in telemetry.columns or telemetry[TIME].null_count():
        raise TableError("expected telemetry with a time of receipt in each row", column=TIME)
    rows = _own(telemetry[TIME].cast(pl.Int64))
    if (rows[1:] < rows[:-1]).any():
        raise TableError("expected telemetry in the order of its time", column=TIME)
    offset_ns = round(offset_s * NS_PER_S)
    if len(rows) and not -MOST_TIME_NS <= int(rows[0]) + offset_ns <= int(rows[-1]) + offset_ns <= MOST_TIME_NS:
        raise OptionError(f"a clock offset of {offset_s} s takes the telemetry out of the range of time")
    return rows + offset_ns


def _own(series: pl.Series) -> NDArray[np.int64]:
    return np.require(series.to_numpy(), np.int64, _PLAIN)


def _taken(telemetry: pl.DataFrame, index: NDArray[np.int64]) -> pl.DataFrame:
    """Telemetry columns of the rows at ``index``, null at -1 and where the telemetry lacks the column."""
    dtypes = {name: _DTYPES[COLUMNS[name].dtype] for name in TELEMETRY_NAMES}
    given = [name for name in TELEMETRY_NAMES if name in telemetry.columns and len(telemetry)]
    absent = [pl.Series(name, [None], dtype=dtypes[name]) for name in TELEMETRY_NAMES if name not in given]
    nothing = [series.new_from_index(0, len(index)) for series in absent]
    if not given:
        return pl.DataFrame(nothing)
    # Gathering by an index that may be null is several times slower than setting null what should be.
    absent_rows = pl.Series(index == _NONE)
    places = pl.Series(np.maximum(index, 0)).cast(pl.UInt32)
    rows = telemetry.select(pl.col(name).cast(dtypes[name]) for name in given)[places]
    taken = pl.DataFrame([column.set(absent_rows, None) for column in rows.iter_columns()])
    return taken.hstack(nothing).select(TELEMETRY_NAMES)
