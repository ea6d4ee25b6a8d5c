"""An attack that is left out leaves no trace in what is fitted or chosen, and is measured all the same."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from support import recorded
from yawstring.edge.bundles import load, save
from yawstring.errors import LeakError, OptionError, TableError
from yawstring.learn.detector import Detector
from yawstring.learn.evaluate import evaluate, predict
from yawstring.learn.evaluate import recorded as recorded_evaluation
from yawstring.learn.leave_out import refuse_seen, unseen_rows, with_unknown
from yawstring.learn.measured import split_rows
from yawstring.learn.train import TrainOptions, train
from yawstring.models.majority import Majority
from yawstring.models.trees import Forest
from yawstring.table.signals import SignalOptions
from yawstring.table.splits import SplitSpec, split_table
from yawstring.table.windows import WindowSpec

SMALL = Forest(trees=10)
WILD = 9_999


@dataclass(frozen=True, kw_only=True)
class Shown(Majority):
    """Remembers the windows that it was given."""

    seen: list

    def fit(self, train, validation=None, *, classes, seed, watch=None):
        self.seen.extend([train, validation])
        return super().fit(train, validation, classes=classes, seed=seed)


def flown(*recordings):
    """The labels of recordings, one letter a row: b benign, d dos, r replay."""
    names = {"b": "benign", "d": "dos", "r": "replay"}
    return pl.DataFrame(
        {
            "class": [names[letter] for one in recordings for letter in one],
            "recording": [place for place, one in enumerate(recordings) for _ in one],
        }
    )


def told(frame, names):
    return "".join("x" if one else "." for one in unseen_rows(frame, names).tolist())


@pytest.fixture(scope="module")
def table():
    wild = pl.when(pl.col("class") == "replay").then(WILD).otherwise(pl.col("frame.len"))
    return recorded.table(rows=80, columns={"frame.len": wild})


@pytest.fixture(scope="module")
def trained(table):
    return train(table, TrainOptions(detector=SMALL, leave_out=("replay",), resamples=50))


def test_what_follows_from_an_attack_goes_with_it_until_the_next_one_or_the_end():
    frame = flown("bbddbbrrb", "bdb", "bb")
    assert told(frame, ("dos",)) == "..xxxx..." + ".xx" + ".."
    assert told(frame, ("replay",)) == "......xxx" + "..." + ".."
    assert told(frame, ("replay", "dos")) == "..xxxxxxx" + ".xx" + ".."
    assert unseen_rows(frame, ()) is None


def test_a_technique_can_be_left_out_of_its_class():
    how = pl.Series("technique", [None, "flood", None, "deauth", None, "deauth"])
    frame = flown("bdbdbd").with_columns(how)
    assert told(frame, ("flood",)) == ".xx..."
    assert with_unknown(frame, ("benign", "dos"), ("flood",))["class"].to_list()[:4] == [
        "benign", "unknown", "benign", "dos",
    ]  # fmt: skip


@settings(max_examples=60)
@given(flights=st.lists(st.text("bdr", min_size=1, max_size=20), min_size=1, max_size=4))
def test_rows_are_those_that_a_walk_along_each_flight_gives(flights):
    expected = []
    for one in flights:
        state = False
        for letter in one:
            state = letter == "d" if letter != "b" else state
            expected.append("x" if state else ".")
    frame = flown(*flights, "d")
    assert told(frame, ("dos",)) == "".join(expected) + "x"


def test_neither_training_nor_validation_sees_it(table):
    seen = []
    train(table, TrainOptions(detector=Shown(seen=seen), leave_out=("replay",), baselines=(), resamples=10))
    learnt, choosing = seen
    assert len(choosing)
    for part in (learnt, choosing):
        assert (part.rows != WILD).all()
        assert set(part.labels.tolist()) == {0, 1}


def test_a_split_that_shows_it_is_refused(table):
    leaky = split_table(table.frame, SplitSpec(), WindowSpec())  # was not told of it
    unseen = unseen_rows(table.frame, ("replay",))
    with pytest.raises(LeakError, match="train part holds rows of an attack that was left out"):
        refuse_seen(leaky, unseen)
    only_validation = replace(leaky, starts=(leaky.starts[0][:0], *leaky.starts[1:]))
    with pytest.raises(LeakError, match="validation part holds"):
        refuse_seen(only_validation, unseen)
    refuse_seen(split_table(table.frame, SplitSpec(), WindowSpec(), unseen=unseen), unseen)
    refuse_seen(leaky, None)


def test_a_split_that_cannot_keep_it_out_is_refused():
    with pytest.raises(OptionError, match="random split keeps nothing"):
        TrainOptions(detector=SMALL, split=SplitSpec(policy="random"), leave_out=("dos",))


def test_signals_measured_after_the_split_do_not_see_it_either(table):
    options = SignalOptions(warm_up_s=0.0)

    def split(names):
        return split_rows(
            table, SplitSpec(), WindowSpec(), options, lambda _: None, lambda rows: unseen_rows(rows, names)
        )

    rows, made = split(("replay",))
    assert set(rows["class"].gather(made.starts[0])) == {"benign", "dos"}
    assert set(rows["class"].gather(made.starts[2])) == {"benign", "dos", "replay"}
    with pytest.raises(LeakError):
        refuse_seen(split(())[1], unseen_rows(rows, ("replay",)))


def test_it_is_measured_as_unknown(trained, table):
    assert trained.recipe.classes == ("benign", "dos", "unknown")
    assert trained.recipe.known == ("benign", "dos")
    assert trained.detector.classes == 2
    assert "never trained on replay" in trained.record["stamps"]
    sizes = trained.record["split"]["parts"]
    assert set(sizes["train"]["classes"]) == {"benign", "dos"}
    assert set(sizes["test"]["classes"]) == {"benign", "dos", "unknown"}
    own = trained.record["metrics"]["forest"]["per_class"]["unknown"]
    assert own["support"] > 0
    assert own["recall"]["value"] == 0  # nothing names what it never saw
    assert own["roc_auc"]["value"] == pytest.approx(0.5)


def test_evaluating_the_same_table_gives_the_recorded_figures(trained, table):
    assert evaluate(trained, table) == recorded_evaluation(trained)
    scores = predict(trained, table)
    assert set(scores["p_unknown"]) == {0.0}
    left = scores.filter(part="left out")
    assert set(table.frame["class"].gather(left["row"])) == {"replay"}


def test_macro_f1_is_scikit_learns_over_all_three(trained, table):
    scores = predict(trained, table).filter(part="test")
    truth = table.frame["class"].gather(scores["row"]).replace("replay", "unknown")
    expected = f1_score(truth, scores["predicted"], average="macro", zero_division=0)
    assert trained.record["metrics"]["forest"]["macro_f1"]["value"] == pytest.approx(expected)


def test_a_class_that_another_table_alone_has_counts_as_unknown(trained):
    other = recorded.table(("benign", "dos", "fdi", "jamming"), rows=40, seed=3)
    found = evaluate(trained, other)["metrics"]["forest"]["per_class"]
    assert found["unknown"]["support"] == 2 * 36
    without = train(recorded.table(), TrainOptions(detector=SMALL, baselines=(), resamples=10))
    with pytest.raises(OptionError, match="class 'fdi'"):
        evaluate(without, other)


def test_where_nothing_is_unknown_means_are_over_the_classes_that_there_are(trained):
    other = recorded.table(("benign", "dos"), rows=40, seed=3)
    found = evaluate(trained, other)["metrics"]["forest"]
    scores = predict(trained, other)
    truth = other.frame["class"].gather(scores["row"])
    expected = f1_score(truth, scores["predicted"], labels=["benign", "dos"], average="macro")
    assert found["macro_f1"]["value"] == pytest.approx(expected)
    assert found["per_class"]["unknown"]["recall"]["value"] is None


def test_binary_calls_it_an_attack(table):
    options = TrainOptions(detector=SMALL, target="binary", leave_out=("replay",), baselines=(), resamples=10)
    found = train(table, options)
    assert found.recipe.classes == ("benign", "attack")
    test = found.record["split"]["parts"]["test"]["classes"]
    support = found.record["metrics"]["forest"]["per_class"]["attack"]["support"]
    assert support == test["dos"] + test["replay"]
    assert "replay" not in found.record["split"]["parts"]["train"]["classes"]


def test_a_bundle_remembers_it(trained, table, tmp_path):
    save(trained, tmp_path / "bundle")
    found = load(tmp_path / "bundle")
    assert found.recipe.leave_out == ("replay",)
    assert evaluate(found, table) == recorded_evaluation(trained)


def test_the_estimator_takes_it(table):
    found = Detector(SMALL, leave_out=("replay",), baselines=(), resamples=10).fit(table)
    assert found.classes_.tolist() == ["benign", "dos", "unknown"]


def test_what_cannot_be_left_out_is_refused(table):
    for names, words in ((("benign",), "'benign'"), (("dso",), "'dso'.*there are dos, replay")):
        with pytest.raises(OptionError, match=words):
            train(table, TrainOptions(detector=SMALL, leave_out=names))
    strange = recorded.table(columns={"class": pl.col("class").replace("dos", "unknown")})
    with pytest.raises(OptionError, match="has a class 'unknown'"):
        train(strange, TrainOptions(detector=SMALL, leave_out=("replay",)))
    with pytest.raises(TableError, match="labels"):
        train(replace(table, frame=table.frame.drop("class")), TrainOptions(detector=SMALL, leave_out=("dos",)))


def test_its_columns_leave_no_trace_in_the_encoder(trained):
    assert np.isfinite([column.mean for column in trained.recipe.encoder.columns if column.kind == "number"]).all()
    means = {column.name: column.mean for column in trained.recipe.encoder.columns}
    assert means["frame.len"] < 200
