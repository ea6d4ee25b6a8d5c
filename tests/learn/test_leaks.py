"""A leak planted in each place is refused."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import polars as pl
import pytest

from support import recorded
from yawstring.errors import BundleError, LeakError
from yawstring.learn import parts
from yawstring.learn.recipe import Recipe, refuse_leaks
from yawstring.learn.train import TrainOptions, choose_features, train
from yawstring.models.base import Encoding, Family, Reads
from yawstring.models.majority import Majority
from yawstring.models.recurrent import LSTM
from yawstring.table.parts import TestPart, TrainPart
from yawstring.table.scale import Encoder
from yawstring.table.splits import SplitSpec, cut, split_table
from yawstring.table.windows import WindowSpec

FEATURES = ("frame.len", "wlan.duration", "wlan.fc.type")


@pytest.fixture(scope="module")
def three():
    frame = recorded.frame()
    return cut(frame, split_table(frame, SplitSpec(), WindowSpec()), FEATURES)


@pytest.fixture(scope="module")
def recipe(three):
    return Recipe(
        features=FEATURES,
        classes=("benign", "dos", "replay"),
        target="class",
        window=WindowSpec(),
        encoder=Encoder.fit(three[0]),
        encodings={"majority": "raw", "lstm": "scaled"},
    )


@dataclass(frozen=True, kw_only=True)
class Spy(Family):
    """Remembers what it was shown."""

    seen: list
    name: ClassVar[str] = "spy"
    reads: ClassVar[Reads] = "row"
    encoding: ClassVar[Encoding] = "raw"

    def fit(self, train, validation=None, *, classes, seed, watch=None):
        self.seen.append((train, validation))
        return replace(Majority().fit(train, validation, classes=classes, seed=seed), family="spy")


@pytest.mark.parametrize("place", [1, 2])
def test_fitting_a_detector_on_another_part(three, recipe, place):
    with pytest.raises(LeakError, match="fitting a detector takes a TrainPart only"):
        parts.fit(Majority(), three[place], None, recipe=recipe, seed=1)


@pytest.mark.parametrize("place", [0, 2])
def test_early_stopping_on_another_part(three, recipe, place):
    with pytest.raises(LeakError, match="choosing an epoch takes a ValidationPart only"):
        parts.fit(LSTM(patience=1), three[0], three[place], recipe=recipe, seed=1)


@pytest.mark.parametrize("place", [0, 2])
def test_a_threshold_chosen_on_another_part(three, recipe, place):
    fitted = parts.fit(Majority(), three[0], None, recipe=recipe, seed=1)
    with pytest.raises(LeakError, match="choosing a threshold takes a ValidationPart only"):
        parts.choose_threshold(fitted, three[place], recipe)


def test_a_part_in_the_clothes_of_another(three):
    assert not isinstance(three[2], TrainPart)
    with pytest.raises(LeakError):
        Encoder.fit(three[2])
    assert isinstance(three[2], TestPart)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("class", "label"),
        ("label_disputed", "label"),
        ("wlan.seq", "identity"),
        ("wlan.sa", "identity"),
        ("frame.number", "identity"),
        ("timestamp_c", "time"),
        ("recording", "identity"),
        ("my_note", "unknown to the schema"),
    ],
)
def test_a_recipe_refuses_columns_a_model_may_not_see(recipe, name, word):
    with pytest.raises(LeakError, match=word):
        replace(recipe, features=(*FEATURES, name))
    with pytest.raises(BundleError, match=name):
        Recipe.from_json(recipe.to_json() | {"features": [*FEATURES, name]})


def test_explicit_words_let_identity_and_time_in_but_never_labels_or_recordings():
    refuse_leaks(("wlan.seq", "timestamp_c"), identity=True, time=True)
    for name in ("class", "recording", "label_disputed", "my_note"):
        with pytest.raises(LeakError):
            refuse_leaks((name,), identity=True, time=True)


def test_a_copy_of_the_label_under_an_unknown_name_never_enters():
    table = recorded.table(columns={"truth": pl.col("class").replace_strict({"benign": 0, "dos": 1, "replay": 2})})
    seen = []
    trained = train(table, TrainOptions(detector=Spy(seen=seen), baselines=(), resamples=10, identity=True, time=True))
    assert "truth" not in trained.recipe.features
    assert "truth" in trained.record["data"]["unknown_columns"]
    shown = seen[0][0]
    for column in shown.last_rows().T:
        assert not np.array_equal(column, shown.labels)


def test_a_copy_of_the_label_under_a_known_name_is_told():
    table = recorded.table(columns={"wlan.qos": pl.col("class").replace_strict({"benign": 7, "dos": 3, "replay": 5})})
    trained = train(table, TrainOptions(detector=Majority(), baselines=(), resamples=10))
    assert "column 'wlan.qos' tells the class one to one: is it a copy of the label?" in trained.record["warnings"]


def test_identity_and_time_stay_out_unless_said():
    names = recorded.frame().columns
    plain, identity, both = (
        choose_features(names, TrainOptions(detector=Majority(), **words))
        for words in ({}, {"identity": True}, {"identity": True, "time": True})
    )
    assert plain == ("frame.len", "wlan.fc.type", "wlan.duration")
    assert set(identity) - set(plain) == {"frame.number", "wlan.seq"}
    assert set(both) - set(identity) == {"timestamp_c"}


def test_encoder_and_detector_see_rows_of_the_training_part_alone():
    table = recorded.table()
    spec = SplitSpec()
    test_rows = split_table(table.frame, spec, WindowSpec()).part == 2
    spoiled = recorded.table(
        columns={"frame.len": pl.Series(np.where(test_rows, 1_000_000, table.frame["frame.len"].to_numpy()))}
    )
    encoders, shown = [], []
    for one in (table, spoiled):
        seen = []
        trained = train(one, TrainOptions(detector=Spy(seen=seen), split=spec, baselines=(), resamples=10))
        encoders.append(trained.recipe.encoder)
        shown.append([windows.rows.tobytes() for windows in seen[0]])
    assert encoders[0] == encoders[1]  # values of the test part, however wild, leave no trace
    assert shown[0] == shown[1]


def test_disputed_rows_do_not_enter():
    disputed = pl.col("recording").is_in([8, 9])
    table = recorded.table(columns={"label_disputed": disputed, "frame.len": pl.when(disputed).then(9999).otherwise(5)})
    seen = []
    trained = train(table, TrainOptions(detector=Spy(seen=seen), labels="undisputed", baselines=(), resamples=10))
    assert (seen[0][0].rows != 9999).all()
    assert (seen[0][1].rows != 9999).all()
    assert trained.record["data"]["left_out_disputed"] == 120
    assert "undisputed labels" in trained.record["stamps"]
    sizes = trained.record["split"]["parts"]
    assert sum(sizes[part]["rows"] for part in sizes) == 600
