"""A file of JSON lines (https://jsonlines.org): EVE or OCSF.

Each line names the change that it tells, so the file itself says how far it got: after ``kill -9`` between a line and
its entry in the record nothing is written twice, and half a line is taken back. The file is opened anew for each
writing, so it may be rotated.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from yawstring.edge.sinks.base import Item, name_of
from yawstring.errors import OptionError, SinkError
from yawstring.models.base import Json

TAIL_OCTETS: Final = 1 << 18
"""More than the longest line."""


class LineFile:
    """A sink that appends a line for each change."""

    items_most: ClassVar[int] = 500
    from_start: ClassVar[bool] = True

    def __init__(
        self,
        kind: str,
        path: Path,
        event: Callable[[Item], dict[str, Json]],
        place: Callable[[Json], tuple[str, int] | None],
        begin: bytes,
    ) -> None:
        """Append to a file, which is made when there is something to write.

        Args:
            kind: Of the events.
            path: The file; its folder is made with it.
            event: A change as the object of a line.
            place: Record and number of the change that an object tells.
            begin: What every line begins with.

        Raises:
            OptionError: The file holds something else.
        """
        self.name, self.label = name_of(kind, str(path.absolute())), f"{kind}:{path}"
        self._path, self._event = path, event
        self._place: tuple[str, int] | None = None
        if path.exists():
            self._place = self._recovered(place, begin)

    def send(self, items: Sequence[Item]) -> None:
        """Append the lines, and see them onto the disk.

        Raises:
            SinkError: They cannot be written; nothing of them has been.
        """
        lines = "".join(json.dumps(self._event(item), allow_nan=False) + "\n" for item in items).encode("ascii")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            with open(descriptor, "wb", buffering=0) as file:
                before = os.fstat(descriptor).st_size
                if file.write(lines) != len(lines):
                    os.ftruncate(descriptor, before)
                    raise SinkError("the disk is full")
                os.fsync(descriptor)
        except OSError as error:
            raise SinkError(f"cannot be written: {error.strerror}") from error
        self._place = (items[-1].record, items[-1].sequence)

    def reached(self, record: str) -> int:
        """Number of the last change in the file."""
        return self._place[1] if self._place is not None and self._place[0] == record else 0

    def close(self) -> None:
        """Nothing is held."""

    def _recovered(self, place: Callable[[Json], tuple[str, int] | None], begin: bytes) -> tuple[str, int] | None:
        """What the last whole line tells; half a line behind it is taken back."""
        try:
            with self._path.open("r+b") as file:
                size = file.seek(0, os.SEEK_END)
                first = file.seek(max(size - TAIL_OCTETS, 0))
                tail = file.read(TAIL_OCTETS)
                whole = tail.rfind(b"\n") + 1
                found = _told(tail[:whole].rstrip(b"\n").rsplit(b"\n", 1)[-1], place)
                ours = (
                    found is not None
                    or not size
                    or (not whole and not first and begin[: len(tail)] == tail[: len(begin)])
                )
                if not ours:
                    raise OptionError(f"sink {self.label}: the file holds something else: name another one")
                if whole < len(tail):
                    file.truncate(first + whole)
        except OSError as error:
            raise OptionError(f"sink {self.label}: cannot be opened: {error.strerror}") from error
        return found


def _told(line: bytes, place: Callable[[Json], tuple[str, int] | None]) -> tuple[str, int] | None:
    try:
        return place(json.loads(line))
    except (ValueError, RecursionError):
        return None
