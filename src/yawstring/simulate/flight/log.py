"""What a flight leaves behind: the drone's own states, its answers, and the truth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.flight.aircraft import Aircraft
from yawstring.simulate.flight.commands import Command, Response
from yawstring.simulate.flight.guidance import MODES
from yawstring.wire.tello import PAD_FIELDS, STATE_FIELDS, format_state


@dataclass(frozen=True, kw_only=True, eq=False)
class FlightLog:
    """A flight.

    Attributes:
        time_s: ``float64[row]``, when each state leaves the drone, seconds from the start; rising. States begin when
            the drone has been told ``command``.
        states: The fields of the state string by name, each ``[row]``, in the drone's own units: what is sent.
        truth: ``INSTANT[row]``, what was really so at those times; see :mod:`yawstring.simulate.flight.records`.
        falsified: ``bool[row]``, whether a state says something else than the drone measured.
        commands: What was sent to the drone, in order.
        responses: What it answered, by time.
        aircraft: What was flown.
        seed: The seed, where one was given.
    """

    time_s: NDArray[np.float64]
    states: Mapping[str, NDArray[np.int64] | NDArray[np.float64]]
    truth: NDArray[np.void]
    falsified: NDArray[np.bool_]
    commands: tuple[Command, ...]
    responses: tuple[Response, ...]
    aircraft: Aircraft
    seed: int | None

    def __len__(self) -> int:
        return len(self.time_s)

    def state_text(self, row: int) -> bytes:
        """The state string of a row, as it is sent."""
        return format_state({name: values[row].item() for name, values in self.states.items()}, pads=self.aircraft.edu)

    def state_texts(self) -> list[bytes]:
        """The state strings of all rows."""
        names = STATE_FIELDS if self.aircraft.edu else STATE_FIELDS[len(PAD_FIELDS) :]
        rows = zip(*(self.states[name].tolist() for name in names), strict=True)
        return [format_state(dict(zip(names, row, strict=True)), pads=self.aircraft.edu) for row in rows]

    def modes(self) -> NDArray[np.str_]:
        """What the autopilot was doing in each row: one of ``ground``, ``climb``, ``hover``, ``move`` and so on."""
        return np.take(np.array(MODES), self.truth["mode"])
