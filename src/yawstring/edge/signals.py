"""Signals of flights on disk, flight by flight: memory follows a flight, not the folder."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from yawstring.edge.flights import Flight
from yawstring.edge.fusion import WORKERS, Account, FusionOptions, fuse_flight
from yawstring.errors import InputError
from yawstring.schema import RECORDING, modality_of
from yawstring.table.corpora import Table
from yawstring.table.signals import SignalOptions
from yawstring.table.signals.tables import signal_frame


def measured_flights(
    flights: Sequence[Flight],
    fusion: FusionOptions,
    options: SignalOptions,
    *,
    watch: Callable[[Account], None],
) -> Table:
    """Signals of flights: each is decoded, fused, labelled and measured, and its frames are let go.

    Args:
        flights: At least one; each is a recording.
        fusion: How frames and telemetry are put together.
        options: How signals are measured.
        watch: Is shown the account of each flight.

    Raises:
        InputError: A file cannot be read, or some flights have labels and some have none.
    """
    labelled = {flight.labels is not None for flight in flights}
    if len(labelled) > 1:
        without = next(flight.name for flight in flights if flight.labels is None)
        raise InputError(f"expected labels for every flight or for none, found none for {without}")
    frames, digests, offset = list[pl.DataFrame](), list[str](), 0
    for account, frame in _each(flights, fusion, options):
        frames.append(frame.with_columns(pl.col(RECORDING) + pl.lit(offset, pl.Int32)))
        offset += account.recordings
        digests += account.digests
        watch(account)
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
) -> Iterator[tuple[Account, pl.DataFrame]]:
    def one(flight: Flight) -> tuple[Account, pl.DataFrame]:
        fused, account = fuse_flight(flight, fusion)
        return account, signal_frame(fused, options)

    with ThreadPoolExecutor(WORKERS) as pool:
        for first in range(0, len(flights), WORKERS):  # a few at a time: what is read ahead is held in memory
            yield from pool.map(one, flights[first : first + WORKERS])
