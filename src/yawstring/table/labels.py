"""Labels for frames: by interval, as a person notes them, or frame by frame, as the simulator knows them.

A file of intervals lists attacks, each half-open: from ``start`` up to but not including ``end``. What it does not list
is benign, unless it lists a benign interval itself: then it says what it has looked at, and a frame in no interval has
no label. A frame in several attacks at once takes the one that began last; a benign interval gives way to any attack.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import TableError
from yawstring.schema import BENIGN, EPISODE, LABEL, LABEL_CERTAINTY, LABEL_SOURCE, TECHNIQUE, TIME
from yawstring.table.conform import conform
from yawstring.table.delimited import Limits, read_blocks
from yawstring.table.fuse import frame_times
from yawstring.wire.stamps import NS_PER_S, parse_stamps

INTERVAL_COLUMNS = ("start", "end", LABEL, TECHNIQUE, EPISODE, "source", "certainty")
"""Columns of a file of intervals; the first three are needed."""

TRUTH_COLUMNS = ("frame.number", TIME, LABEL)
"""Columns by which a file that labels frame by frame is known."""

LABELLED = (LABEL, TECHNIQUE, EPISODE, LABEL_SOURCE, LABEL_CERTAINTY)
"""Columns that labelling adds."""

SIMULATOR = "simulator"
"""Source of labels that come frame by frame."""

STAMP_STEP_NS = 1000
"""How far the truth's time of a frame may lie from the capture's, which may hold microseconds alone."""

_NEEDED = 3
_MOST_HEADER_OCTETS = 1000
_RENAMED = {"source": LABEL_SOURCE, "certainty": LABEL_CERTAINTY}
_DTYPES = {
    LABEL: pl.String,
    TECHNIQUE: pl.String,
    EPISODE: pl.Int64,
    LABEL_SOURCE: pl.String,
    LABEL_CERTAINTY: pl.Float64,
}
_NONE = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Intervals:
    """A file of intervals.

    Attributes:
        start_ns: ``int64[interval]``, nanoseconds of Unix time on the capture's clock.
        end_ns: ``int64[interval]``, behind the start.
        labels: One row an interval, the columns of :data:`LABELLED`.
    """

    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]
    labels: pl.DataFrame

    @property
    def covers(self) -> bool:
        """Whether it lists benign intervals, and so says what it has looked at."""
        return bool((self.labels[LABEL] == BENIGN).any())


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """A file that labels every frame of one capture.

    Attributes:
        frame: ``frame.number``, ``time_ns`` and the columns of :data:`LABELLED`, one row a frame.
        name: Name of the file, for errors.
    """

    frame: pl.DataFrame
    name: str


Labels: TypeAlias = Intervals | Truth


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """The labels of frames, and what was met on the way.

    Attributes:
        frame: The columns of :data:`LABELLED`, one row a frame, in order.
        intervals: Intervals listed; 0 where every frame has a label of its own.
        overlapping: Attack intervals that overlap one that began earlier.
        overlapping_frames: Frames in two attack intervals or more.
        empty: Intervals without a frame.
        unlabelled: Frames without a label, for want of an interval or of a time.
        gap_s: Seconds between the first and last frame that no interval covers, where the file lists benign ones.
    """

    frame: pl.DataFrame
    intervals: int = 0
    overlapping: int = 0
    overlapping_frames: int = 0
    empty: int = 0
    unlabelled: int = 0
    gap_s: float = 0.0


def parse_labels(octets: bytes, *, name: str, limits: Limits | None = None) -> Labels:
    r"""The labels of a file: intervals, or frame by frame.

    Times are seconds of Unix time with decimals, or ISO 8601 (UTC where no zone is written), on the capture's clock. A
    file that holds a header alone lists no attack: all is benign.

    Args:
        octets: The file, a CSV table.
        name: Its name, for errors.
        limits: What is refused as too large.

    Raises:
        TableError: The octets are neither; says row and column.

    Example:
        >>> found = parse_labels(b"start,end,class\n1.5,2.5,DoS attack\n", name="labels.csv")
        >>> found.start_ns.tolist(), found.labels.select("class", "episode").rows()
        ([1500000000], [('dos', 0)])
    """
    frame, lines = _cells(octets, name, limits)
    names = frame.columns
    if all(column in names for column in TRUTH_COLUMNS):
        return _truth(frame, lines, name)
    if missing := [column for column in INTERVAL_COLUMNS[:_NEEDED] if column not in names]:
        known = f"{', '.join(INTERVAL_COLUMNS[:_NEEDED])} (or {', '.join(TRUTH_COLUMNS)})"
        raise TableError(f"expected the columns {known}, found none of the name '{missing[0]}'", file=name)
    if unknown := [column for column in names if column not in INTERVAL_COLUMNS]:
        known = ", ".join(INTERVAL_COLUMNS)
        raise TableError(f"expected no columns but {known}", file=name, column=unknown[0])
    start = _stamps(frame["start"], lines, name)
    end = _stamps(frame["end"], lines, name)
    for row in np.flatnonzero(end <= start)[:1].tolist():
        found = f"expected an end behind the start, found {frame['start'][row]} to {frame['end'][row]}"
        raise TableError(found, file=name, row=int(lines[row]), column="end")
    return Intervals(start_ns=start, end_ns=end, labels=_numbered(_labels(frame, lines, name), start, lines, name))


def label(frames: pl.DataFrame, labels: Labels) -> Labelled:
    r"""Label frames.

    Args:
        frames: One row a frame, with ``time_ns`` and, for labels frame by frame, ``frame.number``; in any order.
        labels: What :func:`parse_labels` read.

    Raises:
        TableError: A needed column is missing, or the labels are those of another capture.

    Example:
        >>> labels = parse_labels(b"start,end,class\n1,2,dos\n", name="labels.csv")
        >>> label(pl.DataFrame({"time_ns": [0, 10**9, 2 * 10**9]}), labels).frame["class"].to_list()
        ['benign', 'dos', 'benign']
    """
    return _by_frame(frames, labels) if isinstance(labels, Truth) else _by_interval(frames, labels)


def _by_interval(frames: pl.DataFrame, intervals: Intervals) -> Labelled:
    times, timed = frame_times(frames)
    attack = (intervals.labels[LABEL] != BENIGN).to_numpy()
    edges, winner, depth = _painted(intervals, attack)
    segment = np.searchsorted(edges, times, side="right") - 1
    inside = timed & (segment >= 0) & (segment < len(winner))
    chosen = np.full(len(times), _NONE, np.int64)
    chosen[inside] = winner[segment[inside]]
    count = len(attack)
    if not intervals.covers:
        chosen[timed & (chosen == _NONE)] = count
    table = pl.concat([intervals.labels, _outside(intervals.labels)])
    places = pl.Series(np.maximum(chosen, 0)).set(pl.Series(chosen == _NONE), None)
    starts = np.sort(times[timed])
    held = np.searchsorted(starts, intervals.end_ns) - np.searchsorted(starts, intervals.start_ns)
    return Labelled(
        frame=table.select(pl.all().gather(places)),
        intervals=count,
        overlapping=_overlapping(intervals.start_ns[attack], intervals.end_ns[attack]),
        overlapping_frames=int((depth[segment[inside]] > 1).sum()),
        empty=int((held == 0).sum()),
        unlabelled=int((chosen == _NONE).sum()),
        gap_s=_gap_s(edges, winner, starts) if intervals.covers else 0.0,
    )


def _painted(
    intervals: Intervals, attack: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Edges of the stretches between all starts and ends, the interval that labels each, and how many attacks do."""
    edges = np.unique(np.concatenate([intervals.start_ns, intervals.end_ns]))
    first, last = np.searchsorted(edges, intervals.start_ns), np.searchsorted(edges, intervals.end_ns)
    winner, depth = np.full(max(0, len(edges) - 1), _NONE, np.int64), np.zeros(max(0, len(edges) - 1), np.int64)
    for place in np.lexsort((intervals.start_ns, attack)).tolist():
        winner[first[place] : last[place]] = place
        depth[first[place] : last[place]] += attack[place]
    return edges, winner, depth


def _overlapping(start: NDArray[np.int64], end: NDArray[np.int64]) -> int:
    order = np.argsort(start, kind="stable")
    latest = np.maximum.accumulate(end[order])
    return int((start[order][1:] < latest[:-1]).sum())


def _gap_s(edges: NDArray[np.int64], winner: NDArray[np.int64], times: NDArray[np.int64]) -> float:
    """Seconds between the first and the last of the rising ``times`` that no interval covers."""
    if not len(times):
        return 0.0
    low, high = (np.clip(part, times[0], times[-1]) / NS_PER_S for part in (edges[:-1], edges[1:]))
    covered_s = float((high - low)[winner != _NONE].sum())
    return max(0.0, (int(times[-1]) - int(times[0])) / NS_PER_S - covered_s)


def _outside(labels: pl.DataFrame) -> pl.DataFrame:
    """The label of what is not listed: benign, with the source and certainty that all intervals share."""
    shared = {name: labels[name][0] for name in (LABEL_SOURCE, LABEL_CERTAINTY) if labels[name].n_unique() == 1}
    row = {LABEL: BENIGN, **shared}
    return pl.DataFrame({name: [row.get(name)] for name in LABELLED}, schema=_DTYPES)


def _by_frame(frames: pl.DataFrame, truth: Truth) -> Labelled:
    number = "frame.number"
    if number not in frames.columns:
        raise TableError("expected frames with their numbers, found no such column", column=number)
    if len(frames) != len(truth.frame):
        found = f"expected a row for each of the capture's {len(frames):,} frames, found {len(truth.frame):,}"
        raise TableError(f"{found}: is it another capture's?", file=truth.name)
    times, timed = frame_times(frames)
    here = pl.DataFrame([frames[number].cast(pl.Int64), pl.Series(TIME, times)])
    joined = here.join(truth.frame, on=number, how="left", maintain_order="left", suffix=".truth")
    late = (joined[TIME] - joined[f"{TIME}.truth"]).abs() > STAMP_STEP_NS
    other = joined[LABEL].is_null() | (late & pl.Series(timed))
    if other.any():
        found = f"expected the capture's frame {frames[number][int(other.arg_true()[0])]} at its time, found none"
        raise TableError(f"{found}: is it another capture's?", file=truth.name)
    return Labelled(frame=joined.select(LABELLED))


def _cells(octets: bytes, name: str, limits: Limits | None) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Cells of text and the line of each row; a file of a header alone has no row."""
    lines = octets[:_MOST_HEADER_OCTETS].split()
    if len(lines) == 1 and len(octets) < _MOST_HEADER_OCTETS:
        header = [cell.strip('"') for cell in lines[0].decode("utf-8-sig", "replace").split(",")]
        if len(set(header)) == len(header):
            return pl.DataFrame(schema=dict.fromkeys(header, pl.String)), np.zeros(0, np.int64)
    block, *more = read_blocks(octets, name=name, limits=limits)
    if more:
        raise TableError("expected one header, found another below it", file=name, row=int(more[0].lines[0]) - 1)
    return block.frame, block.lines


def _labels(frame: pl.DataFrame, lines: NDArray[np.int64], name: str) -> pl.DataFrame:
    """The columns of :data:`LABELLED`, each with its type; those that the file lacks are null."""
    given = frame.rename({old: new for old, new in _RENAMED.items() if old in frame.columns})
    typed = conform(given.select(column for column in LABELLED if column in given.columns), name=name, lines=lines)
    if EPISODE in typed.columns:
        typed = typed.with_columns(_whole(typed[EPISODE], lines, name, missing=True))
    missing = [pl.lit(None).alias(column) for column in LABELLED if column not in typed.columns]
    labels = typed.with_columns(missing).select(pl.col(column).cast(_DTYPES[column]) for column in LABELLED)
    _refuse(labels[LABEL].is_null(), "expected a class, found none", LABEL, lines, name)
    sure = labels[LABEL_CERTAINTY].is_between(0, 1).fill_null(True)
    _refuse(~sure, "expected a certainty from 0 to 1, found another", "certainty", lines, name)
    negative = (labels[EPISODE] < 0).fill_null(False)
    _refuse(negative, "expected an episode from 0 on, found one below", EPISODE, lines, name)
    attack = pl.col(LABEL) != BENIGN
    return labels.with_columns(pl.when(attack).then(pl.col(TECHNIQUE, EPISODE)))


def _numbered(labels: pl.DataFrame, start: NDArray[np.int64], lines: NDArray[np.int64], name: str) -> pl.DataFrame:
    """With episodes: the file's own, or numbered by their start where it gives none."""
    attack = (labels[LABEL] != BENIGN).to_numpy()
    given = labels[EPISODE].is_not_null().to_numpy()
    if given.any():
        _refuse(
            pl.Series(attack & ~given),
            "expected a number for every attack or for none, found none here",
            EPISODE,
            lines,
            name,
        )
        return labels
    numbers = np.zeros(len(labels), np.int64)
    order = np.argsort(start, kind="stable")
    numbers[order] = np.cumsum(attack[order]) - 1
    return labels.with_columns(pl.Series(EPISODE, numbers).set(pl.Series(~attack), None))


def _truth(frame: pl.DataFrame, lines: NDArray[np.int64], name: str) -> Truth:
    numbers = conform(frame.select("frame.number", TIME), name=name, lines=lines)
    numbers = numbers.select(_whole(column, lines, name) for column in numbers.iter_columns())
    twice = numbers["frame.number"].is_duplicated()
    _refuse(twice, "expected each frame once, found one twice", "frame.number", lines, name)
    labels = _labels(frame.select(column for column in LABELLED if column in frame.columns), lines, name)
    known = labels.with_columns(pl.lit(SIMULATOR).alias(LABEL_SOURCE), pl.lit(1.0).alias(LABEL_CERTAINTY))
    return Truth(frame=numbers.hstack(known), name=name)


def _whole(numbers: pl.Series, lines: NDArray[np.int64], name: str, *, missing: bool = False) -> pl.Series:
    """The column as ``Int64``, refused where a row is no whole number."""
    whole = (numbers.cast(pl.Int64).cast(numbers.dtype) == numbers).fill_null(missing)
    _refuse(~whole, "expected a whole number, found none", numbers.name, lines, name)
    return numbers.cast(pl.Int64)


def _stamps(cells: pl.Series, lines: NDArray[np.int64], name: str) -> NDArray[np.int64]:
    texts: Sequence[str] = cells.fill_null("").to_list()
    times, read = parse_stamps(texts)
    expected = "expected Unix seconds or an ISO 8601 time"
    for row in np.flatnonzero(~read)[:1].tolist():
        raise TableError(f"{expected}, found {texts[row][:40]!r}", file=name, row=int(lines[row]), column=cells.name)
    return times


def _refuse(wrong: pl.Series, expected: str, column: str, lines: NDArray[np.int64], name: str) -> None:
    if wrong.any():
        raise TableError(expected, file=name, row=int(lines[int(wrong.arg_true()[0])]), column=column)
