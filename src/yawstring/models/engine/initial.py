"""Keras's initialisers in NumPy, and Keras's names and layout for the weights.

Glorot and Bengio (2010) for input and dense kernels, Saxe et al. (2014) for the recurrent one, zeros for biases with
the forget gate's at one (Jozefowicz et al., 2015): the defaults of ``keras.layers.LSTM`` and ``keras.layers.Dense``.
NumPy draws them, so that nothing is compiled for it and every machine draws the same.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]


def initial_weights(
    generator: np.random.Generator, features: int, units: int, dense: Sequence[int], outputs: int
) -> Weights:
    """Fresh weights under Keras's names, gates in Keras's order i, f, c, o.

    Args:
        generator: Source of the draws.
        features: Features of a row.
        units: Width of the LSTM.
        dense: Widths of the hidden dense layers.
        outputs: Width of the last layer: 1 for a sigmoid, else the number of classes.

    Example:
        >>> weights = initial_weights(np.random.default_rng(0), 3, 2, (4,), 1)
        >>> {name: array.shape for name, array in weights.items()}  # doctest: +NORMALIZE_WHITESPACE
        {'lstm/kernel': (3, 8), 'lstm/recurrent_kernel': (2, 8), 'lstm/bias': (8,), 'dense_0/kernel': (2, 4),
         'dense_0/bias': (4,), 'output/kernel': (4, 1), 'output/bias': (1,)}
        >>> weights["lstm/bias"].tolist()
        [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """
    bias = np.zeros(4 * units, np.float32)
    bias[units : 2 * units] = 1
    weights = {
        "lstm/kernel": _glorot_uniform(generator, features, 4 * units),
        "lstm/recurrent_kernel": _orthogonal(generator, units, 4 * units),
        "lstm/bias": bias,
    }
    width = units
    for name, size in [*((f"dense_{number}", size) for number, size in enumerate(dense)), ("output", outputs)]:
        weights[f"{name}/kernel"] = _glorot_uniform(generator, width, size)
        weights[f"{name}/bias"] = np.zeros(size, np.float32)
        width = size
    return weights


def _glorot_uniform(generator: np.random.Generator, fan_in: int, fan_out: int) -> NDArray[np.float32]:
    limit = np.sqrt(6 / (fan_in + fan_out))
    return generator.uniform(-limit, limit, (fan_in, fan_out)).astype(np.float32)


def _orthogonal(generator: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    tall = generator.standard_normal((max(height, width), min(height, width)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))  # makes the draw uniform among the orthogonal ones
    return np.ascontiguousarray(q.T if height < width else q, dtype=np.float32)
