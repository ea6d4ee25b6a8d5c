"""Opens logs of telemetry and finds out by their content what they are."""

import hashlib
from pathlib import Path

from yawstring.edge.files import read_octets
from yawstring.edge.ulog import MAGIC as ULOG_MAGIC
from yawstring.edge.ulog import read_ulog
from yawstring.errors import TableError
from yawstring.table.flight_logs import from_messages, wanted
from yawstring.table.logged import read_text
from yawstring.table.telemetry import Source, Telemetry, TelemetryOptions, telemetry
from yawstring.wire.dataflash import MAGIC as DATAFLASH_MAGIC
from yawstring.wire.dataflash import read_dataflash
from yawstring.wire.mavlink import TOO_MANY, is_tlog, read_tlog
from yawstring.wire.messages import Messages

_FOREIGN = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a zip archive or spreadsheet",
    b"\x1f\x8b": "a gzip archive: unpack it",
    b"\xff\xfe": "UTF-16 text: save it as UTF-8",
    b"\xfe\xff": "UTF-16 text: save it as UTF-8",
    b"\x0a\x0d\x0d\x0a": "a capture",
    b"\xd4\xc3\xb2\xa1": "a capture",
}
_FIRST_OCTETS = 4096


def read_telemetry(path: Path | str, *, options: TelemetryOptions | None = None) -> Telemetry:
    """The telemetry of one log.

    What the log is, its first octets say: a PX4 log (``.ulg``), an ArduPilot DataFlash log (``.bin``), a MAVLink
    telemetry log (``.tlog``), and otherwise text: Tello state strings, or a table of a column a field.

    Args:
        path: The log.
        options: What the log cannot say of itself, and how much of it is read.

    Raises:
        TableError: The file cannot be opened, is too large, or holds nothing that can be read as telemetry; or its
            times count from a start of its own that the options do not give.
        OptionError: The options give a start to a log that has Unix time.
        MissingExtraError: Reading such a log needs a library that is not installed.

    Example:
        >>> read_telemetry("nowhere.log")
        Traceback (most recent call last):
        yawstring.errors.TableError: nowhere.log: expected a file, found none of that name
    """
    path, options = Path(path), options or TelemetryOptions()
    return parse_telemetry(read_octets(path, most=options.most_octets), name=str(path), options=options)


def parse_telemetry(octets: bytes, *, name: str, options: TelemetryOptions | None = None) -> Telemetry:
    r"""The telemetry of a log in memory, as :func:`read_telemetry` reads it.

    Args:
        octets: The log.
        name: Its name, for errors.
        options: As :func:`read_telemetry` takes them.

    Raises:
        InputError: As :func:`read_telemetry` raises it.

    Example:
        >>> log = parse_telemetry(b"1713995000.5 h:30;bat:93;\n", name="flight.log")
        >>> log.frame.select("time_ns", "height_m", "battery_pct").rows(), log.source
        ([(1713995000500000000, 0.3, 93.0)], 'tello')
    """
    options = options or TelemetryOptions()
    source: Source = "mavlink"
    if octets.startswith(ULOG_MAGIC):
        source, messages, on_unix_time = "ulog", read_ulog(octets, wanted(), name=name), False
    elif octets.startswith(DATAFLASH_MAGIC):
        messages, on_unix_time = read_dataflash(octets, wanted()), False
    elif is_tlog(octets):
        messages, on_unix_time = read_tlog(octets, wanted(), most=options.most_lines), True
    else:
        _check_text(octets, name)
        return read_text(octets, name=name, options=options)
    _check_read_to_the_end(messages, name, options)
    rows = from_messages(messages, carry_ns=options.carry_ns, on_unix_time=on_unix_time)
    return telemetry(rows, source=source, digest=hashlib.sha256(octets).hexdigest(), name=name, options=options)


def _check_read_to_the_end(messages: Messages, name: str, options: TelemetryOptions) -> None:
    if TOO_MANY in messages.rejects:
        raise TableError(f"expected at most {options.most_lines:,} messages, found more: cut the log", file=name)


def _check_text(octets: bytes, name: str) -> None:
    for magic, found in _FOREIGN.items():
        if octets.startswith(magic):
            raise TableError(f"expected a log of telemetry, found {found}", file=name)
