"""Paces and acknowledgements of the watched link, against pandas and a walk over pairs of frames."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import polars as pl
import pytest

from support.links import Tally, agrees, link, measured, roles_of
from yawstring.table.signals.answers import Answers
from yawstring.table.signals.paces import Paces
from yawstring.table.signals.role_names import CONTROLLER, DRONE, EVERYBODY
from yawstring.table.signals.roles import Roles

LANES = ("drone", "controller", "beacon", "management")


def by_lane(frame: pl.DataFrame, roles: Roles) -> dict[str, pd.DataFrame]:
    """Frames of each lane with the time since the one before, in pandas."""
    names = ("time_ns", "wlan.fc.type", "wlan.fc.subtype", "wlan.fcs.status")
    table = pd.DataFrame({name: frame[name].to_numpy() for name in names})
    table["sender"] = roles.sender
    table = table[table["wlan.fcs.status"] != 0]
    kind, beacon = table["wlan.fc.type"], (table["wlan.fc.type"] == 0) & (table["wlan.fc.subtype"] == 8)
    drone, controller = table.sender == DRONE, table.sender == CONTROLLER
    masks = {
        "drone": drone & (kind == 2),
        "controller": controller & (kind == 2),
        "beacon": drone & beacon,
        "management": (drone | controller) & (kind == 0) & ~beacon,
    }
    lanes = {lane: table[mask] for lane, mask in masks.items()}
    return {lane: one.assign(wait=one.time_ns.diff() / 1e9) for lane, one in lanes.items()}


@pytest.mark.parametrize("name", ["aireplay-deauth", "hostapd-twin"])
def test_paces_agree_with_pandas(name: str) -> None:
    frame, roles = link(name)
    lanes, times = by_lane(frame, roles), frame["time_ns"].to_numpy()

    def expected(lane: str, measure: str, row: int, horizon_s: float) -> float:
        heard = lanes[lane].loc[:row]
        weights = np.exp(-(times[row] - heard.time_ns) / 1e9 / horizon_s)
        waits = heard.wait.dropna()
        if measure == "frames":
            return float(weights.sum() / horizon_s)
        if weights[waits.index].sum() < 0.02:
            return math.nan
        if measure == "bursts":
            return float(np.average(waits <= 0.003, weights=weights[waits.index]))
        mean = np.average(waits, weights=weights[waits.index])
        return float(np.sqrt(np.average((waits - mean) ** 2, weights=weights[waits.index])) / mean)

    made = measured(Paces(), frame, roles)
    agrees(made, "pace", expected, LANES, ("frames", "bursts"))
    agrees(made, "pace", expected, ("drone", "controller", "management"), ("unevenness",), (1.0,))
    for lane in LANES:
        told = made[f"pace_{lane}_silence"].to_numpy()
        for row in range(0, len(frame), 97):
            heard = lanes[lane].loc[:row]
            silent_ms = (times[row] - heard.time_ns.max()) / 1e6 if len(heard) else math.nan
            assert told[row] == pytest.approx(math.log2(1 + silent_ms), abs=1e-4, nan_ok=True)


def test_a_lane_that_falls_silent_changes_and_gaps() -> None:
    seconds = [*np.arange(0, 20, 0.1), 24.0]
    frame = pl.DataFrame({
        "time_ns": [round(one * 1e9) for one in seconds], "wlan.ta": [7] * 200 + [3],
        "wlan.fc.type": [2] * 201, "wlan.fc.subtype": [8] * 201,
    })  # fmt: skip
    made = measured(Paces(), frame, roles_of(frame, 7, 9))
    assert abs(made["pace_drone_change"][199]) < 0.4
    assert made["pace_drone_change"][200] < -4
    assert made["pace_drone_gap_1s"][199] == pytest.approx(math.log2(101), abs=1e-3)
    assert made["pace_drone_silence"][200] == pytest.approx(math.log2(1 + 4100), abs=1e-3)
    assert made["pace_controller_silence"].is_nan().all()


def exchanges(frame: pl.DataFrame, roles: Roles) -> Iterator[tuple[int, str, bool]]:
    """Row, side and whether it is an answer, of each frame of a side that asks, or that is an answer to one."""
    sides = {DRONE: "drone", CONTROLLER: "controller"}
    for row, one in enumerate(frame.iter_rows(named=True)):
        kind, subtype = one["wlan.fc.type"], one["wlan.fc.subtype"]
        answer = kind == 1 and subtype in (9, 13)
        asks = kind in (0, 2) or (kind == 1 and subtype == 8)
        wants = roles.receiver[row] != EVERYBODY and one["wlan.qos.ack"] != 1
        side = sides.get(int(roles.receiver[row] if answer else roles.sender[row]))
        if one["wlan.fcs.status"] != 0 and side is not None and (answer or (asks and wants)):
            yield row, side, answer


@pytest.mark.parametrize("name", ["jamming", "mdk4-deauth", "benign-open"])
def test_answers_agree_with_a_walk(name: str) -> None:
    """A frame waits for its side's next frame or answer; one within 1 ms of the latest of a run is for all of it."""
    frame, roles = link(name)
    tally, times = Tally(frame), frame["time_ns"].to_list()
    runs: dict[str, list[int]] = {"drone": [], "controller": []}
    for row, side, answer in exchanges(frame, roles):
        run = runs[side]
        soon = bool(run) and times[row] - run[-1] <= 10**6
        if answer and not soon:
            tally.add(side, "unasked", row)
        elif answer or not soon:
            tally.add(side, "asked", row, len(run))
            tally.add(side, "missing", row, len(run) * (not answer))
            run.clear()
        if not answer:
            run.append(times[row])
    answers = (
        (pl.col("wlan.fc.type") == 1) & pl.col("wlan.fc.subtype").is_in([9, 13]) & (pl.col("wlan.fcs.status") != 0)
    )
    heard_any = frame.select(answers.arg_true())["wlan.fc.type"].item(0)

    def expected(lane: str, measure: str, row: int, horizon_s: float) -> float:
        if row < heard_any:
            return math.nan
        if measure == "unasked":
            return tally.rate(lane, "unasked", row, horizon_s)
        return tally.share(lane, "missing", "asked", row, horizon_s)

    agrees(measured(Answers(), frame, roles), "answer", expected, ("drone", "controller"), ("missing", "unasked"))


def test_nothing_is_known_of_answers_where_none_are_in_the_table() -> None:
    frame, roles = link("benign-open")
    kept = (frame["wlan.fc.type"] != 1).to_numpy()
    roles = Roles(sender=roles.sender[kept], receiver=roles.receiver[kept], watched=roles.watched[kept])
    made = measured(Answers(), frame.filter(pl.Series(kept)), roles)
    assert all(made[name].is_nan().all() for name in made.columns[1:])
