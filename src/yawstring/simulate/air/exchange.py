"""One turn on the air: RTS and CTS, the frame or frames, the answer, and what all of it leaves behind.

IEEE 802.11-2020, 10.3 (DCF, NAV, retries), 10.4 (Duration), 10.12 (A-MPDU), 10.25 (Block Ack). Times are nanoseconds.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.simulate.air import columns as col
from yawstring.simulate.air.columns import World
from yawstring.simulate.air.draws import whole
from yawstring.simulate.air.frames import CONTROL, DATA, QOS_BIT, duration_us, numbered, response_ns, tsf_us
from yawstring.simulate.air.links import SILENT_DBM, adapt, adapted_rate, gets_through, probing
from yawstring.simulate.air.offers import NOBODY, RatePolicy
from yawstring.simulate.air.rates import HT, RATES, SIFS_NS, airtime_ns, preamble_ns, response_rate

WINDOW_LEAST, WINDOW_MOST = (15, 3), (1023, 15)
"""Contention windows by queue, in slots."""

_RTS_SUBTYPE = 11
_SEQUENCES, _BITMAP = 4096, 64
_DELIMITER, _WORD = 4, 4
_AMPDU_OCTETS, _AMPDU_NS = 65535, 2_000_000
"""Limits of an A-MPDU. The standard allows 5.5 ms; access points keep to less, so that beacons are not late."""

_NEEDED_OF_TEN = 9
"""So many of ten frames of an A-MPDU have to get through for its rate to count as good."""

_NAV_MOST = 32767
_TIMESTAMP_AT = 24
_NS_PER_US = 1000

_FIXED, _ADAPT = int(RatePolicy.FIXED), int(RatePolicy.ADAPT)


@compiled_part
def frame_rate(world: World, offer: int) -> int:
    """Rate of the next attempt at an offer."""
    row = world.offers[offer]
    if row[col.OFFER_RATE_POLICY] == _FIXED:
        return int(row[col.OFFER_RATE])
    if row[col.OFFER_RATE_POLICY] == _ADAPT and row[col.OFFER_TO] >= 0:
        return adapted_rate(world, row[col.OFFER_FROM], row[col.OFFER_TO], row[col.OFFER_ATTEMPTS])
    return int(world.stations[row[col.OFFER_FROM], col.STATION_BASIC])


@compiled_part
def gathered(world: World, queue: int, now_ns: int, rate: int) -> int:
    """Fill the batch with the frames of one transmission, the head and what may ride with it; returns how many."""
    offers, batch = world.offers, world.book[col.BOOK_BATCH : col.BOOK_PASSED]
    head = world.queues[queue, col.QUEUE_HEAD]
    row, most = offers[head], world.stations[offers[head, col.OFFER_FROM], col.STATION_AGGREGATE]
    short = world.stations[row[col.OFFER_FROM], col.STATION_SHORT] != 0
    batch[0] = head
    numbered(world, head)
    single = row[col.OFFER_KIND] != DATA or not row[col.OFFER_SUBTYPE] & QOS_BIT or not row[col.OFFER_ACK]
    if (
        single
        or row[col.OFFER_TO] < 0
        or rate < HT
        or most <= 1
        or probing(world, row[col.OFFER_FROM], row[col.OFFER_TO])
    ):
        return 1
    count, octets = 1, padded(row[col.OFFER_OCTETS])
    for offer in range(head + 1, world.queues[queue, col.QUEUE_END]):
        if offers[offer, col.OFFER_DONE]:
            continue
        if count == min(most, col.MOST_AGGREGATED) or not _rides_along(offers, head, offer, now_ns):
            break
        octets += padded(offers[offer, col.OFFER_OCTETS])
        if octets > _AMPDU_OCTETS or airtime_ns(rate, octets, short) > _AMPDU_NS:
            break
        numbered(world, offer)
        if (offers[offer, col.OFFER_SEQUENCE] - offers[head, col.OFFER_SEQUENCE]) % _SEQUENCES >= _BITMAP:
            break
        batch[count] = offer
        count += 1
    return count


@compiled_part
def padded(octets: int) -> int:
    """Octets of a frame in an A-MPDU: its delimiter, itself, and what fills the word."""
    return _DELIMITER + (octets + _WORD - 1) // _WORD * _WORD


@compiled_part
def batch_octets(world: World, count: int) -> int:
    """Octets of the whole batch as it is sent."""
    total = 0
    for index in range(count):
        octets = world.offers[world.book[col.BOOK_BATCH + index], col.OFFER_OCTETS]
        total += padded(octets) if count > 1 else octets
    return total


@compiled_part
def _rides_along(offers: NDArray[np.int64], head: int, offer: int, now_ns: int) -> bool:
    if offers[offer, col.OFFER_TIME] > now_ns or offers[offer, col.OFFER_AFTER] >= 0:
        return False
    for column in (
        col.OFFER_TO,
        col.OFFER_ADDRESS1,
        col.OFFER_ADDRESS2,
        col.OFFER_KIND,
        col.OFFER_SUBTYPE,
        col.OFFER_QOS,
        col.OFFER_ACK,
        col.OFFER_RATE_POLICY,
    ):
        if offers[head, column] != offers[offer, column]:
            return False
    return True


@compiled_part
def put_row(
    sent: NDArray[np.int64],
    row: int,
    parent: int,
    who: tuple[int, int, int],
    octets: int,
    start: int,
    short: bool,
) -> int:
    """Fill a row of ``sent`` with a frame of (station, channel, rate) from ``start``. Returns when it ends."""
    end = start + airtime_ns(who[2], octets, short)
    sent[row, :] = 0
    sent[row, col.SENT_START], sent[row, col.SENT_END] = start, end
    sent[row, col.SENT_FIRST_BIT] = start + preamble_ns(who[2], short)
    sent[row, col.SENT_PARENT], sent[row, col.SENT_OCTETS] = parent, octets
    sent[row, col.SENT_STATION], sent[row, col.SENT_CHANNEL], sent[row, col.SENT_RATE] = who
    return end


@compiled_part
def put_frames(
    world: World, count: int, rate: int, channel: int, start: int, sent: NDArray[np.int64], first: int
) -> int:
    """Send the batch from ``start``, a row of ``sent`` each from ``first`` on. Returns when the transmission ends."""
    offers = world.offers
    station = offers[world.book[col.BOOK_BATCH], col.OFFER_FROM]
    short = world.stations[station, col.STATION_SHORT] != 0
    end = start + airtime_ns(rate, batch_octets(world, count), short)
    lead, before, per_octet = start + preamble_ns(rate, short), 0, 8000.0 / RATES[rate]
    for index in range(count):
        offer = world.book[col.BOOK_BATCH + index]
        put_row(
            sent,
            first + index,
            offer,
            (station, channel, rate),
            offers[offer, col.OFFER_OCTETS],
            start,
            short,
        )
        row = sent[first + index]
        if count > 1:
            row[col.SENT_FIRST_BIT] = lead + int((before + _DELIMITER) * per_octet)
            row[col.SENT_START] = start if index == 0 else row[col.SENT_FIRST_BIT]
            before += padded(offers[offer, col.OFFER_OCTETS])
            row[col.SENT_END] = end if index == count - 1 else lead + int(before * per_octet)
        row[col.SENT_RETRY] = min(offers[offer, col.OFFER_SHOWN], 1)
        row[col.SENT_SEQUENCE] = max(offers[offer, col.OFFER_SEQUENCE], 0)
        row[col.SENT_PACKET] = max(offers[offer, col.OFFER_PACKET], 0)
        row[col.SENT_DURATION] = duration_us(world, offer, rate, count)
        row[col.SENT_TSF] = tsf_us(world, offer, row[col.SENT_FIRST_BIT] + int(_TIMESTAMP_AT * per_octet))
        offers[offer, col.OFFER_SHOWN] += 1
    return end


@compiled_part
def received(world: World, count: int, sent: NDArray[np.int64], first: int, against_dbm: float) -> int:
    """Which frames of the batch reach their addressee: notes them and their delivery, returns how many."""
    passed = 0
    for index in range(count):
        row = sent[first + index]
        offer = world.offers[row[col.SENT_PARENT]]
        through = offer[col.OFFER_TO] >= 0 and gets_through(world, row, offer[col.OFFER_TO], against_dbm)
        world.book[col.BOOK_PASSED + index] = through
        passed += through
        if (through or offer[col.OFFER_TO] < 0) and offer[col.OFFER_DELIVERED] == NOBODY:
            offer[col.OFFER_DELIVERED] = row[col.SENT_END]
    return passed


@compiled_part
def answered(world: World, count: int, end: int, sent: NDArray[np.int64], first: int, made: int) -> bool:
    """The answer of the addressee after SIFS, in row ``made``; whether the sender hears it."""
    asked = sent[first]
    offer = world.offers[asked[col.SENT_PARENT]]
    rate, to = response_rate(asked[col.SENT_RATE]), offer[col.OFFER_TO]
    short = world.stations[to, col.STATION_SHORT] != 0
    added, octets = (col.BLOCK_ACK, col.BLOCK_ACK_OCTETS) if count > 1 else (col.ACK, col.ACK_OCTETS)
    if offer[col.OFFER_KIND] == CONTROL and offer[col.OFFER_SUBTYPE] == _RTS_SUBTYPE:
        added = col.CTS
    who = (to, asked[col.SENT_CHANNEL], rate)
    stop = put_row(sent, made, asked[col.SENT_PARENT], who, octets, end + SIFS_NS, short)
    sent[made, col.SENT_ADDED] = added
    if added == col.CTS:
        sent[made, col.SENT_DURATION] = max(0, asked[col.SENT_DURATION] - (stop - end) // _NS_PER_US)
    if added == col.BLOCK_ACK:
        sent[made, col.SENT_SEQUENCE] = asked[col.SENT_SEQUENCE]
        sent[made, col.SENT_BITMAP] = _bitmap(world, count, asked[col.SENT_SEQUENCE])
    return gets_through(world, sent[made], offer[col.OFFER_FROM], SILENT_DBM)


@compiled_part
def _bitmap(world: World, count: int, from_sequence: int) -> int:
    bits = 0
    for index in range(count):
        if world.book[col.BOOK_PASSED + index]:
            sequence = world.offers[world.book[col.BOOK_BATCH + index], col.OFFER_SEQUENCE]
            bits |= 1 << ((sequence - from_sequence) % _SEQUENCES)
    return bits


@compiled_part
def reserved(
    world: World, count: int, who: tuple[int, int, int], start: int, sent: NDArray[np.int64], first: int
) -> int:
    """RTS and CTS ahead of a batch of (station, channel, rate), from row ``first``.

    Returns:
        0 when the addressee did not answer, 1 when the sender did not hear its CTS, 2 when it did.
    """
    head = world.book[col.BOOK_BATCH]
    to, station, channel = world.offers[head, col.OFFER_TO], who[0], who[1]
    low, short = response_rate(who[2]), world.stations[station, col.STATION_SHORT] != 0
    rest = airtime_ns(who[2], batch_octets(world, count), short) + response_ns(world, head, who[2], count)
    answer = SIFS_NS + airtime_ns(low, col.CTS_OCTETS, short)
    end = put_row(sent, first, head, (station, channel, low), col.RTS_OCTETS, start, short)
    sent[first, col.SENT_ADDED] = col.RTS
    sent[first, col.SENT_DURATION] = min(_NAV_MOST, -(-(SIFS_NS + answer + rest) // _NS_PER_US))
    if to < 0 or world.stations[to, col.STATION_NAV + channel] > end:
        return 0
    if not gets_through(world, sent[first], to, SILENT_DBM):
        return 0
    put_row(sent, first + 1, head, (to, channel, low), col.CTS_OCTETS, end + SIFS_NS, short)
    sent[first + 1, col.SENT_ADDED] = col.CTS
    sent[first + 1, col.SENT_DURATION] = max(0, sent[first, col.SENT_DURATION] - answer // _NS_PER_US)
    return 2 if gets_through(world, sent[first + 1], station, SILENT_DBM) else 1


@compiled_part
def concluded(world: World, queue: int, count: int) -> None:
    """Count the outcome of one attempt: finish what is done, widen the window for what is not, draw a new backoff."""
    offers, mine = world.offers, world.queues[queue]
    row = offers[world.book[col.BOOK_BATCH]]
    waiting, passed = 0, 0
    for index in range(count):
        offer = offers[world.book[col.BOOK_BATCH + index]]
        through = not row[col.OFFER_ACK] or world.book[col.BOOK_PASSED + index] != 0
        passed += through
        if through or offer[col.OFFER_ATTEMPTS] > offer[col.OFFER_RETRIES]:
            offer[col.OFFER_DONE] = 1
        else:
            waiting += 1
    if row[col.OFFER_ACK] and row[col.OFFER_RATE_POLICY] == _ADAPT and row[col.OFFER_TO] >= 0:
        adapt(world, row[col.OFFER_FROM], row[col.OFFER_TO], 10 * passed >= _NEEDED_OF_TEN * count)
    least, most = WINDOW_LEAST[mine[col.QUEUE_KIND]], WINDOW_MOST[mine[col.QUEUE_KIND]]
    failed = waiting > 0 and passed == 0
    mine[col.QUEUE_WINDOW] = min(2 * mine[col.QUEUE_WINDOW] + 1, most) if failed else least
    mine[col.QUEUE_SLOTS] = whole(world.book, mine[col.QUEUE_WINDOW])


@compiled_part
def reserves(world: World, row: NDArray[np.int64], free_ns: int) -> None:
    """Set the NAV of everybody who hears this frame, is not its addressee and honours it (10.3.2.4)."""
    until = row[col.SENT_END] + row[col.SENT_DURATION] * _NS_PER_US
    if row[col.SENT_DURATION] > _NAV_MOST or until <= free_ns:
        return
    added, offer, nav = row[col.SENT_ADDED], world.offers[row[col.SENT_PARENT]], col.STATION_NAV + row[col.SENT_CHANNEL]
    addressee = offer[col.OFFER_TO] if added == col.RTS else offer[col.OFFER_FROM]
    for index in range(len(world.stations)):
        station = world.stations[index]
        if index == row[col.SENT_STATION] or not station[col.STATION_OBEYS] or until <= station[nav]:
            continue
        if added == col.OFFERED and station[col.STATION_ADDRESS] == offer[col.OFFER_ADDRESS1]:
            continue
        if (added == col.OFFERED or index != addressee) and gets_through(world, row, index, SILENT_DBM):
            station[nav] = until
