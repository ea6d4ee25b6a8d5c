"""What single columns give away: the class, the recording, or, by being absent, either.

A column that tells the class by itself is a copy of the label or a habit of the capture. How well it does is its area
under the ROC curve, one class against the rest, whichever way round: 0.5 says nothing, 1 everything. For a column that
only names things its values are first ranked by the share of the class among *other* recordings, so that a value met
once cannot vouch for itself.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.schema import COLUMNS, LABEL, RECORDING, roles

TELLS = 0.98
"""From this area on a column tells the class by itself."""

NAMES = 0.9
"""From this share of the variance on, or of values met nowhere else, a column names its recording."""

FOLDS = 2


@dataclass(frozen=True, kw_only=True)
class ColumnTells:
    """What one column gives away.

    Attributes:
        name: The column.
        role: Its role; ``"unknown"`` where the schema does not know it.
        missing: Share of rows without a value.
        of_class: The class it tells best.
        auc: How well, 0.5 to 1; ``None`` where it never changes.
        missing_auc: How well its absence tells the class it tells best.
        copy: It names the class one to one.
        between: Share of its variance that lies between recordings; ``None`` for text.
        only_here: Share of rows whose value no other recording has.
    """

    name: str
    role: str
    missing: float
    of_class: str
    auc: float | None
    missing_auc: float
    copy: bool
    between: float | None
    only_here: float

    @property
    def tells_class(self) -> bool:
        """Whether it tells the class by itself."""
        return self.copy or (self.auc is not None and self.auc >= TELLS)

    @property
    def names_recording(self) -> bool:
        """Whether it names its recording."""
        return self.only_here >= NAMES or (self.between is not None and self.between >= NAMES)


def column_tells(frame: pl.DataFrame) -> tuple[ColumnTells, ...]:
    """What each column but the labels and the recording gives away.

    Args:
        frame: A labelled table with ``recording``.

    Example:
        >>> frame = pl.DataFrame({"tof": [1, 2, 8, 9], "class": ["benign", "benign", "dos", "dos"],
        ...                       "recording": [0, 1, 2, 3]})
        >>> [(one.name, one.auc, one.of_class) for one in column_tells(frame)]
        [('tof', 1.0, 'benign')]
    """
    classes = frame[LABEL].to_numpy()
    recording = frame[RECORDING].to_numpy()
    names, label = np.unique(classes.astype(str), return_inverse=True)
    known = roles(name for name in frame.columns if name != RECORDING)
    return tuple(
        _tells(frame[name], role or "unknown", names, label, recording)
        for name, role in known.items()
        if role != "label"
    )


def _tells(
    series: pl.Series, role: str, names: NDArray[np.str_], label: NDArray[np.int64], recording: NDArray[np.integer]
) -> ColumnTells:
    absent = series.is_null().to_numpy()
    values, numeric = _values(series)
    best, of_class = _best(values, numeric, label, recording, len(names))
    gone = max(_two_sided(absent.astype(np.float64), label == place) for place in range(len(names)))
    return ColumnTells(
        name=series.name,
        role=role,
        missing=float(absent.mean()),
        of_class=str(names[of_class]),
        auc=best,
        missing_auc=gone,
        copy=_copies(values, label),
        between=_between(values, recording) if numeric else None,
        only_here=_only_here(values, recording),
    )


def _values(series: pl.Series) -> tuple[NDArray[np.float64], bool]:
    """Values as numbers, NaN where absent, and whether they are ordered; a name becomes its place among all names."""
    known = COLUMNS.get(series.name)
    numeric = series.dtype.is_numeric() and (known is None or known.kind == "measure")
    if numeric:
        return series.cast(pl.Float64).fill_null(np.nan).to_numpy(), True
    codes = series.cast(pl.String).rank("dense").cast(pl.Float64)
    return codes.fill_null(np.nan).to_numpy(), False


def _best(
    values: NDArray[np.float64],
    numeric: bool,
    label: NDArray[np.int64],
    recording: NDArray[np.integer],
    classes: int,
) -> tuple[float | None, int]:
    there = np.isfinite(values)
    if not there.any() or values[there].min() == values[there].max():
        return None, 0
    filled = np.where(there, values, values[there].min() - 1)
    found = [
        _two_sided(filled if numeric else _ranked(filled, label == place, recording), label == place)
        for place in range(classes)
    ]
    return max(found), int(np.argmax(found))


def _two_sided(score: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Area under the ROC curve, whichever way round, ties counted half (Mann and Whitney, 1947)."""
    positive, negative = int(truth.sum()), int((~truth).sum())
    if not positive or not negative:
        return 0.5
    _, rank = np.unique(score, return_inverse=True)
    below = np.bincount(rank[~truth], minlength=rank.max() + 1)
    beaten = np.cumsum(below) - below / 2
    area = float(beaten[rank[truth]].sum() / (positive * negative))
    return max(area, 1 - area)


def _ranked(
    values: NDArray[np.float64], truth: NDArray[np.bool_], recording: NDArray[np.integer]
) -> NDArray[np.float64]:
    """For each row the share of the class among rows of its value in the other half of the recordings."""
    _, code = np.unique(values, return_inverse=True)
    numbers = np.unique(recording, return_inverse=True)[1]
    half = numbers % FOLDS if numbers.max() else np.arange(len(values)) % FOLDS
    share = np.empty(len(values))
    for fold in range(FOLDS):
        others = half != fold
        of_value = np.bincount(code[others], weights=truth[others], minlength=code.max() + 1)
        count = np.bincount(code[others], minlength=code.max() + 1)
        base = truth[others].mean() if others.any() else 0.5
        share[~others] = ((of_value + base) / (count + 1))[code[~others]]
    return share


def _copies(values: NDArray[np.float64], label: NDArray[np.int64]) -> bool:
    """Whether each value stands for one class and each class has one value."""
    if np.isnan(values).any():
        return False
    code = np.unique(values, return_inverse=True)[1]
    pairs = len(np.unique(np.stack([code, label]), axis=1).T)
    return bool(pairs == code.max() + 1 == label.max() + 1)


def _between(values: NDArray[np.float64], recording: NDArray[np.integer]) -> float:
    there = np.isfinite(values)
    if not there.any():
        return 0.0
    own, member = values[there], np.unique(recording[there], return_inverse=True)[1]
    total = float(((own - own.mean()) ** 2).sum())
    if total <= 0:
        return 0.0
    count = np.bincount(member)
    means = np.bincount(member, weights=own) / count
    return float((count * (means - own.mean()) ** 2).sum() / total)


def _only_here(values: NDArray[np.float64], recording: NDArray[np.integer]) -> float:
    there = np.isfinite(values)
    if not there.any():
        return 0.0
    code = np.unique(values[there], return_inverse=True)[1]
    member = np.unique(recording[there], return_inverse=True)[1]
    if member.max() == 0:
        return 0.0
    pairs = np.unique(np.stack([code, member]), axis=1)[0]
    alone = np.bincount(pairs) == 1
    return float(alone[code].mean())
