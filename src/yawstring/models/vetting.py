"""Refuses an ONNX file that could do more than score, before ONNX Runtime sees it.

A graph may come from anywhere, and ONNX can name files to read, operators of other libraries, functions and loops. The
octets are read as protobuf against the few fields of ``onnx.proto`` (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto)
that matter here, so that none of this needs the ``onnx`` package.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import BundleError

GRAPH_OCTETS_MAX = 256 << 20
"""Largest graph that is looked at; a forest of 100 trees on 30,000 noisy rows takes a tenth of it."""

TREES = ("ai.onnx.ml", "TreeEnsembleClassifier")

MISSING = ("", "IsNaN")
"""The operator that makes something of a missing value; a graph without it takes none."""

TREE_DEPTH_MAX = 4096
"""Deepest tree; ONNX Runtime reads a tree by recursion, and one of 100,000 levels ends the process. A power of two."""

BRANCH, LEAF = b"BRANCH_LEQ", b"LEAF"

OPERATORS = frozenset(
    {
        ("", "Abs"),
        ("", "Add"),  # attention: positions and residuals
        ("", "Cast"),
        ("", "Concat"),  # cnn: means beside maxima
        ("", "Conv"),
        ("", "CumSum"),
        ("", "Div"),
        ("", "Exp"),
        ("", "Flatten"),  # mlp: the rows of a window; lstm: the states of both directions
        ("", "GRU"),
        ("", "Gather"),
        ("", "GatherElements"),
        ("", "Gemm"),
        ("", "GlobalAveragePool"),
        ("", "GlobalMaxPool"),
        MISSING,
        ("", "LSTM"),
        ("", "LayerNormalization"),  # attention
        ("", "MatMul"),  # attention: products over more than two axes
        ("", "Max"),
        ("", "Min"),
        ("", "Mul"),
        ("", "ReduceMax"),
        ("", "ReduceMin"),
        ("", "Relu"),
        ("", "Reshape"),  # attention: heads
        ("", "Slice"),
        ("", "Softmax"),
        ("", "Sqrt"),
        ("", "Squeeze"),
        ("", "Sub"),
        ("", "Transpose"),
        ("", "Where"),
        TREES,
    }
)
"""Domain and name of every operator a detector may use. None loops, none takes a size from the data; what a product or
a chain of them may allocate is not bounded here."""

DOMAINS = frozenset(domain for domain, _ in OPERATORS)

Message: TypeAlias = Any
"""A protobuf message whose class is made while running; one field holds a list, whatever its name."""

FIELDS: dict[str, dict[str, tuple[int, str]]] = {
    "Model": {
        "graph": (7, "Graph"),
        "opset_import": (8, "Opset"),
        "training_info": (20, "Any"),
        "functions": (25, "Any"),
    },
    "Opset": {"domain": (1, "")},
    "Graph": {"node": (1, "Node"), "initializer": (5, "Tensor"), "sparse_initializer": (15, "Any")},
    "Node": {"op_type": (4, ""), "attribute": (5, "Attribute"), "domain": (7, "")},
    "Attribute": {
        "name": (1, ""),
        "t": (5, "Tensor"),
        "g": (6, "Any"),
        "ints": (8, "int"),
        "strings": (9, ""),
        "tensors": (10, "Tensor"),
        "graphs": (11, "Any"),
        "sparse_tensor": (22, "Any"),
        "sparse_tensors": (23, "Any"),
    },
    "Tensor": {"external_data": (13, "Any"), "data_location": (14, "int")},
    "Any": {},
}
"""Fields by message: number and type (a message, ``""`` for octets, ``"int"``). All are read as repeated."""


def vet(graph: bytes) -> frozenset[tuple[str, str]]:
    """Refuse a graph that is damaged, too large, or holds anything that a detector has no use for.

    Args:
        graph: Octets of an ONNX model.

    Returns:
        Domain and name of every operator in it.

    Raises:
        BundleError: Says what was found, in one line.

    Example:
        >>> vet(b"no graph")
        Traceback (most recent call last):
        ...
        yawstring.errors.BundleError: the graph is damaged: it is no ONNX model
    """
    if len(graph) > GRAPH_OCTETS_MAX:
        raise BundleError(f"the graph has {len(graph):,} octets; at most {GRAPH_OCTETS_MAX:,} are read")
    model = _parse(graph)
    for found in _objections(model):
        raise BundleError(f"the graph is not one of a detector: it has {found}")
    return frozenset((_text(node.domain), _text(node.op_type)) for graph in model.graph for node in graph.node)


def _objections(model: Message) -> Iterator[str]:
    if model.functions or model.training_info:
        yield "functions or training steps of its own"
    for opset in model.opset_import:
        if (domain := _text(opset.domain)) not in DOMAINS:
            yield f"operators of the domain '{domain}'"
    for graph in model.graph:
        if graph.sparse_initializer:
            yield "sparse constants"
        yield from _tensors(graph.initializer)
        for node in graph.node:
            yield from _node(node)


def _node(node: Message) -> Iterator[str]:
    domain, operator = _text(node.domain), _text(node.op_type)
    if (domain, operator) not in OPERATORS:
        yield f"the operator '{'.'.join(filter(None, (domain, operator)))}'"
    for attribute in node.attribute:
        if attribute.g or attribute.graphs:
            yield f"a graph inside the operator '{operator}'"
        if attribute.sparse_tensor or attribute.sparse_tensors:
            yield "sparse constants"
        yield from _tensors(attribute.t)
        yield from _tensors(attribute.tensors)
    if (domain, operator) == TREES and not _sound(node):
        yield f"trees that are not laid out as trees of at most {TREE_DEPTH_MAX} levels"


def _tensors(tensors: Message) -> Iterator[str]:
    if any(tensor.external_data or any(tensor.data_location) for tensor in tensors):
        yield "constants in another file"


def _sound(node: Message) -> bool:
    """Whether trees stand one after another, each node once, parents before children, none too deep."""
    named = {_text(attribute.name): attribute for attribute in node.attribute}
    wanted = ("nodes_treeids", "nodes_nodeids", "nodes_truenodeids", "nodes_falsenodeids")
    if len(named) < len(node.attribute) or not named.keys() >= {*wanted, "nodes_modes"}:
        return False
    modes = named["nodes_modes"].strings
    tree, number, *sides = (np.array(named[name].ints, np.int64) for name in wanted)
    if not 0 < len(modes) == len(tree) == len(number) == len(sides[0]) == len(sides[1]) or set(modes) - {BRANCH, LEAF}:
        return False
    places = np.arange(len(tree))
    roots = np.flatnonzero(np.diff(tree, prepend=-1))
    if not np.array_equal(tree[roots], np.arange(len(roots))):
        return False
    inner = np.flatnonzero(np.array([mode == BRANCH for mode in modes]))
    children = np.concatenate([side[inner] + roots[tree[inner]] for side in sides])
    parents = np.tile(inner, 2)
    return (
        np.array_equal(number, places - roots[tree])
        and bool(np.all((parents < children) & (children < np.append(roots, len(tree))[tree[parents] + 1])))
        # As many children as nodes that are no root, and none twice: every node has its one parent.
        and np.array_equal(np.sort(children), np.delete(places, roots))
        and _shallow(places, parents, children)
    )


def _shallow(places: NDArray[np.int64], parents: NDArray[np.int64], children: NDArray[np.int64]) -> bool:
    """Whether every node reaches its root in fewer than :data:`TREE_DEPTH_MAX` steps, by doubling the steps."""
    above = places.copy()
    above[children] = parents
    for _ in range(TREE_DEPTH_MAX.bit_length() - 1):
        above = above[above]
    return np.array_equal(above[above], above)


def _text(values: Sequence[bytes]) -> str:
    """What a singular field holds: the last of its values, as protobuf has it; escaped, for it may hold anything."""
    text = values[-1].decode("utf-8", "backslashreplace") if values else ""
    shown = text if text.isprintable() else ascii(text)
    return "" if shown == "ai.onnx" else shown[:80]


def _parse(graph: bytes) -> Message:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    from google.protobuf.message import DecodeError

    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="vetting.proto", package="vetting", syntax="proto2")
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            made = message.field.add(name=field, number=number, label=kinds.LABEL_REPEATED)
            if kind in FIELDS:
                made.type, made.type_name = kinds.TYPE_MESSAGE, f".vetting.{kind}"
            else:
                made.type = kinds.TYPE_INT64 if kind else kinds.TYPE_BYTES
    # A pool of its own: the default one is a global, and the onnx package keeps its messages there.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    model = message_factory.GetMessageClass(pool.FindMessageTypeByName("vetting.Model"))()
    try:
        model.ParseFromString(graph)
    except DecodeError as error:
        raise BundleError("the graph is damaged: it is no ONNX model") from error
    return model
