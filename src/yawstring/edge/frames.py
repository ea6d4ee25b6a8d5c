"""Captures to tables of frames, a piece at a time: what is held in memory does not grow with the captures."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from yawstring.edge.captures import OpenCapture, open_capture
from yawstring.edge.files import PARQUET_ENDINGS, replaced
from yawstring.errors import CaptureError, TableError
from yawstring.schema import RECORDING, layout_of
from yawstring.table.corpora import FORMAT, KEY_PREFIX
from yawstring.table.frames import frames_table
from yawstring.wire.capture import Reader, Records, scan
from yawstring.wire.decoder import Decoded, decode, decode_records
from yawstring.wire.octets import Octets

WINDOW_OCTETS = 1 << 24
"""Octets of a capture that are searched for records at a time."""

PIECE_FRAMES = 1 << 16
"""Frames at most that are decoded, and held as a table, at a time: about 80 MB."""

HASH_KEY = "hash_key"
"""In a frames file: the first 16 digits of the SHA-256 of the key of its hashes, so that two files can be compared."""

_KEY_OCTETS = 16
_NAMED = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """Frames of a part of a capture.

    Attributes:
        recording: Number of the capture among all, from 0.
        frame: Their table, with ``recording`` behind the frames' own columns.
        rejects: Reasons and counts of this part.
        done: Share of the capture that is read, 0 to 1.
    """

    recording: int
    frame: pl.DataFrame
    rejects: Mapping[str, int]
    done: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """Captures that are decoded piece by piece.

    Attributes:
        paths: Capture files, in the order of their recordings.
        key: 16 octets that key the hashes, or none; see :func:`yawstring.wire.decoder.decode`.
        digests: SHA-256 of each capture opened so far, unpacked.
    """

    paths: Sequence[Path]
    key: bytes = b""
    digests: list[str] = field(default_factory=list)

    def pieces(self, *, window: int = WINDOW_OCTETS, frames: int = PIECE_FRAMES) -> Iterator[Piece]:
        """Decode the captures one after another; each ends with a piece whose ``done`` is 1.

        Args:
            window: Octets to search for records at a time; more where a record is larger.
            frames: Frames at most of a piece.

        Raises:
            CaptureError: A file cannot be opened.
        """
        for recording, path in enumerate(self.paths):
            capture = open_capture(path)
            self.digests.append(capture.digest())
            yield from self._capture(capture, recording, window, frames)

    def _capture(self, capture: OpenCapture, recording: int, window: int, frames: int) -> Iterator[Piece]:
        number, size = 1, len(capture.octets)
        for octets, found, end in record_windows(capture, window):
            for first in range(0, max(1, len(found)), frames):
                part = found.part(first, first + frames)
                decoded = decode_records(octets, part, first_number=number, key=self.key)
                number += decoded.frames
                done = 1.0 if end >= size and first + frames >= len(found) else min(end / size, 0.999)
                yield _piece(decoded, recording, found.rejects if first == 0 else {}, done)

    def described(self, columns: Sequence[str]) -> dict[str, str]:
        """What a frames file says of itself, once every capture is read."""
        digests = list(dict.fromkeys(self.digests))
        whole = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
        stems = [Path(path.name.removesuffix(".gz")).stem for path in self.paths]
        names = "+".join(stems[:_NAMED]) + (f"+{len(stems) - _NAMED} more" if len(stems) > _NAMED else "")
        key = hashlib.sha256(self.key or bytes(_KEY_OCTETS)).hexdigest()[:16]
        about = {"format": FORMAT, "layout": layout_of(columns), "capture": names, "modality": "cyber"}
        return {KEY_PREFIX + name: text for name, text in (about | {"digest": whole, HASH_KEY: key}).items()}


def record_windows(capture: OpenCapture, window: int = WINDOW_OCTETS) -> Iterator[tuple[Octets, Records, int]]:
    """Octets, the records in them, and where in the capture they end; at least once.

    Args:
        capture: An open capture.
        window: Octets to search for records at a time; more where a record is larger.
    """
    octets, reader = np.frombuffer(capture.octets, np.uint8), Reader()
    begin, reach = 0, window
    while True:
        end = min(begin + reach, octets.size)
        found, reader = scan(octets[begin:end], reader, last=end == octets.size)
        moved = reader.position
        if moved or end == octets.size:
            yield octets[begin:end], found, end
        if end == octets.size:
            return
        reach = window if moved else 2 * reach
        begin, reader = begin + moved, reader.moved(moved)


def _piece(decoded: Decoded, recording: int, rejects: Mapping[str, int], done: float) -> Piece:
    frame = frames_table(decoded).with_columns(pl.lit(recording, pl.Int32).alias(RECORDING))
    both = {reason: rejects.get(reason, 0) + decoded.rejects.get(reason, 0) for reason in (*rejects, *decoded.rejects)}
    return Piece(recording=recording, frame=frame, rejects=both, done=done)


def write_frames(source: Source, path: Path | str, *, watch: Callable[[Piece], None]) -> None:
    """Decode captures into a Parquet file that :func:`yawstring.edge.files.read_table` reads, whole or not at all.

    Args:
        source: What to decode.
        path: Where to; a file of that name is replaced, its folder must exist.
        watch: Is shown every piece before it is written.

    Raises:
        CaptureError: A capture cannot be opened, or there is no frame in any.
        TableError: The ending is not that of a Parquet file, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in PARQUET_ENDINGS:
        known = " or ".join(PARQUET_ENDINGS)
        raise TableError(f"expected a name that ends with {known}, found {path.name!r}", file=str(path))
    schema = _piece(decode(b""), 0, {}, 1.0).frame.schema

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        written, rejects = 0, Counter[str]()
        for piece in source.pieces():
            watch(piece)
            written += len(piece.frame)
            rejects.update(piece.rejects)
            if len(piece.frame):
                yield piece.frame
        if not written:
            raise no_frames(source.paths, rejects)

    with replaced(path) as partial:
        # What the file says of itself is asked for after the last piece, when every digest is known.
        register_io_source(frames, schema=schema).sink_parquet(
            partial, metadata=lambda _: source.described(list(schema)), engine="streaming"
        )


def no_frames(paths: Sequence[Path], rejects: Iterable[str]) -> CaptureError:
    """What is wrong with captures in which no frame was found, and the reasons met on the way."""
    why = ", ".join(rejects) or "nothing in them"
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return CaptureError(f"{', '.join(map(str, paths[:_NAMED]))}{more}: expected frames, found none ({why})")
