"""What is chosen once a detector is fitted: its calibration, its threshold, and when its rows make an incident.

All of it rests on the validation part alone, in that order, for a threshold on scores that are then recalibrated would
mean nothing.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl

from yawstring.errors import OptionError
from yawstring.learn import parts
from yawstring.learn.alarms import Choice, choose_events
from yawstring.learn.calibration import (
    Calibration,
    Method,
    fit_isotonic,
    fit_temperature,
    reliability,
)
from yawstring.learn.events import EventSpec
from yawstring.learn.incidents import last_rows, scores_of, watched
from yawstring.learn.metrics import Outcome, attack_score
from yawstring.learn.recipe import Recipe
from yawstring.models.base import Fitted, Json
from yawstring.models.registry import families
from yawstring.schema import BENIGN
from yawstring.table.parts import ValidationPart, require


@dataclass(frozen=True, kw_only=True)
class ChoosingOptions:
    """What is chosen on the validation part.

    Attributes:
        calibrate: ``"temperature"``, ``"isotonic"``, ``"auto"`` (temperature for families that read scaled columns,
            isotonic for those that read them raw: trees), or ``"none"``.
        threshold: ``"validation"`` takes the threshold of an attack with the best macro-F1 (target ``"binary"``), of a
            family that learns from benign windows alone its own;
            ``"half"`` calls the likeliest class.
        false_alarms_per_hour: Takes the lowest threshold that keeps to it instead.
        events: When rows make an incident, but for the threshold.

    Raises:
        OptionError: Two thresholds are asked for.
    """

    calibrate: Method = "none"
    threshold: Literal["half", "validation"] = "half"
    false_alarms_per_hour: float | None = None
    events: EventSpec = field(default_factory=EventSpec)

    def __post_init__(self) -> None:
        if self.threshold == "validation" and self.false_alarms_per_hour is not None:
            raise OptionError("a threshold is chosen for macro-F1 or for false alarms an hour, not for both")

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
        The recipe with ``calibrations``, ``threshold`` and ``events``; what is to be recorded of the choice; warnings.

    Raises:
        LeakError: ``part`` is no validation part.
        OptionError: There is none, or the choice cannot be made on it.
    """
    if not options.needs_validation:
        return _with_events(recipe, fitted.family, options.events, recipe.threshold), {}, []
    if part is None:
        raise OptionError("a threshold or a calibration is chosen on the validation part, and there is none")
    part = require(part, ValidationPart, "choosing a threshold")
    recipe, record = calibrate(fitted, part, recipe, options.calibrate)
    if options.threshold == "validation":
        recipe = replace(recipe, threshold=_for_macro_f1(fitted, part, recipe))
    if options.false_alarms_per_hour is None:
        return _with_events(recipe, fitted.family, options.events, recipe.threshold), record, []
    choice = choose_alarms(fitted, frame, part, recipe, options)
    recipe = replace(recipe, threshold=choice.spec.threshold, events={**recipe.events, fitted.family: choice.spec})
    return recipe, record | {"false_alarms": choice.to_json()}, choice.warnings()


def choose_beside(
    fitted: Fitted, frame: pl.DataFrame, part: ValidationPart | None, recipe: Recipe, options: ChoosingOptions
) -> tuple[Recipe, dict[str, Json]]:
    """Choose for a baseline what was chosen for the detector, so that their incidents are those of one budget.

    The recipe's ``threshold`` stays: it is the detector's.

    Args:
        fitted: The baseline.
        frame: The table, for its clock and its episodes.
        part: The validation part.
        recipe: As it was chosen for the detector.
        options: As they were for the detector.

    Returns:
        The recipe with the baseline's ``calibrations`` and ``events``; what is to be recorded of the choice.

    Raises:
        LeakError: ``part`` is no validation part.
        OptionError: There is none, or the choice cannot be made on it.
    """
    own = replace(recipe, threshold=None)
    chosen, record, _ = choose(fitted, frame, part, own, replace(options, threshold="half"))
    return replace(chosen, threshold=recipe.threshold), record


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
    told = parts.outcome(fitted, require(part, ValidationPart, "calibrating a detector"), raw)
    if method == "auto":
        method = "temperature" if recipe.encodings[fitted.family] == "scaled" else "isotonic"
    made = fit_temperature(told.probabilities, told.truth) if method == "temperature" else _isotonic(told)
    record: dict[str, Json] = {
        "method": method,
        "windows": len(part),
        "before": reliability(told.probabilities, told.truth),
        "after": reliability(made.apply(told.probabilities), told.truth),
    }
    return replace(recipe, calibrations={**recipe.calibrations, fitted.family: made}), {"calibration": record}


def _for_macro_f1(fitted: Fitted, part: ValidationPart, recipe: Recipe) -> float:
    """The best threshold; of a family that learns from benign windows alone its own, for it is to know no attack."""
    family = families().get(fitted.family)
    if family is None or family.learns == "labels":
        return parts.choose_threshold(fitted, part, recipe)
    half = np.full((1, 2), 0.5, np.float32)
    calibration = recipe.calibrations.get(fitted.family)
    return float((half if calibration is None else calibration.apply(half))[0, 1])


def _isotonic(told: Outcome) -> Calibration:
    if told.classes[0] != BENIGN:
        raise OptionError("an isotonic calibration is of attack against benign, and no row is benign")
    return fit_isotonic(attack_score(told.probabilities), told.truth > 0)


def _with_events(recipe: Recipe, family: str, events: EventSpec, threshold: float | None) -> Recipe:
    if threshold is not None and threshold > 0:
        events = replace(events, threshold=threshold)
    return replace(recipe, events={**recipe.events, family: events})
