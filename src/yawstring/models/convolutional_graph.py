"""The ONNX graph of a convolutional network: ``Conv`` nodes, pooling over time, dense layers, a softmax."""

from collections.abc import Mapping, Sequence

from numpy.typing import ArrayLike

from yawstring.models.base import INPUT_NAME
from yawstring.models.graph import (
    Arrays,
    Constants,
    Node,
    as_arrays,
    check_shapes,
    dense_graph,
    dense_shapes,
    size,
    write_graph,
)


def convolutional_graph(
    weights: Mapping[str, ArrayLike], *, length: int, dilations: Sequence[int], causal: bool
) -> bytes:
    """The graph of convolutions over time (relu), mean and maximum over the window, dense layers and a head.

    What goes into a convolution is added to what comes out of its rectifier, but for the first.

    Args:
        weights: ``F`` features, ``K`` taps, ``C`` filters: ``conv_0/kernel`` [K, F, C] and ``conv_0/bias`` [C], then
            ``conv_1/kernel`` [K, C, C], …; the first dense layer takes the C means, then the C maxima. The rest as for
            :func:`~yawstring.models.dense_graph.window_graph`.
        length: Rows in a window.
        dilations: Of each convolution.
        causal: Noughts stand before the window only; else as many on either side as Keras's ``"same"`` has.

    Returns:
        Octets of an ONNX model, the same for the same weights.

    Raises:
        OptionError: A weight is missing, is not known, or its shape does not fit the others.
        MissingExtraError: The ``onnx`` package is not installed.

    Example:
        >>> import numpy as np
        >>> from yawstring.models.scoring import open_scorer
        >>> weights = {"conv_0/kernel": np.ones((3, 4, 2)), "conv_0/bias": np.zeros(2),
        ...            "output/kernel": np.zeros((4, 1)), "output/bias": np.zeros(1)}
        >>> open_scorer(convolutional_graph(weights, length=5, dilations=(1,), causal=True)).shape
        (5, 4)
    """
    arrays = as_arrays(weights)
    taps, features, filters = (size(arrays, "conv_0/kernel", axis) for axis in range(3))
    shapes = dense_shapes(arrays, 2 * filters)
    for block in range(len(dilations)):
        shapes[f"conv_{block}/kernel"] = (taps, filters if block else features, filters)
        shapes[f"conv_{block}/bias"] = (filters,)
    check_shapes("a convolutional network", arrays, shapes)
    constants, nodes, value = _convolutions(arrays, dilations, causal=causal)
    head, layers, classes = dense_graph(arrays, "pooled")
    nodes += [
        Node(op="GlobalAveragePool", inputs=[value], outputs=["mean"]),
        Node(op="GlobalMaxPool", inputs=[value], outputs=["maximum"]),
        Node(op="Concat", inputs=["mean", "maximum"], outputs=["both"], attributes={"axis": 1}),
        Node(op="Flatten", inputs=["both"], outputs=["pooled"], attributes={"axis": 1}),
        *layers,
    ]
    return write_graph(nodes, constants | head, shape=(length, features), classes=classes)


def _convolutions(arrays: Arrays, dilations: Sequence[int], *, causal: bool) -> tuple[Constants, list[Node], str]:
    """Constants and nodes of the blocks, and the name of what comes out, ``float32[window, filter, time]``."""
    constants: Constants = {}
    nodes = [Node(op="Transpose", inputs=[INPUT_NAME], outputs=["channels"], attributes={"perm": [0, 2, 1]})]
    value = "channels"
    for block, dilation in enumerate(dilations):
        kernel, bias = arrays[f"conv_{block}/kernel"], arrays[f"conv_{block}/bias"]
        total = (len(kernel) - 1) * dilation
        before = total if causal else total // 2
        constants |= {f"conv_{block}/W": kernel.transpose(2, 1, 0), f"conv_{block}/B": bias}
        nodes += [
            Node(
                op="Conv",
                inputs=[value, f"conv_{block}/W", f"conv_{block}/B"],
                outputs=[f"conv_{block}/sum"],
                attributes={"dilations": [dilation], "pads": [before, total - before]},
            ),
            Node(op="Relu", inputs=[f"conv_{block}/sum"], outputs=[f"conv_{block}"]),
        ]
        if block:
            nodes.append(Node(op="Add", inputs=[f"conv_{block}", value], outputs=[f"block_{block}"]))
        value = f"block_{block}" if block else f"conv_{block}"
    return constants, nodes, value
