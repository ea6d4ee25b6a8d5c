"""Files of tables: what is read, what is written, and one line for what cannot be."""

import errno
import os
from pathlib import Path

import pytest

from yawstring.edge.files import read_octets, read_table, read_tables, write_parquet
from yawstring.errors import LayoutError, OptionError, TableError
from yawstring.table.corpora import parse_csv
from yawstring.table.delimited import Limits

ONE = b"frame.number,tof,class\n1,60,benign\n2,61,DoS\n"
STACKED = ONE + b"frame.number,bat,class\n1,93,FDI\n"


@pytest.fixture
def one(tmp_path: Path) -> Path:
    path = tmp_path / "one.csv"
    path.write_bytes(ONE)
    return path


@pytest.fixture
def stacked(tmp_path: Path) -> Path:
    path = tmp_path / "stacked.csv"
    path.write_bytes(STACKED)
    return path


def test_a_csv_reads_as_its_octets_parse(one: Path, three_attack_cyber: Path) -> None:
    for path in (one, three_attack_cyber):
        (parsed,) = parse_csv(path.read_bytes(), name=str(path))
        for table in (read_table(path), read_table(str(path)), *read_tables(path)):
            assert table.frame.equals(parsed.frame)
            assert (table.capture, table.digest) == (path.stem, parsed.digest)


@pytest.mark.parametrize("name", ["ONE.CSV", "one.txt"])
def test_endings_are_told_in_any_case(one: Path, name: str) -> None:
    assert len(read_table(one.rename(one.with_name(name)))) == 2


@pytest.mark.parametrize("name", ["copy.parquet", "copy.pq"])
def test_parquet_comes_back(one: Path, name: str) -> None:
    table, path = read_table(one), one.with_name(name)
    write_parquet(table, path)
    write_parquet(table, path)
    again = read_table(path)
    assert again.frame.equals(table.frame)
    assert (again.digest, again.capture, again.layout) == (table.digest, "one", "unknown")
    assert sorted(entry.name for entry in one.parent.iterdir()) == sorted(["one.csv", name])


def test_a_block_or_all_of_them_glued(stacked: Path) -> None:
    assert [len(table) for table in read_tables(stacked)] == [2, 1]
    assert read_table(stacked, block=2).capture == "stacked#2"
    assert read_table(stacked, how="union").frame.shape == (3, 5)
    assert read_table(stacked, how="intersection").columns == ("frame.number", "class")
    with pytest.raises(LayoutError, match="different columns"):
        read_table(stacked)
    for block in (0, 3, -1):
        with pytest.raises(OptionError, match=f"expected a block from 1 to 2, found {block}"):
            read_table(stacked, block=block)
    with pytest.raises(OptionError, match="leave one out"):
        read_table(stacked, block=1, how="union")


def refused(path: Path, **options: object) -> str:
    with pytest.raises(TableError) as caught:
        read_table(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_no_table_file_is_refused_in_one_line(one: Path) -> None:
    folder = one.parent
    assert refused(folder / "none.csv") == f"{folder / 'none.csv'}: expected a file, found none of that name"
    assert refused(folder).endswith("expected a file, found a folder: name the file in it")
    (folder / "x.csv").mkdir()
    assert "found a folder" in refused(folder / "x.csv")
    assert "expected a name that ends with one of .csv, .txt, .parquet, .pq, found 'one.xlsx'" in refused(
        one.with_name("one.xlsx")
    )
    assert "found" in refused(one / "below.csv")
    assert "expected a file, found" in refused(folder / "a\0b.csv")
    assert "expected a Parquet file" in refused(one.rename(one.with_name("one.parquet")))


def test_a_file_that_may_not_be_read_is_refused(one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path, mode: str) -> None:  # root reads every file, so the refusal is staged
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "open", denied)
    assert "you may not read" in refused(one)


def test_a_file_that_is_too_large_is_not_read(one: Path) -> None:
    limits = Limits(file_octets=len(ONE) - 1)
    assert f"expected at most {len(ONE) - 1} octets, found {len(ONE)}" in refused(one, limits=limits)
    assert len(read_table(one, limits=Limits(file_octets=len(ONE)))) == 2


def test_an_endless_file_is_not_read_for_ever() -> None:
    with pytest.raises(TableError, match="expected at most 100 octets, found more"):
        read_octets(Path("/dev/zero"), most=100)


def test_what_cannot_be_written_is_refused_and_leaves_nothing(one: Path) -> None:
    table = read_table(one)
    for path, expected in [
        (one, "expected a name that ends with .parquet or .pq"),
        (one.parent / "none" / "a.parquet", "expected to write this file, found: none of that name"),
        (one.parent / "folder.parquet", "expected to write this file, found: a folder"),
    ]:
        if path.stem == "folder":
            path.mkdir()
        with pytest.raises(TableError, match=expected):
            write_parquet(table, path)
    assert one.read_bytes() == ONE
    assert sorted(entry.name for entry in one.parent.iterdir()) == ["folder.parquet", "one.csv"]
