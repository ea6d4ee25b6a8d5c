"""How fast is the as-of join: a million frames and 100,000 rows of telemetry, beside pandas and Polars?

    python benchmarks/fuse.py [--frames 1000000] [--rows 100000] [--rounds 15] [--json benchmarks/results/fuse.json]

The same work for all: for each frame the last row at or before it, its values where it is no older than 0.3 s, and its
age in any case. Rounds go round all contenders in one process, so that what else the machine does falls on all alike;
ratios are of the same round. Before anything is timed, all must have given the same table.

The index alone is timed too: our loop beside NumPy's searchsorted.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from yawstring.table.fuse import FuseOptions, fuse, last_before

TOLERANCE_NS = 300_000_000
STATE_NS = 100_000_000
COLUMNS = (
    *("pitch_deg", "roll_deg", "yaw_deg", "velocity_x_m_s", "velocity_y_m_s", "velocity_z_m_s", "height_m", "tof_m"),
    *("baro_m", "battery_pct", "temperature_low_c", "temperature_high_c"),
    *("acceleration_x_m_s2", "acceleration_y_m_s2", "acceleration_z_m_s2"),
)
"""What a Tello says, flight time and mission pad apart."""

OURS, POLARS, PANDAS = "yawstring", "Polars join_asof", "pandas merge_asof"
INDEX_OURS, INDEX_NUMPY = "index alone: yawstring", "index alone: NumPy searchsorted"
Contender = Callable[[], object]


def tables(frames: int, rows: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Frames at random moments and states ten a second with gaps, so that some are stale."""
    random = np.random.default_rng(10)
    steps = STATE_NS + random.integers(-5_000_000, 5_000_000, rows)
    steps[random.random(rows) < 0.01] += 2_000_000_000
    received = 1_713_976_952_000_000_000 + np.cumsum(steps)
    heard = np.sort(random.integers(received[0] - 10**9, received[-1] + 10**9, frames))
    air = pl.DataFrame({"time_ns": heard, "frame.len": random.integers(14, 1600, frames)})
    return air, pl.DataFrame({"time_ns": received, **{name: random.normal(size=rows) for name in COLUMNS}})


def as_pandas(table: pl.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: table[name].to_numpy() for name in table.columns})


def numbers(column: pl.Series | pd.Series) -> np.ndarray:
    if isinstance(column, pl.Series):
        return column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return column.to_numpy(np.float64)


def contenders(air: pl.DataFrame, log: pl.DataFrame) -> dict[str, Contender]:
    options = FuseOptions(tolerance_s=TOLERANCE_NS / 1e9)
    air_pandas, log_pandas = (
        pd.DataFrame({name: table[name].to_numpy() for name in table.columns}) for table in (air, log)
    )
    log_pandas["received"] = log_pandas["time_ns"]
    with_time = log.with_columns(received=pl.col("time_ns"))
    times, rows = air["time_ns"].to_numpy().copy(), log["time_ns"].to_numpy().copy()

    def ours() -> pl.DataFrame:
        return fuse(air, log, options).frame

    def polars() -> pl.DataFrame:
        joined = air.lazy().join_asof(with_time.lazy(), on="time_ns", strategy="backward")
        age = pl.col("time_ns") - pl.col("received")
        values = [pl.when(age <= TOLERANCE_NS).then(pl.col(name)).alias(name) for name in COLUMNS]
        return joined.with_columns(*values, (age / 1e9).alias("telemetry_age_s")).drop("received").collect()

    def pandas() -> pd.DataFrame:
        joined = pd.merge_asof(air_pandas, log_pandas, on="time_ns")
        age = joined["time_ns"] - joined["received"]
        joined.loc[age > TOLERANCE_NS, list(COLUMNS)] = np.nan
        joined["telemetry_age_s"] = age / 1e9
        return joined.drop(columns="received")

    return {
        OURS: ours,
        POLARS: polars,
        PANDAS: pandas,
        INDEX_OURS: lambda: last_before(times, rows),
        INDEX_NUMPY: lambda: np.searchsorted(rows, times, side="right") - 1,
    }


def check(given: dict[str, Contender]) -> None:
    """All the same, or nothing is measured."""
    names = ["time_ns", "frame.len", *COLUMNS, "telemetry_age_s"]
    ours, polars, pandas = (given[name]() for name in (OURS, POLARS, PANDAS))
    for name in names:
        for other, table in ((POLARS, polars), (PANDAS, pandas)):
            if not np.allclose(numbers(ours[name]), numbers(table[name]), rtol=0, atol=1e-6, equal_nan=True):
                sys.exit(f"{other}: column {name} differs from ours")
    if not np.array_equal(given[INDEX_OURS](), given[INDEX_NUMPY]()):
        sys.exit("the index differs from NumPy's")


def run(given: dict[str, Contender], rounds: int) -> dict[str, list[float]]:
    """Seconds of each round by contender."""
    found: dict[str, list[float]] = {name: [] for name in given}
    for number in range(rounds):
        for name, contender in given.items():
            start = time.perf_counter()
            contender()
            found[name].append(time.perf_counter() - start)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return found


def summary(found: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Median seconds, and the median of each round's ratio to ours."""
    rows = {}
    for name, seconds in found.items():
        ours = found[INDEX_OURS if name in (INDEX_OURS, INDEX_NUMPY) else OURS]
        ratios = [theirs / own for theirs, own in zip(seconds, ours, strict=True)]
        ms = [1e3 * one for one in seconds]
        rows[name] = {"ms": statistics.median(ms), "ms_fastest": min(ms), "ratio": statistics.median(ratios)}
    return rows


def machine() -> dict[str, str | int | None]:
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    versions = {name: metadata.version(name) for name in ("numba", "numpy", "pandas", "polars")}
    return {"cpu": model, "cores": os.cpu_count(), "python": platform.python_version(), **versions}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "fuse.json")
    options = parser.parse_args()
    given = contenders(*tables(options.frames, options.rows))
    check(given)
    rows = summary(run(given, options.rounds))
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "frames": options.frames,
        "rows": options.rows,
        "columns": len(COLUMNS),
        "rounds": options.rounds,
        "seconds": rows,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{result['date']}, {result['machine']}")
    print(f"{options.frames:,} frames, {options.rows:,} rows of {len(COLUMNS)} columns, {options.rounds} rounds\n")
    print("| | ms, median | fastest, ms | × ours, median of rounds |\n|---|---:|---:|---:|")
    for name, row in rows.items():
        print(f"| {name} | {row['ms']:.1f} | {row['ms_fastest']:.1f} | {row['ratio']:.2f} |")
    print(f"\nwritten: {options.json}")


if __name__ == "__main__":
    main()
