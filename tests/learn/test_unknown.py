"""Two detectors heard as one: against the rule written out window by window, and within the budget that was given."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from support import recorded, watch
from yawstring.edge.bundles import load, save
from yawstring.errors import BundleError, LeakError, OptionError
from yawstring.learn import parts
from yawstring.learn.choosing import ChoosingOptions, choose, choose_unknown
from yawstring.learn.evaluate import evaluate, predict
from yawstring.learn.evaluate import recorded as recorded_evaluation
from yawstring.learn.events import NEVER, EventSpec
from yawstring.learn.explain.moments import choose_moments
from yawstring.learn.explain.why import explain
from yawstring.learn.metrics import attack_score, decide
from yawstring.learn.recipe import Recipe
from yawstring.learn.train import TrainOptions, train
from yawstring.learn.unknown import CALLED, Unknown, combine, novelty_score
from yawstring.models.base import Fitted
from yawstring.models.graph import Node, write_graph
from yawstring.models.novelty import Novelty
from yawstring.models.trees import Forest
from yawstring.table.parts import TestPart, ValidationPart

SPEC = EventSpec(confirm=1, within=1, hold_s=1.0, merge_gap_s=0.0, release=1.0)
"""Rows lie ten seconds apart: each that reaches the threshold is an incident of its own."""

SMALL = Forest(trees=10)
WILD = -9_999
"""No frame length at all, and on the other side of benign ones than that of ``dos``."""


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(5)
    benign = [random.normal(0, 1, 721) for _ in range(2)]  # two hours each
    return watch.table(("benign", benign[0]), ("dos", random.normal(2, 1, 200)), ("benign", benign[1]))


@pytest.fixture(scope="module")
def part(frame):
    return watch.part(ValidationPart, frame, (0, 1, 2))


@pytest.fixture(scope="module")
def recipe(frame):
    made = watch.recipe(frame, classes=("benign", "dos", "unknown"))
    return replace(made, encodings={"plain": "raw", "novelty": "raw"})


@pytest.fixture(scope="module")
def detector():
    return replace(watch.detector(), beside=stranger())


@pytest.fixture(scope="module")
def table():
    wild = pl.when(pl.col("class") == "replay").then(WILD).otherwise(pl.col("frame.len"))
    return recorded.table(rows=80, columns={"frame.len": wild})


@pytest.fixture(scope="module")
def trained(table):
    options = TrainOptions(detector=SMALL, leave_out=("replay",), unknown=True, baselines=(), resamples=50)
    return train(table, options)


def probabilities(raw):
    raw = raw + 1e-3
    return (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)


def rows_of(width, count):
    unit = st.floats(0, 1, width=32)
    return hnp.arrays(np.float64, (count, width), elements=unit).map(probabilities)


@st.composite
def heard(draw):
    count = draw(st.integers(1, 12))
    known, novelty = draw(rows_of(draw(st.integers(2, 4)), count)), draw(rows_of(2, count))
    one, other = draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))
    at_a_score = draw(st.booleans())  # the hard case: a threshold that a window meets exactly
    return known, novelty, Unknown(
        classifier_threshold=float(attack_score(known)[one]) if at_a_score else draw(st.floats(0.01, NEVER)),
        novelty_threshold=max(float(novelty_score(novelty)[other]), 0.01) if at_a_score else draw(st.floats(0.01, 1)),
    )  # fmt: skip


class TestTheRule:
    @settings(max_examples=200)
    @given(heard())
    def test_is_called_and_named_as_the_rule_says(self, given_):
        known, novelty, unknown = given_
        both = combine(known, novelty, unknown)
        called = decide(both, CALLED)
        for place, row in enumerate(known.astype(np.float64)):
            attack = row[1:].sum()
            strange = -np.log2(float(novelty[place, 0]))
            if attack >= unknown.classifier_threshold:
                assert called[place] == 1 + row[1:].argmax()
            elif strange / (1 + strange) >= unknown.novelty_threshold:
                assert called[place] == known.shape[1]
            else:
                assert called[place] == 0

    @settings(max_examples=100)
    @given(heard())
    def test_gives_probabilities(self, given_):
        both = combine(*given_)
        assert both.dtype == np.float32
        assert ((both >= 0) & (both <= 1)).all()
        np.testing.assert_allclose(both.sum(axis=1, dtype=np.float64), 1, atol=1e-6)

    @settings(max_examples=100)
    @given(heard())
    def test_a_higher_score_of_either_never_lowers_that_of_both(self, given_):
        known, novelty, unknown = given_
        both = attack_score(combine(known, novelty, unknown))
        stranger = np.stack([novelty[:, 0] / 2, 1 - novelty[:, 0] / 2], axis=1).astype(np.float32)
        assert (attack_score(combine(known, stranger, unknown)) >= both - 1e-6).all()
        surer = known.copy()
        surer[:, 0] /= 2
        surer[:, 1] += surer[:, 0]
        assert (attack_score(combine(surer, novelty, unknown)) >= both - 1e-6).all()

    def test_a_novelty_that_32_bits_call_certain_is_still_told_apart(self):
        benign = np.array([1e-9, 1e-20, 0], np.float32)
        scores = novelty_score(np.stack([benign, 1 - benign], axis=1))
        assert (1 - benign == 1).all()
        assert (np.diff(scores) > 0).all()
        assert scores.max() < 1

    @pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), True, "0.5", None])
    def test_thresholds_that_make_no_sense_are_refused(self, value):
        with pytest.raises(OptionError, match="novelty_threshold"):
            Unknown(novelty_threshold=value)


def stranger():
    """A novelty detector that calls a window by how far its column lies below 0."""
    kernel = np.array([[0.0, -1.0]], np.float32)
    nodes = [
        Node(op="Gemm", inputs=["windows", "kernel"], outputs=["logits"]),
        Node(op="Softmax", inputs=["logits"], outputs=["probabilities"], attributes={"axis": 1}),
    ]
    graph = write_graph(nodes, {"kernel": kernel}, shape=(1,), classes=2)
    return Fitted(family="novelty", reads="row", graph=graph, weights={}, classes=2, options={})


class TestTheBudget:
    @pytest.mark.parametrize("budget", [0.0, 1.0, 3.0])
    def test_is_kept_half_by_the_classifier_and_whole_by_both(self, frame, part, recipe, detector, budget):
        options = ChoosingOptions(false_alarms_per_hour=budget, events=SPEC)
        chosen, record, _ = choose(detector, frame, part, recipe, options)
        benign = part.truth == "benign"
        assert chosen.threshold == chosen.events["plain"].threshold == CALLED
        both = parts.score(detector, part, chosen)
        called = decide(both, CALLED)
        half, whole = int(budget / 2 * 4), int(budget * 4)
        assert (called[benign] == 1).sum() == half
        assert (called[benign] == 2).sum() == whole - half
        assert record["false_alarms"]["false_alarms"] == whole
        # A little lower, and the budget is exceeded.
        lower = replace(chosen.unknown, novelty_threshold=np.nextafter(self.next_below(part, chosen, benign), 0))
        again = decide(parts.score(detector, part, replace(chosen, unknown=lower)), CALLED)
        assert (again[benign] > 0).sum() > whole

    @staticmethod
    def next_below(part, chosen, benign):
        column = part.frame[watch.COLUMN].to_numpy()[benign]
        bits = np.log2(1 + np.exp(-column))
        scores = bits / (1 + bits)
        return scores[scores < chosen.unknown.novelty_threshold].max() - 1e-6

    def test_is_chosen_on_the_validation_part_alone(self, frame, recipe, detector):
        options = ChoosingOptions(false_alarms_per_hour=1.0, events=SPEC)
        with pytest.raises(LeakError, match="ValidationPart only"):
            choose_unknown(detector, frame, watch.part(TestPart, frame, (0, 1, 2)), recipe, options)

    def test_without_one_both_are_called_from_one_half(self, frame, part, recipe, detector):
        chosen, _, _ = choose(detector, frame, None, recipe, ChoosingOptions(events=SPEC))
        assert chosen.unknown == Unknown()
        column = part.frame[watch.COLUMN].to_numpy()
        expected = np.where(column >= 0, 1, 2)  # the logit of one is the other's turned about
        assert np.array_equal(decide(parts.score(detector, part, chosen), chosen.threshold), expected)

    def test_what_nothing_reaches_is_told(self, frame, part, recipe):
        certain = replace(watch.detector(), beside=stranger())
        loud = frame.with_columns(
            pl.when(pl.col("class") == "benign").then(99.0).otherwise(watch.COLUMN).alias(watch.COLUMN)
        )
        there = watch.part(ValidationPart, loud, (0, 1, 2))
        options = ChoosingOptions(false_alarms_per_hour=0.0, events=SPEC)
        chosen, _, warnings = choose(certain, loud, there, recipe, options)
        assert chosen.unknown.classifier_threshold == NEVER
        assert any("it names no attack" in one for one in warnings)


class TestTraining:
    def test_an_attack_that_was_left_out_is_called_unknown(self, trained):
        assert trained.recipe.classes == ("benign", "dos", "unknown")
        own = trained.record["metrics"]["forest"]["per_class"]["unknown"]
        assert own["support"] > 0
        assert own["recall"]["value"] == 1  # nothing as wild was benign

    def test_novelty_learnt_from_benign_windows_alone(self, table, trained):
        dos = pl.when(pl.col("class") == "dos").then(pl.col("frame.len") * 3).otherwise(pl.col("frame.len"))
        other = replace(table, frame=table.frame.with_columns(dos.alias("frame.len")))
        again = train(
            other, TrainOptions(detector=SMALL, leave_out=("replay",), unknown=True, baselines=(), resamples=10)
        )
        assert again.detector.graph != trained.detector.graph
        assert again.detector.beside.graph == trained.detector.beside.graph

    def test_evaluating_predicting_and_a_bundle_go_through_both(self, trained, table, tmp_path):
        assert evaluate(trained, table) == recorded_evaluation(trained)
        save(trained, tmp_path / "bundle")
        found = load(tmp_path / "bundle")
        assert found.recipe == trained.recipe
        assert found.detector.beside.graph == trained.detector.beside.graph
        assert evaluate(found, table) == recorded_evaluation(trained)
        scores = predict(found, table)
        assert scores.equals(predict(trained, table))
        test = scores.filter(part="test")
        truth = table.frame["class"].gather(test["row"])
        assert set(test.filter(truth == "replay")["predicted"]) == {"unknown"}
        card = (tmp_path / "bundle" / "card.md").read_text()
        assert "Heard beside it" in card
        assert "is called one of them" not in card

    def test_a_bundle_without_its_novelty_detector_is_refused(self, trained, tmp_path):
        for name, bad in (
            ("deaf", replace(trained, detector=replace(trained.detector, beside=None))),
            ("lost", replace(trained, recipe=replace(trained.recipe, unknown=None))),
        ):
            save(bad, tmp_path / name)
            with pytest.raises(BundleError, match="without the other"):
                load(tmp_path / name)

    def test_why_a_window_is_unknown_is_asked_of_what_called_it(self, trained, table):
        rows, moments = choose_moments(trained, table, top=100)
        told = explain(trained, rows, moments.found)
        unknown = [one for one in told if one.target == "unknown"]
        assert unknown
        assert all(one.reasons[0].feature == "frame.len" for one in unknown)
        assert all("left over" in one.method for one in unknown)

    def test_the_recipe_survives_json(self, trained):
        assert Recipe.from_json(trained.recipe.to_json()) == trained.recipe
        for broken in ({"classifier_threshold": 0.5}, {"classifier_threshold": 0.5, "novelty_threshold": -1}, 3):
            with pytest.raises(BundleError):
                Recipe.from_json(trained.recipe.to_json() | {"unknown": broken})
        with pytest.raises(BundleError, match="none of benign, dos"):
            Recipe.from_json(trained.recipe.to_json() | {"classes": ["benign", "dos"]})

    def test_without_an_attack_left_out_means_are_over_the_known_classes(self, table):
        found = train(table, TrainOptions(detector=SMALL, unknown=True, baselines=(), resamples=10))
        figures = found.record["metrics"]["forest"]
        f1 = [figures["per_class"][name]["f1"]["value"] for name in ("benign", "dos", "replay")]
        assert figures["macro_f1"]["value"] == pytest.approx(np.mean(f1))

    def test_what_does_not_go_together_is_refused(self):
        with pytest.raises(OptionError, match="target 'class'"):
            TrainOptions(detector=SMALL, unknown=True, target="binary")
        with pytest.raises(OptionError, match="names no attack"):
            TrainOptions(detector=Novelty(), unknown=True)
