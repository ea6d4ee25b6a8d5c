"""Containers of captures against what was packed into them, and any octets at all."""

import struct
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.octets import MAC, RADIOTAP, block, enhanced, interface, option, pcap, section
from yawstring.wire.capture import Reader, records, scan
from yawstring.wire.records import AT, CAPTURED, FCS, LENGTH, LINK_TYPE, NO_TIME, TIME

ORDERS = ("<", ">")
FRAMES = (b"first", b"", b"third one")


def frames(octets: bytes) -> list[bytes]:
    found = records(octets)
    return [octets[at : at + size] for at, size in found.table[[AT, CAPTURED]].T.tolist()]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_a_pcap_file_in_either_order_and_scale(order: str, nanoseconds: bool) -> None:
    times = ((5, 0), (2**31, 999_999), (2**32 - 1, 1))
    octets = pcap(FRAMES, order=order, nanoseconds=nanoseconds, times=times, lengths=(5, 40, 9))
    found = records(octets)
    assert frames(octets) == list(FRAMES)
    scale = 1 if nanoseconds else 1000
    assert found.table[TIME].tolist() == [seconds * 10**9 + fraction * scale for seconds, fraction in times]
    assert found.table[LENGTH].tolist() == [5, 40, 9]
    assert set(found.table[LINK_TYPE].tolist()) == {MAC}
    assert found.rejects == {}


def test_microseconds_of_a_second_or_more_are_carried() -> None:
    found = records(pcap([b"x"], times=[(10, 1_500_000)]))
    assert found.table[TIME, 0] == 11_500_000_000


def test_the_link_type_field_may_tell_the_length_of_the_fcs() -> None:
    octets = bytearray(pcap([b"x"], link=MAC))
    octets[20:24] = struct.pack("<I", MAC | 1 << 26 | 2 << 28)
    assert records(bytes(octets)).table[[LINK_TYPE, FCS], 0].tolist() == [MAC, 4]


@pytest.mark.parametrize("missing", [1, 9, 10, 24])
def test_a_record_that_is_cut_is_counted(missing: int) -> None:
    octets = pcap(FRAMES)[:-missing]
    found = records(octets)
    assert len(found) == 2
    assert found.rejects == {"capture: ends within a record": 1}


@pytest.mark.parametrize("octets", [b"x" * 24, b"\x0a\x0d\x0d\x0b" * 9, bytes(4096)])
def test_no_capture_at_all_is_counted(octets: bytes) -> None:
    found = records(octets)
    assert (len(found), found.rejects) == (0, {"capture: neither pcap nor pcapng": 1})


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("resolution", "second"),
    [(None, 10**6), (9, 10**9), (3, 10**3), (0, 1), (12, 10**12), (0x80 | 20, 2**20), (0x80 | 40, 2**40)],
)
@pytest.mark.parametrize("offset", [0, 1_000_000, -3])
def test_time_of_a_pcapng_interface(order: str, resolution: int | None, second: int, offset: int) -> None:
    options = b"" if resolution is None else option(9, bytes([resolution]), order=order)
    options += option(14, struct.pack(order + "q", offset), order=order) + option(0, b"", order=order)
    ticks = 1_234_567 * second + second // 3
    octets = section(order=order) + interface(options=options, order=order) + enhanced(b"abc", ticks=ticks, order=order)
    found = records(octets)
    assert frames(octets) == [b"abc"]
    assert abs(int(found.table[TIME, 0]) - (Fraction(ticks, second) + offset) * 10**9) < 1
    assert found.rejects == {}


def test_interfaces_and_sections_of_both_orders() -> None:
    little = section() + interface(MAC) + interface(RADIOTAP, options=option(13, b"\x04"))
    little += enhanced(b"one", ticks=1, number=1) + enhanced(b"two", ticks=2, number=0)
    big = section(order=">") + interface(RADIOTAP, order=">") + enhanced(b"three", ticks=3, order=">")
    found = records(little + big)
    assert frames(little + big) == [b"one", b"two", b"three"]
    assert found.table[LINK_TYPE].tolist() == [RADIOTAP, MAC, RADIOTAP]
    assert found.table[FCS].tolist() == [4, -1, -1]


def test_simple_and_obsolete_packets_and_blocks_nobody_knows() -> None:
    simple = block(3, struct.pack("<I", 9) + b"abcdef")
    obsolete = block(2, struct.pack("<HHIIII", 0, 0, 0, 77, 2, 5) + b"xy")
    octets = section() + interface(snap=6) + block(0xBAD, b"whatever") + simple + obsolete
    found = records(octets)
    assert frames(octets) == [b"abcdef", b"xy"]
    assert found.table[TIME].tolist() == [NO_TIME, 77_000]
    assert found.table[LENGTH].tolist() == [9, 5]


FOREIGN = "capture: a packet names no interface of its section"


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (section() + enhanced(b"a", ticks=1), FOREIGN),
        (section() + interface() + enhanced(b"a", ticks=1, number=1), FOREIGN),
        (section() + interface() + section() + enhanced(b"a", ticks=1), FOREIGN),
        (section() + struct.pack("<III", 6, 13, 0), "capture: a block's length is impossible"),
        (section() + struct.pack("<III", 6, 8, 0), "capture: a block's length is impossible"),
        (section() + interface() + enhanced(b"a", ticks=1)[:-1], "capture: ends within a record"),
        (section() + interface() + block(6, bytes(8)), "capture: a block is too short for its kind"),
        (section() + interface(options=b"\x09\x00\xff\x00"), "capture: an option runs past its block"),
        (section()[:8] + bytes(20), "capture: a section has no known byte order"),
        (section() + interface() + enhanced(b"a", ticks=2**63), "record: a time beyond 64-bit nanoseconds"),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_wrong_with_a_pcapng_file_is_counted(octets: bytes, reason: str) -> None:
    assert records(octets).rejects == {reason: 1}


def test_a_trailer_that_differs_is_counted_and_passed_over() -> None:
    bad = bytearray(enhanced(b"a", ticks=1))
    bad[-4] ^= 4
    octets = section() + interface() + bytes(bad) + enhanced(b"b", ticks=2)
    assert frames(octets) == [b"a", b"b"]
    assert records(octets).rejects == {"capture: a block's two lengths differ": 1}


WHOLE = (
    pcap(FRAMES),
    section() + interface() + b"".join(enhanced(frame, ticks=index) for index, frame in enumerate(FRAMES)),
)


@given(st.sampled_from(WHOLE), st.lists(st.integers(0, 200), max_size=6), st.integers(0, 30))
@settings(deadline=None, max_examples=60)
@example(WHOLE[1], [0, 3, 25], 0)
def test_a_capture_in_pieces_is_the_capture(octets: bytes, cuts: list[int], missing: int) -> None:
    octets = octets[: len(octets) - missing]
    edges = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    reader, kept, base, found = Reader(), b"", 0, []
    for first, last in pairwise(edges):
        kept += octets[first:last]
        piece, reader = scan(kept, reader, last=False)
        found += [(base + at, *rest) for at, *rest in piece.table.T.tolist()]
        done = reader.position
        kept, base, reader = kept[done:], base + done, reader.moved(done)
    piece, _ = scan(kept, reader, last=True)
    found += [(base + at, *rest) for at, *rest in piece.table.T.tolist()]
    whole = records(octets)
    assert found == [tuple(record) for record in whole.table.T.tolist()]
    assert piece.rejects == whole.rejects


@given(st.binary(max_size=200), st.sampled_from([b"", WHOLE[0][:24], section(), section() + interface()]))
@settings(deadline=None, max_examples=200)
def test_any_octets_give_records_that_lie_in_them(tail: bytes, head: bytes) -> None:
    octets = head + tail
    found = records(octets)
    assert (found.table[AT] >= 0).all()
    assert (found.table[AT] + found.table[CAPTURED] <= len(octets)).all()
    if len(found) == 0 and len(octets) > 48:
        assert found.rejects or head
