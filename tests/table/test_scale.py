"""The encoder equals scikit-learn's on training rows, survives JSON bit for bit, and learns from training rows only."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from yawstring.errors import LeakError, TableError
from yawstring.table.parts import TestPart, TrainPart, ValidationPart
from yawstring.table.scale import CLIP, MOST_VALUES, Encoder
from yawstring.table.windows import WindowSpec

MEASURE, CODE = "frame.len", "wlan.fc.subtype"

numbers = st.one_of(st.none(), st.floats(-1e6, 1e6), st.just(float("nan")))


def part(kind=TrainPart, **columns):
    frame = pl.DataFrame(columns, strict=False)
    none = np.zeros(0, np.int64)
    return kind(
        frame=frame, rows=np.arange(len(frame)), window=WindowSpec(), starts=none, truth=none.astype(str), group=none
    )


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_measures_equal_standard_scaler(values):
    encoder = Encoder.fit(part(**{MEASURE: values}))
    expected = StandardScaler().fit_transform(np.array(values)[:, None])
    expected = np.zeros_like(expected) if min(values) == max(values) else np.clip(expected, -CLIP, CLIP)
    got = encoder.transform(pl.DataFrame({MEASURE: values}))
    if encoder.columns[0].deviation > 1e-6:  # below, scikit-learn takes the column for a constant
        np.testing.assert_allclose(got, expected, atol=1e-5)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 15), min_size=1, max_size=60), st.lists(st.integers(0, 20), min_size=1, max_size=20))
def test_codes_equal_one_hot_encoder(seen, later):
    encoder = Encoder.fit(part(**{CODE: seen}))
    order = list(encoder.columns[0].values)
    oracle = OneHotEncoder(categories=[sorted(order)], handle_unknown="ignore", sparse_output=False)
    oracle.fit(np.array(seen)[:, None])
    expected = oracle.transform(np.array(later)[:, None])[:, [sorted(order).index(value) for value in order]]
    if len(order) == 1:  # it never changes: nothing to tell apart
        expected = expected[:, :0]
    np.testing.assert_array_equal(encoder.transform(pl.DataFrame({CODE: later})), expected)


def test_only_the_most_frequent_codes_have_a_column():
    values = [value for value in range(40) for _ in range(41 - value)]
    encoder = Encoder.fit(part(**{CODE: values}))
    assert encoder.columns[0].values == tuple(range(MOST_VALUES))
    assert encoder.names[-1] == f"{CODE} other"
    coded = encoder.transform(pl.DataFrame({CODE: [31, 32, 999]}))
    assert coded[:, -1].tolist() == [0, 1, 1]
    assert coded.sum(axis=1).tolist() == [1, 1, 1]


def test_what_never_changes_becomes_no_column():
    columns = {MEASURE: [2.0, 2.0], CODE: [7, 7], "wlan.seq": [None, None], "wlan.frag": [3, None]}
    encoder = Encoder.fit(part(**columns))
    assert encoder.names == ("wlan.frag missing",)
    assert encoder.features == tuple(columns)
    later = pl.DataFrame({MEASURE: [5.0], CODE: [8], "wlan.seq": [1], "wlan.frag": [None]}, strict=False)
    assert encoder.transform(later).tolist() == [[1]]
    assert encoder.raw(later).shape == (1, 4)


def test_a_wild_value_is_clipped():
    encoder = Encoder.fit(part(**{MEASURE: [0.0, 2.0]}))
    assert encoder.transform(pl.DataFrame({MEASURE: [1e9, -1e9, 2.0]})).tolist() == [[CLIP], [-CLIP], [1.0]]


def test_an_unseen_code_lights_nothing_where_training_had_no_rest():
    encoder = Encoder.fit(part(**{CODE: [1, 2]}))
    assert encoder.transform(pl.DataFrame({CODE: [3]})).tolist() == [[0, 0]]


def test_missing_values_light_a_column_only_where_training_had_some():
    with_missing = Encoder.fit(part(**{MEASURE: [1.0, None, 3.0], CODE: [1, None, 2]}))
    assert with_missing.names == (MEASURE, f"{MEASURE} missing", f"{CODE}=1", f"{CODE}=2", f"{CODE} missing")
    row = with_missing.transform(pl.DataFrame({MEASURE: [None], CODE: [None]}, schema={MEASURE: float, CODE: int}))
    assert row.tolist() == [[0, 1, 0, 0, 1]]
    without = Encoder.fit(part(**{MEASURE: [1.0, 3.0]}))
    assert without.transform(pl.DataFrame({MEASURE: [None, float("inf")]}, strict=False)).tolist() == [[0], [0]]


@settings(deadline=None, max_examples=50)
@given(st.lists(numbers, min_size=1, max_size=20), st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=20))
def test_json_gives_the_encoder_back_bit_for_bit(measures, codes):
    encoder = Encoder.fit(part(**{MEASURE: measures, CODE: codes[: len(measures)]}))
    again = Encoder.from_json(json.loads(json.dumps(encoder.to_json(), allow_nan=False)))
    assert again == encoder
    frame = pl.DataFrame({MEASURE: measures, CODE: codes[: len(measures)]}, schema={MEASURE: float, CODE: int})
    assert again.transform(frame).tobytes() == encoder.transform(frame).tobytes()
    assert np.isfinite(encoder.transform(frame)).all()


def test_raw_is_the_columns_as_they_are():
    encoder = Encoder.fit(part(**{MEASURE: [1, 2], CODE: [7, 8]}))
    raw = encoder.raw(pl.DataFrame({CODE: [9, None], MEASURE: [5, 6]}))
    np.testing.assert_array_equal(raw, np.array([[5, 9], [6, np.nan]], np.float32))


@pytest.mark.parametrize("columns", [{CODE: [1]}, {MEASURE: ["a"], CODE: [1]}])
def test_a_table_that_does_not_fit_is_refused_by_column(columns):
    encoder = Encoder.fit(part(**{MEASURE: [1, 2], CODE: [7, 8]}))
    with pytest.raises(TableError, match=MEASURE):
        encoder.transform(pl.DataFrame(columns))


@pytest.mark.parametrize("kind", [ValidationPart, TestPart])
def test_fitting_on_another_part_is_a_leak(kind):
    with pytest.raises(LeakError, match=f"TrainPart only, not a {kind.__name__}"):
        Encoder.fit(part(kind, **{MEASURE: [1, 2]}))


def test_fitting_on_a_whole_table_is_a_leak():
    with pytest.raises(LeakError, match="not a DataFrame"):
        Encoder.fit(pl.DataFrame({MEASURE: [1, 2]}))
