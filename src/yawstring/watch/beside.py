"""Telemetry beside the frames of a stream: :func:`yawstring.table.fuse.fuse`, a piece at a time.

The rows that frames to come may still ask for are carried, so that any way of cutting frames and rows gives the same
table as one join of all of them. A frame that is behind the latest one by more than :data:`LATE_S` may ask for a row
that is gone, and then has none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from yawstring.schema import TIME
from yawstring.table.fuse import FuseOptions, TelemetryColumns, fuse
from yawstring.wire.decoder import Column
from yawstring.wire.stamps import NS_PER_S

LATE_S: Final = 2.0
"""How far behind the latest frame another may come."""

MOST_ROWS: Final = 65_536
"""Rows that are carried at most, the latest: two hours of states while no frame comes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Beside:
    """What is carried.

    Attributes:
        rows: Rows of telemetry, in the order of their time; ``None`` where there has been none.
        latest_ns: The latest frame, or the latest word that none came; ``None`` before the first.
    """

    rows: pl.DataFrame | None = None
    latest_ns: int | None = None

    @property
    def last_ns(self) -> int | None:
        """Time of the latest row; ``None`` where there has been none."""
        return None if self.rows is None or self.rows.is_empty() else int(self.rows[TIME][-1])


def step(
    state: Beside, frames: pl.DataFrame, rows: pl.DataFrame | None, options: FuseOptions, *, until_ns: int | None = None
) -> tuple[Beside, pl.DataFrame]:
    """Put telemetry beside a piece of a stream.

    Args:
        state: What the step before gave.
        frames: With ``time_ns``, in any order, which is kept.
        rows: Telemetry that has come since; every row that the frames may ask for. One before the rows there already
            means that the clock was put back: the later ones are forgotten.
        options: The same for every step.
        until_ns: No frame before it will come but for :data:`LATE_S`.

    Returns:
        The state after it, and the frames with telemetry beside them.

    Example:
        >>> rows = pl.DataFrame({"time_ns": [100_000_000], "height_m": [0.5]})
        >>> state, first = step(Beside(), pl.DataFrame({"time_ns": [0]}), rows, FuseOptions())
        >>> state, second = step(state, pl.DataFrame({"time_ns": [150_000_000]}), None, FuseOptions())
        >>> first["height_m"].to_list(), second["height_m"].to_list()
        ([None], [0.5])
    """
    held = _with(state.rows, rows)
    fused = fuse(frames, held, options).frame
    stamp = frames[TIME].max() if len(frames) else None
    return _carried(state, held, stamp if isinstance(stamp, int) else None, options, until_ns), fused


class Columns(Mapping[str, Column]):
    """Columns of frames, and of telemetry beside them."""

    def __init__(self, frames: Mapping[str, Column], telemetry: Mapping[str, Column]) -> None:
        """Both, where no name is in both."""
        self._frames, self._telemetry = frames, telemetry

    def __getitem__(self, name: str) -> Column:
        return self._telemetry[name] if name in self._telemetry else self._frames[name]

    def __contains__(self, name: object) -> bool:
        return name in self._telemetry or name in self._frames

    def __iter__(self) -> Iterator[str]:
        yield from self._frames
        yield from self._telemetry

    def __len__(self) -> int:
        return len(self._frames) + len(self._telemetry)


def lend(
    state: Beside,
    frames: Mapping[str, Column],
    rows: pl.DataFrame | None,
    options: FuseOptions,
    *,
    until_ns: int | None = None,
) -> tuple[Beside, Mapping[str, Column]]:
    """As :func:`step`, for columns that are made as they are asked for: a small piece pays for what is read of it."""
    held, stamps = _with(state.rows, rows), frames[TIME]
    columns = Columns(frames, TelemetryColumns(stamps, held, options))
    times = stamps.values[stamps.valid]
    return _carried(state, held, int(times.max()) if len(times) else None, options, until_ns), columns


def _carried(
    state: Beside, held: pl.DataFrame | None, stamp_ns: int | None, options: FuseOptions, until_ns: int | None
) -> Beside:
    """What is carried behind a piece whose latest frame came then."""
    latest_ns = max((one for one in (state.latest_ns, until_ns, stamp_ns) if one is not None), default=None)
    if held is not None and latest_ns is not None:
        asked_ns = latest_ns - round((LATE_S + options.offset_s) * NS_PER_S)
        first = int((held[TIME] <= asked_ns).sum()) - 1
        held = held[max(first, len(held) - MOST_ROWS, 0) :]
    return Beside(rows=held, latest_ns=latest_ns)


def _with(held: pl.DataFrame | None, rows: pl.DataFrame | None) -> pl.DataFrame | None:
    if rows is None or rows.is_empty():
        return held
    if held is None or held.is_empty():
        return rows
    if int(held[TIME][-1]) > int(rows[TIME][0]):
        held = held.filter(pl.col(TIME) <= rows[TIME][0])
    return pl.concat([held, rows], how="diagonal")
