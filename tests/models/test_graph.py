"""The LSTM's graph against the same network in plain NumPy, and in Keras."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import lstm_weights
from yawstring.errors import OptionError
from yawstring.models.recurrent_graph import recurrent_graph
from yawstring.models.scoring import open_scorer


def windows(count, length, features, seed=1):
    return np.random.default_rng(seed).normal(0, 2, (count, length, features)).astype(np.float32)


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 2**32),
    features=st.integers(1, 9),
    units=st.integers(1, 9),
    dense=st.lists(st.integers(1, 7), max_size=3),
    outputs=st.integers(1, 5),
    length=st.integers(1, 7),
)
def test_equals_the_network_in_numpy(seed, features, units, dense, outputs, length):
    weights = lstm_weights.draw(seed, features=features, units=units, dense=dense, outputs=outputs)
    array = windows(13, length, features)
    scores = open_scorer(recurrent_graph(weights, length=length))(array)
    assert scores.shape == (13, max(2, outputs))
    np.testing.assert_allclose(scores, lstm_weights.probabilities(weights, array), atol=1e-5, rtol=0)


def test_equals_the_notebooks_network_in_numpy():
    weights = lstm_weights.draw(features=55, units=64, dense=(64,), size=0.1)
    array = windows(500, 5, 55)
    expected = lstm_weights.probabilities(weights, array)
    assert expected.std() > 0.01
    np.testing.assert_allclose(open_scorer(recurrent_graph(weights, length=5))(array), expected, atol=1e-5, rtol=0)


def test_a_small_probability_keeps_its_digits():
    weights = lstm_weights.draw(dense=())
    weights["output/kernel"][:] = 0
    weights["output/bias"][:] = -25
    scores = open_scorer(recurrent_graph(weights, length=3))(windows(1, 3, 5))
    np.testing.assert_allclose(scores[0, 1], np.exp(-25), rtol=1e-4)


@pytest.mark.parametrize("outputs", [1, 3])
def test_equals_keras(keras, outputs):
    weights = lstm_weights.draw(features=11, units=16, dense=(12, 7), outputs=outputs)
    array = windows(64, 5, 11)
    model = keras.Sequential(
        [
            keras.layers.Input((5, 11)),
            keras.layers.LSTM(16, name="lstm"),
            keras.layers.Dense(12, "relu", name="dense_0"),
            keras.layers.Dense(7, "relu", name="dense_1"),
            keras.layers.Dense(outputs, "sigmoid" if outputs == 1 else "softmax", name="output"),
        ]
    )
    for layer in model.layers:
        layer.set_weights([weights[f"{layer.name}/{variable.name}"] for variable in layer.weights])
    expected = np.asarray(model(array))
    scores = open_scorer(recurrent_graph(weights, length=5))(array)
    np.testing.assert_allclose(scores[:, 1:] if outputs == 1 else scores, expected, atol=1e-5, rtol=0)


def test_same_weights_give_the_same_octets_in_another_process():
    code = (
        "import hashlib; from support import lstm_weights;"
        "from yawstring.models.recurrent_graph import recurrent_graph;"
        "print(hashlib.sha256(recurrent_graph(lstm_weights.draw(3), length=4)).hexdigest())"
    )
    there = Path(lstm_weights.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=there)
    assert run.stdout.strip() == hashlib.sha256(recurrent_graph(lstm_weights.draw(3), length=4)).hexdigest()
    assert recurrent_graph(lstm_weights.draw(3), length=4) != recurrent_graph(lstm_weights.draw(4), length=4)


def test_the_order_of_weights_does_not_matter():
    weights = lstm_weights.draw()
    assert recurrent_graph(dict(reversed(weights.items())), length=4) == recurrent_graph(weights, length=4)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"lstm/bias": None}, "lstm/bias"),
        ({"dense_0/bias": None}, "dense_0"),
        ({"extra/kernel": np.zeros(3)}, "extra/kernel"),
        ({"lstm/kernel": np.zeros((5, 31))}, "lstm/kernel"),
        ({"lstm/kernel": np.zeros(())}, "lstm/kernel"),
        ({"lstm/recurrent_kernel": np.zeros((8, 8))}, "lstm/recurrent_kernel"),
        ({"dense_0/kernel": np.zeros((7, 6))}, "dense_0/kernel"),
        ({"output/bias": np.zeros((1, 1))}, "output/bias"),
        ({"output/bias": np.zeros(0), "output/kernel": np.zeros((6, 0))}, "output"),
    ],
)
def test_weights_that_do_not_fit_are_named(change, word):
    weights = {name: value for name, value in (lstm_weights.draw() | change).items() if value is not None}
    with pytest.raises(OptionError, match=word):
        recurrent_graph(weights, length=5)
