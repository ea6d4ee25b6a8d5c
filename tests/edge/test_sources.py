"""A replay keeps the capture's pace and clock; a fifo gives frames as they are written, and nothing but frames."""

import os
import struct
import threading

import numpy as np
import pytest

from support.flight_files import pcap
from yawstring.edge.sources import Clock, FifoSource, ReplaySource
from yawstring.errors import CaptureError, OptionError, SourceError
from yawstring.wire.records import TIME

NS = 1_000_000_000
ACK = bytes.fromhex("d4000000aabbccddeeff")


class Hand:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now_ns = 5 * NS

    def clock(self) -> Clock:
        return Clock(now_ns=lambda: self.now_ns, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= 0.2
        self.now_ns += round(seconds * NS)


def capture(times_ns: list[int]) -> bytes:
    return pcap([(time, ACK) for time in times_ns])


@pytest.fixture
def file(tmp_path):
    def write(times_ns: list[int]):
        path = tmp_path / "made.pcap"
        path.write_bytes(capture(times_ns))
        return path

    return write


def test_as_fast_as_it_can_be_read_the_clock_is_that_of_the_frames(file) -> None:
    times = [1000 * NS, 1001 * NS, 1000 * NS + 5, 1002 * NS]
    given = list(ReplaySource(file(times), speed=None, frames=2).batches())
    assert [len(batch) for batch in given] == [2, 2]
    assert [batch.now_ns for batch in given] == [1001 * NS, 1002 * NS]
    assert not given[0].ended
    assert [batch.ended for batch in given] == [False, True]
    assert np.concatenate([batch.records.table[TIME] for batch in given]).tolist() == times


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_at_a_pace_no_frame_comes_before_its_time_and_none_is_held_back_long(file, speed: float) -> None:
    rng = np.random.default_rng(1)
    times = (1000 * NS + np.sort(rng.integers(0, 6 * NS, 300))).tolist()
    hand = Hand()
    begun, given = hand.now_ns, 0
    for batch in ReplaySource(file(times), speed=speed, clock=hand.clock()).batches():
        due_ns = times[0] + (hand.now_ns - begun) * speed
        given += len(batch)
        assert batch.now_ns <= due_ns
        assert all(time <= due_ns for time in batch.records.table[TIME].tolist())
        left = times[given:]
        assert not left or left[0] > batch.now_ns, "a frame of a time that was given out already comes later"
        assert not left or left[0] > due_ns - 0.21 * NS * speed
    assert given == len(times)


def test_a_pause_gives_empty_batches_so_that_time_passes(file) -> None:
    hand = Hand()
    given = list(ReplaySource(file([1000 * NS, 1003 * NS]), clock=hand.clock()).batches())
    silent = [batch for batch in given if not len(batch)]
    assert len(silent) >= 20
    assert max(batch.now_ns for batch in silent) < 1003 * NS
    assert given[-1].ended


@pytest.mark.parametrize("speed", [None, 1.0])
def test_a_clock_that_was_put_back_costs_no_time_and_is_followed(file, speed) -> None:
    hand = Hand()
    times = [1000 * NS, 1001 * NS, 10 * NS, 11 * NS, 12 * NS]
    begun = hand.now_ns
    given = list(ReplaySource(file(times), speed=speed, clock=hand.clock()).batches())
    assert sum(map(len, given)) == 5
    assert given[-1].now_ns == 12 * NS
    assert all(batch.now_ns < 13 * NS for batch in given if len(batch) and batch.records.table[TIME][0] < 100 * NS)
    assert [batch.ended for batch in given].count(True) == 1
    assert hand.now_ns - begun == 0 if speed is None else 2.9 * NS < hand.now_ns - begun < 3.3 * NS


def test_a_capture_that_is_cut_short_is_read_as_far_as_it_goes(tmp_path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(capture([NS, 2 * NS])[:-3])
    (batch,) = ReplaySource(path, speed=None).batches()
    assert len(batch) == 1
    assert batch.ended
    assert sum(batch.records.rejects.values()) == 1


def test_a_file_that_is_no_capture_is_refused(tmp_path) -> None:
    path = tmp_path / "odd.pcap"
    path.write_text("a letter, and a long one at that")
    with pytest.raises(CaptureError, match="expected a capture"):
        ReplaySource(path)
    path.write_bytes(capture([NS]))
    with pytest.raises(OptionError, match="above 0"):
        ReplaySource(path, speed=0.0)


@pytest.fixture
def fifo(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def test_a_fifo_gives_what_is_written_and_ends_with_its_writer(fifo) -> None:
    times = [1000 * NS + place * NS // 100 for place in range(500)]
    octets = capture(times)
    source = FifoSource(fifo)

    def write() -> None:
        with fifo.open("wb", buffering=0) as out:
            for first in range(0, len(octets), 777):
                out.write(octets[first : first + 777])

    writer = threading.Thread(target=write)
    writer.start()
    given = list(source.batches())
    writer.join()
    source.close()
    source.close()
    assert given[-1].ended
    assert np.concatenate([batch.records.table[TIME] for batch in given]).tolist() == times
    last = next(batch for batch in reversed(given) if len(batch))
    assert 0 <= last.now_ns - times[-1] < NS, "the clock is that of the capture, not of this computer"


def test_time_passes_in_a_fifo_that_is_silent(fifo) -> None:
    source = FifoSource(fifo)
    batches = source.batches()
    assert len(next(batches)) == 0, "nobody has opened it yet"
    with fifo.open("wb", buffering=0) as out:
        out.write(capture([7 * NS]))
        first = next(batch for batch in batches if len(batch))
        second = next(batches)
    assert second.now_ns > first.now_ns >= 7 * NS
    assert not len(second)
    source.close()


@pytest.mark.parametrize("octets", [b"certainly no capture, but long enough", struct.pack("<I", 0x0A0D0D0A) * 8])
def test_a_fifo_with_something_else_is_gone(fifo, octets: bytes) -> None:
    source = FifoSource(fifo)
    with fifo.open("wb", buffering=0) as out:
        out.write(octets)
        with pytest.raises(SourceError, match="expected a capture"):
            list(source.batches())
    source.close()


def test_no_fifo_is_refused(tmp_path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    with pytest.raises(CaptureError, match="mkfifo"):
        FifoSource(tmp_path / "plain")
    with pytest.raises(CaptureError, match="mkfifo"):
        FifoSource(tmp_path / "nowhere")
