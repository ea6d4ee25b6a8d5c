"""One contender of ``fit.py``, in a process of its own: trains on the same windows and prints its times as JSON.

    python benchmarks/_fit_contenders.py NAME [--cache FOLDER] [--epochs 10]

The clock starts when the windows lie in memory as NumPy arrays and nothing of the contender's library is imported, and
stops when the last epoch is done: imports, building, tracing, compiling and copying count for every contender alike.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from _windows import BATCH, DENSE, DROPOUT, UNITS, notebook_windows
from yawstring.models.base import Epoch, Windows

SEED = 10
STEPS = 545
"""Batches in an epoch of 17,438 windows, 32 each, the last of 30."""


def ours(windows: Windows, epochs: int, cache: Path | None) -> tuple[list[float], float]:
    from yawstring.edge.runtime import ready_training
    from yawstring.models.recurrent import LSTM

    if cache is not None:
        os.environ["XDG_CACHE_HOME"] = str(cache)
    if refused := ready_training():
        raise SystemExit(refused)
    stamps: list[float] = []
    losses: list[float] = []

    def watch(epoch: Epoch) -> None:
        stamps.append(time.perf_counter())
        losses.append(epoch.loss)

    family = LSTM(units=UNITS, dropout=DROPOUT, dense=DENSE, batch=BATCH, epochs=epochs)
    family.fit(windows, classes=2, seed=SEED, watch=watch)
    return stamps, losses[-1]


def batch_f1(y_true: Any, y_pred: Any) -> Any:  # noqa: ANN401  # tensors of whichever backend
    """The notebook's kind of metric, a plain function that Keras averages over batches."""
    from keras import ops

    y_true, y_pred = ops.cast(y_true, "float32"), ops.round(y_pred)
    hits = ops.sum(y_true * y_pred)
    precision, recall = hits / (ops.sum(y_pred) + 1e-7), hits / (ops.sum(y_true) + 1e-7)
    return 2 * precision * recall / (precision + recall + 1e-7)


def keras_fit(
    backend: str, *, unroll: bool = False, steps: int = 1, bar_and_metric: bool = False
) -> Callable[[Windows, int, Path | None], tuple[list[float], float]]:
    def train(windows: Windows, epochs: int, cache: Path | None) -> tuple[list[float], float]:
        os.environ["KERAS_BACKEND"] = backend
        x, y = windows.gather(), windows.labels.astype(np.float32)[:, None]
        import keras

        keras.utils.set_random_seed(SEED)
        model = keras.Sequential(
            [
                keras.Input(x.shape[1:]),
                keras.layers.LSTM(UNITS, unroll=unroll),
                keras.layers.Dropout(DROPOUT),
                *(keras.layers.Dense(width, activation="relu") for width in DENSE),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(
            optimizer=keras.optimizers.Adam(1e-3),
            loss="binary_crossentropy",
            metrics=[batch_f1] if bar_and_metric else None,
            steps_per_execution=steps,
        )
        stamps: list[float] = []
        stamp = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: stamps.append(time.perf_counter()))
        verbose = "auto" if bar_and_metric else 0
        history = model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=verbose, callbacks=[stamp]).history
        return stamps, history["loss"][-1]

    return train


def products(windows: Windows, epochs: int, cache: Path | None) -> tuple[list[float], float]:
    """The matrix products of the same epochs and nothing else: forward, gradient of states and of weights."""
    length, features = windows.length, windows.rows.shape[1]
    generator = np.random.default_rng(SEED)

    def matrix(*shape: int) -> np.ndarray:
        return generator.standard_normal(shape, dtype=np.float32)

    x, kernel, hidden, recurrent = (
        matrix(length * BATCH, features),
        matrix(features, 4 * UNITS),
        matrix(BATCH, UNITS),
        matrix(UNITS, 4 * UNITS),
    )
    before, d_z, d_step = (
        matrix((length - 1) * BATCH, UNITS),
        matrix(length * BATCH, 4 * UNITS),
        matrix(BATCH, 4 * UNITS),
    )
    dense = matrix(UNITS, DENSE[0])
    stamps = []
    for _ in range(epochs):
        for _ in range(STEPS):
            x @ kernel
            for _ in range(length - 1):
                hidden @ recurrent
                d_step @ recurrent.T
            x.T @ d_z
            before.T @ d_z[BATCH:]
            d_dense = hidden @ dense
            d_dense @ dense.T
            hidden.T @ d_dense
        stamps.append(time.perf_counter())
    return stamps, float("nan")


CONTENDERS = {
    "yawstring": ours,
    "yawstring, warm cache": ours,
    "Keras on TensorFlow, as the notebook": keras_fit("tensorflow", bar_and_metric=True),
    "Keras on TensorFlow, bare": keras_fit("tensorflow"),
    "Keras on TensorFlow, 545 steps an execution": keras_fit("tensorflow", steps=STEPS),
    "Keras on JAX, defaults": keras_fit("jax"),
    # Found by trying: unrolling gains, 32 steps an execution gain, batches cut beforehand or one thread lose.
    "Keras on JAX, tuned": keras_fit("jax", unroll=True, steps=32),
    "matrix products alone, NumPy, one core": products,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=CONTENDERS)
    parser.add_argument("--cache", type=Path, help="compilation cache, for contenders that can use one")
    parser.add_argument("--epochs", type=int, default=10)
    given = parser.parse_args()
    windows = notebook_windows(SEED)
    start = time.perf_counter()
    stamps, loss = CONTENDERS[given.name](windows, given.epochs, given.cache)
    total = stamps[-1] - start
    later = np.diff(stamps)
    print(
        json.dumps({"total_s": total, "epoch_s": float(np.median(later)), "first_s": stamps[0] - start, "loss": loss})
    )


if __name__ == "__main__":
    main()
