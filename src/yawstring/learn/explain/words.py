"""What moved a score, in words: each signal with its value and unit, beside what benign rows have."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from yawstring.learn.explain.ranges import HIGH, LOW, Range
from yawstring.models.base import Json
from yawstring.schema import COLUMNS

Value: TypeAlias = float | str | None

GROUPED_FROM = 1000
"""From here on a number is shown whole, in groups of three digits."""

_MIDDLE, _SIDE = f"{round(100 * (HIGH - LOW))} %", f"{round(100 * HIGH)} %"

_COUNTED = {
    "deviation": "how much it varied",
    "change": "how it changed",
    "present": "how often it was known",
}
"""What a statistic of a window says beyond a value; the others are values themselves."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One feature's part in a score.

    Attributes:
        feature: Its column's name.
        value: Of the window's values the one farthest from what is ordinary, or the last; ``None`` where it has none.
        ordinary: What benign rows have, where that is known.
        novel: No benign row of the training part had any value.
        contribution: What it moved the score by; negative where it spoke against the class.
        statistic: Statistic of the window that moved it most, for families that read statistics.
    """

    feature: str
    value: Value
    ordinary: Range | None
    novel: bool = False
    contribution: float
    statistic: str = ""

    @property
    def meaning(self) -> str:
        """What the feature is, by the schema; its name where the schema does not know it."""
        return COLUMNS[self.feature].meaning if self.feature in COLUMNS else self.feature

    @property
    def unit(self) -> str:
        """Its unit; empty where there is none."""
        return COLUMNS[self.feature].unit if self.feature in COLUMNS else ""

    @property
    def outside(self) -> Literal["above", "below"] | None:
        """On which side of what is ordinary the value lies."""
        if self.ordinary is None or not isinstance(self.value, int | float) or self.ordinary.holds(self.value):
            return None
        return "above" if self.value > self.ordinary.high else "below"

    @property
    def sentence(self) -> str:
        """The reason in words.

        Example:
            >>> tof = Reason(feature="tof", value=300.0, contribution=0.4, ordinary=Range(low=10, middle=60, high=120))
            >>> tof.sentence
            'Distance to the ground, time of flight: 300 cm, where 95 % of benign rows have at most 120'
        """
        colon = ", here" if ":" in self.meaning else ":"
        told = f"{self.meaning}{colon} {self.shown}{self._beside}"
        return f"{told}; what counted was {self.counted}" if self.counted else told

    @property
    def counted(self) -> str:
        """What of the window's values counted most, where it is no value itself."""
        word = next((text for name, text in _COUNTED.items() if self.statistic.endswith(name)), "")
        return f"{word} towards the end" if word and self.statistic.startswith("recent") else word

    @property
    def shown(self) -> str:
        """The value with its unit."""
        if self.value is None:
            return "no value"
        number = self.value if isinstance(self.value, str) else number_text(self.value)
        return f"{number} {self.unit}".rstrip()

    @property
    def ordinary_text(self) -> str:
        """What benign rows have; empty where that is not known.

        Example:
            >>> tof = Reason(feature="tof", value=None, contribution=0.4, ordinary=Range(low=10, middle=60, high=120))
            >>> tof.ordinary_text, tof.shown
            ('10 to 120 cm', 'no value')
        """
        if self.ordinary is None:
            return "no value" if self.novel else ""
        low, high = number_text(self.ordinary.low), number_text(self.ordinary.high)
        return (low if low == high else f"{low} to {high}") + f" {self.unit}".rstrip()

    @property
    def _beside(self) -> str:
        one = self.ordinary
        if one is None:
            return ", where no benign row has a value" if self.novel and self.value is not None else ""
        if self.value is None:
            return f", where benign rows have {self.ordinary_text}"
        if one.low == one.high:
            if self.outside is None:
                return f", as in {_MIDDLE} of benign rows or more"
            return f", where {_MIDDLE} of benign rows or more have {number_text(one.low)}"
        if self.outside is None:
            return f", as benign rows have ({self.ordinary_text})"
        if self.outside == "above":
            return f", where {_SIDE} of benign rows have at most {number_text(one.high)}"
        return f", where {_SIDE} of benign rows have at least {number_text(one.low)}"

    def to_json(self) -> dict[str, Json]:
        """The reason as JSON."""
        one = self.ordinary
        return {
            "signal": self.feature,
            "meaning": self.meaning,
            "unit": self.unit,
            "value": self.value,
            "benign": None if one is None else {"low": one.low, "median": one.middle, "high": one.high},
            "outside": self.outside,
            "never_on_benign_rows": self.novel,
            "contribution": self.contribution,
            "statistic": self.statistic or None,
            "sentence": self.sentence,
        }  # fmt: skip


def number_text(value: float) -> str:
    """A number as a person reads it.

    Example:
        >>> number_text(0.04567), number_text(412.0), number_text(1234567.8)
        ('0.0457', '412', '1,234,568')
    """
    return f"{value:,.0f}" if abs(value) >= GROUPED_FROM else f"{value:.3g}"
