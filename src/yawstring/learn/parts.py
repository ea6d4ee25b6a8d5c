"""From parts of a table to the arrays of a detector: the one door through which anything is fitted, chosen or scored.

Families know nothing of tables, and tables nothing of families; here the two meet, and here the types of the parts are
enforced: :func:`fit` learns from a :class:`TrainPart` and lets epochs be chosen by a :class:`ValidationPart`,
:func:`choose_threshold` takes a :class:`ValidationPart`. Anything else is an error of mypy and a
:class:`~yawstring.errors.LeakError` at run time.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.learn.metrics import Outcome
from yawstring.learn.recipe import ATTACK, Recipe
from yawstring.learn.scoring import Scoring, open_member, open_scoring
from yawstring.models.base import Encoding, Family, Fitted, Watch, Windows
from yawstring.models.registry import families
from yawstring.schema import BENIGN, CLASSES, UNKNOWN
from yawstring.table.parts import Part, TrainPart, ValidationPart, require

CHUNK = 65_536
"""Windows encoded at once, so that months of table need no more memory than days."""


def class_names(truth: NDArray[np.str_], *, binary: bool) -> tuple[str, ...]:
    """Classes in the order of a detector's columns: benign first, then as the schema lists them, then by name.

    Raises:
        OptionError: Benign or attack is to be told apart, and nothing is benign.

    Example:
        >>> class_names(np.array(["replay", "benign", "dos"]), binary=False)
        ('benign', 'dos', 'replay')
        >>> class_names(np.array(["replay", "benign", "dos"]), binary=True)
        ('benign', 'attack')
    """
    there = set(np.unique(truth).tolist())
    if binary:
        if BENIGN not in there:
            raise OptionError(f"no row is benign ({', '.join(sorted(there))}): use the target 'class'")
        return (BENIGN, ATTACK)
    return tuple(name for name in CLASSES if name in there) + tuple(sorted(there - set(CLASSES)))


def labels(truth: NDArray[np.str_], recipe: Recipe) -> NDArray[np.int64]:
    """``int64[window]``: index of each window's class among the recipe's, that of ``unknown`` for any other.

    Raises:
        OptionError: A class is one that the detector does not know, and it has no class ``unknown``.
    """
    if recipe.target == "binary":
        return np.asarray(truth != BENIGN, np.int64)
    names, index = np.unique(truth, return_inverse=True)
    place = {name: column for column, name in enumerate(recipe.classes)}
    strange = sorted(set(names.tolist()) - set(place))
    if strange and not recipe.has_unknown:
        raise OptionError(
            f"the table holds class '{strange[0]}', which the detector does not know ({', '.join(recipe.classes)})"
        )
    return np.array([place.get(name, place.get(UNKNOWN)) for name in names.tolist()], np.int64)[index]


def windows(part: Part, recipe: Recipe, encoding: Encoding, *, labelled: bool = True) -> Windows:
    """The windows of a part as arrays, encoded as a family wants them; labels are 0 where they are not wanted."""
    return Windows(
        rows=recipe.encoder.transform(part.frame) if encoding == "scaled" else recipe.encoder.raw(part.frame),
        starts=part.starts,
        length=part.window.length,
        labels=labels(part.truth, recipe) if labelled else np.zeros(len(part), np.int64),
    )


def fit(
    family: Family,
    train: TrainPart,
    validation: ValidationPart | None,
    *,
    recipe: Recipe,
    seed: int,
    watch: Watch | None = None,
) -> Fitted:
    """Fit a family on the training part; epochs are chosen by the validation part.

    Raises:
        LeakError: A part is of another kind.
        OptionError, MissingExtraError: As for :meth:`Family.fit`.
    """
    learnt = windows(require(train, TrainPart, "fitting a detector"), recipe, family.encoding)
    chosen = None
    if validation is not None:
        chosen = windows(require(validation, ValidationPart, "choosing an epoch"), recipe, family.encoding)
    return family.fit(learnt, chosen, classes=len(recipe.known), seed=seed, watch=watch)


def score(fitted: Fitted, part: Part, recipe: Recipe) -> NDArray[np.float32]:
    """Probabilities of every window of a part, ``float32[window, class]``.

    A last class ``unknown`` has those that the novelty detector beside gives it, and none where there is no such.
    """
    scoring = open_scoring(fitted, recipe)
    scored = [scoring.probabilities(scoring.encode(chunk.frame), chunk.starts) for chunk in chunks(part)]
    return np.concatenate(scored) if scored else np.empty((0, len(recipe.classes)), np.float32)


def score_known(fitted: Fitted, part: Part, recipe: Recipe) -> NDArray[np.float32]:
    """Probabilities of the classes that a graph has, ``float32[window, class]``, by ONNX Runtime, calibrated."""
    scoring = Scoring(recipe=recipe, known=open_member(fitted, recipe))
    scored = [scoring.of_member(scoring.known, scoring.encode(chunk.frame), chunk.starts) for chunk in chunks(part)]
    return np.concatenate(scored) if scored else np.empty((0, fitted.classes), np.float32)


def outcome(fitted: Fitted, part: Part, recipe: Recipe, threshold: float | None = None) -> Outcome:
    """What a detector says about a part, beside the truth."""
    return Outcome(
        classes=recipe.classes,
        truth=labels(part.truth, recipe),
        probabilities=score(fitted, part, recipe),
        group=part.group,
        threshold=threshold,
    )


def outcomes(detector: Fitted, baselines: Iterable[Fitted], part: Part, recipe: Recipe) -> dict[str, Outcome]:
    """What a detector and the baselines beside it say about the same part, by family, each from its own threshold."""
    told = {detector.family: outcome(detector, part, recipe, recipe.threshold)}
    return told | {one.family: outcome(one, part, recipe, recipe.thresholds.get(one.family)) for one in baselines}


def choose_threshold(fitted: Fitted, part: ValidationPart, recipe: Recipe) -> float:
    """The threshold on the probability of an attack with the highest macro-F1 on the validation part.

    Of equally good ones the lowest; it lies halfway between two scores, so that it rests on neither.

    Raises:
        LeakError: ``part`` is no validation part.
        OptionError: There are more than two classes, or the family learns from benign windows alone: its threshold is
            one that benign windows keep to, and needs no attack.
    """
    family = families().get(fitted.family)
    if family is not None and family.learns == "benign":
        raise OptionError(
            f"{fitted.family} brings a threshold of its own: choose it for false alarms an hour, or leave it at half"
        )
    told = outcome(fitted, require(part, ValidationPart, "choosing a threshold"), recipe)
    if len(recipe.classes) != 2:
        raise OptionError(f"a threshold tells two classes apart, not {len(recipe.classes)}")
    order = np.argsort(-told.probabilities[:, 1], kind="stable")
    scores, attack = told.probabilities[order, 1].astype(np.float64), told.truth[order]
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    hits, called, attacks = np.cumsum(attack)[last], last + 1, attack.sum()
    benign_hits = len(attack) - attacks - (called - hits)
    f1 = 2 * hits / (called + attacks) + 2 * benign_hits / np.maximum(2 * len(attack) - called - attacks, 1)
    best = len(f1) - 1 - int(np.argmax(f1[::-1]))
    below = scores[last[best] + 1] if last[best] + 1 < len(scores) else 0.0
    return float((scores[last[best]] + below) / 2)


def chunks(part: Part) -> Iterator[Part]:
    """A part cut into parts of at most :data:`CHUNK` windows, each with only the rows it needs."""
    for first in range(0, len(part), CHUNK):
        starts = part.starts[first : first + CHUNK]
        low, high = int(starts.min()), int(starts.max()) + part.window.length
        yield Part(
            frame=part.frame[low:high],
            rows=part.rows[low:high],
            window=part.window,
            starts=starts - low,
            truth=part.truth[first : first + CHUNK],
            group=part.group[first : first + CHUNK],
        )
