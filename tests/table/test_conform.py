"""Types of columns, as the schema says them."""

import numpy as np
import polars as pl
import pytest

from yawstring.table.conform import conform

TEXTS = ("wlan.ssid", "tello.command", "odid.uas_id")


def conformed(**columns: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame(columns)
    return conform(frame, name="a.parquet", lines=np.arange(len(frame)) + 2)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_stays_text_whatever_it_says(name: str) -> None:
    told = ["12345", "1.5", "null", "NaN", "", None]
    assert conformed(**{name: pl.Series(told)})[name].to_list() == ["12345", "1.5", "null", "NaN", None, None]
    nothing = conformed(**{name: pl.Series([None, None], dtype=pl.String)})[name]
    assert (nothing.dtype, nothing.to_list()) == (pl.String, [None, None])


def test_numbers_under_a_texts_name_become_text() -> None:
    assert conformed(**{"wlan.ssid": pl.Series([7, None])})["wlan.ssid"].to_list() == ["7", None]


def test_a_wall_clock_may_be_text_or_a_number() -> None:
    assert conformed(timestamp=pl.Series(["1713995000", "nan"]))["timestamp"].to_list() == [1713995000, None]
