"""The stump against a search over every threshold with scikit-learn's balanced accuracy, and against its own tree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score
from sklearn.tree import DecisionTreeClassifier

from yawstring.models.base import Windows
from yawstring.models.contributions import contributions
from yawstring.models.scoring import open_scorer
from yawstring.models.threshold import Threshold


def as_windows(rows, labels):
    return Windows(rows=np.asarray(rows, np.float32), starts=np.arange(len(rows)), length=1, labels=np.asarray(labels))


def best_by_search(rows, labels):
    """The highest balanced accuracy of any cut, any place for what is missing, and any name for either side."""
    best = 0.0
    for values in rows.T:
        for cut in [*np.unique(values[~np.isnan(values)]), np.inf]:
            for missing in (True, False):
                left = np.where(np.isnan(values), missing, values <= cut)
                for one in np.unique(labels):
                    for other in np.unique(labels):
                        called = np.where(left, one, other)
                        best = max(best, balanced_accuracy_score(labels, called))
    return best


@pytest.mark.filterwarnings("ignore:y_pred contains classes:UserWarning")
@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**31 - 1),
    labels=st.sampled_from([(0, 1), (0, 1, 1, 1, 1), (0, 1, 2)]),
    missing=st.sampled_from([0.0, 0.3]),
    grid=st.sampled_from([2, 8]),
)
def test_no_cut_has_a_higher_balanced_accuracy(seed, labels, missing, grid):
    random = np.random.default_rng(seed)
    rows = random.integers(0, grid, (30, 2)).astype(np.float32)
    rows[random.random(rows.shape) < missing] = np.nan
    truth = random.choice(labels, 30)
    windows = as_windows(rows, truth)
    called = open_scorer(Threshold().fit(windows, classes=3, seed=0).graph).score(windows).argmax(axis=1)
    assert balanced_accuracy_score(truth, called) == pytest.approx(best_by_search(rows, truth))


@pytest.mark.parametrize("balanced", [False, True])
def test_shares_are_those_of_a_tree_with_one_cut(balanced):
    random = np.random.default_rng(0)
    labels = random.choice(3, 300, p=[0.6, 0.3, 0.1])
    rows = np.column_stack([random.random(300), labels + random.normal(0, 0.3, 300)]).astype(np.float32)
    windows = as_windows(rows, labels)
    fitted = Threshold(class_weights=balanced).fit(windows, classes=3, seed=0)
    left = rows[:, 1] <= fitted.weights["threshold"][0]
    tree = DecisionTreeClassifier(max_depth=1, class_weight="balanced" if balanced else None).fit(left[:, None], labels)
    np.testing.assert_allclose(open_scorer(fitted.graph).score(windows), tree.predict_proba(left[:, None]), atol=1e-6)


@pytest.mark.parametrize("balanced", [False, True])
def test_its_base_is_the_mean_score_of_what_it_learnt_from(balanced):
    random = np.random.default_rng(0)
    labels = random.choice(3, 300, p=[0.6, 0.3, 0.1])
    rows = (labels[:, None] == 2) + random.normal(0, 0.1, (300, 1))
    windows = as_windows(rows, labels)
    fitted = Threshold(class_weights=balanced).fit(windows, classes=3, seed=0)
    weights = 1 / np.bincount(labels)[labels] if balanced else np.ones(300)
    score = open_scorer(fitted.graph).score(windows)[:, 2]
    assert contributions(fitted, windows, target=2).base == pytest.approx(np.average(score, weights=weights), abs=1e-5)


def test_the_threshold_lies_between_neighbours():
    low = np.float32(1)
    for _ in range(4):  # halfway between two neighbours rounds to the lower one, then to the higher one
        high = np.nextafter(low, np.float32(2))
        windows = as_windows([[low], [high]], [0, 1])
        scores = open_scorer(Threshold().fit(windows, classes=2, seed=0).graph).score(windows)
        assert scores.tolist() == [[1, 0], [0, 1]]
        low = high
    far = np.finfo(np.float32).max
    windows = as_windows([[-far], [far]], [0, 1])
    assert Threshold().fit(windows, classes=2, seed=0).weights["threshold"][0] == 0


def test_what_is_missing_can_be_the_cut():
    rows = np.array([[3, 1], [np.nan, 1], [5, 1], [np.nan, 1]], np.float32)
    windows = as_windows(rows, [0, 1, 0, 1])
    scores = open_scorer(Threshold().fit(windows, classes=2, seed=0).graph).score(windows)
    assert scores.tolist() == [[1, 0], [0, 1], [1, 0], [0, 1]]


def test_features_that_never_change_give_the_shares_of_all():
    windows = as_windows(np.ones((4, 2)), [0, 1, 1, 1])
    fitted = Threshold(class_weights=False).fit(windows, classes=2, seed=0)
    assert open_scorer(fitted.graph)(np.array([[1, 1], [-5, np.nan]], np.float32)).tolist() == [[0.25, 0.75]] * 2


def test_the_first_row_of_a_window_is_not_looked_at():
    rows = np.array([[9], [0], [9], [1], [0], [0], [0], [1]], np.float32)
    windows = Windows(rows=rows, starts=np.arange(0, 8, 2), length=2, labels=np.array([0, 1, 0, 1]))
    fitted = Threshold().fit(windows, classes=2, seed=0)
    assert open_scorer(fitted.graph).score(windows).argmax(axis=1).tolist() == [0, 1, 0, 1]
