"""Frames from a ring that the kernel writes and this process reads, without a call for each frame (TPACKET_V3).

Linux, ``packet_mmap.rst``: the kernel fills blocks of mapped memory and hands each over when it is full or old enough.
Here every block that is ready is copied once, into one batch, and given back at once: however long the batch is used,
the kernel has its room again, and what it could not keep for want of room it counts. Frames carry the kernel's stamp of
their receipt.
"""

import errno
import mmap
import os
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from yawstring.edge.live.interfaces import LINK_TYPES, check_monitor, why_gone
from yawstring.errors import OptionError, SourceError
from yawstring.watch.batches import Batch, empty_batch
from yawstring.wire.octets import view
from yawstring.wire.packet_ring import BLOCK_HEADER_OCTETS, STATUS_AT, USED_AT, block_records

ETH_P_ALL = 0x0003

_SOL_PACKET = 263
_PACKET_RX_RING, _PACKET_STATISTICS, _PACKET_VERSION, _PACKET_IGNORE_OUTGOING = 5, 6, 10, 23
_TPACKET_V3 = 2
_REQUEST = struct.Struct("=7I")
_STATISTICS = struct.Struct("=3I")
_OURS, _KERNELS = 1, 0
_FRAME_OCTETS = 2048
"""Nominal: version 3 packs frames of any length into a block."""

_WAIT_MS = 50
"""The longest time without a batch."""


@dataclass(frozen=True, kw_only=True)
class RingOptions:
    """How much the kernel keeps, and how soon it hands over.

    Attributes:
        block_octets: Of a block: a power of two, at least 16,384. No longer frame is kept whole.
        blocks: How many. Where few frames come, a block holds those of ``retire_ms`` alone: as long as so many times
            may reading pause.
        retire_ms: A block that has a frame is handed over after so many milliseconds, full or not.
        batch_octets: Octets at most of a batch, and one block.
    """

    block_octets: int = 1 << 16
    blocks: int = 512
    retire_ms: int = 10
    batch_octets: int = 1 << 23

    def __post_init__(self) -> None:
        if self.block_octets < 1 << 14 or self.block_octets & (self.block_octets - 1):
            raise OptionError(f"expected blocks of a power of two, at least 16,384 octets, found {self.block_octets}")
        if min(self.blocks, self.retire_ms, self.batch_octets) < 1:
            raise OptionError("expected a ring of one block or more, handed over after 1 ms or more")


class RingSource:
    """The frames of an interface, as they are heard; see :func:`open_ring` and :func:`ring_of`."""

    def __init__(
        self, interface: str, packets: socket.socket, memory: mmap.mmap, options: RingOptions, clock: Callable[[], int]
    ) -> None:
        self._interface, self._packets, self._options, self._clock = interface, packets, options, clock
        self._index = socket.if_nametoindex(interface)
        self._link = LINK_TYPES[packets.getsockname()[3]]
        self._memory = memory
        self._ring: NDArray[np.uint8] = np.frombuffer(memory, np.uint8).reshape(options.blocks, options.block_octets)
        self._status = self._ring[:, STATUS_AT : STATUS_AT + 4].view("=u4")[:, 0]
        self._used = self._ring[:, USED_AT : USED_AT + 4].view("=u4")[:, 0]
        self._ready = select.poll()
        self._ready.register(packets, select.POLLIN | select.POLLERR)
        self._next, self._gone = 0, ""
        self._lock, self._closed = threading.Lock(), False

    def batches(self) -> Iterator[Batch]:
        """Batches until the source is closed, at least every 50 ms one; the first silent one within that time.

        Raises:
            SourceError: The interface was taken away or set down; what was heard before has been given.
        """
        while True:
            with self._lock:
                if self._closed:
                    return
                batch = self._batch()
            yield batch

    def close(self) -> None:
        """Let go of the ring and the socket; twice does no harm, nor from another thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            del self._ring, self._status, self._used
            self._memory.close()
            self._packets.close()

    def _batch(self) -> Batch:
        taken = self._taken()
        if not taken:
            self._ready.poll(_WAIT_MS)
            taken = self._taken()
        # The two calls into the kernel part our look at its marks from our reading, and our reading from our marks, so
        # that every processor sees them in this order.
        dropped = _dropped(self._packets)
        octets, starts = self._copied(taken)
        dropped += _dropped(self._packets)
        for block in taken:
            self._status[block] = _KERNELS
        now_ns = self._clock()
        if not taken:
            self._check_interface()
            return empty_batch(now_ns, dropped=dropped)
        array = view(octets)
        found = block_records(array, starts, self._link)
        return Batch(octets=array, records=found, now_ns=now_ns, dropped=dropped)

    def _taken(self) -> list[int]:
        """The blocks that are ours now, in order, as many as a batch has room for."""
        taken, room = list[int](), self._options.batch_octets
        for step in range(self._options.blocks):
            block = (self._next + step) % self._options.blocks
            if not self._status[block] & _OURS or room <= 0:
                break
            taken.append(block)
            room -= int(self._used[block])
        self._next = (self._next + len(taken)) % self._options.blocks
        return taken

    def _copied(self, taken: list[int]) -> tuple[NDArray[np.uint8], list[int]]:
        """The octets of these blocks, one behind the other, and where each begins."""
        lengths = [min(int(self._used[block]), self._options.block_octets) for block in taken]
        bounds = [0, *accumulate(lengths)]
        octets = np.empty(bounds[-1], np.uint8)
        for block, first, last in zip(taken, bounds, bounds[1:], strict=False):
            octets[first:last] = self._ring[block, : last - first]
        return octets, bounds[:-1]

    def _check_interface(self) -> None:
        """After a silence: is there still an interface? What it heard last may take one more silence to come."""
        if self._gone:
            raise SourceError(self._gone)
        # An error of the socket's is told once, to whoever holds it and asks first; so it alone is not relied on.
        error = self._packets.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self._gone = why_gone(self._interface, self._index)
        if error not in (0, errno.ENETDOWN):
            self._gone = self._gone or f"{self._interface}: {os.strerror(error)}"


def open_ring(
    interface: str, *, options: RingOptions | None = None, clock: Callable[[], int] = time.time_ns
) -> RingSource:
    """Capture what an interface in monitor mode hears. It takes root, or ``CAP_NET_RAW``.

    Args:
        interface: Its name.
        options: How much the kernel keeps.
        clock: Gives the time a batch is read.

    Raises:
        SourceError: There is no such interface, it is not in monitor mode or not up, or the kernel makes no ring.
        PermissionError: This process may not.
    """
    check_monitor(interface)
    # Bound to no protocol, the socket hears nothing until its ring is there.
    try:
        packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    except PermissionError:
        raise
    except OSError as error:
        raise SourceError(f"{interface}: the kernel gives no packet socket: {error.strerror}") from None
    return _on(packets, interface, options or RingOptions(), clock)


def ring_of(
    packets: socket.socket,
    interface: str,
    *,
    options: RingOptions | None = None,
    clock: Callable[[], int] = time.time_ns,
) -> RingSource:
    """Capture from a packet socket that was opened by another process; no privilege is needed.

    Args:
        packets: The socket, bound to the interface; it is closed with the source.
        interface: Its name.
        options: How much the kernel keeps.
        clock: Gives the time a batch is read.

    Raises:
        SourceError: As :func:`open_ring` has it; or another process reads from this very socket.
    """
    try:
        check_monitor(interface)
    except SourceError:
        packets.close()
        raise
    return _on(packets, interface, options or RingOptions(), clock)


def _on(packets: socket.socket, interface: str, options: RingOptions, clock: Callable[[], int]) -> RingSource:
    """Make the ring of a socket, bind it, and be ready before the first frame."""
    warm_up()
    try:
        _make_ring(packets, options)
        memory = mmap.mmap(packets.fileno(), options.block_octets * options.blocks)
        try:
            if not packets.getsockname()[1]:
                packets.bind((interface, ETH_P_ALL))
            _dropped(packets)  # what nobody could have read yet
            return RingSource(interface, packets, memory, options, clock)
        except OSError:
            memory.close()
            raise
    except OSError as error:
        packets.close()
        if error.errno == errno.EBUSY:
            raise SourceError(f"{interface}: another program reads from this socket: end it first") from None
        raise SourceError(f"{interface}: the kernel makes no ring of packets: {error.strerror}") from None


def _make_ring(packets: socket.socket, options: RingOptions) -> None:
    if sys.byteorder != "little":
        raise SourceError("a ring of packets is read on little-endian machines alone: capture with dumpcap")
    # A socket handed over may have the ring of a reader that is no more.
    packets.setsockopt(_SOL_PACKET, _PACKET_RX_RING, bytes(_REQUEST.size))
    packets.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V3)
    packets.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    frames = options.block_octets // _FRAME_OCTETS * options.blocks
    request = (options.block_octets, options.blocks, _FRAME_OCTETS, frames, options.retire_ms, 0, 0)
    packets.setsockopt(_SOL_PACKET, _PACKET_RX_RING, _REQUEST.pack(*request))


def _dropped(packets: socket.socket) -> int:
    """Frames that the kernel had no room for, since it was asked last."""
    return int(_STATISTICS.unpack(packets.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size))[1])


def warm_up() -> None:
    """Load the loop that walks the blocks, or compile it, before anything is heard."""
    block_records(view(bytes(BLOCK_HEADER_OCTETS - 1)), [0], 0)
