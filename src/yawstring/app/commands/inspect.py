"""``yawstring inspect``: what a table holds, before anything is trained on it."""

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from yawstring.app.console import out

if TYPE_CHECKING:
    from yawstring.table.corpora import Table
    from yawstring.table.profile import Conflict, Profile, Recordings

FORMAT = 1
"""Version of the JSON; it changes where a key changes its meaning or goes."""

PIPED_WIDTH = 160
"""Characters a line where the output is no terminal."""

_SHOWN_GROUPS = 5


class Glue(StrEnum):
    """How blocks of different columns become one table."""

    UNION = "union"
    INTERSECTION = "intersection"


def command(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A CSV or Parquet file.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    block: Annotated[
        int | None, typer.Option("--block", min=1, metavar="N", help="Only block N of a stacked file, from 1.")
    ] = None,
    glue: Annotated[
        Glue | None,
        typer.Option("--glue", help="Make one table of a stacked file: keep every column, or the common ones."),
    ] = None,
    columns: Annotated[bool, typer.Option("--columns", help="Also list every column.")] = False,
) -> None:
    """Say what a table holds: rows, classes, recordings, duplicates, and labels that contradict each other.

    A stacked file gives one profile a block.

    Examples:
    `yawstring inspect flights.csv`;
    `yawstring inspect stacked.csv --block 3 --columns`;
    `yawstring inspect flights.csv --json`
    """
    from yawstring.table.profile import profile

    profiles = [profile(one) for one in _tables(table, block, glue)]
    if as_json:
        described = {"format": FORMAT, "file": str(table), "tables": [one.to_json() for one in profiles]}
        print(json.dumps(described, indent=2, allow_nan=False))
        return
    console = out if out.is_terminal else Console(width=PIPED_WIDTH, highlight=False)
    for number, one in enumerate(profiles):
        if number:
            console.print()
        _show(console, one, columns=columns)


def _tables(path: Path, block: int | None, glue: Glue | None) -> "Sequence[Table]":
    from yawstring.edge.files import read_table, read_tables

    if block is None and glue is None:
        return read_tables(path)
    return [read_table(path, block=block, how=None if glue is None else glue.value)]


def _show(console: Console, profile: "Profile", *, columns: bool) -> None:
    console.print(Text(_plain(f"{profile.capture}: {profile.layout} layout, {profile.modality}"), style="bold"))
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _lines(profile):
        grid.add_row(Text(name), Text(_plain(value)))
    console.print(grid)
    if profile.class_counts:
        console.print(_classes(profile))
    if columns:
        console.print(_columns(profile))


def _lines(profile: "Profile") -> Iterator[tuple[str, str]]:
    """Name and value of each line that a person reads."""
    blank = f", {profile.blank_lines:,} blank lines skipped" if profile.blank_lines else ""
    yield "rows", f"{profile.rows:,} ({profile.rows_with_missing:,} with a missing value{blank})"
    yield "columns", f"{len(profile.columns):,}"
    for role, names in profile.roles.items():
        if names:
            yield f"  {role}", f"{len(names)}: {', '.join(names)}"
    yield "constant columns", ", ".join(profile.constant_columns) or "none"
    yield "recordings", _recordings(profile.recordings)
    for name, spread in profile.time_range.items():
        yield f"time: {name}", "no value" if spread is None else f"{spread[0]} to {spread[1]}"
    yield "duplicate rows", f"{profile.duplicate_rows:,}"
    if profile.class_counts is None:
        yield "labels", "none: the table has no class column"
    else:
        yield "rows without a label", f"{profile.unlabelled_rows:,}"
        yield "same features, other label", _conflict(profile.same_features_other_label, profile.rows)
        yield "same row, other label", _conflict(profile.same_row_other_label, profile.rows)
    if profile.disputed_rows is not None:
        yield "disputed labels", _share(profile.disputed_rows, profile.rows)
    yield "SHA-256", profile.digest


def _recordings(recordings: "Recordings") -> str:
    text = f"{recordings.count:,} of {recordings.shortest:,} to {recordings.longest:,} rows"
    if not recordings.groups:
        return text
    shown = ", ".join("+".join(map(str, group)) for group in recordings.groups[:_SHOWN_GROUPS])
    more = ", ..." if len(recordings.groups) > _SHOWN_GROUPS else ""
    return f"{text}; with rows in common: {shown}{more}"


def _conflict(conflict: "Conflict | None", rows: int) -> str:
    if conflict is None:
        return "nothing to compare: no known column"
    return f"{_share(conflict.rows, rows)}, {conflict.distinct:,} distinct"


def _share(rows: int, of: int) -> str:
    return f"{rows:,} rows ({rows / of:.1%})" if of else f"{rows:,} rows"


def _classes(profile: "Profile") -> Grid:
    grid = Grid(title_justify="left")
    for name in ("class", "rows", "share", "recordings"):
        grid.add_column(name, justify="left" if name == "class" else "right")
    for name, count in (profile.class_counts or {}).items():
        recordings = profile.recordings.per_class.get(name, 0)
        grid.add_row(name, f"{count:,}", f"{count / profile.rows:.1%}", f"{recordings:,}")
    return grid


def _columns(profile: "Profile") -> Grid:
    grid = Grid()
    for name in ("column", "holds", "unit", "role", "kind"):
        grid.add_column(name, overflow="fold")
    for name in ("missing", "distinct", "lowest", "highest"):
        grid.add_column(name, justify="right", overflow="fold")
    for column in profile.columns:
        texts = (column.name, column.dtype, column.unit, column.role, column.kind)
        spread = ("" if value is None else f"{value:.12g}" for value in (column.low, column.high))
        cells = (*texts, f"{column.missing:,}", f"{column.distinct:,}", *spread)
        grid.add_row(*(Text(_plain(cell)) for cell in cells))
    return grid


def _plain(text: str) -> str:
    """The text without anything that would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
