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

from support.flights import flight
from yawstring.edge.alert_store import AlertStore

TESTS = Path(__file__).resolve().parents[1]
ONSET_S = 18.0
SCENE = (
    f"attack.onset_s={ONSET_S}", "attack.length_s=1.5", "duration_s=20.5", "security='open'", "attack.power_dbm=20",
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
    (folder / "short.pcapng").write_bytes(flight("aireplay-deauth", 1, "security='open'").capture)
    changes = [part for change in SCENE for part in ("--set", change)]
    arguments = ["aireplay-deauth", "--seed", "4", *changes]
    command = ["unshare", "--net", "--mount", sys.executable, "-m", "support.live_watch", str(folder), *arguments]
    path = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path}, timeout=400
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("which", ["before", "after"])
def test_the_attack_is_alerted_within_a_second_and_nothing_before_it(watched, which):
    folder, result = watched
    assert result["told"] == "ok", "djitellopy took off"
    (onset,) = pl.read_csv(folder / "flight" / "labels.csv")["start"]
    assert which in result["first"], f"nothing was told: {(folder / which / 'log').read_text()}"
    # By the frames' own clock: how long a busy machine takes over them is for benchmarks/watch.py to say.
    with AlertStore.open(folder / which / "alerts.db") as store:
        late_s = min(one.confirmed_ns for one in store.alerts()) / 1e9 - onset
    assert -0.05 < late_s < WITHIN_S, (folder / which / "log").read_text()
    first, *_ = (json.loads(line) for line in (folder / which / "eve.json").read_text().splitlines())
    assert first["event_type"] == "alert"
    assert "deauthentication" in first["alert"]["signature"]
    assert result["watches"][0] == 0
    assert result["watches"][1] in {0, 3}, "3: its interface is gone"
