"""Lengths, protocols and company, against pandas and counts over the whole history."""

import math

import numpy as np
import polars as pl
import pytest
from scipy.stats import entropy

from support.links import Tally, agrees, link, measured, roles_of
from yawstring.table.signals.company import Company
from yawstring.table.signals.durations import Durations
from yawstring.table.signals.lengths import Lengths
from yawstring.table.signals.protocols import Protocols
from yawstring.table.signals.role_names import CONTROLLER, DRONE

LANES = {DRONE: "drone", CONTROLLER: "controller"}


def test_lengths_agree_with_sums() -> None:
    frame, roles = link("telemetry-injected")
    tally, before = Tally(frame), dict[str, int]()
    for row, one in enumerate(frame.iter_rows(named=True)):
        lane = LANES.get(int(roles.sender[row]))
        if lane is None or one["wlan.fc.type"] != 2 or one["wlan.fcs.status"] == 0:
            continue
        length = one["frame.len"] - one["radiotap.length"]
        octaves = math.log2(length)
        for what, amount in (("frames", 1), ("octets", length)):
            tally.add("link", what, row, amount)
            tally.add("link", f"{what}_up", row, amount * (lane == "controller"))
        tally.add(lane, "frames", row)
        tally.add(lane, "mean", row, octaves)
        tally.add(lane, "squares", row, octaves**2)
        tally.add(lane, "same", row, length == before.get(lane))
        tally.add(lane, "nulls", row, one["wlan.fc.subtype"] in (4, 12))
        tally.add(lane, f"bin {min(max(math.floor(2 * (octaves - 5)), 0), 11)}", row)
        before[lane] = length

    def expected(lane: str, measure: str, row: int, horizon_s: float) -> float:
        if lane == "link":
            return tally.share(lane, measure, measure.removesuffix("_up"), row, horizon_s)
        if measure == "spread":
            mean = tally.share(lane, "mean", "frames", row, horizon_s)
            return math.sqrt(max(tally.share(lane, "squares", "frames", row, horizon_s) - mean**2, 0.0))
        if measure == "variety":
            if tally.left(lane, "frames", row, horizon_s) < 0.02:
                return math.nan
            return float(entropy([tally.left(lane, f"bin {one}", row, horizon_s) for one in range(12)], base=2))
        return tally.share(lane, measure, "frames", row, horizon_s)

    made = measured(Lengths(), frame, roles)
    agrees(made, "length", expected, LANES.values(), ("mean", "same", "nulls", "variety"))
    agrees(made, "length", expected, ("link",), ("frames_up", "octets_up"))
    agrees(made, "length", expected, ("drone",), ("spread",))


@pytest.mark.parametrize("shift", [0, 300])
def test_radio_headers_do_not_count(shift: int) -> None:
    frame, roles = link("telemetry-injected")
    longer = frame.with_columns(pl.col("frame.len") + shift, pl.col("radiotap.length") + shift)
    plain, made = (measured(Lengths(), one, roles) for one in (frame, longer))
    assert made.equals(plain, null_equal=True) or all(
        np.array_equal(made[name].to_numpy(), plain[name].to_numpy(), equal_nan=True) for name in made.columns
    )


def test_protocols_are_shares_of_what_can_be_read() -> None:
    frame = pl.DataFrame({
        "time_ns": [0] * 8, "wlan.ta": [7] * 8, "wlan.fc.type": [2] * 8,
        "llc.type": [0x0800, 0x0800, 0x0800, 0x0806, 0x888E, 0, None, 0x86DD],
        "ip.proto": [17, 6, 1, 0, None, 0, None, None],
        "udp.srcport": [8889, 0, 0, 0, None, 8889, 8889, None], "udp.dstport": [40000] * 8,
    })  # fmt: skip
    row = measured(Protocols(), frame, roles_of(frame, 7, 9)).row(-1, named=True)
    told = {name: row[f"protocol_drone_{name}_1s"] for name in ("udp", "tcp", "icmp", "arp", "eapol", "tello")}
    assert told == pytest.approx(dict.fromkeys(told, 1 / 6))


def test_company_counts_who_else_speaks_to_the_drone() -> None:
    seconds = np.arange(0, 40, 0.5)
    sender = np.where((seconds > 20) & (seconds <= 30) & (seconds % 1 > 0), 5, 9)
    frame = pl.DataFrame({
        "time_ns": (seconds * 1e9).astype(np.int64), "wlan.ta": sender, "wlan.ra": [7] * len(seconds),
        "wlan.fc.type": [2] * len(seconds), "wlan.fc.subtype": np.where(sender == 5, 12, 8),
    })  # fmt: skip
    made = measured(Company(), frame, roles_of(frame, 7, 9))
    told = pl.Series(made["company_stations_10s"]).to_list()
    for row, second in enumerate(seconds):
        within = {int(one) for one, at in zip(sender[: row + 1], seconds, strict=False) if second - at <= 10}
        assert told[row] == len(within)
    at = {second: row for row, second in enumerate(seconds)}
    assert made["company_others_share_10s"][at[20.0]] == 0.0
    assert made["company_others_share_1s"][at[30.0]] == pytest.approx(0.38, abs=0.03)
    assert made["company_others_nulls_1s"][at[30.0]] == pytest.approx(1.0)
    assert made["company_others_qos_share_1s"][at[30.0]] == made["company_others_share_1s"][at[30.0]]
    assert made["company_others_silence"][at[35.5]] == pytest.approx(math.log2(1 + 6000), abs=1e-3)
    assert made["company_others_silence"][at[10.0]] == pytest.approx(math.log2(1 + 60_000), abs=1e-3)


def test_company_agrees_with_a_count_in_a_flood() -> None:
    frame, roles = link("rts-flood")
    tally = Tally(frame)
    for row, one in enumerate(frame.iter_rows(named=True)):
        if roles.receiver[row] == DRONE and one["wlan.ta"] is not None and one["wlan.fcs.status"] != 0:
            tally.add("others", "all", row, roles.sender[row] != DRONE)
            tally.add("others", "frames", row, roles.sender[row] == 3)

    def expected(lane: str, measure: str, row: int, horizon_s: float) -> float:
        if measure == "frames":
            return tally.rate(lane, "frames", row, horizon_s)
        return tally.share(lane, "frames", "all", row, horizon_s)

    made = measured(Company(), frame, roles)
    agrees(made, "company", expected, ("others",), ("frames", "share"), (1.0, 10.0, 60.0))


def test_durations_are_those_of_the_link_in_octaves() -> None:
    frame, roles = link("aireplay-deauth")
    tally = Tally(frame)
    for row, one in enumerate(frame.iter_rows(named=True)):
        if roles.watched[row] and one["wlan.ta"] is not None and one["wlan.fcs.status"] and one["wlan.fc.type"] != 1:
            octaves = math.log2(1 + one["wlan.duration"])
            for what, amount in (("frames", 1.0), ("mean", octaves), ("squares", octaves**2)):
                tally.add("link", what, row, amount)

    def expected(lane: str, measure: str, row: int, horizon_s: float) -> float:
        mean = tally.share(lane, "mean", "frames", row, horizon_s)
        if measure == "mean":
            return mean
        return math.sqrt(max(tally.share(lane, "squares", "frames", row, horizon_s) - mean**2, 0.0))

    made = measured(Durations(), frame, roles)
    agrees(made.tail(-50), "duration", lambda *a: expected(a[0], a[1], a[2] + 50, a[3]), ("link",), ("mean", "spread"))
