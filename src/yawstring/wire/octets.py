"""Reads numbers from octets. Compiled, and unchecked: the caller has made sure that the octets are there."""

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_lent_part

Int = int | np.int64
"""A number in a compiled loop: int64 there, a Python number where a test calls the function uncompiled."""

Octets = NDArray[np.uint8]
"""uint8[octet], read-only."""

_1, _2, _3 = np.uint64(1), np.uint64(2), np.uint64(3)


@compiled_lent_part
def u16le(octets: Octets, at: Int) -> Int:
    """Two octets, least significant first."""
    place = np.uint64(at)
    return np.int64(octets[place]) | np.int64(octets[place + _1]) << 8


@compiled_lent_part
def u16be(octets: Octets, at: Int) -> Int:
    """Two octets, most significant first."""
    place = np.uint64(at)
    return np.int64(octets[place]) << 8 | np.int64(octets[place + _1])


@compiled_lent_part
def u24be(octets: Octets, at: Int) -> Int:
    """Three octets, most significant first."""
    place = np.uint64(at)
    return np.int64(octets[place]) << 16 | np.int64(octets[place + _1]) << 8 | np.int64(octets[place + _2])


@compiled_lent_part
def u32le(octets: Octets, at: Int) -> Int:
    """Four octets, least significant first."""
    place = np.uint64(at)
    low = np.int64(octets[place]) | np.int64(octets[place + _1]) << 8
    return low | np.int64(octets[place + _2]) << 16 | np.int64(octets[place + _3]) << 24


@compiled_lent_part
def u32be(octets: Octets, at: Int) -> Int:
    """Four octets, most significant first."""
    place = np.uint64(at)
    high = np.int64(octets[place]) << 24 | np.int64(octets[place + _1]) << 16
    return high | np.int64(octets[place + _2]) << 8 | np.int64(octets[place + _3])


@compiled_lent_part
def i32le(octets: Octets, at: Int) -> Int:
    """Four octets, least significant first, two's complement."""
    return (u32le(octets, at) ^ 0x80000000) - 0x80000000


@compiled_lent_part
def i64le(octets: Octets, at: Int) -> Int:
    """Eight octets, least significant first; negative where the number is 2^63 or more."""
    return u32le(octets, at) | u32le(octets, at + 4) << 32


@compiled_lent_part
def i8(octets: Octets, at: Int) -> Int:
    """One octet, two's complement."""
    return (np.int64(octets[at]) ^ 0x80) - 0x80


@compiled_lent_part
def address(octets: Octets, at: Int) -> Int:
    """Six octets of an address as a number of 48 bits, the first octet on top."""
    return u24be(octets, at) << 24 | u24be(octets, at + 3)


def view(octets: bytes | bytearray | memoryview | Octets) -> Octets:
    """The octets as a read-only array, without a copy, so that every loop is compiled for one type alone.

    Args:
        octets: Anything that gives its octets as a buffer, an ``mmap`` too.

    Example:
        >>> view(b"abc").tolist()
        [97, 98, 99]
    """
    array = np.frombuffer(octets, np.uint8)
    array.flags.writeable = False
    return array
