"""Training, evaluation and prediction agree with each other and with scikit-learn."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score

from support import recorded, watch
from yawstring.edge.files import read_table
from yawstring.errors import OptionError, TableError
from yawstring.learn import parts
from yawstring.learn.choosing import ChoosingOptions
from yawstring.learn.detector import Detector
from yawstring.learn.digest import content_digest
from yawstring.learn.evaluate import evaluate, predict
from yawstring.learn.evaluate import recorded as recorded_evaluation
from yawstring.learn.recipe import Recipe
from yawstring.learn.train import TrainOptions, choose_features, train
from yawstring.models.majority import Majority
from yawstring.models.recurrent import LSTM
from yawstring.models.trees import Forest
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import WindowSpec

SMALL = LSTM(units=8, dense=(8,), epochs=30, patience=1, class_weights=True, learning_rate=0.05)
TREES = Forest(trees=10)


@pytest.fixture(scope="module")
def table():
    return recorded.table(rows=80)


@pytest.fixture(scope="module")
def epochs():
    return []


@pytest.fixture(scope="module")
def trained(table, epochs):
    return train(table, TrainOptions(detector=SMALL, resamples=50), epochs.append)


def test_evaluating_the_same_table_gives_the_recorded_figures(trained, table):
    assert evaluate(trained, table) == recorded_evaluation(trained)
    json.dumps(recorded_evaluation(trained), allow_nan=False)


def test_the_baselines_stand_beside_on_the_same_windows(trained):
    metrics = trained.record["metrics"]
    assert list(metrics) == ["lstm", "forest", "threshold", "majority"]
    assert len({figures["windows"] for figures in metrics.values()}) == 1
    assert len(trained.record["verdict"]) == 3


def test_a_detector_that_loses_to_a_baseline_is_told_so(table):
    record = train(table, TrainOptions(detector=Majority(), resamples=50)).record
    assert record["verdict"][0].startswith("majority loses to forest: macro-F1 ")


def test_the_record_says_what_it_took(trained, table):
    record = trained.record
    assert record["seed"] == 10
    assert {"yawstring", "python", "numpy", "jax", "scikit-learn", "onnxruntime"} <= set(record["versions"])
    assert record["data"]["content"] == content_digest(table.frame)
    parts_there = record["split"]["parts"]
    assert set(parts_there["train"]["classes"]) == set(parts_there["test"]["classes"]) == {"benign", "dos", "replay"}
    json.dumps(dict(record), allow_nan=False)


def test_the_recipe_survives_json(trained):
    assert Recipe.from_json(json.loads(json.dumps(trained.recipe.to_json()))) == trained.recipe


def test_same_seed_same_bits(trained, table):
    again = train(table, TrainOptions(detector=SMALL, resamples=50))
    assert again.detector.graph == trained.detector.graph
    assert json.dumps(dict(again.record)) == json.dumps(dict(trained.record))


def test_scores_do_not_depend_on_chunks(trained, table, monkeypatch):
    whole = predict(trained, table)
    monkeypatch.setattr(parts, "CHUNK", 7)
    assert predict(trained, table).equals(whole)


def test_predictions_say_which_part_they_belong_to(trained, table):
    scores = predict(trained, table)
    sizes = trained.record["split"]["parts"]
    assert dict(scores["part"].value_counts().rows()) == {name: sizes[name]["windows"] for name in sizes}
    test = scores.filter(part="test")
    truth = table.frame["class"].gather(test["row"])
    assert f1_score(truth, test["predicted"], average="macro") == pytest.approx(
        trained.record["metrics"]["lstm"]["macro_f1"]["value"]
    )
    assert scores["row"].to_list() == [80 * recording + row for recording in range(12) for row in range(4, 80)]
    assert (table.frame["recording"].gather(scores["row"]) == scores["recording"]).all()
    np.testing.assert_allclose(scores.select("^p_.*$").sum_horizontal(), 1, atol=1e-5)


def test_windows_between_parts_are_left_out(table):
    options = TrainOptions(detector=Majority(), split=SplitSpec(policy="time", within="recording"), baselines=())
    scores = predict(train(table, options), table)
    assert set(scores["part"]) == {"train", "validation", "test", "left out"}


def test_another_table_is_foreign_and_measured_whole(trained):
    other = recorded.table(rows=50, seed=1)
    found = evaluate(trained, other)
    assert found["on"] == "whole table"
    assert found["metrics"]["lstm"]["windows"] == 12 * 46
    assert found["metrics"]["lstm"]["groups"] == 12
    assert found["warnings"] == []
    assert set(predict(trained, other)["part"]) == {"foreign"}


def test_recordings_a_detector_knows_are_recognised_in_another_table(trained, table):
    part = replace(table, frame=table.frame.filter(pl.col("recording").is_in([0, 1, 4, 8])).drop("my_note"))
    found = evaluate(trained, part)
    assert found["on"] == "whole table"
    assert "4 of the table's 4 recordings come from the table" in found["warnings"][0]


def test_an_unlabelled_table_can_be_scored_not_measured(trained, table):
    bare = replace(table, frame=table.frame.drop("class"))
    assert predict(trained, bare).drop("part").equals(predict(trained, table).drop("part"))
    with pytest.raises(TableError, match="class"):
        evaluate(trained, bare)


def test_missing_columns_are_named(trained, table):
    lacking = replace(table, frame=table.frame.drop("frame.len", "wlan.duration"))
    for use in (evaluate, predict):
        with pytest.raises(TableError, match=r"frame\.len, wlan\.duration"):
            use(trained, lacking)


def test_an_unknown_class_is_refused(trained):
    with pytest.raises(OptionError, match="'evil_twin'"):
        evaluate(trained, recorded.table(("benign", "evil_twin"), seed=2))


def test_a_table_without_a_class_has_no_macro_f1(trained):
    found = evaluate(trained, recorded.table(("benign", "dos", "benign"), seed=2))
    assert found["metrics"]["lstm"]["macro_f1"]["value"] is None
    assert "cannot be compared" in found["verdict"][0]


def test_benign_or_attack(table):
    trained = train(
        table,
        TrainOptions(detector=TREES, target="binary", choosing=ChoosingOptions(threshold="validation"), resamples=20),
    )
    assert trained.recipe.classes == ("benign", "attack")
    assert 0 < trained.recipe.threshold < 1
    scores = predict(trained, table)
    called = np.where(scores["p_attack"].to_numpy().astype(np.float64) >= trained.recipe.threshold, "attack", "benign")
    assert scores["predicted"].to_list() == called.tolist()
    assert evaluate(trained, table) == recorded_evaluation(trained)


@pytest.mark.parametrize("seed", range(5))
def test_the_threshold_is_the_best_on_validation(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, 60)
    attack = np.clip(truth * 0.3 + rng.random(60) * 0.6, 0, 1).round(1)
    told = parts.Outcome(
        classes=("benign", "attack"),
        truth=truth,
        probabilities=np.stack([1 - attack, attack], axis=1).astype(np.float32),
        group=truth,
    )
    monkeypatch.setattr(parts, "outcome", lambda *_: told)
    monkeypatch.setattr(parts, "require", lambda part, *_: part)
    recipe = type("Binary", (), {"classes": ("benign", "attack")})
    chosen = parts.choose_threshold(watch.detector(), None, recipe)
    best = max(f1_score(truth, attack >= cut, average="macro") for cut in np.arange(0, 1.1, 0.05))
    assert f1_score(truth, told.probabilities[:, 1] >= chosen, average="macro") == pytest.approx(best)


def test_options_that_do_not_fit_are_refused(table):
    no_benign = recorded.table(("dos", "dos", "dos", "replay", "replay", "replay"))
    physical = replace(table, frame=table.frame.select("class", "recording", "timestamp_c"))
    best = ChoosingOptions(threshold="validation")
    for one, options, word in (
        (table, {"choosing": best}, "binary"),
        (table, {"target": "binary", "choosing": best, "split": SplitSpec(validation=0)}, "there is none"),
        (table, {"labels": "undisputed"}, "--labels given"),
        (no_benign, {"target": "binary"}, "no row is benign"),
        (physical, {}, "no cyber or physical column"),
        (table, {"modality": "physical"}, "no physical column"),
    ):
        with pytest.raises(OptionError, match=word):
            train(one, TrainOptions(detector=Majority(), **options))


def test_early_stopping_reaches_the_detector_and_every_epoch_the_watch(trained, epochs):
    assert tuple(epochs) == trained.detector.history
    assert len(epochs) < 30
    assert all(epoch.validation_f1 is not None for epoch in epochs)


def test_python_in_the_manner_of_scikit_learn(table):
    from sklearn.base import clone

    detector = Detector(TREES, resamples=10, baselines=())
    with pytest.raises(OptionError, match="fit"):
        detector.predict(table)
    same = clone(detector)
    assert same.get_params() == detector.get_params()
    frame = table.frame.drop("recording")
    assert detector.fit(frame) is detector
    scores = detector.predict_proba(frame)
    assert scores.shape == (12 * 76, 3)
    assert (detector.classes_[scores.argmax(axis=1)] == detector.predict(frame)).all()
    assert detector.evaluate(frame)["on"] == "test part"
    assert detector.set_params(seed=3).get_params()["seed"] == 3
    assert detector.trained_ is None
    with pytest.raises(OptionError, match="no option 'sed'"):
        Detector(sed=3)


def test_random_rows_of_all_columns_reach_what_papers_report(three_attack_cyber):
    options = TrainOptions(
        detector=Forest(), split=SplitSpec(policy="random", validation=0), window=WindowSpec(length=1),
        identity=True, time=True, baselines=(), resamples=20,
    )  # fmt: skip
    record = train(read_table(three_attack_cyber), options).record
    assert record["metrics"]["forest"]["macro_f1"]["value"] >= 0.985
    assert record["stamps"] == ["random split", "identity", "time", "given labels"]


def test_by_time_without_identity_the_figure_falls(three_attack_cyber):
    table = read_table(three_attack_cyber)
    options = TrainOptions(
        detector=Forest(), split=SplitSpec(policy="time", validation=0), window=WindowSpec(length=1), baselines=(),
        resamples=20,
    )  # fmt: skip
    found = train(table, options).record["metrics"]["forest"]["macro_f1"]
    assert found["value"] == pytest.approx(0.79, abs=0.02)
    frame = pl.read_csv(three_attack_cyber)  # the same by hand, from the octets on
    order = frame.with_row_index().with_columns(n=pl.len().over("class"), k=pl.int_range(pl.len()).over("class"))
    last = (order["k"] >= (order["n"] - (0.2 * order["n"]).round())).to_numpy()
    rows = frame.select(choose_features(table.columns, options)).to_numpy()
    truth = frame["class"].to_numpy()
    oracle = RandomForestClassifier(100, random_state=10).fit(rows[~last], truth[~last])
    expected = f1_score(truth[last], oracle.predict(rows[last]), average="macro")
    assert found["value"] == pytest.approx(expected, abs=0.01)


def test_baselines_are_measured_at_the_same_budget(table):
    clocked = replace(table, frame=table.frame.with_columns(timestamp_c=pl.int_range(pl.len()) * 10.0))
    choosing = ChoosingOptions(false_alarms_per_hour=2.0)
    done = train(clocked, TrainOptions(detector=TREES, choosing=choosing, resamples=20))
    assert done.recipe.thresholds.keys() == done.record["chosen"]["baselines"].keys() == {"threshold", "majority"}
    assert evaluate(done, clocked) == recorded_evaluation(done)
    for name, threshold in done.recipe.thresholds.items():
        assert done.record["incidents"][name]["options"]["threshold"] == threshold
    assert done.recipe.thresholds["majority"] > 0.5  # it says the same of every window: all would be alarms
    assert np.array(done.record["metrics"]["majority"]["confusion"])[:, 1:].sum() == 0
