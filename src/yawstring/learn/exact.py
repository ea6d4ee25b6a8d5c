"""Exact 95 % intervals of counts: Clopper-Pearson for a share, Garwood for a rate.

Both invert the tail of the distribution itself, with no normal approximation, so that they hold for three episodes as
for three hundred (Clopper and Pearson, Biometrika 26, 1934; Garwood, Biometrika 28, 1936). The tails are summed here,
so that a ground station needs no SciPy; the tests compare with it.
"""

from collections.abc import Callable
from math import lgamma

import numpy as np

from yawstring.errors import OptionError
from yawstring.learn.metrics import Figure

TAIL = 0.025
"""Probability beyond either end."""

_HALVINGS = 200


def share(hits: int, of: int) -> Figure:
    """``hits / of`` with its Clopper-Pearson interval; undefined where ``of`` is 0.

    Raises:
        OptionError: There are more hits than trials, or fewer than none.

    Example:
        >>> figure = share(9, 10)
        >>> figure.value, round(figure.low, 3), round(figure.high, 3)
        (0.9, 0.555, 0.997)
    """
    if not 0 <= hits <= of:
        raise OptionError(f"{hits} of {of} is no share")
    if not of:
        return Figure(value=None, note="undefined: there are none")
    low = 0.0 if not hits else _crossing(lambda p: 1 - _binomial_to(hits - 1, of, p) - TAIL, 0.0, 1.0)
    high = 1.0 if hits == of else _crossing(lambda p: TAIL - _binomial_to(hits, of, p), 0.0, 1.0)
    return Figure(value=hits / of, low=low, high=high)


def rate(count: int, exposure: float) -> Figure:
    """``count / exposure`` with its Garwood interval; undefined where nothing was exposed.

    Args:
        count: Events, 0 or more.
        exposure: Hours, say.

    Raises:
        OptionError: A number is below 0.

    Example:
        >>> figure = rate(0, 10.0)
        >>> figure.value, figure.low, round(figure.high, 3)
        (0.0, 0.0, 0.369)
    """
    if count < 0 or exposure < 0:
        raise OptionError(f"{count} in {exposure} is no rate")
    if not exposure:
        return Figure(value=None, note="undefined: there is no such time")
    beyond = count + 20 * (count + 1) ** 0.5 + 20  # far in the tail of any count
    low = 0.0 if not count else _crossing(lambda mean: 1 - _poisson_to(count - 1, mean) - TAIL, 0.0, beyond)
    high = _crossing(lambda mean: TAIL - _poisson_to(count, mean), 0.0, beyond)
    return Figure(value=count / exposure, low=low / exposure, high=high / exposure)


def _crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses 0, by halving."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


def _binomial_to(hits: int, of: int, p: float) -> float:
    """Probability of at most ``hits``."""
    if not 0 < p < 1:
        return 1.0 if p <= 0 or hits >= of else 0.0
    k = np.arange(hits + 1)
    choose = lgamma(of + 1) - _log_factorials(of)[: hits + 1] - _log_factorials(of)[of - k]
    return float(np.exp(choose + k * np.log(p) + (of - k) * np.log1p(-p)).sum())


def _poisson_to(count: int, mean: float) -> float:
    """Probability of at most ``count``."""
    if mean <= 0:
        return 1.0
    k = np.arange(count + 1)
    return float(np.exp(k * np.log(mean) - mean - _log_factorials(count)).sum())


def _log_factorials(most: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])
