"""The page of evaluations, against the scores and labels themselves, counted by pandas."""

import json
import re
import subprocess
import sys
from html import unescape

import numpy as np
import pandas as pd
import polars as pl
import pytest
from typer.testing import CliRunner

from support import recorded
from yawstring.app.cli import app
from yawstring.app.verdict_page import MOST_TRACKS, measured_on
from yawstring.edge import bundles
from yawstring.edge.files import read_table
from yawstring.errors import InputError
from yawstring.learn.evaluate import evaluate, predict

STEP_NS = 50_000_000


def run(*words):
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def pandas(frame):
    return pd.DataFrame(frame.to_dict(as_series=False))


@pytest.fixture(scope="module")
def flights(tmp_path_factory):
    """Timed recordings; those under attack are benign at first and for a while in their middle."""
    frame, at = recorded.frame(rows=80), pl.int_range(pl.len()) % 80
    times = pl.Series("time_ns", np.arange(len(frame)) * STEP_NS)
    calm = pl.when((at < 10) | at.is_between(40, 49)).then(pl.lit("benign")).otherwise(pl.col("class"))
    frame = frame.with_columns(calm.alias("class"))
    path = tmp_path_factory.mktemp("page") / "flights.csv"
    frame.drop("recording").with_columns(times).write_csv(path)
    return path


@pytest.fixture(scope="module")
def detectors(flights):
    folders = []
    for target in ("binary", "class"):
        folders.append(flights.parent / target)
        run("train", flights, "--out", folders[-1], "--detector", "forest", "--target", target)
    return folders


@pytest.fixture(scope="module")
def folder(detectors, flights):
    shown = run("evaluate", *detectors, flights, "--report", flights.parent / "report", "--json")
    assert "report.html" in shown.stderr
    assert json.loads(shown.stdout) == json.loads((flights.parent / "report" / "report.json").read_text())
    return flights.parent / "report"


def test_every_detector_has_its_figures_and_its_verdict(folder):
    text = unescape(re.sub(r"<[^>]+>", " ", (folder / "report.html").read_text()))
    record = json.loads((folder / "report.json").read_text())["evaluations"]
    assert [one["target"] for one in record] == ["binary", "class"]
    for one in record:
        for sentence in one["verdict"]:
            assert sentence in text
        for figures in one["metrics"].values():
            assert f"{figures['macro_f1']['value']:.3f}" in text
    assert "Attack or not" in text
    assert "Which attack" in text


def test_several_detectors_end_with_one_line_each(detectors, flights):
    words = run("evaluate", *detectors, flights).stdout.split("in short")[1]
    for one in json.loads(run("evaluate", *detectors, flights, "--json").stdout)["evaluations"]:
        figures = one["metrics"]["forest"]
        shown = [f"{one['metrics'][name]['macro_f1']['value']:.3f}" for name in ("forest", "majority")]
        shown += [f"{name} {of['recall']['value']:.0%}" for name, of in figures["per_class"].items()]
        assert any(all(text in line for text in shown) for line in words.splitlines())


def test_tracks_are_the_scores_and_the_true_attacks(detectors, flights):
    trained, table = bundles.load(detectors[1]), read_table(flights)
    found = measured_on(trained, table, evaluate(trained, table))
    scores = pandas(predict(trained, table).filter(pl.col("part") == "test"))
    rows = pandas(table.frame)
    assert found.timed
    assert found.recordings == scores["recording"].nunique()
    assert len(found.tracks) == min(found.recordings, MOST_TRACKS)
    assert max(len(track.spans) for track in found.tracks) == 2
    for track in found.tracks:
        mine = scores[scores["recording"] == int(track.name.split()[-1])]
        attack = mine[[name for name in mine if name.startswith("p_") and name != "p_benign"]].sum(axis=1)
        assert max(track.score) == pytest.approx(min(attack.max(), 1), abs=1e-6)
        times = (rows["time_ns"].to_numpy()[mine["row"]] - rows["time_ns"].to_numpy()[mine["row"].iloc[0]]) / 1e9
        truth = pd.Series(rows["class"].to_numpy()[mine["row"]] != "benign")
        runs = [run for _, run in truth.groupby((truth != truth.shift()).cumsum()) if run.iloc[0]]
        assert [start for start, _ in track.spans] == pytest.approx([times[run.index[0]] for run in runs])
        assert [end for _, end in track.spans] == pytest.approx([times[run.index[-1]] for run in runs])
        assert min(track.along) >= 0
        assert max(track.along) <= times[-1]


def test_without_a_clock_of_ours_windows_are_counted(tmp_path):
    path = tmp_path / "untimed.csv"
    recorded.frame(rows=80).drop("recording").write_csv(path)
    run("train", path, "--out", tmp_path / "model", "--detector", "forest")
    run("evaluate", tmp_path / "model", path, "--report", tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text()
    assert ">seconds<" not in page
    assert ">windows<" in page


def test_a_report_that_cannot_be_written_is_said_before_the_work(detectors, flights):
    result = CliRunner().invoke(app, ["evaluate", *map(str, detectors), str(flights), "--report", str(flights)])
    assert result.exit_code != 0
    assert "cannot make this folder" in str(result.exception)


def test_precision_over_recall_is_scikit_learns():
    from sklearn.metrics import precision_recall_curve

    from yawstring.app.verdict_evidence import precision_recall

    rng = np.random.default_rng(3)
    truth, score = rng.random(150) < 0.3, rng.integers(0, 20, 150) / 20
    recall, precision = precision_recall(truth, score)
    expected = precision_recall_curve(truth, score, drop_intermediate=False)
    reached = dict(zip(np.round(expected[1][::-1], 9), expected[0][::-1], strict=True))  # the last of equal recalls
    for one, other in zip(np.round(recall[1:], 9), precision[1:], strict=True):
        assert other == pytest.approx(reached[one]) or other in expected[0]
    assert recall == sorted(recall)
    assert (recall[0], precision[0], recall[-1]) == (0, 1, 1)


def test_the_page_shows_what_the_verdict_rests_on_and_how_to_get_it_again(folder, detectors, flights):
    text = unescape(re.sub(r"<[^>]+>", " ", (folder / "report.html").read_text()))
    assert "what it rests on" in text
    assert "How precise each detector is" in text
    assert "macro-F1 lost" in text
    assert "To get this page again" in text
    other = flights.parent / "audited"
    run("evaluate", detectors[0], flights, "--report", other, "--audit")
    assert "Can a figure on this table be believed?" in (other / "report.html").read_text()


def text_of(page):
    return unescape(re.sub(r"<[^>]+>", " ", page.read_text()))


def test_incidents_are_on_the_page_with_the_reasons_of_the_strongest(folder, detectors, flights):
    text = " ".join(text_of(folder / "report.html").split())
    for bundle, one in zip(detectors, json.loads((folder / "report.json").read_text())["evaluations"], strict=True):
        found = one["incidents"]["forest"]
        assert f"False alarms: {found['false_alarms']} in {found['benign_hours']:.2f} benign hours" in text
        assert f"{found['found']}, {found['found_share']['value']:.0%}" in text
        explained = json.loads(run("explain", bundle, flights, "--top", 1000, "--json").stdout)["explanations"]
        strongest = next(one for one in explained if one["label"] != "benign")
        assert f"row {strongest['row']}: called {strongest['called']}, score {strongest['score']:.3f}" in text
        for signal in strongest["signals"][:3]:
            assert f"{signal['meaning']}" in text
            assert f"{signal['contribution']:+.3f}" in text


def test_the_page_holds_what_it_takes_to_get_it_again(folder, detectors, flights):
    from hashlib import sha256

    text = text_of(folder / "report.html")
    for bundle in detectors:
        assert sha256((bundle / "model.onnx").read_bytes()).hexdigest() in text
    assert sha256(flights.read_bytes()).hexdigest() in text


def test_flights_are_drawn_as_chosen(detectors, flights):
    trained, table = bundles.load(detectors[0]), read_table(flights)
    evaluation = evaluate(trained, table)
    every = measured_on(trained, table, evaluation)
    names = [int(track.name.split()[-1]) for track in every.tracks]
    chosen = measured_on(trained, table, evaluation, flights=names[1:])
    assert [int(track.name.split()[-1]) for track in chosen.tracks] == names[1:]
    with pytest.raises(InputError, match="recording 99 was not measured"):
        measured_on(trained, table, evaluation, flights=[99])


def test_train_writes_the_same_page(flights, tmp_path):
    shown = run("train", flights, "--out", tmp_path / "m", "--detector", "forest", "--report", tmp_path / "r", "--json")
    assert json.loads(shown.stdout) == json.loads((tmp_path / "r" / "report.json").read_text())
    assert "why it alarmed" in (tmp_path / "r" / "report.html").read_text()


def test_without_jax_the_page_of_a_network_says_why_nothing_is_explained(flights, tmp_path):
    run("train", flights, "--out", tmp_path / "mlp", "--detector", "mlp", "--epochs", 2)
    program = (
        "import sys\nfor name in ('jax', 'jaxlib'): sys.modules[name] = None\n"
        "from yawstring.app.cli import main\nmain()\n"
    )
    words = ["evaluate", tmp_path / "mlp", flights, "--report", tmp_path / "report"]
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    text = text_of(tmp_path / "report" / "report.html")
    assert "Not explained" in text
    assert "needs jax" in text
