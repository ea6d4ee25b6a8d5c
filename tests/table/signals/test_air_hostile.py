"""Whatever a table holds, signals of the air are finite or unknown, and their state stays as small as it was."""

import time

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.table.signals import SignalOptions, measure, start, step

WORDS = st.one_of(
    st.none(), st.integers(0, 15), st.integers(0, 1 << 48), st.integers(-(1 << 63), (1 << 63) - 1),
    st.sampled_from([(1 << 63) - 1, -(1 << 63), -(1 << 62), 1 << 62, 10**18]),
)  # fmt: skip
WHOLE = (
    "time_ns", "wlan.ta", "wlan.ra", "wlan.bssid", "frame.len", "radiotap.length", "wlan.duration",
    "wlan.fixed.timestamp", "wlan.fixed.beacon", "wlan.fixed.reason_code", "wlan.fixed.capabilities", "ssid_hash",
    "elements_hash", "wlan.ds.current_channel", "wlan_radio.channel", "radiotap.mactime", "wlan.fcs.status", "reject",
    "udp.srcport",
)  # fmt: skip
KINDS = {
    "wlan.fc.type": [0, 0, 0, 1, 2, 3, None], "wlan.fc.subtype": [8, 8, 5, 10, 11, 12, 0, 2, 4, None],
    "wlan.fc.tods": [0, 1, None], "wlan.fc.fromds": [0, 1, None], "wlan.fc.retry": [0, 1, None],
}  # fmt: skip
NUMBERS = ("wlan_radio.data_rate", "wlan_radio.preamble")


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    count = draw(st.integers(1, 30))
    columns = {name: draw(st.lists(WORDS, min_size=count, max_size=count)) for name in WHOLE}
    columns |= {
        name: draw(st.lists(st.sampled_from(some), min_size=count, max_size=count)) for name, some in KINDS.items()
    }
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Int64))
    real = st.floats(allow_nan=True, allow_infinity=True)
    return frame.with_columns(
        pl.Series(name, draw(st.lists(real, min_size=count, max_size=count)), pl.Float64) for name in NUMBERS
    )


@pytest.mark.parametrize("coded", [False, True], ids=["decoded", "coded"])
@pytest.mark.parametrize("every_s", [None, 0.5])
@settings(max_examples=100, deadline=None)
@given(frame=tables())
def test_hostile_tables_give_finite_values(every_s: float | None, coded: bool, frame: pl.DataFrame) -> None:
    if coded:
        frame = frame.drop("wlan.fc.tods", "wlan.fc.fromds")
    rows = measure(frame, SignalOptions(every_s=every_s))
    values = rows.frame.to_numpy()
    assert not np.isinf(values[~np.isnan(values)]).any()
    assert len(rows) <= 100 * len(frame) if every_s else len(rows) == len(frame)


def test_a_million_addresses_leave_the_state_as_it_is_and_are_soon_read() -> None:
    rng, count = np.random.default_rng(5), 200_000
    address = rng.integers(1 << 48, size=count)
    frame = pl.DataFrame({
        "time_ns": np.arange(count) * 50_000, "wlan.ta": address, "wlan.ra": address[::-1], "wlan.bssid": address,
        "wlan.fc.type": rng.choice([0, 2], count), "wlan.fc.subtype": np.full(count, 8), "ssid_hash": address,
        "wlan.fc.tods": np.zeros(count, np.int64), "wlan.fc.fromds": np.ones(count, np.int64),
        "wlan.fixed.timestamp": address, "frame.len": rng.integers(100, 1500, count),
    })  # fmt: skip
    options = SignalOptions()
    state, _ = step(start(options), frame[:100], options)
    size = sum(array.nbytes for group in state.groups for array in group if isinstance(array, np.ndarray))
    begun = time.perf_counter()
    for first in range(100, 5 * count, count):
        later = frame.with_columns(pl.col("time_ns") + first * 50_000, pl.col("wlan.ta", "wlan.bssid") ^ first)
        state, _ = step(state, later, options)
    assert time.perf_counter() - begun < 20
    assert size == sum(array.nbytes for group in state.groups for array in group if isinstance(array, np.ndarray))
    assert size < 1 << 20
