"""What a table holds, as pandas counts it."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.fused import CONSTANT, FusedSpec, fused_csv
from yawstring.schema import LABEL, features
from yawstring.table.corpora import parse_csv
from yawstring.table.profile import Conflict, Profile, profile


def profile_of(octets: bytes) -> Profile:
    (table,) = parse_csv(octets, name="f.csv")
    return profile(table)


def conflict_of(frame: pd.DataFrame, names: list[str]) -> Conflict:
    labelled = frame[frame[LABEL].notna()]
    groups = labelled.groupby(names, dropna=False)[LABEL].agg(["nunique", "size"])
    groups = groups[groups["nunique"] > 1]
    return Conflict(distinct=len(groups), rows=int(groups["size"].sum()))


def assert_counts_are_those_of_pandas(octets: bytes) -> None:
    counted, oracle = profile_of(octets), pd.read_csv(io.BytesIO(octets))
    assert (counted.rows, len(counted.columns)) == oracle.shape
    assert counted.rows_with_missing == oracle.isna().any(axis=1).sum()
    assert counted.duplicate_rows == oracle.duplicated().sum()
    assert counted.constant_columns == tuple(oracle.columns[oracle.nunique() <= 1])
    assert [column.missing for column in counted.columns] == oracle.isna().sum().tolist()
    assert [column.distinct for column in counted.columns] == oracle.nunique().tolist()
    for column in counted.columns:
        series = oracle[column.name].dropna()
        if len(series) and column.dtype in ("int", "float"):
            assert (column.low, column.high) == (series.min(), series.max())
        else:
            assert column.low is column.high is None
    named = [name for name in oracle.columns if name != LABEL]
    seen = list(features(named))
    assert counted.same_row_other_label == (conflict_of(oracle, named) if named else None)
    assert counted.same_features_other_label == (conflict_of(oracle, seen) if seen else None)
    assert counted.unlabelled_rows == oracle[LABEL].isna().sum()
    assert sum(counted.class_counts.values()) == oracle[LABEL].notna().sum()
    recording = (oracle["frame.number"].ffill().diff() < 0).cumsum()
    assert counted.recordings.count == recording.nunique()
    assert counted.recordings.longest == recording.value_counts().max()
    assert counted.recordings.shortest == recording.value_counts().min()
    per_class = oracle.assign(recording=recording).groupby(LABEL)["recording"].nunique()
    assert sorted(counted.recordings.per_class.values()) == sorted(per_class.tolist())


def test_the_corpus_is_counted_as_pandas_counts_it(three_attack_cyber: Path) -> None:
    assert_counts_are_those_of_pandas(three_attack_cyber.read_bytes())


def test_the_corpus_holds_what_is_known_of_it(three_attack_cyber: Path) -> None:
    counted = profile_of(three_attack_cyber.read_bytes())
    assert counted.rows == 33_102
    assert counted.class_counts == {"benign": 9_425, "dos": 11_671, "replay": 12_006}
    assert counted.constant_columns == ("wlan.bssid", "wlan.frag", "tcp.ack_raw")
    assert counted.recordings.count == 53
    assert counted.recordings.per_class == {"benign": 35, "dos": 6, "replay": 12}
    assert counted.recordings.groups == ((40, 41),)
    assert counted.same_row_other_label == Conflict(distinct=124, rows=248)
    assert counted.disputed_rows == 8_786
    assert counted.roles["unknown"] == counted.roles["physical"] == ()


def test_the_made_up_fused_table_is_counted_as_pandas_counts_it() -> None:
    octets = fused_csv(FusedSpec(rows=700, seed=2))
    assert_counts_are_those_of_pandas(octets)
    counted = profile_of(octets)
    assert set(CONSTANT) <= set(counted.constant_columns)
    assert counted.disputed_rows is None
    first, last = counted.time_range["timestamp"]
    assert first < last
    assert sum(map(len, counted.roles.values())) == 62


cells = st.sampled_from(["", "0", "1", "2.5", "3"])
rows = st.lists(
    st.tuples(st.integers(0, 3).map(str), cells, cells, cells, st.sampled_from(["benign", "dos", "fdi", ""])),
    min_size=1,
    max_size=20,
)


@given(rows)
@settings(deadline=None, max_examples=60)
def test_any_table_is_counted_as_pandas_counts_it(drawn: list[tuple[str, ...]]) -> None:
    header = ("frame.number", "tof", "baro", "mine", LABEL)
    assert_counts_are_those_of_pandas("\n".join(",".join(row) for row in (header, *drawn)).encode() + b"\n")


def test_each_block_has_its_profile(ten_blocks: Path) -> None:
    tables = parse_csv(ten_blocks.read_bytes(), name="t.csv")
    counted = [profile(table) for table in tables]
    assert [one.rows for one in counted] == [60, 50, 60, 50, 60, 50, 50, 50, 50, 40]
    assert [list(one.class_counts) for one in counted] == [
        [name] for name in ("benign", "dos", "replay", "evil_twin", "fdi") for _ in range(2)
    ]
    assert counted[-1].time_range == {}


def test_a_table_without_labels_has_no_conflicts() -> None:
    counted = profile_of(b"tof,mine\n1,a\n1,a\n")
    assert counted.class_counts is counted.same_row_other_label is counted.same_features_other_label is None
    assert counted.unlabelled_rows == 2
    assert counted.duplicate_rows == 1
    assert counted.roles["unknown"] == ("mine",)


def test_json_holds_no_nan_and_no_infinity() -> None:
    counted = profile_of(b"timestamp_c,mine,none,class\n,inf,,\n,-inf,,\n")
    described = json.loads(json.dumps(counted.to_json(), allow_nan=False))
    assert described["time_range"] == {"timestamp_c": None}
    by_name = {column["name"]: column for column in described["columns"]}
    assert by_name["mine"]["low"] is by_name["mine"]["high"] is None
    assert by_name["mine"]["distinct"] == 2
    assert described["class_counts"] == {}
    assert described["recordings"]["groups"] == []


@pytest.mark.parametrize("letter", ["a", "é"])
def test_time_as_text_has_a_range_as_text(letter: str) -> None:
    counted = profile_of(f"timestamp,tof\n2024-04-24 {letter},1\n2024-04-23,2\n".encode())
    assert counted.time_range == {"timestamp": ("2024-04-23", f"2024-04-24 {letter}")}
