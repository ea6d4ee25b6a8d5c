"""Keys of a scenario: what a value may be, how it is read from TOML, and how a flight draws one.

A key takes one value, or several of which each flight draws one: a number may be a range ``[low, high]``, a word or a
channel a list of those to choose from. Each key draws from a random stream of its own, named by the key, so that
writing one value down leaves every other draw as it was.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np

from yawstring.errors import OptionError

type_of = Literal["number", "whole", "word", "channel", "flag"]

Value = float | int | str | bool
Setting = tuple[Value, ...]
"""What a scenario says of a key: one value; two ends of a range; or, for words, flags and channels, any of several."""

CHANNELS = tuple(range(1, 14))
"""Channels of the 2.4 GHz band, 20 MHz wide (IEEE 802.11-2020, Annex E)."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """What one key of a scenario may be.

    Attributes:
        kind: ``number``, ``whole`` (an integer), ``word``, ``channel`` or ``flag``.
        default: What holds where the file does not name the key.
        meaning: One line.
        unit: Unit, or ``""``.
        low: Least value of a number.
        high: Greatest value of a number.
        words: The words that are allowed.
    """

    kind: type_of
    default: Setting
    meaning: str
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    words: tuple[str, ...] = ()

    def expected(self) -> str:
        """What a file may say, in words.

        Example:
            >>> Key(kind="number", default=(1.0,), meaning="", unit="dBm", low=0, high=30).expected()
            'a number or a range [low, high] of 0 to 30 dBm'
        """
        if self.kind == "word":
            return f"one or a list of {', '.join(self.words)}"
        if self.kind == "channel":
            return "a channel of 1 to 13, or a list of them"
        if self.kind == "flag":
            return "true, false, or a list of both"
        noun = "a whole number" if self.kind == "whole" else "a number"
        return f"{noun} or a range [low, high] of {self.low:g} to {self.high:g} {self.unit}".rstrip()

    def parse(self, raw: object) -> Setting | None:
        """The setting, or ``None`` where ``raw`` is not what is expected."""
        values = tuple(raw) if isinstance(raw, list) else (raw,)
        if not values or not all(self._allows(value) for value in values):
            return None
        if self.kind not in ("number", "whole"):
            return values
        if len(values) > 2 or (len(values) == 2 and values[1] < values[0]):
            return None
        return tuple(int(value) if self.kind == "whole" else float(value) for value in values)

    def _allows(self, value: Any) -> bool:  # noqa: ANN401 -- whatever TOML holds
        if self.kind == "word":
            return isinstance(value, str) and value in self.words
        if self.kind == "flag":
            return isinstance(value, bool)
        if self.kind == "channel":
            return isinstance(value, int) and value in CHANNELS and not isinstance(value, bool)
        wanted = int if self.kind == "whole" else (int, float)
        return isinstance(value, wanted) and not isinstance(value, bool) and self.low <= value <= self.high

    def draw(self, setting: Setting, rng: np.random.Generator) -> Value:
        """One value of the setting, uniformly."""
        if len(setting) == 1:
            return setting[0]
        if self.kind == "number":
            return float(rng.uniform(float(setting[0]), float(setting[1])))
        if self.kind == "whole":
            return int(rng.integers(int(setting[0]), int(setting[1]) + 1))
        return setting[int(rng.integers(len(setting)))]


def number(*default: float, low: float, high: float, unit: str, meaning: str) -> Any:  # noqa: ANN401 -- a field
    """A field that holds a number drawn from a range."""
    ends = tuple(float(end) for end in default)
    return _keyed(Key(kind="number", default=ends, low=low, high=high, unit=unit, meaning=meaning))


def whole(*default: int, low: int, high: int, unit: str = "", meaning: str) -> Any:  # noqa: ANN401 -- a field
    """A field that holds a whole number drawn from a range, both ends included."""
    return _keyed(Key(kind="whole", default=default, low=low, high=high, unit=unit, meaning=meaning))


def word(*default: str, words: Sequence[str], meaning: str) -> Any:  # noqa: ANN401 -- a field
    """A field that holds one of several words."""
    return _keyed(Key(kind="word", default=default, words=tuple(words), meaning=meaning))


def channel(*default: int, meaning: str) -> Any:  # noqa: ANN401 -- a field
    """A field that holds a channel."""
    return _keyed(Key(kind="channel", default=default, meaning=meaning))


def flag(*default: bool, meaning: str) -> Any:  # noqa: ANN401 -- a field
    """A field that is true or false."""
    return _keyed(Key(kind="flag", default=default, meaning=meaning))


def _keyed(key: Key) -> Any:  # noqa: ANN401 -- a field
    return field(metadata={"key": key})


def keys_of(section: type) -> dict[str, Key]:
    """The keys of a section, a dataclass, by name and in order."""
    return {one.name: one.metadata["key"] for one in fields(section) if "key" in one.metadata}


def read_section(section: type, given: object, *, file: str, path: str) -> dict[str, Setting]:
    """The settings of a section: those given, and defaults for the rest.

    Args:
        section: Dataclass of keys.
        given: What TOML holds there.
        file: Name of the file, for messages.
        path: Name of the section in the file, for messages; ``""`` at the top.

    Raises:
        OptionError: A key is unknown, or its value is not what is expected; one line.
    """
    keys = keys_of(section)
    if not isinstance(given, dict):
        raise OptionError(f"{file}: {path}: found {given!r}, expected a table of keys")
    settings = {name: key.default for name, key in keys.items()}
    for name, raw in given.items():
        place = f"{file}: {path}.{name}" if path else f"{file}: {name}"
        if name not in keys:
            raise OptionError(f"{place}: found a key of this name, expected one of {', '.join(keys)}")
        setting = keys[name].parse(raw)
        if setting is None:
            raise OptionError(f"{place}: found {raw!r}, expected {keys[name].expected()}")
        settings[name] = setting
    return settings


def stream(seed: int, *path: str | int) -> np.random.Generator:
    """The random stream that belongs to a name: the same for the same seed and name, whatever else is drawn.

    Example:
        >>> bool(stream(1, "drone", "power_dbm").random() == stream(1, "drone", "power_dbm").random())
        True
    """
    key = tuple(part if isinstance(part, int) else zlib.crc32(part.encode()) for part in path)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def draw_section(section: type, settings: Mapping[str, Setting], seed: int, *path: str | int) -> dict[str, Value]:
    """One value for each key of a section, each from its own stream."""
    return {name: key.draw(settings[name], stream(seed, *path, name)) for name, key in keys_of(section).items()}
