"""``yawstring search`` as a user runs it, once, on a small made-up table."""

import fcntl
import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from support.fused import FusedSpec, write_fused
from yawstring.app.cli import app
from yawstring.app.commands.search import read_space_named
from yawstring.app.search_page import axes
from yawstring.edge.bundles import load
from yawstring.edge.files import read_table
from yawstring.errors import InputError, OptionError, SplitError
from yawstring.learn.evaluate import evaluate
from yawstring.learn.search.material import materials
from yawstring.learn.search.schedule import Schedule
from yawstring.learn.search.space import read_space
from yawstring.learn.train import TrainOptions, rows_and_split
from yawstring.models.recurrent import LSTM
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import WindowSpec

SPACE = """
units = 8
layers = {low = 1, high = 2}
dense_units = {choices = [4, 8]}
window = {choices = [3, 5]}
columns = {choices = ["all", "cyber", "physical"]}
learning_rate = {low = 1e-3, high = 1e-2, log = true}
"""


@pytest.fixture(scope="module")
def table_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fused(tmp_path_factory.mktemp("table") / "<b>fused.csv", FusedSpec(rows=1200, seed=2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="module")
def arguments(table_path: Path, folder: Path) -> list[str]:
    space = folder / "space.toml"
    space.write_text(SPACE)
    told = f"--space {space} --max-epochs 4 --factor 2 --split runs --run-length 50 --batch 64 --seed 4"
    return ["search", str(table_path), "--out", str(folder / "searched"), *told.split()]


@pytest.fixture(scope="module")
def result(arguments: list[str]):
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def record(result, folder: Path) -> dict:
    return json.loads((folder / "searched" / "search.json").read_text())


def test_every_trial_has_its_line_and_the_best_is_the_best(result, record: dict) -> None:
    size = sum(one.size for one in Schedule(max_epochs=4, factor=2).rounds())
    assert len(record["trials"]) == len(re.findall(r"^trial ", result.stderr, re.MULTILINE)) == size
    assert record["best"]["score"] == max(trial["score"] for trial in record["trials"])
    told = [float(value) for value in re.findall(r"best (0\.\d{4})", result.stderr)]
    assert all(before <= after for before, after in pairwise(told))
    assert told[-1] == pytest.approx(record["best"]["score"], abs=1e-4)
    assert f"{size} trials" in result.stdout


def test_the_same_command_again_runs_no_trial(result, record: dict, arguments: list[str]) -> None:
    done = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert "every trial of this search is done already" in done.stderr
    again = json.loads(done.stdout)
    assert again["trials"] == record["trials"]
    assert again["refit"] == record["refit"]


def test_another_search_in_the_folder_is_refused(result, arguments: list[str]) -> None:
    done = CliRunner().invoke(app, [*arguments, "--objective", "accuracy"])
    assert isinstance(done.exception, OptionError)
    assert "objective differ" in str(done.exception)


def test_a_second_process_in_the_folder_is_refused(result, arguments: list[str], folder: Path) -> None:
    with (folder / "searched" / "study.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, OptionError)
    assert "another process searches here" in str(done.exception)


def test_the_model_is_the_best_fitted_anew_and_scores_what_is_written(
    record: dict, folder: Path, table_path: Path
) -> None:
    trained = load(folder / "searched" / "model")
    options, values = trained.detector.options, record["best"]["values"]
    assert (options["units"], len(options["dense"])) == (values["units"], values["layers"])
    assert options["epochs"] == record["best"]["best_epoch"]
    assert trained.recipe.window.length == values["window"]
    found = evaluate(trained, read_table(table_path))
    assert found["metrics"]["lstm"]["macro_f1"] == record["refit"]["evaluation"]["metrics"]["lstm"]["macro_f1"]


def test_trees_are_searched_a_trial_at_once(table_path: Path, tmp_path: Path) -> None:
    space = tmp_path / "space.toml"
    space.write_text("trees = {choices = [3, 5, 7]}\nthreshold = {choices = [0.3, 0.6]}\n")
    told = f"--detector forest --space {space} --trials 3 --objective balanced_accuracy --split runs --run-length 50"
    arguments = ["search", str(table_path), "--out", str(tmp_path / "made"), *told.split(), "--json"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [(trial["epochs"], len(trial["history"])) for trial in found["trials"]] == [(1, 1)] * 3
    trained = load(tmp_path / "made" / "model")
    assert trained.detector.options["trees"] == found["best"]["values"]["trees"]
    assert trained.recipe.threshold == found["best"]["values"]["threshold"]
    page = (tmp_path / "made" / "search.html").read_text()
    assert "Fitted anew on the training" in page


@pytest.mark.parametrize("policy", ["recording", "runs", "time"])
def test_the_test_part_is_the_same_for_the_refit_and_none_of_it_reaches_a_trial(policy: str, table_path: Path) -> None:
    table = read_table(table_path)
    within = "recording" if policy == "time" else "class"
    spec = SplitSpec(policy=policy, run_length=50, within=within, seed=1)
    window = WindowSpec(length=5)
    try:
        _, split = rows_and_split(table, spec, window, "given", None)
    except SplitError:
        pytest.fail(f"the table does not carry a split by {policy}")
    without = SplitSpec(policy=policy, run_length=50, within=within, seed=1, validation=0.0)
    assert (rows_and_split(table, without, window, "given", None)[1].starts[2] == split.starts[2]).all()
    made = materials(table, TrainOptions(detector=LSTM(), split=spec), read_space("window = {choices = [3, 5]}", "x"))
    seen = sum(len(one) for one in (made[5].train.rows, made[5].validation.rows))
    learnt = {int(start) + step for starts in split.starts[:2] for start in starts for step in range(5)}
    tested = {int(start) + step for start in split.starts[2] for step in range(5)}
    assert seen == len(learnt)
    assert not learnt & tested
    assert len(made[3].train) >= len(made[5].train)


def test_groups_of_columns_are_put_at_nought(table_path: Path) -> None:
    options = TrainOptions(detector=LSTM(), split=SplitSpec(policy="runs", run_length=50))
    made = materials(read_table(table_path), options, read_space("units = 4", "x"))[5]
    cyber, physical = (made.read_by({"columns": group}).train.rows for group in ("cyber", "physical"))
    assert ((cyber == 0) | (physical == 0)).all()
    np.testing.assert_array_equal(cyber + physical, made.train.rows)


def test_the_page_needs_nothing_else_and_escapes_names(record: dict, folder: Path) -> None:
    page = (folder / "searched" / "search.html").read_text()
    assert "<b>" not in page
    assert "&lt;b&gt;fused.csv" in page
    assert page.count("<svg") >= 2
    assert not re.search(r"<script|(?:src|href)=.?(?:http|//)", page)
    for trial in record["trials"]:
        assert f"{trial['score']:.4f}" in page


def test_axes_hold_what_differs() -> None:
    trials = [
        {"values": {"units": 4, "rate": 0.1, "columns": "all", "same": 1}, "epochs": 2, "score": 0.25},
        {"values": {"units": 8, "rate": 0.1, "columns": "cyber", "same": 1, "deep": 3}, "epochs": 2, "score": 0.75},
    ]
    made = {axis.name: axis for axis in axes(trials)}
    assert list(made) == ["units", "columns", "score"]
    assert made["units"].places == [0.0, 1.0]
    assert made["columns"].ends == ("all", "cyber")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (["--space", "other"], "no space 'other'"),
        (["--space", "nowhere.toml"], "nowhere.toml"),
        (["--detector", "majority"], "'majority' cannot be searched"),
        (["--detector", "forest", "--method", "asha"], "fitted at once"),
        (["--detector", "cnn", "--space", "notebook"], "no space 'notebook' of cnn"),
        (["--validation", "0"], "--validation"),
        (["--storage", "nonsense"], "cannot be opened"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(told: list[str], said: str, table_path: Path, tmp_path: Path) -> None:
    arguments = ["search", str(table_path), "--out", str(tmp_path), "--split", "runs", "--run-length", "50", *told]
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)
    assert "\n" not in str(done.exception)


def test_a_space_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(OptionError, match=r"space\.toml"):
        read_space_named(str(path))
