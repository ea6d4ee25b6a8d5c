"""The three parts of a split as types of their own: what may be fitted, what may choose, and what only scores.

A function that fits takes a :class:`TrainPart`, one that chooses (an epoch, a threshold) a :class:`ValidationPart`.
Handing it anything else is an error of mypy, and a :class:`~yawstring.errors.LeakError` when it runs. Each part holds
copies of *its own* rows and of the feature columns alone, so that there is nothing in it to leak.
"""

from dataclasses import dataclass
from typing import TypeVar, final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import LeakError
from yawstring.table.windows import WindowSpec

P = TypeVar("P")


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows of one part and the windows cut from them.

    Attributes:
        frame: The feature columns, rows of this part only, in the order of the table.
        rows: ``int64[row]``, where each row stands in the table.
        window: How windows are cut.
        starts: ``int64[window]``, first row of each window, as an index into ``frame``.
        truth: ``str[window]``, class of each window.
        group: ``int64[window]``, recording or run that each window comes from: the unit of resampling.
    """

    frame: pl.DataFrame
    rows: NDArray[np.int64]
    window: WindowSpec
    starts: NDArray[np.int64]
    truth: NDArray[np.str_]
    group: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)


@final
class TrainPart(Part):
    """What scalers, encoders and detectors are fitted on."""


@final
class ValidationPart(Part):
    """What epochs, thresholds and options are chosen by."""


@final
class TestPart(Part):
    """What a finished detector is measured on, and nothing else."""

    __test__ = False  # not a test case, whatever pytest makes of the name


def require(part: object, kind: type[P], purpose: str) -> P:
    """``part``, if it is of the ``kind`` that ``purpose`` may use.

    Raises:
        LeakError: It is not.

    Example:
        >>> require(pl.DataFrame(), TrainPart, "fitting a scaler")
        Traceback (most recent call last):
        ...
        yawstring.errors.LeakError: fitting a scaler takes a TrainPart only, not a DataFrame
    """
    if not isinstance(part, kind):
        raise LeakError(f"{purpose} takes a {kind.__name__} only, not a {type(part).__name__}")
    return part
