"""The shares of the classes in the training part, whatever the row: what a detector that has learnt something beats."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from yawstring.models.base import Encoding, Family, Fitted, Reads, Watch, Windows
from yawstring.models.checks import check_parts
from yawstring.models.forest_graph import NO_CHILD, forest_graph


@dataclass(frozen=True, kw_only=True)
class Majority(Family):
    """Gives every window the shares of the classes among the training windows; it has no options.

    Example:
        >>> train = Windows(rows=np.zeros((4, 1), np.float32), starts=np.arange(4), length=1,
        ...                 labels=np.array([0, 1, 1, 1]))
        >>> from yawstring.models.scoring import open_scorer
        >>> open_scorer(Majority().fit(train, classes=2, seed=0).graph).score(train)[0].tolist()
        [0.25, 0.75]
    """

    name: ClassVar[str] = "majority"
    reads: ClassVar[Reads] = "row"
    encoding: ClassVar[Encoding] = "raw"

    def fit(
        self,
        train: Windows,
        validation: Windows | None = None,
        *,
        classes: int,
        seed: int,
        watch: Watch | None = None,
    ) -> Fitted:
        """Count the labels; nothing is drawn, so ``seed`` has no say, and ``validation`` is not used.

        Raises:
            OptionError: As :meth:`Family.fit` says.
            MissingExtraError: The ``onnx`` package is not installed.
        """
        check_parts(train, validation, classes=classes)
        shares = (np.bincount(train.labels, minlength=classes) / len(train)).astype(np.float32)
        root = {"tree": 0, "feature": -1, "threshold": np.float32(0), "left": NO_CHILD, "right": NO_CHILD}
        # A tree of nothing but a leaf: it never looks at the row, so that NaN is as good as any number.
        stump = {name: np.array([value]) for name, value in root.items()}
        stump |= {"missing_left": np.zeros(1, np.bool_), "probabilities": shares[None]}
        return Fitted(
            family=self.name,
            reads=self.reads,
            graph=forest_graph(stump, features=train.rows.shape[1]),
            weights={"shares": shares},
            classes=classes,
            options={},
        )
