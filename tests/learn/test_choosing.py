"""What is chosen on the validation part: against looking at every threshold, and in the order that it must have."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import f1_score

from support import watch
from yawstring.errors import LeakError, OptionError
from yawstring.learn import parts
from yawstring.learn.choosing import ChoosingOptions, calibrate, choose, choose_alarms, choose_for_baselines
from yawstring.learn.events import EventSpec, Patience
from yawstring.learn.recipe import Recipe
from yawstring.table.parts import TestPart, TrainPart, ValidationPart

SPEC = EventSpec(confirm=1, within=1, hold_s=1.0, merge_gap_s=0.0, release=1.0)
"""Rows lie ten seconds apart: each that reaches the threshold is an incident of its own."""

BENIGN_ROWS = 721
"""Of a recording of two hours, from the first row to the last."""


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(5)
    benign = [random.normal(-1, 1, BENIGN_ROWS) for _ in range(2)]
    return watch.table(
        ("benign", random.normal(0, 1, 50)),  # another part's, so that rows of ours do not begin at 0
        ("benign", benign[0]),
        ("dos", random.normal(1, 1, 200)),
        ("benign", benign[1]),
    )


@pytest.fixture(scope="module")
def part(frame):
    return watch.part(ValidationPart, frame, (1, 2, 3))


@pytest.fixture(scope="module")
def recipe(frame):
    return watch.recipe(frame)


def scores(part, temperature=1.0):
    """What the detector says of each row, without it: a logistic function of the column."""
    return expit(part.frame[watch.COLUMN].to_numpy() / temperature)


def false_alarms(part, score, threshold):
    return int(((score >= threshold) & (part.truth == "benign")).sum())


@pytest.mark.parametrize("budget", [0.0, 1.0, 1.7])
def test_the_budget_is_kept_and_no_lower_threshold_would_keep_it(frame, part, recipe, budget):
    options = ChoosingOptions(false_alarms_per_hour=budget, events=SPEC)
    chosen, record, _ = choose(watch.detector(), frame, part, recipe, options)
    allowed = int(budget * 4)  # two recordings of two hours
    score = scores(part)
    assert false_alarms(part, score, chosen.threshold) == allowed
    benign = np.sort(score[part.truth == "benign"])[::-1]
    assert benign[allowed] < chosen.threshold < benign[allowed - 1] if allowed else chosen.threshold > benign[0]
    assert record["false_alarms"]["false_alarms"] == allowed
    assert record["false_alarms"]["benign_hours"] == pytest.approx(4)
    assert chosen.events["plain"].threshold == chosen.threshold
    assert chosen.events["plain"].confirm == SPEC.confirm


@pytest.mark.parametrize("threshold", [{"threshold": "validation"}, {"false_alarms_per_hour": 1.0}])
def test_the_threshold_is_that_of_calibrated_scores(frame, part, recipe, threshold):
    options = ChoosingOptions(calibrate="temperature", events=SPEC, **threshold)
    chosen, record, _ = choose(watch.detector(), frame, part, recipe, options)
    temperature = chosen.calibrations["plain"].temperature
    assert temperature != pytest.approx(1, abs=0.05)
    assert record["calibration"]["method"] == "temperature"
    assert record["calibration"]["windows"] == len(part)
    assert record["calibration"]["after"]["log_loss"] < record["calibration"]["before"]["log_loss"]
    score, attack = scores(part, temperature), part.truth != "benign"
    if "threshold" in threshold:
        best = max(f1_score(attack, score >= cut, average="macro") for cut in score)
        assert f1_score(attack, score >= chosen.threshold, average="macro") == pytest.approx(best)
        assert f1_score(attack, scores(part) >= chosen.threshold, average="macro") < best
    else:
        assert false_alarms(part, score, chosen.threshold) == 4
        assert false_alarms(part, scores(part), chosen.threshold) != 4
    assert chosen.events["plain"].threshold == chosen.threshold


@pytest.mark.parametrize(("encoding", "method"), [("raw", "isotonic"), ("scaled", "temperature")])
def test_auto_takes_what_suits_the_rows_a_family_reads(frame, part, encoding, method):
    made, record = calibrate(watch.detector(), part, watch.recipe(frame, encoding=encoding), "auto")
    assert record["calibration"]["method"] == method
    assert made.calibrations["plain"].to_json()["method"] == method


def test_an_isotonic_calibration_is_scikit_learns(part, recipe):
    made, _ = calibrate(watch.detector(), part, recipe, "isotonic")
    score = scores(part)
    expected = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(score, part.truth != "benign")
    found = made.calibrations["plain"].apply(np.stack([1 - score, score], axis=1).astype(np.float32))
    np.testing.assert_allclose(found[:, 1], expected.predict(score), atol=1e-3)


def test_a_calibration_is_fitted_on_what_the_detector_says_not_on_calibrated_scores(part, recipe):
    once, _ = calibrate(watch.detector(), part, recipe, "temperature")
    twice, _ = calibrate(watch.detector(), part, once, "temperature")
    assert once.calibrations == twice.calibrations


def test_nothing_to_choose_leaves_the_recipe_but_for_its_incidents(frame, recipe):
    options = ChoosingOptions(events=SPEC)
    assert not options.needs_validation
    chosen, record, warnings = choose(watch.detector(), frame, None, recipe, options)
    assert (chosen.threshold, chosen.calibrations, record, warnings) == (None, {}, {}, [])
    assert chosen.events == {"plain": SPEC}


def test_few_benign_hours_are_warned_of(frame, part, recipe):
    few = watch.part(ValidationPart, frame, (0, 2))
    for there, hours in ((few, "0.14"), (part, "4.00")):
        options = ChoosingOptions(false_alarms_per_hour=0.1, events=SPEC)
        _, _, warnings = choose(watch.detector(), frame, there, recipe, options)
        assert f"chosen on {hours} benign hours" in warnings[0]
    _, _, none = choose(watch.detector(), frame, part, recipe, ChoosingOptions(false_alarms_per_hour=3.0, events=SPEC))
    assert all("benign hours" in one for one in none)


@pytest.mark.parametrize("kind", [TestPart, TrainPart])
def test_no_other_part_is_chosen_on(frame, recipe, kind):
    wrong = watch.part(kind, frame, (1, 2, 3))
    for options in (
        ChoosingOptions(calibrate="temperature"),
        ChoosingOptions(threshold="validation"),
        ChoosingOptions(false_alarms_per_hour=1.0),
    ):
        with pytest.raises(LeakError, match="ValidationPart only"):
            choose(watch.detector(), frame, wrong, recipe, options)
    with pytest.raises(LeakError, match="calibrating a detector takes"):
        calibrate(watch.detector(), wrong, recipe, "temperature")
    with pytest.raises(LeakError, match="choosing a threshold takes"):
        choose_alarms(watch.detector(), frame, wrong, recipe, ChoosingOptions(false_alarms_per_hour=1.0))


def test_a_patient_tier_needs_something_to_choose_its_threshold_by():
    with pytest.raises(OptionError, match="say how many"):
        ChoosingOptions(events=EventSpec(patient=Patience()))


def test_what_cannot_be_chosen_is_refused(frame, part, recipe):
    budget = ChoosingOptions(false_alarms_per_hour=1.0, events=SPEC)
    with pytest.raises(OptionError, match="not for both"):
        ChoosingOptions(threshold="validation", false_alarms_per_hour=1.0)
    with pytest.raises(OptionError, match="there is none"):
        choose(watch.detector(), frame, None, recipe, budget)
    with pytest.raises(OptionError, match="need a column of time"):
        choose(watch.detector(), frame.drop("timestamp_c"), part, recipe, budget)
    hostile = watch.part(ValidationPart, frame, (2,))
    with pytest.raises(OptionError, match="no benign time"):
        choose(watch.detector(), frame, hostile, recipe, budget)
    attacks = watch.recipe(frame, classes=("dos", "replay"))
    with pytest.raises(OptionError, match=r"no row is \(dos, replay\)"):
        choose(watch.detector(), frame, hostile, attacks, budget)
    with pytest.raises(OptionError, match="no row is benign"):
        choose(watch.detector(), frame, hostile, attacks, ChoosingOptions(calibrate="isotonic"))


def test_baselines_keep_to_the_same_budget(frame, part, recipe):
    options = ChoosingOptions(false_alarms_per_hour=1.0, events=SPEC)
    other = replace(watch.detector(), family="other")
    recipe = replace(recipe, encodings={"plain": "raw", "other": "raw"})
    recipe, _, _ = choose(watch.detector(), frame, part, recipe, options)
    chosen, record = choose_for_baselines([other], frame, part, recipe, options)
    assert chosen.thresholds == {"other": recipe.threshold}  # it says the same
    assert chosen.events == {"plain": recipe.events["plain"], "other": recipe.events["plain"]}
    assert record["baselines"]["other"]["false_alarms"] == 4
    told = parts.outcomes(watch.detector(), [other], part, chosen)
    assert np.array_equal(told["plain"].predicted, told["other"].predicted)
    assert Recipe.from_json(chosen.to_json()) == chosen
    with pytest.raises(LeakError, match="ValidationPart only"):
        choose_for_baselines([other], frame, watch.part(TestPart, frame, (1, 2, 3)), recipe, options)


def test_without_a_budget_baselines_have_the_same_rows_to_an_incident(frame, recipe):
    other = replace(watch.detector(), family="other")
    recipe = replace(recipe, threshold=0.7)
    recipe, _, _ = choose(watch.detector(), frame, None, recipe, ChoosingOptions(events=SPEC))
    chosen, record = choose_for_baselines([other], frame, None, recipe, ChoosingOptions(events=SPEC))
    assert chosen.events == {"plain": replace(SPEC, threshold=0.7), "other": SPEC}
    assert (chosen.thresholds, record) == ({}, {})


def test_a_family_that_learns_from_benign_windows_alone_has_no_threshold_of_macro_f1(part, frame):
    novelty = replace(watch.detector(), family="novelty")
    with pytest.raises(OptionError, match="brings a threshold of its own"):
        parts.choose_threshold(novelty, part, replace(watch.recipe(frame), encodings={"novelty": "raw"}))
