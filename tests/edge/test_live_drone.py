"""A real client flies the simulated drone, and its air can be heard at true pace."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from support.live_pilot import started
from support.privileges import unprivileged
from yawstring.app.cli import app
from yawstring.edge.captures import open_capture
from yawstring.edge.live_drone import Hands, LiveOptions
from yawstring.edge.live_drone_air import FifoEar, open_ear
from yawstring.edge.live_drone_link import Loopback, Tun, within_namespace
from yawstring.edge.telemetry import read_telemetry
from yawstring.errors import OptionError, SourceError
from yawstring.simulate.live import Datagram
from yawstring.table.frames import frames_table
from yawstring.wire.decoder import decode

TESTS = Path(__file__).resolve().parents[1]
CALM = (
    "controller.drops_per_min=0", "controller.leaves=false", "controller.joins=false", "duration_s=60",
    "receiver.distance=0.2", "drone.distance=0.3", "controller.distance=0.3",
)  # fmt: skip
QUIET = [part for change in CALM for part in ("--set", change)]
"""A link that holds."""


def environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": path}


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """A flight by djitellopy in a network namespace of its own, three times as fast as the clock."""
    if importlib.util.find_spec("djitellopy") is None:
        pytest.skip("djitellopy not found: it flies the simulated drone (pip install yawstring[test])")
    if os.getuid() != 0 or not Path("/dev/net/tun").exists() or not shutil.which("unshare"):
        pytest.skip("a network of the drone's own takes root, /dev/net/tun and unshare: run the tests as root")
    folder = tmp_path_factory.mktemp("flown")
    arguments = ["benign-open", "--air", "tap:yaw0", "--pace", "3", "--seed", "4", "-o", str(folder / "flight"), *QUIET]
    command = ["unshare", "--net", sys.executable, "-m", "support.live_pilot", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), timeout=300)
    assert done.returncode == 0, done.stderr
    return folder / "flight", json.loads(done.stdout.splitlines()[-1])


def test_djitellopy_connects_takes_off_moves_and_lands(flown):
    _, result = flown
    assert result["status"] == 0
    told = result["told"]
    assert told["sdk"] in {"13", "30"}
    assert 0 < told["battery"] <= 100
    assert told["height_cm"] >= 40
    assert told["flight_time_s"] > 5
    assert told["flying"] is False


def test_devices_are_there_while_it_flies_and_gone_afterwards(flown):
    _, result = flown
    assert {"yaw0", "yawdrone0"} <= set(result["during"])
    assert result["after"] == ["lo"]


def test_the_files_of_the_flight_belong_together(flown):
    folder, _ = flown
    frames = frames_table(decode(open_capture(folder / "capture.pcapng").octets))
    truth = pl.read_csv(folder / "truth.csv")
    assert frames["time_ns"].to_list() == truth["time_ns"].to_list()
    assert set(truth["class"]) == {"benign"}
    height = read_telemetry(folder / "telemetry.log").frame["height_m"]
    assert height[0] == 0
    assert height.max() > 0.5
    assert height[-1] == 0
    assert "[drawn]" in (folder / "scenario.toml").read_text()


@pytest.fixture
def loopback(tmp_path):
    """A flight without privileges: the drone on the loopback, its air in a fifo. Gives a client's socket."""
    arguments = ["benign-open", "--air", f"fifo:{tmp_path / 'air'}", "--drone-address", "127.0.0.77", *QUIET]
    program = started([*arguments, "-o", str(tmp_path / "flight")], tmp_path / "log")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.78", 0))
        client.settimeout(5)
        yield program, client
    program.kill()
    program.wait()


def test_frames_come_through_a_fifo_at_their_own_times_until_the_flight_is_stopped(loopback, tmp_path):
    program, client = loopback
    client.sendto(b"command", ("127.0.0.77", 8889))
    assert client.recv(100) == b"ok"
    stamps, arrivals = heard(tmp_path / "air", seconds=1.5)
    assert len(stamps) > 30
    late = [arrival - stamp for stamp, arrival in zip(stamps, arrivals, strict=True)]
    middle = sorted(late)[len(late) // 2]
    assert -0.005 < middle < 0.2, "stamps are the computer's time"
    program.send_signal(signal.SIGTERM)
    assert program.wait(20) == 0
    assert not (tmp_path / "air").exists(), "the fifo was made for the flight"
    assert sorted(path.name for path in (tmp_path / "flight").iterdir()) == [
        "capture.pcapng", "labels.csv", "scenario.toml", "telemetry.log", "truth.csv",
    ]  # fmt: skip
    assert "benign-open" in (tmp_path / "log").read_text()


def heard(path: Path, seconds: float) -> tuple[list[float], list[float]]:
    """Stamps of the records of a pcap in a fifo, and when each came."""
    stamps, arrivals, end = [], [], time.monotonic() + seconds
    with path.open("rb", buffering=0) as fifo:
        octets = fifo.read(24)
        assert struct.unpack_from("<I", octets)[0] == 0xA1B23C4D
        octets = b""
        while time.monotonic() < end:
            octets += fifo.read(65536) or b""
            while len(octets) >= 16:
                second, nanosecond, length, _ = struct.unpack_from("<IIII", octets)
                if len(octets) < 16 + length:
                    break
                stamps.append(second + nanosecond / 1e9)
                arrivals.append(time.time())
                octets = octets[16 + length :]
    return stamps, arrivals


def test_each_reader_of_a_fifo_gets_a_header_and_a_slow_one_loses_whole_frames(tmp_path):
    ear = FifoEar(tmp_path / "air")
    ear.hear(1_500_000_000_000_000_001, b"nobody reads")
    for _ in range(2):
        reader = os.open(tmp_path / "air", os.O_RDONLY | os.O_NONBLOCK)
        ear.hear(1_500_000_000_000_000_001, b"frame")
        octets = os.read(reader, 100)
        assert octets[:4] == struct.pack("<I", 0xA1B23C4D)
        assert octets[24:] == struct.pack("<IIII", 1_500_000_000, 1, 5, 5) + b"frame"
        for _ in range(800):
            ear.hear(0, bytes(2000))
        os.close(reader)
        ear.hear(0, b"the reader is gone")
    assert ear.lost > 400
    ear.close()
    assert not (tmp_path / "air").exists()


def test_a_fifo_that_was_there_stays(tmp_path):
    os.mkfifo(tmp_path / "air")
    open_ear(f"fifo:{tmp_path / 'air'}").close()
    assert (tmp_path / "air").exists()


def test_what_is_no_fifo_is_refused(tmp_path):
    (tmp_path / "air").write_text("precious")
    with pytest.raises(SourceError, match="expected a fifo or nothing"):
        open_ear(f"fifo:{tmp_path / 'air'}")
    assert (tmp_path / "air").read_text() == "precious"
    with pytest.raises(SourceError, match="no fifo can be made"):
        open_ear(f"fifo:{tmp_path / 'nowhere' / 'air'}")


def test_things_are_handed_over_in_order_of_time_and_a_fault_comes_out():
    hands, done = Hands(), []
    now = time.monotonic()
    for late in (0.06, 0.02, 0.04):
        hands.give(now + late, lambda late=late: done.append((late, time.monotonic() - now)))
    time.sleep(0.12)
    assert [late for late, _ in done] == [0.02, 0.04, 0.06]
    assert all(at - late >= 0 for late, at in done)
    hands.give(now, lambda: 1 // 0)
    hands.close()
    with pytest.raises(ZeroDivisionError):
        hands.check()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["benign-open", "--air", "tap:x", "-o", "x"], "go with --live"),
        (["benign-open", "--live", "--flights", "2"], "one SCENARIO once"),
        (["all", "--live"], "one SCENARIO once"),
        (["--live"], "one SCENARIO once"),
        (["benign-open", "--live", "--pace", "0"], "--pace: found 0"),
        (["benign-open", "--live", "--air", "radio"], "expected tap:NAME or fifo:PATH"),
        (["benign-open", "--live", "--drone-address", "192.0.2.1"], "an address of the loopback"),
        (["benign-open", "--live", "--drone-address", "drone"], "an address of the loopback"),
        (["benign-open", "--live", "--client-namespace", "no-such", "--drone-address", "127.0.0.2"], "give one"),
        (["benign-open", "--live", "--client-namespace", "no-such"], "ip netns add no-such"),
    ],
)
def test_what_makes_no_sense_is_one_line(arguments, word):
    result = CliRunner().invoke(app, ["simulate", *arguments])
    error = result.exception
    assert isinstance(error, (OptionError, SourceError)), result.output
    assert word in str(error)
    assert "\n" not in str(error)


def test_a_port_in_use_is_one_line():
    first = Loopback("127.0.0.79")
    with pytest.raises(SourceError, match="choose another --drone-address"):
        Loopback("127.0.0.79")
    first.close()
    Loopback("127.0.0.79").close()


def test_no_namespace_stays_where_it_is():
    before = os.readlink("/proc/thread-self/ns/net")
    with within_namespace(None):
        assert os.readlink("/proc/thread-self/ns/net") == before
    with pytest.raises(OptionError, match="ip netns add"), within_namespace("../../etc"):
        pass


def test_the_network_appears_in_the_namespace_of_the_client_and_goes_with_the_drone():
    ip = shutil.which("ip")
    if os.getuid() != 0 or not Path("/dev/net/tun").exists() or ip is None:
        pytest.skip("a network namespace takes root, /dev/net/tun and iproute2: run the tests as root")
    name, before = f"yawtest{os.getpid()}", os.readlink("/proc/thread-self/ns/net")
    subprocess.run([ip, "netns", "add", name], check=True)
    try:
        link = Tun(name)
        assert os.readlink("/proc/thread-self/ns/net") == before
        assert link.name not in [here for _, here in socket.if_nameindex()]
        there = subprocess.run([ip, "-n", name, "-br", "addr"], capture_output=True, text=True, check=True).stdout
        assert "yawdrone0" in there
        assert "192.168.10.2/24" in there
        with within_namespace(name), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind(("", 0))
            client.settimeout(5)
            port = client.getsockname()[1]
            client.sendto(b"command", ("192.168.10.1", 8889))
            client.sendto(b"not for the drone", ("192.168.10.1", 8888))
            assert link.receive() == [(b"command", ("192.168.10.2", port))]
            link.send(Datagram(time_s=0.0, octets=b"ok", peer=("192.168.10.2", port)))
            assert client.recvfrom(100) == (b"ok", ("192.168.10.1", 8889))
        link.close()
        after = subprocess.run([ip, "-n", name, "-br", "link"], capture_output=True, text=True, check=True).stdout
        assert "yawdrone" not in after
    finally:
        subprocess.run([ip, "netns", "delete", name], check=True)


def test_without_privileges_it_says_what_to_do():
    said = unprivileged("from yawstring.edge.live_drone_link import Tun", "Tun()").stderr
    assert "run this as root, or give --drone-address" in said


def test_options_are_checked():
    with pytest.raises(OptionError, match="give one"):
        LiveOptions(client_namespace="a", drone_address="127.0.0.2")
