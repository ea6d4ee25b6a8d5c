"""Reads PX4 logs (``.ulg``) with ``pyulog``, kept from what a hostile file could make it do.

``pyulog`` neither evaluates nor unpickles anything. But a message type that holds itself exhausts its stack, one of
arrays of arrays its memory and time, damaged headers are read over octet by octet, and one whose message would end
behind the log sends it back, again and again. Each is bounded here; and it prints to standard output, which belongs to
the command.
"""

from contextlib import redirect_stdout
from io import BytesIO, TextIOBase
from typing import Any

import numpy as np

from yawstring.errors import MissingExtraError, TableError
from yawstring.wire.messages import MOST_TIME_US, TIME_RANGE, Kind, Messages, Wanted

MAGIC = b"ULog\x01\x12\x35"

DAMAGED = "logs with damaged messages, which were left out"
DROPOUTS = "gaps that the logger itself reports"

_MOST_FIELDS = 4096
_MOST_DEPTH = 8
_MOST_LAYOUT = 1 << 18
_MOST_DAMAGED = 4096
_LEAST_OCTETS = 8
"""Of a message, on average: those of data have 13 at the least."""

_MOST_AGAIN = 1 << 14
_FIRST_INSTANCE = 0
_TIME = "timestamp"


class _Nowhere(TextIOBase):
    """Takes what is printed and drops it."""

    def write(self, text: str) -> int:
        return len(text)


def read_ulog(octets: bytes, wanted: Wanted, *, name: str) -> Messages:
    """The wanted messages of a log, of the first instance of each.

    Args:
        octets: The log.
        wanted: Topics and fields.
        name: Name of the log, for the error.

    Raises:
        MissingExtraError: ``pyulog`` is not installed.
        TableError: The octets are no ULog, one of a later format, or too damaged.
    """
    try:
        from pyulog import ULog
        from pyulog.exceptions import ULogException
    except ModuleNotFoundError:
        raise MissingExtraError("pyulog", extra="aircraft", needed_for="reading PX4 logs") from None
    with redirect_stdout(_Nowhere()):
        try:
            bounded = _bounded(ULog, ULogException, most_messages=len(octets) // _LEAST_OCTETS + _MOST_AGAIN)
            log = bounded(BytesIO(octets), message_name_filter_list=list(wanted))
        except ULogException as error:
            raise TableError(f"expected a ULog file, found: {error}", file=name) from None
    kinds, late = {}, 0
    for data in log.data_list:
        if data.multi_id == _FIRST_INSTANCE and _TIME in data.data:
            kinds[data.name], beyond = _kind(data.data, wanted[data.name])
            late += beyond
    notes = {DAMAGED: int(log.file_corruption), DROPOUTS: len(log.dropouts)}
    return Messages(
        kinds=kinds,
        rejects={TIME_RANGE: late} if late else {},
        notes={note: count for note, count in notes.items() if count},
    )


def _kind(data: Any, wanted: frozenset[str]) -> tuple[Kind, int]:  # noqa: ANN401 - a library without types
    time = np.asarray(data[_TIME])
    good = time <= MOST_TIME_US
    with np.errstate(invalid="ignore"):  # damage may make a signalling NaN
        fields = {name: np.asarray(values)[good].astype(np.float64) for name, values in data.items() if name in wanted}
    return Kind(time_us=time[good].astype(np.int64), fields=fields), int((~good).sum())


def _bounded(reader: Any, error: Any, *, most_messages: int) -> Any:  # noqa: ANN401 - a library without types
    """The library's reader with bounds on the messages it reads, the types it lays out and the damage it reads over."""
    message_header, message_format, subscription = reader._MessageHeader, reader.MessageFormat, reader._MessageAddLogged
    spent = {"messages": 0, "fields": 0, "damage": 0}

    def spend(what: str, count: int, most: int) -> None:
        spent[what] += count
        if spent[what] > most:
            raise error(f"more {what} than any log has")

    def header_initialize(self: Any, data: Any) -> None:  # noqa: ANN401
        message_header.initialize(self, data)
        spend("messages", 1, most_messages)

    def format_init(self: Any, data: Any, header: Any) -> None:  # noqa: ANN401
        message_format.__init__(self, data, header)
        if sum(max(size, 1) for _, size, _ in self.fields) > _MOST_FIELDS:
            raise ValueError("more fields than a message has")

    def parse_nested_type(self: Any, prefix: str, type_name: str, formats: Any) -> None:  # noqa: ANN401
        if prefix.count(".") > _MOST_DEPTH or len(self.field_data) > _MOST_FIELDS:
            raise ValueError("more fields than a message has")
        before = len(self.field_data)
        try:
            subscription._parse_nested_type(self, prefix, type_name, formats)
        finally:
            spend("fields", 1 + len(self.field_data) - before, _MOST_LAYOUT)

    def check_packet_corruption(self: Any, header: Any) -> bool:  # noqa: ANN401
        damaged = bool(reader._check_packet_corruption(self, header))
        spend("damage", damaged, _MOST_DAMAGED)
        return damaged

    parts = {
        "_MessageHeader": type("BoundedHeader", (message_header,), {"initialize": header_initialize}),
        "MessageFormat": type("BoundedFormat", (message_format,), {"__init__": format_init}),
        "_MessageAddLogged": type("BoundedTopic", (subscription,), {"_parse_nested_type": parse_nested_type}),
        "_check_packet_corruption": check_packet_corruption,
    }
    return type("BoundedULog", (reader,), parts)
