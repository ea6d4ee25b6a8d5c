"""Captures of radiotap headers that no radio would send: every defined field, namespaces, antennas, and worse.

Sizes and alignments are those of radiotap.org. Four kinds of header: *sound* ones of random fields with one physical
layer at most, antennas of their own behind more present words, and in one of ten a vendor's namespace before those;
*odd* ones of any defined fields together, several physical layers and fields given twice among them; *wild* ones of
random present words, defined or not, before random octets; *cut* ones, odd until their length or their frame was
changed.
"""

import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

SOUND, ODD, WILD, CUT = "sound", "odd", "wild", "cut"
SOUND_ALONE = {SOUND: 1.0}
NOT_SOUND = {ODD: 0.4, WILD: 0.3, CUT: 0.3}
ALL_KINDS = {SOUND: 0.6, ODD: 0.16, WILD: 0.12, CUT: 0.12}
"""Shares of the kinds in a capture."""

FIELDS: dict[int, tuple[int, int]] = {
    0: (8, 8),  # TSFT
    1: (1, 1),  # Flags
    2: (1, 1),  # Rate
    3: (2, 4),  # Channel
    4: (2, 2),  # FHSS
    5: (1, 1),  # dBm antenna signal
    6: (1, 1),  # dBm antenna noise
    7: (2, 2),  # Lock quality
    8: (2, 2),  # TX attenuation
    9: (2, 2),  # dB TX attenuation
    10: (1, 1),  # dBm TX power
    11: (1, 1),  # Antenna
    12: (1, 1),  # dB antenna signal
    13: (1, 1),  # dB antenna noise
    14: (2, 2),  # RX flags
    15: (2, 2),  # TX flags
    16: (1, 1),  # RTS retries
    17: (1, 1),  # Data retries
    18: (4, 8),  # XChannel
    19: (1, 3),  # MCS
    20: (4, 8),  # A-MPDU status
    21: (2, 12),  # VHT
    22: (8, 12),  # Timestamp
    23: (2, 12),  # HE
    24: (2, 12),  # HE-MU
    25: (2, 6),  # HE-MU other user
    26: (1, 1),  # 0-length PSDU
    27: (2, 4),  # L-SIG
}
"""Alignment and size of each field, by its bit."""

UNKNOWN_TO_TSHARK = 25
"""HE-MU other user: tshark 4.0 does not know it and so reads no field behind it; drawn headers are without it."""

DRAWN = tuple(bit for bit in FIELDS if bit != UNKNOWN_TO_TSHARK)

LAYERS = ((), (2,), (4,), (19,), (19, 20), (21,), (20, 21), (23,), (23, 24))
"""Fields that say how a frame was sent: none, Rate, FHSS, MCS, VHT, HE, with their companions."""

FHSS, XCHANNEL = 4, 18

ANTENNA_FIELDS = (5, 6, 11, 12, 13)

RADIOTAP_NAMESPACE, VENDOR_NAMESPACE, MORE_WORDS = 29, 30, 31
FLAG_FCS, FLAG_PADDED = 0x10, 0x20

FREQUENCIES = (*range(2412, 2473, 5), 2484, *range(5180, 5321, 20), *range(5500, 5721, 20), *range(5745, 5826, 20))
CHANNEL_FLAGS = (0x00A0, 0x0480, 0x00C0, 0x0140, 0x0400, 0x0080, 0x0100)
RATES = (2, 4, 11, 22, 12, 18, 24, 36, 48, 72, 96, 108)

Random = np.random.Generator


@dataclass(frozen=True, kw_only=True)
class Made:
    """A capture of radiotap headers.

    Attributes:
        capture: A pcap file, link type 127, microseconds.
        kinds: Kind of the header of each frame.
    """

    capture: bytes
    kinds: tuple[str, ...]


def radiotap_capture(count: int, *, seed: int, shares: Mapping[str, float] = ALL_KINDS) -> Made:
    """``count`` frames behind random headers of kinds in these shares, the same for the same seed."""
    random = np.random.default_rng(seed)
    kinds = random.choice(list(shares), size=count, p=list(shares.values()))
    packets = [_MAKE[kind](random) for kind in kinds]
    return Made(capture=pcap(packets, link_type=127), kinds=tuple(map(str, kinds)))


def pcap(packets: Sequence[bytes], *, link_type: int) -> bytes:
    """A little-endian pcap file of these packets, a millisecond apart."""
    start = 1_700_000_000
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, link_type)]
    for place, packet in enumerate(packets):
        seconds, milliseconds = divmod(place, 1000)
        parts.append(struct.pack("<IIII", start + seconds, milliseconds * 1000, len(packet), len(packet)))
        parts.append(packet)
    return b"".join(parts)


def layouts(count: int, *, seed: int) -> list[bytes]:
    """``count`` different sound headers without an FCS, as many layouts: what a hostile sender makes."""
    random = np.random.default_rng(seed)
    found: dict[tuple[int, ...], bytes] = {}
    while len(found) < count:
        bits = tuple(int(bit) for bit in np.flatnonzero(random.random(24) < 0.5))
        found[bits] = header([(bits, False)], random, flags=0)[0]
    return list(found.values())


Words = Sequence[tuple[Sequence[int], bool]]


def header(words: Words, random: Random, *, flags: int | None = None) -> tuple[bytes, int]:
    """A sound header, and the value of its Flags field (0 where it has none).

    Args:
        words: Of each present word its bits, and whether a vendor's namespace follows it (else radiotap's own).
        random: Source of values.
        flags: Value of the Flags field; ``None`` draws one.
    """
    present, body, length, kept = [], b"", 4 + 4 * len(words), 0
    for place, (bits, vendor) in enumerate(words):
        last = place == len(words) - 1
        word = sum(1 << bit for bit in bits)
        if not last:
            word |= 1 << MORE_WORDS | 1 << (VENDOR_NAMESPACE if vendor else RADIOTAP_NAMESPACE)
        present.append(word)
        foreign = place > 0 and words[place - 1][1]
        for bit in () if foreign else sorted(bits):
            align, size = FIELDS[bit]
            body += bytes(-(length + len(body)) % align)
            value = _value(bit, size, random)
            if bit == 1:
                value = value if flags is None else bytes([flags])
                kept = kept or value[0]
            body += value
        if vendor and not last:
            skip = int(random.integers(0, 12))
            body += bytes(-(length + len(body)) % 2)
            body += random.bytes(3) + bytes([int(random.integers(0, 4))]) + struct.pack("<H", skip) + random.bytes(skip)
    return struct.pack("<BBH", 0, 0, length + len(body)) + struct.pack(f"<{len(present)}I", *present) + body, kept


def _value(bit: int, size: int, random: Random) -> bytes:
    """Octets of a field: mostly what a radio reports, sometimes anything."""
    make = _VALUES.get(bit)
    return random.bytes(size) if make is None or random.random() < 0.15 else make(random)


def _pick(values: Sequence[int]) -> Callable[[Random], int]:
    return lambda random: int(values[int(random.integers(len(values)))])


def _channel(random: Random) -> bytes:
    return struct.pack("<HH", _pick(FREQUENCIES)(random), _pick(CHANNEL_FLAGS)(random))


def _xchannel(random: Random) -> bytes:
    frequency = _pick(FREQUENCIES)(random)
    flags = _pick((0x10480, 0x20480, 0x40480, 0x10140, 0x20140, 0x40140, 0xA0, 0x480, 0x140))(random)
    channel = 14 if frequency == 2484 else (frequency - (2407 if frequency < 3000 else 5000)) // 5
    return struct.pack("<IHBb", flags, frequency, channel, int(random.integers(0, 31)))


def _mcs(random: Random) -> bytes:
    return bytes([int(random.integers(256)) | 0x02, int(random.integers(256)), int(random.integers(32))])


def _vht(random: Random) -> bytes:
    known, flags, bandwidth = int(random.integers(0x200)), int(random.integers(64)), int(random.integers(26))
    user = int(random.integers(0, 12)) << 4 | int(random.integers(1, 9))
    return struct.pack("<HBB4BBBH", known, flags, bandwidth, user, 0, 0, 0, int(random.integers(2)), 0, 0)


_VALUES: dict[int, Callable[[Random], bytes]] = {
    1: lambda random: bytes([_pick((0, FLAG_FCS, FLAG_FCS, FLAG_FCS | 2, 2, 0x50, 0x20, 0x30, 0x90, 0x80))(random)]),
    2: lambda random: bytes([_pick(RATES)(random)]),
    3: _channel,
    5: lambda random: struct.pack("<b", int(random.integers(-95, -10))),
    6: lambda random: struct.pack("<b", int(random.integers(-100, -80))),
    11: lambda random: bytes([int(random.integers(4))]),
    18: _xchannel,
    19: _mcs,
    21: _vht,
}


def _sound(random: Random) -> bytes:
    made, flags = header(_sound_words(random), random)
    return made + _frame(random, flags)


def _odd(random: Random) -> bytes:
    made, flags = header(_words(random), random)
    return made + _frame(random, flags)


def _sound_words(random: Random) -> list[tuple[list[int], bool]]:
    """Present words of one physical layer at most; those behind the first are of antennas, some behind a vendor's."""
    layers = {bit for layer in LAYERS for bit in layer}
    layer = LAYERS[int(random.integers(len(LAYERS)))]
    share = random.uniform(0.05, 0.6)
    chosen = [bit for bit in DRAWN if bit not in layers and random.random() < share]
    if FHSS in layer:
        chosen = [bit for bit in chosen if bit != XCHANNEL]  # whose flags name a layer too
    words = [(sorted({*chosen, *layer}), False)]
    if random.random() < 0.1:
        words = [(words[0][0], True), ([], False)]
    if random.random() < 0.3 or len(words) > 1:
        words += [
            ([bit for bit in ANTENNA_FIELDS if random.random() < 0.7], False) for _ in range(random.integers(1, 4))
        ]
    return words


def _words(random: Random) -> list[tuple[list[int], bool]]:
    """Present words of any fields: one, or several with namespaces between them."""
    count = 1 if random.random() < 0.7 else int(random.integers(2, 5))
    words = []
    for place in range(count):
        share = random.uniform(0.05, 0.6) if place == 0 else random.uniform(0, 0.2)
        bits = [bit for bit in DRAWN if random.random() < share]
        words.append((bits, bool(random.random() < 0.2)))
    return words


def _wild(random: Random) -> bytes:
    words = [int(random.integers(1 << 32)) & int(random.integers(1 << 32)) for _ in range(int(random.integers(1, 4)))]
    words = [word & ~(1 << UNKNOWN_TO_TSHARK) for word in words]
    words = [word | 1 << MORE_WORDS for word in words[:-1]] + [words[-1] & ~(1 << MORE_WORDS)]
    body = struct.pack(f"<{len(words)}I", *words) + random.bytes(int(random.integers(0, 120)))
    return struct.pack("<BBH", 0, 0, 4 + len(body)) + body + _frame(random, 0)


def _cut(random: Random) -> bytes:
    whole = bytearray(_odd(random))
    way = int(random.integers(3))
    if way == 0:
        return bytes(whole[: int(random.integers(0, len(whole) + 1))])
    stated = struct.unpack_from("<H", whole, 2)[0]
    changed = int(random.integers(0, stated)) if way == 1 else stated + int(random.integers(1, 200))
    struct.pack_into("<H", whole, 2, changed)
    return bytes(whole)


_MAKE: dict[str, Callable[[Random], bytes]] = {SOUND: _sound, ODD: _odd, WILD: _wild, CUT: _cut}


_WITH_BODY = (0, 1, 5, 6)
"""Frames that padding can stand in: a header and something behind it."""


def _frame(random: Random, flags: int) -> bytes:
    """An 802.11 frame; with an FCS, mostly right, where the flags say so."""
    a, b, c = random.bytes(6), random.bytes(6), random.bytes(6)
    sequence = struct.pack("<H", int(random.integers(1 << 16)) & 0xFFF0)
    beacon = random.bytes(8) + b"\x64\x00\x01\x00\x00\x04yaws\x03\x01\x06"
    ccmp = b"\x01\x00\x00\x20\x00\x00\x00\x00" + random.bytes(24)
    frame = (
        b"\x80\x00\x00\x00" + b"\xff" * 6 + a + a + sequence + beacon,
        b"\xc0\x00\x3a\x01" + a + b + b + sequence + b"\x07\x00",
        b"\xd4\x00\x00\x00" + a,
        b"\xb4\x00\x80\x00" + a + b,
        b"\x48\x11\x2c\x00" + a + b + c + sequence,
        b"\x88\x41\x2c\x00" + a + b + c + sequence + b"\x00\x00" + ccmp,
        b"\x08\x42\x00\x00" + a + b + c + sequence + b"\x01\x02\x03\x80" + random.bytes(24),
    )[int(random.integers(7)) if not flags & FLAG_PADDED else int(random.choice(_WITH_BODY))]
    check = zlib.crc32(frame)  # of what was on the air: padding is the receiver's own
    if flags & FLAG_PADDED:
        head = 24 if frame[0] & 0x0C != 0x08 or not frame[0] & 0x80 else 26
        frame = frame[:head] + bytes(-head % 4) + frame[head:]
    if not flags & FLAG_FCS:
        return frame
    return frame + struct.pack("<I", check if random.random() < 0.8 else int(random.integers(1 << 32)))
