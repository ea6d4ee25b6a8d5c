"""A forest of trees on the statistics of a window: what became of each feature, not only where it stands.

Extra trees (Geurts, Ernst and Wehenkel, 2006, https://doi.org/10.1007/s10994-006-6226-1) or a random forest, grown by
scikit-learn on :mod:`yawstring.models.statistics`, which the graph computes for itself.
"""

from dataclasses import asdict, dataclass
from typing import ClassVar

from yawstring.models.base import OUTPUT_NAME, Encoding, Family, Fitted, Reads, Watch, Windows
from yawstring.models.checks import check_counts, check_parts
from yawstring.models.forest_graph import add_trees, count_trees
from yawstring.models.graph import write_graph
from yawstring.models.sample import some_windows
from yawstring.models.statistics import OUTPUT, statistics, statistics_nodes
from yawstring.models.trees import grow, tree_arrays


@dataclass(frozen=True, kw_only=True)
class WindowForest(Family):
    """Extra trees or a random forest on window statistics; it takes windows with missing values (NaN).

    Attributes:
        extra: Grow extra trees: cuts are drawn, and every tree sees all windows. Else a random forest.
        trees: Number of trees.
        depth: Levels below a root at most; ``None`` for no limit but that of the graph.
        leaf: Windows in a leaf at least.
        class_weights: Weigh windows so that every class weighs the same.
        recent: Give it the statistics of the window's last third, too.
        windows_max: Windows to learn from at most, drawn from all.

    Raises:
        OptionError: A number is below one.

    Example:
        >>> import numpy as np
        >>> rows = np.random.default_rng(0).random((50, 2), dtype=np.float32)
        >>> windows = Windows(rows=rows, starts=np.arange(46), length=5, labels=(rows[4:, 0] > 0.5).astype(np.int64))
        >>> fitted = WindowForest(trees=5).fit(windows, classes=2, seed=1)
        >>> from yawstring.models.scoring import open_scorer
        >>> open_scorer(fitted.graph).score(windows).shape
        (46, 2)
    """

    extra: bool = True
    trees: int = 200
    depth: int | None = None
    leaf: int = 1
    class_weights: bool = False
    recent: bool = False
    windows_max: int = 100_000

    name: ClassVar[str] = "window_forest"
    reads: ClassVar[Reads] = "window"
    encoding: ClassVar[Encoding] = "raw"

    def __post_init__(self) -> None:
        check_counts(trees=self.trees, depth=self.depth, leaf=self.leaf, windows_max=self.windows_max)

    def fit(
        self,
        train: Windows,
        validation: Windows | None = None,
        *,
        classes: int,
        seed: int,
        watch: Watch | None = None,
    ) -> Fitted:
        """Grow the forest on the windows' statistics; there are no epochs, and ``validation`` is not used.

        Raises:
            OptionError: As :meth:`Family.fit` says, or a statistic is infinite.
            MissingExtraError: scikit-learn or the ``onnx`` package is not installed.
        """
        check_parts(train, validation, classes=classes)
        learnt = some_windows(train, self.windows_max, seed=seed)
        forest = grow(
            statistics(learnt, recent=self.recent),
            learnt.labels,
            extra=self.extra,
            trees=self.trees,
            depth=self.depth,
            leaf=self.leaf,
            class_weights=self.class_weights,
            seed=seed,
        )
        weights = tree_arrays(forest, classes)
        nodes = statistics_nodes(train.length, recent=self.recent)
        votes = add_trees(nodes, weights, weights["probabilities"], source=OUTPUT)
        nodes.add("Div", votes, nodes.constant("trees", count_trees(weights)), out=OUTPUT_NAME)
        return Fitted(
            family=self.name,
            reads=self.reads,
            graph=write_graph(nodes.nodes, nodes.constants, shape=(train.length, train.rows.shape[1]), classes=classes),
            weights=weights,
            classes=classes,
            options=asdict(self),
        )
