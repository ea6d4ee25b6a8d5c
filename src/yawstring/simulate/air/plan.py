"""Offers made ready for the loop: who contends, which counters they draw on, and what lies between the stations."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.simulate.air.offers import NOBODY, OFFER, Bodies, Kind, PacketPolicy, SequencePolicy
from yawstring.simulate.air.places import Environment, Noise, Receiver, Station
from yawstring.simulate.air.propagation import STEP_S, losses_db, moving, positions
from yawstring.simulate.air.rates import RATES, SLOT_LONG_NS, SLOT_SHORT_NS

QOS_BIT = 8
"""Bit of a data frame's subtype that says it has QoS control."""

WINDOW_LEAST, WINDOW_MOST = (15, 3), (1023, 15)
"""Contention windows by queue, in slots."""

SHORT_CONTROL = (12, 13)
"""Subtypes of CTS and ACK: one address."""

CCMP_OCTETS, MIC_OCTETS, FCS_OCTETS = 8, 8, 4
_HEADER_OCTETS, _QOS_OCTETS, _ONE_ADDRESS, _TWO_ADDRESSES = 24, 2, 10, 16
_NS = 1_000_000_000
_CHANNELS = 14
_MOST_OCTETS = 2352

STATION = np.dtype(
    [
        ("address", np.uint64),
        ("power_dbm", np.float64),
        ("basic", np.int64),
        ("short", np.int64),
        ("rts", np.int64),
        ("aggregate", np.int64),
        ("lifetime_ns", np.int64),
        ("nav", np.int64),
        ("on_ns", np.int64),
        ("off_ns", np.int64),
        ("clock", np.float64),
        ("tsf_us", np.int64),
        ("rates", np.int64, (len(RATES),)),
        ("rate_count", np.int64),
        ("up_after", np.int64),
    ]
)

INTERVAL = np.dtype(
    [
        ("start_ns", np.int64),
        ("end_ns", np.int64),
        ("channel", np.int64),
        ("site", np.int64),
        ("power_dbm", np.float64),
    ]
)


class Plan(NamedTuple):
    """What does not change while the air runs."""

    offers: NDArray[np.void]
    octets: NDArray[np.int32]
    """[offer], length with FCS."""
    group: NDArray[np.uint8]
    """[offer], 1 for a group address or none."""
    order: NDArray[np.int32]
    """Offers by contender, then by time."""
    first: NDArray[np.int32]
    """[contender + 1], where each contender's part of ``order`` begins."""
    contenders: NDArray[np.int64]
    """[contender, 3]: station, queue, channel."""
    counter: NDArray[np.int32]
    packets: NDArray[np.int32]
    beacon: NDArray[np.int32]
    heard: NDArray[np.int32]
    """[offer], the counters of sequence numbers, packet numbers and TSF steps it draws on, and the address it shows."""
    stations: NDArray[np.void]
    loss_db: NDArray[np.float32]
    """[step, place, place]: stations, then the receiver, then the sites of noise."""
    moves: NDArray[np.uint8]
    """[step, place]."""
    noise: NDArray[np.void]
    """Noise by start."""
    slot_ns: int
    step_ns: int
    still_db: float
    moving_db: float
    stray: float
    epoch_us: int


class State(NamedTuple):
    """What changes, by offer, contender, station, channel and counter."""

    done: NDArray[np.uint8]
    """[offer], 0 waiting, 1 finished."""
    attempts: NDArray[np.int64]
    """[offer], how often it has had the air, if only for an RTS."""
    shown: NDArray[np.int64]
    """[offer], how often it has gone out."""
    sequence: NDArray[np.int64]
    packet: NDArray[np.int64]
    delivered_ns: NDArray[np.int64]
    head: NDArray[np.int64]
    """[contender], place in ``order``."""
    window: NDArray[np.int64]
    slots: NDArray[np.int64]
    """[contender], backoff still to count down; ``NOBODY`` once it has been."""
    hold_ns: NDArray[np.int64]
    nav_ns: NDArray[np.int64]
    """[station, channel]."""
    free_ns: NDArray[np.int64]
    """[channel], when the air was last busy."""
    sequences: NDArray[np.int64]
    numbers: NDArray[np.int64]
    beacons: NDArray[np.int64]
    last_heard: NDArray[np.int64]
    link: NDArray[np.int64]
    """[station, station + 1, 4]: rate, successes, failures, successes needed."""
    noise_first: NDArray[np.int64]
    clashes: NDArray[np.int64]
    random: NDArray[np.uint64]
    batch: NDArray[np.int32]
    """Scratch: the frames of one transmission."""
    passed: NDArray[np.uint8]
    """Scratch: which of them got through."""


def planned(
    offers: NDArray[np.void],
    bodies: Bodies,
    stations: Sequence[Station],
    receiver: Receiver,
    environment: Environment,
    noise: Sequence[Noise],
    random: np.random.Generator,
) -> tuple[Plan, State]:
    """The plan of these offers, and the state before the first of them.

    Raises:
        OptionError: an offer points at what is not there, or waits for a later one.
    """
    _check(offers, bodies, len(stations))
    octets = _octets(offers, bodies)
    contenders, order, first = _queues(offers)
    counter, begin = _counters(offers, stations, random)
    packets, numbers = _numbers(offers)
    _, beacon = np.unique(offers["counter"], return_inverse=True)
    _, heard = np.unique(offers["address2"], return_inverse=True)
    sites = list(dict.fromkeys(part.track for part in noise))
    last_s = max([float(offers["time_us"].max(initial=0)) / 1e6, *(part.end_s for part in noise if noise)])
    places = positions([*(station.track for station in stations), receiver.track, *sites], int(last_s / STEP_S) + 10)
    plan = Plan(
        offers=offers,
        octets=octets,
        group=_group(offers),
        order=order,
        first=first,
        contenders=contenders,
        counter=counter,
        packets=packets,
        beacon=beacon.astype(np.int32),
        heard=heard.astype(np.int32),
        stations=_stations(stations, random),
        loss_db=losses_db(places, environment, random),
        moves=moving(places),
        noise=_noise(noise, sites, len(stations) + 1),
        slot_ns=SLOT_SHORT_NS if environment.short_slot else SLOT_LONG_NS,
        step_ns=int(STEP_S * _NS),
        still_db=environment.fading_still_db,
        moving_db=environment.fading_moving_db,
        stray=environment.stray_loss,
        epoch_us=environment.epoch_ns // 1000,
    )
    return plan, _start(plan, begin, numbers, random)


def _check(offers: NDArray[np.void], bodies: Bodies, stations: int) -> None:
    if offers.dtype != OFFER:
        raise OptionError("offers are an array of OFFER; make it with offered()")
    numbers = np.arange(len(offers))
    earlier = np.lexsort((numbers, offers["time_us"]))
    place = np.empty(len(offers), np.int64)
    place[earlier] = numbers
    wrong = {
        "a transmitter that is no station": (offers["transmitter"] < 0) | (offers["transmitter"] >= stations),
        "an addressee that is no station": (offers["to"] < NOBODY) | (offers["to"] >= stations),
        "a channel outside 1 to 13": (offers["channel"] < 1) | (offers["channel"] >= _CHANNELS),
        "a body that is not there": (offers["body"] < NOBODY) | (offers["body"] >= len(bodies.starts) - 1),
        "a rate that is not there": offers["rate"] >= len(RATES),
        "a time before the start": offers["time_us"] < 0,
        "a negative number of random octets": offers["random"] < 0,
        "a sequence number above 4095": offers["sequence"] > 0xFFF,
    }
    for name in ("after", "copy_of"):
        index = offers[name]
        known = (index >= NOBODY) & (index < len(offers))
        target = place[np.where(known & (index >= 0), index, 0)] if len(offers) else place
        wrong[f"an offer in {name!r} that is not there or not earlier"] = ~known | ((index >= 0) & (target >= place))
    for what, found in wrong.items():
        if found.any():
            raise OptionError(f"offer {int(np.argmax(found))} names {what}")


def _octets(offers: NDArray[np.void], bodies: Bodies) -> NDArray[np.int32]:
    kind, subtype = offers["kind"], offers["subtype"]
    header = np.full(len(offers), _HEADER_OCTETS)
    header[(kind == Kind.DATA) & ((subtype & QOS_BIT) > 0)] += _QOS_OCTETS
    header[kind == Kind.CONTROL] = _TWO_ADDRESSES
    header[(kind == Kind.CONTROL) & np.isin(subtype, SHORT_CONTROL)] = _ONE_ADDRESS
    sizes = np.append(np.diff(bodies.starts), 0)
    sealed = np.where(offers["protection"] > 0, CCMP_OCTETS + MIC_OCTETS, 0)
    total = header + sizes[offers["body"]] + offers["random"] + sealed + FCS_OCTETS
    if total.max(initial=0) > _MOST_OCTETS:
        raise OptionError(f"offer {int(np.argmax(total))} has {total.max()} octets; a frame has {_MOST_OCTETS} at most")
    return np.asarray(total, np.int32)


def _group(offers: NDArray[np.void]) -> NDArray[np.uint8]:
    return np.asarray((offers["address1"] >> np.uint64(40)) & np.uint64(1), np.uint8)


def _queues(offers: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Contenders (station, queue, channel), their offers in order, and where each one's begin."""
    who = np.stack([offers[name].astype(np.int64) for name in ("transmitter", "queue", "channel")], axis=1)
    contenders, mine = np.unique(who, axis=0, return_inverse=True)
    mine = mine.reshape(-1)
    order = np.lexsort((np.arange(len(offers)), offers["time_us"], mine))
    first = np.searchsorted(mine[order], np.arange(len(contenders) + 1))
    return contenders.reshape(-1, 3), order.astype(np.int32), first.astype(np.int32)


def _counters(
    offers: NDArray[np.void], stations: Sequence[Station], random: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The sequence counter of each offer, and where each counter begins."""
    qos = (offers["kind"] == Kind.DATA) & ((offers["subtype"] & QOS_BIT) > 0)
    named = offers["sequence_policy"] == SequencePolicy.COUNTER
    own = np.where(qos, 1 + (offers["qos"] & 0xF).astype(np.int64) + 16 * (offers["to"].astype(np.int64) + 2), 0)
    key = np.stack(
        [
            named.astype(np.int64),
            np.where(named, offers["counter"], offers["transmitter"]).astype(np.int64),
            np.where(named, 0, own),
        ],
        axis=1,
    )
    names, example, counter = np.unique(key, axis=0, return_index=True, return_inverse=True)
    drawn = random.integers(0, 4096, len(names))
    firsts = np.array([station.first_sequence for station in stations], np.int64)
    begin = np.where(
        names[:, 0] == 1,
        offers["sequence"][example],
        np.where(names[:, 2] == 0, firsts[offers["transmitter"][example]], drawn),
    )
    return counter.reshape(-1).astype(np.int32), begin.astype(np.int64)


def _numbers(offers: NDArray[np.void]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The packet-number counter of each offer, and the first number of each."""
    own = (offers["packet_policy"] == PacketPolicy.OWN).astype(np.int64)
    key = np.stack([own, offers["transmitter"].astype(np.int64), offers["key"].astype(np.int64)], axis=1)
    _, example, packets = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return packets.reshape(-1).astype(np.int32), np.maximum(offers["packet_number"][example], 1)


def _stations(stations: Sequence[Station], random: np.random.Generator) -> NDArray[np.void]:
    rows = np.zeros(len(stations), STATION)
    for row, station in zip(rows, stations, strict=True):
        row["address"], row["power_dbm"] = station.address, station.power_dbm
        row["basic"], row["short"], row["rts"] = station.basic_rate, station.short_preamble, station.rts_threshold
        row["aggregate"], row["lifetime_ns"] = station.aggregate, int(station.lifetime_ms * 1e6)
        row["nav"] = station.obeys_nav
        row["on_ns"] = int(station.on_s[0] * _NS)
        row["off_ns"] = int(min(station.on_s[1], 1e9) * _NS)
        row["clock"], row["tsf_us"] = 1 + station.drift_ppm * 1e-6, station.tsf_epoch_us
        row["rates"][: len(station.rates)] = station.rates
        row["rate_count"] = len(station.rates)
        row["up_after"] = random.integers(8, 17)
    return rows


def _noise(noise: Sequence[Noise], sites: Sequence[object], offset: int) -> NDArray[np.void]:
    place = {site: offset + index for index, site in enumerate(sites)}
    rows = np.zeros(len(noise), INTERVAL)
    for row, part in zip(rows, noise, strict=True):
        row["start_ns"], row["end_ns"] = int(part.start_s * _NS), int(part.end_s * _NS)
        row["channel"], row["site"], row["power_dbm"] = part.channel, place[part.track], part.power_dbm
    return rows[np.argsort(rows["start_ns"], kind="stable")]


def _start(plan: Plan, begin: NDArray[np.int64], numbers: NDArray[np.int64], random: np.random.Generator) -> State:
    offers, stations, contenders = len(plan.offers), len(plan.stations), len(plan.contenders)
    link = np.zeros((stations, stations + 1, 4), np.int64)
    link[:, :, 0] = ((plan.stations["rate_count"] - 1) * 2 // 3)[:, None]
    link[:, :, 3] = plan.stations["up_after"][:, None]
    return State(
        done=np.zeros(offers, np.uint8),
        attempts=np.zeros(offers, np.int64),
        shown=np.zeros(offers, np.int64),
        sequence=np.full(offers, NOBODY, np.int64),
        packet=np.full(offers, NOBODY, np.int64),
        delivered_ns=np.full(offers, NOBODY, np.int64),
        head=plan.first[:-1].astype(np.int64),
        window=np.array(WINDOW_LEAST, np.int64)[plan.contenders[:, 1]],
        slots=np.full(contenders, NOBODY, np.int64),
        hold_ns=np.zeros(contenders, np.int64),
        nav_ns=np.zeros((stations, _CHANNELS), np.int64),
        free_ns=np.zeros(_CHANNELS, np.int64),
        sequences=begin,
        numbers=numbers,
        beacons=np.zeros(int(plan.beacon.max(initial=0)) + 1, np.int64),
        last_heard=np.full(int(plan.heard.max(initial=0)) + 1, NOBODY, np.int64),
        link=link,
        noise_first=np.zeros(1, np.int64),
        clashes=np.zeros(1, np.int64),
        random=random.integers(0, 2**63, 1, np.uint64),
        batch=np.zeros(64, np.int32),
        passed=np.zeros(64, np.uint8),
    )
