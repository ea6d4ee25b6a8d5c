"""Each question of an audit finds what was planted for it, and nothing where nothing was."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from yawstring.edge.files import read_table, read_tables
from yawstring.errors import TableError
from yawstring.learn.audit import AuditOptions, audit
from yawstring.learn.audit.columns import column_tells
from yawstring.learn.audit.contents import doubts
from yawstring.learn.audit.counterparts import counterparts
from yawstring.learn.audit.decay import ForestOptions, controls, decay
from yawstring.learn.audit.fusion import fusion
from yawstring.learn.audit.sentences import sentences
from yawstring.learn.audit.shared import shared
from yawstring.learn.detector import as_table
from yawstring.table.corpora import glue

FEW = ForestOptions(trees=15, resamples=50)
CLASSES = ("benign", "dos", "replay")


def made(recordings: int = 12, rows: int = 120, seed: int = 0, noise: float = 80) -> pl.DataFrame:
    """Recordings of one class each: data.len and tof say which, with noise; wlan.duration is the capture's own."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(recordings):
        place = number % 3
        parts.append(
            pl.DataFrame(
                {
                    "timestamp_c": number * 1000 + np.sort(rng.uniform(0, 100, rows)),
                    "frame.number": np.arange(rows) + int(rng.integers(0, 50)),
                    "frame.len": rng.integers(20, 2000, rows),
                    "wlan.duration": np.full(rows, int(rng.integers(0, 30_000))) + rng.integers(0, 2, rows),
                    "data.len": rng.normal(100 * place, noise, rows).astype(np.int64),
                    "tof": rng.normal(60 + 5 * place, 8, rows).astype(np.int64),
                    "class": [CLASSES[place]] * rows,
                    "recording": pl.Series([number] * rows, dtype=pl.Int32),
                }
            )
        )
    return pl.concat(parts)


def told(frame: pl.DataFrame) -> dict[str, object]:
    return {one.name: one for one in column_tells(frame)}


def test_the_area_of_a_measure_is_scikit_learns() -> None:
    frame = made()
    for one in column_tells(frame):
        if one.name in ("frame.len", "data.len", "tof", "wlan.duration"):
            areas = [roc_auc_score(frame["class"] == name, frame[one.name]) for name in CLASSES]
            assert one.auc == pytest.approx(max(max(area, 1 - area) for area in areas), abs=1e-12)


def test_a_copy_of_the_label_is_found_whatever_it_is_called() -> None:
    frame = made().with_columns(pl.col("class").replace_strict({"benign": 7, "dos": 3, "replay": 5}).alias("mine"))
    one = told(frame)["mine"]
    assert one.copy
    assert one.tells_class
    assert one.role == "unknown"
    assert not any(other.copy for name, other in told(frame).items() if name != "mine")


def test_a_column_of_the_capture_names_the_recording() -> None:
    found = told(made())
    assert found["wlan.duration"].names_recording
    assert found["timestamp_c"].names_recording
    assert not found["data.len"].names_recording
    assert not found["frame.len"].names_recording


def test_a_value_met_in_one_recording_does_not_vouch_for_itself() -> None:
    frame = made().with_columns((pl.col("recording") * 17).alias("wlan.ta"))
    assert told(frame)["wlan.ta"].auc == pytest.approx(0.5, abs=0.1)
    shared_by_class = frame.with_columns(pl.col("recording") % 3 * 17)
    assert told(shared_by_class.with_columns((frame["recording"] % 3 * 17).alias("wlan.ta")))["wlan.ta"].auc == 1.0


def test_gaps_that_tell_the_class_are_found() -> None:
    frame = made().with_columns(pl.when(pl.col("class") != "dos").then(pl.col("tof")).alias("tof"))
    assert told(frame)["tof"].missing_auc == 1.0
    assert told(made())["tof"].missing_auc == 0.5


def test_random_windows_beat_recordings_where_the_capture_tells() -> None:
    frame = made()
    steps = {(one.split, one.columns): one for one in decay(frame, FEW)}
    random, recording = (steps[split, "allowed"].macro_f1.value for split in ("random", "recording"))
    assert random > recording + 0.1
    assert random > 0.95
    shuffled = {(one.split, one.columns): one.macro_f1.value for one in controls(frame, FEW)}
    assert shuffled["labels of rows shuffled", "allowed"] == pytest.approx(1 / 3, abs=0.12)
    assert shuffled["labels of recordings shuffled", "allowed"] > 0.9


def test_an_undefined_split_is_refused_by_name() -> None:
    steps = [one for one in decay(made(recordings=3), FEW) if one.split == "recording"]
    assert all(one.macro_f1 is None for one in steps)
    assert all("class" in (one.refused or "") for one in steps)


def test_recordings_under_a_wrong_label_are_found_and_no_others() -> None:
    frame = made(recordings=24, noise=20).drop("wlan.duration", "frame.len")
    assert doubts(frame, seed=1) == ()
    wrong = (7, 10)
    labels = pl.when(pl.col("recording").is_in(wrong)).then(pl.lit("replay")).otherwise(pl.col("class"))
    found = doubts(frame.with_columns(labels.alias("class")), seed=1)
    assert [(one.recording, one.label, one.looks_like) for one in found] == [(n, "replay", "dos") for n in wrong]


def test_the_corpus_gives_its_disputed_recordings_away(three_attack_cyber: Path) -> None:
    every = doubts(read_table(three_attack_cyber).frame, seed=10)
    found = [one for one in every if one.looks_like == "dos"]
    assert [one.recording for one in found] == [41, 42, 43, 44]
    assert {one.label for one in found} == {"replay"}
    assert sum(one.rows for one in found) == 8786
    # The first half of recording 45 is quiet: nothing but benign traffic is on the air before the attack begins.
    assert {(one.recording, one.looks_like) for one in every} <= {(n, "dos") for n in range(41, 45)} | {(45, "benign")}
    assert sum(one.rows * one.taken_for for one in found) / 8786 > 0.7


def test_classes_without_a_benign_counterpart_are_named(ten_blocks: Path) -> None:
    table = glue(read_tables(ten_blocks), how="union")
    found = {one.name: one for one in counterparts(table.frame)}
    assert found["evil_twin"].alone == found["evil_twin"].rows == 100
    assert found["fdi"].alone == found["fdi"].rows
    assert found["dos"].alone == found["replay"].alone == found["benign"].alone == 0


def test_what_two_sides_share_is_what_a_plain_count_says() -> None:
    from yawstring.table.splits import SplitSpec, split_table

    frame = made()
    found = {one.split: one for one in shared(frame, FEW)}
    split = split_table(frame, SplitSpec(policy="random", validation=0, seed=FEW.seed), FEW.window)
    train = {row for start in split.starts[0] for row in range(start, start + 5)}
    overlap = np.mean([any(row in train for row in range(start, start + 5)) for start in split.starts[2]])
    assert found["random"].overlapping == pytest.approx(overlap)
    assert found["recording"].overlapping == 0
    assert found["recording"].recordings == 0
    assert found["random"].equal_rows == 0


def test_fusion_counts_above_another_flights_telemetry() -> None:
    frame = made(recordings=24).drop("wlan.duration")
    found = fusion(frame, FEW)
    assert found.gain == found.fused - found.null > 0
    assert fusion(frame.drop("tof"), FEW) is None


def test_the_sentences_say_what_was_planted() -> None:
    frame = made().with_columns((pl.col("class") == "benign").cast(pl.Int64).alias("mine"))
    frame = frame.with_columns(pl.col("class").replace({"replay": "dos"}))
    text = " ".join(sentences(audit(as_table(frame), AuditOptions(forest=FEW))))
    assert "mine is the label under another name: leave it out." in text
    assert "timestamp_c, wlan.duration name the recording" in text, text
    assert "fusion gains" in text
    assert "share rows with training windows" in text


def test_a_table_without_labels_is_refused() -> None:
    with pytest.raises(TableError, match="an audit needs labels"):
        audit(as_table(made().drop("class")))
