"""The captured frames as octets, each in its block of a pcapng: radio header, 802.11 header, body, FCS.

IEEE 802.11-2020, 9.2 and 9.3 (formats), 12.5.3 (CCMP header), 9.2.4.8 (FCS); the Enhanced Packet Block of
draft-ietf-opsawg-pcapng. Bodies that nobody is meant to read are noise from a counter.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.simulate.air.draws import mixed, word_of
from yawstring.simulate.air.offers import PacketPolicy
from yawstring.simulate.air.plan import FCS_OCTETS, MIC_OCTETS, QOS_BIT, Plan, State
from yawstring.simulate.air.radiotap import put, write_radiotap
from yawstring.simulate.air.sent import Added

BLOCK_OCTETS = 32
"""Octets of an Enhanced Packet Block besides the frame and its padding."""

_ENHANCED_PACKET = 6
_HEAD_OCTETS = 28
_CONTROL, _DATA = 1, 2
_ADDED_CONTROL = (0, 0xD4, 0xC4, 0xB4, 0x94)
"""First frame-control octet of what the air adds, by :class:`Added`."""

_ACK, _CTS, _RTS = int(Added.ACK), int(Added.CTS), int(Added.RTS)
_COPIED = int(PacketPolicy.COPIED)
_RETRY, _PROTECTED, _EXTENDED_IV = 0x08, 0x40, 0x20
_COMPRESSED = 0x0004
_ONE_ADDRESS = (12, 13)
_ADDRESS, _TSF_OCTETS = 6, 8
_REFLECTED = 0xEDB88320
_SLICES = 8
_ALL_ONES = 0xFFFFFFFF
_DAMAGED_OCTETS = 3


class Bench(NamedTuple):
    """What the writer needs besides the plan."""

    bodies: NDArray[np.uint8]
    starts: NDArray[np.int64]
    crc: NDArray[np.int64]
    antennas: int
    noise: int
    quality: int
    key: np.uint64


def crc_table() -> NDArray[np.int64]:
    """Tables of the FCS, eight octets at a time: int64[8, 256] (Kounavis and Berry, ISCC 2005).

    Example:
        >>> hex(crc_table()[0, 1])
        '0x77073096'
    """
    table = np.zeros((_SLICES, 256), np.int64)
    values = np.arange(256, dtype=np.int64)
    for _ in range(8):
        values = np.where(values & 1, (values >> 1) ^ _REFLECTED, values >> 1)
    table[0] = values
    for index in range(1, _SLICES):
        table[index] = (table[index - 1] >> 8) ^ values[table[index - 1] & 0xFF]
    return table


@compiled
def checksum(octets: NDArray[np.uint8], begin: int, end: int, table: NDArray[np.int64]) -> int:
    """CRC-32 of ``octets[begin:end]``, as the FCS has it."""
    crc, at = np.int64(_ALL_ONES), begin
    while at + _SLICES <= end:
        crc = (
            table[7, (crc ^ octets[at]) & 0xFF]
            ^ table[6, (crc >> 8 ^ octets[at + 1]) & 0xFF]
            ^ table[5, (crc >> 16 ^ octets[at + 2]) & 0xFF]
            ^ table[4, (crc >> 24 ^ octets[at + 3]) & 0xFF]
            ^ table[3, octets[at + 4]]
            ^ table[2, octets[at + 5]]
            ^ table[1, octets[at + 6]]
            ^ table[0, octets[at + 7]]
        )
        at += _SLICES
    while at < end:
        crc = table[0, (crc ^ octets[at]) & 0xFF] ^ (crc >> 8)
        at += 1
    return int(crc ^ _ALL_ONES)


@compiled
def write_packets(
    plan: Plan,
    state: State,
    bench: Bench,
    sent: NDArray[np.void],
    captured: NDArray[np.void],
    out: NDArray[np.uint8],
    starts: NDArray[np.int64],
) -> None:
    """Write every captured frame as a block, back to back.

    Args:
        plan: The offers.
        state: Their sequence numbers, after the medium has run.
        bench: Bodies, tables, options.
        sent: The transmissions.
        captured: The receptions, in the order of the capture.
        out: uint8[octet], room for all of it.
        starts: int64[captured + 1], where each block begins, to fill.
    """
    at = 0
    for index in range(len(captured)):
        starts[index] = at
        heard = captured[index]
        row = sent[heard["sent"]]
        begin = at + _HEAD_OCTETS
        short = plan.stations[row["station"]]["short"] != 0
        frame = write_radiotap(out, begin, row, heard, short, (bench.antennas, bench.noise, bench.quality))
        end = _frame(plan, state, bench, row, out, frame)
        end = put(out, end, checksum(out, frame, end, bench.crc), FCS_OCTETS)
        if not heard["good"]:
            _damage(bench, index, out, frame, end)
        at = _block(out, at, begin, end, heard["time_ns"])
    starts[len(captured)] = at


@compiled
def _block(out: NDArray[np.uint8], at: int, begin: int, end: int, time_ns: int) -> int:
    """Put the block around its packet; returns where the next block begins."""
    after = end
    while (after - begin) % 4:
        out[after] = 0
        after += 1
    total = after + 4 - at
    put(out, at, _ENHANCED_PACKET, 4)
    put(out, at + 4, total, 4)
    put(out, at + 8, 0, 4)
    put(out, at + 12, time_ns >> 32, 4)
    put(out, at + 16, time_ns & 0xFFFFFFFF, 4)
    put(out, at + 20, end - begin, 4)
    put(out, at + 24, end - begin, 4)
    return put(out, after, total, 4)


@compiled
def _frame(plan: Plan, state: State, bench: Bench, row: np.void, out: NDArray[np.uint8], at: int) -> int:
    """Write a frame without its FCS; returns where the FCS goes."""
    offer = row["parent"]
    if row["added"]:
        return _added(plan, row, out, at)
    wanted = plan.offers[offer]
    flags = wanted["flags"] | (_PROTECTED if wanted["protection"] else 0)
    flags |= _RETRY if row["retry"] and wanted["kind"] != _CONTROL else 0
    at = put(out, at, wanted["subtype"] << 4 | wanted["kind"] << 2, 1)
    at = put(out, at, flags, 1)
    at = put(out, at, row["duration"], 2)
    at = _address(out, at, wanted["address1"])
    if wanted["kind"] == _CONTROL:
        if wanted["subtype"] not in _ONE_ADDRESS:
            at = _address(out, at, wanted["address2"])
        return _body(plan, bench, offer, row, out, at)
    at = _address(out, at, wanted["address2"])
    at = _address(out, at, wanted["address3"])
    at = put(out, at, row["sequence"] << 4, 2)
    if wanted["kind"] == _DATA and wanted["subtype"] & QOS_BIT:
        at = put(out, at, wanted["qos"], 2)
    return _body(plan, bench, offer, row, out, at)


@compiled
def _address(out: NDArray[np.uint8], at: int, address: np.uint64) -> int:
    value = np.int64(address)
    for index in range(_ADDRESS):
        out[at + index] = (value >> (40 - 8 * index)) & 0xFF
    return at + _ADDRESS


@compiled
def _added(plan: Plan, row: np.void, out: NDArray[np.uint8], at: int) -> int:
    """Write an ACK, CTS, RTS or Block Ack."""
    offer = plan.offers[row["parent"]]
    at = put(out, at, _ADDED_CONTROL[row["added"]], 1)
    at = put(out, at, 0, 1)
    at = put(out, at, row["duration"], 2)
    if row["added"] == _RTS:
        return _address(out, _address(out, at, offer["address1"]), offer["address2"])
    at = _address(out, at, offer["address2"])
    if row["added"] == _ACK or row["added"] == _CTS:
        return at
    at = _address(out, at, plan.stations[row["station"]]["address"])
    at = put(out, at, _COMPRESSED | (offer["qos"] & 0xF) << 12, 2)
    at = put(out, at, row["sequence"] << 4, 2)
    return put(out, at, int(row["bitmap"]), 8)


@compiled
def _body(plan: Plan, bench: Bench, offer: int, row: np.void, out: NDArray[np.uint8], at: int) -> int:
    """Write what follows the header: CCMP header, body, random octets, MIC."""
    wanted = plan.offers[offer]
    if wanted["protection"]:
        number = row["packet"]
        at = put(out, at, number & 0xFFFF, 2)
        at = put(out, at, (_EXTENDED_IV | (max(0, wanted["key"]) & 3) << 6) << 8, 2)
        at = put(out, at, number >> 16, 4)
    begin = at
    if wanted["body"] >= 0:
        for place in range(bench.starts[wanted["body"]], bench.starts[wanted["body"] + 1]):
            out[at] = bench.bodies[place]
            at += 1
    if wanted["tsf_policy"] and at - begin >= _TSF_OCTETS:
        put(out, begin, row["tsf"], _TSF_OCTETS)
    source = wanted["copy_of"] if wanted["packet_policy"] == _COPIED and wanted["copy_of"] >= 0 else offer
    count = wanted["random"] + (MIC_OCTETS if wanted["protection"] else 0)
    return _noise(out, at, count, mixed(bench.key + np.uint64(source)))


@compiled
def _noise(out: NDArray[np.uint8], at: int, count: int, key: np.uint64) -> int:
    word = np.uint64(0)
    for index in range(count):
        if index % 8 == 0:
            word = word_of(key, index // 8)
        out[at + index] = np.uint8(word & np.uint64(0xFF))
        word >>= np.uint64(8)
    return at + count


@compiled
def _damage(bench: Bench, index: int, out: NDArray[np.uint8], begin: int, end: int) -> None:
    """Bit errors in a few octets, where a frame was captured and its FCS is wrong."""
    for hit in range(_DAMAGED_OCTETS):
        word = word_of(mixed(bench.key ^ np.uint64(index)), hit)
        place = begin + int(word % np.uint64(end - begin))
        out[place] ^= np.uint8(1 + (word >> np.uint64(32)) % np.uint64(255))
