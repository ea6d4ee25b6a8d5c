"""Integrated gradients: they add up, they are the plain definition's, and they find what a network looks at."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from yawstring.errors import OptionError, TableError
from yawstring.models.attention import Attention
from yawstring.models.base import Fitted, Windows
from yawstring.models.convolutional import CNN
from yawstring.models.dense import MLP
from yawstring.models.engine.gradients import CHUNK, integrated_gradients, log_probabilities
from yawstring.models.majority import Majority
from yawstring.models.recurrent import LSTM
from yawstring.models.scoring import open_scorer

LENGTH, FEATURES = 4, 3
FAMILIES = {
    "lstm": LSTM(units=8, dense=(6,)),
    "gru, both ways": LSTM(units=6, cell="gru", bidirectional=True, dense=()),
    "cnn": CNN(filters=8, dilations=(1, 2)),
    "mlp": MLP(dense=(8,)),
    "attention": Attention(width=8),
}

SMOOTH = {"gru, both ways"}


def windows(total: int = 300, seed: int = 0) -> Windows:
    """The label shows in the second feature of the third row, and nowhere else."""
    rows = np.random.default_rng(seed).normal(size=(total * LENGTH, FEATURES)).astype(np.float32)
    starts = np.arange(total) * LENGTH
    return Windows(rows=rows, starts=starts, length=LENGTH, labels=(rows[starts + 2, 1] > 0).astype(np.int64))


@cache
def fitted(name: str, classes: int = 2) -> Fitted:
    family = replace(FAMILIES[name], epochs=15, learning_rate=0.02, dropout=0.0)
    return family.fit(windows(), classes=classes, seed=1)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_function_is_what_the_graph_scores(name: str) -> None:
    for classes in (2, 3) if name == "mlp" else (2,):
        model = fitted(name, classes)
        x = windows(50, seed=2).gather()
        np.testing.assert_allclose(np.exp(log_probabilities(model)(x)), open_scorer(model.graph)(x), atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_given_adds_up_to_the_difference_of_scores(name: str) -> None:
    model = fitted(name)
    x = windows(CHUNK + 20, seed=2).gather()
    generator = np.random.default_rng(3)
    baseline = generator.normal(size=(LENGTH, FEATURES)).astype(np.float32)
    for target in (0, 1):
        moved = integrated_gradients(model, x, baseline, target=target, steps=512)
        score = np.log(np.maximum(open_scorer(model.graph)(np.concatenate([x, baseline[None]])), 1e-30))[:, target]
        difference = score[:-1] - score[-1]
        assert np.ptp(difference) > 1, "there must be a difference to share out"
        # A rectifier's corner between two points costs digits, and a row that a normalisation blows up, more; without
        # either the quadrature is exact.
        error = np.abs(moved.sum(axis=(1, 2)) - difference) / np.ptp(difference)
        assert np.quantile(error, 0.98) < (1e-4 if name in SMOOTH else 0.02)
        assert error.max() < 0.1


@pytest.mark.parametrize("name", FAMILIES)
def test_what_decides_the_class_is_found(name: str) -> None:
    x = windows(200, seed=2).gather()
    moved = np.abs(integrated_gradients(fitted(name), x, np.zeros((LENGTH, FEATURES), np.float32)))
    share = moved.mean(axis=0) / moved.mean(axis=0).sum()
    assert share.argmax() == 2 * FEATURES + 1
    assert share[2, 1] > 0.4


def test_a_linear_network_is_explained_exactly() -> None:
    """The logit of a linear network moves by weight times difference, whatever the path."""
    model = replace(FAMILIES["mlp"], dense=()).fit(windows(), classes=2, seed=0)
    x = windows(20, seed=2).gather()
    against = windows(20, seed=3).gather()
    logit = integrated_gradients(model, x, against, target=1) - integrated_gradients(model, x, against, target=0)
    kernel = model.weights["output/kernel"].reshape(LENGTH, FEATURES)
    np.testing.assert_allclose(logit, (x - against) * kernel, atol=1e-5)


def test_no_window_is_explained_by_nothing() -> None:
    moved = integrated_gradients(fitted("mlp"), windows().gather()[:0], np.zeros((LENGTH, FEATURES), np.float32))
    assert moved.shape == (0, LENGTH, FEATURES)


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"baseline": np.zeros((LENGTH, FEATURES + 1), np.float32)}, OptionError, "baseline"),
        ({"windows": np.zeros((LENGTH, FEATURES), np.float32)}, OptionError, "window"),
        ({"target": 2}, OptionError, "from 0 to 1"),
        ({"steps": 0}, OptionError, "steps"),
        ({"windows": np.full((1, LENGTH, FEATURES), np.nan, np.float32)}, TableError, "finite"),
    ],
)
def test_what_cannot_be_explained_is_refused(change: dict[str, object], error: type[Exception], word: str) -> None:
    given = {"windows": windows(5).gather(), "baseline": np.zeros((LENGTH, FEATURES), np.float32)} | change
    with pytest.raises(error, match=word):
        integrated_gradients(fitted("mlp"), **given)  # type: ignore[arg-type]


def test_a_family_without_gradients_is_named() -> None:
    model = Majority().fit(windows(), classes=2, seed=0)
    with pytest.raises(OptionError, match="'majority' is no network"):
        log_probabilities(model)
