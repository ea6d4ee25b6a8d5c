"""Bodies of management frames: fixed fields and elements (IEEE 802.11-2020, 9.3.3, 9.4.1 and 9.4.2)."""

import struct
from dataclasses import dataclass

from yawstring.simulate.air.rates import RATES

SSID, SUPPORTED, DS, TIM, RSN, ERP, EXTENDED, HT, HT_OPERATION, VENDOR = 0, 1, 3, 5, 48, 42, 50, 45, 61, 221
"""Element identifiers."""

BEACON_INTERVAL_TU = 100
"""102.4 ms."""

ESS, PRIVACY, SHORT_SLOT = 0x0001, 0x0010, 0x0400
"""Bits of the capability information (9.4.1.4)."""

LISTEN_INTERVAL = 10
BASIC_BIT = 0x80
"""Of an octet of the supported rates: the rate is a basic one."""

HT_FROM = 12
"""First index of an HT rate."""

_TSF_OCTETS = 8
_PER_ELEMENT = 8
_WMM = bytes.fromhex("0050f2020101800003a4000027a4000042435e0062322f00")
_RSN_PSK_CCMP = bytes.fromhex("0100000fac040100000fac040100000fac020000")


@dataclass(frozen=True, kw_only=True)
class Network:
    """An access point's network, as its beacons tell.

    Args:
        ssid: Name, at most 32 octets.
        bssid: Address of the access point.
        channel: Channel.
        secured: WPA2-PSK with CCMP; else open.
        rates: Rates of the access point, indices into ``RATES``.
    """

    ssid: bytes
    bssid: int
    channel: int
    secured: bool
    rates: tuple[int, ...]


def element(identifier: int, octets: bytes) -> bytes:
    """One element."""
    return bytes((identifier, len(octets))) + octets


def capabilities(network: Network) -> bytes:
    """Capability information of the network."""
    return struct.pack("<H", ESS | SHORT_SLOT | (PRIVACY if network.secured else 0))


def rsn() -> bytes:
    """RSN element: CCMP, and a pre-shared key (9.4.2.24)."""
    return element(RSN, _RSN_PSK_CCMP)


def beacon(network: Network) -> bytes:
    """Body of a beacon, its TSF zero."""
    head = bytes(_TSF_OCTETS) + struct.pack("<H", BEACON_INTERVAL_TU) + capabilities(network)
    tim = element(TIM, bytes((0, 1, 0, 0)))
    return head + _described(network, tim)


def probe_response(network: Network) -> bytes:
    """Body of a probe response, its TSF zero."""
    head = bytes(_TSF_OCTETS) + struct.pack("<H", BEACON_INTERVAL_TU) + capabilities(network)
    return head + _described(network, b"")


def probe_request(ssid: bytes, rates: tuple[int, ...]) -> bytes:
    """Body of a probe request; an empty SSID asks for any network."""
    return element(SSID, ssid) + _rates(rates) + _ht(rates)


def authentication(step: int, status: int = 0) -> bytes:
    """Body of an open-system authentication: step 1 asks, 2 answers."""
    return struct.pack("<HHH", 0, step, status)


def association_request(network: Network, rates: tuple[int, ...], *, again: bool = False) -> bytes:
    """Body of an association request, or of a re-association request to the same access point."""
    head = capabilities(network) + struct.pack("<H", LISTEN_INTERVAL)
    previous = network.bssid.to_bytes(6, "big") if again else b""
    secured = rsn() if network.secured else b""
    return head + previous + element(SSID, network.ssid) + _rates(rates) + secured + _ht(rates) + _wmm_asked()


def association_response(network: Network, identifier: int, status: int = 0) -> bytes:
    """Body of an association response, or of a re-association response."""
    head = capabilities(network) + struct.pack("<HH", status, 0xC000 | identifier)
    return head + _rates(network.rates) + _ht(network.rates) + _ht_operation(network) + element(VENDOR, _WMM)


def reason(code: int) -> bytes:
    """Body of a de-authentication or a disassociation."""
    return struct.pack("<H", code)


def _described(network: Network, tim: bytes) -> bytes:
    rates = _octets(network.rates)
    parts = element(SSID, network.ssid) + element(SUPPORTED, rates[:_PER_ELEMENT])
    parts += element(DS, bytes((network.channel,))) + tim + element(ERP, b"\0")
    parts += element(EXTENDED, rates[_PER_ELEMENT:]) if len(rates) > _PER_ELEMENT else b""
    parts += rsn() if network.secured else b""
    return parts + _ht(network.rates) + _ht_operation(network) + element(VENDOR, _WMM)


def _octets(rates: tuple[int, ...]) -> bytes:
    legacy = [rate for rate in rates if rate < HT_FROM] or [0]
    return bytes(round(2 * RATES[rate]) | (BASIC_BIT if rate < 4 else 0) for rate in legacy)


def _rates(rates: tuple[int, ...]) -> bytes:
    octets = _octets(rates)
    more = element(EXTENDED, octets[_PER_ELEMENT:]) if len(octets) > _PER_ELEMENT else b""
    return element(SUPPORTED, octets[:_PER_ELEMENT]) + more


def _ht(rates: tuple[int, ...]) -> bytes:
    """HT capabilities of one spatial stream, where any rate is an HT one (9.4.2.55)."""
    if not any(rate >= HT_FROM for rate in rates):
        return b""
    short_guard = 0x20 if max(rates) >= HT_FROM + 8 else 0
    return element(HT, struct.pack("<HB", 0x000C | short_guard, 0x17) + b"\xff" + bytes(15) + bytes(7))


def _ht_operation(network: Network) -> bytes:
    """HT operation, 20 MHz (9.4.2.56)."""
    if not any(rate >= HT_FROM for rate in network.rates):
        return b""
    return element(HT_OPERATION, bytes((network.channel,)) + bytes(21))


def _wmm_asked() -> bytes:
    return element(VENDOR, bytes.fromhex("0050f202000100"))
