"""The record of alerts: durable, once, bounded, and refusing what is not its own."""

import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from support import alerts as made
from yawstring.edge import alert_store
from yawstring.edge.alert_store import AlertStore, Mark
from yawstring.errors import OptionError, StoreError

SUPPORT = str(Path(__file__).parents[1])


@pytest.fixture
def store(tmp_path):
    with AlertStore.create(tmp_path / "alerts.db") as opened:
        yield opened


def test_an_alert_lives_and_is_found(store) -> None:
    opened, updated, closed = made.life(1)
    store.apply([opened])
    assert store.open_alerts() == (opened.alert,)
    store.apply([updated])
    assert store.alert(opened.alert.key) == updated.alert
    store.apply([closed])
    assert store.open_alerts() == ()
    assert store.alerts() == (closed.alert,)
    assert store.changes() == list(enumerate([opened, updated, closed], 1))
    assert store.changes(after=2) == [(3, closed)]
    assert store.last_change() == 3
    assert store.alert("none") is None


def test_the_same_change_twice_is_kept_once(store) -> None:
    changes = made.life(1, updates=3)
    store.apply(changes)
    store.apply(changes)
    store.apply(changes[:2])
    assert [one for _, one in store.changes()] == changes
    assert store.alert(changes[0].alert.key) == changes[-1].alert


def test_alerts_come_latest_first_and_by_time(store) -> None:
    early = made.alert(1)
    late = made.alert(2, opened_ns=made.START_NS + 60 * made.SECOND)
    store.apply([made.change("opened", early), made.change("opened", late), made.change("closed", late, after_s=2)])
    assert [one.key for one in store.alerts()] == [late.key, early.key]
    assert [one.key for one in store.alerts(late.opened_ns)] == [late.key]
    assert [one.key for one in store.alerts(open_only=True)] == [early.key]
    assert [one.key for one in store.alerts(limit=1)] == [late.key]


def test_all_changes_of_a_call_are_kept_or_none(store) -> None:
    good = made.change("opened", made.alert(1))
    bad = made.change("opened", made.alert(2, score=float("nan")))
    with pytest.raises(ValueError, match="JSON"):
        store.apply([good, bad])
    assert store.changes() == []
    store.apply([good])
    assert len(store.changes()) == 1


def test_a_full_disk_is_one_line_and_the_same_may_be_tried_again(store) -> None:
    changes = made.life(1, updates=600)
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages + 8}")
    with pytest.raises(StoreError, match="the disk is full") as caught:
        store.apply(changes)
    assert "\n" not in str(caught.value)
    assert store.changes() == []
    store._connection.execute("PRAGMA max_page_count = 1000000")
    store.apply(changes)
    assert [one for _, one in store.changes(limit=1000)] == changes


def test_a_change_is_synced_before_apply_returns(store) -> None:
    said = []
    store._connection.set_trace_callback(said.append)
    store.apply([made.change("opened", made.alert(1))])
    assert said[0] == "PRAGMA synchronous = FULL"
    assert said[-1] == "COMMIT"
    (level,) = store._connection.execute("PRAGMA synchronous").fetchone()
    (mode,) = store._connection.execute("PRAGMA journal_mode").fetchone()
    assert (level, mode) == (2, "wal")


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from support import alerts as made
from yawstring.edge.alert_store import AlertStore
store = AlertStore.create(sys.argv[1])
changes = made.life(1, updates=3)
store.apply(changes[:2])
store._connection.execute("BEGIN IMMEDIATE")
store._apply(changes[2])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_kill_9_loses_nothing_applied_and_keeps_nothing_half_done(tmp_path) -> None:
    path = tmp_path / "alerts.db"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path), SUPPORT], check=False)
    assert ended.returncode == -signal.SIGKILL
    changes = made.life(1, updates=3)
    with AlertStore.open(path, read_only=True) as reader:
        assert [one for _, one in reader.changes()] == changes[:2]
    with AlertStore.create(path) as store:  # the lock went with the process
        assert [one for _, one in store.changes()] == changes[:2]
        assert store.open_alerts() == (changes[1].alert,)
        store.apply(changes)
        assert [one for _, one in store.changes()] == changes


READER = """
import sys
from yawstring.edge.alert_store import AlertStore
with AlertStore.open(sys.argv[1], read_only=True) as store:
    print(len(store.alerts()), flush=True)
    sys.stdin.readline()
    print(len(store.alerts()), flush=True)
"""


def test_a_reader_in_another_process_does_not_wait_for_the_writer(store) -> None:
    store.apply(made.life(1))
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(store.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        store._connection.execute("BEGIN IMMEDIATE")
        store._apply(made.change("opened", made.alert(2)))
        assert reader.stdout.readline() == "1\n"
        store._connection.execute("COMMIT")
        assert reader.communicate("\n")[0] == "2\n"


def test_there_is_one_writer_and_others_may_acknowledge(store) -> None:
    store.apply([made.change("opened", made.alert(1))])
    with pytest.raises(StoreError, match="another yawstring is writing"):
        AlertStore.create(store.path)
    with AlertStore.open(store.path) as other:
        other.acknowledge(made.alert(1).key, "kim\x1b[2J", "seen;\ngoing there", 5)
    assert store.mark(made.alert(1).key) == Mark(
        acknowledged_ns=5, acknowledged_by="kim\\x1b[2J", note="seen;\\ngoing there"
    )
    store.attach_slice(made.alert(1).key, "slices/one.pcap")
    store.apply([made.change("updated", made.alert(1), after_s=1)])
    assert store.mark(made.alert(1).key).slice == "slices/one.pcap"
    with pytest.raises(StoreError, match="no alert"):
        store.acknowledge("nothing", "kim", "", 5)
    assert store.mark("nothing") == Mark()


def test_a_reader_may_not_write(store) -> None:
    with (
        AlertStore.open(store.path, read_only=True) as reader,
        pytest.raises(StoreError, match="may not be written"),
    ):
        reader.note("a", "b")


def test_updates_of_a_lasting_alert_are_forgotten_but_never_openings(store, monkeypatch) -> None:
    monkeypatch.setattr(alert_store, "UPDATES_KEPT_NS", 10 * made.SECOND)
    changes = made.life(1, updates=60)
    for one in changes:
        store.apply([one])
    kept = [one for _, one in store.changes()]
    last_ns = changes[-1].time_ns - 10 * made.SECOND
    assert kept == [changes[0], *(one for one in changes[1:-1] if one.time_ns >= last_ns), changes[-1]]
    store.apply(changes)
    assert [one for _, one in store.changes()] == kept


def test_alerts_are_bounded_and_what_is_dropped_is_counted(tmp_path) -> None:
    with AlertStore.create(tmp_path / "few.db", most=3) as store:
        lives = [made.life(number, opened_ns=made.START_NS + number * made.SECOND) for number in range(6)]
        store.apply([lives[0][0]])
        for life in lives[1:4]:
            store.apply(life)
        assert store.dropped == 1
        assert {one.key for one in store.alerts()} == {lives[place][0].alert.key for place in (0, 2, 3)}
        assert {change.alert.key for _, change in store.changes()} == {one.key for one in store.alerts()}
        store.apply([lives[4][0], lives[5][0]])
        assert [one.key for one in store.open_alerts()] == [lives[place][0].alert.key for place in (0, 4, 5)]
        assert (store.dropped, len(store.alerts())) == (3, 3)
    with AlertStore.create(tmp_path / "few.db", most=3) as store:
        assert store.dropped == 3
    with pytest.raises(OptionError, match="one alert or more"):
        AlertStore.create(tmp_path / "none.db", most=0)


def test_more_alerts_than_are_kept_stay_while_they_are_open(tmp_path) -> None:
    with AlertStore.create(tmp_path / "few.db", most=2) as store:
        store.apply([made.change("opened", made.alert(number)) for number in range(4)])
        assert (len(store.open_alerts()), store.dropped) == (4, 0)


def test_what_was_over_shortly_before_the_latest_is_found(store) -> None:
    early, late = made.life(1), made.life(2, opened_ns=made.START_NS + 100 * made.SECOND)
    store.apply([*early, *late, made.change("opened", made.alert(3, last_ns=late[-1].alert.last_ns))])
    assert [one.key for one in store.closed_lately(10 * made.SECOND)] == [late[0].alert.key]
    assert [one.key for one in store.closed_lately(200 * made.SECOND)] == [early[0].alert.key, late[0].alert.key]


def test_health_and_stations_are_bounded(store, monkeypatch) -> None:
    monkeypatch.setattr(alert_store, "HEALTH_MOST", 5)
    monkeypatch.setattr(alert_store, "STATIONS_MOST", 3)
    for second in range(9):
        store.note_health(second, {"frames": second})
    store.note_health(2, {"frames": 9})  # the clock was set back
    assert store.health() == [
        (5, {"frames": 5}),
        (6, {"frames": 6}),
        (7, {"frames": 7}),
        (8, {"frames": 8}),
        (2, {"frames": 9}),
    ]
    assert store.health(7, limit=1) == [(8, {"frames": 8})]
    store.note_stations({"address": one, "role": "other", "last_ns": one} for one in range(4))
    store.note_stations([{"address": 1, "role": "drone", "last_ns": 9}])
    assert [(row["address"], row["role"]) for row in store.stations()] == [(1, "drone"), (3, "other"), (2, "other")]


def test_notes_and_cursors_are_kept(tmp_path) -> None:
    with AlertStore.create(tmp_path / "alerts.db") as store:
        assert store.noted("drone") is store.cursor("eve") is None
        store.note("drone", "a")
        store.note("drone", "b")
        store.advance("eve", 7)
    with AlertStore.open(tmp_path / "alerts.db") as store:
        assert (store.noted("drone"), store.cursor("eve")) == ("b", 7)


def _text(path) -> None:
    path.write_text("no database at all, but long enough to be looked at\n" * 99)


def _empty(path) -> None:
    path.write_bytes(b"")


def _foreign(path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE cookies (name TEXT)")


def _newer(path) -> None:
    AlertStore.create(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 2")


def _trigger(path) -> None:
    AlertStore.create(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TRIGGER gone AFTER INSERT ON changes BEGIN DELETE FROM alerts; END")


def _cut(path) -> None:
    with AlertStore.create(path) as store:
        store.apply(made.life(1, updates=99))
    path.write_bytes(path.read_bytes()[:9000])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_text, "found no database"),
        (_empty, "another program's database"),
        (_foreign, "another program's database"),
        (_newer, "of version 2"),
        (_trigger, "other tables"),
        (_cut, "damaged"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_in_one_line(tmp_path, make, says) -> None:
    path = tmp_path / "alerts.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=says) as caught:
        AlertStore.open(path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before
    if make is not _empty:  # a run that died before it had laid out its tables leaves this
        with pytest.raises(StoreError, match=says):
            AlertStore.create(path)


def test_what_is_no_file_is_refused(tmp_path) -> None:
    with pytest.raises(StoreError, match="no such file"):
        AlertStore.open(tmp_path / "alerts.db")
    with pytest.raises(StoreError, match="cannot be made"):
        AlertStore.create(tmp_path / "none" / "alerts.db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        AlertStore.create(tmp_path / "folder.db")


def test_damaged_octets_are_refused_or_read_and_nothing_else(tmp_path) -> None:
    path, hurt = tmp_path / "alerts.db", tmp_path / "hurt.db"
    with AlertStore.create(path) as store:
        store.apply(made.life(1, updates=9))
        store.note_health(1, {"frames": 1})
    whole = path.read_bytes()
    draw, refused = random.Random(7), 0  # noqa: S311
    for _ in range(60):
        octets = bytearray(whole)
        for _ in range(draw.randint(1, 40)):
            octets[draw.randrange(len(octets))] = draw.randrange(256)
        hurt.write_bytes(octets)
        try:
            with AlertStore.open(hurt) as store:
                store.alerts()
                store.changes()
                store.health()
                store.open_alerts()
        except StoreError:
            refused += 1
        for beside in tmp_path.glob("hurt.db-*"):
            beside.unlink()
    assert refused
