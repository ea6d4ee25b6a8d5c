"""The detector that does best on the validation part: every candidate is fitted, one is kept, the test part unseen.

Each candidate is taken as it would be used: calibrated, with its own threshold, with novelty beside it if asked.
Without a budget of false alarms the highest macro-F1 wins; with one the most attacks found at that budget, then the
shorter median delay, then macro-F1; of equals the first. What a candidate reaches here flatters it, a network most, for
its epoch was chosen on the same part: the figure to quote is the winner's on the test part.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import cast

import polars as pl

from yawstring.errors import BundleError, OptionError
from yawstring.learn import parts
from yawstring.learn.choosing import ChoosingOptions, choose
from yawstring.learn.incidents import incidents_by_family
from yawstring.learn.metrics import confusion, rates
from yawstring.learn.recipe import Recipe, Trained
from yawstring.learn.train import TrainOptions, finish, fit, prepare, recipe_for
from yawstring.models.base import Epoch, Family, Fitted, Json
from yawstring.models.registry import make_family
from yawstring.models.trees import Forest
from yawstring.table.corpora import Table
from yawstring.table.parts import ValidationPart, require

EXTRA_TREES = "extra_trees"
"""A candidate that is a forest under a name of its own."""

_FIGURES = (int, float, type(None))
"""Types of what a candidate reached; ``True`` is no number."""

CANDIDATES = (EXTRA_TREES, "forest", "boosting", "lstm")
"""Who is tried unless others are named."""


def named_candidates(names: Sequence[str]) -> dict[str, Family]:
    """Candidates by name, with the options that each has by default.

    Raises:
        OptionError: There is no such detector, none is named, or one is named twice.

    Example:
        >>> list(named_candidates(("extra_trees", "majority")).values())
        [Forest(trees=100, depth=None, leaf=3, class_weights=False, extra=True), Majority()]
    """
    if not names:
        raise OptionError("no candidate is named: there is nothing to choose from")
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise OptionError(f"the candidate '{twice[0]}' is named twice")
    return {name: Forest(extra=True, leaf=3) if name == EXTRA_TREES else make_family(name) for name in names}


@dataclass(frozen=True, kw_only=True)
class Reached:
    """What a candidate reached on the validation part.

    Attributes:
        macro_f1: At its own threshold; NaN where the part lacks a class.
        threshold: From which it calls an attack; ``None``: the likeliest class is called.
        found: Attacks found at the budget of false alarms; ``None`` without a budget, and so the rest.
        episodes: Attacks that there were.
        false_alarms: In ``benign_hours``.
        benign_hours: Time without an attack.
        delay_s: Median time to detect; ``None`` where nothing was found, too.
    """

    macro_f1: float
    threshold: float | None = None
    found: int | None = None
    episodes: int | None = None
    false_alarms: int | None = None
    benign_hours: float | None = None
    delay_s: float | None = None

    @property
    def merit(self) -> tuple[float, float, float]:
        """Orders candidates, the best last.

        Example:
            >>> quick, slow = (Reached(macro_f1=0.5, found=3, delay_s=delay_s) for delay_s in (0.4, 2.0))
            >>> quick.merit > slow.merit > Reached(macro_f1=0.9, found=2, delay_s=0.1).merit
            True
        """
        delay_s = math.inf if self.delay_s is None else self.delay_s
        return self.found or 0, -delay_s, self.macro_f1

    def told(self) -> str:
        """In a few words.

        Example:
            >>> Reached(macro_f1=0.5).told(), Reached(macro_f1=0.5, found=3, episodes=4, delay_s=0.4).told()
            ('macro-F1 0.500', '3 of 4 found, median 0.40 s')
        """
        if self.found is None:
            return f"macro-F1 {self.macro_f1:.3f}"
        median = "" if self.delay_s is None else f", median {self.delay_s:.2f} s"
        return f"{self.found} of {self.episodes} found{median}"

    def to_json(self) -> dict[str, Json]:
        """What was reached as JSON; NaN is null."""
        return {**vars(self), "macro_f1": None if math.isnan(self.macro_f1) else self.macro_f1}


def train_best(
    table: Table, options: TrainOptions, candidates: Mapping[str, Family], told: Callable[[str], None] = lambda _: None
) -> Trained:
    """Fit every candidate on the training part, keep the one that does best on the validation part, and measure it.

    Args:
        table: A labelled table.
        options: As for :func:`~yawstring.learn.train.train`; each candidate takes the place of their detector.
        candidates: By name.
        told: Called with a word on each candidate, as often as :func:`steps_of` says.

    Returns:
        What :func:`~yawstring.learn.train.train` gives for the winner; ``candidates`` of its record says ``by`` what
        was chosen, the one ``chosen``, and what each ``reached``.

    Raises:
        OptionError: There is no validation part to choose by, or it cannot tell candidates apart; else as for
            :func:`~yawstring.learn.train.train`.
    """
    ways = {name: replace(options, detector=family) for name, family in candidates.items()}
    ready = prepare(table, options)
    if ready.choosing is None:
        raise OptionError("a detector is chosen on the validation part, and there is none: give it a share")
    if options.split.policy == "random" and options.choosing.false_alarms_per_hour is not None:
        raise OptionError("a random split leaves no attack whole to be found: choose detectors on whole recordings")
    made: dict[str, Fitted] = {}
    reached: dict[str, Reached] = {}
    for name, way in ways.items():
        made[name] = fit(ready, way, _watch(name, told) if steps_of(way.detector) > 1 else None)
        reached[name] = judge_candidate(
            made[name], ready.rows, ready.choosing, recipe_for(ready, way), options.choosing
        )
        told(f"{name}: {reached[name].told()}")
    chosen = max(reached, key=lambda name: reached[name].merit)
    trained = finish(ready, ways[chosen], made[chosen])
    return replace(trained, record={**trained.record, "candidates": _record(options.choosing, chosen, made, reached)})


def judge_candidate(
    fitted: Fitted, rows: pl.DataFrame, part: ValidationPart, recipe: Recipe, options: ChoosingOptions
) -> Reached:
    """What a candidate reaches on the validation part once its calibration and threshold are chosen there.

    Args:
        fitted: The candidate.
        rows: The rows that detectors read, for their clock and their attacks.
        part: The validation part.
        recipe: As far as it goes.
        options: What is chosen of every candidate.

    Raises:
        LeakError: ``part`` is no validation part.
        OptionError: It has no attack, or lacks a class, so that candidates cannot be told apart; or as for
            :func:`~yawstring.learn.choosing.choose`.
    """
    part = require(part, ValidationPart, "choosing a detector")
    recipe, _, _ = choose(fitted, rows, part, recipe, options)
    outcome = parts.outcome(fitted, part, recipe, recipe.threshold)
    matrix = confusion(outcome.truth, outcome.predicted, len(outcome.classes))
    reached = Reached(macro_f1=float(rates(matrix, outcome.over).macro_f1), threshold=recipe.threshold)
    if options.false_alarms_per_hour is None:
        if math.isnan(reached.macro_f1):
            lacking = [name for name, row in zip(recipe.classes, matrix, strict=True) if not row.sum()]
            raise OptionError(
                f"the validation part holds no window of class '{lacking[0]}', so that detectors cannot be told apart "
                "by macro-F1: give it a larger share"
            )
        return reached
    incidents = cast(
        "dict[str, Json]", incidents_by_family(rows, part, {fitted.family: outcome}, recipe)[fitted.family]
    )
    if not incidents["episodes"]:
        raise OptionError("the validation part holds no attack to be found: give it a larger share")
    figures = {name: incidents[name] for name in ("found", "episodes", "false_alarms", "benign_hours")}
    delay_s = cast("dict[str, float | None]", incidents["time_to_detect_s"])["median"]
    return replace(reached, **cast("dict[str, int]", figures), delay_s=delay_s)


def steps_of(family: Family) -> int:
    """How often a candidate is told of: after every epoch, if it counts in epochs, and when it has been judged."""
    return int(getattr(family, "epochs", 0)) + 1


def check_candidates(among: Mapping[str, Json]) -> None:
    """Refuse a record of candidates, from outside, that cannot be shown.

    Raises:
        BundleError: Something in it is missing, or of another type.
    """
    reached, chosen = among.get("reached"), among.get("chosen")
    names = [field.name for field in fields(Reached)]
    sound = (
        isinstance(among.get("by"), str)
        and isinstance(reached, dict)
        and isinstance(chosen, str)
        and chosen in reached
        and all(
            isinstance(one, dict) and all(name in one and type(one[name]) in _FIGURES for name in names)
            for one in reached.values()
        )
    )
    if not sound:
        raise BundleError("the record of candidates is not one of yawstring's")


def _watch(name: str, told: Callable[[str], None]) -> Callable[[Epoch], None]:
    def watch(epoch: Epoch) -> None:
        told(f"{name}: epoch {epoch.number}, loss {epoch.loss:.4f}")

    return watch


def _record(
    options: ChoosingOptions, chosen: str, made: Mapping[str, Fitted], reached: Mapping[str, Reached]
) -> dict[str, Json]:
    return {
        "by": "macro-F1" if options.false_alarms_per_hour is None else "attacks found, then delay",
        "chosen": chosen,
        "reached": {
            name: {"family": made[name].family, "options": dict(made[name].options), **one.to_json()}
            for name, one in reached.items()
        },
    }
