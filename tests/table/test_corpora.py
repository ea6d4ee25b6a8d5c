"""Loaders against pandas, cell by cell, and against what the files are known to hold."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.fused import FusedSpec, fused_csv
from yawstring.errors import LayoutError, TableError
from yawstring.schema import CLASSES, COLUMNS, LABEL, LABEL_DISPUTED, NOTEBOOK_COLUMNS, RECORDING, TITS_CYBER_COLUMNS
from yawstring.table.corpora import Table, glue, parse_csv, parse_parquet, to_parquet
from yawstring.table.delimited import Limits, unique_names
from yawstring.table.splits import class_of_rows

SPELT = {
    "benign": "benign",
    "DoS attack": "dos",
    "DoS": "dos",
    "Replay": "replay",
    "FDI": "fdi",
    0: "benign",
    1: "attack",
}


def pandas_table(octets: bytes, **options: object) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(octets), **options)


def assert_equals_pandas(table: Table, oracle: pd.DataFrame) -> None:
    """Every cell the same, the classes in our spelling; whole and broken numbers compare as numbers."""
    assert list(table.columns) == list(oracle.columns)
    assert len(table) == len(oracle)
    for name in oracle.columns:
        ours, theirs = table.frame[name], oracle[name]
        if name == LABEL:
            theirs = theirs.map(lambda label: SPELT.get(label, label))
        missing = theirs.isna().to_numpy()
        assert (ours.is_null().to_numpy() == missing).all(), name
        if ours.dtype.is_numeric():
            assert theirs.dtype.kind in "iuf", name
            assert (ours.to_numpy()[~missing] == theirs.to_numpy()[~missing]).all(), name
        else:
            assert [cell for cell in ours.to_list() if cell is not None] == list(theirs[~missing]), name


# ---------------------------------------------------------------- real files


def test_the_corpus_table_equals_pandas(three_attack_cyber: Path) -> None:
    octets = three_attack_cyber.read_bytes()
    (table,) = parse_csv(octets, name=str(three_attack_cyber))
    assert_equals_pandas(table, pandas_table(octets))
    assert (table.layout, table.modality, table.capture) == ("tits-cyber", "cyber", "three_attack_cyber")
    for name in table.columns:
        wanted = {"int": pl.Int64, "float": pl.Float64, "text": pl.String}[COLUMNS[name].dtype]
        assert table.frame[name].dtype == wanted, name
    assert table.frame.columns[-2:] == [RECORDING, LABEL_DISPUTED]
    assert table.frame[RECORDING].dtype == pl.Int32
    assert dict(table.frame[LABEL].value_counts().iter_rows()) == {"benign": 9425, "dos": 11671, "replay": 12006}


def test_the_disputed_rows_are_those_that_are_known(three_attack_cyber: Path) -> None:
    (table,) = parse_csv(three_attack_cyber.read_bytes(), name="t.csv")
    assert table.frame[LABEL_DISPUTED].arg_true().to_list() == list(range(21_096, 29_882))


def test_the_stacked_file_is_ten_tables(ten_blocks: Path) -> None:
    octets = ten_blocks.read_bytes()
    tables = parse_csv(octets, name=str(ten_blocks))
    assert [len(table) for table in tables] == [60, 50, 60, 50, 60, 50, 50, 50, 50, 40]
    classes = [table.frame[LABEL].unique().to_list() for table in tables]
    assert classes == [[name] for name in ("benign", "dos", "replay", "evil_twin", "fdi") for _ in range(2)]
    assert [table.modality for table in tables] == ["cyber", "physical"] * 5
    assert [table.capture for table in tables] == [f"excerpt_ten_blocks#{n}" for n in range(1, 11)]
    assert len({table.layout for table in tables}) == 5


def test_every_block_of_the_stacked_file_equals_pandas(ten_blocks: Path) -> None:
    text = ten_blocks.read_text()
    starts = [match.start() for match in re.finditer(r"^.*,class\b.*$", text, re.MULTILINE)]
    tables = parse_csv(text.encode(), name="t.csv")
    for table, start, end in zip(tables, starts, [*starts[1:], len(text)], strict=True):
        oracle = pandas_table(text[start:end].encode())
        named = [name for name in oracle.columns if not name.startswith("Unnamed: ")]
        assert oracle.drop(columns=named).isna().all(axis=None)
        assert_equals_pandas(table, oracle[named])


@pytest.mark.parametrize("relative", ["tlm_uav/Fusion_Data.csv", "tello/telemetry_log_173ff51.csv"])
def test_other_files_keep_their_unknown_columns(three_attack_cyber: Path, relative: str) -> None:
    octets = (three_attack_cyber.parents[1] / relative).read_bytes()
    (table,) = parse_csv(octets, name=relative)
    assert table.layout == "unknown"
    assert_equals_pandas(table, pandas_table(octets))
    with pytest.raises(TableError, match="column 'class': the table has no column of labels"):
        class_of_rows(table.frame)


# ---------------------------------------------------------------- the notebook's table


def test_the_notebook_table_with_duplicate_headers_equals_pandas() -> None:
    octets, twice = (fused_csv(FusedSpec(rows=600, seed=3), duplicate_headers=twice) for twice in (False, True))
    assert twice.splitlines()[0].count(b"mpitch") == 2
    for variant in (octets, twice):
        (table,) = parse_csv(variant, name="fused.csv")
        assert (table.layout, table.modality, table.columns) == ("notebook", "fused", NOTEBOOK_COLUMNS)
        assert LABEL_DISPUTED not in table.frame.columns
        assert_equals_pandas(table, pandas_table(variant))


@given(st.lists(st.sampled_from(["a", "b", "a.1", "a.2", "b.1", ""]), min_size=1, max_size=9))
@example(["a", "a", "a.1"])
@settings(deadline=None, max_examples=100)
def test_names_are_those_of_pandas(cells: list[str]) -> None:
    theirs = pandas_table(",".join([*cells, "end"]).encode() + b"\n").columns
    assert unique_names([*cells, "end"]) == list(theirs)


# ---------------------------------------------------------------- variants of one table

NUMBERS = st.one_of(
    st.integers(-(2**40), 2**40).map(str),
    st.floats(-1e9, 1e9).map(repr),
    st.sampled_from(["", "NaN", "nan", "NA", "null", "4294967295", "-0.0", "1e5", "7.0"]),
)
TEXTS = st.text(st.sampled_from("abcé ÿ-_.Z"), max_size=6).map(str.strip).filter(lambda t: t not in ("a", "e"))
LABELS = st.sampled_from(["benign", "DoS attack", "DoS", "Replay", "FDI", "evil_twin"])


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header and rows of text: known whole and broken columns, unknown ones, text, a class."""
    kinds = {"frame.number": st.integers(0, 9).map(str), "baro": NUMBERS, "mine": NUMBERS, "note": TEXTS, LABEL: LABELS}
    names = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, unique=True))
    if LABEL not in names:
        names.append(LABEL)
    rows = draw(st.integers(1, 6))
    return [names, *([draw(kinds[name]) for name in names] for _ in range(rows))]


def as_csv(rows: list[list[str]], *, end: str = "\n", quote: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=end, quoting=quote).writerows(rows)
    return out.getvalue()


@given(tables(), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["utf-8", "utf-8-sig", "latin-1"]), st.data())
@settings(deadline=None, max_examples=150)
def test_a_table_reads_the_same_however_it_is_written(rows, end: str, encoding: str, data) -> None:
    (plain,) = parse_csv(as_csv(rows).encode(), name="a.csv")
    assert_equals_pandas(plain, pandas_table(as_csv(rows).encode()).rename(columns=str))
    padding = [""] * data.draw(st.integers(0, 3), label="padding")
    spaces = data.draw(st.sampled_from(["", " ", "  "]), label="spaces")
    padded = [[f"{spaces}{cell}{spaces}" for cell in row] + padding for row in rows]
    quote = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), label="quoting")
    lines = as_csv(padded, end=end, quote=quote).split(end)
    for place in data.draw(st.lists(st.integers(0, len(lines) - 1), max_size=3), label="blank lines"):
        lines.insert(place, data.draw(st.sampled_from(["", "  ", ",,"]), label="blank"))
    text = end.join(lines)
    if data.draw(st.booleans(), label="no last line end"):
        text = text.rstrip(end + " ,") if not padding and rows[-1][-1] else text
    (varied,) = parse_csv(text.encode(encoding), name="a.csv")
    assert varied.frame.schema == plain.frame.schema
    assert varied.frame.equals(plain.frame)


@given(tables())
@settings(deadline=None, max_examples=50)
def test_parquet_gives_the_table_back(rows: list[list[str]]) -> None:
    (table,) = parse_csv(as_csv(rows).encode(), name="a.csv")
    again = parse_parquet(to_parquet(table), name="copy.parquet")
    assert again.frame.schema == table.frame.schema
    assert again.frame.equals(table.frame)
    for name in ("layout", "capture", "modality", "digest", "blank_lines"):
        assert getattr(again, name) == getattr(table, name)


def test_parquet_keeps_what_is_disputed_of_a_glued_table(ten_blocks: Path) -> None:
    glued = glue(parse_csv(ten_blocks.read_bytes(), name="t.csv"), how="union")
    again = parse_parquet(to_parquet(glued), name="copy.parquet")
    assert again.frame.equals(glued.frame)
    assert again.frame[LABEL_DISPUTED].sum() == 60


def test_a_given_recording_and_dispute_win() -> None:
    octets = b"recording,frame.number,label_disputed,class\n5,1,true,replay\n5,0,,replay\n"
    (table,) = parse_csv(octets, name="a.csv")
    assert table.frame.columns == ["frame.number", "class", RECORDING, LABEL_DISPUTED]
    assert table.frame.rows() == [(1, "replay", 5, True), (0, "replay", 5, False)]


def test_hexadecimal_and_large_whole_numbers() -> None:
    octets = b"wlan.flags,wlan.fcs,tcp.seq_raw,mine\n0x88,0xE5816A76,4294967295,0x10\n65,9,9007199254740993,7\n"
    (table,) = parse_csv(octets, name="a.csv")
    assert table.frame.select("wlan.flags", "wlan.fcs", "tcp.seq_raw").rows() == [
        (0x88, 0xE5816A76, 2**32 - 1),
        (65, 9, 2**53 + 1),
    ]
    assert table.frame["mine"].to_list() == ["0x10", "7"]


def test_a_whole_number_column_keeps_its_fractions_and_takes_trailing_zeros() -> None:
    (table,) = parse_csv(b"tof,bat\n60.0,93\n61.0,92.5\n,0x5\n", name="a.csv")
    assert table.frame["tof"].to_list() == [60, 61, None]
    assert table.frame["tof"].dtype == pl.Int64
    assert table.frame["bat"].to_list() == [93.0, 92.5, 5.0]


def test_blank_lines_are_counted_and_rows_keep_their_line_numbers() -> None:
    octets = b"\n,,\ntof,class\n60,benign\n  \n,\n61,benign\nx,benign\n"
    with pytest.raises(TableError, match="row 8, column 'tof': expected a whole number, found 'x'"):
        parse_csv(octets, name="a.csv")
    (table,) = parse_csv(octets.replace(b"x,", b"62,"), name="a.csv")
    assert table.blank_lines == 2
    assert table.frame["tof"].to_list() == [60, 61, 62]


# ---------------------------------------------------------------- wrong files, one line each

GOOD = b"timestamp_c,tof,class\n1.5,60,benign\n2.5,61,Replay\n"

WRONG = {
    "empty": (b"", r"^f\.csv: expected a header line and rows, found an empty file$"),
    "only separators": (b",,\n , \n", "found an empty file"),
    "only a header": (b"tof,class\n", r"^f\.csv: row 1: expected rows below the header, found none$"),
    "a block without rows": (GOOD + b"bat,class\n", "row 4: expected rows below the header"),
    "binary": (b"tof,class\n6\x000,0\n", "row 2: expected text, found a binary file"),
    "Parquet under another name": (b"PAR1....", "found a Parquet file: name it .parquet"),
    "zip": (b"PK\x03\x04....", "found a zip archive or spreadsheet: save it as CSV"),
    "UTF-16": ("tof,class\n60,0\n".encode("utf-16"), "found UTF-16: save it as UTF-8"),
    "short row": (GOOD.replace(b"60,", b""), r"^f\.csv: row 2: expected 3 fields, found 2$"),
    "long row": (GOOD + b"3.5,1,benign,9\n", r"^f\.csv: row 4: expected 3 fields, found 4$"),
    "cell in the padding": (b"tof,class,,\n60,0,,\n61,0,,7\n", r"row 3: expected 2 fields, found more: '7'"),
    "cut off": (GOOD + b"3.5,6", r"^f\.csv: row 4: the file ends within this row: expected 3 fields, found 2$"),
    "cut off in the label": (GOOD[:-4], r"row 3, column 'class': expected one of .*, found 'Rep'$"),
    "text for a number": (GOOD.replace(b"61", b"abc"), r"^f\.csv: row 3, column 'tof': .*whole number, found 'abc'$"),
    "text for a float": (GOOD.replace(b"1.5", b"1.5s"), "row 2, column 'timestamp_c': expected a number, found '1.5s'"),
    "infinity": (GOOD.replace(b"2.5", b"inf"), "row 3, column 'timestamp_c': expected a number, found 'inf'"),
    "too large": (GOOD.replace(b"61", b"9" * 20), "column 'tof': expected a whole number below 2"),
    "unknown label": (GOOD.replace(b"Replay", b"Storm"), "row 3, column 'class': expected one of benign, .*'Storm'"),
    "semicolons": (GOOD.replace(b",", b";"), r"row 1: expected commas between columns, found semicolons: save it"),
    "tabs": (GOOD.replace(b",", b"\t"), "expected commas between columns, found tabs"),
    "no header": (b"1,2,3\n4,5,6\n", "row 1: expected a header line of column names, found numbers"),
    "open quote": (GOOD + b'"3.5,1,benign\n', "row 4: expected the quotes .* to pair"),
    "quote within a cell": (b'note,class\na"b,c",0\n', "expected quotes .* around whole cells only"),
    "text for a recording": (b"recording,tof\none,1\n", "row 2, column 'recording': expected a whole number"),
    "no recording": (b"recording,tof\n1,1\n,2\n", "row 3, column 'recording': expected a 32-bit whole number"),
    "error in the second block": (GOOD + b"bat,class\n1,FDI\n\nx,FDI\n", "row 7, column 'bat': .*found 'x'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_one_clear_line(case: str) -> None:
    octets, expected = WRONG[case]
    with pytest.raises(TableError, match=expected) as caught:
        parse_csv(octets, name="f.csv")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_the_good_file_is_good() -> None:
    assert len(parse_csv(GOOD, name="f.csv")) == 1


@pytest.mark.parametrize(
    ("limits", "octets", "expected"),
    [
        (Limits(file_octets=10), GOOD, "expected at most 10 octets, found"),
        (Limits(columns=2), GOOD, "row 1: expected at most 2 columns, found 3"),
        (Limits(cell_octets=20), GOOD + b"4.5," + b" " * 21 + b"1,0\n", "row 4: expected cells of at most 20 octets"),
        (Limits(cells=5), GOOD, "expected at most 5 cells, found 6"),
        (Limits(blocks=1), GOOD + GOOD, "expected at most 1 header lines, found 2"),
        (None, b"a" + b"," * 5000 + b"\n1\n", "expected at most 4,096 columns, found 5,001"),
    ],
)
def test_absurd_sizes_are_refused(limits: Limits | None, octets: bytes, expected: str) -> None:
    with pytest.raises(TableError, match=expected):
        parse_csv(octets, name="f.csv", limits=limits)


def test_a_row_that_says_class_among_its_numbers_is_no_header() -> None:
    (table,) = parse_csv(b"note,tof,class\nclass,60,0\nx,61,1\n", name="f.csv")
    assert table.frame["note"].to_list() == ["class", "x"]


def test_a_row_without_a_label_is_no_training_data() -> None:
    (table,) = parse_csv(b"tof,class\n60,0\n61,\n", name="f.csv")
    assert table.frame[LABEL].to_list() == ["benign", None]
    with pytest.raises(TableError, match="1 rows have no label"):
        class_of_rows(table.frame)
    (table,) = parse_csv(b"tof,class\n60,0\n61,1\n", name="f.csv")
    assert class_of_rows(table.frame).tolist() == ["benign", "attack"]


@pytest.mark.parametrize(
    ("spelling", "wanted"),
    [
        ("DOS-Attack", "dos"),
        (" replay attack ", "replay"),
        ("Evil Twin", "evil_twin"),
        ("0.0", "benign"),
        ("1", "attack"),
    ]
    + [(name.upper(), name) for name in CLASSES],
)
def test_each_attack_has_one_spelling(spelling: str, wanted: str) -> None:
    (table,) = parse_csv(f"tof,class\n1,{spelling}\n".encode(), name="f.csv")
    assert table.frame[LABEL].to_list() == [wanted]


# ---------------------------------------------------------------- gluing


def test_blocks_of_different_columns_are_not_glued_unasked(ten_blocks: Path) -> None:
    tables = parse_csv(ten_blocks.read_bytes(), name="t.csv")
    with pytest.raises(LayoutError, match=r"t#1 and t#2 have different columns .*: choose one, or glue by union"):
        glue(tables)
    with pytest.raises(LayoutError, match="no column but the label in common"):
        glue(tables, how="intersection")
    with pytest.raises(LayoutError, match="found none to glue"):
        glue([])


def test_blocks_of_the_same_columns_are_glued(ten_blocks: Path) -> None:
    tables = parse_csv(ten_blocks.read_bytes(), name="t.csv")
    glued = glue(tables[0:6:2])
    assert glued.columns == TITS_CYBER_COLUMNS
    assert (len(glued), glued.layout, glued.modality, glued.capture) == (180, "tits-cyber", "cyber", "t#1+3+5")
    assert glued.frame[RECORDING].to_list() == [0] * 60 + [1] * 60 + [2] * 60
    assert glued.frame[LABEL_DISPUTED].sum() == 60


@pytest.mark.parametrize("how", ["union", "intersection"])
def test_gluing_is_that_of_pandas(ten_blocks: Path, how: str) -> None:
    tables = [table for table in parse_csv(ten_blocks.read_bytes(), name="t.csv") if table.modality == "cyber"]
    glued = glue(tables, how=how)
    oracle = pd.concat(
        [pd.DataFrame(table.frame.select(table.columns).to_dict(as_series=False)) for table in tables],
        join="outer" if how == "union" else "inner",
        ignore_index=True,
    )
    assert_equals_pandas(glued, oracle)
    assert glued.frame[RECORDING].n_unique() == 5
    assert glued.frame[RECORDING].null_count() == glued.frame[LABEL_DISPUTED].null_count() == 0


def test_text_and_numbers_are_not_glued() -> None:
    (one,) = parse_csv(b"mine,tof\na,1\n", name="a.csv")
    (two,) = parse_csv(b"mine,tof\n1,1\n", name="b.csv")
    with pytest.raises(LayoutError, match="holds text in one table and numbers in another"):
        glue([one, two])


# ---------------------------------------------------------------- Parquet


def test_parquet_of_another_program_is_told_by_its_columns() -> None:
    out = io.BytesIO()
    frame = pl.DataFrame({"tof": [60.0, float("nan")], "class": [0, 1], "wlan.flags": ["0x88", "1"], "mine": [1, 2]})
    frame.cast({"mine": pl.Int8}).write_parquet(out)
    table = parse_parquet(out.getvalue(), name="theirs.parquet")
    assert table.capture == "theirs"
    assert table.frame.rows() == [(60, "benign", 136, 1, 0), (None, "attack", 1, 2, 0)]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (pl.DataFrame({"tof": ["x"]}), "row 2, column 'tof': expected a whole number, found 'x'"),
        (pl.DataFrame({"tof": [[1]]}), "column 'tof': expected numbers or text, found List"),
        (pl.DataFrame({"a\x1bb": [1]}), "expected names of columns without control characters"),
        (pl.DataFrame({"tof": []}), "expected columns and rows, found none"),
        (pl.DataFrame({"class": ["Storm"]}), "column 'class': expected one of"),
    ],
)
def test_wrong_parquet_is_one_clear_line(frame: pl.DataFrame, expected: str) -> None:
    out = io.BytesIO()
    frame.write_parquet(out)
    with pytest.raises(TableError, match=expected):
        parse_parquet(out.getvalue(), name="f.parquet")


def test_damaged_parquet_is_refused_before_it_is_read() -> None:
    (table,) = parse_csv(GOOD, name="f.csv")
    octets = bytearray(to_parquet(table))
    octets[20] ^= 1
    with pytest.raises(TableError, match="found them changed: it is damaged"):
        parse_parquet(bytes(octets), name="f.parquet")
    with pytest.raises(TableError, match="expected a Parquet file, found octets that cannot be read as one"):
        parse_parquet(bytes(octets[:40]), name="f.parquet")
    with pytest.raises(TableError, match="expected at most 2 columns"):
        parse_parquet(to_parquet(table), name="f.parquet", limits=Limits(columns=2))


def test_the_digest_is_that_of_the_octets() -> None:
    import hashlib

    (table,) = parse_csv(GOOD, name="f.csv")
    assert table.digest == hashlib.sha256(GOOD).hexdigest()
    assert np.unique([len(t.digest) for t in parse_csv(GOOD + GOOD, name="f.csv")]).tolist() == [64]
