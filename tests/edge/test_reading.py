"""A reader that waits for nobody: what overflows is counted, nothing else is lost, and errors come after the frames."""

import threading

import numpy as np
import pytest

from support.flight_files import pcap
from yawstring.edge.reading import Queued, Straight, merged
from yawstring.errors import SourceError
from yawstring.watch.batches import Batch, empty_batch
from yawstring.wire.capture import Records, records
from yawstring.wire.decoder import decode_records
from yawstring.wire.records import RECORD_SLOTS

ACK = bytes.fromhex("d4000000aabbccddee")


def batch(number: int, count: int = 3, **given) -> Batch:
    octets = np.frombuffer(pcap([(number * 10 + place, ACK + bytes([number])) for place in range(count)]), np.uint8)
    return Batch(octets=octets, records=records(octets), now_ns=number, **given)


class Listed:
    """A source that gives a list, and then ends or fails."""

    def __init__(self, batches, error: Exception | None = None) -> None:
        self.given, self.error, self.closed, self.done = batches, error, 0, threading.Event()

    def batches(self):
        yield from self.given
        self.done.set()
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed += 1


def receivers(one: Batch) -> list[int]:
    return (decode_records(one.octets, one.records).columns["wlan.ra"].values & 0xFF).tolist()


def test_batches_that_wait_are_one() -> None:
    source = Listed([batch(1), empty_batch(2, dropped=4), batch(3), batch(4, ended=True, dropped=1)])
    reading = Queued(source)
    assert source.done.wait(5)
    one = reading.take(1.0)
    assert one is not None
    assert receivers(one) == [1] * 3 + [3] * 3 + [4] * 3
    assert (one.now_ns, one.dropped, one.ended) == (4, 5, True)
    reading.close()
    assert source.closed == 1


def test_what_finds_no_room_is_dropped_and_counted() -> None:
    source = Listed([batch(number, count=5) for number in range(1, 11)])
    reading = Queued(source, most_octets=2 * batch(1, count=5).octets.nbytes + 600)
    assert source.done.wait(5)
    one = reading.take(1.0)
    assert one is not None
    assert 0 < len(one) < 50
    assert len(one) + one.dropped == 50
    assert one.now_ns == 10, "time passes though frames are dropped"
    reading.close()


def test_an_error_comes_after_what_was_given() -> None:
    source = Listed([batch(1)], SourceError("wlan1 is gone"))
    reading = Queued(source)
    assert source.done.wait(5)
    assert len(reading.take(1.0) or ()) == 3
    with pytest.raises(SourceError, match="wlan1 is gone"):
        reading.take(1.0)
    reading.close()


def test_nothing_in_time_is_nothing() -> None:
    stop = threading.Event()

    class Silent(Listed):
        def batches(self):
            stop.wait(5)
            yield from ()

    reading = Queued(Silent([]))
    assert reading.take(0.01) is None
    stop.set()
    reading.close()
    ended = reading.take(0.1)
    assert ended is not None
    assert ended.ended


def test_a_file_is_read_straight() -> None:
    source = Listed([batch(1), batch(2)])
    reading = Straight(source)
    assert [receivers(one) for one in (reading.take(0), reading.take(0)) if one is not None] == [[1] * 3, [2] * 3]
    ended = reading.take(0)
    assert ended is not None
    assert ended.ended
    reading.close()


def test_rejects_are_summed() -> None:
    nothing = Records(table=np.empty((RECORD_SLOTS, 0), np.int64), rejects={"a": 1, "b": 2})
    odd = Batch(octets=np.empty(0, np.uint8), records=nothing, now_ns=1)
    assert merged([odd, odd]).records.rejects == {"a": 2, "b": 4}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_the_reader_is_no_end_of_the_capture() -> None:
    source = Listed([batch(1)], ZeroDivisionError("a fault"))
    reading = Queued(source)
    assert source.done.wait(5)
    assert len(reading.take(1.0) or ()) == 3
    with pytest.raises(SourceError, match="has failed"):
        reading.take(1.0)
    reading.close()
