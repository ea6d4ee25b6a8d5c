"""A TAP device is a radiotap interface to any capture program."""

import socket
import subprocess
from pathlib import Path

import pytest

from support.octets import RADIOTAP, header, pcap
from support.privileges import unprivileged
from support.tap import heard, radiotap_tap
from yawstring.edge.live.tap import open_tap
from yawstring.errors import SourceError


def test_a_frame_written_arrives_octet_by_octet() -> None:
    frame = heard(header(0, 8) + bytes(range(60)))
    with radiotap_tap() as tap:
        assert Path(f"/sys/class/net/{tap.name}/type").read_text().strip() == "803"
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as plain:
            plain.bind((tap.name, 3))
            plain.settimeout(2)
            tap.write(frame)
            assert plain.recv(4096) == frame


def test_tshark_reads_its_channel(tmp_path: Path, tshark: str) -> None:
    capture = tmp_path / "one.pcap"
    capture.write_bytes(pcap([heard(header(0, 8) + bytes(12), frequency_mhz=5180)], link=RADIOTAP))
    fields = ["-e", "radiotap.channel.freq", "-e", "wlan.fc.type_subtype"]
    said = subprocess.run([tshark, "-n", "-r", capture, "-T", "fields", *fields], capture_output=True, check=True)
    assert said.stdout.split() == [b"5180", b"0x0008"]


def test_the_interface_goes_with_the_device() -> None:
    with radiotap_tap() as tap:
        name = tap.name
        assert socket.if_nametoindex(name)
    with pytest.raises(OSError, match="no interface with this name"):
        socket.if_nametoindex(name)


def test_a_name_that_is_taken_is_refused() -> None:
    with radiotap_tap() as tap, pytest.raises(SourceError, match="choose another"):
        open_tap(tap.name)


def test_without_privileges_it_says_what_to_do() -> None:
    assert "run this as root" in unprivileged("from yawstring.edge.live.tap import open_tap", "open_tap()").stderr
