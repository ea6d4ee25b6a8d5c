"""Telemetry beside the frames of a stream: :func:`yawstring.table.fuse.fuse`, a piece at a time.

The rows that frames to come may still ask for are carried, so that any way of cutting frames and rows gives the same
table as one join of all of them. A frame that is behind the latest one by more than :data:`LATE_S` may ask for a row
that is gone, and then has none.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from yawstring.schema import TIME
from yawstring.table.fuse import FuseOptions, fuse
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
    stamps = [state.latest_ns, until_ns, frames[TIME].max() if len(frames) else None]
    latest_ns = max((one for one in stamps if isinstance(one, int)), default=None)
    if held is not None and latest_ns is not None:
        asked_ns = latest_ns - round((LATE_S + options.offset_s) * NS_PER_S)
        first = int((held[TIME] <= asked_ns).sum()) - 1
        held = held[max(first, len(held) - MOST_ROWS, 0) :]
    return Beside(rows=held, latest_ns=latest_ns), fused


def _with(held: pl.DataFrame | None, rows: pl.DataFrame | None) -> pl.DataFrame | None:
    if rows is None or rows.is_empty():
        return held
    if held is None or held.is_empty():
        return rows
    if int(held[TIME][-1]) > int(rows[TIME][0]):
        held = held.filter(pl.col(TIME) <= rows[TIME][0])
    return pl.concat([held, rows], how="diagonal")
