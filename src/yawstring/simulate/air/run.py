"""The air, all in: offers and stations in, the capture and the fate of each offer out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air.aired import Aired
from yawstring.simulate.air.medium import ROOM, contend
from yawstring.simulate.air.octets import BLOCK_OCTETS, Bench, crc_table, write_packets
from yawstring.simulate.air.offers import NOBODY, Bodies
from yawstring.simulate.air.places import Environment, Noise, Receiver, Station
from yawstring.simulate.air.plan import Plan, State, planned
from yawstring.simulate.air.radiotap import MOST_OCTETS
from yawstring.simulate.air.receive import RECEPTION, ear, receive
from yawstring.simulate.air.sent import SENT, Added

_MOST_PADDING = 3
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
    plan, state = planned(offers, bodies, stations, receiver, ground, noise, random)
    sent = _on_the_air(plan, state)
    monitor = ear(receiver, len(stations), ground.epoch_ns, random)
    captured = np.zeros(len(sent), RECEPTION)
    captured = captured[: receive(plan, state, monitor, sent, captured)]
    captured = captured[np.argsort(sent["start_ns"][captured["sent"]], kind="stable")]
    captured["time_ns"] = np.maximum.accumulate(captured["time_ns"])
    bench = Bench(
        bodies=bodies.octets,
        starts=bodies.starts,
        crc=crc_table(),
        antennas=receiver.antennas,
        noise=int(receiver.reports_noise),
        quality=int(receiver.reports_quality),
        key=np.uint64(random.integers(0, 2**63)),
    )
    room = int(sent["octets"][captured["sent"]].sum()) + len(captured) * (BLOCK_OCTETS + MOST_OCTETS + _MOST_PADDING)
    packets, starts = np.empty(room, np.uint8), np.zeros(len(captured) + 1, np.int64)
    write_packets(plan, state, bench, sent, captured, packets, starts)
    return _told(plan, state, sent, captured, packets[: starts[-1]], starts, seed)


def _on_the_air(plan: Plan, state: State) -> NDArray[np.void]:
    """Every transmission, in rows that grow until all offers are finished."""
    sent = np.zeros(3 * len(plan.offers) + 2 * ROOM, SENT)
    count, finished = contend(plan, state, sent, 0)
    while not finished:
        sent = np.concatenate([sent, np.zeros(len(sent), SENT)])
        count, finished = contend(plan, state, sent, count)
    return sent[:count]


def _told(
    plan: Plan,
    state: State,
    sent: NDArray[np.void],
    captured: NDArray[np.void],
    packets: NDArray[np.uint8],
    starts: NDArray[np.int64],
    seed: int,
) -> Aired:
    rows = sent[captured["sent"]]
    parent = rows["parent"]
    reached = state.delivered_ns
    return Aired(
        time_ns=captured["time_ns"].copy(),
        transmitter=rows["station"].copy(),
        offer=np.where(rows["added"] == Added.OFFERED, parent, NOBODY).astype(np.int32),
        parent=parent.copy(),
        retry=rows["retry"].astype(np.bool_),
        good=captured["good"].astype(np.bool_),
        rate=rows["rate"].copy(),
        signal_dbm=captured["signal"][:, 0].copy(),
        attack=plan.offers["attack"][parent],
        technique=plan.offers["technique"][parent],
        episode=plan.offers["episode"][parent],
        packets=packets,
        starts=starts,
        delivered=reached != NOBODY,
        delivered_us=np.where(reached != NOBODY, reached // _NS_PER_US, NOBODY),
        attempts=np.minimum(state.shown, 255).astype(np.uint8),
        sent=len(sent),
        missed=len(sent) - len(captured),
        seed=seed,
    )
