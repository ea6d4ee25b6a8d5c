"""The sentence at the top, and what it is read from."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from support.watched import S, alert, change, health, watched
from yawstring.app.dashboard.reading import MOST_LISTED, Reading
from yawstring.app.dashboard.snapshot import SECONDS_SHOWN, Health, Snapshot, unbroken
from yawstring.app.dashboard.verdict import verdict
from yawstring.edge.alert_store import AlertStore
from yawstring.errors import StoreError

NOW = 1_800_000_000 * S
"""2027-01-15 08:00:00 UTC."""

FLOOD = alert("deauthentication_flood", NOW - 90 * S)
TWIN = alert("evil_twin", NOW - 60 * S)


def _seen(**fields: Any) -> Snapshot:
    body = health(0, **fields.pop("body", {}))
    return Snapshot(**({"now_ns": NOW, "alive": True, "health": [Health(time_ns=NOW, body=body)]} | fields))


@pytest.mark.parametrize(
    ("seen", "tone", "sentence"),
    [
        (_seen(), "calm", "No attack seen."),
        (_seen(health=[]), "blind", "Not watching: no watch has written here yet."),
        (_seen(alive=False), "blind", "Not watching since 08:00:00: the watch gives no sign of life."),
        (_seen(body={"state": "ended"}), "blind", "Not watching since 08:00:00: the watch has ended."),
        (_seen(body={"state": "lost"}), "blind", "Not watching since 08:00:00: the watch has lost its source."),
        (_seen(alerts=[FLOOD]), "attack", "Under attack: de-authentication flood, since 07:58:30."),
        (_seen(alerts=[FLOOD, TWIN]), "attack", "Under attack: de-authentication flood, evil twin, since 07:58:30."),
        (_seen(alerts=[replace(TWIN, severity="low")]), "doubt", "Suspicious: evil twin, since 07:59:00."),
        (_seen(alerts=[replace(TWIN, watched=False)]), "calm", "No attack seen."),
        (_seen(alerts=[replace(TWIN, suppressed="7")]), "calm", "No attack seen."),
        (_seen(body={"air": "silent"}), "doubt", "No attack seen, but no frame is heard."),
        (_seen(body={"telemetry": "stale"}), "doubt", "No attack seen, but telemetry has stopped."),
        (_seen(unread=[TWIN]), "doubt", "No attack now. Over since 07:59:01: evil twin."),
        (_seen(unread=[TWIN], alerts=[FLOOD]), "attack", "Under attack: de-authentication flood, since 07:58:30."),
        (_seen(body={"telemetry": "none"}), "calm", "No attack seen."),
    ],
)
def test_the_verdict(seen: Snapshot, tone: str, sentence: str) -> None:
    found = verdict(seen, UTC)
    assert (found.tone, found.sentence) == (tone, sentence)


@pytest.mark.parametrize(
    ("seen", "more"),
    [
        (_seen(alerts=[replace(TWIN, watched=False)]), "1 open alert about neighbours."),
        (_seen(alerts=[replace(TWIN, suppressed="7")]), "1 open alert kept quiet by your list."),
        (_seen(unread=[TWIN]), "Over and not acknowledged: 1 alert."),
        (_seen(unread=[TWIN, TWIN], alerts=[FLOOD]), "Over and not acknowledged: 2 alerts."),
        (_seen(alerts=[TWIN], body={"air": "gone"}), "Half blind: the capture interface is gone."),
        (_seen(alerts=[TWIN], alive=False), "When it stopped: Under attack: evil twin, since 07:59:00."),
    ],
)
def test_what_else_it_says(seen: Snapshot, more: str) -> None:
    assert verdict(seen, UTC).more == more


def test_it_does_not_change_while_nothing_does() -> None:
    """A screen reader speaks it at every change."""
    later = [Health(time_ns=NOW + S, body=health(1, score=0.3))]
    assert verdict(_seen(alerts=[FLOOD]), UTC) == verdict(_seen(alerts=[FLOOD], now_ns=NOW + S, health=later), UTC)


class Times:
    """Clocks that a test moves."""

    def __init__(self) -> None:
        self.ticks_s = 0.0

    def pass_by(self, seconds: float) -> None:
        self.ticks_s += seconds

    def now_ns(self) -> int:
        return NOW + int(self.ticks_s * S)


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def reading(tmp_path: Path, times: Times) -> Iterator[Reading]:
    reading = Reading(tmp_path, clock_ns=times.now_ns, ticks_s=lambda: times.ticks_s)
    yield reading
    reading.close()


def test_it_waits_for_a_watch_and_follows_it_and_the_next_one(reading: Reading, times: Times, tmp_path: Path) -> None:
    assert reading.snapshot() == Snapshot(now_ns=NOW, alive=False)
    with watched(tmp_path, NOW, seconds=3) as store:
        times.pass_by(1)
        assert len(reading.snapshot().health) == 3
        change(store, "opened", FLOOD)
        assert reading.snapshot().alerts == [], "it was read anew at once"
        times.pass_by(1)
        assert reading.snapshot().alerts == [FLOOD]
    for file in tmp_path.iterdir():
        file.unlink()
    times.pass_by(1)
    assert reading.snapshot().health == ()
    with watched(tmp_path, NOW, seconds=2):
        times.pass_by(1)
        assert len(reading.snapshot().health) == 2
    for file in tmp_path.iterdir():
        file.unlink()
    with watched(tmp_path, NOW, seconds=4):
        times.pass_by(1)
        assert len(reading.snapshot().health) == 4, "it still reads the file that was"


def test_a_sign_of_life_is_a_recent_one_or_one_that_changes(reading: Reading, times: Times, tmp_path: Path) -> None:
    long_ago_ns = NOW - 10_000 * S
    with watched(tmp_path, long_ago_ns, seconds=3) as store:
        assert not reading.snapshot().alive, "it may have died long ago"
        times.pass_by(1)
        store.note_health(long_ago_ns + S, health(4))  # a replay goes by the clock of its recording
        assert reading.snapshot().alive
        times.pass_by(9)
        assert reading.snapshot().alive
        times.pass_by(2)
        assert not reading.snapshot().alive
        store.note_health(times.now_ns(), health(5))
        times.pass_by(1)
        assert reading.snapshot().alive


def test_curves_begin_with_the_latest_run(tmp_path: Path) -> None:
    """What a watch wrote last night, or another replay, is not on the same line as what it writes now."""

    def kept(*times_s: float) -> list[float]:
        found = unbroken([Health(time_ns=int(NOW + at * S)) for at in times_s])
        return [(one.time_ns - NOW) / S for one in found]

    assert kept() == []
    assert kept(7) == [7]
    assert kept(0, 1, 2, 3, 4.5, 5.5) == [0, 1, 2, 3, 4.5, 5.5]
    assert kept(-40_000, -39_999, -39_998, 0, 1, 2) == [0, 1, 2]
    assert kept(0, 1, 2, 3, -500, -499, -498) == [-500, -499, -498]
    assert kept(0, 100, 200, 300, 400) == [0, 100, 200, 300, 400], "a replay at a hundred times the speed"


def test_the_worst_alert_of_the_drone_comes_first(reading: Reading, tmp_path: Path) -> None:
    worse = alert("csa_abuse", NOW - 500 * S, severity="critical")
    neighbour = alert("evil_twin", NOW - 5 * S, severity="critical", watched=False)
    quiet = alert("replay", NOW - 4 * S, severity="critical", suppressed="3")
    closed = alert("replay", NOW - 3 * S, closed_ns=NOW)
    with watched(tmp_path, NOW, seconds=1) as store:
        change(
            store, "opened", quiet, neighbour, FLOOD, TWIN, worse, closed, replace(neighbour, key="0", closed_ns=NOW)
        )
        assert reading.snapshot().alerts == [worse, TWIN, FLOOD, neighbour, quiet]
        assert reading.snapshot().unread == [closed]
        reading.acknowledge(closed.key, "Ada", "seen")
        assert reading.snapshot().unread == []
        marked = reading.alert(closed.key)
        assert marked is not None
        assert (marked.mark.acknowledged_by, marked.mark.note) == ("Ada", "seen")


def test_a_crowd_about_neighbours_does_not_hide_an_attack(reading: Reading, tmp_path: Path) -> None:
    crowd = [alert("evil_twin", NOW - at, severity="critical", watched=False) for at in range(MOST_LISTED + 20)]
    with watched(tmp_path, NOW, seconds=1) as store:
        change(store, "opened", FLOOD, *crowd)
        assert reading.snapshot().alerts[0] == FLOOD
        assert verdict(reading.snapshot(), UTC).tone == "attack"


def test_it_is_read_less_often_where_reading_takes_long(reading: Reading, times: Times, tmp_path: Path) -> None:
    with watched(tmp_path, NOW, seconds=1) as store:

        def slow() -> int:
            times.pass_by(0.2)
            return times.now_ns()

        reading.clock_ns = slow
        assert len(reading.snapshot().health) == 1
        store.note_health(NOW, health(2))
        times.pass_by(1.5)
        assert len(reading.snapshot().health) == 1
        times.pass_by(0.5)
        assert len(reading.snapshot().health) == 2


def test_pages_read_no_more_than_they_show(reading: Reading, tmp_path: Path) -> None:
    many = [alert("evil_twin", NOW - at * S) for at in range(MOST_LISTED + 20)]
    with watched(tmp_path, NOW, seconds=SECONDS_SHOWN + 20) as store:
        change(store, "opened", *many)
        seen = reading.snapshot()
        assert len(seen.health) == SECONDS_SHOWN
        assert len(reading.listed()) == MOST_LISTED
        assert reading.listed()[0].alert == many[0]


@pytest.mark.parametrize("name", ["../outside.pcap", "/etc/hostname", "link.pcap", "gone.pcap", "."])
def test_no_file_outside_the_folder_can_be_downloaded(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.pcap").write_bytes(b"secret")
    (inside / "link.pcap").symlink_to(tmp_path / "outside.pcap")
    (inside / "a.pcap").write_bytes(b"octets")
    reading = Reading(inside, clock_ns=lambda: NOW)
    with watched(inside, NOW, seconds=1) as store:
        change(store, "opened", FLOOD)
        store.attach_slice(FLOOD.key, name)
        assert reading.slice(FLOOD.key) is None
        store.attach_slice(FLOOD.key, "a.pcap")
        assert reading.slice(FLOOD.key) == inside / "a.pcap"
    reading.close()


def test_another_programs_file_is_an_error_and_not_an_empty_store(reading: Reading, tmp_path: Path) -> None:
    (tmp_path / "alerts.db").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(StoreError, match="found no database"):
        reading.snapshot()
    (tmp_path / "alerts.db").unlink()
    with AlertStore.create(tmp_path / "alerts.db"):
        assert reading.snapshot().health == []
