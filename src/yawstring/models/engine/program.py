"""The two compiled programs of a fit: an epoch of training and a pass of evaluation.

An epoch is one loop over batches inside one XLA program: windows are gathered from the rows by index, dropout,
gradients and Adam (Kingma and Ba, 2015, in Keras's form) happen inside, and the state is donated, so that nothing but
the order of the windows goes in and nothing but losses and predicted classes comes out. Lengths are padded to a few
sizes and the number of batches is an argument, so that another count of windows seldom means another compilation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from numpy.typing import NDArray

from yawstring.models.engine.step import last_hidden

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
"""Keras's defaults for Adam; its epsilon is added to the root of the uncorrected second moment."""

PROBABILITY_FLOOR = 1e-7
"""Keras keeps probabilities this far from 0 and 1 before it takes a logarithm."""

Parameters: TypeAlias = Mapping[str, Array]


@dataclass(frozen=True, kw_only=True)
class Network:
    """What decides the compiled program besides the shapes of the weights.

    Attributes:
        dropouts: Share dropped after the LSTM and after every hidden dense layer.
        length: Rows in a window.
        learning_rate: Adam's.
    """

    dropouts: tuple[float, ...]
    length: int
    learning_rate: float


class State(NamedTuple):
    """What an epoch leaves behind for the next one; donated, so use it once."""

    parameters: Parameters
    first_moment: Parameters
    second_moment: Parameters
    step: Array


def fresh_state(parameters: Mapping[str, NDArray[np.float32]]) -> State:
    """State before the first step."""
    first, second = ({name: np.zeros_like(array) for name, array in parameters.items()} for _ in range(2))
    state: State = jax.device_put(State(dict(parameters), first, second, np.int32(0)))  # type: ignore[arg-type]  # host to device
    return state


class Batches(NamedTuple):
    """Windows in the order of training, cut into batches and padded.

    Attributes:
        starts: ``int32[batch, lane]``, first row of each window.
        labels: ``int32[batch, lane]``.
        total: Windows that are no padding.
    """

    starts: NDArray[np.int32]
    labels: NDArray[np.int32]
    total: np.int32


Train: TypeAlias = Callable[[State, Array, Batches, NDArray[np.float32], np.uint32], tuple[State, Array, Array]]
Evaluate: TypeAlias = Callable[[Parameters, Array, Batches], tuple[Array, Array]]


def train_program(network: Network) -> Train:
    """``state, losses, predicted = train(state, rows, batches, class_weights, key)``.

    ``losses`` is ``float32[batch]``, the sum of each batch's losses; ``predicted`` is ``int32[batch, lane]``, as the
    network stood before the batch was learnt, dropout included, which is what Keras counts too.
    """

    def train(
        state: State, rows: Array, batches: Batches, class_weights: Array, key: Array
    ) -> tuple[State, Array, Array]:
        def batch(index: Array, carry: tuple[State, Array, Array]) -> tuple[State, Array, Array]:
            state, losses, predicted = carry
            labels = batches.labels[index]
            valid = lax.iota(jnp.int32, labels.size) < batches.total - index * labels.size
            weights = jnp.where(valid, class_weights[labels], 0)
            x = _windows(rows, batches.starts[index], network.length)
            draw = _mixed(key ^ _mixed(state.step.astype(jnp.uint32)))

            def mean_loss(parameters: Parameters) -> tuple[Array, tuple[Array, Array]]:
                probabilities = forward(parameters, x, network.dropouts, draw)
                total = jnp.sum(_cross_entropy(probabilities, labels) * weights)
                return total / jnp.sum(valid), (total, _decided(probabilities))

            gradient, (total, decided) = jax.grad(mean_loss, has_aux=True)(state.parameters)
            return (
                _adam(state, gradient, network.learning_rate),
                losses.at[index].set(total),
                predicted.at[index].set(decided),
            )

        count, lanes = batches.labels.shape
        start = (state, jnp.zeros(count, jnp.float32), jnp.zeros((count, lanes), jnp.int32))
        after: tuple[State, Array, Array] = lax.fori_loop(0, -(-batches.total // lanes), batch, start)
        return after

    return jax.jit(train, donate_argnums=0)


def evaluate_program(length: int) -> Evaluate:
    """``losses, predicted = evaluate(parameters, rows, batches)``, as :func:`train_program` without learning."""

    def evaluate(parameters: Parameters, rows: Array, batches: Batches) -> tuple[Array, Array]:
        def batch(index: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
            losses, predicted = carry
            labels = batches.labels[index]
            valid = lax.iota(jnp.int32, labels.size) < batches.total - index * labels.size
            probabilities = forward(parameters, _windows(rows, batches.starts[index], length))
            total = jnp.sum(jnp.where(valid, _cross_entropy(probabilities, labels), 0))
            return losses.at[index].set(total), predicted.at[index].set(_decided(probabilities))

        count, lanes = batches.labels.shape
        start = (jnp.zeros(count, jnp.float32), jnp.zeros((count, lanes), jnp.int32))
        after: tuple[Array, Array] = lax.fori_loop(0, -(-batches.total // lanes), batch, start)
        return after

    return jax.jit(evaluate)


def forward(parameters: Parameters, x: Array, dropouts: tuple[float, ...] = (), draw: Array | None = None) -> Array:
    """Probabilities, ``float32[batch, output]``, one output being a sigmoid and more a softmax.

    Args:
        parameters: As :func:`packed` gives them.
        x: ``float32[time, batch, feature]``.
        dropouts: Share dropped after the LSTM and after each hidden dense layer; empty for none.
        draw: ``uint32``, picks the values dropped.
    """
    hidden = last_hidden(x, parameters["lstm/kernel"], parameters["lstm/recurrent_kernel"], parameters["lstm/bias"])
    layer = 0
    while f"dense_{layer}/kernel" in parameters:
        hidden = _dropped(hidden, dropouts, layer, draw)
        hidden = jax.nn.relu(hidden @ parameters[f"dense_{layer}/kernel"] + parameters[f"dense_{layer}/bias"])
        layer += 1
    hidden = _dropped(hidden, dropouts, layer, draw)
    logits = hidden @ parameters["output/kernel"] + parameters["output/bias"]
    return jax.nn.sigmoid(logits) if logits.shape[1] == 1 else jax.nn.softmax(logits)


def packed(weights: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Keras's weights in the program's layout: gates i, f, c, o become i, f, o, c."""
    return {name: _swapped(array) if name.startswith("lstm/") else array.copy() for name, array in weights.items()}


def unpacked(parameters: Parameters) -> dict[str, NDArray[np.float32]]:
    """The program's parameters as Keras's weights, copied to the host; undoes :func:`packed`."""
    return packed({name: np.asarray(array) for name, array in parameters.items()})


def _swapped(array: NDArray[np.float32]) -> NDArray[np.float32]:
    i, f, third, fourth = np.split(array, 4, axis=-1)
    return np.concatenate([i, f, fourth, third], axis=-1)


def _windows(rows: Array, starts: Array, length: int) -> Array:
    """``float32[time, lane, feature]``."""
    return rows[starts[None, :] + jnp.arange(length, dtype=jnp.int32)[:, None]]


def _cross_entropy(probabilities: Array, labels: Array) -> Array:
    """``float32[lane]``, as Keras computes it from probabilities."""
    if probabilities.shape[1] == 1:
        p = jnp.clip(probabilities[:, 0], PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
        return -jnp.where(labels == 1, jnp.log(p), jnp.log(1 - p))
    p = jnp.clip(probabilities, PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
    return -jnp.log(jnp.take_along_axis(p, labels[:, None], axis=1)[:, 0])


def _decided(probabilities: Array) -> Array:
    if probabilities.shape[1] == 1:
        return (probabilities[:, 0] > 0.5).astype(jnp.int32)
    return jnp.argmax(probabilities, axis=1).astype(jnp.int32)


def _dropped(values: Array, dropouts: tuple[float, ...], layer: int, draw: Array | None) -> Array:
    share = dropouts[layer] if layer < len(dropouts) else 0.0
    if draw is None or share == 0:
        return values
    numbers = lax.iota(jnp.uint32, values.size).reshape(values.shape)
    hashed = _mixed(numbers * jnp.uint32(0x9E3779B9) + _mixed(draw + jnp.uint32(layer)))
    return jnp.where(hashed >= jnp.uint32(round(share * 2**32)), values * jnp.float32(1 / (1 - share)), 0)


def _mixed(x: Array) -> Array:
    """A hash of 32 bits (Ellis's lowbias32): every bit of the input sways every bit of the output."""
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)


def _adam(state: State, gradient: Parameters, learning_rate: float) -> State:
    step = state.step + 1
    power = step.astype(jnp.float32)
    rate = learning_rate * jnp.sqrt(1 - BETA_2**power) / (1 - BETA_1**power)
    first = {n: m + (gradient[n] - m) * (1 - BETA_1) for n, m in state.first_moment.items()}
    second = {n: v + (gradient[n] ** 2 - v) * (1 - BETA_2) for n, v in state.second_moment.items()}
    parameters = {n: p - first[n] * rate / (jnp.sqrt(second[n]) + EPSILON) for n, p in state.parameters.items()}
    return State(parameters, first, second, step)
