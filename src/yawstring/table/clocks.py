"""How far the clock of a telemetry log is from that of a capture, found in what both have seen.

The offset is what to add to the log's clock to get the capture's. The drone's state datagrams pass through the air
before they are logged; where the network is open their text is in the capture, and a state that both hold once ties the
clocks (:func:`by_states`). Where it is encrypted the ciphertext still shows its length, and a state's length changes
with the digits in it: the one offset at which frames of the right lengths lie before most states stands out
(:func:`by_lengths`). Failing both, the first commands tell roughly (:func:`by_commands`).

A log is stamped when a datagram has been delivered: the longer that took, the shorter the offset that a match says. So
of all matches the offset is not the median but one near the longest, as NTP trusts the fastest answer: nineteen states
in twenty are then logged no earlier than they were in the air, and no frame is handed a state before it was sent. The
error says how far nine matches in ten lie from the offset, not what all of them share.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.schema import TIME
from yawstring.table.fuse import frame_times
from yawstring.table.telemetry import COLUMNS, from_states, tello_columns
from yawstring.wire.stamps import NS_PER_S
from yawstring.wire.tello import DECIMAL_FIELDS, PAD_FIELDS, STATE_FIELDS, format_state, parse_states

Method = Literal["states", "lengths", "commands"]

LEAST_STATES = 8
"""States that both sides must hold."""

MOST_SPREAD_S = 0.5
"""Error beyond which states that look the same are taken for different ones."""

LEAST_LENGTHS = 50
"""States that must find a frame of their length."""

LEAST_SHARE = 0.5
"""Share of the states logged during the capture that must find a frame of their length."""

LEAST_CONTRAST = 1.5
"""Times that the best offset must find more frames than any other."""

OVERHEADS = (44, 36, 48, 56, 0)
"""Octets that ``data.len`` counts beside a state: LLC, IPv4 and UDP headers (36), and a MIC or ICV of 8, 12 or 20."""

COMMANDS_APART_S = 1.0
"""What the first command and the take-off may disagree by."""

_SAME_DATAGRAM_NS = 50_000_000
"""Copies of a text within this are one datagram and its repeats; further apart they are two."""

_TEXT = "text"
_PARTS = 1e6
_BIN_NS = 2_000_000
_WINDOW_BINS = 10
_RIVAL_BINS = 25
_NEAR_NS = 25_000_000
_FAR_NS = 1 << 60
_MOST_BINS = 50_000_000
_MOST_ROWS = 12_000
_MOST_FRAMES = 100_000
_FASTEST, _NINE_IN_TEN = 0.95, 0.9
_DATA = 2
_HALF_SECOND = 0.5


@dataclass(frozen=True, kw_only=True)
class ClockOffset:
    """An offset that was found.

    Attributes:
        offset_s: Seconds to add to the telemetry's clock to get the capture's.
        error_s: Seconds from it within which nine matches in ten lie.
        method: What it was found in.
        matches: How many states or commands say so.
    """

    offset_s: float
    error_s: float
    method: Method
    matches: int


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Why no offset can be known, in one line."""

    reason: str


Found: TypeAlias = ClockOffset | Refused


def clock_offset(frames: pl.DataFrame, telemetry: pl.DataFrame) -> Found:
    """The offset, by the first way that gives one.

    Args:
        frames: Columns of frames, with ``time_ns``.
        telemetry: A telemetry table, its whole seconds spread.

    Example:
        >>> frames = pl.DataFrame({"time_ns": [1]})
        >>> clock_offset(frames, pl.DataFrame({"time_ns": [5]})).reason.split(";")[0]
        'no state datagram in the air can be read'
    """
    refused = []
    for way in (by_states, by_lengths, by_commands):
        found = way(frames, telemetry)
        if isinstance(found, ClockOffset):
            return found
        refused.append(found.reason)
    return Refused(reason="; ".join(refused))


def by_states(frames: pl.DataFrame, telemetry: pl.DataFrame) -> Found:
    """From states whose text is in the air: each that both sides hold just once says what the offset is."""
    air = _heard_states(frames)
    if air is None:
        return Refused(reason="no state datagram in the air can be read")
    names = [name for name in COLUMNS if _has(telemetry, name) and _has(air, name)]
    if not names:
        return Refused(reason="the states in the air and the log have no field in common")
    ours, theirs = _once(air, names, _SAME_DATAGRAM_NS), _once(telemetry, names, -1)
    both = theirs.join(ours, on=names, how="inner", nulls_equal=True, suffix=".air")
    if len(both) < LEAST_STATES:
        found = f"{len(both)} of {len(telemetry):,} logged states found in the air, each once"
        return Refused(reason=f"{found}; {LEAST_STATES} are needed")
    offset = _offset((both[f"{TIME}.air"] - both[TIME]).to_numpy(), "states")
    if offset.error_s > MOST_SPREAD_S:
        return Refused(reason=f"{len(both)} states found in the air disagree by {offset.error_s:.2f} s on the offset")
    return offset


def by_lengths(frames: pl.DataFrame, telemetry: pl.DataFrame) -> Found:
    """From the lengths of encrypted frames: at the right offset, one of the right length lies before each state."""
    lengths = state_lengths(telemetry)
    if lengths is None:
        return Refused(reason="the log holds no whole states whose length could be looked for")
    times, timed = frame_times(frames)
    if not {"data.len", "wlan.fc.type"} <= set(frames.columns):
        return Refused(reason="the frames hold no lengths of payloads")
    data = (frames["wlan.fc.type"] == _DATA).fill_null(False).to_numpy() & timed
    sizes = frames["data.len"].fill_null(-1).cast(pl.Int64).to_numpy()
    middle = max(0, (len(telemetry) - _MOST_ROWS) // 2)
    rows = telemetry[TIME].to_numpy()[middle : middle + _MOST_ROWS]
    lengths = lengths[middle : middle + _MOST_ROWS]
    found = [_aligned(times[data], sizes[data] - overhead, rows, lengths) for overhead in OVERHEADS]
    known = [one for one in found if isinstance(one, ClockOffset)]
    if known:
        return max(known, key=lambda one: one.matches)
    return Refused(reason=next((one.reason for one in found if isinstance(one, Refused)), ""))


def by_commands(frames: pl.DataFrame, telemetry: pl.DataFrame) -> Found:
    """From the first commands on an open network: the states begin with ``command``, the motors with ``takeoff``.

    Rough, to half a second: the drone counts whole seconds of flight.
    """
    first, off = (_first_command(frames, text) for text in ("command", "takeoff"))
    if first is None or off is None:
        return Refused(reason="no first command and take-off in the air can be read")
    flown = telemetry["flight_time_s"] if "flight_time_s" in telemetry.columns else pl.Series([None])
    rise = np.flatnonzero((flown.diff() > 0).fill_null(False).to_numpy())
    if not len(rise):
        return Refused(reason="the log shows no take-off")
    begun = (first - int(telemetry[TIME][0])) / NS_PER_S
    flying = (off - int(telemetry[TIME][int(rise[0])])) / NS_PER_S + _HALF_SECOND
    if abs(begun - flying) > COMMANDS_APART_S:
        apart = abs(begun - flying)
        return Refused(reason=f"the first command and the take-off disagree by {apart:.1f} s on the offset")
    error = max(abs(begun - flying), _HALF_SECOND)
    return ClockOffset(offset_s=flying, error_s=error, method="commands", matches=2)


def state_lengths(telemetry: pl.DataFrame) -> NDArray[np.int64] | None:
    r"""``int64[row]``, octets of the datagram that each row was, line end included; ``None`` where fields are missing.

    Example:
        >>> from yawstring.wire.tello import parse_states
        >>> text = b"pitch:0;roll:-1;yaw:-80;vgx:0;vgy:0;vgz:1;templ:64;temph:68;tof:81;h:30;bat:93;baro:305.34;time:1;"
        >>> text += b"agx:11.00;agy:-12.00;agz:-926.00;\r\n"
        >>> rows = from_states(parse_states(b"1713995000 " + text))
        >>> state_lengths(pl.DataFrame(dict(rows.columns))).tolist(), len(text)
        ([133], 133)
    """
    fields = tello_columns(telemetry).rename({"flight_time": "time"})
    pads = not fields["mid"].is_null().any()
    names = STATE_FIELDS if pads else STATE_FIELDS[len(PAD_FIELDS) :]
    if not len(fields) or fields.select(names).null_count().row(0) != (0,) * len(names):
        return None
    written = sum(_written(fields[name]) for name in names)
    zeros = dict.fromkeys(STATE_FIELDS, 0)
    fixed = len(format_state(zeros, pads=pads)) - sum(4 if name in DECIMAL_FIELDS else 1 for name in names)
    return np.asarray(written, np.int64) + fixed


def _written(values: pl.Series) -> NDArray[np.int64]:
    """Octets of each number as a state string writes it."""
    decimals = 3 if values.name in DECIMAL_FIELDS else 0
    whole = values.abs().cast(pl.Int64).cast(pl.String).str.len_bytes() + (values < 0).cast(pl.UInt32)
    return whole.cast(pl.Int64).to_numpy() + decimals


def _has(frame: pl.DataFrame, name: str) -> bool:
    return name in frame.columns and frame[name].null_count() < len(frame)


def _heard_states(frames: pl.DataFrame) -> pl.DataFrame | None:
    """States in the air with their times, in our columns; ``None`` where there is none."""
    if "tello.state" not in frames.columns or frames["tello.state"].dtype != pl.String:
        return None
    times, timed = frame_times(frames)
    heard = pl.DataFrame({TIME: times, _TEXT: frames["tello.state"].str.replace_all("[\r\n]", " ")})
    heard = heard.filter(pl.Series(timed), pl.col(_TEXT).is_not_null())
    log = "".join(f"{place}.0 {text}\n" for place, text in enumerate(heard[_TEXT]))
    states = parse_states(log.encode())
    if not len(states.time_ns):
        return None
    received = heard[TIME].gather(states.time_ns // NS_PER_S)
    return pl.DataFrame([received, *(values.alias(name) for name, values in from_states(states).columns.items())])


def _first_command(frames: pl.DataFrame, text: str) -> int | None:
    """When the command was first in the air, in nanoseconds."""
    if "tello.command" not in frames.columns or frames["tello.command"].dtype != pl.String:
        return None
    times, timed = frame_times(frames)
    said = (frames["tello.command"].str.strip_chars().str.to_lowercase() == text).fill_null(False).to_numpy()
    return int(times[said & timed].min()) if (said & timed).any() else None


def _once(frame: pl.DataFrame, names: list[str], most_apart_ns: int) -> pl.DataFrame:
    """Contents that stand in the table once (or, of a datagram and its repeats, near each other), with the first time.

    Values are held to a millionth, so that two ways of reading one number agree.
    """
    content = [(pl.col(name).cast(pl.Float64) * _PARTS).round().cast(pl.Int64, strict=False) for name in names]
    first, last = pl.col(TIME).min(), pl.col(TIME).max().alias("last")
    grouped = frame.select(TIME, *content).group_by(names).agg(first, last, pl.len().alias("copies"))
    single = (pl.col("copies") == 1) | (pl.col("last") - pl.col(TIME) <= most_apart_ns)
    return grouped.filter(single).select(TIME, *names)


def _offset(apart_ns: NDArray[np.int64], method: Method) -> ClockOffset:
    offset = int(np.sort(apart_ns)[int(_FASTEST * (len(apart_ns) - 1))])
    error = float(np.quantile(np.abs(apart_ns - offset), _NINE_IN_TEN)) / NS_PER_S
    return ClockOffset(offset_s=offset / NS_PER_S, error_s=error, method=method, matches=len(apart_ns))


def _aligned(
    times: NDArray[np.int64], sizes: NDArray[np.int64], rows: NDArray[np.int64], lengths: NDArray[np.int64]
) -> Found:
    """The offset at which most rows find a frame of their length, if it stands out."""
    near = np.isin(sizes, np.unique(lengths))
    times, sizes = times[near], sizes[near]
    if min(len(times), len(rows)) < LEAST_LENGTHS:
        return Refused(
            reason=f"{len(times):,} frames of a logged state's length in the air; {LEAST_LENGTHS} are needed"
        )
    if len(times) > _MOST_FRAMES:
        return Refused(reason=f"{len(times):,} frames of a logged state's length in the air: too many to tell")
    low, high = int(times.min()) - int(rows[-1]), int(times.max()) - int(rows[0])
    bins = (high - low) // _BIN_NS + 1
    if bins > _MOST_BINS:
        return Refused(reason="the capture or the log is too long to look for the offset in lengths")
    order = np.lexsort((times, sizes))
    times, sizes = times[order], sizes[order]
    first, last = np.searchsorted(sizes, lengths), np.searchsorted(sizes, lengths, side="right")
    counts = np.zeros(bins, np.int32)
    _count(times, rows, first, last, low, counts)
    return _peak(counts, low, times, rows, first, last)


def _peak(
    counts: NDArray[np.int32],
    low: int,
    times: NDArray[np.int64],
    rows: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> Found:
    wide = np.convolve(counts, np.ones(_WINDOW_BINS, np.int32))
    best = int(wide.argmax())
    rivals = np.concatenate([wide[: max(0, best - _RIVAL_BINS)], wide[best + _RIVAL_BINS + 1 :]])
    contrast = float(wide[best]) / max(1.0, float(rivals.max(initial=0)))
    centre = low + (2 * best - _WINDOW_BINS + 2) * _BIN_NS // 2
    apart = np.zeros(len(rows), np.int64)
    _nearest(times, rows + centre, first, last, apart)
    matched = apart[np.abs(apart) <= _NEAR_NS] + centre
    during = (rows + centre >= times.min() - _NEAR_NS) & (rows + centre <= times.max() + _NEAR_NS)
    share = len(matched) / max(1, int(during.sum()))
    if contrast < LEAST_CONTRAST or share < LEAST_SHARE or len(matched) < LEAST_LENGTHS:
        found = f"the best offset finds {len(matched):,} states ({share:.0%}), {contrast:.1f} times the next best"
        return Refused(reason=f"the lengths of frames do not tell: {found}")
    return _offset(matched, "lengths")


@compiled
def _count(
    times: NDArray[np.int64],
    rows: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    low: int,
    counts: NDArray[np.int32],
) -> None:
    """Count the pairs of a row and a frame of its length by how far they lie apart."""
    for row in range(min(len(rows), len(first), len(last))):
        for frame in range(max(0, first[row]), min(last[row], len(times))):
            place = (times[frame] - rows[row] - low) // _BIN_NS
            if 0 <= place < len(counts):
                counts[place] += 1


@compiled
def _nearest(
    times: NDArray[np.int64],
    due: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    apart: NDArray[np.int64],
) -> None:
    """How far the nearest frame of its length lies from when it is due, for each row; a large number without one."""
    for row in range(min(len(due), len(first), len(last), len(apart))):
        low, high = max(0, first[row]), min(last[row], len(times))
        end = high
        while low < high:
            middle = (low + high) // 2
            if times[middle] < due[row]:
                low = middle + 1
            else:
                high = middle
        apart[row] = _FAR_NS
        for place in (low - 1, low):
            if max(0, first[row]) <= place < end and abs(times[place] - due[row]) < abs(apart[row]):
                apart[row] = times[place] - due[row]
