"""What other processes do, as Linux tells: who is whose child, who reads a pipe, where who listens."""

import os
import select
import time
from collections import defaultdict
from ipaddress import ip_address
from pathlib import Path

LISTENS = "0A"
AGAIN_S = 0.05


def descendants(pid: int) -> set[int]:
    """The children of a process, their children, and so on."""
    children = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue  # it has ended
        children[parent].append(int(status.parent.name))
    found, todo = set(), [pid]
    while todo:
        more = children[todo.pop()]
        found.update(more)
        todo += more
    return found


def opened(pid: int) -> set[str]:
    """What a process has open: paths, and sockets as ``socket:[NUMBER]``."""
    try:
        return {os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return set()


def title(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()


def listening(pids: set[int]) -> set[str]:
    """Addresses on which one of the processes listens for TCP."""
    sockets = {name for pid in pids for name in opened(pid)}
    lines = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()]
    held = [words[1] for words in lines if words[3] == LISTENS and f"socket:[{words[9]}]" in sockets]
    return {_address(place.split(":")[0]) for place in held}


def _address(digits: str) -> str:
    words = [bytes.fromhex(digits[at : at + 8])[::-1] for at in range(0, len(digits), 8)]
    address = ip_address(b"".join(words))
    return str(getattr(address, "ipv4_mapped", None) or address)


def when_read(fifo: Path, pid: int, *, patience_s: float) -> int:
    """Open a fifo for writing as soon as somebody reads it; the process ``pid`` must not end before."""
    end = time.monotonic() + patience_s
    lives = os.pidfd_open(pid)
    try:
        while True:
            try:
                writes = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                assert time.monotonic() < end, f"nobody reads {fifo}"
                assert not select.select([lives], [], [], AGAIN_S)[0], f"process {pid} ended before it read {fifo}"
            else:
                os.set_blocking(writes, True)
                return writes
    finally:
        os.close(lives)


def reader(file: Path, of: int, *, patience_s: float) -> int:
    """The only process that has a file open, of all that a process began; ``when_read`` may be a moment ahead of it."""
    end = time.monotonic() + patience_s
    while not (found := [pid for pid in descendants(of) if str(file) in opened(pid)]):
        assert time.monotonic() < end, f"nobody has {file} open"
    (pid,) = found
    return pid


def killed(pid: int, signal: int, *, patience_s: float) -> None:
    """Send a signal, and wait until the process is no more."""
    lives = os.pidfd_open(pid)
    os.kill(pid, signal)
    assert select.select([lives], [], [], patience_s)[0], f"process {pid} lives on"
    os.close(lives)
