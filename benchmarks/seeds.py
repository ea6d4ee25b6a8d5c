"""How far does the seed alone move the final F1? Ten seeds of Keras and ten of ours, on the same windows.

    python benchmarks/seeds.py [--table FUSED.csv] [--seeds 10] [--epochs 10]

A single run of either says little where their spreads overlap. With ``--table``, a table in the notebook's layout is
windowed and split as ``yawstring notebook`` does; without, the windows are made up (17,438 for training, a tenth of
that for testing), of the same shape. Each seed sets the initial weights, the order of the windows and the dropout; the
split stays. F1 is that of class 1 on the test windows after the last epoch, at a threshold of a half.
"""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from _windows import BATCH, DENSE, DROPOUT, UNITS, notebook_windows
from yawstring.models.base import Windows

RESULTS = Path(__file__).parent / "results" / "seeds.json"
STEPS = 32
"""Steps an execution for Keras; it changes no figure, only the time."""


def chosen(table: Path | None) -> tuple[Windows, Windows]:
    """Training and test windows."""
    if table is not None:
        return table_parts(table)
    train = notebook_windows(10)
    # The same rule on fresh rows: a part that no window of training has seen.
    test = notebook_windows(11)
    few = len(test) // 10
    return train, Windows(rows=test.rows, starts=test.starts[:few], length=test.length, labels=test.labels[:few])


def table_parts(table: Path) -> tuple[Windows, Windows]:
    """Training and test windows of a table in the notebook's layout, as the notebook's protocol cuts them."""
    from yawstring.app.notebook.protocol import cut, prepare
    from yawstring.edge.files import read_table

    prepared = prepare(read_table(table), seed=10)
    parts = cut(prepared.windows, prepared.parts)
    return parts.train, parts.test


def f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    """F1 of class 1."""
    hits = np.count_nonzero((truth == 1) & (predicted == 1))
    return 2 * hits / (np.count_nonzero(truth == 1) + np.count_nonzero(predicted == 1))


def ours(train: Windows, test: Windows, seed: int, epochs: int) -> float:
    from yawstring.models.recurrent import LSTM
    from yawstring.models.scoring import open_scorer

    family = LSTM(units=UNITS, dropout=DROPOUT, dense=DENSE, batch=BATCH, epochs=epochs)
    scores = open_scorer(family.fit(train, classes=2, seed=seed).graph).score(test)
    return f1(test.labels, scores[:, 1] > 0.5)


def theirs(train: Windows, test: Windows, seed: int, epochs: int) -> float:
    import keras

    keras.utils.set_random_seed(seed)
    x = train.gather()
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            keras.layers.LSTM(UNITS, unroll=True),
            keras.layers.Dropout(DROPOUT),
            *(keras.layers.Dense(width, activation="relu") for width in DENSE),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy", steps_per_execution=STEPS)
    model.fit(x, train.labels.astype(np.float32)[:, None], batch_size=BATCH, epochs=epochs, verbose=0)
    return f1(test.labels, model.predict(test.gather(), batch_size=1024, verbose=0)[:, 0] > 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, help="a table in the notebook's layout; made-up windows without it")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=10)
    given = parser.parse_args()
    # Keras on JAX: its fastest way here, and the backend changes rounding only.
    os.environ["KERAS_BACKEND"] = "jax"
    train, test = chosen(given.table)
    figures: dict[str, list[float]] = {"Keras": [], "yawstring": []}
    for seed in range(given.seeds):
        for name, fit in (("Keras", theirs), ("yawstring", ours)):
            figures[name].append(fit(train, test, seed, given.epochs))
            print(f"seed {seed} {name}: F1 {figures[name][-1]:.4f}", file=sys.stderr)
    print(f"{len(train)} windows for training, {len(test)} for testing, {given.epochs} epochs, {given.seeds} seeds\n")
    print("| F1 after the last epoch | mean | standard deviation | lowest | highest |")
    print("|---|---|---|---|---|")
    for name, values in figures.items():
        spread = f"{np.std(values, ddof=1):.4f}" if len(values) > 1 else ""
        print(f"| {name} | {np.mean(values):.4f} | {spread} | {min(values):.4f} | {max(values):.4f} |")
    record = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "epochs": given.epochs, "f1": figures}
    record |= {"windows": [len(train), len(test)], "table": given.table.name if given.table else None}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
