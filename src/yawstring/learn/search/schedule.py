"""Which trial comes when: Hyperband (Li et al., 2018) as Keras Tuner runs it, random search, and ASHA.

A method is a pure function of what is done so far, so that a search can be killed and go on anywhere. Hyperband and
random search promote only when a whole round is done, and so come to the same trials whatever the number of workers.
ASHA (Li et al., 2020) promotes as soon as it may, so what it tries depends on the order in which trials end.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from yawstring.errors import OptionError

Method = Literal["hyperband", "asha", "tpe", "random"]
METHODS: tuple[Method, ...] = ("hyperband", "asha", "tpe", "random")


class Slot(NamedTuple):
    """A trial's place in the schedule.

    Attributes:
        iteration: Of Hyperband, from 0.
        bracket: The larger, the more is tried for a short time.
        round: Within the bracket.
        place: Within the round; for ASHA's promotions that of the parent.
    """

    iteration: int
    bracket: int
    round: int
    place: int

    def __str__(self) -> str:
        return ".".join(map(str, self))

    @classmethod
    def of(cls, text: str) -> "Slot":
        """The slot that ``str`` wrote."""
        iteration, bracket, number, place = map(int, text.split("."))
        return cls(iteration, bracket, number, place)


Effort: TypeAlias = Callable[[int | Slot], float]
"""About how long a trial takes for each epoch, by its draw or by its parent; only the order matters."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A trial to run.

    Attributes:
        slot: Its place.
        parent: Whose options and weights it goes on with; ``None``: it starts anew.
        draw: Which of the random draws it takes, if it starts anew.
        first_epoch: Epochs its parents have had.
        epochs: Epochs it will have had in the end.
    """

    slot: Slot
    parent: Slot | None
    draw: int | None
    first_epoch: int
    epochs: int


@dataclass(frozen=True, kw_only=True)
class Round:
    """A round of a bracket: ``size`` trials, each trained from ``first_epoch`` to ``epochs``."""

    iteration: int
    bracket: int
    number: int
    size: int
    first_epoch: int
    epochs: int

    def slot(self, place: int) -> Slot:
        """The slot of one of its trials."""
        return Slot(self.iteration, self.bracket, self.number, place)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What a search tries.

    Attributes:
        method: ``"hyperband"``, ``"asha"``, ``"tpe"`` (Optuna's sampler, each trial trained in full) or ``"random"``.
        max_epochs: Epochs of the longest trials.
        factor: One of so many trials is promoted, and trained so many times longer.
        trials: Hyperband: iterations of the whole; otherwise trials that start anew.

    Raises:
        OptionError: A value makes no sense.
    """

    method: Method = "hyperband"
    max_epochs: int = 10
    factor: int = 3
    trials: int = 1

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise OptionError(f"no method '{self.method}': {', '.join(METHODS)}")
        for name, least in (("max_epochs", 1), ("factor", 2), ("trials", 1)):
            if getattr(self, name) < least:
                raise OptionError(f"{name} must be at least {least}, not {getattr(self, name)}")

    @property
    def promotes(self) -> bool:
        """Whether trials go on with what others learnt."""
        return self.method in ("hyperband", "asha")

    def rounds(self) -> tuple[Round, ...]:
        """Every round in order; ASHA's later rounds have the size they may grow to.

        Example:
            >>> made = Schedule(max_epochs=10, factor=3).rounds()
            >>> [(one.bracket, one.size, one.epochs) for one in made]
            [(2, 12, 2), (2, 4, 4), (2, 2, 10), (1, 6, 4), (1, 2, 10), (0, 4, 10)]
            >>> sum(one.size for one in made), sum(one.size * (one.epochs - one.first_epoch) for one in made)
            (30, 120)
        """
        if self.method == "hyperband":
            return tuple(self._hyperband())
        if self.method == "asha":
            return tuple(self._asha())
        whole = Round(iteration=0, bracket=0, number=0, size=self.trials, first_epoch=0, epochs=self.max_epochs)
        return (whole,)

    def _hyperband(self) -> Iterator[Round]:
        """As Keras Tuner counts: its formulas in its order of operations, so that they round alike."""
        least = math.ceil(1 + math.log(self.max_epochs, self.factor))
        for iteration in range(self.trials):
            for bracket in reversed(range(_brackets(self.max_epochs, self.factor))):
                for number in range(bracket + 1):
                    size = math.ceil(least / (bracket + 1) * _power(self.factor, bracket - number))
                    yield Round(
                        iteration=iteration,
                        bracket=bracket,
                        number=number,
                        size=size,
                        first_epoch=self._epochs(bracket, number - 1) if number else 0,
                        epochs=self._epochs(bracket, number),
                    )

    def _asha(self) -> Iterator[Round]:
        bracket = _brackets(self.max_epochs, self.factor) - 1
        size = self.trials
        for number in range(bracket + 1):
            first = self._epochs(bracket, number - 1) if number else 0
            yield Round(
                iteration=0, bracket=bracket, number=number, size=size, first_epoch=first,
                epochs=self._epochs(bracket, number),
            )  # fmt: skip
            size //= self.factor

    def _epochs(self, bracket: int, number: int) -> int:
        return math.ceil(self.max_epochs / _power(self.factor, bracket - number))


def next_job(
    schedule: Schedule, done: Mapping[Slot, float], taken: Collection[Slot], effort: Effort | None = None
) -> Job | None:
    """The next trial to run, or ``None`` where there is none for now.

    What a round comes to does not depend on the order of its trials. With ``effort`` the longest goes first, so that
    what begins last is soon over and no worker waits long for another. ASHA does not look at it: there order counts.

    Args:
        schedule: What is tried.
        done: Score of every trial that has ended, the higher the better, in the order in which they ended.
        taken: Trials that somebody runs.
        effort: About how long trials take; ``None``: they run in their order.

    Example:
        >>> job = next_job(Schedule(), {}, {Slot(0, 2, 0, 0)})
        >>> job.slot, job.parent, job.epochs
        (Slot(iteration=0, bracket=2, round=0, place=1), None, 2)
    """
    rounds = schedule.rounds()
    if schedule.method == "asha":
        return _promotion(schedule, rounds, done, taken) or _open(rounds[:1], done, taken, None)
    return _open(rounds, done, taken, effort)


def is_over(schedule: Schedule, done: Mapping[Slot, float], taken: Collection[Slot]) -> bool:
    """Whether nothing is left to run and nobody runs anything."""
    return not set(taken) - set(done) and next_job(schedule, done, ()) is None


def ranked(slots: Sequence[Slot], scores: Mapping[Slot, float]) -> list[Slot]:
    """Best first; of equals the earlier, and what is no number last."""
    return sorted(slots, key=lambda slot: -math.inf if math.isnan(scores[slot]) else scores[slot], reverse=True)


def _open(
    rounds: Sequence[Round], done: Mapping[Slot, float], taken: Collection[Slot], effort: Effort | None
) -> Job | None:
    draw = 0
    before: Round | None = None
    for one in rounds:
        sources: Sequence[int | Slot] = range(draw, draw + one.size)
        if one.number:
            rivals = [before.slot(place) for place in range(before.size)] if before is not None else []
            sources = ranked(rivals, done)[: one.size] if all(slot in done for slot in rivals) else ()
        free = [place for place in range(len(sources)) if one.slot(place) not in done and one.slot(place) not in taken]
        if free:
            place = free[0] if effort is None else max(free, key=[effort(source) for source in sources].__getitem__)
            source = sources[place]
            return Job(
                slot=one.slot(place),
                parent=source if isinstance(source, Slot) else None,
                draw=None if isinstance(source, Slot) else source,
                first_epoch=one.first_epoch,
                epochs=one.epochs,
            )
        draw += 0 if one.number else one.size
        before = one
    return None


def _promotion(
    schedule: Schedule, rounds: Sequence[Round], done: Mapping[Slot, float], taken: Collection[Slot]
) -> Job | None:
    """The promotion into the highest rung that one can be made into: of a trial in the best of its rung's shares."""
    for one in reversed(rounds[1:]):
        below = [slot for slot in done if slot.round == one.number - 1]
        for parent in ranked(below, done)[: len(below) // schedule.factor]:
            slot = one.slot(parent.place)
            if slot not in done and slot not in taken:
                return Job(slot=slot, parent=parent, draw=None, first_epoch=one.first_epoch, epochs=one.epochs)
    return None


def _brackets(max_epochs: int, factor: int) -> int:
    count, epochs = 0, float(max_epochs)
    while epochs >= 1:
        epochs /= factor
        count += 1
    return count


def _power(base: int, exponent: int) -> int:
    """``base`` to a power that is no less than 0, as a whole number."""
    return int(base**exponent)
