"""How fast are scores: one window, and 1,024 at once, beside Keras with the same weights?

    python benchmarks/score.py [--rounds 5] [--json benchmarks/results/score.json]

The network is the reference notebook's: LSTM(64), Dense(64, relu), Dense(1, sigmoid) on windows of 5 rows of 55
columns. Each contender is a process of its own, loaded and warmed up before anything is measured; rounds go round all
of them, so that what else the machine does falls on all alike. Whoever is not asked sleeps.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TIME, FEATURES, UNITS, DENSE = 5, 55, 64, 64
BATCH = 1024
WINDOWS = 256
"""Different windows for one-window calls, so that none is scored twice in a row."""

TOLERANCE = 1e-5
"""How far scores of the same weights may lie apart."""

OURS = "yawstring (ONNX Runtime), 1 thread"
KERAS = "Keras, TensorFlow, its own threads"
CONTENDERS = {
    OURS: ("yawstring", 1),
    "yawstring (ONNX Runtime), 2 threads": ("yawstring", 2),
    KERAS: ("tensorflow", 0),
    "Keras, TensorFlow, 1 thread": ("tensorflow", 1),
    "Keras, JAX, its own threads": ("jax", 0),
}
"""What is measured: library and number of threads, 0 for what the library chooses."""

ONE, WHOLE = "one window", "batch"
CALLS = {"call": {ONE: 2000, WHOLE: 20}, "predict_on_batch": {ONE: 300, WHOLE: 20}, "predict": {ONE: 8, WHOLE: 4}}
"""Calls a round of each kind, so many that each kind takes a second at most."""

Array = NDArray[np.float32]
Score = Callable[[Array], Array]


def weights_and_windows() -> tuple[dict[str, Array], Array, Array]:
    random = np.random.default_rng(10)

    def draw(*shape: int) -> Array:
        return random.normal(0, 0.1, shape).astype(np.float32)

    weights = {
        "lstm/kernel": draw(FEATURES, 4 * UNITS),
        "lstm/recurrent_kernel": draw(UNITS, 4 * UNITS),
        "lstm/bias": draw(4 * UNITS),
        "dense_0/kernel": draw(UNITS, DENSE),
        "dense_0/bias": draw(DENSE),
        "output/kernel": draw(DENSE, 1),
        "output/bias": draw(1),
    }
    windows = random.normal(0, 1, (WINDOWS + BATCH, TIME, FEATURES)).astype(np.float32)
    return weights, windows[:WINDOWS], windows[WINDOWS:]


def yawstring_scores(weights: Mapping[str, Array], threads: int) -> dict[str, Score]:
    from yawstring.models.recurrent_graph import recurrent_graph
    from yawstring.models.scoring import open_scorer

    return {"call": open_scorer(recurrent_graph(weights, length=TIME), threads=threads)}


def keras_scores(weights: Mapping[str, Array], backend: str, threads: int) -> dict[str, Score]:
    os.environ |= {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if backend == "tensorflow" and threads:
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    import keras

    model = keras.Sequential(
        [
            keras.layers.Input((TIME, FEATURES)),
            keras.layers.LSTM(UNITS, name="lstm"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(DENSE, "relu", name="dense_0"),
            keras.layers.Dense(1, "sigmoid", name="output"),
        ]
    )
    for layer in model.layers:
        layer.set_weights([weights[f"{layer.name}/{variable.name}"] for variable in layer.weights])

    def predict(array: Array) -> Array:
        # Without its progress bar, which the notebook leaves on.
        return np.asarray(model.predict(array, verbose=0))

    def predict_on_batch(array: Array) -> Array:
        return np.asarray(model.predict_on_batch(array))

    return {"predict": predict, "predict_on_batch": predict_on_batch}


def serve(library: str, threads: int) -> None:
    """A contender: say what it gives for the batch, then measure a round for every line that comes in."""
    weights, windows, batch = weights_and_windows()
    scores = yawstring_scores(weights, threads) if library == "yawstring" else keras_scores(weights, library, threads)
    ones = [windows[place : place + 1] for place in range(WINDOWS)]
    given = {}
    for name, score in scores.items():
        given[name] = score(batch)[:, -1].tolist()
        for array in (*ones[:20], batch, batch):
            score(array)
    print(json.dumps(given), flush=True)
    for _ in sys.stdin:
        print(json.dumps({name: measure(name, score, ones, batch) for name, score in scores.items()}), flush=True)


def measure(name: str, score: Score, ones: list[Array], batch: Array) -> dict[str, list[float]]:
    """Seconds of every call of a round."""
    return {
        ONE: [seconds(score, ones[place % WINDOWS]) for place in range(CALLS[name][ONE])],
        WHOLE: [seconds(score, batch) for _ in range(CALLS[name][WHOLE])],
    }


def seconds(score: Score, array: Array) -> float:
    start = time.perf_counter()
    score(array)
    return time.perf_counter() - start


class Contender:
    """A process that measures when it is told to."""

    def __init__(self, library: str, threads: int) -> None:
        command = [sys.executable, __file__, "--serve", library, str(threads)]
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.given: dict[str, list[float]] = self.answer()

    def answer(self) -> dict:
        """The next line it says, as JSON."""
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            self.process.wait()
            self.errors.seek(0)
            sys.exit(f"a contender ended: {' '.join(map(str, self.process.args))}\n{self.errors.read()[-2000:]}")
        return json.loads(line)

    def round(self) -> dict[str, dict[str, list[float]]]:
        """Seconds of the calls of one round."""
        if self.process.stdin:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        """Let it end."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait(timeout=30)
        self.errors.close()


def run(rounds: int) -> dict[tuple[str, str], dict[str, list[list[float]]]]:
    """Seconds by contender and call, then by size, then by round."""
    contenders = {name: Contender(*what) for name, what in CONTENDERS.items()}
    expected = np.array(contenders[OURS].given["call"])
    for name, contender in contenders.items():
        for call, given in contender.given.items():
            apart = float(np.abs(np.array(given) - expected).max())
            if apart > TOLERANCE:
                sys.exit(f"{name}, {call}: scores are {apart:.1e} apart from ours: not the same network")
    found: dict[tuple[str, str], dict[str, list[list[float]]]] = {}
    for number in range(rounds):
        for name, contender in contenders.items():
            for call, times in contender.round().items():
                kept = found.setdefault((name, call), {ONE: [], WHOLE: []})
                for size in (ONE, WHOLE):
                    kept[size].append(times[size])
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    for contender in contenders.values():
        contender.close()
    return found


def summary(times: Mapping[str, list[list[float]]]) -> dict[str, float | list[float]]:
    one = [call for part in times[ONE] for call in part]
    whole = [call for part in times[WHOLE] for call in part]
    return {
        "one_window_us": statistics.median(one) * 1e6,
        "one_window_us_by_round": [statistics.median(part) * 1e6 for part in times[ONE]],
        "one_window_p99_us": float(np.quantile(one, 0.99)) * 1e6,
        "windows_per_s": BATCH / statistics.median(whole),
        "windows_per_s_by_round": [BATCH / statistics.median(part) for part in times[WHOLE]],
    }


def table(rows: Mapping[str, Mapping[str, float]], ours: str) -> str:
    lines = [
        "| | one window, µs, median (p99) | × ours | windows/s at batch 1,024 | ours × |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, row in rows.items():
        slower = row["one_window_us"] / rows[ours]["one_window_us"]
        faster = rows[ours]["windows_per_s"] / row["windows_per_s"]
        lines.append(
            f"| {name} | {row['one_window_us']:,.0f} ({row['one_window_p99_us']:,.0f}) | {slower:,.1f} "
            f"| {row['windows_per_s']:,.0f} | {faster:.2f} |"
        )
    return "\n".join(lines)


def targets(rows: Mapping[str, Mapping[str, float]], ours: str) -> dict[str, dict[str, float | bool]]:
    """What was asked for: at least so many times faster."""

    def target(least: float, ratio: float) -> dict[str, float | bool]:
        return {"at_least": least, "found": ratio, "met": ratio >= least}

    one, whole = rows[ours]["one_window_us"], rows[ours]["windows_per_s"]
    keras = {call: rows[f"{KERAS}: {call}"] for call in ("predict", "predict_on_batch")}
    alone = rows["Keras, TensorFlow, 1 thread: predict_on_batch"]
    return {
        "one window, against predict_on_batch": target(20, keras["predict_on_batch"]["one_window_us"] / one),
        "one window, against predict": target(1000, keras["predict"]["one_window_us"] / one),
        "batch on 1 thread, against predict_on_batch on Keras's own threads": target(
            1.5, whole / keras["predict_on_batch"]["windows_per_s"]
        ),
        "batch on 1 thread, against predict_on_batch on 1 thread": target(1.5, whole / alone["windows_per_s"]),
    }


def machine() -> dict[str, str | int | None]:
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    versions = {name: metadata.version(name) for name in ("onnxruntime", "keras", "tensorflow-cpu", "jax", "numpy")}
    return {"cpu": model, "cores": os.cpu_count(), "python": platform.python_version(), **versions}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "score.json")
    parser.add_argument("--serve", nargs=2, metavar=("LIBRARY", "THREADS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve[0], int(options.serve[1]))
        return
    started = time.perf_counter()
    found = run(options.rounds)
    rows = {name if call == "call" else f"{name}: {call}": summary(times) for (name, call), times in found.items()}
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "network": f"LSTM({UNITS}), Dense({DENSE}, relu), Dense(1, sigmoid) on {TIME} x {FEATURES}",
        "rounds": options.rounds,
        "seconds": time.perf_counter() - started,
        "rows": rows,
        "targets": targets(rows, OURS),
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{result['date']}, {result['machine']}\n")
    print(table(rows, OURS))
    print()
    for name, target in result["targets"].items():
        word = "met" if target["met"] else "MISSED"
        print(f"{word}: {name}: {target['found']:,.1f} x (at least {target['at_least']} x)")
    print(f"\nwritten: {options.json}, {result['seconds']:.0f} s")


if __name__ == "__main__":
    main()
