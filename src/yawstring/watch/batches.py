"""What the sources of a watch give: pieces of a capture, and rows of telemetry, as they come in.

A batch is like the window of a memory-mapped file: octets, and where in them the records stand. A file, a fifo and a
ring of the kernel's all give batches, so that nothing behind them can tell a replay from the air.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl

from yawstring.wire.capture import Records
from yawstring.wire.octets import Octets
from yawstring.wire.records import RECORD_SLOTS


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """A piece of a capture; one without records says that time has passed, and no frame was heard.

    Attributes:
        octets: ``uint8[octet]`` that the records point into, as far as the batch is concerned its own: a source that
            reuses a buffer gives a copy.
        records: The frames, in the order they came, and what could not be read.
        now_ns: The clock when they were read, Unix time in nanoseconds. A replay gives the capture's own time.
        dropped: Frames lost since the batch before: by the kernel, by the adapter, or for want of room.
        ended: There is no more to come; only the last batch says so.

    Example:
        >>> batch = empty_batch(1_000_000_000)
        >>> len(batch), batch.dropped, batch.ended
        (0, 0, False)
    """

    octets: Octets
    records: Records
    now_ns: int
    dropped: int = 0
    ended: bool = False

    def __len__(self) -> int:
        return len(self.records)


def empty_batch(now_ns: int, *, dropped: int = 0, ended: bool = False) -> Batch:
    """A batch without a frame: so that time passes, or to tell of drops, or of the end."""
    nothing = Records(table=np.empty((RECORD_SLOTS, 0), np.int64), rejects={})
    return Batch(octets=np.empty(0, np.uint8), records=nothing, now_ns=now_ns, dropped=dropped, ended=ended)


class Source(Protocol):
    """Where frames come from."""

    def batches(self) -> Iterator[Batch]:
        """The batches until the source ends; a live one gives an empty one at least ten times a second.

        Raises:
            SourceError: The source is gone: the interface was taken away, the program that captured ended badly.
        """
        ...

    def close(self) -> None:
        """Let go of what is held: descriptors, threads, processes. May be called twice, and from another thread."""
        ...


@runtime_checkable
class Tuned(Protocol):
    """A source that goes from channel to channel, which may fail."""

    def faults(self) -> Mapping[str, int]:
        """What failed so far, in words, and how often."""
        ...


@runtime_checkable
class MayGo(Protocol):
    """A source of telemetry that may be taken away while others go on."""

    def gone(self) -> str:
        """Why no more can come; empty while it can."""
        ...


class TelemetrySource(Protocol):
    """Where the aircraft's own telemetry comes from."""

    def poll(self, until_ns: int) -> pl.DataFrame:
        """Rows received up to then and not given before, as :mod:`yawstring.table.telemetry` lays them out.

        Args:
            until_ns: Unix time in nanoseconds.

        Returns:
            Rows with ``time_ns`` not falling, neither within nor across calls; often none. Never waits.
        """
        ...

    def close(self) -> None:
        """Let go of what is held. May be called twice."""
        ...
