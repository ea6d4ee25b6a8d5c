"""Recordings whose content looks like another class's, found from the content alone.

Each recording is described by what is in it: mean and spread of each measure, shares of the values of each code, over
the columns a model may see. Recordings are then grouped by likeness (Ward, 1963, on standardised descriptions) into as
many groups as there are classes, with no look at a label. A class whose recordings lie mostly in one group but partly
in another, where a different class is at home, has recordings in doubt there. A forest that has learnt from all the
others is then asked what their rows are, so that the suspicion comes with a figure of its own.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import MissingExtraError
from yawstring.learn.audit.decay import allowed
from yawstring.schema import COLUMNS, LABEL, RECORDING

MOST_VALUES = 16
"""Values of a code whose shares describe a recording."""

FEWEST_RECORDINGS = 6
"""Of all; below that likeness means nothing."""

ROWS_OF_A_RECORDING = 600
"""Rows that the forest learns from, or is asked about, of each recording at most."""

TREES = 100

CONFIRMED = 0.5
"""Share of its rows that the forest must take for the other class; likeness alone is no evidence."""


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """A recording whose content looks like another class's.

    Attributes:
        recording: Its number.
        rows: Its rows.
        label: What it is labelled.
        looks_like: The class at home where it lies.
        taken_for: Share of its rows that a forest which has not seen it, nor any other recording in doubt, takes for
            that class.
        kept: Share that it takes for the class it is labelled with.
    """

    recording: int
    rows: int
    label: str
    looks_like: str
    taken_for: float
    kept: float


def doubts(frame: pl.DataFrame, *, seed: int) -> tuple[Doubt, ...]:
    """Recordings of one class whose content looks like another's.

    Args:
        frame: A labelled table with ``recording``.
        seed: Of the forest.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    numbers, classes, rows = _recordings(frame)
    if len(numbers) < FEWEST_RECORDINGS or len(set(classes)) < 2:
        return ()
    names = allowed(frame)
    group = _grouped(_described(frame, names, numbers), len(set(classes)))
    suspects = _suspects(classes, rows, group)
    if not suspects:
        return ()
    learnt = [place for place in range(len(numbers)) if place not in suspects]
    return _judged(frame, names, numbers, classes, rows, suspects, learnt, seed)


def _recordings(frame: pl.DataFrame) -> tuple[list[int], list[str], list[int]]:
    """Number, class and rows of each recording that holds one class."""
    found = (
        frame.group_by(RECORDING)
        .agg(pl.col(LABEL).drop_nulls().first(), pl.col(LABEL).n_unique().alias("\0classes"), pl.len().alias("\0rows"))
        .filter(pl.col("\0classes") == 1)
        .sort(RECORDING)
    )
    return found[RECORDING].to_list(), found[LABEL].to_list(), found["\0rows"].to_list()


def _described(frame: pl.DataFrame, names: tuple[str, ...], numbers: list[int]) -> NDArray[np.float64]:
    """``float64[recording, figure]``, each figure standardised over the recordings and weighed by how well it repeats.

    A figure that differs between the odd and the even rows of a recording as much as between recordings describes
    nothing: the weight is the correlation of the two halves, 0 where it is negative.
    """
    figures = []
    for name in names:
        column = pl.col(name).cast(pl.Float64)
        if COLUMNS[name].kind == "measure":
            figures += [column.mean().alias(f"{name} mean"), column.std(ddof=0).alias(f"{name} spread")]
        else:
            often = frame[name].drop_nulls().value_counts().sort("count", name, descending=[True, False])[name]
            figures += [(column == value).mean().alias(f"{name} {value}") for value in often[:MOST_VALUES].to_list()]
    half = pl.int_range(pl.len()) % 2
    whole, odd, even = (
        _standardised(part.filter(pl.col(RECORDING).is_in(numbers)).group_by(RECORDING).agg(figures).sort(RECORDING))
        for part in (frame, frame.filter(half == 1), frame.filter(half == 0))
    )
    return np.asarray(whole * np.maximum((odd * even).mean(axis=0), 0))


def _standardised(table: pl.DataFrame) -> NDArray[np.float64]:
    values = np.nan_to_num(table.drop(RECORDING).cast(pl.Float64).to_numpy())
    spread = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1))


def _grouped(described: NDArray[np.float64], groups: int) -> NDArray[np.int64]:
    """``int64[recording]``, which group each lies in."""
    try:
        from sklearn.cluster import AgglomerativeClustering
    except ImportError as error:
        raise MissingExtraError("scikit-learn", extra="train", needed_for="an audit") from error
    return np.asarray(AgglomerativeClustering(n_clusters=groups, linkage="ward").fit_predict(described), np.int64)


def _suspects(classes: list[str], rows: list[int], group: NDArray[np.int64]) -> dict[int, str]:
    """Place of each recording in doubt, and the class at home where it lies.

    A class is at home where most of its recordings lie. A recording is in doubt where its class is not at home and
    another one is, which has more rows there.
    """
    homes = {
        name: Counter(group[place] for place in range(len(classes)) if classes[place] == name).most_common(1)[0][0]
        for name in set(classes)
    }
    found: dict[int, str] = {}
    for place, name in enumerate(classes):
        if group[place] == homes[name]:
            continue
        there: Counter[str] = Counter()
        for other in range(len(classes)):
            if group[other] == group[place]:
                there[classes[other]] += rows[other]
        at_home = [(count, other) for other, count in there.items() if homes[other] == group[place]]
        if at_home and max(at_home)[0] > there[name]:
            found[place] = max(at_home)[1]
    return found


def _judged(
    frame: pl.DataFrame,
    names: tuple[str, ...],
    numbers: list[int],
    classes: list[str],
    rows: list[int],
    suspects: dict[int, str],
    learnt: list[int],
    seed: int,
) -> tuple[Doubt, ...]:
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(seed)
    recording = frame[RECORDING].to_numpy()
    values = frame.select(pl.col(name).cast(pl.Float32) for name in names).to_numpy()

    def some(place: int) -> NDArray[np.int64]:
        own = np.flatnonzero(recording == numbers[place])
        return own if len(own) <= ROWS_OF_A_RECORDING else np.sort(rng.choice(own, ROWS_OF_A_RECORDING, replace=False))

    chosen = [some(place) for place in learnt]
    label = np.concatenate([np.full(len(own), classes[place]) for own, place in zip(chosen, learnt, strict=True)])
    forest = RandomForestClassifier(TREES, class_weight="balanced", random_state=seed, n_jobs=1)
    forest.fit(values[np.concatenate(chosen)], label)
    found = []
    for place, looks_like in sorted(suspects.items()):
        called = forest.predict(values[some(place)])
        if (called == looks_like).mean() < CONFIRMED:
            continue
        found.append(
            Doubt(
                recording=numbers[place],
                rows=rows[place],
                label=classes[place],
                looks_like=looks_like,
                taken_for=float((called == looks_like).mean()),
                kept=float((called == classes[place]).mean()),
            )
        )
    return tuple(found)
