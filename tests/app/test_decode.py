"""``yawstring decode`` as a user runs it."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from support import tshark as oracle
from support.radiotap_headers import radiotap_capture
from yawstring.app.cli import app
from yawstring.errors import InputError

PROGRAM = [sys.executable, "-m", "yawstring.app.cli", "decode"]


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["decode", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_counts_are_tsharks(tshark: str, captures: Path) -> None:
    path = captures / "wireshark" / "wpa-Induction.pcap"
    described = json.loads(run(path, "--json"))
    wanted = ["wlan.fc.version", "wlan.fc.type", "wlan.fc.subtype", "wlan.ta", "wlan.ssid", "wlan.bssid"]
    theirs = oracle.read(tshark, path, [*wanted, "time_ns", "frame.len", "wlan_radio.channel"])
    assert (described["frames"], described["octets"]) == (len(theirs), theirs["frame.len"].sum())
    assert described["span_s"] == pytest.approx((theirs["time_ns"].max() - theirs["time_ns"].min()) / 1e9)
    sound = theirs.filter(theirs["wlan.fc.version"] == 0)
    kinds = Counter(zip(sound["wlan.fc.type"], sound["wlan.fc.subtype"], strict=True))
    told = {(kind["type"], kind["subtype"]): kind["frames"] for kind in described["kinds"] if kind["type"] is not None}
    assert {key: told.get(key) for key in kinds if key[0] is not None} == {
        key: count for key, count in kinds.items() if key[0] is not None
    }
    senders = Counter(address.to_bytes(6, "big").hex(":") for address in theirs["wlan.ta"].drop_nulls())
    assert Counter({one["address"]: one["frames"] for one in described["transmitters"]}) == senders
    beacons = sound.filter((sound["wlan.fc.type"] == 0) & sound["wlan.fc.subtype"].is_in([5, 8]))
    assert {one["ssid"]: one["frames"] for one in described["networks"]} == dict(Counter(beacons["wlan.ssid"]))
    assert described["channels"] == [{"channel": 1, "frames": len(theirs)}]


def test_a_person_reads_the_same(captures: Path) -> None:
    text = run(captures / "wireshark", captures / "malformed")
    for words in (
        "1,168, 2,267,919 octets",
        "management: beacon",
        "00:0c:41:82:b2:55",
        "'Coherer'",
        "could not be read",
    ):
        assert words in text


def test_a_folder_becomes_a_table_that_inspect_reads(captures: Path, tmp_path: Path) -> None:
    out = tmp_path / "frames.parquet"
    described = json.loads(run(captures / "remote_id", captures / "wireshark", "-o", out, "--json"))
    assert [one["frames"] for one in described["captures"]] == [21, 63, 1093]
    assert described["output"] == str(out)
    result = CliRunner().invoke(app, ["inspect", str(out), "--json"], catch_exceptions=False)
    (profile,) = json.loads(result.stdout)["tables"]
    assert (profile["rows"], profile["recordings"]["count"], profile["modality"]) == (1177, 3, "cyber")
    assert not [column["name"] for column in profile["columns"] if column["role"] is None]


def test_gzip_and_pipes_are_read_as_they_are(tmp_path: Path) -> None:
    octets = radiotap_capture(200, seed=5).capture
    (tmp_path / "air.pcap").write_bytes(octets)
    (tmp_path / "packed.pcap.gz").write_bytes(gzip.compress(octets))
    os.mkfifo(tmp_path / "pipe")
    feeding = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(octets,))
    feeding.start()
    answers = [json.loads(run(tmp_path / name, "--json")) for name in ("air.pcap", "packed.pcap.gz", "pipe")]
    feeding.join()
    for answer in answers:
        for key in ("captures", "seconds", "frames_per_s"):
            del answer[key]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["frames"] == 200


def test_text_from_the_air_steers_no_terminal(tmp_path: Path) -> None:
    evil = b"\x1b[2J[red]\x9b"
    beacon = b"\x80\0\0\0" + b"\xff" * 6 + bytes(12) + b"\0\0" + bytes(8) + b"\x64\0\1\0" + bytes([0, len(evil)]) + evil
    (tmp_path / "air.pcap").write_bytes(b"\xd4\xc3\xb2\xa1\2\0\4\0" + bytes(8) + b"\0\0\4\0\x69\0\0\0" + bytes(8)
                                        + len(beacon).to_bytes(4, "little") * 2 + beacon)  # fmt: skip
    text = run(tmp_path / "air.pcap")
    assert "\x1b" not in text
    assert "\\x1b[2J[red]" in text


def test_frames_are_decoded_as_the_library_does(tmp_path: Path) -> None:
    from yawstring.table.frames import frames_table
    from yawstring.wire.decoder import decode

    octets = radiotap_capture(500, seed=6).capture
    (tmp_path / "air.pcap").write_bytes(octets)
    key = bytes(range(16))
    run(tmp_path / "air.pcap", "-o", tmp_path / "frames.parquet", "--key", key.hex())
    frames = pl.read_parquet(tmp_path / "frames.parquet").drop("recording")
    assert frames.equals(frames_table(decode(octets, key=key)))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gone.pcap"], "gone.pcap: expected a capture or a folder of them, found none of that name"),
        (["junk.pcap"], "expected frames, found none (capture: neither pcap nor pcapng)"),
        (["empty.pcap"], "expected frames, found none (nothing in them)"),
        (["air.pcap", "--key", "12"], "--key: expected 32 hexadecimal digits, found '12'"),
        (["air.pcap", "-o", "frames.csv"], "expected a name that ends with .parquet or .pq"),
    ],
)
def test_what_cannot_be_used_is_one_line(tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "air.pcap").write_bytes(radiotap_capture(5, seed=6).capture)
    (tmp_path / "junk.pcap").write_bytes(b"junk" * 30)
    (tmp_path / "empty.pcap").touch()
    words = [str(tmp_path / word) if "." in word else word for word in arguments]
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(app, ["decode", *words], catch_exceptions=False)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_program_exits_with_2_and_keeps_standard_output_clean(tmp_path: Path) -> None:
    (tmp_path / "junk.pcap").write_bytes(b"junk" * 30)
    done = subprocess.run([*PROGRAM, tmp_path / "junk.pcap", "--json"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("yawstring: ")
