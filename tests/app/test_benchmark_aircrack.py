"""The benchmark on real captures: truth by a rule, a detector of simulated flights, and a page that says both."""

import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from yawstring.app.benchmark import aircrack
from yawstring.app.benchmark.aircrack_page import section
from yawstring.app.benchmark.campaigns import Campaign
from yawstring.app.benchmark.flights import Flying
from yawstring.errors import TableError
from yawstring.simulate.attacks import KINDS

NS_PER_S = 1_000_000_000
DISCONNECTING = "wlan.fc.type_subtype == 10 || wlan.fc.type_subtype == 12"
SHORT = Campaign(
    name="air-short", attacked=1, benign=0, attacks=1, duration_s=60, benign_s=40,
    ranges={"traffic.video_mbit_s": "0.2", "neighbours.networks": "1"}, kinds=("mdk4_deauth",), changes="length_s = 8",
)  # fmt: skip
PARTS = {"train": SHORT, "validation": replace(SHORT, name="air-two"), "test": replace(SHORT, name="air-three")}


def frames(*bursts: tuple[float, int, int]) -> pl.DataFrame:
    """Beacons for a minute, ten a second, and bursts: from a second on so many frames of a subtype, 100 a second."""
    rows = [(tenth * NS_PER_S // 10, 8) for tenth in range(600)]
    for start_s, count, subtype in bursts:
        rows += [(int((start_s + 0.01 * number) * NS_PER_S), subtype) for number in range(count)]
    time_ns, subtype = zip(*rows, strict=True)
    return pl.DataFrame({"time_ns": time_ns, "wlan.fc.type": [0] * len(rows), "wlan.fc.subtype": subtype})


def bursts_by_tshark(tshark: str, path: Path) -> int:
    """Runs of 100 de-authentications and disassociations or more, with 2 s between any two at most."""
    words = [tshark, "-r", path, "-Y", DISCONNECTING, "-T", "fields", "-e", "frame.time_epoch"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2), done.stderr  # 2: the last frame of the capture is cut short
    times = sorted(float(line) for line in done.stdout.split())
    run, found = 1, 0
    for before, after in pairwise([*times, float("inf")]):
        if after - before > 2:
            found, run = found + (run >= 100), 0
        run += 1
    return found


def test_every_attack_of_the_air_is_flown_in_every_part() -> None:
    assert set(aircrack.AIR) == {name for name, kind in KINDS.items() if kind.CLASS != "fdi"}
    for campaign in aircrack.PARTS.values():
        flown = {kind for one in campaign.scenarios(1) for kind, _ in one.attacks}
        assert {KINDS[kind].CLASS for kind in flown} == {KINDS[kind].CLASS for kind in aircrack.AIR}


def test_a_burst_is_an_attack_and_a_few_frames_are_none() -> None:
    found = aircrack.labelled(frames((10, 150, 12), (30, 99, 12), (50, 120, 10)))
    hostile = found.filter(pl.col("class") == "dos")
    assert set(hostile["technique"]) == {"disconnection"}
    seconds = (hostile["time_ns"] / NS_PER_S).to_numpy()
    assert seconds.min() == 10
    assert ((seconds <= 11.5) | (seconds >= 50)).all()
    assert hostile.filter(pl.col("wlan.fc.subtype") != 8).height == 270
    assert set(found.filter(pl.col("class") != "dos")["class"]) == {"benign"}
    replayed = aircrack.labelled(frames((10, 150, 12)), replayed=True)
    assert set(replayed["class"]) == {"dos", "replay"}


def test_two_bursts_are_two_where_two_seconds_lie_between_them() -> None:
    near, far = np.arange(200) * NS_PER_S // 100, np.int64(5) * NS_PER_S
    assert aircrack.bursts(near) == [(0, int(near[-1]))]
    assert aircrack.bursts(np.concatenate([near, near + far])) == [
        (0, int(near[-1])), (int(far), int(near[-1] + far)),
    ]  # fmt: skip
    assert aircrack.bursts(near[:99]) == aircrack.bursts(near[:0]) == []


def test_what_was_learnt_in_simulation_is_heard_in_real_air(captures: Path, tshark: str) -> None:
    told: list[str] = []
    made = aircrack.learnt(Flying(seed=3, workers=2), told.append, parts=PARTS)
    assert len(told) == 3
    assert made.recipe.modality == "cyber"
    names = ("aircrack/pmkid-not-recognized.cap", "wireshark/wpa-Induction.pcap", "aircrack/wpa3-psk.pcap")
    chosen = [aircrack.read(captures / name) for name in names]
    assert [one.attacked for one in chosen] == [True, False, False]
    heard = aircrack.listen(made, chosen, told.append)
    assert len(told) == 6
    ((capture, figures),) = heard.attacked
    assert figures["episodes"] == bursts_by_tshark(tshark, captures / names[0]) == 8
    assert heard.together["episodes"] == 0
    assert heard.together["benign_hours"] == pytest.approx(44.5 / 3600, rel=0.1)
    page = "\n".join(section(heard, seed=3))
    assert f"| `{capture.name}` | 20,056 | " in page
    assert f"| disconnection | 8 | {figures['found']} |" in page
    assert "| all | 1,117 | " in page
    assert heard.to_json()["captures"][capture.name]["frames"] == 20056


def test_folders_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "aircrack").mkdir()
    with pytest.raises(TableError, match=r"wireshark: expected a folder of captures"):
        aircrack.captures(tmp_path)
