"""Which signals of the aircraft show which lie? Every kind of false telemetry, told of every quantity.

    python benchmarks/falsified.py [--flights 8] [--lies 2] [--json benchmarks/results/falsified.json]

Benign flights of every style give each signal's 0.05 and 99.95 % quantiles. Then each lie is told on flights of other
seeds, one of each style. A signal's figure is the share of the lie's time, ten rows a second, that it lies beyond them.
The three that show a lie best are printed, each with its median while it is beyond, and the quantile that it has
passed. What stays near nothing cannot be seen by one signal alone.
"""

import argparse
import json
import sys
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl

from yawstring.edge.simulations import read_scenario
from yawstring.edge.telemetry import parse_telemetry
from yawstring.simulate.run import Simulated, simulate
from yawstring.table.frames import frames_table
from yawstring.table.fuse import fuse
from yawstring.table.signals import Rows, SignalOptions, measure
from yawstring.wire.decoder import decode

STYLES = ("hover", "moves", "sticks", "survey")
KINDS = ("bias", "drift", "freeze", "scale", "replay")
WHAT = ("height", "speed", "attitude", "battery")
OF_CRAFT = ("craft_", "command_", "both_")
QUANTILES = (0.0005, 0.9995)
WARM_UP_S = 10.0
LITTLE_VIDEO = "traffic.video_mbit_s=0.3"


def made(scenario: str, seed: int, *changes: str) -> Simulated:
    return simulate(read_scenario(scenario, changes=(LITTLE_VIDEO, "pilot.airborne_s=16", *changes)), seed)


def rows_of(flight: Simulated) -> Rows:
    log = parse_telemetry(flight.telemetry, name="telemetry.log").frame
    fused = fuse(frames_table(decode(flight.capture)), log).frame
    return measure(fused, SignalOptions(warm_up_s=WARM_UP_S))


def craft_only(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(name for name in frame.columns if name.startswith(OF_CRAFT))


def limits(flights: int) -> dict[str, tuple[float, float]]:
    """Each signal's quantiles over benign flights."""
    tables = []
    for number in range(flights):
        style, security = STYLES[number % len(STYLES)], ("open", "wpa2")[number // len(STYLES) % 2]
        flight = made(f"benign-{security}", 1000 + number, "duration_s=75", f'pilot.style="{style}"')
        tables.append(craft_only(rows_of(flight).frame))
        print(f"benign flight {number + 1} of {flights}, {style}", file=sys.stderr)
    joined = pl.concat(tables, how="diagonal").fill_null(float("nan"))
    arrays = {name: joined[name].to_numpy() for name in joined.columns}
    found = {}
    for name, values in arrays.items():
        if np.isfinite(values).any():
            low, high = np.nanquantile(values, QUANTILES)
            found[name] = (float(low), float(high))
    return found


def beyond(lie: Simulated, usual: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float, float]]:
    """Of each signal: share of the lie's rows beyond its quantiles, their median, and the quantile passed."""
    rows = rows_of(lie)
    episode = lie.episodes[0]
    during = (rows.time_ns >= episode.start_ns) & (rows.time_ns < episode.end_ns)
    found = {}
    for name in craft_only(rows.frame).columns:
        values = rows.frame[name].fill_null(float("nan")).to_numpy()[during]
        low, high = usual.get(name, (-np.inf, np.inf))
        above, below = values > high, values < low
        over, passed = (above, high) if above.sum() >= below.sum() else (below, low)
        if over.any():
            found[name] = (float((above | below).mean()), float(np.median(values[over])), passed)
    return found


def told(kind: str, what: str, careful: bool, seed: int, place: str) -> Simulated:
    return made(
        "telemetry-injected" if place == "injected" else f"telemetry-{kind}",
        seed,
        "duration_s=45",
        "attack.onset_s=22",
        "attack.length_s=15",
        f'attack.kind="telemetry_{kind}"',
        f'attack.what="{what}"',
        f"attack.careful={str(careful).lower()}",
        f'attack.place="{place}"',
        f'pilot.style="{STYLES[seed % len(STYLES)]}"',
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flights", type=int, default=8)
    parser.add_argument("--lies", type=int, default=2)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    usual = limits(asked.flights)
    lies = [(kind, what, careful, "source") for kind, what, careful in product(KINDS, WHAT, (False, True))]
    lies += [("bias", what, True, "injected") for what in WHAT]
    results = []
    for kind, what, careful, place in lies:
        for seed in range(asked.lies):
            flight = told(kind, what, careful, 2000 + seed, place)
            shown = beyond(flight, usual) if flight.episodes else {}
            best = sorted(shown.items(), key=lambda item: -item[1][0])[:3]
            how = "careful" if careful else "plain"
            text = "; ".join(f"{n} {s:.0%} ({m:.3g}, usual {q:.3g})" for n, (s, m, q) in best) or "nothing"
            print(f"{kind:7}{what:9}{how:8}{place:9}{STYLES[seed % 4]:7}| {text}", flush=True)
            results.append(
                {"kind": kind, "what": what, "careful": careful, "place": place, "seed": seed, "shown": shown}
            )
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps({"quantiles": QUANTILES, "limits": usual, "lies": results}, indent=1))


if __name__ == "__main__":
    main()
