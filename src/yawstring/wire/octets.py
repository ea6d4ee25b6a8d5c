"""Reads numbers from octets. Compiled, and unchecked: the caller has made sure that the octets are there."""

import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from yawstring.compiled import compiled_part

Int = int | np.int64
"""A number in a compiled loop: int64 there, a Python number where a test calls the function uncompiled."""

Octets = NDArray[np.uint8]
"""uint8[octet], read-only."""



def _reader(octets: int, order: str) -> Any:
    """A compiled function of octets and a place that gives the unsigned number of so many octets there, in one load.

    Put together from single octets, with a look at the sign of every index, a number takes ten times as many steps.
    """

    @intrinsic
    def read(typing: Any, array: Any, at: Any) -> Any:
        if not (isinstance(array, types.Array) and array.layout == "C" and array.ndim == 1 and array.dtype == types.u1):
            return None

        def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            inside = context.make_array(array)(context, builder, values[0])
            if context.enable_boundscheck:
                size = cgutils.unpack_tuple(builder, inside.shape)[0]
                last = builder.add(values[1], values[1].type(octets - 1))
                for index in (values[1], last):
                    cgutils.do_boundscheck(context, builder, index, size)
            number = ir.IntType(8 * octets)
            place = builder.bitcast(builder.gep(inside.data, [values[1]]), number.as_pointer())
            found = builder.load(place, align=1)
            if order != sys.byteorder:
                found = builder.bswap(found)
            return found if octets == 8 else builder.zext(found, ir.IntType(64))

        return types.int64(array, types.int64), code

    return read


_u16le, _u32le, _u64le = _reader(2, "little"), _reader(4, "little"), _reader(8, "little")
_u16be, _u32be = _reader(2, "big"), _reader(4, "big")


@compiled_part
def u16le(octets: Octets, at: Int) -> Int:
    """Two octets, least significant first."""
    return _u16le(octets, at)


@compiled_part
def u16be(octets: Octets, at: Int) -> Int:
    """Two octets, most significant first."""
    return _u16be(octets, at)


@compiled_part
def u24be(octets: Octets, at: Int) -> Int:
    """Three octets, most significant first."""
    return np.int64(octets[at]) << 16 | _u16be(octets, at + 1)


@compiled_part
def u32le(octets: Octets, at: Int) -> Int:
    """Four octets, least significant first."""
    return _u32le(octets, at)


@compiled_part
def u32be(octets: Octets, at: Int) -> Int:
    """Four octets, most significant first."""
    return _u32be(octets, at)


@compiled_part
def i32le(octets: Octets, at: Int) -> Int:
    """Four octets, least significant first, two's complement."""
    return (_u32le(octets, at) ^ 0x80000000) - 0x80000000


@compiled_part
def i64le(octets: Octets, at: Int) -> Int:
    """Eight octets, least significant first; negative where the number is 2^63 or more."""
    return _u64le(octets, at)


@compiled_part
def i8(octets: Octets, at: Int) -> Int:
    """One octet, two's complement."""
    return (np.int64(octets[at]) ^ 0x80) - 0x80


@compiled_part
def address(octets: Octets, at: Int) -> Int:
    """Six octets of an address as a number of 48 bits, the first octet on top."""
    return _u16be(octets, at) << 32 | _u32be(octets, at + 2)


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
