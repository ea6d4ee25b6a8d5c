"""Sequence numbers: counts followed by a plain dictionary, and frames made for each case."""

import polars as pl
import pytest

from support.links import Tally, against, agrees, link, measured, roles_of
from yawstring.table.signals.role_names import CONTROLLER, DRONE
from yawstring.table.signals.sequences import Sequences

MEASURES = ("missing", "repeats", "regresses", "unmarked", "jumps", "switches", "retries")


def slow(frame: pl.DataFrame, sender: list[int]) -> Tally:
    """The same with a list of two counts for each sender, newest first."""
    tally, counts = Tally(frame), dict[tuple[int, ...], list[int]]()
    for row, one in enumerate(frame.iter_rows(named=True)):
        kind, subtype, number = one["wlan.fc.type"], one["wlan.fc.subtype"], one["wlan.seq"]
        if sender[row] not in (DRONE, CONTROLLER) or one["wlan.fcs.status"] == 0 or number is None or kind == 1:
            continue
        if one["wlan.frag"] or (kind == 2 and subtype >= 12):
            continue
        qos = kind == 2 and subtype >= 8
        lane = "management" if kind == 0 else "drone" if sender[row] == DRONE else "controller"
        key = (one["wlan.ta"], one["wlan.ra"], one["wlan.qos.priority"]) if qos else (one["wlan.ta"],)
        found, missed = against(counts.setdefault(key, []), number)
        tally.add(lane, "frames", row)
        tally.add(lane, "expected", row, 1 + missed)
        tally.add(lane, "missing", row, missed)
        tally.add(lane, found, row)
        if one["wlan.fc.retry"]:
            tally.add(lane, "retries", row)
        elif found in ("repeats", "regresses"):
            tally.add(lane, "unmarked", row)
    return tally


@pytest.mark.parametrize("name", ["mdk4-deauth", "replay-commands", "hostapd-twin"])
def test_agrees_with_a_dictionary(name: str) -> None:
    frame, roles = link(name)
    tally = slow(frame, roles.sender.tolist())

    def expected(lane: str, measure: str, row: int, horizon_s: float) -> float:
        if measure in ("unmarked", "jumps", "switches"):
            return tally.rate(lane, measure, row, horizon_s)
        return tally.share(lane, measure, "expected" if measure == "missing" else "frames", row, horizon_s)

    agrees(measured(Sequences(), frame, roles), "sequence", expected, ("drone", "controller", "management"), MEASURES)


def said(numbers: list[int], retry: list[int] | None = None) -> dict[str, float]:
    """The last row after the drone said these numbers, all at one time: each event a second weighs 1."""
    count = len(numbers)
    frame = pl.DataFrame({
        "time_ns": [0] * count, "wlan.ta": [7] * count, "wlan.ra": [9] * count, "wlan.fc.type": [2] * count,
        "wlan.fc.subtype": [8] * count, "wlan.seq": numbers, "wlan.fc.retry": retry or [0] * count,
    })  # fmt: skip
    return measured(Sequences(), frame, roles_of(frame, 7, 9)).row(-1, named=True)


@pytest.mark.parametrize(
    ("numbers", "retry", "measure", "value"),
    [
        ([4094, 4095, 0, 1], None, "missing", 0.0),
        ([10, 11, 14], None, "missing", 2 / 5),
        ([10, 11, 11], [0, 0, 1], "repeats", 1 / 3),
        ([10, 11, 11], [0, 0, 1], "unmarked", 0.0),
        ([10, 11, 11], [0, 0, 0], "unmarked", 1.0),
        ([10, 11, 9, 12], [0, 0, 0, 0], "regresses", 1 / 4),
        ([10, 11, 2000, 2001], None, "jumps", 1.0),
        ([10, 11, 2000, 2001], None, "switches", 0.0),
        ([10, 2000, 11, 2001, 12, 2002], None, "switches", 4.0),
        ([10, 2000, 11, 2001, 12, 2002], None, "missing", 0.0),
    ],
)
def test_says_what_numbers_mean(numbers: list[int], retry: list[int] | None, measure: str, value: float) -> None:
    assert said(numbers, retry)[f"sequence_drone_{measure}_1s"] == pytest.approx(value)
