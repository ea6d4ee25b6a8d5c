"""Gradient boosting of trees on the statistics of a window (Friedman, 2001, https://doi.org/10.1214/aos/1013203451).

The trees are grown by scikit-learn's ``HistGradientBoostingClassifier`` on :mod:`yawstring.models.statistics`, and
kept as plain arrays. Two classes have one tree a round, whose sum is the log-odds of the second; more have one each
and a softmax.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import MissingExtraError, OptionError
from yawstring.models.base import OUTPUT_NAME, Encoding, Epoch, Family, Fitted, Reads, Watch, Windows
from yawstring.models.checks import check_counts, check_parts
from yawstring.models.engine.figures import macro_f1
from yawstring.models.forest_graph import NO_CHILD, add_trees, float32_below
from yawstring.models.graph import write_graph
from yawstring.models.sample import some_windows
from yawstring.models.statistics import OUTPUT, statistics, statistics_nodes

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

Arrays: TypeAlias = dict[str, NDArray[np.generic]]

ABSENT = -1000.0
"""Logit of a class that the training part lacks: its probability is 0."""

THREADS = 1
"""Threads that grow a tree. With more, sums of gradients would be added in an order of their own, and waiting for each
other on a busy machine costs more than is won."""


@dataclass(frozen=True, kw_only=True)
class Boosting(Family):
    """Gradient boosting on window statistics; it takes windows with missing values (NaN).

    Attributes:
        rounds: Trees at most, of each class where there are more than two.
        learning_rate: What a tree's leaves are multiplied by.
        leaves: Leaves of a tree at most.
        leaf: Windows in a leaf at least.
        share: Share of the statistics that are drawn to choose from at each cut.
        l2: Weight of the penalty on the leaves' squares.
        class_weights: Weigh windows so that every class weighs the same.
        patience: Stop after this many rounds in a row without a lower loss on the validation part. Of all rounds those
            up to the one with the lowest loss are kept. Without a validation part all are.
        recent: Give it the statistics of the window's last third, too.
        windows_max: Windows to learn from at most, drawn from all; of the validation part, too.

    Raises:
        OptionError: A number is out of its range.

    Example:
        >>> rows = np.random.default_rng(0).random((90, 2), dtype=np.float32)
        >>> windows = Windows(rows=rows, starts=np.arange(86), length=5, labels=(rows[4:, 0] > 0.5).astype(np.int64))
        >>> fitted = Boosting(rounds=3).fit(windows, classes=2, seed=1)
        >>> from yawstring.models.scoring import open_scorer
        >>> open_scorer(fitted.graph).score(windows).shape, len(fitted.history)
        ((86, 2), 3)
    """

    rounds: int = 200
    learning_rate: float = 0.1
    leaves: int = 31
    leaf: int = 20
    share: float = 0.3
    l2: float = 0.0
    class_weights: bool = False
    patience: int = 20
    recent: bool = False
    windows_max: int = 100_000

    name: ClassVar[str] = "boosting"
    reads: ClassVar[Reads] = "window"
    encoding: ClassVar[Encoding] = "raw"

    def __post_init__(self) -> None:
        check_counts(rounds=self.rounds, leaf=self.leaf, patience=self.patience, windows_max=self.windows_max)
        if self.leaves < 2:
            raise OptionError(f"leaves must be at least 2, not {self.leaves}")
        if not self.learning_rate > 0:
            raise OptionError(f"learning_rate must be above 0, not {self.learning_rate}")
        if not 0 < self.share <= 1:
            raise OptionError(f"share must be above 0 and at most 1, not {self.share}")
        if not self.l2 >= 0:
            raise OptionError(f"l2 must be at least 0, not {self.l2}")

    def fit(
        self,
        train: Windows,
        validation: Windows | None = None,
        *,
        classes: int,
        seed: int,
        watch: Watch | None = None,
    ) -> Fitted:
        """Grow trees round by round; a round is an epoch. ``watch`` is told of them when all are grown.

        Validation windows of a class that the training part lacks are not looked at: their loss would be infinite
        whatever the round.

        Raises:
            OptionError: As :meth:`Family.fit` says.
            MissingExtraError: scikit-learn or the ``onnx`` package is not installed.
        """
        check_parts(train, validation, classes=classes)
        learnt = self._part(train, seed)
        known = np.unique(learnt.truth)
        if len(known) > 1:
            model, chosen = self._grow(learnt, validation, seed)
            history = _history(model, learnt, chosen, classes)
            weights = _arrays(model, classes, rounds=_best(history))
        else:
            history, weights = (), _nothing(int(known[0]), classes)
        if watch is not None:
            for epoch in history:
                watch(epoch)
        return Fitted(
            family=self.name,
            reads=self.reads,
            graph=self._graph(weights, train, classes),
            weights=weights,
            classes=classes,
            options=asdict(self),
            history=history,
        )

    def _part(self, windows: Windows, seed: int) -> "_Part":
        some = some_windows(windows, self.windows_max, seed=seed)
        array = statistics(some, recent=self.recent)
        if np.isinf(array).any():
            raise OptionError(
                "the windows' statistics hold infinity; boosting takes numbers, and NaN for missing values"
            )
        weight = _balanced(some.labels) if self.class_weights else np.ones(len(some))
        return _Part(array, some.labels, weight)

    def _grow(
        self, learnt: "_Part", validation: Windows | None, seed: int
    ) -> tuple["HistGradientBoostingClassifier", "_Part | None"]:
        """The grown trees, and the validation windows that they were watched on."""
        try:
            from sklearn.ensemble import HistGradientBoostingClassifier
            from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
        except ImportError as error:
            raise MissingExtraError("scikit-learn", extra="train", needed_for="boosting trees") from error
        # scikit-learn cannot bin a column of nothing but NaN; of a constant, no tree makes a cut either.
        learnt.array[:, np.isnan(learnt.array).all(axis=0)] = 0
        known = None if validation is None else np.flatnonzero(np.isin(validation.labels, learnt.truth))
        chosen = None
        if validation is not None and known is not None and len(known):
            seen = replace(validation, starts=validation.starts[known], labels=validation.labels[known])
            chosen = self._part(seen, seed)
        model = HistGradientBoostingClassifier(
            max_iter=self.rounds,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=self.leaf,
            max_features=float(self.share),
            l2_regularization=self.l2,
            early_stopping=chosen is not None,
            n_iter_no_change=self.patience,
            tol=0.0,
            scoring="loss",
            random_state=seed,
        )
        watched = {} if chosen is None else dict(zip(("X_val", "y_val", "sample_weight_val"), chosen, strict=True))
        with threadpool_limits(THREADS, user_api="openmp"):
            return model.fit(*learnt, **watched), chosen

    def _graph(self, weights: Arrays, train: Windows, classes: int) -> bytes:
        nodes = statistics_nodes(train.length, recent=self.recent)
        sums = add_trees(nodes, weights, weights["leaf_logits"], source=OUTPUT)
        logits = nodes.add("Add", sums, nodes.constant("bias", weights["bias"]), out="logits")
        nodes.add("Softmax", logits, out=OUTPUT_NAME, axis=1)
        return write_graph(nodes.nodes, nodes.constants, shape=(train.length, train.rows.shape[1]), classes=classes)


class _Part(NamedTuple):
    """What scikit-learn learns from or looks at, in the order it takes them."""

    array: NDArray[np.float32]
    truth: NDArray[np.int64]
    weight: NDArray[np.float64]


def _balanced(labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """``float64[window]``: weights with which every class that occurs weighs the same, 1 in the mean."""
    _, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return np.asarray(len(labels) / (len(counts) * counts[place]))


def _history(
    model: "HistGradientBoostingClassifier", learnt: _Part, chosen: _Part | None, classes: int
) -> tuple[Epoch, ...]:
    epochs = [
        Epoch(number=number, loss=loss, f1=f1) for number, (loss, f1) in enumerate(_curve(model, learnt, classes), 1)
    ]
    if chosen is not None:
        curve = _curve(model, chosen, classes)
        epochs = [
            replace(epoch, validation_loss=loss, validation_f1=f1)
            for epoch, (loss, f1) in zip(epochs, curve, strict=True)
        ]
    return tuple(epochs)


def _curve(model: "HistGradientBoostingClassifier", part: _Part, classes: int) -> Iterator[tuple[float, float]]:
    """Cross-entropy and macro-F1 of a part after every round."""
    true = np.searchsorted(model.classes_, part.truth)[:, None]
    for raw in model.staged_decision_function(part.array):
        logits = np.column_stack([np.zeros(len(raw)), raw]) if raw.ndim == 1 else raw
        losses = np.logaddexp.reduce(logits, axis=1) - np.take_along_axis(logits, true, axis=1)[:, 0]
        loss = float(np.average(losses, weights=part.weight))
        yield loss, macro_f1(part.truth, model.classes_[logits.argmax(axis=1)], classes)


def _best(history: tuple[Epoch, ...]) -> int:
    """Rounds to keep: those up to the lowest validation loss, or all."""
    losses = [epoch.validation_loss for epoch in history if epoch.validation_loss is not None]
    return int(np.argmin(losses)) + 1 if losses else len(history)


def _arrays(model: "HistGradientBoostingClassifier", classes: int, *, rounds: int) -> Arrays:
    """The first rounds' trees, one after another, as :func:`add_trees` takes them; leaves hold logits."""
    # scikit-learn has no public door to the trees; the tests hold that these are what it predicts with.
    grown = [tree.nodes for trees in model._predictors[:rounds] for tree in trees]
    base = model._baseline_prediction.ravel()
    # Of two classes, the one tree a round speaks for the second.
    column = model.classes_[1:] if len(base) == 1 else model.classes_
    bias = np.full(classes, ABSENT, np.float32)
    bias[model.classes_] = 0
    bias[column] = base
    nodes = np.concatenate(grown)
    tree = np.repeat(np.arange(len(grown), dtype=np.int32), [len(part) for part in grown])
    leaf = nodes["is_leaf"].astype(np.bool_)
    logits = np.zeros((int(leaf.sum()), classes), np.float32)
    logits[np.arange(len(logits)), column[tree[leaf] % len(column)]] = nodes["value"][leaf]
    # A cut between what is missing and what is not has the threshold infinity: every number lies below.
    threshold = np.minimum(nodes["num_threshold"], np.finfo(np.float32).max)
    return {
        "tree": tree,
        "feature": np.where(leaf, -1, nodes["feature_idx"]).astype(np.int32),
        "threshold": np.where(leaf, np.float32(0), float32_below(threshold)),
        "left": np.where(leaf, NO_CHILD, nodes["left"].astype(np.int64)).astype(np.int32),
        "right": np.where(leaf, NO_CHILD, nodes["right"].astype(np.int64)).astype(np.int32),
        "missing_left": ~leaf & nodes["missing_go_to_left"].astype(np.bool_),
        "cover": nodes["count"].astype(np.float32),
        "leaf_logits": logits,
        "bias": bias,
    }


def _nothing(known: int, classes: int) -> Arrays:
    """A tree of nothing but a leaf: where training has one class, that is the answer."""
    bias = np.full(classes, ABSENT, np.float32)
    bias[known] = 0
    return {
        "tree": np.zeros(1, np.int32),
        "feature": np.full(1, -1, np.int32),
        "threshold": np.zeros(1, np.float32),
        "left": np.full(1, NO_CHILD, np.int32),
        "right": np.full(1, NO_CHILD, np.int32),
        "missing_left": np.zeros(1, np.bool_),
        "cover": np.ones(1, np.float32),
        "leaf_logits": np.zeros((1, classes), np.float32),
        "bias": bias,
    }
