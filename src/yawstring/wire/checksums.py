"""The frame check sequence (CRC-32, IEEE 802.11-2020, 9.2.4.8) and keyed hashes (SipHash-2-4, Aumasson and Bernstein).

The hash of a payload tells a repeat from a new one without keeping what was said; without the key nobody can test a
guess against it.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_lent_part
from yawstring.wire.octets import Int, Octets, i64le

CRC_POLYNOMIAL = 0xEDB88320
"""CRC-32, bits reflected."""

KEY_OCTETS = 16

_SLICES = 16
_ALL = 0xFFFFFFFF
_U = np.uint64
_INITIAL = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9)


def crc_tables() -> NDArray[np.uint32]:
    """uint32[slice, octet]: what an octet so many octets before the end does to the checksum.

    Example:
        >>> hex(crc_tables()[0, 1])
        '0x77073096'
    """
    tables = np.empty((_SLICES, 256), np.uint32)
    step = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        step = np.where(step & 1, step >> 1 ^ CRC_POLYNOMIAL, step >> 1)
    tables[0] = step
    for row in range(1, _SLICES):
        tables[row] = tables[row - 1] >> 8 ^ step[tables[row - 1] & 0xFF]
    return tables


@compiled_lent_part
def crc32(octets: Octets, at: Int, end: Int, before: Int, tables: NDArray[np.uint32]) -> Int:
    """CRC-32 of what came ``before`` (0: nothing) and the octets from ``at`` up to ``end``; sixteen at a time."""
    crc = before ^ _ALL
    while end - at >= _SLICES:
        ahead = np.int64(0)  # what does not wait for the checksum so far
        for octet in range(4, _SLICES):
            ahead ^= np.int64(tables[_SLICES - 1 - octet, octets[np.uint64(at + octet)]])
        for octet in range(4):
            mixture = crc >> 8 * octet ^ np.int64(octets[np.uint64(at + octet)])
            ahead ^= np.int64(tables[_SLICES - 1 - octet, mixture & 0xFF])
        crc = ahead
        at += _SLICES
    while at < end:
        crc = np.int64(tables[0, (crc ^ np.int64(octets[np.uint64(at)])) & 0xFF]) ^ crc >> 8
        at += 1
    return crc ^ _ALL


def hash_key(key: bytes) -> NDArray[np.uint64]:
    """The two halves of a key as uint64[2]; no key is a key of zeros.

    Raises:
        ValueError: The key has another length: a fault of the calling code.
    """
    if len(key) not in (0, KEY_OCTETS):
        raise ValueError(f"expected a key of {KEY_OCTETS} octets, found {len(key)}")
    return np.frombuffer(key or bytes(KEY_OCTETS), "<u8").astype(np.uint64)


@compiled_lent_part
def siphash(octets: Octets, at: Int, end: Int, key: NDArray[np.uint64]) -> Int:
    """SipHash-2-4 of the octets from ``at`` up to ``end``, as a number of 64 bits and a sign."""
    v0, v1, v2, v3 = (
        key[0] ^ _U(_INITIAL[0]),
        key[1] ^ _U(_INITIAL[1]),
        key[0] ^ _U(_INITIAL[2]),
        key[1] ^ _U(_INITIAL[3]),
    )
    words = (end - at) // 8 + 1
    # A word for every eight octets, the last with the length on top; then one more pass of four rounds that ends it.
    last = _U((end - at) & 0xFF) << _U(56)
    for octet in range((end - at) & 7):
        last |= _U(octets[at + 8 * (words - 1) + octet]) << _U(8 * octet)
    for index in range(words + 1):
        word, rounds = last, 2
        if index < words - 1:
            word = _U(i64le(octets, at + 8 * index))
        elif index == words:
            word, rounds = _U(0), 4
            v2 ^= _U(0xFF)
        v3 ^= word
        for _ in range(rounds):
            v0 += v1
            v1 = (v1 << _U(13) | v1 >> _U(51)) ^ v0
            v0 = v0 << _U(32) | v0 >> _U(32)
            v2 += v3
            v3 = (v3 << _U(16) | v3 >> _U(48)) ^ v2
            v0 += v3
            v3 = (v3 << _U(21) | v3 >> _U(43)) ^ v0
            v2 += v1
            v1 = (v1 << _U(17) | v1 >> _U(47)) ^ v2
            v2 = v2 << _U(32) | v2 >> _U(32)
        v0 ^= word
    return np.int64(v0 ^ v1 ^ v2 ^ v3)


@compiled_lent_part
def mixed(state: Int, value: Int) -> Int:
    """The state of a fingerprint after one more value: a mixing of 64 bits (after Steele, Lea and Flood's SplitMix)."""
    bits = (_U(state) ^ _U(value)) + _U(_MULTIPLIERS[0])
    bits = (bits ^ bits >> _U(30)) * _U(_MULTIPLIERS[1])
    return np.int64(bits ^ bits >> _U(31))
