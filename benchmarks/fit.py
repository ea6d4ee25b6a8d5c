"""How long does the notebook's network train? Ours beside Keras's, on the same windows.

    python benchmarks/fit.py [--rounds 5] [--epochs 10]

Windows: 17,438 of 5 rows and 55 features, batches of 32; LSTM 64, dropout 0.3, dense 64, Adam; ten epochs. Every round
runs each contender in a fresh process, in an order that turns by one, so that a ratio is always between neighbours in
time. "Total" begins with the windows in memory and nothing imported and ends with the last epoch: imports, tracing and
compilation are in it, for all alike. The cold run of ours finds an empty compilation cache and fills it. Ours computes
on one core, as `yawstring train` does unless told otherwise; Keras has them all.

"As the notebook" is `fit` with Keras's progress bar, which it shows unless told otherwise, and the notebook's F1 as a
metric; ours reports an F1 every epoch too. "Bare" is without bar and metric, and so are Keras's other contenders.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "fit.json"

OURS, OURS_WARM = "yawstring", "yawstring, warm cache"
NOTEBOOK = "Keras on TensorFlow, as the notebook"
BARE = "Keras on TensorFlow, bare"
MANY = "Keras on TensorFlow, 545 steps an execution"
JAX, TUNED = "Keras on JAX, defaults", "Keras on JAX, tuned"
PRODUCTS = "matrix products alone, NumPy, one core"
CONTENDERS = (NOTEBOOK, OURS, MANY, TUNED, OURS_WARM, BARE, JAX, PRODUCTS)

RATIOS = (
    ("an epoch after the first", NOTEBOOK, OURS, "epoch_s", 9.0),
    ("total, cold", NOTEBOOK, OURS, "total_s", 6.0),
    ("total, warm cache", NOTEBOOK, OURS_WARM, "total_s", 10.0),
    ("an epoch after the first", BARE, OURS, "epoch_s", None),
    ("total, cold", BARE, OURS, "total_s", None),
    ("an epoch after the first", MANY, OURS, "epoch_s", None),
    ("total, cold", MANY, OURS, "total_s", None),
    ("an epoch after the first", JAX, OURS, "epoch_s", None),
    ("total, cold", JAX, OURS, "total_s", None),
    ("an epoch after the first", TUNED, OURS, "epoch_s", 2.0),
    ("total, cold", TUNED, OURS, "total_s", 2.0),
)
"""What is compared: label, theirs, ours, which time, and the ratio aimed at, if any."""


def measure(name: str, epochs: int, cache: Path) -> dict[str, float]:
    """Times of one contender in a fresh process."""
    command = [sys.executable, str(HERE / "_fit_contenders.py"), name, "--epochs", str(epochs)]
    if name in (OURS, OURS_WARM):
        command += ["--cache", str(cache)]
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1")}
    threads = {"OPENBLAS_NUM_THREADS": "1"} if name == PRODUCTS else {}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **quiet, **threads})
    if done.returncode != 0:
        raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
    times: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return times


def measure_all(rounds: int, epochs: int) -> dict[str, list[dict[str, float]]]:
    """Times of every contender, one a round."""
    times: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder:
        warm = Path(folder) / "warm"
        measure(OURS_WARM, 1, warm)
        for number in range(rounds):
            for name in (*CONTENDERS[number % len(CONTENDERS) :], *CONTENDERS[: number % len(CONTENDERS)]):
                cache = Path(folder) / f"cold{number}" if name == OURS else warm
                times[name].append(measure(name, epochs, cache))
                print(f"round {number + 1}/{rounds} {name}: {times[name][-1]['total_s']:.2f} s", file=sys.stderr)
    return times


def ratios(times: Mapping[str, list[dict[str, float]]]) -> list[dict[str, Any]]:
    """Theirs over ours within each round; the median over rounds, the lowest and the highest."""
    found = []
    for what, theirs, ours, key, target in RATIOS:
        each = [a[key] / b[key] for a, b in zip(times[theirs], times[ours], strict=True)]
        found.append(
            {"what": what, "theirs": theirs, "ours": ours, "target": target}
            | {"median": float(np.median(each)), "lowest": min(each), "highest": max(each)}
        )
    return found


def show(times: Mapping[str, list[dict[str, float]]], compared: list[dict[str, Any]]) -> None:
    """Print the two tables in Markdown."""
    print("| medians | s an epoch after the first | s to the end of the first | s in total | last loss |")
    print("|---|---|---|---|---|")
    for name, runs in times.items():
        medians = {key: np.median([run[key] for run in runs]) for key in runs[0]}
        loss = "" if np.isnan(medians["loss"]) else f"{medians['loss']:.4f}"
        print(f"| {name} | {medians['epoch_s']:.3f} | {medians['first_s']:.2f} | {medians['total_s']:.2f} | {loss} |")
    print("\n| times as fast, medians of pairs | theirs | ratio | lowest to highest | aimed at |")
    print("|---|---|---|---|---|")
    for row in compared:
        aim = "" if row["target"] is None else f"{row['target']:.0f}"
        spread = f"{row['lowest']:.1f} to {row['highest']:.1f}"
        print(f"| {row['what']} | {row['theirs']} | {row['median']:.1f} | {spread} | {aim} |")
    each = [a["epoch_s"] / b["epoch_s"] for a, b in zip(times[OURS], times[PRODUCTS], strict=True)]
    print(f"\nAn epoch of ours takes {np.median(each):.2f} times the matrix products alone.")


def tensorflow_version() -> dict[str, str]:
    """Version of TensorFlow under whichever of its names it is installed."""
    found = {name: version(name) for name in packages_distributions().get("tensorflow", []) if "tensorflow" in name}
    return dict(sorted(found.items())[:1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    given = parser.parse_args()
    times = measure_all(given.rounds, given.epochs)
    compared = ratios(times)
    show(times, compared)
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    libraries = {name: version(name) for name in ("jax", "keras", "numpy")} | tensorflow_version()
    record = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine, "versions": libraries}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({**record, "times": times, "ratios": compared}, indent=1) + "\n")


if __name__ == "__main__":
    main()
