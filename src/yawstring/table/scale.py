"""From columns to the numbers a model reads, fitted on training rows only.

What a column means decides what becomes of it (:mod:`yawstring.schema`):

- A *measure* is standardised with the mean and deviation of the training rows, in float64, then clipped to
  ±:data:`CLIP`: one wild value of a broken sensor must not drown a whole window, and ten deviations are news enough.
  One that is constant in training says nothing, and becomes no column.
- A *code* or *flag* only names things: 8 is not twice 4. Each value seen in training gets a column of its own, the
  :data:`MOST_VALUES` most frequent ones at most; the rest share the column ``other``. There is no such column where
  training had no rest: its weights would never have learnt anything, so that a value first met in the field would
  add noise. Such a value lights no column at all, and neither does the only value of a code that never changes.
- A missing value becomes 0, the mean, and lights a column ``missing`` where training had missing values to learn from,
  and others to tell them from.

Trees need none of this: their encoding is ``"raw"``, the columns as they are, a missing value NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import TableError
from yawstring.schema import COLUMNS, Kind
from yawstring.table.parts import TrainPart, require
from yawstring.table.windows import Json

CLIP = 10.0
"""Standard deviations beyond which a measure is cut off."""

MOST_VALUES = 32
"""Columns a code is given at most, before the rest share one."""

Value: TypeAlias = int | float | str


@dataclass(frozen=True, kw_only=True)
class ColumnCode:
    """How one column becomes numbers.

    Attributes:
        name: Its name in the table.
        kind: ``"measure"``, ``"code"`` or ``"flag"``.
        mean: Mean of a measure over the training rows.
        deviation: Its standard deviation; 0 for a constant.
        values: Values of a code that have a column of their own, the most frequent first.
        other: Training had values beyond those.
        missing: Training had missing values, and others.
    """

    name: str
    kind: Kind
    mean: float = 0.0
    deviation: float = 0.0
    values: tuple[Value, ...] = ()
    other: bool = False
    missing: bool = False

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the columns it becomes."""
        extra = [("other", self.other), ("missing", self.missing)]
        return self._main + tuple(f"{self.name} {word}" for word, there in extra if there)

    @property
    def _main(self) -> tuple[str, ...]:
        if self.kind == "measure":
            return (self.name,) if self.deviation > 0 else ()
        if len(self.values) == 1 and not (self.other or self.missing):
            return ()
        return tuple(f"{self.name}={value}" for value in self.values)


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """Turns feature columns into ``float32[row, feature]``; see the module for how and why.

    Attributes:
        columns: One entry for each feature of the table, in order.

    Example:
        >>> encoder = Encoder(columns=(ColumnCode(name="tof", kind="measure", mean=80.0, deviation=10.0),
        ...                            ColumnCode(name="wlan.fc.type", kind="code", values=(2, 0))))
        >>> encoder.names
        ('tof', 'wlan.fc.type=2', 'wlan.fc.type=0')
        >>> frame = pl.DataFrame({"tof": [90, None], "wlan.fc.type": [0, 1]})
        >>> encoder.transform(frame).tolist()
        [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
        >>> encoder.raw(frame).tolist()
        [[90.0, 0.0], [nan, 1.0]]
    """

    columns: tuple[ColumnCode, ...]

    @classmethod
    def fit(cls, part: TrainPart) -> "Encoder":
        """Learn means, deviations and values from the rows of the training part.

        Raises:
            LeakError: ``part`` is no training part.
            TableError: A measure holds text.
        """
        frame = require(part, TrainPart, "fitting an encoder").frame
        return cls(columns=tuple(_fit_column(frame[name]) for name in frame.columns))

    @property
    def features(self) -> tuple[str, ...]:
        """Columns of the table that it reads."""
        return tuple(column.name for column in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`transform`."""
        return tuple(name for column in self.columns for name in column.outputs)

    def transform(self, frame: pl.DataFrame) -> NDArray[np.float32]:
        """``float32[row, feature]``, encoded and scaled: what a network reads.

        Raises:
            TableError: A column is missing, or holds text where a number is due.
        """
        out = np.zeros((frame.height, len(self.names)), np.float32)
        at = 0
        for column in self.columns:
            width = len(column.outputs)
            _encode(column, _series(frame, column.name), out[:, at : at + width])
            at += width
        return out

    def raw(self, frame: pl.DataFrame) -> NDArray[np.float32]:
        """``float32[row, column]``, columns as they are, missing values NaN: what trees read.

        A code that is text becomes the place of its value among those known from training, NaN for an unknown one.

        Raises:
            TableError: A column is missing, or holds text where a number is due.
        """
        out = np.empty((frame.height, len(self.columns)), np.float32)
        for place, column in enumerate(self.columns):
            series = _series(frame, column.name)
            out[:, place] = _places(column, series) if _is_text(series) else _numbers(series)
        return out

    def transform_measures(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """What :meth:`transform` gives, bit for bit, for columns that are all measures and lie in an array.

        Args:
            values: ``float64[row, column]``, NaN for a missing value.

        Raises:
            ValueError: A column is no measure.

        Example:
            >>> encoder = Encoder(columns=(ColumnCode(name="tof", kind="measure", mean=80.0, deviation=10.0),))
            >>> encoder.transform_measures(np.array([[90.0], [np.nan]])).tolist()
            [[1.0], [0.0]]
        """
        layout = self._layout
        out = np.zeros((len(values), layout.width), np.float32)
        absent = ~np.isfinite(values)
        with np.errstate(invalid="ignore"):
            scaled = _scaled(values[:, layout.measures], layout.means, layout.deviations)
            out[:, layout.places] = np.where(absent[:, layout.measures], 0.0, scaled)
        out[:, layout.missing_places] = absent[:, layout.missing]
        return out

    @cached_property
    def _layout(self) -> "_Layout":
        """Of columns that are all measures; made once, since a stream asks for a row at a time."""
        if any(column.kind != "measure" for column in self.columns):
            raise ValueError("expected measures alone")
        measures, places, missing, missing_places, at = list[int](), list[int](), list[int](), list[int](), 0
        for number, column in enumerate(self.columns):
            if column.deviation > 0:
                measures.append(number)
                places.append(at)
            at += len(column.outputs)
            if column.missing:
                missing.append(number)
                missing_places.append(at - 1)
        return _Layout(
            measures=np.array(measures, np.int64),
            places=np.array(places, np.int64),
            missing=np.array(missing, np.int64),
            missing_places=np.array(missing_places, np.int64),
            means=np.array([self.columns[column].mean for column in measures], np.float64),
            deviations=np.array([self.columns[column].deviation for column in measures], np.float64),
            width=len(self.names),
        )

    def to_json(self) -> list[Json]:
        """The encoder as JSON; :meth:`from_json` gives it back bit for bit."""
        return [
            {
                "name": column.name,
                "kind": column.kind,
                "mean": column.mean,
                "deviation": column.deviation,
                "values": list(column.values),
                "other": column.other,
                "missing": column.missing,
            }
            for column in self.columns
        ]

    @classmethod
    def from_json(cls, data: Json) -> "Encoder":
        """The encoder that :meth:`to_json` wrote.

        Raises:
            TypeError, KeyError, ValueError: The JSON is no encoder.
        """
        if not isinstance(data, list):
            raise TypeError("an encoder is a list of columns")
        return cls(columns=tuple(_column_from_json(item) for item in data))


class _Layout(NamedTuple):
    """Columns that are scaled, where they go and by what; columns whose absence counts, and where that goes; width."""

    measures: NDArray[np.int64]
    places: NDArray[np.int64]
    missing: NDArray[np.int64]
    missing_places: NDArray[np.int64]
    means: NDArray[np.float64]
    deviations: NDArray[np.float64]
    width: int


def _column_from_json(item: Json) -> ColumnCode:
    if not isinstance(item, dict) or item["kind"] not in ("measure", "code", "flag"):
        raise ValueError(f"no column of an encoder: {item!r}")
    values = cast(list[Value], item["values"])
    mean, deviation = float(cast(float, item["mean"])), float(cast(float, item["deviation"]))
    if not (np.isfinite(mean) and np.isfinite(deviation) and deviation >= 0):
        raise ValueError(f"mean or deviation of column {item['name']!r} out of range")
    return ColumnCode(
        name=str(item["name"]),
        kind=cast(Kind, item["kind"]),
        mean=mean,
        deviation=deviation,
        values=tuple(values),
        other=bool(item["other"]),
        missing=bool(item["missing"]),
    )


def _fit_column(series: pl.Series) -> ColumnCode:
    known = COLUMNS.get(series.name)
    kind: Kind = known.kind if known else "measure"
    if kind == "measure":
        numbers = _numbers(series)
        there = numbers[np.isfinite(numbers)]
        constant = not len(there) or bool(there.min() == there.max())
        return ColumnCode(
            name=series.name,
            kind=kind,
            mean=float(there.mean()) if len(there) else 0.0,
            deviation=0.0 if constant else float(there.std()),
            missing=0 < len(there) < len(numbers),
        )
    values = _values(series)
    there_values = values.drop_nulls()
    counts = there_values.value_counts(name="rows").sort(["rows", series.name], descending=[True, False])
    ranked = [_plain(value) for value in counts[series.name].to_list()]
    return ColumnCode(
        name=series.name,
        kind=kind,
        values=tuple(ranked[:MOST_VALUES]),
        other=len(ranked) > MOST_VALUES,
        missing=0 < there_values.len() < values.len(),
    )


def _encode(column: ColumnCode, series: pl.Series, out: NDArray[np.float32]) -> None:
    """Write the columns that ``column`` becomes into ``out``, which holds zeros."""
    if not column.outputs:
        return
    if column.kind == "measure":
        numbers = _numbers(series)
        absent = ~np.isfinite(numbers)
        width = 0
        if column.deviation > 0:
            out[:, 0] = np.where(absent, 0.0, _scaled(numbers, column.mean, column.deviation))
            width = 1
    else:
        absent = _values(series).is_null().to_numpy()
        place = _places(column, series)
        width = len(column.values)
        hit = np.flatnonzero(~np.isnan(place))
        out[hit, place[hit].astype(np.int64)] = 1.0
        if column.other:
            out[:, width] = np.isnan(place) & ~absent
            width += 1
    if column.missing:
        out[:, width] = absent


def _scaled(
    numbers: NDArray[np.float64], mean: float | NDArray[np.float64], deviation: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.clip((numbers - mean) / deviation, -CLIP, CLIP)


def _places(column: ColumnCode, series: pl.Series) -> NDArray[np.float64]:
    """``float64[row]``: place of each value among those with a column of their own, NaN for any other."""
    values = _values(series)
    known: Sequence[Value] = column.values
    dtype = values.dtype
    table = pl.Series([str(v) for v in known] if _is_text(values) else [float(v) for v in known], dtype=dtype)
    place = values.replace_strict(table, pl.Series(range(len(known)), dtype=pl.Float64), default=None)
    return place.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _series(frame: pl.DataFrame, name: str) -> pl.Series:
    if name not in frame.columns:
        raise TableError("the table lacks this column, which the detector reads", column=name)
    return frame[name]


def _is_text(series: pl.Series) -> bool:
    return series.dtype in (pl.String, pl.Categorical)


def _values(series: pl.Series) -> pl.Series:
    """Values of a code: text as it is, numbers as float64, NaN as null."""
    if _is_text(series):
        return series.cast(pl.String)
    return series.cast(pl.Float64).fill_nan(None)


def _numbers(series: pl.Series) -> NDArray[np.float64]:
    """``float64[row]``, null as NaN."""
    if _is_text(series):
        raise TableError("expected numbers, found text", column=series.name)
    return series.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _plain(value: Value) -> Value:
    """A whole number without its ``.0``."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
