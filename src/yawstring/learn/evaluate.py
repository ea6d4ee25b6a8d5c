"""Scores of a trained detector, and what they are worth on a table.

On the table a detector was trained on, its split is made again and the test part alone is measured. Another table is
measured whole, in groups of its recordings, and the result says so. The baselines of the bundle stand beside it on the
very same windows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import TableError
from yawstring.learn import parts
from yawstring.learn.bootstrap import RESAMPLES
from yawstring.learn.digest import content_digest, recording_digests
from yawstring.learn.incidents import incidents_by_family, last_rows, numbered, scores_of, spec_of, tracks
from yawstring.learn.measured import whole_rows
from yawstring.learn.metrics import Outcome, decide
from yawstring.learn.recipe import Trained
from yawstring.learn.train import rows_and_split, rows_as_known
from yawstring.learn.verdict import judge
from yawstring.models.base import Json
from yawstring.schema import LABEL, RECORDING
from yawstring.table.corpora import Table
from yawstring.table.parts import Part, TestPart
from yawstring.table.policies import TEST, TRAIN, VALIDATION
from yawstring.table.splits import PART_NAMES, Split, cut, whole
from yawstring.table.windows import window_starts

FORMAT = 1
"""Version of the JSON of an evaluation."""

FOREIGN = "foreign"
"""Part of a window of a table that the detector was not trained on."""


def evaluate(trained: Trained, table: Table) -> dict[str, Json]:
    """Measure a trained detector and its baselines on a table, as JSON.

    Returns:
        ``format``, ``table``, ``on`` (``"test part"`` or ``"whole table"``), ``detector``, ``target``, ``split``,
        ``stamps``, ``warnings``, ``metrics`` by family, the ``verdict``, and ``incidents`` by family; ``candidates``,
        where the detector was chosen among some.

    Raises:
        TableError: A column that the detector reads, or the label, is missing.
        OptionError: The table holds a class that the detector does not know, and it has no class ``unknown``.
        SplitError: No recording is long enough for a window.
    """
    read = _read(trained, table)
    own, test = read.split is not None, _test_part(trained, table, read)
    told = outcomes(trained, test)
    options = cast("dict[str, int]", trained.record["options"])
    judged = judge(
        told,
        detector=trained.detector.family,
        seed=cast(int, trained.record["seed"]),
        resamples=options.get("resamples", RESAMPLES),
    )
    return _report(
        trained,
        {"capture": table.capture, "layout": table.layout, "rows": len(table), "digest": table.digest},
        on="test part" if own else "whole table",
        warnings=cast("list[Json]", trained.record["warnings"]) if own else _foreign_warnings(trained, read.rows),
        judged=judged | {"incidents": _incidents(trained, read.rows, test, told, own=own)},
    )


def rows_of(trained: Trained, table: Table) -> pl.DataFrame:
    """The rows that a detector reads of a table, which :func:`predict` counts: its frames or their signals."""
    return _read(trained, table).rows


def test_part(trained: Trained, table: Table) -> TestPart:
    """The windows that :func:`evaluate` measures, for whoever has more to ask of them.

    Raises:
        TableError, OptionError, SplitError: As for :func:`evaluate`.
    """
    return _test_part(trained, table, _read(trained, table))


def outcomes(trained: Trained, test: TestPart) -> dict[str, Outcome]:
    """What the detector and its baselines, by family, say about windows."""
    return parts.outcomes(trained.detector, trained.baselines.values(), test, trained.recipe)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Read:
    """A table as a detector reads it.

    Attributes:
        rows: Its rows or their signals, of its own table measured anew in every segment of the split, as in training.
        segment: ``int64[row]``, stretches that no window crosses.
        split: The split of its own table; ``None`` for another one.
    """

    rows: pl.DataFrame
    segment: NDArray[np.int64]
    split: Split | None


def _read(trained: Trained, table: Table) -> _Read:
    recipe = trained.recipe
    if LABEL in table.frame.columns and is_own(trained, table):
        rows, split = rows_and_split(
            table, trained.split, recipe.window, recipe.labels, recipe.signals, recipe.leave_out
        )
        rows = rows_as_known(rows, recipe)
        return _Read(rows=rows, segment=rows[RECORDING].cast(pl.Int64).to_numpy(), split=split)
    rows, segment = whole_rows(table, recipe.signals)
    rows = rows_as_known(rows, recipe) if LABEL in rows.columns else rows
    return _Read(rows=rows, segment=segment, split=None)


def _test_part(trained: Trained, table: Table, read: _Read) -> TestPart:
    """The windows that are measured."""
    recipe = trained.recipe
    if read.split is not None:
        return cut(read.rows, read.split, recipe.features)[2]
    require_columns(read.rows, table.capture, (*recipe.features, LABEL))
    return whole(read.rows, recipe.window, recipe.features, segment=read.segment)


def _incidents(
    trained: Trained, rows: pl.DataFrame, test: TestPart, told: Mapping[str, Outcome], *, own: bool
) -> dict[str, Json]:
    if own and trained.split.policy == "random":  # its windows are crumbs of every flight
        return {}
    return incidents_by_family(rows, test, told, trained.recipe)


def recorded(trained: Trained) -> dict[str, Json]:
    """The evaluation that was made when the detector was trained, as :func:`evaluate` gives it."""
    record = trained.record
    data = cast("dict[str, Json]", record["data"])
    return _report(
        trained,
        {name: data[name] for name in ("capture", "layout", "rows", "digest")},
        on="test part",
        warnings=cast("list[Json]", record["warnings"]),
        judged={name: record[name] for name in ("metrics", "verdict")} | {"incidents": record.get("incidents", {})},
    )


def _report(
    trained: Trained, table: dict[str, Json], *, on: str, warnings: list[Json], judged: dict[str, Json]
) -> dict[str, Json]:
    among = {name: trained.record[name] for name in ("candidates",) if name in trained.record}
    return {
        "format": FORMAT,
        "table": table,
        "on": on,
        "detector": trained.detector.family,
        "target": trained.recipe.target,
        "split": trained.record["split"],
        "stamps": trained.record["stamps"],
        "warnings": warnings,
        **among,
        **judged,
    }


def predict(trained: Trained, table: Table) -> pl.DataFrame:
    """Scores of every window of a table, labelled or not.

    Returns:
        A frame of one row a window: ``recording``; ``row``, the window's last row among :func:`rows_of`, from 0;
        ``part``: train, validation, test or left out (it touches an embargo, disputed rows or two parts) on the table
        the detector was trained on, else foreign; ``predicted``, the class called; ``score``, of an attack;
        ``incident``, the number of the incident it lies in; ``p_`` and a class: its probability.

    Raises:
        TableError: A column that the detector reads is missing.
    """
    recipe = trained.recipe
    read = _read(trained, table)
    rows = read.rows
    require_columns(rows, table.capture, recipe.features)
    recording = rows[RECORDING].cast(pl.Int64).to_numpy()
    starts = window_starts(read.segment, recipe.window)
    part = Part(
        frame=rows.select(recipe.features),
        rows=np.arange(len(rows)),
        window=recipe.window,
        starts=starts,
        truth=np.full(len(starts), ""),
        group=recording[starts],
    )
    probabilities = parts.score(trained.detector, part, recipe)
    called = np.asarray(recipe.classes)[decide(probabilities, recipe.threshold)]
    return pl.DataFrame(
        {
            "recording": pl.Series(recording[starts], dtype=pl.Int32),
            "row": last_rows(part),
            "part": _parts_of(read, starts),
            "predicted": called.tolist(),
            **_alarms(trained, rows, part, probabilities),
        }
        | {f"p_{name}": probabilities[:, place] for place, name in enumerate(recipe.classes)}
    )


def _alarms(
    trained: Trained, rows: pl.DataFrame, part: Part, probabilities: NDArray[np.float32]
) -> dict[str, pl.Series]:
    """The columns ``score`` and ``incident``, null where there can be none."""
    scores = scores_of(probabilities, trained.recipe)
    none = pl.Series("incident", [None] * len(part), dtype=pl.Int32)
    if scores is None:
        return {"score": none.cast(pl.Float64), "incident": none}
    score = pl.Series("score", scores.score)
    streams = tracks(rows, last_rows(part), scores)
    if streams is None:
        return {"score": score, "incident": none}
    spec = spec_of(trained.recipe, trained.detector.family)
    return {"score": score, "incident": numbered(streams, spec, attacks=len(scores.names))[0]}


def is_own(trained: Trained, table: Table) -> bool:
    """Whether the table is the one the detector was trained on: same columns, values and order, whatever the file."""
    data = cast("dict[str, Json]", trained.record["data"])
    return data["content"] == content_digest(table.frame.select(*table.columns, RECORDING))


def require_columns(rows: pl.DataFrame, capture: str, names: Sequence[str]) -> None:
    """Refuse a table that lacks a column.

    Raises:
        TableError: Names every missing column.
    """
    if missing := [name for name in names if name not in rows.columns]:
        raise TableError(f"table '{capture}' lacks what the detector reads: {', '.join(missing)}")


def _parts_of(read: _Read, starts: NDArray[np.int64]) -> list[str]:
    """Name of the part of each window."""
    if read.split is None:
        return [FOREIGN] * len(starts)
    name = np.full(len(read.rows), "left out", object)
    for part in (TRAIN, VALIDATION, TEST):
        name[read.split.starts[part]] = PART_NAMES[part]
    return [str(value) for value in name[starts]]


def _foreign_warnings(trained: Trained, rows: pl.DataFrame) -> list[Json]:
    """What makes a figure on another table worth less than it looks."""
    data = cast("dict[str, list[Json]]", trained.record["data"])
    known = set(data["recordings"])
    there = recording_digests(rows, trained.recipe.features)
    seen = sum(digest in known for digest in there)
    if not seen:
        return []
    return [
        f"{seen} of the table's {len(there)} recordings come from the table the detector was trained on: the figure "
        "is not one of unseen flights"
    ]
