"""Text logs of a Tello: state strings behind receive times, or a table of a column a field.

A table's columns are known by the names of the state string, of the notebook's and the T-ITS corpus's tables, or by our
own; each name has its unit. Bad lines are counted rejects: unlike a table to train on, a log may be cut off or garbled
here and there without being refused.
"""

import csv
import hashlib
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import TableError
from yawstring.schema import TIME
from yawstring.table.conform import MISSING
from yawstring.table.telemetry import (
    CENTIMETRE,
    COLUMNS,
    DECIMETRE_A_SECOND,
    FIELDS,
    RELATIVE_BELOW_NS,
    SAME,
    UPWARD_DECIMETRE_A_SECOND,
    Rows,
    Telemetry,
    TelemetryOptions,
    Unit,
    converted,
    from_states,
    in_our_unit,
    telemetry,
)
from yawstring.wire.stamps import parse_stamps
from yawstring.wire.tello import REASONS, parse_states

TIME_COLUMNS = (
    TIME, "timestamp_p", "timestamp", "t", "datetime", "receive_time", "received", "time_s", "unix_time", "epoch",
    "time",
)  # fmt: skip
"""Names of a column of receive times, the first found wins; ``time`` only where it is none of the Tello's own clock."""

LIBRARY_FIELDS: Mapping[str, tuple[str, Unit]] = MappingProxyType({
    "height": ("height_m", CENTIMETRE), "distance": ("tof_m", CENTIMETRE), "barometer": ("baro_m", CENTIMETRE),
    "x_speed": ("velocity_x_m_s", DECIMETRE_A_SECOND), "y_speed": ("velocity_y_m_s", DECIMETRE_A_SECOND),
    "z_speed": ("velocity_z_m_s", UPWARD_DECIMETRE_A_SECOND),
    "temperature": ("temperature_c", SAME), "battery": ("battery_pct", SAME),
})  # fmt: skip
"""Names of the T-ITS corpus's physical tables, as a Python library for the Tello gives them."""

SAME_FIELDS: Mapping[str, str] = MappingProxyType({
    "flight_time": "time", "mp_distance_x": "x", "mp_distance_y": "y", "mp_distance_z": "z",
})  # fmt: skip
"""Other names of the state string's own fields, in the same unit."""

NO_TIME, NO_NUMBER = REASONS[0], REASONS[5]
WRONG_COUNT = "wrong number of cells"
BAD_QUOTES = "quotes that hold a separator"
UNKNOWN_COLUMNS = "columns of an unknown name"

_FIRST_OCTETS = 1 << 16
_STATE_STRING = re.compile(rb"[a-z]+:-?[0-9.]+(?:,-?[0-9.]+)*;")
_MOST_COLUMNS = 4096
_SEPARATORS = (",", ";", "\t")
_LINE = "line"
_UNUSED = "\x1f"
_NEVER_IN_TEXT = b"\0\x1f\r"
_UTF8_BOM = b"\xef\xbb\xbf"
_TRIED = 16
_SHOWN = 80


def read_text(octets: bytes, *, name: str, options: TelemetryOptions | None = None) -> Telemetry:
    r"""Telemetry of a text log: state strings, or a table of a column a field.

    Args:
        octets: The log, UTF-8 or Latin-1, any line ends.
        name: Name of the log, for errors.
        options: What the log cannot say of itself.

    Raises:
        TableError: Nothing in the log can be read as telemetry.

    Example:
        >>> log = read_text(b"t,h,vgx\n1713995000.5,30,-12\n1713995001.5,x,0\n", name="flight.csv")
        >>> log.frame.select("time_ns", "height_m", "velocity_x_m_s").rows(), log.rejects
        ([(1713995000500000000, 0.3, -1.2)], {'value that is no number': 1})
    """
    options = options or TelemetryOptions()
    digest = hashlib.sha256(octets).hexdigest()
    if (lines := octets.count(b"\n")) > options.most_lines:
        raise TableError(f"expected at most {options.most_lines:,} lines, found {lines:,}: cut the log", file=name)
    if _STATE_STRING.search(octets, 0, _FIRST_OCTETS):
        rows = from_states(parse_states(octets, zone_ns=options.zone_ns))
    else:
        rows = from_table(octets, name=name, zone_ns=options.zone_ns)
    return telemetry(rows, source="tello", digest=digest, name=name, options=options)


def from_table(octets: bytes, *, name: str, zone_ns: int = 0) -> Rows:
    """Rows of a CSV file with a header line; the separator is a comma, a semicolon or a tab.

    Args:
        octets: The file.
        name: Name of the file, for the error.
        zone_ns: What a time without a zone is ahead of UTC, in nanoseconds.

    Raises:
        TableError: No column of times, or none of telemetry, is among those of the header.
    """
    names, cells, rejects = _cells(_lines(octets), name)
    clock, fields = _known(names, cells, name)
    time_ns, timed = _times(cells[names.index(clock)], zone_ns, whole_ns=clock == TIME)
    values = {one: _numbers(cells[names.index(one)]) for one in fields}
    numeric = np.ones(len(time_ns), np.bool_)
    for one, numbers in values.items():
        numeric &= (numbers.is_not_null() | cells[names.index(one)].is_null()).to_numpy()
    for reason, rows in ((NO_TIME, ~timed), (NO_NUMBER, timed & ~numeric)):
        if rows.any():
            rejects[reason] = int(rows.sum())
    kept = timed & numeric
    unknown = sum(one not in ("", clock, *fields) for one in names)
    return Rows(
        time_ns=time_ns[kept],
        columns=_ours({one: numbers.filter(pl.Series(kept)) for one, numbers in values.items()}),
        rejects=rejects,
        notes={UNKNOWN_COLUMNS: unknown} if unknown else {},
    )


def _lines(octets: bytes) -> pl.Series:
    """Every line that holds anything but a comment, stripped."""
    octets = octets.removeprefix(_UTF8_BOM)
    if b"\n" not in octets:
        octets = octets.replace(b"\r", b"\n")
    octets = octets.translate(None, _NEVER_IN_TEXT)
    try:
        octets.decode()
    except UnicodeDecodeError:
        octets = octets.decode("latin-1").encode()
    if not octets.strip():
        return pl.Series(_LINE, [], dtype=pl.String)
    schema = {_LINE: pl.String()}
    lines = pl.read_csv(octets, has_header=False, separator=_UNUSED, quote_char=None, schema=schema)[_LINE]
    lines = lines.drop_nulls().str.strip_chars()
    return lines.filter((lines != "") & ~lines.str.starts_with("#"))


def _cells(lines: pl.Series, name: str) -> tuple[list[str], list[pl.Series], dict[str, int]]:
    """Names of the header line, a column of cells for each, and the rejected lines."""
    if not len(lines):
        raise TableError("expected a header line and rows, found an empty file", file=name)
    separator = max(_SEPARATORS, key=lambda mark: str(lines[0]).count(mark))
    if (columns := str(lines[0]).count(separator) + 1) > _MOST_COLUMNS:
        raise TableError(f"expected at most {_MOST_COLUMNS:,} columns, found {columns:,}", file=name)
    lines, badly_quoted = _without_quotes(lines, separator)
    header, lines = str(lines[0]), lines[1:]
    counts = lines.str.count_matches(separator, literal=True)
    even = counts == header.count(separator)
    rejects = {BAD_QUOTES: badly_quoted, WRONG_COUNT: len(lines) - int(even.sum())}
    parts = lines.filter(even).str.split_exact(separator, header.count(separator)).struct.unnest()
    names = [cell.strip().lower() for cell in header.split(separator)]
    return (
        names,
        [_cell(parts.to_series(place)) for place in range(len(names))],
        {k: n for k, n in rejects.items() if n},
    )


def _without_quotes(lines: pl.Series, separator: str) -> tuple[pl.Series, int]:
    """The lines without quotes around their cells, and how many were left out because quotes hold a separator."""
    quoted = lines.str.contains('"', literal=True)
    if not quoted.any():
        return lines, 0
    plain = [_plain(line, separator) if marked else line for line, marked in zip(lines, quoted, strict=True)]
    if plain[0] is None:
        plain[0] = ""
    return pl.Series(_LINE, [line for line in plain if line is not None], dtype=pl.String), plain.count(None)


def _plain(line: str, separator: str) -> str | None:
    try:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return None
    return None if any(separator in cell or "\n" in cell for cell in cells) else separator.join(cells)


def _cell(cells: pl.Series) -> pl.Series:
    stripped = cells.str.strip_chars()
    return stripped.set(stripped.is_in(MISSING), None)


def _known(names: Sequence[str], cells: Sequence[pl.Series], name: str) -> tuple[str, list[str]]:
    """The column of receive times, and those of telemetry, each of ours once."""
    given = set(names) - {""}
    clock = next((one for one in TIME_COLUMNS[:-1] if one in given), None)
    if clock is None and TIME_COLUMNS[-1] in given and _is_unix(cells[names.index(TIME_COLUMNS[-1])]):
        clock = TIME_COLUMNS[-1]
    if clock is None:
        raise TableError(f"expected a column of receive times ({', '.join(TIME_COLUMNS)}), found none", file=name)
    fields: dict[str, str] = {}
    for one in names:
        column = _column(one)
        if column is not None and one != clock and (one != "time" or not _is_unix(cells[names.index(one)])):
            fields.setdefault(column, one)
    if not fields:
        shown = ", ".join(names)[:_SHOWN]
        raise TableError(f"expected columns of telemetry, found none among: {shown}", file=name)
    return clock, list(fields.values())


def _is_unix(cells: pl.Series) -> bool:
    """Whether a column called ``time`` is one of receive times; the Tello's own counts seconds since take-off."""
    times, read = parse_stamps(cells.drop_nulls().head(_TRIED).to_list())
    return bool((times[read] >= RELATIVE_BELOW_NS).any())


def _column(name: str) -> str | None:
    """Our column that a column of this name goes to."""
    if name in COLUMNS:
        return name
    if name in LIBRARY_FIELDS:
        return LIBRARY_FIELDS[name][0]
    name = SAME_FIELDS.get(name, name)
    return FIELDS[name][0] if name in FIELDS else None


def _times(cells: pl.Series, zone_ns: int, *, whole_ns: bool) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    if whole_ns:
        times = cells.cast(pl.Int64, strict=False)
        return times.fill_null(0).to_numpy(), (times.is_not_null() & (times >= 0)).fill_null(False).to_numpy()
    return parse_stamps(cells.fill_null("").to_list(), zone_ns=zone_ns)


def _numbers(cells: pl.Series) -> pl.Series:
    """The cells as finite numbers, null where they are none."""
    numbers = cells.cast(pl.Float64, strict=False)
    return numbers.set(~numbers.is_finite().fill_null(False), None)


def _ours(values: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
    states, ours = dict[str, pl.Series](), dict[str, pl.Series]()
    for name, numbers in values.items():
        if name in COLUMNS:
            ours[name] = numbers
        elif name in LIBRARY_FIELDS:
            ours[LIBRARY_FIELDS[name][0]] = in_our_unit(numbers, LIBRARY_FIELDS[name][1])
        else:
            state = SAME_FIELDS.get(name, name)
            states[state] = numbers.alias(state)
    return ours | (converted(states) if states else {})
