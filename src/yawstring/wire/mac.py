"""The 802.11 MAC header (IEEE 802.11-2020, 9.2 and 9.3) and the header of protection (12.3 to 12.5)."""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_lent_part
from yawstring.wire.checksums import crc32
from yawstring.wire.octets import Int, Octets, address, u16le, u24be, u32le
from yawstring.wire.records import Int64s
from yawstring.wire.rejects import FINE, MAC_SHORT, MAC_VERSION, PROTECTION_SHORT
from yawstring.wire.slots import (
    AID,
    BODY,
    BSSID,
    CCMP_EXTIV,
    DA,
    DATA_LENGTH,
    DATA_PAD,
    DURATION,
    FCS,
    FCS_STATUS,
    FCS_THERE,
    FLAGS,
    FRAGMENT,
    FROM_DS,
    HT_CONTROL,
    KEY_INDEX,
    MAC_AT,
    MORE_DATA,
    MORE_FRAGMENTS,
    NONE,
    ORDER,
    PADDING,
    POWER_MANAGEMENT,
    PROTECTED,
    PROTECTION,
    QOS,
    QOS_ACK,
    QOS_AMSDU,
    QOS_EOSP,
    QOS_PRIORITY,
    RA,
    RETRY,
    SA,
    SEQUENCE,
    SUBTYPE,
    TA,
    TKIP_EXTIV,
    TO_DS,
    TYPE,
    VERSION,
    WEP_IV,
)  # fmt: skip

MANAGEMENT, CONTROL, DATA, EXTENSION = range(4)
OPEN, WEP, TKIP, CCMP = range(4)
"""Codes of the column ``protection``: none, WEP, TKIP, and CCMP or GCMP."""

FCS_BAD, FCS_GOOD, FCS_UNCHECKED = range(3)
"""Codes of ``wlan.fcs.status``, as Wireshark numbers them."""

FCS_OCTETS = 4

_WRAPPER, _PS_POLL, _ACK = 7, 10, 13
_LEAST_CONTROL_OF_TWO = (2, 4, 5, 8, 9, 10, 11, 14, 15)
_QOS_SUBTYPE, _NO_DATA_SUBTYPE = 8, 4
_HEADER_OF_THREE = 24
_ADDRESS_OCTETS, _IV_OCTETS, _EXTENDED_IV_OCTETS, _ICV_OCTETS = 6, 4, 8, 4
_EXTENDED_IV = 0x20


@compiled_lent_part
def without_fcs(octets: Octets, end: Int, whole: bool, row: Int64s) -> Int:
    """Take the frame check sequence off the end of the frame; gives where the frame ends without it."""
    # Of a frame that the capture cut, the sequence lay beyond.
    if row[FCS_THERE] != 1 or not whole or end - row[MAC_AT] < FCS_OCTETS:
        return end
    row[FCS] = u32le(octets, end - FCS_OCTETS)
    return end - FCS_OCTETS


@compiled_lent_part
def check(octets: Octets, end: Int, tables: NDArray[np.uint32], row: Int64s) -> None:
    """Check the frame check sequence of a frame that ends at ``end``; it was taken before any padding came in."""
    if row[FCS] == NONE:
        return
    at = row[MAC_AT]
    found: Int = np.int64(0)
    if row[PADDING] > 0:
        found = crc32(octets, at, row[BODY] - row[PADDING], found, tables)
        at = row[BODY]
    found = crc32(octets, at, end, found, tables)
    row[FCS_STATUS] = FCS_GOOD if found == row[FCS] else FCS_BAD


@compiled_lent_part
def _control_field(first: Int, flags: Int, row: Int64s) -> None:
    row[TYPE], row[SUBTYPE], row[FLAGS] = first >> 2 & 3, first >> 4, flags
    row[TO_DS], row[FROM_DS], row[MORE_FRAGMENTS] = flags & 1, flags >> 1 & 1, flags >> 2 & 1
    row[RETRY], row[POWER_MANAGEMENT], row[MORE_DATA] = flags >> 3 & 1, flags >> 4 & 1, flags >> 5 & 1
    row[PROTECTED], row[ORDER] = flags >> 6 & 1, flags >> 7


@compiled_lent_part
def mac_header(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    """Read the MAC header; ``row[BODY]`` is where the body begins. Gives the first fault."""
    if end - at < 2:
        return MAC_SHORT
    row[VERSION] = octets[at] & 3
    # Nobody knows how a frame of another version is laid out.
    if row[VERSION] != 0:
        return MAC_VERSION
    _control_field(np.int64(octets[at]), np.int64(octets[at + 1]), row)
    kind, subtype = row[TYPE], row[SUBTYPE]
    if kind == EXTENSION:
        row[BODY] = end
        return FINE
    if end - at < 4:
        return MAC_SHORT
    duration = u16le(octets, at + 2)
    if kind == CONTROL and subtype == _PS_POLL:
        row[AID] = duration & 0x3FFF
    else:
        row[DURATION] = duration & 0x7FFF
    if kind == CONTROL:
        return _control(octets, at, end, subtype, row)
    return _addressed(octets, at, end, kind, row)


@compiled_lent_part
def _addressed(octets: Octets, at: Int, end: Int, kind: Int, row: Int64s) -> Int:
    """Read the header of a management or data frame from its addresses on."""
    if end - at >= 10:
        row[RA] = address(octets, at + 4)
    if end - at >= 16:
        row[TA] = address(octets, at + 10)
    if end - at < _HEADER_OF_THREE:
        return MAC_SHORT
    row[FRAGMENT], row[SEQUENCE] = octets[at + 22] & 15, u16le(octets, at + 22) >> 4
    if kind == MANAGEMENT:
        row[DA], row[SA], row[BSSID] = row[RA], row[TA], address(octets, at + 16)
        return _management_tail(octets, at, end, row)
    return _data(octets, at, end, row[SUBTYPE], row)


@compiled_lent_part
def _control(octets: Octets, at: Int, end: Int, subtype: Int, row: Int64s) -> Int:
    row[BODY] = end
    if end - at < 10:
        return MAC_SHORT
    row[RA] = address(octets, at + 4)
    if subtype == _WRAPPER:
        if end - at < 16:
            return MAC_SHORT
        row[HT_CONTROL] = u32le(octets, at + 12)
        subtype, at = np.int64(octets[at + 10]) >> 4, at + 6
    two = False
    for known in _LEAST_CONTROL_OF_TWO:
        two = two or subtype == known
    if two:
        if end - at < 16:
            return MAC_SHORT
        row[TA] = address(octets, at + 10)
        if subtype == _PS_POLL:
            row[BSSID] = row[RA]
        elif subtype >= 14:
            row[BSSID] = row[TA]
    return FINE


@compiled_lent_part
def _management_tail(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    row[BODY] = at + _HEADER_OF_THREE
    if row[ORDER]:
        if end - row[BODY] < 4:
            return MAC_SHORT
        row[HT_CONTROL] = u32le(octets, row[BODY])
        row[BODY] += 4
    return FINE


@compiled_lent_part
def _data(octets: Octets, at: Int, end: Int, subtype: Int, row: Int64s) -> Int:
    third, body = address(octets, at + 16), at + _HEADER_OF_THREE
    if row[TO_DS] and row[FROM_DS]:
        if end - body < _ADDRESS_OCTETS:
            return MAC_SHORT
        row[DA], row[SA] = third, address(octets, body)
        body += _ADDRESS_OCTETS
    elif row[TO_DS]:
        row[BSSID], row[SA], row[DA] = row[RA], row[TA], third
    elif row[FROM_DS]:
        row[DA], row[BSSID], row[SA] = row[RA], row[TA], third
    else:
        row[DA], row[SA], row[BSSID] = row[RA], row[TA], third
    if subtype & _QOS_SUBTYPE:
        if end - body < 2:
            return MAC_SHORT
        qos = u16le(octets, body)
        row[QOS], row[QOS_PRIORITY], row[QOS_ACK] = qos, qos & 7, qos >> 5 & 3
        # Bit 4 ends a service period only where an access point sends; bit 7 is reserved where no data comes.
        row[QOS_EOSP] = qos >> 4 & 1 if row[FROM_DS] else NONE
        row[QOS_AMSDU] = qos >> 7 & 1 if not subtype & _NO_DATA_SUBTYPE else NONE
        body += 2
        if row[ORDER]:
            if end - body < 4:
                return MAC_SHORT
            row[HT_CONTROL] = u32le(octets, body)
            body += 4
    if row[DATA_PAD] == 1 and (at - body) % 4 <= end - body:
        row[PADDING] = (at - body) % 4
        body += row[PADDING]
    row[BODY] = body
    return FINE


@compiled_lent_part
def protection(octets: Octets, end: Int, row: Int64s) -> Int:
    """Read the header before a protected body; moves ``row[BODY]`` behind it. Gives the first fault."""
    at = row[BODY]
    if row[PROTECTED] == 0:
        row[PROTECTION] = OPEN
        return FINE
    if end - at < _IV_OCTETS:
        return PROTECTION_SHORT
    key = np.int64(octets[at + 3])
    if not key & _EXTENDED_IV:
        row[PROTECTION], row[KEY_INDEX], row[WEP_IV] = WEP, key >> 6, u24be(octets, at)
        row[BODY] = at + _IV_OCTETS
        row[DATA_LENGTH] = end - at - _IV_OCTETS - _ICV_OCTETS
    elif end - at < _EXTENDED_IV_OCTETS:
        return PROTECTION_SHORT
    else:
        high = u32le(octets, at + 4) << 16
        row[KEY_INDEX] = key >> 6
        row[BODY] = at + _EXTENDED_IV_OCTETS
        row[DATA_LENGTH] = end - at - _EXTENDED_IV_OCTETS
        if octets[at + 1] == (octets[at] | 0x20) & 0x7F:
            row[PROTECTION] = TKIP
            row[TKIP_EXTIV] = high | np.int64(octets[at]) << 8 | np.int64(octets[at + 2])
        else:
            row[PROTECTION] = CCMP
            row[CCMP_EXTIV] = high | np.int64(octets[at + 1]) << 8 | np.int64(octets[at])
    if row[DATA_LENGTH] <= 0:
        row[DATA_LENGTH] = NONE
    return FINE
