"""Refuses an ONNX file that could do more than score, before ONNX Runtime sees it.

A graph may come from anywhere, and ONNX can name files to read, operators of other libraries, functions and loops; a
chain of plain additions can ask for more memory than there is. So a graph is read by our own means
(:mod:`yawstring.models.onnx_octets`), may use the operators of :mod:`yawstring.models.shapes` alone, as our families
use them, and the size of every value it makes is told before it runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from yawstring.errors import BundleError
from yawstring.models.base import INPUT_NAME, OUTPUT_NAME
from yawstring.models.graph import ML_DOMAIN, ML_OPSET, OPSET
from yawstring.models.onnx_octets import Message, attributes_of, domain_of, parse, text
from yawstring.models.shapes import ATTRIBUTES, NUMBERS_MAX, READ_MAX, RULES, TREES, Shape, Value, apply
from yawstring.models.tree_operator import TREE_DEPTH_MAX, TREE_NODES_MAX, sound_trees

GRAPH_OCTETS_MAX = 256 << 20
"""Largest graph that is looked at; a forest of 100 trees on 30,000 noisy rows takes a tenth of it."""

PARTS_MAX = 4096
"""Most operators, and most constants; the deepest network of ours has a tenth of either."""

WINDOW_NUMBERS_MAX = 1 << 20
"""Most numbers in one window: a thousand rows of a thousand features."""

ROW_RANK, WINDOW_RANK = 2, 3

OPSETS = {"": OPSET, ML_DOMAIN: ML_OPSET}
"""Version of each domain: what an operator does depends on it."""

FLOAT, INT64 = 1, 7
CONSTANT_DTYPES: dict[int, np.dtype[np.float32] | np.dtype[np.int64]] = {FLOAT: np.dtype("<f4"), INT64: np.dtype("<i8")}
"""Dtypes of constants by ONNX's number."""


@dataclass(frozen=True, kw_only=True)
class Vetted:
    """What a graph says of itself, once nothing speaks against it.

    Attributes:
        operators: Domain and name of every operator in it.
        shape: Shape of one window (time, feature) or one row (feature).
        classes: Columns of the probabilities.
        batch: Windows that may be scored at once.
    """

    operators: frozenset[tuple[str, str]]
    shape: Shape
    classes: int
    batch: int


def vet(graph: bytes, *, batch: int) -> Vetted:
    """Refuse a graph that is damaged, too large, or holds anything that a detector has no use for.

    Args:
        graph: Octets of an ONNX model.
        batch: Windows to be scored at once; fewer where their values would be more than
            :data:`~yawstring.models.shapes.NUMBERS_MAX` numbers.

    Raises:
        BundleError: Says what was found, in one line.

    Example:
        >>> vet(b"no graph", batch=256)
        Traceback (most recent call last):
        ...
        yawstring.errors.BundleError: the graph is damaged: it is no ONNX model
    """
    if len(graph) > GRAPH_OCTETS_MAX:
        raise BundleError(f"the graph has {len(graph):,} octets; at most {GRAPH_OCTETS_MAX:,} are read")
    model = parse(graph)
    for found in _objections(model):
        raise BundleError(f"the graph is not one of a detector: it has {found}")
    constants = _constants(model.graph)
    shape = _window(model.graph, constants)
    classes = _classes(model.graph, constants, (1, *shape))
    if classes is None:
        raise BundleError(f"the graph makes more than {NUMBERS_MAX:,} numbers of a single window")
    while _classes(model.graph, constants, (batch, *shape)) is None:
        batch //= 2
    operators = frozenset(_operator(node) for node in model.graph.node)
    return Vetted(operators=operators, shape=shape, classes=classes, batch=batch)


def _operator(node: Message) -> tuple[str, str]:
    return domain_of(node.domain), text(node.op_type)


def _objections(model: Message) -> Iterator[str]:
    if model.functions or model.training_info:
        yield "functions or training steps of its own"
    for opset in model.opset_import:
        if OPSETS.get(domain := domain_of(opset.domain)) != opset.version:
            yield f"operators of the domain '{domain}' in version {opset.version}"
    graph = model.graph
    if graph.sparse_initializer or graph.value_info:
        yield "sparse constants, or sizes of values"
    if max(len(graph.node), len(graph.initializer)) > PARTS_MAX:
        yield f"more than {PARTS_MAX:,} operators or constants"
    if any(tensor.external_data or tensor.data_location for tensor in graph.initializer):
        yield "constants in another file"
    for node in graph.node:
        yield from _node(node)


def _node(node: Message) -> Iterator[str]:
    operator = _operator(node)
    if operator not in RULES:
        yield f"the operator '{'.'.join(filter(None, operator))}'"
    elif (attributes := attributes_of(node, ATTRIBUTES)) is None:
        yield f"attributes of '{operator[1]}' that no detector has"
    elif operator == TREES and not sound_trees(attributes):
        yield (
            f"trees that are not laid out as trees of at most {TREE_DEPTH_MAX} levels and {TREE_NODES_MAX:,} nodes, "
            "each vote that of a leaf"
        )


def _constants(graph: Message) -> dict[bytes, Value]:
    """Constants by name, as many numbers in each as its shape says."""
    found: dict[bytes, Value] = {}
    for tensor in graph.initializer:
        shape, dtype, octets = tuple(tensor.dims), CONSTANT_DTYPES.get(tensor.data_type), tensor.raw_data
        if dtype is None or min(shape, default=1) < 1 or prod(shape) * dtype.itemsize != len(octets):
            raise BundleError("the graph is damaged: a constant holds other numbers than its shape says")
        if tensor.name in found:
            raise BundleError("the graph is damaged: two constants have one name")
        short = tensor.data_type == INT64 and len(shape) <= 1 and prod(shape) <= READ_MAX
        numbers = tuple(np.frombuffer(octets, dtype).tolist()) if short else None
        found[tensor.name] = Value(shape, numbers)
    return found


def _window(graph: Message, constants: dict[bytes, Value]) -> Shape:
    """Shape of one window or row, once input and output are those of a detector."""
    inputs = [value for value in graph.input if value.name not in constants]
    names = ([value.name for value in inputs], [value.name for value in graph.output])
    if names != ([INPUT_NAME.encode()], [OUTPUT_NAME.encode()]):
        raise BundleError(f"the graph must read '{INPUT_NAME}' and give '{OUTPUT_NAME}' and no more")
    sides = [_fixed(value.type.tensor_type) for value in (inputs[0], graph.output[0])]
    (shape, classes) = sides
    if len(shape) + 1 not in (ROW_RANK, WINDOW_RANK) or len(classes) != 1 or classes[0] < 2:
        raise BundleError("the graph must turn windows or rows into two or more probabilities each")
    if max(prod(shape), classes[0]) > WINDOW_NUMBERS_MAX:
        raise BundleError(f"the graph takes or gives more than {WINDOW_NUMBERS_MAX:,} numbers a window")
    return shape


def _fixed(kind: Message) -> Shape:
    """Sizes after the first, which must be free; empty for a value that cannot be a batch of floats."""
    sizes = [size.dim_value for size in kind.shape.dim]
    batch = kind.elem_type == FLOAT and bool(sizes) and not kind.shape.dim[0].HasField("dim_value")
    return tuple(sizes[1:]) if batch and min(sizes[1:], default=1) > 0 else ()


def _classes(graph: Message, constants: dict[bytes, Value], batch: Shape) -> int | None:
    """Classes that a batch is scored for; ``None`` where that takes more numbers than may be.

    Raises:
        BundleError: Shapes do not fit, or no probabilities come out.
    """
    values = constants | {INPUT_NAME.encode(): Value(batch)}
    numbers = prod(batch)
    for node in graph.node:
        operator = _operator(node)
        rule = RULES[operator]
        try:
            inputs = [values[given] for given in node.input]
            shapes = apply(rule, inputs, attributes_of(node, ATTRIBUTES) or {})
        except KeyError as error:
            raise BundleError(f"the graph is damaged: '{operator[1]}' reads a value that nothing made") from error
        except BundleError as error:
            raise BundleError(f"the graph is damaged: '{operator[1]}': {error}") from error
        numbers += sum(map(prod, shapes))
        if numbers > NUMBERS_MAX:
            return None
        for given, shape in zip(node.output, shapes[: rule.outputs], strict=False):
            if given in values:
                raise BundleError("the graph is damaged: two values have one name")
            if given:
                values[given] = Value(shape)
    made = values.get(OUTPUT_NAME.encode(), Value(())).shape
    if len(made) != ROW_RANK or made[0] != batch[0] or made[1] < 2:
        raise BundleError("the graph gives no probabilities: they must be one row a window that sums to 1")
    return made[1]
