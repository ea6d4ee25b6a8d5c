"""Statistics of windows: against NumPy's own in float64, and the graph's against ours, bit for bit."""

import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.models import statistics as module
from yawstring.models.base import OUTPUT_NAME, Windows
from yawstring.models.graph import write_graph
from yawstring.models.statistics import statistic_names, statistics, statistics_nodes
from yawstring.models.vetting import vet


def draw(length, features, missing, *, seed=0, count=30, step=2):
    random = np.random.default_rng(seed)
    # Features of very different sizes, so that an order of adding up shows in the last bits.
    rows = random.normal(0, 1, (step * count + length, features)) * 10.0 ** random.integers(-3, 9, features)
    rows[random.random(rows.shape) < missing] = np.nan
    starts = np.arange(count) * step
    return Windows(rows=rows.astype(np.float32), starts=starts, length=length, labels=np.zeros(count, np.int64))


def by_graph(windows, *, recent):
    nodes = statistics_nodes(windows.length, recent=recent)
    width = len(statistic_names(windows.length, recent=recent)) * windows.rows.shape[1]
    graph = write_graph(nodes.nodes, nodes.constants, shape=(windows.length, windows.rows.shape[1]), classes=width)
    model = onnx.load_from_string(graph)
    model.graph.node[-1].output[0] = OUTPUT_NAME
    graph = model.SerializeToString()
    assert vet(graph, batch=256).classes == width
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return session.run([OUTPUT_NAME], {"windows": windows.gather()})[0]


@settings(deadline=None, max_examples=40)
@given(
    length=st.integers(1, 23),
    features=st.sampled_from([1, 2, 17]),
    missing=st.sampled_from([0.0, 0.3, 0.95]),
    recent=st.booleans(),
    seed=st.integers(0, 2**31 - 1),
)
def test_the_graph_gives_the_same_bits(length, features, missing, recent, seed):
    windows = draw(length, features, missing, seed=seed)
    ours, graphs = statistics(windows, recent=recent), by_graph(windows, recent=recent)
    assert np.array_equal(ours, graphs, equal_nan=True)


def expected(array):
    """NumPy's statistics in float64, ``[window, statistic, feature]``, and the edges by looking for them."""
    array = array.astype(np.float64)
    there = ~np.isnan(array)

    def edge(window, feature, place):
        values = array[window, there[window, :, feature], feature]
        return values[place] if len(values) else np.nan

    first, last = (
        np.array([[edge(w, f, place) for f in range(array.shape[2])] for w in range(len(array))]) for place in (0, -1)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where nothing is there
        middle = [np.nanmean(array, 1), np.nanmax(array, 1), np.nanmin(array, 1), np.nanstd(array, 1)]
    return np.stack([last, *middle, last - first, there.mean(axis=1)], axis=1)


@pytest.mark.parametrize("missing", [0.0, 0.4, 0.9])
@pytest.mark.parametrize(("length", "recent_rows"), [(1, 0), (3, 0), (4, 2), (5, 2), (12, 4), (13, 5)])
def test_equal_to_numpys(length, recent_rows, missing):
    windows = draw(length, 6, missing)
    array = windows.gather()
    found = statistics(windows, recent=True).reshape(len(windows), -1, 6)
    # A feature's statistics are in its unit, but for the share of rows where it is present.
    scale = np.vstack([np.tile(np.nanmax(np.abs(windows.rows), axis=0), (6, 1)), np.ones(6)])
    np.testing.assert_allclose(found[:, :7] / scale, expected(array) / scale, atol=1e-6)
    if recent_rows:
        part = expected(array[:, -recent_rows:])[:, 1:]
        np.testing.assert_allclose(found[:, 7:] / scale[1:], part / scale[1:], atol=1e-6)
    assert found.shape[1] == len(statistic_names(length, recent=True)) == (13 if recent_rows else 7)


def test_what_is_there_is_not_disturbed_by_what_is_missing():
    rows = np.array([[np.nan], [3], [np.nan], [5], [np.nan]], np.float32)
    windows = Windows(rows=rows, starts=np.array([0]), length=5, labels=np.array([0]))
    assert statistics(windows).tolist() == [[5, 4, 5, 3, 1, 2, np.float32(0.4)]]


def test_cut_into_chunks_they_are_the_same(monkeypatch):
    windows = draw(7, 3, 0.3)
    whole = statistics(windows, recent=True)
    monkeypatch.setattr(module, "CHUNK", 4)
    assert np.array_equal(statistics(windows, recent=True), whole, equal_nan=True)


def test_no_window_has_no_statistics():
    windows = draw(5, 3, 0.3, count=0)
    assert statistics(windows).shape == (0, 21)
