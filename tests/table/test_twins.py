"""The sieve lets every row through that equals another one, by pandas's word."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.table.recordings import linked
from yawstring.table.twins import candidates

numbers = st.sampled_from([None, 0, 1, 2])
floats = st.sampled_from([None, 0.0, -0.0, 1.5, float("nan")])
words = st.sampled_from([None, "", "a"])


@given(st.lists(st.tuples(numbers, floats, words), max_size=12))
@settings(deadline=None, max_examples=100)
def test_no_row_that_equals_another_is_left_behind(rows: list[tuple[int | None, float | None, str | None]]) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.Int64, "b": pl.Float64, "c": pl.String}, orient="row")
    keys = [(a, "nan" if b != b else None if b is None else float(b), c) for a, b, c in rows]
    assert candidates(frame).tolist() == [keys.count(key) > 1 for key in keys]


def test_labels_of_any_kind_do_not_hide_that_two_rows_are_one_event() -> None:
    frame = pl.DataFrame({
        "time_ns": [1, 1, 2],
        "class": ["dos", "replay", "dos"],
        "technique": ["mdk4_deauth", None, None],
        "episode": [0, 1, None],
    })  # fmt: skip
    assert linked(frame, frame["time_ns"].rank("ordinal").to_numpy().astype(int) - 1).tolist() == [0, 0, 2]
