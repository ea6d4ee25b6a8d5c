"""Scores do not depend on how windows are cut into batches, and only a detector's graph is ever run."""

import threading

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from support import lstm_weights
from yawstring.errors import BundleError, OptionError, TableError
from yawstring.models import scoring, vetting
from yawstring.models.base import Windows
from yawstring.models.graph import Node, write_graph
from yawstring.models.recurrent_graph import recurrent_graph
from yawstring.models.scoring import open_scorer

LENGTH, FEATURES = 4, 5
GRAPH = recurrent_graph(lstm_weights.draw(outputs=3), length=LENGTH)
SMALL = recurrent_graph(lstm_weights.draw(features=2, units=2, dense=(2,)), length=2)


@pytest.fixture(scope="module")
def scorer():
    return open_scorer(GRAPH)


def cut(rows, step=1):
    starts = np.arange(0, len(rows) - LENGTH + 1, step)
    return Windows(rows=rows, starts=starts, length=LENGTH, labels=np.zeros(len(starts), np.int64))


def draw_rows(count=1300, seed=2):
    return np.random.default_rng(seed).normal(0, 1, (count, FEATURES)).astype(np.float32)


class TestScores:
    def test_windows_give_what_their_array_gives(self, scorer):
        windows = cut(draw_rows(), step=3)
        assert np.array_equal(scorer.score(windows), scorer(windows.gather()))

    @settings(deadline=None, max_examples=30)
    @given(cuts=st.lists(st.integers(0, 300), max_size=8), threads=st.sampled_from([1, 2]))
    def test_any_chunking_gives_the_same_bits(self, cuts, threads):
        array = cut(draw_rows(303)).gather()
        parts = np.split(array, sorted(cuts))
        scores = np.concatenate([open_scorer(GRAPH, threads=threads)(part) for part in parts])
        assert np.array_equal(scores, open_scorer(GRAPH)(array))

    def test_one_by_one_gives_the_same_bits_at_the_notebooks_size(self):
        scorer = open_scorer(recurrent_graph(lstm_weights.draw(features=55, units=64, dense=(64,), size=0.1), length=5))
        array = np.random.default_rng(0).normal(0, 1, (1024, 5, 55)).astype(np.float32)
        assert np.array_equal(scorer(array), np.concatenate([scorer(window[None]) for window in array]))

    def test_more_windows_than_a_batch(self, scorer, monkeypatch):
        windows = cut(draw_rows())
        whole = scorer.score(windows)
        monkeypatch.setattr(scoring, "BATCH", 7)
        assert np.array_equal(open_scorer(GRAPH).score(windows), whole)
        assert whole.shape == (len(windows), 3)

    def test_no_window_gives_no_score(self, scorer):
        assert scorer(np.empty((0, LENGTH, FEATURES), np.float32)).shape == (0, 3)
        assert scorer.score(cut(draw_rows()[:0])).shape == (0, 3)

    def test_a_graph_of_rows_sees_the_last_row_alone(self):
        rows = open_scorer(
            write_graph([Node(op="Softmax", inputs=["windows"], outputs=["probabilities"])], {}, shape=(5,), classes=5)
        )
        windows = cut(draw_rows(), step=2)
        powers = np.exp(windows.last_rows())
        assert rows.reads == "row"
        np.testing.assert_allclose(rows.score(windows), powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)

    def test_threads_share_a_scorer(self, scorer):
        array = cut(draw_rows()).gather()
        expected, found = scorer(array), []
        workers = [threading.Thread(target=lambda: found.append(scorer(array))) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(found) == 4
        assert all(np.array_equal(scores, expected) for scores in found)


class TestArraysRefused:
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("place", [(0, 0, 0), (6, LENGTH - 1, FEATURES - 1)])
    def test_a_window_with_no_number(self, scorer, value, place):
        array = cut(draw_rows(10)).gather()
        array[place] = value
        with pytest.raises(TableError, match="finite"):
            scorer(array)

    @pytest.mark.parametrize("shape", [(2, LENGTH), (2, LENGTH, FEATURES + 1), (2, LENGTH + 1, FEATURES), (2, 1, 1, 1)])
    def test_another_shape(self, scorer, shape):
        with pytest.raises(OptionError, match=r"takes float32\[n, 4, 5\]"):
            scorer(np.zeros(shape, np.float32))

    def test_another_dtype(self, scorer):
        with pytest.raises(OptionError, match="float64"):
            scorer(np.zeros((1, LENGTH, FEATURES)))

    def test_windows_of_another_length_or_width(self, scorer):
        short = Windows(rows=draw_rows(), starts=np.arange(3), length=LENGTH - 1, labels=np.zeros(3, np.int64))
        with pytest.raises(OptionError, match="windows of 3, 5"):
            scorer.score(short)
        with pytest.raises(OptionError, match="windows of 4, 4"):
            scorer.score(cut(draw_rows()[:, :4]))

    def test_no_thread(self):
        with pytest.raises(OptionError, match="threads"):
            open_scorer(GRAPH, threads=0)


def changed(change):
    model = onnx.load_from_string(GRAPH)
    change(model)
    return model.SerializeToString()


def tensor(name="far"):
    made = numpy_helper.from_array(np.zeros(1, np.float32), name)
    made.data_location = TensorProto.EXTERNAL
    made.external_data.add(key="location", value="/etc/hostname")
    return made


def half_external(*, place):
    """A constant that names a file, or one that says it is in one: either is enough to refuse."""
    made = numpy_helper.from_array(np.zeros(1, np.float32), "far")
    if place:
        made.data_location = TensorProto.EXTERNAL
    else:
        made.external_data.add(key="location", value="/etc/hostname")
    return made


def body():
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    return helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "inner", [value], [value])


def relu(**attributes):
    return helper.make_node("Relu", ["logits"], ["unused"], **attributes)


def rename(model, old, new):
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [new if name == old else name for name in names]
    for value in (*model.graph.input, *model.graph.output):
        value.name = new if value.name == old else value.name


HOSTILE = {
    "custom domain": (
        lambda m: m.graph.node.append(helper.make_node("Relu", ["a"], ["b"], domain="evil")),
        "evil.Relu",
    ),
    "custom opset": (lambda m: m.opset_import.append(helper.make_opsetid("com.microsoft", 1)), "com.microsoft"),
    "unknown operator": (lambda m: m.graph.node.append(helper.make_node("Loop", ["a"], ["b"])), "Loop"),
    "operator with line breaks": (lambda m: m.graph.node.append(helper.make_node("A\nB", ["a"], ["b"])), "A"),
    "external constant": (lambda m: m.graph.initializer.append(tensor()), "another file"),
    "external place": (lambda m: m.graph.initializer.append(half_external(place=True)), "another file"),
    "external name": (lambda m: m.graph.initializer.append(half_external(place=False)), "another file"),
    "external attribute": (lambda m: m.graph.node.append(relu(value=tensor())), "attributes of 'Relu'"),
    "external attributes": (lambda m: m.graph.node.append(relu(value=[tensor(), tensor()])), "attributes of 'Relu'"),
    "inner graph": (lambda m: m.graph.node.append(relu(body=body())), "attributes of 'Relu'"),
    "inner graphs": (lambda m: m.graph.node.append(relu(body=[body(), body()])), "attributes of 'Relu'"),
    "function": (lambda m: m.functions.add(name="f", domain="d"), "functions"),
    "training": (lambda m: m.training_info.add(), "training"),
    "sparse constant": (lambda m: m.graph.sparse_initializer.add(), "sparse"),
    "another input": (
        lambda m: m.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1])),
        "must read",
    ),
    "another output": (
        lambda m: m.graph.output.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["window", 3])),
        "must read",
    ),
    "input renamed": (lambda m: rename(m, "windows", "frames"), "must read"),
    "output renamed": (lambda m: rename(m, "probabilities", "scores"), "must read"),
    "fixed batch": (lambda m: m.graph.input[0].type.tensor_type.shape.dim[0].__setattr__("dim_value", 1), "must turn"),
    "free length": (
        lambda m: m.graph.input[0].type.tensor_type.shape.dim[1].__setattr__("dim_param", "t"),
        "must turn",
    ),
    "another shape of a weight": (lambda m: m.graph.initializer[0].dims.__setitem__(1, 1), "damaged"),
    "no graph": (lambda m: m.ClearField("graph"), "damaged"),
    "later format": (lambda m: m.opset_import[0].__setattr__("version", 9999), "version 9999"),
}


class TestGraphsRefused:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_one_that_does_more_than_score(self, name):
        change, word = HOSTILE[name]
        with pytest.raises(BundleError, match=word) as refused:
            open_scorer(changed(change))
        assert len(str(refused.value).splitlines()) == 1

    def test_no_probabilities(self):
        bias = {"bias": np.array([0.5, 0.6], np.float32), "kernel": np.eye(2, dtype=np.float32)}
        node = Node(op="Gemm", inputs=["windows", "kernel", "bias"], outputs=["probabilities"])
        with pytest.raises(BundleError, match="sums to 1"):
            open_scorer(write_graph([node], bias, shape=(2,), classes=2))

    def test_more_numbers_than_a_window_has(self):
        node = Node(op="Softmax", inputs=["windows"], outputs=["probabilities"])
        with pytest.raises(BundleError, match="more than 1,048,576 numbers"):
            open_scorer(write_graph([node], {}, shape=(1 << 40,), classes=1 << 40))

    def test_one_class(self):
        graph = write_graph(
            [Node(op="Softmax", inputs=["windows"], outputs=["probabilities"])], {}, shape=(1,), classes=1
        )
        with pytest.raises(BundleError, match="two or more"):
            open_scorer(graph)

    def test_the_format_of_onnx_runtime_itself(self, tmp_path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.optimized_model_filepath = str(tmp_path / "graph.ort")
        options.add_session_config_entry("session.save_model_format", "ORT")
        onnxruntime.InferenceSession(GRAPH, options, providers=["CPUExecutionProvider"])
        octets = (tmp_path / "graph.ort").read_bytes()
        assert octets[4:8] == b"ORTM"
        with pytest.raises(BundleError):
            open_scorer(octets)

    def test_a_graph_is_never_taken_for_that_format(self, scorer):
        # A field that ONNX does not know, so that the mark of the other format stands where it is looked for.
        array = cut(draw_rows(20)).gather()
        assert np.array_equal(open_scorer(b"\x7a\x06\0\0ORTM" + GRAPH)(array), scorer(array))

    def test_too_many_octets(self, monkeypatch):
        monkeypatch.setattr(vetting, "GRAPH_OCTETS_MAX", 10)
        with pytest.raises(BundleError, match="at most 10"):
            open_scorer(GRAPH)

    @settings(deadline=None, max_examples=60)
    @given(octets=st.binary(max_size=200))
    def test_random_octets(self, octets):
        with pytest.raises(BundleError):
            open_scorer(octets)

    @settings(deadline=None, max_examples=150, derandomize=True)
    @given(place=st.integers(0, len(SMALL) - 1), octet=st.integers(0, 255))
    def test_a_changed_octet_is_refused_or_scores(self, place, octet):
        graph = SMALL[:place] + bytes([octet]) + SMALL[place + 1 :]
        try:
            scorer = open_scorer(graph)
        except BundleError:
            return
        assert scorer(np.ones((2, *scorer.shape), np.float32)).shape == (2, scorer.classes)

    @settings(deadline=None, max_examples=60)
    @given(length=st.integers(0, len(GRAPH) - 1))
    def test_a_graph_cut_short(self, length):
        with pytest.raises(BundleError):
            open_scorer(GRAPH[:length])

    def test_a_graph_that_fails_on_some_windows_only(self):
        """It reads a place that the window itself names."""
        nodes = [
            Node(op="Cast", inputs=["windows"], outputs=["places"], attributes={"to": TensorProto.INT64}),
            Node(op="GatherElements", inputs=["windows", "places"], outputs=["read"], attributes={"axis": 1}),
            Node(op="Softmax", inputs=["read"], outputs=["probabilities"], attributes={"axis": 1}),
        ]
        scorer = open_scorer(write_graph(nodes, {}, shape=(2,), classes=2))
        assert scorer(np.ones((1, 2), np.float32)).tolist() == [[0.5, 0.5]]
        with pytest.raises(BundleError, match="damaged"):
            scorer(np.full((1, 2), 9, np.float32))
