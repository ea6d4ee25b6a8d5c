r"""Receive times as logs write them: octets to nanoseconds of Unix time, without a file.

A receive time is Unix time in seconds with up to nine decimals (further ones are passed over); a whole number of 12 to
14 digits is milliseconds, of 15 to 17 microseconds, of more nanoseconds. Or it is an ISO 8601 date and time, with a
``T`` or a space between them, decimals behind a dot or a comma, and ``Z``, ``+HH:MM``, ``+HHMM`` or no zone.

The small functions on octets are those of :mod:`yawstring.wire.tello` too. Every index is checked against ``last``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_lent_part

NO_TIME, TIME_RANGE = 0, 1
"""Why a text is no receive time: it is none, or one that nanoseconds since 1970 cannot hold."""

GOOD = -1
"""No reason."""

NS_PER_S = 1_000_000_000

_MOST_S = 9_223_372_035
_TIME_DIGITS = 19
_NAIVE_OCTETS = 19
_NOT_DIGITS = -100_000
_EPOCH_DAY = 719_162
"""Days from the first of January of the year 1, as the Gregorian calendar counts back, to that of 1970."""

_NUL, _TAB, _RETURN, _SPACE, _QUOTE, _APOSTROPHE = 0x00, 0x09, 0x0D, 0x20, 0x22, 0x27
_PLUS, _COMMA, _MINUS, _DOT, _ZERO, _NINE, _COLON, _SEMICOLON = 0x2B, 0x2C, 0x2D, 0x2E, 0x30, 0x39, 0x3A, 0x3B
_BAR, _UPPER_T, _UPPER_Z, _LOWER_T = 0x7C, 0x54, 0x5A, 0x74


def parse_stamps(texts: Sequence[str], *, zone_ns: int = 0) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Receive times of a column of texts.

    Args:
        texts: One receive time each, and nothing else.
        zone_ns: What a time without a zone is ahead of UTC, in nanoseconds.

    Returns:
        ``int64[text]`` nanoseconds of Unix time, and ``bool[text]``, whether the text is a receive time.

    Example:
        >>> times, read = parse_stamps(["1713995000.25", "2024-04-24 16:42:32-05:00", "later"])
        >>> times.tolist(), read.tolist()
        ([1713995000250000000, 1713994952000000000, 0], [True, True, False])
    """
    pieces = [text.encode() for text in texts]
    ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
    octets = np.frombuffer(b"".join(pieces) + b"\0", np.uint8)
    times, read = np.zeros(len(pieces), np.int64), np.zeros(len(pieces), np.bool_)
    _stamps(octets, ends, zone_ns, times, read)
    return times, read


@compiled
def _stamps(
    octets: NDArray[np.uint8],
    ends: NDArray[np.int64],
    zone_ns: int,
    times: NDArray[np.int64],
    read: NDArray[np.bool_],
) -> None:
    first = 0
    for row in range(len(ends)):
        last = min(ends[row], len(octets))
        time_ns, end, reason = receive_time(octets, first, last, zone_ns)
        read[row] = reason == GOOD and end == last
        times[row] = time_ns if read[row] else 0
        first = last


@compiled_lent_part
def is_padding(octet: int) -> bool:
    """Whether the octet may surround a text without being part of it: white space, a quote, NUL."""
    return octet in (_NUL, _SPACE, _TAB, _RETURN, _QUOTE, _APOSTROPHE)


@compiled_lent_part
def is_digit(octet: int) -> bool:
    """Whether the octet is a decimal digit."""
    return _ZERO <= octet <= _NINE


@compiled_lent_part
def _whole(octets: NDArray[np.uint8], at: int, last: int, most: int) -> tuple[int, int]:
    """A whole number of at most ``most`` digits and where it ends; it ends where it began if there is none."""
    value, end = 0, at
    while end < last and end - at < most and is_digit(octets[end]):
        value = value * 10 + (int(octets[end]) - _ZERO)
        end += 1
    return value, end


@compiled_lent_part
def _fraction(octets: NDArray[np.uint8], at: int, last: int, unit: int) -> tuple[int, int]:
    """Decimals behind a dot at ``at``, if there is one, in parts of ``unit``; further ones are passed over."""
    value = 0
    if at < last and octets[at] == _DOT:
        at += 1
        while at < last and is_digit(octets[at]):
            unit //= 10
            value += (int(octets[at]) - _ZERO) * unit
            at += 1
    return value, at


@compiled_lent_part
def receive_time(octets: NDArray[np.uint8], at: int, last: int, zone_ns: int) -> tuple[int, int, int]:
    """Time in nanoseconds, where the state string begins, and the reason why there is none."""
    while at < last and is_padding(octets[at]):
        at += 1
    if at + 4 < last and octets[at + 4] == _MINUS:
        time_ns, end, reason = _iso_time(octets, at, last, zone_ns)
    else:
        time_ns, end, reason = _unix_time(octets, at, last)
    if reason != GOOD:
        return 0, end, reason
    if end < last and not _is_separator(octets[end]):
        return 0, end, NO_TIME
    while end < last and _is_separator(octets[end]):
        end += 1
    return time_ns, end, GOOD


@compiled_lent_part
def _is_separator(octet: int) -> bool:
    return octet in (_SPACE, _TAB, _COMMA, _SEMICOLON, _BAR, _QUOTE, _APOSTROPHE)


@compiled_lent_part
def _unix_time(octets: NDArray[np.uint8], at: int, last: int) -> tuple[int, int, int]:
    value, end = _whole(octets, at, last, _TIME_DIGITS)
    digits = end - at
    if digits == 0 or (end < last and is_digit(octets[end])):
        return 0, end, NO_TIME
    unit = 1
    if digits < 12:
        unit = NS_PER_S
    elif digits < 15:
        unit = 1_000_000
    elif digits < 18:
        unit = 1_000
    if value < 0 or value > _MOST_S * (NS_PER_S // unit):
        return 0, end, TIME_RANGE
    rest, end = _fraction(octets, end, last, unit)
    return value * unit + rest, end, GOOD


@compiled_lent_part
def _iso_time(octets: NDArray[np.uint8], at: int, last: int, zone_ns: int) -> tuple[int, int, int]:
    """``YYYY-MM-DD``, ``T`` or a space, ``HH:MM:SS``, decimals behind a dot or a comma, ``Z`` or ``+HH:MM``."""
    if at + _NAIVE_OCTETS > last:
        return 0, at, NO_TIME
    year, month, day = _two(octets, at) * 100 + _two(octets, at + 2), _two(octets, at + 5), _two(octets, at + 8)
    hour, minute, second = _two(octets, at + 11), _two(octets, at + 14), _two(octets, at + 17)
    between = octets[at + 10]
    marked = octets[at + 7] == _MINUS and octets[at + 13] == _COLON and octets[at + 16] == _COLON
    if not marked or (between != _UPPER_T and between != _LOWER_T and between != _SPACE):
        return 0, at, NO_TIME
    if min(year, month - 1, day - 1, hour, minute, second) < 0:
        return 0, at, NO_TIME
    if not (1970 <= year < 2262 and month <= 12 and day <= _days(year, month) and hour < 24 and minute < 60):
        return 0, at, TIME_RANGE
    if second > 59:
        return 0, at, TIME_RANGE
    seconds = ((_day_number(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    rest, end = _iso_fraction(octets, at + _NAIVE_OCTETS, last)
    ahead_ns, end = _zone(octets, end, last, zone_ns)
    time_ns = seconds * NS_PER_S + rest - ahead_ns
    return time_ns, end, GOOD if time_ns >= 0 else TIME_RANGE


@compiled_lent_part
def _iso_fraction(octets: NDArray[np.uint8], at: int, last: int) -> tuple[int, int]:
    """Nanoseconds behind a dot, or behind a comma that a digit follows and no state string."""
    if at + 3 < last and octets[at] == _COMMA:
        value, end = _whole(octets, at + 1, last, 9)
        scale = NS_PER_S
        for _ in range(end - at - 1):
            scale //= 10
        if end > at + 1:
            return value * scale, end
    return _fraction(octets, at, last, NS_PER_S)


@compiled_lent_part
def _zone(octets: NDArray[np.uint8], at: int, last: int, zone_ns: int) -> tuple[int, int]:
    """How far the zone written at ``at`` is ahead of UTC, in nanoseconds, and where it ends."""
    if at < last and octets[at] == _UPPER_Z:
        return 0, at + 1
    if at + 5 > last or (octets[at] != _PLUS and octets[at] != _MINUS):
        return zone_ns, at
    colon = 1 if octets[at + 3] == _COLON else 0
    if at + 5 + colon > last:
        return zone_ns, at
    hours, minutes = _two(octets, at + 1), _two(octets, at + 3 + colon)
    if hours < 0 or minutes < 0:
        return zone_ns, at
    ahead = (hours * 60 + minutes) * 60 * NS_PER_S
    return (ahead if octets[at] == _PLUS else -ahead), at + 5 + colon


@compiled_lent_part
def _two(octets: NDArray[np.uint8], at: int) -> int:
    """Number of the two digits at ``at``; far below zero where they are none."""
    if not (is_digit(octets[at]) and is_digit(octets[at + 1])):
        return _NOT_DIGITS
    return (int(octets[at]) - _ZERO) * 10 + (int(octets[at + 1]) - _ZERO)


@compiled_lent_part
def _days(year: int, month: int) -> int:
    """Days of a month of the Gregorian calendar."""
    if month == 2:
        return 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    return 30 if month in (4, 6, 9, 11) else 31


@compiled_lent_part
def _day_number(year: int, month: int, day: int) -> int:
    """Days since 1 January 1970."""
    past = year - 1
    days = past * 365 + past // 4 - past // 100 + past // 400 - _EPOCH_DAY
    for before in range(1, month):
        days += _days(year, before)
    return days + day - 1
