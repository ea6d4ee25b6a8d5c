"""What the monitor makes of the air: which frames it captures, and what its radio says of each.

The same for every transmitter: path loss, shadowing, fading, noise, interference, loss, gain control, quantisation.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.simulate.air.draws import normal, uniform
from yawstring.simulate.air.links import fading_db, level_dbm, noise_dbm, sum_dbm
from yawstring.simulate.air.places import Receiver
from yawstring.simulate.air.plan import Plan, State
from yawstring.simulate.air.rates import chance_received

RECEPTION = np.dtype(
    [
        ("sent", np.int64),
        ("time_ns", np.int64),
        ("tsft", np.int64),
        ("good", np.uint8),
        ("noise", np.int8),
        ("quality", np.uint16),
        ("signal", np.int8, (3,)),
    ]
)
"""A captured frame: its row among the transmissions and what the radio header will say. ``signal``: in all, antenna by
antenna."""

_GAIN_STEPS = 32
_DETECTED_DB = 4.0
"""A frame this far below what its rate needs is still noticed, and may be captured damaged."""

_NOISE_JITTER_DB, _QUALITY_JITTER = 0.7, 2.0
_QUALITY_PER_DB, _QUALITY_MOST = 2.2, 100.0
_LOWEST_DBM, _HIGHEST_DBM = -110.0, -1.0
_STRONGEST_DBM = -300.0
_NS, _NS_PER_US, _PPM = 1e9, 1000.0, 1e-6


class Ear(NamedTuple):
    """The receiver as numbers for the loop."""

    place: int
    hop_ends_ns: NDArray[np.int64]
    hop_channels: NDArray[np.int64]
    retune_ns: int
    antenna_dbi: float
    antennas: int
    noise_dbm: float
    gain_error_db: float
    gain_step_db: float
    gain_errors_db: NDArray[np.float64]
    drift: float
    jitter_ns: float
    tsft_us: int
    epoch_ns: int
    keeps_bad: int


def ear(receiver: Receiver, place: int, epoch_ns: int, random: np.random.Generator) -> Ear:
    """The receiver at ``place``, with what is drawn for it: the errors of its gain steps, where its TSF stands."""
    return Ear(
        place=place,
        hop_ends_ns=np.cumsum([int(dwell * _NS) for dwell, _ in receiver.hops]).astype(np.int64),
        hop_channels=np.array([channel for _, channel in receiver.hops], np.int64),
        retune_ns=int(receiver.retune_s * _NS) if len(receiver.hops) > 1 else 0,
        antenna_dbi=receiver.antenna_dbi,
        antennas=receiver.antennas,
        noise_dbm=receiver.noise_dbm,
        gain_error_db=receiver.gain_error_db,
        gain_step_db=receiver.agc_step_db,
        gain_errors_db=random.normal(0, 0.4, _GAIN_STEPS),
        drift=receiver.drift_ppm * _PPM,
        jitter_ns=receiver.stamp_jitter_us * _NS_PER_US,
        tsft_us=int(random.integers(0, 1 << 40)),
        epoch_ns=epoch_ns,
        keeps_bad=int(receiver.keeps_bad_fcs),
    )


@compiled
def receive(plan: Plan, state: State, ear: Ear, sent: NDArray[np.void], captured: NDArray[np.void]) -> int:
    """Fill ``captured`` with what the monitor takes from ``sent``, in the order of ``sent``; returns how many.

    ``state`` lends its random numbers and its place among the intervals of noise.
    """
    count = 0
    state.noise_first[0] = 0
    for index in range(len(sent)):
        row = sent[index]
        while _noise_is_over(plan, state, row["start_ns"]):
            state.noise_first[0] += 1
        if not _tuned(ear, row["channel"], row["start_ns"], row["end_ns"]):
            continue
        if _captured(plan, state, ear, sent, index, captured[count]):
            captured[count]["sent"] = index
            count += 1
    return count


@compiled
def _noise_is_over(plan: Plan, state: State, now_ns: int) -> bool:
    first = state.noise_first[0]
    return bool(first < len(plan.noise) and plan.noise[first]["end_ns"] < now_ns)


@compiled
def _tuned(ear: Ear, channel: int, start_ns: int, end_ns: int) -> bool:
    """Whether the receiver is on the channel, and settled, for the whole of a frame."""
    if len(ear.hop_ends_ns) == 1:
        return bool(ear.hop_channels[0] == channel)
    cycle = ear.hop_ends_ns[-1]
    begin = start_ns % cycle
    hop = np.searchsorted(ear.hop_ends_ns, begin, "right")
    settled = (ear.hop_ends_ns[hop - 1] if hop > 0 else 0) + ear.retune_ns
    return bool(
        ear.hop_channels[hop] == channel and begin >= settled and begin + (end_ns - start_ns) <= ear.hop_ends_ns[hop]
    )


@compiled
def _captured(plan: Plan, state: State, ear: Ear, sent: NDArray[np.void], index: int, into: np.void) -> bool:
    row = sent[index]
    here, start, end = row["station"], row["start_ns"], row["end_ns"]
    mean = level_dbm(plan, plan.stations[here]["power_dbm"], here, ear.place, start) + ear.antenna_dbi
    against = _interference_dbm(plan, ear, sent, index)
    if against >= mean:
        return False
    noise = noise_dbm(plan, state, ear.place, row["channel"], start, end, ear.noise_dbm)
    level = _heard(plan, state, ear, here, start, mean, into)
    snr = level - sum_dbm(noise, against)
    chance = chance_received(row["rate"], row["octets"], snr) * (1.0 - plan.stray)
    good = uniform(state.random) < chance
    noticed = chance_received(row["rate"], 1, snr + _DETECTED_DB) > uniform(state.random)
    if not good and not (ear.keeps_bad and noticed):
        return False
    into["good"] = good
    into["noise"] = math.floor(noise + _NOISE_JITTER_DB * normal(state.random) + 0.5)
    quality = _QUALITY_PER_DB * (level - noise) + _QUALITY_JITTER * normal(state.random)
    into["quality"] = int(max(0.0, min(_QUALITY_MOST, quality)))
    into["tsft"] = ear.tsft_us + int(row["first_bit_ns"] / _NS_PER_US * (1.0 + ear.drift))
    into["time_ns"] = ear.epoch_ns + end + int(end * ear.drift + ear.jitter_ns * normal(state.random))
    return True


@compiled
def _interference_dbm(plan: Plan, ear: Ear, sent: NDArray[np.void], index: int) -> float:
    """Level of all that collides with a frame at the receiver."""
    total = _STRONGEST_DBM
    clash = sent[index]["clash"]
    if clash == 0:
        return total
    for step in (-1, 1):
        other = index + step
        while 0 <= other < len(sent) and sent[other]["clash"] == clash:
            row = sent[other]
            power = plan.stations[row["station"]]["power_dbm"]
            level = level_dbm(plan, power, row["station"], ear.place, row["start_ns"]) + ear.antenna_dbi
            total = sum_dbm(total, level)
            other += step
    return total


@compiled
def _heard(plan: Plan, state: State, ear: Ear, here: int, start_ns: int, mean: float, into: np.void) -> float:
    """Level of one frame, faded; notes what the radio reports of it, per antenna and in all."""
    level = _STRONGEST_DBM
    for antenna in range(ear.antennas):
        one = mean + fading_db(plan, here, ear.place, start_ns, state.random)
        into["signal"][antenna + 1] = _reported(ear, one)
        level = sum_dbm(level, one)
    into["signal"][0] = _reported(ear, level)
    return level


@compiled
def _reported(ear: Ear, level_dbm: float) -> int:
    """A level as the radio says it: off by its gain error and that of the gain step, in whole dBm."""
    step = int(max(0.0, min(_GAIN_STEPS - 1.0, -level_dbm / ear.gain_step_db)))
    said: float = level_dbm + ear.gain_error_db + ear.gain_errors_db[step]
    return math.floor(max(_LOWEST_DBM, min(_HIGHEST_DBM, said)) + 0.5)
