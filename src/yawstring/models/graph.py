"""ONNX graphs built node by node: the one form in which a detector is scored.

Operators are those of ONNX (https://onnx.ai/onnx/operators/), opset 17 and ``ai.onnx.ml`` 3, which every ONNX Runtime
since 1.14 reads. What differs between Keras's layout of weights and ONNX's is settled in the constants, once, so that
the running graph is not made to do it for every window.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

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

Constants: TypeAlias = dict[str, NDArray[np.generic]]
"""Constants of a graph by name."""

Arrays: TypeAlias = Mapping[str, NDArray[np.float32]]
"""Weights by name."""

Attribute = int | float | str | Sequence[int] | Sequence[float] | Sequence[str] | NDArray[np.generic]


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


def as_arrays(weights: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.float32]]:
    """Weights as ``float32``."""
    return {name: np.asarray(value, np.float32) for name, value in weights.items()}


def dense_layers(arrays: Arrays) -> list[str]:
    """Names of the dense layers in order, the output layer last."""
    return [*(f"dense_{index}" for index in range(sum(name.startswith("dense_") for name in arrays) // 2)), "output"]


def dense_shapes(arrays: Arrays, width: int) -> dict[str, tuple[int, ...]]:
    """Shapes that the weights of the dense layers must have, where ``width`` values go into the first."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in dense_layers(arrays):
        outputs = arrays[f"{layer}/bias"].size if f"{layer}/bias" in arrays else 0
        shapes |= {f"{layer}/kernel": (width, outputs), f"{layer}/bias": (outputs,)}
        width = outputs
    return shapes


def check_shapes(network: str, arrays: Arrays, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse weights that are missing, not known, or do not fit each other.

    Args:
        network: What the network is called in the message.
        arrays: Weights by name.
        shapes: The shape each must have; all that there are.

    Raises:
        OptionError: Names the weight.
    """
    if odd := sorted(set(shapes) ^ set(arrays)):
        raise OptionError(f"weights of {network}: missing or not known: {', '.join(odd)}")
    for name, shape in shapes.items():
        if arrays[name].shape != shape or 0 in shape:
            raise OptionError(f"weight '{name}' has the shape {arrays[name].shape}, expected {shape}")


def size(arrays: Arrays, name: str, axis: int) -> int:
    """Length of an axis of a weight; 0 where there is no such weight or axis, which no shape allows."""
    shape = arrays[name].shape if name in arrays else ()
    return shape[axis] if axis < len(shape) else 0


def dense_graph(arrays: Arrays, value: str) -> tuple[Constants, list[Node], int]:
    """Constants and nodes of the hidden dense layers and of the head, a softmax; and the number of classes.

    One output is a sigmoid's, which the graph turns into two columns ``[1 - p, p]``; more are a softmax's.

    Args:
        arrays: Weights by name; those of other layers are not looked at.
        value: Name of what goes in, ``float32[window, unit]``.
    """
    constants: Constants = {}
    nodes: list[Node] = []
    for layer in dense_layers(arrays)[:-1]:
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
    return constants, nodes, kernel.shape[1]


def _head(kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Kernel and bias for a softmax: a sigmoid of z is the softmax of [0, z].

    One node fewer than a sigmoid, a difference and a concatenation; and ONNX Runtime's softmax keeps the digits of a
    small probability, which its sigmoid rounds to a step of about 6e-8.
    """
    if kernel.shape[1] > 1:
        return kernel, bias
    return np.hstack([np.zeros_like(kernel), kernel]), np.hstack([np.zeros_like(bias), bias])
