"""The octets of the capture: read by tshark, by zlib and by hand, never by our own decoder."""

import subprocess
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from support.street import (
    ADDRESSES,
    ATTACKER,
    BODIES,
    CONTROLLER,
    DRONE,
    HT,
    QUIET,
    STREET,
    Frame,
    data,
    frames_of,
    station,
    street,
)
from yawstring.simulate.air import Aired, RatePolicy, Receiver, air, offered, pcapng
from yawstring.simulate.air.rates import RATES

FIELDS = (
    "frame.time_epoch",
    "wlan.fc.type_subtype",
    "wlan.fcs.status",
    "_ws.malformed",
    "_ws.expert",
    "wlan.duration",
    "wlan.ra",
    "wlan.ta",
    "wlan.seq",
    "wlan.fc.retry",
    "wlan.ccmp.extiv",
    "wlan_radio.data_rate",
    "wlan_radio.channel",
    "radiotap.dbm_antsignal",
    "radiotap.length",
    "radiotap.mactime",
    "wlan.fixed.timestamp",
    "wlan.ba.bm",
)


def told(tshark: str, aired: Aired, folder: Path, *fields: str) -> list[list[str]]:
    """What tshark says of each frame."""
    path = folder / "capture.pcapng"
    path.write_bytes(pcapng(aired))
    asked = [part for field in fields for part in ("-e", field)]
    command = [tshark, "-n", "-o", "wlan.check_checksum:TRUE", "-r", str(path), "-T", "fields", *asked]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in answer.stdout.splitlines()]


@pytest.fixture(scope="module")
def said(tshark: str, street_air: Aired, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    rows = told(tshark, street_air, tmp_path_factory.mktemp("air"), *FIELDS)
    return {field: [row[index] for row in rows] for index, field in enumerate(FIELDS)}


def test_tshark_finds_nothing_malformed_and_every_fcs_good(said: dict[str, list[str]], street_air: Aired) -> None:
    assert len(said["wlan.fcs.status"]) == len(street_air.time_ns) > 10_000
    assert set(said["wlan.fcs.status"]) == {"1"}
    assert set(said["_ws.malformed"]) == {""}
    assert not any("Warning" in text or "Error" in text for text in said["_ws.expert"])


def test_tshark_reads_the_truth(said: dict[str, list[str]], street_air: Aired) -> None:
    stamps = [int(text.replace(".", "")) for text in said["frame.time_epoch"]]
    assert stamps == street_air.time_ns.tolist()
    assert [float(text) for text in said["wlan_radio.data_rate"]] == pytest.approx(
        [RATES[rate] for rate in street_air.rate], abs=0.06
    )
    assert [int(text) for text in said["radiotap.dbm_antsignal"]] == street_air.signal_dbm.tolist()
    retried = [text in {"1", "True"} for text in said["wlan.fc.retry"]]
    assert retried == (street_air.retry & (street_air.offer >= 0)).tolist()
    assert set(said["wlan_radio.channel"]) == {"1"}


def test_one_layout_for_all_but_what_the_rate_asks(said: dict[str, list[str]], street_air: Aired) -> None:
    lengths = np.array([int(text) for text in said["radiotap.length"]])
    fast = street_air.rate >= HT[0]
    for chosen in (fast, ~fast):
        assert len(set(lengths[chosen])) == 1
        assert len(set(street_air.transmitter[chosen])) >= 2


def test_packet_numbers_and_sequences_as_tshark_sees_them(said: dict[str, list[str]], street_air: Aired) -> None:
    for index in (DRONE, CONTROLLER):
        mine = [
            place
            for place in range(len(street_air.time_ns))
            if street_air.transmitter[place] == index and said["wlan.ccmp.extiv"][place]
        ]
        numbers = [int(said["wlan.ccmp.extiv"][place], 16) for place in mine]
        assert all(later >= earlier for earlier, later in pairwise(numbers))
        offers = [street_air.offer[place] for place in mine]
        assert len(set(numbers)) == len(set(offers)) > 100
        steps = np.diff(sorted(set(numbers)))
        assert np.median(steps) == 1


def test_durations_are_those_of_real_air(said: dict[str, list[str]], street_air: Aired) -> None:
    kinds = np.array(said["wlan.fc.type_subtype"])
    durations = np.array([int(text) for text in said["wlan.duration"]])
    assert set(durations[kinds == "0x0008"]) == {0}
    assert set(durations[kinds == "0x001d"]) == {0}
    assert set(durations[kinds == "0x000c"]) == {314}
    assert set(durations[(kinds == "0x0028") & (street_air.rate >= HT[3])]) == {44}


def test_an_ack_goes_to_whoever_the_frame_before_it_claims_to_be(said: dict[str, list[str]]) -> None:
    acks = [place for place, kind in enumerate(said["wlan.fc.type_subtype"]) if kind == "0x001d" and place]
    after = [place for place in acks if said["wlan.ra"][place] == said["wlan.ta"][place - 1]]
    assert len(after) > 0.95 * len(acks)
    assert not any(said["wlan.ta"][place] for place in acks)
    ticks = np.array([int(text) for text in said["radiotap.mactime"]])
    for place in after[:200]:
        assert ticks[place] > ticks[place - 1]


def test_forged_frames_are_answered_by_those_they_are_sent_to(street_air: Aired) -> None:
    forged = street_air.transmitter[street_air.offer >= 0] == ATTACKER
    assert forged.sum() > 50
    answers = (street_air.offer < 0) & (street_air.attack == 1)
    assert set(street_air.transmitter[answers]) == {DRONE, CONTROLLER}
    assert set(street_air.attack) == {-1, 1}
    assert set(street_air.technique[street_air.attack == 1]) == {2}


def test_check_sequences_are_those_of_zlib(street_frames: list[Frame]) -> None:
    for frame in street_frames[:2000]:
        assert zlib.crc32(frame.mpdu[:-4]) == int.from_bytes(frame.mpdu[-4:], "little")


def test_ciphertext_is_noise_and_a_retry_repeats_it(street_frames: list[Frame], street_air: Aired) -> None:
    sent: dict[int, set[bytes]] = {}
    for frame, offer in zip(street_frames, street_air.offer.tolist(), strict=True):
        if frame.mpdu[0] == 0x88:
            sent.setdefault(offer, set()).add(frame.mpdu[26:-4])
    assert all(len(bodies) == 1 for bodies in sent.values())
    whole = b"".join(body[8:] for bodies in list(sent.values())[:500] for body in bodies)
    seen = np.bincount(np.frombuffer(whole, np.uint8), minlength=256)
    expected = len(whole) / 256
    assert ((seen - expected) ** 2 / expected).sum() < 400  # chi-square, 255 degrees of freedom
    assert len(zlib.compress(whole)) > len(whole)


def test_a_replay_repeats_the_octets(tshark: str, tmp_path: Path) -> None:
    real = data([1000, 2000, 3000])
    again = data([9000], transmitter=ATTACKER, packet_policy=2, sequence_policy=4, copy_of=1, attack=4)
    aired = air(np.concatenate([real, again]), BODIES, STREET, Receiver(), seed=1, environment=QUIET)
    frames = frames_of(pcapng(aired))
    octets = {int(offer): frame.mpdu for offer, frame in zip(aired.offer, frames, strict=True)}
    assert octets[3][22:] == octets[1][22:]
    rows = told(tshark, aired, tmp_path, "wlan.seq", "wlan.ccmp.extiv")
    by_offer = dict(zip(aired.offer.tolist(), rows, strict=True))
    assert by_offer[1] == by_offer[3]


@pytest.mark.parametrize("antennas", [1, 2])
@pytest.mark.parametrize("extras", [False, True])
def test_every_layout_of_the_radio_header(tshark: str, tmp_path: Path, antennas: int, extras: bool) -> None:
    receiver = Receiver(antennas=antennas, reports_noise=extras, reports_quality=extras)
    stations = [station(DRONE, short_preamble=True), *STREET[1:]]
    frames = [data([1000 + 5000 * rate], rate_policy=RatePolicy.FIXED, rate=rate) for rate in range(28)]
    aired = air(np.concatenate(frames), BODIES, stations, receiver, seed=4)
    fields = ("_ws.malformed", "wlan.fcs.status", "radiotap.dbm_antsignal", "radiotap.dbm_antnoise", "radiotap.quality")
    rows = told(tshark, aired, tmp_path, *fields, "wlan_radio.data_rate", "radiotap.flags.preamble")
    assert len(rows) == len(aired.rate) >= 50
    for row, rate in zip(rows, aired.rate.tolist(), strict=True):
        assert row[:2] == ["", "1"]
        assert row[2].count(",") == (antennas if antennas > 1 else 0)
        assert (row[3] != "", row[4] != "") == (extras, extras)
        assert float(row[5]) == pytest.approx(RATES[rate], abs=0.06)
    if extras:
        assert all(-97 <= int(row[3].split(",")[0]) <= -92 for row in rows)


def test_block_ack_and_rts_read_well(tshark: str, tmp_path: Path) -> None:
    stations = [station(DRONE, aggregate=8, rts_threshold=1000), *STREET[1:]]
    aired = air(data(np.full(200, 1000)), BODIES, stations, Receiver(), seed=2)
    rows = told(tshark, aired, tmp_path, "wlan.fc.type_subtype", "_ws.malformed", "wlan.fcs.status", "wlan.ba.bm")
    kinds = {row[0] for row in rows}
    assert {"0x001b", "0x001c", "0x0028", "0x0019"} <= kinds
    assert {row[1] for row in rows} == {""}
    assert {row[2] for row in rows} == {"1"}
    assert {len(row[3]) for row in rows if row[0] == "0x0019"} == {16}


def test_an_empty_capture_is_still_a_capture(tshark: str, tmp_path: Path) -> None:
    aired = air(offered(0), BODIES, STREET, Receiver(), seed=1)
    assert told(tshark, aired, tmp_path, "frame.number") == []


def test_damaged_frames_are_flagged_and_only_they_fail(tshark: str, tmp_path: Path) -> None:
    far = Receiver(keeps_bad_fcs=True, noise_dbm=-54.0)
    aired = air(street(6), BODIES, STREET, far, seed=3)
    rows = told(tshark, aired, tmp_path, "wlan.fcs.status", "radiotap.flags.badfcs")
    good = np.array([row[0] == "1" for row in rows])
    flagged = np.array([row[1] in {"1", "True"} for row in rows])
    assert (good == aired.good).all()
    assert (flagged == ~aired.good).all()
    assert 0.02 < flagged.mean() < 0.7


def test_the_same_seed_gives_the_same_octets() -> None:
    first, again, other = (pcapng(air(street(1), BODIES, STREET, Receiver(), seed=seed)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_no_host_is_named(street_air: Aired) -> None:
    capture = pcapng(street_air)
    assert capture[:4] == bytes.fromhex("0a0d0d0a")
    assert len(capture) == 28 + 32 + len(street_air.packets)
    assert ADDRESSES[0] == 0x60601F000001
