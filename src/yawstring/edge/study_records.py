"""The trials of a study, read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from yawstring.learn.search.parameters import Value
from yawstring.learn.search.schedule import Slot
from yawstring.models.base import Json

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True, kw_only=True)
class Record:
    """A trial as the study holds it.

    Attributes:
        number: In the study.
        slot: Its place in the schedule.
        parent: Whom it goes on from.
        first_epoch: Epochs its parents had.
        epochs: Epochs it will have had.
        values: Its options.
        state: ``"running"``, ``"complete"`` or ``"fail"``.
        score: The objective, of one that is complete.
        best_epoch: When that was.
        history: Its epochs.
        seconds: From claim to end.
        steps: The objective of each epoch so far.
    """

    number: int
    slot: Slot
    parent: Slot | None
    first_epoch: int
    epochs: int
    values: Mapping[str, Value]
    state: str
    score: float | None
    best_epoch: int | None
    history: tuple[Mapping[str, Json], ...]
    seconds: float | None
    steps: Mapping[int, float]
    ended: datetime | None


def record(trial: "optuna.trial.FrozenTrial") -> Record:
    """A trial of ours as Optuna holds it."""
    told = trial.user_attrs
    ended = trial.datetime_complete
    return Record(
        number=trial.number,
        slot=Slot.of(told["slot"]),
        parent=Slot.of(told["parent"]) if told["parent"] else None,
        first_epoch=told["first_epoch"],
        epochs=told["epochs"],
        values=told["values"],
        state=trial.state.name.lower(),
        score=trial.value,
        best_epoch=told.get("best_epoch"),
        history=tuple(told.get("history", ())),
        seconds=(ended - trial.datetime_start).total_seconds() if ended and trial.datetime_start else None,
        steps=dict(trial.intermediate_values),
        ended=ended,
    )
