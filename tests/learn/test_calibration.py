"""Calibration, against scikit-learn and SciPy."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss

from yawstring.errors import OptionError
from yawstring.learn.calibration import (
    Isotonic,
    Temperature,
    calibration_from_json,
    fit_isotonic,
    fit_temperature,
    reliability,
)


def drawn(seed, classes=3, count=400, sharp=3.0):
    """Probabilities that are too sure, and what came of them."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(count, classes)) * 1.5
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(classes, p=row) for row in p])
    sure = np.exp(logits * sharp)
    return (sure / sure.sum(axis=1, keepdims=True)).astype(np.float32), truth


@pytest.mark.parametrize("seed", range(5))
def test_the_temperature_is_the_one_scipy_finds_with_scikit_learns_loss(seed):
    probabilities, truth = drawn(seed)
    logs = np.log(np.maximum(probabilities.astype(float), 1e-12))

    def loss(log_temperature):
        scaled = np.exp(logs / np.exp(log_temperature))
        return log_loss(truth, scaled / scaled.sum(axis=1, keepdims=True), labels=range(3))

    expected = np.exp(minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded").x)
    found = fit_temperature(probabilities, truth)
    assert found.temperature == pytest.approx(expected, rel=1e-3)
    assert found.temperature == pytest.approx(3.0, rel=0.4)
    after = reliability(found.apply(probabilities), truth)
    assert after["log_loss"] < reliability(probabilities, truth)["log_loss"]


def test_the_isotonic_function_is_scikit_learns():
    probabilities, truth = drawn(1, classes=2)
    score, attack = probabilities[:, 1].astype(float), truth > 0
    oracle = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(score, attack)
    found = fit_isotonic(score, attack).apply(probabilities)
    np.testing.assert_allclose(found[:, 1], oracle.predict(score), atol=1e-6)


def test_figures_of_reliability_are_scikit_learns():
    probabilities, truth = drawn(2)
    figures = reliability(probabilities, truth)
    score = probabilities[:, 1:].sum(axis=1, dtype=float).clip(0, 1)
    assert figures["brier"] == pytest.approx(brier_score_loss(truth > 0, score))
    exact = probabilities.astype(float) / probabilities.astype(float).sum(axis=1, keepdims=True)
    assert figures["log_loss"] == pytest.approx(log_loss(truth, exact, labels=range(3)), abs=1e-4)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([2, 3, 5]), st.floats(0.1, 10))
def test_calibrated_rows_sum_to_one_and_keep_their_order(seed, classes, temperature):
    probabilities, truth = drawn(seed, classes=classes, count=50)
    calm = Temperature(temperature=temperature).apply(probabilities)
    np.testing.assert_allclose(calm.sum(axis=1), 1, atol=1e-5)
    assert (calm.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    stepped = fit_isotonic(probabilities[:, 1:].sum(axis=1, dtype=float), truth > 0).apply(probabilities)
    np.testing.assert_allclose(stepped.sum(axis=1), 1, atol=1e-5)
    assert ((stepped >= 0) & (stepped <= 1)).all()


@pytest.mark.parametrize("made", [Temperature(temperature=1.7), Isotonic(scores=(0.1, 0.4), shares=(0.0, 0.9))])
def test_a_calibration_survives_json(made):
    assert calibration_from_json(json.loads(json.dumps(made.to_json()))) == made


@pytest.mark.parametrize(
    "wrong",
    [
        None, {}, {"method": "oracle"}, {"method": "temperature", "temperature": -1},
        {"method": "isotonic", "scores": [0.2, 0.1], "shares": [0, 1]},
        {"method": "isotonic", "scores": [0.1, 0.2], "shares": [1, 0]},
        {"method": "isotonic", "scores": [], "shares": []},
        {"method": "isotonic", "scores": [0.1, 0.2], "shares": [0, 2]},
    ],
)  # fmt: skip
def test_a_calibration_that_is_none_is_refused(wrong):
    with pytest.raises((TypeError, ValueError, KeyError, OptionError)):
        calibration_from_json(wrong)
