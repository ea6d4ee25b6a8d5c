"""Blocks of a ring of packets, made by hand as ``if_packet.h`` lays them out; and whatever else a block may hold."""

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from yawstring.wire.octets import view
from yawstring.wire.packet_ring import block_records

RADIOTAP = 127
LEFT_OUT = {"capture: a block is too short for its kind": 1}


def frame(content: bytes, *, seconds: int, nanoseconds: int, length: int, last: bool) -> bytes:
    """``tpacket3_hdr`` and ``sockaddr_ll``, then the frame, on a boundary of 16 octets."""
    content_at = 80
    size = -(-(content_at + len(content)) // 16) * 16
    head = struct.pack(
        "<IIIIIIHH", 0 if last else size, seconds, nanoseconds, len(content), length, 1, content_at, content_at
    )
    return (head.ljust(content_at, b"\0") + content).ljust(size, b"\0")


def block(*contents: bytes, start: int = 1_700_000_000) -> bytes:
    """``tpacket_block_desc`` and its frames."""
    frames = b"".join(
        frame(
            content,
            seconds=start + at,
            nanoseconds=at,
            length=len(content) + 1000 * at,
            last=at == len(contents) - 1,
        )
        for at, content in enumerate(contents)
    )
    return struct.pack("<IIIIIIQIIII", 1, 0, 1, len(contents), 48, 48 + len(frames), 1, 0, 0, 0, 0) + frames


def test_frames_are_found_where_they_lie() -> None:
    first, second = block(b"one", b"the second"), block(b"3" * 40)
    octets = view(first + second)
    found = block_records(octets, [0, len(first)], RADIOTAP)
    at, captured, length, time_ns, link, fcs = found.table
    assert [octets[a : a + c].tobytes() for a, c in zip(at, captured, strict=True)] == [
        b"one",
        b"the second",
        b"3" * 40,
    ]
    assert length.tolist() == [3, 1010, 40]
    assert time_ns.tolist() == [1_700_000_000_000_000_000, 1_700_000_001_000_000_001, 1_700_000_000_000_000_000]
    assert set(link.tolist()) == {RADIOTAP}
    assert set(fcs.tolist()) == {-1}
    assert found.rejects == {}


def test_no_block_gives_no_frame() -> None:
    assert len(block_records(view(b""), [], RADIOTAP)) == 0


def test_a_block_cut_short_keeps_what_is_whole() -> None:
    whole = block(b"one", b"two")
    found = block_records(view(whole[:-20]), [0], RADIOTAP)
    assert len(found) == 1
    assert found.rejects == LEFT_OUT


def test_a_count_that_cannot_be_is_not_believed() -> None:
    octets = bytearray(block(b"one"))
    octets[12:16] = b"\xff\xff\xff\xff"
    found = block_records(view(octets), [0], RADIOTAP)
    assert len(found) <= len(octets) // 48
    assert found.rejects == LEFT_OUT


@given(st.binary(max_size=400), st.lists(st.integers(-5, 420), max_size=4))
def test_any_octets_give_frames_within_them(octets: bytes, starts: list[int]) -> None:
    found = block_records(view(octets), starts, RADIOTAP)
    assert (found.table[0] >= 0).all()
    assert (found.table[0] + found.table[1] <= len(octets)).all()


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=6))
def test_a_block_with_wrong_octets_gives_frames_within_it(changes: list[tuple[int, int]]) -> None:
    octets = bytearray(block(b"one", b"the second", b"3" * 40))
    for place, value in changes:
        octets[place % len(octets)] = value
    found = block_records(view(octets), [0], RADIOTAP)
    assert np.all(found.table[0] + found.table[1] <= len(octets))
