"""Whether the trees of a graph are trees: ONNX Runtime follows a child, a feature or a class wherever it points."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yawstring.models.shapes import TREE_ATTRIBUTES, TREE_NODES, TREE_VOTES

TREE_DEPTH_MAX = 4096
"""Deepest tree; ONNX Runtime reads a tree by recursion, and one of 100,000 levels ends the process. A power of two."""

TREE_NODES_MAX = 1 << 22
"""Most nodes of all trees together; each takes some hundred octets once it is read."""

BRANCH, LEAF = b"BRANCH_LEQ", b"LEAF"


def sound_trees(attributes: Mapping[str, Any]) -> bool:
    """Whether trees stand one after another, each node once, parents before children, none too deep.

    Args:
        attributes: Values of the attributes of a ``TreeEnsembleClassifier`` by name, as its rule lets them in.

    Example:
        >>> sound_trees({})
        False
    """
    if attributes.keys() != TREE_ATTRIBUTES or attributes["post_transform"] != b"NONE":
        return False
    modes = attributes["nodes_modes"]
    count = len(modes)
    if not 0 < count <= TREE_NODES_MAX or set(modes) - {BRANCH, LEAF} or not _as_long(attributes, TREE_NODES, count):
        return False
    tree, number, *sides = (
        np.array(attributes[f"nodes_{name}"], np.int64)
        for name in ("treeids", "nodeids", "truenodeids", "falsenodeids")
    )
    places = np.arange(count)
    roots = np.flatnonzero(np.diff(tree, prepend=-1))
    if not np.array_equal(tree[roots], np.arange(len(roots))):
        return False
    inner = np.flatnonzero(np.array([mode == BRANCH for mode in modes]))
    children = np.concatenate([side[inner] + roots[tree[inner]] for side in sides])
    parents = np.tile(inner, 2)
    return (
        np.array_equal(number, places - roots[tree])
        and bool(np.all((parents < children) & (children < np.append(roots, count)[tree[parents] + 1])))
        # As many children as nodes that are no root, and none twice: every node has its one parent.
        and np.array_equal(np.sort(children), np.delete(places, roots))
        and _shallow(places, parents, children)
        and _sound_votes(attributes, roots, inner, count)
    )


def _as_long(attributes: Mapping[str, Any], names: Mapping[str, str], count: int) -> bool:
    return all(len(attributes[name]) == count for name in names)


def _shallow(places: NDArray[np.int64], parents: NDArray[np.int64], children: NDArray[np.int64]) -> bool:
    """Whether every node reaches its root in fewer than :data:`TREE_DEPTH_MAX` steps, by doubling the steps."""
    above = places.copy()
    above[children] = parents
    for _ in range(TREE_DEPTH_MAX.bit_length() - 1):
        above = above[above]
    return np.array_equal(above[above], above)


def _sound_votes(attributes: Mapping[str, Any], roots: NDArray[np.int64], inner: NDArray[np.int64], count: int) -> bool:
    """Whether every vote is that of a leaf, for a class there is, and no leaf votes twice for one."""
    classes = len(attributes["classlabels_int64s"])
    votes = len(attributes["class_ids"])
    if not 0 < votes <= count * classes or not _as_long(attributes, TREE_VOTES, votes):
        return False
    tree, number, voted = (np.array(attributes[f"class_{name}"], np.int64) for name in ("treeids", "nodeids", "ids"))
    if tree.min() < 0 or tree.max() >= len(roots) or voted.min() < 0 or voted.max() >= classes:
        return False
    ends = np.append(roots, count)[1:]
    if number.min() < 0 or np.any(number >= (ends - roots)[tree]):
        return False
    leaf = np.ones(count, np.bool_)
    leaf[inner] = False
    places = number + roots[tree]
    return bool(leaf[places].all()) and len(np.unique(places * classes + voted)) == votes
