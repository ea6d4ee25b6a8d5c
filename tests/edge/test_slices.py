"""Slices: bounded, and frame for frame what was captured, as tshark reads it."""

import json
import subprocess
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import alerts as made
from support import octets as hand
from support.flights import flight
from yawstring.edge.slices import Ring, Slices, capture_of
from yawstring.errors import OptionError
from yawstring.watch.batches import Batch, empty_batch
from yawstring.wire.capture import Reader, records, scan
from yawstring.wire.records import AT, CAPTURED, FCS, LENGTH, LINK_TYPE, NO_TIME, TIME

S = 10**9


def batches(capture, sizes):
    """The capture in pieces of so many records, each with octets of its own."""
    found, view = records(capture), np.frombuffer(capture, np.uint8)
    edges = np.unique(np.clip([0, *np.cumsum(sizes), len(found)], 0, len(found)))
    for first, last in pairwise(edges):
        part = found.part(first, last)
        yield Batch(octets=view, records=part, now_ns=int(part.table[TIME].max(initial=0)))


def frames(capture):
    """Every frame of a capture: octets, length on the air, time, link type, octets of check sequence."""
    found = scan(capture, Reader(), last=True)[0]
    assert not any(found.rejects.values())
    table = found.table
    return [
        (bytes(capture[at : at + size]), *rest)
        for at, size, *rest in table[[AT, CAPTURED, LENGTH, TIME, LINK_TYPE, FCS]].T.tolist()
    ]


@pytest.fixture(scope="module")
def flown():
    return flight("aireplay-deauth", 7).capture


def said(tshark, path):
    """What tshark says of every frame: its octets, and what the capture knows of it."""
    done = subprocess.run([tshark, "-r", path, "-T", "json", "-x", "-j", "frame"], capture_output=True, check=True)
    fields = ("frame.time_epoch", "frame.len", "frame.cap_len", "frame.encap_type")
    layers = [one["_source"]["layers"] for one in json.loads(done.stdout)]
    return [(one["frame_raw"][0], *(one["frame"].get(field) for field in fields)) for one in layers]


def test_tshark_reads_a_slice_as_it_reads_the_original(tmp_path, tshark, flown) -> None:
    times = records(flown).table[TIME]
    first, last = int(times[100]), int(times[220])
    ring = Ring(before_s=100, after_s=100)
    for batch in batches(flown, [97] * 1000):
        ring.add(batch)
    (tmp_path / "slice.pcap").write_bytes(ring.cut(first, last))
    (tmp_path / "whole.pcapng").write_bytes(flown)
    part = ["-c", "221", "-Y", "frame.number > 100", "-w", tmp_path / "part.pcapng"]
    subprocess.run([tshark, "-r", tmp_path / "whole.pcapng", *part], check=True, capture_output=True)
    expected, found = said(tshark, tmp_path / "part.pcapng"), said(tshark, tmp_path / "slice.pcap")
    assert len(expected) == 121
    assert None not in expected[0]
    assert found == expected


def test_mixed_link_types_are_a_pcapng_that_tshark_reads(tmp_path, tshark) -> None:
    beacon = hand.header(0, 8) + hand.beacon()
    capture = b"".join(
        [
            hand.section(),
            hand.interface(hand.MAC, options=hand.option(13, b"\x04")),
            hand.interface(hand.RADIOTAP),
            hand.enhanced(hand.with_fcs(beacon), ticks=1_000_000),
            hand.enhanced(hand.radiotap(b"", 0) + beacon, ticks=2_000_001, number=1, length=400),
        ]
    )
    ring = Ring(before_s=9, after_s=9)
    for batch in batches(capture, [1, 1]):
        ring.add(batch)
    octets = ring.cut(0, 10 * S)
    assert frames(octets) == frames(capture)
    (tmp_path / "whole.pcapng").write_bytes(capture)
    (tmp_path / "slice.pcapng").write_bytes(octets)
    found = said(tshark, tmp_path / "slice.pcapng")
    assert found == said(tshark, tmp_path / "whole.pcapng")
    assert [one[2:4] for one in found] == [(str(len(beacon) + 4),) * 2, ("400", str(len(beacon) + 8))]


packets = st.lists(
    st.tuples(
        st.binary(max_size=40),
        st.integers(0, 1 << 20),
        st.sampled_from([0, 5, 1_700_000_000 * S + 7, (1 << 32) * S, -3 * S + 1]),
        st.sampled_from([105, 127]),
        st.sampled_from([-1, 4]),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(packets)
def test_frames_of_any_time_and_kind_come_back_as_they_were(drawn) -> None:
    octets = b"".join(one for one, *_ in drawn)
    ends = np.cumsum([len(one) for one, *_ in drawn], dtype=np.int64)
    rows = [
        (int(end) - len(one), len(one), len(one) + more, time_ns, link, fcs)
        for end, (one, more, time_ns, link, fcs) in zip(ends, drawn, strict=True)
    ]
    table = np.array(rows, np.int64).reshape(-1, 6).T
    written = frames(capture_of([(memoryview(octets), table)] if drawn else []))
    assert written == [(one, len(one) + more, time_ns, link, fcs) for one, more, time_ns, link, fcs in drawn]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 60), max_size=20), st.integers(0, 300), st.integers(0, 300))
def test_any_batches_give_the_same_slice(sizes, one, other) -> None:
    capture = hand.pcap(
        [bytes([at % 251]) * (at % 90) for at in range(300)],
        nanoseconds=True,
        times=[(1_700_000_000, at) for at in range(300)],
    )
    ring = Ring(before_s=100, after_s=100)
    for batch in batches(capture, sizes):
        ring.add(batch)
    first, last = sorted((one, other))
    start = 1_700_000_000 * S
    assert frames(ring.cut(start + first, start + last)) == frames(capture)[first : last + 1]


def a_second(at, size=100, count=10):
    """A batch of ten frames within a second."""
    times = [(1_700_000_000 + at, number * 1000) for number in range(count)]
    return next(batches(hand.pcap([bytes([at % 256]) * size] * count, times=times), [count]))


def held(ring):
    return sorted({time_ns // S - 1_700_000_000 for _, _, time_ns, *_ in frames(ring.cut(0, 1 << 62))})


def test_what_is_too_old_is_let_go() -> None:
    ring = Ring(before_s=2, after_s=1, late_s=1)
    for at in range(100):
        ring.add(a_second(at))
        ring.add(empty_batch(0))
    assert held(ring) == [95, 96, 97, 98, 99]


def test_memory_is_bounded_by_octets() -> None:
    ring = Ring(before_s=1000, after_s=0, octets_max=10_000)
    for at in range(100):
        ring.add(a_second(at))
        assert ring._size <= 10_000
    assert held(ring) == [94, 95, 96, 97, 98, 99]  # 1,480 octets each, their table included
    ring.add(a_second(100, size=5_000))
    assert held(ring) == [97, 98, 99, 100]
    assert len(frames(ring.cut(0, 1 << 62))) == 31  # of the batch that is too large its newest frame


def test_octets_between_frames_are_not_held() -> None:
    capture = hand.pcap([b"x" * 100_000, b"y"] * 20, times=[(1_700_000_000, 0)] * 40)
    found = records(capture)
    small = found.table[:, 1::2]
    batch = Batch(octets=np.frombuffer(capture, np.uint8), records=type(found)(table=small, rejects={}), now_ns=0)
    ring = Ring(before_s=1, after_s=1)
    ring.add(batch)
    assert ring._size < 10_000
    assert [one for one, *_ in frames(ring.cut(0, 1 << 62))] == [b"y"] * 20


def test_frames_without_a_time_have_that_of_their_neighbours() -> None:
    batch = a_second(0)
    batch.records.table[TIME, [0, 4, 5]] = NO_TIME
    ring = Ring(before_s=1, after_s=1)
    ring.add(batch)
    assert [time_ns % S // 1000 for _, _, time_ns, *_ in frames(ring.cut(0, 1 << 62))] == [
        1000, 1000, 2000, 3000, 3000, 3000, 6000, 7000, 8000, 9000,
    ]  # fmt: skip


def opened(at_s, number=1):
    return made.change("opened", made.alert(number, opened_ns=(1_700_000_000 + at_s) * S))


def test_a_slice_shows_what_came_before_and_after(tmp_path) -> None:
    ring = Ring(before_s=3, after_s=2)
    slices = Slices(ring, tmp_path)
    written = []
    for at in range(20):
        ring.add(a_second(at))
        if at == 10:
            slices.want([opened(10), made.change("updated", made.alert(2)), made.change("closed", made.alert(3))])
        written += [(at, *one) for one in slices.write((1_700_000_000 + at) * S)]
    key = made.alert(1).key
    assert written == [(12, key, f"slices/{key}.pcap")]
    times = [time_ns // S - 1_700_000_000 for _, _, time_ns, *_ in frames((tmp_path / written[0][2]).read_bytes())]
    assert sorted(set(times)) == [7, 8, 9, 10, 11, 12]
    assert [one.name for one in (tmp_path / "slices").iterdir()] == [f"{key}.pcap"]


def test_a_slice_is_written_once(tmp_path) -> None:
    ring = Ring(before_s=1, after_s=1, late_s=0)
    slices = Slices(ring, tmp_path)
    written = []
    for at in range(20):
        ring.add(a_second(at))
        if at in (5, 15):
            slices.want([opened(5)])
        written += slices.write((1_700_000_000 + at) * S)
    assert len(set(written)) == 1
    assert len(frames((tmp_path / written[0][1]).read_bytes())) > 9


def test_at_the_end_what_is_wanted_is_written(tmp_path) -> None:
    ring = Ring()
    slices = Slices(ring, tmp_path)
    ring.add(a_second(0))
    slices.want([opened(0)])
    assert slices.write(0) == []
    assert len(slices.write(0, ended=True)) == 1
    assert slices.write(0, ended=True) == []


def test_a_slice_that_is_too_large_keeps_what_is_next_to_the_alert(tmp_path) -> None:
    ring = Ring()
    slices = Slices(ring, tmp_path, slice_octets_max=2_500)
    for at in range(8):
        ring.add(a_second(at))
    slices.want([opened(4)])
    ((_, name),) = slices.write(0, ended=True)
    found = [time_ns // S - 1_700_000_000 for _, _, time_ns, *_ in frames((tmp_path / name).read_bytes())]
    assert len(found) == 25
    assert found == sorted(found)
    assert {3, 4} <= set(found) <= {3, 4, 5}


def test_slices_that_there_is_no_room_for_are_counted(tmp_path) -> None:
    ring = Ring()
    ring.add(a_second(0))
    slices = Slices(ring, tmp_path, folder_octets_max=2_000)
    slices.want([opened(0, number) for number in range(3)])
    assert len(slices.write(0, ended=True)) == 1
    assert slices.missed == 2
    again = Slices(ring, tmp_path, folder_octets_max=2_000)  # what lies there already counts
    again.want([opened(0, 9)])
    assert again.write(0, ended=True) == []
    (tmp_path / "file").write_text("")
    nowhere = Slices(ring, tmp_path / "file")
    nowhere.want([opened(0)])
    assert nowhere.write(0, ended=True) == []
    assert nowhere.missed == 1


@pytest.mark.parametrize("wrong", [{"before_s": -1}, {"after_s": -1}, {"octets_max": 0}, {"late_s": -1}])
def test_options_that_make_no_sense_are_refused(wrong) -> None:
    with pytest.raises(OptionError):
        Ring(**wrong)
