"""Lies told of a simulated flight move the signals that are meant for them beyond all that benign flights give."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from support.flights import flight
from yawstring.edge.telemetry import parse_telemetry
from yawstring.simulate.run import Simulated
from yawstring.table.frames import frames_table
from yawstring.table.fuse import fuse
from yawstring.table.signals import Rows, SignalOptions, measure
from yawstring.wire.decoder import decode

STYLES = ("hover", "moves", "sticks", "survey")
LONG = ("duration_s=40", "pilot.airborne_s=16", "traffic.video_mbit_s=0", "neighbours.networks=0")
ONSET_S = 24


def rows_of(made: Simulated) -> Rows:
    log = parse_telemetry(made.telemetry, name="telemetry.log").frame
    return measure(fuse(frames_table(decode(made.capture)), log).frame, SignalOptions(warm_up_s=12.0))


@cache
def benign() -> pl.DataFrame:
    """Half a minute of each style, open and not."""
    made = [
        flight(f"benign-{security}", 70 + number, *LONG, f'pilot.style="{style}"', short=False)
        for number, (security, style) in enumerate((one, style) for one in ("open", "wpa2") for style in STYLES)
    ]
    return pl.concat([rows_of(one).frame for one in made], how="diagonal")


@cache
def lied(kind: str, what: str, careful: bool, place: str, style: str) -> pl.DataFrame:
    made = flight(
        "telemetry-injected" if place == "injected" else "telemetry-bias",
        31,
        *LONG,
        f"attack.onset_s={ONSET_S}",
        "attack.length_s=10",
        f'attack.kind="telemetry_{kind}"',
        f'attack.what="{what}"',
        f"attack.careful={str(careful).lower()}",
        f'attack.place="{place}"',
        "attack.strength=0.6",
        f'pilot.style="{style}"',
        short=False,
    )
    rows, (episode,) = rows_of(made), made.episodes
    return rows.frame.filter((rows.time_ns >= episode.start_ns) & (rows.time_ns < episode.end_ns))


@pytest.mark.parametrize(
    ("kind", "what", "careful", "place", "style", "signal", "least"),
    [
        ("bias", "height", False, "source", "hover", "craft_tof_climb_10s", 0.9),
        ("bias", "height", True, "source", "hover", "craft_climb_force_1s", 0.1),
        ("bias", "attitude", False, "source", "hover", "craft_gravity_1s", 0.9),
        ("bias", "attitude", True, "source", "hover", "craft_speed_tilt_10s", 0.5),
        ("bias", "battery", False, "source", "hover", "craft_battery_fall_10s", 0.9),
        ("bias", "battery", True, "source", "hover", "craft_battery_fall_10s", 0.6),
        ("drift", "height", False, "source", "hover", "craft_tof_climb_10s", 0.5),
        ("drift", "attitude", False, "source", "hover", "craft_gravity_10s", 0.3),
        ("drift", "battery", False, "source", "hover", "craft_battery_fall_10s", 0.8),
        ("freeze", "height", False, "source", "hover", "craft_hold_baro_s", 0.8),
        ("freeze", "height", False, "source", "hover", "craft_hold_baro_unusual", 0.8),
        ("freeze", "attitude", False, "source", "moves", "craft_hold_attitude_s", 0.3),
        ("scale", "height", False, "source", "hover", "craft_baro_tof_10s", 0.9),
        ("scale", "battery", False, "source", "hover", "craft_battery_rise_10s", 0.9),
        ("replay", "height", False, "source", "hover", "craft_repeat_height_s", 0.8),
        ("replay", "height", True, "source", "hover", "craft_repeat_state_s", 0.9),
        ("bias", "height", True, "injected", "hover", "craft_states_1s", 0.8),
        ("bias", "height", True, "injected", "hover", "craft_gap_least_1s", -0.8),
        ("bias", "height", True, "injected", "hover", "command_state_sequence_breaks_10s", 0.9),
    ],
)
def test_a_lie_moves_its_signal(
    kind: str, what: str, careful: bool, place: str, style: str, signal: str, least: float
) -> None:
    """So much of its time beyond the greatest value of benign flights; where negative, below the least."""
    values = lied(kind, what, careful, place, style)[signal].fill_null(np.nan).to_numpy()
    usual = benign()[signal].drop_nulls().to_numpy()
    assert len(usual) > 500
    beyond = values < usual.min() if least < 0 else values > usual.max()
    assert beyond.mean() >= abs(least), (beyond.mean(), usual.max(), np.nanmedian(values))
