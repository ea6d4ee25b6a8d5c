"""Files of JSON lines: whole lines, once each, and nobody else's file is touched."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support import alerts as made
from yawstring.edge.alert_store import AlertStore
from yawstring.edge.sinks import Item, SinkState, deliver, enrol, open_sink
from yawstring.errors import OptionError, SinkError

SUPPORT = str(Path(__file__).parents[1])
KINDS = ("eve", "ocsf")


def numbers(path):
    """Numbers of the changes that a file tells."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(one.get("yawstring") or one["unmapped"]["yawstring"])["sequence"] for one in lines]


def items(*numbers, record="a" * 32):
    return [Item(record=record, sequence=one, change=made.change("opened", made.alert(one))) for one in numbers]


@pytest.mark.parametrize("kind", KINDS)
def test_each_change_is_a_line_and_the_file_says_how_far_it_got(tmp_path, kind) -> None:
    path = tmp_path / "alerts.json"
    sink = open_sink(f"{kind}:{path}")
    assert not path.exists()
    sink.send(items(1, 2))
    sink.send(items(3))
    assert numbers(path) == [1, 2, 3]
    for again in (sink, open_sink(f"{kind}:{path}")):
        assert (again.reached("a" * 32), again.reached("b" * 32)) == (3, 0)
        assert again.name == sink.name
    path.rename(tmp_path / "alerts.json.1")  # rotated
    sink.send(items(4))
    assert numbers(path) == [4]


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_line_is_taken_back(tmp_path, kind) -> None:
    path = tmp_path / "alerts.json"
    open_sink(f"{kind}:{path}").send(items(1, 2))
    whole = path.read_bytes()
    for size in (1, 5, 40, 400, len(whole) // 2 + 7, len(whole) - 1):
        path.write_bytes(whole[:size])
        sink = open_sink(f"{kind}:{path}")
        kept = path.read_bytes()
        assert kept == whole[: whole.rfind(b"\n", 0, size) + 1]
        assert sink.reached("a" * 32) == kept.count(b"\n")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text",
    [
        "key = value\n",
        "no line end",
        "{",
        '{"timestamp":"2020',
        '{"a": 1}\n',
        "[" * 5000 + "\n",
        "\n",
        '{"yawstring": {}}\n',
    ],
)
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path, kind, text) -> None:
    path = tmp_path / "alerts.json"
    path.write_text(text)
    if text == "{":  # what a line of ours begins with, too
        open_sink(f"{kind}:{path}")
        return
    with pytest.raises(OptionError, match="holds something else"):
        open_sink(f"{kind}:{path}")
    assert path.read_text() == text


def test_what_is_no_file_is_refused(tmp_path) -> None:
    with pytest.raises(OptionError, match="cannot be opened"):
        open_sink(f"eve:{tmp_path}")
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="cannot be written"):
        open_sink(f"eve:{tmp_path / 'file' / 'eve.json'}").send(items(1))


def test_the_folder_is_made_with_the_file(tmp_path) -> None:
    path = tmp_path / "not" / "yet" / "eve.json"
    open_sink(f"eve:{path}").send(items(1))
    assert numbers(path) == [1]


def test_a_full_disk_leaves_whole_lines_and_the_same_may_be_tried_again(tmp_path) -> None:
    path = tmp_path / "eve.json"
    sink = open_sink(f"eve:{path}")
    sink.send(items(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, hard))
        with pytest.raises(SinkError, match=r"full|large"):
            sink.send(items(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert numbers(path) == [1]
    sink.send(items(2))
    assert numbers(path) == [1, 2]


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from support import alerts as made
from yawstring.edge.alert_store import AlertStore
from yawstring.edge.sinks import SinkState, deliver, enrol, open_sink
store = AlertStore.create(sys.argv[1] + "/alerts.db")
sink = open_sink("eve:" + sys.argv[1] + "/eve.json")
enrol(store, sink)
store.apply(made.life(1, updates=3))
store.advance = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
deliver(store, sink, SinkState(), 0.0)
"""


def test_kill_9_between_the_line_and_the_record_repeats_nothing(tmp_path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), SUPPORT], check=False)
    assert ended.returncode == -signal.SIGKILL
    path = tmp_path / "eve.json"
    assert numbers(path) == [1, 2, 3, 4, 5]
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) - 9)  # and half of the last line, as a power cut leaves it
    with AlertStore.create(tmp_path / "alerts.db") as store:
        sink = open_sink(f"eve:{path}")
        enrol(store, sink)
        assert store.cursor(sink.name) == 4
        store.apply(made.life(2))
        deliver(store, sink, SinkState(), 0.0)
    assert numbers(path) == [1, 2, 3, 4, 5, 6, 7, 8]
