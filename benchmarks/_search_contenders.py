"""One contender of ``search.py``, in a process of its own: searches the same windows and prints JSON.

    python benchmarks/_search_contenders.py NAME --seed 1 --folder FOLDER [--windows 17438] [--method hyperband]

The clock starts when the windows lie in memory and nothing of the contender's library is imported, and stops when the
last trial is done: imports, tracing and compiling count for both.
"""

import argparse
import json
import os
import resource
import time
from pathlib import Path
from typing import Any

from _windows import BATCH, WINDOWS, notebook_parts
from yawstring.models.base import Windows

EPOCHS, FACTOR = 10, 3


def ours(train: Windows, validation: Windows, given: argparse.Namespace) -> dict[str, Any]:
    from yawstring.edge.runtime import ready_training
    from yawstring.edge.searching import search
    from yawstring.edge.study_opening import open_study
    from yawstring.learn.search.material import Material
    from yawstring.learn.search.schedule import Schedule
    from yawstring.learn.search.space import NOTEBOOK
    from yawstring.learn.search.trial import TrialOptions

    ready_training(workers=True)
    schedule = Schedule(method=given.method, max_epochs=EPOCHS, factor=FACTOR, trials=given.trials)
    study = open_study(
        f"sqlite:///{given.folder}/study.db", name="search", schedule=schedule, space=NOTEBOOK, seed=given.seed,
        asked={}, alone=True,
    )  # fmt: skip
    options = TrialOptions(space=NOTEBOOK, objective="batch_f1", batch=BATCH, seed=given.seed)
    material = {train.length: Material(train=train, validation=validation, classes=2)}
    search(study, material, options, workers=given.workers)
    records = study.records()
    return {
        "best": max(record.score or 0 for record in records),
        "trials": len(records),
        "epochs": sum(record.epochs - record.first_epoch for record in records),
    }


def keras_tuner(train: Windows, validation: Windows, given: argparse.Namespace) -> dict[str, Any]:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import keras_tuner as kt

    from _fit_contenders import batch_f1

    def build(hp: Any) -> Any:  # noqa: ANN401
        layers = [
            keras.Input((train.length, train.rows.shape[1])),
            keras.layers.LSTM(hp.Int("units", 32, 128, step=32)),
            keras.layers.Dropout(hp.Float("dropout", 0.1, 0.5, step=0.1)),
        ]
        for number in range(hp.Int("layers", 1, 5)):
            layers.append(keras.layers.Dense(hp.Int(f"dense_{number}_units", 32, 128, step=32), activation="relu"))
            layers.append(keras.layers.Dropout(hp.Float(f"dense_{number}_dropout", 0.1, 0.5, step=0.1)))
        model = keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid")])
        rate = hp.Choice("learning_rate", [1e-3, 1e-4])
        model.compile(optimizer=keras.optimizers.Adam(rate), loss="binary_crossentropy", metrics=[batch_f1])
        return model

    x, y = (
        [part.gather() for part in (train, validation)],
        [part.labels.astype("float32")[:, None] for part in (train, validation)],
    )
    tuner = kt.Hyperband(
        build, objective=kt.Objective("val_batch_f1", "max"), max_epochs=EPOCHS, factor=FACTOR,
        hyperband_iterations=given.trials, seed=given.seed, directory=str(given.folder), project_name="search",
    )  # fmt: skip
    tuner.search(x[0], y[0], validation_data=(x[1], y[1]), batch_size=BATCH, verbose=0)
    trials = list(tuner.oracle.trials.values())
    spans = [trial.hyperparameters.values for trial in trials]
    return {
        "best": max(trial.score for trial in trials),
        "trials": len(trials),
        "epochs": sum(one["tuner/epochs"] - one["tuner/initial_epoch"] for one in spans),
    }


CONTENDERS = {"yawstring": ours, "keras-tuner": keras_tuner}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=CONTENDERS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--windows", type=int, default=WINDOWS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--method", default="hyperband")
    parser.add_argument("--trials", type=int, default=1)
    given = parser.parse_args()
    train, validation = notebook_parts(given.seed, windows=given.windows, held_out=given.windows // 8)
    start = time.perf_counter()
    found = CONTENDERS[given.name](train, validation, given)
    total = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    memory = used.ru_maxrss / 1024
    print(json.dumps({"total_s": total, "cpu_s": used.ru_utime + used.ru_stime, "memory_mib": memory, **found}))


if __name__ == "__main__":
    main()
