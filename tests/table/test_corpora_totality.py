"""Whatever the octets are, there comes a table or one clear line, and nothing else."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import LayoutError, TableError
from yawstring.table.corpora import Table, glue, parse_csv, parse_parquet, to_parquet
from yawstring.table.profile import profile

MOST_LETTERS_A_LINE = 400

PIECES = (
    *(b",", b"\n", b'"', b"\r", b"\r\n", b" ", b"\t", b";", b",,,,", b'""', b"\x00", b"\xff", b"\xc2\x85"),
    *(b"class", b"recording", b"frame.number,", b"wlan.fc.type,", b"dos", b"replay", b"mine,", b"\xef\xbb\xbf"),
    *(b"1", b"-1", b"0x8", b"nan", b"inf", b"1e400", b"99999999999999999999", b"1.5", b"2024-04-24 16:42:32"),
)


def outcome(octets: bytes, *, parquet: bool) -> tuple[Table, ...] | TableError:
    try:
        return (parse_parquet(octets, name="f.parquet"),) if parquet else parse_csv(octets, name="f.csv")
    except TableError as error:
        return error


def glued(tables: tuple[Table, ...]) -> Table | LayoutError:
    try:
        return glue(tables, how="union")
    except LayoutError as error:
        return error


def check(octets: bytes, *, parquet: bool = False) -> None:
    """A table that can be counted, or one line."""
    found = outcome(octets, parquet=parquet)
    if isinstance(found, TableError):
        assert str(found).startswith("f.")
        assert "\n" not in str(found)
        assert len(str(found)) < MOST_LETTERS_A_LINE
        return
    for table in found:
        assert len(table) > 0
        json.dumps(profile(table).to_json(), allow_nan=False)
    whole = glued(found)
    if isinstance(whole, LayoutError):
        assert "cannot be glued" in str(whole)
    else:
        assert len(whole) == sum(map(len, found))


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=100)
def test_random_octets(octets: bytes) -> None:
    check(octets)
    check(octets, parquet=True)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join))
@settings(deadline=None, max_examples=200)
def test_random_pieces_of_tables(octets: bytes) -> None:
    check(octets)


@pytest.fixture(scope="module")
def originals(three_attack_cyber: Path, ten_blocks: Path) -> list[bytes]:
    first_lines = three_attack_cyber.read_bytes()[:8_000].rsplit(b"\n", 1)[0]
    quoted = b'frame.number,"a, note",class\r\n1,"x ""y""",0\r\n2,"line\r\nend",1\r\n'
    return [first_lines, ten_blocks.read_bytes(), quoted]


edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.one_of(st.sampled_from(PIECES), st.binary(max_size=2))),
    min_size=1,
    max_size=4,
)


def edited(octets: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """Some octets cut out here and there and others put in."""
    for where, cut, put in changes:
        place = int(where * len(octets))
        octets = octets[:place] + put + octets[place + cut :]
    return octets


@given(st.integers(0, 2), edits, st.floats(0, 1), st.booleans())
@settings(deadline=None, max_examples=120)
def test_real_files_damaged(originals: list[bytes], which: int, changes, cut: float, cut_off: bool) -> None:
    octets = edited(originals[which], changes)
    check(octets[: int(cut * len(octets))] if cut_off else octets)


@given(edits)
@settings(deadline=None, max_examples=60)
def test_parquet_damaged(originals: list[bytes], changes) -> None:
    (table,) = parse_csv(originals[0], name="f.csv")
    check(edited(to_parquet(table), changes), parquet=True)
