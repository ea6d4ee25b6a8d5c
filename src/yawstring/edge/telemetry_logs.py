"""A log of telemetry that is given out as time goes on, as if it came in now."""

import polars as pl

from yawstring.schema import TIME
from yawstring.table.telemetry import Telemetry, spread_whole_seconds


class LogTelemetry:
    """A source of telemetry that is a log."""

    def __init__(self, log: Telemetry) -> None:
        """Whole seconds are spread over their second, as ``fuse`` spreads them."""
        frame = log.frame
        if log.whole_seconds:
            frame = frame.with_columns(pl.Series(TIME, spread_whole_seconds(frame[TIME].to_numpy())))
        self._frame, self._given = frame, 0

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self._frame)

    def poll(self, until_ns: int) -> pl.DataFrame:
        """Rows up to then that were not given before."""
        after = int(self._frame[TIME].search_sorted(until_ns, side="right"))
        first, self._given = self._given, max(self._given, after)
        return self._frame[first : self._given]

    def close(self) -> None:
        """Nothing is held."""
