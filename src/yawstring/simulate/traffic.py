"""What drone and controller say: beacons, video, states, commands and answers, and what keeps a network going.

Datagrams follow the Tello SDK guides: commands to port 8889, states from it to 8890, video to 11111. On an open
network their octets are real; under WPA2 they are random octets of the right length.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yawstring.simulate.air import BROADCAST, NOBODY, TsfPolicy
from yawstring.simulate.association import JOIN_S, Joining, Timeline, offer_join
from yawstring.simulate.elements import Network, beacon, probe_request, reason
from yawstring.simulate.flight.commands import Command, Response
from yawstring.simulate.frames import BEACON, DEAUTHENTICATE, DISASSOCIATE, PROBE, Link, data, grouped, management, null
from yawstring.simulate.offer_book import Book
from yawstring.simulate.packets import (
    ACKNOWLEDGE,
    ARP_REPLY,
    ARP_REQUEST,
    COMMAND_PORT,
    DHCP_CLIENT,
    DHCP_SERVER,
    DISCOVER,
    HEADER_OCTETS,
    OFFER,
    REQUEST,
    STATE_PORT,
    arp,
    datagram,
    dhcp,
)
from yawstring.simulate.scenario_keys import stream
from yawstring.simulate.scene import CONTROLLER, CONTROLLER_IP, DRONE, DRONE_IP, Scene
from yawstring.simulate.video import VIDEO_HZ, cut_pictures, video_bodies, video_payload

BEACON_S = 0.1024
_DOZE_S = (3.0, 15.0)
_DOZES_FOR_S = (0.03, 0.3)
_ORDERLY = ((DEAUTHENTICATE, 3), (DEAUTHENTICATE, 8), (DISASSOCIATE, 8))
_DROPPED = ((DEAUTHENTICATE, 4), (DEAUTHENTICATE, 6), (DEAUTHENTICATE, 7), (DISASSOCIATE, 5), (DISASSOCIATE, 4))


@dataclass(frozen=True, kw_only=True)
class Farewell:
    """An end of the association that nobody forced.

    Attributes:
        time_s: When.
        down: The drone says so; else the controller.
        subtype: De-authentication or disassociation.
        code: Reason code.
        last: The controller is gone for good.
    """

    time_s: float
    down: bool
    subtype: int
    code: int
    last: bool = False


@dataclass(frozen=True, kw_only=True)
class Said:
    """What passes between drone and controller, apart from what the network itself needs.

    Attributes:
        commands: From the controller, in order of time.
        answers: From the drone, in order of time.
        state_s: float64[state], when each state leaves the drone.
        states: Their octets.
        state_attack: int16[state], number of the attack that falsified a state at its source; ``NOBODY`` for none.
        false: By number of the attack, times and octets of false states that a third station sends.
        streams_s: From when the drone sends video; infinite for never.
    """

    commands: tuple[Command, ...]
    answers: tuple[Response, ...]
    state_s: NDArray[np.float64]
    states: tuple[bytes, ...]
    state_attack: NDArray[np.int16]
    false: Mapping[int, tuple[NDArray[np.float64], tuple[bytes, ...]]]
    streams_s: float


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What has been offered so far, for attackers that answer or repeat it.

    Attributes:
        frames: Every legitimate offer; its index is its number.
        commands: Number of each command's offer; ``NOBODY`` where the link was down.
        states: Number of each state's offer; ``NOBODY`` where the link was down.
        said: What was said.
        timeline: When the link stood.
    """

    frames: NDArray[np.void]
    commands: NDArray[np.int32]
    states: NDArray[np.int32]
    said: Said
    timeline: Timeline


def drone_link(scene: Scene, up: int = 0) -> Link:
    """The link of drone and controller in the association ``up``, counted from 0."""
    return Link(
        station=CONTROLLER,
        point=DRONE,
        client=scene.client,
        bssid=scene.bssid,
        channel=scene.network.channel,
        key=4 * (up + 1) if scene.secured else NOBODY,
    )


def farewells(scene: Scene) -> tuple[Farewell, ...]:
    """Ends of the association that nobody forces: now and then, and when the controller leaves."""
    rng = stream(scene.seed, "farewells")
    settings, duration = scene.drawn.controller, scene.duration_s
    count = int(rng.poisson(settings.drops_per_min * duration / 60.0))
    found = []
    for time in np.sort(rng.uniform(0.2 * duration, duration, count)):
        subtype, code = _DROPPED[int(rng.integers(len(_DROPPED)))]
        found.append(Farewell(time_s=float(time), down=bool(rng.random() < 0.6), subtype=subtype, code=code))
    if settings.leaves:
        subtype, code = _ORDERLY[int(rng.integers(len(_ORDERLY)))]
        end = duration - float(rng.uniform(0.01, 0.06)) * duration
        found.append(Farewell(time_s=end, down=False, subtype=subtype, code=code, last=True))
    return tuple(found)


def offer_traffic(scene: Scene, line: Timeline, said: Said, leaving: Sequence[Farewell], book: Book) -> Heard:
    """Add everything that drone and controller send.

    Args:
        scene: Who.
        line: When they are associated.
        said: What they say.
        leaving: Ends of the association that nobody forces.
        book: Gets the offers.
    """
    offer_network(scene, line, leaving, book)
    _offer_video(scene, line, said.streams_s, book)
    ports = (COMMAND_PORT, STATE_PORT)
    states = offer_texts(scene, line, said.state_s, said.states, True, ports, book, attack=said.state_attack)
    for number, text in zip(states.tolist(), said.states, strict=True):
        if number != NOBODY:
            book.tell(number, text)
    ports = (COMMAND_PORT, COMMAND_PORT)
    commands, answers = ([(one.time_s, one.text.encode()) for one in texts] for texts in (said.commands, said.answers))
    asked = offer_texts(scene, line, *_unzipped(commands), False, ports, book)
    offer_texts(scene, line, *_unzipped(answers), True, ports, book)
    return Heard(frames=book.offers(), commands=asked, states=states, said=said, timeline=line)


def offer_network(scene: Scene, line: Timeline, leaving: Sequence[Farewell], book: Book) -> None:
    """Add what the network itself needs, whatever is said over it: beacons, joins, farewells, naps."""
    offer_beacons(book, scene.network, DRONE, scene.duration_s, stream(scene.seed, "beacons"))
    _offer_joins(scene, line, book)
    _offer_farewells(scene, line, leaving, book)
    _offer_null(scene, line, book)


def offer_beacons(
    book: Book, network: Network, point: int, until_s: float, rng: np.random.Generator, **more: ArrayLike
) -> None:
    """Add an access point's beacons: one each 102.4 ms from a drawn moment on."""
    times = np.arange(float(rng.uniform(0, BEACON_S)), until_s, BEACON_S)
    fields: dict[str, ArrayLike] = {"tsf_policy": TsfPolicy.CLOCK, **more}
    body = book.body(beacon(network))
    book.add(grouped(point, network.bssid, network.bssid, network.channel, times, BEACON, body, **fields))


def within(line: Timeline, times_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of the association that stands at each time; ``NOBODY`` where none does."""
    if not line.ups:
        return np.full(len(times_s), NOBODY, np.int64)
    starts, ends = (np.array(side) for side in zip(*line.ups, strict=True))
    at = np.searchsorted(starts, times_s, side="right") - 1
    return np.where((at >= 0) & (times_s < ends[np.maximum(at, 0)]), at, NOBODY)


def _unzipped(pairs: list[tuple[float, bytes]]) -> tuple[NDArray[np.float64], tuple[bytes, ...]]:
    return np.array([time for time, _ in pairs], float), tuple(text for _, text in pairs)


def keys_of(scene: Scene, ups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the pairwise key of each association; ``NOBODY`` on an open network."""
    return 4 * (ups + 1) if scene.secured else np.full(len(ups), NOBODY, np.int64)


def offer_texts(
    scene: Scene, line: Timeline, times_s: NDArray[np.float64], texts: Sequence[bytes], down: bool,
    ports: tuple[int, int], book: Book, attack: NDArray[np.int16] | None = None, before: int = 0,
) -> NDArray[np.int32]:  # fmt: skip
    """Add small datagrams.

    Args:
        scene: Who.
        line: When they are associated.
        times_s: float64[datagram], when.
        texts: What each carries.
        down: From the drone; else from the controller.
        ports: UDP ports, from and to.
        book: Gets the offers.
        attack: Number of the attack that falsified each; ``NOBODY`` for none.
        before: Datagrams between these ports before these, for the IPv4 identification.

    Returns:
        The number of each one's offer, ``NOBODY`` where the link was down.
    """
    ups = within(line, times_s)
    kept = np.flatnonzero(ups != NOBODY)
    numbers = np.full(len(times_s), NOBODY, np.int32)
    if not len(kept):
        return numbers
    body, random = text_bodies(scene, [texts[i] for i in kept.tolist()], down, ports, book, before)
    block = data(drone_link(scene), times_s[kept], down=down, body=body, random=random, key=keys_of(scene, ups[kept]))
    if attack is not None:
        block["attack"] = block["technique"] = block["episode"] = attack[kept]
    numbers[kept] = book.add(block) + np.arange(len(kept))
    return numbers


def text_bodies(
    scene: Scene, texts: Sequence[bytes], down: bool, ports: tuple[int, int], book: Book, before: int = 0
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number of each datagram's body and octets of ciphertext after it: one of the two is nothing."""
    if scene.secured:
        lengths = np.array([len(text) + HEADER_OCTETS for text in texts], np.int64)
        return np.full(len(texts), NOBODY, np.int32), lengths
    ends = (DRONE_IP, CONTROLLER_IP) if down else (CONTROLLER_IP, DRONE_IP)
    first = int(stream(scene.seed, "identification", *ports, int(down)).integers(1 << 16))
    bodies = [datagram(*ends, ports, text, first + before + number) for number, text in enumerate(texts)]
    return book.each(bodies), np.zeros(len(texts), np.int64)


def _offer_video(scene: Scene, line: Timeline, streams_s: float, book: Book) -> None:
    rng = stream(scene.seed, "video")
    rate = scene.drawn.traffic.video_mbit_s
    if not rate or streams_s >= scene.duration_s:
        return
    pictures = np.arange(streams_s, scene.duration_s, 1.0 / VIDEO_HZ)
    pictures = np.sort(pictures + rng.normal(0.0, 0.001, len(pictures)))
    times, lengths, starts = cut_pictures(pictures, rate, rng)
    ups = within(line, times)
    kept = ups != NOBODY
    times, lengths, ups, starts = times[kept], lengths[kept], ups[kept], starts[kept]
    if not len(times):
        return
    body, random = np.full(len(lengths), NOBODY), lengths + HEADER_OCTETS
    if not scene.secured:
        payload = video_payload(lengths, starts, rng)
        body, random = (
            video_bodies(payload, lengths, int(rng.integers(1 << 16)), book),
            np.zeros(len(lengths), np.int64),
        )
    tid = int(rng.choice((0, 5)))
    link = drone_link(scene)
    book.add(data(link, times, down=True, body=body, random=random, tid=tid, key=keys_of(scene, ups)))


def _offer_joins(scene: Scene, line: Timeline, book: Book) -> None:
    rng = stream(scene.seed, "joins")
    for number, join in enumerate(line.joins):
        if join.attack != NOBODY:
            continue
        who = Joining(
            link=drone_link(scene),
            network=scene.network,
            master=scene.master,
            rates=scene.stations[CONTROLLER].rates,
            again=number > 0 and bool(rng.random() < 0.3),
        )
        offer_join(book, who, join.start_s, join.end_s, rng)
        if join.whole:
            up = next(i for i, (start, _) in enumerate(line.ups) if start >= join.end_s - JOIN_S / 2)
            offer_address(drone_link(scene, up), join.end_s, book, rng)


def offer_address(link: Link, start_s: float, book: Book, rng: np.random.Generator, **fields: int) -> None:
    """Add DHCP and ARP of a controller that has just joined; ``fields`` are the access point's."""
    transaction, point, client = int(rng.integers(1 << 32)), link.bssid, link.client
    exchange = (
        (False, _dhcp(DISCOVER, transaction, client)),
        (True, _dhcp(OFFER, transaction, client)),
        (False, _dhcp(REQUEST, transaction, client)),
        (True, _dhcp(ACKNOWLEDGE, transaction, client)),
        (False, arp(ARP_REQUEST, (client, CONTROLLER_IP), (0, DRONE_IP))),
        (True, arp(ARP_REPLY, (point, DRONE_IP), (client, CONTROLLER_IP))),
    )
    times = start_s + np.cumsum(rng.uniform(0.001, 0.008, len(exchange)))
    for time, (down, octets) in zip(times, exchange, strict=True):
        hidden = {"body": book.body(octets)} if link.key == NOBODY else {"random": len(octets)}
        block = data(link, float(time), down=down, **hidden, **(fields if down else {}))
        if not down:
            block["address3"] = BROADCAST
        book.add(block)


def _dhcp(message: int, transaction: int, client: int) -> bytes:
    server = 0 if message == DISCOVER else DRONE_IP
    octets = dhcp(message, transaction, client, CONTROLLER_IP, server)
    reply = message in (OFFER, ACKNOWLEDGE)
    ends = (DRONE_IP, CONTROLLER_IP) if reply else (0, 0xFFFFFFFF)
    ports = (DHCP_SERVER, DHCP_CLIENT) if reply else (DHCP_CLIENT, DHCP_SERVER)
    return datagram(*ends, ports, octets, transaction & 0xFFFF)


def _offer_farewells(scene: Scene, line: Timeline, leaving: Sequence[Farewell], book: Book) -> None:
    ends = {end for _, end in line.ups}
    for one in leaving:
        if one.time_s in ends:
            body = book.body(reason(one.code))
            block = management(drone_link(scene), one.time_s, one.subtype, body, down=one.down)
            book.add(block)


def _offer_null(scene: Scene, line: Timeline, book: Book) -> None:
    """The controller dozes now and then, to look at other channels: null data, and probe requests."""
    rng = stream(scene.seed, "doze")
    times = np.cumsum(rng.uniform(*_DOZE_S, int(scene.duration_s / _DOZE_S[0]) + 1))
    back = times + rng.uniform(*_DOZES_FOR_S, len(times))
    kept = (within(line, times) != NOBODY) & (within(line, back) != NOBODY)
    both = np.concatenate([times[kept], back[kept]])
    asleep = np.concatenate([np.ones(kept.sum(), bool), np.zeros(kept.sum(), bool)])
    book.add(null(drone_link(scene), both, asleep))
    looks = times[kept][rng.random(int(kept.sum())) < 0.5] + 0.01
    body = book.body(probe_request(b"", scene.stations[CONTROLLER].rates))
    book.add(grouped(CONTROLLER, scene.client, BROADCAST, scene.network.channel, looks, PROBE, body))
