"""Compiles the loops that most tests share, before test workers start: each of them would compile every one anew.

Two processes share the work, so that two processors are busy and hardly a loop is compiled twice: one decodes a capture
and measures its signals, the other flies and then measures the same signals in the opposite order, until they meet.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

FRAMES, PATIENCE_S = 60, 60


def warm() -> None:
    """Do both; what fails here will fail in a test, where it can be read."""
    tests = Path(__file__).resolve().parents[1]
    place = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(tests), os.environ.get("PYTHONPATH"))))}
    with TemporaryDirectory() as folder:
        runs = [
            subprocess.Popen(
                [sys.executable, "-m", "support.warm", part, str(Path(folder) / "frames.parquet")],
                env=place,
                stderr=subprocess.DEVNULL,
            )
            for part in ("listen", "fly")
        ]
        for run in runs:
            run.wait()


def listen(path: Path) -> None:
    """Decode, and measure from the first group of signals on."""
    from support import octets, open_network
    from yawstring.table.frames import frames_table
    from yawstring.table.fuse import fuse
    from yawstring.wire.decoder import decode

    frame = fuse(frames_table(decode(octets.pcap(open_network.frames(FRAMES, seed=1)))), None).frame
    frame.write_parquet(path.with_suffix(".part"))
    path.with_suffix(".part").rename(path)
    measure_each(path, step=1)


def fly(path: Path) -> None:
    """Simulate, and measure from the last group of signals on."""
    from support.flights import flight

    flight("benign-wpa2", 1)
    for _ in range(10 * PATIENCE_S):
        if path.exists():
            return measure_each(path, step=-1)
        time.sleep(0.1)
    return None


def measure_each(path: Path, *, step: int) -> None:
    import polars as pl

    from yawstring.table.signals import GROUPS, SignalOptions
    from yawstring.table.signals.inputs import Inputs
    from yawstring.table.signals.plan import planned
    from yawstring.table.signals.roles import roles_start, roles_step

    frame = pl.read_parquet(path)
    inputs = Inputs(frame=frame, time_ns=frame["time_ns"].to_numpy().copy())
    options = SignalOptions()
    plan, _ = planned(inputs.time_ns, None, 0, options, None)
    _, roles = roles_step(roles_start(None), inputs)
    for group in GROUPS[::step]:
        group.step(group.start(options), inputs, roles, plan)


if __name__ == "__main__":
    {"listen": listen, "fly": fly}[sys.argv[1]](Path(sys.argv[2]))
