"""The drone's answers as text, at their times."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.flight.commands import ANSWERS, CODE, ERROR, Reading, Response

if TYPE_CHECKING:
    from yawstring.simulate.flight.log import FlightLog

ANSWER_S = 0.008
ANSWER_SPREAD_S = 0.004
"""How long the drone takes to put an answer on the air: at least, and on average on top of that."""

START_SPEED_CM_S = 100.0

SDK_VERSION = {False: "13", True: "30"}
SERIAL_NUMBER = "0TQDG0000SIM00"
SNR = 90
"""What ``wifi?`` is answered with: the drone's own figure of its link, in dB."""


def responses(
    log: "FlightLog", readings: Sequence[Reading], replies: NDArray[np.float64], rng: np.random.Generator
) -> tuple[Response, ...]:
    """Every answer, by time.

    Args:
        log: The flight, whose states answer queries.
        readings: What each command means.
        replies: ``float64[command, 2]``: number of the answer (0 is none) and when it was decided.
        rng: Source of the drone's own delay.
    """
    delays = ANSWER_S + rng.exponential(ANSWER_SPREAD_S, len(readings))
    speed = START_SPEED_CM_S
    out = []
    for index, (command, reading) in enumerate(zip(log.commands, readings, strict=True)):
        code, decided_s = int(replies[index, 0]), float(replies[index, 1])
        if code == 0:
            continue
        if reading.code == CODE.pace:
            speed = pace_cm_s(reading)
        text = answer_text(command.text, reading, code, _state(log, decided_s), speed, edu=log.aircraft.edu)
        out.append(Response(decided_s + float(delays[index]), text, command.sender, index))
    return tuple(sorted(out, key=lambda response: response.time_s))


def pace_cm_s(reading: Reading) -> float:
    """The speed that a ``speed`` command sets."""
    return 100.0 * reading.values[0]


def answer_text(
    text: str, reading: Reading, code: int, state: Mapping[str, float] | None, speed: float, *, edu: bool
) -> str:
    """The answer to one command.

    Args:
        text: The command.
        reading: What it means.
        code: Number of the autopilot's answer.
        state: The last state before, which answers queries; None where there is none yet.
        speed: Of the last ``speed``, cm/s.
        edu: The drone is one of the newer kind.
    """
    if reading.code != CODE.query:
        return reading.answer or ANSWERS[code]
    constants = {"speed?": f"{speed:.1f}", "wifi?": f"{SNR}", "sdk?": SDK_VERSION[edu], "sn?": SERIAL_NUMBER}
    query = text.strip()
    if query in constants:
        return constants[query]
    return ERROR if state is None else _value(query, state)


def _state(log: "FlightLog", time_s: float) -> Mapping[str, float] | None:
    """The last state before a time, or the first one."""
    if not len(log):
        return None
    row = max(int(np.searchsorted(log.time_s, time_s, side="right")) - 1, 0)
    return {name: values[row].item() for name, values in log.states.items()}


def _value(query: str, state: Mapping[str, float]) -> str:
    return {
        "battery?": f"{state['bat']}",
        "time?": f"{state['time']}s",
        "height?": f"{math.floor(state['h'] / 10)}dm",
        "temp?": f"{state['templ']}~{state['temph']}C",
        "attitude?": f"pitch:{state['pitch']};roll:{state['roll']};yaw:{state['yaw']};",
        "baro?": f"{state['baro']:f}",
        "acceleration?": f"agx:{state['agx']:.2f};agy:{state['agy']:.2f};agz:{state['agz']:.2f};",
        "tof?": f"{10 * int(state['tof'])}mm",
    }[query]
