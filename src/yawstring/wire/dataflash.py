"""DataFlash logs of ArduPilot (``.bin``): octets to messages by kind.

The format describes itself (ArduPilot's developer documentation, "Adding a new log message"): a record is ``A3 95``, a
type and a body; records of type 128 (``FMT``) give a type's name, length, one letter a field, and the fields' names.
Times count from power-up.

This is read here and not by ``pymavlink``, whose reader takes files only, ends in a bare ``Exception`` at a letter it
does not know and, without its compiled indexer, does not come back from a type of length 0; the tests hold the two
against each other.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.wire.messages import MOST_TIME_US, TIME_RANGE, Kind, Messages, Wanted

MAGIC = b"\xa3\x95"

TIME_FIELD = "TimeUS"
"""The field of every message of ours that says when, in microseconds since power-up."""

NO_RECORD = "runs of octets that are no record"
BAD_FORMAT = "format that describes no record"

_HEAD_1, _HEAD_2, _FORMAT_TYPE = 0xA3, 0x95, 0x80
_HEAD_OCTETS, _FORMAT_OCTETS = 3, 89
_TYPES = 256
_RECORDS_A_PIECE = 1 << 16

LETTERS: Mapping[str, tuple[str, float]] = MappingProxyType({
    "b": ("<i1", 1.0), "B": ("<u1", 1.0), "M": ("<u1", 1.0), "h": ("<i2", 1.0), "H": ("<u2", 1.0), "i": ("<i4", 1.0),
    "I": ("<u4", 1.0), "q": ("<i8", 1.0), "Q": ("<u8", 1.0), "g": ("<f2", 1.0), "f": ("<f4", 1.0), "d": ("<f8", 1.0),
    "c": ("<i2", 100.0), "C": ("<u2", 100.0), "e": ("<i4", 100.0), "E": ("<u4", 100.0), "L": ("<i4", 1e7),
    "n": ("S4", 0.0), "N": ("S16", 0.0), "Z": ("S64", 0.0), "a": ("S64", 0.0),
})  # fmt: skip
"""Letter of a field, its type, and how many of its units are one; 0 for text, which is not read."""


class _Format(NamedTuple):
    name: str
    dtype: np.dtype[np.void]
    parts: Mapping[str, float]


def read_dataflash(octets: bytes, wanted: Wanted) -> Messages:
    """The wanted messages of a log.

    Args:
        octets: The log.
        wanted: Kinds and fields; what is no number is not read.

    Example:
        >>> read_dataflash(b"no log", {"ATT": frozenset({"Roll"})}).rejects
        {'runs of octets that are no record': 1}
    """
    raw = np.frombuffer(octets, np.uint8)
    keep = np.zeros(_TYPES, np.bool_)
    keep[_FORMAT_TYPE] = True
    _, at, skipped = _records(raw, keep)
    formats, bad = _formats(octets, at)
    keep[:] = [code in formats and formats[code].name in wanted for code in range(_TYPES)]
    codes, at, _ = _records(raw, keep)
    rejects = {NO_RECORD: skipped, BAD_FORMAT: bad, TIME_RANGE: 0}
    kinds = {}
    for code in np.flatnonzero(keep).tolist():
        kind, late = _kind(raw, at[codes == code], formats[code], wanted[formats[code].name])
        rejects[TIME_RANGE] += late
        if len(kind.time_us):
            kinds[formats[code].name] = kind
    return Messages(kinds=kinds, rejects={reason: count for reason, count in rejects.items() if count}, notes={})


def _records(raw: NDArray[np.uint8], keep: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.int64], int]:
    """Type and place of every record to keep, and how many runs of octets are no record."""
    lengths = np.zeros(_TYPES, np.int64)
    lengths[_FORMAT_TYPE] = _FORMAT_OCTETS
    codes, places = [np.zeros(0, np.uint8)], [np.zeros(0, np.int64)]
    at, skipped, within = 0, 0, False
    while at < len(raw):
        code, place = np.zeros(_RECORDS_A_PIECE, np.uint8), np.zeros(_RECORDS_A_PIECE, np.int64)
        at, count, runs, within = _walk(raw, at, within, lengths, keep, code, place)
        skipped += runs
        codes.append(code[:count])
        places.append(place[:count])
    return np.concatenate(codes), np.concatenate(places), skipped


@compiled
def _walk(
    raw: NDArray[np.uint8],
    at: int,
    within: bool,
    lengths: NDArray[np.int64],
    keep: NDArray[np.bool_],
    codes: NDArray[np.uint8],
    places: NDArray[np.int64],
) -> tuple[int, int, int, bool]:
    """Fill the records from ``at`` on; where to go on, how many, and the runs of other octets begun and gone on."""
    count, runs = 0, 0
    while at < len(raw) and count < len(codes):
        length = 0
        if at + _HEAD_OCTETS <= len(raw) and raw[at] == _HEAD_1 and raw[at + 1] == _HEAD_2:
            length = lengths[raw[at + 2]]
        if length < _HEAD_OCTETS or at + length > len(raw):
            runs += 0 if within else 1
            within = True
            at += 1
            continue
        within = False
        code = raw[at + 2]
        if code == _FORMAT_TYPE and lengths[raw[at + 3]] == 0:
            lengths[raw[at + 3]] = raw[at + 4]
        if keep[code]:
            codes[count], places[count] = code, at
            count += 1
        at += length
    return at, count, runs, within


def _formats(octets: bytes, places: NDArray[np.int64]) -> tuple[dict[int, _Format], int]:
    """Formats by type, the first of each; and how many describe no record."""
    formats: dict[int, _Format] = {}
    bad = 0
    for place in np.unique(places).tolist():
        body = octets[place + _HEAD_OCTETS : place + _FORMAT_OCTETS]
        code, length = body[0], body[1]
        name, letters, names = (_text(body[first:last]) for first, last in ((2, 6), (6, 22), (22, 86)))
        fields = names.split(",") if names else []
        known = all(letter in LETTERS for letter in letters)
        if code in formats:
            continue
        if not known or len(fields) != len(letters) or len(set(fields)) != len(fields) or "" in fields:
            bad += 1
            continue
        dtype = np.dtype([(field, LETTERS[letter][0]) for field, letter in zip(fields, letters, strict=True)])
        if dtype.itemsize != length - _HEAD_OCTETS:
            bad += 1
            continue
        parts = {field: LETTERS[letter][1] for field, letter in zip(fields, letters, strict=True)}
        formats[code] = _Format(name, dtype, parts)
    return formats, bad


def _text(octets: bytes) -> str:
    return octets.split(b"\0", 1)[0].decode("latin-1")


def _kind(raw: NDArray[np.uint8], places: NDArray[np.int64], form: _Format, wanted: frozenset[str]) -> tuple[Kind, int]:
    """The messages of a type as columns, and how many are left out for their time."""
    names = form.dtype.names or ()
    if form.parts.get(TIME_FIELD) != 1.0:
        return Kind(time_us=np.zeros(0, np.int64), fields={}), 0
    bodies = raw[places[:, None] + np.arange(_HEAD_OCTETS, _HEAD_OCTETS + form.dtype.itemsize)]
    table = np.ascontiguousarray(bodies).view(form.dtype)[:, 0] if len(places) else np.zeros(0, form.dtype)
    time = table[TIME_FIELD]
    good = (time >= 0) & (time <= MOST_TIME_US)
    read = [name for name in names if name in wanted and form.parts[name]]
    with np.errstate(invalid="ignore"):  # damage may make a signalling NaN
        fields = {name: table[name][good].astype(np.float64) / form.parts[name] for name in read}
    return Kind(time_us=time[good].astype(np.int64), fields=fields), int((~good).sum())
