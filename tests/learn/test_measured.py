"""Signals and splits: no state crosses a segment, the embargo covers every memory, warm-up is not judged."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from yawstring.edge.bundles import load, save
from yawstring.errors import SplitError, TableError
from yawstring.learn.detector import as_table
from yawstring.learn.evaluate import evaluate, outcomes, predict
from yawstring.learn.evaluate import test_part as measured_part
from yawstring.learn.measured import measured, split_measured, warming, whole_rows
from yawstring.learn.train import TrainOptions, train
from yawstring.models.trees import Forest
from yawstring.table.policies import TEST, TRAIN
from yawstring.table.signals import SIGNALS, SignalOptions, measure, present
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import WindowSpec, window_starts

S = 1_000_000_000
EACH = SignalOptions(every_s=None, warm_up_s=1.0)
WINDOW = WindowSpec(length=4)


def made(seconds: float = 400, recordings: int = 2, seed: int = 0) -> pl.DataFrame:
    """Recordings of 20 frames a second, an attack in every other five seconds."""
    rng = np.random.default_rng(seed)
    count = int(20 * seconds)
    parts = []
    for number in range(recordings):
        times = np.sort(rng.integers(0, int(seconds * S), count)) + number * 10_000 * S
        label = np.where(np.arange(count) // 100 % 2 == 0, "benign", "dos")
        parts.append(
            pl.DataFrame({"time_ns": times, "class": label, "recording": pl.Series([number] * count, dtype=pl.Int32)})
        )
    return pl.concat(parts)


def changed(frame: pl.DataFrame, rows: np.ndarray) -> pl.DataFrame:
    """The frame with the times of some rows moved, never past a neighbour's."""
    times = frame["time_ns"].to_numpy().copy()
    times[rows] = np.maximum(times[rows] - 1000, np.concatenate([[0], times[:-1]])[rows])
    return frame.with_columns(pl.Series("time_ns", times))


@pytest.mark.parametrize(
    "spec", [SplitSpec(policy="time", within="recording"), SplitSpec(policy="runs", run_length=2000)]
)
def test_what_happens_in_one_part_leaves_no_trace_in_another(spec: SplitSpec) -> None:
    frame = made()
    rows, split = split_measured(frame, spec, WINDOW, EACH)
    train = np.flatnonzero(split.part == TRAIN)
    others, _ = split_measured(changed(frame, train), spec, WINDOW, EACH)
    names = [one.name for one in SIGNALS if one.name in rows.columns]
    covered = np.unique(split.starts[TEST][:, None] + np.arange(WINDOW.length))
    assert len(covered)
    assert rows[covered].select(names).equals(others[covered].select(names), null_equal=True)
    through = measure(changed(frame, train), EACH, segment=split.recording).frame
    assert not rows[covered].select(names).equals(through[covered].select(names), null_equal=True), "no state to reset"


def test_the_embargo_is_the_longest_memory() -> None:
    _, split = split_measured(made(), SplitSpec(policy="time", within="recording"), WINDOW, EACH)
    memory_s = max(one.memory_s for one in SIGNALS if not one.needs)
    assert split.embargo >= memory_s * 20 * 0.9  # about 20 rows a second
    assert split.embargo >= WINDOW.memory


def test_no_window_begins_while_signals_warm_up() -> None:
    frame = made()
    _, split = split_measured(frame, SplitSpec(policy="time", within="recording"), WINDOW, EACH)
    times = frame["time_ns"].to_numpy()
    for starts in split.starts:
        for start in starts[:: max(1, len(starts) // 50)]:
            first = np.flatnonzero(split.segment == split.segment[start])[0]
            assert times[start] - times[first] >= S
    _, segment = whole_rows(as_table(frame), EACH)
    starts = window_starts(segment, WINDOW)
    assert len(starts)
    assert (times[starts] - np.where(starts < len(frame) // 2, times[0], times[len(frame) // 2]) >= S).all()


def test_a_recording_shorter_than_the_warm_up_is_refused() -> None:
    with pytest.raises(SplitError, match="warmed up for 3000 s"):
        split_measured(
            made(), SplitSpec(policy="time", within="recording"), WINDOW, SignalOptions(every_s=None, warm_up_s=3000)
        )


def test_warm_up_is_counted_from_each_segments_first_row() -> None:
    times = np.array([0, S, 3 * S, 10 * S, 11 * S, 12 * S])
    assert warming(times, np.array([5, 5, 5, 2, 2, 2]), 2.0).tolist() == [True, True, False, True, True, False]
    assert warming(times[:0], np.zeros(0, np.int64), 2.0).tolist() == []


def test_a_table_is_measured_once_and_in_one_way() -> None:
    table = as_table(made(seconds=60))
    once = measured(table, SignalOptions(every_s=0.5))
    assert measured(once, SignalOptions(every_s=0.5)) is once
    with pytest.raises(TableError, match="found SignalOptions"):
        measured(once, SignalOptions(every_s=0.1))


@pytest.mark.parametrize("every_s", [None, 0.2], ids=["frames", "pace"])
def test_a_detector_learns_from_signals_and_scores_frames(every_s: float | None, tmp_path: Path) -> None:
    frame = made(seconds=120, recordings=8)
    rng = np.random.default_rng(1)
    fast = (frame["class"] == "dos").to_numpy() & (rng.random(len(frame)) < 0.9)
    times = frame["time_ns"].to_numpy().copy()
    times[fast] = times[fast] // (S // 5) * (S // 5)  # attacks come in bursts: only the signals can tell
    table = as_table(frame.with_columns(pl.Series("time_ns", np.maximum.accumulate(times))))
    options = TrainOptions(
        detector=Forest(trees=20), split=SplitSpec(validation=0), signals=SignalOptions(every_s=every_s), resamples=50
    )
    trained = train(table, options)
    assert trained.recipe.signals == options.signals
    assert trained.recipe.features == tuple(one.name for one in present(list(frame.columns)))
    save(trained, tmp_path / "bundle")
    again = load(tmp_path / "bundle")
    assert again.recipe == trained.recipe
    assert evaluate(again, table)["metrics"] == trained.record["metrics"]
    other = as_table(made(seconds=60, recordings=2, seed=9))
    scored = predict(again, other)
    assert predict(again, measured(other, options.signals)).drop("row").equals(scored.drop("row")) or every_s is None
    assert evaluate(again, other)["on"] == "whole table"


def test_what_is_predicted_of_the_test_part_is_what_was_measured_on_it() -> None:
    frame = made(seconds=400)
    options = TrainOptions(
        detector=Forest(trees=10),
        split=SplitSpec(policy="time", within="recording", validation=0),
        signals=EACH,
        resamples=20,
        baselines=(),
    )
    table = as_table(frame)
    trained = train(table, options)
    scored = predict(trained, table).filter(pl.col("part") == "test")
    (told,) = outcomes(trained, measured_part(trained, table)).values()
    columns = [f"p_{name}" for name in trained.recipe.classes]
    assert np.array_equal(scored.select(columns).to_numpy(), told.probabilities)


def test_signals_measured_whole_may_not_be_cut_by_time() -> None:
    table = measured(as_table(made(seconds=60)), SignalOptions(every_s=0.5))
    for spec in (SplitSpec(policy="time", within="recording"), SplitSpec(policy="runs", run_length=20)):
        with pytest.raises(SplitError, match="carry over a split"):
            train(table, TrainOptions(detector=Forest(trees=2), split=spec))
