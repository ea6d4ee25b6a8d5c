"""What the engine asks of a network: a description that can be compiled for, and its logits.

A network is a frozen dataclass of its options. It stands among the static arguments of the compiled programs
(:mod:`yawstring.models.engine.program`), so two equal descriptions share a program. The weights are no part of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from numpy.typing import NDArray

Parameters: TypeAlias = Mapping[str, Array]
Weights: TypeAlias = Mapping[str, NDArray[np.float32]]


class Drop(NamedTuple):
    """Dropout of one step; the default drops nothing.

    What is dropped is a hash of its place and of ``draw``, so that a mask is neither kept nor read from memory.

    Attributes:
        draw: ``uint32``, picks the values dropped.
    """

    draw: Array | None = None

    def __call__(self, values: Array, share: float, place: int) -> Array:
        """Values with this share of them at nought and the others scaled up.

        Args:
            values: ``float32[…]``.
            share: At least 0, below 1.
            place: Which dropout of the network this is; each has a number of its own.
        """
        if self.draw is None or share == 0:
            return values
        kept = self._hashed(values, place) >= jnp.uint32(round(share * 2**32))
        return jnp.where(kept, values * jnp.float32(1 / (1 - share)), 0)

    def told(self, values: Array, settings: "Settings", place: int | Array) -> Array:
        """The same with the share of ``place`` among a network's settings: a value of run time."""
        if self.draw is None:
            return values
        least = (jnp.asarray(settings.shares)[place] * jnp.float32(2**32)).astype(jnp.uint32)
        return jnp.where(self._hashed(values, place) >= least, values * jnp.asarray(settings.scales)[place], 0)

    def _hashed(self, values: Array, place: int | Array) -> Array:
        numbers = lax.iota(jnp.uint32, values.size).reshape(values.shape)
        return mixed(numbers * jnp.uint32(0x9E3779B9) + mixed(jnp.asarray(self.draw) + jnp.asarray(place, jnp.uint32)))


class Settings(NamedTuple):
    """What a network may be told at run time, so that one program serves many of them.

    Attributes:
        depth: ``int32``, hidden dense layers that are there.
        shares: ``float32[layer + 1]``, dropped of what goes into each hidden dense layer there may be; the output last.
        scales: ``float32[layer + 1]``, what the rest is multiplied by: 1 / (1 - share).
    """

    depth: NDArray[np.int32] | np.int32 | Array
    shares: NDArray[np.float32] | Array
    scales: NDArray[np.float32] | Array


class Network(ABC):
    """A network that the engine can train: a frozen dataclass of whatever changes the program.

    Class attributes:
        time_first: Whether :meth:`logits` takes windows time first, ``float32[time, window, feature]``; else they come
            as ``float32[window, time, feature]``. They are gathered in that order, so neither costs a copy.
    """

    time_first: ClassVar[bool] = False

    @abstractmethod
    def logits(self, parameters: Parameters, x: Array, drop: Drop = Drop()) -> Array:  # noqa: B008  # a constant
        """``float32[window, output]``: of a sigmoid where there is one output, of a softmax where there are more.

        Args:
            parameters: As :meth:`packed` gives them.
            x: Windows, laid out as :attr:`time_first` says.
            drop: Dropout of this step.
        """

    def bound(self, settings: "Settings | None") -> "Network":
        """The network with what it is told at run time; most are told nothing."""
        return self

    @property
    def stacked(self) -> str | None:
        """Parameter that holds layers of one shape, ``float32[layer, …]``, of which only the first few may be there."""
        return None

    def present(self) -> Array:
        """``int32``, how many layers of :attr:`stacked` are there; the others neither learn nor cost.

        Raises:
            ValueError: The network has no such layers, or has not been told.
        """
        raise ValueError("the network has no layers that may be there or not")

    def packed(self, weights: Weights) -> dict[str, NDArray[np.float32]]:
        """Weights in the program's layout, where that differs from Keras's; a copy."""
        return {name: array.copy() for name, array in weights.items()}

    def unpacked(self, weights: Weights) -> dict[str, NDArray[np.float32]]:
        """Undoes :meth:`packed`."""
        return {name: array.copy() for name, array in weights.items()}


def dense_layers(
    parameters: Parameters, hidden: Array, drop: Drop, dropouts: tuple[float, ...], *, place: int = 0
) -> Array:
    """Hidden dense layers ``dense_0``, ``dense_1``, … with rectifiers, and ``output``: ``float32[window, output]``.

    Args:
        parameters: Those of the layers; others are not looked at.
        hidden: ``float32[window, unit]``.
        drop: Dropout of this step.
        dropouts: Share dropped of what goes into each layer, the output layer last; those not named drop nothing.
        place: Number of the first of these dropouts.
    """
    layer = 0
    while f"dense_{layer}/kernel" in parameters:
        hidden = drop(hidden, _share(dropouts, layer), place + layer)
        hidden = jax.nn.relu(hidden @ parameters[f"dense_{layer}/kernel"] + parameters[f"dense_{layer}/bias"])
        layer += 1
    hidden = drop(hidden, _share(dropouts, layer), place + layer)
    return hidden @ parameters["output/kernel"] + parameters["output/bias"]


def mixed(x: Array) -> Array:
    """A hash of 32 bits (Ellis's lowbias32): every bit of the input sways every bit of the output."""
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)


def _share(dropouts: tuple[float, ...], layer: int) -> float:
    return dropouts[layer] if layer < len(dropouts) else 0.0
