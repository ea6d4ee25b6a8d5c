"""Importance finds what a detector lives off, alone and in groups, and nothing in what it never looks at."""

import numpy as np
import polars as pl
import pytest

from yawstring.errors import LeakError
from yawstring.learn import parts
from yawstring.learn.explain.importance import importances
from yawstring.learn.explain.ranges import benign_ranges, ranges_from_json, ranges_to_json
from yawstring.learn.recipe import Recipe
from yawstring.models.trees import Forest
from yawstring.table.parts import TestPart, TrainPart
from yawstring.table.scale import Encoder
from yawstring.table.splits import SplitSpec, cut, split_table
from yawstring.table.windows import WindowSpec

FEATURES = ("tof", "h", "bat", "baro")


def made(seed: int = 0, rows: int = 300, recordings: int = 10) -> pl.DataFrame:
    """``tof`` tells an attack, ``h`` and ``baro`` are copies that tell it too, ``bat`` says nothing."""
    rng = np.random.default_rng(seed)
    attack = (np.arange(rows * recordings) // 30 % 2).astype(float)
    height = attack * 3 + rng.normal(0, 0.5, len(attack))
    return pl.DataFrame(
        {
            "tof": attack * 3 + rng.normal(0, 0.5, len(attack)),
            "h": height,
            "baro": height,
            "bat": rng.normal(0, 1, len(attack)),
            "class": np.where(attack > 0, "dos", "benign"),
            "recording": np.repeat(np.arange(recordings, dtype=np.int32), rows),
        }
    )


def fitted(frame: pl.DataFrame, features: tuple[str, ...]):
    split = split_table(frame, SplitSpec(validation=0), WindowSpec(length=3))
    train, _, test = cut(frame, split, features)
    recipe = Recipe(
        features=features, classes=("benign", "dos"), target="class", window=WindowSpec(length=3),
        encoder=Encoder.fit(train), encodings={"forest": "raw"},
    )  # fmt: skip
    return parts.fit(Forest(trees=30), train, None, recipe=recipe, seed=1), train, test, recipe


def test_what_tells_the_class_matters_and_the_rest_does_not() -> None:
    forest, _, test, recipe = fitted(made(), ("tof", "bat"))
    found = {one.name: one for one in importances(forest, test, recipe, {"tof": ("tof",), "bat": ("bat",)}, seed=3)}
    assert found["tof"].drop > 0.3
    assert abs(found["bat"].drop) < 0.02


def test_copies_hide_each_other_and_their_group_does_not() -> None:
    forest, _, test, recipe = fitted(made(), FEATURES)
    groups = {"h": ("h",), "baro": ("baro",), "all three": ("h", "baro", "tof")}
    found = {one.name: one.drop for one in importances(forest, test, recipe, groups, seed=3)}
    assert found["all three"] > 0.3
    assert found["h"] < found["all three"] / 2


def test_the_same_seed_gives_the_same_and_a_group_does_not_depend_on_others() -> None:
    forest, _, test, recipe = fitted(made(), FEATURES)
    both = list(importances(forest, test, recipe, {"tof": ("tof",), "h": ("h",)}, seed=5))
    assert both[1:] == list(importances(forest, test, recipe, {"h": ("h",)}, seed=5))


def test_only_a_test_part_measures() -> None:
    forest, train, _, recipe = fitted(made(), FEATURES)
    with pytest.raises(LeakError):
        list(importances(forest, train, recipe, {"tof": ("tof",)}, seed=1))


def test_what_is_ordinary_is_learnt_from_benign_training_rows() -> None:
    frame = made()
    _, train, test, _ = fitted(frame, FEATURES)
    found = benign_ranges(train)
    benign = frame.filter(pl.col("class") == "benign")["tof"]
    assert found["tof"].low == pytest.approx(benign.quantile(0.05), abs=0.2)
    assert found["tof"].high == pytest.approx(benign.quantile(0.95), abs=0.2)
    assert found["tof"].high < 2 < 3
    assert ranges_from_json(ranges_to_json(found)) == found
    assert isinstance(test, TestPart)
    assert isinstance(train, TrainPart)
    with pytest.raises(LeakError):
        benign_ranges(test)
