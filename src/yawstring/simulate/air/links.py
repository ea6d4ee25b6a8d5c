"""Between two places in the loop: how strong, how noisy, whether a frame got through, and which rate to use."""

import math

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.simulate.air.draws import normal, uniform
from yawstring.simulate.air.plan import Plan, State
from yawstring.simulate.air.rates import chance_received

STATION_NOISE_DBM = -94.0
"""Noise floor of the stations' own receivers: thermal noise of 20 MHz and a noise figure of 7 dB."""

_SILENCE_MW = 1e-30
_MOST_UP_AFTER = 80
_FAILURES_TO_FALL = 2


@compiled
def level_dbm(plan: Plan, from_dbm: float, here: int, there: int, now_ns: int) -> float:
    """Mean level at ``there`` of a transmitter at ``here``, linear between the plan's steps."""
    step = now_ns // plan.step_ns
    last = len(plan.loss_db) - 1
    if step >= last:
        return from_dbm - float(plan.loss_db[last, here, there])
    part = (now_ns - step * plan.step_ns) / plan.step_ns
    before, after = plan.loss_db[step, here, there], plan.loss_db[step + 1, here, there]
    return from_dbm - (1.0 - part) * float(before) - part * float(after)


@compiled
def fading_db(plan: Plan, here: int, there: int, now_ns: int, random: NDArray[np.uint64]) -> float:
    """One draw of the fading of a frame between two places."""
    step = min(now_ns // plan.step_ns, len(plan.moves) - 1)
    still = plan.moves[step, here] == 0 and plan.moves[step, there] == 0
    return (plan.still_db if still else plan.moving_db) * normal(random)


@compiled
def noise_dbm(
    plan: Plan, state: State, there: int, channel: int, start_ns: int, end_ns: int, floor_dbm: float
) -> float:
    """Noise at ``there`` while a frame lasts: the floor and every interval of noise that it meets, added up."""
    total = 10.0 ** (floor_dbm / 10.0)
    for index in range(state.noise_first[0], len(plan.noise)):
        part = plan.noise[index]
        if part["start_ns"] >= end_ns:
            break
        if part["end_ns"] > start_ns and part["channel"] == channel:
            total += 10.0 ** (level_dbm(plan, part["power_dbm"], part["site"], there, start_ns) / 10.0)
    return 10.0 * math.log10(max(total, _SILENCE_MW))


@compiled
def sum_dbm(one_dbm: float, other_dbm: float) -> float:
    """Two powers added up."""
    return 10.0 * math.log10(10.0 ** (one_dbm / 10.0) + 10.0 ** (other_dbm / 10.0))


@compiled
def gets_through(
    plan: Plan,
    state: State,
    here: int,
    there: int,
    channel: int,
    rate: int,
    octets: int,
    times: tuple[int, int],
    against_dbm: float,
) -> bool:
    """Whether a station receives a frame of another, against noise and ``against_dbm`` of other stations' signal."""
    start, end = times
    station = plan.stations[there]
    if not station["on_ns"] <= start < station["off_ns"] or uniform(state.random) < plan.stray:
        return False
    level = level_dbm(plan, plan.stations[here]["power_dbm"], here, there, start)
    level += fading_db(plan, here, there, start, state.random)
    noise = sum_dbm(noise_dbm(plan, state, there, channel, start, end, STATION_NOISE_DBM), against_dbm)
    return uniform(state.random) < chance_received(rate, octets, level - noise)


@compiled
def adapted_rate(plan: Plan, state: State, here: int, there: int, attempts: int) -> int:
    """The rate of this attempt: the link's own, one step lower for every second attempt that failed."""
    place = max(0, state.link[here, there, 0] - attempts // 2)
    return int(plan.stations[here]["rates"][place])


@compiled
def adapt(plan: Plan, state: State, here: int, there: int, success: bool) -> None:
    """Learn from one exchange: adaptive automatic rate fallback (Lacage and others, MSWiM 2004).

    After so many successes the next rate is tried; if its first frame fails the link falls back and waits twice as long
    before it tries again, up to a limit. Two failures in a row cost a rate.
    """
    link, needed = state.link[here, there], plan.stations[here]["up_after"]
    if success:
        link[1], link[2] = link[1] + 1, 0
        if link[1] >= link[3] and link[0] + 1 < plan.stations[here]["rate_count"]:
            link[0], link[1] = link[0] + 1, -1
        return
    probing = link[1] == -1
    link[1], link[2] = 0, link[2] + 1
    if probing or link[2] >= _FAILURES_TO_FALL:
        link[3] = min(2 * link[3], _MOST_UP_AFTER) if probing else needed
        link[0], link[2] = max(0, link[0] - 1), 0
