"""The ring gives what the air gave: every frame once, stamped by the kernel, and says what it lost and why it ended."""

import time

import numpy as np
import pytest

from support.octets import header
from support.tap import heard, radiotap_tap
from yawstring.edge.live.interfaces import ARPHRD_ETHERNET, ARPHRD_PLAIN
from yawstring.edge.live.ring import RingOptions, open_ring
from yawstring.edge.live.tap import set_up
from yawstring.errors import OptionError, SourceError
from yawstring.wire.decoder import decode_records

SMALL = RingOptions(block_octets=1 << 14, blocks=4, retire_ms=2)


def numbered(count, octets=20):
    """Frames that differ, each of another length."""
    return [heard(header(0, 8, sequence=at % 4096) + bytes([at % 251]) * (octets + at % 97)) for at in range(count)]


def contents(batch):
    at, captured = batch.records.table[0], batch.records.table[1]
    return [batch.octets[first : first + count].tobytes() for first, count in zip(at, captured, strict=True)]


def until(source, frames, *, limit=100):
    """Batches until so many frames have come."""
    batches, found = [], 0
    for _, batch in zip(range(limit), source.batches(), strict=False):
        batches.append(batch)
        found += len(batch)
        if found >= frames:
            break
    return batches


def test_every_frame_comes_once_in_order_with_the_kernels_stamp() -> None:
    frames = numbered(5000)
    with radiotap_tap() as tap:
        source = open_ring(tap.name)
        before = time.time_ns()
        for frame in frames:
            tap.write(frame)
        after = time.time_ns()
        batches = until(source, len(frames))
        source.close()
    assert [frame for batch in batches for frame in contents(batch)] == frames
    assert not any(batch.dropped or batch.records.rejects or batch.ended for batch in batches)
    table = np.concatenate([batch.records.table for batch in batches], axis=1)
    assert (table[2] == [len(frame) for frame in frames]).all()
    times = table[3]
    assert before <= times[0]
    assert times[-1] <= after
    assert (np.diff(times) >= 0).all()
    assert set(table[4]) == {127}


def test_the_decoder_reads_the_batch_as_it_stands() -> None:
    with radiotap_tap() as tap:
        source = open_ring(tap.name)
        for frequency in (2412, 5180):
            tap.write(heard(header(0, 8, sequence=7) + bytes(12), frequency_mhz=frequency))
        (batch,) = [batch for batch in until(source, 2) if len(batch)]
        source.close()
    columns = decode_records(batch.octets, batch.records).columns
    assert columns["radiotap.channel.freq"].values.tolist() == [2412, 5180]
    assert columns["wlan.seq"].values.tolist() == [7, 7]


def test_a_batch_outlives_the_ring() -> None:
    first, others = numbered(1), numbered(400, 900)
    with radiotap_tap() as tap:
        source = open_ring(tap.name, options=SMALL)
        tap.write(first[0])
        (kept,) = [batch for batch in until(source, 1) if len(batch)]
        for _ in range(3):
            for frame in others[:40]:
                tap.write(frame)
            found = [frame for batch in until(source, 40) for frame in contents(batch)]
            assert found == others[:40], "the ring has room again"
        source.close()
    assert contents(kept) == first


def test_a_silent_air_gives_empty_batches() -> None:
    with radiotap_tap() as tap:
        source = open_ring(tap.name, clock=lambda: 17)
        begun = time.monotonic()
        batches = [batch for _, batch in zip(range(3), source.batches(), strict=False)]
        took = time.monotonic() - begun
        source.close()
    assert [(len(batch), batch.dropped, batch.ended, batch.now_ns) for batch in batches] == [(0, 0, False, 17)] * 3
    assert 0.1 <= took < 1, "at least ten a second, without spinning"


def test_what_there_was_no_room_for_is_counted() -> None:
    frames = numbered(500, 900)  # about 480 kB for a ring of 64 kB
    with radiotap_tap() as tap:
        source = open_ring(tap.name, options=SMALL)
        for frame in frames:
            tap.write(frame)
        batches = until(source, len(frames), limit=8)
        source.close()
    heard_of = [frame for batch in batches for frame in contents(batch)]
    assert 0 < len(heard_of) < len(frames)
    assert heard_of == frames[: len(heard_of)]
    assert sum(batch.dropped for batch in batches) == len(frames) - len(heard_of)


@pytest.mark.parametrize("how", ["taken away", "down"])
def test_an_interface_that_goes_ends_it_with_a_reason_after_the_last_frame(how: str) -> None:
    frames = numbered(10)
    with radiotap_tap() as tap:
        source = open_ring(tap.name)
        for frame in frames:
            tap.write(frame)
        if how == "down":
            set_up(tap.name, up=False)
        else:
            tap.close()
        found = []
        with pytest.raises(SourceError, match=how):
            found.extend(frame for batch in source.batches() for frame in contents(batch))
        source.close()
    assert found == frames


def test_it_can_be_closed_twice_and_while_it_is_read() -> None:
    with radiotap_tap() as tap:
        source = open_ring(tap.name)
        batches = source.batches()
        next(batches)
        source.close()
        source.close()
        assert list(batches) == []


def test_the_link_type_is_the_interfaces() -> None:
    with radiotap_tap(link=ARPHRD_PLAIN) as tap:
        source = open_ring(tap.name)
        tap.write(header(0, 8) + bytes(12))
        (batch,) = [batch for batch in until(source, 1) if len(batch)]
        source.close()
    assert batch.records.table[4].tolist() == [105]


def test_an_interface_without_monitor_mode_is_refused() -> None:
    with radiotap_tap(link=ARPHRD_ETHERNET) as tap, pytest.raises(SourceError, match="without Wi-Fi"):
        open_ring(tap.name)


def test_an_interface_that_is_down_is_refused() -> None:
    with radiotap_tap() as tap:
        set_up(tap.name, up=False)
        with pytest.raises(SourceError, match=f"sudo ip link set {tap.name} up"):
            open_ring(tap.name)


def test_no_such_interface_names_those_there_are() -> None:
    with pytest.raises(SourceError, match=r"nowhere: .*there are: .*lo"):
        open_ring("nowhere")


@pytest.mark.parametrize("options", [{"block_octets": 5000}, {"blocks": 0}, {"retire_ms": 0}])
def test_a_ring_that_cannot_be_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(OptionError):
        RingOptions(**options)
