"""The notebook's layout: read back by our own loader and by pandas, each value held to the fused table's."""

import io
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import TableError
from yawstring.schema import NOTEBOOK_COLUMNS
from yawstring.schema.frames import ALIASES
from yawstring.table.corpora import parse_csv
from yawstring.table.fuse import FuseOptions, fuse
from yawstring.table.labels import label, parse_labels
from yawstring.table.notebook_csv import ADDRESSES, notebook_columns
from yawstring.table.telemetry import from_states, telemetry
from yawstring.wire.tello import STATE_FIELDS, format_state, parse_states

NS = 1_000_000_000
START_S = 1_713_976_952
ZEROED = [name for name in NOTEBOOK_COLUMNS if name.startswith(("wlan.", "radiotap.", "wlan_radio.", "data."))]
MADE = {name: ALIASES.get(name, name) for name in ZEROED if name not in ADDRESSES}


def states(count: int, seed: int, *, pads: bool) -> list[dict[str, float]]:
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        row = {name: float(rng.integers(-90, 90)) for name in STATE_FIELDS}
        pad = int(rng.integers(-2, 9)) if rng.random() < 0.5 else -1
        mark = {-1: -100, 0: -100, -2: -200}.get(pad)
        row["mid"] = pad if pad else -1
        if mark is not None:
            row |= dict.fromkeys("xyz", mark) | dict.fromkeys(("mpitch", "mroll", "myaw"), 0)
        row |= {name: round(float(rng.normal(0, 300)), 2) for name in ("baro", "agx", "agy", "agz")}
        rows.append(row if pads else {name: row[name] for name in STATE_FIELDS[7:]})
    return rows


def fused(seed: int, rows: list[dict[str, float]], *, pads: bool, frames: int = 60) -> pl.DataFrame:
    """Frames with holes and telemetry at 10 Hz, one state a tenth of a second from the second frame on."""
    rng = np.random.default_rng(seed)
    air = {"time_ns": [(START_S * 10 + number) * NS // 10 + 5 for number in range(frames)]}
    air |= {"frame.number": list(range(1, frames + 1)), "frame.len": rng.integers(20, 1500, frames).tolist()}
    for name in MADE.values():
        values = rng.integers(0, 100, frames).tolist()
        air[name] = [None if rng.random() < 0.3 else value for value in values]
    for name in ADDRESSES:
        air[name] = [None if rng.random() < 0.2 else int(rng.integers(1, 5)) << 40 for _ in range(frames)]
    lines = [
        f"{(START_S * 10 + number + 1) * NS // 10} {format_state(row, pads=pads).decode().strip()}\n"
        for number, row in enumerate(rows)
    ]
    table = telemetry(from_states(parse_states("".join(lines).encode())), source="tello", digest="", name="log").frame
    joined = fuse(pl.DataFrame(air), table, FuseOptions(tolerance_s=0.05)).frame
    labels = parse_labels(f"start,end,class\n{START_S + 1},{START_S + 2},dos\n".encode(), name="labels.csv")
    return joined.hstack(label(joined, labels).frame)


@given(st.integers(0, 10_000), st.booleans())
@settings(deadline=None, max_examples=15)
def test_the_csv_read_back_holds_what_the_fused_table_does(seed: int, pads: bool) -> None:
    rows = states(50, seed, pads=pads)
    table = fused(seed, rows, pads=pads)
    octets = notebook_columns(table).write_csv().encode()
    (read,) = parse_csv(octets, name="fused.csv")
    panda = pd.read_csv(io.BytesIO(octets))
    assert read.layout == "notebook"
    assert tuple(panda.columns) == NOTEBOOK_COLUMNS
    assert not panda.isna().any().any()
    for old, new in MADE.items():
        wanted = [0 if value is None else value for value in table[new].to_list()]
        assert panda[old].to_list() == wanted == read.frame[old].to_list()
    for place, time_ns in enumerate(table["time_ns"].to_list()):
        assert panda["timestamp"][place] == datetime.fromtimestamp(time_ns // NS, UTC).strftime("%Y-%m-%d %H:%M:%S")
        assert panda["timestamp_c"][place] == pytest.approx(time_ns / NS, abs=1e-6)
        state = rows[place - 1] if 1 <= place <= len(rows) else {}
        default = {"mid": -1, **dict.fromkeys("xyz", -100)}
        for name in STATE_FIELDS:
            shown = "flight_time" if name == "time" else name
            assert panda[shown][place] == pytest.approx(state.get(name, default.get(name, 0)), abs=1e-9), (place, name)
    for name in ("mpitch", "mroll", "myaw"):
        assert (panda[f"{name}.1"] == panda[name]).all()
    assert panda["class"].to_list() == [int(name == "dos") for name in table["class"]]
    assert read.frame["class"].to_list() == ["attack" if name == "dos" else "benign" for name in table["class"]]


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=10)
def test_addresses_are_numbered_in_the_order_of_their_appearance(seed: int) -> None:
    table = fused(seed, states(5, seed, pads=False), pads=False, frames=12)
    known: dict[int, int] = {}
    for row in table.select(ADDRESSES).rows():
        for address in row:
            if address is not None:
                known.setdefault(address, len(known) + 1)
    wanted = [tuple(0 if one is None else known[one] for one in row) for row in table.select(ADDRESSES).rows()]
    assert notebook_columns(table).select(ADDRESSES).rows() == wanted


def test_columns_that_the_frames_lack_are_zeros() -> None:
    table = pl.DataFrame({"time_ns": [NS], "class": ["benign"]})
    row = notebook_columns(table).row(0, named=True)
    assert {row[name] for name in ZEROED} == {0}
    assert (row["mid"], row["z"], row["bat"], row["timestamp"]) == (-1, -100, 0, "1970-01-01 00:00:01")


@pytest.mark.parametrize(
    ("table", "error"),
    [
        (pl.DataFrame({"time_ns": [1, None], "class": ["dos", "dos"]}), "needs a time in every row, found 1"),
        (pl.DataFrame({"time_ns": [1, 2], "class": ["dos", None]}), "needs a label in every row, found 1"),
        (pl.DataFrame({"time_ns": [1, 2]}), "needs a label in every row, found 2"),
    ],
)
def test_a_row_without_time_or_label_is_refused(table: pl.DataFrame, error: str) -> None:
    with pytest.raises(TableError, match=error):
        notebook_columns(table)
