"""A process without privileges reads an interface through the helper, and nobody else's process does."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from support.octets import ethernet, header
from support.privileges import NOBODY, unprivileged_code
from support.tap import heard, radiotap_tap
from yawstring.edge.live import granting
from yawstring.edge.live.grant import grant_command
from yawstring.edge.live.granted import default_grant, take_grant
from yawstring.edge.live.interfaces import ARPHRD_ETHERNET
from yawstring.errors import OptionError, SourceError

HELPER = Path(granting.__file__)
FRAMES = [heard(header(0, 8, sequence=at) + bytes([at]) * 30) for at in range(50)]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of nobody's, which nobody can reach."""
    if os.getuid() != 0:
        pytest.skip("a grant is tested by root granting to another user: run the tests as root")
    with TemporaryDirectory(dir="/tmp") as name:
        os.chown(name, NOBODY, NOBODY)
        yield Path(name)


@contextmanager
def granted(interface: str, path: Path, *more: str, uid: int = NOBODY):
    """The helper, once it says that it grants; what it says after that stands in ``helper.stdout``."""
    words = [sys.executable, "-I", "-S", HELPER, interface, "--to", path, "--uid", str(uid), "--gid", str(uid), *more]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as helper:
        try:
            assert helper.stdout.readline().startswith("granted: "), helper.stderr.read()
            yield helper
        finally:
            helper.terminate()
            helper.wait(timeout=10)


READ = """
from yawstring.edge.live.opening import open_live_source
from yawstring.edge.live.ring import open_ring, warm_up
warm_up()
"""
COUNT = """
try:
    open_ring(sys.argv[1])
except PermissionError:
    print("no privilege", flush=True)
source = open_live_source(sys.argv[1], grant=sys.argv[2])
print("reading", flush=True)
found, frames = 0, b""
for batch in source.batches():
    found += len(batch)
    frames += b"".join(batch.octets[at : at + size].tobytes() for at, size in zip(*batch.records.table[:2]))
    if found >= 50:
        break
print(found, frames.hex(), flush=True)
source.close()
"""


def test_a_process_without_privileges_reads_every_frame(folder: Path) -> None:
    with radiotap_tap() as tap, granted(tap.name, folder / "air"):
        for _ in range(2):  # the second takes the socket over from one that is no more
            code = unprivileged_code(READ, COUNT)
            words = [sys.executable, "-c", code, tap.name, str(folder / "air")]
            with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as reader:
                assert reader.stdout.readline() == "no privilege\n"
                assert reader.stdout.readline() == "reading\n"
                for frame in FRAMES:
                    tap.write(frame)
                assert reader.stdout.readline() == f"50 {b''.join(FRAMES).hex()}\n"


STATES = """
import time
from yawstring.edge.live.opening import open_live_source, open_states
from yawstring.wire.tello import read_datagrams
read_datagrams([(0, b"h:1;")])
"""
LISTEN = """
source = open_states("sniff:" + sys.argv[1], grant=sys.argv[2])
print("listening", flush=True)
while not len(rows := source.poll(time.time_ns())):
    time.sleep(0.01)
print(rows["height_m"].to_list(), flush=True)
open_live_source(sys.argv[1], grant=sys.argv[2])
"""


def test_a_grant_of_states_gives_those_and_nothing_else(folder: Path) -> None:
    with radiotap_tap(link=ARPHRD_ETHERNET) as tap, granted(tap.name, folder / "states", "--telemetry"):
        words = [sys.executable, "-c", unprivileged_code(STATES, LISTEN), tap.name, str(folder / "states")]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reader:
            assert reader.stdout.readline() == "listening\n"
            tap.write(ethernet(b"secret", port=80))
            tap.write(ethernet(b"yaw:1;h:30;"))
            assert reader.stdout.readline() == "[0.3]\n"
            assert "without Wi-Fi" in reader.stderr.read()


def test_the_helper_gives_up_every_privilege(folder: Path) -> None:
    with radiotap_tap() as tap, granted(tap.name, folder / "air") as helper:
        about = dict(line.split(":\t", 1) for line in Path(f"/proc/{helper.pid}/status").read_text().splitlines())
        assert about["Uid"].split() == about["Gid"].split() == [str(NOBODY)] * 4
        assert about["Groups"].strip() == ""
        assert {about[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Amb")} == {"0" * 16}
        assert about["NoNewPrivs"] == "1"
        assert os.stat(folder / "air").st_uid == NOBODY
        assert os.stat(folder / "air").st_mode & 0o777 == 0o600


def test_the_helper_imports_the_standard_library_alone() -> None:
    program = f"""
import runpy, sys
try:
    runpy.run_path({str(HELPER)!r}, run_name="__main__")
except SystemExit:
    pass
print(*sorted({{name.partition(".")[0] for name in sys.modules}} - set(sys.stdlib_module_names)))
"""
    words = [sys.executable, "-I", "-S", "-c", program]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"__main__", "__mp_main__"}


def test_another_users_process_is_refused(folder: Path) -> None:
    path = folder / "air"
    with radiotap_tap() as tap, granted(tap.name, path) as helper:
        # Root may connect to anything, and is refused all the same: the grant is another user's.
        with pytest.raises(SourceError, match=f"found one by uid {NOBODY}"):
            take_grant(path, tap.name)
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
            assert caller.recv(10) == b""
        assert f"of uid {os.getuid()} was refused" in helper.stdout.readline() + helper.stdout.readline()


def test_whoever_holds_the_socket_hears_no_other_interface() -> None:
    with radiotap_tap() as granted_one, radiotap_tap() as other:
        packets = granting.open_packets(granted_one.name, telemetry=False)
        packets.bind((other.name, 3))
        packets.settimeout(0.1)
        other.write(FRAMES[0])
        with pytest.raises(TimeoutError):
            packets.recv(100)
        with pytest.raises(PermissionError):
            packets.setsockopt(socket.SOL_SOCKET, 27, 0)  # SO_DETACH_FILTER
        packets.bind((granted_one.name, 3))
        granted_one.write(FRAMES[1])
        assert packets.recv(100) == FRAMES[1]
        packets.close()


def test_a_grant_of_another_interface_is_not_taken(folder: Path) -> None:
    program = "from yawstring.edge.live.granted import take_grant"
    with radiotap_tap() as tap, granted(tap.name, folder / "air"):
        code = unprivileged_code(program, f"take_grant({str(folder / 'air')!r}, 'lo')")
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"expected a grant of the frames of lo, found one of {tap.name}" in done.stderr


def test_the_helper_ends_with_the_interface_and_takes_its_socket_along(folder: Path) -> None:
    with radiotap_tap() as tap, granted(tap.name, folder / "air") as helper:
        tap.close()
        assert helper.wait(timeout=10) == 1
        assert "no interface with this name" in helper.stderr.read()
        assert not (folder / "air").exists()


def test_a_socket_that_a_helper_left_behind_is_replaced(folder: Path) -> None:
    with radiotap_tap() as tap:
        with granted(tap.name, folder / "air") as helper:
            helper.kill()
            helper.wait(timeout=10)
        assert (folder / "air").exists()
        with granted(tap.name, folder / "air"):
            pass


def test_no_interface_is_said_in_one_line(folder: Path) -> None:
    words = [sys.executable, "-I", "-S", HELPER, "nowhere", "--to", folder / "air", "--uid", "1", "--gid", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "yawstring grant: nowhere: no interface with this name\n"


def test_nobody_grants_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="see yawstring grant"):
        take_grant(tmp_path / "nothing", "lo")


def test_the_command_runs_one_file_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    words = grant_command("wlan1", to=Path("/run/air"), user="nobody")
    assert words[-11:] == [
        sys.executable, "-I", "-S", str(HELPER), "wlan1", "--to", "/run/air", "--uid", str(NOBODY), "--gid", str(NOBODY)
    ]  # fmt: skip
    by_sudo = grant_command("wlan1", to=Path("/run/air"), environment={"SUDO_USER": "nobody"})
    assert by_sudo == words
    assert grant_command("wlan1", to=Path("/run/air"), user="nobody", telemetry=True)[-1] == "--telemetry"


def test_a_user_starts_it_by_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert grant_command("wlan1", to=Path("/run/air"), user="nobody")[:5] == ["sudo", "--", sys.executable, "-I", "-S"]
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SourceError, match="there is no sudo"):
        grant_command("wlan1", to=Path("/run/air"), user="nobody")


def test_root_and_strangers_are_no_users_to_grant_to() -> None:
    with pytest.raises(OptionError, match="root needs no grant"):
        grant_command("wlan1", to=Path("/run/air"), user="root")
    with pytest.raises(OptionError, match="expected a user of this machine, found 'no one'"):
        grant_command("wlan1", to=Path("/run/air"), user="no one")


def test_without_a_folder_of_its_own_the_socket_must_be_named() -> None:
    assert default_grant("wlan1", uid=NOBODY) is None
    with pytest.raises(OptionError, match="--to"):
        grant_command("wlan1", user="nobody")
