"""Reads scenarios and writes simulated flights: folders that are there whole or not at all, many at once."""

import csv
import io
import multiprocessing
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from os import getpid
from pathlib import Path

import numpy as np

from yawstring.edge.files import read_octets
from yawstring.errors import OptionError
from yawstring.simulate.run import Simulated, simulate
from yawstring.simulate.scenario import Scenario, parse_scenario

ENDING = ".toml"
MOST_OCTETS = 1 << 20
"""Of a scenario's file."""

FLIGHTS = "flights.csv"
"""In a folder of flights: what each is."""

Done = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Flight:
    """A flight that has been written.

    Attributes:
        folder: Its folder.
        scenario: Name of its scenario.
        seed: Seed of every draw in it.
        duration_s: Length.
        frames: Captured frames.
        hostile: Those that are forged.
        states: Lines of telemetry.
        attacks: Techniques, by their begin.
    """

    folder: Path
    scenario: str
    seed: int
    duration_s: float
    frames: int
    hostile: int
    states: int
    attacks: tuple[str, ...]


def ready_scenarios() -> dict[str, Path]:
    """The scenarios that come with yawstring, by name.

    Example:
        >>> "benign-wpa2" in ready_scenarios()
        True
    """
    folder = Path(__file__).resolve().parents[1] / "simulate" / "scenarios"
    return {path.stem: path for path in sorted(folder.glob(f"*{ENDING}"))}


def read_scenario(name: str, *, changes: Sequence[str] = ()) -> Scenario:
    """A ready scenario by its name, or one of the user's own by its file.

    Args:
        name: Name, or path of a ``.toml`` file.
        changes: Keys to set otherwise, each ``key=value``.

    Raises:
        OptionError: There is no such scenario, or the file holds none.

    Example:
        >>> read_scenario("sunny")
        Traceback (most recent call last):
        yawstring.errors.OptionError: scenario 'sunny': expected a .toml file or a name of `yawstring simulate --list`
    """
    ready = ready_scenarios()
    if name not in ready and not name.endswith(ENDING):
        raise OptionError(f"scenario {name!r}: expected a .toml file or a name of `yawstring simulate --list`")
    path = ready.get(name, Path(name))
    octets = read_octets(path, most=MOST_OCTETS)
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        raise OptionError(f"{path}: expected TOML in UTF-8") from None
    return parse_scenario(text, file=str(path) if name not in ready else name + ENDING, changes=changes)


def write_flight(scenario: Scenario, seed: int, folder: Path) -> Flight:
    """Simulate one flight and write its five files.

    Raises:
        OptionError: The folder is there already, or cannot be written.
    """
    made = simulate(scenario, seed)
    with whole_folder(folder) as partial:
        _write(made, partial)
    return _flight(made, folder)


def write_flights(
    scenarios: Sequence[Scenario], seed: int, count: int, folder: Path, *, workers: int = 1, done: Done | None = None
) -> tuple[Flight, ...]:
    """Simulate flights in parallel and write a folder for each, and what each is.

    Flight ``i`` is one of scenario ``i`` modulo their number, with the seed :func:`flight_seed` of ``i``: it does not
    depend on how many flights or workers there are.

    Args:
        scenarios: One or more.
        seed: Seed of the whole.
        count: How many flights.
        folder: Gets ``flight-000`` and so on, and ``flights.csv``.
        workers: Processes.
        done: Called with a word on each flight when it is written.

    Raises:
        OptionError: The folder is there already, or cannot be written.
    """
    with whole_folder(folder) as partial:
        jobs = [
            (number, scenarios[number % len(scenarios)], flight_seed(seed, number), partial / _name(number, count))
            for number in range(count)
        ]
        flights: dict[int, Flight] = {}
        for number, flight in _run(jobs, workers):
            flights[number] = flight
            if done is not None:
                done(f"{flight.folder.name}: {flight.scenario}, {flight.frames:,} frames")
        every = tuple(flights[number] for number in range(count))
        (partial / FLIGHTS).write_text(_listed(every))
    return every


def flight_seed(seed: int, number: int) -> int:
    """The seed of a flight of a folder, 0 to 2^63 - 1.

    Example:
        >>> flight_seed(1, 0) == flight_seed(1, 0), flight_seed(1, 0) == flight_seed(1, 1)
        (True, False)
    """
    return int(np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _run(jobs: Sequence[tuple[int, Scenario, int, Path]], workers: int) -> Iterator[tuple[int, Flight]]:
    """Each flight as it is written, in any order."""
    if workers == 1 or len(jobs) == 1:
        yield from map(_job, jobs)
        return
    # New processes, not copies of this one: libraries that run threads do not survive being copied.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=context) as pool:
        futures = [pool.submit(_job, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def _job(job: tuple[int, Scenario, int, Path]) -> tuple[int, Flight]:
    number, scenario, seed, folder = job
    made = simulate(scenario, seed)
    folder.mkdir()
    _write(made, folder)
    return number, _flight(made, folder)


def _name(number: int, count: int) -> str:
    return f"flight-{number:0{max(3, len(str(count - 1)))}d}"


def _write(made: Simulated, folder: Path) -> None:
    (folder / "capture.pcapng").write_bytes(made.capture)
    (folder / "telemetry.log").write_bytes(made.telemetry)
    (folder / "truth.csv").write_bytes(made.truth)
    (folder / "labels.csv").write_bytes(made.labels)
    (folder / "scenario.toml").write_text(made.scenario, encoding="utf-8")


def _flight(made: Simulated, folder: Path) -> Flight:
    return Flight(
        folder=folder,
        scenario=made.name,
        seed=made.seed,
        duration_s=made.duration_s,
        frames=made.frames,
        hostile=made.hostile,
        states=made.states,
        attacks=tuple(one.technique for one in made.episodes),
    )


def _listed(flights: Sequence[Flight]) -> str:
    """``flights.csv``."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("flight", "scenario", "seed", "duration_s", "frames", "hostile", "states", "attacks"))
    for one in flights:
        row = (one.scenario, one.seed, one.duration_s, one.frames, one.hostile, one.states, " ".join(one.attacks))
        lines.writerow((one.folder.name, *row))
    return text.getvalue()


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill that takes its name only when nothing has failed."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OptionError(f"{folder}: expected a new or empty folder, found one in use: name another")
    partial = folder.with_name(f".{folder.name}.{getpid()}.partial")
    try:
        partial.mkdir(parents=True)
        yield partial
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        raise OptionError(f"{folder}: cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
