"""Open Drone ID in beacons and in Wi-Fi Aware action frames (ASTM F3411-22a; Wi-Fi Aware 3.2).

A message is 25 octets; several come as a pack. What a drone marks as unknown is absent.
"""

import numpy as np

from yawstring.compiled import compiled_lent_part
from yawstring.wire.octets import Int, Octets, i8, i32le, u16be, u16le, u32be
from yawstring.wire.records import Int64s
from yawstring.wire.rejects import FINE, ODID_BAD
from yawstring.wire.slots import (
    NEXT,
    NONE,
    ODID_ALTITUDE,
    ODID_ALTITUDE_BARO,
    ODID_COUNTER,
    ODID_DIRECTION,
    ODID_HEIGHT,
    ODID_ID_TYPE,
    ODID_LATITUDE,
    ODID_LONGITUDE,
    ODID_MESSAGES,
    ODID_OPERATOR,
    ODID_OPERATOR_LATITUDE,
    ODID_OPERATOR_LONGITUDE,
    ODID_SELF,
    ODID_SPEED,
    ODID_SPEED_VERTICAL,
    ODID_STATUS,
    ODID_TIMESTAMP,
    ODID_UA_TYPE,
    ODID_UAS,
)  # fmt: skip

MESSAGE_OCTETS = 25

_PACK, _BASIC, _LOCATION, _SELF, _SYSTEM, _OPERATOR = 0xF, 0, 1, 3, 4, 5
_ID_OCTETS, _SELF_OCTETS = 20, 23
_NAN_TYPE = 0x506F9A13
_SERVICE_DESCRIPTOR = 3
_REMOTE_ID_HEAD, _REMOTE_ID_TAIL = 0x8869199D, 0x9209
"""The service ID of Remote ID: a hash of its name, org.opendroneid.remoteid."""

_UNKNOWN_DIRECTION, _UNKNOWN_SPEED, _UNKNOWN_CLIMB, _UNKNOWN_TIME = 361, 255, 126, 0xFFFF


@compiled_lent_part
def odid_pack(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    """Read the message counter and the messages behind it; gives the first fault."""
    if end - at < 2:
        return ODID_BAD
    row[ODID_COUNTER] = octets[at]
    at += 1
    if octets[at] >> 4 != _PACK:
        if end - at < MESSAGE_OCTETS:
            return ODID_BAD
        row[ODID_MESSAGES] = 1
        _message(octets, at, row)
        return FINE
    if end - at < 3 or octets[at + 1] != MESSAGE_OCTETS:
        return ODID_BAD
    count = np.int64(octets[at + 2])
    row[ODID_MESSAGES] = count
    at += 3
    while count and end - at >= MESSAGE_OCTETS:
        _message(octets, at, row)
        at += MESSAGE_OCTETS
        count -= 1
    return ODID_BAD if count else FINE


@compiled_lent_part
def _message(octets: Octets, at: Int, row: Int64s) -> None:
    kind = octets[at] >> 4
    if kind == _BASIC:
        if row[ODID_UAS] == NONE:
            row[ODID_ID_TYPE], row[ODID_UA_TYPE] = octets[at + 1] >> 4, octets[at + 1] & 15
            row[ODID_UAS], row[ODID_UAS + NEXT] = at + 2, _text(octets, at + 2, at + 2 + _ID_OCTETS)
    elif kind == _LOCATION:
        _location(octets, at, row)
    elif kind == _SELF:
        row[ODID_SELF], row[ODID_SELF + NEXT] = at + 2, _text(octets, at + 2, at + 2 + _SELF_OCTETS)
    elif kind == _OPERATOR:
        row[ODID_OPERATOR], row[ODID_OPERATOR + NEXT] = at + 2, _text(octets, at + 2, at + 2 + _ID_OCTETS)
    elif kind == _SYSTEM:
        latitude, longitude = i32le(octets, at + 2), i32le(octets, at + 6)
        if latitude or longitude:
            row[ODID_OPERATOR_LATITUDE], row[ODID_OPERATOR_LONGITUDE] = latitude, longitude


@compiled_lent_part
def _text(octets: Octets, at: Int, end: Int) -> Int:
    """Length of a text up to its first zero octet."""
    first = at
    while at < end and octets[at]:
        at += 1
    return at - first


@compiled_lent_part
def _location(octets: Octets, at: Int, row: Int64s) -> None:
    flags = np.int64(octets[at + 1])
    row[ODID_STATUS] = flags >> 4
    direction = np.int64(octets[at + 2]) + (180 if flags & 2 else 0)
    if direction != _UNKNOWN_DIRECTION:
        row[ODID_DIRECTION] = direction
    # In quarters of a metre a second: fast ones are counted in steps of three quarters, from 63.75.
    speed = np.int64(octets[at + 3])
    if not flags & 1:
        row[ODID_SPEED] = speed
    elif speed != _UNKNOWN_SPEED:
        row[ODID_SPEED] = 3 * speed + 255
    climb = i8(octets, at + 4)
    if climb != _UNKNOWN_CLIMB:
        row[ODID_SPEED_VERTICAL] = climb
    latitude, longitude = i32le(octets, at + 5), i32le(octets, at + 9)
    if latitude or longitude:
        row[ODID_LATITUDE], row[ODID_LONGITUDE] = latitude, longitude
    baro, geodetic, height = u16le(octets, at + 13), u16le(octets, at + 15), u16le(octets, at + 17)
    row[ODID_ALTITUDE_BARO] = baro if baro else NONE
    row[ODID_ALTITUDE] = geodetic if geodetic else NONE
    row[ODID_HEIGHT] = height if height else NONE
    tenths = u16le(octets, at + 21)
    row[ODID_TIMESTAMP] = tenths if tenths != _UNKNOWN_TIME else NONE


@compiled_lent_part
def nan_action(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    """Read a vendor-specific public action: Open Drone ID in the service descriptors of Wi-Fi Aware."""
    if end - at < 4 or u32be(octets, at) != _NAN_TYPE:
        return FINE
    at += 4
    while end - at >= 3:
        kind, length = octets[at], u16le(octets, at + 1)
        at += 3
        if length > end - at:
            return ODID_BAD
        if kind == _SERVICE_DESCRIPTOR:
            fault = _descriptor(octets, at, at + length, row)
            if fault:
                return fault
        at += length
    return FINE


@compiled_lent_part
def _descriptor(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    if end - at < 9:
        return ODID_BAD
    service = u32be(octets, at) == _REMOTE_ID_HEAD and u16be(octets, at + 4) == _REMOTE_ID_TAIL
    control = octets[at + 8]
    at += 9
    if not service or not control & 0x10:
        return FINE
    at += 2 if control & 0x40 else 0
    for present in (0x04, 0x08):
        if control & present:
            if end - at < 1:
                return ODID_BAD
            at += 1 + np.int64(octets[at])
    if end - at < 1 or octets[at] > end - at - 1:
        return ODID_BAD
    return odid_pack(octets, at + 1, at + 1 + np.int64(octets[at]), row)
