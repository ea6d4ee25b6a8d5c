"""What is filled into a frame as it goes out: its numbers, Duration, TSF (IEEE 802.11-2020, 9.2.4 and 9.2.5)."""

from yawstring.compiled import compiled_part
from yawstring.simulate.air import columns as col
from yawstring.simulate.air.columns import World
from yawstring.simulate.air.offers import NOBODY, PacketPolicy, SequencePolicy, TsfPolicy
from yawstring.simulate.air.rates import SIFS_NS, airtime_ns, response_rate

CONTROL, DATA = 1, 2
QOS_BIT = 8
"""Bit of a data frame's subtype that says it has QoS control."""

SHORT_CONTROL = (12, 13)
"""Subtypes of CTS and ACK: one address."""

CCMP_OCTETS, MIC_OCTETS, FCS_OCTETS = 8, 8, 4

_SEQUENCES = 4096
_BEACON_US = 102_400
_NS_PER_US = 1000
_PPB = 1_000_000_000

_FIXED, _HEARD, _COPIED = int(SequencePolicy.FIXED), int(SequencePolicy.HEARD), int(SequencePolicy.COPIED)
_PACKET_FIXED, _PACKET_COPIED = int(PacketPolicy.FIXED), int(PacketPolicy.COPIED)
_TSF_CLOCK, _TSF_UNIX, _TSF_COUNT = int(TsfPolicy.CLOCK), int(TsfPolicy.UNIX), int(TsfPolicy.COUNT)


@compiled_part
def numbered(world: World, offer: int) -> None:
    """Give an offer its sequence and packet number, at its first attempt."""
    row = world.offers[offer]
    if row[col.OFFER_SEQUENCE] != NOBODY or row[col.OFFER_KIND] == CONTROL:
        return
    policy, heard = row[col.OFFER_SEQUENCE_POLICY], row[col.OFFER_HEARD]
    number = row[col.OFFER_SEQUENCE_ASKED]
    if policy == _HEARD:
        number = (world.book[heard] + 1) % _SEQUENCES if world.book[heard] != NOBODY else number
    elif policy == _COPIED and row[col.OFFER_COPY_OF] >= 0:
        number = max(world.offers[row[col.OFFER_COPY_OF], col.OFFER_SEQUENCE], 0)
    elif policy != _FIXED:
        number = world.book[row[col.OFFER_SEQUENCES]]
        world.book[row[col.OFFER_SEQUENCES]] = (number + 1) % _SEQUENCES
    row[col.OFFER_SEQUENCE] = number
    if policy != _HEARD:
        world.book[heard] = number
    if row[col.OFFER_PROTECTION]:
        _packet_numbered(world, offer)


@compiled_part
def _packet_numbered(world: World, offer: int) -> None:
    row = world.offers[offer]
    if row[col.OFFER_PACKET_POLICY] == _PACKET_FIXED:
        row[col.OFFER_PACKET] = row[col.OFFER_PACKET_ASKED]
    elif row[col.OFFER_PACKET_POLICY] == _PACKET_COPIED and row[col.OFFER_COPY_OF] >= 0:
        row[col.OFFER_PACKET] = max(world.offers[row[col.OFFER_COPY_OF], col.OFFER_PACKET], 0)
    else:
        row[col.OFFER_PACKET] = world.book[row[col.OFFER_NUMBERS]]
        world.book[row[col.OFFER_NUMBERS]] += 1


@compiled_part
def tsf_us(world: World, offer: int, now_ns: int) -> int:
    """The TSF that a beacon or probe response shows, whose timestamp goes out at ``now_ns``."""
    row = world.offers[offer]
    station = world.stations[row[col.OFFER_FROM]]
    elapsed = (now_ns + int(now_ns / _PPB * station[col.STATION_DRIFT_PPB])) // _NS_PER_US
    if row[col.OFFER_TSF_POLICY] == _TSF_CLOCK:
        return int(station[col.STATION_TSF] + elapsed + row[col.OFFER_TSF])
    if row[col.OFFER_TSF_POLICY] == _TSF_UNIX:
        return int(world.book[col.BOOK_EPOCH_US] + elapsed + row[col.OFFER_TSF])
    if row[col.OFFER_TSF_POLICY] == _TSF_COUNT:
        count = world.book[row[col.OFFER_BEACONS]]
        world.book[row[col.OFFER_BEACONS]] = count + 1
        return int(count * _BEACON_US + row[col.OFFER_TSF])
    return 0


@compiled_part
def response_ns(world: World, offer: int, rate: int, count: int) -> int:
    """SIFS and the answer that a frame, or ``count`` in an A-MPDU, asks for; 0 when it asks for none."""
    row = world.offers[offer]
    if row[col.OFFER_GROUP] or row[col.OFFER_KIND] == CONTROL:
        return 0
    octets = col.BLOCK_ACK_OCTETS if count > 1 else col.ACK_OCTETS
    return SIFS_NS + airtime_ns(
        response_rate(rate), octets, world.stations[row[col.OFFER_FROM], col.STATION_SHORT] != 0
    )


@compiled_part
def duration_us(world: World, offer: int, rate: int, count: int) -> int:
    """The Duration that a frame shows: what the offer asks for, or the answer that it waits for."""
    asked = world.offers[offer, col.OFFER_DURATION]
    return int(asked if asked >= 0 else -(-response_ns(world, offer, rate, count) // _NS_PER_US))
