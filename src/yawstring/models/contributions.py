"""What moved the score of trees: Shapley values, exact, for every input of every window.

The value of a set of inputs is the mean score where the others are not known: a cut on one of those sends the training
windows' shares (the nodes' covers) both ways. That is the path-dependent TreeSHAP of Lundberg, Erion and Lee (2018,
https://arxiv.org/abs/1802.03888), summed leaf by leaf instead of by recursion. A leaf of value ``v`` counts where every
input on its path is either not known, with the share ``z`` of the windows that go its way, or known and going its way
(``o`` is 1, else 0). So input ``i`` of ``d`` has of this leaf

    v (o_i - z_i) Σ_k k! (d - 1 - k)! / d! c_k,      c_k the coefficient of y^k in Π_{j≠i} (z_j + o_j y).

The contributions of a window and the mean score add up to its score: the probability for a forest, the logit for
boosting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.errors import BundleError, OptionError
from yawstring.models.base import Fitted, Windows
from yawstring.models.forest_graph import NO_CHILD
from yawstring.models.statistics import statistic_names, statistics
from yawstring.models.tree_vetting import check_trees

FAMILIES = ("boosting", "forest", "threshold", "window_forest")
"""Families whose scores can be taken apart so."""

BENIGN = 0


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """Of every window, what each of its inputs added to the score.

    Attributes:
        values: ``float64[window, statistic, feature]``.
        statistics: Names of the statistics; ``("last",)`` for a family that sees single rows.
        base: The score of a window that nothing is known about; ``base + values.sum((1, 2))`` is the score.
    """

    values: NDArray[np.float64]
    statistics: tuple[str, ...]
    base: float

    def by_feature(self) -> NDArray[np.float64]:
        """``float64[window, feature]``, summed over a feature's statistics."""
        return np.asarray(self.values.sum(axis=1))


def contributions(fitted: Fitted, windows: Windows, *, target: int | None = None) -> Contributions:
    """Take the scores of fitted trees apart.

    Args:
        fitted: Of one of :data:`FAMILIES`.
        windows: Windows as the family takes them.
        target: The class whose score is looked at: of a forest its probability, of boosting its logit less that of
            class 0. ``None`` is an attack of any kind: 1 less the probability of class 0; where boosting knows more
            than two classes that is no sum, and a class must be named.

    Raises:
        OptionError: Another family, or a class that cannot be looked at.
        BundleError: The forest was saved by a version that did not keep what this needs, or its arrays are no trees.

    Example:
        >>> from yawstring.models.trees import Forest
        >>> rows = np.random.default_rng(0).random((60, 2), dtype=np.float32)
        >>> windows = Windows(rows=rows, starts=np.arange(60), length=1, labels=(rows[:, 0] > 0.5).astype(np.int64))
        >>> fitted = Forest(trees=5).fit(windows, classes=2, seed=1)
        >>> told = contributions(fitted, windows)
        >>> from yawstring.models.scoring import open_scorer
        >>> score = open_scorer(fitted.graph).score(windows)[:, 1]
        >>> bool(np.allclose(told.base + told.by_feature().sum(axis=1), score, atol=1e-6))
        True
    """
    if fitted.family not in FAMILIES:
        raise OptionError(f"the scores of '{fitted.family}' cannot be taken apart; those of {', '.join(FAMILIES)} can")
    if "cover" not in fitted.weights:
        raise BundleError("the forest was saved without its nodes' covers by an older version: train it again")
    recent = bool(fitted.options.get("recent", False))
    rows = windows.last_rows() if fitted.reads == "row" else statistics(windows, recent=recent)
    names = ("last",) if fitted.reads == "row" else statistic_names(windows.length, recent=recent)
    check_trees(fitted.weights, inputs=rows.shape[1], classes=fitted.classes)
    scores, base = _leaf_scores(fitted.weights, fitted.classes, target)
    paths = leaf_paths(fitted.weights)
    values = np.zeros(rows.shape)
    _add_contributions(np.ascontiguousarray(rows), *paths, np.ascontiguousarray(scores), values)
    # Where nothing is known, every leaf counts by the share of the training windows that reached it.
    base += float(scores @ _shares(fitted.weights))
    return Contributions(values=values.reshape(len(rows), len(names), -1), statistics=names, base=base)


def _shares(trees: Mapping[str, NDArray[np.generic]]) -> NDArray[np.float64]:
    tree, cover = trees["tree"].astype(np.int64), trees["cover"].astype(np.float64)
    leaf = trees["left"].astype(np.int64) == NO_CHILD
    return np.asarray((cover / cover[np.searchsorted(tree, tree)])[leaf])


def _leaf_scores(
    weights: Mapping[str, NDArray[np.generic]], classes: int, target: int | None
) -> tuple[NDArray[np.float64], float]:
    """What each leaf adds to the score, and what is there without any."""
    if target is not None and not 0 <= target < classes:
        raise OptionError(f"class {target} is none of 0..{classes - 1}")
    if "probabilities" in weights:
        votes = weights["probabilities"].astype(np.float64) / (int(weights["tree"][-1]) + 1)
        return (votes[:, target] if target is not None else votes.sum(axis=1) - votes[:, BENIGN]), 0.0
    if target is None and classes > 2:
        raise OptionError("boosting has a logit for each class: say which to take apart")
    target = 1 if target is None else target
    logits, bias = weights["leaf_logits"].astype(np.float64), weights["bias"].astype(np.float64)
    return logits[:, target] - logits[:, BENIGN], float(bias[target] - bias[BENIGN])


class Paths(NamedTuple):
    """The inputs on the way to each leaf, each once: those of leaf ``l`` stand at ``first[l]`` to ``first[l + 1]``.

    Attributes:
        first: ``int64[leaf + 1]``.
        feature: ``int64[input]``.
        low: ``float32[input]``; the way to the leaf takes what is higher than this,
        high: ``float32[input]``; and at most this,
        missing: ``bool[input]``; and what is missing.
        share: ``float64[input]``: share of the training windows that the cuts on this input send to the leaf.
    """

    first: NDArray[np.int64]
    feature: NDArray[np.int64]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    missing: NDArray[np.bool_]
    share: NDArray[np.float64]


def leaf_paths(trees: Mapping[str, NDArray[np.generic]]) -> Paths:
    """The way to each leaf of trees laid out as :func:`~yawstring.models.forest_graph.forest_graph` takes them.

    Args:
        trees: Their nodes, with ``cover``, the training windows that met each.
    """
    tree, left, right = (trees[name].astype(np.int64) for name in ("tree", "left", "right"))
    roots = np.searchsorted(tree, tree)
    inner = np.flatnonzero(left != NO_CHILD)
    parent = np.full(len(tree), -1, np.int64)
    parent[(roots + left)[inner]] = parent[(roots + right)[inner]] = inner
    is_left = np.zeros(len(tree), np.bool_)
    is_left[(roots + left)[inner]] = True
    depth = np.zeros(len(tree), np.int64)
    for node in range(len(tree)):  # parents stand before their children
        depth[node] = depth[parent[node]] + 1 if parent[node] >= 0 else 0
    leaves = np.flatnonzero(left == NO_CHILD)
    steps = int(depth[leaves].sum())
    paths = Paths(
        first=np.zeros(len(leaves) + 1, np.int64),
        feature=np.zeros(steps, np.int64),
        low=np.zeros(steps, np.float32),
        high=np.zeros(steps, np.float32),
        missing=np.zeros(steps, np.bool_),
        share=np.zeros(steps, np.float64),
    )
    _walk(
        leaves,
        parent,
        is_left,
        trees["feature"].astype(np.int64),
        trees["threshold"].astype(np.float32),
        trees["missing_left"].astype(np.bool_),
        trees["cover"].astype(np.float64),
        *paths,
    )
    return paths


@compiled
def _walk(
    leaves: NDArray[np.int64],
    parent: NDArray[np.int64],
    is_left: NDArray[np.bool_],
    feature: NDArray[np.int64],
    threshold: NDArray[np.float32],
    missing_left: NDArray[np.bool_],
    cover: NDArray[np.float64],
    first: NDArray[np.int64],
    out_feature: NDArray[np.int64],
    low: NDArray[np.float32],
    high: NDArray[np.float32],
    missing: NDArray[np.bool_],
    share: NDArray[np.float64],
) -> None:
    """Write every leaf's path into the last six arrays; what is left of them stays unused."""
    used = 0
    for leaf in range(len(leaves)):
        first[leaf] = used
        node = leaves[leaf]
        while parent[node] >= 0:
            above = parent[node]
            slot = first[leaf]
            while slot < used and out_feature[slot] != feature[above]:
                slot += 1
            if slot == used:
                used += 1
                out_feature[slot] = feature[above]
                low[slot], high[slot], missing[slot], share[slot] = -np.inf, np.inf, True, 1.0
            if is_left[node]:
                high[slot] = min(high[slot], threshold[above])
            else:
                low[slot] = max(low[slot], threshold[above])
            missing[slot] &= missing_left[above] == is_left[node]
            share[slot] *= cover[node] / cover[above]
            node = above
    first[len(leaves)] = used


@compiled
def _add_contributions(
    rows: NDArray[np.float32],
    first: NDArray[np.int64],
    feature: NDArray[np.int64],
    low: NDArray[np.float32],
    high: NDArray[np.float32],
    missing: NDArray[np.bool_],
    share: NDArray[np.float64],
    scores: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Add every leaf's part to ``out``, ``float64[row, input]``."""
    longest = 0
    for leaf in range(len(scores)):
        longest = max(longest, first[leaf + 1] - first[leaf])
    product, goes = np.zeros(longest + 1), np.zeros(longest)
    for row in range(len(rows)):
        for leaf in range(len(scores)):
            start, count = first[leaf], first[leaf + 1] - first[leaf]
            for place in range(count):
                at = start + place
                value = rows[row, feature[at]]
                there = missing[at] if np.isnan(value) else low[at] < value <= high[at]
                goes[place] = 1.0 if there else 0.0
            _multiply(share[start : start + count], goes, product)
            for place in range(count):
                part = _mean_of_others(share[start + place], goes[place], product, count)
                out[row, feature[start + place]] += scores[leaf] * (goes[place] - share[start + place]) * part


@compiled_part
def _multiply(share: NDArray[np.float64], goes: NDArray[np.float64], product: NDArray[np.float64]) -> None:
    """Write the coefficients of the product of all ``z + o y`` into ``product``, the lowest power first."""
    product[0] = 1.0
    for place in range(len(share)):
        product[place + 1] = product[place] * goes[place]
        for power in range(place, 0, -1):
            product[power] = product[power] * share[place] + product[power - 1] * goes[place]
        product[0] *= share[place]


@compiled_part
def _mean_of_others(share: float, goes: float, product: NDArray[np.float64], count: int) -> float:
    """The product divided by one ``z + o y`` again, each coefficient times ``k! (d - 1 - k)! / d!``, added up."""
    mean, rest, weight = 0.0, 0.0, 1.0 / count
    for power in range(count - 1, -1, -1):
        rest = product[power + 1] - share * rest if goes else product[power] / share
        mean += weight * rest
        # The weights are the same from either end.
        weight *= (count - power) / max(power, 1)
    return mean
