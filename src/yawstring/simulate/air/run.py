"""The air, all in: offers and stations in, the capture and the fate of each offer out."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import columns as col
from yawstring.simulate.air.aired import Aired
from yawstring.simulate.air.columns import World
from yawstring.simulate.air.medium import FAR_NS, ROOM, contend
from yawstring.simulate.air.octets import BLOCK_OCTETS, write_packets
from yawstring.simulate.air.offers import NOBODY, Bodies
from yawstring.simulate.air.places import Environment, Noise, Receiver, Station
from yawstring.simulate.air.plan import hops_ns, planned
from yawstring.simulate.air.radiotap import MOST_OCTETS
from yawstring.simulate.air.receive import receive
from yawstring.wire.checksums import crc_tables
from yawstring.wire.octets import view

_MOST_PADDING = 3

_crc_tables = cache(crc_tables)
"""Made once: a live flight writes packets fifty times a second."""

_NS_PER_US = 1000


def air(
    offers: NDArray[np.void],
    bodies: Bodies,
    stations: Sequence[Station],
    receiver: Receiver,
    *,
    seed: int,
    environment: Environment | None = None,
    noise: Sequence[Noise] = (),
) -> Aired:
    """Send the offers over the air, and capture what the receiver hears.

    Args:
        offers: OFFER[offer], in any order; an offer's index is its name.
        bodies: The octets that offers point at.
        stations: The transmitters that offers point at.
        receiver: The monitor.
        seed: Of every draw: the same seed and input give the same octets.
        environment: The ground; open air by default.
        noise: Jamming.

    Raises:
        OptionError: an offer points at what is not there, or waits for a later one.

    Example:
        >>> from yawstring.simulate.air import Kind, offered
        >>> beacon = offered(1, transmitter=0, kind=Kind.MANAGEMENT, subtype=8, address2=0x60601F000001, random=60)
        >>> drone = Station(name="drone", role="drone", address=0x60601F000001)
        >>> aired = air(beacon, Bodies.of([]), [drone], Receiver(), seed=1)
        >>> aired.transmitter.tolist(), aired.attempts.tolist()
        ([0], [1])
    """
    ground = environment or Environment()
    random = np.random.default_rng(seed)
    world = planned(offers, bodies, stations, receiver, ground, noise, random)
    sent = on_the_air(world, FAR_NS)
    captured = captured_of(world, sent, receiver)
    rows, packets = sent[captured[:, col.HEARD_SENT]], packets_of(world, sent, captured, bodies)
    return _told(offers, world, rows, captured, packets, (len(sent), seed))


def on_the_air(world: World, until_ns: int) -> NDArray[np.int64]:
    """Every transmission whose turn comes before a time, in rows that grow until all of them are there."""
    sent = np.zeros((2 * len(world.offers) + 2 * ROOM, col.SENT_WIDTH), np.int64)
    count, finished = contend(world, sent, 0, until_ns)
    while not finished:
        sent = np.concatenate([sent, np.zeros_like(sent)])
        count, finished = contend(world, sent, count, until_ns)
    return sent[:count]


def captured_of(world: World, sent: NDArray[np.int64], receiver: Receiver) -> NDArray[np.int64]:
    """What the receiver captures of the transmissions, in the order of the capture: int64[frame, HEARD_WIDTH]."""
    captured = np.zeros((len(sent), col.HEARD_WIDTH), np.int64)
    captured = captured[: receive(world, sent, hops_ns(receiver), captured)]
    captured = captured[np.argsort(sent[captured[:, col.HEARD_SENT], col.SENT_START], kind="stable")]
    captured[:, col.HEARD_TIME] = np.maximum.accumulate(captured[:, col.HEARD_TIME])
    return captured


def packets_of(
    world: World, sent: NDArray[np.int64], captured: NDArray[np.int64], bodies: Bodies
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The captured frames as blocks of a pcapng, back to back, and where each begins."""
    rows = sent[captured[:, col.HEARD_SENT]]
    room = int(rows[:, col.SENT_OCTETS].sum()) + len(captured) * (BLOCK_OCTETS + MOST_OCTETS + _MOST_PADDING)
    packets, starts = np.zeros(room, np.uint8), np.zeros(len(captured) + 1, np.int64)
    write_packets(world, sent, captured, view(bodies.octets), bodies.starts, _crc_tables(), packets, starts)
    return packets[: starts[-1]], starts


def _told(
    offers: NDArray[np.void],
    world: World,
    rows: NDArray[np.int64],
    captured: NDArray[np.int64],
    packets: tuple[NDArray[np.uint8], NDArray[np.int64]],
    sent_and_seed: tuple[int, int],
) -> Aired:
    name = world.offers[:, col.OFFER_NAME]
    fates = world.offers[np.argsort(name)]
    reached = fates[:, col.OFFER_DELIVERED]
    parent = name[rows[:, col.SENT_PARENT]].astype(np.int32)
    return Aired(
        time_ns=captured[:, col.HEARD_TIME].copy(),
        transmitter=rows[:, col.SENT_STATION].astype(np.int16),
        offer=np.where(rows[:, col.SENT_ADDED] == col.OFFERED, parent, NOBODY).astype(np.int32),
        parent=parent,
        retry=rows[:, col.SENT_RETRY] != 0,
        good=captured[:, col.HEARD_GOOD] != 0,
        rate=rows[:, col.SENT_RATE].astype(np.uint8),
        signal_dbm=captured[:, col.HEARD_SIGNAL].astype(np.int8),
        attack=offers["attack"][parent],
        technique=offers["technique"][parent],
        episode=offers["episode"][parent],
        packets=packets[0],
        starts=packets[1],
        delivered=reached != NOBODY,
        delivered_us=np.where(reached != NOBODY, reached // _NS_PER_US, NOBODY),
        attempts=np.minimum(fates[:, col.OFFER_SHOWN], 255).astype(np.uint8),
        sent=sent_and_seed[0],
        missed=sent_and_seed[0] - len(rows),
        seed=sent_and_seed[1],
    )
