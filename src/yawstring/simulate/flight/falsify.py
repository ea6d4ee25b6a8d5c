"""Telemetry that lies: bias, drift, freeze, scaling and replay of what the drone said.

An attacker in the middle has the states, not the drone: everything here is done to the fields of the state string, in
their own steps, and the truth stays what it was. The careless one changes the fields it names and nothing else. The
careful one shifts the quantity behind them, without a jump, and lets every field follow that would:

=============  =====================================================================================
height         ``baro``, ``tof``, ``h``, a pad's ``z``, and the climb in ``vgz``
speed          ``vgx`` and ``vgy``, and the place over a pad in ``x`` and ``y``
pitch, roll    ``pitch`` and ``mpitch`` with gravity's share in ``agx``; ``roll``, ``mroll``, ``agy``
yaw            ``yaw`` and ``myaw``
=============  =====================================================================================
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.simulate.flight.log import FlightLog
from yawstring.simulate.flight.records import Floats
from yawstring.simulate.flight.sensors import TOF_FLOOR_CM, TOF_NOTHING, wrapped
from yawstring.wire.tello import STATE_FIELDS

Kind = Literal["bias", "drift", "freeze", "scale", "replay"]

RAMP_S = 3.0
"""How long a careful attacker takes to bring a shift in, and to take it out again."""

SMOOTH_S = 1.0
"""Over how long a careful attacker averages to know a quantity."""

UNITS: Mapping[str, float] = MappingProxyType({
    "baro": 1.0, "tof": 100.0, "h": 100.0, "x": 100.0, "y": 100.0, "z": 100.0, "vgx": 10.0, "vgy": 10.0, "vgz": 10.0,
    "pitch": 1.0, "roll": 1.0, "yaw": 1.0, "mpitch": 1.0, "mroll": 1.0, "myaw": 1.0, "templ": 1.0, "temph": 1.0,
    "bat": 1.0, "agx": 1.0, "agy": 1.0, "agz": 1.0,
})  # fmt: skip
"""Steps of each field in a metre, a metre a second, a degree, a percent, a thousandth of g."""

QUANTITIES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "height": ("tof", "baro", "h", "z"), "speed_x": ("vgx",), "speed_y": ("vgy",), "pitch": ("pitch", "mpitch"),
    "roll": ("roll", "mroll"), "yaw": ("yaw", "myaw"), "battery": ("bat",), "warmth": ("templ", "temph"),
})  # fmt: skip
"""What a careful attacker can shift, and the fields that show it; the first tells its size."""

KEPT_IN_REPLAY = ("time", "bat")
"""Fields that a careful replay leaves as they are: they only go one way."""

ANGLES = ("pitch", "roll", "yaw", "mpitch", "mroll", "myaw")
PAD_ONLY = ("x", "y", "z", "mpitch", "mroll", "myaw")


@dataclass(frozen=True, kw_only=True)
class Falsification:
    """One lie, told for a while.

    Attributes:
        kind: ``bias`` adds, ``drift`` adds more and more, ``scale`` multiplies, ``freeze`` keeps what was, ``replay``
            says again what was said before.
        fields: Fields of the state string. A careful lie takes the quantities they show; for a careful replay they do
            not matter, it takes them all.
        start_s: From when, seconds from the start of the flight.
        end_s: Until when, exclusive.
        amount: Bias in metres, m/s, degrees, percent or thousandths of g, as the field has it; drift per second; the
            factor of a scaling. Freeze and replay take none.
        copied_from_s: Where the replayed segment begins; it must have ended by ``start_s``.
        careful: Keep the fields consistent with one another.

    Raises:
        OptionError: The kind or a field is unknown, or a time makes no sense.

    Example:
        >>> Falsification(kind="bias", fields=("tof",), start_s=10.0, end_s=20.0, amount=0.5).careful
        True
    """

    kind: Kind
    fields: tuple[str, ...]
    start_s: float
    end_s: float
    amount: float = 0.0
    copied_from_s: float | None = None
    careful: bool = True

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise OptionError(f"falsification: unknown kind '{self.kind}'; it is one of {', '.join(get_args(Kind))}")
        if unknown := [name for name in self.fields if name not in UNITS]:
            raise OptionError(f"falsification: '{unknown[0]}' cannot be falsified; choose from {', '.join(UNITS)}")
        if not self.fields and not (self.kind == "replay" and self.careful):
            raise OptionError(f"falsification: a {self.kind} of no field; name at least one")
        if not 0.0 <= self.start_s < self.end_s:
            raise OptionError(f"falsification: from {self.start_s:g} to {self.end_s:g} s is no interval")
        if self.kind == "replay":
            begin = self.copied_from_s
            if begin is None or not 0.0 <= begin <= self.start_s - (self.end_s - self.start_s):
                raise OptionError("falsification: a replay needs copied_from_s, and its segment must end by start_s")


def falsify(log: FlightLog, plan: Sequence[Falsification]) -> FlightLog:
    """The flight with other states, and the same truth.

    Args:
        log: A flight.
        plan: Lies, told one after the other; later ones see the states that earlier ones made.

    Returns:
        A log whose ``states`` lie and whose ``falsified`` marks the rows that differ from the given log's.
        Answers to queries are as they were.

    Example:
        >>> from yawstring.simulate.flight import Command, fly
        >>> log = fly([Command(0.5, "command")], seed=1, duration_s=5.0)
        >>> lie = Falsification(kind="bias", fields=("bat",), start_s=2.0, end_s=4.0, amount=-40.0, careful=False)
        >>> lied = falsify(log, [lie])
        >>> int(log.states["bat"][30] - lied.states["bat"][30]), set(log.time_s[lied.falsified].astype(int).tolist())
        (40, {2, 3})
    """
    states: dict[str, Floats] = {name: log.states[name].astype(np.float64) for name in STATE_FIELDS}
    for lie in plan:
        rows = np.flatnonzero((log.time_s >= lie.start_s) & (log.time_s < lie.end_s))
        if len(rows):
            (_tell_carefully if lie.careful else _tell_plainly)(states, log.time_s, rows, lie)
    fields = {name: _as_sent(name, states[name], log.states[name]) for name in STATE_FIELDS}
    changed = np.any([fields[name] != log.states[name] for name in STATE_FIELDS], axis=0)
    return replace(log, states=fields, falsified=log.falsified | changed)


def _tell_plainly(states: dict[str, Floats], times: Floats, rows: NDArray[np.intp], lie: Falsification) -> None:
    """Change the named fields and nothing else."""
    for name in lie.fields:
        values, unit = states[name], UNITS[name]
        if lie.kind == "bias":
            values[rows] += lie.amount * unit
        elif lie.kind == "drift":
            values[rows] += lie.amount * unit * (times[rows] - lie.start_s)
        elif lie.kind == "scale":
            values[rows] *= lie.amount
        elif lie.kind == "freeze":
            values[rows] = values[max(rows[0] - 1, 0)]
        else:
            values[rows] = values[_source(times, rows, lie)]


def _source(times: Floats, rows: NDArray[np.intp], lie: Falsification) -> NDArray[np.intp]:
    """The rows that a replay says again: in their own order, one for each."""
    first = int(np.searchsorted(times, lie.copied_from_s or 0.0))
    return np.minimum(first + np.arange(len(rows)), max(int(rows[0]) - 1, 0))


def _tell_carefully(states: dict[str, Floats], times: Floats, rows: NDArray[np.intp], lie: Falsification) -> None:
    """Shift the quantities behind the fields and let everything follow."""
    if lie.kind == "replay":
        source = _source(times, rows, lie)
        for name in STATE_FIELDS:
            if name not in KEPT_IN_REPLAY:
                states[name][rows] = states[name][source]
        return
    for quantity, names in QUANTITIES.items():
        if set(names) & set(lie.fields) or (quantity == "height" and "vgz" in lie.fields):
            shift = _shift(states, times, rows, lie, names[0])
            _follow(states, times, rows, quantity, shift)
    plain = tuple(name for name in lie.fields if name in ("x", "y", "agx", "agy", "agz"))
    if plain:
        _tell_plainly(states, times, rows, replace(lie, fields=plain))


def _shift(
    states: Mapping[str, Floats], times: Floats, rows: NDArray[np.intp], lie: Falsification, leading: str
) -> Floats:
    """By how much the quantity is shifted in each row: nothing at both ends, without a jump between."""
    now, unit = times[rows], UNITS[leading]
    ramp_s = min(RAMP_S, (lie.end_s - lie.start_s) / 3.0)
    inside = np.clip(np.minimum(now - lie.start_s, lie.end_s - now) / ramp_s, 0.0, 1.0)
    ramp = 0.5 - 0.5 * np.cos(np.pi * inside)
    if lie.kind == "bias":
        return lie.amount * ramp
    if lie.kind == "drift":
        ending = np.clip((lie.end_s - now) / ramp_s, 0.0, 1.0)
        return lie.amount * (now - lie.start_s) * (0.5 - 0.5 * np.cos(np.pi * ending))
    value: Floats = _smooth(_known(states, leading), times)[rows] / unit
    if lie.kind == "scale":
        rest = TOF_FLOOR_CM / unit if leading == "tof" else 0.0
        return (lie.amount - 1.0) * (value - rest) * ramp
    held: Floats = (value[0] - value) * np.where(now - lie.start_s < ramp_s, 1.0, ramp)
    return held


def _known(states: Mapping[str, Floats], name: str) -> Floats:
    """A field as an attacker would follow it: angles without their jump, distances without what did not come back."""
    values = states[name]
    if name in ANGLES:
        return np.degrees(np.unwrap(np.radians(values)))
    if name == "tof":
        rows = np.arange(len(values))
        good = values != TOF_NOTHING
        return np.interp(rows, rows[good], values[good]) if good.any() else np.zeros(len(values))
    return values


def _smooth(values: Floats, times: Floats) -> Floats:
    """Mean over a second around each row."""
    period = float(np.median(np.diff(times))) if len(times) > 1 else SMOOTH_S
    half = max(round(0.5 * SMOOTH_S / period), 1)
    sums = np.concatenate(([0.0], np.cumsum(np.pad(values, half, mode="edge"))))
    means: Floats = (sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1)
    return means


def _follow(states: dict[str, Floats], times: Floats, rows: NDArray[np.intp], quantity: str, shift: Floats) -> None:
    """Bring a shift of a quantity into every field that shows it."""
    over_pad = states["mid"][rows] > 0
    for name in QUANTITIES[quantity]:
        seen = np.where(over_pad, 1.0, 0.0) if name in PAD_ONLY else 1.0
        heard = states[name][rows] != TOF_NOTHING if name == "tof" else True
        states[name][rows] += np.where(heard, UNITS[name] * shift * seen, 0.0)
    rate = np.gradient(shift, times[rows]) if len(rows) > 1 else np.zeros(len(rows))
    if quantity == "height":
        states["vgz"][rows] += UNITS["vgz"] * rate
    elif quantity in ("speed_x", "speed_y"):
        _move_over_pad(states, times, rows, quantity, np.where(over_pad, shift, 0.0))
    elif quantity in ("pitch", "roll"):
        angle = np.radians(states[quantity][rows])
        change = 1000.0 * (np.sin(angle) - np.sin(angle - np.radians(shift)))
        states["agx" if quantity == "pitch" else "agy"][rows] += change if quantity == "pitch" else -change


def _move_over_pad(
    states: dict[str, Floats], times: Floats, rows: NDArray[np.intp], quantity: str, speed: Floats
) -> None:
    """What a false speed adds up to, in the frame of the pad."""
    way = np.cumsum(speed * np.diff(times[rows], prepend=times[rows[0]])) * np.where(states["mid"][rows] > 0, 1.0, 0.0)
    turn = np.radians(states["yaw"][rows] - states["myaw"][rows])
    along, aside = (np.cos(turn), np.sin(turn)) if quantity == "speed_x" else (np.sin(turn), -np.cos(turn))
    states["x"][rows] += UNITS["x"] * way * along
    states["y"][rows] += UNITS["y"] * way * aside


def _as_sent(
    name: str, values: Floats, before: NDArray[np.int64] | NDArray[np.float64]
) -> NDArray[np.int64] | NDArray[np.float64]:
    """Values in the steps of the state string; where nothing was done, the very numbers that were there."""
    if name == "baro":
        return np.round(values, 2)
    touched = values != before
    if name == "h":
        # A step of h spans ten centimetres above it.
        values = np.where(touched, 10.0 * np.floor((values + 5.0) / 10.0), values)
    elif name == "tof":
        values = np.where(touched, np.maximum(np.rint(values), TOF_FLOOR_CM), values)
    elif name == "bat":
        values = np.clip(np.rint(values), 0.0, 100.0)
    elif name in ANGLES:
        values = np.where(touched, wrapped(np.rint(values)), values)
    return np.rint(values).astype(np.int64)
