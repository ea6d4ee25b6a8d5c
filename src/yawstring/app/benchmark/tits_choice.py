"""The detector of a fold, chosen inside it: family, leaf and window length, by folds of the recordings it learns from.

The recordings that a fold tests are not among those that the choice sees: neither a row nor a label of theirs. Of
equals the first is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from yawstring.app.benchmark.folds import Scored, pooled
from yawstring.app.benchmark.tits_folds import SIGNALS, Contender, Corpus, fold_of
from yawstring.models.trees import Forest
from yawstring.table.policies import TRAIN
from yawstring.table.splits import SplitSpec, split_table
from yawstring.table.windows import WindowSpec

INNER_FOLDS = 3
INNER_TREES, TREES = 20, 100
"""Trees of a forest while it is chosen, and once it is."""

FAMILIES = {"extra trees": True, "forest": False}
LEAVES = (1, 3)
LENGTHS = (20, 30)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What may be chosen.

    Attributes:
        family: One of :data:`FAMILIES`.
        leaf: Rows in a leaf at least.
        rows: Rows of a window.
        macro_f1: Of three classes, over the inner folds; NaN until it was tried.
    """

    family: str
    leaf: int
    rows: int
    macro_f1: float = float("nan")

    def family_of(self, trees: int) -> Forest:
        """The family with so many trees.

        Example:
            >>> Choice(family="forest", leaf=3, rows=20).family_of(20)
            Forest(trees=20, depth=None, leaf=3, class_weights=False, extra=False)
        """
        return Forest(extra=FAMILIES[self.family], leaf=self.leaf, trees=trees)

    def contender(self) -> Contender:
        """The detector in full."""
        return Contender(name=self.family, family=self.family_of(TREES), rows=self.rows)

    def __str__(self) -> str:
        return f"{self.family}, leaf {self.leaf}, {self.rows} rows"


GRID = tuple(Choice(family=family, leaf=leaf, rows=rows) for family, leaf, rows in product(FAMILIES, LEAVES, LENGTHS))


def choose(
    corpus: Corpus, spec: SplitSpec, seed: int, keep: NDArray[np.bool_], grid: Sequence[Choice] = GRID
) -> Choice:
    """What does best over folds of the recordings that a fold learns from.

    Args:
        corpus: The corpus.
        spec: The fold.
        seed: Of inner folds and trees.
        keep: ``bool[row]``, rows to use at all.
        grid: What may be chosen.
    """
    learnt = learnt_rows(corpus, spec, keep)
    told: dict[Choice, list[Scored]] = {one: [] for one in grid}
    for fold in range(INNER_FOLDS):
        inner = SplitSpec(folds=INNER_FOLDS, fold=fold, validation=0, seed=seed)
        for rows in dict.fromkeys(one.rows for one in grid):
            part = fold_of(corpus, inner, learnt, signals=SIGNALS, rows=rows)
            for one in grid:
                if one.rows == rows:
                    told[one].append(part.scored(one.family_of(INNER_TREES), seed))
    tried = [replace(one, macro_f1=pooled(folds).classes) for one, folds in told.items()]
    return max(tried, key=lambda one: one.macro_f1)


def learnt_rows(corpus: Corpus, spec: SplitSpec, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``bool[row]``: rows of the training part of a fold."""
    return np.asarray(split_table(corpus.frames.frame, spec, WindowSpec(length=1), keep=keep).part == TRAIN)
