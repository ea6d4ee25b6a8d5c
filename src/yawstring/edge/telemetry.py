"""Opens logs of telemetry and finds out by their content what they are."""

from pathlib import Path

from yawstring.edge.files import read_octets
from yawstring.table.logged import read_text
from yawstring.table.telemetry import Telemetry, TelemetryOptions


def read_telemetry(path: Path | str, *, options: TelemetryOptions | None = None) -> Telemetry:
    """The telemetry of one log.

    Args:
        path: A text log of Tello states, or a CSV file of a column a field.
        options: What the log cannot say of itself, and how much of it is read.

    Raises:
        TableError: The file cannot be opened, is too large, or holds nothing that can be read as telemetry.

    Example:
        >>> read_telemetry("nowhere.log")
        Traceback (most recent call last):
        yawstring.errors.TableError: nowhere.log: expected a file, found none of that name
    """
    path, options = Path(path), options or TelemetryOptions()
    return read_text(read_octets(path, most=options.most_octets), name=str(path), options=options)
