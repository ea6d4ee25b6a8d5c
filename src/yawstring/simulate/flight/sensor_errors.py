"""What is wrong with every sensor of one flight: bias, noise and slow wandering, drawn before anything is measured.

Scales are those of states of real Tellos: a barometer that stirs by 3 cm, a range finder by under 1 cm, accelerometers
by 0.007 g. What is drawn depends on the times of the states only, so that a flight that is still going on can be sensed
row by row and gives the same bits as one that is over.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.simulate.flight.aircraft import Aircraft

Floats = NDArray[np.float64]

BARO_NOISE_M = 0.03
BARO_WANDER_M = 0.25
BARO_WANDER_S = 120.0
BARO_OFFSET_M = 30.0
"""A barometer's absolute error: weather and calibration."""

HEIGHT_WANDER_M = 0.08
HEIGHT_WANDER_S = 40.0
HEIGHT_OFFSET_M = 0.05
"""``h`` comes from the drone's own estimate, which wanders."""

SPEED_NOISE_M_S = 0.03
ANGLE_NOISE_DEG = 0.15
ANGLE_OFFSET_DEG = 0.4
YAW_WANDER_DEG = 0.6
YAW_WANDER_S = 60.0
FORCE_OFFSET_MG = 7.0
FORCE_NOISE_MG = 8.0
FORCE_NOISE_SPREAD = 0.5
"""Vibration with motors on: its median, and how much drones differ (of the logarithm)."""

TEMPERATURE_WANDER_C = 0.5
TEMPERATURE_WANDER_S = 8.0

GAUGE_SHARE = (0.75, 1.0)
"""How much of the sag under load the gauge allows for: it reads low in flight."""

PAD_AXES = 6
"""x, y, z and three angles over a mission pad."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SensorErrors:
    """Errors of every row of a flight.

    Attributes:
        rows: ``float64[row]`` by name: in the sensor's own unit, or standard normal where it depends on what is
            measured.
        pads: ``float64[pad, axis, row]``, standard normal.
        offsets: Constant errors by name.
        shaking: Vibration with motors on, thousandths of g.
        gauge_share: Of the sag, allowed for by the battery gauge.
    """

    rows: Mapping[str, Floats]
    pads: Floats
    offsets: Mapping[str, float]
    shaking: float
    gauge_share: float

    def part(self, first: int, end: int) -> "SensorErrors":
        """Those of rows ``first`` to ``end``, exclusive."""
        return SensorErrors(
            rows={name: values[first:end] for name, values in self.rows.items()},
            pads=self.pads[:, :, first:end],
            offsets=self.offsets,
            shaking=self.shaking,
            gauge_share=self.gauge_share,
        )


def draw_errors(times: Floats, aircraft: Aircraft, rng: np.random.Generator) -> SensorErrors:
    """The errors of a flight whose states leave at these times.

    Args:
        times: ``float64[row]``, seconds, rising.
        aircraft: What is flown, with its pads and the scale of its noise.
        rng: Source of noise.
    """
    count, scale = len(times), aircraft.noise
    rows: dict[str, Floats] = {}
    offsets: dict[str, float] = {}
    pads = rng.standard_normal((len(aircraft.pads), PAD_AXES, count))
    for name in ("pitch", "roll"):
        rows[name] = ANGLE_OFFSET_DEG * rng.standard_normal() + ANGLE_NOISE_DEG * rng.standard_normal(count)
    rows["yaw"] = _wander(rng, times, YAW_WANDER_DEG, YAW_WANDER_S)
    for name in ("vgx", "vgy", "vgz"):
        rows[name] = SPEED_NOISE_M_S * rng.standard_normal(count)
    rows["tof"], rows["lost"] = rng.standard_normal(count), rng.random(count)
    rows["h"] = scale * (
        HEIGHT_OFFSET_M * rng.standard_normal() + _wander(rng, times, HEIGHT_WANDER_M, HEIGHT_WANDER_S)
    )
    rows["baro"] = scale * (BARO_OFFSET_M * rng.standard_normal() + _wander(rng, times, BARO_WANDER_M, BARO_WANDER_S))
    rows["baro_noise"] = scale * (BARO_NOISE_M * rng.standard_normal(count))
    shaking = FORCE_NOISE_MG * math.exp(FORCE_NOISE_SPREAD * rng.standard_normal())
    for axis in ("agx", "agy", "agz"):
        offsets[axis], rows[axis] = FORCE_OFFSET_MG * rng.standard_normal(), rng.standard_normal(count)
    for name in ("templ", "temph"):
        rows[name] = scale * _wander(rng, times, TEMPERATURE_WANDER_C, TEMPERATURE_WANDER_S)
    share = float(rng.uniform(*GAUGE_SHARE)) if count and scale > 0 else 1.0
    return SensorErrors(rows=rows, pads=pads, offsets=offsets, shaking=shaking, gauge_share=share)


def _wander(rng: np.random.Generator, times: Floats, spread: float, time_s: float) -> Floats:
    """An Ornstein-Uhlenbeck process at the given times."""
    keep = np.exp(-np.diff(times, prepend=times[:1]) / time_s)
    return spread * _chain(rng.standard_normal(len(times)), keep)


@compiled
def _chain(normals: Floats, keep: Floats) -> Floats:
    out = np.empty(len(normals))
    value = normals[0] if len(normals) else 0.0
    for row in range(len(normals)):
        if row:
            value = keep[row] * value + math.sqrt(1.0 - keep[row] * keep[row]) * normals[row]
        out[row] = value
    return out
