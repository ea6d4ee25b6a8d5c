"""What open networks carry, against what was packed into it."""

import struct

import pytest

from support.octets import datagram, header, pcap
from yawstring.wire.decoder import Decoded, decode
from yawstring.wire.frames import CHAINS_OF_HEADER, HEADERS
from yawstring.wire.network import CHAINS

SNAP = bytes.fromhex("aaaa03000000")
STATE = b"mid:-1;x:-100;y:-100;z:-100;mpry:0,0,0;pitch:0;bat:93;\r\n"


def of(body: bytes, *, flags: int = 1, tail: bytes = b"") -> Decoded:
    return decode(pcap([header(2, 0, flags=flags) + body + tail]))


def cells(decoded: Decoded, *names: str) -> list[float | None]:
    columns = decoded.columns
    return [columns[name].values[0].item() if columns[name].valid[0] else None for name in names]


def chain(decoded: Decoded) -> str:
    code = int(decoded.columns["frame.protocols"].values[0])
    return HEADERS[code // CHAINS_OF_HEADER] + CHAINS[code % CHAINS_OF_HEADER]


def test_a_command_and_a_state_of_a_tello() -> None:
    command = of(datagram(b"takeoff", destination=8889), tail=b"\x00" * 6)
    assert dict(command.texts("tello.command")) == {0: b"takeoff"}
    names = ("llc.type", "ip.hdr_len", "ip.len", "ip.id", "ip.flags", "ip.ttl", "ip.proto", "ip.src", "ip.dst")
    assert cells(command, *names) == [0x800, 20, 35, 7, 0x40, 64, 17, 0xC0A80A02, 0xC0A80A01]
    assert cells(command, "udp.srcport", "udp.dstport", "udp.length", "data.len") == [40000, 8889, 15, 7]
    state = of(datagram(STATE, source=8889, destination=8890))
    assert dict(state.texts("tello.state")) == {0: STATE}
    assert dict(state.texts("tello.command")) == {}
    assert chain(state) == "wlan:llc:ip:udp:data"
    assert command.rejects == state.rejects == {}


def test_the_same_command_again_has_the_same_payload_hash() -> None:
    def hashed(text: bytes, source: int) -> float | None:
        return cells(of(datagram(text, source=source)), "payload_hash")[0]

    assert hashed(b"up 50", 1) == hashed(b"up 50", 2) != hashed(b"up 51", 1)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"", "wlan"),
        (b"\x42\x42\x03" + bytes(5), "wlan:llc"),
        (SNAP + b"\x08\x06" + bytes(28), "wlan:llc:arp"),
        (SNAP + b"\x88\x8e\x02\x03\x00\x00", "wlan:llc:eapol"),
        (SNAP + b"\x12\x34abc", "wlan:llc:data"),
        (datagram(b"x", destination=53), "wlan:llc:ip:udp:dns"),
        (datagram(b"x" * 20, protocol=6)[:28] + bytes(12) + b"\x50" + bytes(15), "wlan:llc:ip:tcp"),
        (datagram(b"x", protocol=1), "wlan:llc:ip:icmp"),
        (datagram(b"x", protocol=99), "wlan:llc:ip:data"),
    ],
    ids=range(9),
)
def test_chains_of_protocols(body: bytes, wanted: str) -> None:
    decoded = of(body)
    assert (chain(decoded), decoded.rejects) == (wanted, {})


def test_udp_over_ipv6() -> None:
    udp = struct.pack(">HHHH", 5353, 5353, 12, 0) + b"mdns"
    decoded = of(SNAP + b"\x86\xdd" + struct.pack(">IHBB32x", 6 << 28, len(udp), 17, 255) + udp)
    assert cells(decoded, "udp.dstport", "udp.length", "ip.src") == [5353, 12, None]
    assert chain(decoded) == "wlan:llc:ipv6"


@pytest.mark.parametrize(("fragments", "fragment"), [(4, 0), (0, 1)])
def test_a_fragment_is_not_read_as_a_packet(fragments: int, fragment: int) -> None:
    frame = header(2, 0, flags=1 | fragments, fragment=fragment) + datagram(b"takeoff")
    assert cells(decode(pcap([frame])), "udp.dstport", "llc.type") == [None, None]


def changed(at: int, value: bytes) -> bytes:
    octets = bytearray(datagram(b"takeoff"))
    octets[at : at + len(value)] = value
    return bytes(octets)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xaa\xaa", "llc: header cut short"),
        (SNAP + b"\x08", "llc: header cut short"),
        (changed(8, b"\x65"), "ip: header length or version impossible"),
        (changed(8, b"\x44"), "ip: header length or version impossible"),
        (changed(10, b"\xff\xff"), "ip: total length impossible"),
        (changed(10, b"\x00\x13"), "ip: total length impossible"),
        (changed(32, b"\xff\xff"), "udp: length impossible"),
        (changed(32, b"\x00\x07"), "udp: length impossible"),
        (changed(17, b"\x06"), "tcp: header length impossible"),
    ],
    ids=range(9),
)
def test_what_cannot_be_is_counted(body: bytes, reason: str) -> None:
    assert of(body).rejects == {reason: 1}


def key_message(info: int, data: bytes) -> bytes:
    body = struct.pack(">BHH", 2, info, 16) + bytes(8 + 32 + 16 + 8 + 8 + 16) + struct.pack(">H", len(data)) + data
    return SNAP + b"\x88\x8e" + struct.pack(">BBH", 1, 3, len(body)) + body


@pytest.mark.parametrize(
    ("info", "data", "message"),
    [(0x008A, b"", 1), (0x010A, b"RSN!", 2), (0x13CA, b"GTK!", 3), (0x030A, b"", 4), (0x1382, b"GTK!", None)],
)
def test_messages_of_the_handshake(info: int, data: bytes, message: int | None) -> None:
    assert cells(of(key_message(info, data)), "wlan_rsna_eapol.keydes.msgnr") == [message]
