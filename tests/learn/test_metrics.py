"""Figures equal scikit-learn's; what is undefined is said."""

import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from yawstring.learn import bootstrap
from yawstring.learn.bootstrap import difference, measure
from yawstring.learn.metrics import Outcome, areas, confusion, decide, rates

NAMES = ("benign", "dos", "replay")


def drawn(seed, count=300, classes=3, groups=12, *, ties=False):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, count)
    truth = group % classes
    scores = rng.dirichlet(np.ones(classes), count) + 0.4 * np.eye(classes)[truth]
    scores = (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)
    return Outcome(classes=NAMES[:classes], truth=truth, probabilities=scores.round(1) if ties else scores, group=group)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60))
def test_rates_equal_scikit_learn(pairs):
    truth, called = np.array(pairs).T
    found = rates(confusion(truth, called, 3))
    labels = [0, 1, 2]
    np.testing.assert_array_equal(confusion(truth, called, 3), oracle.confusion_matrix(truth, called, labels=labels))
    assert found.accuracy == pytest.approx(oracle.accuracy_score(truth, called))
    expected = oracle.precision_recall_fscore_support(truth, called, labels=labels, zero_division=np.nan)
    there = np.isin(labels, truth)
    np.testing.assert_allclose(found.precision, expected[0])
    np.testing.assert_allclose(found.recall, expected[1])
    np.testing.assert_allclose(found.f1[there], expected[2][there])
    assert np.isnan(found.f1[~there]).all()
    if there.all():
        assert found.macro_f1 == pytest.approx(oracle.f1_score(truth, called, average="macro", zero_division=0))
        assert found.balanced_accuracy == pytest.approx(oracle.balanced_accuracy_score(truth, called))
    else:
        assert np.isnan(found.macro_f1)
        assert np.isnan(found.balanced_accuracy)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), st.integers(0, 4)),
        min_size=1, max_size=400,
    )
)  # fmt: skip
def test_areas_equal_scikit_learn_under_every_draw(rows):
    positive = np.array([row[0] for row in rows])
    score = np.array([row[1] for row in rows], np.float32)
    member = np.array([row[2] for row in rows])
    draws = np.array([[1, 1, 1, 1, 1], [0, 3, 1, 0, 2], [5, 0, 0, 0, 0]], float)
    roc, pr = areas(positive, score, member, draws)
    for place, draw in enumerate(draws):
        weight = draw[member]
        sides = {bool(side) for side in positive[weight > 0]}
        if len(sides) < 2:
            assert np.isnan(roc[place])
            assert np.isnan(pr[place])
        else:
            assert roc[place] == pytest.approx(oracle.roc_auc_score(positive, score, sample_weight=weight))
            assert pr[place] == pytest.approx(oracle.average_precision_score(positive, score, sample_weight=weight))


@pytest.mark.parametrize("ties", [False, True])
def test_every_figure_equals_scikit_learn(ties):
    outcome = drawn(3, count=1000, ties=ties)
    found = measure(outcome, seed=1, resamples=20)
    truth, scores = outcome.truth, outcome.probabilities
    called = scores.argmax(axis=1)
    assert found["accuracy"]["value"] == pytest.approx(oracle.accuracy_score(truth, called))
    assert found["balanced_accuracy"]["value"] == pytest.approx(oracle.balanced_accuracy_score(truth, called))
    assert found["macro_f1"]["value"] == pytest.approx(oracle.f1_score(truth, called, average="macro"))
    one_hot = np.eye(3)[truth]
    assert found["roc_auc"]["value"] == pytest.approx(oracle.roc_auc_score(one_hot, scores, average="macro"))
    assert found["pr_auc"]["value"] == pytest.approx(oracle.average_precision_score(one_hot, scores, average="macro"))
    for label, name in enumerate(NAMES):
        expected = oracle.average_precision_score(truth == label, scores[:, label])
        assert found["per_class"][name]["pr_auc"]["value"] == pytest.approx(expected)
        assert found["per_class"][name]["support"] == (truth == label).sum()


def test_two_classes_have_the_areas_of_the_attack():
    outcome = drawn(5, classes=2)
    found = measure(outcome, seed=1, resamples=20)
    expected = oracle.average_precision_score(outcome.truth, outcome.probabilities[:, 1])
    assert found["pr_auc"]["value"] == pytest.approx(expected)


def test_a_threshold_decides():
    outcome = drawn(6, classes=2)
    assert (decide(outcome.probabilities, 0.3) == (outcome.probabilities[:, 1] >= 0.3)).all()


def naive_interval(outcome, figure, *, seed, resamples):
    """The bootstrap as one would write it first: rows of the drawn groups, copied, and scikit-learn called."""
    groups = np.unique(outcome.group)
    stratum = np.array([np.bincount(outcome.truth[outcome.group == g], minlength=3).argmax() for g in groups])
    counts = np.zeros((resamples, len(groups)), int)
    rng = np.random.default_rng(seed)
    for value in np.unique(stratum):
        among = np.flatnonzero(stratum == value)
        counts[:, among] = rng.multinomial(len(among), np.full(len(among), 1 / len(among)), size=resamples)
    values = []
    for draw in counts:
        rows = np.concatenate([np.flatnonzero(outcome.group == g).repeat(n) for g, n in zip(groups, draw, strict=True)])
        values.append(figure(outcome.truth[rows], outcome.probabilities[rows]))
    return np.quantile(values, [0.025, 0.975])


def test_intervals_equal_a_naive_bootstrap_over_groups():
    outcome = drawn(7)
    found = measure(outcome, seed=4, resamples=60)
    figures = {
        "macro_f1": lambda truth, scores: oracle.f1_score(truth, scores.argmax(axis=1), average="macro"),
        "roc_auc": lambda truth, scores: oracle.roc_auc_score(np.eye(3)[truth], scores, average="macro"),
        "pr_auc": lambda truth, scores: oracle.average_precision_score(np.eye(3)[truth], scores, average="macro"),
    }
    for name, figure in figures.items():
        expected = naive_interval(outcome, figure, seed=4, resamples=60)
        np.testing.assert_allclose([found[name]["low"], found[name]["high"]], expected, atol=1e-5)


def test_copies_of_rows_within_a_group_do_not_narrow_the_interval():
    once = drawn(8, count=200)
    tenfold = Outcome(
        classes=NAMES,
        truth=once.truth.repeat(10),
        probabilities=once.probabilities.repeat(10, axis=0),
        group=once.group.repeat(10),
    )
    one, ten = (measure(outcome, seed=2, resamples=200) for outcome in (once, tenfold))
    for name in ("accuracy", "macro_f1"):
        assert one[name] == pytest.approx(ten[name])


def test_the_seed_decides_the_interval():
    outcome = drawn(9)
    one, same, other = (measure(outcome, seed=seed, resamples=50) for seed in (1, 1, 2))
    assert one == same
    assert one["macro_f1"]["low"] != other["macro_f1"]["low"]
    assert one["macro_f1"]["value"] == other["macro_f1"]["value"]


def told(truth, called, group, classes=NAMES):
    return Outcome(
        classes=classes,
        truth=np.array(truth),
        probabilities=np.eye(len(classes), dtype=np.float32)[called],
        group=np.array(group),
    )


def test_what_is_undefined_is_said_not_faked():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = measure(told([0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 2, 3]), seed=1, resamples=50)
    json.dumps(found, allow_nan=False)
    assert found["accuracy"]["value"] == 0.75
    for name in ("macro_f1", "balanced_accuracy", "roc_auc", "pr_auc"):
        assert found[name]["value"] is None
        assert found[name]["note"] == "undefined: class 'replay' is absent"
    assert found["per_class"]["replay"]["recall"]["note"] == "undefined: class 'replay' is absent"
    assert found["per_class"]["replay"]["precision"]["note"] == "undefined: class 'replay' is absent"
    assert found["per_class"]["dos"]["recall"]["value"] == 1.0


def test_a_class_never_called_has_no_precision_but_an_f1_of_zero():
    found = measure(told([0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 2, 3], ("benign", "dos")), seed=1, resamples=50)
    assert found["per_class"]["dos"]["precision"] == {
        "value": None, "low": None, "high": None, "note": "undefined: never predicted"
    }  # fmt: skip
    assert found["per_class"]["dos"]["f1"]["value"] == 0


def test_one_group_has_no_interval():
    found = measure(told([0, 1, 1], [0, 1, 0], [5, 5, 5], ("benign", "dos")), seed=1, resamples=50)
    assert found["accuracy"] == {
        "value": pytest.approx(2 / 3), "low": None, "high": None, "note": "one group only: no interval"
    }  # fmt: skip


def test_a_class_of_one_group_has_no_interval_of_its_recall_and_a_caveat_elsewhere():
    found = measure(told([0, 0, 0, 1], [0, 1, 0, 1], [0, 1, 2, 3], ("benign", "dos")), seed=1, resamples=200)
    assert found["per_class"]["dos"]["recall"]["low"] is None
    assert found["per_class"]["benign"]["recall"]["low"] is not None
    assert found["macro_f1"]["note"] == "class 'dos' is in one group only: the interval is too narrow"


def test_a_difference_is_resampled_together():
    outcome = drawn(10)
    nothing = difference(outcome, outcome, seed=1, resamples=50)
    assert (nothing.value, nothing.low, nothing.high) == (0, 0, 0)
    other = drawn(11)
    other = Outcome(
        classes=NAMES, truth=outcome.truth, probabilities=other.probabilities[: len(outcome.truth)], group=outcome.group
    )
    gap = difference(outcome, other, seed=1, resamples=50)
    one, two = (measure(each, seed=1, resamples=50)["macro_f1"]["value"] for each in (outcome, other))
    assert gap.value == pytest.approx(one - two)
    assert gap.low < gap.value < gap.high


def test_resampling_draws_as_many_groups_of_each_class():
    counts = bootstrap._draw(np.array([0, 0, 0, 1, 1, 2]), np.random.default_rng(1), 100)
    assert (counts[:, :3].sum(axis=1) == 3).all()
    assert (counts[:, 3:5].sum(axis=1) == 2).all()
    assert (counts[:, 5] == 1).all()
