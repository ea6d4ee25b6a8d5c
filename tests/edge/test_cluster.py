"""Captures over a real local Ray: the octets of one worker, whoever dies, and one line for whatever goes wrong."""

import os
import pickle
import re
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from support import processes, watching
from yawstring.app.cli import app
from yawstring.edge import cluster
from yawstring.edge.bundles import save
from yawstring.edge.cluster import Begun, Job, agree, detect_on_cluster
from yawstring.edge.detecting import Recording, detect
from yawstring.edge.plans import Plan
from yawstring.errors import CaptureError, InputError, MissingExtraError, OptionError, TableError
from yawstring.version import __version__

RECORD = {
    "seed": 0, "stamps": [], "warnings": [], "data": {}, "split": {}, "options": {}, "versions": {}, "metrics": {},
}  # fmt: skip
PATIENCE_S = 240
NAMES = ("first.pcapng", "killed.pcapng", "last.pcapng")
"""Names that are not absolute: workers are to look for them where the command was given."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Three captures, a bundle, and what one worker found in them: ``one/`` and ``one.json``."""
    root = tmp_path_factory.mktemp("captures")
    for name, scenario in zip(NAMES, ("mdk4-deauth", "benign-wpa2", "mdk4-deauth"), strict=True):
        (root / name).write_bytes(watching.made(scenario).capture)
    save(replace(watching.trained("lstm"), record=RECORD), root / "bundle")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        done = CliRunner().invoke(app, ["detect", *NAMES, "--bundle", "bundle", "--out", "one", "--json"])
    assert done.exit_code == 0, done.output
    (root / "one.json").write_text(done.stdout)
    return root


def begin(folder: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "yawstring.app.cli", "detect", *words]
    place = os.environ | environment
    return subprocess.Popen(
        command, cwd=folder, env=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def refused(address: str) -> str:
    with pytest.raises(InputError) as error:
        list(detect_on_cluster([Recording(capture=Path("any.pcap"))], Plan(), address=address))
    return str(error.value)


def test_a_worker_that_is_killed_at_a_capture_changes_no_octet_and_others_may_ask_meanwhile(folder) -> None:
    """A capture that is a pipe holds its worker until the test has found it."""
    held = folder / NAMES[1]
    octets = held.read_bytes()
    held.unlink()
    os.mkfifo(held)
    (folder / "broken.pcap").write_bytes(b"no capture")
    words = ("--bundle", "bundle", "--out", "two", "--json", "--cluster", "local", "--workers", "2")
    with begin(folder, *NAMES, *words) as command:
        try:
            first = processes.when_read(held, command.pid, patience_s=PATIENCE_S)
            reads = processes.reader(held, command.pid, patience_s=PATIENCE_S)
            of_ray = processes.descendants(command.pid)
            assert processes.title(reads).startswith("ray::")
            assert processes.listening(of_ray | {command.pid}) == {"127.0.0.1"}

            broken_is_one_line(folder, of_ray)

            processes.killed(reads, signal.SIGKILL, patience_s=PATIENCE_S)
            again = processes.when_read(held, command.pid, patience_s=PATIENCE_S)
            assert processes.reader(held, command.pid, patience_s=PATIENCE_S) != reads
            with os.fdopen(again, "wb") as pipe:
                os.close(first)
                pipe.write(octets)
            told, errors = command.communicate(timeout=PATIENCE_S)
        finally:
            command.kill()
    assert command.returncode == 0, errors
    assert told == (folder / "one.json").read_text(), "another result, or a capture twice or not at all"
    for name in ("alerts.jsonl", "scores.parquet"):
        assert (folder / "two" / name).read_bytes() == (folder / "one" / name).read_bytes()
    steps = [line.split()[1] for line in errors.splitlines() if line.startswith("detecting ")]
    assert steps == ["1/3", "2/3", "3/3"]
    assert f"Worker PID: {reads}" in errors, "Ray tells of the dead, but not among the results"


def broken_is_one_line(folder: Path, of_ray: set[int]) -> None:
    """A second command joins the same Ray by its address, and says of a damaged capture what it would say alone."""
    (address,) = {found[1] for pid in of_ray if (found := re.search(r"--gcs-address=(\S+)", processes.title(pid)))}
    with begin(folder, "broken.pcap", "--cluster", address, RAY_AUTH_MODE="token") as command:
        try:
            told, errors = command.communicate(timeout=PATIENCE_S)
        finally:
            command.kill()
    with pytest.raises(InputError) as alone:
        detect(Recording(capture=folder / "broken.pcap"), Plan())
    line = str(alone.value).replace(str(folder / "broken.pcap"), "broken.pcap")
    assert (command.returncode, told, errors) == (2, "", f"yawstring: {line}\n")


def test_an_address_where_nobody_answers_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert refused(address).startswith(f"--cluster {address}: nobody answers there: ")


@pytest.mark.parametrize(
    "error",
    [MissingExtraError("pyulog", extra="aircraft", needed_for="a log"), CaptureError("a"), TableError("b", file="c")],
)
def test_a_line_for_the_user_comes_out_of_another_process_as_it_went_in(error) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize("address", ["nowhere", "ray://127.0.0.1:10001", "127.0.0.1:", "host:port", ":6379"])
def test_what_is_no_address_is_one_line(address) -> None:
    assert refused(address) == f"--cluster: expected local, auto or HOST:PORT, found {address!r}"


def test_without_ray_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"detecting on a cluster needs ray.*'yawstring\[cluster\]'"):
        list(detect_on_cluster([], Plan(), address="local"))


def test_a_node_needs_the_files_under_the_same_path(tmp_path, monkeypatch) -> None:
    job = Job(plan=Plan(), folder=str(tmp_path), version=__version__, begun=None)
    (tmp_path / "here.pcap").touch()
    monkeypatch.chdir("/")
    agree(Recording(capture=Path("here.pcap")), job)
    assert Path.cwd() == tmp_path
    node = socket.gethostname()
    with pytest.raises(CaptureError, match=f"^gone.log: is not on node {node}: every node needs it"):
        agree(Recording(capture=Path("here.pcap"), telemetry=Path("gone.log")), job)
    with pytest.raises(CaptureError, match=f"/bundle: is not on node {node}: every node needs it"):
        agree(Recording(capture=Path("here.pcap")), replace(job, plan=Plan(bundle=tmp_path / "bundle")))
    with pytest.raises(CaptureError, match=f"/none: No such file or directory on node {node}: name files by"):
        agree(Recording(capture=Path("here.pcap")), replace(job, folder=str(tmp_path / "none")))


def test_a_node_with_another_version_is_one_line() -> None:
    job = Job(plan=Plan(), folder="/", version="0.0.0", begun=None)
    with pytest.raises(OptionError, match=r"has yawstring .*, here is 0.0.0: install the same"):
        agree(Recording(capture=Path("any.pcap")), job)


def test_a_capture_that_kills_worker_after_worker_is_given_up_in_one_line(tmp_path, monkeypatch) -> None:
    """The count is an actor's; here it is called as any object, for five dead workers take minutes."""
    begun = Begun()
    asked = SimpleNamespace(again=SimpleNamespace(remote=begun.again))
    monkeypatch.setattr(cluster, "_ray", lambda: SimpleNamespace(get=lambda count: count))
    job = Job(plan=Plan(), folder=str(tmp_path), version="0.0.0", begun=asked)
    rows = [{"place": place, "recording": Recording(capture=Path(f"{place}.pcap"))} for place in (0, 1)]
    lines = [str(cluster.task(rows[0], job)["found"]) for _ in range(cluster.BEGUN_MOST + 1)]
    assert all("install the same" in line for line in lines[:-1]), "it was given up too soon"
    assert lines[-1] == f"0.pcap: {cluster.BEGUN_MOST} workers died reading it: was memory short?"
    assert "install the same" in str(cluster.task(rows[1], job)["found"])
