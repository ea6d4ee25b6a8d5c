"""How fast are flights simulated, against real time, on one core?

    python benchmarks/simulate.py [--rounds 5] [--json benchmarks/results/simulate.json]

Every ready scenario is simulated once, and the busiest of them (most frames a second) in rounds with other seeds:
flight, traffic, attacks, air, octets, telemetry log and truth, all in one process on one thread. Seconds are the
processor's, so that others on the machine count little; the wall's are shown beside them.

What a fresh machine pays once is measured too: compiling the loops, in a process with an empty cache, and starting with
a warm one.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata, resources
from pathlib import Path

TARGET = 20.0
"""Times real time that the busiest scenario should reach at least."""

FIRST_FLIGHT = "from simulate import flight; flight('{name}', 1)"

Figures = dict[str, float]


def scenarios() -> list[str]:
    """Names of the ready scenarios."""
    folder = resources.files("yawstring.simulate").joinpath("scenarios")
    return sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml"))


def flight(name: str, seed: int) -> Figures:
    """One flight: seconds of flight, of the processor, of the wall, and captured frames."""
    from yawstring.simulate.run import simulate
    from yawstring.simulate.scenario import parse_scenario

    path = resources.files("yawstring.simulate").joinpath("scenarios", f"{name}.toml")
    scenario = parse_scenario(path.read_text(encoding="utf-8"), file=path.name)
    wall, processor = time.perf_counter(), time.process_time()
    made = simulate(scenario, seed)
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    return {"flight_s": made.duration_s, "frames": made.frames, "processor_s": processor, "wall_s": wall}


def first_flights(name: str) -> dict[str, float]:
    """Seconds of a process that simulates one flight, with an empty cache of machine code and with a warm one."""
    found = {}
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(Path(__file__).parent)}
        for state in ("cold", "warm"):
            wall, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", FIRST_FLIGHT.format(name=name)], check=True, env=environment)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            found[f"{state}_wall_s"] = time.perf_counter() - wall
            found[f"{state}_processor_s"] = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return found


def figures(runs: Sequence[Figures]) -> Figures:
    """Medians over runs of one scenario."""

    def middle(values: Sequence[float]) -> float:
        return statistics.median(values)

    return {
        "frames_per_flight_s": middle([run["frames"] / run["flight_s"] for run in runs]),
        "frames_per_s": middle([run["frames"] / run["processor_s"] for run in runs]),
        "times_real_time": middle([run["flight_s"] / run["processor_s"] for run in runs]),
        "times_real_time_wall": middle([run["flight_s"] / run["wall_s"] for run in runs]),
    }


def line(name: str, found: Figures) -> str:
    return (
        f"{name:24} {found['frames_per_flight_s']:8.0f} {found['frames_per_s']:10,.0f} "
        f"{found['times_real_time']:8.1f} {found['times_real_time_wall']:8.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "simulate.json")
    options = parser.parse_args()
    names = scenarios()
    first = first_flights(names[0])
    flight(names[0], 0)
    print(f"{'scenario':24} {'frames/s':>8} {'made/s':>10} {'× time':>8} {'× wall':>8}")
    every = {}
    for name in names:
        every[name] = figures([flight(name, 1)])
        print(line(name, every[name]), flush=True)
    busiest = max(every, key=lambda name: every[name]["frames_per_flight_s"])
    found = figures([flight(busiest, 100 + seed) for seed in range(options.rounds)])
    print(line(f"{busiest}, median of {options.rounds}", found))
    for state in ("cold", "warm"):
        seconds = (
            f"{first[f'{state}_processor_s']:.1f} s of the processor, {first[f'{state}_wall_s']:.1f} s of the wall"
        )
        print(f"first flight of a process, {state} cache of machine code: {seconds}")
    print(f"{found['times_real_time']:.0f} × real time on one core; at least {TARGET:.0f} is asked")
    report = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.processor() or platform.machine(),
        "yawstring": metadata.version("yawstring"),
        "numba": metadata.version("numba"),
        "rounds": options.rounds,
        "busiest": busiest,
        "busiest_figures": found,
        "first_flight": first,
        "scenarios": every,
    }
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
