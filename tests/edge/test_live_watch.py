"""A watch beside a drone that a real client flies: it is silent until the attack, and then says so within a second."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from support.flights import flight
from yawstring.app.cli import app

TESTS = Path(__file__).resolve().parents[1]
ONSET_S = 11.0
SCENE = (
    f"attack.onset_s={ONSET_S}", "attack.length_s=1.5", "duration_s=13", "security='open'", "attack.power_dbm=20",
    "controller.drops_per_min=0", "controller.leaves=false", "controller.joins=false", "receiver.distance=0.2",
    "drone.distance=0.3", "controller.distance=0.3", "attack.distance=0.3", "attack.target='controller'",
)  # fmt: skip
WITHIN_S = 1.0


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A flight that is attacked at its end, and two watches of it."""
    if importlib.util.find_spec("djitellopy") is None:
        pytest.skip("djitellopy not found: it flies the simulated drone (pip install yawstring[test])")
    if os.getuid() != 0 or not Path("/dev/net/tun").exists() or not shutil.which("unshare"):
        pytest.skip("a network of the drone's own takes root, /dev/net/tun and unshare: run the tests as root")
    folder = tmp_path_factory.mktemp("watched")
    rehearse(folder)
    changes = [part for change in SCENE for part in ("--set", change)]
    arguments = ["aireplay-deauth", "--seed", "4", *changes]
    command = ["unshare", "--net", "--mount", sys.executable, "-m", "support.live_watch", str(folder), *arguments]
    path = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path}, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout.splitlines()[-1])


def rehearse(folder: Path) -> None:
    """A watch of a recording, so that the live ones find their machine code made."""
    (folder / "rehearsal").mkdir()
    (folder / "short.pcapng").write_bytes(flight("aireplay-deauth", 1, "security='open'").capture)
    arguments = ["--replay", str(folder / "short.pcapng"), "--speed", "max", "--telemetry", "air"]
    result = CliRunner().invoke(app, ["watch", *arguments, "--out", str(folder / "rehearsal")])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("which", ["before", "after"])
def test_the_attack_is_alerted_within_a_second_and_nothing_before_it(watched, which):
    folder, result = watched
    assert result["told"] == "ok", "djitellopy took off"
    (onset,) = pl.read_csv(folder / "flight" / "labels.csv")["start"]
    late_s = result["first"][which] - onset
    assert -0.05 < late_s < WITHIN_S, (folder / which / "log").read_text()
    first, *_ = (json.loads(line) for line in (folder / which / "eve.json").read_text().splitlines())
    assert first["event_type"] == "alert"
    assert "deauthentication" in first["alert"]["signature"]
    assert result["watches"][0] == 0
    assert result["watches"][1] in {0, 3}, "3: its interface is gone"
