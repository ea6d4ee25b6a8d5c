"""``train``, ``evaluate`` and ``predict`` as a user meets them."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from support import recorded
from yawstring.app.cli import app
from yawstring.edge import bundles
from yawstring.edge.files import read_table, write_parquet
from yawstring.errors import InputError, OptionError, SplitError
from yawstring.learn.evaluate import predict

runner = CliRunner()


def run(*words):
    """Standard output and standard error of a command that succeeds."""
    result = runner.invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("train")


@pytest.fixture(scope="module")
def flights(folder):
    path = folder / "flights.csv"
    recorded.frame(rows=80).drop("recording").write_csv(path)
    return path


@pytest.fixture(scope="module")
def lstm(folder, flights):
    words = ["--epochs", 3, "--patience", 2, "--class-weights", "--seed", 3]
    return folder / "lstm", run("train", flights, "--out", folder / "lstm", *words)


@pytest.fixture(scope="module")
def forest(folder, flights):
    words = ["--detector", "forest", "--split", "time", "--within", "recording", "--json"]
    return folder / "forest", run("train", flights, "--out", folder / "forest", *words)


def test_a_person_reads_figures_baselines_and_verdict(lstm):
    out, err = lstm[1]
    for words in ("macro-F1", "lstm", "forest", "majority", "class by class", "true class down", "95 % intervals"):
        assert words in out
    assert "lstm on the test part of flights" in out
    assert "against" in out
    assert "lstm: epoch 1/3 loss" in err
    assert "validation F1" in err


def test_evaluate_gives_what_train_gave(forest, flights):
    bundle, (out, _) = forest
    again, _ = run("evaluate", bundle, flights, "--json")
    assert json.loads(again) == json.loads(out)
    shown, _ = run("evaluate", bundle, flights)
    assert f"{json.loads(out)['metrics']['forest']['macro_f1']['value']:.3f}" in shown


def test_a_copy_in_another_file_is_the_same_table(forest, flights, folder):
    write_parquet(read_table(flights), folder / "copy.parquet")
    pl.read_csv(flights)[:400].write_csv(folder / "begin.csv")
    assert json.loads(run("evaluate", forest[0], folder / "copy.parquet", "--json")[0])["on"] == "test part"
    out, err = run("evaluate", forest[0], folder / "begin.csv", "--json")
    assert json.loads(out)["on"] == "whole table"
    assert "5 of the table's 5 recordings come from the table" in err


def test_scores_are_the_same_in_a_new_process_and_need_no_training_library(lstm, flights, folder):
    bundle = lstm[0]
    program = (
        "import sys\n"
        "for name in ('jax', 'jaxlib', 'sklearn', 'onnx', 'scipy', 'pandas', 'matplotlib'): sys.modules[name] = None\n"
        "from yawstring.app.cli import main\n"
        "main()\n"
    )
    for words in (
        ["predict", bundle, flights, "-o", folder / "scores.parquet"],
        ["evaluate", bundle, flights, "--json"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, *map(str, words)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    here = predict(bundles.load(bundle), read_table(flights))
    there = pl.read_parquet(folder / "scores.parquet")
    assert there.equals(here)
    assert json.loads(done.stdout)["metrics"]["lstm"]["windows"] == (here["part"] == "test").sum()


def test_predict_warns_of_windows_that_were_trained_on(forest, flights, folder):
    out, err = run("predict", forest[0], flights, "-o", folder / "scores.csv")
    assert "12 recordings" not in out
    assert "912 windows" in out
    assert "only 'test' is unseen" in err
    scores = pl.read_csv(folder / "scores.csv")
    assert set(scores["part"]) == {"train", "test", "left out"}
    np.testing.assert_allclose(scores.select("^p_.*$").sum_horizontal(), 1, atol=1e-5)


def test_a_random_split_warns_and_is_stamped(flights, folder):
    out, err = run("train", flights, "--out", folder / "random", "--detector", "majority", "--split", "random")
    assert "stamped: random split" in out
    assert "hides what it leaks" in err
    shown, err = run("evaluate", folder / "random", flights)
    assert "stamped: random split" in shown
    assert "hides what it leaks" in err


def test_explicit_words_are_stamped(flights, folder):
    words = ["--detector", "majority", "--with-identity", "--with-time"]
    out, _ = run("train", flights, "--out", folder / "identity", *words)
    assert "stamped: identity, time" in out


@pytest.mark.parametrize(
    ("words", "error", "word"),
    [
        (["--detector", "oracle"], OptionError, "no detector is called 'oracle'; there are"),
        (["--detector", "forest", "--epochs", "3"], OptionError, "has no option 'epochs'"),
        (["--detector", "forest", "--option", "leaves=3"], OptionError, "has no option 'leaves'; it has trees"),
        (
            ["--epochs", "3", "--option", "epochs=3"],
            OptionError,
            "twice: by --epochs and by --option",
        ),
        (["--detector", "auto", "--option", "trees=3"], OptionError, "auto tries several: name the detector"),
        (["--detector", "auto", "--epochs", "3"], OptionError, "auto tries several: name the detector"),
        (["--detector", "auto", "--candidates", "forest,oracle"], OptionError, "no detector is called 'oracle'"),
        (["--detector", "auto", "--validation", "0"], OptionError, "and there is none: give it a share"),
        (["--candidates", "forest"], OptionError, "--candidates are those of --detector auto, not of 'lstm'"),
        (["--class-weights", "--option", "class_weights=no"], OptionError, "by --class-weights and by --option"),
        (["--folds", "4", "--split", "time"], OptionError, "folds need the policy recording"),
        (["--labels", "undisputed", "--detector", "majority"], OptionError, "--labels given"),
        (["--detector", "majority", "--split", "runs", "--run-length", "80", "--seed", "2"], SplitError, "undefined"),
        (["--detector", "majority", "--threshold", "validation"], OptionError, "binary"),
        (["--detector", "majority", "--leave-out", "fdi"], OptionError, "there are dos, replay"),
        (["--detector", "majority", "--split", "random", "--leave-out", "dos"], OptionError, "random split"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(flights, folder, words, error, word):
    with pytest.raises(error, match=word):
        run("train", flights, "--out", folder / "refused", *words)
    assert not (folder / "refused").exists()


def test_a_bundle_is_replaced_by_force_only(forest, flights, folder):
    words = ["train", flights, "--out", folder / "twice", "--detector", "majority"]
    run(*words)
    with pytest.raises(InputError, match="--force"):
        run(*words)
    run(*words, "--force", "--seed", 4)
    assert bundles.load(folder / "twice").record["seed"] == 4


@pytest.mark.parametrize("name", ["scores.txt", "nowhere/scores.csv"])
def test_scores_go_where_they_can(forest, flights, folder, name):
    with pytest.raises(OptionError):
        run("predict", forest[0], flights, "-o", folder / name)


def test_an_error_is_one_line_and_exit_code_2(forest, folder):
    (folder / "bare.csv").write_text("frame.number,class\n1,benign\n2,dos\n")
    done = subprocess.run(
        [sys.executable, "-m", "yawstring.app.cli", "evaluate", str(forest[0]), str(folder / "bare.csv")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "lacks what the detector reads: frame.len" in done.stderr


def test_options_of_the_detector_reach_it(flights, folder):
    words = ["--detector", "forest", "--option", "trees=7", "--option", "extra=yes", "--option", "depth=none"]
    run("train", flights, "--out", folder / "options", *words)
    assert bundles.load(folder / "options").detector.options == {
        "trees": 7, "depth": None, "leaf": 1, "class_weights": False, "extra": True,
    }  # fmt: skip


def test_auto_keeps_the_best_candidate_and_says_what_each_reached(flights, folder):
    bundle = folder / "auto"
    words = ["--detector", "auto", "--candidates", "majority,extra_trees", "--report", folder / "auto-report"]
    out, err = run("train", flights, "--out", bundle, *words)
    assert "choosing 2/2 extra_trees: macro-F1" in err
    assert "extra_trees, chosen" in out
    assert bundles.load(bundle).detector.options["extra"]
    found = json.loads(run("evaluate", bundle, flights, "--json")[0])
    assert found["candidates"]["chosen"] == "extra_trees"
    assert list(found["candidates"]["reached"]) == ["majority", "extra_trees"]
    page = (folder / "auto-report" / "report.html").read_text()
    assert "How extra_trees came to be: chosen on the validation part, by macro-F1" in page
    assert json.loads((folder / "auto-report" / "report.json").read_text())["candidates"] == found["candidates"]
    assert "by macro-F1, among: majority, extra_trees." in (bundle / "card.md").read_text()


def test_an_attack_that_is_left_out_is_measured_as_unknown(folder, flights):
    words = ["--detector", "majority", "--leave-out", "replay", "--json"]
    found = json.loads(run("train", flights, "--out", folder / "left-out", *words)[0])
    assert found["stamps"] == ["never trained on replay"]
    assert found["metrics"]["majority"]["classes"] == ["benign", "dos", "unknown"]
    assert found["metrics"]["majority"]["per_class"]["unknown"]["support"] > 0
    again = json.loads(run("evaluate", folder / "left-out", flights, "--json")[0])
    assert again["metrics"] == found["metrics"]
    card = (folder / "left-out" / "card.md").read_text()
    assert "Attacks it was never trained on, to see what it says of them: replay." in card


def test_novelty_is_heard_beside_a_classifier(folder, flights):
    words = ["--detector", "forest", "--leave-out", "replay", "--unknown", "--json"]
    found = json.loads(run("train", flights, "--out", folder / "unknown", *words)[0])
    assert (folder / "unknown" / "novelty.onnx").exists()
    assert json.loads(run("evaluate", folder / "unknown", flights, "--json")[0])["metrics"] == found["metrics"]
    run("predict", folder / "unknown", flights, "-o", folder / "unknown.parquet")
    scores = pl.read_parquet(folder / "unknown.parquet")
    assert (scores["p_unknown"] > 0).any()
    assert ((scores["predicted"] != "benign") == (scores["score"] >= 0.5)).all()
    with pytest.raises(OptionError, match="target 'class'"):
        run("train", flights, "--out", folder / "refused", "--unknown", "--target", "binary")
