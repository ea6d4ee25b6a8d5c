"""The attention family: a small transformer's encoder over the rows of a window.

Vaswani et al. (2017) with normalisation before each part of a block (Xiong et al., 2020), which trains without a
warm-up of the learning rate.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from yawstring.models.engine.initial import Weights, dense_weights, glorot_uniform
from yawstring.models.networks import NetworkFamily, require

if TYPE_CHECKING:
    from yawstring.models.engine.attention import SelfAttention

POSITION_SD = 1.0
"""Standard deviation of the first positions: that of an embedded row. The 0.02 of large networks leaves a small one
blind to the order of rows for its first epochs, for the normalisation hides what is small beside the row."""


@dataclass(frozen=True, kw_only=True)
class Attention(NetworkFamily):
    """Rows embedded with their positions, blocks of self-attention, mean over the window, dense layers.

    Attributes:
        width: Of the embedding and of every block; a multiple of ``heads``.
        heads: Of each block.
        blocks: Number of them.
        expansion: How many times as wide the dense half of a block is inside.
        dropout: Share dropped while training of what each half of a block adds, of the pooled values and of the
            outputs of hidden dense layers.
        dense: Widths of the hidden dense layers.

    The others are those of :class:`~yawstring.models.networks.NetworkFamily`.

    Example:
        >>> from yawstring.models.base import Windows
        >>> rows = np.random.default_rng(0).random((200, 3), dtype=np.float32)
        >>> windows = Windows(rows=rows, starts=np.arange(196), length=5, labels=np.arange(196) % 2)
        >>> fitted = Attention(width=8, heads=2, epochs=2).fit(windows, classes=2, seed=1)
        >>> fitted.weights["position"].shape, fitted.weights["block_0/expand/kernel"].shape
        ((5, 8), (8, 16))
    """

    width: int = 32
    heads: int = 2
    blocks: int = 1
    expansion: int = 2
    dense: tuple[int, ...] = ()
    dropout: float = 0.1

    name: ClassVar[str] = "attention"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("width", "heads", "blocks", "expansion", "dense"):
            self._require_some(name)
        require(self.width % self.heads == 0, f"width must be a multiple of heads, not {self.width} for {self.heads}")

    def initial(self, generator: np.random.Generator, *, length: int, features: int, outputs: int) -> Weights:
        """As :meth:`NetworkFamily.initial`."""
        width, wide = self.width, self.expansion * self.width
        weights = _layer(generator, "embedding", features, width)
        weights["position"] = generator.normal(0, POSITION_SD, (length, width)).astype(np.float32)
        for number in range(self.blocks):
            block = f"block_{number}"
            weights |= _norm(f"{block}/attention_norm", width)
            for part in ("query", "key", "value", "merge"):
                weights |= _layer(generator, f"{block}/{part}", width, width)
            weights |= _norm(f"{block}/dense_norm", width)
            weights |= _layer(generator, f"{block}/expand", width, wide)
            weights |= _layer(generator, f"{block}/contract", wide, width)
        return weights | _norm("norm", width) | dense_weights(generator, width, self.dense, outputs)

    def network(self) -> "SelfAttention":
        """As :meth:`NetworkFamily.network`."""
        from yawstring.models.engine.attention import SelfAttention

        return SelfAttention(
            heads=self.heads,
            blocks=self.blocks,
            block_dropout=self.dropout,
            dropouts=(self.dropout,) * (1 + len(self.dense)),
        )

    def graph(self, weights: Weights, *, length: int) -> bytes:
        """As :meth:`NetworkFamily.graph`."""
        from yawstring.models.attention_graph import attention_graph

        return attention_graph(weights, length=length, heads=self.heads)


def _layer(generator: np.random.Generator, name: str, inputs: int, outputs: int) -> Weights:
    return {
        f"{name}/kernel": glorot_uniform(generator, inputs, outputs),
        f"{name}/bias": np.zeros(outputs, np.float32),
    }


def _norm(name: str, width: int) -> Weights:
    return {f"{name}/gamma": np.ones(width, np.float32), f"{name}/beta": np.zeros(width, np.float32)}
