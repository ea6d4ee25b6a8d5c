"""The ledger removes what it says it removes; the network is replaced by one that only looks at what it is given."""

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score

from support.fused import FusedSpec, fused_csv
from yawstring.app.notebook import ledger as ledger_module
from yawstring.app.notebook import steps
from yawstring.app.notebook.ledger import Rung, folds, identity, ledger
from yawstring.app.notebook.measures import score, verdict
from yawstring.app.notebook.network import Cut, Run
from yawstring.app.notebook.protocol import Prepared, prepare
from yawstring.models.base import Fitted
from yawstring.schema import COLUMNS
from yawstring.table.corpora import Table, parse_csv

SPEC = FusedSpec(rows=800, seed=5, flights=2, recordings=3, episode_rows=30)

NO_MODEL = Fitted(family="none", reads="window", graph=b"", weights={}, classes=2, options={})


@dataclass
class Recorder:
    """Stands for the network: keeps every cut, and says what the last row's last feature is."""

    cuts: dict[str, Cut] = field(default_factory=dict)

    def __call__(self, cut: Cut, title: str) -> Run:
        self.cuts[title] = cut
        said = cut.test.last_rows()[:, -1].clip(0, 1)
        return Run(fitted=NO_MODEL, seed=0, probability=said, scores=score(cut.test.labels, verdict(said)))

    def of(self, word: str) -> list[Cut]:
        return [cut for title, cut in self.cuts.items() if word in title]


def made(spec: FusedSpec = SPEC) -> Table:
    (table,) = parse_csv(fused_csv(spec), name="fused.csv")
    return table


def climb(table: Table) -> tuple[Prepared, Recorder, dict[str, Rung]]:
    prepared = prepare(table, seed=10)
    recorder = Recorder()
    rungs = ledger(prepared, recorder(prepared.cut, "protocol"), seed=10, fit=recorder)
    return prepared, recorder, {rung.key: rung for rung in rungs}


@pytest.fixture(scope="module")
def climbed() -> tuple[Prepared, Recorder, dict[str, Rung]]:
    return climb(made())


def test_rungs_stand_in_the_order_of_what_they_mend(climbed) -> None:
    _, _, rungs = climbed
    assert list(rungs) == [
        *("unstable_sort", "protocol", "label_out", "identity_out", "scaler_on_train", "split_held_out")
    ]
    assert [rung.features for rung in rungs.values()] == [55, 55, 53, 44, 44, 44]


def test_while_the_label_is_in_the_windows_reading_it_is_repeating_it(climbed) -> None:
    _, _, rungs = climbed
    for key in ("unstable_sort", "protocol"):
        assert rungs[key].scores == rungs[key].repeat


def test_with_the_label_out_no_feature_is_the_label(climbed) -> None:
    prepared, recorder, _ = climbed
    (cut,) = recorder.of("Label out")
    rows = cut.train.rows
    label = prepared.label.astype(np.float32)
    assert rows.shape[1] == 53
    assert not any(np.array_equal(rows[:, column], label) for column in range(53))
    np.testing.assert_array_equal(rows[:, :], prepared.windows.rows[:, :53])


def test_identity_out_leaves_only_columns_that_a_model_may_see(climbed) -> None:
    prepared, recorder, rungs = climbed
    frame = steps.drop(prepared.weighed)
    named = identity(frame)
    assert set(named) == {
        *("flight_time", "wlan.ta", "wlan.sa", "wlan.ra", "wlan.da", "wlan.bssid", "wlan.seq", "wlan.fcs"),
        "wlan.ccmp.extiv",
    }
    kept = [name for name in frame.columns if name not in named and name != "class"]
    assert {COLUMNS[name].role for name in kept} == {"cyber", "physical"}
    (cut,) = recorder.of("Identity out")
    expected = steps.scale(frame).select(kept).cast(pl.Float64).to_numpy().astype(np.float32)
    np.testing.assert_array_equal(cut.train.rows, expected)
    assert "wlan.fcs" in rungs["identity_out"].note


def test_the_scaler_of_its_rung_has_seen_training_rows_only() -> None:
    """One test row far out of range: scaled by it before, beyond 1 after."""
    table = made()
    prepared = prepare(table, seed=10)
    in_train = set(ledger_module.rows_of(prepared.cut.train).tolist())
    outside = [row for row in range(len(table)) if row not in in_train]
    if not outside:  # the very first or last rows are the only ones that few windows hold
        outside = [len(table) - 1]
    wild = np.where(np.arange(len(table)) == prepared.order[outside[0]], 9_000, table.frame["tof"].to_numpy())
    _, recorder, rungs = climb(replace(table, frame=table.frame.with_columns(pl.Series("tof", wild))))
    (before,), (after,) = recorder.of("Identity out"), recorder.of("Scaler on train")
    tof = [name for name in steps.drop(prepared.weighed).columns if name not in identity(steps.drop(prepared.weighed))]
    place = tof.index("tof")
    assert before.train.rows[:, place].max() == 1
    assert after.train.rows[:, place].max() > 10
    assert "bit for bit" not in rungs["scaler_on_train"].note


def test_where_the_scaler_comes_out_the_same_the_network_is_not_fitted_again() -> None:
    prepared = prepare(made(), seed=10)
    every = np.arange(len(prepared.windows))
    prepared = replace(prepared, parts=replace(prepared.parts, train=every))
    recorder = Recorder()
    rungs = ledger(prepared, recorder(prepared.cut, "protocol"), seed=10, fit=recorder)
    by_key = {rung.key: rung for rung in rungs}
    assert not recorder.of("Scaler on train")
    assert by_key["scaler_on_train"].scores == by_key["identity_out"].scores
    assert "bit for bit" in by_key["scaler_on_train"].note


def test_recordings_held_out_are_never_trained_on_and_each_is_tested_once(climbed) -> None:
    prepared, recorder, rungs = climbed
    cuts = recorder.of("Held-out split")
    ordered = prepared.weighed.sort("recording", "timestamp_c", "frame.number")
    recording = ordered["recording"].to_numpy()
    frame = steps.drop(prepared.weighed)
    kept = [name for name in frame.columns if name not in (*identity(frame), "class")]
    scaled = [place for place, name in enumerate(kept) if name in steps.SCALED]
    tested = []
    for cut in cuts:
        rows = cut.train.rows[ledger_module.rows_of(cut.train)][:, scaled]
        varied = rows.max(axis=0) > rows.min(axis=0)
        np.testing.assert_allclose(rows.min(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(rows.max(axis=0)[varied], 1, rtol=1e-6)
        train, test = (np.unique(recording[ledger_module.rows_of(part)]) for part in (cut.train, cut.test))
        assert not set(train) & set(test)
        tested += test.tolist()
        for part in (cut.train, cut.test):
            assert (recording[part.starts] == recording[part.starts + 5]).all()
            np.testing.assert_array_equal(part.labels, ordered["class"].to_numpy()[part.starts + 5])
    assert sorted(tested) == list(range(6))
    assert len(rungs["split_held_out"].folds) == len(cuts) == 5
    assert rungs["split_held_out"].scores.count == sum(rung.count for rung in rungs["split_held_out"].folds)


def test_repeat_and_majority_equal_a_loop(climbed) -> None:
    prepared, _, rungs = climbed
    label = prepared.label
    test = prepared.parts.test
    truth = [label[window + 5] for window in test]
    repeat = [label[window + 4] for window in test]
    counts = np.bincount([label[window + 5] for window in prepared.parts.train])
    majority = [int(np.argmax(counts))] * len(test)
    assert rungs["protocol"].repeat.f1[1] == pytest.approx(f1_score(truth, repeat))
    assert rungs["protocol"].majority.f1[1] == pytest.approx(f1_score(truth, majority))
    assert rungs["protocol"].scores.count == len(test)


def test_one_recording_is_split_by_time_with_an_embargo() -> None:
    table = made(FusedSpec(rows=400, seed=5, flights=1, recordings=1, episode_rows=25))
    _, recorder, rungs = climb(table)
    (cut,) = recorder.of("Held-out split")
    assert "by time" in rungs["split_held_out"].note
    assert cut.train.starts.max() + 5 + 5 <= cut.test.starts.min()
    assert rungs["split_held_out"].folds == ()


def test_a_rung_that_is_undefined_says_so_and_has_no_figure() -> None:
    """One recording that ends in a long quiet: its end lacks a class, and there is no other to hold out."""
    table = made(FusedSpec(rows=400, seed=5, flights=1, recordings=1, episode_rows=25))
    late = pl.int_range(pl.len()) > 250
    calm = table.frame.with_columns(pl.when(late).then(pl.lit("benign")).otherwise(pl.col("class")).alias("class"))
    _, recorder, rungs = climb(replace(table, frame=calm))
    rung = rungs["split_held_out"]
    assert not recorder.of("Held-out split")
    assert rung.scores is None
    assert rung.repeat is None
    assert rung.note.startswith("undefined on this table: ")
    assert rung.to_json()["network"] is None


def test_the_unstable_rung_shuffles_inside_seconds_only() -> None:
    prepared, recorder, rungs = climb(made())
    order = steps.unstable_order(prepared.opened)
    second = prepared.opened["timestamp"].to_numpy()
    np.testing.assert_array_equal(second[order], second[prepared.order])
    assert (order != prepared.order).any()
    (cut,) = recorder.of("unstable")
    assert not np.array_equal(cut.train.rows, prepared.windows.rows)
    assert f"{int((order != prepared.order).sum()):,} of 800 rows" in rungs["unstable_sort"].note


def test_folds_fall_back_as_recordings_run_out() -> None:
    for recordings, expected in ((5, 5), (3, 3), (2, 2)):
        table = made(FusedSpec(rows=150 * recordings, seed=5, flights=1, recordings=recordings, episode_rows=15))
        cut, said = folds(table.frame.sort("recording", "timestamp_c"), seed=10)
        assert len(cut) == expected
        assert f"{expected} folds" in said
