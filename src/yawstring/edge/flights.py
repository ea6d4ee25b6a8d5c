"""The files of flights: which capture, which log and which labels belong together."""

from dataclasses import dataclass
from pathlib import Path

from yawstring.edge.captures import CAPTURE_ENDINGS
from yawstring.errors import InputError

CAPTURE, TELEMETRY = "capture", "telemetry.log"
LABELS = ("truth.csv", "labels.csv")
"""Files of labels, the better first: the truth of each frame, or intervals."""


@dataclass(frozen=True, kw_only=True)
class Flight:
    """The files of one flight.

    Attributes:
        name: What to call it.
        frames: A capture, or the Parquet file of a decoded one.
        telemetry: A log of telemetry, if there is one.
        labels: Intervals or truth, if there are labels.
    """

    name: str
    frames: Path
    telemetry: Path | None = None
    labels: Path | None = None


def find_flights(folder: Path | str) -> tuple[Flight, ...]:
    """Every flight of a folder: the folder itself where it holds a capture, or each folder in it that does, by name.

    A flight's folder holds ``capture.pcapng`` (or another ending of captures, or ``.gz`` behind it) and, where there
    are any, ``telemetry.log`` and ``truth.csv`` or ``labels.csv``.

    Raises:
        InputError: There is no such folder, or no flight in it, or a flight with two captures.

    Example:
        >>> find_flights("nowhere")
        Traceback (most recent call last):
        yawstring.errors.InputError: nowhere: expected a folder of flights, found none of that name
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a folder of flights, found none of that name")
    if own := _flight(folder):
        return (own,)
    found = [flight for part in sorted(folder.iterdir()) if part.is_dir() and (flight := _flight(part))]
    if not found:
        raise InputError(f"{folder}: expected folders that each hold {CAPTURE}.pcapng, found none")
    return tuple(found)


def _flight(folder: Path) -> Flight | None:
    names = {f"{CAPTURE}{ending}{packed}" for ending in CAPTURE_ENDINGS for packed in ("", ".gz")}
    captures = sorted(file for file in folder.iterdir() if file.name in names and file.is_file())
    if len(captures) > 1:
        raise InputError(f"{folder}: expected one capture, found {captures[0].name} and {captures[1].name}")
    if not captures:
        return None
    telemetry = folder / TELEMETRY
    return Flight(
        name=folder.name or str(folder),
        frames=captures[0],
        telemetry=telemetry if telemetry.is_file() else None,
        labels=next((folder / name for name in LABELS if (folder / name).is_file()), None),
    )
