"""Where the simulated air can be heard: a TAP device as a radiotap interface, or a fifo that carries a pcap."""

import errno
import fcntl
import os
import stat
import struct
from pathlib import Path
from typing import Protocol

from yawstring.edge.live.tap import open_tap
from yawstring.errors import OptionError, SourceError

TAP, FIFO = "tap:", "fifo:"

_PCAP_NANOSECONDS = 0xA1B23C4D
_RADIOTAP_LINK = 127
_SNAP_OCTETS = 65535
_NS_PER_S = 1_000_000_000
_PIPE_OCTETS = 1 << 20
_F_SETPIPE_SZ = 1031


class Ear(Protocol):
    """Somebody who hears the air."""

    where: str
    """For the reader."""

    lost: int
    """Frames that could not be handed over."""

    def hear(self, time_ns: int, frame: bytes) -> None:
        """Hand over a captured frame, radiotap header first, with its stamp."""

    def close(self) -> None:
        """Stop."""


class TapEar:
    """A radiotap interface; it goes away when this is closed.

    Args:
        name: Of the interface.

    Raises:
        SourceError: No TAP device can be made.
    """

    def __init__(self, name: str) -> None:
        self._tap = open_tap(name)
        self.where, self.lost = f"{TAP}{self._tap.name}", 0

    def hear(self, time_ns: int, frame: bytes) -> None:
        """Hand over a frame; the kernel stamps it anew."""
        try:
            self._tap.write(frame)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            # Somebody has set the interface down.
            self.lost += 1

    def close(self) -> None:
        """Take the interface away."""
        self._tap.close()


class FifoEar:
    """A fifo that holds a pcap with nanosecond stamps for whoever reads it, from the moment they open it.

    Nobody has to read, and a reader that is too slow loses frames: the air does not wait. Whoever comes later gets a
    header of their own.

    Args:
        path: Of the fifo; it is made if there is none, and then taken away at the end.

    Raises:
        SourceError: It cannot be made, or is something else.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._pipe = path, -1
        self.where, self.lost = f"{FIFO}{path}", 0
        self._made = not path.exists()
        try:
            if self._made:
                os.mkfifo(path, 0o600)
            if not stat.S_ISFIFO(path.stat().st_mode):
                raise SourceError(f"{path}: expected a fifo or nothing, found something else")
        except OSError as error:
            raise SourceError(f"{path}: no fifo can be made: {error.strerror}") from None

    def hear(self, time_ns: int, frame: bytes) -> None:
        """Hand over a frame, if somebody reads."""
        if self._pipe < 0 and not self._opened():
            return
        record = struct.pack("<IIII", *divmod(time_ns, _NS_PER_S), len(frame), len(frame)) + frame
        # Less than PIPE_BUF: it goes in whole or not at all.
        self._write(record)

    def close(self) -> None:
        """Let readers see the end, and take away what was made."""
        self._hang_up()
        if self._made:
            self._path.unlink(missing_ok=True)
            self._made = False

    def _opened(self) -> bool:
        try:
            self._pipe = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENXIO, errno.ENOENT):
                return False
            raise
        _widen(self._pipe)
        self._write(struct.pack("<IHHiIII", _PCAP_NANOSECONDS, 2, 4, 0, 0, _SNAP_OCTETS, _RADIOTAP_LINK))
        return self._pipe >= 0

    def _write(self, octets: bytes) -> None:
        try:
            os.write(self._pipe, octets)
        except BlockingIOError:
            self.lost += 1
        except BrokenPipeError:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1


def open_ear(text: str) -> Ear:
    """The ear that ``tap:NAME`` or ``fifo:PATH`` says.

    Raises:
        OptionError: It says neither.
        SourceError: It cannot be opened.

    Example:
        >>> open_ear("radio")
        Traceback (most recent call last):
        yawstring.errors.OptionError: --air: found 'radio', expected tap:NAME or fifo:PATH
    """
    for head, kind in ((TAP, TapEar), (FIFO, lambda path: FifoEar(Path(path)))):
        if text.startswith(head) and len(text) > len(head):
            ear: Ear = kind(text.removeprefix(head))
            return ear
    raise OptionError(f"--air: found {text!r}, expected tap:NAME or fifo:PATH")


def _widen(pipe: int) -> None:
    """Ask for room for a second's frames; what the system does not grant is done without."""
    try:
        fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_OCTETS)
    except PermissionError:
        return
