"""Step 9 of the notebook: Keras Tuner's Hyperband over its space, by the F1 of the validation windows.

Schedule, space, promotion and objective are the notebook's (:mod:`yawstring.learn.search`): three brackets, 30
trials and 120 epochs for ten epochs. Only how long it takes is not.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from yawstring.app.console import Advance
from yawstring.app.notebook.measures import BATCH
from yawstring.app.notebook.network import Bars, Cut
from yawstring.errors import SplitError
from yawstring.learn.search.detectors import lstm_of
from yawstring.learn.search.parameters import Value
from yawstring.learn.search.schedule import Schedule
from yawstring.learn.search.space import NOTEBOOK
from yawstring.models.base import Json
from yawstring.models.recurrent import LSTM

if TYPE_CHECKING:
    from yawstring.edge.searching import Watchers
    from yawstring.edge.studies import Claim
    from yawstring.edge.study_records import Record
    from yawstring.learn.search.trial import Ended

FACTOR, WORKERS = 3, 2


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A trial of the search.

    Attributes:
        slot: Its place in the schedule: iteration, bracket, round, place.
        epochs: Epochs it and its parents have had.
        score: F1 of the validation windows at its best epoch, mean of batches.
        values: Its options.
    """

    slot: str
    epochs: int
    score: float
    values: Mapping[str, Value]

    def to_json(self) -> dict[str, Json]:
        """The trial as JSON."""
        return {"slot": self.slot, "epochs": self.epochs, "validation_f1": self.score, "values": dict(self.values)}


@dataclass(frozen=True, kw_only=True)
class Searched:
    """What the search found.

    Attributes:
        trials: In the order of the schedule.
        best: The one with the highest score.
        network: The best, to be fitted anew.
    """

    trials: tuple[Trial, ...]
    best: Trial
    network: LSTM


def search(cut: Cut, *, epochs: int, seed: int, bars: Bars) -> Searched:
    """Search as the notebook does.

    Args:
        cut: Windows of each part; the test part is not looked at.
        epochs: Epochs of the longest trials, and of the best when it is fitted anew.
        seed: Every random draw comes from it.
        bars: Opens a progress bar.

    Raises:
        SplitError: There is no validation part.
        MissingExtraError: Optuna is not installed.
    """
    from yawstring.edge.searching import search as run_trials
    from yawstring.edge.study_opening import open_study
    from yawstring.learn.search.material import Material
    from yawstring.learn.search.trial import TrialOptions

    if cut.validation is None:
        raise SplitError("the notebook's search chooses on validation windows, and there are none")
    schedule = Schedule(max_epochs=epochs, factor=FACTOR)
    options = TrialOptions(space=NOTEBOOK, objective="batch_f1", batch=BATCH, seed=seed)
    material = Material(train=cut.train, validation=cut.validation, classes=2)
    total = sum(one.size for one in schedule.rounds())
    with tempfile.TemporaryDirectory() as folder, bars("search", total) as advance:
        study = open_study(
            f"sqlite:///{Path(folder) / 'study.db'}", name="notebook", schedule=schedule, space=NOTEBOOK, seed=seed,
            asked={}, alone=True,
        )  # fmt: skip
        try:
            run_trials(study, {cut.train.length: material}, options, workers=WORKERS, watch=_watchers(advance))
            records = sorted(study.records(), key=lambda record: record.slot)
        finally:
            study.close()
    trials = tuple(_trial(record) for record in records if record.state == "complete")
    best = max(trials, key=lambda trial: trial.score)
    network = replace(lstm_of(best.values, epochs, BATCH), f1="batch")
    return Searched(trials=trials, best=best, network=network)


def _watchers(advance: Advance) -> "Watchers":
    from yawstring.edge.searching import Watchers

    best = -1.0

    def done(claim: "Claim", ended: "Ended") -> None:
        nonlocal best
        best = max(best, ended.score)
        advance(f"val_F1 {ended.score:.4f}  best so far {best:.4f}  {claim.job.epochs} epochs")

    return Watchers(done=done)


def _trial(record: "Record") -> Trial:
    return Trial(
        slot=str(record.slot), epochs=record.epochs, score=float(record.score or 0.0), values=dict(record.values)
    )
