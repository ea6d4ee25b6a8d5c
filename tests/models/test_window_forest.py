"""The graph of a forest over windows against scikit-learn's own predict_proba on the same statistics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from yawstring.errors import OptionError, TableError
from yawstring.models.base import Windows
from yawstring.models.sample import some_windows
from yawstring.models.scoring import open_scorer
from yawstring.models.statistics import statistics
from yawstring.models.window_forest import WindowForest


def draw(labels=(0, 1), *, length=6, missing=0.2, count=90, seed=0, grid=5):
    random = np.random.default_rng(seed)
    # On a coarse grid many statistics fall on a threshold's two neighbours.
    rows = (random.integers(0, grid, (3 * count + length, 4)) / np.float32(7)).astype(np.float32)
    truth = random.choice(labels, count)
    rows[(3 * np.arange(count)[:, None] + np.arange(length)), 0] += truth[:, None]
    rows[random.random(rows.shape) < missing] = np.nan
    return Windows(rows=rows, starts=3 * np.arange(count), length=length, labels=truth)


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 2**31 - 1),
    labels=st.sampled_from([(0, 1), (0, 1, 2, 3), (1, 2)]),
    length=st.sampled_from([1, 2, 6, 11]),
    missing=st.sampled_from([0.0, 0.3]),
    extra=st.booleans(),
    recent=st.booleans(),
    balanced=st.booleans(),
    leaf=st.sampled_from([1, 4]),
)
def test_equals_scikit_learn(seed, labels, length, missing, extra, recent, balanced, leaf):
    windows = draw(labels, length=length, missing=missing, seed=seed)
    options = {"extra": extra, "recent": recent, "class_weights": balanced, "leaf": leaf, "trees": 7}
    fitted = WindowForest(**options).fit(windows, classes=4, seed=seed)
    array = statistics(windows, recent=recent)
    forest = (ExtraTreesClassifier if extra else RandomForestClassifier)(
        n_estimators=7, min_samples_leaf=leaf, class_weight="balanced" if balanced else None, random_state=seed
    ).fit(array, windows.labels)
    fresh = draw(labels, length=length, missing=missing, seed=seed + 1)
    expected = np.zeros((len(fresh), 4))
    expected[:, forest.classes_] = forest.predict_proba(statistics(fresh, recent=recent))
    np.testing.assert_allclose(open_scorer(fitted.graph).score(fresh), expected, atol=1e-5, rtol=0)


def test_it_sees_what_single_rows_do_not_show():
    random = np.random.default_rng(0)
    rows = random.normal(0, 1, (4000, 1)).astype(np.float32)
    labels = np.arange(400) % 2
    rows[np.repeat(labels, 10) == 1] *= 5
    rows[9::10] = 0
    windows = Windows(rows=rows, starts=np.arange(400) * 10, length=10, labels=labels)
    half = [
        Windows(rows=rows, starts=windows.starts[cut], length=10, labels=labels[cut])
        for cut in (slice(0, 200), slice(200, 400))
    ]
    scores = open_scorer(WindowForest(trees=20).fit(half[0], classes=2, seed=0).graph).score(half[1])
    assert (scores.argmax(axis=1) == half[1].labels).mean() > 0.95


def test_missing_values_are_scored_and_infinity_is_refused():
    windows = draw()
    scorer = open_scorer(WindowForest(trees=3).fit(windows, classes=2, seed=0).graph)
    array = windows.gather()
    array[0] = np.nan
    assert scorer.missing
    assert np.isfinite(scorer(array)).all()
    array[0, 0, 0] = np.inf
    with pytest.raises(TableError, match="infinity"):
        scorer(array)


def test_no_more_windows_are_learnt_than_asked_for():
    windows = draw(count=200)
    some = some_windows(windows, 50, seed=3)
    few = WindowForest(trees=3, windows_max=50).fit(windows, classes=2, seed=3)
    assert len(some) == 50
    assert np.array_equal(some.gather(), windows.gather()[some.starts // 3], equal_nan=True)
    assert np.array_equal(some.labels, windows.labels[some.starts // 3])
    assert few.weights["cover"][0] == 50
    assert few.graph == WindowForest(trees=3).fit(some, classes=2, seed=3).graph


@pytest.mark.parametrize("option", ["trees", "depth", "leaf", "windows_max"])
def test_options_below_one_are_refused(option):
    with pytest.raises(OptionError, match=option):
        WindowForest(**{option: 0})
