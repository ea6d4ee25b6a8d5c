"""The ONNX graph of a forest: the same decisions as scikit-learn's, node for node.

``TreeEnsembleClassifier`` (https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleClassifier.html) compares float32
with float32, scikit-learn a float32 feature with a float64 threshold. For a float32 feature, ``x <= threshold`` is the
same as ``x <= t`` with ``t`` the largest float32 that is no greater than the threshold: no row goes another way.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from yawstring.models.base import INPUT_NAME, OUTPUT_NAME
from yawstring.models.graph import Attribute, Node, write_graph
from yawstring.models.nodes import Nodes
from yawstring.models.shapes import TREES
from yawstring.models.tree_operator import BRANCH, LEAF

NO_CHILD = -1
"""Stands for a child where a node is a leaf, as in scikit-learn."""


def float32_below(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is no greater than each threshold.

    Example:
        >>> float32_below(np.array([0.1, 0.5])) <= np.array([0.1, 0.5])
        array([ True,  True])
    """
    nearest = thresholds.astype(np.float32)
    return np.where(nearest > thresholds, np.nextafter(nearest, np.float32(-np.inf)), nearest)


def forest_graph(trees: Mapping[str, NDArray[np.generic]], *, features: int) -> bytes:
    """The graph of a forest whose probability is the mean of its trees' leaves.

    Args:
        trees: All nodes of the first tree, then of the second, and so on, parents before children: ``tree`` (index of
            the node's tree), ``feature``, ``threshold`` (float32; at most that goes left), ``left`` and ``right``
            (indices of nodes, counted from 0 in each tree, :data:`NO_CHILD` for a leaf), ``missing_left`` (where NaN
            goes); and ``probabilities``, ``float32[leaf, class]``, leaves in the order of their nodes. A tree deeper
            than :data:`~yawstring.models.tree_operator.TREE_DEPTH_MAX` makes a graph that is refused when it is to
            score.
        features: Features of a row.

    Returns:
        Octets of an ONNX model, the same for the same trees.

    Raises:
        MissingExtraError: The ``onnx`` package is not installed.

    Example:
        One tree that splits on 0.5, and says class 0 below and class 1 above.

        >>> trees = {"tree": np.array([0, 0, 0]), "feature": np.array([0, -1, -1]),
        ...          "threshold": np.array([0.5, 0, 0], np.float32), "left": np.array([1, -1, -1]),
        ...          "right": np.array([2, -1, -1]), "missing_left": np.array([True, False, False]),
        ...          "probabilities": np.eye(2, dtype=np.float32)}
        >>> from yawstring.models.scoring import open_scorer
        >>> open_scorer(forest_graph(trees, features=1))(np.array([[0.4], [0.6], [np.nan]], np.float32)).tolist()
        [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    """
    nodes = Nodes()
    votes = add_trees(nodes, trees, trees["probabilities"], source=INPUT_NAME)
    nodes.add("Div", votes, nodes.constant("trees", count_trees(trees)), out=OUTPUT_NAME)
    return write_graph(nodes.nodes, nodes.constants, shape=(features,), classes=trees["probabilities"].shape[1])


def count_trees(trees: Mapping[str, NDArray[np.generic]]) -> NDArray[np.float32]:
    """``float32[1]``, what the trees' votes are divided by."""
    return np.array([trees["tree"][-1] + 1], np.float32)


def add_trees(
    nodes: Nodes, trees: Mapping[str, NDArray[np.generic]], leaves: NDArray[np.generic], *, source: str
) -> str:
    """Append the node that adds up the leaves that a row of ``source`` falls into, class by class.

    Args:
        nodes: Nodes to append to.
        trees: Nodes of trees as :func:`forest_graph` takes them.
        leaves: ``float32[leaf, class]``, any numbers, leaves in the order of their nodes.
        source: Name of a value ``float32[row, feature]``.

    Returns:
        Name of the sums, ``float32[row, class]``.
    """
    tree, left, right = (trees[name].astype(np.int64) for name in ("tree", "left", "right"))
    number = np.arange(len(tree)) - np.searchsorted(tree, tree)
    leaf = left == NO_CHILD
    votes = np.asarray(leaves, np.float32)
    # Zeros say nothing and are left out, but in the first tree: of two classes, ONNX Runtime gives one that no leaf on
    # a row's way names the other's votes with a minus.
    told = (votes != 0) | (tree[leaf] == 0)[:, None]
    row, label = np.nonzero(told)
    leaves = np.flatnonzero(leaf)[row]
    attributes: dict[str, Attribute] = {
        "nodes_treeids": tree,
        "nodes_nodeids": number,
        "nodes_featureids": np.where(leaf, 0, trees["feature"]),
        "nodes_values": np.where(leaf, np.float32(0), trees["threshold"]),
        "nodes_modes": np.where(leaf, LEAF, BRANCH),
        "nodes_truenodeids": np.where(leaf, 0, left),
        "nodes_falsenodeids": np.where(leaf, 0, right),
        "nodes_missing_value_tracks_true": np.where(leaf, 0, trees["missing_left"]).astype(np.int64),
        "class_treeids": tree[leaves],
        "class_nodeids": number[leaves],
        "class_ids": label,
        # Whole votes, divided after they are added up: pure leaves then count without rounding.
        "class_weights": votes[row, label],
        "classlabels_int64s": np.arange(votes.shape[1]),
        "post_transform": "NONE",
    }
    domain, operator = TREES
    nodes.nodes.append(
        Node(op=operator, domain=domain, inputs=[source], outputs=["label", "votes"], attributes=attributes)
    )
    return "votes"
