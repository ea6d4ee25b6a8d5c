"""The convolutional family: a small temporal convolutional network.

Dilated convolutions over time with what went into a block added to what comes out (Bai, Kolter and Koltun, 2018, less
their weight normalisation, one convolution a block), then the mean and the maximum over the window, so that both a
level and a single frame can decide.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from yawstring.models.engine.initial import Weights, dense_weights, glorot_convolution
from yawstring.models.networks import NetworkFamily, require

if TYPE_CHECKING:
    from yawstring.models.engine.convolutional import Convolutional


@dataclass(frozen=True, kw_only=True)
class CNN(NetworkFamily):
    """Convolutions over time, mean and maximum over the window, dropout, dense layers, sigmoid or softmax.

    Attributes:
        filters: Width of every convolution.
        taps: Rows that a convolution sees.
        dilations: Rows from one tap to the next, a block each. The defaults see 15 rows.
        padding: ``"causal"``: a row sees none after it; ``"same"``: as many after as before.
        dropout: Share of the pooled values, and of the outputs of hidden dense layers, dropped while training.
        dense: Widths of the hidden dense layers.

    The others are those of :class:`~yawstring.models.networks.NetworkFamily`.

    Example:
        >>> from yawstring.models.base import Windows
        >>> rows = np.random.default_rng(0).random((200, 3), dtype=np.float32)
        >>> windows = Windows(rows=rows, starts=np.arange(196), length=5, labels=np.arange(196) % 2)
        >>> fitted = CNN(filters=8, dilations=(1, 2), epochs=2).fit(windows, classes=2, seed=1)
        >>> fitted.weights["conv_0/kernel"].shape, fitted.weights["output/kernel"].shape
        ((3, 3, 8), (16, 1))
    """

    filters: int = 32
    taps: int = 3
    dilations: tuple[int, ...] = (1, 2, 4)
    padding: Literal["causal", "same"] = "causal"
    dense: tuple[int, ...] = ()

    name: ClassVar[str] = "cnn"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("filters", "taps", "dilations", "dense"):
            self._require_some(name)
        require(bool(self.dilations), "dilations needs one a block, and there must be a block")
        require(self.padding in ("causal", "same"), f"padding must be 'causal' or 'same', not '{self.padding}'")

    def initial(self, generator: np.random.Generator, *, length: int, features: int, outputs: int) -> Weights:
        """As :meth:`NetworkFamily.initial`; the length of a window does not matter."""
        weights: Weights = {}
        for block in range(len(self.dilations)):
            channels = self.filters if block else features
            weights[f"conv_{block}/kernel"] = glorot_convolution(generator, self.taps, channels, self.filters)
            weights[f"conv_{block}/bias"] = np.zeros(self.filters, np.float32)
        return weights | dense_weights(generator, 2 * self.filters, self.dense, outputs)

    def network(self) -> "Convolutional":
        """As :meth:`NetworkFamily.network`."""
        from yawstring.models.engine.convolutional import Convolutional

        return Convolutional(
            dilations=self.dilations,
            causal=self.padding == "causal",
            dropouts=(self.dropout,) * (1 + len(self.dense)),
        )

    def graph(self, weights: Weights, *, length: int) -> bytes:
        """As :meth:`NetworkFamily.graph`."""
        from yawstring.models.convolutional_graph import convolutional_graph

        return convolutional_graph(weights, length=length, dilations=self.dilations, causal=self.padding == "causal")
