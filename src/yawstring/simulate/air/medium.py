"""Who may speak: the distributed coordination function of each channel, turn by turn (IEEE 802.11-2020, 10.3.4).

Everyone on a channel hears that it is busy. Each contender is one queue of one station. It waits until the channel, its
NAV and the noise that it hears have been quiet for DIFS, counts down its backoff, stops while others speak, and sends.
Two that start within a few microseconds of one another do not hear each other in time and collide.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.simulate.air.draws import whole
from yawstring.simulate.air.exchange import (
    SILENT_DBM,
    answered,
    concluded,
    frame_rate,
    gathered,
    numbered,
    put_frames,
    received,
    reserved,
    reserves,
)
from yawstring.simulate.air.links import level_dbm, sum_dbm
from yawstring.simulate.air.offers import NOBODY
from yawstring.simulate.air.plan import Plan, State
from yawstring.simulate.air.rates import SIFS_NS, preamble_ns

ROOM = 80
"""Rows that one turn may need: an A-MPDU of 64, RTS, CTS and Block Ack, or that many contenders colliding."""

FAR_NS = 1 << 62

_DEAF_NS = 5_000
"""How long a start goes unheard by the others: carrier sensing, turnaround and propagation of a slot of 9 µs."""

_ENERGY_DBM = -62.0
"""Noise above this holds the air like a frame (18.3.10.6)."""

_NS_PER_US = 1000
_MOST_CLASHING = 16


@compiled
def contend(plan: Plan, state: State, sent: NDArray[np.void], count: int) -> tuple[int, bool]:
    """Turn after turn until every offer is finished or ``sent`` is nearly full.

    Args:
        plan: The offers and the ground.
        state: Where things stand; moves on.
        sent: Rows to fill.
        count: Rows already filled.

    Returns:
        How many rows are filled now, and whether everything is finished. If not: more rows, and call again.
    """
    clashing, starts = np.empty(_MOST_CLASHING, np.int64), np.empty(_MOST_CLASHING, np.int64)
    while count + ROOM <= len(sent):
        winner, at = -1, FAR_NS
        for contender in range(len(plan.contenders)):
            start = _turn_ns(plan, state, contender)
            if start < at:
                winner, at = contender, start
        if winner < 0:
            return count, True
        if not _may_speak(plan, state, winner, at):
            continue
        together = _together(plan, state, winner, at, clashing, starts)
        _freeze(plan, state, winner, at)
        if together == 1:
            count = _exchange(plan, state, winner, at, sent, count)
        else:
            count = _clash(plan, state, clashing[:together], starts, sent, count)
    return count, False


@compiled
def _ready_ns(plan: Plan, state: State, contender: int) -> int:
    """When the frame at the head of a queue wants the air; finished ones are stepped over."""
    while state.head[contender] < plan.first[contender + 1]:
        offer = plan.order[state.head[contender]]
        row = plan.offers[offer]
        wanted = row["time_us"] * _NS_PER_US
        after = row["after"]
        if state.done[offer] == 0 and after < 0:
            return int(wanted)
        if state.done[offer] == 0 and state.delivered_ns[after] != NOBODY:
            return int(max(wanted, state.delivered_ns[after] + row["delay_us"] * _NS_PER_US))
        if state.done[offer] == 0 and state.done[after] == 0:
            return FAR_NS
        state.done[offer] = 1
        state.head[contender] += 1
    return FAR_NS


@compiled
def _open_ns(plan: Plan, state: State, contender: int) -> int:
    """When the air has been quiet for DIFS, as this contender hears it."""
    station, channel = plan.contenders[contender, 0], plan.contenders[contender, 2]
    quiet = max(state.free_ns[channel], state.hold_ns[contender])
    quiet = max(quiet, state.nav_ns[station, channel])
    return int(quiet + SIFS_NS + 2 * plan.slot_ns)


@compiled
def _turn_ns(plan: Plan, state: State, contender: int) -> int:
    """When this contender would start to send if nobody else did; ``FAR_NS`` with nothing to send."""
    ready = _ready_ns(plan, state, contender)
    if ready == FAR_NS:
        return FAR_NS
    opens = _open_ns(plan, state, contender)
    if state.slots[contender] == NOBODY:
        if ready >= opens:
            return ready
        state.slots[contender] = whole(state.random, state.window[contender])
    return int(max(ready, opens + state.slots[contender] * plan.slot_ns))


@compiled
def _may_speak(plan: Plan, state: State, contender: int, at: int) -> bool:
    """Whether the head may go out now. If not, it is dropped (too old, radio off) or the contender waits for noise."""
    offer, station = plan.order[state.head[contender]], plan.contenders[contender, 0]
    radio = plan.stations[station]
    waited = at - _ready_ns(plan, state, contender)
    if waited > radio["lifetime_ns"] or not radio["on_ns"] <= at < radio["off_ns"]:
        state.done[offer] = 1
        return False
    first = state.noise_first[0]
    while first < len(plan.noise) and plan.noise[first]["end_ns"] < at:
        first += 1
    state.noise_first[0] = first
    for index in range(first, len(plan.noise)):
        part = plan.noise[index]
        if part["start_ns"] > at:
            break
        if part["end_ns"] <= at or part["channel"] != plan.contenders[contender, 2]:
            continue
        if level_dbm(plan, part["power_dbm"], part["site"], station, at) >= _ENERGY_DBM:
            _wait(plan, state, contender, at, part["end_ns"])
            return False
    return True


@compiled
def _wait(plan: Plan, state: State, contender: int, at: int, until: int) -> None:
    """Keep what is left of the backoff, and listen again when the noise is over."""
    opens = _open_ns(plan, state, contender)
    if state.slots[contender] == NOBODY:
        state.slots[contender] = whole(state.random, state.window[contender])
    elif at > opens:
        state.slots[contender] = max(0, state.slots[contender] - (at - opens) // plan.slot_ns)
    state.hold_ns[contender] = until


@compiled
def _together(
    plan: Plan, state: State, winner: int, at: int, clashing: NDArray[np.int64], starts: NDArray[np.int64]
) -> int:
    """Who starts before hearing the winner, and when: the winner first. Returns how many."""
    clashing[0], starts[0], count = winner, at, 1
    for contender in range(len(plan.contenders)):
        if contender == winner or plan.contenders[contender, 2] != plan.contenders[winner, 2]:
            continue
        start = _turn_ns(plan, state, contender)
        if start - at > _DEAF_NS or count == _MOST_CLASHING:
            continue
        if plan.contenders[contender, 0] == plan.contenders[winner, 0]:
            passed = max(0, at - _open_ns(plan, state, contender)) // plan.slot_ns
            state.slots[contender] = passed + whole(state.random, state.window[contender])
        elif _may_speak(plan, state, contender, start):
            clashing[count], starts[count] = contender, start
            count += 1
    return count


@compiled
def _freeze(plan: Plan, state: State, winner: int, at: int) -> None:
    """Everyone else on the channel stops counting down when the winner starts."""
    for contender in range(len(plan.contenders)):
        if plan.contenders[contender, 2] != plan.contenders[winner, 2] or state.slots[contender] == NOBODY:
            continue
        opens = _open_ns(plan, state, contender)
        if contender == winner or at <= opens:
            continue
        left = state.slots[contender] - (at - opens) // plan.slot_ns
        spent = left <= 0 and _ready_ns(plan, state, contender) > at
        state.slots[contender] = NOBODY if spent else max(0, left)


@compiled
def _exchange(plan: Plan, state: State, contender: int, at: int, sent: NDArray[np.void], count: int) -> int:
    """One contender alone on the air, from RTS to answer. Returns the rows filled."""
    offer, channel = plan.order[state.head[contender]], plan.contenders[contender, 2]
    row, begun = plan.offers[offer], count
    rate = frame_rate(plan, state, offer)
    batch = gathered(plan, state, contender, at, rate)
    start, clear = at, True
    for index in range(batch):
        state.attempts[state.batch[index]] += 1
        state.passed[index] = 0
    if row["ack"] and plan.octets[offer] > plan.stations[row["transmitter"]]["rts"]:
        clear, end = reserved(plan, state, batch, rate, at, channel, sent, count)
        count += 2 if end > sent[count]["end_ns"] else 1
        start = end + SIFS_NS
    answer = False
    if clear:
        end = put_frames(plan, state, batch, rate, channel, start, 0, sent, count)
        first, count = count, count + batch
        if received(plan, state, batch, sent, first, SILENT_DBM) and row["ack"] and _answers(plan, state, offer, end):
            answer, end = answered(plan, state, batch, end, sent, first, count)
            count += 1
    state.free_ns[channel] = end
    if row["ack"] and not answer:
        state.hold_ns[contender] = end + SIFS_NS + plan.slot_ns + preamble_ns(rate, False)
    for index in range(begun, count):
        reserves(plan, state, sent, index, end)
    concluded(plan, state, contender, batch, answer)
    return count


@compiled
def _answers(plan: Plan, state: State, offer: int, end: int) -> bool:
    """Whether the addressee of a frame it has received answers: CTS only while its NAV is clear, all else always."""
    row = plan.offers[offer]
    return bool(row["kind"] != 1 or state.nav_ns[row["to"], row["channel"]] <= end)


@compiled
def _clash(
    plan: Plan,
    state: State,
    clashing: NDArray[np.int64],
    starts: NDArray[np.int64],
    sent: NDArray[np.void],
    count: int,
) -> int:
    """Several at once: each sends its frame, each is heard against the others, and no answer is heard by anybody."""
    state.clashes[0] += 1
    channel = plan.contenders[clashing[0], 2]
    busy = 0
    for index in range(len(clashing)):
        contender = clashing[index]
        offer = plan.order[state.head[contender]]
        rate = frame_rate(plan, state, offer)
        state.batch[0] = offer
        numbered(plan, state, offer)
        state.attempts[offer] += 1
        end = put_frames(plan, state, 1, rate, channel, starts[index], state.clashes[0], sent, count)
        to, against = plan.offers[offer]["to"], SILENT_DBM
        for other in range(len(clashing)):
            if other != index and to >= 0:
                speaker = plan.contenders[clashing[other], 0]
                power = plan.stations[speaker]["power_dbm"]
                against = sum_dbm(against, level_dbm(plan, power, speaker, to, end))
        received(plan, state, 1, sent, count, against)
        count += 1
        busy = max(busy, end)
        if plan.offers[offer]["ack"]:
            state.hold_ns[contender] = end + SIFS_NS + plan.slot_ns + preamble_ns(rate, False)
        concluded(plan, state, contender, 1, False)
    state.free_ns[channel] = busy
    return count
