"""Tables of signals: labels come along from the frames, recordings stay apart."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from yawstring.errors import TableError
from yawstring.schema import SIGNALS, features, roles
from yawstring.table.signals import SignalOptions
from yawstring.table.signals.tables import LABELS, signal_frame

S = 1_000_000_000


def made(seed: int = 0) -> pl.DataFrame:
    """Two recordings of 400 frames over 20 s; an attack in the middle of each."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in (3, 7):
        times = np.sort(rng.integers(0, 20 * S, 400)) + number * 1000 * S
        on = (times >= times[0] + 8 * S) & (times < times[0] + 12 * S)
        parts.append(
            pl.DataFrame(
                {
                    "time_ns": times,
                    "class": np.where(on, "dos", "benign"),
                    "episode": pl.Series(np.where(on, 0, -1)).replace(-1, None),
                    "recording": pl.Series([number] * 400, dtype=pl.Int32),
                }
            )
        )
    return pl.concat(parts)


def test_a_row_has_the_label_of_the_last_frame_before_it() -> None:
    frame = made()
    found = signal_frame(frame, SignalOptions(every_s=0.1))
    columns = ("time_ns", "recording", "class")
    rows, frames = (
        pd.DataFrame({name: one[name].to_list() for name in columns}).sort_values("time_ns") for one in (found, frame)
    )
    joined = pd.merge_asof(rows, frames, on="time_ns", by="recording")
    assert joined["class_x"].tolist() == joined["class_y"].tolist()


def test_the_onset_is_the_episodes_first_frame() -> None:
    frame = made()
    found = signal_frame(frame, SignalOptions(every_s=0.5)).filter(pl.col("class") == "dos")
    first = dict(frame.filter(pl.col("class") == "dos").group_by("recording").agg(pl.min("time_ns")).iter_rows())
    assert found["onset_ns"].to_list() == [first[number] for number in found["recording"]]
    assert (found["onset_ns"] <= found["time_ns"]).all()


def test_recordings_know_nothing_of_each_other() -> None:
    frame = made()
    both = signal_frame(frame, SignalOptions(every_s=0.1))
    alone = signal_frame(frame.filter(pl.col("recording") == 7), SignalOptions(every_s=0.1))
    assert_frame_equal(both.filter(pl.col("recording") == 7), alone)


def test_every_frame_gives_a_row() -> None:
    frame = made()
    found = signal_frame(frame, SignalOptions(every_s=None))
    assert found["time_ns"].to_list() == frame["time_ns"].to_list()
    assert found["class"].to_list() == frame["class"].to_list()


def test_signals_of_signals_are_refused() -> None:
    found = signal_frame(made(), SignalOptions(every_s=1.0))
    with pytest.raises(TableError, match="measured already"):
        signal_frame(found, SignalOptions())


def test_no_label_is_a_signal_and_every_signal_has_a_role() -> None:
    names = [signal.name for signal in SIGNALS]
    assert set(roles(names).values()) <= {"cyber", "physical"}
    assert not set(names) & set(LABELS)


def test_a_signal_of_both_sides_belongs_to_neither_alone() -> None:
    for signal in SIGNALS:
        assert (signal.name in features([signal.name], modality="cyber")) == (signal.modality == "cyber")
        assert (signal.name in features([signal.name], modality="physical")) == (signal.modality == "physical")
        assert features([signal.name]) == (signal.name,)
