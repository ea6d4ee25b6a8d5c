"""Keeps what a watch finds: written down first, then told; and kept in memory while the disk takes nothing.

Changes of alerts go to the record before any sink hears of them. Where the record cannot be written (the disk is full),
they wait here, in order, at most :data:`MOST_WAITING` of them, and are tried again with every call; the watch goes on.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from yawstring.edge.alert_store import AlertStore
from yawstring.edge.slices import Ring, Slices
from yawstring.errors import StoreError
from yawstring.models.base import Json
from yawstring.watch.alerts import AlertChange
from yawstring.watch.batches import Batch

MOST_WAITING: Final = 100_000
"""Changes that wait for a disk at most; the latest are lost then, and counted."""

RETRY_S: Final = 1.0
"""Seconds after which a record that could not be written is tried again."""

RECORD: Final = "alerts.db"


class Carrying(Protocol):
    """A courier of a sink, as far as this room knows it."""

    def nudge(self) -> None:
        """There is something new."""
        ...

    def news(self) -> tuple[str, bool] | None:
        """A line where the sink has gone down or come back, and whether that is good."""
        ...


class Keeper:
    """The record, slices and sinks of one watch.

    Attributes:
        trouble: Why the record cannot be written; ``""`` while it can.
        lost: Changes that there was no room for.
    """

    def __init__(
        self,
        store: AlertStore,
        folder: Path,
        couriers: Sequence[Carrying] = (),
        *,
        ring: Ring | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep into a record.

        Args:
            store: It, open for writing.
            folder: Where it lies, and slices beside it.
            couriers: Of the sinks.
            ring: What slices are cut from.
            clock: Seconds, never going back.
        """
        self.trouble, self.lost = "", 0
        self._store, self._couriers, self._clock = store, couriers, clock
        self._ring = Ring() if ring is None else ring
        self._slices = Slices(self._ring, folder)
        self._waiting: list[AlertChange] = []
        self._retry_s = 0.0
        self._dropped = store.dropped

    @property
    def waiting(self) -> int:
        """Changes that are not on the disk yet."""
        return len(self._waiting)

    @property
    def slices_missed(self) -> int:
        """Slices that could not be written."""
        return self._slices.missed

    def hear(self, batch: Batch) -> None:
        """Frames that slices may want."""
        self._ring.add(batch)

    def keep(self, changes: Sequence[AlertChange]) -> tuple[AlertChange, ...]:
        """Write changes down.

        Returns:
            What is on the disk now, these and those that had waited, in order.
        """
        room = MOST_WAITING - len(self._waiting)
        self._waiting += changes[: max(room, 0)]
        self.lost += max(len(changes) - max(room, 0), 0)
        if not self._waiting or (self.trouble and self._clock() < self._retry_s):
            return ()
        if not self._tried(lambda: self._store.apply(self._waiting)):
            return ()
        kept, self._waiting = tuple(self._waiting), []
        self._slices.want(kept)
        for courier in self._couriers:
            courier.nudge()
        return kept

    def news(self) -> tuple[tuple[str, bool], ...]:
        """Of sinks that have gone down or come back since this was asked last: a line, and whether that is good."""
        return tuple(one for courier in self._couriers if (one := courier.news()) is not None)

    def dropped(self) -> int:
        """Alerts that the record has dropped since this was asked last, because there were too many."""
        before, dropped = self._dropped, list[int]()
        if not self.trouble and self._tried(lambda: dropped.append(self._store.dropped)):
            self._dropped = dropped[0]
        return self._dropped - before

    def left_open(self) -> tuple[AlertChange, ...]:
        """The end of alerts that a run which was killed left open, and that this one has not seen.

        Once a watch has closed its own, whatever the record holds open is nobody's: a replay does not go on with what
        it finds there, and finds it again if the capture is the same.
        """
        found: list[AlertChange] = []

        def read() -> None:
            found.extend(
                AlertChange(kind="closed", time_ns=alert.last_ns, alert=replace(alert, closed_ns=alert.last_ns))
                for alert in self._store.open_alerts()
            )

        if not self._waiting:
            self._tried(read)
        return tuple(found)

    def cut(self, now_ns: int, *, ended: bool = False) -> None:
        """Write the slices whose time has come."""
        written = self._slices.write(now_ns, ended=ended)

        def attach() -> None:
            for key, name in written:
                self._store.attach_slice(key, name)

        if written:
            self._tried(attach)

    def note(self, time_ns: int, health: dict[str, Json], stations: Sequence[dict[str, Json]]) -> None:
        """Write down how it goes, as far as the disk takes it."""

        def write() -> None:
            self._store.note_health(time_ns, health)
            self._store.note_stations(stations)

        if not self.trouble:
            self._tried(write)

    def _tried(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except StoreError as error:
            self.trouble, self._retry_s = str(error), self._clock() + RETRY_S
            return False
        self.trouble = ""
        return True
