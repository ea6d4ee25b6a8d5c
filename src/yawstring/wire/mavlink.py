"""Telemetry logs of ground stations (``.tlog``): octets to MAVLink messages by kind.

A ``.tlog`` is a chain of MAVLink frames, version 1 or 2, each behind eight octets: the Unix time of its receipt in
microseconds, most significant first. Frames are found here and read by ``pymavlink``, from memory, checksums and all.
"""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from yawstring.errors import MissingExtraError
from yawstring.wire.messages import MOST_TIME_US, TIME_RANGE, Kind, Messages, Wanted

VERSION_1, VERSION_2 = 0xFE, 0xFD
"""First octet of a frame."""

NO_FRAME = "runs of octets that are no frame"
BAD_FRAME = "frame with a wrong checksum or length"
TOO_MANY = "end of the log, behind more frames than are read"
OTHER_SYSTEM = "messages of another system"

EXTRA, NEEDED_FOR = "aircraft", "reading MAVLink logs"

_DIALECT = "pymavlink.dialects.v20.common"
_TIME_OCTETS = 8
_HEAD_1, _HEAD_2, _CHECKSUM, _SIGNATURE = 6, 10, 2, 13
_SIGNED = 0x01
_MAGIC = re.compile(b"[\xfd\xfe]")
_PACE = "ATTITUDE"
_EARLIEST_US = 946_684_800_000_000

_Message = tuple[int, list[float]]
_Found = dict[tuple[int, int], dict[str, list[_Message]]]


def read_tlog(octets: bytes, wanted: Wanted, *, most: int) -> Messages:
    """The wanted messages of a log, of the system that tells most of its attitude.

    Args:
        octets: The log.
        wanted: Kinds (``"ATTITUDE"``) and fields, each a number and no array.
        most: Number of frames, good and bad, that are read; what stands behind them is a reject.

    Raises:
        MissingExtraError: ``pymavlink`` is not installed.

    Example:
        >>> read_tlog(b"no log", {"ATTITUDE": frozenset({"roll"})}, most=10).rejects
        {'runs of octets that are no frame': 1}
    """
    dialect = _dialect()
    names = {code: kind.msgname for code, kind in dialect.mavlink_map.items() if kind.msgname in wanted}
    fields = {
        kind: sorted(wanted[kind].intersection(dialect.mavlink_map[code].fieldnames)) for code, kind in names.items()
    }
    reader = dialect.MAVLink(None)
    rejects = {NO_FRAME: 0, BAD_FRAME: 0, TIME_RANGE: 0}
    found: _Found = {}
    for count, (at, end) in enumerate(_frames(octets)):
        if count == most:
            rejects[TOO_MANY] = 1
            break
        if not end:
            rejects[NO_FRAME] += 1
        elif (name := names.get(_code(octets, at))) is not None:
            try:
                message = reader.decode(bytearray(octets[at + _TIME_OCTETS : end]))
            except dialect.MAVError:
                rejects[BAD_FRAME] += 1
                continue
            time_us = int.from_bytes(octets[at : at + _TIME_OCTETS])
            if time_us > MOST_TIME_US:
                rejects[TIME_RANGE] += 1
                continue
            sender = (message.get_srcSystem(), message.get_srcComponent())
            values = [float(getattr(message, field)) for field in fields[name]]
            found.setdefault(sender, {}).setdefault(name, []).append((time_us, values))
    return _messages(found, fields, rejects)


def is_tlog(octets: bytes) -> bool:
    r"""Whether the octets begin as a log does: a time since 2000, and a frame.

    Example:
        >>> is_tlog((1_713_995_000_000_000).to_bytes(8) + b"\xfe"), is_tlog(b"1713995000 h:30;")
        (True, False)
    """
    return _is_magic(octets, 0) and _EARLIEST_US < int.from_bytes(octets[:_TIME_OCTETS]) <= MOST_TIME_US


def _dialect() -> Any:  # noqa: ANN401 - a module without types
    try:
        return import_module(_DIALECT)
    except ModuleNotFoundError:
        raise MissingExtraError("pymavlink", extra=EXTRA, needed_for=NEEDED_FOR) from None


def _frames(octets: bytes) -> Iterator[tuple[int, int]]:
    """Where each frame's time stands and where the frame ends; an end of 0 is a run of octets that are no frame."""
    at, within = 0, False
    while at < len(octets):
        end = _end(octets, at)
        if end and (end == len(octets) or _is_magic(octets, end)):
            yield at, end
            at, within = end, False
            continue
        if not within:
            yield at, 0
        magic = _MAGIC.search(octets, at + _TIME_OCTETS + 1)
        at, within = (magic.start() - _TIME_OCTETS if magic else len(octets)), True


def _is_magic(octets: bytes, at: int) -> bool:
    return at + _TIME_OCTETS < len(octets) and octets[at + _TIME_OCTETS] in (VERSION_1, VERSION_2)


def _end(octets: bytes, at: int) -> int:
    """Where the frame whose time stands at ``at`` ends; 0 where there is none, or the log ends before it."""
    head = at + _TIME_OCTETS
    if not _is_magic(octets, at) or head + _HEAD_1 > len(octets):
        return 0
    length = octets[head + 1] + _CHECKSUM
    if octets[head] == VERSION_1:
        length += _HEAD_1
    else:
        length += _HEAD_2 + (_SIGNATURE if octets[head + 2] & _SIGNED else 0)
    return head + length if head + length <= len(octets) else 0


def _code(octets: bytes, at: int) -> int:
    """Number of the message's kind."""
    head = at + _TIME_OCTETS
    if octets[head] == VERSION_1:
        return octets[head + 5]
    return int.from_bytes(octets[head + 7 : head + 10], "little")


def _messages(found: _Found, fields: Mapping[str, list[str]], rejects: Mapping[str, int]) -> Messages:
    """The messages of one system as columns; those of the others are counted."""
    rejects = {reason: count for reason, count in rejects.items() if count}
    if not found:
        return Messages(kinds={}, rejects=rejects, notes={})
    chosen = max(sorted(found), key=lambda sender: (len(found[sender].get(_PACE, ())), _count(found[sender])))
    kinds = {}
    for name, messages in found[chosen].items():
        table = np.array([values for _, values in messages], np.float64).reshape(len(messages), -1)
        kinds[name] = Kind(
            time_us=np.array([time_us for time_us, _ in messages], np.int64),
            fields={field: table[:, place] for place, field in enumerate(fields[name])},
        )
    others = sum(_count(kinds) for sender, kinds in found.items() if sender != chosen)
    return Messages(kinds=kinds, rejects=rejects, notes={OTHER_SYSTEM: others} if others else {})


def _count(kinds: Mapping[str, list[_Message]]) -> int:
    return sum(len(messages) for messages in kinds.values())
