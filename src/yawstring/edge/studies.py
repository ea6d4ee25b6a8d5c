"""A search as an Optuna study in a database: who runs what, what came of it, and the weights that are gone on from.

The study is the only state: kill every process and start again, and nothing is lost but the trials that ran. A trial is
claimed by entering it: the database numbers entries one after another, and of two for one place the lower number has
it. A process that runs trials beats; one that has not beaten for :attr:`Study.grace_s` by the *observer's* clock has
lost its trials to the others. Weights lie in a table of our own beside Optuna's, for all machines that share it.
"""

import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from yawstring.edge.study_records import Record, record
from yawstring.edge.study_weights import WeightTable
from yawstring.learn.search.detectors import effort_of
from yawstring.learn.search.parameters import Choice, Parameter, Value
from yawstring.learn.search.schedule import Effort, Job, Schedule, Slot, is_over, next_job
from yawstring.learn.search.space import Space
from yawstring.models.base import Json

if TYPE_CHECKING:
    import optuna

LOST = "lost: its process ended or fell silent"
DOUBLE = "double: another process had claimed this place first"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A trial that is this process's to run."""

    trial: int
    job: Job
    root: Slot
    values: Mapping[str, Value]


@dataclass
class Study:
    """A study that is open.

    Attributes:
        schedule: What is tried.
        space: What may be chosen.
        seed: Of the draws.
        alone: Nobody else may run trials of this study, so that those found running are lost.
        grace_s: Silence after which another process has lost its trials.
        clock: What silence is timed by, in seconds.
    """

    schedule: Schedule
    space: Space
    seed: int
    alone: bool
    grace_s: float
    _study: "optuna.Study"
    _weights: "WeightTable"
    clock: Callable[[], float] = time.monotonic
    _owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _mine: set[int] = field(default_factory=set)
    _seen: dict[int, tuple[int, float]] = field(default_factory=dict)
    _drawn: list[dict[str, Value]] = field(default_factory=list)
    _draws: Iterator[dict[str, Value]] | None = None
    _beats: int = 0

    def claim(self) -> Claim | None:
        """The next trial for this process, or ``None`` where there is none for now."""
        with self._lock:
            living = self._living()
            return self._claim_sampled(living) if self.schedule.method == "tpe" else self._claim_scheduled(living)

    def is_over(self) -> bool:
        """Whether every trial has ended."""
        with self._lock:
            done, taken = _standing(self._living())
        if self.schedule.method == "tpe":
            return len(done) >= self.schedule.trials
        return is_over(self.schedule, done, taken)

    def report(self, claim: Claim, epoch: int, score: float) -> None:
        """Enter an epoch.

        Raises:
            LostError: The others have given the trial up.
        """
        with _owned():
            self._storage.set_trial_intermediate_value(claim.trial, epoch, score)

    def finish(
        self, claim: Claim, score: float, *, best_epoch: int, history: list[Json], weights: bytes | None
    ) -> None:
        """Enter what a trial came to; its weights go first, so that whoever sees it ended finds them.

        Raises:
            LostError: The others have given the trial up.
        """
        if weights is not None:
            self._weights.put(str(claim.job.slot), weights)
        with self._lock, _owned():
            self._storage.set_trial_user_attr(claim.trial, "best_epoch", best_epoch)
            self._storage.set_trial_user_attr(claim.trial, "history", history)
            self._storage.set_trial_state_values(claim.trial, state=_state("COMPLETE"), values=[score])
            self._mine.discard(claim.trial)

    def give_up(self, claim: Claim) -> None:
        """Give a trial back, so that it is run again."""
        with self._lock:
            self._fail(claim.trial, "given back")
            self._mine.discard(claim.trial)

    def weights(self, slot: Slot) -> bytes:
        """What a promoted trial goes on from."""
        return self._weights.get(str(slot))

    def beat(self) -> None:
        """Say that this process lives; call it well within :attr:`grace_s`."""
        self._beats += 1
        for trial in list(self._mine):
            try:
                with _owned():
                    self._storage.set_trial_user_attr(trial, "beat", self._beats)
            except LostError:
                self._mine.discard(trial)

    def records(self) -> list[Record]:
        """Every trial but those that were claimed twice, by number."""
        return [record(trial) for trial in self._trials() if "slot" in trial.user_attrs and _reason(trial) != DOUBLE]

    def close(self) -> None:
        """Let go of the database."""
        self._storage.remove_session()
        self._weights.engine.dispose()

    @property
    def _storage(self) -> Any:  # noqa: ANN401  # Optuna's storages have no common public type
        return self._study._storage

    def _trials(self) -> list["optuna.trial.FrozenTrial"]:
        return self._study.get_trials(deepcopy=False)

    def _alive(self) -> list["optuna.trial.FrozenTrial"]:
        return _alive(self._trials())

    def _claim_scheduled(self, living: "list[optuna.trial.FrozenTrial]") -> Claim | None:
        while True:
            done, taken = _standing(living)
            told = {trial.user_attrs["slot"]: trial.user_attrs for trial in living}
            job = next_job(self.schedule, done, taken, self._effort(told) if self.schedule.promotes else None)
            if job is None:
                return None
            parent = told[str(job.parent)] if job.parent else None
            values = cast("dict[str, Value]", parent["values"]) if parent else self._draw(job.draw or 0)
            root = Slot.of(parent["root"]) if parent else job.slot
            number = self._enter(job, root, values)
            if number is not None:
                return Claim(trial=number, job=job, root=root, values=values)
            living = self._alive()

    def _enter(self, job: Job, root: Slot, values: Mapping[str, Value]) -> int | None:
        """Enter a trial; ``None`` where another process was first."""
        from optuna.trial import create_trial

        named = self.space.named()
        template = create_trial(
            state=_state("RUNNING"),
            params=dict(values),
            distributions={name: distribution(named[name]) for name in values},
            user_attrs=_attributes(job, root, values, self._owner),
        )
        trial = int(self._storage.create_new_trial(self._study._study_id, template_trial=template))
        rivals = [one for one in self._alive() if one.user_attrs["slot"] == str(job.slot)]
        if min(rivals, key=lambda one: one.number)._trial_id != trial:
            self._fail(trial, DOUBLE)
            return None
        self._mine.add(trial)
        return trial

    def _claim_sampled(self, living: "list[optuna.trial.FrozenTrial]") -> Claim | None:
        """A trial of Optuna's sampler; the number in the study is its place."""
        if len(living) >= self.schedule.trials:
            return None
        asked = self._study.ask()
        values = _suggested(asked, self.space)
        slot = Slot(0, 0, 0, asked.number)
        job = Job(slot=slot, parent=None, draw=None, first_epoch=0, epochs=self.schedule.max_epochs)
        for name, value in _attributes(job, slot, values, self._owner).items():
            asked.set_user_attr(name, value)
        lower = [trial for trial in self._alive() if trial.number < asked.number]
        if len(lower) >= self.schedule.trials:
            self._fail(asked._trial_id, DOUBLE)
            return None
        self._mine.add(asked._trial_id)
        return Claim(trial=asked._trial_id, job=job, root=slot, values=values)

    def _draw(self, number: int) -> dict[str, Value]:
        if self._draws is None:
            self._draws = self.space.draws(self.seed)
        while len(self._drawn) <= number:
            self._drawn.append(next(self._draws))
        return self._drawn[number]

    def _effort(self, told: Mapping[str, Mapping[str, Any]]) -> Effort:
        """About how long trials take, by what living ones were told."""

        def effort(source: int | Slot) -> float:
            values = told[str(source)]["values"] if isinstance(source, Slot) else self._draw(source)
            return effort_of(self.space.detector, values)

        return effort

    def _living(self) -> "list[optuna.trial.FrozenTrial]":
        """Trials that are alive, after giving up those of processes that are no more."""
        trials, now = self._trials(), self.clock()
        return _alive([trial for trial in trials if not self._buried(trial, now)])

    def _buried(self, trial: "optuna.trial.FrozenTrial", now: float) -> bool:
        """Whether a trial's process is no more; it is given up then."""
        number = trial._trial_id
        if trial.state != _state("RUNNING") or trial.user_attrs.get("owner") == self._owner:
            return False
        beat = int(trial.user_attrs.get("beat", 0))
        if number not in self._seen or self._seen[number][0] != beat:
            self._seen[number] = beat, now
        if not self.alone and now - self._seen[number][1] <= self.grace_s:
            return False
        self._fail(number, LOST)
        return True

    def _fail(self, trial: int, reason: str) -> None:
        try:
            with _owned():
                self._storage.set_trial_user_attr(trial, "reason", reason)
                self._storage.set_trial_state_values(trial, state=_state("FAIL"))
        except LostError:
            return  # somebody else was faster


class LostError(Exception):
    """The trial is no longer this process's: it fell silent, and the others have given it up."""


def distribution(parameter: Parameter) -> "optuna.distributions.BaseDistribution":
    """A parameter as Optuna has it."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(parameter, Choice):
        return CategoricalDistribution(parameter.choices)
    if parameter.whole:
        return IntDistribution(int(parameter.low), int(parameter.high), step=int(parameter.step or 1))
    with warnings.catch_warnings():  # Optuna says that a step which does not divide the range ends it early
        warnings.simplefilter("ignore", UserWarning)
        return FloatDistribution(parameter.low, parameter.high, log=parameter.log, step=parameter.step)


@contextmanager
def _owned() -> Iterator[None]:
    """Turns Optuna's word for a trial that has ended already into ours."""
    from optuna.exceptions import UpdateFinishedTrialError

    try:
        yield
    except UpdateFinishedTrialError as error:
        raise LostError from error


def _state(name: str) -> "optuna.trial.TrialState":
    from optuna.trial import TrialState

    return TrialState[name]


def _alive(trials: list["optuna.trial.FrozenTrial"]) -> list["optuna.trial.FrozenTrial"]:
    alive = _state("RUNNING"), _state("COMPLETE")
    return [trial for trial in trials if trial.state in alive and "slot" in trial.user_attrs]


def _standing(trials: list["optuna.trial.FrozenTrial"]) -> tuple[dict[Slot, float], set[Slot]]:
    """Scores of trials that are complete, in the order in which they ended, and those that run."""
    complete = [trial for trial in trials if trial.value is not None and trial.datetime_complete is not None]
    complete.sort(key=lambda trial: (trial.datetime_complete or datetime.min, trial.number))
    done = {Slot.of(trial.user_attrs["slot"]): float(trial.value or 0.0) for trial in complete}
    return done, {Slot.of(trial.user_attrs["slot"]) for trial in trials} - set(done)


def _attributes(job: Job, root: Slot, values: Mapping[str, Value], owner: str) -> dict[str, Any]:
    return {
        "slot": str(job.slot),
        "parent": str(job.parent) if job.parent else None,
        "root": str(root),
        "first_epoch": job.first_epoch,
        "epochs": job.epochs,
        "values": dict(values),
        "owner": owner,
    }


def _suggested(trial: "optuna.Trial", space: Space) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, parameter in space.named().items():
        if space.is_there(name, values):
            values[name] = cast("Value", trial._suggest(name, distribution(parameter)))
    return values


def _reason(trial: "optuna.trial.FrozenTrial") -> str | None:
    return cast("str | None", trial.user_attrs.get("reason"))
