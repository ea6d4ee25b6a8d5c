"""Opens and writes the files of tables: bounded reads, and one line for whatever goes wrong.

What the octets mean is decided in :mod:`yawstring.table.corpora`.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yawstring.errors import OptionError, TableError
from yawstring.table.corpora import Glue, Table, glue, parse_csv, parse_parquet, to_parquet
from yawstring.table.delimited import Limits

CSV_ENDINGS = (".csv", ".txt")
PARQUET_ENDINGS = (".parquet", ".pq")

_READ_OCTETS = 1 << 20


def read_tables(path: Path | str, *, limits: Limits | None = None) -> tuple[Table, ...]:
    """Every table of a file: one, or one a block of a stacked CSV.

    Args:
        path: A CSV file (``.csv``, ``.txt``) or a Parquet file (``.parquet``, ``.pq``).
        limits: What is refused as too large.

    Raises:
        TableError: The file cannot be opened, has another ending, or holds no such table.

    Example:
        >>> read_tables("nowhere.csv")
        Traceback (most recent call last):
        yawstring.errors.TableError: nowhere.csv: expected a file, found none of that name
    """
    path, limits = Path(path), limits or Limits()
    ending = path.suffix.lower()
    if ending not in CSV_ENDINGS + PARQUET_ENDINGS and not path.is_dir():
        known = ", ".join(CSV_ENDINGS + PARQUET_ENDINGS)
        raise TableError(f"expected a name that ends with one of {known}, found {path.name!r}", file=str(path))
    octets = read_octets(path, most=limits.file_octets)
    if ending in PARQUET_ENDINGS:
        return (parse_parquet(octets, name=str(path), limits=limits),)
    return parse_csv(octets, name=str(path), limits=limits)


def read_table(
    path: Path | str, *, block: int | None = None, how: Glue | None = None, limits: Limits | None = None
) -> Table:
    """The one table of a file, one block of a stacked file, or its blocks glued together.

    Args:
        path: As :func:`read_tables` takes it.
        block: Number of the block, from 1; ``None`` for all of them.
        how: How blocks of different columns are glued; see :func:`~yawstring.table.corpora.glue`.
        limits: What is refused as too large.

    Raises:
        TableError: As :func:`read_tables` raises it.
        LayoutError: The blocks' columns differ and ``how`` is ``None``.
        OptionError: There is no such block, or both ``block`` and ``how`` are given.
    """
    if block is not None and how is not None:
        raise OptionError("expected one of a block and a way to glue blocks, found both: leave one out")
    tables = read_tables(path, limits=limits)
    if block is None:
        return glue(tables, how=how)
    if not 1 <= block <= len(tables):
        raise OptionError(f"{path}: expected a block from 1 to {len(tables)}, found {block}")
    return tables[block - 1]


def write_parquet(table: Table, path: Path | str) -> None:
    """Write the table as Parquet, whole or not at all.

    Args:
        table: What to write.
        path: Where to; a file of that name is replaced, its folder must exist.

    Raises:
        TableError: The ending is not that of a Parquet file, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in PARQUET_ENDINGS:
        known = " or ".join(PARQUET_ENDINGS)
        raise TableError(f"expected a name that ends with {known}, found {path.name!r}", file=str(path))
    write_octets(to_parquet(table), path)


def write_octets(octets: bytes, path: Path) -> None:
    """Write a file, whole or not at all.

    Raises:
        TableError: The file cannot be written.
    """
    with replaced(path) as partial:
        partial.write_bytes(octets)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a file to write: it takes the place of ``path`` if the ``with`` block ends well, and goes if it does not.

    Raises:
        TableError: The file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise TableError(f"expected to write this file, found: {_reason(error)}", file=str(path)) from None
    finally:
        partial.unlink(missing_ok=True)


def read_octets(path: Path, *, most: int) -> bytes:
    """The octets of a file, of which there may be ``most``.

    Raises:
        TableError: There is no such file, it is no file, it may not be read, or it is larger.
    """
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            if stat.S_ISREG(about.st_mode) and about.st_size > most:
                raise TableError(f"expected at most {most:,} octets, found {about.st_size:,}", file=str(path))
            octets = bytearray()
            while len(octets) <= most and (piece := file.read(_READ_OCTETS)):
                octets += piece
    except (OSError, ValueError) as error:
        raise TableError(f"expected a file, found {_reason(error)}", file=str(path)) from None
    if len(octets) > most:
        raise TableError(f"expected at most {most:,} octets, found more", file=str(path))
    return bytes(octets)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "none of that name"
    if isinstance(error, IsADirectoryError):
        return "a folder: name the file in it"
    if isinstance(error, PermissionError):
        return "one that you may not read or write: check its permissions"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
