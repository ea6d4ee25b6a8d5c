"""The ONNX graph of a dense network over a whole window: its rows end to end, dense layers, a softmax."""

from collections.abc import Mapping

from numpy.typing import ArrayLike

from yawstring.errors import OptionError
from yawstring.models.base import INPUT_NAME
from yawstring.models.graph import (
    Node,
    as_arrays,
    check_shapes,
    dense_graph,
    dense_layers,
    dense_shapes,
    size,
    write_graph,
)


def window_graph(weights: Mapping[str, ArrayLike], *, length: int) -> bytes:
    """The graph of dense layers (relu) over a window laid end to end, with a sigmoid or softmax head.

    Args:
        weights: ``dense_0/kernel`` [length × F, U], ``dense_0/bias`` [U], ``dense_1/kernel``, …; ``output/kernel`` and
            ``output/bias``. One output is a sigmoid's, more are a softmax's.
        length: Rows in a window.

    Returns:
        Octets of an ONNX model, the same for the same weights.

    Raises:
        OptionError: A weight is missing, is not known, or its shape does not fit the others or the window.
        MissingExtraError: The ``onnx`` package is not installed.

    Example:
        >>> import numpy as np
        >>> from yawstring.models.scoring import open_scorer
        >>> weights = {"output/kernel": np.zeros((6, 3)), "output/bias": np.zeros(3)}
        >>> open_scorer(window_graph(weights, length=2)).shape
        (2, 3)
    """
    arrays = as_arrays(weights)
    first = f"{dense_layers(arrays)[0]}/kernel"
    width = size(arrays, first, 0)
    check_shapes("a dense network", arrays, dense_shapes(arrays, width))
    if width % length:
        raise OptionError(f"weight '{first}' takes {width} values, which are no {length} rows")
    constants, nodes, classes = dense_graph(arrays, "flat")
    flatten = Node(op="Flatten", inputs=[INPUT_NAME], outputs=["flat"], attributes={"axis": 1})
    return write_graph([flatten, *nodes], constants, shape=(length, width // length), classes=classes)
