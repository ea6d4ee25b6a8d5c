"""``yawstring explain`` as a user meets it."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from support import recorded
from yawstring.app.cli import app
from yawstring.app.reasons import MOST_REASONS
from yawstring.errors import OptionError

runner = CliRunner()


def run(*words):
    result = runner.invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("explain")


@pytest.fixture(scope="module")
def flights(folder):
    frame = recorded.frame(rows=80)
    path = folder / "flights.csv"
    frame.drop("recording").with_columns(pl.Series("time_ns", np.arange(len(frame)) * 50_000_000)).write_csv(path)
    return path


@pytest.fixture(scope="module")
def forest(folder, flights):
    run("train", flights, "--out", folder / "forest", "--detector", "window_forest")
    return folder / "forest"


@pytest.fixture(scope="module")
def network(folder, flights):
    run("train", flights, "--out", folder / "mlp", "--detector", "mlp", "--epochs", 2)
    return folder / "mlp"


@pytest.mark.parametrize("name", ["forest", "network"])
def test_json_adds_up_and_the_text_tells_the_same(name, flights, request):
    bundle = request.getfixturevalue(name)
    record = json.loads(run("explain", bundle, flights, "--json"))
    assert record["of"] == "incident"
    assert len(record["explanations"]) == min(record["total"], 5) > 0
    text = run("explain", bundle, flights)
    for one in record["explanations"]:
        moved = sum(signal["contribution"] for signal in one["signals"])
        assert one["base"] + moved + one["rest"] == pytest.approx(one["value"], abs=1e-6)
        sizes = [abs(signal["contribution"]) for signal in one["signals"]]
        assert sizes == sorted(sizes, reverse=True)
        assert f"row {one['row']}" in text
        assert f"score {one['score']:.3f}" in text
        for signal in one["signals"][:MOST_REASONS]:
            assert signal["sentence"] in text
    assert all(0 < signal["benign"]["low"] < 100 for signal in record["explanations"][0]["signals"][:1])


def test_the_incidents_are_those_of_predict(forest, flights, folder):
    run("predict", forest, flights, "-o", folder / "scores.parquet")
    scores = pl.read_parquet(folder / "scores.parquet")
    number = int(scores["incident"].drop_nulls()[0])
    (one,) = json.loads(run("explain", forest, flights, "--incident", number, "--json"))["explanations"]
    own = scores.filter(pl.col("incident") == number)
    assert one["score"] == pytest.approx(own["score"].max(), abs=1e-6)
    assert one["row"] in own.filter(pl.col("score") == own["score"].max())["row"]
    row = int(scores["row"][3])
    (other,) = json.loads(run("explain", forest, flights, "--row", row, "--json"))["explanations"]
    assert (other["row"], other["part"]) == (row, scores["part"][3])
    assert len(json.loads(run("explain", forest, flights, "--top", 2, "--json"))["explanations"]) == 2


def test_one_thing_is_asked_for_at_a_time(forest, flights):
    with pytest.raises(OptionError, match="exclude each other"):
        run("explain", forest, flights, "--row", 5, "--incident", 0)


def without(modules, *words):
    """A command in a process that lacks some modules."""
    program = (
        f"import sys\nfor name in {modules!r}: sys.modules[name] = None\nfrom yawstring.app.cli import main\nmain()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, words)], capture_output=True, text=True, check=False
    )


def test_only_a_network_needs_a_training_library(forest, network, flights):
    modules = ("jax", "jaxlib", "sklearn", "onnx", "scipy", "pandas", "matplotlib", "jinja2")
    done = without(modules, "explain", forest, flights, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(run("explain", forest, flights, "--json"))
    done = without(modules, "explain", network, flights)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "explaining a score of mlp needs jax" in done.stderr
    assert done.stderr.count("\n") == 1
