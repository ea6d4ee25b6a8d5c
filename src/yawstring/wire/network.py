"""What open networks carry above 802.11: LLC and SNAP, EAPOL, IPv4, UDP and TCP, and a Tello's own datagrams.

IEEE 802.2, RFC 1042, RFC 791, RFC 768, RFC 9293, IEEE 802.11-2020, 12.7.2; the ports are those of the Tello SDK guides.
"""

import numpy as np

from yawstring.compiled import compiled_lent_part
from yawstring.wire.octets import Int, Octets, u16be, u24be, u32be
from yawstring.wire.records import Int64s
from yawstring.wire.rejects import FINE, IP_HEADER_BAD, IP_LENGTH_BAD, LLC_SHORT, TCP_HEADER_BAD, UDP_LENGTH_BAD
from yawstring.wire.slots import (
    BODY,
    CHAIN,
    COMMAND,
    DATA_LENGTH,
    EAPOL_MESSAGE,
    IP_DESTINATION,
    IP_FLAGS,
    IP_HEADER,
    IP_ID,
    IP_LENGTH,
    IP_PROTOCOL,
    IP_SOURCE,
    IP_TTL,
    LLC_TYPE,
    NEXT,
    PAYLOAD_END,
    STATE,
    TCP_ACKNOWLEDGED,
    TCP_DESTINATION,
    TCP_FLAGS,
    TCP_HEADER,
    TCP_SEQUENCE,
    TCP_SOURCE,
    UDP_DESTINATION,
    UDP_LENGTH,
    UDP_SOURCE,
)  # fmt: skip

CHAINS = (
    "wlan", "wlan:data", "wlan:llc", "wlan:llc:data", "wlan:llc:eapol", "wlan:llc:arp", "wlan:llc:ip",
    "wlan:llc:ip:data", "wlan:llc:ip:icmp", "wlan:llc:ip:igmp", "wlan:llc:ip:tcp", "wlan:llc:ip:udp",
    "wlan:llc:ip:udp:data", "wlan:llc:ip:udp:dns", "wlan:llc:ip:udp:mdns", "wlan:llc:ip:udp:dhcp",
    "wlan:llc:ip:udp:ntp", "wlan:llc:ip:udp:ssdp", "wlan:llc:ip:udp:nbns", "wlan:llc:ipv6", "wlan:wlan_aggregate", "",
)  # fmt: skip
"""The 802.11 part of the column ``frame.protocols``: how far up a frame is read."""

(
    WLAN, WLAN_DATA, LLC, LLC_DATA, EAPOL, ARP, IP, IP_DATA, ICMP, IGMP, TCP, UDP, UDP_DATA, DNS, MDNS, DHCP, NTP, SSDP,
    NBNS, IPV6, AGGREGATE, NOTHING,
) = range(22)  # fmt: skip

COMMAND_PORT, STATE_PORT, VIDEO_PORT = 8889, 8890, 11111
"""UDP ports of a Tello."""

WELL_KNOWN = np.array(
    [[53, DNS], [67, DHCP], [68, DHCP], [123, NTP], [137, NBNS], [1900, SSDP], [5353, MDNS]], np.int64
)
"""UDP ports whose protocol the chain names."""

_SNAP = 0xAAAA03
_ENCAPSULATED, _BRIDGED = 0x000000, 0x0000F8
"""Organisation codes whose SNAP header ends with an EtherType."""

_LLC_OCTETS, _SNAP_OCTETS = 3, 8
_TYPE_IP, _TYPE_ARP, _TYPE_IPV6, _TYPE_EAPOL = 0x0800, 0x0806, 0x86DD, 0x888E
_PROTOCOL_ICMP, _PROTOCOL_IGMP, _PROTOCOL_TCP, _PROTOCOL_UDP = 1, 2, 6, 17
_LEAST_IP, _LEAST_TCP, _UDP_HEADER = 20, 20, 8
_IPV6_OCTETS = 40
_OFFSET_MASK, _FLAGS_MASK, _MORE = 0x1FFF, 0xE0, 0x20
_EAPOL_KEY, _EAPOL_LEAST = 3, 99
_KEY_PAIRWISE, _KEY_ACK, _KEY_MIC = 0x0008, 0x0080, 0x0100


@compiled_lent_part
def network(octets: Octets, end: Int, row: Int64s) -> Int:
    """Read an open data body from ``row[BODY]`` up to ``end``; ``row[BODY]`` moves to the innermost payload."""
    at = row[BODY]
    if at == end:
        return FINE
    row[CHAIN] = LLC
    if end - at < _LLC_OCTETS:
        return LLC_SHORT
    if u24be(octets, at) != _SNAP:
        return FINE
    if end - at < _SNAP_OCTETS:
        return LLC_SHORT
    maker = u24be(octets, at + 3)
    if maker != _ENCAPSULATED and maker != _BRIDGED:
        return FINE
    kind = u16be(octets, at + 6)
    row[LLC_TYPE] = kind
    return _above(octets, at + _SNAP_OCTETS, end, kind, row)


@compiled_lent_part
def _above(octets: Octets, at: Int, end: Int, kind: Int, row: Int64s) -> Int:
    """Read what an EtherType announces."""
    if kind == _TYPE_IP:
        return _ip(octets, at, end, row)
    if kind == _TYPE_EAPOL:
        _eapol(octets, at, end, row)
    elif kind == _TYPE_ARP:
        row[CHAIN] = ARP
    elif kind == _TYPE_IPV6:
        return _ipv6(octets, at, end, row)
    elif at < end:
        row[CHAIN], row[BODY], row[DATA_LENGTH] = LLC_DATA, at, end - at
    return FINE


@compiled_lent_part
def _eapol(octets: Octets, at: Int, end: Int, row: Int64s) -> None:
    """Which message of the four-way handshake this is."""
    row[CHAIN] = EAPOL
    if end - at < _EAPOL_LEAST or octets[at + 1] != _EAPOL_KEY:
        return
    info = u16be(octets, at + 5)
    if not info & _KEY_PAIRWISE:
        return
    if info & _KEY_ACK:
        row[EAPOL_MESSAGE] = 3 if info & _KEY_MIC else 1
    else:
        # The second message carries key data, the fourth none; WPA's fourth does not set the secure bit.
        row[EAPOL_MESSAGE] = 2 if u16be(octets, at + 97) else 4


@compiled_lent_part
def _ip(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    row[CHAIN] = IP
    if end - at < _LEAST_IP:
        return IP_HEADER_BAD
    header, length = 4 * (np.int64(octets[at]) & 15), u16be(octets, at + 2)
    if octets[at] >> 4 != 4 or header < _LEAST_IP or header > end - at:
        return IP_HEADER_BAD
    row[IP_HEADER], row[IP_LENGTH], row[IP_ID] = header, length, u16be(octets, at + 4)
    row[IP_FLAGS], row[IP_TTL], row[IP_PROTOCOL] = octets[at + 6] & _FLAGS_MASK, octets[at + 8], octets[at + 9]
    row[IP_SOURCE], row[IP_DESTINATION] = u32be(octets, at + 12), u32be(octets, at + 16)
    if length < header or length > end - at:
        return IP_LENGTH_BAD
    # Octets behind the packet pad the frame.
    end = at + length
    fragment = u16be(octets, at + 6) & (_OFFSET_MASK | _MORE << 8)
    protocol = row[IP_PROTOCOL]
    at += header
    row[BODY], row[PAYLOAD_END] = at, end
    if fragment:
        row[CHAIN], row[DATA_LENGTH] = IP_DATA, end - at
    elif protocol == _PROTOCOL_UDP:
        return _udp(octets, at, end, row)
    elif protocol == _PROTOCOL_TCP:
        return _tcp(octets, at, end, row)
    elif protocol in (_PROTOCOL_ICMP, _PROTOCOL_IGMP):
        row[CHAIN] = ICMP if protocol == _PROTOCOL_ICMP else IGMP
    else:
        row[CHAIN], row[DATA_LENGTH] = IP_DATA, end - at
    return FINE


@compiled_lent_part
def _ipv6(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    """Read a UDP datagram straight behind the IPv6 header (RFC 8200); everything else of IPv6 is passed over."""
    fault: Int = FINE
    if end - at >= _IPV6_OCTETS and octets[at] >> 4 == 6 and octets[at + 6] == _PROTOCOL_UDP:
        length = u16be(octets, at + 4)
        if length <= end - at - _IPV6_OCTETS:
            fault = _udp(octets, at + _IPV6_OCTETS, at + _IPV6_OCTETS + length, row)
    row[CHAIN] = IPV6
    return fault


@compiled_lent_part
def _udp(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    row[CHAIN] = UDP
    if end - at < _UDP_HEADER:
        return UDP_LENGTH_BAD
    source, destination, length = u16be(octets, at), u16be(octets, at + 2), u16be(octets, at + 4)
    row[UDP_SOURCE], row[UDP_DESTINATION], row[UDP_LENGTH] = source, destination, length
    if length < _UDP_HEADER or length > end - at:
        return UDP_LENGTH_BAD
    at += _UDP_HEADER
    length -= _UDP_HEADER
    row[BODY], row[PAYLOAD_END] = at, at + length
    if length:
        row[CHAIN] = UDP_DATA
    for known in range(WELL_KNOWN.shape[0]):
        if WELL_KNOWN[known, 0] == source or WELL_KNOWN[known, 0] == destination:
            row[CHAIN] = WELL_KNOWN[known, 1]
    # As Wireshark has it, data is what no protocol that is known by name lays claim to.
    if row[CHAIN] == UDP_DATA:
        row[DATA_LENGTH] = length
    if destination == COMMAND_PORT:
        row[COMMAND], row[COMMAND + NEXT] = at, length
    elif destination == STATE_PORT:
        row[STATE], row[STATE + NEXT] = at, length
    return FINE


@compiled_lent_part
def _tcp(octets: Octets, at: Int, end: Int, row: Int64s) -> Int:
    row[CHAIN] = TCP
    if end - at < _LEAST_TCP:
        return TCP_HEADER_BAD
    header = 4 * (np.int64(octets[at + 12]) >> 4)
    row[TCP_SOURCE], row[TCP_DESTINATION] = u16be(octets, at), u16be(octets, at + 2)
    row[TCP_SEQUENCE], row[TCP_ACKNOWLEDGED] = u32be(octets, at + 4), u32be(octets, at + 8)
    row[TCP_HEADER], row[TCP_FLAGS] = header, u16be(octets, at + 12) & 0xFFF
    if header < _LEAST_TCP or header > end - at:
        return TCP_HEADER_BAD
    row[BODY], row[PAYLOAD_END] = at + header, end
    return FINE
