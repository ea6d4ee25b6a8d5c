"""A flight from take-off to landing: commands in, a log out."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from yawstring.errors import OptionError
from yawstring.simulate.flight.aircraft import STEP_S, Aircraft
from yawstring.simulate.flight.answers import responses
from yawstring.simulate.flight.commands import CODE, Command, orders_of
from yawstring.simulate.flight.fitting import draw_craft, start_state
from yawstring.simulate.flight.integrate import NORMALS, integrate
from yawstring.simulate.flight.log import FlightLog
from yawstring.simulate.flight.records import INSTANT, MARKER, ORDER, Floats, Rows
from yawstring.simulate.flight.sensors import sense

LONGEST_S = 7200.0
"""Longest flight: several batteries."""


def fly(
    commands: Sequence[Command],
    *,
    seed: int | np.random.Generator,
    duration_s: float,
    link: Sequence[tuple[float, float]] | None = None,
    aircraft: Aircraft | None = None,
) -> FlightLog:
    """Fly a script of commands.

    The drone carries out whatever reaches it, whoever sent it. What its controller sends while the link is down does
    not reach it, and is not answered; what others send does, if it is in the script.

    Args:
        commands: In any order; the drone hears them by time.
        seed: Seed of everything that is drawn: the same seed gives the same bits. A generator is drawn from.
        duration_s: Length of the log.
        link: Half-open intervals, in seconds, in which the controller's link is up; None is always.
        aircraft: What is flown and where; the defaults where it is None.

    Returns:
        The log.

    Raises:
        OptionError: A time or an interval makes no sense.

    Example:
        >>> log = fly([Command(0.5, "command"), Command(1.0, "takeoff")], seed=1, duration_s=12.0)
        >>> [response.text for response in log.responses], bool(log.states["tof"][-1] > 60)
        (['ok', 'ok'], True)
    """
    if not 0.0 < duration_s <= LONGEST_S:
        raise OptionError(f"flight: a duration of {duration_s:g} s; it must be over 0 and at most {LONGEST_S:g} s")
    if not all(math.isfinite(command.time_s) for command in commands):
        raise OptionError("flight: the time of a command is not a number")
    aircraft = aircraft or Aircraft()
    rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
    script = tuple(sorted(commands, key=lambda command: command.time_s))
    orders, readings = orders_of(script)
    truth, replies = _integrated(aircraft, orders, _edges(link, duration_s), duration_s, rng)
    log = FlightLog(
        time_s=truth["time_s"].copy(),
        states=sense(truth, aircraft, rng),
        truth=truth,
        falsified=np.zeros(len(truth), np.bool_),
        commands=script,
        responses=(),
        aircraft=aircraft,
        seed=None if isinstance(seed, np.random.Generator) else seed,
    )
    return replace(log, responses=responses(log, readings, replies, rng))


def _integrated(
    aircraft: Aircraft, orders: Rows, edges: Rows, duration_s: float, rng: np.random.Generator
) -> tuple[Rows, Floats]:
    """The truth at the states' times, from the drone's first ``command`` on, and the reply to each order."""
    every = np.concatenate((edges, orders))
    # Stable, so that an edge of the link comes before a command of the same instant.
    places = np.argsort(every["time_s"], kind="stable")
    truth = _instants(aircraft, duration_s, rng)
    in_turn = np.zeros((len(every), 2))
    normals = rng.standard_normal((math.ceil(duration_s / STEP_S) + 1, NORMALS))
    craft, start = draw_craft(aircraft, rng), start_state(aircraft, rng)
    integrate(start, craft, every[places], _markers(aircraft), normals, truth, in_turn)
    replies = np.empty_like(in_turn)
    replies[places] = in_turn
    return truth[truth["sdk"] != 0], replies[len(edges) :]


def _edges(link: Sequence[tuple[float, float]] | None, duration_s: float) -> Rows:
    """Orders that say when the link goes and comes; it is up before the first one."""
    rows: list[tuple[float, int]] = []
    end = 0.0
    for begin, until in link if link is not None else [(0.0, math.inf)]:
        if not end <= begin < until:
            raise OptionError(f"flight: link interval {begin:g} to {until:g} s: intervals must rise and not overlap")
        if begin > end or (begin == 0.0 and not rows):
            rows += [(end, CODE.unlink)] if begin > 0.0 else []
            rows += [(begin, CODE.link)]
        end = until
    if end < duration_s:
        rows.append((end, CODE.unlink))
    edges = np.zeros(len(rows), ORDER)
    for row, (time_s, code) in enumerate(rows):
        edges[row]["time_s"], edges[row]["code"] = time_s, code
    return edges


def _instants(aircraft: Aircraft, duration_s: float, rng: np.random.Generator) -> Rows:
    """Rows to be filled, with the times at which states leave: the drone's own period, and its jitter."""
    period = aircraft.state_period_s
    count = int(duration_s / period) + 1
    due = rng.uniform(0.0, period) + period * np.arange(count)
    # A state may be late, as when the processor is busy, and is never early; the next one is on time again.
    late = np.minimum(np.abs(rng.normal(0.0, aircraft.state_jitter_s, count)), 0.4 * period)
    times = due + late
    instants = np.zeros(int(np.searchsorted(times, duration_s)), INSTANT)
    instants["time_s"] = times[: len(instants)]
    return instants


def _markers(aircraft: Aircraft) -> Rows:
    rows = [(pad.number, pad.north_m, pad.east_m, math.radians(pad.yaw_deg)) for pad in aircraft.pads]
    return np.array(rows, MARKER)
