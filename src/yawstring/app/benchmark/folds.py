"""A fold: families learn from one side of a split and are scored on the other; figures are of folds taken together.

Folds are pooled before a figure is taken, so that a small fold weighs no more than its windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.learn import parts
from yawstring.learn.metrics import confusion, rates
from yawstring.learn.recipe import Recipe
from yawstring.models.base import Family
from yawstring.schema import BENIGN
from yawstring.table.parts import TestPart, TrainPart
from yawstring.table.scale import Encoder
from yawstring.table.signals import SignalOptions
from yawstring.table.splits import Split, cut


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """What a detector says of windows, beside the truth.

    Attributes:
        classes: Names of the columns.
        truth: ``int64[window]``.
        probabilities: ``float32[window, class]``.
    """

    classes: tuple[str, ...]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fold:
    """One side of a split to learn from, the other to be scored.

    Attributes:
        train: To learn from.
        test: To be scored.
        recipe: How their windows are read; without encodings.
    """

    train: TrainPart
    test: TestPart
    recipe: Recipe

    @classmethod
    def of(
        cls,
        frame: pl.DataFrame,
        split: Split,
        columns: tuple[str, ...],
        classes: tuple[str, ...],
        *,
        signals: SignalOptions | None = None,
    ) -> "Fold":
        """Cut a table.

        Args:
            frame: Its rows.
            split: Their split; a validation part is not used.
            columns: What a detector may see.
            classes: What it tells apart.
            signals: How signals among the columns were measured.
        """
        train, _, test = cut(frame, split, columns)
        recipe = Recipe(
            features=columns,
            classes=classes,
            target="class",
            window=split.window,
            encoder=Encoder.fit(train),
            signals=signals,
        )
        return cls(train=train, test=test, recipe=recipe)

    def scored(self, family: Family, seed: int) -> Scored:
        """What a family that learnt from one side says of the other.

        Args:
            family: The family.
            seed: Of its draws.
        """
        recipe = replace(self.recipe, encodings={family.name: family.encoding})
        told = parts.outcome(parts.fit(family, self.train, None, recipe=recipe, seed=seed), self.test, recipe)
        return Scored(classes=told.classes, truth=told.truth, probabilities=told.probabilities)


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """Figures of folds taken together.

    Attributes:
        classes: Macro-F1 over the classes.
        binary: Of attack or benign, from the same scores; NaN where no class is benign.
        windows: That were scored.
    """

    classes: float
    binary: float
    windows: int


def pooled(folds: Sequence[Scored]) -> Pooled:
    """Figures of folds taken together.

    Args:
        folds: One or more, all of the same classes.

    Example:
        >>> sure = Scored(classes=("benign", "dos"), truth=np.array([0, 1]), probabilities=np.eye(2, dtype=np.float32))
        >>> pooled([sure, sure])
        Pooled(classes=1.0, binary=1.0, windows=4)
    """
    classes = folds[0].classes
    truth = np.concatenate([one.truth for one in folds])
    scores = np.concatenate([one.probabilities for one in folds])
    matrix = confusion(truth, scores.argmax(axis=1).astype(np.int64), len(classes))
    binary = float("nan")
    if BENIGN in classes:
        benign = classes.index(BENIGN)
        two = confusion((truth != benign).astype(np.int64), (scores[:, benign] < 0.5).astype(np.int64), 2)
        binary = float(rates(two).macro_f1)
    return Pooled(classes=float(rates(matrix).macro_f1), binary=binary, windows=len(truth))
