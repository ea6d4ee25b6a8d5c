"""Whatever way a stream is cut, every signal has the same bits; and a row knows nothing of later frames."""

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.flights import flight
from yawstring.edge.files import read_table
from yawstring.edge.telemetry import parse_telemetry
from yawstring.table.frames import frames_table
from yawstring.table.fuse import fuse
from yawstring.table.signals import SIGNALS, Rows, SignalOptions, measure, start, step
from yawstring.wire.decoder import decode

OPTIONS = (SignalOptions(every_s=None), SignalOptions(every_s=0.05), SignalOptions(every_s=1.0))
TITS = Path(__file__).resolve().parents[4] / "shared" / "data" / "tits" / "three_attack_cyber.csv"


@cache
def stream(name: str) -> pl.DataFrame:
    """Frames of a few seconds, telemetry beside them."""
    if name == "tits":
        return read_table(TITS).frame[20_000:21_500]
    made = flight(name, 3)
    log = parse_telemetry(made.telemetry, name="telemetry.log").frame
    return fuse(frames_table(decode(made.capture)), log).frame[:2500]


def streamed(frame: pl.DataFrame, cuts: list[int], options: SignalOptions) -> Rows:
    state, made = start(options), []
    for first, after in zip([0, *cuts], [*cuts, len(frame)], strict=True):
        state, rows = step(state, frame[first:after], options)
        made.append(rows)
    return Rows(
        frame=pl.concat([rows.frame for rows in made]),
        time_ns=np.concatenate([rows.time_ns for rows in made]),
        last=np.concatenate([rows.last for rows in made]),
    )


@pytest.mark.parametrize("options", OPTIONS, ids=lambda one: f"every {one.every_s}")
@pytest.mark.parametrize("name", ["mdk4-deauth", "hostapd-twin", "replay-commands", "telemetry-freeze", "tits"])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_any_cut_gives_the_same_bits(name: str, options: SignalOptions, data: st.DataObject) -> None:
    if name == "tits" and not TITS.exists():
        pytest.skip(f"{TITS} is not there")
    frame = stream(name)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(frame)), max_size=6)))
    whole, parts = measure(frame, options), streamed(frame, cuts, options)
    assert np.array_equal(whole.time_ns, parts.time_ns)
    assert whole.frame.equals(parts.frame, null_equal=True)


@pytest.mark.parametrize("name", ["mdk4-deauth", "replay-commands"])
def test_rows_know_nothing_of_later_frames(name: str) -> None:
    frame, options = stream(name), SignalOptions(every_s=None)
    whole = measure(frame, options)
    for seen in (1, 700, 1900):
        assert measure(frame[:seen], options).frame.equals(whole.frame[:seen], null_equal=True)


def test_the_stream_has_states_that_the_craft_signals_are_of() -> None:
    rows = measure(stream("telemetry-freeze"), SignalOptions(every_s=None)).frame
    assert rows["craft_age_s"].n_unique() > 1000
    assert rows["craft_jump_force_1s"].drop_nulls().n_unique() > 10


def test_every_signal_is_declared_once() -> None:
    names = [signal.name for signal in SIGNALS]
    assert len(set(names)) == len(names)
