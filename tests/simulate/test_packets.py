"""Datagrams and the four-way handshake, against tshark: checksums, and keys that it works out by itself."""

import hmac
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.flights import seen_by

from yawstring.simulate.air import Bodies, Receiver, Station, Track, air, pcapng
from yawstring.simulate.elements import Network, beacon
from yawstring.simulate.frames import BEACON, Link, data, grouped
from yawstring.simulate.handshake import KCK_OCTETS, four_way, master_key, transient_key
from yawstring.simulate.packets import HEADER_OCTETS, checksum, datagram, datagrams

PHRASE, SSID = "correct horse battery", b"TELLO-ABCDEF"
POINT, CLIENT = 0x60601FABCDEF, 0x3CE1A1123456
SNAP_EAPOL = bytes.fromhex("aaaa03000000888e")
MIC_AT = 81
STATIONS = [
    Station(name="drone", role="drone", address=POINT, track=Track.still((0, 0, 1))),
    Station(name="controller", role="controller", address=CLIENT, track=Track.still((4, 0, 1))),
]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=90), min_size=1, max_size=8), st.integers(0, 65535))
def test_many_datagrams_at_once_are_each_one_by_itself(payloads: list[bytes], first: int) -> None:
    joined = np.frombuffer(b"".join(payloads), np.uint8)
    lengths = np.array([len(one) for one in payloads])
    octets, sizes = datagrams((1, 0xC0A80A02), (8889, 11111), joined, lengths, first)
    each = [datagram(1, 0xC0A80A02, (8889, 11111), one, first + i) for i, one in enumerate(payloads)]
    assert octets.tobytes() == b"".join(each)
    assert sizes.tolist() == [len(one) for one in each] == (lengths + HEADER_OCTETS).tolist()


@settings(deadline=None, max_examples=40)
@given(st.binary(min_size=2, max_size=60).filter(lambda octets: len(octets) % 2 == 0))
def test_a_checksum_makes_the_sum_come_out_at_zero(octets: bytes) -> None:
    assert checksum(octets + checksum(octets).to_bytes(2, "big")) == 0


def _written(tmp_path: Path, bodies: list[bytes], *, channel: int = 1) -> Path:
    link = Link(station=1, point=0, client=CLIENT, bssid=POINT, channel=channel)
    network = Network(ssid=SSID, bssid=POINT, channel=channel, secured=True, rates=(0, 1, 2, 3))
    every = [beacon(network), *bodies]
    sent = [grouped(0, POINT, POINT, channel, 0.0, BEACON, 0)]
    sent += [data(link, 0.1 + 0.01 * i, down=i % 2 == 0, body=i + 1) for i in range(len(bodies))]
    aired = air(np.concatenate(sent), Bodies.of(every), STATIONS, Receiver(), seed=4)
    path = tmp_path / "made.pcapng"
    path.write_bytes(pcapng(aired))
    return path


def test_tshark_finds_every_checksum_of_a_datagram_good(tmp_path: Path, tshark: str) -> None:
    rng = np.random.default_rng(1)
    payloads = [rng.bytes(int(size)) for size in rng.integers(8, 1400, 20)]
    path = _written(tmp_path, [datagram(0xC0A80A01, 0xC0A80A02, (8889, 11111), one, 7) for one in payloads])
    options = ("-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y", "udp")
    seen = seen_by(tshark, path, ("ip.checksum.status", "udp.checksum.status", "udp.length"), *options)
    lengths = {str(len(one) + 8) for one in payloads}
    assert len(seen) >= 20
    assert {(ip, udp) for ip, udp, _ in seen} == {("1", "1")}
    assert {length for _, _, length in seen} == lengths


def test_tshark_takes_the_four_messages_for_what_they_are(tmp_path: Path, tshark: str) -> None:
    bodies = four_way(master_key(PHRASE, SSID), CLIENT, POINT, np.random.default_rng(2))
    fields = ("wlan_rsna_eapol.keydes.msgnr", "wlan_rsna_eapol.keydes.key_info")
    seen = seen_by(tshark, _written(tmp_path, list(bodies)), fields, "-Y", "eapol")
    assert seen == [["1", "0x008a"], ["2", "0x010a"], ["3", "0x13ca"], ["4", "0x030a"]]


def _eapol(capture: bytes) -> list[bytes]:
    """EAPOL frames of a capture, in order."""
    found, at = [], 0
    while (at := capture.find(SNAP_EAPOL, at)) >= 0:
        at += len(SNAP_EAPOL)
        found.append(capture[at : at + 4 + int.from_bytes(capture[at + 2 : at + 4], "big")])
    return found


def test_the_key_of_a_real_handshake_makes_the_mics_of_its_messages(captures: Path) -> None:
    """Real devices, whose pass phrase and network are known: their MICs must come out of our key."""
    messages = _eapol((captures / "wireshark" / "wpa-Induction.pcap").read_bytes())
    nonces = messages[0][17:49], messages[1][17:49]
    check = transient_key(master_key("Induction", b"Coherer"), (0x000C4182B255, 0x000D9382363A), nonces)[:KCK_OCTETS]
    for message in messages[1:4]:
        blank = message[:MIC_AT] + bytes(16) + message[MIC_AT + 16 :]
        assert hmac.new(check, blank, "sha1").digest()[:16] == message[MIC_AT : MIC_AT + 16]
    ours = four_way(master_key(PHRASE, SSID), CLIENT, POINT, np.random.default_rng(2))
    frames = [body[8:] for body in ours]
    check = transient_key(master_key(PHRASE, SSID), (POINT, CLIENT), (frames[0][17:49], frames[1][17:49]))[:KCK_OCTETS]
    for frame in frames[1:]:
        blank = frame[:MIC_AT] + bytes(16) + frame[MIC_AT + 16 :]
        assert hmac.new(check, blank, "sha1").digest()[:16] == frame[MIC_AT : MIC_AT + 16]


def test_a_long_video_has_the_checksums_of_its_datagrams_one_by_one() -> None:
    rng = np.random.default_rng(1)
    lengths = rng.integers(0, 40, 2500)
    payloads = rng.integers(0, 256, int(lengths.sum()), np.uint8)
    octets, sizes = datagrams((1, 2), (3, 4), payloads, lengths, 7)
    parts = np.split(payloads, np.cumsum(lengths)[:-1])
    bodies = [datagram(1, 2, (3, 4), part.tobytes(), 7 + number) for number, part in enumerate(parts)]
    assert octets.tobytes() == b"".join(bodies)
    assert sizes.tolist() == [len(body) for body in bodies]
