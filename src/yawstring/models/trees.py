"""A forest of trees on single rows: scikit-learn's random forest, kept and scored as plain arrays.

The baseline that a network over windows has to beat. It sees columns as they are, missing values (NaN) included, and of
each window the last row alone.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import MissingExtraError, OptionError
from yawstring.models.base import Encoding, Family, Fitted, Reads, Watch, Windows
from yawstring.models.checks import check_counts, check_parts
from yawstring.models.forest_graph import NO_CHILD, float32_below, forest_graph
from yawstring.models.tree_operator import TREE_DEPTH_MAX

if TYPE_CHECKING:
    from sklearn.ensemble._forest import ForestClassifier

JOBS = 2
"""Trees grown at once. The forest is the same for any number."""


@dataclass(frozen=True, kw_only=True)
class Forest(Family):
    """Random forest (Breiman, 2001) as scikit-learn grows it; options left alone are scikit-learn's own.

    Attributes:
        trees: Number of trees.
        depth: Levels below a root at most; ``None`` for no limit but that of the graph.
        leaf: Rows in a leaf at least.
        class_weights: Weigh rows so that every class weighs the same.
        extra: Grow extra trees (Geurts, Ernst and Wehenkel, 2006) instead: cuts are drawn, every tree sees all rows.

    Raises:
        OptionError: A number is below one.

    Example:
        >>> rows = np.random.default_rng(0).random((50, 2), dtype=np.float32)
        >>> windows = Windows(rows=rows, starts=np.arange(46), length=5, labels=(rows[4:, 0] > 0.5).astype(np.int64))
        >>> fitted = Forest(trees=5).fit(windows, classes=2, seed=1)
        >>> from yawstring.models.scoring import open_scorer
        >>> open_scorer(fitted.graph).score(windows).shape
        (46, 2)
    """

    trees: int = 100
    depth: int | None = None
    leaf: int = 1
    class_weights: bool = False
    extra: bool = False

    name: ClassVar[str] = "forest"
    reads: ClassVar[Reads] = "row"
    encoding: ClassVar[Encoding] = "raw"

    def __post_init__(self) -> None:
        check_counts(trees=self.trees, depth=self.depth, leaf=self.leaf)

    def fit(
        self,
        train: Windows,
        validation: Windows | None = None,
        *,
        classes: int,
        seed: int,
        watch: Watch | None = None,
    ) -> Fitted:
        """Grow the forest on the last row of every window; there are no epochs, and ``validation`` is not used.

        Raises:
            OptionError: As :meth:`Family.fit` says, or a row holds infinity.
            MissingExtraError: scikit-learn or the ``onnx`` package is not installed.
        """
        check_parts(train, validation, classes=classes)
        rows = train.last_rows()
        weights = tree_arrays(self._grow(rows, train.labels, seed), classes)
        return Fitted(
            family=self.name,
            reads=self.reads,
            graph=forest_graph(weights, features=rows.shape[1]),
            weights=weights,
            classes=classes,
            options=asdict(self),
        )

    def _grow(self, rows: NDArray[np.float32], labels: NDArray[np.int64], seed: int) -> "ForestClassifier":
        return grow(
            rows,
            labels,
            extra=self.extra,
            trees=self.trees,
            depth=self.depth,
            leaf=self.leaf,
            class_weights=self.class_weights,
            seed=seed,
        )


def grow(
    rows: NDArray[np.float32],
    labels: NDArray[np.int64],
    *,
    extra: bool,
    trees: int,
    depth: int | None,
    leaf: int,
    class_weights: bool,
    seed: int,
) -> "ForestClassifier":
    """Grow scikit-learn's random forest, or its extra trees.

    Args:
        rows: ``float32[row, feature]``, NaN for a missing value.
        labels: ``int64[row]``.
        extra: Grow extra trees.
        trees: As for :class:`Forest`, and so ``depth``, ``leaf`` and ``class_weights``.
        depth: See there.
        leaf: See there.
        class_weights: See there.
        seed: Of all draws.

    Raises:
        OptionError: A row holds infinity.
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
    except ImportError as error:
        raise MissingExtraError("scikit-learn", extra="train", needed_for="growing a forest") from error
    if np.isinf(rows).any():
        raise OptionError("the training part holds infinity; a forest takes numbers, and NaN for a missing value")
    kind = ExtraTreesClassifier if extra else RandomForestClassifier
    return kind(
        n_estimators=trees,
        max_depth=TREE_DEPTH_MAX if depth is None else min(depth, TREE_DEPTH_MAX),
        min_samples_leaf=leaf,
        class_weight="balanced" if class_weights else None,
        random_state=seed,
        n_jobs=JOBS,
    ).fit(rows, labels)


def tree_arrays(forest: "ForestClassifier", classes: int) -> dict[str, NDArray[np.generic]]:
    """The forest as :func:`forest_graph` takes it; ``cover`` is the weight of the training rows that met each node."""
    grown = [estimator.tree_ for estimator in forest.estimators_]
    left = np.concatenate([tree.children_left for tree in grown])
    leaf = left == NO_CHILD
    # A class that the training part lacks has a column of zeros.
    probabilities = np.zeros((int(leaf.sum()), classes), np.float32)
    probabilities[:, forest.classes_] = np.concatenate([tree.value[:, 0] for tree in grown])[leaf]
    threshold = float32_below(np.concatenate([tree.threshold for tree in grown]))
    return {
        "tree": np.repeat(np.arange(len(grown), dtype=np.int32), [tree.node_count for tree in grown]),
        "feature": np.where(leaf, -1, np.concatenate([tree.feature for tree in grown])).astype(np.int32),
        "threshold": np.where(leaf, np.float32(0), threshold),
        "left": left.astype(np.int32),
        "right": np.concatenate([tree.children_right for tree in grown]).astype(np.int32),
        "missing_left": np.where(leaf, 0, np.concatenate([tree.missing_go_to_left for tree in grown])).astype(np.bool_),
        "probabilities": probabilities,
        "cover": np.concatenate([tree.weighted_n_node_samples for tree in grown]).astype(np.float32),
    }
