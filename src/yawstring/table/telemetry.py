"""Telemetry tables: one row a state, one name and one SI-like unit a column, whatever the aircraft.

A telemetry table has ``time_ns`` and every column of :data:`COLUMNS`, null where the source says nothing, and is sorted
by time, rows of one time in the order of the log. Here Tello states become one, and one becomes the Tello's own numbers
again; :mod:`yawstring.table.logged` reads tables of a column a field, :mod:`yawstring.table.flight_logs` MAVLink and
ULog.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import OptionError, TableError
from yawstring.schema import OURS, TIME
from yawstring.schema.telemetry import TELEMETRY_COLUMNS
from yawstring.wire.stamps import NS_PER_S
from yawstring.wire.tello import DECIMAL_FIELDS, PAD_FIELDS, REASONS, STATE_FIELDS, UNKNOWN_FIELDS, States

Source = Literal["tello", "mavlink", "ulog"]
Clock = Literal["received", "gps", "given"]

COLUMNS = tuple(column.name for column in TELEMETRY_COLUMNS if column.source == OURS)
"""Every column of a telemetry table but ``time_ns``, in order."""

WHOLE = frozenset(column.name for column in TELEMETRY_COLUMNS if column.source == OURS and column.dtype == "int")
"""Those of whole numbers (``Int64``); the others are ``Float64``."""

STANDARD_GRAVITY_M_S2 = 9.80665
"""ISO 80000-3; the guides give accelerations in thousandths of it."""

RELATIVE_BELOW_NS = 100_000_000 * NS_PER_S
"""A log whose times all lie before 3 March 1973 counts from some start of its own."""

MOST_OCTETS = 1 << 30
MOST_LINES = 1 << 22

OUT_OF_RANGE = REASONS[1]

STEPS_BACK = "times that step back"
"""Rows that the log puts behind a later one; they are kept, and sorted in."""

NO_ECHO_CM = 6553
"""``tof`` when nothing comes back: 65,535 mm, the largest number of its 16 bits."""

PAD_OFF, PAD_OUT_OF_SIGHT = -2, -1
"""``mid`` with detection off, and with no pad in sight (SDK 3.0 guide)."""


class Unit(NamedTuple):
    """A unit of the Tello's: a value over ``parts``, times ``whole``, is one in ours."""

    parts: float = 1.0
    whole: float = 1.0


SAME, CENTIMETRE, DECIMETRE_A_SECOND = Unit(), Unit(100.0), Unit(10.0)
UPWARD_DECIMETRE_A_SECOND = Unit(10.0, -1.0)
"""The Tello counts ``vgz`` upwards (its height grows while it is above zero); our z points down."""

MILLI_G = Unit(1000.0, STANDARD_GRAVITY_M_S2)

FIELDS: Mapping[str, tuple[str, Unit]] = MappingProxyType({
    "mid": ("pad_id", SAME), "x": ("pad_x_m", CENTIMETRE), "y": ("pad_y_m", CENTIMETRE), "z": ("pad_z_m", CENTIMETRE),
    "mpitch": ("pad_pitch_deg", SAME), "mroll": ("pad_roll_deg", SAME), "myaw": ("pad_yaw_deg", SAME),
    "pitch": ("pitch_deg", SAME), "roll": ("roll_deg", SAME), "yaw": ("yaw_deg", SAME),
    "vgx": ("velocity_x_m_s", DECIMETRE_A_SECOND), "vgy": ("velocity_y_m_s", DECIMETRE_A_SECOND),
    "vgz": ("velocity_z_m_s", UPWARD_DECIMETRE_A_SECOND),
    "templ": ("temperature_low_c", SAME), "temph": ("temperature_high_c", SAME),
    "tof": ("tof_m", CENTIMETRE), "h": ("height_m", CENTIMETRE), "bat": ("battery_pct", SAME), "baro": ("baro_m", SAME),
    "time": ("flight_time_s", SAME),
    "agx": ("acceleration_x_m_s2", MILLI_G), "agy": ("acceleration_y_m_s2", MILLI_G),
    "agz": ("acceleration_z_m_s2", MILLI_G),
})  # fmt: skip
"""Field of the Tello, our column, and the Tello's unit."""

TELLO_COLUMNS = tuple("flight_time" if name == "time" else name for name in STATE_FIELDS)
"""The Tello's fields as the notebook's table names them, in the order of the state string."""

_PAD_FIELDS = PAD_FIELDS[1:]
_PAD_POSITION = PAD_FIELDS[1:4]
_NO_PAD_CM: Mapping[int, int] = MappingProxyType({PAD_OUT_OF_SIGHT: -100, PAD_OFF: -200})
_DECIMALS = 2


@dataclass(frozen=True, kw_only=True)
class TelemetryOptions:
    """What a log cannot say of itself, and how much of it is read.

    Attributes:
        start_ns: Unix time, in nanoseconds, of the zero that the log counts from: needed where it counts from its own
            start (power-up, midnight) and holds no other reference. 0 keeps such times as they are.
        zone_ns: What a written date and time without a zone is ahead of UTC, in nanoseconds.
        carry_ns: How long a value of a MAVLink or ULog message stays in the rows after it.
        most_octets: Size of the file; more is refused.
        most_lines: Lines of a text log or messages of a binary one; more is refused.
    """

    start_ns: int | None = None
    zone_ns: int = 0
    carry_ns: int = 2 * NS_PER_S
    most_octets: int = MOST_OCTETS
    most_lines: int = MOST_LINES


@dataclass(frozen=True, kw_only=True, eq=False)
class Telemetry:
    """One log of telemetry.

    Attributes:
        frame: ``time_ns`` (``Int64``) and every column of :data:`COLUMNS`, sorted by time.
        rejects: Reason and count of what could not be read: lines, rows, messages.
        notes: What is worth knowing of what could be, and how often.
        source: Where it comes from.
        clock: What the times are: of receipt by the ground station's clock, of measurement by the satellites' clock,
            or counted from the start that the options give.
        whole_seconds: Every time is a whole second: the log's clock was cut short. See :func:`spread_whole_seconds`.
        digest: SHA-256 of the octets read, in hexadecimal.
    """

    frame: pl.DataFrame
    rejects: Mapping[str, int]
    notes: Mapping[str, int]
    source: Source
    clock: Clock
    whole_seconds: bool
    digest: str

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Rows read from a log, before they are a table.

    Attributes:
        time_ns: ``int64[row]``, times as the log gives them, in its order.
        columns: Values by name of :data:`COLUMNS`; a missing column is null throughout.
        rejects: As :class:`Telemetry` has it.
        notes: As :class:`Telemetry` has it.
        clock: What the times are.
    """

    time_ns: NDArray[np.int64]
    columns: Mapping[str, pl.Series]
    rejects: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    clock: Clock = "received"


def telemetry(
    rows: Rows, *, source: Source, digest: str, name: str, options: TelemetryOptions | None = None
) -> Telemetry:
    """The rows as a table: on Unix time, sorted, with every column.

    Args:
        rows: Rows of a log.
        source: Where they come from.
        digest: SHA-256 of the log.
        name: Name of the log, for the error.
        options: The start that the log counts from, where it needs one.

    Raises:
        TableError: There is no row, or the log counts from a start of its own that nobody gave.
        OptionError: A start was given to a log that has Unix time.
    """
    if not len(rows.time_ns):
        why = ", ".join(f"{count:,} × {reason}" for reason, count in rows.rejects.items()) or "it is empty"
        raise TableError(f"expected telemetry, found nothing that can be read ({why})", file=name)
    rows = _of_one_clock(rows)
    time_ns, clock = _on_unix_time(rows, name, options or TelemetryOptions())
    back = int((np.diff(time_ns) < 0).sum())
    frame = frame_of(replace(rows, time_ns=time_ns))
    return Telemetry(
        frame=frame.sort(TIME, maintain_order=True) if back else frame,
        rejects=rows.rejects,
        notes={**rows.notes, **({STEPS_BACK: back} if back else {})},
        source=source,
        clock=clock,
        whole_seconds=not (time_ns % NS_PER_S).any(),
        digest=digest,
    )


def frame_of(rows: Rows) -> pl.DataFrame:
    """The rows as a telemetry table, in the order they have: ``time_ns`` and every column of :data:`COLUMNS`.

    Args:
        rows: Rows whose times are Unix time; there need be none.
    """
    columns = [_typed(column, rows.columns.get(column), len(rows.time_ns)) for column in COLUMNS]
    return pl.DataFrame([pl.Series(TIME, rows.time_ns, dtype=pl.Int64), *columns])


def _of_one_clock(rows: Rows) -> Rows:
    """Without the rows that count from some start, where others have Unix time: their times are damaged."""
    early = rows.time_ns < RELATIVE_BELOW_NS
    if early.all() or not early.any():
        return rows
    columns = {name: values.filter(pl.Series(~early)) for name, values in rows.columns.items()}
    rejects = {**rows.rejects, OUT_OF_RANGE: rows.rejects.get(OUT_OF_RANGE, 0) + int(early.sum())}
    return replace(rows, time_ns=rows.time_ns[~early], columns=columns, rejects=rejects)


def _on_unix_time(rows: Rows, name: str, options: TelemetryOptions) -> tuple[NDArray[np.int64], Clock]:
    relative = bool((rows.time_ns < RELATIVE_BELOW_NS).all())
    if not relative and options.start_ns is not None:
        raise OptionError(f"{name}: expected a log that counts from its own start, found Unix time: give no start")
    if not relative:
        return rows.time_ns, rows.clock
    if options.start_ns is None:
        raise TableError(
            "expected Unix time, found times that count from the log's own start: say when that was (start_ns)",
            file=name,
        )
    if not 0 <= options.start_ns <= np.iinfo(np.int64).max - RELATIVE_BELOW_NS:
        raise OptionError(f"expected a start of Unix time in nanoseconds, found {options.start_ns}")
    return rows.time_ns + options.start_ns, "given"


def _typed(name: str, values: pl.Series | None, length: int) -> pl.Series:
    dtype = pl.Int64() if name in WHOLE else pl.Float64()
    if values is None:
        return pl.Series(name, [None], dtype=dtype).new_from_index(0, length)
    return values.alias(name).cast(dtype, strict=False)


def from_states(states: States) -> Rows:
    """Tello states as rows in our units.

    Example:
        >>> from yawstring.wire.tello import parse_states
        >>> rows = from_states(parse_states(b"1713995000 mid:-1;x:-100;vgx:-12;h:30;agz:-1000.00;"))
        >>> [rows.columns[name][0] for name in ("velocity_x_m_s", "height_m", "acceleration_z_m_s2", "pad_x_m")]
        [-1.2, 0.3, -9.80665, None]
    """
    fields = {name: pl.Series(name, states.values[:, place]) for place, name in enumerate(STATE_FIELDS)}
    present = {name: values.fill_nan(None) for name, values in fields.items() if not values.is_nan().all()}
    notes = {UNKNOWN_FIELDS: states.unknown_fields} if states.unknown_fields else {}
    return Rows(time_ns=states.time_ns, columns=converted(present), rejects=states.rejects, notes=notes)


def converted(fields: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
    """The Tello's fields in our columns and units; what it says of a mission pad or a ground out of sight is null.

    Args:
        fields: ``Float64`` values by the Tello's names, in its units, null where absent.
    """
    frame = pl.DataFrame(list(fields.values())).with_columns(
        *(pl.when(_pad_in_sight(name, fields)).then(name) for name in _PAD_FIELDS if name in fields),
        *(pl.when(pl.col(name) != NO_ECHO_CM).then(name) for name in ("tof",) if name in fields),
    )
    return {FIELDS[name][0]: in_our_unit(frame[name], FIELDS[name][1]) for name in fields}


def in_our_unit(values: pl.Series, unit: Unit) -> pl.Series:
    """The values in our unit, each correctly rounded (Polars would multiply by a rounded reciprocal).

    Example:
        >>> in_our_unit(pl.Series([-12.0, None]), DECIMETRE_A_SECOND).to_list()
        [-1.2, None]
    """
    if unit == SAME:
        return values
    return pl.Series(values.name, values.to_numpy() / unit.parts * unit.whole + 0.0).fill_nan(None)


def _pad_in_sight(name: str, fields: Mapping[str, pl.Series]) -> pl.Expr:
    """Without ``mid`` only the position's own marks tell."""
    if "mid" in fields:
        return pl.col("mid") > 0
    if name in _PAD_POSITION:
        return ~pl.col(name).is_in([float(mark) for mark in _NO_PAD_CM.values()])
    return pl.lit(True)


def tello_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """The Tello's own numbers of a telemetry table, for layouts that hold those.

    Args:
        frame: Columns of a telemetry table; those that are not there come out null.

    Returns:
        Every column of :data:`TELLO_COLUMNS`: whole numbers as ``Int64``, ``baro`` and the accelerations as ``Float64``
        of two decimals. With a pad out of sight, the Tello's marks: -100, or -200 with detection off, and 0 degrees;
        with the ground out of sight (null in a row that has a height, of a column that is not null throughout), 6553.

    Example:
        >>> frame = pl.DataFrame({"height_m": [0.3], "acceleration_z_m_s2": [-9.0810], "pad_id": [-1]})
        >>> tello_columns(frame).select("mid", "x", "myaw", "h", "agz", "bat").row(0)
        (-1, -100, 0, 30, -926.0, None)
    """
    return frame.select(
        _field(name, FIELDS[name], set(frame.columns)).alias(shown)
        for name, shown in zip(STATE_FIELDS, TELLO_COLUMNS, strict=True)
    )


def _field(name: str, ours: tuple[str, Unit], given: set[str]) -> pl.Expr:
    column, unit = ours
    decimal = name in DECIMAL_FIELDS
    value: pl.Expr = pl.lit(None, dtype=pl.Float64)
    if column in given:
        value = (pl.col(column).cast(pl.Float64) / unit.whole * unit.parts).round(_DECIMALS if decimal else 0)
    if name in _PAD_FIELDS and "pad_id" in given:
        value = pl.when(pl.col("pad_id") > 0).then(value).otherwise(_mark(name))
    if name == "tof" and {column, "height_m"} <= given:
        unseen = pl.col(column).is_null() & pl.col("height_m").is_not_null() & pl.col(column).is_not_null().any()
        value = pl.when(unseen).then(NO_ECHO_CM).otherwise(value)
    return value.cast(pl.Float64 if decimal else pl.Int64, strict=False) + 0


def _mark(name: str) -> pl.Expr:
    """What the Tello says of a pad that is not there; null where nothing is known of pads."""
    pad = pl.col("pad_id")
    if name not in _PAD_POSITION:
        return pl.when(pad.is_not_null()).then(0.0)
    return pad.replace_strict(dict(_NO_PAD_CM), default=None, return_dtype=pl.Float64)


def spread_whole_seconds(time_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Times cut to whole seconds, spread over their second: row ``rank`` of ``k`` goes to (rank + ½)/k.

    Left as they are, such times lie before the true ones, and a frame would be joined to a row of its future.

    Args:
        time_ns: ``int64[row]``, rising.

    Returns:
        ``int64[row]``, rising, every row within its second.

    Example:
        >>> spread_whole_seconds(np.array([5, 7, 7], np.int64) * 10**9).tolist()
        [5500000000, 7250000000, 7750000000]
    """
    seconds = time_ns // NS_PER_S
    _, first, place, count = np.unique(seconds, return_index=True, return_inverse=True, return_counts=True)
    rank = np.arange(len(seconds)) - first[place]
    return seconds * NS_PER_S + (2 * rank + 1) * NS_PER_S // (2 * count[place])
