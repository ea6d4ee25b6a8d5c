"""One LSTM layer read at its last step, with its gradient written by hand.

The cell is Keras's (Hochreiter and Schmidhuber, 1997, with the forget gate of Gers et al., 2000). Against what
automatic differentiation of a textbook scan makes of it: the products with the inputs of all steps are one; three
sigmoids over contiguous gates are one; the activations are kept rather than computed again; each weight gradient is one
product over all steps; short windows are unrolled. The gradient of the inputs is there for who asks for it; in training
nobody does, and the compiler leaves it out.

Gates stand here in the order i, f, o, c.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

UNROLLED_STEPS = 16
"""Windows up to this length are unrolled in the program; longer ones are looped over, to keep compilation short."""


class _Step(NamedTuple):
    """What the gradient needs of a step, ``float32[batch, …]``."""

    gates: Array
    candidate: Array
    squashed: Array
    cell: Array
    hidden: Array


class _Kept(NamedTuple):
    """Steps as they came: one by one where the window was unrolled, else stacked in one, time first."""

    x: Array
    kernel: Array
    recurrent: Array
    steps: list[_Step] | _Step


@jax.custom_vjp
def last_hidden(x: Array, kernel: Array, recurrent: Array, bias: Array) -> Array:
    """Hidden state after the last step, ``float32[batch, unit]``.

    Args:
        x: ``float32[time, batch, feature]``.
        kernel: ``float32[feature, 4 * unit]``.
        recurrent: ``float32[unit, 4 * unit]``.
        bias: ``float32[4 * unit]``.
    """
    return _forward(x, kernel, recurrent, bias)[0]


def _forward(x: Array, kernel: Array, recurrent: Array, bias: Array) -> tuple[Array, _Kept]:
    length, batch, features = x.shape
    units = recurrent.shape[0]
    inputs = (x.reshape(length * batch, features) @ kernel).reshape(length, batch, 4 * units) + bias
    nothing = jnp.zeros((batch, units), x.dtype)
    if length <= UNROLLED_STEPS:
        steps = [_advanced(inputs[0], nothing)]
        for projected in inputs[1:]:
            steps.append(_advanced(projected + steps[-1].hidden @ recurrent, steps[-1].cell))
        return steps[-1].hidden, _Kept(x, kernel, recurrent, steps)

    def advance(state: tuple[Array, Array], projected: Array) -> tuple[tuple[Array, Array], _Step]:
        hidden, cell = state
        step = _advanced(projected + hidden @ recurrent, cell)
        return (step.hidden, step.cell), step

    (hidden, _), stacked = lax.scan(advance, (nothing, nothing), inputs)
    return hidden, _Kept(x, kernel, recurrent, stacked)


def _backward(kept: _Kept, d_last: Array) -> tuple[Array, Array, Array, Array]:
    length, batch, features = kept.x.shape
    units = kept.recurrent.shape[0]
    if isinstance(kept.steps, list):
        d_z, hidden = _retraced(kept.steps, kept.recurrent, d_last)
    else:
        d_z, hidden = _retraced_in_a_loop(kept.steps, kept.recurrent, d_last)
    flat = d_z.reshape(length * batch, 4 * units)
    d_kernel = kept.x.reshape(length * batch, features).T @ flat
    # The first step's hidden state is nought, so it adds nothing.
    d_recurrent = hidden.reshape((length - 1) * batch, units).T @ flat[batch:]
    return (flat @ kept.kernel.T).reshape(kept.x.shape), d_kernel, d_recurrent, flat.sum(0)


last_hidden.defvjp(_forward, _backward)


def _retraced(steps: list[_Step], recurrent: Array, d_hidden: Array) -> tuple[Array, Array]:
    """``float32[time, batch, 4 * unit]``, and the hidden states ``float32[time - 1, batch, unit]`` before each step."""
    d_cell = jnp.zeros_like(d_hidden)
    cells = [jnp.zeros_like(d_hidden), *(step.cell for step in steps[:-1])]
    one = _one_known_at_run_time(steps[0])
    d_hidden = d_hidden / one
    d_z: list[Array] = []
    for step, cell in zip(reversed(steps), reversed(cells), strict=True):
        if d_z:
            d_hidden = d_z[-1] @ recurrent.T
        d_step, d_cell = _retreated(step, cell, d_hidden, d_cell, one)
        d_z.append(d_step)
    hidden = [step.hidden for step in steps[:-1]] or [jnp.zeros((0, *d_hidden.shape))]
    return jnp.concatenate(d_z[::-1]), jnp.concatenate(hidden)


def _retraced_in_a_loop(stacked: _Step, recurrent: Array, d_last: Array) -> tuple[Array, Array]:
    """As :func:`_retraced`."""
    nothing = jnp.zeros_like(d_last)
    cells = jnp.concatenate([nothing[None], stacked.cell[:-1]])

    def retreat(state: tuple[Array, Array], at: tuple[_Step, Array]) -> tuple[tuple[Array, Array], Array]:
        d_hidden, d_cell = state
        d_z, d_cell = _retreated(*at, d_hidden, d_cell)
        return (d_z @ recurrent.T, d_cell), d_z

    d_z = lax.scan(retreat, (d_last, nothing), (stacked, cells), reverse=True)[1]
    return d_z, stacked.hidden[:-1]


@partial(jax.jit, inline=True)
def _advanced(z: Array, cell: Array) -> _Step:
    """A step from its pre-activations and the cell before it."""
    units = cell.shape[1]
    gates = jax.nn.sigmoid(z[:, : 3 * units])
    candidate = jnp.tanh(z[:, 3 * units :])
    cell = gates[:, units : 2 * units] * cell + gates[:, :units] * candidate
    squashed = jnp.tanh(cell)
    return _Step(gates, candidate, squashed, cell, gates[:, 2 * units :] * squashed)


def _one_known_at_run_time(step: _Step) -> Array:
    """A 1 the compiler cannot see through.

    XLA computes a cheap chain again in each fusion that reads it: here the gradient of the cell once for every gate and
    every earlier step. A division is too dear for it to repeat, and one by 1 changes nothing.
    """
    return step.cell[0, 0] * 0 + 1


@partial(jax.jit, inline=True)
def _retreated(
    step: _Step, cell_before: Array, d_hidden: Array, d_cell: Array, one: Array | float = 1.0
) -> tuple[Array, Array]:
    """Gradient of a step's pre-activations and of the cell before it; ``one`` is :func:`_one_known_at_run_time`."""
    units = cell_before.shape[1]
    input_gate, forget_gate, output_gate = jnp.split(step.gates, (units, 2 * units), axis=1)
    d_cell = (d_cell + d_hidden * output_gate * (1 - step.squashed * step.squashed)) / one
    parts = (
        d_cell * step.candidate * input_gate * (1 - input_gate),
        d_cell * cell_before * forget_gate * (1 - forget_gate),
        d_hidden * step.squashed * output_gate * (1 - output_gate),
        d_cell * input_gate * (1 - step.candidate * step.candidate),
    )
    return jnp.concatenate(parts, axis=1), d_cell * forget_gate
