"""A watch that says it is ready has nothing left to compile, and hears every frame from there on."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from support import watching
from support.flights import flight
from yawstring.edge.opened import Sources
from yawstring.edge.plans import Plan, flow_of
from yawstring.errors import InputError
from yawstring.watch import rehearsal, scores
from yawstring.wire.decoder import decode

TESTS = Path(__file__).resolve().parents[1]


def test_nothing_is_compiled_once_the_watch_is_ready_and_what_comes_then_is_alerted(tmp_path) -> None:
    """In a process of its own, since a loop that another test has called is there already."""
    os.mkfifo(tmp_path / "air")
    trained = watching.trained("lstm")
    (tmp_path / "recipe.json").write_text(json.dumps(trained.recipe.to_json()))
    (tmp_path / "model.onnx").write_bytes(trained.detector.graph)
    path = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "support.ready_watch", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}) as watch:
        ready = watch.stdout.readline()
        assert ready.startswith("ready after ")
        assert ready.endswith(f"listening to {tmp_path / 'air'}\n")
        (tmp_path / "air").write_bytes(flight("mdk4-deauth", 3).capture)
        told = json.loads(watch.stdout.readline())
    assert told["compiled"] == {}
    assert told["loops"] > 40, "of every group of signals, and of the rules"
    assert "deauthentication_flood" in told["alerts"]


def test_every_frame_of_a_rehearsal_is_what_it_is_meant_to_be() -> None:
    frames = decode(rehearsal.capture(rehearsal.BEGUN_NS, 1))
    columns = frames.columns
    assert frames.rejects == {}
    assert columns["wlan.fc.type"].values.tolist() == [0, 2, 2, 2, 0, 1, 1, 0]
    assert columns["wlan.fc.subtype"].values.tolist() == [8, 0, 0, 8, 4, 11, 12, 12]
    assert columns["udp.dstport"].values[1:3].tolist() == [8890, 8889]
    assert columns["wlan.ccmp.extiv"].valid.tolist() == [False] * 3 + [True] + [False] * 4
    assert [octets for _, octets in frames.texts("tello.command")] == [b"command"]


@pytest.mark.parametrize("kind", ["lstm", "forest"])
def test_a_rehearsal_scores_windows(kind: str, monkeypatch) -> None:
    """With the warm-up of the signals behind it, so that the graph has run."""
    heard, real = [], scores.step
    monkeypatch.setattr(scores, "step", lambda *given: heard.append(real(*given)) or heard[-1])
    options = flow_of(Plan())
    stream = replace(options.stream, rules=None, detector=scores.ready(watching.trained(kind)))
    rehearsal.rehearse(replace(options, stream=stream))
    assert sum(len(scored) for _, scored, _ in heard) >= 1
    assert np.isfinite(np.concatenate([scored.score for _, scored, _ in heard])).all()


def test_what_is_not_there_is_said_before_the_rehearsal(tmp_path) -> None:
    for sources in (Sources(fifo=str(tmp_path / "none")), Sources(replay=tmp_path / "none.pcap")):
        with pytest.raises(InputError, match="none"):
            sources.check()
