"""The record of alerts: an SQLite file that outlives whoever writes it, and that others read meanwhile.

One process watches and writes; a dashboard, sinks and ``yawstring alerts`` read over connections of their own, in their
own processes, and may acknowledge. A change is on the disk before :meth:`AlertStore.apply` returns, so nobody hears of
an alert that a power cut could undo; the same change twice is kept once, so work may be repeated after ``kill -9``.

What is kept is bounded: of a lasting alert the updates of its last hour (openings and closings stay), of health the
latest 86,400 notes, which is a day of one a second, 1,000 stations, and as many alerts as whoever writes allows. Beyond
those the alerts that have been over longest are dropped with all that was told of them, which is counted and said; one
that is open never is.
"""

import hashlib
import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from yawstring.edge.alert_schema import connect, lock, told, transaction
from yawstring.errors import OptionError, StoreError
from yawstring.models.base import Json
from yawstring.watch.alert_json import alert_from_json, alert_to_json, change_from_json
from yawstring.watch.alerts import Alert, AlertChange
from yawstring.watch.plain import plain

RECORD: Final = "alerts.db"
"""Name of the record in the folder of a watch."""

UPDATES_KEPT_NS: Final = 3600 * 10**9
"""Updates of an alert older than this, counted from its latest, are forgotten."""

IDENTITY: Final = "identity"
"""Name of the note that tells a record from others."""

DROPPED: Final = "dropped"
"""Name of the note that counts alerts which there was no room for any more."""

KEPT_MOST: Final = 20_000
"""Alerts that are kept if nobody says otherwise: of a few kilobytes each."""

HEALTH_MOST: Final = 86_400
STATIONS_MOST: Final = 1_000
ALERTS_MOST: Final = 1_000
WHO_MOST: Final = 100
NOTE_MOST: Final = 2_000
"""Characters of an acknowledgement that are kept."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What has been added to an alert since it was told.

    Attributes:
        slice: Name of the file with its part of the capture, beside the record; ``None`` where there is none.
        acknowledged_ns: When a person said that they had seen it; ``None``: nobody has.
        acknowledged_by: Who.
        note: What they said.
    """

    slice: str | None = None
    acknowledged_ns: int | None = None
    acknowledged_by: str | None = None
    note: str | None = None


class AlertStore:
    """An open record of alerts; use it as a context manager, from the thread that opened it.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, AlertStore.create(Path(folder) / "alerts.db") as store:
        ...     store.note("drone", "60:60:1f:00:00:01")
        ...     store.noted("drone"), store.open_alerts()
        ('60:60:1f:00:00:01', ())
    """

    def __init__(
        self, connection: sqlite3.Connection, path: Path, *, locked: int | None = None, most: int = KEPT_MOST
    ) -> None:
        self.path, self._most = path, most
        self._connection = connection
        self._locked = locked

    @classmethod
    def create(cls, path: Path | str, *, most: int = KEPT_MOST) -> Self:
        """Open the record to write alerts into it, and begin one where there is none.

        Args:
            path: The file.
            most: Alerts that are kept; more where more are open.

        Raises:
            OptionError: No alert may be kept.
            StoreError: The file is another, damaged, or another process writes alerts into it.
        """
        if most < 1:
            raise OptionError(f"a record keeps one alert or more, not {most}")
        path = Path(path)
        locked = lock(path)
        try:
            store = cls(connect(path, create=True), path, locked=locked, most=most)
            if store.noted(IDENTITY) is None:
                store.note(IDENTITY, uuid.uuid4().hex)
        except BaseException:
            os.close(locked)
            raise
        return store

    @classmethod
    def open(cls, path: Path | str, *, read_only: bool = False) -> Self:
        """Open a record that another process may be writing.

        Args:
            path: The file.
            read_only: Nothing will be acknowledged or noted.

        Raises:
            StoreError: There is no such file, or it is another or damaged.
        """
        path = Path(path)
        return cls(connect(path, create=False, read_only=read_only), path)

    @property
    def identity(self) -> str:
        """32 hexadecimal digits that tell this record from any other."""
        return self.noted(IDENTITY) or ""

    def close(self) -> None:
        """Close the file, and let another process write."""
        self._connection.close()
        if self._locked is not None:
            os.close(self._locked)
            self._locked = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def apply(self, changes: Sequence[AlertChange]) -> None:
        """Write changes down, all or none; they are on the disk when this returns.

        Raises:
            StoreError: They cannot be written, because the disk is full for instance. Try the same again later.
        """
        if not changes:
            return
        with transaction(self._connection, self.path):
            for change in changes:
                self._apply(change)
            if any(change.kind == "opened" for change in changes):
                self._drop()

    @property
    def dropped(self) -> int:
        """Alerts that were dropped since the record was begun, because there were too many."""
        return int(self.noted(DROPPED) or 0)

    def closed_lately(self, within_ns: int) -> tuple[Alert, ...]:
        """Alerts that were over within so long of the latest one, the oldest first."""
        latest = "(SELECT max(last_ns) FROM alerts)"
        return self._alerts(f"WHERE closed_ns IS NOT NULL AND last_ns >= {latest} - ? ORDER BY last_ns, key", within_ns)

    def open_alerts(self) -> tuple[Alert, ...]:
        """Every alert that is not closed, the oldest first: what a ledger goes on from."""
        return self._alerts("WHERE closed_ns IS NULL ORDER BY last_ns, key")

    def alerts(
        self, since_ns: int | None = None, *, open_only: bool = False, limit: int = ALERTS_MOST
    ) -> tuple[Alert, ...]:
        """Alerts, the latest first.

        Args:
            since_ns: Only those that were still going on at that Unix time, in nanoseconds, or came later.
            open_only: Only those that are not closed.
            limit: How many at most.
        """
        since = -(1 << 63) if since_ns is None else since_ns
        closed = "AND closed_ns IS NULL" if open_only else ""
        return self._alerts(f"WHERE last_ns >= ? {closed} ORDER BY last_ns DESC, key LIMIT ?", since, limit)

    def alert(self, key: str) -> Alert | None:
        """The alert of that key, or ``None``."""
        found = self._alerts("WHERE key = ?", key)
        return found[0] if found else None

    def keys(self, beginning: str, limit: int = 2) -> list[str]:
        """Keys of alerts that begin like this."""
        query = "SELECT key FROM alerts WHERE substr(key, 1, ?) = ? ORDER BY key LIMIT ?"
        return [str(key) for (key,) in self._rows(query, len(beginning), beginning, limit)]

    def mark(self, key: str) -> Mark:
        """What has been added to an alert; an empty one where there is no such alert."""
        query = "SELECT slice, acknowledged_ns, acknowledged_by, note FROM alerts WHERE key = ?"
        for name, when_ns, who, note in self._rows(query, key):
            return Mark(slice=name, acknowledged_ns=when_ns, acknowledged_by=who, note=note)
        return Mark()

    def changes(self, after: int = 0, limit: int = ALERTS_MOST) -> list[tuple[int, AlertChange]]:
        """Changes in the order in which they were written, each with its number.

        Args:
            after: Only those of a higher number.
            limit: How many at most.
        """
        query = "SELECT sequence, kind, time_ns, body FROM changes WHERE sequence > ? ORDER BY sequence LIMIT ?"
        rows = self._rows(query, after, limit)
        with self._sound():
            return [(number, change_from_json(kind, when, json.loads(body))) for number, kind, when, body in rows]

    def last_change(self) -> int:
        """Number of the latest change; 0 before the first."""
        ((number,),) = self._rows("SELECT coalesce(max(sequence), 0) FROM changes")
        return int(number)

    def acknowledge(self, key: str, who: str, note: str, time_ns: int) -> None:
        """A person has seen an alert; a later acknowledgement replaces it.

        Raises:
            StoreError: There is no such alert, or it cannot be written.
        """
        said = (plain(who, most=WHO_MOST), plain(note, most=NOTE_MOST))
        self._mark(key, "acknowledged_ns = ?, acknowledged_by = ?, note = ?", time_ns, *said)

    def attach_slice(self, key: str, name: str) -> None:
        """Name the file with the alert's part of the capture.

        Raises:
            StoreError: There is no such alert, or it cannot be written.
        """
        self._mark(key, "slice = ?", name)

    def note_health(self, time_ns: int, body: Mapping[str, Json]) -> None:
        """Write down how the watching goes. A power cut may lose the latest of these, never an alert."""
        text = _text(dict(body))
        with transaction(self._connection, self.path, durable=False):
            number = self._run("INSERT INTO health (time_ns, body) VALUES (?, ?)", time_ns, text).lastrowid or 0
            self._run("DELETE FROM health WHERE number <= ?", number - HEALTH_MOST)

    def health(self, since_ns: int | None = None, limit: int = HEALTH_MOST) -> list[tuple[int, dict[str, Json]]]:
        """The latest notes of health since then, in the order in which they were written: time and body."""
        since = -(1 << 63) if since_ns is None else since_ns
        query = "SELECT time_ns, body FROM health WHERE time_ns >= ? ORDER BY number DESC LIMIT ?"
        rows = self._rows(query, since, limit)[::-1]
        return [(int(row[0]), body) for row, body in zip(rows, self._objects(rows), strict=True)]

    def note_stations(self, rows: Iterable[Mapping[str, Json]]) -> None:
        """Write down stations, each in place of what was known of its ``address``; the latest 1,000 are kept."""
        values = [(row["address"], row["last_ns"], _text(dict(row))) for row in rows]
        keep = "SELECT address FROM stations ORDER BY last_ns DESC, address LIMIT ?"
        with transaction(self._connection, self.path, durable=False):
            self._connection.executemany("INSERT OR REPLACE INTO stations VALUES (?, ?, ?)", values)
            self._run(f"DELETE FROM stations WHERE address NOT IN ({keep})", STATIONS_MOST)  # noqa: S608  # all of it is above

    def stations(self) -> list[dict[str, Json]]:
        """Stations, the one heard last first."""
        query = "SELECT body FROM stations ORDER BY last_ns DESC, address LIMIT ?"
        return self._objects(self._rows(query, STATIONS_MOST))

    def note(self, name: str, text: str) -> None:
        """Write something down by name, in place of what stood there."""
        with transaction(self._connection, self.path):
            self._run("INSERT OR REPLACE INTO notes VALUES (?, ?)", name, text)

    def noted(self, name: str) -> str | None:
        """What was written down by that name, or ``None``."""
        for (text,) in self._rows("SELECT text FROM notes WHERE name = ?", name):
            return str(text)
        return None

    def cursor(self, sink: str) -> int | None:
        """Number of the last change that a sink has taken; ``None``: the sink is new."""
        for (number,) in self._rows("SELECT sequence FROM cursors WHERE sink = ?", sink):
            return int(number)
        return None

    def advance(self, sink: str, sequence: int) -> None:
        """A sink has taken every change up to that number. A power cut may undo it, so that some are sent again."""
        with transaction(self._connection, self.path, durable=False):
            self._run("INSERT OR REPLACE INTO cursors VALUES (?, ?)", sink, sequence)

    def _apply(self, change: AlertChange) -> None:
        alert, body = change.alert, _text(alert_to_json(change.alert))
        known = self._run("SELECT changed_ns FROM alerts WHERE key = ?", alert.key).fetchone()
        oldest_ns = -(1 << 63) if known is None else known[0] - UPDATES_KEPT_NS
        if change.kind == "updated" and change.time_ns < oldest_ns:
            return  # it was here, and has been forgotten since
        digest = hashlib.sha256(body.encode()).hexdigest()[:16]
        added = self._run(
            "INSERT OR IGNORE INTO changes (key, kind, time_ns, digest, body) VALUES (?, ?, ?, ?, ?)",
            *(alert.key, change.kind, change.time_ns, digest, body),
        )
        if not added.rowcount:
            return
        self._run(
            """INSERT INTO alerts (key, last_ns, closed_ns, changed_ns, body) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (key) DO UPDATE SET last_ns = ?2, closed_ns = ?3, changed_ns = ?4, body = ?5
            WHERE changed_ns <= ?4""",
            *(alert.key, alert.last_ns, alert.closed_ns, change.time_ns, body),
        )
        forget = "DELETE FROM changes WHERE key = ? AND kind = 'updated' AND time_ns < ?"
        self._run(forget, alert.key, change.time_ns - UPDATES_KEPT_NS)

    def _drop(self) -> None:
        """Forget the alerts that have been over longest, as far as there are too many."""
        ((count,),) = self._run("SELECT count(*) FROM alerts").fetchall()
        if count <= self._most:
            return
        oldest = "SELECT key FROM alerts WHERE closed_ns IS NOT NULL ORDER BY last_ns, key LIMIT ?"
        keys = self._run(oldest, count - self._most).fetchall()
        self._connection.executemany("DELETE FROM changes WHERE key = ?", keys)
        self._connection.executemany("DELETE FROM alerts WHERE key = ?", keys)
        self._run(
            "INSERT OR REPLACE INTO notes VALUES (?1, coalesce((SELECT text FROM notes WHERE name = ?1), 0) + ?2)",
            *(DROPPED, len(keys)),
        )

    def _mark(self, key: str, assignment: str, *values: str | int) -> None:
        with transaction(self._connection, self.path):
            query = f"UPDATE alerts SET {assignment} WHERE key = ?"  # noqa: S608 (the assignments are above)
            if not self._run(query, *values, key).rowcount:
                raise StoreError(f"{self.path}: no alert {plain(key, most=40)}: yawstring alerts lists them")

    def _alerts(self, clause: str, *values: str | int) -> tuple[Alert, ...]:
        rows = self._rows(f"SELECT body FROM alerts {clause}", *values)  # noqa: S608 (the clauses are above)
        with self._sound():
            return tuple(alert_from_json(json.loads(body)) for (body,) in rows)

    def _objects(self, rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Json]]:
        """The JSON objects that stand last in rows."""
        with self._sound():
            bodies = [json.loads(row[-1]) for row in rows]
        if not all(isinstance(body, dict) for body in bodies):
            raise StoreError(f"{self.path}: damaged: expected objects in it")
        return bodies

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """What is read is as we wrote it.

        Raises:
            StoreError: It is not.
        """
        try:
            yield
        except (ValueError, TypeError, RecursionError) as error:
            raise StoreError(f"{self.path}: damaged: {plain(str(error), most=200)}: move it away") from error

    def _rows(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        with told(self.path):
            return self._connection.execute(query, values).fetchall()

    def _run(self, query: str, *values: str | int | None) -> sqlite3.Cursor:
        return self._connection.execute(query, values)


def _text(body: Json) -> str:
    return json.dumps(body, separators=(",", ":"), allow_nan=False)
