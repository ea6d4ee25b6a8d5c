"""A flight that somebody flies while it goes on: commands in as they come, states and answers out as they fall due.

It is :func:`yawstring.simulate.flight.fly` with the end left open: the same seed and length, and commands at the same
times, give the same states, however the time is cut into steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.flight.aircraft import STEP_S, Aircraft
from yawstring.simulate.flight.answers import (
    ANSWER_S,
    ANSWER_SPREAD_S,
    START_SPEED_CM_S,
    answer_text,
    pace_cm_s,
)
from yawstring.simulate.flight.commands import CODE, Command, Reading, Response, orders_of
from yawstring.simulate.flight.course import Course, advance, begin, heed
from yawstring.simulate.flight.fly import edges_of
from yawstring.simulate.flight.log import FlightLog
from yawstring.simulate.flight.records import Rows
from yawstring.simulate.flight.sensor_errors import SensorErrors, draw_errors
from yawstring.simulate.flight.sensors import sense
from yawstring.wire.tello import format_state

Link = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Leg:
    """What a step of a flight brought.

    Attributes:
        states: Rows of :meth:`LiveFlight.log` that are new.
        times_s: When each of those states leaves the drone.
        texts: Their octets.
        answers: Answers that were decided, by number of the command; they leave the drone at their times.
    """

    states: range
    times_s: tuple[float, ...]
    texts: tuple[bytes, ...]
    answers: tuple[Response, ...]


class LiveFlight:
    """A flight that is under way.

    Args:
        aircraft: What is flown.
        seed: Seed of everything that is drawn.
        duration_s: Its greatest length, seconds.
        link: Half-open intervals in which the controller's link is up; None is always.

    Raises:
        OptionError: An interval makes no sense.

    Example:
        >>> flight = LiveFlight(Aircraft(), 1, 30.0)
        >>> leg = flight.step([Command(0.2, "command"), Command(0.3, "battery?")], 1.0)
        >>> [answer.text for answer in leg.answers], len(leg.states)
        (['ok', '99'], 8)
    """

    def __init__(
        self, aircraft: Aircraft, seed: int | np.random.Generator, duration_s: float, link: Link | None = None
    ) -> None:
        rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
        self._course: Course = begin(aircraft, duration_s, rng)
        self._rng = rng
        self._delays = rng.spawn(1)[0]
        self._edges: Rows = edges_of(link, duration_s)
        self._errors: SensorErrors | None = None
        self._first = self._count = 0
        self._commands: list[Command] = []
        self._waiting: dict[int, tuple[int, Reading]] = {}
        self._parts: list[dict[str, NDArray[np.int64] | NDArray[np.float64]]] = []
        self._speed = START_SPEED_CM_S

    def step(self, commands: Sequence[Command], until_s: float) -> Leg:
        """Fly on.

        Args:
            commands: What reaches the drone in this time; none later, and none earlier than what has been flown.
            until_s: Time to come to, exclusive, to the integrator's step.
        """
        self._take(sorted(commands, key=lambda command: command.time_s), until_s)
        filled = advance(self._course, round(until_s / STEP_S))
        return self._told(self._sensed(filled), tuple(self._answers()))

    def log(self) -> FlightLog:
        """The flight so far, without its answers."""
        count = self._count
        truth = self._course.instants[self._first : self._first + count]
        names = self._parts[0] if self._parts else ()
        return FlightLog(
            time_s=truth["time_s"].copy(),
            states={name: np.concatenate([part[name] for part in self._parts]) for name in names},
            truth=truth,
            falsified=np.zeros(count, np.bool_),
            commands=tuple(self._commands),
            responses=(),
            aircraft=self._course.aircraft,
            seed=None,
        )

    def place(self) -> tuple[float, float, float]:
        """North, east and down of where it took off, metres."""
        state = self._course.state[0]
        return float(state["north"]), float(state["east"]), float(state["down"])

    def _told(self, rows: range, answers: tuple[Response, ...]) -> Leg:
        """The leg with the states of these rows as they are sent."""
        if not len(rows):
            return Leg(states=rows, times_s=(), texts=(), answers=answers)
        pads, part = self._course.aircraft.edu, self._parts[-1]
        texts = tuple(
            format_state({name: values[row].item() for name, values in part.items()}, pads=pads)
            for row in range(len(rows))
        )
        times = self._course.instants["time_s"][self._first + rows.start : self._first + rows.stop]
        return Leg(states=rows, times_s=tuple(times.tolist()), texts=texts, answers=answers)

    def _take(self, commands: Sequence[Command], until_s: float) -> None:
        orders, readings = orders_of(commands)
        due = int(np.searchsorted(self._edges["time_s"], until_s))
        if not due and not len(orders):
            return
        every = np.concatenate((self._edges[:due], orders))
        places = np.argsort(every["time_s"], kind="stable")
        already = len(self._course.orders)
        for place, which in enumerate(places.tolist()):
            if which >= due:
                self._waiting[already + place] = len(self._commands) + which - due, readings[which - due]
        self._commands += commands
        self._edges = self._edges[due:]
        heed(self._course, every[places])

    def _sensed(self, filled: slice) -> range:
        """Sense the instants that are new, from the drone's first ``command`` on."""
        before, instants = self._count, self._course.instants
        new = np.flatnonzero(instants["sdk"][filled] != 0) + filled.start
        if not len(new):
            return range(before, before)
        if self._errors is None:
            self._first = int(new[0])
            times = instants["time_s"][self._first :]
            self._errors = draw_errors(times, self._course.aircraft, self._rng)
        truth = instants[self._first : filled.stop]
        self._parts.append(sense(truth, self._course.aircraft, self._errors, first=before))
        self._count = before + len(new)
        return range(before, self._count)

    def _answers(self) -> list[Response]:
        """Answers that have been decided since."""
        found = []
        replies = self._course.replies
        for order in [order for order in self._waiting if replies[order, 0] != 0]:
            number, reading = self._waiting.pop(order)
            code, decided_s = int(replies[order, 0]), float(replies[order, 1])
            if reading.code == CODE.pace:
                self._speed = pace_cm_s(reading)
            state = {name: values[-1].item() for name, values in self._parts[-1].items()} if self._parts else None
            command = self._commands[number]
            text = answer_text(command.text, reading, code, state, self._speed, edu=self._course.aircraft.edu)
            late = ANSWER_S + float(self._delays.exponential(ANSWER_SPREAD_S))
            found.append(Response(decided_s + late, text, command.sender, number))
        heard, busy = int(self._course.state["heeded"][0]), int(self._course.state["busy"][0])
        # What has been heard, was not answered, and is not being carried out never will be: a stick's position, say.
        self._waiting = {order: rest for order, rest in self._waiting.items() if order >= heard or order == busy}
        return found
