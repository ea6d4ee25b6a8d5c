"""Figures of a verdict against scikit-learn."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics

from yawstring.app.notebook.account import CLAIM
from yawstring.app.notebook.measures import batch_mean_f1, score, verdict

PAIRS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=80)


@settings(deadline=None, max_examples=80)
@given(PAIRS)
def test_figures_equal_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, said = np.array(pairs).T
    scores = score(truth, said)
    assert [list(row) for row in scores.confusion] == metrics.confusion_matrix(truth, said, labels=[0, 1]).tolist()
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(truth, said))
    for of in (0, 1):
        there, called = bool((truth == of).any()), bool((said == of).any())
        expected = {
            "recall": metrics.recall_score(truth, said, pos_label=of, zero_division=0.0) if there else None,
            "precision": metrics.precision_score(truth, said, pos_label=of, zero_division=0.0) if called else None,
            "f1": metrics.f1_score(truth, said, pos_label=of, zero_division=0.0) if there else None,
        }
        for name, value in expected.items():
            assert getattr(scores, name)[of] == pytest.approx(value), name


@settings(deadline=None, max_examples=40)
@given(PAIRS)
def test_means_over_classes_equal_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, said = np.array(pairs).T
    assume(len(np.unique(truth)) == 2)
    scores = score(truth, said)
    assert scores.macro_f1 == pytest.approx(metrics.f1_score(truth, said, average="macro"))
    assert scores.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(truth, said))


@settings(deadline=None, max_examples=40)
@given(PAIRS, st.integers(1, 9))
def test_the_mean_of_batches_equals_a_loop_over_scikit_learn(pairs: list[tuple[int, int]], batch: int) -> None:
    truth, said = np.array(pairs).T
    each = [
        metrics.f1_score(truth[first : first + batch], said[first : first + batch], zero_division=0.0)
        for first in range(0, len(truth), batch)
    ]
    assert batch_mean_f1(truth, said, batch=batch) == pytest.approx(np.mean(each))


def test_a_half_is_a_zero_as_numpy_rounds_it() -> None:
    probability = np.array([0.1, 0.5, 0.500001, 1.0], np.float32)
    np.testing.assert_array_equal(verdict(probability), np.round(probability).astype(int))


def test_the_notebooks_own_matrix_gives_the_f1_it_prints() -> None:
    assert round(CLAIM.f1[1] or 0, 4) == 0.9765
    assert CLAIM.count == 2_180
    assert [sum(row) for row in CLAIM.confusion] == [731, 1_449]
