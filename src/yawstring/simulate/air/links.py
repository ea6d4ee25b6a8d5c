"""Between two places in the loop: how strong, how noisy, whether a frame got through, and which rate to use."""

import math

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.simulate.air import columns as col
from yawstring.simulate.air.columns import World
from yawstring.simulate.air.draws import normal, uniform
from yawstring.simulate.air.rates import chance_received

STATION_NOISE_DBM = -94.0
"""Noise floor of the stations' own receivers: thermal noise of 20 MHz and a noise figure of 7 dB."""

SILENT_DBM = -300.0
_MOST_UP_AFTER = 80
_PROBING = -1
_FAILURES_TO_FALL = 2


@compiled_part
def loss_db(world: World, here: int, there: int, now_ns: int) -> float:
    """Mean loss between two places, linear between the steps of the table."""
    step, last = now_ns // world.book[col.BOOK_STEP], len(world.loss) - 1
    if step >= last:
        return float(world.loss[last, here, there])
    part = (now_ns - step * world.book[col.BOOK_STEP]) / world.book[col.BOOK_STEP]
    return float((1.0 - part) * world.loss[step, here, there] + part * world.loss[step + 1, here, there])


@compiled_part
def fading_db(world: World, here: int, there: int, now_ns: int) -> float:
    """One draw of the fading of a frame between two places."""
    step = min(now_ns // world.book[col.BOOK_STEP], len(world.loss) - 1)
    moves = world.loss[step, here, here] + world.loss[step, there, there] > 0.0
    return float(world.dials[col.DIAL_MOVING if moves else col.DIAL_STILL] * normal(world.book))


@compiled_part
def sum_dbm(one_dbm: float, other_dbm: float) -> float:
    """Two powers added up."""
    return 10.0 * math.log10(10.0 ** (one_dbm / 10.0) + 10.0 ** (other_dbm / 10.0))


@compiled_part
def noise_dbm(world: World, there: int, channel: int, start_ns: int, end_ns: int, floor_dbm: float) -> float:
    """Noise at ``there`` while a frame lasts: the floor and every interval of noise that it meets, added up."""
    total, noise = floor_dbm, world.noise
    for index in range(world.book[col.BOOK_NOISE], len(noise)):
        if noise[index, col.NOISE_START] >= end_ns:
            break
        if noise[index, col.NOISE_END] > start_ns and noise[index, col.NOISE_CHANNEL] == channel:
            total = sum_dbm(total, noise_level_dbm(world, index, there, start_ns))
    return total


@compiled_part
def noise_level_dbm(world: World, index: int, there: int, now_ns: int) -> float:
    """Level of one interval of noise at ``there``."""
    power = world.noise[index, col.NOISE_MILLIBEL] / 100.0
    return float(power - loss_db(world, world.noise[index, col.NOISE_SITE], there, now_ns))


@compiled_part
def pass_noise(world: World, now_ns: int) -> None:
    """Step over the intervals of noise that are over."""
    first = world.book[col.BOOK_NOISE]
    while first < len(world.noise) and world.noise[first, col.NOISE_END] < now_ns:
        first += 1
    world.book[col.BOOK_NOISE] = first


@compiled_part
def level_dbm(world: World, here: int, there: int, now_ns: int) -> float:
    """Mean level at ``there`` of the station ``here``."""
    return float(world.dials[col.DIAL_POWER + here] - loss_db(world, here, there, now_ns))


@compiled_part
def gets_through(world: World, row: NDArray[np.int64], there: int, against_dbm: float) -> bool:
    """Whether a station receives a transmission (a row of ``sent``), against noise and others' signal."""
    here, start, station = row[col.SENT_STATION], row[col.SENT_START], world.stations[there]
    if not station[col.STATION_ON] <= start < station[col.STATION_OFF]:
        return False
    if uniform(world.book) < world.dials[col.DIAL_STRAY]:
        return False
    level = level_dbm(world, here, there, start) + fading_db(world, here, there, start)
    noise = noise_dbm(world, there, row[col.SENT_CHANNEL], start, row[col.SENT_END], STATION_NOISE_DBM)
    chance = chance_received(row[col.SENT_RATE], row[col.SENT_OCTETS], level - sum_dbm(noise, against_dbm))
    return uniform(world.book) < chance


@compiled_part
def adapted_rate(world: World, here: int, there: int, attempts: int) -> int:
    """The rate of this attempt: the link's own, one step lower for every second attempt that failed."""
    station = world.stations[here]
    place = station[col.STATION_LINKS + col.LINK_WIDTH * there + col.LINK_RATE] - attempts // 2
    return int(station[col.STATION_RATES + max(0, place)])


@compiled_part
def probing(world: World, here: int, there: int) -> bool:
    """Whether the link's next frame is the first at a rate just raised: it goes alone, not in an A-MPDU."""
    return bool(world.stations[here, col.STATION_LINKS + col.LINK_WIDTH * there + col.LINK_GOOD] == _PROBING)


@compiled_part
def adapt(world: World, here: int, there: int, success: bool) -> None:
    """Learn from one exchange: adaptive automatic rate fallback (Lacage and others, MSWiM 2004).

    After so many successes the next rate is tried; if its first frame fails the link falls back and waits twice as long
    before it tries again, up to a limit. Two failures in a row cost a rate.
    """
    station = world.stations[here]
    link = station[col.STATION_LINKS + col.LINK_WIDTH * there :]
    if success:
        link[col.LINK_GOOD], link[col.LINK_BAD] = link[col.LINK_GOOD] + 1, 0
        highest = station[col.STATION_RATE_COUNT] - 1
        if link[col.LINK_GOOD] >= link[col.LINK_NEEDED] and link[col.LINK_RATE] < highest:
            link[col.LINK_RATE], link[col.LINK_GOOD] = link[col.LINK_RATE] + 1, _PROBING
        return
    tried = link[col.LINK_GOOD] == _PROBING
    link[col.LINK_GOOD], link[col.LINK_BAD] = 0, link[col.LINK_BAD] + 1
    if tried or link[col.LINK_BAD] >= _FAILURES_TO_FALL:
        longer = min(2 * link[col.LINK_NEEDED], _MOST_UP_AFTER)
        link[col.LINK_NEEDED] = longer if tried else station[col.STATION_UP_AFTER]
        link[col.LINK_RATE], link[col.LINK_BAD] = max(0, link[col.LINK_RATE] - 1), 0
