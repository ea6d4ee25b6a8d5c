"""Scripts of commands as a person would send them.

A pilot does not see the flight: it guesses how long each move takes, waits that long and a little more, and keeps in
mind roughly where the drone is, so that it stays inside a room. When it has nothing to say, it says something all the
same (``command`` or a question), for the drone lands after 15 seconds of silence.
"""

import math
from collections.abc import Callable, Sequence
from types import MappingProxyType

import numpy as np

from yawstring.errors import OptionError
from yawstring.simulate.flight.aircraft import Pad
from yawstring.simulate.flight.commands import CONTROLLER, Command
from yawstring.simulate.flight.records import Floats

STICK_PERIOD_S = 0.05
"""A stick's program sends its position twenty times a second."""

STICK_JITTER_S = 0.004
STICK_MEMORY_S = 0.8
STICK_PERCENT = 35.0
"""Sticks wander: how fast and how far."""

KEEP_ALIVE_S = (4.0, 9.0)
"""Longest silences of a pilot, drawn anew each time."""

KEEP_ALIVE = ("command", "battery?", "battery?", "wifi?", "speed?", "time?")

TAKEOFF_S = 8.0
LAND_S = 6.0
"""What a pilot allows for taking off and for landing."""

ROOM_M = 2.5
LEAST_HEIGHT_M = 0.6
MOST_HEIGHT_M = 2.2
FIRST_HEIGHT_M = 0.8
"""Half the side of the room, and the heights a pilot keeps to."""

SHORTEST_S = TAKEOFF_S + LAND_S + 4.0


class _Script:
    """Commands so far, the time now, and where the pilot thinks the drone is."""

    def __init__(self, rng: np.random.Generator, end_s: float) -> None:
        self.rng = rng
        self.end_s = end_s
        self.now_s = float(rng.uniform(0.3, 1.5))
        self.forward = self.right = 0.0
        self.height = FIRST_HEIGHT_M
        self.yaw = 0.0
        self.commands: list[Command] = []

    def say(self, text: str, pause_s: float) -> None:
        """Send a command and wait, not beyond the end, with something said in a long wait."""
        self.commands.append(Command(self.now_s, text, CONTROLLER))
        until = min(self.now_s + pause_s, max(self.end_s, self.now_s))
        while until - self.now_s > (silence := float(self.rng.uniform(*KEEP_ALIVE_S))):
            self.now_s += silence
            self.commands.append(Command(self.now_s, str(self.rng.choice(KEEP_ALIVE)), CONTROLLER))
        self.now_s = until

    def think(self, most_s: float = 2.5) -> float:
        """A person's pause."""
        return float(0.3 + most_s * self.rng.beta(1.5, 3.0))

    def left_s(self) -> float:
        return self.end_s - self.now_s


def pilot(
    seed: int | np.random.Generator,
    duration_s: float,
    style: str = "moves",
    *,
    pads: Sequence[Pad] = (),
) -> tuple[Command, ...]:
    """A script of commands that ends on the ground.

    Args:
        seed: Seed of everything that is drawn, or a generator to draw from.
        duration_s: By when the drone is down again, seconds; at least 18.
        style: One of :data:`STYLES`: ``hover`` stays where it is; ``moves`` sends one SDK move after another;
            ``sticks`` sends ``rc`` twenty times a second; ``survey`` flies lanes, over mission pads where there are.
        pads: Mission pads on the ground, for ``survey``.

    Raises:
        OptionError: The style is unknown or the time too short.

    Example:
        >>> script = [command.text for command in pilot(1, 20.0, "hover")]
        >>> script[0], "takeoff" in script, script[-1]
        ('command', True, 'land')
    """
    if style not in STYLES:
        raise OptionError(f"pilot: unknown style '{style}'; it is one of {', '.join(STYLES)}")
    if duration_s < SHORTEST_S:
        raise OptionError(f"pilot: {duration_s:g} s is too short to take off and land; give at least {SHORTEST_S:g} s")
    rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
    script = _Script(rng, duration_s - LAND_S)
    script.say("command", script.think(1.0))
    for text in rng.permutation(["battery?", "streamon", "sdk?"])[: rng.integers(0, 4)]:
        script.say(str(text), script.think(0.6))
    script.say("takeoff", min(TAKEOFF_S + script.think(), script.left_s()))
    STYLES[style](script, pads)
    script.now_s = min(script.now_s, script.end_s)
    script.say("land", 0.0)
    return tuple(script.commands)


def _hover(script: _Script, pads: Sequence[Pad]) -> None:
    """Stay, look around a little, ask how things are."""
    while script.left_s() > 6.0:
        if script.rng.random() < 0.3:
            _turn(script, int(script.rng.integers(2, 10)) * 10)
        else:
            script.say(str(script.rng.choice(KEEP_ALIVE)), float(script.rng.uniform(1.0, 7.0)))
    _wait_out(script)


def _moves(script: _Script, pads: Sequence[Pad]) -> None:
    """One move after another, of the size a person would type."""
    if script.rng.random() < 0.5 and script.left_s() > 14.0:
        script.say(f"speed {int(script.rng.integers(3, 11)) * 10}", script.think())
    choices: tuple[Callable[[_Script], None], ...] = (_step, _step, _step, _any_turn, _any_turn, _go, _ask)
    while script.left_s() > 14.0:
        choices[script.rng.integers(len(choices))](script)
    _wait_out(script)


def _survey(script: _Script, pads: Sequence[Pad]) -> None:
    """Lanes to and fro; over pads, one hop from pad to pad, each centred on."""
    if script.left_s() > 4.0:
        script.say("mon", script.think(1.0))
    turn = 1
    while script.left_s() > 16.0:
        if pads and script.rng.random() < 0.5:
            pad = pads[int(script.rng.integers(len(pads)))]
            script.say(f"go 0 0 {int(script.rng.integers(7, 11)) * 10} 40 m{pad.number}", 6.0 + script.think())
            continue
        lane = int(script.rng.integers(5, 16)) * 10
        for text, length in (
            (f"forward {lane}", lane),
            (f"{'right' if turn > 0 else 'left'} 40", 40),
            (f"back {lane}", lane),
        ):
            if script.left_s() < 12.0:
                break
            script.say(text, _move_s(length / 100.0, 1.0) + script.think(1.0))
        turn = -turn
    _wait_out(script)


def _sticks(script: _Script, pads: Sequence[Pad]) -> None:
    """Four sticks that wander, with rests; the pilot steers back when the drone is far out."""
    rng = script.rng
    keep = math.exp(-STICK_PERIOD_S / STICK_MEMORY_S)
    stick: Floats = np.zeros(4)
    gates: Floats = np.zeros(4)
    change_s = script.now_s
    while script.left_s() > 2.0:
        if script.now_s >= change_s:
            # A person moves one or two sticks at a time, and now and then none.
            gates = np.where(rng.random(4) < (0.45, 0.5, 0.2, 0.35), STICK_PERCENT, 0.0)
            change_s = script.now_s + float(rng.uniform(0.5, 3.5))
        stick = keep * stick + math.sqrt(1.0 - keep * keep) * rng.standard_normal(4)
        right, forward, up, yaw = np.clip(stick * gates + _back_inside(script), -100, 100).round().astype(int).tolist()
        script.commands.append(Command(script.now_s, f"rc {right} {forward} {up} {yaw}", CONTROLLER))
        step_s = max(STICK_PERIOD_S + STICK_JITTER_S * float(rng.standard_normal()), 0.5 * STICK_PERIOD_S)
        _imagine(script, right / 100.0 * step_s, forward / 100.0 * step_s, up / 100.0 * step_s)
        script.yaw += math.radians(yaw) * step_s
        script.now_s += step_s
    if script.left_s() > 1.0:
        script.say("rc 0 0 0 0", float(rng.uniform(0.8, 2.0)))


STYLES: MappingProxyType[str, Callable[[_Script, Sequence[Pad]], None]] = MappingProxyType({
    "hover": _hover, "moves": _moves, "sticks": _sticks, "survey": _survey,
})  # fmt: skip
"""How a pilot flies."""


def _back_inside(script: _Script) -> tuple[float, float, float, float]:
    """What the pilot adds to the sticks when the drone is near a wall, the floor or the ceiling."""
    out = math.hypot(script.forward, script.right)
    back = -60.0 * max(out - 0.6 * ROOM_M, 0.0) / max(out, 1e-9)
    forward, right = back * script.forward, back * script.right
    cos_yaw, sin_yaw = math.cos(script.yaw), math.sin(script.yaw)
    lift = 50.0 * (max(LEAST_HEIGHT_M + 0.3 - script.height, 0.0) - max(script.height - MOST_HEIGHT_M + 0.3, 0.0))
    return right * cos_yaw - forward * sin_yaw, forward * cos_yaw + right * sin_yaw, lift, 0.0


def _imagine(script: _Script, right: float, forward: float, up: float) -> None:
    """Move the drone in the pilot's mind, from its own axes to the room's."""
    cos_yaw, sin_yaw = math.cos(script.yaw), math.sin(script.yaw)
    script.forward += forward * cos_yaw - right * sin_yaw
    script.right += forward * sin_yaw + right * cos_yaw
    script.height += up


def _inside(script: _Script, right: float, forward: float, up: float) -> bool:
    cos_yaw, sin_yaw = math.cos(script.yaw), math.sin(script.yaw)
    ahead = script.forward + forward * cos_yaw - right * sin_yaw
    aside = script.right + forward * sin_yaw + right * cos_yaw
    return max(abs(ahead), abs(aside)) <= ROOM_M and LEAST_HEIGHT_M <= script.height + up <= MOST_HEIGHT_M


def _move_s(metres: float, pace_m_s: float) -> float:
    """How long a pilot allows for a move."""
    return 3.5 + 1.3 * metres / pace_m_s


_WAYS = MappingProxyType({
    "up": (0, 0, 1), "down": (0, 0, -1), "left": (-1, 0, 0), "right": (1, 0, 0), "forward": (0, 1, 0),
    "back": (0, -1, 0),
})  # fmt: skip


def _step(script: _Script) -> None:
    """A plain move that stays in the room; a turn where none does."""
    length = int(script.rng.integers(2, 16)) * 10
    for word in script.rng.permutation(list(_WAYS)):
        way = [length / 100.0 * part for part in _WAYS[str(word)]]
        if _inside(script, *way):
            _imagine(script, *way)
            script.say(f"{word} {length}", _move_s(length / 100.0, 0.4) + script.think())
            return
    _any_turn(script)


def _go(script: _Script) -> None:
    """A move along three axes at once."""
    x, y, z = (10 * int(value) for value in script.rng.integers((-12, -12, -6), (13, 13, 7)))
    pace = int(script.rng.integers(3, 8)) * 10
    if max(abs(x), abs(y), abs(z)) < 20 or not _inside(script, -y / 100.0, x / 100.0, z / 100.0):
        _ask(script)
        return
    _imagine(script, -y / 100.0, x / 100.0, z / 100.0)
    script.say(f"go {x} {y} {z} {pace}", _move_s(math.hypot(x, y, z) / 100.0, pace / 100.0) + script.think())


def _any_turn(script: _Script) -> None:
    _turn(script, int(script.rng.choice([30, 45, 60, 90, 90, 180])))


def _turn(script: _Script, degrees: int) -> None:
    clockwise = bool(script.rng.random() < 0.5)
    script.yaw += math.radians(degrees if clockwise else -degrees)
    script.say(f"{'cw' if clockwise else 'ccw'} {degrees}", 2.5 + degrees / 45.0 + script.think())


def _ask(script: _Script) -> None:
    script.say(str(script.rng.choice(KEEP_ALIVE)), script.think(4.0))


def _wait_out(script: _Script) -> None:
    """Wait for the time to land, without falling silent."""
    while script.left_s() > 0.5:
        script.say("battery?", min(float(script.rng.uniform(2.0, 6.0)), script.left_s()))
