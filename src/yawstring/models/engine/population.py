"""One network that stands for many: depth and dropout are told at run time, widths are padded.

Compiling costs more than training a small trial, so a search compiles few programs. The hidden dense layers beyond the
first are a loop inside the program, forwards, backwards and in Adam, as long as the trial has layers. A narrower layer
is laid into a wider one of noughts: with rectifiers and an LSTM's gates neither values nor gradients ever leave nought
there, so that the padded network *is* the narrow one, and only the time of its products is lost.

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
        told = self._told()
        kernel, recurrent, first = (parameters[name] for name in ("lstm/kernel", "lstm/recurrent_kernel", FIRST))
        widths = [kernel.shape[1], first.shape[1], (self.layers - 1) * first.shape[1]]
        gates, bias, rows, output = jnp.split(parameters[BIASES], np.cumsum(widths).tolist())
        hidden = drop.told(lstm.last_hidden(x, kernel, recurrent, gates), told, 0)
        hidden = jax.nn.relu(hidden @ first + bias)
        if self.layers > 1:
            rows = rows.reshape(self.layers - 1, first.shape[1])
            hidden = _deeper(told, drop.draw, hidden, parameters[DEEPER], rows)
        return drop.told(hidden, told, self.layers) @ parameters["output/kernel"] + output

    @property
    def stacked(self) -> str | None:
        """As :attr:`Network.stacked`: the kernels of the dense layers beyond the first."""
        return DEEPER if self.layers > 1 else None

    def present(self) -> Array:
        """As :meth:`Network.present`."""
        return _more(self._told())

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

    def _told(self) -> Settings:
        if self.settings is None:
            raise ValueError("a population is told the depth and dropout of its trial first")
        return self.settings


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
    """The dense layers beyond the first, with dropout before each; those that the trial has not are not come to.

    One layer is compiled, and looped over as often as there are layers. The gradient is written by hand: automatic
    differentiation does not go backwards through a loop whose length is told at run time.

    Args:
        settings: Of the trial.
        draw: As :class:`Drop` has it.
        hidden: ``float32[window, unit]``, after the first layer.
        kernels: ``float32[layer - 1, unit, unit]``.
        biases: ``float32[layer - 1, unit]``.
    """
    return _forward(settings, draw, hidden, kernels, biases)[0]


class _Kept(NamedTuple):
    """What the gradient needs: ``outs`` is ``float32[layer, window, unit]``, what came out of each layer."""

    settings: Settings
    draw: Array | None
    kernels: Array
    outs: Array


def _forward(
    settings: Settings, draw: Array | None, hidden: Array, kernels: Array, biases: Array
) -> tuple[Array, _Kept]:
    more = _more(settings)

    def through(layer: Array, outs: Array) -> Array:
        dropped = Drop(draw).told(_row(outs, layer), settings, layer + 1)
        return _with_row(outs, jax.nn.relu(dropped @ _row(kernels, layer) + _row(biases, layer)), layer + 1)

    room = jnp.broadcast_to(_nought(hidden), (len(kernels) + 1, *hidden.shape))
    outs = lax.fori_loop(0, more, through, _with_row(room, hidden, 0))
    return _row(outs, more), _Kept(settings, draw, kernels, outs)


def _backward(kept: _Kept, d_hidden: Array) -> tuple[None, None, Array, Array, Array]:
    settings, draw, kernels, outs = kept
    more = _more(settings)

    def through(passed: Array, carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        d_out, d_kernels, d_biases = carry
        layer = more - 1 - passed
        d_sum = jnp.where(_row(outs, layer + 1) > 0, d_out, 0)
        dropped = Drop(draw).told(_row(outs, layer), settings, layer + 1)
        d_in = Drop(draw).told(d_sum @ _row(kernels, layer).T, settings, layer + 1)  # what dropout does is linear
        return d_in, _with_row(d_kernels, dropped.T @ d_sum, layer), _with_row(d_biases, d_sum.sum(0), layer)

    nought = _nought(d_hidden)
    noughts = jnp.broadcast_to(nought, kernels.shape), jnp.broadcast_to(nought, kernels.shape[:2])
    d_hidden, d_kernels, d_biases = lax.fori_loop(0, more, through, (d_hidden, *noughts))
    return None, None, d_hidden, d_kernels, d_biases


_deeper.defvjp(_forward, _backward)


def _more(settings: Settings) -> Array:
    """Hidden dense layers that are there beyond the first."""
    return jnp.asarray(settings.depth) - 1


def _nought(values: Array) -> Array:
    """A 0 that is known when ``values`` are: a constant would be one more operation to run before all others."""
    return values[0, 0] * 0


def _row(array: Array, index: Array) -> Array:
    row: Array = lax.dynamic_index_in_dim(array, index, keepdims=False)
    return row


def _with_row(array: Array, value: Array, index: Array | int) -> Array:
    updated: Array = lax.dynamic_update_index_in_dim(array, value, index, axis=0)
    return updated
