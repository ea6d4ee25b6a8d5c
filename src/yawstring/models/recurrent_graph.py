"""The ONNX graph of a recurrent network: one ``LSTM`` or ``GRU`` node, dense layers, a softmax."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yawstring.models.base import INPUT_NAME
from yawstring.models.graph import (
    Arrays,
    Attribute,
    Constants,
    Node,
    as_arrays,
    check_shapes,
    dense_graph,
    dense_shapes,
    size,
    write_graph,
)

ONNX_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (0, 1, 2)}
"""Where ONNX's gates stand among Keras's: of an LSTM input, output, forget, cell among input, forget, cell, output;
of a GRU both have update, reset, hidden."""

LAYERS = {
    ("lstm",): "LSTM",
    ("forward_lstm", "backward_lstm"): "LSTM",
    ("gru",): "GRU",
    ("forward_gru", "backward_gru"): "GRU",
}
"""Operator by the names of the recurrent layers."""


def recurrent_graph(weights: Mapping[str, ArrayLike], *, length: int) -> bytes:
    """The graph of an LSTM or GRU over a window, its last state, dense layers (relu) and a sigmoid or softmax head.

    Args:
        weights: In Keras's names and layout, ``F`` features, ``U`` units: ``lstm/kernel`` [F, 4U],
            ``lstm/recurrent_kernel`` [U, 4U] and ``lstm/bias`` [4U], gates in the order input, forget, cell, output; or
            ``gru/kernel`` [F, 3U], ``gru/recurrent_kernel`` [U, 3U] and ``gru/bias`` [2, 3U], gates update, reset,
            hidden; or two such layers, ``forward_lstm`` and ``backward_lstm``, likewise for a GRU. Then
            ``dense_0/kernel``, ``dense_0/bias``, ``dense_1/kernel``, …; ``output/kernel`` and ``output/bias``. One
            output is a sigmoid's, which the graph turns into two columns ``[1 - p, p]``; more are a softmax's.
        length: Rows in a window.

    Returns:
        Octets of an ONNX model, the same for the same weights.

    Raises:
        OptionError: A weight is missing, is not known, or its shape does not fit the others.
        MissingExtraError: The ``onnx`` package is not installed.

    Example:
        >>> weights = {"lstm/kernel": np.ones((3, 8)), "lstm/recurrent_kernel": np.ones((2, 8)),
        ...            "lstm/bias": np.zeros(8), "output/kernel": np.zeros((2, 1)), "output/bias": np.zeros(1)}
        >>> from yawstring.models.scoring import open_scorer
        >>> open_scorer(recurrent_graph(weights, length=5))(np.ones((4, 5, 3), np.float32)).shape
        (4, 2)
    """
    arrays = as_arrays(weights)
    layers = next((names for names in LAYERS if f"{names[0]}/kernel" in arrays), ("lstm",))
    features, units = _check(arrays, layers)
    constants, nodes = _recurrent(arrays, layers, units)
    head, layers_above, classes = dense_graph(arrays, "state")
    return write_graph([*nodes, *layers_above], constants | head, shape=(length, features), classes=classes)


def _check(arrays: Arrays, layers: tuple[str, ...]) -> tuple[int, int]:
    """Features and units; refuses weights whose shapes do not fit each other."""
    features, units = size(arrays, f"{layers[0]}/kernel", 0), size(arrays, f"{layers[0]}/recurrent_kernel", 0)
    operator = LAYERS[layers]
    width = len(ONNX_GATES[operator]) * units
    shapes = dense_shapes(arrays, len(layers) * units)
    for layer in layers:
        shapes |= {
            f"{layer}/kernel": (features, width),
            f"{layer}/recurrent_kernel": (units, width),
            f"{layer}/bias": (width,) if operator == "LSTM" else (2, width),
        }
    check_shapes("a recurrent network", arrays, shapes)
    return features, units


def _recurrent(arrays: Arrays, layers: tuple[str, ...], units: int) -> tuple[Constants, list[Node]]:
    """Constants and nodes that turn the input into ``state``, ``float32[window, unit]``.

    ONNX Runtime takes time first only (``layout=1`` is refused on CPU), hence the Transpose.
    """
    operator = LAYERS[layers]

    def stacked(part: str) -> NDArray[np.float32]:
        return np.stack([_onnx_gates(arrays[f"{layer}/{part}"], operator) for layer in layers])

    bias = stacked("bias")
    constants: Constants = {
        "W": stacked("kernel").swapaxes(1, 2),
        "R": stacked("recurrent_kernel").swapaxes(1, 2),
        # ONNX has a second bias, for the recurrent product; Keras's LSTM has the one, its GRU both.
        "B": np.concatenate([bias, np.zeros_like(bias)], axis=1) if bias.ndim == 2 else bias.reshape(len(layers), -1),
    }
    attributes: dict[str, Attribute] = {"hidden_size": units}
    if operator == "GRU":
        attributes["linear_before_reset"] = 1
    if len(layers) == 2:
        attributes["direction"] = "bidirectional"
    nodes = [
        Node(op="Transpose", inputs=[INPUT_NAME], outputs=["steps"], attributes={"perm": [1, 0, 2]}),
        Node(op=operator, inputs=["steps", "W", "R", "B"], outputs=["", "last"], attributes=attributes),
    ]
    if len(layers) == 1:
        constants["direction"] = np.zeros(1, np.int64)
        return constants, [*nodes, Node(op="Squeeze", inputs=["last", "direction"], outputs=["state"])]
    nodes += [
        Node(op="Transpose", inputs=["last"], outputs=["states"], attributes={"perm": [1, 0, 2]}),
        Node(op="Flatten", inputs=["states"], outputs=["state"], attributes={"axis": 1}),
    ]
    return constants, nodes


def _onnx_gates(array: NDArray[np.float32], operator: str) -> NDArray[np.float32]:
    gates = ONNX_GATES[operator]
    parts = np.split(array, len(gates), axis=-1)
    return np.concatenate([parts[gate] for gate in gates], axis=-1)
