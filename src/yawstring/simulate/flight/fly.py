"""A flight from take-off to landing: commands in, a log out."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from yawstring.errors import OptionError
from yawstring.simulate.flight.aircraft import Aircraft
from yawstring.simulate.flight.answers import responses
from yawstring.simulate.flight.commands import CODE, Command, orders_of
from yawstring.simulate.flight.course import Course, advance, begin, heed
from yawstring.simulate.flight.log import FlightLog
from yawstring.simulate.flight.records import ORDER, Floats, Rows
from yawstring.simulate.flight.sensor_errors import draw_errors
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
    truth, replies = _flown(begin(aircraft, duration_s, rng), orders, edges_of(link, duration_s))
    log = FlightLog(
        time_s=truth["time_s"].copy(),
        states=sense(truth, aircraft, draw_errors(truth["time_s"], aircraft, rng)),
        truth=truth,
        falsified=np.zeros(len(truth), np.bool_),
        commands=script,
        responses=(),
        aircraft=aircraft,
        seed=None if isinstance(seed, np.random.Generator) else seed,
    )
    return replace(log, responses=responses(log, readings, replies, rng))


def _flown(course: Course, orders: Rows, edges: Rows) -> tuple[Rows, Floats]:
    """The truth at the states' times, from the drone's first ``command`` on, and the reply to each order."""
    every = np.concatenate((edges, orders))
    # Stable, so that an edge of the link comes before a command of the same instant.
    places = np.argsort(every["time_s"], kind="stable")
    heed(course, every[places])
    advance(course)
    replies = np.empty_like(course.replies)
    replies[places] = course.replies
    return course.instants[course.instants["sdk"] != 0], replies[len(edges) :]


def edges_of(link: Sequence[tuple[float, float]] | None, duration_s: float) -> Rows:
    """Orders that say when the link goes and comes; it is up before the first one.

    Raises:
        OptionError: The intervals do not rise, or overlap.
    """
    rows: list[tuple[float, int]] = []
    end = 0.0
    for start, until in link if link is not None else [(0.0, math.inf)]:
        if not end <= start < until:
            raise OptionError(f"flight: link interval {start:g} to {until:g} s: intervals must rise and not overlap")
        if start > end or (start == 0.0 and not rows):
            rows += [(end, CODE.unlink)] if start > 0.0 else []
            rows += [(start, CODE.link)]
        end = until
    if end < duration_s:
        rows.append((end, CODE.unlink))
    edges = np.zeros(len(rows), ORDER)
    for row, (time_s, code) in enumerate(rows):
        edges[row]["time_s"], edges[row]["code"] = time_s, code
    return edges
