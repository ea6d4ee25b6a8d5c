"""A bundle that is damaged, foreign, tricky or hostile is refused in one line."""

import hashlib
import json
import os
import shutil
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import kept
from support.kept import FILES
from yawstring.edge import bundles, members
from yawstring.edge.bundles import load, save
from yawstring.edge.sealed import seal
from yawstring.errors import BundleError
from yawstring.models.graph import Node, write_graph


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


def refused(folder, *words):
    with pytest.raises(BundleError) as caught:
        load(folder)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.startswith(str(folder))
    for word in words:
        assert word in message
    return message


def loads_or_is_refused(folder):
    try:
        load(folder)
    except BundleError:
        refused(folder)


class TestDamage:
    @settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_a_changed_octet_is_found(self, copy, data):
        path = copy / data.draw(st.sampled_from(FILES))
        octets = path.read_bytes()
        place = data.draw(st.integers(0, len(octets) - 1))
        change = data.draw(st.integers(1, 255))
        path.write_bytes(octets[:place] + bytes([octets[place] ^ change]) + octets[place + 1 :])
        refused(copy)
        path.write_bytes(octets)
        load(copy)

    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_octets_cut_off_put_in_or_appended_are_found(self, copy, data):
        path = copy / data.draw(st.sampled_from(FILES))
        octets = path.read_bytes()
        place = data.draw(st.integers(0, len(octets)))
        more = data.draw(st.binary(min_size=1, max_size=20))
        changed = data.draw(st.sampled_from([octets[:place], octets[:place] + more + octets[place:], more, b""]))
        path.write_bytes(changed)
        if changed != octets:
            refused(copy)
        path.write_bytes(octets)

    @pytest.mark.parametrize("name", FILES)
    def test_a_missing_file_is_named(self, copy, name):
        (copy / name).unlink()
        refused(copy, name, "missing")

    @pytest.mark.parametrize("text", ["[]", "{}", '{"format": "other"}', "[" * 100_000, "NaN", '"\\ud800"', "\x00"])
    def test_a_foreign_index(self, copy, text):
        (copy / "bundle.json").write_text(text)
        refused(copy, "bundle.json")

    def test_a_later_format_names_its_version(self, copy):
        index = json.loads((copy / "bundle.json").read_text())
        index["version"] = 2
        (copy / "bundle.json").write_text(json.dumps(index))
        refused(copy, "version 2", "reads version 1")

    def test_what_is_no_bundle(self, tmp_path):
        refused(tmp_path / "nowhere", "no such folder")
        refused(tmp_path, "bundle.json", "missing")
        (tmp_path / "file").write_text("x")
        refused(tmp_path / "file", "no such folder")

    def test_files_of_another_bundle_do_not_fit(self, trained, copy, tmp_path):
        save(replace(trained, detector=replace(trained.detector, history=())), tmp_path / "other")
        shutil.copy(tmp_path / "other" / "bundle.json", copy / "bundle.json")
        refused(copy, "card.md")

    def test_files_of_a_bundle_that_changed_places_are_found(self, copy):
        shutil.copy(copy / "baselines" / "majority.onnx", copy / "model.onnx")
        refused(copy, "model.onnx is damaged")


class TestTricks:
    @pytest.mark.parametrize("name", FILES)
    def test_a_link_is_not_followed(self, copy, tmp_path, name):
        (copy / name).rename(tmp_path / "elsewhere")
        (copy / name).symlink_to(tmp_path / "elsewhere")
        refused(copy, name, "a link")

    def test_a_linked_folder_is_not_followed(self, copy, tmp_path):
        (copy / "baselines").rename(tmp_path / "elsewhere")
        (copy / "baselines").symlink_to(tmp_path / "elsewhere")
        refused(copy, "baselines", "a link")

    def test_a_pipe_does_not_keep_us_waiting(self, copy):
        (copy / "model.onnx").unlink()
        os.mkfifo(copy / "model.onnx")
        refused(copy, "model.onnx", "no plain file")

    def test_a_folder_in_a_files_place(self, copy):
        (copy / "card.md").unlink()
        (copy / "card.md").mkdir()
        refused(copy, "card.md", "no plain file")

    def test_a_large_file_is_not_read(self, copy):
        os.truncate(copy / "bundle.json", 1 << 40)
        refused(copy, "bundle.json", "at most 16,777,216")

    def test_a_file_larger_than_listed_is_not_read(self, copy):
        os.truncate(copy / "card.md", 1 << 40)
        refused(copy, "card.md", "1,099,511,627,776 octets")

    @pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/b", "..", ".", "", "A", "x" * 33, "a\n"])
    def test_names_that_are_paths(self, copy, trained, tmp_path, name):
        def rename(content):
            content["baselines"][name] = content["baselines"].pop("majority")

        resealed(copy, rename)
        refused(copy, "baselines that cannot be")
        bad = replace(trained, baselines={name: replace(trained.baselines["majority"], family=name)})
        with pytest.raises(BundleError, match="cannot be called"):
            save(bad, tmp_path / "bad")
        assert not (tmp_path / "bad").exists()

    @pytest.mark.parametrize("name", ["../evil.onnx", "/etc/passwd", "more.onnx"])
    def test_a_listed_file_that_is_none_of_a_bundle(self, copy, name):
        resealed(copy, lambda content: content["files"].update({name: {"octets": 1, "sha256": "0"}}))
        refused(copy, "lists other files")

    @pytest.mark.parametrize("size", [-1, 1 << 62, 1.5, None, "1", [1]])
    def test_sizes_that_cannot_be(self, copy, size):
        resealed(copy, lambda content: content["files"]["model.onnx"].update(octets=size))
        refused(copy, "model.onnx", "not possible")

    def test_too_many_baselines(self, copy):
        resealed(copy, lambda content: content.update(baselines={f"b{n}": {} for n in range(17)}))
        refused(copy, "baselines that cannot be")


def resealed(folder, change):
    """Change what bundle.json says and give it the digest it then needs, as whoever can write the folder can."""
    content = json.loads((folder / "bundle.json").read_text())["content"]
    change(content)
    (folder / "bundle.json").write_bytes(seal(content, format_name=bundles.FORMAT, version=bundles.VERSION))


def replaced(folder, name, octets):
    """Put other octets in a file's place, with the size and digest they need."""
    (folder / name).write_bytes(octets)
    mark = {"octets": len(octets), "sha256": hashlib.sha256(octets).hexdigest()}
    resealed(folder, lambda content: content["files"].update({name: mark}))


def leaves(data, path=()):
    yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from leaves(value, (*path, key))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([{}]),
    st.just({"a": [1]}),
)


class TestMalice:
    @settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_any_other_value_is_refused_or_read(self, copy, data):
        before = (copy / "bundle.json").read_bytes()
        places = [path for path in leaves(json.loads(before)["content"]) if path and path[0] != "record"]
        *above, last = data.draw(st.sampled_from(places))
        junk, gone = data.draw(JUNK), data.draw(st.booleans())

        def change(content):
            for key in above:
                content = content[key]
            if gone and isinstance(content, dict):
                del content[last]
            else:
                content[last] = junk

        resealed(copy, change)
        try:
            loads_or_is_refused(copy)
        finally:
            (copy / "bundle.json").write_bytes(before)

    @pytest.mark.parametrize("name", ["seed", "stamps", "warnings", "data", "split", "options", "versions", "metrics"])
    def test_a_record_that_lacks_what_results_are_told_with(self, copy, name):
        resealed(copy, lambda content: content["record"].pop(name))
        refused(copy, name)

    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(place=st.integers(0, 10_000), octet=st.integers(0, 255))
    def test_weights_that_were_tampered_with(self, copy, place, octet):
        octets = (copy / "model.safetensors").read_bytes()
        index = (copy / "bundle.json").read_bytes()
        place %= len(octets)
        replaced(copy, "model.safetensors", octets[:place] + bytes([octet]) + octets[place + 1 :])
        loads_or_is_refused(copy)
        (copy / "model.safetensors").write_bytes(octets)
        (copy / "bundle.json").write_bytes(index)

    def test_weights_of_another_shape(self, trained, copy):
        weights = {name: value[..., None] for name, value in trained.detector.weights.items()}
        replaced(copy, "model.safetensors", members.write_weights(weights))
        refused(copy, "weights' names, dtypes or shapes")

    def test_weights_of_a_dtype_nobody_uses(self, copy):
        header = json.dumps({"a": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}).encode()
        replaced(copy, "model.safetensors", len(header).to_bytes(8, "little") + header + b"\0\0")
        refused(copy, "BF16")

    def test_a_graph_that_does_more_than_score(self, copy):
        node = Node(op="Identity", inputs=["windows"], outputs=["probabilities"])
        replaced(copy, "model.onnx", write_graph([node], {}, shape=(5, 3), classes=3))
        refused(copy, "model.onnx", "operator 'Identity'")

    @pytest.mark.parametrize(("shape", "classes"), [((9,), 9), ((3,), 3), ((7, 3), 3)])
    def test_a_graph_that_does_not_fit_the_recipe(self, copy, shape, classes):
        node = Node(op="Softmax", inputs=["windows"], outputs=["probabilities"], attributes={"axis": -1})
        replaced(copy, "model.onnx", write_graph([node], {}, shape=shape, classes=classes))
        refused(copy, "model.onnx")
