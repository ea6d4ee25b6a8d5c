"""The captured frames as octets, each in its block of a pcapng: radio header, 802.11 header, body, FCS.

IEEE 802.11-2020, 9.2 and 9.3 (formats), 12.5.3 (CCMP header), 9.2.4.8 (FCS); the Enhanced Packet Block of
draft-ietf-opsawg-pcapng. Bodies that nobody is meant to read are noise from a counter.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled, compiled_part
from yawstring.simulate.air import columns as col
from yawstring.simulate.air.columns import World
from yawstring.simulate.air.draws import mixed, word_of
from yawstring.simulate.air.frames import CONTROL, DATA, MIC_OCTETS, QOS_BIT, SHORT_CONTROL
from yawstring.simulate.air.offers import PacketPolicy
from yawstring.simulate.air.radiotap import put, write_radiotap
from yawstring.wire.checksums import crc32

BLOCK_OCTETS = 32
"""Octets of an Enhanced Packet Block besides the frame and its padding."""

_ENHANCED_PACKET = 6
_HEAD_OCTETS = 28
_ADDED_CONTROL = (0, 0xD4, 0xC4, 0xB4, 0x94)
"""First frame-control octet of what the air adds, by what it is (``columns.OFFERED`` and on)."""

_COPIED = int(PacketPolicy.COPIED)
_RETRY, _PROTECTED, _EXTENDED_IV = 0x08, 0x40, 0x20
_COMPRESSED = 0x0004
_ADDRESS, _TSF_OCTETS = 6, 8
_DAMAGED_OCTETS = 3


@compiled
def write_packets(
    world: World,
    sent: NDArray[np.int64],
    captured: NDArray[np.int64],
    bodies: NDArray[np.uint8],
    body_starts: NDArray[np.int64],
    table: NDArray[np.uint32],
    out: NDArray[np.uint8],
    starts: NDArray[np.int64],
) -> None:
    """Write every captured frame as a block, back to back.

    Args:
        world: The offers, after the medium has run.
        sent: int64[row, SENT_WIDTH], the transmissions.
        captured: int64[frame, HEARD_WIDTH], the receptions, in the order of the capture.
        bodies: uint8[octet].
        body_starts: int64[body + 1].
        table: Of :func:`yawstring.wire.checksums.crc_tables`.
        out: uint8[octet], room for all of it, 0.
        starts: int64[frame + 1], where each block begins, to fill.
    """
    at = starts[0]
    for index in range(len(captured)):
        starts[index] = at
        heard = captured[index]
        row = sent[heard[col.HEARD_SENT]]
        begin = at + _HEAD_OCTETS
        short = world.stations[row[col.SENT_STATION], col.STATION_SHORT] != 0
        frame = write_radiotap(out, begin, row, heard, world.book, short)
        if row[col.SENT_ADDED]:
            end = _added(world, row, out, frame)
        else:
            end = _header(world.offers[row[col.SENT_PARENT]], row, out, frame)
            end = _body(world, row, bodies, body_starts, out, end)
        end = put(out, end, int(crc32(out, frame, end, 0, table)), col.U32)
        if not heard[col.HEARD_GOOD]:
            _damage(world.book[col.BOOK_KEY] + index, out, frame, end)
        at = _block(out, at, begin, end, heard[col.HEARD_TIME])
    starts[len(captured)] = at


@compiled_part
def _block(out: NDArray[np.uint8], at: int, begin: int, end: int, time_ns: int) -> int:
    """Put the block around its packet; returns where the next block begins."""
    after = end + (begin - end) % col.U32
    total = after + col.U32 - at
    out[at] = _ENHANCED_PACKET
    put(out, at + 4, total, col.U32)
    put(out, at + 12, time_ns >> 32, col.U32)
    put(out, at + 16, time_ns & 0xFFFFFFFF, col.U32)
    put(out, at + 20, end - begin, col.U32)
    put(out, at + 24, end - begin, col.U32)
    return put(out, after, total, col.U32)


@compiled_part
def _header(offer: NDArray[np.int64], row: NDArray[np.int64], out: NDArray[np.uint8], at: int) -> int:
    """Write the header of an offered frame; returns where its body goes."""
    kind, subtype = offer[col.OFFER_KIND], offer[col.OFFER_SUBTYPE]
    flags = offer[col.OFFER_FLAGS] | (_PROTECTED if offer[col.OFFER_PROTECTION] else 0)
    flags |= _RETRY if row[col.SENT_RETRY] and kind != CONTROL else 0
    at = put(out, at, subtype << 4 | kind << 2, col.U8)
    at = put(out, at, flags, col.U8)
    at = put(out, at, row[col.SENT_DURATION], col.U16)
    at = _address(out, at, offer[col.OFFER_ADDRESS1])
    if kind == CONTROL:
        return at if subtype in SHORT_CONTROL else _address(out, at, offer[col.OFFER_ADDRESS2])
    at = _address(out, at, offer[col.OFFER_ADDRESS2])
    at = _address(out, at, offer[col.OFFER_ADDRESS3])
    at = put(out, at, row[col.SENT_SEQUENCE] << 4, col.U16)
    return put(out, at, offer[col.OFFER_QOS], col.U16) if kind == DATA and subtype & QOS_BIT else at


@compiled_part
def _address(out: NDArray[np.uint8], at: int, address: int) -> int:
    for index in range(_ADDRESS):
        out[at + index] = (address >> (40 - 8 * index)) & 0xFF
    return at + _ADDRESS


@compiled_part
def _added(world: World, row: NDArray[np.int64], out: NDArray[np.uint8], at: int) -> int:
    """Write an ACK, CTS, RTS or Block Ack."""
    offer, added = world.offers[row[col.SENT_PARENT]], row[col.SENT_ADDED]
    at = put(out, at, _ADDED_CONTROL[added], col.U16)
    at = put(out, at, row[col.SENT_DURATION], col.U16)
    if added == col.RTS:
        return _address(out, _address(out, at, offer[col.OFFER_ADDRESS1]), offer[col.OFFER_ADDRESS2])
    at = _address(out, at, offer[col.OFFER_ADDRESS2])
    if added != col.BLOCK_ACK:
        return at
    at = _address(out, at, world.stations[row[col.SENT_STATION], col.STATION_ADDRESS])
    at = put(out, at, _COMPRESSED | (offer[col.OFFER_QOS] & 0xF) << 12, col.U16)
    at = put(out, at, row[col.SENT_SEQUENCE] << 4, col.U16)
    return put(out, at, row[col.SENT_BITMAP], col.U64)


@compiled_part
def _body(
    world: World,
    row: NDArray[np.int64],
    bodies: NDArray[np.uint8],
    body_starts: NDArray[np.int64],
    out: NDArray[np.uint8],
    at: int,
) -> int:
    """Write what follows the header: CCMP header, body, random octets, MIC."""
    offer = world.offers[row[col.SENT_PARENT]]
    count, source = offer[col.OFFER_RANDOM], row[col.SENT_PARENT]
    if offer[col.OFFER_PROTECTION]:
        number, key = row[col.SENT_PACKET], max(0, offer[col.OFFER_KEY]) & 3
        at = put(out, at, number & 0xFFFF, col.U16)
        at = put(out, at, (_EXTENDED_IV | key << 6) << 8, col.U16)
        at = put(out, at, number >> 16, col.U32)
        count += MIC_OCTETS
    begin, body = at, offer[col.OFFER_BODY]
    if body >= 0:
        for place in range(body_starts[body], body_starts[body + 1]):
            out[at] = bodies[place]
            at += 1
    if offer[col.OFFER_TSF_POLICY] and at - begin >= _TSF_OCTETS:
        put(out, begin, row[col.SENT_TSF], col.U64)
    if offer[col.OFFER_PACKET_POLICY] == _COPIED and offer[col.OFFER_COPY_OF] >= 0:
        source = offer[col.OFFER_COPY_OF]
    return _noise(out, at, count, mixed(np.uint64(world.book[col.BOOK_KEY] + world.offers[source, col.OFFER_NAME])))


@compiled_part
def _noise(out: NDArray[np.uint8], at: int, count: int, key: np.uint64) -> int:
    word = np.uint64(0)
    for index in range(count):
        if index % 8 == 0:
            word = word_of(key, index // 8)
        out[at + index] = np.uint8(word & np.uint64(0xFF))
        word >>= np.uint64(8)
    return at + count


@compiled_part
def _damage(key: int, out: NDArray[np.uint8], begin: int, end: int) -> None:
    """Bit errors in a few octets, where a frame was captured and its FCS is wrong."""
    noise = mixed(np.uint64(key))
    for hit in range(_DAMAGED_OCTETS):
        word = word_of(noise, hit)
        place = begin + np.int64(word % np.uint64(end - begin))
        out[place] ^= np.uint8(1 + np.int64((word >> np.uint64(32)) % np.uint64(255)))
