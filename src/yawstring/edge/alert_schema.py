"""The database file of alerts: how it is laid out, opened and vetted.

SQLite (https://sqlite.org/fileformat2.html) with a write-ahead log, so that readers in other processes never wait for
the writer. The header's application number and user version say whose file it is and of which version; the schema must
be ours to the letter, since a foreign one could hold triggers that act when we write.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from yawstring.errors import StoreError

APPLICATION: Final = 0x59415753
"""``YAWS``, the application number in the file's header."""

VERSION: Final = 1

BUSY_S: Final = 5.0
"""Seconds that a writer waits for another one."""

TEXT_OCTETS_MOST: Final = 1 << 20
"""Length of a row that is read or written at most."""

TABLES: Final = {
    "alerts": """CREATE TABLE alerts (
        key TEXT PRIMARY KEY, last_ns INTEGER NOT NULL, closed_ns INTEGER, changed_ns INTEGER NOT NULL,
        body TEXT NOT NULL, slice TEXT, acknowledged_ns INTEGER, acknowledged_by TEXT, note TEXT) WITHOUT ROWID""",
    "changes": """CREATE TABLE changes (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, kind TEXT NOT NULL, time_ns INTEGER NOT NULL,
        digest TEXT NOT NULL, body TEXT NOT NULL)""",
    "health": """CREATE TABLE health (
        number INTEGER PRIMARY KEY AUTOINCREMENT, time_ns INTEGER NOT NULL, body TEXT NOT NULL)""",
    "stations": """CREATE TABLE stations (
        address INTEGER PRIMARY KEY, last_ns INTEGER NOT NULL, body TEXT NOT NULL)""",
    "cursors": "CREATE TABLE cursors (sink TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID",
    "notes": "CREATE TABLE notes (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID",
}

INDEXES: Final = {
    "alerts_by_last": "CREATE INDEX alerts_by_last ON alerts (last_ns)",
    "alerts_open": "CREATE INDEX alerts_open ON alerts (last_ns) WHERE closed_ns IS NULL",
    "changes_once": "CREATE UNIQUE INDEX changes_once ON changes (key, kind, time_ns, digest)",
    "health_by_time": "CREATE INDEX health_by_time ON health (time_ns)",
    "stations_by_last": "CREATE INDEX stations_by_last ON stations (last_ns)",
}

_SQLITE_OWN: Final = "sqlite_sequence"


def connect(path: Path, *, create: bool, read_only: bool = False) -> sqlite3.Connection:
    """Open the file, and make it where that is asked for.

    Args:
        path: The file.
        create: Make a store where there is no file, or an empty one.
        read_only: Nothing is written.

    Raises:
        StoreError: There is no such file, it is another program's, a newer version's, or damaged.
    """
    mode = "rwc" if create else "ro" if read_only else "rw"
    if not create and not path.is_file():
        raise StoreError(f"{path}: expected a record of alerts, found no such file")
    connection: sqlite3.Connection | None = None
    try:
        with told(path):
            uri = f"{path.absolute().as_uri()}?mode={mode}"
            connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
            _guard(connection)
            if create:
                _lay_out(connection)
            _vet(connection, path)
            if not read_only:
                connection.execute("PRAGMA journal_mode = WAL")
        return connection
    except StoreError:
        if connection is not None:
            connection.close()
        raise


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Say in one line what SQLite says about a file.

    Raises:
        StoreError: SQLite raised an error.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path}: {_reason(error)}") from error
    except UnicodeDecodeError as error:
        raise StoreError(f"{path}: damaged: what should be text is none: move it away and start a new one") from error


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path, *, durable: bool = True) -> Iterator[None]:
    """All or nothing of what is written in the ``with`` block.

    Args:
        connection: The open file.
        path: Its name.
        durable: It lies on the disk when the block has ended. If not, a power cut may undo the last of these.

    Raises:
        StoreError: It cannot be written; nothing of it has been.
    """
    with told(path):
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # a full disk has rolled it back already
                connection.execute("ROLLBACK")
            raise


def lock(path: Path) -> int:
    """Be the one writer of the alerts of a file; the system lets go of it when the process ends, however it ends.

    Returns:
        A descriptor to close.

    Raises:
        StoreError: Another process is, or the file beside it cannot be made.
    """
    beside = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise StoreError(f"{beside}: cannot be made: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreError(
            f"{path}: another yawstring is writing alerts here: stop it, or name another folder"
        ) from error
    return descriptor


def _guard(connection: sqlite3.Connection) -> None:
    """What holds before anything of the file is read."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, TEXT_OCTETS_MOST)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")


def _lay_out(connection: sqlite3.Connection) -> None:
    """Make the tables, unless there are any."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _schema(connection) and not _pragma(connection, "application_id"):
            for text in (*TABLES.values(), *INDEXES.values()):
                connection.execute(text)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _vet(connection: sqlite3.Connection, path: Path) -> None:
    if _pragma(connection, "application_id") != APPLICATION:
        raise StoreError(f"{path}: expected a record of alerts, found another program's database")
    version = _pragma(connection, "user_version")
    if version != VERSION:
        raise StoreError(f"{path}: of version {version}, and this yawstring reads version {VERSION}: use the one of it")
    if _schema(connection) != TABLES | INDEXES:
        raise StoreError(f"{path}: expected a record of alerts, found other tables in it")
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise StoreError(f"{path}: damaged: {_one_line(str(found))}: move it away and start a new one")


def _schema(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name != ?", (_SQLITE_OWN,))
    return {str(name): str(sql) for name, sql in rows}


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _reason(error: sqlite3.DatabaseError) -> str:
    said = _one_line(str(error))
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    known = {
        sqlite3.SQLITE_NOTADB: "expected a record of alerts, found no database",
        sqlite3.SQLITE_CORRUPT: f"damaged: {said}: move it away and start a new one",
        sqlite3.SQLITE_FULL: "the disk is full: make room; nothing of this was written",
        sqlite3.SQLITE_READONLY: "may not be written: check its permissions",
        sqlite3.SQLITE_CANTOPEN: "cannot be opened: check the folder and its permissions",
        sqlite3.SQLITE_BUSY: f"another program has been writing to it for {BUSY_S:g} s: try again",
    }
    return known.get(code, f"cannot be read or written: {said}")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
