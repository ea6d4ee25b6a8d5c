"""What is ordinary: the range of each feature on benign rows of the training part, kept with a detector."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.models.base import Json
from yawstring.schema import BENIGN
from yawstring.table.parts import TrainPart, require

LOW, HIGH = 0.05, 0.95
"""Quantiles between which a value is ordinary."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """What is ordinary for one feature.

    Attributes:
        low: The 5 % quantile of benign rows.
        middle: Their median.
        high: The 95 % quantile.
    """

    low: float
    middle: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value is ordinary."""
        return self.low <= value <= self.high


def benign_ranges(part: TrainPart) -> dict[str, Range]:
    """The range of every feature of numbers over rows whose windows are benign; none for one that has no value.

    Raises:
        LeakError: ``part`` is no training part.
    """
    learnt = require(part, TrainPart, "learning what is ordinary")
    rows = np.zeros(learnt.frame.height, np.bool_)
    rows[(learnt.starts + learnt.window.label_offset)[learnt.truth == BENIGN].clip(max=len(rows) - 1)] = True
    benign = learnt.frame.filter(pl.Series(rows))
    return {
        series.name: found
        for series in benign.iter_columns()
        if series.dtype.is_numeric() and (found := _range(series.cast(pl.Float64).drop_nulls().to_numpy())) is not None
    }


def _range(values: NDArray[np.float64]) -> Range | None:
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, middle, high = (float(value) for value in np.quantile(known, (LOW, 0.5, HIGH)))
    return Range(low=low, middle=middle, high=high)


def ranges_to_json(ranges: Mapping[str, Range]) -> dict[str, Json]:
    """Ranges as JSON; :func:`ranges_from_json` gives them back."""
    return {name: [one.low, one.middle, one.high] for name, one in ranges.items()}


def ranges_from_json(data: Json) -> dict[str, Range]:
    """The ranges that :func:`ranges_to_json` wrote; what is none is left out: a range explains, it decides nothing.

    Example:
        >>> ranges_from_json({"tof": [1.0, 2.0, 3.0], "odd": [1]})
        {'tof': Range(low=1.0, middle=2.0, high=3.0)}
    """
    if not isinstance(data, dict):
        return {}
    return {
        name: Range(low=float(three[0]), middle=float(three[1]), high=float(three[2]))  # type: ignore[arg-type]
        for name, three in data.items()
        if isinstance(three, list) and len(three) == 3 and all(isinstance(one, int | float) for one in three)
    }
