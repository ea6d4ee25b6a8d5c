"""Keras's initialisers in NumPy, and Keras's names and layout for the weights.

Glorot and Bengio (2010) for input, dense and convolution kernels, Saxe et al. (2014) for the recurrent one, zeros for
biases with an LSTM's forget gate's at one (Jozefowicz et al., 2015): the defaults of Keras's layers. NumPy draws them,
so that nothing is compiled for it and every machine draws the same.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]

Cell = Literal["lstm", "gru"]


def initial_weights(
    generator: np.random.Generator,
    features: int,
    units: int,
    dense: Sequence[int],
    outputs: int,
    *,
    cell: Cell = "lstm",
    directions: Sequence[str] = ("lstm",),
) -> Weights:
    """Fresh weights of a recurrent network under Keras's names: gates i, f, c, o of an LSTM, z, r, h of a GRU.

    Args:
        generator: Source of the draws.
        features: Features of a row.
        units: Width of the recurrent layer.
        dense: Widths of the hidden dense layers.
        outputs: Width of the last layer: 1 for a sigmoid, else the number of classes.
        cell: Which.
        directions: Names of the recurrent layers, one or two.

    Example:
        >>> weights = initial_weights(np.random.default_rng(0), 3, 2, (4,), 1)
        >>> {name: array.shape for name, array in weights.items()}  # doctest: +NORMALIZE_WHITESPACE
        {'lstm/kernel': (3, 8), 'lstm/recurrent_kernel': (2, 8), 'lstm/bias': (8,), 'dense_0/kernel': (2, 4),
         'dense_0/bias': (4,), 'output/kernel': (4, 1), 'output/bias': (1,)}
        >>> weights["lstm/bias"].tolist()
        [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """
    weights: Weights = {}
    gates = 4 if cell == "lstm" else 3
    for layer in directions:
        weights[f"{layer}/kernel"] = glorot_uniform(generator, features, gates * units)
        weights[f"{layer}/recurrent_kernel"] = _orthogonal(generator, units, gates * units)
        weights[f"{layer}/bias"] = _lstm_bias(units) if cell == "lstm" else np.zeros((2, gates * units), np.float32)
    return weights | dense_weights(generator, len(directions) * units, dense, outputs)


def dense_weights(generator: np.random.Generator, width: int, dense: Sequence[int], outputs: int) -> Weights:
    """Fresh weights of hidden dense layers ``dense_0``, ``dense_1``, … and of the layer ``output``.

    Args:
        generator: Source of the draws.
        width: Width of what goes in.
        dense: Widths of the hidden layers.
        outputs: Width of the last layer.
    """
    weights: Weights = {}
    for name, size in [*((f"dense_{number}", size) for number, size in enumerate(dense)), ("output", outputs)]:
        weights[f"{name}/kernel"] = glorot_uniform(generator, width, size)
        weights[f"{name}/bias"] = np.zeros(size, np.float32)
        width = size
    return weights


def glorot_uniform(generator: np.random.Generator, fan_in: int, fan_out: int) -> NDArray[np.float32]:
    """A kernel, ``float32[fan_in, fan_out]``."""
    return _glorot(generator, fan_in, fan_out, (fan_in, fan_out))


def glorot_convolution(generator: np.random.Generator, taps: int, channels: int, filters: int) -> NDArray[np.float32]:
    """A kernel of a convolution over time, ``float32[tap, channel, filter]``."""
    return _glorot(generator, taps * channels, taps * filters, (taps, channels, filters))


def _glorot(generator: np.random.Generator, fan_in: int, fan_out: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    limit = np.sqrt(6 / (fan_in + fan_out))
    return generator.uniform(-limit, limit, shape).astype(np.float32)


def _lstm_bias(units: int) -> NDArray[np.float32]:
    bias = np.zeros(4 * units, np.float32)
    bias[units : 2 * units] = 1
    return bias


def _orthogonal(generator: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    tall = generator.standard_normal((max(height, width), min(height, width)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))  # makes the draw uniform among the orthogonal ones
    return np.ascontiguousarray(q.T if height < width else q, dtype=np.float32)
