"""Each part of the craft's signals beside the same thing worked out slowly, from the whole table at once."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from scipy.spatial.transform import Rotation

from yawstring.table.signals import SignalOptions, measure

G_M_S2 = 9.80665
EVERY_ROW = SignalOptions(every_s=None)


def made(seed: int, count: int = 160, gap_s: float = 0.1) -> pl.DataFrame:
    """States a tenth of a second apart, more or less, in the steps of a Tello; some are repeated, some stay."""
    random = np.random.default_rng(seed)
    times = np.cumsum(np.rint(random.uniform(0.5, 1.5, count) * gap_s * 1e9).astype(np.int64))
    walk = lambda step, scale: scale * np.rint(np.cumsum(random.normal(0, step, count)))  # noqa: E731
    table = pl.DataFrame({
        "time_ns": times,
        "height_m": 1.0 + walk(0.4, 0.1),
        "tof_m": 1.0 + np.abs(walk(1.0, 0.01)),
        "baro_m": 100.0 + walk(2.0, 0.01),
        "velocity_x_m_s": walk(0.5, 0.1),
        "velocity_y_m_s": walk(0.5, 0.1),
        "velocity_z_m_s": walk(0.3, 0.1),
        "acceleration_x_m_s2": random.normal(0, 0.3, count).round(2),
        "acceleration_y_m_s2": random.normal(0, 0.3, count).round(2),
        "acceleration_z_m_s2": random.normal(-G_M_S2, 0.3, count).round(2),
        "pitch_deg": walk(1.0, 1.0),
        "roll_deg": walk(1.0, 1.0),
        "yaw_deg": (170 + walk(3.0, 1.0) + 180) % 360 - 180,
        "battery_pct": 80.0 - np.arange(count) // 40,
        "temperature_high_c": 60.0 + walk(0.2, 1.0),
        "temperature_low_c": 58.0 + walk(0.2, 1.0),
    })  # fmt: skip
    values = table.drop("time_ns").to_numpy().copy()
    values[40:60] = values[39]
    values[100:125] = values[70:95]
    return pl.concat([table.select("time_ns"), pl.DataFrame(values, schema=table.columns[1:])], how="horizontal")


def measured(table: pl.DataFrame, name: str) -> np.ndarray:
    return measure(table, EVERY_ROW).frame[name].fill_null(math.nan).to_numpy()


def seconds(table: pl.DataFrame) -> np.ndarray:
    return (table["time_ns"] - table["time_ns"][0]).to_numpy() * 1e-9


def fading_sum(at: np.ndarray, amounts: np.ndarray, horizon_s: float) -> np.ndarray:
    """At each moment, of the amounts up to it, each weighed by its age: the definition, term by term."""
    amounts = np.nan_to_num(amounts)
    return np.array([
        sum(amounts[j] * math.exp(-(at[i] - at[j]) / horizon_s) for j in range(i + 1)) for i in range(len(at))
    ])  # fmt: skip


def changes(table: pl.DataFrame, name: str) -> np.ndarray:
    return np.diff(table[name].to_numpy(), prepend=math.nan)


@pytest.fixture(scope="module", params=[0, 1])
def table(request: pytest.FixtureRequest) -> pl.DataFrame:
    return made(request.param)


# How states come


def test_rate_and_spread(table: pl.DataFrame) -> None:
    at = seconds(table)
    gaps = np.diff(at, prepend=math.nan)
    known = np.where(np.isnan(gaps), 0.0, 1.0)
    for horizon_s in (1.0, 10.0):
        expected = fading_sum(at, np.ones(len(at)), horizon_s) / horizon_s
        assert measured(table, f"craft_states_{horizon_s:g}s") == pytest.approx(expected, rel=1e-5)
    weight = fading_sum(at, known, 10.0)[5:]
    mean = fading_sum(at, gaps, 10.0)[5:] / weight
    spread = np.sqrt(fading_sum(at, gaps**2, 10.0)[5:] / weight - mean**2) / mean
    assert measured(table, "craft_gap_spread_10s")[5:] == pytest.approx(spread, rel=1e-4)


def test_longest_and_shortest_gap(table: pl.DataFrame) -> None:
    at = seconds(table)
    gaps = np.diff(at, prepend=math.nan)
    longest, shortest = measured(table, "craft_gap_most_10s"), measured(table, "craft_gap_least_1s")
    for row in range(3, len(at)):
        age = at[row] - at
        near, far = (age <= 5.0) & (age >= 0), (age <= 10.0) & (age >= 0)
        assert np.nanmax(gaps[near]) - 1e-6 <= longest[row] <= np.nanmax(gaps[far]) + 1e-6
        near, far = (age <= 0.5) & (age >= 0), (age <= 1.0) & (age >= 0)
        assert np.nanmin(gaps[far]) - 1e-6 <= shortest[row] <= np.nanmin(gaps[near]) + 1e-6


def test_two_streams_in_one_alternate() -> None:
    ours, theirs = made(3), made(4)
    theirs = theirs.with_columns(pl.col("baro_m") + 3.0, time_ns=ours["time_ns"] + 5_000_000)
    both = pl.concat([ours, theirs]).sort("time_ns")
    assert measured(both, "craft_alternation_1s")[20:].min() > 0.8
    assert measured(ours, "craft_alternation_1s")[20:40].max() < 0.6


# Ties


def test_height_ties(table: pl.DataFrame) -> None:
    at = seconds(table)
    climb = -0.5 * (table["velocity_z_m_s"].to_numpy() + table["velocity_z_m_s"].shift(1).to_numpy())
    climb *= np.diff(at, prepend=math.nan)
    tof, baro, height = (changes(table, name) for name in ("tof_m", "baro_m", "height_m"))
    ties = {"tof_climb": tof - climb, "baro_climb": baro - climb, "height_climb": height - climb}
    ties |= {"baro_tof": baro - tof, "height_tof": height - tof}
    for name, change in ties.items():
        for horizon_s in (1.0, 10.0):
            expected = np.abs(fading_sum(at, change, horizon_s))[1:]
            assert measured(table, f"craft_{name}_{horizon_s:g}s")[1:] == pytest.approx(expected, abs=1e-5)


def test_unusual_is_a_residual_in_running_root_mean_squares(table: pl.DataFrame) -> None:
    at = seconds(table)
    residual = np.abs(fading_sum(at, changes(table, "baro_m") - changes(table, "tof_m"), 1.0))
    found, squares, weight = measured(table, "craft_baro_tof_unusual"), 0.0, 0.0
    for row in range(1, len(at)):
        left = math.exp(-(at[row] - at[row - 1]) / 10.0)
        squares, weight = squares * left, weight * left
        usual = max(math.sqrt(squares / weight), 0.1) if weight else 0.1
        counted = residual[row]
        if weight >= 10:
            assert found[row] == pytest.approx(residual[row] / usual, rel=1e-4)
            counted = min(counted, 3 * usual)
        squares, weight = squares + counted**2, weight + 1


def test_forces_and_gravity(table: pl.DataFrame) -> None:
    """SciPy turns the specific force into the frame of the take-off; gravity is added there."""
    at = seconds(table)
    gaps = np.diff(at, prepend=math.nan)
    angles = table.select("yaw_deg", "pitch_deg", "roll_deg").to_numpy()
    turn = Rotation.from_euler("ZYX", angles, degrees=True)
    names = [f"acceleration_{axis}_m_s2" for axis in "xyz"]
    force = table.select(names).to_numpy()
    acceleration = turn.apply(force) + np.array([0.0, 0.0, G_M_S2])
    speed = np.column_stack([changes(table, f"velocity_{axis}_m_s") for axis in "xyz"])
    beyond = speed - acceleration * gaps[:, None]
    level = np.zeros_like(beyond)
    for row in range(1, len(at)):
        weight = np.exp(-(at[row] - at[1:row]) / 10.0)
        if (time := float((weight * gaps[1:row]).sum())) > 1.0:
            level[row] = (weight[:, None] * beyond[1:row]).sum(axis=0) / time * gaps[row]
    sums = np.column_stack([fading_sum(at, beyond[:, axis] - level[:, axis], 1.0) for axis in range(3)])
    across = np.hypot(sums[:, 0], sums[:, 1])
    assert measured(table, "craft_climb_force_1s")[1:] == pytest.approx(np.abs(sums[1:, 2]), abs=1e-4)
    assert measured(table, "craft_speed_force_1s")[1:] == pytest.approx(across[1:], abs=1e-4)
    lean = force - turn.inv().apply(np.tile([0.0, 0.0, -G_M_S2], (len(at), 1)))
    means = [fading_sum(at, lean[:, axis] * gaps, 10.0) / 10.0 for axis in (0, 1)]
    assert measured(table, "craft_gravity_10s")[1:] == pytest.approx(np.hypot(*means)[1:], abs=1e-4)


# Holds


def held(table: pl.DataFrame, names: list[str]) -> tuple[list[float], list[float]]:
    at, values = seconds(table), table.select(names).rows()
    stayed, unusual = [], []
    changed, usual = 0.0, math.nan
    for row in range(len(at)):
        if row and values[row] != values[row - 1]:
            took = at[row] - changed
            usual = took if math.isnan(usual) else usual + (took - usual) / 16
            changed = at[row]
        stayed.append(at[row] - changed)
        unusual.append(stayed[-1] / max(usual, 0.02))
    return stayed, unusual


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("baro", ["baro_m"]),
        ("tof", ["tof_m"]),
        ("speed", ["velocity_x_m_s", "velocity_y_m_s"]),
        ("attitude", ["pitch_deg", "roll_deg"]),
        ("battery", ["battery_pct"]),
    ],
)
def test_holds(table: pl.DataFrame, name: str, fields: list[str]) -> None:
    stayed, unusual = held(table, fields)
    assert measured(table, f"craft_hold_{name}_s") == pytest.approx(stayed, abs=1e-5)
    found = measured(table, f"craft_hold_{name}_unusual")
    assert np.isfinite(found).any()
    assert found == pytest.approx(unusual, rel=1e-5, abs=1e-5, nan_ok=True)


def test_same_is_the_share_of_states_said_twice(table: pl.DataFrame) -> None:
    at = seconds(table)
    rows = table.drop("time_ns", "battery_pct", "temperature_high_c", "temperature_low_c").rows()
    same = np.array([0.0, *(float(a == b) for a, b in pairwise(rows))])
    known = np.array([0.0, *[1.0] * (len(at) - 1)])
    expected = fading_sum(at, same, 1.0)[1:] / fading_sum(at, known, 1.0)[1:]
    assert measured(table, "craft_same_1s")[1:] == pytest.approx(expected, abs=1e-5)


def test_nothing_is_frozen_on_the_ground() -> None:
    count = 100
    ground = pl.DataFrame({
        "time_ns": np.arange(count) * 100_000_000, "tof_m": np.full(count, 0.1), "height_m": np.zeros(count),
        "velocity_x_m_s": np.zeros(count), "velocity_y_m_s": np.zeros(count),
    })  # fmt: skip
    assert measured(ground, "craft_hold_speed_s").max() == 0.0
    flying = ground.with_columns(tof_m=pl.lit(1.0))
    assert measured(flying, "craft_hold_speed_s")[-1] == pytest.approx(9.9)


# Repeats


def repeated(table: pl.DataFrame, names: list[str], states: int, least: int) -> list[float]:
    """How long each state has been repeating, by looking at every earlier phrase."""
    at, words = seconds(table), table.select(names).rows()
    lasted, lag_before, since = [], 0, 0.0
    for row in range(len(at)):
        phrase = words[row - states + 1 : row + 1]
        changes = sum(words[j] != words[j - 1] for j in range(row - states + 1, row + 1)) if row > states else 0
        earlier = [j for j in range(states + 1, row) if words[j - states + 1 : j + 1] == phrase]
        lag = row - earlier[-1] if row > states and earlier and at[row] - at[earlier[-1]] <= 60 else 0
        lag = lag if changes >= least and lag > states else 0
        since = since if lag and lag == lag_before else at[row]
        lasted.append(at[row] - since if lag else 0.0)
        lag_before = lag
    return lasted


@pytest.mark.parametrize(
    ("name", "fields", "states", "least"),
    [
        ("height", ["height_m", "tof_m", "baro_m"], 4, 3),
        ("force", [f"acceleration_{axis}_m_s2" for axis in "xyz"], 3, 3),
        ("attitude", ["pitch_deg", "roll_deg"], 10, 5),
    ],
)
def test_repeats(table: pl.DataFrame, name: str, fields: list[str], states: int, least: int) -> None:
    expected = repeated(table, fields, states, least)
    assert max(expected) > 1.0
    assert measured(table, f"craft_repeat_{name}_s")[states + 1 :] == pytest.approx(expected[states + 1 :], abs=1e-5)


# Jumps


def test_jumps(table: pl.DataFrame) -> None:
    at = seconds(table)
    turn = np.abs((changes(table, "yaw_deg") + 180) % 360 - 180)
    gaps = np.maximum(np.diff(at, prepend=math.nan), 0.1)
    speed = np.hypot(changes(table, "velocity_x_m_s"), changes(table, "velocity_y_m_s")) / gaps / G_M_S2
    for name, sizes in (("yaw", turn), ("speed", speed), ("baro", np.abs(changes(table, "baro_m")))):
        for half_s, found in ((0.5, measured(table, f"craft_jump_{name}_1s")),
                              (5.0, measured(table, f"craft_jump_{name}_10s"))):  # fmt: skip
            for row in range(1, len(at)):
                age = at[row] - at
                least = np.nanmax(sizes[(age >= 0) & (age <= half_s)])
                most = np.nanmax(sizes[(age >= 0) & (age <= 2 * half_s)])
                assert least - 1e-5 <= found[row] <= most + 1e-5


# Trends


def test_charge_and_warmth(table: pl.DataFrame) -> None:
    at = seconds(table)
    charge, hot = changes(table, "battery_pct"), changes(table, "temperature_high_c")
    gap = hot - changes(table, "temperature_low_c")
    for name, amounts in (
        ("battery_fall", np.maximum(-charge, 0)),
        ("battery_rise", np.maximum(charge, 0)),
        ("temperature", hot),
        ("temperature_gap", gap),
    ):
        expected = np.abs(fading_sum(at, amounts, 10.0))[1:]
        assert measured(table, f"craft_{name}_10s")[1:] == pytest.approx(expected, abs=1e-5)


def test_moves(table: pl.DataFrame) -> None:
    at = seconds(table)
    column: Callable[[str], np.ndarray] = lambda name: table[name].to_numpy()  # noqa: E731
    speed = np.hypot(column("velocity_x_m_s"), column("velocity_y_m_s"))
    means = {"speed": speed, "climb": -column("velocity_z_m_s")}
    means["tilt"] = np.hypot(column("pitch_deg"), column("roll_deg"))
    for name, values in means.items():
        expected = fading_sum(at, values, 1.0) / fading_sum(at, np.ones(len(at)), 1.0)
        assert measured(table, f"craft_{name}_1s") == pytest.approx(expected, abs=1e-5)


# Gains


def test_gain_is_a_slope_of_least_squares() -> None:
    """Velocity is the integral of what an accelerometer, held level, says; told 1.7 times too large."""
    random = np.random.default_rng(9)
    count = 300
    force = 2.0 * np.sin(np.arange(count) * 0.3) + random.normal(0, 0.2, count)
    table = pl.DataFrame({
        "time_ns": np.arange(count) * 100_000_000, "acceleration_x_m_s2": force + 0.4,
        "acceleration_y_m_s2": np.zeros(count), "acceleration_z_m_s2": np.full(count, -G_M_S2),
        "pitch_deg": np.zeros(count), "roll_deg": np.zeros(count), "yaw_deg": np.zeros(count),
        "velocity_x_m_s": 1.7 * np.cumsum(force) * 0.1, "velocity_y_m_s": np.zeros(count),
        "velocity_z_m_s": np.zeros(count),
    })  # fmt: skip
    at = seconds(table)
    accounted = fading_sum(at, np.r_[0.0, (force[1:] + 0.4) * 0.1], 1.0)
    told = fading_sum(at, changes(table, "velocity_x_m_s"), 1.0)
    weight = np.exp(-(at[-1] - at[1:]) / 10.0)
    covariance = np.cov(accounted[1:], told[1:], aweights=weight)
    found = measured(table, "craft_gain_force_10s")
    assert found[-1] == pytest.approx(covariance[0, 1] / covariance[0, 0], rel=1e-4)
    assert found[-1] == pytest.approx(1.7, abs=0.05)
    assert np.isnan(measured(table, "craft_gain_climb_10s")).all()
