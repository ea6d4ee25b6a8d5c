"""The commands: a recording is watched and detected alike, by one worker or two, and a watch that is killed goes on."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from support import watching
from yawstring.app.cli import app
from yawstring.app.commands import watch
from yawstring.app.watch_lines import Lines, health_line
from yawstring.edge.alert_store import AlertStore
from yawstring.edge.bundles import save
from yawstring.edge.watching import Note
from yawstring.errors import InputError
from yawstring.learn.evaluate import predict
from yawstring.watch.alerts import Alert, AlertChange
from yawstring.watch.findings import Identity

FLIGHTS = {"flooded": "mdk4-deauth", "calm": "benign-wpa2"}
RECORD = {
    "seed": 0, "stamps": [], "warnings": [], "data": {}, "split": {}, "options": {}, "versions": {}, "metrics": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def flights(tmp_path_factory):
    """Two flights, a folder each."""
    root = tmp_path_factory.mktemp("flights")
    for name, scenario in FLIGHTS.items():
        one = watching.made(scenario)
        (root / name).mkdir()
        (root / name / "capture.pcapng").write_bytes(one.capture)
        (root / name / "telemetry.log").write_bytes(one.telemetry)
    return root


def run(*words) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*words) -> str:
    with pytest.raises(InputError) as error:
        CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return str(error.value)


def replayed(flights, folder, *more) -> str:
    one = flights / "flooded"
    words = ("--replay", one / "capture.pcapng", "--telemetry", one / "telemetry.log", "--speed", "max")
    return run("watch", *words, "--out", folder, *more)


def record(folder) -> dict[str, object]:
    """Alerts by key, all over, and how often each was opened."""
    with AlertStore.open(folder / "alerts.db", read_only=True) as store:
        alerts = {alert.key: alert for alert in store.alerts()}
        opened = [change.alert.key for _, change in store.changes(limit=100_000) if change.kind == "opened"]
        assert store.open_alerts() == ()
    assert sorted(opened) == sorted(alerts), "an alert is repeated, or lost"
    return alerts


@pytest.fixture(scope="module")
def watched(flights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("watched")
    told = replayed(flights, folder)
    return folder, told


def test_a_flood_is_alerted_and_told_in_plain_lines(watched) -> None:
    folder, told = watched
    alerts = record(folder)
    assert any(alert.identity.kind == "deauthentication_flood" for alert in alerts.values())
    lines = [line for line in told.splitlines() if "deauthentication_flood" in line]
    assert any(" over " in line for line in lines)
    assert any(" at 60:60:1f" in line for line in lines)
    events = [json.loads(line) for line in (folder / "eve.json").read_text().splitlines()]
    assert len(events) >= 2 * len(alerts)
    assert list((folder / "slices").iterdir())


def test_the_same_recording_again_adds_nothing(flights, watched) -> None:
    folder, _ = watched
    before, eve = record(folder), (folder / "eve.json").read_bytes()
    replayed(flights, folder)
    assert record(folder) == before
    assert (folder / "eve.json").read_bytes() == eve


def test_a_watch_that_is_killed_neither_repeats_nor_loses_an_alert(flights, watched, tmp_path) -> None:
    one = flights / "flooded"
    words = ["watch", "--replay", one / "capture.pcapng", "--telemetry", one / "telemetry.log", "--out", tmp_path]
    command = [sys.executable, "-u", "-m", "yawstring.app.cli", *map(str, words), "--speed", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "deauthentication_flood" in line:
                break
        process.send_signal(signal.SIGKILL)
    with AlertStore.open(tmp_path / "alerts.db", read_only=True) as store:
        assert store.open_alerts(), "killed while an alert was open"
    replayed(flights, tmp_path)
    assert record(tmp_path) == record(watched[0])
    told = [json.loads(line) for line in (tmp_path / "eve.json").read_text().splitlines()]
    assert len({json.dumps(event, sort_keys=True) for event in told}) == len(told)


def test_detect_finds_what_the_watch_finds_by_any_number_of_workers(flights, watched, tmp_path) -> None:
    for workers in (1, 2):
        run("detect", flights, "--out", tmp_path / str(workers), "--workers", workers)
    one, two = (tmp_path / str(workers) / "alerts.jsonl" for workers in (1, 2))
    assert one.read_bytes() == two.read_bytes()
    lines = [json.loads(line) for line in one.read_text().splitlines()]
    assert {line["key"] for line in lines} == set(record(watched[0]))
    assert {line["capture"] for line in lines} == {str(flights / "flooded" / "capture.pcapng")}


def test_detect_writes_the_scores_of_predict(flights, tmp_path) -> None:
    trained = replace(watching.trained("lstm"), record=RECORD)
    save(trained, tmp_path / "bundle")
    capture = flights / "flooded" / "capture.pcapng"
    told = json.loads(run("detect", capture, "--bundle", tmp_path / "bundle", "--out", tmp_path / "found", "--json"))
    scores = pl.read_parquet(tmp_path / "found" / "scores.parquet")
    expected = predict(trained, watching.table(watching.made()))
    columns = [name for name in expected.columns if name.startswith("p_")] + ["score", "predicted"]
    assert scores.select(columns).equals(expected.select(columns))
    (one,) = told["captures"]
    assert (one["windows"], one["telemetry"]) == (len(expected), str(capture.parent / "telemetry.log"))
    assert {alert["origin"] for alert in one["alerts"]} == {"model", "rule"}


def test_what_cannot_be_is_refused_in_one_line(flights, tmp_path) -> None:
    capture = flights / "calm" / "capture.pcapng"
    assert "--interface, --pcap-fifo and --replay" in refused("watch")
    assert "without rules and without a bundle" in refused("watch", "--replay", capture, "--no-rules")
    assert "expected a number or max" in refused("watch", "--replay", capture, "--speed", "fast")
    assert "use auto" in refused("detect", flights, "--telemetry", tmp_path / "one.log")
    assert not (tmp_path / "watch").exists()


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_the_watch_to_end_and_is_then_given_back(asked) -> None:
    class Stub:
        stopped = False

        def stop(self) -> None:
            self.stopped = True

        def run(self) -> bool:
            os.kill(os.getpid(), asked)
            return self.stopped

    before = signal.getsignal(asked)
    assert watch.run(Stub()) is True
    assert signal.getsignal(asked) is before


def test_how_it_goes_in_one_line() -> None:
    told = {"frames": 1234, "frames_per_s": 99.6, "drops": 0, "air": "heard", "telemetry": "stale", "score": 0.25}
    assert health_line(told) == "1,234 frames, 100/s · 0 lost · air heard · telemetry stale · score 0.25"


def test_text_from_the_air_steers_no_terminal() -> None:
    alert = Alert(
        key="0" * 16, identity=Identity(kind="evil_twin"), origin="rule", source="evil_twin", digest="", count=1,
        severity="high", watched=True, opened_ns=0, confirmed_ns=0, last_ns=0, score=1.0, threshold=0.5,
        words="a \x1b[31m name",
    )  # fmt: skip
    console = Console(record=True, width=200)
    with Lines(console) as lines:
        lines.changes([AlertChange(kind="opened", time_ns=0, alert=alert)])
        lines.note(Note(kind="air", words="the air \x1b]0;is\x07 silent"))
    assert "\x1b" not in console.export_text(clear=False)
