"""The dense network: the rows of a window laid end to end, then dense layers."""

from dataclasses import dataclass

from jax import Array

from yawstring.models.engine.network import Drop, Network, Parameters, dense_layers


@dataclass(frozen=True, kw_only=True)
class Dense(Network):
    """Dense layers over a whole window.

    Attributes:
        dropouts: Share dropped of the window and after each hidden layer; empty for none.
    """

    dropouts: tuple[float, ...] = ()

    def logits(self, parameters: Parameters, x: Array, drop: Drop = Drop()) -> Array:  # noqa: B008  # a constant
        """As :meth:`Network.logits`."""
        return dense_layers(parameters, x.reshape(len(x), -1), drop, self.dropouts)
