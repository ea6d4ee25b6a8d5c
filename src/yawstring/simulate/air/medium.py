"""Who may speak: the distributed coordination function of each channel, turn by turn (IEEE 802.11-2020, 10.3.4).

Everyone on a channel hears that it is busy. Each contender is one queue of one station. It waits until the channel, its
NAV and the noise that it hears have been quiet for DIFS, counts down its backoff, stops while others speak, and sends.
Two that start within a few microseconds of one another do not hear each other in time and collide.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.simulate.air import columns as col
from yawstring.simulate.air.columns import World
from yawstring.simulate.air.draws import whole
from yawstring.simulate.air.exchange import (
    answered,
    concluded,
    frame_rate,
    gathered,
    put_frames,
    received,
    reserved,
    reserves,
)
from yawstring.simulate.air.frames import CONTROL, numbered
from yawstring.simulate.air.links import SILENT_DBM, level_dbm, noise_level_dbm, pass_noise, sum_dbm
from yawstring.simulate.air.offers import NOBODY
from yawstring.simulate.air.rates import SIFS_NS, preamble_ns

ROOM = 80
"""Rows that one turn may need: an A-MPDU of 64, RTS, CTS and Block Ack, or that many contenders colliding."""

FAR_NS = 1 << 62

_DEAF_NS = 5_000
"""How long a start goes unheard by the others: carrier sensing, turnaround and propagation of a slot of 9 µs."""

_ENERGY_DBM = -62.0
"""Noise above this holds the air like a frame (18.3.10.6)."""

_MOST_CLASHING = 16
_CLEARED = 2
_CLASH_SPAN_NS = 20_000_000
"""Intervals of noise are kept so long after their end, for whoever looks back over a transmission."""


@compiled
def contend(world: World, sent: NDArray[np.int64], count: int, until_ns: int) -> tuple[int, bool]:
    """Turn after turn until every offer is finished, the time is up or ``sent`` is nearly full.

    Args:
        world: The offers, and where things stand; moves on.
        sent: int64[row, SENT_WIDTH] to fill.
        count: Rows already filled.
        until_ns: No turn begins at or after this; :data:`FAR_NS` for no limit.

    Returns:
        How many rows are filled now, and whether nothing is left to do until then. If not: more rows, and call again.
    """
    clashing, starts = np.empty(_MOST_CLASHING, np.int64), np.empty(_MOST_CLASHING, np.int64)
    while count + ROOM <= len(sent):
        winner, at = _next(world)
        if at >= until_ns:
            return count, True
        if not _may_speak(world, winner, at):
            continue
        together = _together(world, winner, at, clashing, starts)
        _freeze(world, winner, at)
        if together == 1:
            count = _exchange(world, winner, at, sent, count)
        else:
            count = _clash(world, clashing[:together], starts, sent, count)
    return count, False


@compiled_part
def _next(world: World) -> tuple[int, int]:
    """Who speaks next, and when; ``FAR_NS`` when nobody wants to."""
    winner, at = 0, FAR_NS
    for queue in range(len(world.queues)):
        start = _turn_ns(world, queue)
        if start < at:
            winner, at = queue, start
    return winner, at


@compiled_part
def _ready_ns(world: World, queue: int) -> int:
    """When the frame at the head of a queue wants the air; finished ones are stepped over."""
    mine, offers = world.queues[queue], world.offers
    while mine[col.QUEUE_HEAD] < mine[col.QUEUE_END]:
        row = offers[mine[col.QUEUE_HEAD]]
        after = row[col.OFFER_AFTER]
        if row[col.OFFER_DONE] == 0:
            if after < 0:
                return int(row[col.OFFER_TIME])
            if offers[after, col.OFFER_DELIVERED] != NOBODY:
                return int(max(row[col.OFFER_TIME], offers[after, col.OFFER_DELIVERED] + row[col.OFFER_DELAY]))
            if offers[after, col.OFFER_DONE] == 0:
                return FAR_NS
            row[col.OFFER_DONE] = 1
        mine[col.QUEUE_HEAD] += 1
    return FAR_NS


@compiled_part
def _open_ns(world: World, queue: int) -> int:
    """When the air has been quiet for DIFS, as this contender hears it."""
    mine = world.queues[queue]
    channel = mine[col.QUEUE_CHANNEL]
    quiet = max(world.book[col.BOOK_FREE + channel], mine[col.QUEUE_HOLD])
    quiet = max(quiet, world.stations[mine[col.QUEUE_STATION], col.STATION_NAV + channel])
    return int(quiet + SIFS_NS + 2 * world.book[col.BOOK_SLOT])


@compiled_part
def _turn_ns(world: World, queue: int) -> int:
    """When this contender would start to send if nobody else did; ``FAR_NS`` with nothing to send."""
    ready = _ready_ns(world, queue)
    if ready == FAR_NS:
        return FAR_NS
    mine, opens = world.queues[queue], _open_ns(world, queue)
    if mine[col.QUEUE_SLOTS] == NOBODY:
        if ready >= opens:
            return ready
        mine[col.QUEUE_SLOTS] = whole(world.book, mine[col.QUEUE_WINDOW])
    return int(max(ready, opens + mine[col.QUEUE_SLOTS] * world.book[col.BOOK_SLOT]))


@compiled_part
def _may_speak(world: World, queue: int, at: int) -> bool:
    """Whether the head may go out now. If not, it is dropped (too old, radio off) or the contender waits for noise."""
    mine = world.queues[queue]
    station = world.stations[mine[col.QUEUE_STATION]]
    waited = at - _ready_ns(world, queue)
    if waited > station[col.STATION_LIFETIME] or not station[col.STATION_ON] <= at < station[col.STATION_OFF]:
        world.offers[mine[col.QUEUE_HEAD], col.OFFER_DONE] = 1
        return False
    pass_noise(world, at - _CLASH_SPAN_NS)
    for index in range(world.book[col.BOOK_NOISE], len(world.noise)):
        part = world.noise[index]
        if part[col.NOISE_START] > at:
            break
        if part[col.NOISE_END] <= at or part[col.NOISE_CHANNEL] != mine[col.QUEUE_CHANNEL]:
            continue
        if noise_level_dbm(world, index, mine[col.QUEUE_STATION], at) >= _ENERGY_DBM:
            _wait(world, queue, at, part[col.NOISE_END])
            return False
    return True


@compiled_part
def _wait(world: World, queue: int, at: int, until: int) -> None:
    """Keep what is left of the backoff, and listen again when the noise is over."""
    mine, opens = world.queues[queue], _open_ns(world, queue)
    if mine[col.QUEUE_SLOTS] == NOBODY:
        mine[col.QUEUE_SLOTS] = whole(world.book, mine[col.QUEUE_WINDOW])
    elif at > opens:
        mine[col.QUEUE_SLOTS] = max(0, mine[col.QUEUE_SLOTS] - (at - opens) // world.book[col.BOOK_SLOT])
    mine[col.QUEUE_HOLD] = until


@compiled_part
def _together(world: World, winner: int, at: int, clashing: NDArray[np.int64], starts: NDArray[np.int64]) -> int:
    """Who starts before hearing the winner, and when: the winner first. Returns how many."""
    queues = world.queues
    clashing[0], starts[0], count = winner, at, 1
    for queue in range(len(queues)):
        if queue == winner or queues[queue, col.QUEUE_CHANNEL] != queues[winner, col.QUEUE_CHANNEL]:
            continue
        start = _turn_ns(world, queue)
        if start - at > _DEAF_NS or count == _MOST_CLASHING:
            continue
        if _sends_already(queues, clashing[:count], queues[queue, col.QUEUE_STATION]):
            passed = max(0, at - _open_ns(world, queue)) // world.book[col.BOOK_SLOT]
            queues[queue, col.QUEUE_SLOTS] = passed + 1 + whole(world.book, queues[queue, col.QUEUE_WINDOW])
        elif _may_speak(world, queue, start):
            clashing[count], starts[count] = queue, start
            count += 1
    return count


@compiled_part
def _sends_already(queues: NDArray[np.int64], clashing: NDArray[np.int64], station: int) -> bool:
    """Whether another queue of the same station starts: the second one waits, inside the station."""
    found = False
    for index in range(len(clashing)):
        found = found or queues[clashing[index], col.QUEUE_STATION] == station
    return found


@compiled_part
def _freeze(world: World, winner: int, at: int) -> None:
    """Everyone else on the channel stops counting down when the winner starts."""
    for queue in range(len(world.queues)):
        mine = world.queues[queue]
        if queue == winner or mine[col.QUEUE_CHANNEL] != world.queues[winner, col.QUEUE_CHANNEL]:
            continue
        opens = _open_ns(world, queue)
        if mine[col.QUEUE_SLOTS] == NOBODY or at <= opens:
            continue
        left = mine[col.QUEUE_SLOTS] - (at - opens) // world.book[col.BOOK_SLOT]
        spent = left <= 0 and _ready_ns(world, queue) > at
        mine[col.QUEUE_SLOTS] = NOBODY if spent else max(0, left)


@compiled_part
def _exchange(world: World, queue: int, at: int, sent: NDArray[np.int64], count: int) -> int:
    """One contender alone on the air, from RTS to answer. Returns the rows filled."""
    offer, channel = world.queues[queue, col.QUEUE_HEAD], world.queues[queue, col.QUEUE_CHANNEL]
    row, begun, start, clear = world.offers[offer], count, at, True
    station, rate = row[col.OFFER_FROM], frame_rate(world, offer)
    batch = gathered(world, queue, at, rate)
    _attempted(world, batch)
    if row[col.OFFER_ACK] and row[col.OFFER_OCTETS] > world.stations[station, col.STATION_RTS]:
        told = reserved(world, batch, (station, channel, rate), at, sent, count)
        clear, count = told == _CLEARED, count + min(1 + told, 2)
        start = sent[count - 1, col.SENT_END] + SIFS_NS
    end, answer = start - SIFS_NS, False
    if clear:
        end = put_frames(world, batch, rate, channel, start, sent, count)
        first, count = count, count + batch
        if received(world, batch, sent, first, SILENT_DBM) and _answers(world, offer, end):
            answer = answered(world, batch, end, sent, first, count)
            end, count = sent[count, col.SENT_END], count + 1
    world.book[col.BOOK_FREE + channel] = end
    if row[col.OFFER_ACK] and not answer:
        _unanswered(world, queue, batch, end, rate)
    for index in range(begun, count):
        reserves(world, sent[index], end)
    concluded(world, queue, batch)
    return count


@compiled_part
def _attempted(world: World, batch: int) -> None:
    for index in range(batch):
        world.offers[world.book[col.BOOK_BATCH + index], col.OFFER_ATTEMPTS] += 1
        world.book[col.BOOK_PASSED + index] = 0


@compiled_part
def _unanswered(world: World, queue: int, batch: int, end: int, rate: int) -> None:
    """No answer came: nothing got through as far as the sender knows, and it has waited for one in vain (10.3.2.11)."""
    for index in range(batch):
        world.book[col.BOOK_PASSED + index] = 0
    short = world.stations[world.queues[queue, col.QUEUE_STATION], col.STATION_SHORT] != 0
    world.queues[queue, col.QUEUE_HOLD] = end + SIFS_NS + world.book[col.BOOK_SLOT] + preamble_ns(rate, short)


@compiled_part
def _answers(world: World, offer: int, end: int) -> bool:
    """Whether the addressee of a frame it has received answers: CTS only while its NAV is clear, all else always."""
    row = world.offers[offer]
    if not row[col.OFFER_ACK]:
        return False
    nav = world.stations[row[col.OFFER_TO], col.STATION_NAV + row[col.OFFER_CHANNEL]]
    return bool(row[col.OFFER_KIND] != CONTROL or nav <= end)


@compiled_part
def _clash(
    world: World, clashing: NDArray[np.int64], starts: NDArray[np.int64], sent: NDArray[np.int64], count: int
) -> int:
    """Several at once: each sends its frame, each is heard against the others, and no answer is heard by anybody."""
    world.book[col.BOOK_CLASHES] += 1
    channel, busy = world.queues[clashing[0], col.QUEUE_CHANNEL], 0
    for index in range(len(clashing)):
        queue = clashing[index]
        offer = world.queues[queue, col.QUEUE_HEAD]
        rate = frame_rate(world, offer)
        world.book[col.BOOK_BATCH] = offer
        numbered(world, offer)
        _attempted(world, col.ONE)
        end = put_frames(world, col.ONE, rate, channel, starts[index], sent, count)
        sent[count, col.SENT_CLASH] = world.book[col.BOOK_CLASHES]
        against = _against_dbm(world, clashing, index, world.offers[offer, col.OFFER_TO], end)
        received(world, col.ONE, sent, count, against)
        count, busy = count + 1, max(busy, end)
        if world.offers[offer, col.OFFER_ACK]:
            _unanswered(world, queue, col.ONE, end, rate)
        concluded(world, queue, col.ONE)
    world.book[col.BOOK_FREE + channel] = busy
    return count


@compiled_part
def _against_dbm(world: World, clashing: NDArray[np.int64], index: int, there: int, now_ns: int) -> float:
    """Level at ``there`` of everybody who collides, but one."""
    total = SILENT_DBM
    for other in range(len(clashing)):
        if other != index and there >= 0:
            speaker = world.queues[clashing[other], col.QUEUE_STATION]
            total = sum_dbm(total, level_dbm(world, speaker, there, now_ns))
    return total
