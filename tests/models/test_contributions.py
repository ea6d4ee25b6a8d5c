"""Contributions against Shapley's own definition, every set of inputs enumerated, and against the scores explained."""

from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import BundleError, OptionError
from yawstring.models.base import Windows
from yawstring.models.boosting import Boosting
from yawstring.models.contributions import contributions
from yawstring.models.majority import Majority
from yawstring.models.scoring import open_scorer
from yawstring.models.statistics import statistics
from yawstring.models.trees import Forest
from yawstring.models.window_forest import WindowForest


def draw(labels=(0, 1), *, count=60, features=3, length=1, missing=0.2, seed=0):
    random = np.random.default_rng(seed)
    rows = random.normal(0, 1, (count * length, features)).astype(np.float32)
    truth = random.choice(labels, count)
    rows[:, 0] += np.repeat(truth, length)
    rows[random.random(rows.shape) < missing] = np.nan
    return Windows(rows=rows, starts=np.arange(count) * length, length=length, labels=truth)


def expected_value(trees, leaves, number, row, known):
    """The mean of a tree's leaves where only the inputs in ``known`` are: by recursion, as the paper defines it."""
    nodes = np.flatnonzero(trees["tree"] == number)
    place = {node: index for index, node in enumerate(np.flatnonzero(trees["left"] < 0))}

    def at(node):
        if trees["left"][node] < 0:
            return leaves[place[node]]
        left, right = nodes[0] + trees["left"][node], nodes[0] + trees["right"][node]
        feature = trees["feature"][node]
        if feature in known:
            value = row[feature]
            goes_left = trees["missing_left"][node] if np.isnan(value) else value <= trees["threshold"][node]
            return at(left if goes_left else right)
        cover = trees["cover"]
        return (cover[left] * at(left) + cover[right] * at(right)) / cover[node]

    return at(nodes[0])


def shapley(trees, leaves, row, features):
    """Shapley's (1953) definition over all sets of inputs."""

    def worth(known):
        return sum(expected_value(trees, leaves, number, row, known) for number in range(trees["tree"][-1] + 1))

    values = np.zeros(features)
    for feature in range(features):
        others = [other for other in range(features) if other != feature]
        for size in range(features):
            weight = factorial(size) * factorial(features - size - 1) / factorial(features)
            for some in combinations(others, size):
                values[feature] += weight * (worth({*some, feature}) - worth(set(some)))
    return values, worth(set())


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 2**31 - 1),
    missing=st.sampled_from([0.0, 0.3]),
    depth=st.sampled_from([1, 3, None]),
    features=st.sampled_from([1, 4]),
)
def test_a_forest_equals_shapleys_definition(seed, missing, depth, features):
    windows = draw(seed=seed, missing=missing, features=features)
    fitted = Forest(trees=3, depth=depth).fit(windows, classes=2, seed=seed)
    fresh = draw(count=4, seed=seed + 1, missing=missing, features=features)
    told = contributions(fitted, fresh)
    for row, found in zip(fresh.last_rows(), told.by_feature(), strict=True):
        values, base = shapley(fitted.weights, fitted.weights["probabilities"][:, 1] / 3, row, features)
        np.testing.assert_allclose(found, values, atol=1e-6)
        assert told.base == pytest.approx(base, abs=1e-6)


def test_boosting_equals_shapleys_definition():
    windows = draw(count=120)
    fitted = Boosting(rounds=3, leaf=5, share=1.0).fit(windows, classes=2, seed=0)
    fresh = draw(count=1, seed=1)
    inputs = statistics(windows).shape[1]
    used = np.unique(fitted.weights["feature"][fitted.weights["left"] >= 0])
    assert 1 < len(used) < 8
    # Inputs that no tree looks at have no part: the others are numbered anew, so that fewer sets are enumerated.
    trees = dict(fitted.weights)
    trees["feature"] = np.searchsorted(used, trees["feature"])
    values, _ = shapley(trees, trees["leaf_logits"][:, 1], statistics(fresh)[0][used], len(used))
    found = contributions(fitted, fresh).values.reshape(inputs)
    np.testing.assert_allclose(found[used], values, atol=1e-6)
    assert not np.delete(found, used).any()


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("recent", [False, True])
@pytest.mark.parametrize("extra", [False, True])
def test_what_is_told_of_window_forests_adds_up_to_their_scores(missing, recent, extra):
    train, fresh = (draw((0, 1, 2), length=6, missing=missing, count=200, seed=seed) for seed in (0, 1))
    fitted = WindowForest(trees=20, recent=recent, extra=extra).fit(train, classes=3, seed=0)
    scores = open_scorer(fitted.graph).score(fresh)
    for target, expected in ((None, scores[:, 1:].sum(axis=1)), (0, scores[:, 0]), (2, scores[:, 2])):
        told = contributions(fitted, fresh, target=target)
        np.testing.assert_allclose(told.base + told.values.sum((1, 2)), expected, atol=1e-5)
        assert told.values.shape == (200, 13 if recent else 7, 3)


@pytest.mark.parametrize("labels", [(0, 1), (0, 1, 2)])
def test_what_is_told_of_boosting_adds_up_to_its_logits(labels):
    classes = len(labels)
    train, fresh = (draw(labels, length=6, count=200, seed=seed) for seed in (0, 1))
    fitted = Boosting(rounds=10, leaf=5).fit(train, classes=classes, seed=0)
    scores = open_scorer(fitted.graph).score(fresh).astype(np.float64)
    for target in range(1, classes):
        told = contributions(fitted, fresh, target=target)
        logit = np.log(scores[:, target] / scores[:, 0])
        np.testing.assert_allclose(told.base + told.values.sum((1, 2)), logit, atol=1e-3)
    if classes == 2:
        assert np.array_equal(contributions(fitted, fresh).values, contributions(fitted, fresh, target=1).values)


def test_what_made_the_label_has_the_most():
    train = draw(length=6, count=300, missing=0.0, features=5)
    told = contributions(WindowForest(trees=30).fit(train, classes=2, seed=0), train).by_feature()
    assert np.abs(told).mean(axis=0).argmax() == 0
    assert told[train.labels == 1, 0].mean() > 0 > told[train.labels == 0, 0].mean()


def test_trees_without_a_cut_say_nothing():
    windows = draw((1,))
    told = contributions(Forest(trees=3).fit(windows, classes=2, seed=0), windows)
    assert told.base == pytest.approx(1)
    assert not told.values.any()


def test_what_cannot_be_taken_apart_is_refused():
    windows = draw((0, 1, 2), count=90)
    with pytest.raises(OptionError, match="'majority' cannot be taken apart"):
        contributions(Majority().fit(windows, classes=3, seed=0), windows)
    with pytest.raises(OptionError, match=r"class 3 is none of 0\.\.2"):
        contributions(Forest(trees=2).fit(windows, classes=3, seed=0), windows, target=3)
    with pytest.raises(OptionError, match="say which"):
        contributions(Boosting(rounds=2).fit(windows, classes=3, seed=0), windows)
    fitted = Forest(trees=2).fit(windows, classes=3, seed=0)
    old = replace(fitted, weights={name: array for name, array in fitted.weights.items() if name != "cover"})
    with pytest.raises(BundleError, match="train it again"):
        contributions(old, windows)
