"""How much of each transmitter's power arrives where, over the flight: log-distance path loss and shadowing.

Loss in dB is ``reference + 10 × exponent × log10(metres) + shadowing``. Shadowing of a pair is a Gaussian process
whose correlation falls with the way that either end has moved (Gudmundson, Electronics Letters 27, 1991) and, far more
slowly, with time; both directions of a pair share it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air.places import Environment, Track

STEP_S = 0.2
"""Losses are known at these steps, and taken as linear between them."""

_NEAREST_METRES = 0.3
_MOVING_METRES_PER_S = 0.2


def positions(tracks: Sequence[Track], steps: int) -> NDArray[np.float64]:
    """Where each track is at each step: float64[step, track, 3], metres."""
    times = np.arange(steps) * STEP_S
    places = np.empty((steps, len(tracks), 3))
    for index, track in enumerate(tracks):
        points = np.asarray(track.points, np.float64)
        for axis in range(3):
            places[:, index, axis] = np.interp(times, track.times_s, points[:, axis])
    return places


def losses_db(
    places: NDArray[np.float64], environment: Environment, random: np.random.Generator
) -> NDArray[np.float32]:
    """Loss between every two places at every step: float32[step, place, place], symmetric; diagonal 1 where one moves.

    Args:
        places: float64[step, place, 3] of :func:`positions`.
        environment: Exponent, reference and shadowing.
        random: Source of the shadowing.
    """
    loss = np.empty((len(places), places.shape[1], places.shape[1]), np.float32)
    shadow = first_shadow_db(places.shape[1], environment, random)
    for step, place in enumerate(places):
        loss[step], shadow = loss_step_db(places[max(0, step - 1)], place, shadow, environment, random)
    return loss


def first_shadow_db(count: int, environment: Environment, random: np.random.Generator) -> NDArray[np.float64]:
    """Shadowing between so many places before the first step: float64[place, place]."""
    return environment.shadow_db * _symmetric(random, count)


def loss_step_db(
    before: NDArray[np.float64],
    place: NDArray[np.float64],
    shadow: NDArray[np.float64],
    environment: Environment,
    random: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Loss of one step of :data:`STEP_S`, and the shadowing that it leaves.

    Args:
        before: float64[place, 3], where each place was a step ago.
        place: float64[place, 3], where it is.
        shadow: float64[place, place], of the step before.
        environment: Exponent, reference and shadowing.
        random: Source of the shadowing.
    """
    way = np.linalg.norm(place - before, axis=1)
    metres = np.linalg.norm(place[:, None] - place[None, :], axis=2)
    still = STEP_S / environment.shadow_seconds
    kept = np.exp(-(way[:, None] + way[None, :]) / environment.shadow_metres - still)
    fresh = environment.shadow_db * np.sqrt(1 - kept**2)
    shadow = kept * shadow + fresh * _symmetric(random, len(place))
    spread = 10 * environment.exponent * np.log10(np.maximum(metres, _NEAREST_METRES))
    loss = (environment.reference_db + spread + shadow).astype(np.float32)
    np.fill_diagonal(loss, way > _MOVING_METRES_PER_S * STEP_S)
    return loss, shadow


def _symmetric(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Standard normal draws, the same both ways: float64[place, place]."""
    upper = np.triu(random.standard_normal((count, count)))
    return upper + np.triu(upper, 1).T
