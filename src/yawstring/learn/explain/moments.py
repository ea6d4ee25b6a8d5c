"""The windows worth explaining: the one with the highest score of each incident, or the one that a person asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from yawstring.errors import OptionError
from yawstring.learn.episodes import times_of
from yawstring.learn.evaluate import FOREIGN, predict, rows_of
from yawstring.learn.events import NS_PER_S
from yawstring.learn.recipe import Trained
from yawstring.models.base import Json
from yawstring.schema import BENIGN, LABEL, RECORDING
from yawstring.table.corpora import Table

Of = Literal["incident", "recording", "row", "class"]

UNSEEN = ("test", FOREIGN)
"""Parts whose windows the detector has not been trained on."""

STRENGTH = "strength"


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One window, by its last row.

    Attributes:
        row: Place of its last row among the rows that the detector reads.
        recording: Number of the recording.
        time_s: Seconds since the recording's first row; ``None`` where the table has no clock.
        part: As in the scores of :func:`yawstring.learn.evaluate.predict`, and so the next three.
        incident: Number of the incident it lies in; ``None`` outside one.
        score: Probability of any class but the first, calibrated.
        called: The class called.
        target: Index of the likeliest class but the first.
        label: What the table says it is; ``None`` where it does not.
    """

    row: int
    recording: int
    time_s: float | None
    part: str
    incident: int | None
    score: float
    called: str
    target: int
    label: str | None

    def to_json(self) -> dict[str, Json]:
        """The window as JSON."""
        names = ("row", "recording", "time_s", "part", "incident", "score", "called", "label")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Windows to explain.

    Attributes:
        of: What there is one of for each: ``"incident"``, ``"recording"`` (where no incident was found, or none can
            be), ``"class"`` or ``"row"``.
        found: The windows.
        total: How many there would be without a limit.
    """

    of: Of
    found: tuple[Moment, ...]
    total: int


def choose_moments(
    trained: Trained, table: Table, *, incident: int | None = None, row: int | None = None, top: int = 1
) -> tuple[pl.DataFrame, Moments]:
    """The windows of a table that a person asks for: of one incident, of one row, or else the strongest.

    Returns:
        The rows that the detector reads, and the windows.

    Raises:
        OptionError: There is no such incident or row.
        TableError: A column that the detector reads is missing.
    """
    rows, scores = rows_of(trained, table), predict(trained, table)
    classes = trained.recipe.classes
    if incident is not None:
        return rows, of_incident(scores, rows, classes, incident)
    if row is not None:
        return rows, of_row(scores, rows, classes, row)
    return rows, strongest(scores, rows, classes, top=top)


def strongest(scores: pl.DataFrame, rows: pl.DataFrame, classes: Sequence[str], *, top: int) -> Moments:
    """The window with the highest score of every incident in windows not trained on, the highest of them first.

    Where there is no incident, that of every recording. Of equal scores the first.

    Args:
        scores: As :func:`yawstring.learn.evaluate.predict` gives them.
        rows: The rows that they count, as :func:`yawstring.learn.evaluate.rows_of` gives them.
        classes: The detector's.
        top: Windows at most.

    Raises:
        OptionError: ``top`` is below one.
    """
    if top < 1:
        raise OptionError(f"at least one window is to be explained, not {top}")
    unseen = _with_strength(scores, classes).filter(pl.col("part").is_in(UNSEEN))
    alarmed = unseen.drop_nulls("incident")
    of: Of = "incident" if len(alarmed) else "recording"
    picked = (
        (alarmed if len(alarmed) else unseen)
        .sort(STRENGTH, descending=True, maintain_order=True)
        .unique(of, keep="first", maintain_order=True)
    )
    return Moments(of=of, found=_moments(picked[:top], rows, classes), total=len(picked))


def of_each_class(scores: pl.DataFrame, rows: pl.DataFrame, classes: Sequence[str]) -> Moments:
    """Of the incidents that look like each attack the strongest true one, and the strongest false alarm of all.

    An incident looks like what its strongest window does, and is a false alarm where all its rows are labelled benign.
    Where rows are not labelled, every incident counts as true.

    Args:
        scores: As for :func:`strongest`, and so the others.
        rows: See there.
        classes: See there.
    """
    ranked = (
        _with_strength(scores, classes)
        .filter(pl.col("part").is_in(UNSEEN))
        .drop_nulls("incident")
        .with_columns(pl.concat_list(f"p_{name}" for name in classes[1:]).list.arg_max().alias("looks"))
        .sort(STRENGTH, descending=True, maintain_order=True)
    )
    peaks = ranked.unique("incident", keep="first", maintain_order=True)
    is_true = pl.lit(True)
    if LABEL in rows.columns:
        label = rows[LABEL].fill_null("")[ranked["row"].to_numpy()]
        is_true = pl.col("incident").is_in(ranked.filter(label != BENIGN)["incident"].unique().implode())
    true = peaks.filter(is_true).unique("looks", keep="first", maintain_order=True)
    picked = pl.concat([true, peaks.filter(~is_true)[:1]])
    return Moments(of="class", found=_moments(picked, rows, classes), total=len(peaks))


def of_incident(scores: pl.DataFrame, rows: pl.DataFrame, classes: Sequence[str], incident: int) -> Moments:
    """The window with the highest score of one incident.

    Raises:
        OptionError: There is no such incident.
    """
    own = _with_strength(scores, classes).filter(pl.col("incident") == incident)
    if not len(own):
        there = scores["incident"].n_unique() - bool(scores["incident"].null_count())
        known = f"they are numbered from 0 to {there - 1}" if there else "the detector finds none in this table"
        raise OptionError(f"there is no incident {incident}: {known}")
    picked = own.sort(STRENGTH, descending=True, maintain_order=True)[:1]
    return Moments(of="incident", found=_moments(picked, rows, classes), total=1)


def of_row(scores: pl.DataFrame, rows: pl.DataFrame, classes: Sequence[str], row: int) -> Moments:
    """The window that ends with one row.

    Raises:
        OptionError: No window does.
    """
    own = _with_strength(scores, classes).filter(pl.col("row") == row)
    if not len(own):
        raise OptionError(
            f"no window ends with row {row} of {len(rows):,}, counted from 0: see the scores of 'predict'"
        )
    return Moments(of="row", found=_moments(own, rows, classes), total=1)


def _with_strength(scores: pl.DataFrame, classes: Sequence[str]) -> pl.DataFrame:
    return scores.with_columns((1 - pl.col(f"p_{classes[0]}").cast(pl.Float64)).clip(0, 1).alias(STRENGTH))


def _moments(picked: pl.DataFrame, rows: pl.DataFrame, classes: Sequence[str]) -> tuple[Moment, ...]:
    times = times_of(rows)
    recordings = rows[RECORDING].cast(pl.Int64).to_numpy()
    labels = rows[LABEL] if LABEL in rows.columns else None
    others = picked.select(f"p_{name}" for name in classes[1:]).to_numpy()
    found = []
    for place, one in enumerate(picked.iter_rows(named=True)):
        row = one["row"]
        first = int((recordings == one["recording"]).argmax())
        found.append(
            Moment(
                row=row,
                recording=one["recording"],
                time_s=None if times is None else float(times[row] - times[first]) / NS_PER_S,
                part=one["part"],
                incident=one["incident"],
                score=one[STRENGTH],
                called=one["predicted"],
                target=1 + int(others[place].argmax()),
                label=None if labels is None else labels[row],
            )
        )
    return tuple(found)
