"""The attention network: rows embedded, their positions added, blocks of self-attention, the mean over time.

The encoder of Vaswani et al. (2017) with the normalisation (Ba, Kiros and Hinton, 2016) before each part of a block
rather than after it (Xiong et al., 2020), learnt positions, and rectifiers.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array

from yawstring.models.engine.network import Drop, Network, Parameters, dense_layers

EPSILON = 1e-5
"""Added to the variance that a layer normalisation divides by; ONNX's default."""


@dataclass(frozen=True, kw_only=True)
class SelfAttention(Network):
    """Blocks of self-attention over the rows of a window.

    Attributes:
        heads: Of each block; they share its width out.
        blocks: Number of them.
        block_dropout: Share dropped of what each half of a block adds.
        dropouts: Share dropped after pooling and after each hidden dense layer; empty for none.
    """

    heads: int
    blocks: int
    block_dropout: float = 0.0
    dropouts: tuple[float, ...] = ()

    def logits(self, parameters: Parameters, x: Array, drop: Drop = Drop()) -> Array:  # noqa: B008  # a constant
        """As :meth:`Network.logits`."""
        hidden = _applied(parameters, "embedding", x) + parameters["position"]
        for number in range(self.blocks):
            block = f"block_{number}"
            seen = self._attended(parameters, block, _normalised(parameters, f"{block}/attention_norm", hidden))
            hidden = hidden + drop(seen, self.block_dropout, 2 * number)
            wide = _applied(parameters, f"{block}/expand", _normalised(parameters, f"{block}/dense_norm", hidden))
            narrow = _applied(parameters, f"{block}/contract", jax.nn.relu(wide))
            hidden = hidden + drop(narrow, self.block_dropout, 2 * number + 1)
        pooled = _normalised(parameters, "norm", hidden).mean(axis=1)
        return dense_layers(parameters, pooled, drop, self.dropouts, place=2 * self.blocks)

    def _attended(self, parameters: Parameters, block: str, x: Array) -> Array:
        """Every row's mix of the values of all rows, ``float32[window, time, unit]``."""
        windows, length, width = x.shape
        query, key, value = (
            _applied(parameters, f"{block}/{part}", x).reshape(windows, length, self.heads, width // self.heads)
            for part in ("query", "key", "value")
        )
        scores = jnp.einsum("wthd,wshd->whts", query, key) / jnp.sqrt(jnp.float32(width // self.heads))
        mix = jnp.einsum("whts,wshd->wthd", jax.nn.softmax(scores), value)
        return _applied(parameters, f"{block}/merge", mix.reshape(windows, length, width))


def _applied(parameters: Parameters, layer: str, x: Array) -> Array:
    """A dense layer on every row, as one product."""
    kernel = parameters[f"{layer}/kernel"]
    flat = x.reshape(-1, x.shape[-1]) @ kernel + parameters[f"{layer}/bias"]
    return flat.reshape(*x.shape[:-1], kernel.shape[1])


def _normalised(parameters: Parameters, layer: str, x: Array) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    scale = jax.lax.rsqrt((centred * centred).mean(axis=-1, keepdims=True) + EPSILON)
    return centred * scale * parameters[f"{layer}/gamma"] + parameters[f"{layer}/beta"]
