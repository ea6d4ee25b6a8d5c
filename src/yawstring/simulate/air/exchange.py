"""One turn on the air: RTS and CTS, the frame or frames, the answer, and what all of it leaves behind.

IEEE 802.11-2020, 10.3 (DCF, NAV, retries), 10.4 (Duration), 10.12 (A-MPDU), 10.25 (Block Ack). Times are nanoseconds.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.simulate.air.draws import whole
from yawstring.simulate.air.links import adapt, adapted_rate, gets_through
from yawstring.simulate.air.offers import NOBODY, PacketPolicy, RatePolicy, SequencePolicy, TsfPolicy
from yawstring.simulate.air.plan import QOS_BIT, WINDOW_LEAST, WINDOW_MOST, Plan, State
from yawstring.simulate.air.rates import HT, RATES, SIFS_NS, airtime_ns, preamble_ns, response_rate
from yawstring.simulate.air.sent import ACK_OCTETS, BLOCK_ACK_OCTETS, CTS_OCTETS, RTS_OCTETS, Added

SILENT_DBM = -300.0

_CONTROL, _DATA = 1, 2
_RTS_SUBTYPE = 11
_SEQUENCES, _BITMAP = 4096, 64
_DELIMITER, _WORD = 4, 4
_AMPDU_OCTETS, _AMPDU_NS = 65535, 4_000_000
_NAV_MOST = 32767
_BEACON_US = 102_400
_TIMESTAMP_AT = 24
_NS_PER_US = 1000

_RATE_FIXED, _RATE_ADAPT = int(RatePolicy.FIXED), int(RatePolicy.ADAPT)
_SEQUENCE_FIXED, _SEQUENCE_HEARD, _SEQUENCE_COPIED = (
    int(SequencePolicy.FIXED),
    int(SequencePolicy.HEARD),
    int(SequencePolicy.COPIED),
)
_PACKET_FIXED, _PACKET_COPIED = int(PacketPolicy.FIXED), int(PacketPolicy.COPIED)
_TSF_CLOCK, _TSF_UNIX, _TSF_COUNT = int(TsfPolicy.CLOCK), int(TsfPolicy.UNIX), int(TsfPolicy.COUNT)
_OFFERED, _ACK, _CTS, _RTS, _BLOCK_ACK = (int(added) for added in Added)


@compiled
def frame_rate(plan: Plan, state: State, offer: int) -> int:
    """Rate of the next attempt at an offer."""
    row = plan.offers[offer]
    if row["rate_policy"] == _RATE_FIXED:
        return int(row["rate"])
    if row["rate_policy"] == _RATE_ADAPT and row["to"] >= 0:
        return adapted_rate(plan, state, row["transmitter"], row["to"], state.attempts[offer])
    return int(plan.stations[row["transmitter"]]["basic"])


@compiled
def numbered(plan: Plan, state: State, offer: int) -> None:
    """Give an offer its sequence and packet number, at its first attempt."""
    row = plan.offers[offer]
    if state.sequence[offer] != NOBODY or row["kind"] == _CONTROL:
        return
    policy, copied = row["sequence_policy"], row["copy_of"]
    if policy == _SEQUENCE_FIXED:
        number = int(row["sequence"])
    elif policy == _SEQUENCE_HEARD:
        last = state.last_heard[plan.heard[offer]]
        number = int(row["sequence"]) if last == NOBODY else (last + 1) % _SEQUENCES
    elif policy == _SEQUENCE_COPIED and copied >= 0:
        number = max(state.sequence[copied], 0)
    else:
        number = state.sequences[plan.counter[offer]]
        state.sequences[plan.counter[offer]] = (number + 1) % _SEQUENCES
    state.sequence[offer] = number
    if policy != _SEQUENCE_HEARD:
        state.last_heard[plan.heard[offer]] = number
    _packet_numbered(plan, state, offer)


@compiled
def _packet_numbered(plan: Plan, state: State, offer: int) -> None:
    row = plan.offers[offer]
    if row["protection"] == 0:
        return
    if row["packet_policy"] == _PACKET_FIXED:
        state.packet[offer] = row["packet_number"]
    elif row["packet_policy"] == _PACKET_COPIED and row["copy_of"] >= 0:
        state.packet[offer] = max(state.packet[row["copy_of"]], 0)
    else:
        state.packet[offer] = state.numbers[plan.packets[offer]]
        state.numbers[plan.packets[offer]] += 1


@compiled
def _tsf(plan: Plan, state: State, offer: int, now_ns: int) -> int:
    """The TSF that a beacon or probe response shows, whose timestamp goes out at ``now_ns``."""
    row, station = plan.offers[offer], plan.stations[plan.offers[offer]["transmitter"]]
    elapsed = int(now_ns / _NS_PER_US * station["clock"])
    if row["tsf_policy"] == _TSF_CLOCK:
        return int(station["tsf_us"] + elapsed + row["tsf_us"])
    if row["tsf_policy"] == _TSF_UNIX:
        return int(plan.epoch_us + elapsed + row["tsf_us"])
    if row["tsf_policy"] == _TSF_COUNT:
        count = state.beacons[plan.beacon[offer]]
        state.beacons[plan.beacon[offer]] = count + 1
        return int(count * _BEACON_US + row["tsf_us"])
    return 0


@compiled
def response_ns(plan: Plan, offer: int, rate: int, batch: int) -> int:
    """SIFS and the answer that a frame asks for; 0 when it asks for none."""
    row, answer = plan.offers[offer], response_rate(rate)
    short = plan.stations[row["transmitter"]]["short"] != 0
    if plan.group[offer] or row["kind"] == _CONTROL:
        return 0
    return SIFS_NS + airtime_ns(answer, BLOCK_ACK_OCTETS if batch > 1 else ACK_OCTETS, short)


@compiled
def _duration_us(plan: Plan, offer: int, rate: int, batch: int) -> int:
    row = plan.offers[offer]
    if row["duration_us"] >= 0:
        return int(row["duration_us"])
    return -(-response_ns(plan, offer, rate, batch) // _NS_PER_US)


@compiled
def gathered(plan: Plan, state: State, contender: int, now_ns: int, rate: int) -> int:
    """Fill ``state.batch`` with the frames of one transmission: the head, and what may ride in its A-MPDU."""
    head = plan.order[state.head[contender]]
    row, most = plan.offers[head], plan.stations[plan.offers[head]["transmitter"]]["aggregate"]
    state.batch[0] = head
    numbered(plan, state, head)
    if rate < HT or most <= 1 or not row["ack"] or row["kind"] != _DATA or not row["subtype"] & QOS_BIT:
        return 1
    count, octets = 1, _padded(plan.octets[head])
    for place in range(state.head[contender] + 1, plan.first[contender + 1]):
        offer = plan.order[place]
        if state.done[offer]:
            continue
        if count == min(most, len(state.batch)) or not _rides_along(plan, head, offer, now_ns):
            break
        octets += _padded(plan.octets[offer])
        if octets > _AMPDU_OCTETS or airtime_ns(rate, octets, False) > _AMPDU_NS:
            break
        numbered(plan, state, offer)
        if (state.sequence[offer] - state.sequence[head]) % _SEQUENCES >= _BITMAP:
            break
        state.batch[count] = offer
        count += 1
    return count


@compiled
def _padded(octets: int) -> int:
    return _DELIMITER + (octets + _WORD - 1) // _WORD * _WORD


@compiled
def _rides_along(plan: Plan, head: int, offer: int, now_ns: int) -> bool:
    one, other = plan.offers[head], plan.offers[offer]
    return bool(
        other["time_us"] * _NS_PER_US <= now_ns
        and other["after"] < 0
        and other["to"] == one["to"]
        and other["address1"] == one["address1"]
        and other["address2"] == one["address2"]
        and other["kind"] == _DATA
        and other["subtype"] == one["subtype"]
        and other["qos"] == one["qos"]
        and other["ack"] == one["ack"]
        and other["rate_policy"] == one["rate_policy"]
    )


@compiled
def _row(
    sent: NDArray[np.void],
    count: int,
    parent: int,
    added: int,
    station: int,
    channel: int,
    rate: int,
    octets: int,
    start: int,
    first_bit: int,
    end: int,
) -> None:
    row = sent[count]
    row["parent"], row["added"], row["station"], row["channel"] = parent, added, station, channel
    row["rate"], row["octets"] = rate, octets
    row["start_ns"], row["first_bit_ns"], row["end_ns"] = start, first_bit, end
    row["retry"], row["sequence"], row["duration"], row["packet"], row["tsf"] = 0, 0, 0, 0, 0
    row["clash"], row["bitmap"] = 0, np.uint64(0)


@compiled
def put_frames(
    plan: Plan,
    state: State,
    batch: int,
    rate: int,
    channel: int,
    start: int,
    clash: int,
    sent: NDArray[np.void],
    count: int,
) -> int:
    """Send the batch from ``start``: a row for each frame. Returns when the transmission ends."""
    head = plan.offers[state.batch[0]]
    short = plan.stations[head["transmitter"]]["short"] != 0
    total = 0
    for index in range(batch):
        total += _padded(plan.octets[state.batch[index]]) if batch > 1 else plan.octets[state.batch[index]]
    end = start + airtime_ns(rate, total, short)
    lead, before = start + preamble_ns(rate, short), 0
    per_octet = 8000.0 / RATES[rate]
    for index in range(batch):
        offer = state.batch[index]
        first = lead + int((before + (_DELIMITER if batch > 1 else 0)) * per_octet)
        before += _padded(plan.octets[offer]) if batch > 1 else plan.octets[offer]
        begin = start if index == 0 else first
        last = end if index == batch - 1 else lead + int(before * per_octet)
        _row(
            sent,
            count + index,
            offer,
            _OFFERED,
            head["transmitter"],
            channel,
            rate,
            plan.octets[offer],
            begin,
            first,
            last,
        )
        row = sent[count + index]
        row["retry"] = min(state.shown[offer], 1)
        row["sequence"], row["packet"] = max(state.sequence[offer], 0), max(state.packet[offer], 0)
        row["duration"], row["clash"] = _duration_us(plan, offer, rate, batch), clash
        row["tsf"] = _tsf(plan, state, offer, first + int(_TIMESTAMP_AT * per_octet))
        state.shown[offer] += 1
    return end


@compiled
def received(plan: Plan, state: State, batch: int, sent: NDArray[np.void], count: int, against_dbm: float) -> int:
    """Which frames of the batch reach ``to``: fills ``state.passed``, notes deliveries, returns how many."""
    passed = 0
    for index in range(batch):
        offer, row = state.batch[index], sent[count + index]
        to = plan.offers[offer]["to"]
        through = to >= 0 and gets_through(
            plan,
            state,
            row["station"],
            to,
            row["channel"],
            row["rate"],
            row["octets"],
            (row["start_ns"], row["end_ns"]),
            against_dbm,
        )
        state.passed[index] = through
        passed += through
        if (through or to < 0) and state.delivered_ns[offer] == NOBODY:
            state.delivered_ns[offer] = row["end_ns"]
    return passed


@compiled
def answered(
    plan: Plan, state: State, batch: int, end: int, sent: NDArray[np.void], count: int, made: int
) -> tuple[bool, int]:
    """The answer of ``to`` after SIFS, in row ``made``: whether the sender hears it, and when it ends."""
    asked, row = sent[count], plan.offers[sent[count]["parent"]]
    rate, short = response_rate(asked["rate"]), plan.stations[row["to"]]["short"] != 0
    added, octets = (_BLOCK_ACK, BLOCK_ACK_OCTETS) if batch > 1 else (_ACK, ACK_OCTETS)
    if row["kind"] == _CONTROL and row["subtype"] == _RTS_SUBTYPE:
        added = _CTS
    start = end + SIFS_NS
    stop = start + airtime_ns(rate, octets, short)
    first = start + preamble_ns(rate, short)
    _row(sent, made, sent[count]["parent"], added, row["to"], asked["channel"], rate, octets, start, first, stop)
    if added == _CTS:
        sent[made]["duration"] = max(0, int(asked["duration"]) - (stop - end) // _NS_PER_US)
    if added == _BLOCK_ACK:
        sent[made]["sequence"] = asked["sequence"]
        sent[made]["bitmap"] = _bitmap(state, batch)
    heard = gets_through(
        plan, state, row["to"], row["transmitter"], asked["channel"], rate, octets, (start, stop), SILENT_DBM
    )
    return heard, stop


@compiled
def _bitmap(state: State, batch: int) -> np.uint64:
    bits = np.uint64(0)
    for index in range(batch):
        if state.passed[index]:
            place = (state.sequence[state.batch[index]] - state.sequence[state.batch[0]]) % _SEQUENCES
            bits |= np.uint64(1) << np.uint64(place)
    return bits


@compiled
def reserved(
    plan: Plan, state: State, batch: int, rate: int, start: int, channel: int, sent: NDArray[np.void], count: int
) -> tuple[bool, int]:
    """RTS and CTS ahead of the batch, in two rows: whether the sender hears the CTS, and when the pair ends."""
    row = plan.offers[state.batch[0]]
    low, station = response_rate(rate), plan.stations[row["transmitter"]]
    short, octets = station["short"] != 0, 0
    for index in range(batch):
        octets += _padded(plan.octets[state.batch[index]]) if batch > 1 else plan.octets[state.batch[index]]
    rest = airtime_ns(rate, octets, short) + response_ns(plan, state.batch[0], rate, batch)
    end = start + airtime_ns(low, RTS_OCTETS, short)
    cts = airtime_ns(low, CTS_OCTETS, short)
    first = start + preamble_ns(low, short)
    _row(sent, count, state.batch[0], _RTS, row["transmitter"], channel, low, RTS_OCTETS, start, first, end)
    sent[count]["duration"] = min(_NAV_MOST, -(-(2 * SIFS_NS + cts + rest) // _NS_PER_US))
    to = row["to"]
    if to < 0 or state.nav_ns[to, channel] > end:
        return False, end
    times = (start, end)
    if not gets_through(plan, state, row["transmitter"], to, channel, low, RTS_OCTETS, times, SILENT_DBM):
        return False, end
    begin = end + SIFS_NS
    _row(
        sent,
        count + 1,
        state.batch[0],
        _CTS,
        to,
        channel,
        low,
        CTS_OCTETS,
        begin,
        begin + preamble_ns(low, short),
        begin + cts,
    )
    sent[count + 1]["duration"] = max(0, int(sent[count]["duration"]) - (SIFS_NS + cts) // _NS_PER_US)
    times = (begin, begin + cts)
    heard = gets_through(plan, state, to, row["transmitter"], channel, low, CTS_OCTETS, times, SILENT_DBM)
    return heard, begin + cts


@compiled
def concluded(plan: Plan, state: State, contender: int, batch: int, answer: bool) -> None:
    """Count the outcome of one attempt: finish what is done, widen the window for what is not, draw a new backoff."""
    head, queue = state.batch[0], plan.contenders[contender, 1]
    row = plan.offers[head]
    failed, passed = False, 0
    for index in range(batch):
        offer = state.batch[index]
        through = not row["ack"] or (answer and state.passed[index])
        passed += through
        if through or state.attempts[offer] > plan.offers[offer]["retry_limit"]:
            state.done[offer] = 1
        else:
            failed = failed or not answer
    if row["ack"] and row["rate_policy"] == _RATE_ADAPT and row["to"] >= 0:
        adapt(plan, state, row["transmitter"], row["to"], 2 * passed >= batch)
    least, most = WINDOW_LEAST[queue], WINDOW_MOST[queue]
    window = min(2 * state.window[contender] + 1, most) if failed else least
    state.window[contender] = window
    state.slots[contender] = whole(state.random, window)


@compiled
def reserves(plan: Plan, state: State, sent: NDArray[np.void], index: int, free_ns: int) -> None:
    """Set the NAV of everybody who hears this frame, is not its addressee and honours it (10.3.2.4)."""
    row = sent[index]
    until = row["end_ns"] + int(row["duration"]) * _NS_PER_US
    if row["duration"] > _NAV_MOST or until <= free_ns:
        return
    added, offer = row["added"], plan.offers[row["parent"]]
    for station in range(len(plan.stations)):
        if station == row["station"] or not plan.stations[station]["nav"]:
            continue
        if until <= state.nav_ns[station, row["channel"]]:
            continue
        if added == _OFFERED and plan.stations[station]["address"] == offer["address1"]:
            continue
        if added != _OFFERED and station == (offer["to"] if added == _RTS else offer["transmitter"]):
            continue
        times = (row["start_ns"], row["end_ns"])
        if gets_through(
            plan, state, row["station"], station, row["channel"], row["rate"], row["octets"], times, SILENT_DBM
        ):
            state.nav_ns[station, row["channel"]] = until
