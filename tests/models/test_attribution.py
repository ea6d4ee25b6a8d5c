"""Shares of a score: they add up to what ONNX Runtime says, belong to their features, and find what decides."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from yawstring.errors import BundleError, OptionError
from yawstring.models.attention import Attention
from yawstring.models.attribution import attribute, explains_any
from yawstring.models.base import Windows
from yawstring.models.boosting import Boosting
from yawstring.models.convolutional import CNN
from yawstring.models.dense import MLP
from yawstring.models.majority import Majority
from yawstring.models.novelty import Novelty, left_over
from yawstring.models.recurrent import LSTM
from yawstring.models.registry import families
from yawstring.models.scoring import open_scorer
from yawstring.models.svm import SVM
from yawstring.models.threshold import Threshold
from yawstring.models.trees import Forest
from yawstring.models.window_forest import WindowForest

LENGTH, FEATURES = 4, 3
OWNER, CALM = np.arange(FEATURES), np.zeros(FEATURES, np.float32)
EXACT = {
    "forest": Forest(trees=10),
    "window_forest": WindowForest(trees=10),
    "boosting": Boosting(rounds=10, leaf=5),
    "threshold": Threshold(),
    "novelty": Novelty(rate=0.05),
}
NETWORKS = {
    "lstm": LSTM(units=8, dense=(6,)),
    "cnn": CNN(filters=8, dilations=(1, 2)),
    "mlp": MLP(dense=(8,)),
    "attention": Attention(width=8),
}
FAMILIES = EXACT | NETWORKS | {"svm": SVM(), "majority": Majority()}


def windows(total=300, *, classes=2, seed=0):
    """The second feature tells the class, all through the window."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, total)
    rows = random.normal(size=(total * LENGTH, FEATURES)).astype(np.float32)
    rows[:, 1] += 2 * np.repeat(labels, LENGTH)
    return Windows(rows=rows, starts=np.arange(total) * LENGTH, length=LENGTH, labels=labels)


@cache
def fitted(name, classes=2):
    family = FAMILIES[name]
    if name in NETWORKS:
        family = replace(family, epochs=12, learning_rate=0.02, dropout=0.0)
    return family.fit(windows(classes=classes), classes=classes, seed=1)


def expected(name, p, target):
    """The score that is explained, from the probabilities that ONNX Runtime gives."""
    p = p.astype(np.float64)
    mass = p[:, 1:].sum(axis=1) if target is None else p[:, target]
    return mass if explains_any(name) and name != "novelty" else np.log(mass / p[:, 0])


def test_every_family_there_is_is_explained():
    assert FAMILIES.keys() == families().keys()


CASES = [
    *((name, classes, None) for name in EXACT if explains_any(name) for classes in (2, 3)),
    *((name, classes, target) for name in EXACT if name != "novelty" for classes, target in ((2, 1), (3, 1), (3, 2))),
]


@pytest.mark.parametrize(("name", "classes", "target"), CASES)
def test_exact_shares_add_up_to_the_score(name, classes, target):
    model, fresh = fitted(name, classes), windows(50, classes=classes, seed=2)
    told = attribute(model, fresh, owner=OWNER, typical=CALM, target=target)
    score = expected(name, open_scorer(model.graph).score(fresh), target)
    if (name, target) != ("threshold", 1) or classes == 2:  # one cut tells two classes of three
        assert np.ptp(score) > 0.3, "there must be something to explain"
    sure = np.abs(score) < 10  # beyond, float32's probabilities near 1 have lost the digits
    assert sure.any()
    np.testing.assert_allclose((told.base + told.values.sum(axis=1))[sure], score[sure], atol=2e-3)
    np.testing.assert_allclose(told.score[sure], score[sure], atol=2e-3)
    assert np.abs(told.rest[sure]).max() < 2e-3


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("classes", [2, 3])
def test_the_shares_of_a_network_add_up_but_for_the_rest(name, classes):
    model, fresh = fitted(name, classes), windows(60, classes=classes, seed=2)
    scorer = open_scorer(model.graph)
    told = attribute(model, fresh, owner=OWNER, typical=CALM, target=classes - 1)
    np.testing.assert_allclose(told.score, expected(name, scorer.score(fresh), classes - 1), atol=1e-5)
    calm = np.zeros((1, LENGTH, FEATURES), np.float32)
    np.testing.assert_allclose(told.base, expected(name, scorer(calm), classes - 1)[0], atol=1e-5)
    assert np.quantile(np.abs(told.rest), 0.95) < 0.02 * np.ptp(told.score)


@pytest.mark.parametrize("name", sorted(FAMILIES.keys() - {"novelty", "majority"}))
def test_what_decides_the_class_moved_the_score_most(name):
    told = attribute(fitted(name), windows(100, seed=2), owner=OWNER, typical=CALM, target=1)
    share = np.abs(told.values).mean(axis=0)
    assert share.argmax() == 1
    assert share[1] > 0.5 * share.sum()


def test_what_is_left_over_of_a_wild_feature_is_its_own():
    fresh = windows(20, seed=2)
    wild = replace(fresh, rows=fresh.rows * np.array([1, 1, 30], np.float32))
    told = left_over(fitted("novelty"), wild).by_feature()
    assert (told.argmax(axis=1) == 2).mean() > 0.8
    assert (told >= 0).all()


def test_a_score_beyond_float32_is_the_sum_of_its_shares():
    fresh = windows(5, seed=2)
    model = Novelty(rate=0.01).fit(replace(fresh, starts=windows(60).starts[:5]), classes=2, seed=1)
    wild = replace(fresh, rows=fresh.rows * np.float32(1e6))
    told = attribute(model, wild, owner=OWNER, typical=CALM, target=None)
    beyond = np.abs(told.score) >= 60
    assert beyond.any()
    np.testing.assert_allclose(told.rest[beyond], 0, atol=1e-9)


def test_occlusion_is_the_loss_with_a_feature_hidden():
    model, fresh = fitted("svm"), windows(20, seed=2)
    typical = np.array([0.5, -1, 2], np.float32)
    told = attribute(model, fresh, owner=OWNER, typical=typical, target=1)
    scorer, x = open_scorer(model.graph), fresh.gather()
    score = expected("svm", scorer(x), 1)
    for feature in range(FEATURES):
        hidden = np.where(np.arange(FEATURES) == feature, typical, x).astype(np.float32)
        np.testing.assert_allclose(told.values[:, feature], score - expected("svm", scorer(hidden), 1), atol=1e-5)
    assert told.method == "occlusion"


def test_nothing_moves_a_detector_that_looks_at_nothing():
    told = attribute(fitted("majority"), windows(20, seed=2), owner=OWNER, typical=CALM, target=1)
    assert not told.values.any()
    np.testing.assert_allclose(told.score, told.base)


@pytest.mark.parametrize("name", ["mlp", "svm", "window_forest", "novelty"])
def test_columns_of_one_feature_count_together(name):
    """Of gradients and trees the sum; of occlusion what hiding both of them costs."""
    model, fresh = fitted(name), windows(20, seed=2)
    target = None if name == "novelty" else 1
    alone = attribute(model, fresh, owner=OWNER, typical=CALM, target=target)
    both = attribute(model, fresh, owner=np.array([0, 0, 1]), typical=CALM, target=target)
    assert both.values.shape == (20, 2)
    if name != "svm":
        np.testing.assert_allclose(both.values[:, 0], alone.values[:, :2].sum(axis=1), atol=1e-9)
    np.testing.assert_allclose(both.values[:, 1], alone.values[:, 2], atol=1e-9)


@pytest.mark.parametrize(("name", "target"), [("mlp", 2), ("mlp", 0), ("mlp", None), ("boosting", None), ("forest", 2)])
def test_what_cannot_be_explained_is_refused(name, target):
    with pytest.raises(OptionError):
        attribute(fitted(name), windows(5), owner=OWNER, typical=CALM, target=target)


def test_shapes_are_held():
    with pytest.raises(OptionError, match="columns"):
        attribute(fitted("forest"), windows(5), owner=OWNER[:2], typical=CALM, target=1)


@pytest.mark.parametrize("name", ["forest", "boosting", "novelty", "mlp"])
def test_weights_that_are_not_those_of_the_graph_are_refused(name):
    model = fitted(name)
    other = FAMILIES[name].fit(windows(seed=5), classes=2, seed=9)
    with pytest.raises(BundleError, match="not those of the graph"):
        attribute(replace(model, weights=other.weights), windows(50, seed=2), owner=OWNER, typical=CALM, target=1)


@pytest.mark.parametrize("name", [*NETWORKS, "novelty"])
def test_weights_of_other_shapes_are_refused(name):
    model, fresh = fitted(name), windows(5)
    for key in model.weights:
        grown = dict(model.weights)
        grown[key] = np.ones(tuple(size + 1 for size in model.weights[key].shape), np.float32)
        gone = {one: array for one, array in model.weights.items() if one != key}
        for weights in (grown, gone):
            with pytest.raises(BundleError):
                attribute(replace(model, weights=weights), fresh, owner=OWNER, typical=CALM, target=1)
