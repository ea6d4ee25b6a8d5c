"""Calibration: probabilities that mean what they say, fitted on the validation part.

*Temperature* divides the logarithms of the probabilities by one number, the one with the least negative log-likelihood
(Guo et al., ICML 2017); it changes no order of classes, and suits networks. *Isotonic* replaces the score of an attack
by the share of attacks among windows of that score, a function of steps that never falls (Zadrozny and Elkan, KDD
2002); it suits trees, needs more windows, and gives equal scores where the data cannot tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import MissingExtraError, OptionError
from yawstring.learn.metrics import attack_score
from yawstring.models.base import Json

Method = Literal["none", "temperature", "isotonic", "auto"]

BINS = 15
"""Bins of the expected calibration error."""

_LOG_MIN = 1e-12
_TEMPERATURES = (0.05, 20.0)
_GOLDEN = (5**0.5 - 1) / 2
_STEPS = 60


class Calibration(Protocol):
    """What turns a detector's probabilities into calibrated ones."""

    def apply(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """``float32[window, class]`` of the same; each row sums to 1."""

    def to_json(self) -> dict[str, Json]:
        """As JSON; :func:`calibration_from_json` gives it back."""


@dataclass(frozen=True, kw_only=True)
class Temperature:
    """One number on log-probabilities.

    Attributes:
        temperature: Above 1 softens, below 1 sharpens.

    Raises:
        OptionError: It is not above 0.

    Example:
        >>> Temperature(temperature=2.0).apply(np.array([[0.9, 0.1]], np.float32)).round(2).tolist()
        [[0.75, 0.25]]
    """

    temperature: float

    def __post_init__(self) -> None:
        if not 0 < self.temperature < np.inf:
            raise OptionError(f"a temperature is above 0, not {self.temperature}")

    def apply(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """``softmax(log(p) / temperature)``."""
        return np.exp(_log_softmax(_logs(probabilities) / self.temperature)).astype(np.float32)

    def to_json(self) -> dict[str, Json]:
        """As JSON."""
        return {"method": "temperature", "temperature": self.temperature}


@dataclass(frozen=True, kw_only=True)
class Isotonic:
    """A function of the attack's score that never falls, straight between its knots and level beyond them.

    The attacks keep their shares among themselves.

    Attributes:
        scores: Knots, rising.
        shares: Share of attacks at each, never falling, between 0 and 1.

    Raises:
        OptionError: The knots are no such function.

    Example:
        >>> halved = Isotonic(scores=(0.0, 1.0), shares=(0.0, 0.5))
        >>> halved.apply(np.array([[0.2, 0.6, 0.2]], np.float32)).astype(np.float64).round(3).tolist()
        [[0.6, 0.3, 0.1]]
    """

    scores: tuple[float, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        knots, shares = np.asarray(self.scores), np.asarray(self.shares)
        rising = len(knots) == len(shares) > 0 and bool((np.diff(knots) > 0).all() and (np.diff(shares) >= 0).all())
        if not rising or not 0 <= shares[0] <= shares[-1] <= 1:
            raise OptionError("an isotonic calibration has knots that rise and shares between 0 and 1 that never fall")

    def apply(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """The first class, benign, gets what the attacks leave."""
        score = attack_score(probabilities)
        share = np.interp(score, self.scores, self.shares)
        attacks = probabilities[:, 1:].astype(np.float64)
        even = np.full_like(attacks, 1 / attacks.shape[1])
        among = np.divide(attacks, score[:, None], out=even, where=score[:, None] > 0)
        return np.concatenate([1 - share[:, None], among * share[:, None]], axis=1).astype(np.float32)

    def to_json(self) -> dict[str, Json]:
        """As JSON."""
        return {"method": "isotonic", "scores": list(self.scores), "shares": list(self.shares)}


def calibration_from_json(data: Json) -> Calibration:
    """The calibration that its ``to_json`` wrote.

    Raises:
        TypeError, ValueError, KeyError, OptionError: The JSON is another.
    """
    if not isinstance(data, dict):
        raise TypeError("expected a calibration")
    if data["method"] == "temperature":
        return Temperature(temperature=float(cast(float, data["temperature"])))
    if data["method"] == "isotonic":
        scores, shares = (tuple(map(float, cast("list[float]", data[name]))) for name in ("scores", "shares"))
        return Isotonic(scores=scores, shares=shares)
    raise ValueError(f"no calibration is called {data['method']!r}")


def fit_temperature(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> Temperature:
    """The temperature with the least negative log-likelihood, by golden section on its logarithm.

    The likelihood is concave in the inverse of the temperature, so that there is one best; it is looked for between
    0.05 and 20.

    Args:
        probabilities: ``float32[window, class]``.
        truth: ``int64[window]``.
    """
    logs = _logs(probabilities)

    def loss(log_temperature: float) -> float:
        return _negative_log_likelihood(logs / np.exp(log_temperature), truth)

    low, high = np.log(_TEMPERATURES)
    for _ in range(_STEPS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        low, high = (low, right) if loss(left) <= loss(right) else (left, high)
    return Temperature(temperature=float(np.exp((low + high) / 2)))


def fit_isotonic(score: NDArray[np.float64], attack: NDArray[np.bool_]) -> Isotonic:
    """The isotonic regression of attacks on their score, by scikit-learn's pool of adjacent violators.

    Args:
        score: ``float64[window]``.
        attack: ``bool[window]``.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.isotonic import IsotonicRegression
    except ImportError as error:
        raise MissingExtraError("scikit-learn", extra="train", needed_for="an isotonic calibration") from error
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0).fit(score, attack.astype(np.float64))
    return Isotonic(scores=_floats(fitted.X_thresholds_), shares=_floats(np.clip(fitted.y_thresholds_, 0, 1)))


def reliability(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> dict[str, Json]:
    """How far probabilities of an attack mean what they say.

    Args:
        probabilities: ``float32[window, class]``, the first class benign.
        truth: ``int64[window]``.

    Returns:
        ``expected_calibration_error`` over :data:`BINS` equal bins (Naeini et al., AAAI 2015), ``brier`` of attack or
        not (Brier, Mon. Weather Rev. 78, 1950), ``log_loss`` of the classes.

    Example:
        >>> figures = reliability(np.array([[0.8, 0.2], [0.2, 0.8]], np.float32), np.array([0, 1]))
        >>> round(figures["brier"], 3), round(figures["expected_calibration_error"], 3)
        (0.04, 0.2)
    """
    score, attack = attack_score(probabilities), truth > 0
    place = np.minimum((score * BINS).astype(np.int64), BINS - 1)
    gap = np.bincount(place, weights=score - attack, minlength=BINS)
    return {
        "expected_calibration_error": float(np.abs(gap).sum() / max(len(score), 1)),
        "brier": float(((score - attack) ** 2).mean()) if len(score) else None,
        "log_loss": _negative_log_likelihood(_logs(probabilities), truth) if len(score) else None,
    }


def _logs(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.log(np.maximum(probabilities.astype(np.float64), _LOG_MIN))


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _negative_log_likelihood(logits: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    return float(-_log_softmax(logits)[np.arange(len(truth)), truth].mean())


def _floats(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
