"""One LSTM layer read at its last step, with its gradient written by hand.

The cell is Keras's (Hochreiter and Schmidhuber, 1997, with the forget gate of Gers et al., 2000). Against what
automatic differentiation of a textbook scan makes of it: the products with the inputs of all steps are one; three
sigmoids over contiguous gates are one; the activations are kept rather than computed again; each weight gradient is one
product over all steps; the inputs, which are data, get no gradient; short windows are unrolled.

Gates stand here in the order i, f, o, c.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

UNROLLED_STEPS = 16
"""Windows up to this length are unrolled in the program; longer ones are looped over, to keep compilation short."""


class _Step(NamedTuple):
    """What the gradient needs of one step, ``float32[batch, …]``."""

    gates: Array
    candidate: Array
    squashed: Array
    cell: Array
    hidden: Array


@jax.custom_vjp
def last_hidden(x: Array, kernel: Array, recurrent: Array, bias: Array) -> Array:
    """Hidden state after the last step, ``float32[batch, unit]``.

    Args:
        x: ``float32[time, batch, feature]``; gets no gradient.
        kernel: ``float32[feature, 4 * unit]``.
        recurrent: ``float32[unit, 4 * unit]``.
        bias: ``float32[4 * unit]``.
    """
    return _forward(x, kernel, recurrent, bias).hidden[-1]


def _forward(x: Array, kernel: Array, recurrent: Array, bias: Array) -> _Step:
    """Every step stacked, time first."""
    steps, batch, features = x.shape
    units = recurrent.shape[0]
    inputs = (x.reshape(steps * batch, features) @ kernel).reshape(steps, batch, 4 * units) + bias

    def step(state: tuple[Array, Array], projected: Array) -> tuple[tuple[Array, Array], _Step]:
        hidden, cell = state
        z = projected + hidden @ recurrent
        gates = jax.nn.sigmoid(z[:, : 3 * units])
        candidate = jnp.tanh(z[:, 3 * units :])
        cell = gates[:, units : 2 * units] * cell + gates[:, :units] * candidate
        squashed = jnp.tanh(cell)
        hidden = gates[:, 2 * units :] * squashed
        return (hidden, cell), _Step(gates, candidate, squashed, cell, hidden)

    zeros = jnp.zeros((batch, units), x.dtype)
    return lax.scan(step, (zeros, zeros), inputs, unroll=min(steps, UNROLLED_STEPS))[1]


def _forward_kept(x: Array, kernel: Array, recurrent: Array, bias: Array) -> tuple[Array, tuple[Array, Array, _Step]]:
    kept = _forward(x, kernel, recurrent, bias)
    return kept.hidden[-1], (x, recurrent, kept)


def _backward(residuals: tuple[Array, Array, _Step], d_last: Array) -> tuple[None, Array, Array, Array]:
    x, recurrent, kept = residuals
    steps, batch, features = x.shape
    units = recurrent.shape[0]
    zeros = jnp.zeros((1, batch, units), x.dtype)
    cell_before = jnp.concatenate([zeros, kept.cell[:-1]])
    hidden_before = jnp.concatenate([zeros, kept.hidden[:-1]])

    def step(state: tuple[Array, Array], at: tuple[_Step, Array]) -> tuple[tuple[Array, Array], Array]:
        d_hidden, d_cell = state
        (gates, candidate, squashed, _, _), cell = at
        input_gate, forget_gate, output_gate = gates[:, :units], gates[:, units : 2 * units], gates[:, 2 * units :]
        d_cell = d_cell + d_hidden * output_gate * (1 - squashed * squashed)
        d_gates = jnp.concatenate([d_cell * candidate, d_cell * cell, d_hidden * squashed], axis=1)
        d_candidate = d_cell * input_gate * (1 - candidate * candidate)
        d_z = jnp.concatenate([d_gates * gates * (1 - gates), d_candidate], axis=1)
        return (d_z @ recurrent.T, d_cell * forget_gate), d_z

    start = (d_last, jnp.zeros_like(d_last))
    d_z = lax.scan(step, start, (kept, cell_before), reverse=True, unroll=min(steps, UNROLLED_STEPS))[1]
    flat = d_z.reshape(steps * batch, 4 * units)
    d_kernel = x.reshape(steps * batch, features).T @ flat
    d_recurrent = hidden_before.reshape(steps * batch, units).T @ flat
    return None, d_kernel, d_recurrent, flat.sum(0)


last_hidden.defvjp(_forward_kept, _backward)
