"""Commands, and words beside frames, held to what the definition gives by hand."""

import math

import numpy as np
import polars as pl
import pytest

from yawstring.table.signals import SignalOptions, measure

EVERY_ROW = SignalOptions(every_s=None)
S = 1_000_000_000
DRONE, PILOT = 0x60_60_1F_00_00_01, 0x02_00_00_00_00_02


def measured(table: pl.DataFrame, name: str) -> np.ndarray:
    return measure(table, EVERY_ROW).frame[name].fill_null(math.nan).to_numpy()


def spoken(said: list[tuple[float, str | None]]) -> pl.DataFrame:
    """Frames at these seconds, some of which hold a text."""
    return pl.DataFrame(
        {"time_ns": [round(at * S) for at, _ in said], "tello.command": [text for _, text in said]},
        schema={"time_ns": pl.Int64, "tello.command": pl.String},
    )


def fading(times: list[float], now: float, horizon_s: float) -> float:
    return sum(math.exp(-(now - at) / horizon_s) for at in times if at <= now)


def test_kinds_and_rates() -> None:
    said = [(0.0, "command"), (0.5, "ok"), (1.0, "takeoff"), (1.4, None), (2.0, "rc 10 0 0 0"), (2.2, "rc 20 0 0 0"),
            (3.0, "battery?"), (3.1, "87"), (4.0, "up 50"), (6.0, "error"), (8.0, None)]  # fmt: skip
    table, times = spoken(said), [at for at, _ in said]
    commands = [0.0, 1.0, 2.0, 2.2, 3.0, 4.0]
    for name, of, horizon_s in (
        ("all_1s", commands, 1.0),
        ("all_10s", commands, 10.0),
        ("sticks_10s", [2.0, 2.2], 10.0),
        ("moves_10s", [1.0, 4.0], 10.0),
        ("queries_10s", [3.0], 10.0),
        ("mixed_10s", [2.0, 4.0], 10.0),
    ):
        expected = [fading(of, now, horizon_s) / horizon_s for now in times]
        assert measured(table, f"command_{name}") == pytest.approx(expected, rel=1e-5), name
    answers, awaited = [0.5, 3.1, 6.0], [0.0, 1.0, 3.0, 4.0]
    expected = [fading(awaited, now, 10.0) - fading(answers, now, 10.0) for now in times]
    assert measured(table, "command_unanswered_10s") == pytest.approx(expected, abs=1e-5)
    assert measured(table, "command_errors_10s")[-1] == pytest.approx(fading([6.0], 8, 10) / fading(answers, 8, 10))
    assert measured(table, "command_since_s")[-1] == pytest.approx(4.0)


def test_two_senders_cannot_have_counted_together() -> None:
    """One counts 10, 11, 12 ..., another 3000, 3001 ... between."""
    count = 40
    own = pl.DataFrame({
        "time_ns": np.arange(count) * S // 10, "tello.command": ["rc 0 0 0 0"] * count,
        "wlan.seq": np.arange(10, 10 + count), "ip.id": np.arange(500, 500 + count),
        "wlan.fc.retry": np.zeros(count, np.int64), "wlan.fc.tods": np.ones(count, np.int64),
    })  # fmt: skip
    mixed = own.with_columns(
        pl.when(pl.int_range(count) % 2 == 1).then(pl.col("wlan.seq") + 3000).otherwise("wlan.seq").alias("wlan.seq")
    )
    assert measured(own, "command_sequence_breaks_10s")[1:].max() == 0.0
    assert measured(mixed, "command_sequence_breaks_10s")[-1] > 0.45
    assert measured(mixed, "command_packet_breaks_10s")[1:].max() == 0.0


def flown(speed: float, climb: float, turn: float, asked: str) -> pl.DataFrame:
    """Half a minute of a state and a command each tenth of a second."""
    count = 300
    at = np.arange(count) * 0.1
    return pl.DataFrame({
        "time_ns": (at * S).astype(np.int64), "tello.command": [asked] * count,
        "velocity_x_m_s": np.full(count, speed), "velocity_y_m_s": np.zeros(count),
        "tof_m": 1.0 + climb * at, "height_m": 1.0 + climb * at,
        "yaw_deg": (turn * at + 180) % 360 - 180, "telemetry_age_s": np.zeros(count),
    })  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "way", "climb", "turn"),
    [("rc 0 0 0 0", 5.0, 2.0, 200.0), ("rc 50 0 20 20", 0.0, 0.0, 0.0), ("rc 100 0 0 0", -5.0, 2.0, 200.0)],
)
def test_what_was_done_beyond_what_was_asked(asked: str, way: float, climb: float, turn: float) -> None:
    """Sums over 10 s of 0.5 m/s, 0.2 m/s and 20 degrees/s, once they have settled."""
    table = flown(0.5, 0.2, 20.0, asked)
    for name, expected, done in (("way", way, 5.0), ("climb", climb, 2.0), ("turn", turn, 200.0)):
        settled = expected * (1 - math.exp(-3))
        assert measured(table, f"command_{name}_unasked_10s")[-1] == pytest.approx(settled, abs=0.02 * done)


def linked(frames: list[tuple[float, int]], states_s: list[float], speed: float = 0.0) -> pl.DataFrame:
    """A drone that is known by its ports, a controller, and what it had last said at each frame."""
    at = np.array([time for time, _ in frames])
    last = np.array([max((one for one in states_s if one <= time), default=math.nan) for time in at])
    down = np.array([sender == DRONE for _, sender in frames])
    nothing = np.zeros(len(at), np.int64)
    return pl.DataFrame({
        "time_ns": np.rint(at * S).astype(np.int64), "telemetry_age_s": at - last,
        "wlan.fc.type": np.full(len(at), 2), "wlan.fc.subtype": np.full(len(at), 8),
        "wlan.fc.fromds": down.astype(int), "wlan.fc.tods": (~down).astype(int), "wlan.fc.retry": nothing,
        "wlan.ta": np.where(down, DRONE, PILOT), "wlan.ra": np.where(down, PILOT, DRONE),
        "wlan.bssid": np.full(len(at), DRONE), "frame.len": np.full(len(at), 180), "radiotap.length": nothing,
        "udp.srcport": np.where(down, 8889, 50000), "udp.dstport": np.where(down, 8890, 8889),
        "velocity_x_m_s": np.full(len(at), speed), "velocity_y_m_s": np.zeros(len(at)),
        "velocity_z_m_s": np.zeros(len(at)), "yaw_deg": np.zeros(len(at)),
    })  # fmt: skip


TENTHS = [n / 10 for n in range(200)]
NAMED = SignalOptions(every_s=None, drone=DRONE)


def test_frames_without_states_and_states_without_frames() -> None:
    frames = [(t, DRONE) for t in TENTHS] + [(t + 0.05, PILOT) for t in TENTHS]
    silent = measure(linked(sorted(frames), TENTHS[:100]), NAMED).frame
    assert silent["both_frames_alone_s"][-1] == pytest.approx(19.9 - 9.9, abs=0.01)
    assert silent["both_states_alone_s"].max() < 0.11
    frames = [(t, DRONE) for t in TENTHS[:100]] + [(t + 0.05, PILOT) for t in TENTHS]
    alone = measure(linked(sorted(frames), TENTHS), NAMED).frame
    assert alone["both_states_alone_s"][-1] == pytest.approx(19.9 - 9.9, abs=0.01)
    assert alone["both_frames_alone_s"].max() < 0.11


def test_motion_that_nobody_asked_and_asking_in_vain() -> None:
    """The controller falls silent after 10 s, and the aircraft says it goes on at 1 m/s."""
    frames = [(t, DRONE) for t in TENTHS] + [(t + 0.05, PILOT) for t in TENTHS[:100]]
    gone = measure(linked(sorted(frames), TENTHS, speed=1.0), NAMED).frame
    expected = sum(0.1 * math.exp(-(19.9 - t) / 10) for t in TENTHS if t > 9.95 + 5.0)
    assert gone["both_way_unasked_10s"][-1] == pytest.approx(expected, rel=1e-3)
    assert gone["both_way_unasked_10s"].drop_nulls()[:120].max() == 0.0
    assert gone["both_asked_in_vain_10s"].max() == 0.0
    still = measure(linked(sorted(frames), TENTHS), NAMED).frame
    assert still["both_asked_in_vain_10s"].max() == pytest.approx(10 * (1 - math.exp(-1)), rel=0.06)
    assert still["both_way_unasked_10s"].max() == 0.0
