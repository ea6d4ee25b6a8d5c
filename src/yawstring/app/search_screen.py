"""How a search goes, for a person: a live table, plain lines when piped; and what came of it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from yawstring.learn.search.detectors import has_epochs
from yawstring.learn.search.schedule import Round, Schedule
from yawstring.models.base import Json

if TYPE_CHECKING:
    from yawstring.edge.searching import Watchers
    from yawstring.edge.studies import Claim, Study
    from yawstring.learn.search.trial import Ended

TOP = 10
"""Trials that a table of results shows."""


@dataclass
class Progress:
    """Where a search stands.

    Attributes:
        schedule: What is tried.
        began: When this process began, by a clock that only goes forward.
        done: Trials done, by iteration, bracket and round.
        epochs: Epochs done, those of earlier runs too.
        own_epochs: Epochs done since :attr:`began`.
        best: The highest score so far, and whose it is.
    """

    schedule: Schedule
    began: float = field(default_factory=time.monotonic)
    done: dict[tuple[int, int, int], int] = field(default_factory=dict)
    epochs: int = 0
    own_epochs: int = 0
    best: tuple[float, str] | None = None

    @classmethod
    def of(cls, study: "Study") -> "Progress":
        """Where a study stands that may have been begun earlier."""
        made = cls(schedule=study.schedule)
        for record in study.records():
            if record.state == "complete":
                made.count(record.slot[:3], record.epochs - record.first_epoch)
                made.see(record.score or 0.0, described(record.values))
        return made

    def count(self, where: tuple[int, ...], epochs: int) -> None:
        """Count a trial that is done."""
        iteration, bracket, number = where
        key = iteration, bracket, number
        self.done[key] = self.done.get(key, 0) + 1
        self.epochs += epochs

    def see(self, score: float, what: str) -> None:
        """Remember the best."""
        if self.best is None or score > self.best[0]:
            self.best = score, what

    @property
    def total_epochs(self) -> int:
        """Epochs of the whole schedule; of ASHA as many as there may be."""
        return sum(one.size * (one.epochs - one.first_epoch) for one in self.schedule.rounds())

    def left_s(self) -> float | None:
        """Seconds that the rest will take at the pace so far; ``None`` before there is a pace."""
        if not self.own_epochs:
            return None
        pace = (time.monotonic() - self.began) / self.own_epochs
        return pace * max(0, self.total_epochs - self.epochs)


@contextmanager
def watching(study: "Study", console: Console) -> "Iterator[Watchers]":
    """Watchers that keep a live table on a terminal, and print a line a trial elsewhere."""
    from yawstring.edge.searching import Watchers

    progress = Progress.of(study)
    live = Live(table(progress), console=console, refresh_per_second=4) if console.is_terminal else None

    def passed(claim: "Claim", epoch: object, score: float) -> None:
        progress.own_epochs += 1

    def done(claim: "Claim", ended: "Ended") -> None:
        job = claim.job
        progress.count(job.slot[:3], job.epochs - job.first_epoch)
        progress.see(ended.score, described(claim.values))
        if live is not None:
            live.update(table(progress))
        else:
            console.print(line(progress, claim, ended), markup=False)

    watch = Watchers(passed=passed, done=done)
    if live is None:
        yield watch
        return
    with live:
        yield watch


def table(progress: Progress) -> Table:
    """Brackets and rounds, best so far, time left."""
    made = Table("bracket", "round", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("epochs", "trials"):
        made.add_column(name, justify="right")
    for one in progress.schedule.rounds():
        done = progress.done.get((one.iteration, one.bracket, one.number), 0)
        made.add_row(f"{one.bracket}", f"{one.number}", _span(one), f"{done}/{one.size}")
    score, what = progress.best or (float("nan"), "none yet")
    left = progress.left_s()
    made.caption = Text(
        f"best so far {score:.4f}: {what}\n" + ("time left: unknown" if left is None else f"time left: {left:.0f} s")
    )
    made.caption_justify = "left"
    return made


def line(progress: Progress, claim: "Claim", ended: "Ended") -> str:
    """A trial that is done, in a line."""
    job, best = claim.job, progress.best[0] if progress.best else ended.score
    left = progress.left_s()
    rest = "" if left is None else f", {left:.0f} s left"
    return (
        f"trial {job.slot}: {ended.score:.4f} at epoch {ended.best_epoch} of {job.epochs} ({described(claim.values)}); "
        f"best {best:.4f}{rest}"
    )


def results(out: Console, found: Mapping[str, Json]) -> None:
    """Print the best trials, the options of the best, and what the refit is worth on the test part."""
    from yawstring.app.figures import show

    trials = cast("list[dict[str, Any]]", found["trials"])
    asked = cast("dict[str, Any]", found["asked"])
    made = Table("trial", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("epochs", asked["objective"]):
        made.add_column(name, justify="right")
    made.add_column("options", overflow="fold")
    for one in sorted(trials, key=lambda one: -one["score"])[:TOP]:
        made.add_row(one["slot"], str(one["epochs"]), f"{one['score']:.4f}", described(one["values"]))
    out.print(f"{len(trials)} trials, the best on the validation part first")
    out.print(made)
    best = cast("dict[str, Any]", found["best"])
    out.print("best options", style="bold")
    for name, value in best["values"].items():
        out.print(Text(f"  {name}: {value:g}" if isinstance(value, float) else f"  {name}: {value}"))
    refit = cast("dict[str, Any]", found["refit"])
    out.print(f"fitted anew{span(refit, asked)} on the {refit['on']}, and measured once on the test part:")
    show(refit["evaluation"], out)


def span(refit: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """For how long the best was fitted anew; nothing of what has no epochs.

    Example:
        >>> span({"epochs": 1}, {"detector": "lstm"}), span({"epochs": 1}, {"detector": "forest"})
        (' for 1 epoch', '')
    """
    if not has_epochs(asked["detector"]):
        return ""
    return f" for {refit['epochs']} epoch{'' if refit['epochs'] == 1 else 's'}"


def described(values: Mapping[str, Any]) -> str:
    """Options in short: widths from the LSTM on, dropouts likewise, and the rest.

    Example:
        >>> described({"units": 64, "dropout": 0.3, "layers": 1, "dense_0_units": 32, "dense_0_dropout": 0.1,
        ...            "learning_rate": 0.001, "window": 5, "columns": "all", "class_weights": False})
        'widths 64-32, dropout 0.3-0.1, rate 0.001, window 5'
    """
    words = _of_lstm(values) if "dense_0_units" in values else _of_others(values)
    words.append(f"window {values['window']}")
    words += [f"{values['columns']} columns"] if values["columns"] != "all" else []
    words += [f"threshold {values['threshold']:g}"] if values.get("threshold", "half") != "half" else []
    words += ["weighed classes"] if values["class_weights"] else []
    off = [name.removeprefix("signals_") for name, value in values.items() if name.startswith("signals_") and not value]
    return ", ".join([*words, *([f"without {' '.join(off)}"] if off else [])])


def _of_lstm(values: Mapping[str, Any]) -> list[str]:
    layers = range(int(values["layers"]))
    widths = "-".join(str(width) for width in (values["units"], *(values[f"dense_{one}_units"] for one in layers)))
    shares = (values["dropout"], *(values[f"dense_{one}_dropout"] for one in layers))
    dropout = "-".join(f"{share:g}" for share in shares)
    return [f"widths {widths}", f"dropout {dropout}", f"rate {values['learning_rate']:.2g}"]


_SAID_ELSEWHERE = ("window", "columns", "threshold", "class_weights")


def _of_others(values: Mapping[str, Any]) -> list[str]:
    own = {name: value for name, value in values.items() if not name.startswith("signals_")}
    return [
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in own.items()
        if name not in _SAID_ELSEWHERE
    ]


def _span(one: Round) -> str:
    return f"{one.first_epoch + 1}-{one.epochs}"
