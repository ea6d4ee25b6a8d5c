"""The recurrent family: the notebook's network, LSTM, dropout, dense layers, trained as Keras trains it.

The network, its initial weights, its loss and Adam are Keras's to rounding; what differs is that an epoch is one
compiled program (:mod:`yawstring.models.engine.program`). With ``cell="gru"`` it is the GRU of Cho et al. (2014), and
with ``bidirectional`` every window is read both ways (Schuster and Paliwal, 1997).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from yawstring.models.engine.initial import Weights, initial_weights
from yawstring.models.networks import NetworkFamily, require

if TYPE_CHECKING:
    from yawstring.models.engine.recurrent import Recurrent


@dataclass(frozen=True, kw_only=True)
class LSTM(NetworkFamily):
    """LSTM, dropout, hidden dense layers with rectifiers, then a sigmoid (two classes) or a softmax (more).

    Attributes:
        units: Width of the LSTM.
        cell: ``"lstm"``, or ``"gru"`` for a GRU in its place.
        bidirectional: Read each window backwards as well, by a second layer of the same width.
        dropout: Share of the LSTM's outputs dropped while training.
        dense: Widths of the hidden dense layers.
        dense_dropout: Share dropped after each hidden dense layer; empty for none.

    The others are those of :class:`~yawstring.models.networks.NetworkFamily`.

    Example:
        >>> from yawstring.models.base import Windows
        >>> rows = np.random.default_rng(0).random((200, 3), dtype=np.float32)
        >>> starts = np.arange(196)
        >>> labels = (rows[starts + 4, 0] > 0.5).astype(np.int64)
        >>> windows = Windows(rows=rows, starts=starts, length=5, labels=labels)
        >>> fitted = LSTM(units=8, dense=(), epochs=2).fit(windows, classes=2, seed=1)
        >>> [epoch.number for epoch in fitted.history], fitted.weights["lstm/kernel"].shape
        ([1, 2], (3, 32))
    """

    units: int = 64
    cell: Literal["lstm", "gru"] = "lstm"
    bidirectional: bool = False
    dense: tuple[int, ...] = (64,)
    dense_dropout: tuple[float, ...] = ()

    name: ClassVar[str] = "lstm"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("units", "dense"):
            self._require_some(name)
        require(self.cell in ("lstm", "gru"), f"cell must be 'lstm' or 'gru', not '{self.cell}'")
        require(
            all(0 <= share < 1 for share in self.dense_dropout),
            f"dense_dropout must be at least 0 and below 1, not {self.dense_dropout}",
        )
        require(
            len(self.dense_dropout) in (0, len(self.dense)),
            f"dense_dropout needs a share for each of {len(self.dense)} dense layers, not {len(self.dense_dropout)}",
        )

    @property
    def directions(self) -> tuple[str, ...]:
        """Names of the recurrent layers, as Keras would give them."""
        return (f"forward_{self.cell}", f"backward_{self.cell}") if self.bidirectional else (self.cell,)

    def initial(self, generator: np.random.Generator, *, length: int, features: int, outputs: int) -> Weights:
        """As :meth:`NetworkFamily.initial`; the length of a window does not matter."""
        return initial_weights(
            generator, features, self.units, self.dense, outputs, cell=self.cell, directions=self.directions
        )

    def network(self) -> "Recurrent":
        """As :meth:`NetworkFamily.network`."""
        from yawstring.models.engine.recurrent import Recurrent

        return Recurrent(cell=self.cell, directions=self.directions, dropouts=(self.dropout, *self.dense_dropout))

    def graph(self, weights: Weights, *, length: int) -> bytes:
        """As :meth:`NetworkFamily.graph`."""
        from yawstring.models.recurrent_graph import recurrent_graph

        return recurrent_graph(weights, length=length)
