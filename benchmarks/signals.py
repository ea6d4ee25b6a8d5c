"""How fast are signals measured: decoded frames of a simulated flight, fused with its telemetry, on one core?

    python benchmarks/signals.py [--scenario benign-wpa2] [--seconds 60] [--rounds 5] [--json results/signals.json]

The table is in memory and the compiled loops are warm before anything is timed. Each group is timed by itself on the
same inputs, roles and rows; the whole is what a stream's step takes, roles and the table of results included.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from yawstring.edge.simulations import read_scenario
from yawstring.edge.telemetry import parse_telemetry
from yawstring.schema import TIME
from yawstring.simulate.run import simulate
from yawstring.table.frames import frames_table
from yawstring.table.fuse import FuseOptions, fuse
from yawstring.table.signals import GROUPS, SignalOptions, measure
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.plan import planned
from yawstring.table.signals.roles import roles_start, roles_step
from yawstring.wire.decoder import decode

WHOLE, ROLES = "all, as a stream's step", "roles"


def table(scenario: str, seconds: float) -> pl.DataFrame:
    """Decoded and fused frames of one simulated flight."""
    made = simulate(read_scenario(scenario, changes=(f"duration_s={seconds}",)), 1)
    log = parse_telemetry(made.telemetry, name="telemetry.log")
    return fuse(frames_table(decode(made.capture)), log.frame, FuseOptions()).frame


def parts(frame: pl.DataFrame, options: SignalOptions) -> dict[str, Callable[[], object]]:
    """What is timed, each from a state that has heard nothing."""
    times = frame[TIME].to_numpy().copy()
    inputs = Inputs(frame=frame, time_ns=times)
    plan, _ = planned(times, None, 0, options, None)
    _, roles = roles_step(roles_start(options.drone), inputs)
    found: dict[str, Callable[[], object]] = {
        WHOLE: lambda: measure(frame, options),
        ROLES: lambda: roles_step(roles_start(options.drone), Inputs(frame=frame, time_ns=times)),
    }
    for group in GROUPS:
        found[type(group).__name__] = lambda group=group: group.step(
            group.start(options), Inputs(frame=frame, time_ns=times), roles, plan
        )
    return found


def medians(given: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each part; every part runs once untimed first."""
    found: dict[str, list[float]] = {name: [] for name in given}
    for number in range(rounds + 1):
        for name, part in given.items():
            start = time.perf_counter()
            part()
            if number:
                found[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="benign-wpa2")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "signals.json")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    frame = table(options.scenario, options.seconds)
    speeds = {name: len(frame) / s for name, s in medians(parts(frame, SignalOptions()), options.rounds).items()}
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "scenario": options.scenario,
        "frames": len(frame),
        "rounds": options.rounds,
        "load": os.getloadavg()[0],
        "frames_s": speeds,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{result['date']}, {len(frame):,} frames, load {result['load']:.1f}, slowest first\n")
    print("| | frames/s |\n|---|---:|")
    for name, speed in sorted(speeds.items(), key=lambda one: one[1]):
        print(f"| {name} | {speed:,.0f} |")


if __name__ == "__main__":
    main()
