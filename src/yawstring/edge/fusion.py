"""Captures, telemetry and labels to one fused table, flight by flight: memory follows a flight, not the folder."""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from yawstring.edge.files import PARQUET_ENDINGS, read_octets, read_table, replaced, write_octets
from yawstring.edge.flights import Flight
from yawstring.edge.frames import Source
from yawstring.edge.telemetry import read_telemetry
from yawstring.errors import CaptureError, InputError, OptionError, TableError
from yawstring.schema import LABEL, NOTEBOOK_COLUMNS, RECORDING, TIME
from yawstring.schema.frames import ALIASES
from yawstring.table.clocks import ClockOffset, Found, Refused, clock_offset
from yawstring.table.corpora import FORMAT, KEY_PREFIX
from yawstring.table.delimited import Limits
from yawstring.table.fuse import TELEMETRY_NAMES, Fused, FuseOptions, fuse
from yawstring.table.labels import LABELLED, Labelled, label, parse_labels
from yawstring.table.notebook_csv import notebook_columns
from yawstring.table.telemetry import Telemetry, TelemetryOptions, spread_whole_seconds

WORKERS = 2
"""Flights that are read at a time: decoding runs without the interpreter lock."""

_MOST_NAMED = 3
"""Flights that a table's name names one by one."""

LEAST_DOUBT_S = 0.05
"""Seconds that an offset found must differ from the one used before anybody is told: half a state."""

DOUBT_ERRORS = 3.0
"""Its own errors that it must differ by as well."""


_NOTHING = pl.DataFrame()


@dataclass(frozen=True, kw_only=True)
class FusionOptions:
    """How flights are fused.

    Attributes:
        tolerance_s: Age in seconds from which on telemetry is left out.
        offset_s: Seconds to add to the telemetry's clock to get the capture's; ``None``: find it in the data.
        start_ns: Unix time, in nanoseconds, of the zero of logs that count from a start of their own.
    """

    tolerance_s: float = 0.3
    offset_s: float | None = 0.0
    start_ns: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Account:
    """What became of one flight.

    Attributes:
        flight: Its files.
        frames: Frames.
        recordings: Recordings among them; one, but for a Parquet file of several captures.
        frame_rejects: What could not be read of the capture, and how often.
        telemetry: The log, without its rows; ``None`` where there is none.
        offset_s: Seconds that were added to the telemetry's clock.
        found: The offset that the data show, or why they show none; ``None`` without telemetry.
        fused: How frames and telemetry met, without the table.
        labelled: How labels and frames met, without the labels; ``None`` without labels.
        classes: Frames of each class.
        digests: SHA-256 of each file read.
    """

    flight: Flight
    frames: int
    recordings: int
    frame_rejects: Mapping[str, int]
    telemetry: Telemetry | None
    offset_s: float
    found: Found | None
    fused: Fused
    labelled: Labelled | None
    classes: Mapping[str, int]
    digests: Sequence[str]

    @property
    def contradicted(self) -> bool:
        """Whether the data show another offset than the one used."""
        if not isinstance(self.found, ClockOffset):
            return False
        return abs(self.found.offset_s - self.offset_s) > max(LEAST_DOUBT_S, DOUBT_ERRORS * self.found.error_s)


@dataclass(kw_only=True, eq=False)
class _Written:
    """What a table holds so far."""

    recordings: int = 0
    accounts: list[Account] = field(default_factory=list)


def fuse_flight(flight: Flight, options: FusionOptions) -> tuple[pl.DataFrame, Account]:
    """The fused table of one flight, ``recording`` last.

    Raises:
        InputError: A file cannot be read, the labels are another capture's, or the clock offset cannot be found.
    """
    frames, rejects, digests = _frames(flight.frames)
    if not len(frames):
        raise CaptureError(f"{flight.frames}: expected frames, found none")
    recording = frames[RECORDING]
    log = None if flight.telemetry is None else _log(flight.telemetry, options)
    states = None if log is None else log.frame
    found = None if states is None else clock_offset(frames, states)
    offset_s = _offset_s(flight, found, options)
    met = fuse(frames.drop(RECORDING), states, FuseOptions(tolerance_s=options.tolerance_s, offset_s=offset_s))
    labelled, digest = _labels(flight, met.frame)
    table = met.frame if labelled is None else met.frame.hstack(labelled.frame)
    counts = dict(table[LABEL].drop_nulls().value_counts().iter_rows()) if LABEL in table.columns else {}
    account = Account(
        flight=flight,
        frames=len(table),
        recordings=recording.n_unique(),
        frame_rejects=rejects,
        telemetry=None if log is None else replace(log, frame=_NOTHING),
        offset_s=offset_s,
        found=found,
        fused=replace(met, frame=_NOTHING),
        labelled=None if labelled is None else replace(labelled, frame=_NOTHING),
        classes=counts,
        digests=(*digests, *([] if log is None else [log.digest]), *digest),
    )
    return table.with_columns(recording), account


def write_fused(
    flights: Sequence[Flight], options: FusionOptions, path: Path | str, *, watch: Callable[[Account], None]
) -> tuple[Account, ...]:
    """Fuse flights into one Parquet file that :func:`yawstring.edge.files.read_table` reads, whole or not at all.

    Args:
        flights: At least one; each is a recording.
        options: How they are fused.
        path: Where to; a file of that name is replaced, its folder must exist.
        watch: Is shown the account of each flight.

    Returns:
        The account of each flight, in order.

    Raises:
        InputError: As :func:`fuse_flight` raises it, or the file cannot be written.
    """
    path, done = Path(path), _Written()
    if path.suffix.lower() not in PARQUET_ENDINGS:
        known = " or ".join(PARQUET_ENDINGS)
        raise TableError(f"expected a name that ends with {known}, found {path.name!r}", file=str(path))
    labelled = {flight.labels is not None for flight in flights}
    if len(labelled) > 1:
        without = next(flight.name for flight in flights if flight.labels is None)
        raise InputError(f"expected labels for every flight or for none, found none for {without}")
    tables = _tables(flights, options, done, watch)
    first = next(tables)

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        yield first
        yield from tables

    with replaced(path) as partial:
        # What the file says of itself is asked for after the last flight, when every digest is known.
        register_io_source(frames, schema=first.schema).sink_parquet(
            partial, metadata=lambda _: _described(done, options), engine="streaming"
        )
    return tuple(done.accounts)


def write_notebook(fused: Path | str, path: Path | str) -> None:
    """Write a fused Parquet file as CSV in the notebook's layout.

    Raises:
        TableError: A row has no time or no label, or the file cannot be written.
    """
    scan = pl.scan_parquet(fused)
    there = set(scan.collect_schema())
    wanted = [TIME, *NOTEBOOK_COLUMNS, *ALIASES.values(), *TELEMETRY_NAMES]
    frame = scan.select(name for name in dict.fromkeys(wanted) if name in there).collect()
    write_octets(notebook_columns(frame).write_csv().encode(), Path(path))


def _tables(
    flights: Sequence[Flight], options: FusionOptions, done: _Written, watch: Callable[[Account], None]
) -> Iterator[pl.DataFrame]:
    """Fused tables in order, their recordings numbered on; the next flights are read while one is written."""
    with ThreadPoolExecutor(WORKERS) as pool:
        ahead: deque[Future[tuple[pl.DataFrame, Account]]] = deque()
        left = iter(flights)
        while True:
            following = islice(left, WORKERS - len(ahead))
            ahead.extend(pool.submit(fuse_flight, flight, options) for flight in following)
            if not ahead:
                return
            table, account = ahead.popleft().result()
            table = table.with_columns(pl.col(RECORDING) + pl.lit(done.recordings, pl.Int32))
            done.recordings += account.recordings
            done.accounts.append(account)
            watch(account)
            yield table


def _frames(path: Path) -> tuple[pl.DataFrame, dict[str, int], list[str]]:
    """Frames with ``recording`` from 0, what was rejected, and the file's digest."""
    if path.suffix.lower() in PARQUET_ENDINGS:
        table = read_table(path)
        numbers = table.frame[RECORDING].rank("dense").cast(pl.Int32) - 1
        return table.frame.with_columns(numbers), {}, [table.digest]
    source, rejects, frames = Source(paths=[path]), dict[str, int](), []
    for piece in source.pieces():
        frames.append(piece.frame)
        for reason, count in piece.rejects.items():
            rejects[reason] = rejects.get(reason, 0) + count
    return pl.concat(frames), rejects, source.digests


def _log(path: Path, options: FusionOptions) -> Telemetry:
    """The log, whole seconds spread over their second."""
    log = read_telemetry(path, options=TelemetryOptions(start_ns=options.start_ns))
    if not log.whole_seconds:
        return log
    times = spread_whole_seconds(log.frame[TIME].to_numpy())
    return replace(log, frame=log.frame.with_columns(pl.Series(TIME, times)))


def _labels(flight: Flight, frames: pl.DataFrame) -> tuple[Labelled | None, list[str]]:
    """Labels of the frames, and the digest of the file they come from."""
    if flight.labels is None:
        return None, []
    if any(name in frames.columns for name in LABELLED):
        raise OptionError(f"{flight.frames}: the frames have labels already: leave out {flight.labels}")
    octets = read_octets(flight.labels, most=Limits().file_octets)
    labels = parse_labels(octets, name=str(flight.labels))
    return label(frames, labels), [hashlib.sha256(octets).hexdigest()]


def _offset_s(flight: Flight, found: Found | None, options: FusionOptions) -> float:
    if options.offset_s is not None:
        return options.offset_s
    if isinstance(found, Refused):
        raise InputError(f"{flight.name}: the clock offset cannot be found: {found.reason}: give it in seconds")
    return 0.0 if found is None else found.offset_s


def _described(done: _Written, options: FusionOptions) -> dict[str, str]:
    """What the file says of itself, once every flight is written."""
    digests = [digest for account in done.accounts for digest in account.digests]
    how = {"tolerance_s": options.tolerance_s, "offsets_s": [account.offset_s for account in done.accounts]}
    about = {
        "format": FORMAT,
        "layout": "unknown",
        "capture": _joined([account.flight.name for account in done.accounts]),
        "modality": "fused",
        "digest": hashlib.sha256("".join(digests).encode()).hexdigest(),
        "fused": json.dumps(how),
    }
    return {KEY_PREFIX + name: text for name, text in about.items()}


def _joined(names: Sequence[str]) -> str:
    """One name for all flights: a few are named, many are counted."""
    if len(names) <= _MOST_NAMED:
        return "+".join(names)
    return f"{names[0]} to {names[-1]} ({len(names)} flights)"
