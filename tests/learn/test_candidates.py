"""The detector is chosen on the validation part, and nothing in the test part can sway the choice."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score

from support import recorded
from yawstring.errors import BundleError, LeakError, OptionError
from yawstring.learn import parts
from yawstring.learn.candidates import (
    Reached,
    check_candidates,
    judge_candidate,
    named_candidates,
    steps_of,
    train_best,
)
from yawstring.learn.choosing import ChoosingOptions
from yawstring.learn.evaluate import evaluate
from yawstring.learn.train import TrainOptions, fit, prepare, recipe_for, train
from yawstring.models.majority import Majority
from yawstring.models.recurrent import LSTM
from yawstring.models.trees import Forest
from yawstring.table.splits import SplitSpec, cut
from yawstring.table.windows import WindowSpec

PARTS = ("train", "train", "validation", "test")
"""Of the four recordings of each class."""

CANDIDATES = {"majority": Majority(), "few trees": Forest(trees=5), "extra trees": Forest(trees=20, extra=True, leaf=3)}
OPTIONS = TrainOptions(detector=Majority(), split=SplitSpec(policy="given"), window=WindowSpec(length=1), resamples=20)
BUDGET = replace(OPTIONS, choosing=ChoosingOptions(false_alarms_per_hour=3000.0))


def flights(*, planted=None):
    """Recordings of three parts; ``planted`` is what the rows of the test part are called, in their order."""
    made = recorded.table(rows=80, columns={"part": pl.Series(np.repeat(PARTS * 3, 80).tolist())})
    if planted is None:
        return made
    classes = made.frame["class"].to_numpy().astype(object)
    classes[(made.frame["part"] == "test").to_numpy()] = planted
    return replace(made, frame=made.frame.with_columns(pl.Series("class", classes.tolist())))


@pytest.fixture(scope="module")
def trained():
    return train_best(flights(), OPTIONS, CANDIDATES)


def test_the_winner_is_what_it_would_be_if_it_had_been_named(trained):
    among = trained.record["candidates"]
    named = train(flights(), replace(OPTIONS, detector=CANDIDATES[among["chosen"]]))
    assert trained.detector.graph == named.detector.graph
    assert trained.recipe == named.recipe
    assert {**trained.record, "candidates": None} == {**named.record, "candidates": None}


def test_what_each_reached_is_scikit_learns_figure_on_the_validation_part(trained):
    ready = prepare(flights(), OPTIONS)
    for name, family in CANDIDATES.items():
        way = replace(OPTIONS, detector=family)
        told = parts.outcome(fit(ready, way), ready.choosing, recipe_for(ready, way))
        expected = f1_score(told.truth, told.probabilities.argmax(axis=1), average="macro")
        reached = trained.record["candidates"]["reached"][name]
        assert reached["macro_f1"] == pytest.approx(expected)
        assert (reached["family"], reached["found"]) == (family.name, None)
    figures = {name: one["macro_f1"] for name, one in trained.record["candidates"]["reached"].items()}
    assert figures[trained.record["candidates"]["chosen"]] == max(figures.values())
    assert len(set(figures.values())) == 3


@pytest.mark.parametrize("options", [OPTIONS, BUDGET], ids=["macro-F1", "budget"])
def test_a_test_part_that_favours_a_loser_sways_nothing(options):
    honest = train_best(flights(), options, CANDIDATES)
    loser = next(name for name in ("few trees", "extra trees") if name != honest.record["candidates"]["chosen"])
    ready, way = prepare(flights(), options), replace(options, detector=CANDIDATES[loser])
    test = cut(ready.rows, ready.split, ready.recipe.features)[2]
    said = parts.outcome(fit(ready, way), test, recipe_for(ready, way))
    table = flights(planted=np.asarray(said.classes)[said.predicted])
    assert train(table, replace(way, choosing=ChoosingOptions())).record["metrics"]["forest"]["accuracy"]["value"] == 1
    planted = train_best(table, options, CANDIDATES)
    assert planted.record["candidates"] == honest.record["candidates"]
    assert planted.detector.graph == honest.detector.graph


def test_a_test_part_in_the_place_of_the_validation_part_is_refused():
    ready = prepare(flights(), OPTIONS)
    learnt, _, test = cut(ready.rows, ready.split, ready.recipe.features)
    fitted, recipe = fit(ready, OPTIONS), recipe_for(ready, OPTIONS)
    for part in (test, learnt):
        with pytest.raises(LeakError, match="choosing a detector"):
            judge_candidate(fitted, ready.rows, part, recipe, OPTIONS.choosing)


def test_a_budget_chooses_by_attacks_found_at_the_winners_threshold():
    found = train_best(flights(), BUDGET, CANDIDATES)
    among = found.record["candidates"]
    assert among["by"] == "attacks found, then delay"
    for name, family in CANDIDATES.items():
        choice = train(flights(), replace(BUDGET, detector=family)).record["chosen"]["false_alarms"]
        reached = among["reached"][name]
        assert {key: reached[key] for key in ("threshold", "false_alarms")} == {
            key: choice[key] for key in ("threshold", "false_alarms")
        }
        assert reached["benign_hours"] == pytest.approx(choice["benign_hours"], rel=0.1)
        assert reached["episodes"] == 2
    assert among["reached"]["majority"]["found"] == 0
    assert among["reached"][among["chosen"]]["found"] == 2


def test_of_equals_the_first_is_taken():
    twins = {"one": Forest(trees=5), "two": Forest(trees=5)}
    assert train_best(flights(), OPTIONS, twins).record["candidates"]["chosen"] == "one"


def test_more_found_comes_before_sooner_and_sooner_before_macro_f1():
    ordered = [
        Reached(macro_f1=0.9, found=0),
        Reached(macro_f1=0.1, found=1, delay_s=9.0),
        Reached(macro_f1=0.9, found=1, delay_s=1.0),
        Reached(macro_f1=0.1, found=1, delay_s=0.5),
        Reached(macro_f1=0.2, found=1, delay_s=0.5),
        Reached(macro_f1=0.0, found=2, delay_s=9.0),
    ]
    assert all(worse.merit < better.merit for worse, better in pairwise(ordered))


def test_every_step_is_told():
    told = []
    candidates = {"majority": Majority(), "net": LSTM(units=2, dense=(), epochs=3)}
    train_best(flights(), OPTIONS, candidates, told.append)
    assert len(told) == sum(map(steps_of, candidates.values())) == 5
    assert told[0].startswith("majority: macro-F1 ")
    assert told[3].startswith("net: epoch 3, loss ")


def test_the_evaluation_tells_of_the_candidates(trained):
    assert evaluate(trained, flights())["candidates"] == trained.record["candidates"]
    json.dumps(trained.record, allow_nan=False)


def test_novelty_is_heard_beside_every_candidate():
    made = train_best(flights(), replace(OPTIONS, unknown=True, leave_out=("replay",)), CANDIDATES)
    assert made.detector.beside.family == "novelty"
    assert made.recipe.has_unknown


def test_a_validation_part_that_lacks_a_class_is_refused():
    table = flights()
    swapped = pl.when((pl.col("part") == "validation") & (pl.col("class") == "replay")).then(pl.lit("train"))
    lacking = replace(table, frame=table.frame.with_columns(swapped.otherwise("part").alias("part")))
    with pytest.raises(OptionError, match="no window of class 'replay'"):
        train_best(lacking, OPTIONS, CANDIDATES)
    assert train_best(lacking, BUDGET, CANDIDATES).record["candidates"]["reached"]["majority"]["episodes"] == 1


@pytest.mark.parametrize(
    ("split", "choosing", "message"),
    [
        (SplitSpec(validation=0), ChoosingOptions(), "and there is none"),
        (SplitSpec(policy="random"), ChoosingOptions(false_alarms_per_hour=1), "leaves no attack whole"),
    ],
)
def test_what_leaves_nothing_to_choose_by_is_refused(split, choosing, message):
    with pytest.raises(OptionError, match=message):
        train_best(flights(), replace(OPTIONS, split=split, choosing=choosing), CANDIDATES)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "no candidate is named"),
        (("forest", "lstm", "forest"), "'forest' is named twice"),
        (("forest", "auto"), "no detector is called 'auto'; there are"),
        (("",), "no detector is called ''"),
    ],
)
def test_names_that_are_no_candidates_are_refused(names, message):
    with pytest.raises(OptionError, match=message):
        named_candidates(names)


@pytest.mark.parametrize(
    "change",
    [
        {"by": None}, {"chosen": "nobody"}, {"chosen": []}, {"reached": []}, {"reached": {"forest": 1}},
        {"reached": {"forest": {**vars(Reached(macro_f1=0.5)), "found": "all"}}},
        {"reached": {"forest": {**vars(Reached(macro_f1=0.5)), "found": True}}},
    ],
)  # fmt: skip
def test_a_record_of_another_shape_is_refused(change):
    sound = {"by": "macro-F1", "chosen": "forest", "reached": {"forest": {**vars(Reached(macro_f1=0.5))}}}
    check_candidates(sound)
    with pytest.raises(BundleError, match="not one of yawstring's"):
        check_candidates(sound | change)
