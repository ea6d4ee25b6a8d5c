"""A search from end to end: split, trials, refit, test, report."""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from yawstring.app.console import err, note_runtime
from yawstring.errors import OptionError
from yawstring.learn.search.schedule import Schedule
from yawstring.learn.search.space import Space
from yawstring.learn.train import TrainOptions, train, versions
from yawstring.models.base import Json
from yawstring.table.corpora import Table
from yawstring.table.windows import WindowSpec

if TYPE_CHECKING:
    from yawstring.edge.studies import Study
    from yawstring.edge.study_records import Record
    from yawstring.learn.recipe import Trained
    from yawstring.learn.search.material import Material
    from yawstring.learn.search.objectives import Objective

FORMAT = "yawstring search report 1"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for on the command line.

    Attributes:
        folder: Where everything is written.
        schedule: What is tried when.
        space: What may be chosen.
        objective: What is to be highest.
        keep_adam: Promoted trials keep their Adam's memory.
        batch: Windows in a batch.
        workers: Trials at once.
        storage: A database that machines share; ``None``: a file in the folder.
        study: Name of the study in it.
        grace_s: Silence after which a machine has lost its trials.
        training: Split, columns and seed.
    """

    folder: Path
    schedule: Schedule
    space: Space
    objective: "Objective"
    keep_adam: bool
    batch: int
    workers: int
    storage: str | None
    study: str
    grace_s: float
    training: TrainOptions

    def to_json(self) -> dict[str, Json]:
        """Everything that the result of a trial depends on, but for the table."""
        own = self.training
        return {
            "method": self.schedule.method,
            "max_epochs": self.schedule.max_epochs,
            "factor": self.schedule.factor,
            "trials": self.schedule.trials,
            "detector": self.space.detector,
            "space": json.loads(json.dumps(self.space.to_json())),
            "objective": self.objective,
            "keep_adam": self.keep_adam,
            "batch": self.batch,
            "split": own.split.to_json(),
            "target": own.target,
            "labels": own.labels,
            "modality": own.modality,
            "seed": own.seed,
        }


def run(table: Table, asked: Asked, *, name: str) -> dict[str, Json]:
    """Search, refit the best on all that is not the test part, measure it there once, and write everything.

    Args:
        table: A labelled table.
        asked: What was asked for.
        name: Name of the file.

    Returns:
        What is written as ``search.json``.

    Raises:
        InputError: The table, the split, an option or the study cannot be used.
    """
    from yawstring.app.search_page import page
    from yawstring.edge.bundles import save
    from yawstring.edge.report import make_folder, write_page
    from yawstring.learn.search.material import materials, narrowed

    make_folder(asked.folder)
    note_runtime(workers=True)
    made = materials(table, asked.training, asked.space)
    asked = replace(asked, space=narrowed(asked.space, made))
    with opened(table, asked) as study:
        search(made, asked, study)
        records = [one for one in study.records() if one.state == "complete"]
    best = best_of(records)
    trained = refit(table, asked, best)
    save(trained, asked.folder / "model", force=True)
    found = report(asked, records, best, trained, name=name, digest=table.digest)
    (asked.folder / "search.json").write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    write_page(page(found), asked.folder / "search.html")
    return found


@contextmanager
def opened(table: Table, asked: Asked) -> "Iterator[Study]":
    """The study of a search; a file of its own is held against a second process.

    Raises:
        OptionError: Another process searches in this folder, or the study is of another search.
    """
    from yawstring.edge.study_opening import open_study

    path = asked.folder / "study.db"
    with (asked.folder / "study.lock").open("w") as lock:
        if asked.storage is None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OptionError(f"{asked.folder}: another process searches here; give --storage to share") from None
        study = open_study(
            asked.storage or f"sqlite:///{path}",
            name=asked.study,
            schedule=asked.schedule,
            space=asked.space,
            seed=asked.training.seed,
            asked={**asked.to_json(), "table": table.digest},
            alone=asked.storage is None,
            grace_s=asked.grace_s,
        )
        try:
            yield study
        finally:
            study.close()


def search(made: "Mapping[int, Material]", asked: Asked, study: "Study") -> None:
    """Run the trials that are left, and show how it goes."""
    from yawstring.app.search_screen import watching
    from yawstring.edge.searching import search as run_trials
    from yawstring.learn.search.trial import TrialOptions

    options = TrialOptions(
        space=asked.space, objective=asked.objective, batch=asked.batch, keep_adam=asked.keep_adam,
        seed=asked.training.seed,
    )  # fmt: skip
    if study.is_over():
        err.print("every trial of this search is done already", markup=False)
        return
    with watching(study, err) as watch:
        run_trials(study, made, options, workers=asked.workers, watch=watch)


def best_of(records: "list[Record]") -> "Record":
    """The trial with the highest score, the first in the schedule of equals."""
    return max(sorted(records, key=lambda one: one.slot), key=lambda one: one.score or 0.0)


def refit(table: Table, asked: Asked, best: "Record") -> "Trained":
    """Fit the best options on the training and validation parts together, and measure on the test part.

    The split is the same but for a validation part of nothing: the test part is drawn first, and so stays.
    """
    from yawstring.learn.search.detectors import SIGNALS_OF, family_of, reads

    values = best.values
    columns, threshold = str(values["columns"]), values["threshold"]
    signals = [name for names in SIGNALS_OF.values() for name in names]
    options = replace(
        asked.training,
        detector=family_of(asked.space.detector, values, epochs=best.best_epoch or best.epochs, batch=asked.batch),
        split=replace(asked.training.split, validation=0.0),
        window=WindowSpec(length=int(values["window"])),
        modality=asked.training.modality if columns == "all" else ("cyber" if columns == "cyber" else "physical"),
        without=tuple(name for name in signals if not reads(values, name)),
        choosing=replace(asked.training.choosing, threshold="half" if threshold == "half" else float(threshold)),
    )
    return train(table, options)


def report(
    asked: Asked, records: "list[Record]", best: "Record", trained: "Trained", *, name: str, digest: str
) -> dict[str, Json]:
    """Everything that came of a search, as JSON."""
    from yawstring.edge.importance import importances
    from yawstring.learn.evaluate import recorded

    return {
        "format": FORMAT,
        "table": {"file": name, "sha256": digest},
        "asked": asked.to_json(),
        "space_name": asked.space.name,
        "versions": versions(),
        "trials": [trial_to_json(one) for one in sorted(records, key=lambda one: one.slot)],
        "best": trial_to_json(best),
        "importance": {**importances(records, asked.space, seed=asked.training.seed)},
        "refit": {"epochs": best.best_epoch, "on": "training and validation part", "evaluation": recorded(trained)},
    }


def trial_to_json(record: "Record") -> dict[str, Json]:
    """A trial as JSON."""
    return {
        "slot": str(record.slot),
        "bracket": record.slot.bracket,
        "round": record.slot.round,
        "parent": str(record.parent) if record.parent else None,
        "first_epoch": record.first_epoch,
        "epochs": record.epochs,
        "values": dict(record.values),
        "score": record.score,
        "best_epoch": record.best_epoch,
        "history": [dict(one) for one in record.history],
        "seconds": record.seconds,
    }
