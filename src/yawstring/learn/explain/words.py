"""A window's score in words: the signals that moved it most, each with its value beside what is ordinary."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yawstring.learn.explain.ranges import Range
from yawstring.schema import COLUMNS

MOST_REASONS = 5

NOTHING = 1e-9
"""A contribution below this says nothing."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One signal's part in a score.

    Attributes:
        feature: The signal.
        value: Its value at the end of the window; ``None`` where it has none.
        contribution: What it added to the score; negative where it spoke against an attack.
        ordinary: What it is on benign rows, where that is known.
    """

    feature: str
    value: float | None
    contribution: float
    ordinary: Range | None

    @property
    def extreme(self) -> bool:
        """Whether the value lies outside what is ordinary."""
        return self.value is not None and self.ordinary is not None and not self.ordinary.holds(self.value)

    def __str__(self) -> str:
        """The reason as a line of text.

        Example:
            >>> print(Reason(feature="tof", value=300.0, contribution=0.4, ordinary=Range(low=10, middle=60, high=120)))
            Distance to the ground, time of flight: 300 cm (ordinarily 10 to 120)
        """
        column = COLUMNS.get(self.feature)
        meaning, unit = (column.meaning, column.unit) if column else (self.feature, "")
        told = "no value" if self.value is None else f"{self.value:.4g} {unit}".rstrip()
        if self.ordinary is None:
            return f"{meaning}: {told}"
        if self.ordinary.low == self.ordinary.high:
            return f"{meaning}: {told} (ordinarily {self.ordinary.low:.4g})"
        return f"{meaning}: {told} (ordinarily {self.ordinary.low:.4g} to {self.ordinary.high:.4g})"


def reasons(
    features: Sequence[str],
    values: NDArray[np.float64],
    contributions: NDArray[np.float32],
    ranges: Mapping[str, Range],
    *,
    most: int = MOST_REASONS,
) -> tuple[Reason, ...]:
    """The signals that moved one score towards an attack most, the strongest first.

    Args:
        features: Names, in order.
        values: ``float64[feature]`` at the end of the window, NaN where absent.
        contributions: ``float32[feature]``.
        ranges: What is ordinary.
        most: Signals to name at most.

    Example:
        >>> found = reasons(("tof", "bat"), np.array([300.0, 80.0]), np.array([0.4, -0.1], np.float32), {})
        >>> [one.feature for one in found]
        ['tof']
    """
    order = np.argsort(-contributions, kind="stable")[:most]
    return tuple(_reasons(features, values, contributions, ranges, order))


def _reasons(
    features: Sequence[str],
    values: NDArray[np.float64],
    contributions: NDArray[np.float32],
    ranges: Mapping[str, Range],
    order: NDArray[np.int64],
) -> Iterator[Reason]:
    for place in order:
        if contributions[place] <= NOTHING:
            return
        value = float(values[place])
        yield Reason(
            feature=features[place],
            value=value if np.isfinite(value) else None,
            contribution=float(contributions[place]),
            ordinary=ranges.get(features[place]),
        )
