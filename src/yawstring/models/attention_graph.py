"""The ONNX graph of an attention network, from products, normalisations and softmaxes."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from yawstring.errors import OptionError
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

EPSILON = 1e-5
"""Added to the variance that a layer normalisation divides by."""


def attention_graph(weights: Mapping[str, ArrayLike], *, length: int, heads: int) -> bytes:
    """The graph of an embedding with positions, blocks of self-attention, the mean over the window, dense layers.

    Args:
        weights: ``F`` features, ``D`` the width, ``E`` the width inside a block: ``embedding/kernel`` [F, D],
            ``embedding/bias``, ``position`` [length, D]; of each ``block_0``, ``block_1``, …: ``attention_norm/gamma``
            [D] and ``/beta``, ``query/kernel`` [D, D] and ``/bias``, likewise ``key``, ``value`` and ``merge``,
            ``dense_norm``, ``expand/kernel`` [D, E], ``contract/kernel`` [E, D]; then ``norm``. The rest as for
            :func:`~yawstring.models.dense_graph.window_graph`.
        length: Rows in a window.
        heads: Heads of each block.

    Returns:
        Octets of an ONNX model, the same for the same weights.

    Raises:
        OptionError: A weight is missing, is not known, or its shape does not fit the others, the window or the heads.
        MissingExtraError: The ``onnx`` package is not installed.

    Example:
        >>> from yawstring.models.attention import Attention
        >>> from yawstring.models.scoring import open_scorer
        >>> weights = Attention(width=4).initial(np.random.default_rng(0), length=3, features=2, outputs=1)
        >>> open_scorer(attention_graph(weights, length=3, heads=2)).shape
        (3, 2)
    """
    arrays = as_arrays(weights)
    features, width = size(arrays, "embedding/kernel", 0), size(arrays, "embedding/kernel", 1)
    blocks = [f"block_{number}" for number in range(sum(name.endswith("/query/kernel") for name in arrays))]
    check_shapes("an attention network", arrays, _shapes(arrays, blocks, features, width, length))
    if width % heads:
        raise OptionError(f"{heads} heads cannot share a width of {width}")
    constants: Constants = {"position": arrays["position"]}
    nodes = [
        *_dense(arrays, constants, "embedding", INPUT_NAME, "embedded"),
        Node(op="Add", inputs=["embedded", "position"], outputs=["placed"]),
    ]
    value = "placed"
    for block in blocks:
        nodes += _attention(arrays, constants, block, value, length, heads)
        nodes += _inner(arrays, constants, block)
        value = f"{block}/out"
    head, layers, classes = dense_graph(arrays, "pooled")
    nodes += [
        _norm(arrays, constants, "norm", value),
        Node(op="Transpose", inputs=["norm"], outputs=["channels"], attributes={"perm": [0, 2, 1]}),
        Node(op="GlobalAveragePool", inputs=["channels"], outputs=["mean"]),
        Node(op="Flatten", inputs=["mean"], outputs=["pooled"], attributes={"axis": 1}),
        *layers,
    ]
    return write_graph(nodes, constants | head, shape=(length, features), classes=classes)


def _shapes(arrays: Arrays, blocks: list[str], features: int, width: int, length: int) -> dict[str, tuple[int, ...]]:
    shapes = dense_shapes(arrays, width)
    norms = ["norm"]
    layers = {"embedding": (features, width)}
    for block in blocks:
        inside = size(arrays, f"{block}/expand/kernel", 1)
        norms += [f"{block}/attention_norm", f"{block}/dense_norm"]
        layers |= {f"{block}/{part}": (width, width) for part in ("query", "key", "value", "merge")}
        layers |= {f"{block}/expand": (width, inside), f"{block}/contract": (inside, width)}
    for layer, shape in layers.items():
        shapes |= {f"{layer}/kernel": shape, f"{layer}/bias": shape[1:]}
    shapes |= {f"{norm}/{part}": (width,) for norm in norms for part in ("gamma", "beta")}
    return shapes | {"position": (length, width)}


def _attention(arrays: Arrays, constants: Constants, block: str, value: str, length: int, heads: int) -> list[Node]:
    """Nodes from ``value`` to ``{block}/seen``: the value and what attention adds to it."""
    width = len(arrays[f"{block}/attention_norm/gamma"])
    constants["apart"] = np.array([0, length, heads, width // heads])  # nought: as many windows as there are
    constants["together"] = np.array([0, length, width])
    # The scores' divisor is put into the queries' weights, where it costs nothing.
    scale = np.float32(np.sqrt(width // heads))
    scaled = {name: array / scale if name.startswith(f"{block}/query/") else array for name, array in arrays.items()}
    nodes = [_norm(arrays, constants, f"{block}/attention_norm", value)]
    for part, axes in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
        name = f"{block}/{part}"
        nodes += [
            *_dense(scaled, constants, name, f"{block}/attention_norm", name),
            Node(op="Reshape", inputs=[name, "apart"], outputs=[f"{name}/apart"]),
            Node(op="Transpose", inputs=[f"{name}/apart"], outputs=[f"{name}/heads"], attributes={"perm": axes}),
        ]
    return [
        *nodes,
        Node(op="MatMul", inputs=[f"{block}/query/heads", f"{block}/key/heads"], outputs=[f"{block}/scores"]),
        Node(op="Softmax", inputs=[f"{block}/scores"], outputs=[f"{block}/shares"], attributes={"axis": -1}),
        Node(op="MatMul", inputs=[f"{block}/shares", f"{block}/value/heads"], outputs=[f"{block}/mixed"]),
        Node(op="Transpose", inputs=[f"{block}/mixed"], outputs=[f"{block}/rows"], attributes={"perm": [0, 2, 1, 3]}),
        Node(op="Reshape", inputs=[f"{block}/rows", "together"], outputs=[f"{block}/heads"]),
        *_dense(arrays, constants, f"{block}/merge", f"{block}/heads", f"{block}/merged"),
        Node(op="Add", inputs=[value, f"{block}/merged"], outputs=[f"{block}/seen"]),
    ]


def _inner(arrays: Arrays, constants: Constants, block: str) -> list[Node]:
    """Nodes from ``{block}/seen`` to ``{block}/out``: the dense half of a block."""
    return [
        _norm(arrays, constants, f"{block}/dense_norm", f"{block}/seen"),
        *_dense(arrays, constants, f"{block}/expand", f"{block}/dense_norm", f"{block}/wide"),
        Node(op="Relu", inputs=[f"{block}/wide"], outputs=[f"{block}/bent"]),
        *_dense(arrays, constants, f"{block}/contract", f"{block}/bent", f"{block}/narrow"),
        Node(op="Add", inputs=[f"{block}/seen", f"{block}/narrow"], outputs=[f"{block}/out"]),
    ]


def _dense(arrays: Arrays, constants: Constants, layer: str, value: str, out: str) -> list[Node]:
    """A dense layer on every row; adds its weights to the constants."""
    constants |= {f"{layer}/kernel": arrays[f"{layer}/kernel"], f"{layer}/bias": arrays[f"{layer}/bias"]}
    return [
        Node(op="MatMul", inputs=[value, f"{layer}/kernel"], outputs=[f"{layer}/product"]),
        Node(op="Add", inputs=[f"{layer}/product", f"{layer}/bias"], outputs=[out]),
    ]


def _norm(arrays: Arrays, constants: Constants, layer: str, value: str) -> Node:
    """A normalisation of every row, under the layer's name; adds its weights to the constants."""
    constants |= {f"{layer}/gamma": arrays[f"{layer}/gamma"], f"{layer}/beta": arrays[f"{layer}/beta"]}
    return Node(
        op="LayerNormalization",
        inputs=[value, f"{layer}/gamma", f"{layer}/beta"],
        outputs=[layer],
        attributes={"axis": -1, "epsilon": EPSILON},
    )
