"""Run inside a network and a mount namespace: a drone that djitellopy flies, and two watches of its air. Prints JSON.

``python -m support.live_watch FOLDER ARGUMENT...``: the arguments are those of ``yawstring simulate --live``. One watch
is there before the drone, at a fifo; the other comes when it flies, at a radiotap interface.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from support.live_pilot import started
from yawstring.edge.live.tap import open_tap, set_up
from yawstring.wire.capture import records

TOLD = "eve.json"
REHEARSAL_S = 200.0


def watch(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    folder.mkdir()
    command = [sys.executable, "-m", "yawstring.app.cli", "watch", *arguments, "--out", str(folder)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


def noted(folder: Path, first: dict[str, float], over: threading.Event) -> None:
    """When the first alert of a watch could be read."""
    while not over.wait(0.01):
        if (folder / TOLD).exists() and (folder / TOLD).stat().st_size:
            first[folder.name] = time.time()
            return


def rehearsed(folder: Path) -> None:
    """Let a watch of an interface hear a recorded attack until it tells of it: its machine code is made then."""
    octets = (folder / "short.pcapng").read_bytes()
    begins, lengths = records(octets).table[:2].tolist()
    frames = [octets[begin : begin + length] for begin, length in zip(begins, lengths, strict=True)]
    with open_tap() as tap:
        one = watch(folder / "rehearsed", "--interface", tap.name, "--telemetry", "air")
        until = time.monotonic() + REHEARSAL_S
        told = folder / "rehearsed" / TOLD
        while not (told.exists() and told.stat().st_size) and one.poll() is None and time.monotonic() < until:
            for frame in frames:
                tap.write(frame)
                time.sleep(0.0005)
        one.terminate()
        one.wait(60)


def flown() -> str:
    """Take off with djitellopy, and hover."""
    from djitellopy import Tello

    Tello.LOGGER.setLevel(logging.ERROR)
    tello = Tello()
    tello.connect()
    tello.takeoff()
    return "ok"


def main(folder: Path, arguments: list[str]) -> None:
    # What interfaces are is read from there; it still shows those of the namespace we came from.
    subprocess.run([str(shutil.which("mount")), "-t", "sysfs", "sysfs", "/sys"], check=True)
    set_up("lo", up=True)
    rehearsed(folder)
    os.mkfifo(folder / "air")
    first: dict[str, float] = {}
    over = threading.Event()
    watches = [watch(folder / "before", "--pcap-fifo", str(folder / "air"), "--telemetry", "air")]
    try:
        air = ["--air", f"fifo:{folder / 'air'}", "--air", "tap:yaw0"]
        drone = started([*arguments, *air, "-o", str(folder / "flight")], folder / "log")
        watches.append(watch(folder / "after", "--interface", "yaw0", "--telemetry", "sniff:yawdrone0"))
        for name in ("before", "after"):
            threading.Thread(target=noted, args=(folder / name, first, over), daemon=True).start()
        told = flown()
        status = drone.wait(60)
        # The fifo ends with the drone, and the watch of it; the other waits for its interface to come back.
        ends = [watches[0].wait(30)]
        watches[1].terminate()
        ends.append(watches[1].wait(30))
    finally:
        over.set()
        for one in watches:
            one.kill()
    print(json.dumps({"told": told, "status": status, "watches": ends, "first": first}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
