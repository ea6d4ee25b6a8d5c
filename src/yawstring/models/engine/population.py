"""One network that stands for many: depth and dropout are told at run time, widths are padded.

Compiling costs more than training a small trial, so a search compiles few programs. A hidden dense layer that a trial
has not is skipped by a condition inside the program, forwards and backwards. A narrower layer is laid into a wider one
of noughts: with rectifiers and an LSTM's gates neither values nor gradients ever leave nought there, so that the
padded network *is* the narrow one, and only the time of its products is lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from numpy.typing import NDArray

from yawstring.models.engine import lstm
from yawstring.models.engine.initial import Weights
from yawstring.models.engine.network import Drop, Network, Parameters, Settings
from yawstring.models.engine.recurrent import Recurrent

GATES = 4


@dataclass(frozen=True, kw_only=True)
class Population(Recurrent):
    """An LSTM and up to ``layers`` hidden dense layers of one width.

    Attributes:
        layers: Hidden dense layers there may be, at least 1; the first is always there.
        settings: Of this trial; only inside a program.
    """

    layers: int
    settings: Settings | None = None

    def bound(self, settings: Settings | None) -> Network:
        """As :meth:`Network.bound`."""
        return replace(self, settings=settings)

    def logits(self, parameters: Parameters, x: Array, drop: Drop = Drop()) -> Array:  # noqa: B008  # a constant
        """As :meth:`Network.logits`."""
        if self.settings is None:
            raise ValueError("a population is told the depth and dropout of its trial first")
        depth, shares = jnp.asarray(self.settings.depth), jnp.asarray(self.settings.shares)
        hidden = lstm.last_hidden(
            x, parameters["lstm/kernel"], parameters["lstm/recurrent_kernel"], parameters["lstm/bias"]
        )
        for layer in range(self.layers):
            kernel, bias = parameters[f"dense_{layer}/kernel"], parameters[f"dense_{layer}/bias"]
            hidden = drop(hidden, shares[layer], layer)
            hidden = _if_there(layer < depth, hidden, kernel, bias) if layer else jax.nn.relu(hidden @ kernel + bias)
        hidden = drop(hidden, shares[self.layers], self.layers)
        return hidden @ parameters["output/kernel"] + parameters["output/bias"]


def settings(*, depth: int, dropouts: Sequence[float], layers: int) -> Settings:
    """Settings of a network of ``depth`` hidden dense layers in a population of ``layers``.

    Args:
        depth: Hidden dense layers, from 1 to ``layers``.
        dropouts: Share dropped after the recurrent layer and after each hidden dense layer.
        layers: Hidden dense layers there may be.

    Example:
        >>> settings(depth=1, dropouts=(0.25, 0.5), layers=3).shares.tolist()
        [0.25, 0.0, 0.0, 0.5]
    """
    shares = np.zeros(layers + 1, np.float32)
    shares[:depth], shares[layers] = dropouts[:depth], dropouts[depth]
    return Settings(np.int32(depth), shares)


def shapes(*, features: int, units: int, width: int, layers: int, outputs: int) -> dict[str, tuple[int, ...]]:
    """Shapes of a population's weights, in the order of :func:`padded`."""
    made: dict[str, tuple[int, ...]] = {
        "lstm/kernel": (features, GATES * units),
        "lstm/recurrent_kernel": (units, GATES * units),
        "lstm/bias": (GATES * units,),
    }
    for layer in range(layers):
        made[f"dense_{layer}/kernel"] = (width if layer else units, width)
        made[f"dense_{layer}/bias"] = (width,)
    return made | {"output/kernel": (width, outputs), "output/bias": (outputs,)}


def padded(weights: Mapping[str, NDArray[np.float32]], *, units: int, width: int, layers: int) -> Weights:
    """A network's weights laid into those of a population, under the same names.

    Args:
        weights: Of an LSTM and at least one hidden dense layer, in Keras's names and layout.
        units: Width of the population's LSTM.
        width: Width of its dense layers.
        layers: Number of them.

    Example:
        >>> from yawstring.models.engine.initial import initial_weights
        >>> made = initial_weights(np.random.default_rng(0), 3, 2, (4,), 1)
        >>> {name: array.shape for name, array in padded(made, units=4, width=6, layers=2).items()}
        ... # doctest: +NORMALIZE_WHITESPACE
        {'lstm/kernel': (3, 16), 'lstm/recurrent_kernel': (4, 16), 'lstm/bias': (16,), 'dense_0/kernel': (4, 6),
         'dense_0/bias': (6,), 'dense_1/kernel': (6, 6), 'dense_1/bias': (6,), 'output/kernel': (6, 1),
         'output/bias': (1,)}
    """
    out: Weights = {}
    outputs = weights["output/bias"].size
    for name in ("lstm/kernel", "lstm/recurrent_kernel", "lstm/bias"):
        height = () if weights[name].ndim == 1 else (units if "recurrent" in name else len(weights[name]),)
        out[name] = np.concatenate(
            [_laid(gate, (*height, units)) for gate in np.split(weights[name], GATES, axis=-1)], axis=-1
        )
    for layer in range(layers):
        above = width if layer else units
        out[f"dense_{layer}/kernel"] = _laid(weights.get(f"dense_{layer}/kernel"), (above, width))
        out[f"dense_{layer}/bias"] = _laid(weights.get(f"dense_{layer}/bias"), (width,))
    out["output/kernel"] = _laid(weights["output/kernel"], (width, outputs))
    out["output/bias"] = weights["output/bias"].copy()
    return out


def cut_out(weights: Weights, *, units: int, dense: Sequence[int]) -> Weights:
    """Undoes :func:`padded` for a network of these widths."""
    out: Weights = {}
    for name in ("lstm/kernel", "lstm/recurrent_kernel", "lstm/bias"):
        height = slice(units) if "recurrent" in name else slice(None)
        gates = [gate[..., :units] for gate in np.split(weights[name], GATES, axis=-1)]
        whole = np.concatenate(gates, axis=-1)
        out[name] = whole if whole.ndim == 1 else whole[height].copy()
    above = units
    for layer, size in enumerate(dense):
        out[f"dense_{layer}/kernel"] = weights[f"dense_{layer}/kernel"][:above, :size].copy()
        out[f"dense_{layer}/bias"] = weights[f"dense_{layer}/bias"][:size].copy()
        above = size
    out["output/kernel"] = weights["output/kernel"][:above].copy()
    out["output/bias"] = weights["output/bias"].copy()
    return out


def _laid(small: NDArray[np.float32] | None, shape: tuple[int, ...]) -> NDArray[np.float32]:
    large = np.zeros(shape, np.float32)
    if small is not None:
        large[tuple(slice(size) for size in small.shape)] = small
    return large


@jax.custom_vjp
def _if_there(there: Array, hidden: Array, kernel: Array, bias: Array) -> Array:
    """A dense layer with rectifiers where ``there``, else ``hidden`` as it is.

    The gradient is written by hand: of a condition, automatic differentiation keeps what either branch might need.
    """
    out: Array = lax.cond(there, lambda: jax.nn.relu(hidden @ kernel + bias), lambda: hidden)
    return out


_Kept = tuple[Array, Array, Array, Array]


def _forward(there: Array, hidden: Array, kernel: Array, bias: Array) -> tuple[Array, _Kept]:
    out = _if_there(there, hidden, kernel, bias)
    return out, (there, hidden, kernel, out)


def _backward(kept: _Kept, d_out: Array) -> tuple[None, Array, Array, Array]:
    there, hidden, kernel, out = kept

    def through() -> tuple[Array, Array, Array]:
        d_sum = jnp.where(out > 0, d_out, 0)
        return d_sum @ kernel.T, hidden.T @ d_sum, d_sum.sum(0)

    def past() -> tuple[Array, Array, Array]:
        return d_out, jnp.zeros_like(kernel), jnp.zeros(kernel.shape[1], kernel.dtype)

    return None, *lax.cond(there, through, past)


_if_there.defvjp(_forward, _backward)
