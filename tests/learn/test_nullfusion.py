"""The null fusion: every recording gets another's telemetry, and nothing else changes."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import SplitError
from yawstring.learn.nullfusion import null_fusion


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 30), min_size=2, max_size=6), st.integers(0, 5), st.booleans())
def test_none_keeps_its_own_telemetry(sizes: list[int], seed: int, timed: bool) -> None:
    recording = np.repeat(np.arange(len(sizes)), sizes)
    rng = np.random.default_rng(seed)
    columns = {"frame.len": rng.integers(0, 99, len(recording)), "tof": recording, "recording": recording}
    if timed:
        columns["time_ns"] = np.concatenate([np.sort(rng.integers(0, 10**9, size)) for size in sizes])
    frame = pl.DataFrame(columns)
    found = null_fusion(frame, seed=seed)
    assert found.drop("tof").equals(frame.drop("tof"))
    taken = found.select("recording", "tof").unique()
    assert (taken["recording"] != taken["tof"]).all()
    assert taken["recording"].is_unique().all()
    assert sorted(taken["tof"]) == sorted(set(recording))
    assert null_fusion(frame, seed=seed).equals(found)


def test_time_since_the_start_decides() -> None:
    frame = pl.DataFrame({"time_ns": [100, 200, 300, 5000, 5150], "tof": [1, 2, 3, 4, 5], "recording": [0, 0, 0, 1, 1]})
    assert null_fusion(frame, seed=0)["tof"].to_list() == [4, 4, 4, 1, 2]


def test_one_recording_has_no_other() -> None:
    with pytest.raises(SplitError, match="but one"):
        null_fusion(pl.DataFrame({"tof": [1], "recording": [0]}), seed=0)
