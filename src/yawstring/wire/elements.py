"""Management frames: fixed fields and elements (IEEE 802.11-2020, 9.3.3 and 9.4)."""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_lent_part
from yawstring.wire.checksums import mixed, siphash
from yawstring.wire.octets import Int, Octets, i64le, u16le, u24be, u32be
from yawstring.wire.odid import nan_action, odid_pack
from yawstring.wire.records import Int64s
from yawstring.wire.rejects import CLOCK_RANGE, ELEMENT_CONTENT, ELEMENT_LENGTH, FINE, FIXED_SHORT
from yawstring.wire.slots import (
    ACTION,
    ASSOCIATION_ID,
    AUTH_ALGORITHM,
    AUTH_SEQUENCE,
    BEACON_INTERVAL,
    BODY,
    CAPABILITIES,
    CATEGORY,
    CSA_MODE,
    DS_CHANNEL,
    DTIM_COUNT,
    ELEMENTS_COUNT,
    ELEMENTS_HASH,
    LISTEN_INTERVAL,
    NEXT,
    NONE,
    REASON,
    RSN_AKM,
    RSN_AKM_COUNT,
    RSN_CAPABILITIES,
    RSN_GROUP,
    RSN_MFPC,
    RSN_MFPR,
    RSN_PAIRWISE,
    RSN_PAIRWISE_COUNT,
    SSID,
    SSID_HASH,
    STATUS,
    SUBTYPE,
    TIMESTAMP,
    VENDOR_COUNT,
    VENDOR_HASH,
)  # fmt: skip

_ASSOCIATION_REQUEST, _ASSOCIATION_RESPONSE, _REASSOCIATION_REQUEST, _REASSOCIATION_RESPONSE = range(4)
_PROBE_RESPONSE, _TIMING, _BEACON = 5, 6, 8
_DISASSOCIATION, _AUTHENTICATION, _DEAUTHENTICATION, _ACTION, _ACTION_NO_ACK = 10, 11, 12, 13, 14

_SSID, _DS, _TIM, _CHANNEL_SWITCH, _RSN, _VENDOR = 0, 3, 5, 37, 48, 221
_MOST_SSID_OCTETS = 32
_SAE = 3
_SPECTRUM, _PUBLIC, _SWITCH_ACTION, _VENDOR_ACTION = 0, 4, 4, 9
_BLOCK_ACK, _ADDBA_RESPONSE, _DELBA = 3, 1, 2
_ODID_TYPE = 0xFA0BBC0D
"""OUI and type of the vendor element that carries Open Drone ID."""

_NAN_TYPE = 0x506F9A13
"""OUI and type of Wi-Fi Aware (NAN)."""

_MAKER_OCTETS = 3

NUMBERS = np.array([[_DS, 1, DS_CHANNEL, 1], [_TIM, 4, DTIM_COUNT, 3], [_CHANNEL_SWITCH, 3, CSA_MODE, 3]], np.int64)
"""Elements of single octets: number, least length, first slot, how many slots."""

FIXED_OCTETS = np.array([4, 6, 10, 6, 0, 12, 12, 0, 12, 0, 2, 6, 2, 2, 2, 0], np.int64)
"""Octets of the fixed fields before the elements, by subtype."""


@compiled_lent_part
def management(octets: Octets, end: Int, key: NDArray[np.uint64], row: Int64s) -> Int:
    """Read the body of an open management frame, from ``row[BODY]`` up to ``end``; gives the first fault."""
    at, subtype = row[BODY], row[SUBTYPE]
    fault = _fixed(octets, at, end, subtype, row)
    if fault == FIXED_SHORT:
        return fault
    at += FIXED_OCTETS[subtype]
    if subtype in (_ACTION, _ACTION_NO_ACK):
        if row[CATEGORY] == _PUBLIC and row[ACTION] == _VENDOR_ACTION:
            later = nan_action(octets, at, end, row)
        elif row[CATEGORY] == _SPECTRUM and row[ACTION] == _SWITCH_ACTION:
            later = _elements(octets, at, end, key, row)
        else:
            later = FINE
    elif subtype == 9 or subtype == 7 or subtype == 15 or (subtype == _AUTHENTICATION and row[AUTH_ALGORITHM] == _SAE):
        later = FINE
    else:
        later = _elements(octets, at, end, key, row)
    return fault if fault else later


@compiled_lent_part
def _fixed(octets: Octets, at: Int, end: Int, subtype: Int, row: Int64s) -> Int:
    if end - at < FIXED_OCTETS[subtype]:
        return FIXED_SHORT
    if subtype in (_BEACON, _PROBE_RESPONSE, _TIMING):
        clock = i64le(octets, at)
        row[BEACON_INTERVAL], row[CAPABILITIES] = u16le(octets, at + 8), u16le(octets, at + 10)
        if subtype == _TIMING:
            row[CAPABILITIES], row[BEACON_INTERVAL] = row[BEACON_INTERVAL], NONE
        if clock < 0:
            return CLOCK_RANGE
        row[TIMESTAMP] = clock
    elif subtype in (_ASSOCIATION_REQUEST, _REASSOCIATION_REQUEST):
        row[CAPABILITIES], row[LISTEN_INTERVAL] = u16le(octets, at), u16le(octets, at + 2)
    elif subtype in (_ASSOCIATION_RESPONSE, _REASSOCIATION_RESPONSE):
        row[CAPABILITIES], row[STATUS] = u16le(octets, at), u16le(octets, at + 2)
        row[ASSOCIATION_ID] = u16le(octets, at + 4) & 0x3FFF
    elif subtype in (_DISASSOCIATION, _DEAUTHENTICATION):
        row[REASON] = u16le(octets, at)
    elif subtype == _AUTHENTICATION:
        row[AUTH_ALGORITHM], row[AUTH_SEQUENCE] = u16le(octets, at), u16le(octets, at + 2)
        row[STATUS] = u16le(octets, at + 4)
    elif subtype in (_ACTION, _ACTION_NO_ACK):
        _action(octets, at, end, row)
    return FINE


@compiled_lent_part
def _action(octets: Octets, at: Int, end: Int, row: Int64s) -> None:
    row[CATEGORY], row[ACTION] = octets[at], octets[at + 1]
    if row[CATEGORY] == _BLOCK_ACK:
        if row[ACTION] == _ADDBA_RESPONSE and end - at >= 5:
            row[STATUS] = u16le(octets, at + 3)
        elif row[ACTION] == _DELBA and end - at >= 6:
            row[REASON] = u16le(octets, at + 4)


@compiled_lent_part
def _elements(octets: Octets, at: Int, end: Int, key: NDArray[np.uint64], row: Int64s) -> Int:
    """Walk the elements; gives the first fault, and goes on behind one that is only wrong inside."""
    count, vendors = 0, 0
    order: Int = np.int64(key[0])
    makers: Int = np.int64(key[1])
    fault: Int = FINE
    while end - at >= 2:
        number, length = np.int64(octets[at]), np.int64(octets[at + 1])
        at += 2
        if length > end - at:
            fault = fault if fault else ELEMENT_LENGTH
            break
        count += 1
        order = mixed(order, number)
        if number == _VENDOR:
            vendors += 1
            makers = mixed(makers, u32be(octets, at) if length >= 4 else u24be(octets, at) if length == 3 else 0)
        later = _element(octets, at, at + length, number, key, row)
        fault = fault if fault else later
        at += length
    if end - at == 1 and not fault:
        fault = ELEMENT_LENGTH
    row[ELEMENTS_COUNT], row[VENDOR_COUNT] = count, vendors
    if count:
        row[ELEMENTS_HASH] = order
    if vendors:
        row[VENDOR_HASH] = makers
    return fault


@compiled_lent_part
def _element(octets: Octets, at: Int, end: Int, number: Int, key: NDArray[np.uint64], row: Int64s) -> Int:
    """Read one element; of several of a kind the first."""
    length = end - at
    if number == _RSN:
        return _rsn(octets, at, end, row)
    if number == _SSID:
        if length > _MOST_SSID_OCTETS:
            return ELEMENT_CONTENT
        if row[SSID] == NONE:
            row[SSID], row[SSID + NEXT] = at, length
            row[SSID_HASH] = siphash(octets, at, end, key)
    elif number == _VENDOR:
        if length < _MAKER_OCTETS:
            return ELEMENT_CONTENT
        if length > _MAKER_OCTETS and u32be(octets, at) == _ODID_TYPE:
            return odid_pack(octets, at + 4, end, row)
    else:
        return _numbers(octets, at, length, number, row)
    return FINE


@compiled_lent_part
def _numbers(octets: Octets, at: Int, length: Int, number: Int, row: Int64s) -> Int:
    """Copy the octets of an element that is made of single octets."""
    for kind in range(NUMBERS.shape[0]):
        if NUMBERS[kind, 0] == number:
            if length < NUMBERS[kind, 1]:
                return ELEMENT_CONTENT
            slot = NUMBERS[kind, 2]
            if row[slot] == NONE:
                for octet in range(NUMBERS[kind, 3]):
                    row[slot + octet * NEXT] = octets[at + octet]
    return FINE


@compiled_lent_part
def _rsn(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    """Read an RSN element: what may be left out at its end is left out, what is begun must be whole."""
    if end - at < 2:
        return ELEMENT_CONTENT
    if row[RSN_GROUP] != NONE or row[RSN_PAIRWISE_COUNT] != NONE:
        return FINE
    at += 2
    if end - at < 4:
        return FINE if at == end else ELEMENT_CONTENT
    row[RSN_GROUP] = octets[at + 3]
    at += 4
    for suites in range(2):
        if at == end:
            return FINE
        if end - at < 2:
            return ELEMENT_CONTENT
        count = u16le(octets, at)
        row[RSN_AKM_COUNT if suites else RSN_PAIRWISE_COUNT] = count
        at += 2
        if count * 4 > end - at:
            return ELEMENT_CONTENT
        if count:
            row[RSN_AKM if suites else RSN_PAIRWISE] = octets[at + 3]
        at += 4 * count
    if end - at >= 2:
        capabilities = u16le(octets, at)
        row[RSN_CAPABILITIES], row[RSN_MFPR], row[RSN_MFPC] = capabilities, capabilities >> 6 & 1, capabilities >> 7 & 1
    return FINE if end - at != 1 else ELEMENT_CONTENT
