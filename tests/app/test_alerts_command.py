"""``yawstring alerts``: what a person and a program are told of a record."""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial

import pytest
from typer.testing import CliRunner

from support import alerts as made
from yawstring.app.cli import app
from yawstring.edge import alert_listing
from yawstring.edge.alert_listing import since_ns
from yawstring.edge.alert_store import AlertStore, Mark
from yawstring.errors import OptionError, StoreError
from yawstring.watch.alert_json import alert_from_json

HOSTILE = "network \x1b[2J\x1b]0;owned\x07 \u202efed"


def run(*words):
    done = CliRunner().invoke(app, ["alerts", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def listed(*words):
    return json.loads(run(*words, "--json"))["alerts"]


@pytest.fixture
def folder(tmp_path):
    hour = 3600 * made.SECOND
    quiet = made.alert(0xC, opened_ns=made.START_NS + 2 * hour, suppressed="range test", words=HOSTILE)
    with AlertStore.create(tmp_path / "alerts.db") as store:
        store.apply(made.life(0xA))
        store.apply([made.change("opened", made.alert(0xB, opened_ns=made.START_NS + hour, severity="critical"))])
        store.apply([made.change("opened", quiet, suppressed="range test")])
        store.attach_slice(made.alert(0xA).key, "slices/a.pcap")
    return tmp_path


def test_alerts_are_listed_latest_first_with_what_a_person_needs(folder) -> None:
    text = run(folder)
    assert "3 alerts, 2 open, 1 kept quiet by your list" in text
    assert text.index(made.alert(0xC).key) < text.index(made.alert(0xB).key) < text.index(made.alert(0xA).key)
    for word in ("critical", "60:60:1f:00:00:01", "02:aa:00:00:00:01", "deauthentication_flood", "10 are allowed"):
        assert word in text
    assert run(folder / "alerts.db") == text


def test_the_json_holds_every_field(folder) -> None:
    found = listed(folder)
    with AlertStore.open(folder / "alerts.db") as store:
        whole = {one.key: one for one in store.alerts()}
    for one in found:
        extra = {name: one.pop(name) for name in ("slice", "acknowledged")}
        assert alert_from_json(one) == whole[one["key"]]
        assert extra == {"slice": "slices/a.pcap" if one["key"].endswith("a") else None, "acknowledged": None}


def test_alerts_are_chosen_by_time_and_state(folder) -> None:
    keys = [made.alert(number).key for number in (0xC, 0xB, 0xA)]
    since = datetime.fromtimestamp(made.START_NS / 1e9 + 1800, UTC).isoformat()
    assert [one["key"] for one in listed(folder, "--since", since)] == keys[:2]
    assert [one["key"] for one in listed(folder, "--open")] == keys[:2]
    assert [one["key"] for one in listed(folder, "--limit", 1)] == keys[:1]
    assert listed(folder, "--since", "1h") == []
    assert "0 alerts, 0 open" in run(folder, "--since", "1h")


def test_nothing_from_the_air_reaches_the_terminal_raw(folder) -> None:
    for text in (run(folder), run(folder, "--json")):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\u202e" not in text
    assert "network \\x1b[2J" in run(folder)


def test_an_alert_is_acknowledged_by_the_beginning_of_its_key(folder) -> None:
    key = made.alert(0xB).key
    assert run(folder, "--acknowledge", key, "--note", "our own\ntest", "--by", "kim") == f"{key}: acknowledged\n"
    (seen,) = [one["acknowledged"] for one in listed(folder) if one["key"] == key]
    assert (seen["by"], seen["note"]) == ("kim", "our own\\ntest")
    assert all(word in run(folder) for word in ("(seen", "kim"))
    for beginning, says in (("0000", "several"), ("f", "none"), ("", "several")):
        with pytest.raises(OptionError, match=says):
            run(folder, "--acknowledge", beginning)
    with AlertStore.open(folder / "alerts.db") as store:
        assert store.mark(made.alert(0xA).key) == Mark(slice="slices/a.pcap")


def test_whoever_has_no_name_acknowledges_by_number(folder, monkeypatch) -> None:
    def nobody():
        raise KeyError("getpwuid(): uid not found: 4242")

    monkeypatch.setattr(alert_listing.getpass, "getuser", nobody)
    run(folder, "--acknowledge", made.alert(0xB).key)
    with AlertStore.open(folder / "alerts.db") as store:
        assert store.mark(made.alert(0xB).key).acknowledged_by.startswith("user ")


def after_that(monkeypatch, store, changes):
    """Let the command follow a record to which changes are written while it waits, and then Ctrl-C is pressed."""
    left = list(changes)

    def sleep(_seconds) -> None:
        if not left:
            raise KeyboardInterrupt
        store.apply([left.pop(0)])

    monkeypatch.setattr(alert_listing, "follow", partial(alert_listing.follow, sleep=sleep))


def told_later():
    one = made.alert(0xD, words=HOSTILE)
    quiet = made.change("opened", made.alert(0xE), suppressed="range test")
    return [made.change("opened", one), quiet, made.change("closed", one, after_s=9)]


def test_a_program_follows_every_change(folder, monkeypatch) -> None:
    with AlertStore.create(folder / "alerts.db") as store:
        after_that(monkeypatch, store, told_later())
        lines = [json.loads(line) for line in run(folder, "--follow", "--json").splitlines()]
        assert [(one["sequence"], one["change"]) for one in lines] == [(6, "opened"), (7, "opened"), (8, "closed")]
        assert {one["record"] for one in lines} == {store.identity}
    assert [alert_from_json(one["alert"]) for one in lines] == [change.alert for change in told_later()]


def test_a_person_follows_what_is_to_be_told(folder, monkeypatch) -> None:
    with AlertStore.create(folder / "alerts.db") as store:
        after_that(monkeypatch, store, told_later())
        text = run(folder, "--follow")
    assert "3 alerts, 2 open" in text
    followed = [line for line in text.splitlines() if line.endswith("]")]
    assert ["opened" in followed[0], "closed" in followed[1], len(followed)] == [True, True, 2]
    assert all(f"[{made.alert(0xD).key}]" in line and "network \\x1b[2J" in line for line in followed)
    assert "\x1b" not in text


def test_ctrl_c_ends_following_well(folder) -> None:
    command = [sys.executable, "-m", "yawstring.app.cli", "alerts", str(folder), "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as person:
        lines = iter(person.stdout.readline, "")
        assert any(made.alert(0xA).key in line for line in lines)
        with AlertStore.create(folder / "alerts.db") as store:
            store.apply(told_later())
        assert any("closed" in line and made.alert(0xD).key in line for line in lines)
        person.send_signal(signal.SIGINT)
        assert person.wait(60) == 0


def test_what_makes_no_sense_is_refused(folder, tmp_path) -> None:
    with pytest.raises(OptionError, match="--acknowledge KEY"):
        run(folder, "--note", "hello")
    with pytest.raises(StoreError, match="no such file"):
        run(tmp_path / "nowhere")
    for text in ("soon", "2", "2 h", "-2h", "2026-13-01", "\x1b[2J"):
        with pytest.raises(OptionError, match="--since: expected") as caught:
            since_ns(text)
        assert str(caught.value).isprintable()


def test_a_time_without_an_offset_is_local(monkeypatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert since_ns("2026-12-01T18:00:00") == since_ns("2026-12-01T09:00:00Z")
    finally:
        monkeypatch.undo()
        time.tzset()
