"""From the truth to what the drone says of itself: noise, bias, lag, range and rounding.

Speeds and angles are cut to whole numbers, as in states of real Tellos. Fields and their units are those of the state
string.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.flight.aircraft import GRAVITY, Aircraft, Pad
from yawstring.simulate.flight.dynamics import CHARGE, OPEN_VOLTS
from yawstring.simulate.flight.integrate import PAD_LEAST_M, PAD_MARGIN_M, PAD_MOST_M, PAD_VIEW
from yawstring.simulate.flight.sensor_errors import Floats, SensorErrors
from yawstring.wire.tello import PAD_FIELDS

Fields = dict[str, NDArray[np.int64] | Floats]

TOF_FLOOR_CM = 10
"""What the range finder says of anything nearer."""

TOF_RANGE_M = 8.0
TOF_NOTHING = 6553
"""What it says when nothing comes back: beyond its range, or now and then over a poor surface."""

TOF_DROPOUT = 0.0005
"""Share of states in which nothing comes back within the range."""

TOF_OFFSET_M = 0.02
"""Height of the range finder over the feet."""

TOF_NOISE_M = 0.006
TOF_NOISE_SHARE = 0.003

FORCE_NOISE_OFF_MG = 1.5
"""Noise of an accelerometer with motors off."""

STILL_N = 0.01
"""Thrust below which the motors are off."""

TEMPERATURE_GAP_C = 3.0

GAUGE_S = 3.0
"""The battery gauge looks at the voltage of the last seconds."""

PAD_NOISE_CM = 1.0
PAD_NOISE_DEG = 1.5
PADS_OFF = -2
NO_PAD = -1
PADS_OFF_CM = -200
NO_PAD_CM = -100


def sense(
    truth: NDArray[np.void], aircraft: Aircraft, errors: SensorErrors, *, first: int = 0
) -> dict[str, NDArray[np.int64] | Floats]:
    """The fields of states.

    Args:
        truth: ``INSTANT[row]``, from the first state of the flight on.
        aircraft: What was flown.
        errors: Of as many rows, or more.
        first: The row to begin with; what came before is only looked back at.

    Returns:
        Arrays of the rows from ``first`` on, by the names of the state string, in its units; ``baro`` is ``float64`` of
        two decimals, the others are ``int64``.
    """
    rows, part = truth[first:], errors.part(first, len(truth))
    fields: Fields = {}
    fields |= _pad_fields(rows, aircraft.pads, aircraft.noise, part.pads)
    for sensed in (_angles, _speeds, _heights, _forces, _warmth):
        fields |= sensed(rows, aircraft, part)
    fields["bat"] = _gauge(truth, aircraft, errors.gauge_share)[first:]
    fields["time"] = np.floor(aircraft.start_flight_s + rows["motor_s"] + 1e-9).astype(np.int64)
    return fields


def _angles(truth: NDArray[np.void], aircraft: Aircraft, errors: SensorErrors) -> Fields:
    return {
        name: _cut(wrapped(np.degrees(truth[f"{name}_rad"]) + aircraft.noise * errors.rows[name]))
        for name in ("pitch", "roll", "yaw")
    }


def _speeds(truth: NDArray[np.void], aircraft: Aircraft, errors: SensorErrors) -> Fields:
    """A drone that stands with its motors off knows that it stands."""
    awake = aircraft.noise * ((truth["down_m"] < 0) | _running(truth))
    seen = {"vgx": truth["seen_north_m_s"], "vgy": truth["seen_east_m_s"], "vgz": truth["seen_up_m_s"]}
    return {name: _cut(10 * (speed + awake * errors.rows[name])) for name, speed in seen.items()}


def _heights(truth: NDArray[np.void], aircraft: Aircraft, errors: SensorErrors) -> Fields:
    height = -truth["down_m"]
    h = np.where(height > 0, 10 * np.floor(10 * (height + errors.rows["h"]) + 1e-9), 0).astype(np.int64)
    baro = aircraft.ground_elevation_m + truth["baro_height_m"] + errors.rows["baro"]
    tof = _range_finder(truth["tof_height_m"], aircraft.noise, errors)
    return {"tof": tof, "h": h, "baro": np.round(baro + errors.rows["baro_noise"], 2)}


def _forces(truth: NDArray[np.void], aircraft: Aircraft, errors: SensorErrors) -> Fields:
    noise = np.where(_running(truth), errors.shaking, FORCE_NOISE_OFF_MG)
    fields: Fields = {}
    for axis in "xyz":
        stirs = errors.offsets[f"ag{axis}"] + noise * errors.rows[f"ag{axis}"]
        force = 1000 / GRAVITY * truth[f"force_{axis}_m_s2"] + aircraft.noise * stirs
        fields[f"ag{axis}"] = np.rint(force).astype(np.int64)
    return fields


def _warmth(truth: NDArray[np.void], aircraft: Aircraft, errors: SensorErrors) -> Fields:
    low = truth["temperature_c"] + errors.rows["templ"]
    return {"templ": _cut(low), "temph": _cut(low + TEMPERATURE_GAP_C + errors.rows["temph"])}


def _running(truth: NDArray[np.void]) -> NDArray[np.bool_]:
    """Whether the motors turn."""
    turning: NDArray[np.bool_] = truth["thrust_n"] > STILL_N
    return turning


def _cut(values: Floats) -> NDArray[np.int64]:
    """Whole numbers, cut towards zero as the drone does: at rest a speed reads 0, and -0.9 does too."""
    return np.trunc(values).astype(np.int64)


def wrapped(degrees: Floats) -> Floats:
    """Angles from -180 up to 180."""
    return (degrees + 180.0) % 360.0 - 180.0


def _range_finder(height: Floats, scale: float, errors: SensorErrors) -> NDArray[np.int64]:
    distance = height + TOF_OFFSET_M
    spread = scale * (TOF_NOISE_M + TOF_NOISE_SHARE * distance)
    reading = np.rint(100 * (distance + spread * errors.rows["tof"]))
    near = 100 * distance <= TOF_FLOOR_CM
    lost = (distance > TOF_RANGE_M) | (~near & (errors.rows["lost"] < TOF_DROPOUT * min(scale, 1.0)))
    return np.where(lost, TOF_NOTHING, np.where(near, TOF_FLOOR_CM, np.maximum(reading, TOF_FLOOR_CM))).astype(np.int64)


def _gauge(truth: NDArray[np.void], aircraft: Aircraft, share: float) -> NDArray[np.int64]:
    """Charge as the drone estimates it from the voltage; it never rises, nor above what it began with."""
    if not len(truth):
        return np.empty(0, np.int64)
    open_volts = np.interp(truth["charge"], CHARGE, OPEN_VOLTS)
    sag = open_volts - truth["voltage_v"]
    # The gauge knows the sag with motors off, and misses some of what they add.
    seen = np.interp(open_volts - (1.0 - share) * (sag - sag[0]), OPEN_VOLTS, CHARGE)
    window = max(round(GAUGE_S / aircraft.state_period_s), 1)
    sums = np.concatenate(([0.0], np.cumsum(np.concatenate((np.full(window - 1, seen[0]), seen)))))
    smooth = (sums[window:] - sums[:-window]) / window
    return np.floor(np.minimum.accumulate(100 * smooth) + 1e-6).astype(np.int64)


def _pad_fields(
    truth: NDArray[np.void], pads: Sequence[Pad], scale: float, errors: Floats
) -> dict[str, NDArray[np.int64]]:
    """The mission-pad fields: of the nearest pad in view, or the numbers that say why there is none.

    A pad's frame has x forward, y left and z up as seen from the pad, and its roll is turned over: the camera looks at
    the pad from above.
    """
    count, on = len(truth), truth["pads_on"] != 0
    height = -truth["down_m"]
    fields = {name: np.zeros(count, np.int64) for name in PAD_FIELDS}
    fields["mid"][:] = np.where(on, NO_PAD, PADS_OFF)
    for name in ("x", "y", "z"):
        fields[name][:] = np.where(on, NO_PAD_CM, PADS_OFF_CM)
    nearest = np.full(count, np.inf)
    for pad, stirs in zip(pads, errors, strict=True):
        north, east = truth["north_m"] - pad.north_m, truth["east_m"] - pad.east_m
        away = np.hypot(north, east)
        seen = on & (height >= PAD_LEAST_M) & (height <= PAD_MOST_M) & (away <= PAD_VIEW * height + PAD_MARGIN_M)
        seen &= away < nearest
        nearest[seen] = away[seen]
        for (name, values), stir in zip(_over_pad(truth, pad, north, east).items(), stirs, strict=True):
            spread = scale * (PAD_NOISE_CM if name in "xyz" else PAD_NOISE_DEG)
            noisy = values + spread * stir
            whole = np.rint(noisy)
            fields[name][seen] = (whole if name in "xyz" else wrapped(whole))[seen].astype(np.int64)
        fields["mid"][seen] = pad.number
    return fields


def _over_pad(truth: NDArray[np.void], pad: Pad, north: Floats, east: Floats) -> Mapping[str, Floats]:
    turn = math.radians(pad.yaw_deg)
    return {
        "x": 100 * (north * math.cos(turn) + east * math.sin(turn)),
        "y": 100 * (north * math.sin(turn) - east * math.cos(turn)),
        "z": -100 * truth["down_m"],
        "mpitch": np.degrees(truth["pitch_rad"]),
        "mroll": 180.0 + np.degrees(truth["roll_rad"]),
        "myaw": np.degrees(truth["yaw_rad"]) - pad.yaw_deg,
    }
