"""How long an epoch of each family of networks takes, for windows of three sizes, on one core.

    python benchmarks/epochs.py [--windows 10000] [--epochs 4] [--json FILE]

Every family has its default options. Rows are drawn at random: time depends on shapes, not on values. Printed are
seconds to the end of the first epoch, imports and compilation among them, and the fastest of the later epochs, also
scaled to 50,000 windows.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from yawstring.models.base import Epoch, Windows
from yawstring.models.engine.runtime import use_one_thread
from yawstring.models.registry import make_family

FAMILIES: dict[str, tuple[str, dict[str, object]]] = {
    "mlp": ("mlp", {}),
    "cnn": ("cnn", {}),
    "attention": ("attention", {}),
    "lstm": ("lstm", {}),
    "lstm, cell gru": ("lstm", {"cell": "gru"}),
    "lstm, bidirectional": ("lstm", {"bidirectional": True}),
}

SHAPES = ((5, 55), (20, 100), (50, 250))
"""Rows and features of a window."""

MANY = 50_000


def drawn(total: int, length: int, features: int) -> Windows:
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(total + length, features)).astype(np.float32)
    starts = np.arange(total)
    return Windows(rows=rows, starts=starts, length=length, labels=generator.integers(0, 2, total))


def timed(name: str, options: dict[str, object], windows: Windows, epochs: int) -> tuple[float, float]:
    """Seconds of the first epoch, and of the fastest later one."""
    stamps = [time.perf_counter()]

    def watch(epoch: Epoch) -> None:
        stamps.append(time.perf_counter())

    family = make_family(name, {**options, "epochs": epochs})  # type: ignore[arg-type]
    family.fit(windows, classes=2, seed=10, watch=watch)
    times = np.diff(stamps)
    return float(times[0]), float(times[1:].min())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    use_one_thread()
    found = []
    print(f"| family | window | first epoch, s | later epoch, s | {MANY:,} windows, s |\n|---|---|---|---|---|")
    for shape in SHAPES:
        windows = drawn(asked.windows, *shape)
        for label, (name, options) in FAMILIES.items():
            first, later = timed(name, options, windows, asked.epochs)
            many = later * MANY / asked.windows
            print(f"| {label} | {shape[0]} × {shape[1]} | {first:.2f} | {later:.3f} | {many:.1f} |", flush=True)
            found.append({"family": label, "window": shape, "first_s": first, "later_s": later, "many_s": many})
    if asked.json is not None:
        asked.json.write_text(json.dumps({"windows": asked.windows, "epochs": asked.epochs, "rows": found}, indent=2))


if __name__ == "__main__":
    main()
