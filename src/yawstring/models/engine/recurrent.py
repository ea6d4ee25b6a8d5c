"""The recurrent network: an LSTM or a GRU over a window, one way or both, then dense layers.

One direction reads the window from its first row to its last; both ways stand side by side as in
``keras.layers.Bidirectional``: the last state forwards, then the last state of the window read backwards.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from yawstring.models.engine import gru, lstm
from yawstring.models.engine.network import Drop, Network, Parameters, Weights, dense_layers


@dataclass(frozen=True, kw_only=True)
class Recurrent(Network):
    """An LSTM or GRU, dropout, dense layers.

    Attributes:
        cell: Which.
        directions: Names of the layers, the backward one second.
        dropouts: Share dropped after the recurrent layer and after each hidden dense layer; empty for none.
    """

    cell: Literal["lstm", "gru"] = "lstm"
    directions: tuple[str, ...] = ("lstm",)
    dropouts: tuple[float, ...] = ()

    time_first: ClassVar[bool] = True

    def logits(self, parameters: Parameters, x: Array, drop: Drop = Drop()) -> Array:  # noqa: B008  # a constant
        """As :meth:`Network.logits`."""
        last_hidden = lstm.last_hidden if self.cell == "lstm" else gru.last_hidden
        states = [
            last_hidden(
                x[::-1] if backwards else x,
                parameters[f"{layer}/kernel"],
                parameters[f"{layer}/recurrent_kernel"],
                parameters[f"{layer}/bias"],
            )
            for backwards, layer in enumerate(self.directions)
        ]
        hidden = states[0] if len(states) == 1 else jnp.concatenate(states, axis=1)
        return dense_layers(parameters, hidden, drop, self.dropouts)

    def packed(self, weights: Weights) -> dict[str, NDArray[np.float32]]:
        """Keras's weights in the program's layout: an LSTM's gates i, f, c, o become i, f, o, c."""
        if self.cell == "gru":
            return super().packed(weights)
        recurrent = tuple(f"{layer}/" for layer in self.directions)
        return {
            name: _swapped(array) if name.startswith(recurrent) else array.copy() for name, array in weights.items()
        }

    def unpacked(self, weights: Weights) -> dict[str, NDArray[np.float32]]:
        """Undoes :meth:`packed`, by swapping the same gates again."""
        return self.packed(weights)


def _swapped(array: NDArray[np.float32]) -> NDArray[np.float32]:
    i, f, third, fourth = np.split(array, 4, axis=-1)
    return np.concatenate([i, f, fourth, third], axis=-1)
