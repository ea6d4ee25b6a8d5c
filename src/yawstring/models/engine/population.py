"""One network that stands for many: depth and dropout are told at run time, widths are padded.

Compiling costs more than training a small trial, so a search compiles few programs. A hidden dense layer that a trial
has not is skipped by a condition inside the program, forwards and backwards. A narrower layer is laid into a wider one
of noughts: with rectifiers and an LSTM's gates neither values nor gradients ever leave nought there, so that the
padded network *is* the narrow one, and only the time of its products is lost.

Inside a program the dense layers beyond the first lie in one array, and all biases in another. That is not for show:
XLA's executor on a CPU hands work to its own threads once more than eight operations can run at the same time, as the
updates of so many arrays can, and whatever it hands over stays with them. There is one such thread, so trials that
wait for it take turns, and a second core stands idle; with few arrays every trial stays on the thread that began it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

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

FIRST, DEEPER, BIASES = "dense_0/kernel", "deeper/kernels", "biases"
"""Names inside a program: the first dense layer's kernel, those of the deeper ones, and every layer's bias."""


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
        kernel, recurrent, first = (parameters[name] for name in ("lstm/kernel", "lstm/recurrent_kernel", FIRST))
        widths = [kernel.shape[1], first.shape[1], (self.layers - 1) * first.shape[1]]
        gates, bias, rows, output = jnp.split(parameters[BIASES], np.cumsum(widths).tolist())
        hidden = drop.told(lstm.last_hidden(x, kernel, recurrent, gates), self.settings, 0)
        hidden = jax.nn.relu(hidden @ first + bias)
        if self.layers > 1:
            rows = rows.reshape(self.layers - 1, first.shape[1])
            hidden = _deeper(self.settings, drop.draw, hidden, parameters[DEEPER], rows)
        return drop.told(hidden, self.settings, self.layers) @ parameters["output/kernel"] + output

    def packed(self, weights: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """As :meth:`Network.packed`: of what :func:`padded` made, the deeper layers in one array, biases in another."""
        swapped = super().packed(weights)
        deeper = [swapped.pop(f"dense_{layer}/kernel") for layer in range(1, self.layers)]
        made = {name: array for name, array in swapped.items() if not name.endswith("/bias")}
        made[BIASES] = np.concatenate([array for name, array in swapped.items() if name.endswith("/bias")])
        return made | ({DEEPER: np.stack(deeper)} if deeper else {})

    def unpacked(self, weights: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Undoes :meth:`packed`."""
        kernel, first = weights["lstm/kernel"], weights[FIRST]
        widths = {"lstm": kernel.shape[1]} | {f"dense_{layer}": first.shape[1] for layer in range(self.layers)}
        biases = np.split(weights[BIASES], np.cumsum([*widths.values()]))
        made = {name: array for name, array in weights.items() if name not in (BIASES, DEEPER)}
        made |= {f"dense_{layer}/kernel": weights[DEEPER][layer - 1] for layer in range(1, self.layers)}
        made |= {f"{name}/bias": array for name, array in zip((*widths, "output"), biases, strict=True)}
        return super().packed(made)  # swaps the same gates again


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
    return Settings(np.int32(depth), shares, np.float32(1) / (1 - shares))


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
def _deeper(settings: Settings, draw: Array | None, hidden: Array, kernels: Array, biases: Array) -> Array:
    """The dense layers beyond the first, with dropout before each; those that the trial has not are passed by.

    The gradient is written by hand: of a condition, automatic differentiation keeps what either branch might need, and
    of a slice of ``kernels`` it makes an array as large as they all are.

    Args:
        settings: Of the trial.
        draw: As :class:`Drop` has it.
        hidden: ``float32[window, unit]``, after the first layer.
        kernels: ``float32[layer - 1, unit, unit]``.
        biases: ``float32[layer - 1, unit]``.
    """
    return _forward(settings, draw, hidden, kernels, biases)[0]


class _Kept(NamedTuple):
    """What the gradient needs; of each layer what went in, dropout done, and what came out."""

    settings: Settings
    draw: Array | None
    kernels: Array
    steps: list[tuple[Array, Array]]


def _forward(
    settings: Settings, draw: Array | None, hidden: Array, kernels: Array, biases: Array
) -> tuple[Array, _Kept]:
    steps: list[tuple[Array, Array]] = []
    for layer in range(1, len(kernels) + 1):
        dropped = Drop(draw).told(hidden, settings, layer)

        def through(at: int = layer - 1, x: Array = dropped) -> Array:
            return jax.nn.relu(x @ kernels[at] + biases[at])

        def past(x: Array = dropped) -> Array:
            return x

        hidden = lax.cond(layer < jnp.asarray(settings.depth), through, past)
        steps.append((dropped, hidden))
    return hidden, _Kept(settings, draw, kernels, steps)


def _backward(kept: _Kept, d_hidden: Array) -> tuple[None, None, Array, Array, Array]:
    d_kernels: list[Array] = []
    d_biases: list[Array] = []
    width = kept.kernels.shape[2]
    for layer, (dropped, out) in reversed([*enumerate(kept.steps, start=1)]):

        def through(
            at: int = layer - 1, x: Array = dropped, out: Array = out, d: Array = d_hidden
        ) -> tuple[Array, Array, Array]:
            d_sum = jnp.where(out > 0, d, 0)
            return d_sum @ kept.kernels[at].T, x.T @ d_sum, d_sum.sum(0)

        def past(d: Array = d_hidden) -> tuple[Array, Array, Array]:
            return d, jnp.zeros((width, width), d.dtype), jnp.zeros(width, d.dtype)

        d_dropped, d_kernel, d_bias = lax.cond(layer < jnp.asarray(kept.settings.depth), through, past)
        d_hidden = Drop(kept.draw).told(d_dropped, kept.settings, layer)  # what it does is linear
        d_kernels.insert(0, d_kernel)
        d_biases.insert(0, d_bias)
    return None, None, d_hidden, jnp.stack(d_kernels), jnp.stack(d_biases)


_deeper.defvjp(_forward, _backward)
