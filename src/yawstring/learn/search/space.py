"""What a search may choose: ranges and lists of the options of a detector, drawn from a seed.

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
from dataclasses import dataclass, field, replace

import numpy as np

from yawstring.errors import OptionError
from yawstring.learn.search.detectors import LIMITS, SIGNALS_OF, TEXTS, options_of
from yawstring.learn.search.parameters import Choice, Parameter, Range, Value, Values, one_of, whole

MOST_COLLISIONS = 20
"""Draws that have come before are drawn anew so many times; then they are taken after all."""


@dataclass(frozen=True, kw_only=True)
class Space:
    """What may be chosen.

    Attributes:
        name: ``"notebook"``, ``"wide"``, or that of a file.
        parameters: By the names of :func:`~yawstring.learn.search.detectors.options_of`.
        detector: What is searched.

    Raises:
        OptionError: An option is unknown, or a value makes no sense.

    Example:
        >>> drawn = NOTEBOOK.draw(np.random.default_rng(3))
        >>> drawn["layers"], drawn["dense_0_units"] in (32, 64, 96, 128), "dense_1_units" in drawn
        (1, True, False)
    """

    name: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    detector: str = "lstm"

    def __post_init__(self) -> None:
        known = options_of(self.detector)
        for name, parameter in self.parameters.items():
            if name not in known:
                raise OptionError(
                    f"space '{self.name}': {self.detector} has no option '{name}' to search: {', '.join(known)}"
                )
            _check(f"space '{self.name}', '{name}'", name, parameter, like=known[name].values()[0])

    def __getitem__(self, name: str) -> Parameter:
        return self.parameters.get(name, options_of(self.detector)[name])

    @property
    def most_layers(self) -> int:
        """Hidden dense layers that a draw may have."""
        return max(int(value) for value in self["layers"].values())

    def narrowed(self, *, columns: frozenset[str], groups: frozenset[str], benign: bool) -> "Space":
        """What of it a table leaves: no columns and no group of signals that it has not.

        Args:
            columns: Which of ``"cyber"`` and ``"physical"`` the table has beside others.
            groups: Groups of signals that it has, as :data:`~yawstring.learn.search.detectors.SIGNALS_OF` names them.
            benign: Whether its first class is the benign one, without which there is no threshold.

        Raises:
            OptionError: No value is left of a parameter.
        """
        kept = {name: one for name, one in self.parameters.items() if name not in SIGNALS_OF or name in groups}
        for name, there in (("columns", {"all", *columns}), ("threshold", None if benign else {"half"})):
            if name not in kept or there is None:
                continue
            left = tuple(value for value in kept[name].values() if value in there)
            if not left:
                raise OptionError(f"space '{self.name}', '{name}': the table allows none of {kept[name].values()}")
            kept[name] = Choice(choices=left)
        return replace(self, parameters=kept)

    def named(self) -> dict[str, Parameter]:
        """Every parameter that a draw may hold, one for each dense layer, by its own name; in the order of drawing."""
        known = options_of(self.detector)
        single = [name for name in known if not name.startswith(("dense_", "signals_")) or name in self.parameters]
        layered = [
            (f"dense_{layer}_{what}", self[f"dense_{what}"])
            for layer in range(self.most_layers if "dense_units" in known else 0)
            for what in ("units", "dropout")
        ]
        return {name: self[name] for name in single if not name.startswith("dense_")} | dict(layered)

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


def read_space(text: str, name: str, detector: str = "lstm") -> Space:
    r"""A space from TOML.

    Args:
        text: The file's text.
        name: What the space is called in messages.
        detector: What is searched.

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
    known = options_of(detector)
    likes = {key: known[key].values()[0] if key in known else None for key in given}
    parameters = {key: _read(f"space '{name}', '{key}'", value, like=likes[key]) for key, value in given.items()}
    return Space(name=name, parameters=parameters, detector=detector)


def _read(where: str, given: object, *, like: Value | None) -> Parameter:
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
    count = isinstance(like, int)
    return Range(low=low, high=high, step=1 if count and step is None else step, log=bool(log), whole=count)


def _check(where: str, name: str, parameter: Parameter, *, like: Value) -> None:
    if isinstance(parameter, Range):
        _check_range(where, name, parameter)
    for value in parameter.values() if isinstance(parameter, Choice) else ():
        if not _fits(name, value, like):
            raise OptionError(f"{where}: cannot be {value!r}")
    if name in LIMITS:
        least, most = LIMITS[name]
        ends = parameter.values() if isinstance(parameter, Choice) else (parameter.low, parameter.high)
        if not all(least <= float(value) <= most for value in ends if not isinstance(value, str)):
            raise OptionError(f"{where}: lies between {least:g} and {most:g}")


def _fits(name: str, value: Value, like: Value) -> bool:
    """Whether a value is of the kind of the option's own."""
    if isinstance(value, str):
        return value in TEXTS.get(name, ())
    if isinstance(value, bool) or isinstance(like, bool):
        return isinstance(value, bool) and isinstance(like, bool)
    return name in LIMITS and isinstance(value, int if isinstance(like, int) else int | float)


def _check_range(where: str, name: str, parameter: Range) -> None:
    if name not in LIMITS:
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


NOTEBOOK = Space(
    name="notebook",
    parameters={
        "units": whole(32, 128, 32),
        "dropout": Range(low=0.1, high=0.5, step=0.1),
        "layers": whole(1, 5),
        "dense_units": whole(32, 128, 32),
        "dense_dropout": Range(low=0.1, high=0.5, step=0.1),
        "learning_rate": Choice(choices=(1e-3, 1e-4)),
    },
)
"""The space of the reference notebook's search."""

_SHARED: Mapping[str, Parameter] = {
    "class_weights": one_of(False, True),
    "window": one_of(5, 10, 16),
    "columns": one_of("all", "cyber", "physical"),
    "threshold": one_of("half", 0.2, 0.3, 0.4, 0.6, 0.7, 0.8),
    **{name: one_of(True, False) for name in SIGNALS_OF},
}
_RATE = Range(low=1e-4, high=1e-2, log=True)

WIDE = Space(
    name="wide",
    parameters={
        "units": one_of(16, 32, 64, 128),
        "dropout": Range(low=0.0, high=0.6, step=0.1),
        "layers": whole(1, 5),
        "dense_units": one_of(16, 32, 64, 128),
        "dense_dropout": Range(low=0.0, high=0.6, step=0.1),
        "learning_rate": _RATE,
        **_SHARED,
    },
)
"""More of everything: the window, the weights of classes, the columns, the groups of signals and the threshold."""

_GROWN: Mapping[str, Parameter] = {
    "trees": one_of(50, 100, 200),
    "depth": one_of(0, 8, 16),
    "leaf": one_of(1, 2, 5, 10),
    "extra": one_of(False, True),
    **_SHARED,
}
_OTHERS: Mapping[str, Mapping[str, Parameter]] = {
    "cnn": {
        "filters": one_of(16, 32, 64),
        "taps": one_of(2, 3),
        "blocks": whole(1, 3),
        "dropout": one_of(0.1, 0.3),
        "learning_rate": _RATE,
        **_SHARED,
    },
    "mlp": {
        "units": one_of(32, 64, 128),
        "layers": whole(1, 3),
        "dropout": one_of(0.1, 0.3),
        "learning_rate": _RATE,
        **_SHARED,
    },
    "attention": {
        "units": one_of(16, 32, 64),
        "heads": one_of(1, 2, 4),
        "blocks": whole(1, 2),
        "dropout": one_of(0.0, 0.1),
        "learning_rate": _RATE,
        **_SHARED,
    },
    "forest": _GROWN,
    "window_forest": _GROWN,
    "boosting": {
        "rounds": one_of(50, 100, 200),
        "leaves": one_of(7, 15, 31),
        "leaf": one_of(5, 20, 50),
        "share": one_of(0.1, 0.3, 1.0),
        "l2": one_of(0.0, 1.0),
        "learning_rate": Range(low=0.02, high=0.3, log=True),
        **_SHARED,
    },
}


def space_named(name: str, detector: str) -> Space:
    """A space of our own.

    Raises:
        OptionError: There is none of this name, or the detector cannot be searched.

    Example:
        >>> space_named("wide", "forest")["trees"].values()
        (50, 100, 200)
    """
    options_of(detector)
    spaces = {"notebook": NOTEBOOK, "wide": WIDE} if detector == "lstm" else {}
    spaces |= (
        {} if detector == "lstm" else {"wide": Space(name="wide", parameters=_OTHERS[detector], detector=detector)}
    )
    if name not in spaces:
        raise OptionError(f"no space '{name}' of {detector}: {', '.join(spaces)}, or a file whose name ends with .toml")
    return spaces[name]
