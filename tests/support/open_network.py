"""What a drone's open network carries, and elements that few captures hold, drawn at random but sound.

Layouts are those of IEEE 802.11-2020 (9.3.2, 9.4.2), RFC 1042, RFC 791, RFC 768 and RFC 9293.
"""

import struct

import numpy as np

Random = np.random.Generator

COMMAND_PORT, STATE_PORT, VIDEO_PORT = 8889, 8890, 11111
_PORTS = (COMMAND_PORT, STATE_PORT, VIDEO_PORT, 40_001, 51_234, 62_000)
_UDP, _TCP, _ICMP = 17, 6, 1
_SNAP = bytes.fromhex("aaaa03000000")


def frames(count: int, *, seed: int) -> list[bytes]:
    """``count`` plain 802.11 frames: datagrams both ways, with and without QoS, and beacons of many elements."""
    random = np.random.default_rng(seed)
    makers = (_datagram, _datagram, _datagram, _beacon)
    return [makers[int(random.integers(len(makers)))](random) for _ in range(count)]


def _datagram(random: Random) -> bytes:
    up, quality = bool(random.integers(2)), bool(random.integers(2))
    head = bytes([0x88 if quality else 0x08, (0x01 if up else 0x02) | (0x08 if random.random() < 0.1 else 0)])
    head += struct.pack("<H", int(random.integers(0, 400))) + random.bytes(18)
    head += struct.pack("<H", int(random.integers(4096)) << 4)
    head += bytes([int(random.integers(8)), 0]) if quality else b""
    return head + _SNAP + b"\x08\x00" + _packet(random)


def _packet(random: Random) -> bytes:
    protocol = int(random.choice([_UDP, _UDP, _UDP, _TCP, _ICMP]))
    options = random.bytes(4 * int(random.integers(0, 3))) if random.random() < 0.1 else b""
    options = b"\x01" * len(options)  # options of no operation
    body = {_UDP: _udp, _TCP: _tcp, _ICMP: _icmp}[protocol](random)
    length = 20 + len(options) + len(body)
    flags = 0x40 if random.random() < 0.5 else 0
    first = struct.pack(
        ">BBHHBBBBH", 0x45 + len(options) // 4, 0, length, int(random.integers(1 << 16)), flags, 0, 64, protocol, 0
    )
    source, destination = bytes([192, 168, 10, int(random.integers(1, 255))]), bytes([192, 168, 10, 1])
    return first + source + destination + options + body


def _udp(random: Random) -> bytes:
    source, destination = int(random.choice(_PORTS)), int(random.choice(_PORTS))
    if destination == COMMAND_PORT:
        words = (
            b"command",
            b"takeoff",
            b"land",
            b"cw 90",
            b"forward 100",
            b"battery?",
            b"rc 0 0 0 0",
            "öl".encode(),
            b"\xff\x00",
        )
        payload = words[int(random.integers(len(words)))]
    elif destination == STATE_PORT:
        payload = b"pitch:0;roll:%d;yaw:-80;h:30;bat:%d;baro:305.34;\r\n" % (
            random.integers(-9, 9),
            random.integers(100),
        )
    else:
        payload = random.bytes(int(random.integers(1, 200)))
    return struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload


def _tcp(random: Random) -> bytes:
    ports = 40_001, int(random.choice((51_234, 62_000)))
    numbers = int(random.integers(1 << 32)), int(random.integers(1 << 32))
    flags = int(random.choice((0x002, 0x012, 0x010, 0x018, 0x011, 0x004)))
    return struct.pack(">HHIIHHHH", *ports, *numbers, 0x5000 | flags, 8192, 0, 0)


def _icmp(random: Random) -> bytes:
    return bytes([8, 0, 0, 0]) + random.bytes(4)  # an echo request of nothing


def _beacon(random: Random) -> bytes:
    address = random.bytes(6)
    response = bool(random.integers(2))
    head = bytes([0x50 if response else 0x80, 0]) + struct.pack("<H", 0) + b"\xff" * 6 + address + address
    head += struct.pack("<H", int(random.integers(4096)) << 4)
    fixed = struct.pack(
        "<QHH", int(random.integers(1 << 62)), int(random.integers(1, 1000)), int(random.integers(1 << 16))
    )
    name = random.choice(np.array([b"TELLO-59FF95", b"", b"nets\xff", "höhe".encode(), b"12345"], object))
    elements = [
        (0, name), (1, bytes([0x82, 0x84, 0x8B, 0x96])), (3, bytes([int(random.integers(1, 14))])),
        (5, bytes([int(random.integers(3)), 3, int(random.integers(256)), 0])),
        (37, bytes([int(random.integers(2)), int(random.integers(1, 14)), int(random.integers(20))])),
        (48, _rsn(random)), (221, b"\x00\x50\xf2\x02\x01\x01" + random.bytes(18)),
        (221, b"\x00\x17\xf2\x0a\x00\x01\x04"),
    ]  # fmt: skip
    kept = [(number, body) for number, body in elements if random.random() < 0.8]
    return head + fixed + b"".join(bytes([number, len(body)]) + body for number, body in kept)


def _rsn(random: Random) -> bytes:
    suites = [b"\x00\x0f\xac" + bytes([int(kind)]) for kind in random.choice([2, 4, 8, 9], 3)]
    keys = [b"\x00\x0f\xac" + bytes([int(kind)]) for kind in random.choice([1, 2, 6, 8], int(random.integers(1, 3)))]
    body = struct.pack("<H", 1) + suites[0] + struct.pack("<H", 2) + suites[1] + suites[2]
    return (
        body + struct.pack("<H", len(keys)) + b"".join(keys) + struct.pack("<H", int(random.integers(1 << 16)) & 0xC0FF)
    )
