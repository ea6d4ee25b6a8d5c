"""Octets to tables: the notebook's fused CSV, the T-ITS corpus stacked or not, any other CSV, and Parquet.

Every table comes out the same way: the file's columns in the file's order, classes in one spelling, and our own
``recording`` (and, on T-ITS tables, ``label_disputed``) behind them. Files are opened elsewhere.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import LayoutError, OptionError, TableError
from yawstring.schema import LABEL, LABEL_DISPUTED, RECORDING, Modality, layout_of, modality_of
from yawstring.table.conform import conform
from yawstring.table.delimited import Limits, read_blocks
from yawstring.table.recordings import disputed, recording_ids

if TYPE_CHECKING:
    from yawstring.table.signals.plan import SignalOptions

Glue = Literal["union", "intersection"]

FORMAT = "1"
"""Version of the Parquet files that :func:`to_parquet` writes."""

KEY_PREFIX = "yawstring."
"""Stands before each of our keys in the metadata of a Parquet file."""

_TITS = "tits-"
_SHOWN_COLUMNS = 4
_DIGEST_LENGTH = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """One table.

    Attributes:
        frame: The file's columns in file order; ``class`` as text in one spelling (:data:`~yawstring.schema.CLASSES`);
            ``recording`` as ``Int32``; on T-ITS tables, and where the file has it, ``label_disputed`` as ``Boolean``.
            Missing values are null.
        layout: Name of its layout in :data:`~yawstring.schema.LAYOUTS`, or ``"unknown"``.
        capture: Name of the file, without its folder and ending, and ``#`` with the block's number in a stacked file.
        modality: What the columns show: frames, telemetry or both.
        digest: SHA-256 of the octets read, in hexadecimal; a Parquet file of ours keeps that of its origin.
        blank_lines: Lines that were skipped because they hold nothing.
        signals: How its signals were measured; ``None`` for a table of frames, or one that does not say.
    """

    frame: pl.DataFrame
    layout: str
    capture: str
    modality: Modality
    digest: str
    blank_lines: int = 0
    signals: "SignalOptions | None" = None

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def columns(self) -> tuple[str, ...]:
        """The file's columns, without our own ``recording`` and ``label_disputed``."""
        return tuple(name for name in self.frame.columns if name not in (RECORDING, LABEL_DISPUTED))


def parse_csv(octets: bytes, *, name: str, limits: Limits | None = None) -> tuple[Table, ...]:
    r"""Tables of a CSV file: one, or one a block where the file stacks several.

    Args:
        octets: The file.
        name: Name of the file, for errors and for the capture's id.
        limits: What is refused as too large.

    Raises:
        TableError: The octets are no such table: file, row, column and what was expected.

    Example:
        >>> (table,) = parse_csv(b"frame.number,tof,class\n3,60,benign\n1,61,DoS attack\n", name="flight.csv")
        >>> table.frame.rows(), table.layout, table.capture, table.modality
        ([(3, 60, 'benign', 0), (1, 61, 'dos', 1)], 'unknown', 'flight', 'physical')
    """
    blocks = read_blocks(octets, name=name, limits=limits)
    digest = hashlib.sha256(octets).hexdigest()
    stem = PurePath(name).stem
    return tuple(
        _table(
            conform(block.frame, name=name, lines=block.lines),
            lines=block.lines,
            name=name,
            capture=stem if len(blocks) == 1 else f"{stem}#{number}",
            digest=digest,
            blank_lines=block.blank_lines,
        )
        for number, block in enumerate(blocks, start=1)
    )


def _table(
    frame: pl.DataFrame, *, lines: NDArray[np.int64], name: str, capture: str, digest: str, blank_lines: int
) -> Table:
    """A table of typed columns, with our own columns behind the file's."""
    try:
        recording = recording_ids(frame)
    except TableError as error:
        row = None if error.row is None else int(lines[error.row - 2])
        raise TableError(error.expected, file=name, row=row, column=error.column) from None
    layout = layout_of(frame.columns)
    ours = [pl.Series(RECORDING, recording, dtype=pl.Int32)]
    if LABEL_DISPUTED in frame.columns:
        ours.append(frame[LABEL_DISPUTED].fill_null(False))
    elif layout.startswith(_TITS):
        ours.append(pl.Series(LABEL_DISPUTED, disputed(frame, recording)))
    return Table(
        frame=frame.drop(RECORDING, LABEL_DISPUTED, strict=False).hstack(ours),
        layout=layout,
        capture=capture,
        modality=modality_of(frame.columns),
        digest=digest,
        blank_lines=blank_lines,
    )


def glue(tables: Sequence[Table], *, how: Glue | None = None) -> Table:
    r"""One table of several, their rows one after another and their recordings numbered on.

    Args:
        tables: At least one.
        how: What to do where their columns differ: ``"union"`` keeps every column and leaves null what a table does not
            have, ``"intersection"`` keeps the columns that all have, ``None`` refuses.

    Raises:
        LayoutError: Their columns differ and ``how`` is ``None``, they have none in common, or there is no table.

    Example:
        >>> (one,) = parse_csv(b"tof,class\n60,0\n", name="one.csv")
        >>> (two,) = parse_csv(b"bat,class\n93,1\n", name="two.csv")
        >>> glue([one, two], how="union").frame.rows()
        [(60, 'benign', None, 0), (None, 'attack', 93, 1)]
        >>> glue([one, two])
        Traceback (most recent call last):
        yawstring.errors.LayoutError: one and two have different columns (tof, bat): choose one, or glue by ...
    """
    if not tables:
        raise LayoutError("expected a table, found none to glue")
    first = tables[0]
    if len(tables) == 1:
        return first
    if how is None:
        _check_alike(tables)
    frames = [_renumbered(table, offset) for table, offset in zip(tables, _offsets(tables), strict=True)]
    if any(LABEL_DISPUTED in frame.columns for frame in frames):
        frames = [
            frame if LABEL_DISPUTED in frame.columns else frame.with_columns(pl.lit(False).alias(LABEL_DISPUTED))
            for frame in frames
        ]
    if how != "union":
        common = [name for name in frames[0].columns if all(name in frame.columns for frame in frames)]
        if not any(name in common for name in first.columns if name != LABEL):
            raise LayoutError("the tables have no column but the label in common: glue them by union")
        frames = [frame.select(common) for frame in frames]
    _check_kinds(frames)
    frame = pl.concat(frames, how="diagonal_relaxed")
    ours = [name for name in (RECORDING, LABEL_DISPUTED) if name in frame.columns]
    frame = frame.select(pl.exclude(ours), *ours)
    digests = list(dict.fromkeys(table.digest for table in tables))
    return Table(
        frame=frame,
        layout=layout_of(frame.columns),
        capture=_joined([table.capture for table in tables]),
        modality=modality_of(frame.columns),
        digest=digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest(),
        blank_lines=sum(table.blank_lines for table in tables),
    )


def _joined(captures: Sequence[str]) -> str:
    """``a#1+2`` of blocks of one file, ``a+b`` of others."""
    stems = {capture.rpartition("#")[0] for capture in captures}
    if len(stems) > 1 or "" in stems:
        return "+".join(captures)
    return "+".join([captures[0], *(capture.rpartition("#")[2] for capture in captures[1:])])


def _check_alike(tables: Sequence[Table]) -> None:
    first = tables[0]
    for table in tables[1:]:
        differing = [
            name for name in (*first.columns, *table.columns) if (name in first.columns) != (name in table.columns)
        ]
        if differing:
            more = ", ..." if len(differing) > _SHOWN_COLUMNS else ""
            raise LayoutError(
                f"{first.capture} and {table.capture} have different columns "
                f"({', '.join(differing[:_SHOWN_COLUMNS])}{more}): choose one, or glue by union or intersection"
            )


def _check_kinds(frames: Sequence[pl.DataFrame]) -> None:
    """Nothing is turned from numbers into text to fit; a column without a value fits anywhere."""
    kinds: dict[str, str] = {}
    for series in (series for frame in frames for series in frame.iter_columns()):
        kind = "numbers" if series.dtype.is_numeric() else "text" if series.dtype == pl.String else "truth values"
        if series.null_count() < len(series) and kinds.setdefault(series.name, kind) != kind:
            found = f"column {series.name!r} holds {kinds[series.name]} in one table and {kind} in another"
            raise LayoutError(f"{found}: they cannot be glued")


def _offsets(tables: Sequence[Table]) -> list[int]:
    """What to add to each table's recording numbers so that no two tables share one."""
    offsets, following = [], 0
    for table in tables:
        numbers = table.frame[RECORDING].to_numpy()
        offsets.append(following - int(numbers.min(initial=0)))
        following = offsets[-1] + int(numbers.max(initial=0)) + 1
    return offsets


def _renumbered(table: Table, offset: int) -> pl.DataFrame:
    return table.frame.with_columns((pl.col(RECORDING).cast(pl.Int64) + offset).cast(pl.Int32))


def to_parquet(table: Table) -> bytes:
    r"""The table as a Parquet file of our own, which :func:`parse_parquet` reads back.

    Example:
        >>> (table,) = parse_csv(b"tof,class\n60,0\n", name="flight.csv")
        >>> parse_parquet(to_parquet(table), name="copy.parquet").capture
        'flight'
    """
    described = {"format": FORMAT, "layout": table.layout, "capture": table.capture, "modality": table.modality}
    described |= {"digest": table.digest, "blank_lines": str(table.blank_lines)}
    if table.signals is not None:
        described["signals"] = json.dumps(table.signals.to_json())
    described["pages"] = _pages_digest(_write(table.frame, described))
    return _write(table.frame, described)


def _write(frame: pl.DataFrame, described: Mapping[str, str]) -> bytes:
    out = BytesIO()
    frame.write_parquet(out, metadata={KEY_PREFIX + key: value for key, value in described.items()})
    return out.getvalue()


def _pages_digest(octets: bytes) -> str:
    """SHA-256 of all that stands before the footer of a Parquet file, whose length ends it."""
    footer = int.from_bytes(octets[-8:-4], "little") + 8
    return hashlib.sha256(octets[: max(0, len(octets) - footer)]).hexdigest()


def parse_parquet(octets: bytes, *, name: str, limits: Limits | None = None) -> Table:
    """The table of a Parquet file, ours or another's; another's is told by its columns, as a CSV is.

    Args:
        octets: The file.
        name: Name of the file, for errors and, where the file does not say, for the capture's id.
        limits: What is refused as too large; sizes are checked before any column is read.

    Raises:
        TableError: The octets are no Parquet file, or a column is not what the schema says. Rows are counted as in a
            CSV file, from 2.
    """
    limits = limits or Limits()
    if len(octets) > limits.file_octets:
        raise TableError(f"expected at most {limits.file_octets:,} octets, found {len(octets):,}", file=name)
    frame, described = _parquet(octets, name, limits)
    if described.get("format", FORMAT) != FORMAT:
        raise TableError(f"expected a table of format {FORMAT}, found {described['format'][:40]!r}", file=name)
    lines = np.arange(len(frame), dtype=np.int64) + 2
    digest = described.get("digest", "")
    if len(digest) != _DIGEST_LENGTH or not set(digest) <= set("0123456789abcdef"):
        digest = hashlib.sha256(octets).hexdigest()
    blank_lines = described.get("blank_lines", "0")
    table = _table(
        conform(frame, name=name, lines=lines),
        lines=lines,
        name=name,
        capture=described.get("capture") or PurePath(name).stem,
        digest=digest,
        blank_lines=int(blank_lines) if blank_lines.isdecimal() else 0,
    )
    return replace(table, signals=_signals(described.get("signals"), name))


def _signals(text: str | None, name: str) -> "SignalOptions | None":
    """How the signals of a file were measured, as it says itself."""
    if text is None:
        return None
    from yawstring.table.signals.plan import SignalOptions  # here: it takes half a second, and few tables have any

    try:
        return SignalOptions.from_json(json.loads(text))
    except (ValueError, KeyError, TypeError, OptionError):
        raise TableError("expected to read how its signals were measured, found no such words", file=name) from None


def _parquet(octets: bytes, name: str, limits: Limits) -> tuple[pl.DataFrame, Mapping[str, str]]:
    try:
        metadata = pl.read_parquet_metadata(BytesIO(octets))
        if metadata.get(KEY_PREFIX + "pages", pages := _pages_digest(octets)) != pages:
            raise TableError("expected the octets that were written, found them changed: it is damaged", file=name)
        scan = pl.scan_parquet(BytesIO(octets))
        width = len(scan.collect_schema())
        height = int(scan.select(pl.len()).collect().item())
        if width > limits.columns or height * width > limits.cells:
            most = f"{limits.columns:,} columns and {limits.cells:,} cells"
            raise TableError(f"expected at most {most}, found {width:,} columns and {height:,} rows", file=name)
        frame = pl.read_parquet(BytesIO(octets))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, UnicodeError) as error:
        reason = str(error).strip().splitlines()[0][:80] if str(error).strip() else type(error).__name__
        raise TableError(
            f"expected a Parquet file, found octets that cannot be read as one ({reason})", file=name
        ) from None
    if not len(frame) or not frame.width:
        raise TableError("expected columns and rows, found none", file=name)
    return frame, {key.removeprefix(KEY_PREFIX): text for key, text in metadata.items() if key.startswith(KEY_PREFIX)}
