"""One GRU layer read at its last step.

The cell is that of Cho et al. (2014) with the reset gate applied after the recurrent product, as in
``keras.layers.GRU(reset_after=True)``, Keras's default, and in ONNX's ``linear_before_reset=1``. JAX differentiates it.
The gates stand in the order z, r, h.
"""

import jax
import jax.numpy as jnp
from jax import Array, lax

from yawstring.models.engine.lstm import UNROLLED_STEPS


def last_hidden(x: Array, kernel: Array, recurrent: Array, bias: Array) -> Array:
    """Hidden state after the last step, ``float32[window, unit]``.

    Args:
        x: ``float32[time, window, feature]``.
        kernel: ``float32[feature, 3 * unit]``.
        recurrent: ``float32[unit, 3 * unit]``.
        bias: ``float32[2, 3 * unit]``, that of the inputs and that of the recurrent product.
    """
    length, windows, features = x.shape
    units = recurrent.shape[0]
    inputs = (x.reshape(length * windows, features) @ kernel).reshape(length, windows, 3 * units) + bias[0]
    hidden = jnp.zeros((windows, units), x.dtype)
    if length <= UNROLLED_STEPS:
        for projected in inputs:
            hidden = _advanced(hidden, projected, hidden @ recurrent + bias[1])
        return hidden

    def advance(hidden: Array, projected: Array) -> tuple[Array, None]:
        return _advanced(hidden, projected, hidden @ recurrent + bias[1]), None

    last: Array = lax.scan(advance, hidden, inputs)[0]
    return last


def _advanced(hidden: Array, projected: Array, remembered: Array) -> Array:
    units = hidden.shape[1]
    gates = jax.nn.sigmoid(projected[:, : 2 * units] + remembered[:, : 2 * units])
    update, reset = gates[:, :units], gates[:, units:]
    candidate = jnp.tanh(projected[:, 2 * units :] + reset * remembered[:, 2 * units :])
    return update * hidden + (1 - update) * candidate
