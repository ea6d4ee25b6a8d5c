"""The classifier keeps scikit-learn's manners, on windows and on rows."""

import warnings

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import check_estimator

from yawstring.errors import OptionError
from yawstring.models.estimators.networks import NetworkClassifier, WindowClassifier
from yawstring.models.estimators.recurrent import LSTMClassifier

SMALL = LSTMClassifier(units=8, dense=(), dropout=0.0, learning_rate=0.05, epochs=8, random_state=0)


def windows(total: int = 200) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(total, 4, 3)).astype(np.float32)
    return X, np.where(X[:, -1, 0] + X[:, 0, 1] > 0, "attack", "benign")


@pytest.mark.parametrize(
    "model",
    [
        SMALL,
        NetworkClassifier("mlp", {"dense": [8], "dropout": 0.0, "learning_rate": 0.05}, random_state=0),
    ],
)
def test_scikit_learns_own_checks_pass(model: WindowClassifier) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of checks it skips
        results = check_estimator(model, on_fail=None)  # no check is excepted
    failed = {result["check_name"]: repr(result["exception"]) for result in results if result["status"] == "failed"}
    assert failed == {}
    assert sum(result["status"] == "passed" for result in results) > 40


def test_windows_are_learnt_and_the_same_seed_gives_the_same_scores() -> None:
    X, y = windows()
    first, again = (SMALL.set_params(epochs=15).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert SMALL.score(X, y) > 0.9
    assert list(SMALL.classes_) == ["attack", "benign"]
    np.testing.assert_allclose(first.sum(1), 1, atol=1e-6)


def test_it_can_be_cross_validated() -> None:
    X, y = windows()
    assert cross_val_score(SMALL.set_params(epochs=15), X, y, cv=2).mean() > 0.8


def test_windows_of_another_length_are_refused() -> None:
    X, y = windows()
    model = LSTMClassifier(units=2, dense=(), epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="shape"):
        model.predict(X[:, :, :2])


@pytest.mark.parametrize("detector", ["cnn", "attention"])
def test_any_family_of_windows_by_its_name(detector: str) -> None:
    X, y = windows()
    model = NetworkClassifier(detector, {"learning_rate": 0.02, "epochs": 15, "dropout": 0.0}, random_state=0)
    assert model.fit(X, y).score(X, y) > 0.9


def test_a_family_of_rows_is_refused() -> None:
    X, y = windows()
    with pytest.raises(OptionError, match="'forest' reads single rows"):
        NetworkClassifier("forest").fit(X, y)
