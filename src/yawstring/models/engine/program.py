"""The two compiled programs of a fit: an epoch of learning and a pass of judging.

An epoch is one loop over batches inside one XLA program: windows are gathered from the rows by index, dropout,
gradients and Adam (Kingma and Ba, 2015, in Keras's form) happen inside, and the state is donated, so that nothing but
the order of the windows goes in and nothing but losses and logits comes out. Lengths are padded to a few
sizes and the number of batches is an argument, so that another count of windows seldom means another compilation.
Which network it is, is a static argument: one program is compiled for each.
"""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from numpy.typing import NDArray

from yawstring.models.engine.network import Drop, Network, Parameters, Settings, mixed

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
"""Keras's defaults for Adam; its epsilon is added to the root of the uncorrected second moment."""

COMPILER_OPTIONS = {"xla_backend_optimization_level": 1, "xla_cpu_prefer_vector_width": 512}
"""The products are library calls: LLVM's dearer passes cost compilation for nothing; wide vectors gain a little."""

JUDGING_OPTIONS = {**COMPILER_OPTIONS, "xla_cpu_use_fusion_emitters": False}
"""XLA's older way of writing loops compiles in two thirds of the time, and a pass over a part takes a third longer."""


class State(NamedTuple):
    """What an epoch leaves behind for the next one; donated, so use it once."""

    parameters: Parameters
    first_moment: Array
    second_moment: Array
    step: Array
    stacked: tuple[Array, Array] | None = None
    """Both moments of the network's stack, where it has one, in its shape."""


class Adam(NamedTuple):
    """What Adam remembers, on the host: both moments of all parameters end to end, and the steps taken."""

    first_moment: NDArray[np.float32]
    second_moment: NDArray[np.float32]
    step: np.int32


def fresh_state(
    parameters: Mapping[str, NDArray[np.float32]], adam: Adam | None = None, stacked: str | None = None
) -> State:
    """State before the first step, on the device, or with the Adam of an earlier fit before the next.

    The moments of all parameters lie end to end: Adam treats every value alike, and one operation over all of them
    is traced and compiled in a fraction of the time of one a parameter. Those of the parameter ``stacked`` come last,
    and are cut off here: its layers are updated one by one.
    """
    if adam is None:
        first, second = (np.zeros(sum(array.size for array in parameters.values()), np.float32) for _ in range(2))
        adam = Adam(first, second, np.int32(0))
    if stacked is None:
        return State(*jax.device_put((dict(parameters), *adam)))
    stack = parameters[stacked]
    (first, one), (second, other) = (np.split(moment, [-stack.size]) for moment in adam[:2])
    layers = one.reshape(stack.shape), other.reshape(stack.shape)
    return State(*jax.device_put((dict(parameters), first, second, adam.step, layers)))


def adam_of(state: State) -> Adam:
    """What Adam remembers, on the host; as :func:`fresh_state` takes it."""
    first, second = np.array(state.first_moment), np.array(state.second_moment)
    if state.stacked is not None:
        one, other = (np.asarray(moment).reshape(-1) for moment in state.stacked)
        first, second = np.concatenate([first, one]), np.concatenate([second, other])
    return Adam(first, second, np.int32(state.step))


class Options(NamedTuple):
    """What may change from fit to fit without another compilation.

    Attributes:
        learning_rate: Adam's.
        class_weights: ``float32[class]``, what a window of each class weighs in the loss.
        key: Picks the values dropped, with the number of the step.
        settings: What the network is told at run time, if it is told anything.
    """

    learning_rate: np.float32
    class_weights: NDArray[np.float32]
    key: np.uint32
    settings: Settings | None = None


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


@partial(jax.jit, static_argnames=("length", "network"), donate_argnames="state", compiler_options=COMPILER_OPTIONS)
def learn(
    state: State, rows: Array, batches: Batches, options: Options, *, length: int, network: Network
) -> tuple[State, Array, Array]:
    """Learn from every batch in turn: an epoch.

    Args:
        state: From :func:`fresh_state` or the epoch before; gone afterwards.
        rows: ``float32[row, feature]``.
        batches: Windows in the order they are learnt.
        options: What may change without another compilation.
        length: Rows in a window.
        network: What is trained.

    Returns:
        The new state; the sum of each batch's losses, ``float32[batch]``; the logits, ``float32[batch, lane, output]``,
        as the network stood before the batch was learnt, dropout included, which is what Keras counts too.
    """
    count, lanes = batches.labels.shape

    def batch(index: Array, carry: tuple[State, Array, Array]) -> tuple[State, Array, Array]:
        state, losses, told = carry
        trained = network.bound(_at_every_step(options.settings, index))
        labels = _at(batches.labels, index)
        left = batches.total - index * lanes
        weights = jnp.where(lax.iota(jnp.int32, lanes) < left, options.class_weights[labels], 0)
        x = _windows(rows, _at(batches.starts, index), length, network)
        drop = Drop(mixed(options.key ^ mixed(state.step.astype(jnp.uint32))))

        def mean_loss(parameters: Parameters) -> tuple[Array, tuple[Array, Array]]:
            logits = trained.logits(parameters, x, drop)
            total = jnp.sum(cross_entropy(logits, labels) * weights)
            return total / jnp.minimum(left, lanes), (total, logits)

        gradient, (total, logits) = jax.grad(mean_loss, has_aux=True)(state.parameters)
        state = _adam(state, gradient, options.learning_rate, trained)
        return state, _put(losses, total, index), _put(told, logits, index)

    outputs = state.parameters["output/kernel"].shape[1]
    start = (state, jnp.zeros(count, jnp.float32), jnp.zeros((count, lanes, outputs), jnp.float32))
    after: tuple[State, Array, Array] = lax.fori_loop(0, _used(batches), batch, start)
    return after


@partial(jax.jit, static_argnames=("length", "network"), compiler_options=JUDGING_OPTIONS)
def judge(
    parameters: Parameters,
    rows: Array,
    batches: Batches,
    settings: Settings | None = None,
    *,
    length: int,
    network: Network,
) -> tuple[Array, Array]:
    """Losses and logits as :func:`learn` gives them, without learning and without dropout."""
    count, lanes = batches.labels.shape
    network = network.bound(settings)

    def batch(index: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        losses, told = carry
        labels = _at(batches.labels, index)
        valid = lax.iota(jnp.int32, lanes) < batches.total - index * lanes
        logits = network.logits(parameters, _windows(rows, _at(batches.starts, index), length, network))
        total = jnp.sum(jnp.where(valid, cross_entropy(logits, labels), 0))
        return _put(losses, total, index), _put(told, logits, index)

    outputs = parameters["output/kernel"].shape[1]
    start = (jnp.zeros(count, jnp.float32), jnp.zeros((count, lanes, outputs), jnp.float32))
    after: tuple[Array, Array] = lax.fori_loop(0, _used(batches), batch, start)
    return after


def cross_entropy(logits: Array, labels: Array) -> Array:
    """``float32[window]``, from logits: Keras, too, goes back to the logits of a sigmoid or softmax it is given.

    It is also minus the logarithm of the probability of each label.
    """
    if logits.shape[1] == 1:
        logit = logits[:, 0]
        return jnp.maximum(logit, 0) - logit * labels + jnp.log1p(jnp.exp(-jnp.abs(logit)))
    right = labels[:, None] == lax.iota(jnp.int32, logits.shape[1])
    return -jnp.sum(jnp.where(right, jax.nn.log_softmax(logits), 0), axis=1)


def _at_every_step(settings: Settings | None, index: Array) -> Settings | None:
    """Settings that the compiler takes for others in every batch.

    It would work out each layer's before the loop, all of them at once, and XLA's executor on a CPU hands work to its
    own threads where more than eight operations could run at once: to one thread for all programs of the process.
    """
    if settings is None:
        return None
    varied: Settings = lax.optimization_barrier((settings, index))[0]  # type: ignore[no-untyped-call]  # as JAX leaves it
    return varied


def _used(batches: Batches) -> Array:
    """Number of batches that are no padding."""
    lanes = np.int32(batches.labels.shape[1])
    used: Array = lax.div(batches.total + (lanes - 1), lanes)
    return used


def _at(array: Array | NDArray[np.int32], index: Array) -> Array:
    row: Array = lax.dynamic_index_in_dim(array, index, keepdims=False)
    return row


def _put(array: Array, value: Array, index: Array) -> Array:
    """In place; ``array.at[index].set`` would be a scatter, which is a loop of its own."""
    updated: Array = lax.dynamic_update_index_in_dim(array, value, index, axis=0)
    return updated


def _windows(rows: Array, starts: Array, length: int, network: Network) -> Array:
    """Windows in the order of axes that the network takes."""
    steps = jnp.arange(length, dtype=jnp.int32)
    return rows[starts[None, :] + steps[:, None] if network.time_first else starts[:, None] + steps[None, :]]


def _adam(state: State, gradient: Parameters, learning_rate: np.float32, network: Network) -> State:
    step = state.step + 1
    power = step.astype(jnp.float32)
    rate = learning_rate * jnp.sqrt(1 - BETA_2**power) / (1 - BETA_1**power)
    names = sorted(name for name in gradient if name != network.stacked)
    slope = jnp.concatenate([gradient[name].reshape(-1) for name in names])
    first = _moved(state.first_moment, slope, BETA_1)
    second = _moved(state.second_moment, slope**2, BETA_2)
    change = _change(first, second, rate)
    parameters, start = {}, 0
    for name in names:
        array = state.parameters[name]
        parameters[name] = array - change[start : start + array.size].reshape(array.shape)
        start += array.size
    if state.stacked is None or network.stacked is None:
        return State(parameters, first, second, step)
    layers = state.parameters[network.stacked], *state.stacked
    # Nought is added once the others are done: what may run at any time, XLA gives to a thread of its own.
    rate = rate + change[0] * 0
    layers = lax.fori_loop(0, network.present(), partial(_adam_of_layer, gradient[network.stacked], rate), layers)
    parameters[network.stacked], *moments = layers
    return State(parameters, first, second, step, (moments[0], moments[1]))


def _adam_of_layer(
    gradient: Array, rate: Array, layer: Array, carry: tuple[Array, Array, Array]
) -> tuple[Array, Array, Array]:
    """Adam of one layer of a stack: its parameters and both moments, in place."""
    parameters, first, second = carry
    slope = _at(gradient, layer)
    first = _put(first, _moved(_at(first, layer), slope, BETA_1), layer)
    second = _put(second, _moved(_at(second, layer), slope**2, BETA_2), layer)
    # Read again where they were put: whoever worked them out once more would need the old ones, and so a copy of all.
    first, second = lax.optimization_barrier((first, second))  # type: ignore[no-untyped-call]  # as JAX leaves it
    change = _change(_at(first, layer), _at(second, layer), rate)
    return _put(parameters, _at(parameters, layer) - change, layer), first, second


def _moved(moment: Array, towards: Array, beta: float) -> Array:
    return moment + (towards - moment) * (1 - beta)


def _change(first: Array, second: Array, rate: Array) -> Array:
    return first * rate / (jnp.sqrt(second) + EPSILON)
