r"""Tello state strings: octets to columns and back, without a file or a socket.

A Tello sends its state ten times a second to UDP port 8890, as text (Tello SDK 1.3, 2.0 and 3.0 guides): fields of
``key:value;``, ended by ``\r\n``. The mission-pad fields (``mid`` to ``mpry``) come from the EDU and the RoboMaster TT
only. A log of states holds one a line, behind the time of its receipt::

    1713995000.123456789 pitch:0;roll:0;yaw:-80;vgx:0;vgy:0;vgz:1;templ:64;temph:68;tof:81;h:30;bat:93;baro:305.34;...

Every field stays in the Tello's own unit here; :mod:`yawstring.table.telemetry` converts. Content never raises: a line
that cannot be read is a counted reject.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_lent_part
from yawstring.wire.stamps import GOOD, is_digit, is_padding, receive_time

STATE_PORT = 8890
"""UDP port of the ground station that states are sent to."""

PAD_FIELDS = ("mid", "x", "y", "z", "mpitch", "mroll", "myaw")
"""The mission-pad fields; the last three stand in ``mpry``."""

STATE_FIELDS = (
    *PAD_FIELDS, "pitch", "roll", "yaw", "vgx", "vgy", "vgz", "templ", "temph", "tof", "h", "bat", "baro", "time",
    "agx", "agy", "agz",
)  # fmt: skip
"""Every field in the order of the string."""

DECIMAL_FIELDS = ("baro", "agx", "agy", "agz")
"""Fields written with two decimals; the others are whole numbers."""

REASONS = (
    "no receive time",
    "receive time out of range",
    "no state string",
    "state string cut off",
    "field without a name",
    "value that is no number",
    "field given twice",
)
"""Why a line is rejected; the first two as :mod:`yawstring.wire.stamps` numbers them."""

UNKNOWN_FIELDS = "fields of an unknown name"
"""What is left out of a line that is kept otherwise."""

_SKIPPED = -2
_NO_STATE, _CUT_OFF, _NO_NAME, _NO_NUMBER, _TWICE = range(2, len(REASONS))

_MPRY = 4
"""Column of ``mpitch``; ``mroll`` and ``myaw`` follow."""

_ROWS_A_PIECE = 1 << 14
_MOST_DIGITS = 15
_MOST_KEY_OCTETS = 7
_UTF8_BOM = b"\xef\xbb\xbf"

_TAB, _NEWLINE, _SPACE, _HASH, _COMMA, _MINUS, _DOT, _ZERO = 0x09, 0x0A, 0x20, 0x23, 0x2C, 0x2D, 0x2E, 0x30
_COLON, _SEMICOLON, _UNDERSCORE, _LOWER_A, _LOWER_Z = 0x3A, 0x3B, 0x5F, 0x61, 0x7A


@dataclass(frozen=True, kw_only=True, eq=False)
class States:
    """States read, in the order of their lines.

    Attributes:
        time_ns: ``int64[state]``, receive time as the log gives it, in nanoseconds.
        values: ``float64[state, field]``, the fields of :data:`STATE_FIELDS` in the Tello's own units; NaN is absent.
        rejects: Reason (of :data:`REASONS`) and count of the lines that could not be read.
        unknown_fields: Number of fields left out because nobody knows their name.
    """

    time_ns: NDArray[np.int64]
    values: NDArray[np.float64]
    rejects: Mapping[str, int]
    unknown_fields: int


def format_state(values: Mapping[str, float], *, pads: bool) -> bytes:
    r"""A state string as the drone sends it.

    Args:
        values: Every field of :data:`STATE_FIELDS` by name, without the mission-pad ones where ``pads`` is false.
        pads: Write the mission-pad fields, as the EDU and the TT do.

    Raises:
        KeyError: A field is missing.

    Example:
        >>> still = dict.fromkeys(STATE_FIELDS, 0) | {"yaw": -80, "baro": 305.34, "agz": -926}
        >>> format_state(still, pads=False)[:46]
        b'pitch:0;roll:0;yaw:-80;vgx:0;vgy:0;vgz:0;templ'
        >>> format_state(still, pads=True)[:36], format_state(still, pads=True)[-14:]
        (b'mid:0;x:0;y:0;z:0;mpry:0,0,0;pitch:0', b'agz:-926.00;\r\n')
    """
    return ((_WITH_PADS if pads else _WITHOUT_PADS) % values).encode()


def _template(names: tuple[str, ...]) -> str:
    return "".join(f"{name}:%({name}){'.2f' if name in DECIMAL_FIELDS else 'd'};" for name in names)


_WITHOUT_PADS = _template(STATE_FIELDS[len(PAD_FIELDS) :]) + "\r\n"
_WITH_PADS = _template(PAD_FIELDS[:_MPRY]) + "mpry:%(mpitch)d,%(mroll)d,%(myaw)d;" + _WITHOUT_PADS


def parse_state(datagram: bytes | str) -> tuple[dict[str, float], str]:
    r"""The fields of one datagram.

    Args:
        datagram: A state string; line ends, spaces and NUL octets behind it do not matter.

    Returns:
        Values by name in the Tello's own units, fields of unknown name left out, and the reason (of :data:`REASONS`)
        why there are none, or ``""``.

    Example:
        >>> parse_state(b"pitch:0;yaw:-80;baro:305.34;\r\n\0\0")
        ({'pitch': 0.0, 'yaw': -80.0, 'baro': 305.34}, '')
        >>> parse_state("pitch:0;yaw:-8")
        ({}, 'state string cut off')
    """
    octets = datagram.encode() if isinstance(datagram, str) else datagram
    states = _states(np.frombuffer(octets.replace(b"\n", b" "), np.uint8), stamped=False, zone_ns=0)
    if not len(states.values):
        return {}, next(iter(states.rejects), REASONS[_NO_STATE])
    row = states.values[0]
    return {name: float(value) for name, value in zip(STATE_FIELDS, row, strict=True) if not np.isnan(value)}, ""


def read_datagrams(datagrams: Iterable[tuple[int, bytes]]) -> States:
    r"""The states of datagrams that were stamped when they came.

    Args:
        datagrams: Receive time in nanoseconds, and octets, of each.

    Example:
        >>> states = read_datagrams([(5, b"yaw:-80;h:30;\r\n"), (6, b"ok"), (7, b"h:31;")])
        >>> states.time_ns.tolist(), states.values[:, STATE_FIELDS.index("h")].tolist(), states.rejects
        ([5, 7], [30.0, 31.0], {'no state string': 1})
    """
    times, values, rejects, unknown = list[int](), [np.zeros((0, len(STATE_FIELDS)))], Counter[str](), 0
    for time_ns, octets in datagrams:
        # A line end within a datagram ends no state: what stands behind it is not another datagram's.
        one = _states(np.frombuffer(octets.replace(b"\n", b" "), np.uint8), stamped=False, zone_ns=0)
        times += [time_ns] * len(one.values)
        values.append(one.values)
        rejects.update(one.rejects if len(one.values) or one.rejects else {REASONS[_NO_STATE]: 1})
        unknown += one.unknown_fields
    return States(
        time_ns=np.array(times, np.int64), values=np.concatenate(values), rejects=dict(rejects), unknown_fields=unknown
    )


def parse_states(octets: bytes, *, zone_ns: int = 0) -> States:
    r"""The states of a log: a receive time and a state string a line.

    Receive times are those of :mod:`yawstring.wire.stamps`. Spaces, tabs, commas, semicolons, bars and quotes may stand
    between one and the state. Blank lines and lines that begin with ``#`` are passed over.

    Args:
        octets: The log.
        zone_ns: What a time without a zone is ahead of UTC, in nanoseconds.

    Example:
        >>> states = parse_states(b"1713995000.25 yaw:-80;h:30;\n2024-04-24T21:43:21Z yaw:-81;h:31;\nnonsense\n")
        >>> states.time_ns.tolist(), states.values[:, STATE_FIELDS.index("h")].tolist(), states.rejects
        ([1713995000250000000, 1713995001000000000], [30.0, 31.0], {'no receive time': 1})
    """
    return _states(np.frombuffer(octets.removeprefix(_UTF8_BOM), np.uint8), stamped=True, zone_ns=zone_ns)


def _states(octets: NDArray[np.uint8], *, stamped: bool, zone_ns: int) -> States:
    """Read in pieces, so that memory follows the number of states and not that of lines."""
    keys = np.array([_key(name) for name in STATE_FIELDS], np.int64)
    counts = np.zeros(len(REASONS) + 1, np.int64)
    times, values = [np.zeros(0, np.int64)], [np.zeros((0, len(keys)))]
    at = 0
    while at < len(octets):
        time = np.zeros(_ROWS_A_PIECE if stamped else 1, np.int64)
        value = np.full((len(time), len(keys)), np.nan)
        at, rows = _read_lines(octets, at, stamped, zone_ns, keys, time, value, counts)
        times.append(time[:rows])
        values.append(value[:rows])
    return States(
        time_ns=np.concatenate(times),
        values=np.concatenate(values),
        rejects={reason: int(count) for reason, count in zip(REASONS, counts, strict=False) if count},
        unknown_fields=int(counts[-1]),
    )


def _key(name: str) -> int:
    """The name's octets as one number, as the loop packs them; below zero for a name that is part of ``mpry``."""
    if name in ("mroll", "myaw"):
        return -1
    return int.from_bytes(b"mpry" if name == "mpitch" else name.encode())


@compiled
def _read_lines(
    octets: NDArray[np.uint8],
    at: int,
    stamped: bool,
    zone_ns: int,
    keys: NDArray[np.int64],
    time_ns: NDArray[np.int64],
    values: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> tuple[int, int]:
    """Fill rows from the line at ``at`` on; where the next line begins and how many rows are full."""
    row = 0
    while at < len(octets) and row < len(time_ns):
        end = at
        while end < len(octets) and octets[end] != _NEWLINE:
            end += 1
        first, last = _trimmed(octets, at, end)
        reason = _SKIPPED
        if first < last and octets[first] != _HASH:
            reason = GOOD
            if stamped:
                time_ns[row], first, reason = receive_time(octets, first, last, zone_ns)
            if reason == GOOD:
                reason = _fields(octets, first, last, keys, values[row], counts)
        if reason == GOOD:
            row += 1
        elif reason >= 0:
            counts[reason] += 1
            values[row] = np.nan
        at = end + 1
    return at, row


@compiled_lent_part
def _trimmed(octets: NDArray[np.uint8], first: int, last: int) -> tuple[int, int]:
    while first < last and (octets[first] == _SPACE or octets[first] == _TAB):
        first += 1
    while first < last and is_padding(octets[last - 1]):
        last -= 1
    return first, last


@compiled_lent_part
def _fields(
    octets: NDArray[np.uint8],
    at: int,
    last: int,
    keys: NDArray[np.int64],
    values: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> int:
    """Fill ``values`` from the fields of a state string; whether it is good, or why not."""
    known, unknown, expected = 0, 0, 0
    while at < last:
        end = at
        while end < last and octets[end] != _SEMICOLON:
            end += 1
        if end == last:
            return _CUT_OFF if known or unknown else _NO_STATE
        key, at = _name(octets, at, end)
        if at < 0:
            return _NO_NAME if known or unknown else _NO_STATE
        column = _column(keys, key, expected)
        if column < 0:
            unknown += 1
        elif not np.isnan(values[column]):
            return _TWICE
        else:
            if not _fill(octets, at, end, values, column):
                return _NO_NUMBER
            known, expected = known + 1, column + (3 if column == _MPRY else 1)
        at = end + 1
    if not known:
        return _NO_STATE
    counts[-1] += unknown
    return GOOD


@compiled_lent_part
def _name(octets: NDArray[np.uint8], at: int, last: int) -> tuple[int, int]:
    """Octets of a field's name as one number and where its value begins; below zero where there is no name."""
    while at < last and octets[at] == _SPACE:
        at += 1
    key, first = 0, at
    while at < last and octets[at] != _COLON:
        octet = int(octets[at])
        if not (_LOWER_A <= octet <= _LOWER_Z or octet == _UNDERSCORE or is_digit(octet)):
            return 0, -1
        key = (key << 8) | octet if at - first < _MOST_KEY_OCTETS else 0
        at += 1
    return (key, at + 1) if first < at < last else (0, -1)


@compiled_lent_part
def _column(keys: NDArray[np.int64], key: int, expected: int) -> int:
    """Column of a field; states come in one order, so the expected one is tried first."""
    if expected < len(keys) and keys[expected] == key:
        return expected
    for column in range(len(keys)):
        if keys[column] == key:
            return column
    return -1


@compiled_lent_part
def _fill(octets: NDArray[np.uint8], at: int, end: int, values: NDArray[np.float64], column: int) -> bool:
    """Read the number, or the three of ``mpry``, that take up the octets from ``at`` to ``end``."""
    parts = 3 if column == _MPRY else 1
    for part in range(parts):
        value, at = _number(octets, at, end)
        if at < 0:
            return False
        if part + 1 < parts:
            if at >= end or octets[at] != _COMMA:
                return False
            at += 1
        values[column + part] = value
    return at == end


@compiled_lent_part
def _number(octets: NDArray[np.uint8], at: int, end: int) -> tuple[float, int]:
    """The decimal number at ``at``, correctly rounded, and where it ends; below zero where there is none."""
    while at < end and octets[at] == _SPACE:
        at += 1
    negative = at < end and octets[at] == _MINUS
    if negative:
        at += 1
    value, scale, digits, decimals = 0, 1.0, 0, False
    while at < end and (is_digit(octets[at]) or (octets[at] == _DOT and not decimals)):
        if octets[at] == _DOT:
            decimals = True
        else:
            value, digits = value * 10 + (int(octets[at]) - _ZERO), digits + 1
            scale *= 10.0 if decimals else 1.0
        if digits > _MOST_DIGITS:
            return 0.0, -1
        at += 1
    if digits == 0:
        return 0.0, -1
    while at < end and octets[at] == _SPACE:
        at += 1
    number = value / scale
    return (-number if negative else number), at
