"""How large every value of a detector's graph becomes, told before anything is run.

One rule an operator (https://onnx.ai/onnx/operators/, opset 17), no wider than our families use it: a graph that uses
it in another way is refused. With a number put in for the batch every size is a plain product. No rule lets a size
shrink as the batch grows, so that what is told for the largest batch holds for every smaller one.

What a rule tells beyond an operator's outputs is what ONNX Runtime allocates to work with.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple, TypeAlias

from yawstring.errors import BundleError
from yawstring.models.nodes import INT64

Shape: TypeAlias = tuple[int, ...]

RANK_MAX = 6

NUMBERS_MAX = 1 << 26
"""Most numbers in all values of a graph together, while a batch is scored: 512 MiB of the widest."""

READ_MAX = 64
"""Longest constant whose numbers a rule reads: a shape, axes, ends of a slice."""


class Value(NamedTuple):
    """What is known of a value: its shape, and its numbers where it is a short constant of integers."""

    shape: Shape
    numbers: tuple[int, ...] | None = None


Attributes: TypeAlias = Mapping[str, Any]
Tell: TypeAlias = Callable[[Sequence[Value], Attributes], Sequence[Shape]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How an operator may stand in a graph.

    Attributes:
        tell: From inputs and attributes to shapes; raises :class:`BundleError`.
        inputs: How many there may be.
        outputs: How many of the shapes are outputs.
        attributes: Names of those it may have.
    """

    tell: Tell
    inputs: range
    outputs: int = 1
    attributes: frozenset[str] = frozenset()


def apply(rule: Rule, inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    """Shapes of what an operator makes, outputs first.

    Raises:
        BundleError: Inputs or attributes do not fit, or a value would be empty.

    Example:
        >>> apply(RULES["", "Gemm"], [Value((256, 55)), Value((55, 64)), Value((64,))], {})
        [(256, 64)]
    """
    _need(len(inputs) in rule.inputs and attributes.keys() <= rule.attributes)
    shapes = rule.tell(inputs, attributes)
    # An empty value ends ONNX Runtime's process in more than one operator.
    _need(all(len(shape) <= RANK_MAX and prod(shape) >= 1 for shape in shapes))
    return shapes


def _need(fits: bool) -> None:
    if not fits:
        raise BundleError("it does not fit what it is given")


def _axis(value: object, rank: int) -> int:
    if not isinstance(value, int) or not -rank <= value < rank:
        raise BundleError(f"{value} is no axis of its input")
    return value % rank


def _numbers(value: Value) -> tuple[int, ...]:
    if value.numbers is None:
        raise BundleError("sizes or axes must be constants")
    return value.numbers


def _merged(*shapes: Shape) -> Shape:
    """What shapes are stretched to when they meet: the last axes face each other."""
    rank = max(map(len, shapes))
    merged = []
    for sizes in zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True):
        wide = {size for size in sizes if size != 1}
        _need(len(wide) <= 1)
        merged.append(wide.pop() if wide else 1)
    return tuple(merged)


def _same(inputs: Sequence[Value], _: Attributes) -> Sequence[Shape]:
    return [inputs[0].shape]


def _stretched(inputs: Sequence[Value], _: Attributes) -> Sequence[Shape]:
    return [_merged(*(value.shape for value in inputs))]


def _where(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    # Each side is made whole before they are joined.
    return [*_stretched(inputs, attributes)] * 3


def _cast(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    _need(attributes.get("to") == INT64)
    return [inputs[0].shape]


def _concat(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    first = inputs[0].shape
    axis = _axis(attributes.get("axis"), len(first))
    _need(len({(shape[:axis], shape[axis + 1 :]) for shape, _ in inputs}) == 1)
    return [(*first[:axis], sum(shape[axis] for shape, _ in inputs), *first[axis + 1 :])]


def _conv(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    """Over one axis, with noughts around that keep its length."""
    shape, kernel, bias = (value.shape for value in inputs)
    pads, dilations = attributes.get("pads", (0, 0)), attributes.get("dilations", (1,))
    _need(len(shape) == len(kernel) == 3 and len(pads) == 2 and len(dilations) == 1)
    batch, channels, length = shape
    filters, read, taps = kernel
    _need(read == channels and bias == (filters,) and min(pads) >= 0 and dilations[0] >= 1)
    _need(sum(pads) == (taps - 1) * dilations[0] <= NUMBERS_MAX)
    return [(batch, filters, length), (channels, taps, length)]


def _flatten(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    axis = _axis(attributes.get("axis", 1), len(inputs[0].shape))
    return [(prod(inputs[0].shape[:axis]), prod(inputs[0].shape[axis:]))]


def _gather(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    shape, places = (value.shape for value in inputs)
    axis = _axis(attributes.get("axis", 0), len(shape))
    return [shape[:axis] + places + shape[axis + 1 :]]


def _gather_elements(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    shape, places = (value.shape for value in inputs)
    axis = _axis(attributes.get("axis", 0), len(shape))
    _need(len(shape) == len(places))
    _need(all(place <= size for at, (place, size) in enumerate(zip(places, shape, strict=True)) if at != axis))
    return [places]


def _gemm(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    left, right = inputs[0].shape, inputs[1].shape
    _need(len(left) == len(right) == 2)
    left = left[::-1] if attributes.get("transA") else left
    right = right[::-1] if attributes.get("transB") else right
    out = (left[0], right[1])
    _need(left[1] == right[0] and _merged(out, *(value.shape for value in inputs[2:])) == out)
    return [out]


def _mat_mul(inputs: Sequence[Value], _: Attributes) -> Sequence[Shape]:
    left, right = (value.shape for value in inputs)
    _need(min(len(left), len(right)) >= 2 and left[-1] == right[-2])
    stack = _merged(left[:-2], right[:-2])
    return [(*stack, left[-2], right[-1]), (3, *stack)]  # where each product's three matrices lie


def _pooled(inputs: Sequence[Value], _: Attributes) -> Sequence[Shape]:
    _need(len(inputs[0].shape) == 3)
    return [(*inputs[0].shape[:2], 1)]


def _recurrent(gates: int) -> Tell:
    def tell(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
        """Outputs: the state at each time, the last state, and of an LSTM the last cell."""
        shape, kernel, recurrent, bias = (value.shape for value in inputs)
        ways = 2 if attributes.get("direction", b"forward") == b"bidirectional" else 1
        units = int(attributes.get("hidden_size", 0))
        _need(len(shape) == 3 and units > 0)
        time, batch, width = shape
        _need(kernel == (ways, gates * units, width) and recurrent == (ways, gates * units, units))
        _need(bias == (ways, 2 * gates * units))
        last = (ways, batch, units)
        return [(time, *last), last, last, (time, ways, batch, gates, units)]

    return tell


def _normalised(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    shape, gamma, beta = (value.shape for value in inputs)
    _need(bool(shape) and gamma == beta == shape[-1:] and attributes.get("axis", -1) == -1)
    return [shape, (*shape[:-1], 2)]


def _reduced(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    """Over axes that stay, of length 1. The input may be turned round first."""
    shape = inputs[0].shape
    axes = {_axis(axis, len(shape)) for axis in attributes.get("axes", ())}
    _need(bool(axes) and attributes.get("keepdims", 1) == 1)
    return [tuple(1 if axis in axes else size for axis, size in enumerate(shape)), shape]


def _reshaped(inputs: Sequence[Value], _: Attributes) -> Sequence[Shape]:
    """A nought keeps the axis that stands there, and one -1 takes what is left."""
    shape, wanted = inputs[0].shape, list(_numbers(inputs[1]))
    _need(min(wanted, default=0) >= -1 and wanted.count(-1) <= 1)
    for axis, size in enumerate(wanted):
        if size == 0:
            wanted[axis] = shape[_axis(axis, len(shape))]
    known = prod(size for size in wanted if size != -1)
    made = tuple(prod(shape) // known if size == -1 else size for size in wanted)
    _need(prod(made) == prod(shape))
    return [made]


def _sliced(inputs: Sequence[Value], _: Attributes) -> Sequence[Shape]:
    made = list(inputs[0].shape)
    starts, ends, axes = (_numbers(value) for value in inputs[1:])
    # Counted from the end, a slice could grow as the batch shrinks.
    _need(min((*starts, *ends), default=0) >= 0)
    _need(len(starts) == len(ends) == len(axes) == len({_axis(axis, len(made)) for axis in axes}))
    for start, end, axis in zip(starts, ends, axes, strict=True):
        made[axis] = len(range(*slice(start, end).indices(made[axis])))
    return [tuple(made)]


def _softmax(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    # Over another axis than the last, the input is turned round and back.
    shape = inputs[0].shape
    return [shape] * (1 if _axis(attributes.get("axis", -1), len(shape)) == len(shape) - 1 else 3)


def _squeezed(inputs: Sequence[Value], _: Attributes) -> Sequence[Shape]:
    shape = inputs[0].shape
    gone = {_axis(axis, len(shape)) for axis in _numbers(inputs[1])}
    _need(all(shape[axis] == 1 for axis in gone))
    return [tuple(size for axis, size in enumerate(shape) if axis not in gone)]


def _transposed(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    shape, axes = inputs[0].shape, attributes.get("perm", ())
    _need(sorted(axes) == list(range(len(shape))))
    return [tuple(shape[axis] for axis in axes)]


def _voted(inputs: Sequence[Value], attributes: Attributes) -> Sequence[Shape]:
    """Outputs: a label a row, and the votes."""
    shape, classes = inputs[0].shape, len(attributes.get("classlabels_int64s", ()))
    # ONNX Runtime reads whatever feature a node names.
    read = attributes.get("nodes_featureids", ())
    _need(len(shape) == 2 and classes >= 2 and min(read, default=0) >= 0 and max(read, default=0) < shape[1])
    return [shape[:1], (shape[0], classes), (shape[0], classes, 2)]


TREES = ("ai.onnx.ml", "TreeEnsembleClassifier")

MISSING = ("", "IsNaN")
"""The operator that makes something of a missing value; a graph without it takes none."""

INTEGER, FLOAT, WORD, INTEGERS, FLOATS, WORDS = "i", "f", "s", "ints", "floats", "strings"

TREE_NODES = {
    "nodes_treeids": INTEGERS,
    "nodes_nodeids": INTEGERS,
    "nodes_featureids": INTEGERS,
    "nodes_values": FLOATS,
    "nodes_modes": WORDS,
    "nodes_truenodeids": INTEGERS,
    "nodes_falsenodeids": INTEGERS,
    "nodes_missing_value_tracks_true": INTEGERS,
}
TREE_VOTES = {
    "class_treeids": INTEGERS,
    "class_nodeids": INTEGERS,
    "class_ids": INTEGERS,
    "class_weights": FLOATS,
}
"""Attributes of trees: a value for each node, and for each vote of a leaf."""

ATTRIBUTES = {
    "axis": INTEGER,
    "axes": INTEGERS,
    "dilations": INTEGERS,
    "direction": WORD,
    "epsilon": FLOAT,
    "hidden_size": INTEGER,
    "keepdims": INTEGER,
    "linear_before_reset": INTEGER,
    "pads": INTEGERS,
    "perm": INTEGERS,
    "to": INTEGER,
    "transA": INTEGER,
    "transB": INTEGER,
    **TREE_NODES,
    **TREE_VOTES,
    "classlabels_int64s": INTEGERS,
    "post_transform": WORD,
}
"""Kind of every attribute's value, the same whatever the operator."""

TREE_ATTRIBUTES = {*TREE_NODES, *TREE_VOTES, "classlabels_int64s", "post_transform"}

ONE, TWO, THREE, FOUR = (range(count, count + 1) for count in range(1, 5))


def _rule(tell: Tell, inputs: range, attributes: str = "", outputs: int = 1) -> Rule:
    return Rule(tell=tell, inputs=inputs, outputs=outputs, attributes=frozenset(attributes.split()))


RULES: Mapping[tuple[str, str], Rule] = {
    ("", "Abs"): _rule(_same, ONE),
    ("", "Add"): _rule(_stretched, TWO),  # attention: positions and residuals
    ("", "Cast"): _rule(_cast, ONE, "to"),
    ("", "Concat"): _rule(_concat, range(1, 65), "axis"),  # cnn: means beside maxima
    ("", "Conv"): _rule(_conv, THREE, "dilations pads"),
    ("", "CumSum"): _rule(_same, TWO),
    ("", "Div"): _rule(_stretched, TWO),
    ("", "Exp"): _rule(_same, ONE),
    ("", "Flatten"): _rule(_flatten, ONE, "axis"),  # mlp: the rows of a window; lstm: the states of both directions
    ("", "GRU"): _rule(_recurrent(3), FOUR, "hidden_size direction linear_before_reset", outputs=2),
    ("", "Gather"): _rule(_gather, TWO, "axis"),
    ("", "GatherElements"): _rule(_gather_elements, TWO, "axis"),
    ("", "Gemm"): _rule(_gemm, range(2, 4), "transA transB"),
    ("", "GlobalAveragePool"): _rule(_pooled, ONE),
    ("", "GlobalMaxPool"): _rule(_pooled, ONE),
    MISSING: _rule(_same, ONE),
    ("", "LSTM"): _rule(_recurrent(4), FOUR, "hidden_size direction", outputs=3),
    ("", "LayerNormalization"): _rule(_normalised, THREE, "axis epsilon"),  # attention
    ("", "MatMul"): _rule(_mat_mul, TWO),  # attention: products over more than two axes
    ("", "Max"): _rule(_stretched, TWO),
    ("", "Min"): _rule(_stretched, TWO),
    ("", "Mul"): _rule(_stretched, TWO),
    ("", "ReduceMax"): _rule(_reduced, ONE, "axes keepdims"),
    ("", "ReduceMin"): _rule(_reduced, ONE, "axes keepdims"),
    ("", "Relu"): _rule(_same, ONE),
    ("", "Reshape"): _rule(_reshaped, TWO),  # attention: heads
    ("", "Slice"): _rule(_sliced, FOUR),
    ("", "Softmax"): _rule(_softmax, ONE, "axis"),
    ("", "Sqrt"): _rule(_same, ONE),
    ("", "Squeeze"): _rule(_squeezed, TWO),
    ("", "Sub"): _rule(_stretched, TWO),
    ("", "Transpose"): _rule(_transposed, ONE, "perm"),
    ("", "Where"): _rule(_where, THREE),
    TREES: Rule(tell=_voted, inputs=ONE, outputs=2, attributes=frozenset(TREE_ATTRIBUTES)),
}
"""Every operator a detector may use, by domain and name. None loops, none takes a size from the data."""
