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
from yawstring.learn.search.detectors import SIGNALS_OF
from yawstring.learn.search.parameters import Values
from yawstring.learn.search.space import Space
from yawstring.learn.train import TrainOptions, choose_features, rows_and_split
from yawstring.models.base import Encoding, Windows
from yawstring.schema import BENIGN, features
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
        benign: The first class is the benign one.
    """

    train: Windows
    validation: Windows
    classes: int
    columns: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    benign: bool = True

    @classmethod
    def of(
        cls,
        train: TrainPart,
        validation: ValidationPart,
        *,
        target: Target,
        identity: bool,
        time: bool,
        encoding: Encoding = "scaled",
    ) -> "Material":
        """Material of two parts of a table.

        Args:
            train: To learn from, and to scale by.
            validation: To choose by.
            target: What is told apart.
            identity: Identity columns are let in.
            time: Columns of time are let in.
            encoding: What the detector reads.

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
            train=parts.windows(learnt, recipe, encoding),
            validation=parts.windows(chosen, recipe, encoding),
            classes=len(recipe.classes),
            columns=_groups(recipe, identity=identity, encoding=encoding),
            benign=recipe.classes[0] == BENIGN,
        )

    def read_by(self, values: Values) -> "Material":
        """The same windows with the columns that a draw does not read at nought: scaled, that is their mean."""
        mask = np.ones(self.train.rows.shape[1], np.bool_)
        if values["columns"] != "all":
            mask &= self.columns[str(values["columns"])]
        for group in SIGNALS_OF:
            if not values.get(group, True):
                mask &= ~self.columns[group]
        if mask.all():
            return self
        made = [replace(one, rows=np.where(mask, one.rows, np.float32(0))) for one in (self.train, self.validation)]
        return replace(self, train=made[0], validation=made[1])


def narrowed(space: Space, made: Mapping[int, Material]) -> Space:
    """What of a space the material leaves.

    Raises:
        OptionError: No value is left of a parameter.
    """
    one = next(iter(made.values()))
    sides, groups = ({name for name in one.columns if (name in SIGNALS_OF) == signals} for signals in (False, True))
    return space.narrowed(columns=frozenset(sides), groups=frozenset(groups), benign=one.benign)


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
            learnt, choosing, target=options.target, identity=options.identity, time=options.time,
            encoding=options.detector.encoding,
        )  # fmt: skip
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


def _groups(recipe: Recipe, *, identity: bool, encoding: Encoding) -> dict[str, NDArray[np.bool_]]:
    """``bool[feature]`` of the cyber, of the physical columns and of each group of signals that the table has."""
    names = {
        "cyber": features(recipe.features, modality="cyber", identity=identity),
        "physical": features(recipe.features, modality="physical", identity=identity),
        **SIGNALS_OF,
    }
    encoder = recipe.encoder
    own = [one.name for one in encoder.columns for _ in (one.outputs if encoding == "scaled" else (one,))]
    masks = {group: np.isin(own, list(there)) for group, there in names.items()}
    return {group: mask for group, mask in masks.items() if mask.any()}
