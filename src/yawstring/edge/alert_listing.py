"""Reads the record of a watch for a person: since when, which alert, and what comes next."""

import getpass
import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from yawstring.edge.alert_store import RECORD, AlertStore
from yawstring.edge.sinks.base import Item
from yawstring.errors import OptionError
from yawstring.watch.plain import plain

POLL_S: Final = 0.2
UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_AGO: Final = re.compile(r"(\d{1,9})([smhd])")
_NS_PER_S: Final = 1_000_000_000


def record_path(out: Path) -> Path:
    """The record in the folder of a watch, or the file itself."""
    return out / RECORD if out.is_dir() else out


def since_ns(text: str, *, now_s: Callable[[], float] = time.time) -> int:
    """The Unix time in nanoseconds that a text names: so long ago, or a time.

    Args:
        text: ``30s``, ``10m``, ``2h``, ``3d``, or a time by ISO 8601; without an offset it is local.
        now_s: The clock, in seconds.

    Raises:
        OptionError: It names none.

    Example:
        >>> since_ns("2h", now_s=lambda: 7300.0), since_ns("1970-01-01T00:01:40Z")
        (100000000000, 100000000000)
    """
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return round((now_s() - int(ago[1]) * UNITS_S[ago[2]]) * _NS_PER_S)
    try:
        return round(datetime.fromisoformat(text).timestamp() * _NS_PER_S)
    except (ValueError, OverflowError):
        like = "30s, 10m, 2h, 3d or 2026-12-01T18:00:00Z"
        raise OptionError(f"--since: expected {like}, found {plain(text, most=40)!r}") from None


def acknowledge(store: AlertStore, beginning: str, note: str, *, who: str | None = None, now_ns: int) -> str:
    """A person has seen the alert whose key begins like this.

    Args:
        store: The record.
        beginning: Of its key.
        note: What they say.
        who: Their name; ``None``: as the system says.
        now_ns: Unix time in nanoseconds.

    Returns:
        The whole key.

    Raises:
        OptionError: There is no such alert, or there are several.
        StoreError: It cannot be written.
    """
    keys = store.keys(beginning)
    if len(keys) != 1 or not beginning:
        found = "several that begin like it" if keys else "none"
        raise OptionError(f"--acknowledge: expected the key of an alert, found {found}: yawstring alerts lists them")
    store.acknowledge(keys[0], who or _user(), note, now_ns)
    return keys[0]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in containers
        return f"user {os.getuid()}"


def follow(store: AlertStore, after: int, *, sleep: Callable[[float], None] = time.sleep) -> Iterator[Item]:
    """Every change behind that number, for ever, as it is written.

    Args:
        store: The record.
        after: Number of a change.
        sleep: Waits so many seconds.

    Raises:
        StoreError: The record cannot be read.
    """
    record = store.identity
    while True:
        changes = store.changes(after)
        for after, change in changes:
            yield Item(record=record, sequence=after, change=change)
        if not changes:
            sleep(POLL_S)
