"""Signals of the air against their definitions, worked out from the whole history by pandas and plain Python."""

import math
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.typing import NDArray

from support.fading import fading
from support.flights import flight, frames
from yawstring.schema.signals.management import QUIET_S
from yawstring.table.signals import SignalOptions, measure
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.roles import CONTROLLER, DRONE, EVERYBODY, NOBODY, OTHER, roles_start, roles_step

FLIGHTS = ("mdk4-deauth", "airbase-twin", "mdk4-twin", "beacon-flood", "rts-flood", "benign-crowded", "aireplay-deauth")
MADE = ("duration_s=7", "attack.onset_s=3", "attack.length_s=3", "pilot.airborne_s=16", "traffic.video_mbit_s=0.3")
HORIZONS_S = (1.0, 10.0)


@cache
def told(name: str) -> tuple[pd.DataFrame, pl.DataFrame, NDArray[np.int64]]:
    """Frames with the roles they were judged to have, the signals, and the moments these speak about."""
    frame = frames(flight(name, 8, *MADE, short=False))
    rows = measure(frame, SignalOptions(every_s=0.25))
    _, roles = roles_step(roles_start(None), Inputs(frame=frame, time_ns=frame["time_ns"].to_numpy()))
    numbers = [column for column in frame.columns if frame[column].dtype.is_numeric()]
    table = pd.DataFrame({column: frame[column].to_numpy() for column in numbers})
    table["sender"], table["receiver"], table["watched"] = roles.sender, roles.receiver, roles.watched
    return table, rows.frame, rows.time_ns


def agree(name: str, signal: str, events: pd.Series, *, scale: float = 1.0) -> None:
    """A rate is that of events, wherever it is known."""
    table, rows, at = told(name)
    times = table["time_ns"].to_numpy()[events.to_numpy(bool)]
    for horizon in HORIZONS_S:
        got = rows[f"{signal}_{horizon:g}s"].to_numpy()
        expected = scale * fading(times, at, horizon) / horizon
        sure = ~np.isnan(got)
        assert sure.any()
        np.testing.assert_allclose(got[sure], expected[sure], rtol=1e-5, atol=1e-7, err_msg=signal)


def frames_of(table: pd.DataFrame, kind: int, *subtypes: int) -> pd.Series:
    return (table["wlan.fc.type"] == kind) & table["wlan.fc.subtype"].isin(subtypes)


@pytest.mark.parametrize("name", FLIGHTS)
def test_farewells_joins_and_probes(name: str) -> None:
    table, rows, at = told(name)
    leave, ours = frames_of(table, 0, 10, 12), table["watched"]
    agree(name, "management_deauth_watched", frames_of(table, 0, 12) & ours)
    agree(name, "management_disassoc_watched", frames_of(table, 0, 10) & ours)
    agree(name, "management_leave_others", leave & ~ours)
    agree(name, "management_leave_by_drone", leave & (table["sender"] == DRONE))
    agree(name, "management_leave_by_controller", leave & ours & (table["sender"] == CONTROLLER))
    agree(name, "management_leave_to_all", leave & ours & (table["receiver"] == EVERYBODY))
    agree(name, "management_auth_watched", frames_of(table, 0, 11) & ours)
    agree(name, "management_assoc_watched", frames_of(table, 0, 0, 2) & ours)
    agree(name, "management_join_others", frames_of(table, 0, 0, 2, 11) & ~ours)
    agree(name, "management_probe_request", frames_of(table, 0, 4))
    agree(name, "management_probe_response", frames_of(table, 0, 5))
    agree(name, "management_rts", frames_of(table, 1, 11))
    agree(name, "management_cts", frames_of(table, 1, 12))
    left = table["time_ns"].to_numpy()[(leave & ours).to_numpy(bool)]
    ages = [(row - max((one for one in left if one <= row), default=-math.inf)) / 1e9 for row in at]
    expected = np.array([age if age <= QUIET_S else math.nan for age in ages])
    np.testing.assert_allclose(rows["management_leave_age"].to_numpy(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", FLIGHTS)
def test_reservations(name: str) -> None:
    table, rows, at = told(name)
    asks = table[frames_of(table, 1, 11, 12)]
    seconds = asks["wlan.duration"].to_numpy() / 1e6
    for horizon in HORIZONS_S:
        expected = fading(asks["time_ns"].to_numpy(), at, horizon, seconds) / horizon
        np.testing.assert_allclose(rows[f"management_reserved_{horizon:g}s"], expected, rtol=1e-5, atol=1e-9)
    idle, unasked = set(), set()
    pending: tuple[int, int, bool] | None = None
    records = table[["time_ns", "wlan.fc.type", "wlan.fc.subtype", "wlan.ta", "wlan.ra"]].to_numpy()
    for place, (time, kind, subtype, ta, ra) in enumerate(records):
        if kind == 1 and subtype == 11:
            if pending and not pending[2]:
                idle.add(place)
            pending = (time, ta, False)
        elif pending and ta == pending[1]:
            pending = (pending[0], pending[1], True)
        if kind == 1 and subtype == 12 and not (pending and ra == pending[1] and time - pending[0] <= 2e6):
            unasked.add(place)
    agree(name, "management_rts_idle", pd.Series(range(len(table))).isin(idle))
    agree(name, "management_cts_unasked", pd.Series(range(len(table))).isin(unasked))


def survived_of(table: pd.DataFrame) -> set[int]:
    """Data that show that the farewell before them was for nothing."""
    survived: set[int] = set()
    pending: int | None = None
    columns = ["time_ns", "wlan.fc.type", "wlan.fc.subtype", "sender", "receiver", "watched"]
    for place, (time, kind, subtype, sender, receiver, watched) in enumerate(table[columns].to_numpy()):
        pair = {sender, receiver} == {DRONE, CONTROLLER}
        if kind == 0 and watched and subtype in (0, 2, 11):
            pending = None
        elif kind == 0 and watched and subtype in (10, 12):
            to_all = receiver == EVERYBODY and sender in (DRONE, CONTROLLER)
            pending = time if pair or to_all else pending
        elif pending is not None and kind == 2 and not int(subtype) & 4 and time - pending >= 2e7:
            if pair and time - pending <= 1e9:
                survived.add(place)
            pending = None if pair or time - pending > 1e9 else pending
    return survived


@pytest.mark.parametrize("name", FLIGHTS)
def test_farewells_in_their_order(name: str) -> None:
    table, rows, at = told(name)
    leave = table[frames_of(table, 0, 10, 12) & table["watched"]]
    both: set[int] = set()
    last: dict[int, int] = {}
    for place, time, sender, receiver in leave[["time_ns", "sender", "receiver"]].itertuples():
        if {sender, receiver} == {DRONE, CONTROLLER}:
            if receiver in last and time - last[receiver] <= 5e8:
                both.add(place)
            last[sender] = time
    points, stations = leave["sender"] == DRONE, leave["sender"] != DRONE
    reason = leave["wlan.fixed.reason_code"]
    odd = leave[(points & (reason == 8)) | (stations & reason.isin([5, 6, 7]))].index
    every = pd.Series(range(len(table)))
    agree(name, "management_leave_both_ways", every.isin(both))
    agree(name, "management_leave_odd_reason", every.isin(odd))
    agree(name, "management_leave_survived", every.isin(survived_of(table)))
    for row, got in zip(at, rows["management_reasons_10s"], strict=True):
        seen = leave[(leave["time_ns"] <= row) & (row - leave["time_ns"] <= 1e10)]
        assert got is None or got == seen["wlan.fixed.reason_code"].nunique()


@pytest.mark.parametrize("name", FLIGHTS)
def test_kinds_and_air_time(name: str) -> None:
    table, rows, at = told(name)
    time, kind = table["time_ns"].to_numpy(), table["wlan.fc.type"]
    for horizon in HORIZONS_S:
        every = fading(time, at, horizon)

        def share(events: pd.Series, whole: NDArray[np.float64], horizon: float = horizon) -> NDArray[np.float64]:
            with np.errstate(invalid="ignore", divide="ignore"):
                return fading(time[events.to_numpy(bool)], at, horizon) / whole

        octets = table["frame.len"].to_numpy(float)
        body = octets - table["radiotap.length"].to_numpy(float)
        airtime = (table["wlan_radio.preamble"] + 8 * body / table["wlan_radio.data_rate"]).to_numpy() / 1e6
        known = table["sender"] != NOBODY
        expected = {
            "frames": every / horizon,
            "octets": fading(time, at, horizon, octets) / horizon,
            "management": share(kind == 0, every),
            "control": share(kind == 1, every),
            "data": share(kind == 2, every),
            "retries": share(
                (table["wlan.fc.retry"] == 1) & kind.isin([0, 2]), share(kind.isin([0, 2]), np.ones(len(at)))
            ),
            "busy": fading(time, at, horizon, airtime) / horizon,
            "others": share(table["sender"] == OTHER, share(known, np.ones(len(at)))),
        }
        for one, values in expected.items():
            got = rows[f"air_{one}_{horizon:g}s"].to_numpy()
            sure = ~np.isnan(got)
            np.testing.assert_allclose(got[sure], values[sure], rtol=1e-4, atol=1e-6, err_msg=one)


@pytest.mark.parametrize("name", FLIGHTS)
def test_transmitters_and_silence(name: str) -> None:
    table, rows, at = told(name)
    time = table["time_ns"].to_numpy()
    for horizon in HORIZONS_S:
        for row, got in zip(at, rows[f"air_transmitters_{horizon:g}s"], strict=True):
            last = table[table["time_ns"] <= row].groupby("wlan.ta")["time_ns"].max()
            assert got == pytest.approx(np.exp(-(row - last) / (horizon * 1e9)).sum(), rel=1e-4)
    firsts = ~table["wlan.ta"].duplicated() & table["wlan.ta"].notna()
    agree(name, "air_transmitters_new", firsts)
    for row, got, longest in zip(at, rows["air_silence"], rows["air_silence_longest_10s"], strict=True):
        seen = time[time <= row]
        assert got == pytest.approx((row - seen[-1]) / 1e9, abs=1e-6)
        if len(seen) > 1:
            assert longest == pytest.approx(np.diff(seen).max() / 1e9, rel=1e-5)


@pytest.mark.parametrize("name", FLIGHTS)
def test_clocks_and_descriptions_of_networks(name: str) -> None:
    table = told(name)[0]
    beacons = table[frames_of(table, 0, 8)]
    described = ["ssid_hash", "wlan.fixed.capabilities", "wlan.fixed.beacon", "wlan.ds.current_channel",
                 "wlan.rsn.akms.type", "wlan.rsn.pcs.type", "elements_hash", "vendor_hash"]  # fmt: skip
    odd, regress, changed, offbeat, new = set(), set(), set(), set(), set()
    for _, network in beacons.groupby("wlan.bssid"):
        new.add(network.index[0])
        drift = None
        for before, after in pairwise(network.index):
            one, two = table.loc[before], table.loc[after]
            elapsed = two["radiotap.mactime"] - one["radiotap.mactime"]
            step = two["wlan.fixed.timestamp"] - one["wlan.fixed.timestamp"]
            raw = step - elapsed
            error = raw - (drift * 1e-6 * elapsed if drift is not None and elapsed <= 1e7 else 0.0)
            if abs(error) > 2000 + 1e-4 * elapsed:
                odd.add(after)
            elif 1e4 <= elapsed <= 1e7:
                ppm = raw / elapsed * 1e6
                drift = ppm if drift is None else drift + (1 - math.exp(-elapsed / 1e7)) * (ppm - drift)
            if step < 0:
                regress.add(after)
            if any(
                one[field] != two[field] and not (pd.isna(one[field]) and pd.isna(two[field])) for field in described
            ):
                changed.add(after)
            beats = (two["time_ns"] - one["time_ns"]) / (two["wlan.fixed.beacon"] * 1_024_000)
            if beats < 100 and abs(beats - round(beats)) >= 0.1:
                offbeat.add(after)
    every, ours = pd.Series(table.index), table["watched"]
    agree(name, "networks_odd_watched", every.isin(odd) & ours)
    agree(name, "networks_odd_others", every.isin(odd) & ~ours)
    agree(name, "networks_regress_watched", every.isin(regress) & ours)
    agree(name, "networks_changes_watched", every.isin(changed) & ours)
    agree(name, "networks_changes_others", every.isin(changed) & ~ours)
    agree(name, "networks_offbeat_watched", every.isin(offbeat) & ours)
    agree(name, "networks_new", every.isin(new))
    agree(name, "networks_beacons", frames_of(table, 0, 8))
    agree(name, "networks_beat_watched", frames_of(table, 0, 8) & ours, scale=0.1024)
    clock = table["wlan.fixed.timestamp"]
    agree(name, "networks_unix_clock", (clock - table["time_ns"] // 1000).abs() < 86_400_000_000)
    agree(name, "networks_round_clock", frames_of(table, 0, 5, 8) & (clock % 102_400 == 0))


@pytest.mark.parametrize("name", FLIGHTS)
def test_namesakes(name: str) -> None:
    table, rows, at = told(name)
    beacons = table[frames_of(table, 0, 8)]
    ours = beacons[beacons["watched"]]
    if not len(ours):
        pytest.fail("no beacon of the watched network")
    first, same = ours["time_ns"].iloc[0], beacons["ssid_hash"] == ours["ssid_hash"].iloc[0]
    named = beacons[same & (beacons["time_ns"] >= first)]
    for row, got in zip(at, rows["networks_namesake_addresses_10s"], strict=True):
        recent = named[(named["time_ns"] <= row) & (named["time_ns"] >= row - 1e10)]
        expected = min(recent["wlan.bssid"].nunique(), 16)
        assert got == (expected if row >= first else None)
    others = pd.Series(table.index).isin(named[~named["watched"]].index)
    agree(name, "networks_namesakes", others)
