"""What every rule must hold to: one check a function, each raising when a rule does not.

``CHECKS`` maps a check's name to the check; a check takes a rule (an instance, its thresholds set) and returns nothing.
"""

import io
import math
import re
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
import polars as pl

from yawstring.edge.ruling import fused, ruled
from yawstring.edge.self_test import BENIGN, FLIGHTS, SEED, TRIALS
from yawstring.errors import OptionError
from yawstring.simulate.run import simulate
from yawstring.simulate.scenario import parse_scenario
from yawstring.table.signals.inputs import NS_PER_S, Inputs
from yawstring.table.signals.roles import roles_start, roles_step
from yawstring.watch import rules
from yawstring.watch.rules import Rulebook
from yawstring.watch.rules.base import THRESHOLD, unit_of

TECHNIQUES = {
    "T1464": "Network Denial of Service", "T1499.002": "Service Exhaustion Flood",
    "T1499.004": "Application or System Exploitation", "T1557": "Adversary-in-the-Middle",
    "T1557.004": "Evil Twin", "T1692.001": "Unauthorized Message: Command Message",
    "T1692.002": "Unauthorized Message: Reporting Message",
}  # fmt: skip
"""Of MITRE ATT&CK v19, as its pages name them."""

AFTER_NS = 1_500_000_000
"""What was counted in an attack may be told so long after it."""

CROWD = 6_000


@cache
def trial(name):
    """A trial flight's frames, and when its attacks began and ended."""
    made = simulate(parse_scenario(FLIGHTS[name], file=f"{name}.toml"), SEED)
    truth = pl.read_csv(io.BytesIO(made.truth), schema_overrides={"technique": pl.String, "episode": pl.Int64})
    marked = truth.filter(pl.col("episode").is_not_null())["time_ns"]
    return fused(made.capture, made.telemetry), (marked.min(), marked.max())


def alone(rule):
    return Rulebook(rules=(rule,))


def flight_of(rule):
    return trial(TRIALS.get(rule.NAME, "link"))


def found(rule, frame, cuts=()):
    return list(ruled(frame, alone(rule), cuts=cuts))


@cache
def spoken(rule):
    return found(rule, flight_of(rule)[0])


def size(state):
    """Numbers that a state holds."""
    if isinstance(state, np.ndarray):
        return state.size
    if is_dataclass(state):
        return sum(size(getattr(state, field.name)) for field in fields(state))
    if isinstance(state, dict):
        return sum(1 + size(value) for value in state.values())
    if isinstance(state, (list, tuple)):
        return sum(map(size, state))
    return 1


def crowd(first, count):
    """Frames of transmitters of which each is heard once, and every frame is all that a rule may look for."""
    rng = np.random.default_rng(first)
    ones, address = np.ones(count, np.int64), rng.integers(1 << 40, size=count) & ~np.int64(1 << 40)
    number = np.arange(first, first + count)
    return pl.DataFrame(
        {
            "time_ns": 1_700_000_000_000_000_000 + number * 1_000_000,
            "wlan.fc.type": np.where(number % 8 < 6, 0, np.where(number % 8 == 6, 1, 2)),
            "wlan.fc.subtype": np.array([8, 5, 4, 10, 12, 8, 11, 8])[number % 8],
            "wlan.fcs.status": ones, "reject": pl.Series([None] * count, dtype=pl.Int64),
            "wlan.ta": address, "wlan.ra": address + 1, "wlan.bssid": address, "wlan.fc.retry": 0 * ones,
            "wlan.fc.tods": 0 * ones, "wlan.fc.fromds": ones, "frame.len": 200 * ones, "wlan.duration": 9000 * ones,
            "wlan.ds.current_channel": number % 11, "wlan.fixed.timestamp": rng.integers(1 << 60, size=count),
            "wlan.fixed.capabilities": 16 * (number % 2), "wlan_radio.signal_dbm": -5 * ones,
            "radiotap.channel.freq": 2412 + number % 60, "wlan.ccmp.extiv": number % 7 + 1, "ssid_hash": address,
            "wlan.ssid": [f"{one:x}" for one in address.tolist()], "wlan.csa.new_channel_number": number % 13,
            "odid.messages": ones, "odid.uas_id": [f"{one:x}" for one in address.tolist()],
            "odid.latitude_deg": rng.uniform(-60, 60, count), "odid.longitude_deg": rng.uniform(-60, 60, count),
            "udp.dstport": 8889 * ones, "ip.id": number % 65536, "payload_hash": address, "ip.len": 40 * ones,
            "ip.src": address, "ip.dst": address, "udp.srcport": 8889 * ones,
            "height_m": rng.uniform(0, 9, count), "baro_m": rng.uniform(0, 9, count),
            "telemetry_age_s": 0.0 * ones,
        }
    )  # fmt: skip


def check_is_documented(rule):
    kind = type(rule)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", rule.NAME)
    assert kind.__module__.rpartition(".")[2] == rule.NAME
    assert rule.TECHNIQUE in TECHNIQUES
    assert rule.CONSEQUENCE in ("safety", "control", "service", "nuisance")
    assert rule.ABOUT.endswith(".")
    assert 40 <= len(rule.ABOUT) <= 200
    assert rule.COUNTS
    assert all(rule.REFERENCES)
    assert all(f"{field.name}:" in kind.__doc__ for field in fields(rule))


def check_needs_columns_that_there_are(rule):
    assert rule.NEEDS
    assert set(rule.NEEDS) <= set(flight_of(rule)[0].columns)


def check_refuses_thresholds_out_of_range(rule):
    for name in rule.settings():
        assert unit_of(name)
        for value in (math.nan, -1e9, 1e18):
            try:
                replace(rule, **{name: value})
            except OptionError:
                continue
            raise AssertionError(f"{name} may be {value}")


def check_speaks_while_its_flight_is_attacked_and_not_before(rule):
    first, last = flight_of(rule)[1]
    findings = spoken(rule)
    assert findings
    assert all(first <= one.time_ns <= last + AFTER_NS for one in findings)


def check_is_quiet_on_an_undisturbed_flight(rule):
    assert found(rule, trial(BENIGN)[0]) == []


def check_any_cut_gives_the_same_findings(rule):
    frame = flight_of(rule)[0]
    for cuts in ([1], [len(frame) // 2, len(frame) // 2], range(0, len(frame), 997), [len(frame) - 1, len(frame)]):
        assert found(rule, frame, cuts) == spoken(rule)


def check_says_what_it_saw(rule):
    for one in spoken(rule):
        assert one.origin == "rule"
        assert one.source == rule.NAME
        assert one.identity.kind == rule.KIND
        assert THRESHOLD <= one.score <= 1.0
        assert one.words.endswith(".")
        assert 20 <= len(one.words) <= 250
        assert one.value is not None


def check_is_brief(rule):
    time = flight_of(rule)[0]["time_ns"]
    assert len(spoken(rule)) <= 30 * (time[-1] - time[0]) / NS_PER_S


def check_frames_that_may_be_noise_say_nothing(rule):
    """Telemetry apart: what it says is not on the air."""
    frame = flight_of(rule)[0]
    for noise in (pl.lit(0).alias("wlan.fcs.status"), pl.lit(24).alias("reject")):
        noisy = frame.with_columns(noise.cast(pl.Int64))
        if noise.meta.output_name() == "reject" and rule.NAME == "malformed_management":
            noisy = noisy.with_columns(pl.lit(2, pl.Int64).alias("wlan.fcs.status"))
        assert [one for one in found(rule, noisy) if one.frame is not None] == []
    assert all(one.frame is not None or "telemetry_age_s" in rule.NEEDS for one in spoken(rule))


def check_state_does_not_grow_with_who_is_heard(rule):
    known, state, sizes = roles_start(None), rules.start(alone(rule), None), []
    for number in range(3):
        frame = crowd(number * CROWD, CROWD)
        inputs = Inputs(frame=frame, time_ns=frame["time_ns"].to_numpy().copy())
        known, roles = roles_step(known, inputs)
        state, _ = rules.step(state, alone(rule), inputs, roles, first_frame=1 + number * CROWD)
        sizes.append(size(state))
    assert sizes[1] == sizes[2]


def check_nothing_in_gives_nothing_out(rule):
    frame = flight_of(rule)[0]
    assert found(rule, frame[:0]) == []
    assert found(rule, frame.select("time_ns")) == []


def check_columns_may_be_missing(rule):
    frame = flight_of(rule)[0]
    for name in rule.NEEDS:
        for one in found(rule, frame.drop(name)):
            assert one.source == rule.NAME


def check_times_that_fall_are_borne(rule):
    frame = flight_of(rule)[0]
    back = frame.with_columns(
        pl.when(pl.int_range(pl.len()) % 97 == 0).then(pl.col("time_ns") - 10**10).otherwise("time_ns").alias("time_ns")
    )
    findings = found(rule, back)
    assert all(one.time_ns <= other.time_ns for one, other in pairwise(findings) if one.frame and other.frame)
    assert len(findings) <= 2 * len(spoken(rule)) + 20
    assert findings


CHECKS = {name.removeprefix("check_"): check for name, check in globals().items() if name.startswith("check_")}
