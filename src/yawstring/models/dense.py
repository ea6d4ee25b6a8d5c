"""The dense family: a multilayer perceptron over a whole window, the plainest network there is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from yawstring.models.engine.initial import Weights, dense_weights
from yawstring.models.networks import NetworkFamily

if TYPE_CHECKING:
    from yawstring.models.engine.dense import Dense


@dataclass(frozen=True, kw_only=True)
class MLP(NetworkFamily):
    """The rows of a window laid end to end, hidden dense layers with rectifiers and dropout, sigmoid or softmax.

    Attributes:
        dense: Widths of the hidden layers.
        dropout: Share of the outputs of each hidden layer dropped while training.

    The others are those of :class:`~yawstring.models.networks.NetworkFamily`.

    Example:
        >>> from yawstring.models.base import Windows
        >>> rows = np.random.default_rng(0).random((200, 3), dtype=np.float32)
        >>> windows = Windows(rows=rows, starts=np.arange(196), length=5, labels=np.arange(196) % 2)
        >>> fitted = MLP(dense=(8,), epochs=2).fit(windows, classes=2, seed=1)
        >>> fitted.weights["dense_0/kernel"].shape
        (15, 8)
    """

    dense: tuple[int, ...] = (64, 32)

    name: ClassVar[str] = "mlp"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require_some("dense")

    def initial(self, generator: np.random.Generator, *, length: int, features: int, outputs: int) -> Weights:
        """As :meth:`NetworkFamily.initial`."""
        return dense_weights(generator, length * features, self.dense, outputs)

    def network(self) -> "Dense":
        """As :meth:`NetworkFamily.network`."""
        from yawstring.models.engine.dense import Dense

        return Dense(dropouts=(0.0, *[self.dropout] * len(self.dense)))

    def graph(self, weights: Weights, *, length: int) -> bytes:
        """As :meth:`NetworkFamily.graph`."""
        from yawstring.models.dense_graph import window_graph

        return window_graph(weights, length=length)
