"""Simulated flights to a table of signals, a flight at a time: captures come and go, so that hours of air need no disk.

Each flight is written to a folder of its own for as long as it is read, the way a person would: simulate, fuse,
measure. Flights run side by side in processes of their own.
"""

import hashlib
import json
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from yawstring.edge.files import read_table, write_parquet
from yawstring.edge.flights import find_flights
from yawstring.edge.fusion import FusionOptions, fuse_flight
from yawstring.edge.simulations import flight_seed, write_flight
from yawstring.schema import RECORDING, modality_of
from yawstring.simulate.scenario import Scenario, draw, scenario_text
from yawstring.table.corpora import Table
from yawstring.table.signals import SignalOptions
from yawstring.table.signals.tables import SIGNAL_NAMES, signal_frame
from yawstring.version import __version__

PER_PROCESS = 16
"""Flights that a process makes before it gives way to a fresh one, which returns its memory. Whole pools are replaced:
one whose processes leave one by one may wait for ever (https://github.com/python/cpython/issues/115634)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Flown:
    """One flight of a campaign.

    Attributes:
        scenario: Its scenario's name.
        table: Its signals, under the digest of capture, log and truth.
        kept: Whether it was flown before, and its signals kept.
    """

    scenario: str
    table: Table
    kept: bool


@dataclass(frozen=True, kw_only=True)
class _Job:
    scenario: Scenario
    seed: int
    options: SignalOptions
    keep: Path | None


def fly(
    scenarios: Sequence[Scenario],
    seed: int,
    options: SignalOptions,
    *,
    name: str,
    workers: int = 1,
    keep: Path | None = None,
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
        keep: Folder that each flight's signals are written to, and taken from where the same flight was flown before
            by this version.
        done: Is shown each flight, in order.

    Raises:
        TableError: The folder cannot be written, or what is kept there cannot be read.
    """
    jobs = [
        _Job(scenario=one, seed=flight_seed(seed, number), options=options, keep=keep)
        for number, one in enumerate(scenarios)
    ]
    frames, digests = list[pl.DataFrame](), list[str]()
    for number, flown in enumerate(_all_flown(jobs, workers)):
        frames.append(flown.table.frame.with_columns(pl.lit(number, pl.Int32).alias(RECORDING)))
        digests.append(flown.table.digest)
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


def _all_flown(jobs: Sequence[_Job], workers: int) -> Iterator[Flown]:
    context = multiprocessing.get_context("spawn")
    at_once = workers * PER_PROCESS
    for first in range(0, len(jobs), at_once):
        batch = jobs[first : first + at_once]
        with ProcessPoolExecutor(min(workers, len(batch)), mp_context=context) as pool:
            yield from pool.map(_flown, batch)


def _flown(job: _Job) -> Flown:
    kept = None if job.keep is None else job.keep / f"{_key(job)}.parquet"
    if kept is not None and kept.is_file():
        return Flown(scenario=job.scenario.name, table=_as_measured(read_table(kept)), kept=True)
    table = _measured(job)
    if kept is not None:
        write_parquet(table, kept)
    return Flown(scenario=job.scenario.name, table=table, kept=False)


def _as_measured(table: Table) -> Table:
    """A table that was read, of the types it was measured in: reading widens all numbers alike."""
    signals = [name for name in table.frame.columns if name in SIGNAL_NAMES]
    return replace(table, frame=table.frame.with_columns(pl.col(signals).cast(pl.Float32)))


def _key(job: _Job) -> str:
    """32 hexadecimal digits of all that a flight and its signals come from."""
    told = (__version__, scenario_text(draw(job.scenario, job.seed), notes={}), json.dumps(job.options.to_json()))
    return hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:32]


def _measured(job: _Job) -> Table:
    with tempfile.TemporaryDirectory(prefix="yawstring-") as folder:
        place = Path(folder) / "flight"
        write_flight(job.scenario, job.seed, place)
        (files,) = find_flights(place)
        fused, account = fuse_flight(files, FusionOptions())
    frame = signal_frame(fused, job.options)
    return Table(
        frame=frame,
        layout="unknown",
        capture=job.scenario.name,
        modality=modality_of(frame.columns),
        digest=hashlib.sha256("".join(account.digests).encode()).hexdigest(),
        signals=job.options,
    )
