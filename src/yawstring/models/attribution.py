"""What moved a detector's score, whatever its family, in shares that add up to the score where any do.

=========================  ======================  ============================================================
family                     method                  what the shares add up to
=========================  ======================  ============================================================
forests, ``threshold``     Shapley values          the probability of an attack, or of one class, exactly
``boosting``               Shapley values          the log-odds of a class, exactly
networks                   integrated gradients    the log-odds less that of a typical window, to the quadrature
``novelty``                what is left over       the log-odds of an attack, exactly: it is a sum as it stands
``svm`` and any other      occlusion               nothing: the loss with each feature hidden, one at a time
=========================  ======================  ============================================================

See :mod:`yawstring.models.contributions`, :mod:`yawstring.models.engine.gradients`, :mod:`yawstring.models.novelty`.
Occlusion puts a feature to its typical value throughout the window (Zeiler and Fergus, ECCV 2014); what features do
together is lost. The log-odds is that of the class against class 0.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import BundleError, MissingExtraError, OptionError
from yawstring.models.base import Fitted, Windows
from yawstring.models.contributions import FAMILIES, Contributions, contributions
from yawstring.models.networks import NetworkFamily
from yawstring.models.novelty import Novelty, left_over
from yawstring.models.registry import families
from yawstring.models.scoring import Scorer, open_scorer

Method = Literal["Shapley values", "integrated gradients", "what is left over", "occlusion"]
Scale = Literal["probability", "log-odds"]
Floats = NDArray[np.float64]

FIRST = 0
"""The class that log-odds are against: the benign one, where there is one."""

STEPS = 128
"""Points of the quadrature of integrated gradients: there are few windows to explain, and rectifiers have corners."""

LEAST_PROBABILITY = 1e-30
"""What an impossible class counts as in a logarithm."""

EXACT_WITHIN = 0.02
"""How far an exact sum may be from the score, as a share of it or of 1: float32 against float64 comes to far less."""

LOG_ODDS_MAX = 60.0
"""Beyond it a probability comes near the least that counts, and its log-odds are not to be had from it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Attribution:
    """What moved the scores of windows.

    Attributes:
        method: How that was found.
        scale: What the score is.
        score: ``float64[window]``, by ONNX Runtime, not calibrated; where its log-odds lie beyond
            :data:`LOG_ODDS_MAX` and an exact sum is to be had, by that.
        base: ``float64[window]``, the score of a window of which nothing is known, or of a typical one.
        values: ``float64[window, feature]``, what each feature moved it by.
        strongest: ``int64[window, feature]``, which of ``statistics`` moved it most; ``None`` where there are none.
        statistics: Names of the statistics of a window that the family reads.
    """

    method: Method
    scale: Scale
    score: Floats
    base: Floats
    values: Floats
    strongest: NDArray[np.int64] | None = None
    statistics: tuple[str, ...] = ()

    @property
    def rest(self) -> Floats:
        """``float64[window]``, what base and values leave unexplained of the score."""
        return np.asarray(self.score - self.base - self.values.sum(axis=1))


def is_network(family: str) -> bool:
    """Whether a family is one of networks, whose scores need JAX to be explained.

    Example:
        >>> is_network("lstm"), is_network("forest")
        (True, False)
    """
    kind = families().get(family)
    return kind is not None and issubclass(kind, NetworkFamily)


def explains_any(family: str) -> bool:
    """Whether a family's score of any class but the first can be taken apart, not only that of one class.

    Example:
        >>> explains_any("forest"), explains_any("boosting")
        (True, False)
    """
    return family == Novelty.name or (family in FAMILIES and family != "boosting")


def attribute(
    fitted: Fitted, windows: Windows, *, owner: NDArray[np.int64], typical: NDArray[np.float32], target: int | None
) -> Attribution:
    """Find what moved the scores of a fitted detector of any family.

    Args:
        fitted: The detector.
        windows: Windows as it takes them.
        owner: ``int64[input]``, which feature each column of the windows' rows belongs to, from 0.
        typical: ``float32[input]``, a typical benign row, encoded like the windows.
        target: The class whose score is looked at, not the first; ``None`` for any but the first, where
            :func:`explains_any` says so.

    Raises:
        OptionError: There is no such class, or shapes do not fit.
        MissingExtraError: JAX is not installed, for a network.
        BundleError: Trees were saved by an older version, or the weights are damaged or not those of the graph.

    Example:
        >>> from yawstring.models.trees import Forest
        >>> rows = np.random.default_rng(0).random((60, 2), dtype=np.float32)
        >>> windows = Windows(rows=rows, starts=np.arange(60), length=1, labels=(rows[:, 0] > 0.5).astype(np.int64))
        >>> fitted = Forest(trees=5).fit(windows, classes=2, seed=1)
        >>> told = attribute(fitted, windows, owner=np.arange(2), typical=np.full(2, 0.2, np.float32), target=1)
        >>> told.method, bool(np.abs(told.rest).max() < 1e-6), bool((np.abs(told.values).mean(axis=0)[0] > 0.3))
        ('Shapley values', True, True)
    """
    if target is not None and not 0 < target < fitted.classes:
        raise OptionError(f"a score of class 1 to {fitted.classes - 1} can be explained, not of {target}")
    if not len(owner) == len(typical) == windows.rows.shape[1]:
        raise OptionError(f"windows of {windows.rows.shape[1]} columns, owners of {len(owner)}, typical {len(typical)}")
    scorer = open_scorer(fitted.graph)
    scores = scorer.score(windows)
    if fitted.family == Novelty.name:
        told = left_over(fitted, windows)
        return _of_statistics(told, owner, "what is left over", "log-odds", _score(scores, None, "log-odds"))
    if explains_any(fitted.family):
        told = contributions(fitted, windows, target=target)
        return _of_statistics(told, owner, "Shapley values", "probability", _score(scores, target, "probability"))
    if target is None:
        raise OptionError(f"of '{fitted.family}' the score of one class can be explained: say which")
    if fitted.family in FAMILIES:
        told = contributions(fitted, windows, target=target)
        return _of_statistics(told, owner, "Shapley values", "log-odds", _score(scores, target, "log-odds"))
    if is_network(fitted.family):
        return _by_gradients(fitted, windows, scorer, owner, typical, target)
    return _by_occlusion(windows, scorer, owner, typical, target)


def _of_statistics(
    told: Contributions, owner: NDArray[np.int64], method: Method, scale: Scale, score: Floats
) -> Attribution:
    values = np.stack([_by_owner(told.values[:, place], owner) for place in range(len(told.statistics))], axis=1)
    # A probability too small for a float32 leaves the sum as the only word on the score.
    spent = (np.abs(score) >= LOG_ODDS_MAX) & (scale == "log-odds")
    sums = told.base + values.sum(axis=(1, 2))
    score = np.where(spent, sums, score)
    if (np.abs(score - sums) > EXACT_WITHIN * np.maximum(np.abs(score), 1)).any():
        raise BundleError(f"the {method} do not add up to the score: the weights are not those of the graph")
    return Attribution(
        method=method,
        scale=scale,
        score=score,
        base=np.full(len(score), told.base),
        values=values.sum(axis=1),
        strongest=np.abs(values).argmax(axis=1),
        statistics=told.statistics,
    )


def _by_gradients(
    fitted: Fitted,
    windows: Windows,
    scorer: Scorer,
    owner: NDArray[np.int64],
    typical: NDArray[np.float32],
    target: int,
) -> Attribution:
    try:
        from yawstring.models.engine.gradients import integrated_gradients, log_probabilities
    except ModuleNotFoundError as error:
        what = f"explaining a score of {fitted.family} by integrated gradients"
        raise MissingExtraError(error.name or "jax", extra="train", needed_for=what) from error
    x = windows.gather()
    calm = np.broadcast_to(typical, x.shape[1:]).astype(np.float32)
    moved = [integrated_gradients(fitted, x, calm, target=one, steps=STEPS) for one in (target, FIRST)]
    values = (moved[0].astype(np.float64) - moved[1]).sum(axis=1)
    scores = scorer(x)
    if not np.allclose(np.exp(log_probabilities(fitted)(x)), scores, atol=EXACT_WITHIN):
        raise BundleError("the network does not give the score: the weights are not those of the graph")
    return Attribution(
        method="integrated gradients",
        scale="log-odds",
        score=_score(scores, target, "log-odds"),
        base=np.full(len(x), _score(scorer(calm[None]), target, "log-odds")[0]),
        values=_by_owner(values, owner),
    )


def _by_occlusion(
    windows: Windows, scorer: Scorer, owner: NDArray[np.int64], typical: NDArray[np.float32], target: int
) -> Attribution:
    x = windows.gather() if scorer.reads == "window" else windows.last_rows()
    score = _score(scorer(x), target, "log-odds")
    values = np.zeros((len(x), int(owner.max(initial=-1)) + 1))
    for feature in range(values.shape[1]):
        own = owner == feature
        hidden = x.copy()
        hidden[..., own] = typical[own]
        values[:, feature] = score - _score(scorer(hidden), target, "log-odds")
    calm = np.broadcast_to(typical, x.shape).astype(np.float32)
    base = _score(scorer(calm), target, "log-odds")
    return Attribution(method="occlusion", scale="log-odds", score=score, base=base, values=values)


def _by_owner(values: Floats, owner: NDArray[np.int64]) -> Floats:
    """``float64[window, feature]`` of ``float64[window, input]``, added up."""
    own = owner[:, None] == np.arange(int(owner.max(initial=-1)) + 1)
    return np.asarray(values @ own.astype(np.float64))


def _score(probabilities: NDArray[np.float32], target: int | None, scale: Scale) -> Floats:
    """``float64[window]``: the probability of a class or of any but the first, or its log-odds against the first."""
    exact = probabilities.astype(np.float64)
    score = exact[:, 1:].sum(axis=1) if target is None else exact[:, target]
    if scale == "probability":
        return np.asarray(score)
    return np.asarray(_log(score) - _log(exact[:, FIRST]))


def _log(probabilities: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(probabilities, LEAST_PROBABILITY)))
