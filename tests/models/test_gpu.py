"""The networks on a GPU, by the same code as on a CPU; only where JAX sees one."""

import jax
import numpy as np
import pytest

from support.gpu import NO_GPU
from yawstring.models.attention import Attention
from yawstring.models.base import Windows
from yawstring.models.convolutional import CNN
from yawstring.models.dense import MLP
from yawstring.models.engine.fitting import Fit
from yawstring.models.engine.initial import initial_weights
from yawstring.models.engine.population import Population, padded, settings
from yawstring.models.engine.program import Options
from yawstring.models.recurrent import LSTM


@pytest.fixture
def gpu() -> jax.Device:
    try:
        return jax.devices("gpu")[0]
    except RuntimeError as error:
        pytest.skip(f"{NO_GPU}: {error}")


def part() -> Windows:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(325, 6)).astype(np.float32)
    return Windows(rows=rows, starts=np.arange(320), length=5, labels=(rows[4:324, 0] > 0).astype(np.int64))


FAMILIES = [
    LSTM(units=8, dense=(8,), epochs=2),
    LSTM(units=8, cell="gru", bidirectional=True, epochs=2),
    CNN(filters=8, epochs=2),
    MLP(dense=(8,), epochs=2),
    Attention(width=8, heads=2, epochs=2),
]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: f"{family.name}")
def test_a_network_learns_on_a_gpu_what_it_learns_on_a_cpu(family, gpu: jax.Device) -> None:
    losses = []
    for device in (jax.devices("cpu")[0], gpu):
        with jax.default_device(device):
            fitted = family.fit(part(), None, classes=2, seed=1)
        losses.append([epoch.loss for epoch in fitted.history])
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.02)


def test_a_population_learns_on_a_gpu_what_it_learns_on_a_cpu(gpu: jax.Device) -> None:
    weights = padded(initial_weights(np.random.default_rng(1), 6, 5, (7,), 1), units=8, width=8, layers=3)
    told = settings(depth=1, dropouts=(0.2, 0.1), layers=3)
    options = Options(np.float32(0.01), np.ones(2, np.float32), np.uint32(3), told)
    losses = []
    for device in (jax.devices("cpu")[0], gpu):
        with jax.default_device(device):
            fit = Fit.start(Population(layers=3), weights, part(), batch=16, options=options)
            losses.append([fit.epoch(np.arange(320)).loss for _ in range(3)])
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.02)
