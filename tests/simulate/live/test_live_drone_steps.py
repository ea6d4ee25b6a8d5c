"""A drone that a client flies: what it says and what the air shows of it belong together."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from support.flights import seen_by
from support.live_flights import CALM, CLIENT, STRUCK, UP, drone_of, flown_live
from yawstring.simulate.live import TICK_S, Request
from yawstring.simulate.live.drone import MOST_REQUESTS
from yawstring.table.frames import frames_table
from yawstring.wire.decoder import decode
from yawstring.wire.tello import parse_states

OPEN = (*CALM, 'security="open"')


@pytest.fixture(scope="module")
def flight():
    """A flight of an open network, with video for a while."""
    script = (*UP[:3], (2.0, "streamon"), (4.0, "streamoff"), (5.0, "dance"))
    return flown_live("benign-open", 3, (*OPEN, "traffic.video_mbit_s=1"), script)


def sent(flight, tshark, path: Path):
    """UDP datagrams of the capture as tshark reads them, each once: ports and payload."""
    path.write_bytes(flight.capture())
    fields = ("wlan.sa", "wlan.seq", "udp.srcport", "udp.dstport", "udp.payload", "udp.checksum.status")
    rows = seen_by(tshark, path, fields, "-o", "udp.check_checksum:TRUE", "-Y", "udp")
    unique = list(dict.fromkeys(tuple(row) for row in rows))
    return [(int(row[2]), int(row[3]), bytes.fromhex(row[4].replace(":", "")), row[5]) for row in unique]


def test_it_answers_and_tells_states_ten_times_a_second(flight):
    assert [one.octets for one in flight.answers] == [b"ok", b"59", b"ok", b"ok", b"unknown command: dance"]
    times = np.array([one.time_s for one in flight.states])
    assert np.median(np.diff(times)) == pytest.approx(0.102, abs=0.004)
    states = parse_states(b"".join(b"%.6f %s\n" % (one.time_s, one.octets.rstrip()) for one in flight.states))
    assert len(states.time_ns) == len(flight.states)


def test_the_air_shows_what_client_and_drone_say(flight, tshark, tmp_path):
    seen = sent(flight, tshark, tmp_path / "flight.pcapng")
    assert {status for *_, status in seen} == {"1"}, "every UDP checksum is right"
    asked = [payload for source, target, payload, _ in seen if target == 8889 and payload in {b"command", b"takeoff"}]
    assert asked == [b"command", b"takeoff"]
    told = {payload for source, target, payload, _ in seen if target == 8890}
    received = {one.octets for one in flight.states}
    assert len(told & received) > 0.9 * len(received)
    video = {payload for source, target, payload, _ in seen if target == 11111}
    assert len(video & {one.octets for one in flight.video}) > 0.9 * len(flight.video)


def test_video_goes_from_streamon_to_streamoff(flight):
    times = [one.time_s for one in flight.video]
    assert 2.0 < min(times) < 2.2
    assert 4.0 < max(times) < 4.2
    assert all(one.octets[:4] in {b"\0\0\1\x41", b"\0\0\0\1"} for one in flight.video)
    megabits = 8e-6 * sum(len(one.octets) for one in flight.video) / 2.0
    assert megabits == pytest.approx(1.0, rel=0.4)


def test_frames_are_stamped_within_their_tick(flight):
    for number, tick in enumerate(flight.ticks):
        late_s = (tick.spell.time_ns - flight.drone.scene.epoch_ns) / 1e9 - number * TICK_S
        assert ((late_s > -0.001) & (late_s < TICK_S + 0.01)).all()
    table = frames_table(decode(flight.capture()))
    assert table["time_ns"].is_sorted()
    assert len(table) == flight.record.frames == len(flight.truth())


def test_the_log_holds_the_states_that_arrived(flight):
    lines = flight.record.telemetry.splitlines()
    assert [line.partition(b" ")[2] for line in lines] == [one.octets.rstrip() for one in flight.states]
    assert flight.record.episodes == ()
    assert flight.record.labels.count(b"\n") == 1


def test_the_same_requests_give_the_same_octets():
    one, same, other = (flown_live("benign-wpa2", 5, (*CALM, "duration_s=3"), script) for script in (UP, UP, UP[:1]))
    assert one.datagrams == same.datagrams
    assert one.capture() == same.capture()
    assert one.datagrams != other.datagrams


def test_under_wpa2_the_client_reads_what_the_air_hides(tshark, tmp_path):
    flight = flown_live("benign-wpa2", 5, (*CALM, "duration_s=3", "traffic.video_mbit_s=1"), (UP[0], (1.0, "streamon")))
    assert [one.octets for one in flight.answers] == [b"ok", b"ok"]
    assert len(flight.states) > 20
    assert len(flight.video) > 20
    capture = flight.capture()
    assert all(one.octets not in capture for one in flight.datagrams if len(one.octets) > 8)


def test_a_client_that_asks_before_the_association_stands_is_not_heard():
    flight = flown_live("benign-open", 3, (*OPEN, "controller.joins=true", "duration_s=3"), ((0.01, "command"),))
    assert flight.datagrams == []


def test_many_datagrams_at_once_and_nonsense_are_survived():
    drone = drone_of("benign-open", 3, *OPEN)
    nonsense = [b"", b"\xff\xfe", b"takeoff" * 1000, b"go 1 2", "rc ٣ 0 0 0".encode(), b"\r\n", b"battery? "]
    requests = [
        Request(time_s=0.001 * i, octets=octets, peer=CLIENT) for i, octets in enumerate([b"command", *nonsense])
    ]
    told = [one for tick in range(30) for one in drone.step(requests if not tick else []).datagrams]
    answers = sorted(one.octets[:40] for one in told if one.peer == CLIENT)
    unknown = b"unknown command: "
    echoed = [unknown + b"takeofftakeofftakeoffta", unknown + "\ufffd\ufffd".encode()]
    assert answers == [*[b"error"] * 4, b"ok", *echoed]


def test_a_flood_of_commands_does_not_hold_the_drone_up():
    drone = drone_of("benign-open", 3, *OPEN)
    flood = [Request(time_s=0.0, octets=b"command", peer=CLIENT) for _ in range(5000)]
    told = [one for tick in range(50) for one in drone.step(flood if not tick else []).datagrams]
    assert 0 < sum(one.octets == b"ok" for one in told) <= MOST_REQUESTS


def test_the_answer_goes_to_the_port_that_asked_and_states_to_8890():
    drone, other = drone_of("benign-open", 3, *OPEN), ("192.168.10.2", 40_001)
    asked = [Request(time_s=0.0, octets=b"command", peer=CLIENT), Request(time_s=0.01, octets=b"sdk?", peer=other)]
    told = [one for tick in range(30) for one in drone.step(asked if not tick else []).datagrams]
    assert [(one.octets, one.peer) for one in told if one.peer[1] != 8890] == [(b"ok", CLIENT), (b"30", other)]
    assert {one.peer for one in told if one.peer[1] == 8890} == {("192.168.10.2", 8890)}


def test_a_forced_end_of_the_association_silences_the_drone():
    flight = flown_live("aireplay-deauth", 3, (*STRUCK, "attack.power_dbm=20"))
    (episode,) = flight.record.episodes
    begin, end = ((at - flight.drone.scene.epoch_ns) / 1e9 for at in (episode.start_ns, episode.end_ns))
    assert begin == pytest.approx(2.0, abs=0.01)
    assert end == pytest.approx(5.0, abs=0.3)
    times = np.array([one.time_s for one in flight.states])
    assert ((times < 2.2) | (times > 5.0)).mean() > 0.9
    truth = flight.truth()
    assert set(truth.filter(pl.col("forged") == 1)["role"]) == {"attacker"}
    assert truth.filter((pl.col("forged") == 1) & (pl.col("class") == "benign")).is_empty()


def test_injected_commands_are_obeyed_and_their_answers_go_to_nobody():
    changes = (*STRUCK, "attack.what='land'", "attack.rate_hz=5", "attack.power_dbm=20", "duration_s=15")
    flight = flown_live("command-injection", 3, (*changes, "attack.onset_s=11"), (*UP[:2], (13.0, "up 50")))
    assert [one.octets for one in flight.answers] == [b"ok", b"ok", b"error"]
    heights = [int(one.octets.split(b"tof:")[1].split(b";")[0]) for one in flight.states]
    assert max(heights) > 50
    assert heights[-1] < 40


@pytest.mark.parametrize(("name", "field"), [("replay-frames", "wlan.ccmp.extiv"), ("replay-commands", "wlan.seq")])
def test_what_is_repeated_was_sent_before(name, field):
    said = ((0.1, "command"), (1.0, "takeoff"), *((1.2 + 0.1 * i, "rc 0 20 0 0") for i in range(8)))
    flight = flown_live(name, 3, (*STRUCK, "attack.sequence='copied'"), said)
    table = frames_table(decode(flight.capture())).with_columns(flight.truth().select("role", "forged"))
    data = table.filter((pl.col("wlan.fc.type") == 2) & (pl.col("wlan.fc.subtype") == 8))
    repeated = data.filter(pl.col("role") == "attacker")
    assert len(repeated) > 10
    first = data.filter(pl.col("role") != "attacker").select("wlan.ta", field).unique()
    assert len(repeated.join(first, on=["wlan.ta", field], how="semi")) > 0.9 * len(repeated)


@pytest.mark.parametrize("place", ["source", "injected"])
def test_a_lie_reaches_the_client(place):
    changes = (*STRUCK, "attack.what='battery'", "attack.strength=1", "attack.careful=false", f"attack.place='{place}'")
    flight = flown_live("telemetry-injected", 3, (*changes, "attack.power_dbm=20"), UP)
    levels = np.array([int(one.octets.split(b"bat:")[1].split(b";")[0]) for one in flight.states])
    times = np.array([one.time_s for one in flight.states])
    lied = levels < 30
    assert lied.any()
    assert times[lied].min() == pytest.approx(2.0, abs=0.2)
    assert times[lied].max() < 5.1
    truths = (~lied & (times > 2.2) & (times < 4.8)).sum()
    assert truths == 0 if place == "source" else truths > 20


def test_an_answering_attacker_answers_what_it_hears():
    flight = flown_live("mdk4-deauth", 3, (*STRUCK, "attack.rate_hz=200", "attack.everyone=false"))
    table = frames_table(decode(flight.capture())).with_columns(flight.truth().select("role"))
    forged = table.filter((pl.col("role") == "attacker") & pl.col("wlan.fc.subtype").is_in([10, 12]))
    assert len(forged) > 20
    kinds = forged["wlan.fc.subtype", "wlan.ta"].group_by(pl.all()).len()["len"]
    assert kinds.max() < 0.6 * len(forged), "each tick has draws of its own"
