"""The graph of support vector machines against scikit-learn's decision_function and logistic regression."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from yawstring.errors import OptionError, TableError
from yawstring.models.base import Windows
from yawstring.models.scoring import open_scorer
from yawstring.models.svm import SVM


def draw(labels=(0, 1), *, count=120, length=4, features=3, seed=0, size=1.0):
    random = np.random.default_rng(seed)
    truth = random.choice(labels, count)
    rows = random.normal(0, size, (count * length, features)).astype(np.float32)
    rows[:, 0] += np.repeat(truth, length)
    return Windows(rows=rows, starts=np.arange(count) * length, length=length, labels=truth)


def flat(windows):
    return windows.gather().reshape(len(windows), -1).astype(np.float64)


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 2**31 - 1),
    labels=st.sampled_from([(0, 1), (1, 2), (0, 1, 2, 3), (3, 0, 1)]),
    gamma=st.sampled_from([None, 0.02, 1.0]),
    cost=st.sampled_from([0.3, 10.0]),
    balanced=st.booleans(),
)
def test_equals_scikit_learn(seed, labels, gamma, cost, balanced):
    train, fresh = draw(labels, seed=seed), draw(labels, seed=seed + 1)
    fitted = SVM(gamma=gamma, cost=cost, class_weights=balanced).fit(train, classes=4, seed=0)
    known, weight = np.unique(train.labels), "balanced" if balanced else None
    machines = [
        SVC(C=cost, gamma="scale" if gamma is None else gamma, class_weight=weight).fit(
            flat(train), train.labels == one
        )
        for one in (known[1:] if len(known) == 2 else known)
    ]
    decide = [np.column_stack([one.decision_function(flat(part)) for one in machines]) for part in (train, fresh)]
    told = LogisticRegression(class_weight=weight, max_iter=1000).fit(decide[0], train.labels)
    expected = np.zeros((len(fresh), 4))
    expected[:, known] = told.predict_proba(decide[1])
    np.testing.assert_allclose(open_scorer(fitted.graph).score(fresh), expected, atol=2e-4)


def test_encoded_windows_of_full_size_keep_their_digits():
    # Values up to the encoder's cut, in windows of 2,000 numbers: differences of large squares.
    train, fresh = (draw(count=200, length=10, features=200, seed=seed, size=4.0) for seed in (0, 1))
    train, fresh = (replace(part, rows=part.rows.clip(-10, 10)) for part in (train, fresh))
    machine = SVC(gamma="scale").fit(flat(train), train.labels)
    told = LogisticRegression(max_iter=1000).fit(machine.decision_function(flat(train))[:, None], train.labels)
    expected = told.predict_proba(machine.decision_function(flat(fresh))[:, None])
    scorer = open_scorer(SVM().fit(train, classes=2, seed=0).graph)
    np.testing.assert_allclose(scorer.score(fresh), expected, atol=1e-3)
    array = fresh.gather()
    assert np.array_equal(scorer(array), np.concatenate([scorer(window[None]) for window in array]))


def test_a_ring_is_told_from_its_middle():
    random = np.random.default_rng(0)
    angle, label = random.random(400) * 2 * np.pi, np.arange(400) % 2
    rows = (np.column_stack([np.cos(angle), np.sin(angle)]) * label[:, None] + random.normal(0, 0.1, (400, 2))).astype(
        np.float32
    )
    windows = Windows(rows=rows, starts=np.arange(400), length=1, labels=label)
    scores = open_scorer(SVM().fit(windows, classes=2, seed=0).graph).score(windows)
    assert (scores.argmax(axis=1) == label).mean() > 0.99


def test_one_class_is_the_answer():
    windows = draw((2,))
    assert np.array_equal(
        open_scorer(SVM().fit(windows, classes=3, seed=0).graph).score(windows), np.tile([0.0, 0.0, 1.0], (120, 1))
    )


def test_no_more_windows_are_learnt_than_asked_for():
    windows = draw(count=300)
    assert len(SVM(windows_max=40).fit(windows, classes=2, seed=0).weights["supports"]) <= 40


def test_missing_values_are_refused():
    windows = draw()
    scorer = open_scorer(SVM().fit(windows, classes=2, seed=0).graph)
    rows = windows.rows.copy()
    rows[3, 1] = np.nan
    with pytest.raises(TableError, match="NaN"):
        scorer.score(replace(windows, rows=rows))
    with pytest.raises(OptionError, match="NaN"):
        SVM().fit(replace(windows, rows=rows), classes=2, seed=0)


@pytest.mark.parametrize("options", [{"cost": 0.0}, {"gamma": -1.0}, {"windows_max": 0}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        SVM(**options)
