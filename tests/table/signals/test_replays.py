"""What was said before: packet numbers, packets and identifications, by sets and dictionaries of all that was heard."""

import math

import polars as pl
import pytest

from support.links import Tally, against, agrees, link, measured, roles_of
from yawstring.table.signals.identifications import Identifications
from yawstring.table.signals.packet_numbers import PacketNumbers
from yawstring.table.signals.repeats import Repeats
from yawstring.table.signals.role_names import CONTROLLER, DRONE

LANES = {DRONE: "drone", CONTROLLER: "controller"}


def test_packet_numbers_agree_with_a_dictionary() -> None:
    frame, roles = link("replay-frames")
    tally, highest, risen = Tally(frame), dict[tuple[int, ...], int](), dict[tuple[int, ...], int]()
    for row, one in enumerate(frame.iter_rows(named=True)):
        lane, number, now = LANES.get(int(roles.sender[row])), one["wlan.ccmp.extiv"], one["time_ns"]
        if lane is None or number is None or one["wlan.fcs.status"] == 0 or one["wlan.fc.type"] != 2:
            continue
        key = (one["wlan.ta"], one["wlan.ra"] >> 40 & 1, one["wlan.qos.priority"] or 0)
        tally.add(lane, "frames", row)
        old, retry = number <= highest.get(key, -1), one["wlan.fc.retry"]
        restarts = old and not retry and (now - risen[key] > 10**9 or 1 <= number <= 8 < highest[key])
        if restarts:
            tally.add(lane, "restarts", row)
        elif old:
            tally.add(lane, "old", row)
            tally.add(lane, "unmarked", row, 1.0 - retry)
        if restarts or not old:
            highest[key], risen[key] = number, now

    def expected(lane: str, measure: str, row: int, horizon_s: float) -> float:
        if measure == "old":
            return tally.share(lane, "old", "frames", row, horizon_s)
        return tally.rate(lane, measure, row, horizon_s)

    made = measured(PacketNumbers(), frame, roles)
    agrees(made, "packet_number", expected, LANES.values(), ("old", "unmarked", "restarts"))
    assert made["packet_number_drone_unmarked_10s"].max() > 1.0


def packets(**columns: list[int | None]) -> pl.DataFrame:
    """Frames of the drone, a second apart unless told otherwise."""
    count = len(next(iter(columns.values())))
    always = {"wlan.ta": 7, "wlan.ra": 9, "wlan.fc.type": 2, "wlan.fc.subtype": 8, "wlan.fc.retry": 0}
    frame = {"time_ns": [row * 10**9 for row in range(count)], **{name: [one] * count for name, one in always.items()}}
    return pl.DataFrame({**frame, **columns})


def test_depth_is_how_far_behind() -> None:
    frame = packets(**{"wlan.ccmp.extiv": [100, 101, 98], "time_ns": [0, 1, 2]})
    made = measured(PacketNumbers(), frame, roles_of(frame, 7, 9))
    assert made["packet_number_link_depth_1s"].to_list() == pytest.approx([0.0, 0.0, 2.0])


@pytest.mark.parametrize("name", ["replay-commands", "replay-frames"])
def test_repeats_agree_with_dictionaries(name: str) -> None:
    frame, roles = link(name)
    tally, packet_at, payload_at = Tally(frame), dict[tuple[int, ...], tuple[int, int]](), set[tuple[int, int]]()
    for row, one in enumerate(frame.iter_rows(named=True)):
        lane, payload, now = LANES.get(int(roles.sender[row])), one["payload_hash"], one["time_ns"]
        if lane is None or payload is None or one["wlan.fcs.status"] == 0 or one["wlan.fc.type"] != 2:
            continue
        packet = (one["wlan.ta"], payload, one["ip.id"] if one["ip.id"] is not None else -1)
        number, before = packet_at.get(packet, (-1, now))
        again, same_payload = packet in packet_at, packet[:2] in payload_at
        packet_at[packet] = one["wlan.seq"], now
        payload_at.add(packet[:2])
        if again and one["wlan.fc.retry"] and number == one["wlan.seq"] and now - before <= 5 * 10**8:
            continue
        tally.add(lane, "all", row)
        tally.add(lane, "payload_share", row, same_payload)
        tally.add(lane, "packets", row, again)
        tally.add(lane, "age", row, math.log2(1 + (now - before) / 1e6) * again)

    def expected(lane: str, measure: str, row: int, horizon_s: float) -> float:
        if measure == "packets":
            return tally.rate(lane, "packets", row, horizon_s)
        if measure == "age":
            return tally.share(lane, "age", "packets", row, horizon_s)
        return tally.share(lane, measure.replace("packet_share", "packets"), "all", row, horizon_s)

    made = measured(Repeats(), frame, roles)
    agrees(made, "repeat", expected, LANES.values(), ("packets", "packet_share", "payload_share", "age"))


def test_codes_of_others_tell_repeats_without_a_retry_bit() -> None:
    """As in T-ITS: a code stands for the payload, 0 for none, and nobody says which frame is a retry."""
    frame = packets(**{
        "data.data": [5, 5, 5, 0, 0], "ip.id": [1, 1, 1, 2, 2], "wlan.seq": [1, 1, 2, 3, 4],
        "time_ns": [0, 10**6, 10**8, 10**8, 10**8],
    }).drop("wlan.fc.retry")  # fmt: skip
    row = measured(Repeats(), frame, roles_of(frame, 7, 9)).row(-1, named=True)
    assert row["repeat_drone_packets_10s"] == pytest.approx(0.1)
    assert row["repeat_drone_age_10s"] == pytest.approx(math.log2(1 + 99))


def test_identifications_agree_with_a_dictionary() -> None:
    frame, roles = link("command-injection")
    tally, counts = Tally(frame), dict[tuple[int | None, ...], list[int]]()
    for row, one in enumerate(frame.iter_rows(named=True)):
        lane, number = LANES.get(int(roles.sender[row])), one["ip.id"]
        if lane is None or number is None or one["wlan.fcs.status"] == 0 or one["wlan.fc.retry"]:
            continue
        key = tuple(one[name] for name in ("wlan.ta", "ip.src", "ip.dst", "udp.srcport", "udp.dstport"))
        found, _ = against(counts.setdefault(key, []), number, 65536)
        tally.add(lane, "all", row)
        tally.add(lane, found, row)

    def expected(lane: str, measure: str, row: int, horizon_s: float) -> float:
        if measure in ("jumps", "switches"):
            return tally.rate(lane, measure, row, horizon_s)
        return tally.share(lane, measure, "all", row, horizon_s)

    made = measured(Identifications(), frame, roles)
    agrees(made, "ip_id", expected, LANES.values(), ("repeats", "regresses", "jumps", "switches"))
