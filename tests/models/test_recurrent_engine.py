"""The engine's parts against plain definitions: gradient, dropout, initial weights, figures, padding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score
from sklearn.utils.class_weight import compute_class_weight

from yawstring.models.base import Windows
from yawstring.models.engine.figures import batch_f1, macro_f1
from yawstring.models.engine.fitting import Fit, balanced_weights
from yawstring.models.engine.initial import initial_weights
from yawstring.models.engine.lstm import UNROLLED_STEPS, last_hidden
from yawstring.models.engine.network import Drop
from yawstring.models.engine.program import Options
from yawstring.models.engine.recurrent import Recurrent


def textbook(x: jax.Array, kernel: jax.Array, recurrent: jax.Array, bias: jax.Array) -> jax.Array:
    """The LSTM as books write it, one gate after another, differentiated by JAX."""
    hidden = cell = jnp.zeros((x.shape[1], recurrent.shape[0]), x.dtype)
    for row in x:
        i, f, o, c = jnp.split(row @ kernel + hidden @ recurrent + bias, 4, axis=1)
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(c)
        hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
    return hidden


@settings(deadline=None, max_examples=5)
@example(length=5, batch=32, features=55, units=64, seed=0)
@example(length=1, batch=2, features=3, units=4, seed=0)
@example(length=UNROLLED_STEPS + 3, batch=3, features=2, units=5, seed=0)
@given(
    length=st.integers(1, 4),
    batch=st.integers(1, 4),
    features=st.integers(1, 4),
    units=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_gradient_by_hand_is_the_textbooks(length: int, batch: int, features: int, units: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    shapes = ((length, batch, features), (features, 4 * units), (units, 4 * units), (4 * units,), (batch, units))
    x, *weights, pull = (generator.normal(size=shape).astype(np.float32) / 2 for shape in shapes)

    def pulled(layer: object) -> object:
        return jax.jit(jax.value_and_grad(lambda weights: jnp.sum(layer(x, *weights) * pull)))  # type: ignore[operator]

    ours, our_gradient = pulled(last_hidden)(tuple(weights))  # type: ignore[operator]
    theirs, their_gradient = pulled(textbook)(tuple(weights))  # type: ignore[operator]
    assert ours == pytest.approx(float(theirs), abs=1e-4)
    for mine, other in zip(our_gradient, their_gradient, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=2e-5 * (1 + np.abs(other).max()))


def kept_and_value(draw: int, share: float) -> tuple[np.ndarray, float]:
    """Which hidden units survive the dropout, seen through an output layer that passes one at a time."""
    units, batch = 64, 512
    weights = initial_weights(np.random.default_rng(0), 2, units, (), units)
    weights["output/kernel"] = np.eye(units, dtype=np.float32)
    x = np.ones((1, batch, 2), np.float32)
    network = Recurrent(dropouts=(share,))
    plain = np.asarray(network.logits(network.packed(weights), x))
    dropped = np.asarray(jax.jit(lambda key: network.logits(network.packed(weights), x, Drop(key)))(jnp.uint32(draw)))
    kept = dropped != 0
    return kept, float(np.median(dropped[kept] / plain[kept]))


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_dropout_keeps_its_share_and_scales(share: float) -> None:
    kept, scale = kept_and_value(1, share)
    assert kept.mean() == pytest.approx(1 - share, abs=4 * np.sqrt(share * (1 - share) / kept.size))
    assert scale == pytest.approx(1 / (1 - share), rel=1e-6)
    # Neither a unit nor a window is favoured: both margins spread as independent draws do.
    for axis in (0, 1):
        spread = kept.mean(axis).std() / np.sqrt(share * (1 - share) / kept.shape[axis])
        assert 0.7 < spread < 1.4


def test_dropout_differs_between_steps_and_not_within_one() -> None:
    first, again, second = (kept_and_value(draw, 0.3)[0] for draw in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    together = np.mean(first == second)
    assert together == pytest.approx(0.7**2 + 0.3**2, abs=0.01), "two steps must be independent"


def test_dropout_of_a_fit_changes_from_step_to_step() -> None:
    """With a learning rate of nearly nought only the dropout can tell one batch from the same batch again."""
    rows = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    train = Windows(rows=rows, starts=np.zeros(8, np.int64), length=4, labels=np.ones(8, np.int64))
    losses = {}
    for share in (0.0, 0.5):
        weights = initial_weights(np.random.default_rng(0), 3, 8, (), 1)
        options = Options(np.float32(1e-9), np.ones(2, np.float32), np.uint32(3))
        fit = Fit.start(Recurrent(dropouts=(share,)), weights, train, batch=2, options=options)
        losses[share] = fit.epoch(np.arange(8)).losses
    assert np.ptp(losses[0.0]) < 1e-6
    assert len(set(losses[0.5].tolist())) == 4


@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(1, 200))
@settings(deadline=None, max_examples=30)
def test_f1_is_scikit_learns(seed: int, classes: int, total: int) -> None:
    generator = np.random.default_rng(seed)
    truth, predicted = generator.integers(0, classes, (2, total))
    assert macro_f1(truth, predicted, classes) == pytest.approx(f1_score(truth, predicted, average="macro"))
    truth, predicted = truth % 2, predicted % 2
    batches = [slice(start, start + 32) for start in range(0, total, 32)]
    expected = np.mean([f1_score(truth[cut], predicted[cut], zero_division=0) for cut in batches])
    assert batch_f1(truth, predicted, 32) == pytest.approx(expected)


def test_class_weights_are_scikit_learns() -> None:
    labels = np.random.default_rng(0).choice(4, 500, p=[0.7, 0.1, 0.15, 0.05])
    np.testing.assert_allclose(
        balanced_weights(labels, 4), compute_class_weight("balanced", classes=np.arange(4), y=labels), rtol=1e-6
    )


def test_initial_weights_are_drawn_as_keras_draws() -> None:
    weights = initial_weights(np.random.default_rng(0), 55, 64, (32,), 1)
    recurrent = weights["lstm/recurrent_kernel"]
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(64), atol=1e-5)
    for name, fans in (("lstm/kernel", 55 + 256), ("dense_0/kernel", 64 + 32), ("output/kernel", 32 + 1)):
        limit = np.sqrt(6 / fans)
        assert limit * 0.9 < np.abs(weights[name]).max() <= limit
        assert weights[name].std() == pytest.approx(limit / np.sqrt(3), rel=0.15)
    assert weights["lstm/bias"].reshape(4, 64).mean(1).tolist() == [0, 1, 0, 0]


def test_packing_is_undone() -> None:
    weights = initial_weights(np.random.default_rng(0), 3, 2, (4,), 1)
    network = Recurrent()
    back = network.unpacked(network.packed(weights))
    assert list(back) == list(weights)
    for name, array in weights.items():
        np.testing.assert_array_equal(back[name], array)
        assert name != "lstm/kernel" or not np.array_equal(network.packed(weights)[name], array)


@pytest.mark.parametrize("total", [1, 31, 32, 33, 545, 1025])
def test_padding_changes_no_figure(total: int) -> None:
    """Loss and predictions of a pass are those of the plain network on every window, whatever the padding."""
    generator = np.random.default_rng(total)
    rows = generator.normal(size=(total + 9, 3)).astype(np.float32)
    windows = Windows(
        rows=rows, starts=generator.integers(0, total, total), length=4, labels=generator.integers(0, 3, total)
    )
    weights = initial_weights(generator, 3, 4, (), 3)
    options = Options(np.float32(1e-3), np.ones(3, np.float32), np.uint32(0))
    fit = Fit.start(Recurrent(), weights, windows, batch=32, options=options)
    passed = fit.evaluate(windows)
    network = Recurrent()
    logits = np.asarray(network.logits(network.packed(weights), windows.gather().swapaxes(0, 1)), np.float64)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_array_equal(passed.truth, windows.labels)
    np.testing.assert_array_equal(passed.predicted, shares.argmax(1))
    assert passed.loss == pytest.approx(-np.log(shares[np.arange(total), windows.labels]).mean(), abs=1e-5)
    assert len(fit.epoch(np.arange(total)).losses) == -(-total // 32)
