"""All rules together: any cut gives the same findings, nobody is told of one thing too often, neighbours stay apart."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.flights import flight
from tests.support.rule_contract import trial

from yawstring.edge.rulebook import read_rulebook
from yawstring.edge.ruling import fused, ruled
from yawstring.watch.findings import Finding
from yawstring.watch.rules import parse_rulebook
from yawstring.watch.rules.tally import PACE_NS

BOOK = read_rulebook()
NAMES = ("link", "aircraft", "channels")


@pytest.fixture(scope="module")
def mixed() -> pl.DataFrame:
    """A few seconds of each of three flights, one after another: attacks of most kinds, and a change of drone."""
    pieces, last = [], 0
    for name in NAMES:
        frame, (first, _) = trial(name)
        piece = frame.filter(pl.col("time_ns").is_between(first - 10**9, first + 3 * 10**9))
        shift = last + 10**9 - piece["time_ns"][0]
        pieces.append(piece.with_columns(pl.col("time_ns") + shift))
        last = pieces[-1]["time_ns"][-1]
    return pl.concat(pieces)


@pytest.fixture(scope="module")
def whole(mixed: pl.DataFrame) -> list[Finding]:
    findings = list(ruled(mixed, BOOK))
    assert len({one.source for one in findings}) >= 4
    return findings


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_any_cutting_gives_the_same_findings(mixed: pl.DataFrame, whole: list[Finding], data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(mixed)), max_size=6))
    assert list(ruled(mixed, BOOK, cuts=cuts)) == whole


def test_frame_by_frame_gives_the_same_findings(mixed: pl.DataFrame) -> None:
    busiest = mixed[len(mixed) // 3 : len(mixed) // 3 + 150]
    assert list(ruled(busiest, BOOK, cuts=range(150))) == list(ruled(busiest, BOOK))


def test_nobody_is_told_of_one_thing_more_than_ten_times_a_second() -> None:
    last: dict[object, int] = {}
    for one in ruled(trial("link")[0], BOOK):
        key = (one.source, one.identity)
        assert one.time_ns - last.get(key, -PACE_NS) >= PACE_NS
        last[key] = one.time_ns
    assert len(last) > 8


def test_a_finding_names_its_frame_and_how_it_was_received() -> None:
    frame = trial("link")[0]
    for one in ruled(frame, BOOK):
        row = frame.row(one.frame - 1, named=True)
        assert row["frame.number"] == one.frame
        assert (row["time_ns"], row["wlan_radio.signal_dbm"]) == (one.time_ns, one.rssi_dbm)
        assert row["radiotap.channel.freq"] == one.frequency_mhz


def test_what_happens_to_neighbours_is_told_apart() -> None:
    made = flight("mdk4-deauth", 3, "attack.everyone=true", "attack.rate_hz=200", "duration_s=20", short=False)
    findings = list(ruled(fused(made.capture, made.telemetry), BOOK))
    networks = {
        watched: {one.identity.drone for one in findings if one.watched is watched} for watched in (True, False)
    }
    assert len(networks[True]) == 1
    assert networks[False]
    assert networks[True].isdisjoint(networks[False])


def test_a_drone_that_is_named_is_the_watched_one() -> None:
    frame, _ = trial("link")
    (drone,) = {one.identity.drone for one in ruled(frame, BOOK) if one.source == "deauthentication_flood"}
    other = drone + 1
    told = [one for one in ruled(frame, BOOK, drone=other) if one.source == "deauthentication_flood"]
    assert {(one.identity.drone, one.watched) for one in told} == {(drone, False)}


def test_a_rule_that_is_off_says_nothing() -> None:
    from yawstring.edge.rulebook import STANDARD

    book = parse_rulebook(STANDARD.read_text(), own="[csa_abuse]\nenabled = false\n")
    assert "csa_abuse" not in {one.source for one in ruled(trial("link")[0], book)}


@pytest.mark.parametrize(("since_s", "says"), [(0.5, False), (7.0, True)])
def test_a_name_that_others_use_all_along_is_nobodys_own(since_s: float, says: bool) -> None:
    """A larger network has several access points of one name; a twin comes later."""
    frame = trial("link")[0].filter(pl.col("time_ns") < pl.col("time_ns").min() + 12 * 10**9)
    beacons = frame.filter((pl.col("wlan.fc.type") == 0) & (pl.col("wlan.fc.subtype") == 8))
    ours = beacons.filter(pl.col("wlan.ssid").str.starts_with("TELLO-"))
    second = ours.with_columns(pl.col("wlan.bssid", "wlan.ta") + 1, pl.col("time_ns") + 1_000_000)
    known_ns = frame["time_ns"][0] + round(since_s * 1e9)
    both = pl.concat([frame, second.filter(pl.col("time_ns") >= known_ns)]).sort("time_ns", maintain_order=True)
    assert ("evil_twin_name" in {one.source for one in ruled(both, BOOK)}) is says
