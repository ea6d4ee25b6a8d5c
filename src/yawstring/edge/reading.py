"""Between a source that must not wait and a stream that takes its time: a thread that reads, and a bounded queue.

What finds no room is dropped, counted, and told with the next batch: better to miss frames and say so than to hold up
the capture, which would miss them and say nothing. A file is read without a thread, for it does wait.
"""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from yawstring.errors import SourceError
from yawstring.watch.batches import Batch, Source, Tuned, empty_batch
from yawstring.wire.capture import Records
from yawstring.wire.records import AT

MOST_OCTETS: Final = 256 << 20
"""Octets of frames that may wait: tens of seconds of a busy channel."""

STEP_FRAMES: Final = 65_536
"""Frames that are taken at once at most, however many wait."""


class Reading(Protocol):
    """Gives batches one after another."""

    def take(self, timeout_s: float) -> Batch | None:
        """The next batch, several that wait as one; ``None`` where none came in that time.

        Raises:
            SourceError: The source is gone, and everything it gave has been taken.
        """
        ...

    def close(self) -> None:
        """Stop reading. May be called twice."""
        ...


class Straight:
    """A source that waits for whoever reads it: a file."""

    def __init__(self, source: Source) -> None:
        """Read it."""
        self._source, self._batches = source, source.batches()

    def take(self, timeout_s: float) -> Batch | None:
        """See :class:`Reading`."""
        return next(self._batches, empty_batch(0, ended=True))

    def close(self) -> None:
        """See :class:`Reading`."""
        self._source.close()


class Queued:
    """A source that waits for nobody, read by a thread of its own."""

    def __init__(self, source: Source, *, most_octets: int = MOST_OCTETS) -> None:
        """Begin to read.

        Args:
            source: Where frames come from; it is closed with this.
            most_octets: Octets that may wait, and one batch.
        """
        self._source, self._most = source, most_octets
        self._waiting = deque[Batch]()
        self._octets = self._dropped = 0
        self._error: SourceError | None = None
        self._over = self._well = False
        self._ready = threading.Condition()
        self._thread = threading.Thread(target=self._read, name="reader", daemon=True)
        self._thread.start()

    def take(self, timeout_s: float) -> Batch | None:
        """See :class:`Reading`."""
        with self._ready:
            self._ready.wait_for(lambda: self._waiting or self._over, timeout_s)
            taken = self._taken()
            dropped, self._dropped = (self._dropped, 0) if taken else (0, self._dropped)
            if not taken:
                if self._error is not None:
                    raise self._error
                if self._over and not self._well:
                    raise SourceError("the thread that reads frames has failed")
                return empty_batch(0, ended=True) if self._over else None
        batch = merged(taken)
        return replace(batch, dropped=batch.dropped + dropped) if dropped else batch

    def close(self) -> None:
        """See :class:`Reading`."""
        self._source.close()
        self._thread.join(1.0)

    def faults(self) -> Mapping[str, int]:
        """Those of the source, where it has any."""
        return self._source.faults() if isinstance(self._source, Tuned) else {}

    def _taken(self) -> list[Batch]:
        taken, frames = list[Batch](), 0
        while self._waiting and (not taken or frames + len(self._waiting[0]) <= STEP_FRAMES):
            taken.append(self._waiting.popleft())
            frames += len(taken[-1])
            self._octets -= _size(taken[-1])
        return taken

    def _read(self) -> None:
        try:
            for batch in self._source.batches():
                self._put(batch)
            self._well = True
        except SourceError as error:
            self._error = error
        finally:
            with self._ready:
                self._over = True
                self._ready.notify()

    def _put(self, batch: Batch) -> None:
        with self._ready:
            if self._octets + _size(batch) > self._most and self._waiting:
                self._dropped += len(batch)
                batch = empty_batch(batch.now_ns, dropped=batch.dropped, ended=batch.ended)
            self._waiting.append(batch)
            self._octets += _size(batch)
            self._ready.notify()


def merged(batches: Sequence[Batch]) -> Batch:
    """Batches one after another as one.

    Example:
        >>> merged([empty_batch(1, dropped=2), empty_batch(5, dropped=1)]).dropped
        3
    """
    full = [batch for batch in batches if len(batch)]
    rejects: dict[str, int] = {}
    for batch in batches:
        for reason, count in batch.records.rejects.items():
            rejects[reason] = rejects.get(reason, 0) + count
    if len(full) <= 1:
        one = full[0] if full else batches[-1]
        octets, table = one.octets, one.records.table
    else:
        octets = np.concatenate([batch.octets for batch in full])
        begins = np.cumsum([0, *(len(batch.octets) for batch in full[:-1])])
        table = np.concatenate([_moved(batch, int(at)) for batch, at in zip(full, begins, strict=True)], axis=1)
    return Batch(
        octets=octets,
        records=Records(table=table, rejects=rejects),
        now_ns=batches[-1].now_ns,
        dropped=sum(batch.dropped for batch in batches),
        ended=batches[-1].ended,
    )


def _moved(batch: Batch, octets: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    table = batch.records.table.copy()
    table[AT] += octets
    return table


def _size(batch: Batch) -> int:
    return batch.octets.nbytes + batch.records.table.nbytes
