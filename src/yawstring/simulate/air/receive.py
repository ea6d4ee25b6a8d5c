"""What the monitor makes of the air: which frames it captures, and what its radio says of each.

The same for every transmitter: path loss, shadowing, fading, noise, interference, loss, gain control, quantisation.
"""

import math

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.simulate.air import columns as col
from yawstring.simulate.air.columns import World
from yawstring.simulate.air.draws import normal, uniform
from yawstring.simulate.air.links import SILENT_DBM, fading_db, level_dbm, noise_dbm, pass_noise, sum_dbm
from yawstring.simulate.air.rates import chance_received

_NOTICED_DB = 4.0
"""A frame this far below what its rate needs is still noticed, and may be captured damaged."""

_NOISE_JITTER_DB, _QUALITY_JITTER = 0.7, 2.0
_QUALITY_PER_DB, _QUALITY_MOST = 2.2, 100.0
_LOWEST_DBM, _HIGHEST_DBM = -110.0, -1.0
_PPB, _NS_PER_US = 1_000_000_000, 1000


@compiled
def receive(world: World, sent: NDArray[np.int64], hops: NDArray[np.int64], captured: NDArray[np.int64]) -> int:
    """Fill ``captured`` with what the monitor takes from ``sent``, in the order of ``sent``; returns how many.

    Args:
        world: The ground and the receiver; its random numbers move on.
        sent: int64[row, SENT_WIDTH].
        hops: int64[hop, 2], the end of each dwell within the cycle in nanoseconds, and its channel.
        captured: int64[row, HEARD_WIDTH], as long as ``sent``.
    """
    count = 0
    world.book[col.BOOK_NOISE] = 0
    for index in range(len(sent)):
        row = sent[index]
        pass_noise(world, row[col.SENT_START])
        if _tuned(hops, world.book[col.BOOK_RETUNE], row) and _captured(world, sent, index, captured[count]):
            captured[count, col.HEARD_SENT] = index
            count += 1
    return count


@compiled_part
def _tuned(hops: NDArray[np.int64], retune_ns: int, row: NDArray[np.int64]) -> bool:
    """Whether the receiver is on the channel, and settled, for the whole of a frame."""
    if len(hops) == 1:
        return bool(hops[0, 1] == row[col.SENT_CHANNEL])
    begin, settled, hop = row[col.SENT_START] % hops[-1, 0], retune_ns, 0
    while hops[hop, 0] <= begin:
        settled = hops[hop, 0] + retune_ns
        hop += 1
    end = begin + row[col.SENT_END] - row[col.SENT_START]
    return bool(hops[hop, 1] == row[col.SENT_CHANNEL] and begin >= settled and end <= hops[hop, 0])


@compiled_part
def _captured(world: World, sent: NDArray[np.int64], index: int, into: NDArray[np.int64]) -> bool:
    """Whether the monitor captures a frame, and if so what it notes of it."""
    row, book, place = sent[index], world.book, world.book[col.BOOK_PLACE]
    here, start, end = row[col.SENT_STATION], row[col.SENT_START], row[col.SENT_END]
    mean = level_dbm(world, here, place, start) + world.dials[col.DIAL_ANTENNA]
    against = _interference_dbm(world, sent, index, place)
    if against >= mean:
        return False
    noise = noise_dbm(world, place, row[col.SENT_CHANNEL], start, end, world.dials[col.DIAL_FLOOR])
    level = _faded_dbm(world, here, place, start, mean, into)
    snr = level - sum_dbm(noise, against)
    chance = chance_received(row[col.SENT_RATE], row[col.SENT_OCTETS], snr) * (1.0 - world.dials[col.DIAL_STRAY])
    good = uniform(book) < chance
    if not good and (not book[col.BOOK_KEEPS_BAD] or not _noticed(world, row, snr)):
        return False
    quality = _QUALITY_PER_DB * (level - noise) + _QUALITY_JITTER * normal(book)
    into[col.HEARD_GOOD] = good
    into[col.HEARD_NOISE] = math.floor(noise + _NOISE_JITTER_DB * normal(book) + 0.5)
    into[col.HEARD_QUALITY] = int(max(0.0, min(_QUALITY_MOST, quality)))
    first = row[col.SENT_FIRST_BIT]
    into[col.HEARD_TSFT] = book[col.BOOK_TSFT] + (first + _drift_ns(book, first)) // _NS_PER_US
    jitter = int(world.dials[col.DIAL_JITTER] * _NS_PER_US * normal(book))
    into[col.HEARD_TIME] = book[col.BOOK_EPOCH] + end + _drift_ns(book, end) + jitter
    return True


@compiled_part
def _noticed(world: World, row: NDArray[np.int64], snr_db: float) -> bool:
    return uniform(world.book) < chance_received(row[col.SENT_RATE], row[col.SENT_OCTETS], snr_db + _NOTICED_DB)


@compiled_part
def _drift_ns(book: NDArray[np.int64], now_ns: int) -> int:
    """How far the receiver's clock is ahead of true time."""
    return int(now_ns / _PPB * book[col.BOOK_DRIFT_PPB])


@compiled_part
def _interference_dbm(world: World, sent: NDArray[np.int64], index: int, place: int) -> float:
    """Level of all that collides with a frame at the receiver."""
    total, clash = SILENT_DBM, sent[index, col.SENT_CLASH]
    if clash == 0:
        return total
    for step in (-1, 1):
        other = index + step
        while 0 <= other < len(sent) and sent[other, col.SENT_CLASH] == clash:
            level = level_dbm(world, sent[other, col.SENT_STATION], place, sent[other, col.SENT_START])
            total = sum_dbm(total, level + world.dials[col.DIAL_ANTENNA])
            other += step
    return total


@compiled_part
def _faded_dbm(world: World, here: int, place: int, start_ns: int, mean: float, into: NDArray[np.int64]) -> float:
    """Level of one frame, faded; notes what the radio reports of it, per antenna and in all."""
    level = SILENT_DBM
    for antenna in range(world.book[col.BOOK_ANTENNAS]):
        one = mean + fading_db(world, here, place, start_ns)
        into[col.HEARD_FIRST_SIGNAL + antenna] = _reported_dbm(world, one)
        level = sum_dbm(level, one)
    into[col.HEARD_SIGNAL] = _reported_dbm(world, level)
    return level


@compiled_part
def _reported_dbm(world: World, level_dbm: float) -> int:
    """A level as the radio says it: off by its gain error and that of the gain step, in whole dBm."""
    step = int(max(0.0, min(col.GAIN_STEPS - 1.0, -level_dbm / world.dials[col.DIAL_GAIN_STEP])))
    error = world.dials[col.DIAL_GAIN_ERROR] + world.dials[col.DIAL_GAIN_ERRORS + step]
    return math.floor(max(_LOWEST_DBM, min(_HIGHEST_DBM, float(level_dbm + error))) + 0.5)
