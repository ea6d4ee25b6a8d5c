"""How long does the notebook's search take? Ours beside Keras Tuner's, on the same windows and the same schedule.

    python benchmarks/search.py [--seeds 3] [--windows 17438] [--growth 1 10]

Hyperband with 10 epochs and a factor of 3 over the notebook's space: 30 trials, 120 epochs. Every seed makes windows of
its own; each contender runs in a fresh process, one after the other, the order turning from seed to seed. "Total"
begins with the windows in memory and nothing imported, and ends with the last trial: imports, tracing and compilation
are in it, for both. Ours finds an empty compilation cache. "Best" is the highest F1 on the validation windows, counted
as Keras counts it, the mean over batches.

Growth: trials a minute and the memory of ours as whole iterations of Hyperband are added, 30 trials each.

The ratio of CPU seconds is what to look at on a machine that has other work: waiting for a core is not in it.

What compiling costs: ours once with an empty compilation cache and once with the same one full.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from _windows import WINDOWS

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "search.json"

OURS, THEIRS = "yawstring", "keras-tuner"
AIM = 12.0
"""Times as fast, at least."""


def measure(name: str, seed: int, windows: int, *, trials: int = 1, cache: Path | None = None) -> dict[str, float]:
    """One search in a fresh process; with a compilation cache of its own, unless one is given."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "_search_contenders.py"), name, "--seed", str(seed), "--folder", folder]
        command += ["--windows", str(windows), "--trials", str(trials)]
        own = {"XDG_CACHE_HOME": str(cache or Path(folder) / "cache"), "TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **own})
    if done.returncode != 0:
        raise SystemExit(f"{name} failed with {done.returncode}:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    load = os.getloadavg()[0]
    print(
        f"seed {seed} {name}: {found['total_s']:.1f} s, CPU {found['cpu_s']:.1f} s, best {found['best']:.4f}, "
        f"load {load:.1f}",
        file=sys.stderr,
    )
    return {**found, "load": load}


def compare(seeds: int, windows: int) -> list[dict[str, Any]]:
    """Both contenders for every seed."""
    found = []
    for seed in range(1, seeds + 1):
        order = (OURS, THEIRS) if seed % 2 else (THEIRS, OURS)
        pair = {name: measure(name, seed, windows) for name in order}
        found.append(
            {
                "seed": seed,
                **pair,
                "ratio": pair[THEIRS]["total_s"] / pair[OURS]["total_s"],
                "cpu_ratio": pair[THEIRS]["cpu_s"] / pair[OURS]["cpu_s"],
            }
        )
    return found


def grow(iterations: list[int], windows: int) -> list[dict[str, float]]:
    """Ours, with so many iterations of Hyperband."""
    return [measure(OURS, 1, windows, trials=count) for count in iterations]


def compiled(windows: int) -> dict[str, float]:
    """Seconds with an empty compilation cache and with a full one."""
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = (measure(OURS, 1, windows, cache=Path(folder))["total_s"] for _ in range(2))
    return {"cold_s": cold, "warm_s": warm}


def show(pairs: list[dict[str, Any]], growth: list[dict[str, float]], compiling: dict[str, float]) -> None:
    """Print the tables in Markdown."""
    if pairs:
        print("| seed | yawstring, s | Keras Tuner, s | ratio | CPU ratio | best F1 | theirs | MiB | theirs |")
        print("|---|---|---|---|---|---|---|---|---|")
    for row in pairs:
        a, b = row[OURS], row[THEIRS]
        print(
            f"| {row['seed']} | {a['total_s']:.1f} | {b['total_s']:.1f} | {row['ratio']:.1f} | "
            f"{row['cpu_ratio']:.1f} | {a['best']:.4f} | "
            f"{b['best']:.4f} | {a['memory_mib']:.0f} | {b['memory_mib']:.0f} |"
        )
    if pairs:
        ratio = np.median([row["ratio"] for row in pairs])
        best = [np.mean([row[name]["best"] for row in pairs]) for name in (OURS, THEIRS)]
        print(f"\n{ratio:.1f} times as fast in the median (aim: {AIM:.0f}); mean best F1 {best[0]:.4f}, {best[1]:.4f}")
    if growth:
        print("\n| trials | s | trials a minute | MiB |\n|---|---|---|---|")
    for one in growth:
        rate = one["trials"] / one["total_s"] * 60
        print(f"| {one['trials']:.0f} | {one['total_s']:.1f} | {rate:.0f} | {one['memory_mib']:.0f} |")
    if compiling:
        print(f"\nempty compilation cache {compiling['cold_s']:.1f} s, full {compiling['warm_s']:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="seeds to compare both at; 0: none")
    parser.add_argument("--windows", type=int, default=WINDOWS)
    parser.add_argument(
        "--growth", type=int, nargs="*", default=[1, 10], help="iterations of Hyperband, 30 trials each"
    )
    parser.add_argument("--no-compiling", action="store_true", help="leave out what compiling costs")
    given = parser.parse_args()
    pairs = compare(given.seeds, given.windows)
    growth = grow(given.growth, given.windows)
    compiling = {} if given.no_compiling else compiled(given.windows)
    show(pairs, growth, compiling)
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    versions = {name: version(name) for name in ("jax", "keras", "keras-tuner", "optuna", "numpy")}
    record = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine, "versions": versions}
    RESULTS.parent.mkdir(exist_ok=True)
    found = {"pairs": pairs, "growth": growth, "compiling": compiling}
    RESULTS.write_text(json.dumps({**record, "windows": given.windows, **found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
