"""Signals on disk: flights or a table of frames in, one Parquet file of signals out, recording by recording."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from yawstring.edge.flights import Flight
from yawstring.edge.fusion import FusionOptions, fuse_flight
from yawstring.errors import InputError
from yawstring.schema import RECORDING, modality_of
from yawstring.table.corpora import Table
from yawstring.table.signals import SignalOptions
from yawstring.table.signals.tables import signal_frame

WORKERS = 2
"""Flights that are read at a time: decoding and measuring run without the interpreter lock."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What became of one flight.

    Attributes:
        name: The flight.
        frames: Frames read.
        rows: Rows of signals.
    """

    name: str
    frames: int
    rows: int


def measured_table(table: Table, options: SignalOptions) -> Table:
    """Signals of a table of frames, as a table.

    Raises:
        TableError: As for :func:`~yawstring.table.signals.tables.signal_frame`.
    """
    frame = signal_frame(table.frame, options)
    return Table(
        frame=frame,
        layout="unknown",
        capture=table.capture,
        modality=modality_of(frame.columns),
        digest=table.digest,
        signals=options,
    )


def measured_flights(
    flights: Sequence[Flight],
    fusion: FusionOptions,
    options: SignalOptions,
    *,
    watch: Callable[[Measured], None],
) -> Table:
    """Signals of flights: each is decoded, fused, labelled and measured, and its frames are let go.

    Args:
        flights: At least one; each is a recording.
        fusion: How frames and telemetry are put together.
        options: How signals are measured.
        watch: Is shown what became of each flight.

    Raises:
        InputError: A file cannot be read, or some flights have labels and some have none.
    """
    labelled = {flight.labels is not None for flight in flights}
    if len(labelled) > 1:
        without = next(flight.name for flight in flights if flight.labels is None)
        raise InputError(f"expected labels for every flight or for none, found none for {without}")
    frames, digests, offset = list[pl.DataFrame](), list[str](), 0
    for name, count, frame, read in _each(flights, fusion, options):
        frames.append(frame.with_columns(pl.col(RECORDING) + pl.lit(offset, pl.Int32)))
        offset += int(frame[RECORDING].max() or 0) + 1  # type: ignore[arg-type]  # whole numbers
        digests += read
        watch(Measured(name=name, frames=count, rows=len(frame)))
    frame = pl.concat(frames)
    return Table(
        frame=frame,
        layout="unknown",
        capture=flights[0].name if len(flights) == 1 else f"{flights[0].name} and {len(flights) - 1} more",
        modality=modality_of(frame.columns),
        digest=hashlib.sha256("".join(digests).encode()).hexdigest(),
        signals=options,
    )


def _each(
    flights: Sequence[Flight], fusion: FusionOptions, options: SignalOptions
) -> Iterator[tuple[str, int, pl.DataFrame, Sequence[str]]]:
    def one(flight: Flight) -> tuple[str, int, pl.DataFrame, Sequence[str]]:
        fused, account = fuse_flight(flight, fusion)
        return flight.name, len(fused), signal_frame(fused, options), account.digests

    with ThreadPoolExecutor(WORKERS) as pool:
        for first in range(0, len(flights), WORKERS):  # a few at a time: what is read ahead is held in memory
            yield from pool.map(one, flights[first : first + WORKERS])
