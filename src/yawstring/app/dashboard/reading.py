"""Reads the store for the pages: bounded, a few times a second however many pages look, through whatever restarts.

The watch may begin after the dashboard, end before it, and be followed by another one, so the file is opened when it is
there and opened anew when another one stands in its place. A watch counts as alive while its last sign of life is
recent by this machine's clock, or has been seen to change: a replay goes by the clock of its recording.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from yawstring.app.dashboard.snapshot import SECONDS_SHOWN, Health, Snapshot, unbroken
from yawstring.edge.alert_store import AlertStore, Mark
from yawstring.errors import StoreError
from yawstring.models.base import Json
from yawstring.watch.alerts import SEVERITIES, Alert

FILE = "alerts.db"
"""Where the watch keeps its alerts, in its folder."""

MOST_LISTED, MOST_STATIONS = 300, 200
"""Rows that a page reads, whatever the store holds. Open alerts are all read; the ledger bounds them."""

SIGN_OF_LIFE_S = 10.0
"""After so long without one the watch counts as dead; it writes every second."""

READ_EVERY_S = 0.4
"""How often it is read at most, however many pages look."""

SHARE = 0.1
"""Of the time, at most, is spent reading: with thousands of open alerts it is read less often."""

NOTES = ("drone", "bundle", "sources", "started")

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Marked:
    """An alert and what people have added to it."""

    alert: Alert
    mark: Mark


class Reading:
    """The store as the pages see it; used from one thread.

    Args:
        folder: Where the watch writes.
        clock_ns: Unix time in nanoseconds.
        ticks_s: Seconds that never run backwards.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock_ns: Callable[[], int] = time.time_ns,
        ticks_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = folder
        self.clock_ns = clock_ns
        self._ticks_s = ticks_s
        self._store: AlertStore | None = None
        self._file: tuple[int, int] | None = None
        self._again_s = float("-inf")
        self._kept: Snapshot | None = None
        self._last: tuple[tuple[int, int] | None, Health] | None = None
        self._changed_s = float("-inf")

    def snapshot(self) -> Snapshot:
        """The store as it stands, or as it stood less than :data:`READ_EVERY_S` ago.

        Raises:
            StoreError: It cannot be read.
        """
        began_s = self._ticks_s()
        if self._kept is None or began_s >= self._again_s:
            self._kept = self._snapshot()
            took_s = self._ticks_s() - began_s
            self._again_s = began_s + max(READ_EVERY_S, took_s / SHARE)
        return self._kept

    def listed(self, since_ns: int | None = None) -> list[Marked]:
        """The latest alerts, :data:`MOST_LISTED` at most.

        Raises:
            StoreError: They cannot be read.
        """
        with self._opened() as store:
            return [] if store is None else _marked(store, store.alerts(since_ns, limit=MOST_LISTED))

    def alert(self, key: str) -> Marked | None:
        """One alert, or ``None``.

        Raises:
            StoreError: It cannot be read.
        """
        with self._opened() as store:
            found = None if store is None else store.alert(key)
            return None if store is None or found is None else Marked(alert=found, mark=store.mark(key))

    def changes(self) -> int:
        """Number of the latest change to an alert.

        Raises:
            StoreError: It cannot be read.
        """
        with self._opened() as store:
            return 0 if store is None else store.last_change()

    def acknowledge(self, key: str, who: str, note: str) -> None:
        """Write down that a person has seen an alert.

        Raises:
            StoreError: It cannot be written.
        """
        with AlertStore.open(self.folder / FILE) as store:
            store.acknowledge(key, who, note, self.clock_ns())
        self._kept = None

    def slice(self, key: str) -> Path | None:
        """The file with an alert's part of the capture; ``None`` where there is none.

        Raises:
            StoreError: The store cannot be read.
        """
        found = self.alert(key)
        if found is None or found.mark.slice is None:
            return None
        path = (self.folder / found.mark.slice).resolve()
        return path if path.is_relative_to(self.folder.resolve()) and path.is_file() else None

    def close(self) -> None:
        """Close the file."""
        if self._store is not None:
            self._store.close()
        self._store = self._file = None

    def _snapshot(self) -> Snapshot:
        now_ns = self.clock_ns()
        with self._opened() as store:
            if store is None:
                return Snapshot(now_ns=now_ns, alive=False)
            health = [Health(time_ns=at, body=body) for at, body in store.health(limit=SECONDS_SHOWN)]
            listed = store.alerts(limit=MOST_LISTED)
            over = [one for one in listed if one.closed_ns is not None and one.watched and one.suppressed is None]
            return Snapshot(
                now_ns=now_ns,
                alive=bool(health) and self._alive(health[-1], now_ns),
                health=unbroken(health),
                alerts=sorted(store.open_alerts(), key=_urgency),
                unread=[one.alert for one in _marked(store, over) if one.mark.acknowledged_ns is None],
                stations=sorted(store.stations(), key=_busy, reverse=True)[:MOST_STATIONS],
                notes={name: text for name in NOTES if (text := store.noted(name)) is not None},
            )

    def _alive(self, last: Health, now_ns: int) -> bool:
        seen = (self._file, last)
        if self._last is not None and self._last != seen:
            self._changed_s = self._ticks_s()
        self._last = seen
        recent = abs(now_ns - last.time_ns) < SIGN_OF_LIFE_S * _NS_PER_S
        return recent or self._ticks_s() - self._changed_s < SIGN_OF_LIFE_S

    @contextmanager
    def _opened(self) -> Iterator[AlertStore | None]:
        """The store; ``None`` while there is no file. After an error it is opened anew the next time."""
        path = self.folder / FILE
        try:
            status = os.stat(path)
        except FileNotFoundError:
            self.close()
            yield None
            return
        except OSError as error:
            raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
        if (status.st_dev, status.st_ino) != self._file:
            self.close()
        try:
            if self._store is None:
                self._store = AlertStore.open(path, read_only=True)
                self._file = (status.st_dev, status.st_ino)
            yield self._store
        except StoreError:
            self.close()
            raise


def _marked(store: AlertStore, alerts: Sequence[Alert]) -> list[Marked]:
    return [Marked(alert=one, mark=store.mark(one.key)) for one in alerts]


def _urgency(alert: Alert) -> tuple[bool, bool, int, int]:
    """The watched drone's first, then the worst, then the newest."""
    return alert.suppressed is not None, not alert.watched, -SEVERITIES.index(alert.severity), -alert.opened_ns


def _busy(station: Mapping[str, Json]) -> tuple[bool, float]:
    frames = station.get("frames")
    return station.get("role") in ("drone", "controller"), frames if isinstance(frames, int | float) else 0
