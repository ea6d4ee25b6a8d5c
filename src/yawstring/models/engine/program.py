"""The two compiled programs of a fit: an epoch of learning and a pass of judging.

An epoch is one loop over batches inside one XLA program: windows are gathered from the rows by index, dropout,
gradients and Adam (Kingma and Ba, 2015, in Keras's form) happen inside, and the state is donated, so that nothing but
the order of the windows goes in and nothing but losses and predicted classes comes out. Lengths are padded to a few
sizes and the number of batches is an argument, so that another count of windows seldom means another compilation.

The lanes of a batch are shared out over devices (:mod:`yawstring.models.engine.devices`).
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.sharding import Mesh
from numpy.typing import NDArray

from yawstring.models.engine.devices import BY_LANE, WHOLE, first_lane, placed, shared, summed
from yawstring.models.engine.step import last_hidden

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
"""Keras's defaults for Adam; its epsilon is added to the root of the uncorrected second moment."""

COMPILER_OPTIONS = {"xla_backend_optimization_level": 1, "xla_cpu_prefer_vector_width": 512}
"""The products are library calls: LLVM's dearer passes cost compilation for nothing; wide vectors gain a little."""

Parameters: TypeAlias = Mapping[str, Array]


class State(NamedTuple):
    """What an epoch leaves behind for the next one; donated, so use it once."""

    parameters: Parameters
    first_moment: Array
    second_moment: Array
    step: Array


def fresh_state(parameters: Mapping[str, NDArray[np.float32]], mesh: Mesh) -> State:
    """State before the first step, on every device of the mesh.

    The moments of all parameters lie end to end: Adam treats every value alike, and one operation over all of them
    is traced and compiled in a fraction of the time of one a parameter.
    """
    first, second = (np.zeros(sum(array.size for array in parameters.values()), np.float32) for _ in range(2))
    state: State = placed((dict(parameters), first, second, np.int32(0)), mesh, WHOLE)
    return State(*state)


class Options(NamedTuple):
    """What may change from fit to fit without another compilation.

    Attributes:
        learning_rate: Adam's.
        class_weights: ``float32[class]``, what a window of each class weighs in the loss.
        key: Picks the values dropped, with the number of the step.
    """

    learning_rate: np.float32
    class_weights: NDArray[np.float32]
    key: np.uint32


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


BATCHES = Batches(BY_LANE, BY_LANE, WHOLE)  # type: ignore[arg-type]  # how they lie on the devices
"""How batches lie on the devices."""


@partial(
    jax.jit, static_argnames=("length", "dropouts", "mesh"), donate_argnames="state", compiler_options=COMPILER_OPTIONS
)
def learn(
    state: State,
    rows: Array,
    batches: Batches,
    options: Options,
    *,
    length: int,
    dropouts: tuple[float, ...],
    mesh: Mesh,
) -> tuple[State, Array, Array]:
    """Learn from every batch in turn: an epoch.

    Args:
        state: From :func:`fresh_state` or the epoch before; gone afterwards.
        rows: ``float32[row, feature]``, on every device.
        batches: Windows in the order they are learnt, lanes shared out over the devices.
        options: What may change without another compilation.
        length: Rows in a window.
        dropouts: Share dropped after the LSTM and after each hidden dense layer; those not named drop nothing.
        mesh: Devices, as :func:`yawstring.models.engine.devices.mesh_of` gives them.

    Returns:
        The new state; the sum of each batch's losses, ``float32[batch]``; the classes predicted,
        ``int32[batch, lane]``, as the network stood before the batch was learnt, dropout included, which is what Keras
        counts too.
    """

    def share(state: State, rows: Array, batches: Batches, options: Options) -> tuple[State, Array, Array]:
        count, lanes = batches.labels.shape

        def batch(index: Array, carry: tuple[State, Array, Array]) -> tuple[State, Array, Array]:
            state, losses, predicted = carry
            labels = _at(batches.labels, index)
            left = batches.total - index * lanes * mesh.size
            weights = jnp.where(_valid(lanes, left), options.class_weights[labels], 0)
            x = _windows(rows, _at(batches.starts, index), length)
            draw = _mixed(options.key ^ _mixed(state.step.astype(jnp.uint32)))

            def mean_loss(parameters: Parameters) -> tuple[Array, tuple[Array, Array]]:
                logits = forward(parameters, x, dropouts, draw, first_lane(lanes))
                total = jnp.sum(_cross_entropy(logits, labels) * weights)
                return total / jnp.minimum(left, lanes * mesh.size), (total, _decided(logits))

            gradient, (total, decided) = jax.grad(mean_loss, has_aux=True)(state.parameters)
            everything = summed(_end_to_end(gradient, total))
            state = _adam(state, everything[:-1], options.learning_rate)
            return state, _put(losses, everything[-1], index), _put(predicted, decided, index)

        start = (state, jnp.zeros(count, jnp.float32), jnp.zeros((count, lanes), jnp.int32))
        after: tuple[State, Array, Array] = lax.fori_loop(0, _used(batches, mesh), batch, start)
        return after

    spread = shared(share, mesh, takes=(WHOLE, WHOLE, BATCHES, WHOLE), gives=(WHOLE, WHOLE, BY_LANE))
    after: tuple[State, Array, Array] = spread(state, rows, batches, options)
    return after


@partial(jax.jit, static_argnames=("length", "mesh"), compiler_options=COMPILER_OPTIONS)
def judge(parameters: Parameters, rows: Array, batches: Batches, *, length: int, mesh: Mesh) -> tuple[Array, Array]:
    """Losses and predicted classes as :func:`learn` gives them, without learning and without dropout."""

    def share(parameters: Parameters, rows: Array, batches: Batches) -> tuple[Array, Array]:
        count, lanes = batches.labels.shape

        def batch(index: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
            losses, predicted = carry
            labels = _at(batches.labels, index)
            valid = _valid(lanes, batches.total - index * lanes * mesh.size)
            logits = forward(parameters, _windows(rows, _at(batches.starts, index), length))
            total = jnp.sum(jnp.where(valid, _cross_entropy(logits, labels), 0))
            return _put(losses, total, index), _put(predicted, _decided(logits), index)

        start = (jnp.zeros(count, jnp.float32), jnp.zeros((count, lanes), jnp.int32))
        losses, predicted = lax.fori_loop(0, _used(batches, mesh), batch, start)
        return summed(losses), predicted

    spread = shared(share, mesh, takes=(WHOLE, WHOLE, BATCHES), gives=(WHOLE, BY_LANE))
    after: tuple[Array, Array] = spread(parameters, rows, batches)
    return after


def forward(
    parameters: Parameters,
    x: Array,
    dropouts: tuple[float, ...] = (),
    draw: Array | None = None,
    lane: Array | int = 0,
) -> Array:
    """Logits, ``float32[batch, output]``: of a sigmoid where there is one output, of a softmax where there are more.

    Args:
        parameters: As :func:`packed` gives them.
        x: ``float32[time, batch, feature]``.
        dropouts: Share dropped after the LSTM and after each hidden dense layer; empty for none.
        draw: ``uint32``, picks the values dropped.
        lane: Where in the batch these windows stand, so that a share of it drops what the whole would.
    """
    hidden = last_hidden(x, parameters["lstm/kernel"], parameters["lstm/recurrent_kernel"], parameters["lstm/bias"])
    layer = 0
    while f"dense_{layer}/kernel" in parameters:
        hidden = _dropped(hidden, dropouts, layer, draw, lane)
        hidden = jax.nn.relu(hidden @ parameters[f"dense_{layer}/kernel"] + parameters[f"dense_{layer}/bias"])
        layer += 1
    hidden = _dropped(hidden, dropouts, layer, draw, lane)
    return hidden @ parameters["output/kernel"] + parameters["output/bias"]


def packed(weights: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Keras's weights in the program's layout: gates i, f, c, o become i, f, o, c."""
    return {name: _swapped(array) if name.startswith("lstm/") else array.copy() for name, array in weights.items()}


def unpacked(parameters: Parameters, names: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """The program's parameters as Keras's weights, copied to the host in the order of ``names``; undoes :func:`packed`.

    JAX sorts the keys of a dictionary, so the order of the layers has to be brought along.
    """
    return packed({name: np.asarray(parameters[name]) for name in names})


def _swapped(array: NDArray[np.float32]) -> NDArray[np.float32]:
    i, f, third, fourth = np.split(array, 4, axis=-1)
    return np.concatenate([i, f, fourth, third], axis=-1)


def _used(batches: Batches, mesh: Mesh) -> Array:
    """Number of batches that are no padding, seen from one device's share of them."""
    used: Array = -(-batches.total // (batches.labels.shape[1] * mesh.size))
    return used


def _valid(lanes: int, left: Array) -> Array:
    """Which of a device's lanes are no padding, where ``left`` windows are left for the batch and those after it."""
    return first_lane(lanes) + lax.iota(jnp.int32, lanes) < left


def _at(array: Array | NDArray[np.int32], index: Array) -> Array:
    row: Array = lax.dynamic_index_in_dim(array, index, keepdims=False)
    return row


def _put(array: Array, value: Array, index: Array) -> Array:
    """In place; ``array.at[index].set`` would be a scatter, which is a loop of its own."""
    updated: Array = lax.dynamic_update_index_in_dim(array, value, index, axis=0)
    return updated


def _windows(rows: Array, starts: Array, length: int) -> Array:
    """``float32[time, lane, feature]``."""
    return rows[starts[None, :] + jnp.arange(length, dtype=jnp.int32)[:, None]]


def _cross_entropy(logits: Array, labels: Array) -> Array:
    """``float32[lane]``, from logits: Keras, too, goes back to the logits of a sigmoid or softmax it is given."""
    if logits.shape[1] == 1:
        logit = logits[:, 0]
        return jnp.maximum(logit, 0) - logit * labels + jnp.log1p(jnp.exp(-jnp.abs(logit)))
    right = labels[:, None] == lax.iota(jnp.int32, logits.shape[1])
    return -jnp.sum(jnp.where(right, jax.nn.log_softmax(logits), 0), axis=1)


def _decided(logits: Array) -> Array:
    """Class with the highest probability; of two, class 1 where its probability is above a half."""
    if logits.shape[1] == 1:
        return (logits[:, 0] > 0).astype(jnp.int32)
    return jnp.argmax(logits, axis=1).astype(jnp.int32)


def _dropped(values: Array, dropouts: tuple[float, ...], layer: int, draw: Array | None, lane: Array | int) -> Array:
    share = dropouts[layer] if layer < len(dropouts) else 0.0
    if draw is None or share == 0:
        return values
    numbers = lax.iota(jnp.uint32, values.size).reshape(values.shape) + jnp.uint32(lane * values.shape[1])
    hashed = _mixed(numbers * jnp.uint32(0x9E3779B9) + _mixed(draw + jnp.uint32(layer)))
    return jnp.where(hashed >= jnp.uint32(round(share * 2**32)), values * jnp.float32(1 / (1 - share)), 0)


def _mixed(x: Array) -> Array:
    """A hash of 32 bits (Ellis's lowbias32): every bit of the input sways every bit of the output."""
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)


def _end_to_end(gradient: Parameters, total: Array) -> Array:
    """Gradients in the order of names, then the loss."""
    return jnp.concatenate([*(gradient[name].reshape(-1) for name in sorted(gradient)), total[None]])


def _adam(state: State, gradient: Array, learning_rate: np.float32) -> State:
    step = state.step + 1
    power = step.astype(jnp.float32)
    rate = learning_rate * jnp.sqrt(1 - BETA_2**power) / (1 - BETA_1**power)
    first = state.first_moment + (gradient - state.first_moment) * (1 - BETA_1)
    second = state.second_moment + (gradient**2 - state.second_moment) * (1 - BETA_2)
    change = first * rate / (jnp.sqrt(second) + EPSILON)
    parameters, start = {}, 0
    for name, array in sorted(state.parameters.items()):
        parameters[name] = array - change[start : start + array.size].reshape(array.shape)
        start += array.size
    return State(parameters, first, second, step)
