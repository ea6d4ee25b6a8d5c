"""A small drone in flight: commands in; states, answers and the truth out.

:func:`fly` flies a script of SDK commands, :class:`LiveFlight` what it is told as it goes on; :func:`pilot` writes a
script as a person would, and :func:`falsify` makes the telemetry lie.
"""

from yawstring.simulate.flight.aircraft import Aircraft, Pad
from yawstring.simulate.flight.commands import CONTROLLER, Command, Response
from yawstring.simulate.flight.falsify import Falsification, falsify
from yawstring.simulate.flight.fly import fly
from yawstring.simulate.flight.live import LiveFlight
from yawstring.simulate.flight.log import FlightLog
from yawstring.simulate.flight.pilot import STYLES, pilot

__all__ = [
    "CONTROLLER",
    "STYLES",
    "Aircraft",
    "Command",
    "Falsification",
    "FlightLog",
    "LiveFlight",
    "Pad",
    "Response",
    "falsify",
    "fly",
    "pilot",
]
