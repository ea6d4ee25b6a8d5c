"""What a search may choose: ranges and lists of the options of a network, drawn from a seed.

The space ``notebook`` is that of the reference notebook's search. A space of one's own is a TOML file with a table for
each option that is to be searched, or a value for one that is fixed::

    units = {low = 32, high = 128, step = 32}
    layers = {low = 1, high = 3}
    dropout = {low = 0.0, high = 0.5}
    learning_rate = {low = 1e-4, high = 1e-2, log = true}
    window = {choices = [5, 10, 20]}

Every hidden dense layer draws its own ``dense_units`` and ``dense_dropout``.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from yawstring.errors import OptionError

Value: TypeAlias = bool | int | float | str
Values: TypeAlias = Mapping[str, Value]

MOST_COLLISIONS = 20
"""Draws that have come before are drawn anew so many times; then they are taken after all."""

MOST_LAYERS, MOST_UNITS, MOST_ROWS = 16, 4096, 4096
"""What a space may ask for at most: one that needs more memory than there is would be found out late."""


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

DEFAULTS: Mapping[str, Parameter] = {
    "units": Choice(choices=(64,)),
    "dropout": Choice(choices=(0.3,)),
    "layers": Choice(choices=(1,)),
    "dense_units": Choice(choices=(64,)),
    "dense_dropout": Choice(choices=(0.0,)),
    "learning_rate": Choice(choices=(1e-3,)),
    "class_weights": Choice(choices=(False,)),
    "window": Choice(choices=(5,)),
    "columns": Choice(choices=("all",)),
}
"""What may be searched, with the value of what a space leaves out."""

_WHOLE = ("units", "layers", "dense_units", "window")
_COLUMNS = ("all", "cyber", "physical")
_LIMITS: Mapping[str, tuple[float, float]] = {
    "units": (1, MOST_UNITS),
    "layers": (1, MOST_LAYERS),
    "dense_units": (1, MOST_UNITS),
    "window": (1, MOST_ROWS),
    "dropout": (0, 0.99),
    "dense_dropout": (0, 0.99),
    "learning_rate": (1e-9, 1e3),
}


@dataclass(frozen=True, kw_only=True)
class Space:
    """What may be chosen.

    Attributes:
        name: ``"notebook"``, ``"wide"``, or that of a file.
        parameters: By the names of :data:`DEFAULTS`.

    Raises:
        OptionError: An option is unknown, or a value makes no sense.

    Example:
        >>> drawn = NOTEBOOK.draw(np.random.default_rng(3))
        >>> drawn["layers"], drawn["dense_0_units"] in (32, 64, 96, 128), "dense_1_units" in drawn
        (1, True, False)
    """

    name: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, parameter in self.parameters.items():
            if name not in DEFAULTS:
                raise OptionError(f"space '{self.name}': no option '{name}' to search: {', '.join(DEFAULTS)}")
            _check(f"space '{self.name}', '{name}'", name, parameter)

    def __getitem__(self, name: str) -> Parameter:
        return self.parameters.get(name, DEFAULTS[name])

    @property
    def most_layers(self) -> int:
        """Hidden dense layers that a draw may have."""
        return max(int(value) for value in self["layers"].values())

    def named(self) -> dict[str, Parameter]:
        """Every parameter that a draw may hold, one for each dense layer, by its own name; in the order of drawing."""
        single = [name for name in DEFAULTS if not name.startswith("dense_")]
        layered = [
            (f"dense_{layer}_{what}", self[f"dense_{what}"])
            for layer in range(self.most_layers)
            for what in ("units", "dropout")
        ]
        return {name: self[name] for name in single} | dict(layered)

    def is_there(self, name: str, values: Values) -> bool:
        """Whether a draw holds a parameter: those of dense layers that it has not are left out."""
        return not name.startswith("dense_") or int(name.split("_")[1]) < int(values["layers"])

    def draw(self, rng: np.random.Generator) -> dict[str, Value]:
        """A value for every parameter, each drawn for itself."""
        values: dict[str, Value] = {}
        for name, parameter in self.named().items():
            if self.is_there(name, values):
                values[name] = parameter.draw(rng)
        return values

    def draws(self, seed: int) -> Iterator[dict[str, Value]]:
        """Draws without end, each unlike those before where that can be had."""
        rng, before = np.random.default_rng(seed), set[tuple[tuple[str, Value], ...]]()
        while True:
            for _ in range(MOST_COLLISIONS + 1):
                drawn = self.draw(rng)
                key = tuple(sorted(drawn.items()))
                if key not in before:
                    break
            before.add(key)
            yield drawn

    def to_json(self) -> dict[str, object]:
        """The space as JSON."""
        return {name: parameter.__dict__.copy() for name, parameter in self.named().items()}


def read_space(text: str, name: str) -> Space:
    r"""A space from TOML.

    Args:
        text: The file's text.
        name: What the space is called in messages.

    Raises:
        OptionError: It is no TOML, or holds what cannot be searched.

    Example:
        >>> read_space("units = {low = 8, high = 16, step = 8}\nlearning_rate = 0.01", "mine")["units"].values()
        (8, 16)
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"space '{name}': no TOML: {error}") from None
    return Space(
        name=name, parameters={key: _read(f"space '{name}', '{key}'", key, value) for key, value in given.items()}
    )


def _read(where: str, name: str, given: object) -> Parameter:
    if isinstance(given, bool | int | float | str):
        return Choice(choices=(given,))
    if not isinstance(given, dict):
        raise OptionError(f"{where}: expected a value, {{choices = [...]}} or {{low = ..., high = ...}}")
    if set(given) == {"choices"} and isinstance(given["choices"], list) and given["choices"]:
        if all(isinstance(value, bool | int | float | str) for value in given["choices"]):
            return Choice(choices=tuple(given["choices"]))
        raise OptionError(f"{where}: choices are numbers, texts, true or false")
    if not ({"low", "high"} <= set(given) <= {"low", "high", "step", "log"}):
        raise OptionError(f"{where}: expected choices, or low and high with step or log, not {sorted(given)}")
    low, high, step, log = (given["low"], given["high"], given.get("step"), given.get("log", False))
    numbers = [low, high] + ([] if step is None else [step])
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in numbers) or log not in (
        True,
        False,
    ):
        raise OptionError(f"{where}: low, high and step are numbers, log is true or false")
    whole = name in _WHOLE
    return Range(low=low, high=high, step=1 if whole and step is None else step, log=bool(log), whole=whole)


def _check(where: str, name: str, parameter: Parameter) -> None:
    if isinstance(parameter, Range):
        _check_range(where, name, parameter)
    for value in parameter.values() if isinstance(parameter, Choice) else ():
        if name == "columns":
            fits = value in _COLUMNS
        elif name == "class_weights":
            fits = isinstance(value, bool)
        else:
            fits = isinstance(value, int if name in _WHOLE else int | float) and not isinstance(value, bool)
        if not fits:
            raise OptionError(f"{where}: cannot be {value!r}")
    if name in _LIMITS:
        least, most = _LIMITS[name]
        ends = parameter.values() if isinstance(parameter, Choice) else (parameter.low, parameter.high)
        if not all(least <= float(value) <= most for value in ends):
            raise OptionError(f"{where}: lies between {least:g} and {most:g}")


def _check_range(where: str, name: str, parameter: Range) -> None:
    if name not in _LIMITS:
        raise OptionError(f"{where}: takes choices, not a range")
    if not (math.isfinite(parameter.low) and math.isfinite(parameter.high) and parameter.low <= parameter.high):
        raise OptionError(f"{where}: low must be at most high, not {parameter.low} and {parameter.high}")
    if parameter.step is not None and (parameter.log or not parameter.step > 0):
        raise OptionError(f"{where}: a step is above 0, and goes without log")
    if parameter.whole and any(
        float(value) != int(value) for value in (parameter.low, parameter.high, parameter.step or 1)
    ):
        raise OptionError(f"{where}: whole numbers only")
    if parameter.log and parameter.low <= 0:
        raise OptionError(f"{where}: a range even in the logarithm begins above 0")


def _whole(low: int, high: int, step: int) -> Range:
    return Range(low=low, high=high, step=step, whole=True)


NOTEBOOK = Space(
    name="notebook",
    parameters={
        "units": _whole(32, 128, 32),
        "dropout": Range(low=0.1, high=0.5, step=0.1),
        "layers": _whole(1, 5, 1),
        "dense_units": _whole(32, 128, 32),
        "dense_dropout": Range(low=0.1, high=0.5, step=0.1),
        "learning_rate": Choice(choices=(1e-3, 1e-4)),
    },
)
"""The space of the reference notebook's search."""

WIDE = Space(
    name="wide",
    parameters={
        "units": Choice(choices=(16, 32, 64, 128)),
        "dropout": Range(low=0.0, high=0.6, step=0.1),
        "layers": _whole(1, 5, 1),
        "dense_units": Choice(choices=(16, 32, 64, 128)),
        "dense_dropout": Range(low=0.0, high=0.6, step=0.1),
        "learning_rate": Range(low=1e-4, high=1e-2, log=True),
        "class_weights": Choice(choices=(False, True)),
        "window": Choice(choices=(5, 10, 20)),
        "columns": Choice(choices=("all", "cyber", "physical")),
    },
)
"""More of everything: the window, the weights of classes and the columns among it."""

SPACES: Mapping[str, Space] = {"notebook": NOTEBOOK, "wide": WIDE}
