"""Simulated flights to a table of signals, a flight at a time: captures come and go, so that hours of air need no disk.

Each flight is written to a folder of its own for as long as it is read, the way a person would: simulate, fuse,
measure. Flights run side by side in processes of their own.
"""

import hashlib
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from yawstring.edge.flights import find_flights
from yawstring.edge.fusion import FusionOptions, fuse_flight
from yawstring.edge.simulations import Flight, flight_seed, write_flight
from yawstring.schema import RECORDING, modality_of
from yawstring.simulate.scenario import Scenario
from yawstring.table.corpora import Table
from yawstring.table.signals import SignalOptions
from yawstring.table.signals.tables import signal_frame

PER_PROCESS = 16
"""Flights that a process makes before it gives way to a fresh one, which returns its memory. Whole pools are replaced:
one whose processes leave one by one may wait for ever (https://github.com/python/cpython/issues/115634)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Flown:
    """One flight of a campaign.

    Attributes:
        flight: What it was.
        frames: Frames captured.
        table: Its signals.
        digests: SHA-256 of capture, log and truth.
    """

    flight: Flight
    frames: int
    table: pl.DataFrame
    digests: tuple[str, ...]


def fly(
    scenarios: Sequence[Scenario],
    seed: int,
    options: SignalOptions,
    *,
    name: str,
    workers: int = 1,
    done: Callable[[Flown], None] | None = None,
) -> Table:
    """Fly scenarios, one flight each, and measure them.

    Flight ``i`` is the same whatever flies beside it: its seed is :func:`~yawstring.edge.simulations.flight_seed` of
    ``i``.

    Args:
        scenarios: One or more.
        seed: Seed of the whole.
        options: How signals are measured.
        name: The table's.
        workers: Processes.
        done: Is shown each flight, in order.
    """
    jobs = [(one, flight_seed(seed, number), options) for number, one in enumerate(scenarios)]
    frames, digests = list[pl.DataFrame](), list[str]()
    for number, flown in enumerate(_all_flown(jobs, workers)):
        frames.append(flown.table.with_columns(pl.lit(number, pl.Int32).alias(RECORDING)))
        digests += flown.digests
        if done is not None:
            done(flown)
    frame = pl.concat(frames)
    return Table(
        frame=frame,
        layout="unknown",
        capture=name,
        modality=modality_of(frame.columns),
        digest=hashlib.sha256("".join(digests).encode()).hexdigest(),
        signals=options,
    )


def _all_flown(jobs: Sequence[tuple[Scenario, int, SignalOptions]], workers: int) -> Iterator[Flown]:
    context = multiprocessing.get_context("spawn")
    at_once = workers * PER_PROCESS
    for first in range(0, len(jobs), at_once):
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            yield from pool.map(_flown, jobs[first : first + at_once])


def _flown(job: tuple[Scenario, int, SignalOptions]) -> Flown:
    scenario, seed, options = job
    with tempfile.TemporaryDirectory(prefix="yawstring-") as folder:
        place = Path(folder) / "flight"
        flight = write_flight(scenario, seed, place)
        (files,) = find_flights(place)
        fused, account = fuse_flight(files, FusionOptions())
    return Flown(flight=flight, frames=len(fused), table=signal_frame(fused, options), digests=tuple(account.digests))
