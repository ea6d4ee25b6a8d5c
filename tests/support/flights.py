"""Simulated flights for tests, and what tshark or the decoder see in them."""

import io
import subprocess
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from yawstring.edge.simulations import read_scenario
from yawstring.simulate.run import Simulated, simulate
from yawstring.table.frames import frames_table
from yawstring.wire.decoder import decode

SHORT = ("duration_s=5", "attack.onset_s=1", "attack.length_s=3.5", "pilot.airborne_s=16", "traffic.video_mbit_s=0.5")
"""A few seconds of a flight that is under way."""


def flight(name: str, seed: int, *changes: str, short: bool = True) -> Simulated:
    return simulate(read_scenario(name, changes=(*(SHORT if short else ()), *changes)), seed)


def truth(made: Simulated) -> pl.DataFrame:
    schema = {"technique": pl.String, "episode": pl.Int64, "transmitter": pl.String}
    return pl.read_csv(io.BytesIO(made.truth), schema_overrides=schema)


def frames(made: Simulated) -> pl.DataFrame:
    """The decoder's columns, and the truth's beside them."""
    table = frames_table(decode(made.capture))
    return table.with_columns(truth(made).drop("frame.number", "time_ns"))


def seen_by(tshark: str, path: Path, fields: Sequence[str], *options: str) -> list[list[str]]:
    """Fields of every frame, as tshark prints them."""
    wanted = [part for field in fields for part in ("-e", field)]
    command = [tshark, "-r", str(path), *options, "-T", "fields", "-E", "occurrence=f", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]
