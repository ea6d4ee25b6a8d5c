"""Opens capture files: mapped where they lie, unpacked with a bound where they are gzip, one line for what goes wrong.

What the octets mean is decided in :mod:`yawstring.wire`.
"""

import hashlib
import mmap
import stat
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from yawstring.edge.files import read_octets
from yawstring.errors import CaptureError, TableError

CAPTURE_ENDINGS = (".cap", ".dmp", ".pcap", ".pcapng")
"""Endings of the files of a folder that are taken as captures, each also with ``.gz`` behind it."""

MOST_OCTETS = 4 << 30
"""Octets at most of a capture that must be held in memory: an unpacked one, or one read from a pipe."""

_GZIP = b"\x1f\x8b"
_PIECE_OCTETS = 1 << 20
_GZIP_WINDOW = zlib.MAX_WBITS | 16


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenCapture:
    """A capture file, open.

    Attributes:
        path: Where it lies.
        octets: The capture, unpacked: a memory map of the file, or octets where it could not be mapped.
    """

    path: Path
    octets: mmap.mmap | bytes

    def digest(self) -> str:
        """SHA-256 of the capture, unpacked, in hexadecimal."""
        return hashlib.sha256(self.octets).hexdigest()


def find_captures(paths: Iterable[Path | str]) -> tuple[Path, ...]:
    """Every capture file that the paths name: files as they are, folders by the endings of their files, sorted.

    Args:
        paths: Files and folders; of a folder, the folders within count too.

    Raises:
        CaptureError: A path is neither, or a folder holds no capture.

    Example:
        >>> find_captures(["nowhere.pcap"])
        Traceback (most recent call last):
        yawstring.errors.CaptureError: nowhere.pcap: expected a capture or a folder of them, found none of that name
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            if not path.exists():
                raise CaptureError(f"{path}: expected a capture or a folder of them, found none of that name")
            found[path] = None
            continue
        inside = sorted(file for file in path.rglob("*") if _is_capture(file))
        if not inside:
            known = ", ".join(CAPTURE_ENDINGS)
            raise CaptureError(f"{path}: expected files that end with one of {known} (or those with .gz), found none")
        found |= dict.fromkeys(inside)
    return tuple(found)


def _is_capture(file: Path) -> bool:
    name = file.name.lower().removesuffix(".gz")
    return name.endswith(CAPTURE_ENDINGS) and file.is_file()


def open_capture(path: Path | str, *, most: int = MOST_OCTETS) -> OpenCapture:
    """Open a capture file for reading; its map is given back with the last thing that views it.

    A file that another program shortens while it is mapped ends this program: copy it first.

    Args:
        path: A capture file, or one in gzip whatever its ending.
        most: Octets at most where they must be held in memory. A file that is mapped may be larger.

    Raises:
        CaptureError: It cannot be read, is larger than ``most``, or is gzip and damaged.
    """
    path = Path(path)
    octets = _mapped(path) or _read(path, most)
    return OpenCapture(path=path, octets=_unpacked(octets, path, most) if octets[:2] == _GZIP else octets)


def _mapped(path: Path) -> mmap.mmap | None:
    """A map of the file; none where it is no regular file, or empty: those cannot be mapped."""
    try:
        about = path.stat()
        # What is no regular file is not even opened here: a pipe gives its octets once.
        if not stat.S_ISREG(about.st_mode) or not about.st_size:
            return None
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return None  # the plain read that follows says what is wrong


def _read(path: Path, most: int) -> bytes:
    try:
        return read_octets(path, most=most)
    except TableError as error:
        raise CaptureError(str(error)) from None


def _unpacked(packed: mmap.mmap | bytes, path: Path, most: int) -> bytes:
    """The octets of a gzip file, its members one after another, at most ``most`` of them."""
    out, place, unpack = bytearray(), 0, zlib.decompressobj(_GZIP_WINDOW)
    try:
        while place < len(packed):
            piece = packed[place : place + _PIECE_OCTETS]
            out += unpack.decompress(piece, most + 1 - len(out))
            if len(out) > most:
                raise CaptureError(f"{path}: expected at most {most:,} octets unpacked, found more: unpack it first")
            place += len(piece) - len(unpack.unconsumed_tail) - len(unpack.unused_data)
            if unpack.eof:
                if packed[place : place + 2] != _GZIP:
                    break  # padding, which gzip allows for
                unpack = zlib.decompressobj(_GZIP_WINDOW)
    except zlib.error as error:
        raise CaptureError(f"{path}: expected a gzip file, found it damaged ({error})") from None
    if not unpack.eof:
        raise CaptureError(f"{path}: expected a whole gzip file, found it cut short: copy it again")
    return bytes(out)
