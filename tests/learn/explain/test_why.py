"""Explanations of single windows, against the table, the scores and pandas."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from yawstring.errors import OptionError
from yawstring.learn.choosing import ChoosingOptions
from yawstring.learn.evaluate import predict, rows_of
from yawstring.learn.explain.moments import choose_moments, of_each_class, strongest
from yawstring.learn.explain.ranges import Range
from yawstring.learn.explain.why import ANY, explain
from yawstring.learn.explain.words import Reason
from yawstring.learn.train import TrainOptions, train
from yawstring.models.boosting import Boosting
from yawstring.models.dense import MLP
from yawstring.models.novelty import Novelty
from yawstring.models.svm import SVM
from yawstring.models.trees import Forest
from yawstring.models.window_forest import WindowForest
from yawstring.schema import layout_of, modality_of
from yawstring.table.corpora import Table
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import WindowSpec

FAMILIES = {
    "forest": Forest(trees=20),
    "window_forest": WindowForest(trees=20),
    "boosting": Boosting(rounds=15),
    "mlp": MLP(dense=(8,), epochs=8, learning_rate=0.01, dropout=0.0),
    "novelty": Novelty(rate=0.01),
    "svm": SVM(),
}
LENGTH, ROWS, STEP_NS = 4, 120, 100_000_000


def flights(recordings=10, seed=0):
    """``tof`` rises by 90 in a dos, ``bat`` falls by 30 in a replay, ``wlan.fc.type`` and ``h`` say nothing."""
    random = np.random.default_rng(seed)
    count = recordings * ROWS
    at, recording = np.arange(count) % ROWS, np.repeat(np.arange(recordings), ROWS)
    attacked = (at >= 40) & (at < 80)
    kind = np.where(recording % 2 == 0, "dos", "replay")
    frame = pl.DataFrame(
        {
            "time_ns": np.arange(count) * STEP_NS,
            "tof": 60 + random.normal(0, 5, count) + 90 * (attacked & (kind == "dos")),
            "bat": 80 + random.normal(0, 2, count) - 30 * (attacked & (kind == "replay")),
            "h": random.normal(0, 1, count),
            "wlan.fc.type": random.choice([0, 2], count),
            "class": np.where(attacked, kind, "benign"),
            "recording": pl.Series(recording, dtype=pl.Int32),
        }
    )
    modality = modality_of(frame.columns)
    return Table(frame=frame, layout=layout_of(frame.columns), capture="made", modality=modality, digest="0" * 64)


@pytest.fixture(scope="module", params=FAMILIES)
def trained(request):
    family = FAMILIES[request.param]
    choosing = ChoosingOptions(calibrate="none")
    options = TrainOptions(
        detector=family, split=SplitSpec(test=0.4, validation=0), window=WindowSpec(length=LENGTH), choosing=choosing,
        baselines=(), resamples=10, seed=1,
    )  # fmt: skip
    return train(flights(), options)


def pandas(frame):
    return pd.DataFrame(frame.to_dict(as_series=False))


def test_the_strongest_window_of_every_incident_is_explained(trained):
    table = flights()
    rows, moments = choose_moments(trained, table, top=100)
    scores = pandas(predict(trained, table))
    scores["strength"] = scores[[f"p_{name}" for name in trained.recipe.classes[1:]]].sum(axis=1)
    unseen = scores[(scores["part"] == "test") & scores["incident"].notna()]
    assert moments.of == "incident"
    assert moments.total == len(moments.found) == unseen["incident"].nunique() > 1
    best = unseen.groupby("incident")["strength"].max()
    for one in moments.found:
        mine = scores[scores["row"] == one.row].iloc[0]
        assert one.score == pytest.approx(best[one.incident], abs=1e-6)
        assert one.score == pytest.approx(mine["strength"], abs=1e-6)
        assert (one.recording, one.incident, one.called) == (mine["recording"], mine["incident"], mine["predicted"])
        assert one.label == table.frame["class"][one.row]
        assert one.time_s == pytest.approx(one.row % ROWS * STEP_NS / 1e9)
    assert [one.score for one in moments.found] == sorted((one.score for one in moments.found), reverse=True)
    assert len(rows) == len(table.frame)


def test_what_was_changed_is_named_with_its_value_beside_the_benign_range(trained):
    table = flights()
    rows, moments = choose_moments(trained, table, top=100)
    found = explain(trained, rows, moments.found)
    assert [one.moment for one in found] == list(moments.found)
    benign = pandas(table.frame)
    benign = benign[benign["class"] == "benign"]
    for one in found:
        strong = one.reasons[0]
        name, side = ("tof", "above") if one.moment.recording % 2 == 0 else ("bat", "below")
        assert strong.feature == name
        assert strong.contribution > 0
        seen = 1 if trained.detector.reads == "row" else LENGTH
        values = table.frame[name][one.moment.row - seen + 1 : one.moment.row + 1]
        assert strong.value == pytest.approx(values.max() if side == "above" else values.min())
        assert strong.outside == side
        low, high = benign[name].quantile([0.05, 0.95])
        assert (strong.ordinary.low, strong.ordinary.high) == pytest.approx((low, high), abs=1.5)
        assert f"{strong.value:.3g} {strong.unit}" in strong.sentence


def test_any_window_has_its_own_values_and_the_strongest_signal_first(trained):
    table = flights()
    seen = 1 if trained.detector.reads == "row" else LENGTH
    for row in (20, 42, 60, 82, 100):  # before, at the onset, within, after
        rows, moments = choose_moments(trained, table, row=row)
        (one,) = explain(trained, rows, moments.found)
        sizes = [abs(reason.contribution) for reason in one.reasons]
        assert sizes == sorted(sizes, reverse=True)
        for reason in one.reasons:
            values = table.frame[reason.feature][row - seen + 1 : row + 1].to_numpy()
            if reason.ordinary is None:
                assert reason.value == values[-1]
                continue
            beyond = np.maximum(values - reason.ordinary.high, reason.ordinary.low - values)
            assert reason.value == (values[beyond.argmax()] if beyond.max() > 0 else values[-1])
            assert (reason.outside is None) == (beyond.max() <= 0)


def test_the_sum_is_that_of_the_scores(trained):
    table = flights()
    rows, moments = choose_moments(trained, table, top=100)
    for one in explain(trained, rows, moments.found):
        moved = sum(reason.contribution for reason in one.reasons)
        assert one.value == pytest.approx(one.base + moved + one.rest, abs=1e-5)
        p = predict(trained, table).filter(pl.col("row") == one.moment.row)
        target = one.moment.score if one.target == ANY else p[f"p_{one.target}"][0]
        odds = target if one.scale == "probability" else np.log(target / p["p_benign"][0])
        if p["p_benign"][0] > 1e-6 or one.scale == "probability":
            assert one.value == pytest.approx(odds, abs=1e-2)
        if trained.detector.family != "svm":
            assert abs(one.rest) < 0.02 * max(abs(one.value - one.base), 1)


def test_a_row_or_an_incident_can_be_asked_for(trained):
    table = flights()
    everything = predict(trained, table)
    row = everything["row"][17]
    _, one = choose_moments(trained, table, row=row)
    assert (one.of, one.found[0].row) == ("row", row)
    number = int(everything["incident"].drop_nulls()[-1])
    _, one = choose_moments(trained, table, incident=number)
    assert (one.of, one.found[0].incident, one.total) == ("incident", number, 1)
    with pytest.raises(OptionError, match="no window ends with row 1 "):
        choose_moments(trained, table, row=1)
    with pytest.raises(OptionError, match="there is no incident 99: they are numbered from 0"):
        choose_moments(trained, table, incident=99)
    with pytest.raises(OptionError, match="at least one"):
        choose_moments(trained, table, top=0)


@pytest.fixture(scope="module")
def forest():
    options = TrainOptions(
        detector=FAMILIES["window_forest"], split=SplitSpec(test=0.4, validation=0), window=WindowSpec(length=LENGTH),
        baselines=(), resamples=10, seed=1,
    )  # fmt: skip
    return train(flights(), options)


def test_without_incidents_every_recording_has_a_window(forest):
    table = flights(recordings=3, seed=5)
    scores = predict(forest, table).with_columns(pl.lit(None, pl.Int32).alias("incident"))
    found = strongest(scores, rows_of(forest, table), forest.recipe.classes, top=2)
    assert (found.of, found.total, len(found.found)) == ("recording", 3, 2)
    assert {one.part for one in found.found} == {"foreign"}


def test_missing_values_codes_and_tables_without_labels_are_told_as_they_are(forest):
    table = flights(recordings=2, seed=5)
    bare = table.frame.drop("class", "time_ns").with_columns(pl.lit(None, pl.Float64).alias("h"))
    rows, moments = choose_moments(
        forest, Table(frame=bare, layout="unknown", capture="bare", modality="fused", digest="0" * 64), top=1
    )
    (one,) = explain(forest, rows, moments.found)
    assert (moments.of, one.moment.label, one.moment.time_s) == ("recording", None, None)
    by_name = {reason.feature: reason for reason in one.reasons}
    assert by_name["tof"].outside == "above"
    assert by_name["h"].value is None
    assert "no value" in by_name["h"].sentence
    code = by_name["wlan.fc.type"]
    assert code.ordinary is None
    assert not code.novel
    assert "benign" not in code.sentence


@pytest.mark.parametrize(
    ("value", "ordinary", "novel", "words"),
    [
        (412.0, Range(low=0, middle=1, high=3), False, "412 cm, where 95 % of benign rows have at most 3"),
        (-7.5, Range(low=0, middle=1, high=3), False, "-7.5 cm, where 95 % of benign rows have at least 0"),
        (2.0, Range(low=0, middle=1, high=3), False, "2 cm, as benign rows have (0 to 3 cm)"),
        (2.0, Range(low=0, middle=0, high=0), False, "2 cm, where 90 % of benign rows or more have 0"),
        (0.0, Range(low=0, middle=0, high=0), False, "0 cm, as in 90 % of benign rows or more"),
        (None, Range(low=0, middle=1, high=3), False, "no value, where benign rows have 0 to 3 cm"),
        (12345.6, None, True, "12,346 cm, where no benign row has a value"),
        (2.0, None, False, "2 cm"),
        (None, None, False, "no value"),
    ],
)
def test_a_reason_in_words(value, ordinary, novel, words):
    reason = Reason(feature="tof", value=value, ordinary=ordinary, novel=novel, contribution=0.1)
    assert reason.sentence == f"Distance to the ground, time of flight: {words}"


def test_a_meaning_with_a_colon_has_no_second_one():
    reason = Reason(feature="wlan.fc.type", value=2.0, ordinary=None, contribution=0.1)
    assert reason.sentence == "Frame type: 0 management, 1 control, 2 data, here 2"


@pytest.mark.parametrize(
    ("statistic", "words"),
    [("last", ""), ("recent max", ""), ("change", "; what counted was how it changed"),
     ("recent deviation", "; what counted was how much it varied towards the end")],
)  # fmt: skip
def test_a_statistic_that_is_no_value_is_told(statistic, words):
    reason = Reason(feature="my_own", value=1.0, ordinary=None, contribution=0.1, statistic=statistic)
    assert reason.sentence == f"my_own: 1{words}"


def test_of_each_attack_the_strongest_incident_and_the_strongest_false_alarm():
    #        incident, part, p_dos, p_replay, label
    told = [
        (0, "test", 0.7, 0.1, "dos"), (0, "test", 0.1, 0.85, "dos"), (0, "test", 0.2, 0.1, "dos"),  # like a replay
        (1, "train", 1.0, 0.0, "dos"),  # trained on
        (2, "test", 0.94, 0.0, "benign"), (2, "test", 0.6, 0.0, "benign"),  # like a dos, and false
        (3, "test", 0.8, 0.1, "benign"),  # false, and weaker
        (4, "test", 0.91, 0.0, "benign"), (4, "test", 0.5, 0.0, "dos"),  # like a dos; its peak is before the onset
        (5, "test", 0.1, 0.6, "replay"),
        (None, "test", 0.99, 0.0, "dos"),  # in no incident
    ]  # fmt: skip
    incident, part, dos, replay, label = zip(*told, strict=True)
    count = range(len(told))
    scores = pl.DataFrame(
        {
            "recording": [0] * len(told), "row": [*count], "part": part, "predicted": ["x"] * len(told),
            "incident": pl.Series(incident, dtype=pl.Int32), "p_dos": dos, "p_replay": replay,
            "p_benign": [1 - a - b for a, b in zip(dos, replay, strict=True)],
        }
    )  # fmt: skip
    rows = pl.DataFrame({"recording": [0] * len(told), "time_ns": [*count], "class": label})
    classes = ("benign", "dos", "replay")
    found = of_each_class(scores, rows, classes)
    assert [(one.incident, one.row, classes[one.target]) for one in found.found] == [
        (0, 1, "replay"), (4, 7, "dos"), (2, 4, "dos"),
    ]  # fmt: skip
    assert found.total == 5
    # Without labels nothing is known to be false.
    assert [one.incident for one in of_each_class(scores, rows.drop("class"), classes).found] == [0, 2]


@pytest.mark.parametrize(
    "family", [FAMILIES["forest"], FAMILIES["boosting"], FAMILIES["mlp"]], ids=lambda one: one.name
)
def test_where_nothing_is_benign_one_class_is_held_against_the_first(family):
    table = flights()
    attacked = table.frame.filter(pl.col("class") != "benign")
    bare = Table(frame=attacked, layout="unknown", capture="made", modality=table.modality, digest="0" * 64)
    options = TrainOptions(
        detector=family, split=SplitSpec(test=0.4, validation=0), window=WindowSpec(length=LENGTH), baselines=(),
        resamples=10, seed=1,
    )  # fmt: skip
    made = train(bare, options)
    rows, moments = choose_moments(made, bare, top=10)
    assert moments.of == "recording"
    for one in explain(made, rows, moments.found):
        assert (one.target, one.against) == ("replay", "dos")
        assert one.reasons[0].feature in ("tof", "bat")
        assert one.reasons[0].ordinary is None
        assert not one.reasons[0].novel
