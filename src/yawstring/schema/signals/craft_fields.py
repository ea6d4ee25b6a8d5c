"""What an aircraft says of itself, whatever the table calls it: our name, others' names, and what one of theirs is.

Ours are those of :mod:`yawstring.schema.telemetry`, SI units, z down. Others are the Tello's state datagram (SDK 2.0
and 3.0 guides), which counts ``vgz`` upwards, and the T-ITS corpus, whose Python library names the same fields in full.
"""

from typing import NamedTuple

G_M_S2 = 9.80665
"""Standard gravity, ISO 80000-3."""

_CM, _DM, _MILLI_G = 0.01, 0.1, G_M_S2 / 1000.0


class Field(NamedTuple):
    """A quantity.

    Attributes:
        name: Our column.
        others: Columns that stand for it, the first that a table has counts, and what one of their units is in ours.
    """

    name: str
    others: tuple[tuple[str, float], ...] = ()

    @property
    def need(self) -> tuple[str, ...]:
        """Every name that it goes by: a signal of it needs any of them."""
        return (self.name, *(name for name, _ in self.others))


FIELDS: tuple[Field, ...] = (
    Field("height_m", (("h", _CM), ("height", _CM))),
    Field("tof_m", (("tof", _CM), ("distance", _CM))),
    Field("baro_m", (("baro", 1.0), ("barometer", _CM))),
    Field("velocity_x_m_s", (("vgx", _DM), ("x_speed", _DM))),
    Field("velocity_y_m_s", (("vgy", _DM), ("y_speed", _DM))),
    Field("velocity_z_m_s", (("vgz", -_DM), ("z_speed", -_DM))),
    Field("acceleration_x_m_s2", (("agx", _MILLI_G),)),
    Field("acceleration_y_m_s2", (("agy", _MILLI_G),)),
    Field("acceleration_z_m_s2", (("agz", _MILLI_G),)),
    Field("pitch_deg", (("pitch", 1.0),)),
    Field("roll_deg", (("roll", 1.0),)),
    Field("yaw_deg", (("yaw", 1.0),)),
    Field("battery_pct", (("bat", 1.0), ("battery", 1.0))),
    Field("temperature_high_c", (("temph", 1.0), ("temperature", 1.0), ("temperature_c", 1.0))),
    Field("temperature_low_c", (("templ", 1.0),)),
    Field("flight_time_s", (("flight_time", 1.0), ("time", 1.0))),
    Field("pad_id", (("mid", 1.0),)),
    Field("pad_x_m", (("x", _CM), ("mp_distance_x", _CM))),
    Field("pad_y_m", (("y", _CM), ("mp_distance_y", _CM))),
    Field("pad_z_m", (("z", _CM), ("mp_distance_z", _CM))),
    Field("pad_yaw_deg", (("myaw", 1.0),)),
    Field("position_x_m"),
    Field("position_y_m"),
    Field("position_z_m"),
)
"""In the order of a state's values."""

(
    HEIGHT, TOF, BARO, VX, VY, VZ, AX, AY, AZ, PITCH, ROLL, YAW, BATTERY, HOT, WARM, CLOCK, PAD, PAD_X, PAD_Y, PAD_Z,
    PAD_YAW, POS_X, POS_Y, POS_Z,
) = range(len(FIELDS))  # fmt: skip


def need(*places: int) -> tuple[tuple[str, ...], ...]:
    """What a signal of these fields needs.

    Example:
        >>> need(TOF)
        (('tof_m', 'tof', 'distance'),)
    """
    return tuple(FIELDS[place].need for place in places)


ANY_STATE: tuple[str, ...] = tuple(name for field in FIELDS for name in field.need)
"""Columns of which any makes a table one with telemetry."""
