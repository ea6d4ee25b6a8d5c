"""States are heard beside the program that receives them, and at a port that was named, never unasked."""

import os
import socket
import time

import polars as pl
import pytest

from support.octets import ethernet
from support.tap import radiotap_tap
from yawstring.edge.live.granting import open_packets
from yawstring.edge.live.interfaces import ARPHRD_ETHERNET
from yawstring.edge.live.opening import open_states
from yawstring.edge.live.states import MOST_HELD, Received, sniff_states
from yawstring.edge.live.tap import set_up
from yawstring.edge.telemetry import parse_telemetry
from yawstring.errors import OptionError, SourceError

STATE = b"pitch:0;roll:0;yaw:-80;vgx:0;vgy:0;vgz:1;templ:64;temph:68;tof:81;h:%d;bat:93;baro:305.34;time:1;agx:11.00;"
NOW = 1_700_000_000 * 10**9


def udp() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def heights(frame: pl.DataFrame) -> list[float]:
    return (frame["height_m"] * 100).round().to_list()


def wait_for(source, rows: int) -> pl.DataFrame:
    """What a source gives until so many rows have come, or two seconds are over."""
    begun, parts = time.monotonic(), []
    while sum(map(len, parts)) < rows and time.monotonic() - begun < 2:
        parts.append(source.poll(time.time_ns()))
        time.sleep(0.01)
    return pl.concat(parts)


def test_sniffing_hears_whole_datagrams_to_the_port_and_no_others() -> None:
    with radiotap_tap(link=ARPHRD_ETHERNET) as tap:
        source = sniff_states(tap.name)
        before = time.time_ns()
        tap.write(ethernet(STATE % 1))
        tap.write(ethernet(STATE % 2, port=8889))
        tap.write(ethernet(STATE % 3, protocol=6))
        tap.write(ethernet(STATE % 4, fragment=0x2000))
        tap.write(ethernet(STATE % 5, fragment=0x0001))
        tap.write(ethernet(STATE % 6, options=3))
        tap.write(ethernet(STATE % 7).replace(b"\x08\x00\x45", b"\x08\x06\x45"))
        tap.write(ethernet(STATE % 8, fragment=0x4000))
        frame = wait_for(source, 3)
        after = time.time_ns()
        source.close()
    assert heights(frame) == [1, 6, 8]
    assert source.received.rejects == {}
    times = frame["time_ns"].to_list()
    assert before <= times[0] <= times[1] <= times[2] <= after


def test_what_came_before_anybody_listened_is_passed_over() -> None:
    with radiotap_tap(link=ARPHRD_ETHERNET) as tap:
        packets = open_packets(tap.name, telemetry=True)
        tap.write(ethernet(STATE % 1))
        source = sniff_states(tap.name, packets)
        tap.write(ethernet(STATE % 2))
        assert heights(wait_for(source, 1)) == [2]
        source.close()


def test_sniffing_hears_what_a_program_receives_and_leaves_it_the_port() -> None:
    source = open_states("sniff:lo") if os.getuid() == 0 else pytest.skip("sniffing at lo takes root")
    with udp() as control, udp() as drone:
        control.bind(("127.83.1.9", 8890))
        drone.sendto(STATE % 3071, ("127.83.1.9", 8890))
        frame = wait_for(source, 1)
        assert control.recv(1000) == STATE % 3071
    source.close()
    assert heights(frame).count(3071) == 1, "once, though it leaves and enters the same interface"


def test_rows_are_those_of_the_same_log() -> None:
    received = Received()
    for at in range(5):
        received.add(NOW + at, STATE % at)
    log = b"".join(b"%d %s\n" % (NOW + at, STATE % at) for at in range(5))
    assert received.until(NOW + 5).equals(parse_telemetry(log, name="log").frame)


def test_a_row_is_given_once_and_not_before_its_time() -> None:
    received = Received()
    for at in (10, 20, 30):
        received.add(at, STATE % at)
    assert [heights(received.until(until)) for until in (5, 20, 20, 40)] == [[], [10, 20], [], [30]]


def test_a_clock_set_back_holds_nothing_up_and_no_time_falls() -> None:
    received = Received()
    for at in (1000, 2000, 500, 600):
        received.add(at, STATE % 1)
    assert received.until(550)["time_ns"].to_list() == [1000, 2000, 2000]
    assert received.until(700)["time_ns"].to_list() == [2000]
    assert received.stepped == 2


def test_what_is_no_state_is_counted() -> None:
    received = Received()
    for octets in (b"ok", b"", b"h:1;\nh:2;", b"\xff" * 50, STATE % 9):
        received.add(1, octets)
    assert heights(received.until(1)) == [9]
    assert sum(received.rejects.values()) == 4


def test_a_flood_is_bounded_and_counted() -> None:
    received = Received()
    for at in range(MOST_HELD + 7):
        received.add(at, STATE % 1)
    assert received.lost == 7
    assert len(received.until(10**9)) == MOST_HELD


def test_a_port_that_was_named_is_bound_and_stamped() -> None:
    with udp() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    source = open_states(f"udp://127.0.0.1:{port}")
    with udp() as drone:
        before = time.time_ns()
        for at in range(3):
            drone.sendto(STATE % at, ("127.0.0.1", port))
        frame = wait_for(source, 3)
    assert heights(frame) == [0, 1, 2]
    assert before <= frame["time_ns"][0]
    with pytest.raises(SourceError, match="use sniff:INTERFACE"):
        open_states(f"udp://127.0.0.1:{port}")
    source.close()


NO_SOURCES = ("udp://127.0.0.1:8889", "udp://127.0.0.1", "udp:8890", "udp://:1/x", "sniff:", "radio")


@pytest.mark.parametrize("text", NO_SOURCES)
def test_no_port_is_guessed_and_the_commands_is_never_bound(text: str) -> None:
    with pytest.raises(OptionError):
        open_states(text)


def test_an_interface_in_monitor_mode_is_not_sniffed_at() -> None:
    with radiotap_tap() as tap, pytest.raises(OptionError, match="use air"):
        open_states(f"sniff:{tap.name}")


def test_an_interface_that_is_down_is_refused_at_once() -> None:
    with radiotap_tap(link=ARPHRD_ETHERNET) as tap:
        set_up(tap.name, up=False)
        with pytest.raises(SourceError, match=f"sudo ip link set {tap.name} up"):
            open_states(f"sniff:{tap.name}")


def test_an_interface_that_is_taken_away_is_told_and_raises_nothing() -> None:
    with radiotap_tap(link=ARPHRD_ETHERNET) as tap:
        source = sniff_states(tap.name)
        assert source.gone() == ""
        tap.close()
        assert len(source.poll(time.time_ns())) == 0
        assert "taken away" in source.gone()
        source.close()
