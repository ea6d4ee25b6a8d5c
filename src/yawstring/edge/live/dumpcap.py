"""Frames through dumpcap, where that may capture and this process may not (Wireshark's group, or its capabilities).

It is a fallback: dumpcap gives frames an eighth of a second late or more, and tells how many it lost only at its end.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from yawstring.edge.live.interfaces import check_name, why_gone
from yawstring.edge.sources import FifoSource
from yawstring.errors import SourceError
from yawstring.watch.batches import Batch

PROGRAM = "dumpcap"

_DROPPED = re.compile(r"received/dropped on interface '[^']*': \d+/(\d+)")
_OURS = "dumpcap: "
_PATIENCE = 3
"""Silent batches after the program's end: what it wrote last has been read by then."""


class DumpcapSource:
    """What dumpcap captures; see :func:`open_dumpcap`."""

    def __init__(self, interface: str, index: int, program: "subprocess.Popen[bytes]", said: IO[bytes]) -> None:
        """``said`` is what the program writes to standard error; ``index`` is the interface's number."""
        if program.stdout is None:
            raise ValueError("the program's standard output must be a pipe")
        self._interface, self._index, self._program, self._said = interface, index, program, said
        self._pipe = FifoSource(f"/proc/self/fd/{program.stdout.fileno()}")
        program.stdout.close()
        self._closed = self._read = False

    def batches(self) -> Iterator[Batch]:
        """The batches until the source is closed.

        Raises:
            SourceError: dumpcap ended, and why, as it says; what it wrote before has been given.
        """
        self._read, silent = True, 0
        try:
            for batch in self._pipe.batches():
                if self._closed:
                    return
                silent = 0 if len(batch) or self._program.poll() is None else silent + 1
                if batch.ended or silent > _PATIENCE:
                    self._program.wait()
                    yield replace(batch, ended=False, dropped=self._dropped())
                    raise SourceError(self._why())
                yield batch
        finally:
            self._pipe.close()

    def close(self) -> None:
        """End the program; twice does no harm, nor from another thread."""
        if self._closed:
            return
        self._closed = True
        self._program.terminate()
        self._program.wait()
        self._said.close()
        if not self._read:
            self._pipe.close()

    def _text(self) -> str:
        if self._closed:
            return ""
        self._said.seek(0)
        return self._said.read().decode("utf-8", "replace")

    def _dropped(self) -> int:
        found = _DROPPED.search(self._text())
        return int(found[1]) if found else 0

    def _why(self) -> str:
        if gone := why_gone(self._interface, self._index):
            return gone
        complaints = [line.removeprefix(_OURS) for line in self._text().splitlines() if line.startswith(_OURS)]
        return f"{self._interface}: dumpcap ended: {complaints[-1] if complaints else self._program.returncode}"


def dumpcap_may(interface: str) -> bool:
    """Whether there is a dumpcap, and this user may capture at the interface through it."""
    check_name(interface)
    program = shutil.which(PROGRAM)
    if program is None:
        return False
    words = [program, "-L", "-i", interface]
    asked = subprocess.run(words, capture_output=True, check=False)  # noqa: S603  # no shell; the name was checked
    return asked.returncode == 0


def open_dumpcap(interface: str, index: int) -> DumpcapSource:
    """Capture through dumpcap.

    Args:
        interface: Name of an interface in monitor mode.
        index: Its number.

    Raises:
        SourceError: There is no dumpcap.
    """
    check_name(interface)
    program = shutil.which(PROGRAM)
    if program is None:
        raise SourceError("dumpcap is not installed (Debian: apt install wireshark-common)")
    said = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the source
    words = [program, "-q", "-i", interface, "-w", "-"]
    running = subprocess.Popen(  # noqa: S603  # no shell; the name was checked
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
    )
    return DumpcapSource(interface, index, running, said)
