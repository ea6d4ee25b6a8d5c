"""Objectives against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    roc_auc_score,
)

from yawstring.errors import OptionError
from yawstring.learn.search.objectives import OBJECTIVES, objective_of


def made(seed: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows of every class, and scores with many ties."""
    rng = np.random.default_rng(seed)
    truth = np.concatenate([np.arange(classes), rng.integers(0, classes, 60)])
    shares = rng.integers(1, 6, (len(truth), classes)).astype(np.float64)
    shares[np.arange(len(truth)), truth] += rng.integers(0, 4, len(truth))
    return truth, (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def theirs(name: str, truth: np.ndarray, shares: np.ndarray, called: np.ndarray) -> float:
    if name in ("pr_auc", "roc_auc"):
        area = average_precision_score if name == "pr_auc" else roc_auc_score
        labels = [1] if shares.shape[1] == 2 else np.unique(truth)
        return float(np.mean([area(truth == label, shares[:, label]) for label in labels]))
    if name == "batch_f1":
        parts = [slice(first, first + 16) for first in range(0, len(truth), 16)]
        return float(np.mean([f1_score(truth[one] == 1, called[one] == 1, zero_division=0) for one in parts]))
    if name == "macro_f1":
        return float(f1_score(truth, called, average="macro"))
    return float((accuracy_score if name == "accuracy" else balanced_accuracy_score)(truth, called))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), st.sampled_from([2, 3, 4]), st.sampled_from(OBJECTIVES))
def test_an_objective_is_scikit_learns(seed: int, classes: int, name: str) -> None:
    truth, shares = made(seed, classes)
    found = objective_of(name, truth, shares, batch=16)
    assert found == pytest.approx(theirs(name, truth, shares, shares.argmax(axis=1)), abs=1e-6)


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_a_threshold_decides_between_benign_and_the_likeliest_attack(threshold: float) -> None:
    truth, shares = made(5, 3)
    attack = shares[:, 1:].astype(np.float64).sum(axis=1) >= threshold
    called = np.where(attack, 1 + shares[:, 1:].argmax(axis=1), 0)
    found = objective_of("accuracy", truth, shares, threshold=threshold, batch=16)
    assert found == pytest.approx(accuracy_score(truth, called))
    for area in ("pr_auc", "roc_auc"):
        assert objective_of(area, truth, shares, threshold=threshold, batch=16) == objective_of(
            area, truth, shares, batch=16
        )


def test_an_area_of_one_class_is_refused_in_one_line() -> None:
    _, shares = made(1, 2)
    with pytest.raises(OptionError, match="holds one: use accuracy"):
        objective_of("pr_auc", np.zeros(len(shares), np.int64), shares, batch=16)
