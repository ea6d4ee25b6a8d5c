"""Which signals a detector lives off: what it loses on test flights when one of them no longer belongs to its row.

Permutation importance (Breiman, 2001; Fisher, Rudin and Dominici, 2019) with a difference: values are not shuffled row
by row, which would tear every window apart and show the detector what it never saw, but moved along by a draw, each
recording taking those of another place. A feature keeps its own course in time and loses its tie to the truth.
Features that say much the same hide each other one by one, so that whole groups are moved together, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.learn import parts
from yawstring.learn.metrics import confusion, rates
from yawstring.learn.recipe import Recipe
from yawstring.models.base import Fitted
from yawstring.table.parts import TestPart, require

REPEATS = 3
MOST_WINDOWS = 5_000
"""Windows that are scored again for each feature; drawn evenly where there are more."""


@dataclass(frozen=True, kw_only=True)
class Importance:
    """What one feature, or a group of them, is worth to a detector.

    Attributes:
        name: The feature, or the group.
        features: What was moved.
        drop: Macro-F1 lost, the mean of the draws.
        spread: Standard deviation over the draws.
    """

    name: str
    features: tuple[str, ...]
    drop: float
    spread: float


def importances(
    fitted: Fitted,
    part: TestPart,
    recipe: Recipe,
    groups: Mapping[str, Sequence[str]],
    *,
    seed: int,
    repeats: int = REPEATS,
) -> Iterator[Importance]:
    """What each group is worth on a test part, in the order given.

    Args:
        fitted: The detector.
        part: Windows that measure.
        recipe: How rows become windows.
        groups: Features by the name of their group; a group of one is a feature.
        seed: Of the draws.
        repeats: Draws.

    Raises:
        LeakError: ``part`` is no test part.
    """
    test = _some(require(part, TestPart, "measuring importance"))
    threshold = recipe.threshold
    base = _macro_f1(fitted, test, recipe, threshold)
    for name, features in groups.items():
        own = tuple(one for one in features if one in test.frame.columns)
        rng = np.random.default_rng([seed, *name.encode()])
        drops = [base - _macro_f1(fitted, _moved(test, own, rng), recipe, threshold) for _ in range(repeats)]
        yield Importance(name=name, features=own, drop=float(np.mean(drops)), spread=float(np.std(drops)))


def _some(part: TestPart) -> TestPart:
    """At most :data:`MOST_WINDOWS` windows, spread evenly; all rows stay."""
    if len(part) <= MOST_WINDOWS:
        return part
    chosen = np.linspace(0, len(part) - 1, MOST_WINDOWS).astype(np.int64)
    return replace(part, starts=part.starts[chosen], truth=part.truth[chosen], group=part.group[chosen])


def _moved(part: TestPart, features: Sequence[str], rng: np.random.Generator) -> TestPart:
    """The part with some columns moved along its rows by a draw, at least a tenth of them and at most nine tenths."""
    height = part.frame.height
    by = int(rng.integers(height // 10, height - height // 10 + 1))
    moved: NDArray[np.int64] = (np.arange(height) + by) % height
    return replace(part, frame=part.frame.with_columns(pl.col(name).gather(moved) for name in features))


def _macro_f1(fitted: Fitted, part: TestPart, recipe: Recipe, threshold: float | None) -> float:
    told = parts.outcome(fitted, part, recipe, threshold)
    matrix = confusion(told.truth, told.predicted, len(recipe.classes))
    there = matrix.sum(axis=1) > 0
    return float(rates(matrix).f1[there].mean())
