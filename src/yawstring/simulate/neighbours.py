"""Other networks in reach, going about their business.

They beacon, talk, come and leave with reasons, restart with broadcast de-authentications, and passers-by ask for
networks in bursts: none of it is an attack, and all of it looks like a part of one.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import BROADCAST, NOBODY, TsfPolicy
from yawstring.simulate.association import JOIN_S, Joining, offer_join
from yawstring.simulate.elements import beacon, probe_request, probe_response, reason
from yawstring.simulate.frames import (
    BEACON,
    DEAUTHENTICATE,
    DISASSOCIATE,
    PROBE,
    PROBED,
    Link,
    data,
    grouped,
    management,
    null,
)
from yawstring.simulate.handshake import master_key
from yawstring.simulate.offer_book import Book
from yawstring.simulate.scenario_keys import stream
from yawstring.simulate.scene import Neighbour, Scene, network_name
from yawstring.simulate.traffic import BEACON_S

_KEY_BLOCK = 64
"""Keys of each neighbour's network: as many as there are associations of its stations, and more."""

_FIRST_KEY = 4096
_SIZES = (72, 90, 140, 400, 1200, 1492)
_SIZE_WEIGHTS = (0.3, 0.15, 0.1, 0.1, 0.1, 0.25)
_AWAY_S = (0.5, 8.0)
_LEAVES = ((DEAUTHENTICATE, 3), (DISASSOCIATE, 8), (DEAUTHENTICATE, 8))
_SENT_AWAY = ((DEAUTHENTICATE, 4), (DEAUTHENTICATE, 6), (DEAUTHENTICATE, 7), (DEAUTHENTICATE, 2), (DISASSOCIATE, 5))
_RESTART_REASONS = (1, 2, 3, 7)
_RESTART_FRAMES = (1, 12)
_RESTART_S = (1.0, 4.0)
_STORM_FRAMES = (6, 40)
_STORM_GAP_S = 0.02
_ANSWERS_S = 0.002
_LOCAL_BIT = 0x02 << 40
"""Of an address that a telephone makes up: locally administered."""

Span = tuple[float, float]


def offer_neighbours(scene: Scene, book: Book) -> None:
    """Add what every other network sends."""
    for number, neighbour in enumerate(scene.neighbours):
        rng = stream(scene.seed, "neighbour", number, "traffic")
        downs = _restarts(scene, rng)
        _offer_point(scene, neighbour, downs, book, rng)
        for client in neighbour.clients:
            _offer_client(scene, neighbour, client, downs, book, rng)
    if scene.neighbours and scene.neighbours[0].clients:
        _offer_storms(scene, book)


def _restarts(scene: Scene, rng: np.random.Generator) -> list[Span]:
    """When an access point is off the air."""
    count = int(rng.poisson(scene.drawn.neighbours.restarts_per_min * scene.duration_s / 60.0))
    begins = np.sort(rng.uniform(0, scene.duration_s, count))
    return [(float(begin), float(begin + rng.uniform(*_RESTART_S))) for begin in begins]


def _offer_point(scene: Scene, near: Neighbour, downs: list[Span], book: Book, rng: np.random.Generator) -> None:
    """Beacons; before each restart a few de-authentications for everyone, after it a TSF from 0."""
    network, station = near.network, scene.stations[near.point]
    times = np.arange(float(rng.uniform(0, BEACON_S)), scene.duration_s, BEACON_S)
    epoch = np.zeros(len(times), np.int64)
    for begin, end in downs:
        epoch[times >= end] = -(station.tsf_epoch_us + round(end * 1e6))
        epoch, times = epoch[(times < begin) | (times >= end)], times[(times < begin) | (times >= end)]
        count = int(rng.integers(*_RESTART_FRAMES))
        body = book.body(reason(int(rng.choice(_RESTART_REASONS))))
        said = begin - 0.05 + np.arange(count) * float(rng.uniform(0.001, 0.004))
        said = said[said > 0]
        book.add(grouped(near.point, network.bssid, network.bssid, network.channel, said, DEAUTHENTICATE, body))
    sent = grouped(near.point, network.bssid, network.bssid, network.channel, times, BEACON, book.body(beacon(network)))
    sent["tsf_policy"], sent["tsf_us"] = TsfPolicy.CLOCK, epoch
    book.add(sent)


def _offer_client(
    scene: Scene, near: Neighbour, client: int, downs: list[Span], book: Book, rng: np.random.Generator
) -> None:
    """A station's traffic while it is there; it leaves or is sent away, and joins again."""
    settings = scene.drawn.neighbours
    away = sorted([*_absences(scene, near, client, book, rng), *((begin, end + JOIN_S) for begin, end in downs)])
    count = int(rng.poisson(settings.load_hz * scene.duration_s))
    times = np.sort(rng.uniform(0, scene.duration_s, count))
    association = np.searchsorted([end for _, end in away], times, side="right")
    present = np.ones(count, bool)
    for begin, end in away:
        present &= (times < begin) | (times > end + JOIN_S)
    times, association = times[present], association[present]
    down = rng.random(len(times)) < 0.55
    lengths = rng.choice(_SIZES, len(times), p=_SIZE_WEIGHTS)
    link = _link(scene, near, client)
    keys = _FIRST_KEY + 4 * (_KEY_BLOCK * client + np.minimum(association, _KEY_BLOCK - 1))
    for way in (True, False):
        kept = down == way
        block = data(link, times[kept], down=way, random=lengths[kept])
        block["key"] = keys[kept]
        book.add(block)
    naps = np.arange(float(rng.uniform(1, 8)), scene.duration_s, float(rng.uniform(4, 12)))
    book.add(null(link, np.concatenate([naps, naps + 0.1]), np.repeat([True, False], len(naps))))


def _absences(scene: Scene, near: Neighbour, client: int, book: Book, rng: np.random.Generator) -> list[Span]:
    """When a station is away: it says why as it goes, or is told, and joins again."""
    share = scene.drawn.neighbours.comings_per_min / max(1, len(near.clients))
    count = int(rng.poisson(share * scene.duration_s / 60.0))
    master = master_key(f"{near.network.bssid:x}", near.network.ssid) if count else b""
    spans: list[Span] = []
    link = _link(scene, near, client)
    for begin in np.sort(rng.uniform(0, scene.duration_s, count)):
        if spans and begin < spans[-1][1] + 2 * JOIN_S:
            continue
        end = float(begin + rng.uniform(*_AWAY_S))
        down = bool(rng.random() < 0.5)
        ways = _SENT_AWAY if down else _LEAVES
        subtype, code = ways[int(rng.integers(len(ways)))]
        times = float(begin) + np.arange(int(rng.integers(1, 4))) * 0.003
        book.add(management(link, times, subtype, book.body(reason(code)), down=down))
        rates = scene.stations[client].rates
        again = bool(rng.random() < 0.4)
        who = Joining(link=link, network=near.network, master=master, rates=rates, again=again)
        offer_join(book, who, end, end + JOIN_S, rng)
        spans.append((float(begin), end))
    return spans


def _offer_storms(scene: Scene, book: Book) -> None:
    """Passers-by ask for networks they know, under addresses made up for the purpose; access points answer."""
    rng = stream(scene.seed, "storms")
    count = int(rng.poisson(scene.drawn.neighbours.storms_per_min * scene.duration_s / 60.0))
    for begin in rng.uniform(0, scene.duration_s, count):
        near = scene.neighbours[int(rng.integers(len(scene.neighbours)))]
        client = int(rng.choice(near.clients))
        address = (int(rng.integers(1 << 48)) | _LOCAL_BIT) & ~(1 << 40)
        times = float(begin) + np.cumsum(rng.exponential(_STORM_GAP_S, int(rng.integers(*_STORM_FRAMES))))
        names = [b"", *(network_name(rng) for _ in range(int(rng.integers(1, 4))))]
        asked = book.each([probe_request(name, scene.stations[client].rates) for name in names])
        channel = scene.network.channel
        body = asked[rng.integers(len(names), size=len(times))]
        asks = grouped(client, address, BROADCAST, channel, times, PROBE, body, to=near.point)
        first = book.add(asks)
        wild = np.flatnonzero(body == asked[0])
        if near.network.channel == channel and len(wild):
            _offer_answers(near, client, address, first + wild, times[wild], book)


def _offer_answers(
    near: Neighbour, client: int, address: int, asks: NDArray[np.int64], times: NDArray[np.float64], book: Book
) -> None:
    """An access point on the same channel answers those who ask for any network."""
    network = near.network
    link = Link(station=client, point=near.point, client=address, bssid=network.bssid, channel=network.channel)
    body = book.body(probe_response(network))
    answers = management(link, times + _ANSWERS_S, PROBED, body, down=True, tsf_policy=TsfPolicy.CLOCK)
    answers["after"], answers["delay_us"], answers["retry_limit"] = asks, round(_ANSWERS_S * 1e6), 3
    book.add(answers)


def _link(scene: Scene, near: Neighbour, client: int) -> Link:
    return Link(
        station=client,
        point=near.point,
        client=scene.stations[client].address,
        bssid=near.network.bssid,
        channel=near.network.channel,
        key=_FIRST_KEY if near.network.secured else NOBODY,
    )
