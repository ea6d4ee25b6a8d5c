"""A parameter of a search: numbers of a range, or one of some values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Value: TypeAlias = bool | int | float | str
Values: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True)
class Range:
    """Numbers from ``low`` to ``high``, both included: whole ones, or in steps, or any.

    Attributes:
        low: The least.
        high: The most.
        step: From one to the next; ``None`` for any number between.
        log: Even in the logarithm.
        whole: Whole numbers.
    """

    low: float
    high: float
    step: float | None = None
    log: bool = False
    whole: bool = False

    def draw(self, rng: np.random.Generator) -> Value:
        """One of them, each as likely."""
        if self.step is not None:
            value = self.low + float(self.step) * int(rng.integers(self.count))
            return round(value) if self.whole else float(round(value, 10))
        if self.log:
            return float(np.exp(rng.uniform(np.log(self.low), np.log(self.high))))
        return float(rng.uniform(self.low, self.high))

    @property
    def count(self) -> int:
        """How many there are; only of a range with steps."""
        return math.floor((self.high - self.low) / (self.step or 1) + 1e-8) + 1

    def values(self) -> tuple[Value, ...]:
        """All of them, for a range of steps; else its ends."""
        if self.step is None:
            return (self.low, self.high)
        made = (self.low + self.step * number for number in range(self.count))
        return tuple(round(value) if self.whole else float(round(value, 10)) for value in made)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of some values, each as likely."""

    choices: tuple[Value, ...]

    def draw(self, rng: np.random.Generator) -> Value:
        """One of them."""
        return self.choices[int(rng.integers(len(self.choices)))]

    def values(self) -> tuple[Value, ...]:
        """All of them."""
        return self.choices


Parameter: TypeAlias = Range | Choice


def one_of(*values: Value) -> Choice:
    """One of these; of a single one, that.

    Example:
        >>> one_of(0.1, 0.2).values(), one_of(64).values()
        ((0.1, 0.2), (64,))
    """
    return Choice(choices=values)


def whole(low: int, high: int, step: int = 1) -> Range:
    """Whole numbers from ``low`` to ``high`` in steps.

    Example:
        >>> whole(32, 128, 32).values()
        (32, 64, 96, 128)
    """
    return Range(low=low, high=high, step=step, whole=True)
