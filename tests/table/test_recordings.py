"""Recordings against what is known of the corpus, and against pandas and plain Python."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.fused import FusedSpec, fused_csv
from yawstring.errors import TableError
from yawstring.schema import LABEL, RECORDING
from yawstring.table.corpora import Table, parse_csv
from yawstring.table.recordings import disputed, linked, recording_ids


@pytest.fixture(scope="module")
def corpus(three_attack_cyber: Path) -> Table:
    (table,) = parse_csv(three_attack_cyber.read_bytes(), name="t.csv")
    return table


def test_the_corpus_has_53_recordings(corpus: Table) -> None:
    per_class = corpus.frame.group_by(RECORDING).agg(pl.col(LABEL).unique()).explode(LABEL)[LABEL].value_counts()
    assert dict(per_class.iter_rows()) == {"benign": 35, "dos": 6, "replay": 12}
    sizes = corpus.frame.filter(pl.col(LABEL) == "benign")[RECORDING].value_counts()["count"]
    assert (sizes.min(), sizes.max()) == (145, 1142)
    theirs = (pd.Series(corpus.frame["frame.number"].to_list()).diff() < 0).cumsum()
    assert corpus.frame[RECORDING].to_list() == theirs.to_list()


def test_two_recordings_of_the_corpus_share_124_frames(corpus: Table, three_attack_cyber: Path) -> None:
    recording = corpus.frame[RECORDING].to_numpy()
    group = linked(corpus.frame, recording)
    assert {(int(r), int(g)) for r, g in zip(recording, group, strict=True) if r != g} == {(41, 40)}
    theirs = pd.read_csv(three_attack_cyber).drop(columns=LABEL)
    shared = theirs[recording == 40].merge(theirs[recording == 41], how="inner")
    assert len(shared) == 124


def test_the_made_up_table_is_cut_where_its_frame_numbers_fall() -> None:
    (table,) = parse_csv(fused_csv(FusedSpec(rows=800, seed=5)), name="f.csv")
    theirs = (table.frame["frame.number"].diff() < 0).fill_null(False).cum_sum()
    assert table.frame[RECORDING].to_list() == theirs.to_list()
    assert table.frame[RECORDING].n_unique() > 1


numbers = st.lists(st.one_of(st.none(), st.integers(0, 5)), min_size=1, max_size=30)


def cut_by_hand(values: list[int | float | str | None]) -> list[int]:
    recording, last, result = 0, None, []
    for value in values:
        if value is not None:
            recording += last is not None and value < last
            last = value
        result.append(recording)
    return result


@given(numbers, st.sampled_from(["frame.number", "timestamp_c", "timestamp_p", "flight_time", "time"]))
@settings(deadline=None, max_examples=100)
def test_a_fall_of_the_clock_starts_a_recording(values: list[int | None], clock: str) -> None:
    frame = pl.DataFrame({clock: values, "tof": 0}, schema={clock: pl.Int64, "tof": pl.Int64})
    ids = recording_ids(frame)
    assert ids.dtype == np.int32
    assert ids.tolist() == cut_by_hand(values)


@given(numbers)
@settings(deadline=None, max_examples=30)
def test_time_as_text_counts_where_it_sorts(values: list[int | None]) -> None:
    texts = [None if value is None else f"2024-04-24 16:42:0{value}" for value in values]
    assert recording_ids(pl.DataFrame({"timestamp": texts}, schema={"timestamp": pl.String})).tolist() == cut_by_hand(
        values
    )
    american = pl.DataFrame({"timestamp": ["9/1/2024 10:00", "10/1/2024 10:00"]})
    assert recording_ids(american).tolist() == [0, 0]


def test_frame_numbers_come_before_time_and_a_given_recording_before_all() -> None:
    frame = pl.DataFrame({"timestamp_c": [2, 1, 0], "frame.number": [1, 2, 1]})
    assert recording_ids(frame).tolist() == [0, 0, 1]
    assert recording_ids(frame.with_columns(pl.Series(RECORDING, [7, -1, 7]))).tolist() == [7, -1, 7]
    assert recording_ids(frame.select("timestamp_c")).tolist() == [0, 1, 2]
    assert recording_ids(pl.DataFrame({"tof": [3, 2, 1]})).tolist() == [0, 0, 0]


def test_labels_decide_nothing() -> None:
    frame = pl.DataFrame({"frame.number": [1, 2, 3], LABEL: ["benign", "dos", "replay"]})
    assert recording_ids(frame).tolist() == [0, 0, 0]


@pytest.mark.parametrize("values", [[1, None], [1.5, 2.0], [2**40, 1]])
def test_a_given_recording_is_a_whole_number(values: list[float | None]) -> None:
    with pytest.raises(TableError, match="column 'recording': expected a 32-bit whole number"):
        recording_ids(pl.DataFrame({RECORDING: values}))


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 6)), min_size=1, max_size=25))
@settings(deadline=None, max_examples=100)
def test_linked_recordings_are_the_connected_ones(rows: list[tuple[int, int]]) -> None:
    times, recording = [time for time, _ in rows], np.array([number for _, number in rows], np.int32)
    frame = pl.DataFrame({"timestamp_c": times, LABEL: [str(number) for _, number in rows]})
    group = {number: {number} for number in recording.tolist()}
    for _ in group:
        for time, number in rows:
            for other_time, other in rows:
                if time == other_time and group[number] is not group[other]:
                    joined = group[number] | group[other]
                    group |= dict.fromkeys(joined, joined)
    found = linked(frame, recording)
    assert found.dtype == np.int64
    assert found.tolist() == [min(group[number]) for number in recording.tolist()]


def test_rows_are_linked_by_every_column_but_the_label_and_only_where_there_is_time() -> None:
    frame = pl.DataFrame({"timestamp_c": [1.0, 1.0], "tof": [5, None], LABEL: ["dos", "replay"]})
    recording = np.array([3, 4])
    assert linked(frame, recording).tolist() == [3, 4]
    same = frame.with_columns(pl.lit(None, pl.Int64).alias("tof"))
    assert linked(same, recording).tolist() == [3, 3]
    assert linked(same.drop("timestamp_c"), recording).tolist() == [3, 4]


@pytest.mark.parametrize(
    ("deauthentications", "label", "doubtful"),
    [(2, "replay", True), (1, "replay", False), (4, "dos", False), (4, "benign", False)],
)
def test_half_of_the_frames_make_a_replay_disputed(deauthentications: int, label: str, doubtful: bool) -> None:
    subtype = [12] * deauthentications + [8] * (4 - deauthentications)
    frame = pl.DataFrame({"wlan.fc.type": [0] * 4, "wlan.fc.subtype": subtype, LABEL: [label] * 4})
    assert disputed(frame, np.zeros(4, np.int32)).tolist() == [doubtful] * 4
    data = frame.with_columns(pl.lit(2).alias("wlan.fc.type"))
    assert not disputed(data, np.zeros(4, np.int32)).any()


def test_nothing_is_disputed_without_frames_or_labels() -> None:
    assert disputed(pl.DataFrame({LABEL: ["replay"]}), np.zeros(1, np.int32)).tolist() == [False]
    frame = pl.DataFrame({"wlan.fc.type": [0, None], "wlan.fc.subtype": [12, 12], LABEL: [None, "replay"]})
    assert disputed(frame, np.zeros(2, np.int32)).tolist() == [False, True]
