"""Why a detector says what it says about single windows: signals, their values beside the benign range, and shares."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.learn import parts
from yawstring.learn.explain.moments import Moment
from yawstring.learn.explain.ranges import Range, ranges_from_json
from yawstring.learn.explain.words import Reason, Value
from yawstring.learn.recipe import Recipe, Trained
from yawstring.models.attribution import Attribution, attribute, explains_any
from yawstring.models.base import Json
from yawstring.schema import BENIGN, COLUMNS
from yawstring.table.parts import Part

NOTHING = 1e-9
"""A contribution below this is none."""

ANY = "any attack"

METHODS = {
    "Shapley values": "exact Shapley values of the trees; base and contributions add up to the score",
    "integrated gradients": "integrated gradients from a typical benign window; base and contributions add up to the "
    "score but for the rest, the quadrature's error",
    "what is left over": "what benign components leave over of each signal; base and contributions add up to the score",
    "occlusion": "occlusion: no exact way is known for this family, so each signal in turn was put to its benign "
    "median throughout the window; what signals do together is in the rest",
}
"""How contributions were found, in words."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why one window has its score.

    Attributes:
        moment: The window.
        target: The class whose score is explained; :data:`ANY` where it is that of an attack of any kind.
        against: The class that a log-odds is against.
        method: One of :data:`METHODS`.
        scale: ``"probability"`` or ``"log-odds"``, of ``target``, not calibrated.
        value: The score on that scale.
        base: The score of a window that nothing is known about, or of a typical benign one.
        rest: What base and contributions leave unexplained.
        reasons: Every feature that moved the score, the strongest first.
    """

    moment: Moment
    target: str
    against: str
    method: str
    scale: str
    value: float
    base: float
    rest: float
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Json]:
        """The explanation as JSON."""
        names = ("target", "against", "method", "scale", "value", "base", "rest")
        told: dict[str, Json] = {name: getattr(self, name) for name in names}
        return self.moment.to_json() | told | {"signals": [one.to_json() for one in self.reasons]}


def explain(trained: Trained, rows: pl.DataFrame, moments: Sequence[Moment]) -> tuple[Explanation, ...]:
    """What moved the score of each window, in the order given.

    Args:
        trained: The detector.
        rows: The rows that it reads, as :func:`yawstring.learn.evaluate.rows_of` gives them.
        moments: The windows.

    Raises:
        MissingExtraError: The detector is a network, and JAX is not installed.
        BundleError: The detector was saved by a version that did not keep what this needs.
    """
    found: dict[int, Explanation] = {}
    alarms = trained.recipe.classes[0] == BENIGN and explains_any(trained.detector.family)
    strange = None if trained.detector.beside is None else len(trained.recipe.known)
    targets = [None if alarms and one.target != strange else one.target for one in moments]
    for target in dict.fromkeys(targets):
        places = [place for place, own in enumerate(targets) if own == target]
        found |= zip(places, _explain(trained, rows, [moments[place] for place in places], target), strict=True)
    return tuple(found[place] for place in range(len(moments)))


def _explain(trained: Trained, rows: pl.DataFrame, moments: Sequence[Moment], target: int | None) -> list[Explanation]:
    recipe, beside = trained.recipe, trained.detector.beside
    novel = beside is not None and target == len(recipe.known)  # called by what stands beside, so that is asked why
    fitted = beside if beside is not None and novel else trained.detector
    family = fitted.family
    ranges = ranges_from_json(trained.record.get("ranges"))
    part = _part(rows, [one.row for one in moments], recipe)
    told = attribute(
        fitted,
        parts.windows(part, recipe, recipe.encodings[family], labelled=False),
        owner=_owners(recipe, family),
        typical=_typical(part.frame, recipe, family, ranges),
        target=None if novel else target,
    )
    after = part.starts + recipe.window.length
    seen = 1 if fitted.reads == "row" else recipe.window.length
    return [
        Explanation(
            moment=moment,
            target=ANY if target is None else recipe.classes[target],
            against=recipe.classes[0],
            method=told.method,
            scale=told.scale,
            value=float(told.score[place]),
            base=float(told.base[place]),
            rest=float(told.rest[place]),
            reasons=_reasons(part.frame[end - seen : end], told, place, ranges),
        )
        for place, (moment, end) in enumerate(zip(moments, after.tolist(), strict=True))
    ]


def _part(rows: pl.DataFrame, last: Sequence[int], recipe: Recipe) -> Part:
    """The windows that end with these rows, one after another."""
    length = recipe.window.length
    index = (np.asarray(last, np.int64)[:, None] - np.arange(length)[::-1]).ravel()
    return Part(
        frame=rows.select(recipe.features)[index],
        rows=index,
        window=recipe.window,
        starts=np.arange(len(last)) * length,
        truth=np.full(len(last), ""),
        group=np.zeros(len(last), np.int64),
    )


def _owners(recipe: Recipe, family: str) -> NDArray[np.int64]:
    """``int64[input]``: which feature each column that the family reads comes from."""
    columns = recipe.encoder.columns
    if recipe.encodings[family] == "raw":
        return np.arange(len(columns))
    return np.repeat(np.arange(len(columns)), [len(column.outputs) for column in columns])


def _typical(frame: pl.DataFrame, recipe: Recipe, family: str, ranges: dict[str, Range]) -> NDArray[np.float32]:
    """``float32[input]``: a row of benign medians; the most frequent value of a text, none where none is known."""
    row = {}
    for column in recipe.encoder.columns:
        text = frame[column.name].dtype in (pl.String, pl.Categorical)
        middle = ranges[column.name].middle if column.name in ranges else None
        value = next(iter(column.values), None) if text else middle
        row[column.name] = pl.Series([value], dtype=pl.String if text else pl.Float64)
    calm = pl.DataFrame(row)
    encoder = recipe.encoder
    encoded = encoder.transform(calm) if recipe.encodings[family] == "scaled" else encoder.raw(calm)
    return np.asarray(encoded[0])


def _reasons(window: pl.DataFrame, told: Attribution, place: int, ranges: dict[str, Range]) -> tuple[Reason, ...]:
    moved = told.values[place]
    order = np.argsort(-np.abs(moved), kind="stable")
    found = []
    for feature in order[np.abs(moved[order]) > NOTHING].tolist():
        name = window.columns[feature]
        measure = name not in COLUMNS or COLUMNS[name].kind != "code"
        ordinary = ranges.get(name) if measure else None
        numeric = window[name].dtype.is_numeric()
        found.append(
            Reason(
                feature=name,
                value=_telling(window[name], ordinary),
                ordinary=ordinary,
                novel=measure and numeric and bool(ranges) and ordinary is None,
                contribution=float(moved[feature]),
                statistic="" if told.strongest is None else told.statistics[told.strongest[place, feature]],
            )
        )
    return tuple(found)


def _telling(values: pl.Series, ordinary: Range | None) -> Value:
    """The value farthest from what is ordinary, or the last one there is.

    Example:
        >>> few = Range(low=0.0, middle=1.0, high=3.0)
        >>> _telling(pl.Series([2.0, 9.0, 1.0, None]), few), _telling(pl.Series([2.0, 1.0]), few)
        (9.0, 1.0)
    """
    there = values.drop_nulls()
    if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        return str(there[-1]) if len(there) else None
    numbers = there.cast(pl.Float64).to_numpy()
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    if ordinary is None:
        return float(numbers[-1])
    beyond = np.maximum(numbers - ordinary.high, ordinary.low - numbers)
    return float(numbers[beyond.argmax()] if beyond.max() > 0 else numbers[-1])
