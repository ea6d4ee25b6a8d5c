"""Who speaks when: gaps, backoff, NAV, retries and counters of everything that goes out, captured or not."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from support.street import (
    ADDRESSES,
    ATTACKER,
    CONTROLLER,
    DRONE,
    NEIGHBOUR,
    QUIET,
    STREET,
    beacons,
    data,
    station,
    street,
)
from support.street import transmissions as sent_of
from yawstring.simulate.air import Environment, Kind, Noise, PacketPolicy, RatePolicy, SequencePolicy, Track, offered
from yawstring.simulate.air import columns as col
from yawstring.simulate.air.rates import airtime_ns

SIFS, SLOT, DIFS = 10_000, 9_000, 28_000
ORDINARY = Environment()


@pytest.fixture(scope="module")
def ordinary() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return sent_of(street(12), environment=ORDINARY)


def test_nothing_overlaps_but_what_collides(ordinary: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    sent = ordinary[0]
    alone = sent[sent[:, col.SENT_CLASH] == 0]
    assert len(alone) > 0.9 * len(sent)
    assert (alone[1:, col.SENT_START] >= alone[:-1, col.SENT_END]).all()
    overlapping = sent[1:, col.SENT_START] < np.maximum.accumulate(sent[:, col.SENT_END])[:-1]
    assert overlapping.any()
    both = sent[1:][overlapping], sent[:-1][overlapping]
    assert (both[0][:, col.SENT_CLASH] > 0).all()
    assert (both[0][:, col.SENT_CLASH] == both[1][:, col.SENT_CLASH]).all()
    assert np.abs(both[0][:, col.SENT_START] - both[1][:, col.SENT_START]).max() <= 5_000


def test_answers_follow_after_sifs_and_all_else_after_difs(
    ordinary: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> None:
    sent = ordinary[0]
    sent = sent[sent[:, col.SENT_CLASH] == 0]
    gap = sent[1:, col.SENT_START] - sent[:-1, col.SENT_END]
    answer = sent[1:, col.SENT_ADDED] == col.ACK
    assert (gap[answer] == SIFS).all()
    assert (gap[~answer] >= DIFS).all()
    assert (sent[1:, col.SENT_PARENT][answer] == sent[:-1, col.SENT_PARENT][answer]).all()


def test_every_frame_holds_the_air_for_its_airtime(ordinary: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    for row in ordinary[0][:500]:
        expected = airtime_ns(int(row[col.SENT_RATE]), int(row[col.SENT_OCTETS]), False)
        assert row[col.SENT_END] - row[col.SENT_START] == expected


def _backoffs(attempts: int, count: int, queue: int = 0) -> NDArray[np.int64]:
    """Slots waited before each further attempt at frames that nobody answers: [frame, attempt]."""
    lonely = data(
        np.arange(count) * 1_000_000,
        to=-1,
        retry_limit=attempts - 1,
        rate_policy=RatePolicy.FIXED,
        rate=8,
        queue=queue,
        random=100,
    )
    sent, _ = sent_of(lonely, [station(DRONE, lifetime_ms=1e6)])
    starts, ends = (sent[:, column].reshape(count, attempts) for column in (col.SENT_START, col.SENT_END))
    waited = starts[:, 1:] - ends[:, :-1] - (SIFS + SLOT + 20_000) - DIFS
    assert (waited % SLOT == 0).all()
    return waited // SLOT


def test_backoff_doubles_its_window_and_draws_evenly_from_it() -> None:
    slots = _backoffs(attempts=9, count=600)
    for attempt, window in enumerate((31, 63, 127, 255, 511, 1023, 1023, 1023)):
        drawn = slots[:, attempt]
        assert drawn.min() >= 0
        assert drawn.max() <= window
        assert drawn.max() > 0.95 * window - 1
        spread = math.sqrt(((window + 1) ** 2 - 1) / 12 / len(drawn))
        assert abs(drawn.mean() - window / 2) < 5 * spread


def test_the_first_queue_has_a_short_window() -> None:
    slots = _backoffs(attempts=4, count=200, queue=1)
    assert [slots[:, attempt].max() for attempt in range(3)] == [7, 15, 15]


def test_a_lone_frame_on_an_idle_channel_goes_at_once() -> None:
    sent, _ = sent_of(beacons(DRONE, 0, 1_000_000))
    assert (sent[:, col.SENT_START] == 1000 * np.arange(1000, 1_000_000, 102_400)).all()


def test_retries_keep_sequence_and_packet_number_and_set_the_bit() -> None:
    weak = [station(DRONE, power_dbm=-2.0, track=Track.still((60.0, 0.0, 1.0))), *STREET[1:]]
    sent, rows = sent_of(data(np.arange(800) * 4000, rate_policy=RatePolicy.FIXED, rate=15), weak, environment=ORDINARY)
    sent = sent[sent[:, col.SENT_ADDED] == col.OFFERED]
    repeated = 0
    for parent in np.unique(sent[:, col.SENT_PARENT]):
        tries = sent[sent[:, col.SENT_PARENT] == parent]
        assert len(set(tries[:, col.SENT_SEQUENCE])) == len(set(tries[:, col.SENT_PACKET])) == 1
        assert tries[:, col.SENT_RETRY].tolist() == [0] + [1] * (len(tries) - 1)
        assert len(tries) == rows[parent, col.OFFER_SHOWN] <= 8
        repeated += len(tries) > 1
    assert repeated > 50


def test_counters_step_by_one_for_each_new_frame(ordinary: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    sent, rows = ordinary
    first = sent[(sent[:, col.SENT_ADDED] == col.OFFERED) & (sent[:, col.SENT_RETRY] == 0)]
    first = first[np.argsort(first[:, col.SENT_START], kind="stable")]
    kind = rows[first[:, col.SENT_PARENT], col.OFFER_KIND]
    for index in (DRONE, CONTROLLER):
        mine = first[(first[:, col.SENT_STATION] == index) & (kind == Kind.DATA)]
        assert (np.diff(mine[:, col.SENT_SEQUENCE]) % 4096 == 1).all()
        assert (np.diff(mine[:, col.SENT_PACKET]) == 1).all()
        assert mine[0, col.SENT_PACKET] == 1
    for index in (DRONE, NEIGHBOUR, ATTACKER):  # the attacker has one counter under all its addresses
        mine = first[(first[:, col.SENT_STATION] == index) & (kind == Kind.MANAGEMENT)]
        assert (np.diff(mine[:, col.SENT_SEQUENCE]) % 4096 == 1).all()
    assert first[first[:, col.SENT_STATION] == NEIGHBOUR][0, col.SENT_SEQUENCE] == STREET[NEIGHBOUR].first_sequence


def test_beacons_carry_the_clock_of_their_station() -> None:
    stations = [replace(STREET[0], drift_ppm=-80.0, tsf_epoch_us=5_000_000), *STREET[1:]]
    sent, _ = sent_of(beacons(DRONE, 0, 60_000_000), stations)
    true_us = (sent[:, col.SENT_FIRST_BIT] + 24 * 8000) / 1000
    drift = np.polyfit(true_us, sent[:, col.SENT_TSF], 1)
    assert (drift[0] - 1) * 1e6 == pytest.approx(-80, abs=0.5)
    assert drift[1] == pytest.approx(5_000_000, abs=2)


def _flood(duration: int, count: int, obeys: bool = True) -> NDArray[np.int64]:
    cts = offered(
        count,
        time_us=51_000 + np.arange(count) * 40_000,
        transmitter=ATTACKER,
        kind=Kind.CONTROL,
        subtype=12,
        address1=0x021111111111,
        duration_us=duration,
    )
    stations = [replace(one, obeys_nav=obeys) for one in STREET]
    sent, _ = sent_of(np.concatenate([data(np.arange(0, 500_000, 2000)), cts]), stations)
    return sent


def test_a_cts_flood_silences_everybody_who_honours_it() -> None:
    silent, deaf, short = _flood(30_000, 10), _flood(30_000, 10, obeys=False), _flood(100, 10)
    for sent, quiet in ((silent, True), (deaf, False), (short, False)):
        floods = sent[(sent[:, col.SENT_STATION] == ATTACKER) & (sent[:, col.SENT_CLASH] == 0)]
        assert len(floods) == 10
        for row in floods:
            until = row[col.SENT_END] + 1000 * 30_000
            inside = (sent[:, col.SENT_START] > row[col.SENT_END]) & (sent[:, col.SENT_START] < until)
            inside &= sent[:, col.SENT_STATION] != ATTACKER
            assert inside.any() != quiet


def test_an_addressee_answers_in_spite_of_its_nav_but_gives_no_cts() -> None:
    cts = offered(1, time_us=1000, transmitter=NEIGHBOUR, kind=1, subtype=12, address1=2, duration_us=30_000)
    rude = [*STREET[:3], replace(STREET[ATTACKER], obeys_nav=False)]
    later = {"time_us": 5000, "transmitter": ATTACKER, "to": DRONE, "ack": 1, "retry_limit": 0}
    addresses = {"address1": ADDRESSES[DRONE], "address2": ADDRESSES[CONTROLLER], "address3": ADDRESSES[DRONE]}
    for kind, subtype, answer in ((0, 12, col.ACK), (1, 11, None)):
        asked = offered(1, kind=kind, subtype=subtype, **later, **addresses)
        sent, _ = sent_of(np.concatenate([cts, asked]), rude)
        added = sent[sent[:, col.SENT_ADDED] != col.OFFERED]
        assert added[:, col.SENT_ADDED].tolist() == ([] if answer is None else [answer])
        assert (added[:, col.SENT_STATION] == DRONE).all()


def test_rts_and_cts_go_ahead_of_long_frames_alone() -> None:
    stations = [station(DRONE, rts_threshold=500), *STREET[1:]]
    offers = np.concatenate([data([1000], random=1000), data([9000], random=100)])
    sent, _ = sent_of(offers, stations)
    assert sent[:, col.SENT_ADDED].tolist() == [col.RTS, col.CTS, col.OFFERED, col.ACK, col.OFFERED, col.ACK]
    assert (sent[1:4, col.SENT_START] - sent[:3, col.SENT_END] == SIFS).all()
    for row in sent[:3]:  # each Duration reaches the end of the ACK
        assert abs(row[col.SENT_END] + 1000 * row[col.SENT_DURATION] - sent[3, col.SENT_END]) <= 2000


def test_block_ack_carries_many_frames_at_once() -> None:
    stations = [station(DRONE, aggregate=16), *STREET[1:]]
    sent, rows = sent_of(data(np.full(64, 1000), random=300), stations)
    assert (sent[:, col.SENT_ADDED] == col.BLOCK_ACK).sum() == 4
    assert (sent[:, col.SENT_ADDED] == col.ACK).sum() == 0
    assert (rows[:, col.OFFER_SHOWN] == 1).all()
    assert set(sent[sent[:, col.SENT_ADDED] == col.BLOCK_ACK, col.SENT_BITMAP]) == {0xFFFF}


def test_lost_frames_of_a_block_are_sent_again_and_no_others() -> None:
    stations = [station(DRONE, aggregate=16, power_dbm=9.0, track=Track.still((60.0, 0.0, 1.0))), *STREET[1:]]
    offers = data(np.full(640, 1000), rate_policy=RatePolicy.FIXED, rate=14, retry_limit=30)
    stations = [replace(one, lifetime_ms=1e5) for one in stations]
    sent, rows = sent_of(offers, stations, environment=Environment(exponent=2.9, shadow_db=0.0))
    assert rows[:, col.OFFER_DELIVERED].min() > 0
    again = sent[(sent[:, col.SENT_RETRY] == 1)]
    assert len(again) > 20
    blocks = sent[sent[:, col.SENT_ADDED] == col.BLOCK_ACK]
    assert {int(bits).bit_count() for bits in blocks[:, col.SENT_BITMAP] & 0xFFFFFFFFFFFFFFF} - {16}


def test_a_frame_waits_for_the_one_it_answers_and_falls_with_it() -> None:
    asked = data([1000, 2000], to=[CONTROLLER, -1], retry_limit=1)
    answers = data([1000, 1000], transmitter=CONTROLLER, to=DRONE, address2=ADDRESSES[CONTROLLER], after=[0, 1])
    answers["time_us"], answers["delay_us"] = 2500, 700
    offers = np.concatenate([asked, answers])
    sent, rows = sent_of(offers)
    start = sent[(sent[:, col.SENT_PARENT] == 2) & (sent[:, col.SENT_ADDED] == col.OFFERED)][0, col.SENT_START]
    assert start >= rows[0, col.OFFER_DELIVERED] + 700_000
    assert rows[3, col.OFFER_SHOWN] == 1  # nobody was meant to receive it: sent is delivered
    off = [STREET[0], replace(STREET[CONTROLLER], on_s=(0.0, 0.0005)), *STREET[2:]]
    _, rows = sent_of(offers, off)
    assert rows[0, col.OFFER_SHOWN] == 2
    assert rows[2, col.OFFER_SHOWN] == 0


def test_a_frame_too_old_is_dropped() -> None:
    stations = [station(DRONE, lifetime_ms=2.0), *STREET[1:]]
    _, rows = sent_of(data(np.full(100, 1000), rate_policy=RatePolicy.BASIC), stations)
    assert 0 < (rows[:, col.OFFER_SHOWN] > 0).sum() < 5


def test_policies_of_forged_sequence_and_packet_numbers() -> None:
    real = data(np.arange(10) * 10_000, qos=0)
    forged = {"transmitter": ATTACKER, "ack": 0}
    policies = [
        data(np.arange(10) * 10_000 + 5000, **forged, sequence_policy=SequencePolicy.HEARD, protection=0),
        data([200_000] * 3, **forged, sequence_policy=SequencePolicy.FIXED, sequence=77, protection=0),
        data([300_000] * 3, **forged, sequence_policy=SequencePolicy.COUNTER, sequence=4095, counter=9, protection=0),
        data(
            [400_000],
            **forged,
            sequence_policy=SequencePolicy.COPIED,
            packet_policy=PacketPolicy.COPIED,
            copy_of=4,
        ),
    ]
    _, rows = sent_of(np.concatenate([real, *policies]))
    sequence, packet = rows[:, col.OFFER_SEQUENCE], rows[:, col.OFFER_PACKET]
    assert (sequence[10:20] == (sequence[:10] + 1) % 4096).all()
    assert sequence[20:23].tolist() == [77] * 3
    assert sequence[23:26].tolist() == [4095, 0, 1]
    assert (sequence[26], packet[26]) == (sequence[4], packet[4])


def test_strong_noise_silences_and_weak_noise_loses() -> None:
    site = Track.still((1.0, 1.0, 1.0))
    loud, faint = (Noise(start_s=0.2, end_s=0.4, channel=1, power_dbm=power, track=site) for power in (30.0, -18.0))
    offers = data(np.arange(0, 600_000, 5000))
    spans = {}
    for name, part in (("loud", loud), ("faint", faint)):
        sent, _ = sent_of(offers, [station(DRONE, power_dbm=-10.0), *STREET[1:]], noise=[part])
        frames = sent[sent[:, col.SENT_ADDED] == col.OFFERED]
        inside = (frames[:, col.SENT_START] >= 200_000_000) & (frames[:, col.SENT_START] < 400_000_000)
        spans[name] = inside.sum(), frames[inside, col.SENT_RETRY].mean() if inside.any() else 0.0
        assert frames[~inside, col.SENT_RETRY].mean() < 0.05
    assert spans["loud"][0] == 0
    assert spans["faint"][0] >= 40
    assert spans["faint"][1] > 0.2


def test_rates_settle_where_the_signal_carries_them() -> None:
    used = []
    for metres in (3.0, 150.0):
        stations = [station(DRONE, track=Track.still((metres, 0.0, 1.0)), power_dbm=10.0), *STREET[1:]]
        ground = Environment(shadow_db=0.0, exponent=3.0)
        sent, _ = sent_of(data(np.arange(0, 4_000_000, 3000)), stations, environment=ground)
        frames = sent[(sent[:, col.SENT_ADDED] == col.OFFERED) & (sent[:, col.SENT_START] > 1_000_000_000)]
        used.append(np.median(frames[:, col.SENT_RATE]))
        assert frames[:, col.SENT_RETRY].mean() < 0.4
    assert used[0] == 19
    assert used[1] < 17


def test_same_seed_same_air_and_another_seed_another() -> None:
    one, same, other = (sent_of(street(2), environment=ORDINARY, seed=seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(one, same)
    assert not np.array_equal(one[:500], other[:500])


def test_quiet_ground_loses_nothing() -> None:
    _, rows = sent_of(data(np.arange(0, 1_000_000, 5000)), environment=QUIET)
    assert (rows[:, col.OFFER_SHOWN] == 1).all()
    assert (rows[:, col.OFFER_DELIVERED] > 0).all()
