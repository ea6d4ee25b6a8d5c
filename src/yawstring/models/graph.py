"""ONNX graphs built node by node: the one form in which a detector is scored.

Operators are those of ONNX (https://onnx.ai/onnx/operators/), opset 17 and ``ai.onnx.ml`` 3, which every ONNX Runtime
since 1.14 reads. A recurrent network is one ``LSTM`` node; what differs between Keras's layout of weights and ONNX's is
settled in the constants, once, so that the running graph is not made to do it for every window.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yawstring.errors import MissingExtraError, OptionError
from yawstring.models.base import INPUT_NAME, OUTPUT_NAME

OPSET = 17
"""Version of ONNX's own operators."""

ML_DOMAIN = "ai.onnx.ml"
ML_OPSET = 3
"""Version of the operators of :data:`ML_DOMAIN`, where ensembles of trees live."""

IR_VERSION = 8
"""Version of the file format: the one that came with opset 17."""

GATES = 4
KERAS_TO_ONNX_GATES = (0, 3, 1, 2)
"""Where ONNX's gates (input, output, forget, cell) stand among Keras's (input, forget, cell, output)."""

Attribute = int | str | Sequence[int] | Sequence[float] | Sequence[str] | NDArray[np.generic]


@dataclass(frozen=True, kw_only=True)
class Node:
    """One operator of a graph.

    Attributes:
        op: Operator's name.
        inputs: Names of values or constants it reads.
        outputs: Names of values it makes; ``""`` for one that nobody reads.
        attributes: Attributes by name; arrays of integers or floats may be of any length.
        domain: ``""`` for ONNX's own operators.
    """

    op: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    domain: str = ""


def write_graph(
    nodes: Sequence[Node],
    constants: Mapping[str, NDArray[np.generic]],
    *,
    shape: Sequence[int],
    classes: int,
) -> bytes:
    """The octets of an ONNX model that reads :data:`INPUT_NAME` and gives :data:`OUTPUT_NAME`.

    Args:
        nodes: Operators in the order they run.
        constants: Constants by name.
        shape: Shape of one window (time, feature) or of one row (feature).
        classes: Columns of the output.

    Returns:
        The same octets for the same arguments.

    Raises:
        MissingExtraError: The ``onnx`` package is not installed. Scoring needs none of it.

    Example:
        >>> octets = write_graph([Node(op="Softmax", inputs=["windows"], outputs=["probabilities"])], {},
        ...                      shape=(2,), classes=2)
        >>> from yawstring.models.scoring import open_scorer
        >>> open_scorer(octets)(np.zeros((1, 2), np.float32)).tolist()
        [[0.5, 0.5]]
    """
    try:
        from onnx import NodeProto, TensorProto, helper, numpy_helper
    except ImportError as error:
        raise MissingExtraError("onnx", extra="train", needed_for="writing a detector's graph") from error

    def node_proto(node: Node) -> NodeProto:
        made = helper.make_node(node.op, node.inputs, node.outputs, domain=node.domain)
        made.attribute.extend(
            # Sorted: protobuf writes attributes in the order they come.
            helper.make_attribute(name, value.tolist() if isinstance(value, np.ndarray) else value)
            for name, value in sorted(node.attributes.items())
        )
        return made

    graph = helper.make_graph(
        [node_proto(node) for node in nodes],
        "yawstring",
        [helper.make_tensor_value_info(INPUT_NAME, TensorProto.FLOAT, ["window", *shape])],
        [helper.make_tensor_value_info(OUTPUT_NAME, TensorProto.FLOAT, ["window", classes])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )
    opsets = {"": OPSET} | {node.domain: ML_OPSET for node in nodes if node.domain == ML_DOMAIN}
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in opsets.items()],
        ir_version=IR_VERSION,
        producer_name="yawstring",
    )
    octets: bytes = model.SerializeToString(deterministic=True)
    return octets


def lstm_graph(weights: Mapping[str, ArrayLike], *, length: int) -> bytes:
    """The graph of an LSTM over a window, its last state, dense layers (relu) and a sigmoid or softmax head.

    Args:
        weights: In Keras's names and layout, ``F`` features, ``U`` units: ``lstm/kernel`` [F, 4U],
            ``lstm/recurrent_kernel`` [U, 4U] and ``lstm/bias`` [4U], gates in the order input, forget, cell, output;
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
        >>> open_scorer(lstm_graph(weights, length=5))(np.ones((4, 5, 3), np.float32)).shape
        (4, 2)
    """
    arrays = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    layers = _layers(arrays)
    features, units = _check(arrays, layers)
    constants, nodes = _lstm(arrays, units)
    value = "state"
    for layer in layers[:-1]:
        constants |= {f"{layer}/kernel": arrays[f"{layer}/kernel"], f"{layer}/bias": arrays[f"{layer}/bias"]}
        nodes += [
            Node(op="Gemm", inputs=[value, f"{layer}/kernel", f"{layer}/bias"], outputs=[f"{layer}/sum"]),
            Node(op="Relu", inputs=[f"{layer}/sum"], outputs=[layer]),
        ]
        value = layer
    kernel, bias = _head(arrays["output/kernel"], arrays["output/bias"])
    constants |= {"output/kernel": kernel, "output/bias": bias}
    nodes += [
        Node(op="Gemm", inputs=[value, "output/kernel", "output/bias"], outputs=["logits"]),
        Node(op="Softmax", inputs=["logits"], outputs=[OUTPUT_NAME], attributes={"axis": 1}),
    ]
    return write_graph(nodes, constants, shape=(length, features), classes=kernel.shape[1])


def _layers(arrays: Mapping[str, NDArray[np.float32]]) -> list[str]:
    """Names of the dense layers in order, the output layer last; refuses missing and unknown weights."""
    hidden = [f"dense_{index}" for index in range(sum(name.startswith("dense_") for name in arrays) // 2)]
    layers = [*hidden, "output"]
    expected = {"lstm/kernel", "lstm/recurrent_kernel", "lstm/bias"}
    expected |= {f"{layer}/{part}" for layer in layers for part in ("kernel", "bias")}
    if odd := sorted(expected ^ set(arrays)):
        raise OptionError(f"weights of an LSTM: missing or not known: {', '.join(odd)}")
    return layers


def _check(arrays: Mapping[str, NDArray[np.float32]], layers: Sequence[str]) -> tuple[int, int]:
    """Features and units; refuses weights whose shapes do not fit each other."""
    features = arrays["lstm/kernel"].shape[0] if arrays["lstm/kernel"].ndim else 0
    units = arrays["lstm/recurrent_kernel"].shape[0] if arrays["lstm/recurrent_kernel"].ndim else 0
    shapes: dict[str, tuple[int, ...]] = {
        "lstm/kernel": (features, GATES * units),
        "lstm/recurrent_kernel": (units, GATES * units),
        "lstm/bias": (GATES * units,),
    }
    width = units
    for layer in layers:
        outputs = arrays[f"{layer}/bias"].size
        shapes |= {f"{layer}/kernel": (width, outputs), f"{layer}/bias": (outputs,)}
        width = outputs
    for name, shape in shapes.items():
        if arrays[name].shape != shape or 0 in shape:
            raise OptionError(f"weight '{name}' has the shape {arrays[name].shape}, expected {shape}")
    return features, units


def _lstm(arrays: Mapping[str, NDArray[np.float32]], units: int) -> tuple[dict[str, NDArray[np.generic]], list[Node]]:
    """Constants and nodes that turn the input into ``state``, ``float32[window, unit]``.

    ONNX Runtime's LSTM takes time first only (``layout=1`` is refused on CPU), hence the Transpose.
    """
    bias = _onnx_gates(arrays["lstm/bias"])
    constants: dict[str, NDArray[np.generic]] = {
        "lstm/W": _onnx_gates(arrays["lstm/kernel"]).T[None],
        "lstm/R": _onnx_gates(arrays["lstm/recurrent_kernel"]).T[None],
        # ONNX has a second bias, for the recurrent product; Keras's LSTM has the one.
        "lstm/B": np.concatenate([bias, np.zeros_like(bias)])[None],
        "direction": np.zeros(1, np.int64),
    }
    nodes = [
        Node(op="Transpose", inputs=[INPUT_NAME], outputs=["steps"], attributes={"perm": [1, 0, 2]}),
        Node(
            op="LSTM",
            inputs=["steps", "lstm/W", "lstm/R", "lstm/B"],
            outputs=["", "last"],
            attributes={"hidden_size": units},
        ),
        Node(op="Squeeze", inputs=["last", "direction"], outputs=["state"]),
    ]
    return constants, nodes


def _onnx_gates(array: NDArray[np.float32]) -> NDArray[np.float32]:
    parts = np.split(array, GATES, axis=-1)
    return np.concatenate([parts[gate] for gate in KERAS_TO_ONNX_GATES], axis=-1)


def _head(kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Kernel and bias for a softmax: a sigmoid of z is the softmax of [0, z].

    One node fewer than a sigmoid, a difference and a concatenation; and ONNX Runtime's softmax keeps the digits of a
    small probability, which its sigmoid rounds to a step of about 6e-8.
    """
    if kernel.shape[1] > 1:
        return kernel, bias
    return np.hstack([np.zeros_like(kernel), kernel]), np.hstack([np.zeros_like(bias), bias])
