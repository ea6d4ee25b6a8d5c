"""What trials are given: groups of signals that can be left out, and nothing of the test part, however it is asked."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from support.fused import FusedSpec, fused_csv
from yawstring.app.search_run import Asked, refit
from yawstring.edge.files import read_table
from yawstring.edge.study_records import Record
from yawstring.errors import LeakError, OptionError
from yawstring.learn.search.detectors import SIGNALS_OF, family_of
from yawstring.learn.search.material import Material, materials, narrowed
from yawstring.learn.search.schedule import Job, Schedule, Slot
from yawstring.learn.search.space import read_space, space_named
from yawstring.learn.search.trial import TrialOptions, run_trial
from yawstring.learn.train import TrainOptions, rows_and_split
from yawstring.models.recurrent import LSTM
from yawstring.models.trees import Forest
from yawstring.table.corpora import Table
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import WindowSpec

AIR, MANAGEMENT = (SIGNALS_OF[f"signals_{name}"][0] for name in ("air", "management"))
SPLIT = SplitSpec(policy="recording", seed=2)
TEXT = "trees = 10\nsignals_air = {choices = [true, false]}\nthreshold = {choices = [0.3, 0.6]}\nwindow = 3"


def frame() -> pl.DataFrame:
    """A fused table that holds two signals as well."""
    rows = pl.read_csv(io.BytesIO(fused_csv(FusedSpec(rows=1200, seed=5))))
    rng = np.random.default_rng(8)
    attack = rows["class"].to_numpy() != rows["class"][0]
    noise = rng.normal(size=(2, len(rows)))
    return rows.with_columns(
        pl.Series(AIR, attack + noise[0], dtype=pl.Float32), pl.Series(MANAGEMENT, noise[1], dtype=pl.Float32)
    )


def table(rows: pl.DataFrame, folder: Path) -> Table:
    path = folder / "table.csv"
    rows.write_csv(path)
    return read_table(path)


def options() -> TrainOptions:
    return TrainOptions(detector=Forest(), split=SPLIT, baselines=())


def values(**given) -> dict:
    space = read_space(TEXT, "x", "forest")
    return {**space.draw(np.random.default_rng(1)), **given}


def scored(made: dict[int, Material], drawn: dict) -> float:
    space = read_space(TEXT, "x", "forest")
    job = Job(slot=Slot(0, 0, 0, 0), parent=None, draw=0, first_epoch=0, epochs=1)
    ended = run_trial(
        made, job, drawn, None, TrialOptions(space=space), root=job.slot, watch=lambda *_: None
    )  # fmt: skip
    return ended.score


def test_a_group_of_signals_can_be_left_out(tmp_path: Path) -> None:
    made = materials(table(frame(), tmp_path), options(), read_space(TEXT, "x", "forest"))[3]
    whole = made.train.rows
    without = made.read_by(values(signals_air=False)).train.rows
    changed = np.flatnonzero((whole != without).any(axis=0))
    assert changed.tolist() == np.flatnonzero(made.columns["signals_air"]).tolist()
    assert len(changed) == 1
    assert not without[:, changed].any()
    assert made.read_by(values(signals_air=True)) is made


def test_a_space_is_narrowed_to_what_the_table_has(tmp_path: Path) -> None:
    own = table(frame(), tmp_path)
    wide = space_named("wide", "forest")
    made = materials(own, options(), wide)
    left = narrowed(wide, made)
    assert {name for name in left.parameters if name in SIGNALS_OF} == {"signals_air", "signals_management"}
    assert set(left["columns"].values()) == {"all", "cyber", "physical"}
    cyber = materials(own, replace(options(), modality="cyber"), wide)
    assert "physical" not in narrowed(wide, cyber)["columns"].values()
    with pytest.raises(OptionError, match="the table allows none"):
        narrowed(read_space('columns = "physical"', "x", "forest"), cyber)
    one = next(iter(made.values()))
    assert narrowed(wide, {5: replace(one, benign=False)})["threshold"].values() == ("half",)


def test_nothing_in_the_test_part_sways_a_trial(tmp_path: Path) -> None:
    """A leak planted: the test part's signals and columns become others, by far."""
    rows = frame()
    own = table(rows, tmp_path)
    split = rows_and_split(own, SPLIT, WindowSpec(length=3), "given", None)[1]
    test = split.part == 2
    assert 0.05 < test.mean() < 0.5
    columns = [name for name in rows.columns if rows[name].dtype.is_float() and name not in ("class", "timestamp_c")]
    assert {AIR, MANAGEMENT} <= set(columns)
    other = rows.with_columns(
        pl.when(pl.Series(test)).then(pl.lit(1e6) - 7 * pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in columns
    )
    (tmp_path / "other").mkdir()
    planted = table(other, tmp_path / "other")
    space = read_space(TEXT, "x", "forest")
    for detector in (LSTM(), Forest()):  # scaled, and as they are
        one, two = (materials(each, replace(options(), detector=detector), space) for each in (own, planted))
        for part in ("train", "validation"):
            np.testing.assert_array_equal(getattr(one[3], part).rows, getattr(two[3], part).rows)
            np.testing.assert_array_equal(getattr(one[3], part).labels, getattr(two[3], part).labels)
    for drawn in (values(signals_air=False, threshold=0.3), values(signals_air=True, threshold=0.6)):
        assert scored(one, drawn) == scored(two, drawn)
    seen = rows_and_split(planted, SPLIT, WindowSpec(length=3), "given", None)
    assert (seen[1].part == split.part).all()
    assert (seen[0][AIR].to_numpy()[test] > 1e5).all(), "nothing was planted"


def test_the_test_part_cannot_choose_groups_or_thresholds(tmp_path: Path) -> None:
    """A leak planted: the test part in the place of the part that trials are scored by."""
    from yawstring.table.splits import cut

    own = table(frame(), tmp_path)
    rows, split = rows_and_split(own, SPLIT, WindowSpec(length=3), "given", None)
    train, _, test = cut(rows, split, (AIR, MANAGEMENT))
    with pytest.raises(LeakError):
        Material.of(train, test, target="class", identity=False, time=False, encoding="raw")


def test_the_refit_reads_the_groups_and_takes_the_threshold_of_the_best(tmp_path: Path) -> None:
    drawn = values(signals_air=False, threshold=0.3)
    best = Record(
        number=0, slot=Slot(0, 0, 0, 0), parent=None, first_epoch=0, epochs=1, values=drawn, state="complete",
        score=0.5, best_epoch=1, history=(), seconds=None, steps={}, ended=None,
    )  # fmt: skip
    space = read_space(TEXT, "x", "forest")
    asked = Asked(
        folder=tmp_path, schedule=Schedule(method="random"), space=space, objective="macro_f1", keep_adam=False,
        batch=32, workers=1, storage=None, study="s", grace_s=60.0, training=replace(options(), resamples=10),
    )  # fmt: skip
    trained = refit(table(frame(), tmp_path), asked, best)
    assert AIR not in trained.recipe.features
    assert MANAGEMENT in trained.recipe.features
    assert trained.recipe.threshold == 0.3
    assert trained.detector.options["trees"] == family_of("forest", drawn, epochs=1).trees
