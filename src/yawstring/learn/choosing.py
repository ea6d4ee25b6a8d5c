"""What is chosen once a detector is fitted: its calibration, its threshold, and when its rows make an incident.

All of it rests on the validation part alone, in that order, for a threshold on scores that are then recalibrated would
mean nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.learn import parts
from yawstring.learn.alarms import Choice, benign_tracks, choose_events, search, with_patience
from yawstring.learn.calibration import (
    Calibration,
    Method,
    fit_isotonic,
    fit_temperature,
    reliability,
)
from yawstring.learn.events import NEVER, EventSpec, Track
from yawstring.learn.incidents import Scores, last_rows, scored, scores_of, watched
from yawstring.learn.metrics import attack_score, likeliest_attack
from yawstring.learn.recipe import Recipe
from yawstring.learn.unknown import CALLED, Unknown, combine, novelty_score
from yawstring.models.base import Fitted, Json
from yawstring.schema import BENIGN
from yawstring.table.parts import ValidationPart, require


@dataclass(frozen=True, kw_only=True)
class ChoosingOptions:
    """What is chosen on the validation part.

    Attributes:
        calibrate: ``"temperature"``, ``"isotonic"``, ``"auto"`` (temperature for families that read scaled columns,
            isotonic for those that read them raw: trees), or ``"none"``.
        threshold: ``"validation"`` takes the threshold of an attack with the best macro-F1 (target ``"binary"``);
            ``"half"`` calls the likeliest class; a number is the threshold, chosen before.
        false_alarms_per_hour: Takes the lowest threshold that keeps to it instead.
        events: When rows make an incident, but for the thresholds.

    Raises:
        OptionError: Two thresholds are asked for, or a patient tier and nothing to choose its threshold by.
    """

    calibrate: Method = "none"
    threshold: Literal["half", "validation"] | float = "half"
    false_alarms_per_hour: float | None = None
    events: EventSpec = field(default_factory=EventSpec)

    def __post_init__(self) -> None:
        if self.threshold != "half" and self.false_alarms_per_hour is not None:
            raise OptionError("a threshold is chosen for macro-F1 or for false alarms an hour, not for both")
        if isinstance(self.threshold, float) and not 0 < self.threshold <= 1:
            raise OptionError(f"a threshold lies above 0 and is at most 1, not {self.threshold}")
        if self.events.patient is not None and self.false_alarms_per_hour is None:
            raise OptionError("the threshold of many rows is chosen for false alarms an hour: say how many")

    @property
    def needs_validation(self) -> bool:
        """Whether anything is to be chosen."""
        return self.calibrate != "none" or self.threshold == "validation" or self.false_alarms_per_hour is not None


def choose(
    fitted: Fitted, frame: pl.DataFrame, part: ValidationPart | None, recipe: Recipe, options: ChoosingOptions
) -> tuple[Recipe, dict[str, Json], list[str]]:
    """Choose for the detector.

    Args:
        fitted: The detector.
        frame: The table, for its clock and its episodes.
        part: The validation part.
        recipe: As far as it goes.
        options: What is to be chosen.

    Returns:
        The recipe with ``calibrations``, ``threshold``, ``events`` and ``unknown``; what is to be recorded of the
        choice; warnings.

    Raises:
        LeakError: ``part`` is no validation part.
        OptionError: There is none, or the choice cannot be made on it.
    """
    if fitted.beside is not None:
        recipe = replace(recipe, unknown=Unknown(), threshold=CALLED)
    if isinstance(options.threshold, float):
        recipe = replace(recipe, threshold=options.threshold)
    if not options.needs_validation:
        return _with_events(recipe, fitted.family, options.events, recipe.threshold), {}, []
    if part is None:
        raise OptionError("a threshold or a calibration is chosen on the validation part, and there is none")
    part = require(part, ValidationPart, "choosing a threshold")
    recipe, record = calibrate(fitted, part, recipe, options.calibrate)
    if options.threshold == "validation":
        recipe = replace(recipe, threshold=parts.choose_threshold(fitted, part, recipe))
    if options.false_alarms_per_hour is None:
        return _with_events(recipe, fitted.family, options.events, recipe.threshold), record, []
    told = []
    if fitted.beside is None:
        choice = choose_alarms(fitted, frame, part, recipe, options)
    else:
        unknown, choice = choose_unknown(fitted, frame, part, recipe, options)
        recipe, told = replace(recipe, unknown=unknown), _never(unknown)
    recipe = replace(recipe, threshold=choice.spec.threshold, events={**recipe.events, fitted.family: choice.spec})
    return recipe, record | {"false_alarms": choice.to_json()}, [*choice.warnings(), *told]


def choose_for_baselines(
    baselines: Sequence[Fitted],
    frame: pl.DataFrame,
    part: ValidationPart | None,
    recipe: Recipe,
    options: ChoosingOptions,
) -> tuple[Recipe, dict[str, Json]]:
    """The same rows make an incident, and the same false alarms are allowed, as for the detector they stand beside.

    Returns:
        The recipe with ``thresholds`` and ``events`` of every baseline; for the record ``baselines``, what was chosen
        of each.

    Raises:
        LeakError, OptionError: As for :func:`choose_alarms`.
    """
    if options.false_alarms_per_hour is None or part is None:
        return replace(recipe, events={one.family: options.events for one in baselines} | dict(recipe.events)), {}
    found = {one.family: choose_alarms(one, frame, part, recipe, options) for one in baselines}
    specs = {name: choice.spec for name, choice in found.items()}
    thresholds = {name: spec.threshold for name, spec in specs.items()}
    told: dict[str, Json] = {name: choice.to_json() for name, choice in found.items()}
    return replace(recipe, thresholds=thresholds, events=specs | dict(recipe.events)), {"baselines": told}


def choose_alarms(
    fitted: Fitted, frame: pl.DataFrame, part: ValidationPart, recipe: Recipe, options: ChoosingOptions
) -> Choice:
    """When a family's rows make an incident, for the false alarms an hour that were asked for.

    Raises:
        LeakError: ``part`` is no validation part.
        OptionError: The table has no clock, no class is benign, or the validation part has no benign time.
    """
    part = require(part, ValidationPart, "choosing a threshold")
    scores = scores_of(parts.score(fitted, part, recipe), recipe)
    if scores is None:
        raise OptionError(f"false alarms are those on benign rows, and no row is ({', '.join(recipe.classes)})")
    there = watched(frame, last_rows(part), scores)
    if there is None:
        raise OptionError("false alarms an hour need a column of time (time_ns, timestamp_c), and the table has none")
    budget = options.false_alarms_per_hour or 0.0
    return choose_events(there, options.events, budget, attacks=len(scores.names))


def choose_unknown(
    fitted: Fitted, frame: pl.DataFrame, part: ValidationPart, recipe: Recipe, options: ChoosingOptions
) -> tuple[Unknown, Choice]:
    """The thresholds of a classifier and the novelty detector beside it, for the false alarms an hour of both together.

    The classifier comes first and may spend half the budget; the threshold of novelty is then the lowest that keeps
    incidents of the two within the whole. Where there is a patient tier, both share the first half of the budget.

    Raises:
        LeakError: ``part`` is no validation part.
        OptionError: As for :func:`choose_alarms`, or there is no novelty detector.
    """
    if fitted.beside is None:
        raise OptionError(f"no novelty detector stands beside {fitted.family}")
    part = require(part, ValidationPart, "choosing a threshold")
    whole, patient = options.false_alarms_per_hour or 0.0, options.events.patient
    budget = whole if patient is None else whole / 2
    quick = replace(options.events, patient=None)
    half = replace(options, false_alarms_per_hour=budget / 2, events=quick)
    first = choose_alarms(replace(fitted, beside=None), frame, part, recipe, half).at
    known, novelty = (parts.score_known(one, part, recipe) for one in (fitted, fitted.beside))
    attacks = len(recipe.classes) - 1
    own = novelty_score(novelty)
    there = watched(frame, last_rows(part), Scores(score=own, named=np.zeros(len(own), np.int64), names=())) or ()

    def made(threshold: float) -> tuple[EventSpec, Sequence[Track]]:
        both = combine(known, novelty, Unknown(classifier_threshold=first, novelty_threshold=threshold))
        heard = scored(there, attack_score(both), likeliest_attack(both))
        return replace(quick, threshold=CALLED), benign_tracks(heard)

    benign = np.concatenate([np.zeros(0), *(track.score for track in benign_tracks(there))])
    choice = search(own, benign, made, budget, attacks=attacks)
    if patient is not None:
        tracks = made(choice.at)[1]
        every = np.concatenate([np.zeros(0), *(track.score for track in tracks)])
        choice = with_patience(choice, patient, every, tracks, whole, attacks=attacks)
    return Unknown(classifier_threshold=first, novelty_threshold=choice.at), choice


def _never(unknown: Unknown) -> list[str]:
    """What a person should know of thresholds that nothing reaches."""
    told = []
    if unknown.classifier_threshold >= NEVER:
        told.append("no threshold keeps the classifier to half of the false alarms asked for: it names no attack")
    if unknown.novelty_threshold >= NEVER:
        told.append("no threshold of novelty keeps to the false alarms asked for: no attack is called unknown")
    return told


def calibrate(fitted: Fitted, part: ValidationPart, recipe: Recipe, method: Method) -> tuple[Recipe, dict[str, Json]]:
    """Calibrate a family on the validation part.

    Returns:
        The recipe with its calibration, and for the record ``calibration``: what it is, and the reliability
        ``before`` and ``after``, both on the validation part.

    Raises:
        LeakError: ``part`` is no validation part.
        OptionError: An isotonic calibration is asked for, and no class is benign.
        MissingExtraError: scikit-learn is not installed, for an isotonic one.
    """
    if method == "none":
        return recipe, {}
    raw = replace(recipe, calibrations={})
    part = require(part, ValidationPart, "calibrating a detector")
    known, truth = parts.score_known(fitted, part, raw), parts.labels(part.truth, recipe)
    if method == "auto":
        method = "temperature" if recipe.encodings[fitted.family] == "scaled" else "isotonic"
    made = fit_temperature(known, truth) if method == "temperature" else _isotonic(known, truth, recipe)
    record: dict[str, Json] = {
        "method": method,
        "windows": len(part),
        "before": reliability(known, truth),
        "after": reliability(made.apply(known), truth),
    }
    return replace(recipe, calibrations={**recipe.calibrations, fitted.family: made}), {"calibration": record}


def _isotonic(known: NDArray[np.float32], truth: NDArray[np.int64], recipe: Recipe) -> Calibration:
    if recipe.classes[0] != BENIGN:
        raise OptionError("an isotonic calibration is of attack against benign, and no row is benign")
    return fit_isotonic(attack_score(known), truth > 0)


def _with_events(recipe: Recipe, family: str, events: EventSpec, threshold: float | None) -> Recipe:
    if threshold is not None and threshold > 0:
        events = replace(events, threshold=threshold)
    return replace(recipe, events={**recipe.events, family: events})
