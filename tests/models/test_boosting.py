"""The graph of boosted trees against scikit-learn's own predict_proba, and its curves against its log_loss and f1."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score, log_loss
from threadpoolctl import threadpool_limits

from yawstring.errors import OptionError
from yawstring.models.base import Windows
from yawstring.models.boosting import Boosting
from yawstring.models.scoring import open_scorer
from yawstring.models.statistics import statistics


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Parts this small are not worth a second one."""
    with threadpool_limits(1):
        yield


def draw(labels=(0, 1), *, length=4, missing=0.2, count=150, seed=0, grid=1000, shift=1.0):
    random = np.random.default_rng(seed)
    rows = (random.integers(0, grid, (3 * count + length, 4)) / np.float32(grid)).astype(np.float32)
    truth = random.choice(labels, count)
    rows[(3 * np.arange(count)[:, None] + np.arange(length)), 0] += np.float32(shift) * truth[:, None]
    rows[random.random(rows.shape) < missing] = np.nan
    return Windows(rows=rows, starts=3 * np.arange(count), length=length, labels=truth)


def theirs(options, seed):
    return HistGradientBoostingClassifier(
        max_iter=options["rounds"],
        min_samples_leaf=options["leaf"],
        max_features=0.3,
        early_stopping=False,
        class_weight="balanced" if options.get("class_weights") else None,
        random_state=seed,
    )


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**31 - 1),
    labels=st.sampled_from([(0, 1), (0, 1, 2, 3), (1, 2), (3, 1, 0)]),
    grid=st.sampled_from([3, 1000]),
    missing=st.sampled_from([0.0, 0.3, 0.9]),
    recent=st.booleans(),
    balanced=st.booleans(),
)
def test_equals_scikit_learn(seed, labels, grid, missing, recent, balanced):
    windows = draw(labels, missing=missing, seed=seed, grid=grid)
    options = {"rounds": 6, "leaf": 3, "class_weights": balanced}
    fitted = Boosting(**options, recent=recent).fit(windows, classes=4, seed=seed)
    model = theirs(options, seed).fit(statistics(windows, recent=recent), windows.labels)
    fresh = draw(labels, missing=missing, seed=seed + 1, grid=grid)
    expected = np.zeros((len(fresh), 4))
    expected[:, model.classes_] = model.predict_proba(statistics(fresh, recent=recent))
    np.testing.assert_allclose(open_scorer(fitted.graph).score(fresh), expected, atol=2e-6, rtol=0)


def test_two_classes_equal_scikit_learn():
    windows = draw()
    options = {"rounds": 30, "leaf": 5}
    model = theirs(options, 3).fit(statistics(windows), windows.labels)
    fitted = Boosting(**options).fit(windows, classes=2, seed=3)
    expected = model.predict_proba(statistics(windows))
    np.testing.assert_allclose(open_scorer(fitted.graph).score(windows), expected, atol=2e-6)


def test_what_is_missing_is_a_cut_of_its_own():
    random = np.random.default_rng(0)
    rows = random.random((400, 1)).astype(np.float32)
    labels = random.integers(0, 2, 400)
    rows[labels == 1] = np.nan
    windows = Windows(rows=rows, starts=np.arange(400), length=1, labels=labels)
    fitted = Boosting(rounds=20, share=1).fit(windows, classes=2, seed=0)
    assert (fitted.weights["threshold"] == np.finfo(np.float32).max).any()
    assert np.array_equal(open_scorer(fitted.graph).score(windows).argmax(axis=1), labels)


def test_a_feature_that_is_always_missing_has_no_say():
    windows = draw()
    rows = windows.rows.copy()
    rows[:, 3] = np.nan
    fitted = Boosting(rounds=5).fit(replace(windows, rows=rows), classes=2, seed=0)
    scorer = open_scorer(fitted.graph)
    assert np.array_equal(scorer.score(windows), scorer.score(replace(windows, rows=rows)))
    assert (scorer.score(windows).argmax(axis=1) == windows.labels).mean() > 0.9


@pytest.mark.parametrize("labels", [(0, 1), (0, 1, 2)])
@pytest.mark.parametrize("balanced", [False, True])
def test_curves_are_those_of_scikit_learn(labels, balanced):
    train, validation = draw(labels), draw(labels, seed=1)
    options = {"rounds": 5, "leaf": 5, "class_weights": balanced}
    fitted = Boosting(**options).fit(train, validation, classes=3, seed=0)
    model = theirs(options, 0).fit(statistics(train), train.labels)
    for epoch, learnt, chosen in zip(
        fitted.history,
        model.staged_predict_proba(statistics(train)),
        model.staged_predict_proba(statistics(validation)),
        strict=True,
    ):
        for part, told, loss, f1 in (
            (train, learnt, epoch.loss, epoch.f1),
            (validation, chosen, epoch.validation_loss, epoch.validation_f1),
        ):
            weight = len(part) / np.bincount(part.labels)[part.labels] if balanced else None
            assert loss == pytest.approx(log_loss(part.labels, told, sample_weight=weight))
            assert f1 == pytest.approx(f1_score(part.labels, told.argmax(axis=1), average="macro"))


def test_rounds_end_where_validation_says_so_and_the_best_are_kept():
    train, validation = draw(shift=0.3, missing=0), draw(shift=0.3, missing=0, seed=1)
    options = {"rounds": 300, "leaf": 2, "learning_rate": 0.3}
    fitted = Boosting(**options, patience=5).fit(train, validation, classes=2, seed=0)
    losses = [epoch.validation_loss for epoch in fitted.history]
    best = int(np.argmin(losses)) + 1
    assert best + 5 == len(losses) < 300
    assert fitted.weights["tree"][-1] + 1 == best
    shorter = Boosting(rounds=best, leaf=2, learning_rate=0.3).fit(train, classes=2, seed=0)
    assert shorter.graph == fitted.graph
    told = open_scorer(fitted.graph).score(validation)
    assert log_loss(validation.labels, told) == pytest.approx(min(losses), abs=1e-6)


def test_validation_windows_of_an_unknown_class_are_not_looked_at():
    train, validation = draw(), draw(seed=1)
    labels = validation.labels.copy()
    labels[::3] = 2
    known = labels < 2
    few = Windows(rows=validation.rows, starts=validation.starts[known], length=4, labels=labels[known])
    options = {"rounds": 4}
    found = [
        Boosting(**options).fit(train, part, classes=3, seed=0) for part in (replace(validation, labels=labels), few)
    ]
    assert found[0].history == found[1].history
    unknown = replace(validation, labels=np.full(len(validation), 2))
    assert Boosting(**options).fit(train, unknown, classes=3, seed=0).history[0].validation_loss is None


def test_one_class_is_the_answer():
    windows = draw((1,))
    fitted = Boosting().fit(windows, classes=3, seed=0)
    assert np.array_equal(open_scorer(fitted.graph).score(windows), np.tile([0.0, 1.0, 0.0], (150, 1)))


def test_balanced_weights_change_what_is_learnt():
    random = np.random.default_rng(0)
    windows = draw(shift=0.1)
    rare = replace(windows, labels=(random.random(len(windows)) < 0.1).astype(np.int64))
    plain, weighed = (
        open_scorer(Boosting(class_weights=on, rounds=10).fit(rare, classes=2, seed=0).graph).score(rare)
        for on in (False, True)
    )
    assert weighed[:, 1].mean() > plain[:, 1].mean() + 0.2


@pytest.mark.parametrize(
    "options",
    [
        {"rounds": 0},
        {"leaves": 1},
        {"leaf": 0},
        {"learning_rate": 0.0},
        {"share": 0.0},
        {"share": 1.1},
        {"l2": -1.0},
        {"patience": 0},
        {"windows_max": 0},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        Boosting(**options)


def test_infinity_is_refused():
    windows = draw()
    rows = windows.rows.copy()
    rows[:] = 1e30
    rows[0] = -1e30
    with pytest.raises(OptionError, match="infinity"):
        Boosting().fit(replace(windows, rows=rows), classes=2, seed=0)
