"""The air step by step: one step over everything is the air in one go, and many steps keep what it promises."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from support.street import ADDRESSES, BODIES, CONTROLLER, DRONE, QUIET, STREET, data, street
from yawstring.simulate.air import (
    Environment,
    Noise,
    PacketPolicy,
    RatePolicy,
    Receiver,
    SequencePolicy,
    air,
    offered,
    pcapng,
)
from yawstring.simulate.air.live import LiveAir
from yawstring.simulate.air.made import Made
from yawstring.table.frames import frames_table
from yawstring.wire.decoder import decode

SECONDS, TICK_NS = 4.0, 20_000_000
TEXTS = [BODIES.octets[a:b].tobytes() for a, b in zip(BODIES.starts[:-1], BODIES.starts[1:], strict=True)]


def made(offers, names=None):
    names = np.arange(len(offers)) if names is None else names
    return Made(offers=offers, names=names, bodies=tuple(TEXTS[i] if i >= 0 else b"" for i in offers["body"].tolist()))


def live(seconds=SECONDS, environment=None, **options):
    ground = environment or Environment()
    return LiveAir(STREET, Receiver(), seed=5, environment=ground, seconds=seconds, **options)


def stepped(offers, *, tick_ns=TICK_NS, ticks=None, environment=None):
    """Spells of an air that gets each offer in the step in which it wants to go out."""
    running, spells = live(environment=environment), []
    whole = made(offers)
    for tick in range(ticks or round((SECONDS + 2.0) * 1e9 / tick_ns)):
        due = (offers["time_us"] * 1000 >= tick * tick_ns) & (offers["time_us"] * 1000 < (tick + 1) * tick_ns)
        spells.append(running.step(whole.where(np.flatnonzero(due)), (tick + 1) * tick_ns))
    return spells


def joined(spells, name):
    return np.concatenate([getattr(spell, name) for spell in spells])


def decoded(spells):
    """The decoder's columns of everything captured."""
    nothing = air(offered(0), BODIES, STREET, Receiver(), seed=1)
    return frames_table(decode(pcapng(replace(nothing, packets=joined(spells, "packets")))))


def test_one_step_over_everything_is_the_air_in_one_go():
    offers = street(SECONDS)
    whole = air(offers, BODIES, STREET, Receiver(), seed=5)
    seconds = float(offers["time_us"].max()) / 1e6
    spell = live(seconds).step(made(offers), 1 << 61)
    assert spell.packets.tobytes() == whole.packets.tobytes()
    assert spell.time_ns.tolist() == whole.time_ns.tolist()
    assert spell.offer.tolist() == whole.offer.tolist()
    assert spell.attack.tolist() == whole.attack.tolist()
    assert sorted(spell.reached.tolist()) == np.flatnonzero(whole.delivered).tolist()
    assert whole.attempts[spell.ended].tolist() == np.minimum(spell.attempts, 255).tolist()


def test_in_many_steps_every_offer_ends_once_and_stamps_rise():
    offers = street(SECONDS)
    spells = stepped(offers)
    assert sorted(joined(spells, "ended").tolist()) == list(range(len(offers)))
    times = joined(spells, "time_ns")
    assert (np.diff(times) >= 0).all()
    whole = air(offers, BODIES, STREET, Receiver(), seed=5)
    assert len(times) == pytest.approx(len(whole.time_ns), rel=0.03)
    assert len(joined(spells, "reached")) == pytest.approx(whole.delivered.sum(), rel=0.03)


def test_counters_run_on_from_step_to_step():
    offers = data(np.arange(1000, 3_000_000, 4_000))
    spells = stepped(offers, environment=QUIET)
    table = decoded(spells).filter(pl.Series(joined(spells, "offer") >= 0))
    sent, numbers = table["wlan.seq"].to_numpy(), table["wlan.ccmp.extiv"].to_list()
    assert len(sent) == len(offers)
    assert set((np.diff(sent) % 4096).tolist()) == {1}
    assert numbers == list(range(1, len(offers) + 1))


def test_steps_are_repeatable():
    first, second = (stepped(street(1.0), ticks=60) for _ in range(2))
    assert joined(first, "packets").tobytes() == joined(second, "packets").tobytes()


def test_what_waits_for_an_offer_of_an_earlier_step_goes_out_after_it_or_not_at_all():
    heard, unheard = data([1_000]), data([2_000], retry_limit=1, rate_policy=RatePolicy.FIXED, rate=19, random=2000)
    noise = [Noise(start_s=0.0019, end_s=0.01, channel=1, power_dbm=-20.0, track=STREET[CONTROLLER].track)]
    running = live(environment=QUIET, noise=noise)
    begun = running.step(made(np.concatenate([heard, unheard])), TICK_NS)
    assert begun.reached.tolist() == [0]
    assert begun.ended.tolist() == [0, 1]
    answers = data([1_500, 2_500], random=10)
    answers["after"], answers["delay_us"] = [0, 1], 90_000
    spells = [running.step(made(answers, np.array([2, 3])), 2 * TICK_NS)]
    spells += [running.step(made(offered(0)), tick * TICK_NS) for tick in range(3, 9)]
    assert joined(spells, "reached").tolist() == [2]
    assert 90_000_000 < joined(spells, "reached_ns")[0] < 95_000_000


def test_a_repeat_of_what_has_left_the_tables_has_its_numbers():
    running = live(environment=QUIET)
    running.step(made(data([1_000, 3_000]), np.array([40, 41])), TICK_NS)
    running.keep([40])
    again = data([25_000])
    again["copy_of"], again["packet_policy"] = 40, PacketPolicy.COPIED
    again["sequence_policy"] = SequencePolicy.COPIED
    spells = [running.step(made(again, np.array([50])), 2 * TICK_NS)]
    fresh = live(environment=QUIET)
    before = [fresh.step(made(data([1_000, 3_000]), np.array([40, 41])), TICK_NS)]
    old, new = decoded(before), decoded(spells)
    for name in ("wlan.seq", "wlan.ccmp.extiv"):
        assert new[name][0] == old[name][0], name
    first, repeat = before[0].packets.tobytes(), spells[0].packets.tobytes()
    assert first[200:1100] in repeat, "the ciphertext is the same"


def test_a_station_that_moves_away_grows_weak():
    running = live(60.0, Environment(stray_loss=0.0, shadow_db=0.0), moves=DRONE)
    levels = []
    for tick in range(200):
        beacon = offered(
            1, time_us=tick * 20_000 + 10, transmitter=DRONE, subtype=8, address2=ADDRESSES[DRONE], random=60
        )
        place = (3.0 + 0.5 * tick, 0.0, 1.0)
        spell = running.step(made(beacon, np.array([tick])), (tick + 1) * TICK_NS, place)
        levels += decoded([spell])["radiotap.dbm_antsignal"].to_list()
    assert np.mean(levels[:10]) > np.mean(levels[-10:]) + 15
