"""SDK commands as text, and as the orders that the autopilot carries out.

Words, ranges and answers follow the Tello SDK 2.0 and 3.0 guides. ``rc`` and ``emergency`` have no answer, as drones in
the field have it. Not carried out are ``jump``, ``curve`` with a mission pad and what changes the network (``wifi``,
``ap``, ``port``): they are answered as unknown commands are.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.flight.records import ORDER

CONTROLLER = "controller"
"""The sender whose link the drone watches."""

OK = "ok"
ERROR = "error"
OUT_OF_RANGE = "out of range"


class Answer(NamedTuple):
    """Number of each answer of the autopilot."""

    none: int = 0
    ok: int = 1
    error: int = 2
    motor_stop: int = 3
    not_joystick: int = 4
    auto_land: int = 5
    no_marker: int = 6


class Code(NamedTuple):
    """Number of each kind of order; ``unlink`` and ``link`` are no commands but the edges of the controller's link."""

    sdk: int = 0
    takeoff: int = 1
    land: int = 2
    emergency: int = 3
    stop: int = 4
    shift: int = 5
    turn: int = 6
    go_pad: int = 7
    arc: int = 8
    sticks: int = 9
    pace: int = 10
    flip: int = 11
    pads: int = 12
    plain: int = 13
    refused: int = 14
    query: int = 15
    unlink: int = 16
    link: int = 17


ANSWER = Answer()
CODE = Code()
"""Values of these classes, and not plain numbers: the compiler would make a copy of a function for every number."""

ANSWERS = (
    "", OK, ERROR, "error Motor stop", "error Not joystick", "error Auto land", "error No valid marker",
)  # fmt: skip
"""What the autopilot answers, by its number."""

CM = 0.01
"""Metres."""

_DEFAULT_PACE = 0.0
"""A speed that is not given: that of the last ``speed``."""

_SMALLEST_CM = 20
_LARGEST_CM = 500
_RADIUS_M = (0.5, 10.0)

QUERIES = (
    "battery?", "speed?", "time?", "wifi?", "sdk?", "sn?", "height?", "temp?", "attitude?", "baro?", "acceleration?",
    "tof?",
)  # fmt: skip
"""Questions, of the SDK 1.3, 2.0 and 3.0 guides together."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it goes to the drone.

    Attributes:
        time_s: When the drone receives it, seconds from the start of the flight.
        text: The SDK's text: ``takeoff``, ``forward 100``, ``rc 0 20 0 0``.
        sender: Who sent it; the drone does not look.
    """

    time_s: float
    text: str
    sender: str = CONTROLLER


@dataclass(frozen=True, slots=True)
class Response:
    """The drone's answer to a command.

    Attributes:
        time_s: When it is sent, seconds from the start of the flight.
        text: ``ok``, ``error``, ``out of range``, or a value.
        to: The sender of the command, who gets the answer.
        command: Number of the command among those flown, from 0.
    """

    time_s: float
    text: str
    to: str
    command: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a command's text means.

    Attributes:
        code: One of :class:`Code`.
        values: Up to eight numbers, as the code has them; metres, seconds, radians.
        answer: The answer, where it does not depend on the flight.
    """

    code: int
    values: tuple[float, ...] = ()
    answer: str = ""


def read_command(text: str) -> Reading:
    """What the text of a command asks for.

    Example:
        >>> read_command("up 50")
        Reading(code=5, values=(0.0, 0.0, 0.5, 0.0), answer='')
        >>> read_command("up 5").answer, read_command("dance").answer
        ('out of range', 'unknown command: dance')
    """
    words = text.split()
    if not words:
        return Reading(CODE.refused, answer=ERROR)
    word = words[0]
    if word in _FIXED and len(words) == 1:
        return _FIXED[word]
    if word in QUERIES and len(words) == 1:
        return Reading(CODE.query)
    if word not in _READERS:
        return Reading(CODE.refused, answer=f"unknown command: {word}")
    try:
        return _READERS[word](words)
    except (ValueError, IndexError):
        return Reading(CODE.refused, answer=ERROR)


def orders_of(commands: Sequence[Command]) -> tuple[NDArray[np.void], tuple[Reading, ...]]:
    """The commands as an array of orders, and what each means.

    Args:
        commands: In the order of their times.
    """
    known: dict[str, Reading] = {}
    readings = tuple(
        known[command.text] if command.text in known else known.setdefault(command.text, read_command(command.text))
        for command in commands
    )
    rows = [
        (
            command.time_s,
            reading.code,
            command.sender == CONTROLLER,
            *reading.values,
            *(0.0,) * (8 - len(reading.values)),
        )
        for command, reading in zip(commands, readings, strict=True)
    ]
    return np.array(rows, ORDER), readings


def _whole(word: str, least: int, most: int) -> int:
    value = int(word)
    if not least <= value <= most:
        raise _RangeError
    return value


class _RangeError(Exception):
    """A number is outside what the SDK allows."""


_Reader = Callable[[list[str]], Reading]


def _ranged(reader: _Reader, count: int) -> _Reader:
    """A reader of so many numbers, whose range errors are answered as the drone does."""

    def read(words: list[str]) -> Reading:
        if len(words) != count + 1:
            return Reading(CODE.refused, answer=ERROR)
        try:
            return reader(words)
        except _RangeError:
            return Reading(CODE.refused, answer=OUT_OF_RANGE)

    return read


_WAYS = MappingProxyType({
    "up": (0, 0, 1), "down": (0, 0, -1), "left": (0, -1, 0), "right": (0, 1, 0), "forward": (1, 0, 0),
    "back": (-1, 0, 0),
})  # fmt: skip
"""Forward, right and up of each plain move."""


def _shift(words: list[str]) -> Reading:
    forward, right, up = _WAYS[words[0]]
    metres = _whole(words[1], _SMALLEST_CM, _LARGEST_CM) * CM
    return Reading(CODE.shift, (forward * metres, right * metres, up * metres, _DEFAULT_PACE))


def _turn(words: list[str]) -> Reading:
    angle = math.radians(_whole(words[1], 1, 360))
    return Reading(CODE.turn, (angle if words[0] == "cw" else -angle,))


def _flip(words: list[str]) -> Reading:
    rolls, pitches = {"l": (-1, 0), "r": (1, 0), "f": (0, -1), "b": (0, 1)}.get(words[1], (0, 0))
    return Reading(CODE.flip, (rolls, pitches)) if rolls or pitches else Reading(CODE.refused, answer=ERROR)


def _go(words: list[str]) -> Reading:
    """``go x y z speed [mid]``: x is forward, y left, z up; with a pad, its own frame."""
    if len(words) not in {5, 6}:
        return Reading(CODE.refused, answer=ERROR)
    try:
        x, y, z = (_whole(word, -_LARGEST_CM, _LARGEST_CM) for word in words[1:4])
        pace = _whole(words[4], 10, 100) * CM
        if len(words) == 6:
            pad = _whole(words[5].removeprefix("m"), 1, 8)
            return Reading(CODE.go_pad, (x * CM, -y * CM, z * CM, pace, pad))
        if max(abs(x), abs(y), abs(z)) < _SMALLEST_CM:
            raise _RangeError
    except _RangeError:
        return Reading(CODE.refused, answer=OUT_OF_RANGE)
    return Reading(CODE.shift, (x * CM, -y * CM, z * CM, pace))


def _curve(words: list[str]) -> Reading:
    """``curve x1 y1 z1 x2 y2 z2 speed``: the arc through here and two points.

    The values are its centre and the direction it sets out in (forward, right, up each), its whole angle, its pace.
    """
    numbers = [_whole(word, -_LARGEST_CM, _LARGEST_CM) * CM for word in words[1:7]]
    pace = _whole(words[7], 10, 60) * CM
    first, second = np.array(numbers[:3]) * (1, -1, 1), np.array(numbers[3:]) * (1, -1, 1)
    normal = np.cross(first, second)
    size = float(normal @ normal)
    if size < 1e-9:
        return Reading(CODE.refused, answer=ERROR)
    centre = np.cross((first @ first) * second - (second @ second) * first, normal) / (2.0 * size)
    radius = float(np.linalg.norm(centre))
    if not _RADIUS_M[0] <= radius <= _RADIUS_M[1]:
        return Reading(CODE.refused, answer=ERROR)
    start = -centre / radius
    side = np.cross(normal / math.sqrt(size), start)
    angle = math.atan2(float((second - centre) @ side), float((second - centre) @ start)) % (2.0 * math.pi)
    return Reading(CODE.arc, (*centre.tolist(), *side.tolist(), angle, pace))


def _sticks(words: list[str]) -> Reading:
    return Reading(CODE.sticks, tuple(_whole(word, -100, 100) * CM for word in words[1:5]))


def _pace(words: list[str]) -> Reading:
    return Reading(CODE.pace, (_whole(words[1], 10, 100) * CM,))


def _direction(words: list[str]) -> Reading:
    _whole(words[1], 0, 2)
    return Reading(CODE.plain, answer=OK)


_FIXED = MappingProxyType({
    "command": Reading(CODE.sdk), "takeoff": Reading(CODE.takeoff), "land": Reading(CODE.land),
    "emergency": Reading(CODE.emergency), "stop": Reading(CODE.stop), "mon": Reading(CODE.pads, (1.0,)),
    "moff": Reading(CODE.pads, (0.0,)), "streamon": Reading(CODE.plain, answer=OK),
    "streamoff": Reading(CODE.plain, answer=OK),
})  # fmt: skip

_READERS: MappingProxyType[str, _Reader] = MappingProxyType({
    **dict.fromkeys(_WAYS, _ranged(_shift, 1)),
    "cw": _ranged(_turn, 1), "ccw": _ranged(_turn, 1), "flip": _ranged(_flip, 1), "go": _go,
    "curve": _ranged(_curve, 7), "rc": _ranged(_sticks, 4), "speed": _ranged(_pace, 1),
    "mdirection": _ranged(_direction, 1),
})  # fmt: skip
