"""Levels and rates of the watched link, against sums over the whole history."""

import math

import numpy as np
import polars as pl
import pytest

from support.links import Tally, agrees, link, measured, roles_of
from yawstring.table.signals.levels import Levels
from yawstring.table.signals.noise import Noise
from yawstring.table.signals.rates import Rates
from yawstring.table.signals.role_names import CONTROLLER, DRONE
from yawstring.table.signals.roles import Roles

SENDERS = {DRONE: "drone", CONTROLLER: "controller"}


def lane_of(one: dict[str, object], sender: str) -> str:
    if one["wlan.fc.type"] != 0:
        return sender
    return "beacon" if one["wlan.fc.subtype"] == 8 and sender == "drone" else "management"


def levels(frame: pl.DataFrame, roles: Roles) -> Tally:
    tally, before, last = Tally(frame), dict[str, float](), dict[str, object]()
    for row, one in enumerate(frame.iter_rows(named=True)):
        sender, level = SENDERS.get(int(roles.sender[row])), float(one["wlan_radio.signal_dbm"])
        lane = lane_of(one, sender) if sender else ""
        if (one["wlan.fc.type"], one["wlan.fc.subtype"]) == (1, 13) and last:
            to_drone = last["role"] == DRONE and last["wlan.ta"] == one["wlan.ra"] is not None
            if to_drone and one["time_ns"] - int(str(last["time_ns"])) <= 10**6:
                lane, sender = "ack", "drone"
        last = {**one, "role": int(roles.receiver[row])}
        if not sender or one["wlan.fcs.status"] == 0:
            continue
        mean = tally.share(f"usual {sender}", "sum", "frames", row, 10.0)
        if not math.isnan(mean):
            tally.add(lane, "held", row)
            tally.add(lane, "apart", row, abs(level - mean))
        for what, amount in (("frames", 1.0), ("sum", level), ("squares", level**2)):
            tally.add(lane, what, row, amount)
            if lane in ("drone", "controller", "beacon"):
                tally.add(f"usual {sender}", what, row, amount)
        if lane in before:
            tally.add(lane, "pairs", row)
            tally.add(lane, "steps", row, (level - before[lane]) ** 2 / 2)
        before[lane] = level
    return tally


@pytest.mark.parametrize("name", ["aireplay-deauth", "benign-open"])
def test_levels_agree_with_sums(name: str) -> None:
    frame, roles = link(name)
    tally, made = levels(frame, roles), measured(Levels(), frame, roles)

    def expected(lane: str, measure: str, row: int, horizon_s: float) -> float:
        if measure == "apart":
            return tally.share(lane, "apart", "held", row, horizon_s)
        if measure == "roughness":
            return math.sqrt(tally.share(lane, "steps", "pairs", row, horizon_s))
        mean = tally.share(lane, "sum", "frames", row, horizon_s)
        return math.sqrt(max(tally.share(lane, "squares", "frames", row, horizon_s) - mean**2, 0.0))

    agrees(made, "level", expected, ("beacon", "drone", "controller"), ("roughness",))
    agrees(made, "level", expected, ("beacon", "drone", "controller", "management", "ack"), ("apart",))
    rows = np.linspace(0, len(frame) - 1, 40).astype(int)
    spread = [expected("drone", "spread", int(row), 1.0) for row in rows]
    np.testing.assert_allclose(made["level_drone_spread_1s"].to_numpy()[rows], spread, atol=1e-3)
    fall = [
        tally.share("usual drone", "sum", "frames", int(row), 10.0)
        - tally.share("usual drone", "sum", "frames", int(row), 1.0)
        for row in rows
    ]
    np.testing.assert_allclose(made["level_fall_1s"].to_numpy()[rows], fall, atol=1e-3)


def test_a_jump_is_kept_for_its_horizon() -> None:
    seconds = [0.0, 0.1, 0.2, 0.9, 2.5, 13.0, 45.0]
    frame = pl.DataFrame({
        "time_ns": [round(one * 1e9) for one in seconds], "wlan.ta": [7] * 7, "wlan.fc.type": [2] * 7,
        "wlan_radio.signal_dbm": [-60, -61, -70, -70, -70, -70, -70],
    })  # fmt: skip
    made = measured(Levels(), frame, roles_of(frame, 7, 9))
    assert made["level_drone_jump_1s"].to_list()[1:] == [1.0, 9.0, 9.0, 0.0, 0.0, 0.0]
    assert made["level_drone_jump_10s"].to_list()[1:] == [1.0, 9.0, 9.0, 9.0, 9.0, 0.0]


def test_noise_that_rises_is_held_against_its_past() -> None:
    seconds = np.arange(0, 30, 0.1)
    noise = np.where(seconds < 28, -95, -80)
    frame = pl.DataFrame({"time_ns": (seconds * 1e9).astype(np.int64), "wlan_radio.noise_dbm": noise})
    made = measured(Noise(), frame, roles_of(frame, 7, 9))["noise_rise_1s"].to_numpy()
    ages = seconds[-1] - seconds
    means = [np.average(noise, weights=np.exp(-ages / horizon)) for horizon in (1.0, 10.0)]
    assert made[-1] == pytest.approx(means[0] - means[1], abs=1e-3)
    assert abs(made[250]) < 1e-6


def test_rates_agree_with_sums() -> None:
    frame, roles = link("replay-frames")
    tally, before = Tally(frame), dict[str, tuple[float, int]]()
    for row, one in enumerate(frame.iter_rows(named=True)):
        lane = SENDERS.get(int(roles.sender[row]))
        if not lane or one["wlan.fcs.status"] == 0 or one["wlan.fc.type"] != 2:
            continue
        rate, preamble = math.log2(one["wlan_radio.data_rate"]), one["wlan_radio.preamble"]
        mean = tally.share(lane, "sum", "frames", row, 10.0)
        tally.add(lane, "apart", row, 0.0 if math.isnan(mean) else abs(rate - mean))
        if lane in before:
            tally.add(lane, "changes", row, rate != before[lane][0])
            tally.add(lane, "preambles", row, preamble != before[lane][1])
        for what, amount in (("frames", 1.0), ("sum", rate), ("squares", rate**2)):
            tally.add(lane, what, row, amount)
        before[lane] = rate, preamble

    def expected(lane: str, measure: str, row: int, horizon_s: float) -> float:
        if measure == "spread":
            mean = tally.share(lane, "sum", "frames", row, horizon_s)
            return math.sqrt(max(tally.share(lane, "squares", "frames", row, horizon_s) - mean**2, 0.0))
        return tally.share(lane, measure, "frames", row, horizon_s)

    made = measured(Rates(), frame, roles)
    agrees(made, "rate", expected, SENDERS.values(), ("changes", "preambles", "apart"))
    rows = np.linspace(0, len(frame) - 1, 40).astype(int)
    spread = [expected("drone", "spread", int(row), 1.0) for row in rows]
    np.testing.assert_allclose(made["rate_drone_spread_1s"].to_numpy()[rows], spread, atol=1e-3)
