"""The forest's graph against scikit-learn's own predict_proba."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier

from yawstring.errors import BundleError, OptionError
from yawstring.models.base import Windows
from yawstring.models.forest_graph import float32_below, forest_graph
from yawstring.models.scoring import open_scorer
from yawstring.models.trees import Forest
from yawstring.schema import features

CLEAR = 1e-6
"""Margin between the two best classes above which float32 cannot tell another winner than scikit-learn's float64."""


def rows_as_windows(rows, labels):
    return Windows(rows=rows, starts=np.arange(len(rows)), length=1, labels=labels)


def assert_equal(graph, forest, rows, classes):
    scores, expected = open_scorer(graph)(rows), np.zeros((len(rows), classes))
    expected[:, forest.classes_] = forest.predict_proba(rows)
    np.testing.assert_allclose(scores, expected, atol=1e-5, rtol=0)
    best = np.sort(expected, axis=1)
    clear = best[:, -1] - best[:, -2] > CLEAR
    assert np.array_equal(scores.argmax(axis=1)[clear], expected.argmax(axis=1)[clear])
    return clear


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**31 - 1),
    labels=st.sampled_from([(0, 1), (0, 1, 2, 3), (1, 2), (1,)]),
    grid=st.sampled_from([2, 5, 1000]),
    missing=st.sampled_from([0.0, 0.2]),
    trees=st.integers(1, 9),
    depth=st.sampled_from([None, 1, 3]),
    leaf=st.sampled_from([1, 5]),
    balanced=st.booleans(),
)
def test_equals_scikit_learn(seed, labels, grid, missing, trees, depth, leaf, balanced):
    random = np.random.default_rng(seed)
    # On a coarse grid many rows fall on a threshold's two neighbours, and leaves are impure.
    rows = (random.integers(0, grid, (80, 3)) / np.float32(7)).astype(np.float32)
    rows[random.random(rows.shape) < missing] = np.nan
    truth = random.choice(labels, 80)
    options = {"trees": trees, "depth": depth, "leaf": leaf, "class_weights": balanced}
    fitted = Forest(**options).fit(rows_as_windows(rows[:60], truth[:60]), classes=4, seed=seed)
    forest = RandomForestClassifier(
        n_estimators=trees,
        max_depth=depth,
        min_samples_leaf=leaf,
        class_weight="balanced" if balanced else None,
        random_state=seed,
    ).fit(rows[:60], truth[:60])
    assert_equal(fitted.graph, forest, rows, 4)


def test_two_classes_equal_scikit_learn_where_no_leaf_names_one():
    rows = np.arange(8, dtype=np.float32)[:, None]
    labels = (rows[:, 0] > 3).astype(np.int64)
    fitted = Forest(trees=3).fit(rows_as_windows(rows, labels), classes=2, seed=0)
    forest = RandomForestClassifier(n_estimators=3, random_state=0).fit(rows, labels)
    assert set(forest.predict_proba(rows)[:, 0]) >= {0.0, 1.0}
    assert_equal(fitted.graph, forest, rows, 2)


@settings(deadline=None, max_examples=300)
@given(st.floats(-3e38, 3e38), st.integers(-2, 2))
def test_a_float32_is_on_the_same_side_of_both_thresholds(threshold, steps):
    below = float32_below(np.array([threshold]))[0]
    value = below
    for _ in range(abs(steps)):
        value = np.nextafter(value, np.float32(np.inf if steps > 0 else -np.inf))
    assert (np.float64(value) <= threshold) == (value <= below)


@pytest.fixture(scope="module")
def corpus(three_attack_cyber):
    frame = pl.read_csv(three_attack_cyber.read_bytes().removeprefix(b"\xef\xbb\xbf"), infer_schema_length=None)
    names = features(frame.columns, modality="cyber")
    rows = frame.select(pl.col(*names).cast(pl.Float32)).to_numpy()
    labels = np.unique(frame["class"].to_numpy(), return_inverse=True)[1]
    train = np.sort(np.random.default_rng(0).permutation(len(rows))[:26_000])
    return np.ascontiguousarray(rows), labels, train


def test_a_hundred_trees_on_real_rows_equal_scikit_learn(corpus):
    rows, labels, train = corpus
    fitted = Forest().fit(rows_as_windows(rows[train], labels[train]), classes=3, seed=4)
    forest = RandomForestClassifier(random_state=4, n_jobs=2).fit(rows[train], labels[train])
    clear = assert_equal(fitted.graph, forest, rows, 3)
    assert clear.mean() > 0.99
    assert len(fitted.graph) < 2_000_000
    whole = open_scorer(fitted.graph, threads=2)(rows[:200])
    scorer = open_scorer(fitted.graph)
    assert np.array_equal(whole, np.concatenate([scorer(row[None]) for row in rows[:200]]))


def test_threads_do_not_change_a_bit():
    random = np.random.default_rng(1)
    rows = random.integers(0, 4, (600, 3)).astype(np.float32)
    graph = Forest(trees=90).fit(rows_as_windows(rows, random.integers(0, 3, 600)), classes=3, seed=0).graph
    alone = open_scorer(graph)
    one_by_one = np.concatenate([alone(row[None]) for row in rows])
    for threads in (1, 2, 4):
        scorer = open_scorer(graph, threads=threads)
        assert np.array_equal(scorer(rows), one_by_one)
        assert np.array_equal(np.concatenate([scorer(row[None]) for row in rows[:50]]), one_by_one[:50])


def test_missing_values_are_learnt_from():
    random = np.random.default_rng(0)
    rows = random.random((200, 2)).astype(np.float32)
    labels = random.integers(0, 2, 200)
    rows[labels == 1, 0] = np.nan
    scores = open_scorer(Forest(trees=20).fit(rows_as_windows(rows, labels), classes=2, seed=0).graph)(rows)
    assert np.array_equal(scores.argmax(axis=1), labels)


def test_balanced_weights_change_what_is_learnt():
    random = np.random.default_rng(0)
    rows = random.integers(0, 3, (200, 1)).astype(np.float32)
    windows = rows_as_windows(rows, (random.random(200) < 0.1).astype(np.int64))
    plain, weighed = (
        open_scorer(Forest(class_weights=on).fit(windows, classes=2, seed=0).graph).score(windows)
        for on in (False, True)
    )
    assert weighed[:, 1].mean() > plain[:, 1].mean() + 0.2


def test_weights_hold_the_whole_forest():
    rows = np.random.default_rng(0).random((50, 2)).astype(np.float32)
    fitted = Forest(trees=3).fit(rows_as_windows(rows, np.arange(50) % 2), classes=2, seed=0)
    assert forest_graph(fitted.weights, features=2) == fitted.graph


@pytest.mark.parametrize("options", [{"trees": 0}, {"depth": 0}, {"leaf": -1}])
def test_options_below_one_are_refused(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        Forest(**options)


def test_infinity_is_refused():
    rows = np.array([[1], [np.inf]], np.float32)
    with pytest.raises(OptionError, match="infinity"):
        Forest().fit(rows_as_windows(rows, np.array([0, 1])), classes=2, seed=0)


def stick(depth):
    """A tree with one inner node a level: as deep as it has inner nodes."""
    inner = np.arange(depth)
    leaves = np.full(depth + 1, -1)
    left = np.concatenate([inner + depth, leaves])
    right = np.concatenate([inner + 1, leaves])
    right[depth - 1] = 2 * depth
    count = 2 * depth + 1
    return {
        "tree": np.zeros(count, np.int64),
        "feature": np.zeros(count, np.int64),
        "threshold": np.zeros(count, np.float32),
        "left": left,
        "right": right,
        "missing_left": np.zeros(count, np.bool_),
        "probabilities": np.tile(np.array([0.5, 0.5], np.float32), (depth + 1, 1)),
    }


def changed(**changes):
    trees = stick(3)
    for name, (place, value) in changes.items():
        trees[name][place] = value
    return forest_graph(trees, features=1)


def test_the_deepest_tree_allowed_runs_and_one_deeper_is_refused():
    assert open_scorer(forest_graph(stick(4096), features=1))(np.ones((1, 1), np.float32)).tolist() == [[0.5, 0.5]]
    for depth in (4097, 100_000):
        with pytest.raises(BundleError, match="4096 levels"):
            open_scorer(forest_graph(stick(depth), features=1))


@pytest.mark.parametrize(
    "changes",
    [
        {"right": (2, 0)},
        {"right": (0, 2)},
        {"left": (0, 99)},
        {"left": (0, -5)},
        {"left": (1, 3)},
        {"tree": (0, 1)},
        {"tree": (6, 1)},
        {"tree": (6, 5)},
    ],
)
def test_what_is_no_tree_is_refused(changes):
    open_scorer(forest_graph(stick(3), features=1))
    with pytest.raises(BundleError, match="not laid out as trees"):
        open_scorer(changed(**changes))
