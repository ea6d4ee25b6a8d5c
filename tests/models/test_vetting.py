"""A graph that would take more memory than stated, or read where nothing is, is refused before it runs."""

import json
import subprocess
import sys

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import contract
from yawstring.errors import BundleError
from yawstring.models import shapes
from yawstring.models.base import Windows
from yawstring.models.forest_graph import forest_graph
from yawstring.models.graph import Node, write_graph
from yawstring.models.nodes import Nodes
from yawstring.models.registry import make_family
from yawstring.models.scoring import BATCH, open_scorer
from yawstring.models.vetting import PARTS_MAX, vet

FEATURES = 4
NEVER_MORE = 1 << 30
"""Octets that a process may grow by while it vets, opens and scores: every number at its widest, twice over."""


def written(nodes, value, *, shape=(FEATURES,), classes=FEATURES):
    """The graph whose value goes through a softmax."""
    nodes.add("Softmax", value, out="probabilities", axis=1)
    return write_graph(nodes.nodes, nodes.constants, shape=shape, classes=classes)


def refused(graph, word):
    with pytest.raises(BundleError, match=word) as caught:
        vet(graph, batch=BATCH)
    assert len(str(caught.value).splitlines()) == 1


def doubled_rows(times):
    nodes, value = Nodes(), "windows"
    for number in range(times):
        value = nodes.add("Concat", value, value, out=f"twice_{number}", axis=0)
    value = nodes.add("ReduceMax", value, out="most", axes=[0], keepdims=1)
    return written(nodes, nodes.add("Add", "windows", value, out="sum"))


def outer(times):
    """A column against a row, and again: every product as wide as both."""
    nodes = Nodes()
    column = nodes.constant("column", np.ones((4096, 1), np.float32))
    row = nodes.constant("row", np.ones((1, 4096), np.float32))
    value = nodes.add("Add", column, row, out="square")
    for number in range(times):
        value = nodes.add("Mul", value, value, out=f"square_{number}")
    value = nodes.add("ReduceMax", value, out="most", axes=[0, 1], keepdims=1)
    return written(nodes, nodes.add("Add", "windows", value, out="sum"))


def gathered():
    nodes = Nodes()
    places = nodes.constant("places", np.zeros(1 << 17, np.int64))
    value = nodes.add("Gather", "windows", places, out="wide", axis=1)
    value = nodes.add("ReduceMax", value, out="most", axes=[1], keepdims=1)
    return nodes, nodes.add("Add", "windows", value, out="sum")


def gathered_twice():
    nodes, value = gathered()
    wide = nodes.add("Gather", "wide", "places", out="wider", axis=0)
    del wide
    return written(nodes, value)


def padded():
    nodes = Nodes()
    kernel = nodes.constant("kernel", np.ones((4, 4, 1), np.float32))
    bias = nodes.constant("bias", np.zeros(4, np.float32))
    value = nodes.add("Transpose", "windows", out="channels", perm=[0, 2, 1])
    value = nodes.add("Conv", value, kernel, bias, out="padded", pads=[1 << 40, 0], dilations=[1])
    pooled = nodes.add("Flatten", nodes.add("GlobalMaxPool", value, out="most"), out="flat", axis=1)
    return written(nodes, pooled, shape=(3, FEATURES))


def on_windows(op, *constants, **attributes):
    """One node on the graph's input and constants, and its output's softmax."""
    nodes = Nodes()
    names = [nodes.constant(f"constant_{number}", value) for number, value in enumerate(constants)]
    return written(nodes, nodes.add(op, "windows", *names, out="made", **attributes))


def long(*numbers):
    return np.array(numbers, np.int64)


LARGE = {
    "a chain of Concat": doubled_rows(24),
    "a longer chain of Concat": doubled_rows(4000),
    "broadcasts": outer(40),
    "a product over a product": gathered_twice(),
}

MISUSED = {
    "noughts without end": (padded(), "'Conv'"),
    "a shape from the data": (
        write_graph(
            [
                Node(op="Cast", inputs=["windows"], outputs=["shape"], attributes={"to": 7}),
                Node(op="Reshape", inputs=["windows", "shape"], outputs=["probabilities"]),
            ],
            {},
            shape=(FEATURES,),
            classes=FEATURES,
        ),
        "must be constants",
    ),
    "a shape that does not fit": (on_windows("Reshape", long(7, 4)), "'Reshape'"),
    "two free sizes": (on_windows("Reshape", long(-1, -1)), "'Reshape'"),
    "an empty slice": (on_windows("Slice", long(4), long(4), long(1)), "'Slice'"),
    "a slice that empties a single window": (on_windows("Slice", long(200), long(256), long(0)), "'Slice'"),
    "a slice from the end": (on_windows("Slice", long(-200), long(100), long(0)), "'Slice'"),
    "text": (on_windows("Cast", to=8), "'Cast'"),
    "a step of its own": (on_windows("Slice", long(0), long(4), long(1), long(1)), "'Slice'"),
    "an axis that is none": (on_windows("Flatten", axis=9), "'Flatten'"),
    "an axis that is no number": (on_windows("Concat", axis="x"), "attributes of 'Concat'"),
    "an attribute of another operator": (on_windows("Relu", axis=1), "'Relu'"),
    "too many inputs": (on_windows("Relu", long(1)), "'Relu'"),
    "inputs of other shapes": (on_windows("Add", np.zeros(3, np.float32)), "'Add'"),
    "a matrix of another height": (on_windows("MatMul", np.zeros((3, 4), np.float32)), "'MatMul'"),
    "nothing made": (
        write_graph(
            [Node(op="Relu", inputs=["nowhere"], outputs=["probabilities"])], {}, shape=(FEATURES,), classes=FEATURES
        ),
        "nothing made",
    ),
    "a name twice": (
        write_graph(
            [Node(op="Relu", inputs=["windows"], outputs=[name]) for name in ("a", "a", "probabilities")],
            {},
            shape=(FEATURES,),
            classes=FEATURES,
        ),
        "one name",
    ),
    "too many operators": (
        write_graph(
            [Node(op="Relu", inputs=["windows"], outputs=[f"v{number}"]) for number in range(PARTS_MAX + 1)],
            {},
            shape=(FEATURES,),
            classes=FEATURES,
        ),
        "4,096 operators",
    ),
    "one row for many windows": (on_windows("ReduceMax", axes=[0], keepdims=1), "one row a window"),
}


@pytest.mark.parametrize("name", LARGE)
def test_values_that_take_too_much_are_refused(name):
    refused(LARGE[name], "more than 67,108,864 numbers")


@pytest.mark.parametrize("name", MISUSED)
def test_an_operator_that_is_used_otherwise_is_refused(name):
    refused(*MISUSED[name])


def test_a_constant_of_fewer_numbers_than_it_says():
    model = onnx.load_from_string(on_windows("Add", np.zeros(4, np.float32)))
    model.graph.initializer[0].dims[:] = [1 << 40]
    refused(model.SerializeToString(), "its shape says")


# Trees, each spoilt in one attribute.

STUMP = {
    "tree": np.array([0, 0, 0, 1]),
    "feature": np.array([1, -1, -1, -1]),
    "threshold": np.array([0.5, 0, 0, 0], np.float32),
    "left": np.array([1, -1, -1, -1]),
    "right": np.array([2, -1, -1, -1]),
    "missing_left": np.zeros(4, np.bool_),
    "probabilities": np.array([[1, 0], [0, 1], [0.5, 0.5]], np.float32),
}


def spoilt(name, change):
    model = onnx.load_from_string(forest_graph(STUMP, features=2))
    attributes = {attribute.name: attribute for attribute in model.graph.node[0].attribute}
    change(attributes[name])
    return model.SerializeToString()


def first(value):
    def change(attribute):
        attribute.ints[0] = value

    return change


TREES_SPOILT = {
    "a feature that is none": ("nodes_featureids", first(2)),
    "a feature below the first": ("nodes_featureids", first(-1)),
    "a child before its parent": ("nodes_truenodeids", first(0)),
    "a child far away": ("nodes_falsenodeids", first(1 << 40)),
    "fewer thresholds": ("nodes_values", lambda a: a.floats.pop()),
    "fewer ways of the missing": ("nodes_missing_value_tracks_true", lambda a: a.ints.pop()),
    "a class that is none": ("class_ids", first(2)),
    "a class below the first": ("class_ids", first(-1)),
    "a vote of no tree": ("class_treeids", first(2)),
    "a vote of no node": ("class_nodeids", first(3)),
    "a vote of a branch": ("class_nodeids", first(0)),
    "fewer weights": ("class_weights", lambda a: a.floats.pop()),
    "another mode": ("nodes_modes", lambda a: a.strings.__setitem__(0, b"BRANCH_EQ")),
    "something done after": ("post_transform", lambda a: setattr(a, "s", b"PROBIT")),
    "one class": ("classlabels_int64s", lambda a: a.ints.pop()),
    "another attribute": ("post_transform", lambda a: setattr(a, "name", "base_values")),
    "another type": ("nodes_treeids", lambda a: setattr(a, "type", onnx.AttributeProto.FLOATS)),
}


@pytest.mark.parametrize("name", TREES_SPOILT)
def test_trees_that_point_nowhere_are_refused(name):
    open_scorer(forest_graph(STUMP, features=2))
    refused(spoilt(*TREES_SPOILT[name]), "trees|TreeEnsembleClassifier")


# What a rule tells is what ONNX's own inference tells, for every operator of every family.

NETWORKS = {
    "lstm": ("lstm", {"units": 8, "dense": (4,)}),
    "lstm, both ways": ("lstm", {"units": 8, "dense": (4,), "bidirectional": True}),
    "gru": ("lstm", {"units": 8, "dense": (4,), "cell": "gru"}),
    "cnn": ("cnn", {"filters": 8, "dilations": (1, 2), "dense": (4,)}),
    "attention": ("attention", {"width": 8, "heads": 4, "blocks": 2, "dense": (4,)}),
    "mlp": ("mlp", {"dense": (8,)}),
}
OTHERS = {
    "svm": {},
    "novelty": {},
    "window_forest": {"trees": 3, "recent": True},
    "boosting": {"rounds": 2, "leaf": 2},
    "forest": {"trees": 3},
}
KINDS = (*NETWORKS, *OTHERS)


def of_family(kind, windows):
    """A graph of a family; a network's weights are drawn, not learnt."""
    if kind in OTHERS:
        return make_family(kind, OTHERS[kind]).fit(windows, classes=2, seed=1).graph
    name, options = NETWORKS[kind]
    family = make_family(name, options)
    size = {"length": windows.length, "features": windows.rows.shape[1], "outputs": 1}
    return family.graph(family.initial(np.random.default_rng(0), **size), length=windows.length)


@pytest.fixture(scope="module")
def graphs():
    return {kind: of_family(kind, contract.draw()) for kind in KINDS}


def told(graph, batch, monkeypatch):
    """Shapes of all values by name, as our rules tell them."""
    found = {}
    nodes = iter(onnx.load_from_string(graph).graph.node)

    def watched(rule, inputs, attributes, apply=shapes.apply):
        made = apply(rule, inputs, attributes)
        found.update(zip(next(nodes).output, made, strict=False))
        return made

    with monkeypatch.context() as patch:
        patch.setattr("yawstring.models.vetting.apply", watched)
        from yawstring.models.vetting import _classes, _constants, _window, parse

        model = parse(graph)
        constants = _constants(model.graph)
        _classes(model.graph, constants, (batch, *_window(model.graph, constants)))
    return found


@pytest.mark.parametrize("batch", [1, 256])
@pytest.mark.parametrize("name", KINDS)
def test_shapes_are_those_that_onnx_infers(graphs, name, batch, monkeypatch):
    model = onnx.load_from_string(graphs[name])
    ours = told(graphs[name], batch, monkeypatch)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = batch
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    known = 0
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        sizes = value.type.tensor_type.shape.dim
        if value.type.tensor_type.HasField("shape") and all(size.HasField("dim_value") for size in sizes):
            assert ours[value.name] == tuple(size.dim_value for size in sizes), value.name
            known += 1
    assert known >= 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_window_is_scored_if_need_be_in_smaller_batches(kind):
    """A minute of rows, ten a second, of as many columns as there are signals."""
    rows = np.random.default_rng(0).normal(0, 1, (7200, 250)).astype(np.float32)
    windows = Windows(rows=rows, starts=np.arange(12) * 600, length=600, labels=np.arange(12) % 2)
    graph = of_family(kind, windows)
    assert (vet(graph, batch=BATCH).batch == BATCH) == (kind == "forest")
    assert open_scorer(graph).score(windows).shape == (12, 2)


# Memory, measured in a process of its own.

MEASURED = """
import json, sys
import numpy as np
from yawstring.errors import BundleError, TableError
from yawstring.models.recurrent_graph import recurrent_graph
from yawstring.models.scoring import open_scorer

def peak():
    # Not getrusage: what it tells, a process inherits from the one that started it.
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM"))

weights = {"lstm/kernel": np.ones((3, 8)), "lstm/recurrent_kernel": np.ones((2, 8)),
           "lstm/bias": np.zeros(8), "output/kernel": np.zeros((2, 2)), "output/bias": np.zeros(2)}
open_scorer(recurrent_graph(weights, length=5))(np.zeros((1, 5, 3), np.float32))
before, ends = peak(), []
for line in sys.stdin:
    try:
        scorer = open_scorer(bytes.fromhex(line))
        scorer(np.ones((scorer.batch, *scorer.shape), np.float32))
        ends.append("scored")
    except (BundleError, TableError) as error:
        ends.append(str(error))
print(json.dumps([peak() - before, ends]))
"""


def measured(graphs):
    """Octets that scoring all graphs took at most, beyond a small one, and how each ended."""
    lines = "\n".join(graph.hex() for graph in graphs)
    run = subprocess.run([sys.executable, "-c", MEASURED], input=lines, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def largest(make):
    """The largest graph of a kind that is not refused."""
    graph = make(1)
    for size in range(2, 100):
        try:
            vet(larger := make(size), batch=BATCH)
        except BundleError:
            return graph
        graph = larger
    raise AssertionError


def test_the_largest_graphs_take_no_more_than_stated():
    nodes, value = gathered()
    grown, ends = measured([largest(doubled_rows), largest(outer), written(nodes, value)])
    assert ends == ["scored"] * 3
    assert grown < NEVER_MORE


def test_a_changed_graph_is_refused_or_scores_in_the_memory_stated(graphs):
    random = np.random.default_rng(7)
    changed = []
    for graph in graphs.values():
        for _ in range(60):
            octets = np.frombuffer(graph, np.uint8).copy()
            places = random.integers(0, len(octets), random.integers(1, 4))
            octets[places] = random.integers(0, 256, len(places))
            changed.append(octets.tobytes())
    grown, ends = measured(changed)
    assert len(ends) == len(changed)
    assert 0.1 < np.mean([end == "scored" for end in ends]) < 0.9
    assert grown < NEVER_MORE


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_whatever_becomes_of_a_graph_vetting_says_so_in_one_line(graphs, data):
    graph = data.draw(st.sampled_from(list(graphs.values())))
    place = data.draw(st.integers(0, len(graph)))
    gone = data.draw(st.integers(0, 8))
    more = data.draw(st.binary(max_size=8))
    changed = graph[:place] + more + graph[place + gone :]
    try:
        vet(changed, batch=BATCH)
    except BundleError:
        refused(changed, ".")
