"""How fast are signals? Simulated frames, decoded and fused, on one core, by group and by part of the craft's.

    python benchmarks/signals.py [--flights 6] [--rounds 5] [--json benchmarks/results/signals.json]

Flights of ready scenarios, attacked and not, are decoded and fused first, and lie in memory. A pass compiles; the
median of the rounds counts. The whole set is timed as a user has it, a row each tenth of a second, and with a row for
every frame; each group alone with the inputs and roles that the step makes once for all.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from yawstring.edge.simulations import read_scenario
from yawstring.edge.telemetry import parse_telemetry
from yawstring.simulate.run import simulate
from yawstring.table.frames import frames_table
from yawstring.table.fuse import fuse
from yawstring.table.signals import GROUPS, SignalOptions, measure
from yawstring.table.signals.craft import PARTS
from yawstring.table.signals.craft_inputs import new_states, no_state
from yawstring.table.signals.group import Plan
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.plan import planned
from yawstring.table.signals.roles import Roles, roles_start, roles_step
from yawstring.wire.decoder import decode

SCENARIOS = ("benign-wpa2", "benign-open", "mdk4-deauth", "hostapd-twin", "replay-commands", "telemetry-freeze")


def fused(flights: int) -> list[pl.DataFrame]:
    made = [simulate(read_scenario(SCENARIOS[number % len(SCENARIOS)]), number) for number in range(flights)]
    return [
        fuse(frames_table(decode(one.capture)), parse_telemetry(one.telemetry, name="telemetry.log").frame).frame
        for one in made
    ]


def median_s(rounds: int, work: Callable[[], object]) -> float:
    """The median of some rounds, after one that does not count."""
    took = []
    for _ in range(rounds + 1):
        begun = time.process_time()
        work()
        took.append(time.process_time() - begun)
    return float(np.median(took[1:]))


class Ready:
    """A flight with what a step makes once for all groups."""

    def __init__(self, frame: pl.DataFrame, options: SignalOptions) -> None:
        times: np.ndarray = np.maximum.accumulate(frame["time_ns"].to_numpy())
        self.inputs = Inputs(frame=frame, time_ns=times)
        self.plan: Plan = planned(times, None, 0, options, None)[0]
        self.roles: Roles = roles_step(roles_start(None), self.inputs)[1]
        self.states = new_states(no_state(), self.inputs)


def by_group(ready: list[Ready], options: SignalOptions, rounds: int) -> dict[str, float]:
    """Seconds of each group, and of each part of the craft's."""
    took = {}
    for group in GROUPS:

        def work(group=group) -> None:  # noqa: ANN001
            for one in ready:
                group.step(group.start(options), one.inputs, one.roles, one.plan)

        took[type(group).__name__] = median_s(rounds, work)
    for part in PARTS:

        def work(part=part) -> None:  # type: ignore[misc] # noqa: ANN001
            for one in ready:
                out = np.empty((len(one.plan), len(part.signals)), np.float32)
                part.step(part.start(), one.states, one.inputs, one.roles, one.plan, out)

        took[f"  {type(part).__name__}"] = median_s(rounds, work)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flights", type=int, default=len(SCENARIOS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    tables = fused(asked.flights)
    count = sum(map(len, tables))
    results = []
    for options in (SignalOptions(), SignalOptions(every_s=None)):
        took = {"whole set": median_s(asked.rounds, lambda options=options: [measure(one, options) for one in tables])}
        took |= by_group([Ready(one, options) for one in tables], options, asked.rounds)
        print(f"\n{count:,} frames, a row every {options.every_s or 'frame'}, load {os.getloadavg()[0]:.1f}")
        for name, seconds in took.items():
            print(f"{name:20} {count / max(seconds, 1e-9):14,.0f} frames/s {1e9 * seconds / count:10.0f} ns a frame")
        results.append({"every_s": options.every_s, "frames": count, "seconds": took})
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
