"""What the trials of a search are given: windows to learn from and windows to choose by, and nothing else.

The table is split once, with the embargo of the longest window that may be chosen; the test part is cut off here and
goes no further. There is no way to hand one in: a :class:`Material` is made of a training and a validation part.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import SplitError
from yawstring.learn import parts
from yawstring.learn.recipe import Recipe, Target
from yawstring.learn.search.space import Space
from yawstring.learn.train import TrainOptions, choose_features, rows_and_split
from yawstring.models.base import Windows
from yawstring.schema import features
from yawstring.table.corpora import Table
from yawstring.table.parts import TrainPart, ValidationPart, require
from yawstring.table.scale import Encoder
from yawstring.table.splits import Split, cut
from yawstring.table.windows import NO_SEGMENT, WindowSpec, window_starts


@dataclass(frozen=True, kw_only=True)
class Material:
    """Windows of one length.

    Attributes:
        train: Windows to learn from.
        validation: Windows to choose by.
        classes: Number of classes.
        columns: ``bool[feature]`` by the name of a group of columns: those that are in it.
    """

    train: Windows
    validation: Windows
    classes: int
    columns: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, train: TrainPart, validation: ValidationPart, *, target: Target, identity: bool, time: bool
    ) -> "Material":
        """Material of two parts of a table.

        Raises:
            LeakError: A part is of another kind: the test part, say.
        """
        learnt = require(train, TrainPart, "a trial's learning")
        chosen = require(validation, ValidationPart, "a trial's choosing")
        recipe = Recipe(
            features=tuple(learnt.frame.columns),
            classes=parts.class_names(learnt.truth, binary=target == "binary"),
            target=target,
            window=learnt.window,
            encoder=Encoder.fit(learnt),
            identity=identity,
            time=time,
        )
        return cls(
            train=parts.windows(learnt, recipe, "scaled"),
            validation=parts.windows(chosen, recipe, "scaled"),
            classes=len(recipe.classes),
            columns=_groups(recipe, identity=identity),
        )

    def only(self, group: str) -> "Material":
        """The same windows with the columns of other groups at nought, their mean; ``"all"``: as they are."""
        if group == "all":
            return self
        mask = self.columns[group]
        made = [replace(one, rows=one.rows * mask) for one in (self.train, self.validation)]
        return replace(self, train=made[0], validation=made[1])


def materials(table: Table, options: TrainOptions, space: Space) -> dict[int, Material]:
    """Material for every length of window in the space.

    Args:
        table: A labelled table.
        options: How it is split, and which columns may be seen.
        space: What may be chosen.

    Raises:
        SplitError: The split is undefined, or there is no validation part.
        OptionError, TableError: As for :func:`~yawstring.learn.train.train`.
    """
    lengths = sorted(int(value) for value in space["window"].values())
    longest = WindowSpec(length=lengths[-1])
    rows, split = rows_and_split(table, options.split, longest, options.labels, options.signals or table.signals)
    chosen = choose_features(rows.columns, options)
    made: dict[int, Material] = {}
    for length in lengths:
        learnt, choosing, _ = cut(rows, _shorter(split, length), chosen)
        if choosing is None or not len(choosing):
            raise SplitError("a search chooses on the validation part, and there is none: give --validation a share")
        made[length] = Material.of(
            learnt, choosing, target=options.target, identity=options.identity, time=options.time
        )
    return made


def _shorter(split: Split, length: int) -> Split:
    """The same split with shorter windows: the embargo stays that of the longest."""
    if length == split.window.length:
        return split
    if split.spec.policy == "random":
        raise SplitError("a random split draws windows of one length: search one length of window, or split otherwise")
    window = WindowSpec(length=length)
    train, validation, test = (
        window_starts(np.where(split.part == part, split.segment, NO_SEGMENT), window) for part in (0, 1, 2)
    )
    return replace(split, window=window, starts=(train, validation, test))


def _groups(recipe: Recipe, *, identity: bool) -> dict[str, NDArray[np.bool_]]:
    """``bool[feature]`` of the cyber and of the physical columns, where the table has both."""
    made: dict[str, NDArray[np.bool_]] = {}
    for group in ("cyber", "physical"):
        names = set(features(recipe.features, modality="cyber" if group == "cyber" else "physical", identity=identity))
        of = [column.name in names for column in recipe.encoder.columns for _ in column.outputs]
        if any(of):
            made[group] = np.array(of)
    return made
