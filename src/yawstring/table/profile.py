"""What a table holds, counted: the figures that tell whether a result on it can hold.

All counts are over the file's own columns; ``recording`` and ``label_disputed``, which we add, are not among them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from yawstring.schema import CLASSES, COLUMNS, LABEL, LABEL_DISPUTED, RECORDING, features, roles
from yawstring.table.corpora import Table
from yawstring.table.recordings import linked
from yawstring.table.twins import candidates

UNKNOWN_ROLE = "unknown"
"""What :attr:`Profile.roles` calls a column that the schema does not know."""

_ROLE_ORDER = ("time", "identity", "cyber", "physical", "label", UNKNOWN_ROLE)
_EPISODE = "episode"


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """One column of the file.

    Attributes:
        name: As it stands in the file.
        dtype: ``"int"``, ``"float"``, ``"text"`` or ``"bool"``: what it holds here.
        role: Its role, or ``"unknown"``.
        kind: ``"measure"``, ``"code"``, ``"flag"`` or ``""``.
        unit: Its unit, or ``""``.
        missing: Rows without a value.
        distinct: Distinct values, missing ones apart.
        low: Lowest value of a column of numbers.
        high: Highest value of a column of numbers.
    """

    name: str
    dtype: str
    role: str
    kind: str
    unit: str
    missing: int
    distinct: int
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Recordings:
    """How the rows fall into recordings.

    Attributes:
        count: Recordings.
        shortest: Rows of the shortest.
        longest: Rows of the longest.
        per_class: Recordings that hold at least one row of the class, by class.
        groups: Groups of recordings that share identical rows, each with two recordings or more.
    """

    count: int
    shortest: int
    longest: int
    per_class: Mapping[str, int]
    groups: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Identical rows that carry different labels.

    Attributes:
        distinct: Distinct rows of which there is more than one label.
        rows: Rows that are one of them.
    """

    distinct: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What :func:`profile` counts.

    Attributes:
        capture: Id of the capture.
        layout: Name of the layout, or ``"unknown"``.
        modality: ``"cyber"``, ``"physical"`` or ``"fused"``.
        digest: SHA-256 of the octets the table came from.
        rows: Rows.
        blank_lines: Lines of the file that hold nothing and were skipped.
        columns: The file's columns, in its order.
        rows_with_missing: Rows with at least one missing value.
        constant_columns: Columns of at most one distinct value, missing ones apart.
        class_counts: Rows of each class; ``None`` where the table has no class column.
        unlabelled_rows: Rows without a class.
        recordings: How the rows fall into recordings.
        time_range: Lowest and highest value of each column of time, as text where it is text.
        duplicate_rows: Rows equal to an earlier one in every column.
        same_features_other_label: Conflicts among the columns that a model may see.
        same_row_other_label: Conflicts among all columns but the label, time included.
        roles: Columns of each role, and of ``"unknown"``.
        disputed_rows: Rows whose label is in doubt; ``None`` where the layout has no rule for it.
    """

    capture: str
    layout: str
    modality: str
    digest: str
    rows: int
    blank_lines: int
    columns: tuple[ColumnProfile, ...]
    rows_with_missing: int
    constant_columns: tuple[str, ...]
    class_counts: Mapping[str, int] | None
    unlabelled_rows: int
    recordings: Recordings
    time_range: Mapping[str, tuple[float | str, float | str] | None]
    duplicate_rows: int
    same_features_other_label: Conflict | None
    same_row_other_label: Conflict | None
    roles: Mapping[str, tuple[str, ...]]
    disputed_rows: int | None

    def to_json(self) -> dict[str, object]:
        """The same as JSON can hold it: no tuple, no NaN, no infinity."""
        return {key: _json(value) for key, value in asdict(self).items()}


def profile(table: Table) -> Profile:
    r"""Count what a table holds.

    Example:
        >>> from yawstring.table.corpora import parse_csv
        >>> (table,) = parse_csv(b"frame.number,tof,class\n1,60,0\n2,60,1\n3,,1\n", name="flight.csv")
        >>> counted = profile(table)
        >>> counted.class_counts, counted.rows_with_missing, counted.constant_columns
        ({'benign': 1, 'attack': 2}, 1, ('tof',))
        >>> counted.same_features_other_label
        Conflict(distinct=1, rows=2)
    """
    frame = table.frame.select(table.columns)
    columns = tuple(_column(series) for series in frame.iter_columns())
    labelled = LABEL in frame.columns
    classes = _class_counts(frame[LABEL]) if labelled else None
    known = roles(table.columns)
    return Profile(
        capture=table.capture,
        layout=table.layout,
        modality=table.modality,
        digest=table.digest,
        rows=len(frame),
        blank_lines=table.blank_lines,
        columns=columns,
        rows_with_missing=int(frame.select(pl.any_horizontal(pl.all().is_null()).sum()).item()),
        constant_columns=tuple(column.name for column in columns if column.distinct <= 1),
        class_counts=classes,
        unlabelled_rows=frame[LABEL].null_count() if labelled else len(frame),
        recordings=_recordings(table.frame),
        time_range={name: _range(frame[name]) for name, role in known.items() if role == "time"},
        duplicate_rows=_duplicates(frame),
        same_features_other_label=_conflict(frame, features(table.columns)) if labelled else None,
        same_row_other_label=_conflict(frame, [n for n in table.columns if n != LABEL]) if labelled else None,
        roles=_by_role(known),
        disputed_rows=int(table.frame[LABEL_DISPUTED].sum()) if LABEL_DISPUTED in table.frame.columns else None,
    )


def _column(series: pl.Series) -> ColumnProfile:
    known = COLUMNS.get(series.name)
    present = series.drop_nulls()
    spread = _range(series) if series.dtype.is_numeric() else None
    low, high = spread or (None, None)
    return ColumnProfile(
        name=series.name,
        dtype=_dtype(series.dtype),
        role=known.role if known else UNKNOWN_ROLE,
        kind=known.kind if known else "",
        unit=known.unit if known else "",
        missing=series.null_count(),
        distinct=present.n_unique(),
        low=None if low is None else float(low),
        high=None if high is None else float(high),
    )


def _dtype(dtype: pl.DataType) -> str:
    if dtype.is_numeric():
        return "int" if dtype.is_integer() else "float"
    return "bool" if dtype == pl.Boolean else "text"


def _range(series: pl.Series) -> tuple[float | str, float | str] | None:
    """Lowest and highest value; ``None`` where there is none."""
    present = series.drop_nulls()
    if not len(present):
        return None
    if series.dtype.is_integer():
        return int(present.to_numpy().min()), int(present.to_numpy().max())
    if series.dtype.is_float():
        return float(present.to_numpy().min()), float(present.to_numpy().max())
    return str(present.min()), str(present.max())


def _class_counts(classes: pl.Series) -> dict[str, int]:
    counts = dict(classes.drop_nulls().value_counts().iter_rows())
    return {name: counts[name] for name in CLASSES if name in counts}


def _recordings(frame: pl.DataFrame) -> Recordings:
    numbers = frame[RECORDING]
    sizes = numbers.value_counts()["count"].to_numpy()
    per_class: dict[str, int] = {}
    if LABEL in frame.columns:
        pairs = frame.select(RECORDING, LABEL).unique().drop_nulls()
        per_class = _class_counts(pairs[LABEL])
    group = linked(frame, numbers.to_numpy())
    pairs = pl.DataFrame({RECORDING: numbers, _EPISODE: group}).unique().sort(RECORDING)
    shared = pairs.group_by(_EPISODE, maintain_order=True).agg(RECORDING).filter(pl.col(RECORDING).list.len() > 1)
    return Recordings(
        count=len(sizes),
        shortest=int(sizes.min()),
        longest=int(sizes.max()),
        per_class=per_class,
        groups=tuple(tuple(members) for members in shared[RECORDING].to_list()),
    )


def _duplicates(frame: pl.DataFrame) -> int:
    """Rows equal to an earlier one in every column."""
    alike = frame.filter(candidates(frame))
    return len(alike) - alike.n_unique() if len(alike) else 0


def _conflict(frame: pl.DataFrame, names: Sequence[str]) -> Conflict | None:
    """Rows equal in ``names`` but not in their label; ``None`` where there is nothing to compare."""
    if not names:
        return None
    known = frame.filter(pl.col(LABEL).is_not_null()).select(*names, LABEL)
    groups = (
        known.filter(candidates(known.select(names)))
        .group_by(names)
        .agg(pl.col(LABEL).n_unique().alias("\0labels"), pl.len().alias("\0rows"))
        .filter(pl.col("\0labels") > 1)
    )
    return Conflict(distinct=len(groups), rows=int(groups["\0rows"].sum()))


def _by_role(known: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    return {
        role: tuple(name for name, given in known.items() if (given or UNKNOWN_ROLE) == role) for role in _ROLE_ORDER
    }


def _json(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
