"""``yawstring notebook`` as a user runs it, once, on a small made-up table."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from support.fused import FusedSpec, write_fused
from yawstring.app.cli import app
from yawstring.app.notebook import quirks, steps
from yawstring.app.notebook.ledger import rows_of
from yawstring.app.notebook.network import reference, summary
from yawstring.app.notebook.protocol import Options, prepare
from yawstring.edge.files import read_table
from yawstring.errors import InputError, OptionError
from yawstring.learn.search.schedule import Schedule
from yawstring.models.recurrent import LSTM

SPEC = FusedSpec(rows=500, seed=2, flights=1, recordings=2, episode_rows=30)


@pytest.fixture(scope="module")
def table_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fused(tmp_path_factory.mktemp("table") / "<b>fused.csv", SPEC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made") / "notebook"


@pytest.fixture(scope="module")
def result(table_path: Path, folder: Path):
    arguments = ["notebook", str(table_path), "--out", str(folder), "--epochs", "2", "--seed", "4"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def record(result, folder: Path) -> dict:
    return json.loads((folder / "report.json").read_text())


def test_it_prints_what_the_notebook_prints(result, record: dict) -> None:
    text = result.stdout
    for words in (
        *("rows 500, columns 62", "rows with a missing value 0", "class counts: class 0", "features 55"),
        *("lstm (LSTM)", "(None, 64)", "30,720", "4,160", "Total params: 34,945 (136.50 KB)"),
        *("balanced class weights", "precision", "recall", "What this protocol hides"),
        "F1 0.9765 and confusion [[721, 10], [57, 1392]], of a table that is not public",
    ):
        assert words in text, words
    matrix = record["step_8"]["test"]["confusion"]
    assert f"F1 {record['step_8']['test']['f1'][1]:.4f}" in text
    assert f"confusion {matrix}" in text
    assert all(len(line) <= 82 for line in text.splitlines() if re.search(r"  \d", line))


def test_every_epoch_has_its_line(result, record: dict) -> None:
    for number, epoch in enumerate(record["step_8"]["epochs"], start=1):
        said = f"fit {number}/2 loss {epoch['loss']:.4f}  F1 {epoch['f1_mean_of_batches']:.4f}"
        assert said in result.stderr


def test_the_search_is_told_as_the_notebook_tells_it(result, record: dict) -> None:
    """Trials, best so far, best options, summary, refit; the schedule itself is held to Keras Tuner's elsewhere."""
    step = record["step_9"]
    assert step["done"] is True
    schedule = [one for one in Schedule(max_epochs=2, factor=3).rounds() for _ in range(one.size)]
    assert [trial["epochs"] for trial in step["trials"]] == [one.epochs for one in schedule]
    best = max(step["trials"], key=lambda trial: trial["validation_f1"])
    assert step["best"] == best
    values, network = best["values"], step["network"]
    assert network["units"] == values["units"]
    assert network["dense"] == [values[f"dense_{layer}_units"] for layer in range(values["layers"])]
    assert network["dense_dropout"] == [values[f"dense_{layer}_dropout"] for layer in range(values["layers"])]
    assert (network["epochs"], network["keep"], network["f1"], network["batch"]) == (2, "last", "batch", 32)
    assert f"best: trial {best['slot']}, validation F1 {best['validation_f1']:.4f}" in result.stdout
    assert f"  units: {values['units']}" in result.stdout
    assert result.stdout.count("Total params") == 2
    assert result.stderr.count("best so far") == len(schedule)
    assert record["seeds"] == {"split": 4, "step_8": 4, "step_10": 5}


def test_the_record_names_its_data_and_its_makers(record: dict, table_path: Path) -> None:
    table = read_table(table_path)
    assert record["table"] == {
        "file": table_path.name, "sha256": table.digest, "rows": 500, "columns": 62, "recordings": 2,
    }  # fmt: skip
    assert {"python", "jax", "numpy", "scikit-learn", "onnxruntime", "polars"} <= set(record["versions"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", record["created"])


def test_the_record_holds_the_windows_counts(record: dict, table_path: Path) -> None:
    prepared = prepare(read_table(table_path), seed=4)
    windows = record["step_1_to_7"]["windows"]
    assert sum(part["count"] for part in windows.values()) == 495
    assert windows["test"]["class_counts"] == list(steps.class_counts(prepared.cut.test.labels))
    assert sum(map(sum, record["step_8"]["test"]["confusion"])) == windows["test"]["count"]


def test_the_ledger_holds_every_rung_with_figures(record: dict) -> None:
    keys = [rung["key"] for rung in record["ledger"]]
    assert keys == ["unstable_sort", "protocol", "label_out", "identity_out", "scaler_on_train", "split_held_out"]
    assert record["ledger"][1]["network"] == record["step_8"]["test"]
    for rung in record["ledger"]:
        for name in ("network", "repeat_last_label", "majority"):
            assert rung[name]["windows"] == rung["network"]["windows"] > 0
    assert len(record["ledger"][-1]["folds"]) == 2


def test_quirks_are_measured(record: dict) -> None:
    found = {quirk["key"]: quirk["values"] for quirk in record["quirks"]}
    assert found["weights_undone"]["different"] == ["mid"]
    assert len(found["weights_undone"]["bit_identical"]) == 19
    assert found["batch_mean_f1"]["shown"] == pytest.approx(found["batch_mean_f1"]["batch_mean"], abs=1e-6)
    assert found["figure_of_another_model"]["f1_step_8"] == record["step_8"]["test"]["f1"][1]
    assert found["overlapping_windows"]["share_any"] > 0.9


def test_the_page_escapes_the_files_name_and_shows_the_figures(result, folder: Path, record: dict) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;fused.csv" in page
    assert "<b>" not in page
    assert record["table"]["sha256"] in page
    assert page.count("<svg") == 3
    assert "its table is not public" in page
    for rung in record["ledger"]:
        assert f"{rung['network']['f1'][1]:.4f}" in page


def test_the_network_is_the_notebooks(record: dict) -> None:
    options = record["network"]["options"]
    expected = {
        "units": 64, "dropout": 0.3, "dense": [64], "learning_rate": 1e-3, "batch": 32, "epochs": 2,
        "class_weights": False, "patience": None, "keep": "last", "f1": "batch",
    }  # fmt: skip
    assert {name: options[name] for name in expected} == expected


def test_the_summary_counts_the_weights_that_are_fitted(table_path: Path) -> None:
    prepared = prepare(read_table(table_path), seed=4)
    network = LSTM(units=5, dense=(3, 4), epochs=1, batch=512)
    fitted = network.fit(prepared.cut.train, classes=2, seed=0)
    assert sum(layer.parameters for layer in summary(network, features=55)) == sum(
        array.size for array in fitted.weights.values()
    )
    assert [layer.name for layer in summary(reference(epochs=1), features=55)] == [
        "lstm",
        "dropout",
        "dense",
        "dense_1",
    ]


def test_overlap_and_ranges_equal_a_loop(table_path: Path) -> None:
    prepared = prepare(read_table(table_path), seed=4)
    train = {int(start) + step for start in prepared.cut.train.starts for step in range(5)}
    assert rows_of(prepared.cut.train).tolist() == sorted(train)
    shares = [len(train & set(range(start, start + 5))) for start in prepared.cut.test.starts.tolist()]
    found = quirks.overlap(prepared).values
    assert found["share_any"] == np.mean([share > 0 for share in shares])
    assert found["share_all"] == np.mean([share == 5 for share in shares])


def test_without_a_search_step_10_rebuilds_the_network_of_step_8(table_path: Path, tmp_path: Path) -> None:
    arguments = ["notebook", str(table_path), "--out", str(tmp_path), "--epochs", "1", "--no-search"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.stderr.count("was left out") == 1
    record = json.loads((tmp_path / "report.json").read_text())
    assert record["step_9"]["done"] is False
    assert "Step 9" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--epochs", "0"], "at least 1 epoch"), (["--seed", "-1"], "a seed lies between"), ([], "62 columns")],
)
def test_what_cannot_be_is_refused_before_any_work(arguments: list[str], said: str, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("frame.number,tof,class\n1,2,0\n2,2,1\n")
    made = tmp_path / "made"
    done = CliRunner().invoke(app, ["notebook", str(other), "--out", str(made), *arguments])
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)
    assert not made.exists()


def test_options_are_checked() -> None:
    with pytest.raises(OptionError, match="2\\^32"):
        Options(seed=2**32 - 1)
