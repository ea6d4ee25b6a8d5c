"""Octets of a CSV file to blocks of text columns: encodings, line ends, padding, stacked headers, ragged rows.

The layout of lines is found with NumPy over the octets (RFC 4180 quoting); Polars then reads the cells. Nothing is
converted here: every cell is text, stripped, ``None`` where empty. What cannot be a table is refused in one line that
says file, row, column and what was expected.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import TableError
from yawstring.schema import LABEL

MAX_FILE_OCTETS = 1 << 30
MAX_COLUMNS = 4096
MAX_CELL_OCTETS = 1 << 16
MAX_CELLS = 1 << 31
MAX_BLOCKS = 1024

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_MAGIC = {
    b"PAR1": "a Parquet file: name it .parquet",
    b"PK\x03\x04": "a zip archive or spreadsheet: save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet: save it as CSV",
    b"\x1f\x8b": "a gzip archive: unpack it",
}
_CONTROL = re.compile(rb"[^\t\n\r\x20-\xff]")
_COMMA, _NEWLINE, _QUOTE, _SPACE = b',\n" '
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_PADDING = "\0padding"
_BAD_QUOTES = 'expected quotes (") around whole cells only'


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a table may at most be; more is refused before it is read.

    Attributes:
        file_octets: Size of the file.
        columns: Number of columns, padding included.
        cell_octets: Length of one cell.
        cells: Rows times columns.
        blocks: Headers, each with the rows below it.
    """

    file_octets: int = MAX_FILE_OCTETS
    columns: int = MAX_COLUMNS
    cell_octets: int = MAX_CELL_OCTETS
    cells: int = MAX_CELLS
    blocks: int = MAX_BLOCKS


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """One header and the rows below it.

    Attributes:
        frame: Every cell as text, stripped, ``None`` where empty; columns named as pandas would name them.
        lines: ``int64[row]``, line of the file that each row stands on, from 1.
        blank_lines: Lines skipped because they hold nothing but separators and white space.
    """

    frame: pl.DataFrame
    lines: NDArray[np.int64]
    blank_lines: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Lines:
    """Where each line of the text lies; a newline within quotes does not end one."""

    octets: bytes
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    separators: NDArray[np.int64]
    inked: NDArray[np.bool_]
    numbers: NDArray[np.int64]
    closed: bool
    quoted: bool

    def text(self, index: int) -> bytes:
        return self.octets[self.starts[index] : self.ends[index]]

    def cells(self, index: int) -> list[str]:
        line = self.text(index).decode().replace("\n", " ")
        cells = next(csv.reader([line], skipinitialspace=True)) if '"' in line else line.split(",")
        return [cell.strip() for cell in cells]


def read_blocks(octets: bytes, *, name: str, limits: Limits | None = None) -> tuple[Block, ...]:
    r"""Cut the octets of a CSV file into its blocks.

    A later line is a header of its own where one of its cells is ``class``, as it is in the first, and none is a
    number: that is how the T-ITS corpus stacks its tables.

    Args:
        octets: The file, UTF-8 (with or without a byte order mark) or Latin-1, any line ends.
        name: Name of the file, for the error.
        limits: What is refused as too large.

    Raises:
        TableError: The octets are no such table; says file, row and what was expected.

    Example:
        >>> one, two = read_blocks(b"a,class\n1,x\n2,y\nb,class\n3,z\n", name="stacked.csv")
        >>> one.frame.rows(), two.frame.rows(), two.lines.tolist()
        ([('1', 'x'), ('2', 'y')], [('3', 'z')], [5])
    """
    limits = limits or Limits()
    lines = _scan(_text(octets, name, limits), name)
    _check_cells(lines, name, limits)
    heads = _heads(lines)
    if len(heads) > limits.blocks:
        raise TableError(f"expected at most {limits.blocks:,} header lines, found {len(heads):,}", file=name)
    return tuple(
        _block(lines, head, end, name, limits) for head, end in zip(heads, [*heads[1:], len(lines.starts)], strict=True)
    )


def _text(octets: bytes, name: str, limits: Limits) -> bytes:
    """UTF-8 without a mark, lines ended by a newline; what is no text is refused."""
    if len(octets) > limits.file_octets:
        raise TableError(f"expected at most {limits.file_octets:,} octets, found {len(octets):,}", file=name)
    for magic, found in _MAGIC.items():
        if octets.startswith(magic):
            raise TableError(f"expected a CSV table, found {found}", file=name)
    if octets.startswith(_UTF16_BOMS):
        raise TableError("expected UTF-8 or Latin-1 text, found UTF-16: save it as UTF-8", file=name)
    if control := _CONTROL.search(octets):
        row = octets.count(b"\n", 0, control.start()) + 1
        raise TableError(f"expected text, found a binary file (octet {control[0][0]:#04x})", file=name, row=row)
    octets = octets.removeprefix(_UTF8_BOM)
    try:
        octets.decode()
    except UnicodeDecodeError:
        octets = octets.decode("latin-1").encode()
    if not octets.translate(None, b', \t\r\n"'):
        raise TableError("expected a header line and rows, found an empty file", file=name)
    return octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in octets else octets


def _scan(octets: bytes, name: str) -> _Lines:
    raw = np.frombuffer(octets, np.uint8)
    newline, comma = raw == _NEWLINE, raw == _COMMA
    breaks = np.flatnonzero(newline)
    quoted = b'"' in octets
    if quoted:
        inside = np.logical_xor.accumulate(raw == _QUOTE)
        newline &= ~inside
        comma &= ~inside
    ends = np.flatnonzero(newline)
    closed = len(ends) > 0 and ends[-1] == len(octets) - 1
    if not closed:
        ends = np.append(ends, len(octets))
    starts = np.concatenate([[0], ends[:-1] + 1])
    numbers = np.searchsorted(breaks, starts) + 1 if quoted else np.arange(1, len(starts) + 1)
    if quoted and inside[-1]:
        raise TableError(
            'expected the quotes (") to pair, found one that is not closed', file=name, row=int(numbers[-1])
        )
    ink = (raw > _SPACE) & ~comma
    return _Lines(
        octets=octets,
        starts=starts,
        ends=ends,
        separators=np.add.reduceat(comma, starts, dtype=np.int64),
        inked=np.logical_or.reduceat(ink, starts),
        numbers=numbers,
        closed=closed,
        quoted=quoted,
    )


def _check_cells(lines: _Lines, name: str, limits: Limits) -> None:
    for index in np.flatnonzero(lines.ends - lines.starts > limits.cell_octets):
        longest = max(len(cell) for cell in lines.text(int(index)).split(b","))
        if longest > limits.cell_octets:
            found = f"expected cells of at most {limits.cell_octets:,} octets, found one of {longest:,}"
            raise TableError(found, file=name, row=int(lines.numbers[index]))


def _heads(lines: _Lines) -> list[int]:
    """Indices of the header lines: the first line that holds anything, and each later one that names ``class``."""
    heads = [int(np.flatnonzero(lines.inked)[0])]
    if LABEL not in lines.cells(heads[0]):
        return heads
    needle = LABEL.encode()
    found = lines.octets.find(needle, lines.ends[heads[0]])
    while found >= 0:
        index = int(np.searchsorted(lines.starts, found, side="right")) - 1
        cells = lines.cells(index)
        if LABEL in cells and not any(_is_number(cell) for cell in cells):
            heads.append(index)
        found = lines.octets.find(needle, lines.ends[index])
    return heads


def _block(lines: _Lines, head: int, end: int, name: str, limits: Limits) -> Block:
    names, width = _header(lines, head, name, limits)
    body = np.arange(head + 1, end)
    rows = body[lines.inked[head + 1 : end]]
    at = int(lines.numbers[head])
    if not len(rows):
        raise TableError("expected rows below the header, found none", file=name, row=at)
    if len(rows) * width > limits.cells:
        raise TableError(f"expected at most {limits.cells:,} cells, found {len(rows) * width:,}", file=name, row=at)
    text = _even(lines, rows, named=len(names), width=width, name=name)
    columns = [*names, *(f"{_PADDING}{number}" for number in range(width - len(names)))]
    frame = _cells(text, columns, height=len(rows), quoted=lines.quoted, name=name, row=at)
    numbers = lines.numbers[rows]
    for column in columns[len(names) :]:
        beyond = frame[column].is_not_null().arg_max() if frame[column].null_count() < len(rows) else None
        if beyond is not None:
            found = f"expected {len(names)} fields, found more: {frame[column][beyond][:40]!r}"
            raise TableError(found, file=name, row=int(numbers[beyond]))
    return Block(frame=frame.select(names), lines=numbers, blank_lines=len(body) - len(rows))


def _header(lines: _Lines, head: int, name: str, limits: Limits) -> tuple[list[str], int]:
    """Names of the columns, and how many fields the header line has with its padding."""
    at = int(lines.numbers[head])
    width = int(lines.separators[head]) + 1
    if width > limits.columns:
        raise TableError(f"expected at most {limits.columns:,} columns, found {width:,}", file=name, row=at)
    cells = lines.cells(head)
    if len(cells) != width:
        raise TableError(_BAD_QUOTES, file=name, row=at)
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) == 1:
        for delimiter, word in _OTHER_DELIMITERS.items():
            if delimiter in lines.text(head).decode():
                raise TableError(
                    f"expected commas between columns, found {word}: save it with commas", file=name, row=at
                )
    if all(_is_number(cell) for cell in cells if cell):
        raise TableError("expected a header line of column names, found numbers", file=name, row=at)
    return unique_names(cells), width


def unique_names(cells: Sequence[str]) -> list[str]:
    """Names as pandas gives them: a second ``a`` is ``a.1``, an empty one is ``Unnamed: 3`` by its place.

    Example:
        >>> unique_names(["a", "", "a", "a.1", "a"])
        ['a', 'Unnamed: 1', 'a.2', 'a.1', 'a.3']
    """
    names = [cell or f"Unnamed: {place}" for place, cell in enumerate(cells)]
    given, seen, numbers = set(names), set[str](), dict[str, int]()
    result = []
    for name in names:
        unique = name
        while unique in seen or (unique != name and unique in given):
            numbers[name] = numbers.get(name, 0) + 1
            unique = f"{name}.{numbers[name]}"
        seen.add(unique)
        result.append(unique)
    return result


def _even(lines: _Lines, rows: NDArray[np.int64], *, named: int, width: int, name: str) -> bytes:
    """The rows as text in which every one has ``width`` fields; only empty fields are added or taken away."""
    separators = lines.separators[rows]
    if (separators == width - 1).all() and rows[-1] - rows[0] == len(rows) - 1:
        return lines.octets[lines.starts[rows[0]] : lines.ends[rows[-1]]]
    texts = []
    for index, count in zip(rows.tolist(), separators.tolist(), strict=True):
        text, missing = lines.text(index), width - 1 - count
        if missing < 0:
            text = text.rstrip(b" \t")
            if not text.endswith(b"," * -missing):
                raise _ragged(lines, index, named, count + 1, name)
            text = text[:missing]
        elif count < named - 1:
            raise _ragged(lines, index, named, count + 1, name)
        texts.append(text + b"," * missing)
    return b"\n".join(texts)


def _ragged(lines: _Lines, index: int, expected: int, found: int, name: str) -> TableError:
    cut_off = index == len(lines.starts) - 1 and not lines.closed and found < expected
    why = "the file ends within this row: " if cut_off else ""
    fields = f"{why}expected {expected} {'field' if expected == 1 else 'fields'}, found {found}"
    return TableError(fields, file=name, row=int(lines.numbers[index]))


def _cells(text: bytes, columns: list[str], *, height: int, quoted: bool, name: str, row: int) -> pl.DataFrame:
    try:
        frame = pl.read_csv(
            text,
            has_header=False,
            schema=dict.fromkeys(columns, pl.String),
            quote_char='"' if quoted else None,
            truncate_ragged_lines=False,
        )
    except pl.exceptions.PolarsError:
        frame = pl.DataFrame()
    if frame.shape != (height, len(columns)):
        raise TableError(f"{_BAD_QUOTES}, below this header", file=name, row=row)
    stripped = frame.with_columns(pl.all().str.strip_chars())
    return stripped.with_columns(pl.when(pl.all() != "").then(pl.all()).name.keep())


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
