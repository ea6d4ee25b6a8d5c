"""Run inside a network namespace of its own: a simulated drone, and djitellopy that flies it. Prints JSON.

``python -m support.live_pilot FOLDER ARGUMENT...``: the arguments are those of ``yawstring simulate --live``.
"""

import json
import logging
import socket
import subprocess
import sys
import time
from pathlib import Path

from yawstring.edge.live.tap import set_up

READY = "the drone is at"


def started(arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
    """The program, once the drone can be flown."""
    with log.open("wb") as out:
        command = [sys.executable, "-m", "yawstring.app.cli", "simulate", "--live", *arguments]
        program = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    while READY not in log.read_text():
        if program.poll() is not None:
            raise SystemExit(log.read_text())
        time.sleep(0.02)
    return program


def flown() -> dict[str, object]:
    """Connect, take off, move, land: what the client was told."""
    from djitellopy import Tello

    Tello.LOGGER.setLevel(logging.ERROR)
    tello = Tello()
    tello.connect()
    told: dict[str, object] = {"sdk": tello.query_sdk_version(), "battery": tello.get_battery()}
    tello.takeoff()
    told["height_cm"] = tello.get_height()
    tello.move_up(20)
    tello.move_forward(20)
    tello.rotate_clockwise(90)
    told["flight_time_s"] = tello.get_flight_time()
    tello.land()
    told["flying"] = tello.is_flying
    return told


def main(folder: Path, arguments: list[str]) -> None:
    set_up("lo", up=True)
    program = started(arguments, folder / "log")
    interfaces = [name for _, name in socket.if_nameindex()]
    try:
        told = flown()
    finally:
        program.terminate()
        program.wait(20)
    after = [name for _, name in socket.if_nameindex()]
    print(json.dumps({"told": told, "during": interfaces, "after": after, "status": program.returncode}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
