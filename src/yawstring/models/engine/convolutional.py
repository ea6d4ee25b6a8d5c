"""The convolutional network: blocks of convolutions over time, pooled over the window, then dense layers.

A convolution is one product of all rows with the kernels of all taps, and then a sum of shifted results: the same
function as ``keras.layers.Conv1D``, and no window is laid out tap by tap.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array

from yawstring.models.engine.network import Drop, Network, Parameters, dense_layers


@dataclass(frozen=True, kw_only=True)
class Convolutional(Network):
    """Convolutions with rectifiers, the later ones with what went in added, mean and maximum over time, dense layers.

    Attributes:
        dilations: Of each block.
        causal: Whether a row sees none after it; else as many after as before.
        dropouts: Share dropped after pooling and after each hidden dense layer; empty for none.
    """

    dilations: tuple[int, ...]
    causal: bool = True
    dropouts: tuple[float, ...] = ()

    def logits(self, parameters: Parameters, x: Array, drop: Drop = Drop()) -> Array:  # noqa: B008  # a constant
        """As :meth:`Network.logits`."""
        for block, dilation in enumerate(self.dilations):
            summed = convolved(
                x, parameters[f"conv_{block}/kernel"], parameters[f"conv_{block}/bias"], dilation, causal=self.causal
            )
            x = jax.nn.relu(summed) + x if block else jax.nn.relu(summed)
        pooled = jnp.concatenate([x.mean(axis=1), x.max(axis=1)], axis=1)
        return dense_layers(parameters, pooled, drop, self.dropouts)


def convolved(x: Array, kernel: Array, bias: Array, dilation: int, *, causal: bool) -> Array:
    """``float32[window, time, filter]``, the values beyond either end of the window being noughts.

    Args:
        x: ``float32[window, time, channel]``.
        kernel: ``float32[tap, channel, filter]``.
        bias: ``float32[filter]``.
        dilation: Rows from one tap to the next.
        causal: Whether the last tap sees the row itself; else the middle one does.
    """
    windows, length, channels = x.shape
    taps, _, filters = kernel.shape
    before = padding(taps, dilation, causal=causal)[0]
    products = x.reshape(windows * length, channels) @ kernel.swapaxes(0, 1).reshape(channels, taps * filters)
    products = products.reshape(windows, length, taps, filters)
    summed = jnp.broadcast_to(bias, (windows, length, filters))
    for tap in range(taps):
        shift = tap * dilation - before  # row t takes the product of row t + shift
        first, last = max(0, shift), min(length, length + shift)
        if first < last:
            part = products[:, first:last, tap]
            summed = summed + jnp.pad(part, ((0, 0), (first - shift, length - last + shift), (0, 0)))
    return summed


def padding(taps: int, dilation: int, *, causal: bool) -> tuple[int, int]:
    """Noughts before and after a window, as Keras has them for ``"causal"`` and ``"same"``."""
    total = (taps - 1) * dilation
    return (total, 0) if causal else (total // 2, total - total // 2)
