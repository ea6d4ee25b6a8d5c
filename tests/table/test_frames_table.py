"""Frames as a table: names, dtypes, nulls and texts."""

import polars as pl

from support.octets import beacon, datagram, element, header, pcap
from yawstring.schema import COLUMNS, NOTEBOOK_COLUMNS
from yawstring.schema.frames import ALIASES
from yawstring.table.frames import frames_table
from yawstring.wire.decoder import decode
from yawstring.wire.slots import NAMES, SCALES, TEXTS

BEACON = beacon(element(0, b"caf\xc3\xa9"), element(3, b"\x06"))
ODD = beacon(element(0, b"a\xff"))
COMMAND = header(2, 0, flags=1) + datagram(b"land")


def test_every_column_is_described_with_its_dtype() -> None:
    table = frames_table(decode(pcap([BEACON, COMMAND])))
    assert set(table.columns) == {*NAMES.values(), *TEXTS.values()}
    dtypes = {"int": pl.Int64, "float": pl.Float64, "text": pl.String}
    assert dict(table.schema) == {name: dtypes[COLUMNS[name].dtype] for name in table.columns}
    assert {NAMES[slot] for slot in SCALES} == {name for name in NAMES.values() if COLUMNS[name].dtype == "float"}
    assert len(set(NAMES.values())) == len(NAMES)


def test_absent_is_null_and_rows_keep_their_order() -> None:
    table = frames_table(decode(pcap([COMMAND, BEACON, ODD])))
    assert table["frame.number"].to_list() == [1, 2, 3]
    assert table["wlan.ssid"].to_list() == [None, "café", "a\\xff"]
    assert table["wlan.ds.current_channel"].to_list() == [None, 6, None]
    assert table["tello.command"].to_list() == ["land", None, None]
    assert table["tello.state"].null_count() == table["radiotap.length"].null_count() == 3
    assert table["wlan.ta"].to_list() == [0x020000000001] * 3


def test_no_frames_are_a_table_of_no_rows() -> None:
    table = frames_table(decode(b""))
    assert table.height == 0
    assert table.schema == frames_table(decode(pcap([BEACON]))).schema


def test_the_notebooks_spellings_have_new_ones() -> None:
    made = {*NAMES.values(), *TEXTS.values()}
    assert set(ALIASES) <= set(NOTEBOOK_COLUMNS)
    assert set(ALIASES.values()) <= made
    wireless = [name for name in NOTEBOOK_COLUMNS if name.startswith(("wlan", "radiotap", "frame", "data"))]
    assert {ALIASES.get(name, name) for name in wireless} <= made
