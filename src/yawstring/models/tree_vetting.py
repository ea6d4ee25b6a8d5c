"""Are arrays trees? Those of a bundle may come from anyone, and compiled loops look no index up twice.

Scoring never reads them, for the graph is what scores and is vetted by itself (:mod:`yawstring.models.vetting`). They
are read to take a score apart.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import BundleError
from yawstring.models.forest_graph import NO_CHILD
from yawstring.models.tree_operator import TREE_DEPTH_MAX

Arrays = Mapping[str, NDArray[np.generic]]

OF_NODES = ("tree", "feature", "threshold", "left", "right", "missing_left", "cover")
"""Arrays with a value for each node."""

OF_LEAVES = ("probabilities", "leaf_logits")
"""Arrays with a row for each leaf, of which there is one."""

STEPS_MAX = 1 << 27
"""Cuts on the ways to all leaves together: what is remembered of them then takes a few GiB at most."""


def check_trees(trees: Arrays, *, inputs: int, classes: int) -> None:
    """Refuse arrays that are no trees.

    Args:
        trees: As :func:`~yawstring.models.forest_graph.forest_graph` takes them, with ``cover``.
        inputs: Columns of the rows that they look at.
        classes: Columns of the leaves.

    Raises:
        BundleError: They are none.

    Example:
        >>> stump = {"tree": np.zeros(3), "feature": np.array([0, -1, -1]), "threshold": np.zeros(3),
        ...          "left": np.array([1, -1, -1]), "right": np.array([2, -1, -1]), "missing_left": np.zeros(3, bool),
        ...          "cover": np.array([4, 1, 3]), "probabilities": np.eye(2)}
        >>> check_trees(stump, inputs=1, classes=2)
        >>> check_trees(stump | {"left": np.array([9, -1, -1])}, inputs=1, classes=2)
        Traceback (most recent call last):
        ...
        yawstring.errors.BundleError: the arrays of the trees are damaged: a child is none of its tree
    """
    _check_shapes(trees, classes)
    tree, feature, left, right = (trees[name].astype(np.int64) for name in ("tree", "feature", "left", "right"))
    _require(tree[0] == 0 and bool(np.isin(np.diff(tree), (0, 1)).all()), "trees do not follow on each other")
    inner = left != NO_CHILD
    _require(bool((right[~inner] == NO_CHILD).all()), "a leaf has a child")
    _require(bool(((feature[inner] >= 0) & (feature[inner] < inputs)).all()), "a cut looks at no input")
    cover = trees["cover"].astype(np.float64)
    _require(bool((np.isfinite(cover) & (cover > 0)).all()), "a node was met by nothing")
    leaves = trees[next(name for name in OF_LEAVES if name in trees)]
    _require(len(leaves) == int((~inner).sum()), "leaves are missing or too many")
    # Infinity is a cut between what is missing and what is not.
    _require(not np.isnan(trees["threshold"].astype(np.float64)).any(), "a cut is no number")
    numbers = [array for name, array in trees.items() if name in (*OF_LEAVES, "bias")]
    _require(all(np.isfinite(array.astype(np.float64)).all() for array in numbers), "a number is none")
    _check_children(tree, left, right, inner)


def _check_shapes(trees: Arrays, classes: int) -> None:
    missing = [name for name in OF_NODES if name not in trees]
    _require(not missing and sum(name in trees for name in OF_LEAVES) == 1, "some are missing")
    count = trees["tree"].shape
    _require(len(count) == 1 and count[0] > 0, "there is no node")
    _require(all(trees[name].shape == count for name in OF_NODES), "they differ in length")
    leaves = trees[next(name for name in OF_LEAVES if name in trees)]
    _require(leaves.ndim == 2 and leaves.shape[1] == classes, "leaves are of other classes")
    if "leaf_logits" in trees:
        _require("bias" in trees and trees["bias"].shape == (classes,), "the bias is missing or of other classes")


def _check_children(
    tree: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64], inner: NDArray[np.bool_]
) -> None:
    """Children stand behind their parent in its own tree, each node but a root is one's child, none is too deep."""
    roots = np.searchsorted(tree, tree)
    parents = np.flatnonzero(inner)
    parent = np.full(len(tree), -1, np.int64)
    for side in (left, right):
        own = side[parents]
        # Before it is added to anything: a number beyond all others would come round to a small one.
        _require(bool(((own > 0) & (own < len(tree))).all()), "a child is none of its tree")
        child = roots[parents] + own
        _require(bool(((child > parents) & (child < len(tree))).all()), "a child is none of its tree")
        _require(bool((tree[child] == tree[parents]).all()), "a child is none of its tree")
        _require(bool((parent[child] == -1).all()), "a node has two parents")
        parent[child] = parents
        _require(len(np.unique(child)) == len(child), "a node has two parents")
    _require(bool(((parent == -1) == (roots == np.arange(len(tree)))).all()), "a node has no parent")
    depth, at, steps = 0, np.flatnonzero(~inner), 0
    while len(at := parent[at][parent[at] >= 0]):
        depth, steps = depth + 1, steps + len(at)
        _require(depth <= TREE_DEPTH_MAX and steps <= STEPS_MAX, "they are too deep")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BundleError(f"the arrays of the trees are damaged: {otherwise}")
