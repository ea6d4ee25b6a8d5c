"""Text columns to typed ones, as the schema says: numbers, classes in one spelling, missing values as null.

Whole numbers become ``Int64``, others ``Float64``. A column the schema does not know takes the narrowest of ``Int64``,
``Float64`` and ``String`` that holds all of it, as pandas would infer; so does a known column of text, for a
``timestamp`` is text in one table and a number in another. What a known column cannot hold is refused with
its file, row and column.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import TableError
from yawstring.schema import BENIGN, CLASSES, COLUMNS, LABEL, Dtype

MISSING = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
"""Spellings of a missing value; those of ``pandas.read_csv``."""

SPELLINGS: Mapping[str, str] = MappingProxyType({
    **{name: name for name in CLASSES},
    "0": BENIGN, "0.0": BENIGN, "normal": BENIGN,
    "1": "attack", "1.0": "attack",
    "dos_attack": "dos", "denial_of_service": "dos",
    "replay_attack": "replay",
    "evil_twin_attack": "evil_twin", "eviltwin": "evil_twin",
    "fdi_attack": "fdi", "false_data_injection": "fdi",
})  # fmt: skip
"""Each spelling met in the corpora, in lower case with underscores, and the one we use."""

_HEXADECIMAL = r"^0[xX][0-9a-fA-F]{1,15}$"
_EXACT_WHOLE = 2.0**53
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_SHOWN = 40
_CONTROL = "Cc"


def conform(frame: pl.DataFrame, *, name: str, lines: NDArray[np.int64]) -> pl.DataFrame:
    """Give every column its type.

    Args:
        frame: Columns of text, numbers or booleans.
        name: Name of the file, for the error.
        lines: ``int64[row]``, line of the file that each row stands on.

    Raises:
        TableError: A cell of a known column is not what the schema says.

    Example:
        >>> frame = pl.DataFrame({"wlan.flags": ["0x88", "65"], "baro": ["1", "NaN"], "class": ["DoS attack", "0"]})
        >>> conform(frame, name="a.csv", lines=np.array([2, 3])).rows()
        [(136, 1.0, 'dos'), (65, None, 'benign')]
    """
    return pl.DataFrame([_column(series, name, lines) for series in frame.iter_columns()])


def _column(series: pl.Series, name: str, lines: NDArray[np.int64]) -> pl.Series:
    known = COLUMNS.get(series.name)
    if any(unicodedata.category(letter) == _CONTROL for letter in series.name):
        raise TableError(f"expected names of columns without control characters, found {series.name!r}", file=name)
    if not (series.dtype.is_numeric() or series.dtype in (pl.String, pl.Boolean, pl.Null)):
        raise TableError(f"expected numbers or text, found {series.dtype}", file=name, column=series.name)
    wanted: Dtype | None = known.dtype if known else None
    if known and wanted == "text" and known.role != "time" and series.name != LABEL:
        return _text(series)
    if series.dtype != pl.String and (wanted == "bool" or series.name == LABEL):
        series = series.cast(pl.String)
    if series.dtype == pl.String:
        series = series.set(series.is_in(MISSING), None)
    if series.name == LABEL:
        return _classes(series, name, lines)
    if wanted is None or wanted == "text":
        return _inferred(series)
    if wanted == "bool":
        return _checked(series, _booleans(series), "true or false", name, lines)
    return _numbers(series, wanted, name, lines)


def _text(series: pl.Series) -> pl.Series:
    """A text that others choose: a network may be called 12345, or null."""
    text = series.cast(pl.String)
    return text.set(text == "", None)


def _classes(series: pl.Series, name: str, lines: NDArray[np.int64]) -> pl.Series:
    spelt = {label: SPELLINGS.get(_BETWEEN_WORDS.sub("_", label.lower())) for label in series.drop_nulls().unique()}
    classes = series.replace_strict(spelt, return_dtype=pl.String, default=None)
    return _checked(series, classes, f"one of {', '.join(CLASSES)} (or 0, 1)", name, lines)


def _booleans(series: pl.Series) -> pl.Series:
    return series.str.to_lowercase().replace_strict(_BOOLEANS, return_dtype=pl.Boolean, default=None)


def _numbers(series: pl.Series, wanted: Dtype, name: str, lines: NDArray[np.int64]) -> pl.Series:
    """A known column of numbers; a whole-number column that holds fractions keeps them, as ``Float64``."""
    if wanted == "int":
        whole = _whole(series)
        if whole.null_count() == series.null_count():
            return whole
    floats = series.cast(pl.Float64, strict=False).fill_nan(None)
    floats = floats.set(floats.is_infinite(), None)
    if wanted == "float":
        return _checked(series, floats, "a number", name, lines)
    hexadecimal = whole.is_not_null() & floats.is_null()
    floats = floats.zip_with(~hexadecimal, whole.cast(pl.Float64))
    floats = _checked(series, floats, "a whole number", name, lines)
    inexact = floats.abs() > _EXACT_WHOLE
    _checked(series, floats.set(inexact & whole.is_null(), None), "a whole number below 2^63", name, lines)
    fractions = (floats != floats.round()).any()
    return floats if fractions else floats.cast(pl.Int64).zip_with(whole.is_null(), whole)


def _whole(series: pl.Series) -> pl.Series:
    """Whole numbers, decimal or hexadecimal with 0x; null for what is neither."""
    if series.dtype.is_float():
        return series.set(series.is_nan() | (series != series.round()), None).cast(pl.Int64, strict=False)
    whole = series.cast(pl.Int64, strict=False)
    if series.dtype != pl.String or whole.null_count() == series.null_count():
        return whole
    hexadecimal = series.set(~series.str.contains(_HEXADECIMAL), None).str.slice(2)
    return whole.zip_with(whole.is_not_null(), hexadecimal.str.to_integer(base=16, dtype=pl.Int64, strict=False))


def _inferred(series: pl.Series) -> pl.Series:
    """A column the schema does not know: whole numbers, numbers, or text; floats where nothing stands in it."""
    if series.dtype.is_float():
        return series.cast(pl.Float64).fill_nan(None)
    if series.dtype == pl.Boolean:
        return series
    missing = series.null_count()
    for dtype in (pl.Int64, pl.Float64):
        numbers = series.cast(dtype, strict=False)
        if numbers.null_count() == missing < len(series):
            return numbers.fill_nan(None) if dtype == pl.Float64 else numbers
    return series.cast(pl.Float64) if missing == len(series) else series


def _checked(given: pl.Series, made: pl.Series, expected: str, name: str, lines: NDArray[np.int64]) -> pl.Series:
    """``made``, unless a cell that was given is missing from it: then the first such cell is named."""
    if made.null_count() == given.null_count():
        return made
    lost = (made.is_null() & given.is_not_null() & ~_is_nan(given)).arg_true()
    if not len(lost):
        return made
    row = int(lost[0])
    found = f"expected {expected}, found {str(given[row])[:_SHOWN]!r}"
    raise TableError(found, file=name, row=int(lines[row]), column=given.name)


def _is_nan(series: pl.Series) -> pl.Series:
    if series.dtype == pl.String:
        return series.str.contains(r"^[+-]?(?i:nan)$")
    return series.is_nan() if series.dtype.is_float() else pl.Series([False]).new_from_index(0, len(series))
