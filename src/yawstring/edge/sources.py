"""Sources of frames that are no interface: a capture file, at its own pace or as fast as it can be read, and a fifo.

Both keep the capture's own clock, never the computer's: a replay is a watch in the time of its frames, and whoever
writes into a fifo may be another computer whose clock is a minute off.
"""

import os
import select
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yawstring.edge.captures import open_capture
from yawstring.edge.frames import record_windows
from yawstring.errors import CaptureError, OptionError, SourceError
from yawstring.watch.batches import Batch
from yawstring.watch.clock import Clock as ClockState
from yawstring.watch.clock import cut
from yawstring.wire.capture import Reader, Records, scan
from yawstring.wire.octets import Octets
from yawstring.wire.records import FORMAT, NO_TIME, TIME, UNKNOWN

CHUNK_FRAMES: Final = 16_384
"""Frames of a batch at most."""

LEAST_S: Final = 0.02
"""The shortest wait for the next frames of a replay: about as long as frames that are due are held back."""

MOST_S: Final = 0.1
"""The longest time without a batch."""

MOST_RECORD_OCTETS: Final = 64 << 20
"""Octets of a fifo in which no whole record ends: what it says is none."""

_PIPE_OCTETS = 1 << 20
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What tells time and waits, so that tests need not.

    Attributes:
        now_ns: A clock that never goes back, in nanoseconds.
        sleep: Waits for so many seconds.
    """

    now_ns: Callable[[], int] = time.monotonic_ns
    sleep: Callable[[float], None] = time.sleep


class ReplaySource:
    """A capture file, again."""

    def __init__(
        self, path: Path | str, *, speed: float | None = 1.0, clock: Clock | None = None, frames: int = CHUNK_FRAMES
    ) -> None:
        """Open the file.

        Args:
            path: A capture, or one in gzip.
            speed: How many times as fast as it was; ``None``: as fast as it can be read.
            clock: What tells time.
            frames: Frames of a batch at most.

        Raises:
            CaptureError: The file cannot be read, or is no capture.
            OptionError: The speed is not above 0.
        """
        if speed is not None and not 0 < speed < float("inf"):
            raise OptionError(f"a speed is above 0, or max, not {speed}")
        self._capture, self._speed, self._frames = open_capture(path), speed, frames
        self._clock, self._closed = clock or Clock(), False
        check_is_capture(self._capture.octets[:4096], str(path))

    def batches(self) -> Iterator[Batch]:
        """The batches; the clock is that of the latest frame, or runs on between two at the pace asked for."""
        begun: _Begun | None = None
        for piece in self._pieces():
            if self._closed:
                return
            if self._speed is None or not len(piece.records):
                yield piece.batch(0, len(piece.records), piece.latest_ns, ended=piece.ended)
                continue
            begun = begun or _Begun(play_ns=int(piece.play_ns[0]), here_ns=self._clock.now_ns())
            yield from self._paced(piece, begun, self._speed)

    def close(self) -> None:
        """End after the batch that is being read."""
        self._closed = True

    def _paced(self, piece: "_Piece", begun: "_Begun", speed: float) -> Iterator[Batch]:
        """The records of a piece, each when it is due."""
        given, told_ns, count = 0, self._clock.now_ns(), len(piece.records)
        while given < count and not self._closed:
            here_ns = self._clock.now_ns()
            play_ns = begun.play_ns + round((here_ns - begun.here_ns) * speed)
            due = int(np.searchsorted(piece.play_ns, play_ns, side="right"))
            if due > given or here_ns - told_ns >= MOST_S * _NS_PER_S:
                # What is due at the end of the piece may have more of the same time behind it.
                until_ns = min(play_ns, int(piece.play_ns[-1])) if due == count else play_ns
                yield piece.batch(given, due, until_ns - piece.shift_ns, ended=piece.ended and due == count)
                given, told_ns = due, here_ns
            if given < count:
                wait_s = (int(piece.play_ns[given]) - play_ns) / _NS_PER_S / speed
                self._clock.sleep(min(max(wait_s, LEAST_S), MOST_S))

    def _pieces(self) -> Iterator["_Piece"]:
        """The capture in pieces, each of one clock: where it was put back, the replay goes on without a pause."""
        size, clock, shift_ns, play_ns = len(self._capture.octets), ClockState(), 0, 0
        for octets, found, end in record_windows(self._capture):
            for first in range(0, max(1, len(found)), self._frames):
                part = found.part(first, first + self._frames)
                times = part.table[TIME]
                clock, cuts = cut(clock, times, times != NO_TIME)
                last = end >= size and first + self._frames >= len(found)
                edges = [0, *cuts, len(part)]
                for place, (a, b) in enumerate(pairwise(edges)):
                    if place:
                        shift_ns = play_ns - int(times[a])
                    play = _rising(times[a:b], play_ns - shift_ns) + shift_ns
                    play_ns = int(play[-1]) if len(play) else play_ns
                    rejects = found.rejects if first == 0 and place == 0 else {}
                    yield _Piece(
                        octets=octets,
                        records=Records(table=part.table[:, a:b], rejects=rejects),
                        play_ns=play,
                        shift_ns=shift_ns,
                        latest_ns=play_ns - shift_ns,
                        ended=last and place == len(cuts),
                    )


@dataclass(frozen=True, kw_only=True)
class _Begun:
    """When a replay began: on the replay's clock, and on the one here."""

    play_ns: int
    here_ns: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Piece:
    """Records of one clock; when each is due; and what the replay's clock is ahead of theirs."""

    octets: Octets
    records: Records
    play_ns: NDArray[np.int64]
    shift_ns: int
    latest_ns: int
    ended: bool

    def batch(self, first: int, last: int, now_ns: int, *, ended: bool) -> Batch:
        """Some of them as a batch; what could not be read is told with the first."""
        table = self.records.table[:, first:last]
        found = Records(table=table, rejects=self.records.rejects if first == 0 and (last or ended) else {})
        return Batch(octets=self.octets, records=found, now_ns=now_ns, ended=ended)


class FifoSource:
    """A fifo, or standard input, into which another program writes a capture as it comes: dumpcap, tcpdump, tshark."""

    def __init__(self, path: Path | str, *, clock: Clock | None = None) -> None:
        """Open it; waits for no writer.

        Args:
            path: A fifo; ``-`` for standard input.
            clock: What tells time.

        Raises:
            CaptureError: There is no fifo of that name.
        """
        self._name, self._clock, self._closed = str(path), clock or Clock(), False
        self._begun = False
        self._octets = bytearray()
        self._reader = Reader()
        self._ahead_ns: int | None = None
        self._stamps = ClockState()
        self._descriptor = _open_fifo(self._name)

    def batches(self) -> Iterator[Batch]:
        """The batches, an empty one ten times a second while nothing comes; ends when the writer closes the fifo.

        Raises:
            SourceError: What comes is no capture.
        """
        while not self._closed:
            ready, _, _ = select.select([self._descriptor], [], [], MOST_S / 2)
            octets = b"" if not ready else self._read()
            if octets is None:  # nobody writes: for the first time, or any more
                if self._begun:
                    yield self._batch(last=True)
                    return
                self._clock.sleep(MOST_S / 2)
                octets = b""
            self._begun = self._begun or bool(octets)
            self._octets += octets
            yield self._batch(last=False)

    def close(self) -> None:
        """Close the fifo."""
        if not self._closed:
            self._closed = True
            os.close(self._descriptor)

    def _read(self) -> bytes | None:
        """What there is to read; ``None`` where nobody writes."""
        try:
            return os.read(self._descriptor, _PIPE_OCTETS) or None
        except BlockingIOError:
            return b""

    def _batch(self, *, last: bool) -> Batch:
        octets = bytes(self._octets)
        found, reader = scan(octets, self._reader, last=last)
        if reader.cursor[FORMAT] < UNKNOWN:
            raise SourceError(f"{self._name}: expected a capture, pcap or pcapng, found {_what(found.rejects)}")
        moved = reader.position
        if len(octets) - moved > MOST_RECORD_OCTETS:
            raise SourceError(f"{self._name}: expected a frame, found none in {MOST_RECORD_OCTETS >> 20} MiB")
        self._reader = reader.moved(moved)
        del self._octets[:moved]
        return Batch(octets=np.frombuffer(octets, np.uint8), records=found, now_ns=self._now_ns(found), ended=last)

    def _now_ns(self, found: Records) -> int:
        """The time on the clock of whoever captures: its latest stamp, and what has passed here since."""
        here_ns, stamps = self._clock.now_ns(), found.table[TIME]
        self._stamps, cuts = cut(self._stamps, stamps, stamps != NO_TIME)
        if self._stamps.latest_ns is not None and (stamps != NO_TIME).any():
            ahead_ns = self._stamps.latest_ns - here_ns
            self._ahead_ns = ahead_ns if self._ahead_ns is None or cuts else max(self._ahead_ns, ahead_ns)
        return 0 if self._ahead_ns is None else here_ns + self._ahead_ns


def check_is_capture(first: bytes, name: str) -> None:
    """Refuse what does not begin as a capture does.

    Raises:
        CaptureError: It does not.
    """
    found, reader = scan(first, Reader(), last=False)
    if reader.cursor[FORMAT] <= UNKNOWN:
        raise CaptureError(f"{name}: expected a capture, pcap or pcapng, found {_what(found.rejects)}")


def check_fifo(name: str) -> None:
    """Refuse what is no fifo.

    Raises:
        CaptureError: There is no fifo of that name.
    """
    try:
        if name != "-" and not stat.S_ISFIFO(os.stat(name).st_mode):
            raise CaptureError(f"{name}: expected a fifo, found none: make it with mkfifo, or use --replay for a file")
    except OSError as error:
        raise CaptureError(f"{name}: expected a fifo, found {error.strerror}: make it with mkfifo") from None


def _what(rejects: object) -> str:
    return "something else" if rejects else "nothing"


def _open_fifo(name: str) -> int:
    if name == "-":
        descriptor = os.dup(0)
        os.set_blocking(descriptor, False)
        return descriptor
    check_fifo(name)
    try:
        return os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise CaptureError(f"{name}: expected a fifo, found {error.strerror}: make it with mkfifo") from None


def _rising(stamps: NDArray[np.int64], latest_ns: int) -> NDArray[np.int64]:
    """The times, none below the one before; one that is missing is the one before."""
    return np.maximum.accumulate(np.concatenate([[latest_ns], np.where(stamps == NO_TIME, latest_ns, stamps)]))[1:]
