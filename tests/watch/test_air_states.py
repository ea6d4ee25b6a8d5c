"""The air gives the drone's states: each once, of one network, of that direction, and in any chunks."""

import pytest

from support.octets import AP, FAR, OTHER, STATION, datagram, header, number, pcap
from yawstring.watch.air_states import AirStates, step
from yawstring.wire.capture import records
from yawstring.wire.decoder import decode_records

FROM, TO, RETRY, PROTECTED = 2, 1, 8, 0x40


def state(height: int) -> bytes:
    return datagram(b"yaw:-80;h:%d;" % height, destination=8890)


def data(body: bytes, *, flags: int, sequence: int, bssid: bytes = AP, other: bytes = STATION) -> bytes:
    first, second = (other, bssid) if flags & 2 else (bssid, other)
    return header(2, 0, flags=flags, first=first, second=second, third=second, sequence=sequence) + body


def heights(frames: list[bytes], drone: int | None, *, chunk: int) -> list[float]:
    """Heights in cm that come out of frames, so many at a time."""
    octets, carried, found = pcap(frames), AirStates(), []
    for first in range(0, len(frames), chunk):
        decoded = decode_records(octets, records(octets).part(first, first + chunk))
        carried, rows = step(carried, decoded, drone)
        found += [] if rows is None else (rows["height_m"] * 100).round().to_list()
    return found


@pytest.mark.parametrize("chunk", [1, 2, 7])
def test_every_state_of_the_drone_is_given_once(chunk: int) -> None:
    heard = [
        data(state(1), flags=FROM, sequence=1),
        data(state(1), flags=FROM | RETRY, sequence=1),
        data(state(2), flags=FROM | RETRY, sequence=2),
        data(state(3), flags=TO, sequence=3),
        data(state(4), flags=FROM, sequence=4, bssid=FAR),
        data(datagram(b"command"), flags=FROM, sequence=5),
        data(state(6), flags=FROM, sequence=6),
    ]
    assert heights(heard, number(AP), chunk=chunk) == [1, 2, 6]


@pytest.mark.parametrize("first", [AP, OTHER])
def test_without_a_drone_the_first_network_with_states_is_kept_to(first: bytes) -> None:
    (other,) = {AP, OTHER} - {first}
    networks = (first, other, first)
    heard = [data(state(at), flags=FROM, sequence=at, bssid=one) for at, one in enumerate(networks)]
    assert heights(heard, None, chunk=2) == [0, 2]


def test_an_encrypted_network_gives_none() -> None:
    body = b"\0\0\0\x20\0\0\0\0" + bytes(60)
    assert heights([data(body, flags=FROM | PROTECTED, sequence=1)], None, chunk=1) == []
