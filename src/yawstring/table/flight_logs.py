"""Messages of MAVLink, ArduPilot and PX4 as rows of telemetry.

Each of our columns is read from the first message of :data:`READINGS` that the log holds. There is a row for each
message of attitude (or, without one, of the first column there is); the other columns carry the newest value before it,
as long as it is fresh, so that no row knows its future.

Units and marks of "no value" are those of the MAVLink common message set, ArduPilot's log messages and PX4's ``uORB``
messages. All three have north-east-down and forward-right-down axes, as our columns have.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.table.telemetry import STANDARD_GRAVITY_M_S2, Clock, Rows
from yawstring.wire.messages import TIME_RANGE, US_PER_S, Kind, Messages

Values = NDArray[np.float64]

CLOCK_OFF = "readings of the satellites' clock that are more than a second off"

_NS_PER_US = 1000
_PACE = ("pitch_deg", "velocity_x_m_s", "latitude_deg", "position_x_m", "height_m", "baro_m", "acceleration_x_m_s2")
_FIRST = tuple((name, 0.0) for name in ("I", "Inst", "Instance", "C", "id"))
"""The first of several sensors, estimators or batteries of one kind."""
_DOWNWARD = 25.0  # MAV_SENSOR_ROTATION_PITCH_270
_GOOD_RANGE = 4.0  # RangeFinder::Status::Good
_FIX_3D = 3.0

_SEA_LEVEL_PA = 101_325.0
_KELVIN_A_METRE, _SEA_LEVEL_K = 0.0065, 288.15
_AIR_J_KG_K = 287.05287
_PA_PER_HPA = 100.0

_GPS_EPOCH_S = 315_964_800
_WEEK_S, _MS_PER_S = 604_800, 1000
_LEAP_SECONDS = ((0, 15), (1_341_100_800, 16), (1_435_708_800, 17), (1_483_228_800, 18))
"""Unix time of each change since 2009, and how far GPS time has been ahead of UTC from then on (IERS Bulletin C)."""
_LATEST_UP_US = 100_000_000 * US_PER_S
"""Three years: no aircraft has been on for longer, so such a time is damaged."""

_EARLIEST_US, _LATEST_US = 1_230_768_000 * US_PER_S, 4_102_444_800 * US_PER_S
"""2009 and 2100: a satellite clock outside them is not set."""


@dataclass(frozen=True)
class Reading:
    """Where a column comes from.

    Attributes:
        column: Ours.
        kind: The message.
        fields: Its fields that make the value.
        make: The value from the fields; NaN where there is none.
        only: Fields that must have a value for the message to count, where it has them.
    """

    column: str
    kind: str
    fields: tuple[str, ...]
    make: Callable[..., Values] = np.asarray
    only: tuple[tuple[str, float], ...] = ()


def _over(divisor: float, value: Values, mark: float = np.nan) -> Values:
    """The value in our unit; NaN where it is the mark of no value."""
    return np.where(value == mark, np.nan, value / divisor)


def _part(divisor: float, mark: float = np.nan) -> Callable[..., Values]:
    return partial(_over, divisor, mark=mark)


def _milli_g(value: Values) -> Values:
    return value / 1000.0 * STANDARD_GRAVITY_M_S2


def _half_turn(degrees: Values) -> Values:
    """The angle as one from -180 to 180."""
    return (degrees + 180.0) % 360.0 - 180.0


def _percent(share: Values) -> Values:
    return np.where(share < 0, np.nan, share * 100.0)


def _valid(value: Values, flag: Values) -> Values:
    return np.where(flag > 0, value, np.nan)


def _fixed(value: Values, fix: Values, divisor: float = 1.0) -> Values:
    return np.where(fix >= _FIX_3D, value / divisor, np.nan)


def _valid_up(value: Values, flag: Values) -> Values:
    return -_valid(value, flag)


def _pressure_height(pressure_hpa: Values) -> Values:
    """Height of a pressure in the standard atmosphere (ISO 2533), below 11 km."""
    exponent = _AIR_J_KG_K * _KELVIN_A_METRE / STANDARD_GRAVITY_M_S2
    ratio = np.where(pressure_hpa > 0, pressure_hpa, np.nan) * _PA_PER_HPA / _SEA_LEVEL_PA
    return _SEA_LEVEL_K / _KELVIN_A_METRE * (1.0 - ratio**exponent)


def _roll(w: Values, x: Values, y: Values, z: Values) -> Values:
    return np.degrees(np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)))


def _pitch(w: Values, x: Values, y: Values, z: Values) -> Values:
    return np.degrees(np.arcsin(np.clip(2 * (w * y - z * x), -1.0, 1.0)))


def _yaw(w: Values, x: Values, y: Values, z: Values) -> Values:
    return np.degrees(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))


_Q = ("q[0]", "q[1]", "q[2]", "q[3]")
_DOWN_ONLY = (("orientation", _DOWNWARD),)
_RANGE_ONLY = (("Orient", _DOWNWARD), ("Stat", _GOOD_RANGE))
_UINT16_MOST = 65_535.0

READINGS = (
    Reading("pitch_deg", "ATTITUDE", ("pitch",), np.degrees),
    Reading("pitch_deg", "ATT", ("Pitch",)),
    Reading("pitch_deg", "vehicle_attitude", _Q, _pitch),
    Reading("roll_deg", "ATTITUDE", ("roll",), np.degrees),
    Reading("roll_deg", "ATT", ("Roll",)),
    Reading("roll_deg", "vehicle_attitude", _Q, _roll),
    Reading("yaw_deg", "ATTITUDE", ("yaw",), np.degrees),
    Reading("yaw_deg", "ATT", ("Yaw",), _half_turn),
    Reading("yaw_deg", "vehicle_attitude", _Q, _yaw),
    *(
        reading
        for axis, ned in zip("xyz", "NED", strict=True)
        for reading in (
            Reading(f"velocity_{axis}_m_s", "LOCAL_POSITION_NED", (f"v{axis}",)),
            Reading(f"velocity_{axis}_m_s", "GLOBAL_POSITION_INT", (f"v{axis}",), _part(100.0)),
            Reading(f"velocity_{axis}_m_s", "XKF1", (f"V{ned}",), only=_FIRST),
            Reading(f"velocity_{axis}_m_s", "NKF1", (f"V{ned}",), only=_FIRST),
            Reading(
                f"velocity_{axis}_m_s",
                "vehicle_local_position",
                (f"v{axis}", "v_z_valid" if axis == "z" else "v_xy_valid"),
                _valid,
            ),
            Reading(f"position_{axis}_m", "LOCAL_POSITION_NED", (axis,)),
            Reading(f"position_{axis}_m", "XKF1", (f"P{ned}",), only=_FIRST),
            Reading(f"position_{axis}_m", "NKF1", (f"P{ned}",), only=_FIRST),
            Reading(
                f"position_{axis}_m",
                "vehicle_local_position",
                (axis, "z_valid" if axis == "z" else "xy_valid"),
                _valid,
            ),
            Reading(f"acceleration_{axis}_m_s2", "HIGHRES_IMU", (f"{axis}acc",), only=_FIRST),
            Reading(f"acceleration_{axis}_m_s2", "SCALED_IMU", (f"{axis}acc",), _milli_g),
            Reading(f"acceleration_{axis}_m_s2", "IMU", (f"Acc{axis.upper()}",), only=_FIRST),
            Reading(f"acceleration_{axis}_m_s2", "sensor_combined", (f"accelerometer_m_s2[{'xyz'.index(axis)}]",)),
        )
    ),
    Reading("latitude_deg", "GLOBAL_POSITION_INT", ("lat",), _part(1e7)),
    Reading("latitude_deg", "POS", ("Lat",)),
    Reading("latitude_deg", "GPS", ("Lat", "Status"), _fixed, _FIRST),
    Reading("latitude_deg", "vehicle_global_position", ("lat",)),
    Reading("latitude_deg", "vehicle_gps_position", ("latitude_deg", "fix_type"), _fixed),
    Reading("latitude_deg", "vehicle_gps_position", ("lat", "fix_type"), partial(_fixed, divisor=1e7)),
    Reading("longitude_deg", "GLOBAL_POSITION_INT", ("lon",), _part(1e7)),
    Reading("longitude_deg", "POS", ("Lng",)),
    Reading("longitude_deg", "GPS", ("Lng", "Status"), _fixed, _FIRST),
    Reading("longitude_deg", "vehicle_global_position", ("lon",)),
    Reading("longitude_deg", "vehicle_gps_position", ("longitude_deg", "fix_type"), _fixed),
    Reading("longitude_deg", "vehicle_gps_position", ("lon", "fix_type"), partial(_fixed, divisor=1e7)),
    Reading("height_m", "GLOBAL_POSITION_INT", ("relative_alt",), _part(1000.0)),
    Reading("height_m", "ALTITUDE", ("altitude_relative",)),
    Reading("height_m", "POS", ("RelHomeAlt",)),
    Reading("height_m", "vehicle_local_position", ("z", "z_valid"), _valid_up),
    Reading("tof_m", "DISTANCE_SENSOR", ("current_distance",), _part(100.0), _DOWN_ONLY),
    Reading("tof_m", "RFND", ("Dist",), only=_RANGE_ONLY),
    Reading("tof_m", "distance_sensor", ("current_distance",), only=_DOWN_ONLY),
    Reading("tof_m", "vehicle_local_position", ("dist_bottom", "dist_bottom_valid"), _valid),
    Reading("baro_m", "SCALED_PRESSURE", ("press_abs",), _pressure_height),
    Reading("baro_m", "HIGHRES_IMU", ("pressure_alt",), only=_FIRST),
    Reading("baro_m", "BARO", ("Alt",), only=_FIRST),
    Reading("baro_m", "vehicle_air_data", ("baro_alt_meter",)),
    Reading("battery_pct", "SYS_STATUS", ("battery_remaining",), _part(1.0, -1.0)),
    Reading("battery_pct", "BATTERY_STATUS", ("battery_remaining",), _part(1.0, -1.0), _FIRST),
    Reading("battery_pct", "BAT", ("RemPct",), only=_FIRST),
    Reading("battery_pct", "battery_status", ("remaining",), _percent),
    Reading("battery_v", "SYS_STATUS", ("voltage_battery",), _part(1000.0, _UINT16_MOST)),
    Reading("battery_v", "BAT", ("Volt",), only=_FIRST),
    Reading("battery_v", "battery_status", ("voltage_v",)),
    Reading("temperature_c", "SCALED_PRESSURE", ("temperature",), _part(100.0)),
    Reading("temperature_c", "BARO", ("Temp",), only=_FIRST),
    Reading("temperature_c", "vehicle_air_data", ("baro_temp_celcius",)),
)
"""Where each column comes from, the preferred message first."""

_GPS_TIME = ("GPS", ("GWk", "GMS"))
_UTC_TIMES = (("vehicle_gps_position", "time_utc_usec"), ("sensor_gps", "time_utc_usec"))


def wanted() -> dict[str, frozenset[str]]:
    """Kinds of messages that rows are made of, and their fields.

    Example:
        >>> sorted(wanted()["ATT"])
        ['Pitch', 'Roll', 'Yaw']
    """
    fields: dict[str, set[str]] = {}
    for reading in READINGS:
        fields.setdefault(reading.kind, set()).update(reading.fields, (name for name, _ in reading.only))
    fields[_GPS_TIME[0]].update(_GPS_TIME[1])
    for kind, name in _UTC_TIMES:
        fields.setdefault(kind, set()).add(name)
    return {kind: frozenset(names) for kind, names in fields.items()}


def from_messages(messages: Messages, *, carry_ns: int, on_unix_time: bool) -> Rows:
    """Rows of a log's messages.

    Args:
        messages: What was read of :func:`wanted`.
        carry_ns: How long a value stays in the rows after it.
        on_unix_time: The messages' times are Unix time; otherwise they count from power-up, and the satellites' clock
            is looked for.

    Example:
        >>> kinds = {
        ...     "ATT": Kind(time_us=np.array([1_000_000, 5_000_000]), fields={"Yaw": np.array([10.0, 350.0])}),
        ...     "BAT": Kind(time_us=np.array([900_000]), fields={"Volt": np.array([11.1])}),
        ... }
        >>> messages = Messages(kinds=kinds, rejects={}, notes={})
        >>> rows = from_messages(messages, carry_ns=2_000_000_000, on_unix_time=False)
        >>> rows.columns["yaw_deg"].to_list(), rows.columns["battery_v"].to_list()
        ([10.0, -10.0], [11.1, None])
    """
    kinds = messages.kinds
    sources = dict(_sources(kinds))
    pace = next((sources[column] for column in (*_PACE, *sources) if column in sources), None)
    if pace is None:
        return Rows(time_ns=np.zeros(0, np.int64), columns={}, rejects=messages.rejects, notes=messages.notes)
    at_us = _series(pace, kinds[pace.kind])[0]
    rejects, notes = dict(messages.rejects), dict(messages.notes)
    clock: Clock = "received"
    offset_us = 0
    if not on_unix_time:
        if late := int((at_us >= _LATEST_UP_US).sum()):
            at_us = at_us[at_us < _LATEST_UP_US]
            rejects[TIME_RANGE] = rejects.get(TIME_RANGE, 0) + late
        if (found := _unix_offset_us(kinds)) is not None:
            offset_us, off = found
            clock = "gps"
            notes |= {CLOCK_OFF: off} if off else {}
    columns = {
        column: _carried(*_series(reading, kinds[reading.kind]), at_us, carry_ns // _NS_PER_US)
        for column, reading in sources.items()
    }
    return Rows(time_ns=(at_us + offset_us) * _NS_PER_US, columns=columns, rejects=rejects, notes=notes, clock=clock)


def _sources(kinds: Mapping[str, Kind]) -> Iterable[tuple[str, Reading]]:
    """Each column with the first of its readings that the log has a message for."""
    seen = set[str]()
    for reading in READINGS:
        kind = kinds.get(reading.kind)
        if reading.column in seen or kind is None or not set(reading.fields) <= set(kind.fields):
            continue
        if len(_series(reading, kind)[0]):
            seen.add(reading.column)
            yield reading.column, reading


def _series(reading: Reading, kind: Kind) -> tuple[NDArray[np.int64], Values]:
    """Times and values of a reading, in the order of the log."""
    counts = np.ones(len(kind.time_us), np.bool_)
    for name, value in reading.only:
        if name in kind.fields:
            counts &= kind.fields[name] == value
    with np.errstate(all="ignore"):
        values = reading.make(*(kind.fields[name][counts] for name in reading.fields))
    return kind.time_us[counts], np.where(np.isfinite(values), values, np.nan)


def _carried(time_us: NDArray[np.int64], values: Values, at_us: NDArray[np.int64], carry_us: int) -> pl.Series:
    """The newest value at each time, null where there is none or it is older than ``carry_us``."""
    order = np.argsort(time_us, kind="stable")
    newest = np.searchsorted(time_us[order], at_us, side="right") - 1
    there = newest >= 0
    place = order[np.where(there, newest, 0)]
    fresh = there & (at_us - time_us[place] <= carry_us)
    return pl.Series(np.where(fresh, values[place], np.nan)).fill_nan(None)


def _unix_offset_us(kinds: Mapping[str, Kind]) -> tuple[int, int] | None:
    """How far Unix time is ahead of the aircraft's clock by its satellites', and how many readings are off."""
    for boot_us, unix_us in _clock_readings(kinds):
        sane = (unix_us > _EARLIEST_US) & (unix_us < _LATEST_US)
        if sane.any():
            offsets = unix_us[sane] - boot_us[sane]
            offset = int(np.sort(offsets)[len(offsets) // 2])
            return offset, int((np.abs(offsets - offset) > US_PER_S).sum())
    return None


def _clock_readings(kinds: Mapping[str, Kind]) -> Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    gps = kinds.get(_GPS_TIME[0])
    if gps is not None and set(_GPS_TIME[1]) <= set(gps.fields):
        yield gps.time_us, _from_gps_time(*(gps.fields[name] for name in _GPS_TIME[1]))
    for name, field in _UTC_TIMES:
        kind = kinds.get(name)
        if kind is not None and field in kind.fields:
            yield kind.time_us, _whole(kind.fields[field])


def _from_gps_time(week: Values, millisecond: Values) -> NDArray[np.int64]:
    """Unix time in microseconds of a week of GPS time and the milliseconds within it; 0 of week 0."""
    seconds = _GPS_EPOCH_S + week * _WEEK_S
    ahead = np.array([leap for _, leap in _LEAP_SECONDS])
    since = np.array([start + leap for start, leap in _LEAP_SECONDS])
    leap = ahead[np.maximum(np.searchsorted(since, seconds + millisecond / _MS_PER_S, side="right") - 1, 0)]
    return np.where(week > 0, _whole((seconds - leap) * US_PER_S + millisecond * (US_PER_S / _MS_PER_S)), 0)


def _whole(values: Values) -> NDArray[np.int64]:
    """The values as whole numbers; 0 where that cannot be."""
    fits = np.isfinite(values) & (np.abs(values) < _LATEST_US)
    return np.where(fits, values, 0).astype(np.int64)
