"""A bundle gives back what was saved, bit for bit, in any process; and saving harms nothing that is there."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import kept
from support.kept import FILES, files
from yawstring.edge import bundles, members
from yawstring.edge.bundles import load, save
from yawstring.errors import BundleError
from yawstring.models.base import Windows
from yawstring.models.scoring import open_scorer


@pytest.fixture(scope="module")
def trained():
    return kept.trained()


@pytest.fixture(scope="module")
def bundle(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles") / "model"
    save(trained, folder)
    return folder


@pytest.fixture
def copy(bundle, tmp_path):
    shutil.copytree(bundle, tmp_path / "copy")
    return tmp_path / "copy"


def assert_same(one, other):
    assert one.graph == other.graph
    assert one.weights.keys() == other.weights.keys()
    for name, value in one.weights.items():
        assert value.dtype == other.weights[name].dtype
        assert np.array_equal(value, other.weights[name])
    assert (one.family, one.reads, one.classes, one.history) == (
        other.family,
        other.reads,
        other.classes,
        other.history,
    )
    assert json.dumps(one.options) == json.dumps(other.options)


class TestRoundTrip:
    def test_everything_comes_back(self, trained, bundle):
        found = load(bundle)
        assert found.recipe == trained.recipe
        assert found.split == trained.split
        assert json.dumps(found.record) == json.dumps(trained.record)
        assert list(found.baselines) == list(trained.baselines) == ["forest", "threshold", "majority"]
        assert_same(found.detector, trained.detector)
        for name, fitted in trained.baselines.items():
            assert_same(found.baselines[name], fitted)

    def test_saving_what_was_loaded_gives_the_same_files(self, bundle, tmp_path):
        save(load(bundle), tmp_path / "again")
        assert sorted(files(bundle)) == sorted(FILES)
        assert files(tmp_path / "again") == files(bundle)

    def test_a_threshold_comes_back(self, trained, tmp_path):
        recipe = replace(trained.recipe, threshold=0.1 + 0.2)
        save(replace(trained, recipe=recipe), tmp_path / "b")
        assert load(tmp_path / "b").recipe == recipe

    def test_no_baseline_is_fine(self, trained, tmp_path):
        save(replace(trained, baselines={}), tmp_path / "b")
        assert load(tmp_path / "b").baselines == {}

    @settings(deadline=None, max_examples=30)
    @given(
        st.dictionaries(
            st.text(max_size=8),
            st.tuples(
                st.sampled_from(["?", "u1", "i1", "i2", "i4", "i8", "f4", "f8"]),
                st.lists(st.integers(0, 4), max_size=3),
            ),
            max_size=5,
        ),
        st.integers(0, 99),
    )
    def test_weights_of_any_dtype_and_shape_come_back(self, kinds, seed):
        random = np.random.default_rng(seed)
        kinds.pop("__metadata__", None)
        weights = {name: random.integers(0, 2, shape).astype(dtype) for name, (dtype, shape) in kinds.items()}
        found = members.read_weights(members.write_weights(weights))
        assert found.keys() == weights.keys()
        for name, value in weights.items():
            assert found[name].dtype == value.dtype
            assert np.array_equal(found[name], value)
            assert found[name].shape == value.shape


CHILD = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Block())

import numpy as np
from yawstring.edge.bundles import load
from yawstring.models.base import Windows
from yawstring.models.scoring import open_scorer

trained, rows, out = load(sys.argv[1]), np.load(sys.argv[2]), sys.argv[3]
windows = Windows(rows=rows, starts=np.arange(len(rows) - 4), length=5, labels=np.zeros(len(rows) - 4, np.int64))
np.save(out, open_scorer(trained.detector.graph).score(windows))
assert not set(sys.modules) & {blocked}
"""


def test_a_new_process_without_any_extra_gives_the_same_bits(trained, bundle, tmp_path):
    blocked = {"jax", "jaxlib", "sklearn", "scipy", "onnx", "matplotlib", "jinja2", "pandas", "tensorflow", "keras"}
    width = open_scorer(trained.detector.graph).shape[1]
    rows = np.random.default_rng(3).normal(0, 1, (700, width)).astype(np.float32)
    np.save(tmp_path / "rows.npy", rows)
    arguments = [bundle, tmp_path / "rows.npy", tmp_path / "scores.npy"]
    subprocess.run([sys.executable, "-c", CHILD.format(blocked=blocked), *arguments], check=True)
    windows = Windows(rows=rows, starts=np.arange(696), length=5, labels=np.zeros(696, np.int64))
    here = open_scorer(trained.detector.graph).score(windows)
    there = np.load(tmp_path / "scores.npy")
    assert here.std() > 0
    assert np.array_equal(here, there)


class TestSaving:
    def test_nothing_is_replaced_unasked(self, trained, copy):
        before = files(copy)
        with pytest.raises(BundleError, match="is there already"):
            save(trained, copy)
        assert files(copy) == before

    def test_a_bundle_is_replaced_when_asked(self, trained, copy):
        other = replace(trained, baselines={})
        save(other, copy, force=True)
        assert load(copy).baselines == {}
        assert sorted(path.name for path in copy.parent.iterdir()) == ["copy"]

    def test_an_empty_folder_is_taken(self, trained, tmp_path):
        save(trained, tmp_path)
        load(tmp_path)

    @pytest.mark.parametrize("name", ["thesis.tex", "baselines/notes.txt", ".hidden", "deep/er/file"])
    def test_a_bundle_with_a_foreign_file_is_left_alone(self, trained, copy, name):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("mine")
        before = files(copy)
        with pytest.raises(BundleError, match=r"holds '.*', which is no part of a bundle"):
            save(trained, copy, force=True)
        assert files(copy) == before

    def test_a_folder_that_is_no_bundle_is_left_alone(self, trained, tmp_path):
        (tmp_path / "thesis.tex").write_text("mine")
        with pytest.raises(BundleError, match="no sound bundle"):
            save(trained, tmp_path, force=True)
        assert files(tmp_path) == {"thesis.tex": b"mine"}

    def test_a_file_and_a_link_are_left_alone(self, trained, copy, tmp_path):
        (tmp_path / "file").write_text("mine")
        (tmp_path / "link").symlink_to(copy)
        for name in ("file", "link"):
            with pytest.raises(BundleError, match="is no folder"):
                save(trained, tmp_path / name, force=True)
        load(copy)

    def test_a_write_that_fails_leaves_no_trace(self, trained, copy, monkeypatch):
        before = files(copy)

        def full(handle):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(BundleError, match="cannot be written: No space left on device"):
            save(trained, copy, force=True)
        assert files(copy) == before
        assert [path.name for path in copy.parent.iterdir()] == ["copy"]

    def test_a_move_that_fails_puts_the_old_bundle_back(self, trained, copy, monkeypatch):
        before, rename = files(copy), type(copy).rename

        def fail(self, target):
            if self.suffix == ".new":
                raise OSError(5, "Input/output error")
            return rename(self, target)

        monkeypatch.setattr(type(copy), "rename", fail)
        with pytest.raises(BundleError, match="cannot be written"):
            save(replace(trained, baselines={}), copy, force=True)
        assert files(copy) == before

    def test_a_figure_that_is_not_finite_is_refused(self, trained, tmp_path):
        record = {**trained.record, "metrics": {"lstm": float("nan")}}
        with pytest.raises(BundleError, match="not finite"):
            save(replace(trained, record=record), tmp_path / "b")
        assert not list(tmp_path.iterdir())

    def test_what_could_not_be_read_is_not_written(self, trained, tmp_path, monkeypatch):
        monkeypatch.setitem(bundles.OCTETS_MAX, ".onnx", 100)
        with pytest.raises(BundleError, match="at most 100"):
            save(trained, tmp_path / "b")
        assert not list(tmp_path.iterdir())

    def test_folders_above_are_made(self, trained, tmp_path):
        save(trained, tmp_path / "a" / "b" / "model")
        load(tmp_path / "a" / "b" / "model")


class TestCard:
    def test_it_says_what_must_be_known(self, trained, bundle):
        card = (bundle / "card.md").read_text()
        for part in ("What it is", "What it learnt from", "How good it is", "What it is not good for", "How to use it"):
            assert f"## {part}" in card
        for word in ("lstm", "forest", "majority", "benign", "macro-F1", "policy recording", "seed 10"):
            assert word in card
        for sentence in trained.record["verdict"]:
            assert sentence in card
        figure = trained.record["metrics"]["lstm"]["macro_f1"]
        assert f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]" in card

    @pytest.mark.parametrize(
        ("stamp", "word"),
        [
            ("random", "split was random"),
            ("identity", "identity columns"),
            ("given labels", "in doubt"),
            ("new", "Stamped: new"),
        ],
    )
    def test_a_stamp_is_explained_where_limits_are(self, trained, tmp_path, stamp, word):
        record = {**trained.record, "stamps": [stamp], "warnings": ["mind | the <gap>"]}
        save(replace(trained, record=record), tmp_path / "b")
        limits = (tmp_path / "b" / "card.md").read_text().split("## What it is not good for")[1]
        assert word in limits
        assert "mind \\| the &lt;gap>" in limits

    def test_tables_have_as_many_cells_in_every_line(self, bundle):
        lines = (bundle / "card.md").read_text().splitlines()
        widths = [(place, line.count("|")) for place, line in enumerate(lines) if line.startswith("|")]
        assert len(widths) > 15
        assert all(here == after for (a, here), (b, after) in pairwise(widths) if b == a + 1)
