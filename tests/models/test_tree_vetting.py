"""Arrays that are no trees are refused before a compiled loop follows them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import BundleError
from yawstring.models.base import Windows
from yawstring.models.boosting import Boosting
from yawstring.models.contributions import contributions
from yawstring.models.threshold import Threshold
from yawstring.models.tree_vetting import check_trees
from yawstring.models.trees import Forest
from yawstring.models.window_forest import WindowForest

FAMILIES = (Forest(trees=3), WindowForest(trees=3), Boosting(rounds=3, leaf=5), Threshold())


def windows(classes=2, seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, 80)
    rows = random.normal(0, 1, (160, 3)).astype(np.float32)
    rows[:, 0] += np.repeat(labels, 2)
    return Windows(rows=rows, starts=np.arange(80) * 2, length=2, labels=labels)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda one: one.name)
def test_what_is_grown_passes(family, classes):
    fitted = family.fit(windows(classes), classes=classes, seed=1)
    inputs = 3 if fitted.reads == "row" else 21
    check_trees(fitted.weights, inputs=inputs, classes=classes)


def stump():
    return {
        "tree": np.array([0, 0, 0, 1]),
        "feature": np.array([1, -1, -1, -1]),
        "threshold": np.array([0.5, 0, 0, 0], np.float32),
        "left": np.array([1, -1, -1, -1]),
        "right": np.array([2, -1, -1, -1]),
        "missing_left": np.zeros(4, np.bool_),
        "cover": np.array([4.0, 1, 3, 4]),
        "probabilities": np.full((3, 2), 0.5),
    }


def changed(name, place, value):
    trees = stump()
    trees[name][place] = value
    return trees


def chain(levels):
    """A tree with a leaf beside every node, as deep as that."""
    nodes = 2 * levels + 1
    inner = np.arange(nodes) % 2 == 0
    inner[-1] = False
    ones = np.arange(nodes)
    return {
        "tree": np.zeros(nodes, np.int64),
        "feature": np.where(inner, 0, -1),
        "threshold": np.zeros(nodes),
        "left": np.where(inner, ones + 1, -1),
        "right": np.where(inner, ones + 2, -1),
        "missing_left": np.zeros(nodes, np.bool_),
        "cover": np.ones(nodes),
        "probabilities": np.full((levels + 1, 2), 0.5),
    }


@pytest.mark.parametrize(
    ("trees", "words"),
    [
        (changed("feature", 0, 3), "looks at no input"),
        (changed("feature", 0, -1), "looks at no input"),
        (changed("left", 0, 3), "none of its tree"),
        (changed("left", 0, 0), "none of its tree"),
        (changed("right", 0, 1), "two parents"),
        (changed("right", 0, 2**62), "none of its tree"),
        (changed("left", 3, 0), "looks at no input"),
        (changed("right", 3, 1), "a leaf has a child"),
        (changed("tree", 3, 2), "follow on each other"),
        (changed("tree", 2, 1), "none of its tree"),
        (changed("tree", 3, 0), "no parent"),
        (changed("cover", 1, 0), "met by nothing"),
        (changed("cover", 1, np.nan), "met by nothing"),
        (changed("threshold", 0, np.nan), "no number"),
        (changed("probabilities", 0, np.inf), "a number is none"),
        (stump() | {"cover": np.ones(3)}, "differ in length"),
        (stump() | {"probabilities": np.ones((2, 2))}, "leaves are missing"),
        (stump() | {"probabilities": np.ones((3, 5))}, "other classes"),
        (stump() | {"leaf_logits": np.ones((3, 2))}, "some are missing"),
        ({name: array for name, array in stump().items() if name != "right"}, "some are missing"),
        ({name: array[:0] for name, array in stump().items()}, "no node"),
        (chain(5000), "too deep"),
    ],
)
def test_what_is_no_tree_is_refused(trees, words):
    with pytest.raises(BundleError, match=words):
        check_trees(trees, inputs=3, classes=2)


def test_the_plain_ones_pass():
    check_trees(stump(), inputs=3, classes=2)
    check_trees(chain(3000), inputs=1, classes=2)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_random_damage_is_refused_or_harmless(data):
    fitted = Forest(trees=2).fit(windows(), classes=2, seed=1)
    weights = {name: array.copy() for name, array in fitted.weights.items()}
    name = data.draw(st.sampled_from([one for one in weights if one != "missing_left"]))
    place = data.draw(st.integers(0, weights[name].size - 1))
    kind = weights[name].dtype
    numbers = st.integers(-(2**31), 2**31 - 1) if kind.kind == "i" else st.floats(width=32)
    weights[name].flat[place] = data.draw(numbers | st.sampled_from([0, 1, -1]))
    try:
        told = contributions(replace(fitted, weights=weights), windows())
    except BundleError:
        return
    assert np.isfinite(told.values).all()
