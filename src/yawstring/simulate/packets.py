"""LLC, ARP, IPv4 and UDP octets, checksums right: IEEE 802.2, RFC 826, RFC 791, RFC 768, RFC 2131."""

import struct

import numpy as np
from numpy.typing import NDArray

SNAP = bytes.fromhex("aaaa03000000")
IPV4, ARP, EAPOL = 0x0800, 0x0806, 0x888E

UDP_PROTOCOL = 17
IP_OCTETS, UDP_OCTETS, SNAP_OCTETS = 20, 8, 8
HEADER_OCTETS = SNAP_OCTETS + IP_OCTETS + UDP_OCTETS
"""Of a UDP datagram in an 802.11 body: LLC and SNAP, IPv4, UDP."""

STATE_PORT, COMMAND_PORT, VIDEO_PORT = 8890, 8889, 11111
"""Ports of the Tello SDK, on the controller, the drone and the controller."""

ARP_REQUEST, ARP_REPLY = 1, 2
DHCP_CLIENT, DHCP_SERVER = 68, 67
DISCOVER, OFFER, REQUEST, ACKNOWLEDGE = 1, 2, 3, 5
"""DHCP message types (RFC 2132, 9.6)."""

_LEASE_S = 86400
_TTL = 64
_AT_ONCE = 1024


def snap(protocol: int) -> bytes:
    """LLC and SNAP header of an EtherType."""
    return SNAP + struct.pack(">H", protocol)


def checksum(octets: bytes) -> int:
    """The Internet checksum (RFC 1071).

    Example:
        >>> hex(checksum(bytes.fromhex("45000073000040004011" "0000" "c0a80001c0a800c7")))
        '0xb861'
    """
    padded = octets + b"\0" * (len(octets) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram(source: int, target: int, ports: tuple[int, int], payload: bytes, identification: int) -> bytes:
    """LLC, IPv4, UDP and payload: the body of a data frame.

    Args:
        source: IPv4 address, 32 bits.
        target: IPv4 address, 32 bits.
        ports: UDP ports, from and to.
        payload: What UDP carries.
        identification: IPv4 identification.
    """
    length = UDP_OCTETS + len(payload)
    ends = struct.pack(">II", source, target)
    udp = struct.pack(">HHHH", *ports, length, 0) + payload
    udp_sum = checksum(ends + struct.pack(">HH", UDP_PROTOCOL, length) + udp) or 0xFFFF
    ip = struct.pack(">BBHHHBBH", 0x45, 0, IP_OCTETS + length, identification & 0xFFFF, 0, _TTL, UDP_PROTOCOL, 0) + ends
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return snap(IPV4) + ip + udp[:6] + struct.pack(">H", udp_sum) + udp[8:]


def arp(operation: int, sender: tuple[int, int], target: tuple[int, int]) -> bytes:
    """LLC and ARP; sender and target are (MAC, IPv4)."""
    ends = b"".join(mac.to_bytes(6, "big") + ip.to_bytes(4, "big") for mac, ip in (sender, target))
    return snap(ARP) + struct.pack(">HHBBH", 1, IPV4, 6, 4, operation) + ends


def dhcp(message: int, transaction: int, client: int, offered: int, server: int) -> bytes:
    """A DHCP message, without the headers below it.

    Args:
        message: Its type, such as :data:`DISCOVER`.
        transaction: Chosen by the client.
        client: Its MAC address.
        offered: Address that the server offers; 0 in a client's message.
        server: The server's address; 0 in the first message.
    """
    reply = message in (OFFER, ACKNOWLEDGE)
    head = struct.pack(">BBBBIHH", 2 if reply else 1, 1, 6, 0, transaction, 0, 0)
    places = struct.pack(">IIII", 0, offered if reply else 0, server if reply else 0, 0)
    options = bytes((53, 1, message))
    if server:
        options += bytes((54, 4)) + server.to_bytes(4, "big")
    if message == REQUEST:
        options += bytes((50, 4)) + offered.to_bytes(4, "big")
    if reply:
        options += bytes((51, 4)) + _LEASE_S.to_bytes(4, "big") + bytes((1, 4, 255, 255, 255, 0))
    cookie = bytes.fromhex("63825363")
    return head + places + client.to_bytes(6, "big") + bytes(10 + 64 + 128) + cookie + options + b"\xff"


def datagrams(
    ends: tuple[int, int], ports: tuple[int, int], payloads: NDArray[np.uint8], lengths: NDArray[np.int64], first: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Bodies of many datagrams between the same ends at once.

    Args:
        ends: IPv4 addresses, from and to.
        ports: UDP ports, from and to.
        payloads: uint8[octet], the payloads back to back.
        lengths: int64[datagram], octets of each payload.
        first: IPv4 identification of the first; each next one counts on.

    Returns:
        The bodies back to back, and how long each is.
    """
    lengths = np.asarray(lengths, np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    heads = _heads(ends, ports, payloads, starts, first)
    at = (starts[:-1] + HEADER_OCTETS * np.arange(len(lengths)))[:, None] + np.arange(HEADER_OCTETS)
    octets = np.empty(int(starts[-1]) + heads.size, np.uint8)
    payload = np.ones(len(octets), bool)
    payload[at] = False
    octets[at], octets[payload] = heads, payloads
    return octets, lengths + HEADER_OCTETS


def _heads(
    ends: tuple[int, int], ports: tuple[int, int], payloads: NDArray[np.uint8], starts: NDArray[np.int64], first: int
) -> NDArray[np.uint8]:
    """LLC, IPv4 and UDP headers: uint8[datagram, 36]."""
    lengths = np.diff(starts)
    count = len(lengths)
    heads = np.zeros((count, HEADER_OCTETS), np.uint8)
    heads[:] = np.frombuffer(datagram(*ends, ports, b"", 0), np.uint8)
    _put(heads, 10, IP_OCTETS + UDP_OCTETS + lengths)
    _put(heads, 12, np.arange(first, first + count))
    _put(heads, 32, UDP_OCTETS + lengths)
    heads[:, 18:20] = heads[:, 34:36] = 0
    _put(heads, 18, _folded(_words(heads[:, 8:28])))
    fixed = sum(_halves(ends[0])) + sum(_halves(ends[1])) + UDP_PROTOCOL + sum(ports)
    sums = _folded(_payload_sums(payloads, starts) + fixed + 2 * (UDP_OCTETS + lengths))
    _put(heads, 34, np.where(sums == 0, 0xFFFF, sums))
    return heads


def _halves(word: int) -> tuple[int, int]:
    return word >> 16, word & 0xFFFF


def _put(heads: NDArray[np.uint8], at: int, values: NDArray[np.int64]) -> None:
    heads[:, at], heads[:, at + 1] = values >> 8 & 0xFF, values & 0xFF


def _words(rows: NDArray[np.uint8]) -> NDArray[np.int64]:
    wide = rows.astype(np.int64)
    return np.asarray(wide[:, 0::2].sum(1) * 256 + wide[:, 1::2].sum(1), np.int64)


def _payload_sums(payloads: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum of each payload's 16-bit words, the last octet of an odd one in the upper half."""
    if not len(starts) - 1:
        return np.zeros(0, np.int64)
    whole = _sums(payloads, starts)
    at_even = _sums(payloads[0::2], (starts + 1) // 2)
    high = np.where(starts[:-1] % 2 == 0, at_even, whole - at_even)
    return np.asarray(high * 256 + (whole - high), np.int64)


def _sums(octets: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum of the octets of each part."""
    sums = np.zeros(len(starts) - 1, np.int64)
    # Adding up makes eight octets of each: of a thousand parts at a time, not of a whole flight's video.
    for first in range(0, len(sums), _AT_ONCE):
        ends = starts[first : first + _AT_ONCE + 1]
        # A part may be empty and lie at the end: one octet more gives it a place to begin.
        part = np.append(octets[ends[0] : ends[-1]], np.uint8(0))
        sums[first : first + _AT_ONCE] = np.add.reduceat(part, ends[:-1] - ends[0], dtype=np.int64)
    return np.where(starts[:-1] == starts[1:], 0, sums)


def _folded(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    for _ in range(3):
        sums = (sums & 0xFFFF) + (sums >> 16)
    return ~sums & 0xFFFF
