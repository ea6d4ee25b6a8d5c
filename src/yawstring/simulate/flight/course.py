"""A flight that is under way: flown step by step, or in one go, with the same bits."""

import math
from dataclasses import dataclass

import numpy as np

from yawstring.simulate.flight.aircraft import STEP_S, Aircraft
from yawstring.simulate.flight.fitting import draw_craft, start_state
from yawstring.simulate.flight.integrate import NORMALS, integrate
from yawstring.simulate.flight.records import INSTANT, MARKER, ORDER, Floats, Rows


@dataclass(kw_only=True, eq=False)
class Course:
    """A flight as far as it has come.

    Attributes:
        aircraft: What is flown.
        craft: ``CRAFT[1]``.
        state: ``STATE[1]``, now.
        markers: ``MARKER[pad]``.
        normals: ``float64[step, 5]`` of the whole flight.
        instants: ``INSTANT[row]``, the truth when each state leaves; the first ``state["noted"]`` are filled.
        orders: ``ORDER[order]``, what has come in, in order of time.
        replies: ``float64[order, 2]``: number of the answer, 0 while there is none, and its time.
    """

    aircraft: Aircraft
    craft: Rows
    state: Rows
    markers: Rows
    normals: Floats
    instants: Rows
    orders: Rows
    replies: Floats


def begin(aircraft: Aircraft, duration_s: float, rng: np.random.Generator) -> Course:
    """A flight before its first step.

    Args:
        aircraft: What is flown.
        duration_s: Its greatest length.
        rng: Source of everything that is drawn.
    """
    instants = _instants(aircraft, duration_s, rng)
    normals = rng.standard_normal((math.ceil(duration_s / STEP_S) + 1, NORMALS))
    return Course(
        aircraft=aircraft,
        craft=draw_craft(aircraft, rng),
        state=start_state(aircraft, rng),
        markers=_markers(aircraft),
        normals=normals,
        instants=instants,
        orders=np.zeros(0, ORDER),
        replies=np.zeros((0, 2)),
    )


def heed(course: Course, orders: Rows) -> None:
    """Add orders, in order of time and none earlier than what has been flown."""
    if not len(orders):
        return
    course.orders = np.concatenate((course.orders, orders))
    course.replies = np.concatenate((course.replies, np.zeros((len(orders), 2))))


def advance(course: Course, until_step: int | None = None) -> slice:
    """Fly on.

    Args:
        course: The flight; moves on.
        until_step: Number of steps since the start to come to; all of them if not given.

    Returns:
        The instants that this filled.
    """
    first, noted = int(course.state["steps"][0]), int(course.state["noted"][0])
    normals = course.normals[first:until_step]
    integrate(course.state, course.craft, course.orders, course.markers, normals, course.instants, course.replies)
    return slice(noted, int(course.state["noted"][0]))


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
