"""When drone and controller are associated, and the frames by which stations join a network.

A de-authentication or a disassociation that reaches its victim ends the association at once. The controller looks for
its network again after a drawn delay and joins anew, if it is left alone so long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import NOBODY, TsfPolicy
from yawstring.simulate.elements import (
    Network,
    association_request,
    association_response,
    authentication,
    probe_request,
    probe_response,
)
from yawstring.simulate.frames import (
    ASSOCIATE,
    ASSOCIATED,
    AUTHENTICATE,
    PROBE,
    PROBED,
    REASSOCIATE,
    REASSOCIATED,
    Link,
    data,
    grouped,
    management,
)
from yawstring.simulate.handshake import four_way
from yawstring.simulate.offer_book import Book

JOIN_S = 0.35
"""From the first probe request to the first datagram."""

LOOKS_AGAIN_S = (0.4, 2.5)
"""How long a controller that lost its network waits before it looks for it."""

_STEP_US = (800, 6000)
"""What a station takes to answer."""

_STEP_S = 0.002
_LAST_STEP = 0.7
"""Share of the time to join after which the last message is due."""

_ASKS = (2, 5)
"""How often an access point that cannot make sense of the answer sends the first message of the handshake."""

_TWIN_CHANCE = 0.7
_FAILS_S = (0.4, 1.2)


@dataclass(frozen=True, kw_only=True)
class Join:
    """An attempt to join.

    Attributes:
        start_s: When it begins.
        end_s: When it is done or cut short.
        whole: Whether it was done.
        attack: Number of the attack whose twin is joined instead of the drone; ``NOBODY`` for the drone.
    """

    start_s: float
    end_s: float
    whole: bool
    attack: int = NOBODY


@dataclass(frozen=True, kw_only=True)
class Lure:
    """When a twin may catch the controller.

    Attributes:
        attack: Number of the attack.
        start_s: From when.
        end_s: Until when.
        holds: Whether the controller, once caught, stays to the end: on an open network.
    """

    attack: int
    start_s: float
    end_s: float
    holds: bool


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """What becomes of the association over a flight.

    Attributes:
        ups: When it stands: from, to, in seconds.
        joins: Attempts to join, in order of time.
        stays: When the controller is with a twin: attack, from, to.
    """

    ups: tuple[tuple[float, float], ...]
    joins: tuple[Join, ...]
    stays: tuple[tuple[int, float, float], ...]


def timeline(
    first_join_s: float, strikes: NDArray[np.float64], lures: Sequence[Lure], until_s: float, rng: np.random.Generator
) -> Timeline:
    """The association's fate.

    Args:
        first_join_s: When the controller first looks for the drone; negative: they are associated from the start.
        strikes: Times at which a frame ends an association that stands, rising, in seconds.
        lures: When a twin may catch the controller.
        until_s: End of the flight.
        rng: For delays and chances.

    Example:
        >>> found = timeline(-1.0, np.array([5.0]), (), 30.0, np.random.default_rng(1))
        >>> [round(start) for start, end in found.ups], found.ups[0][1]
        ([0, 7], 5.0)
    """
    ups: list[tuple[float, float]] = []
    joins: list[Join] = []
    stays: list[tuple[int, float, float]] = []
    now, joined = max(0.0, first_join_s), first_join_s < 0
    while now < until_s:
        strike = _next(strikes, now)
        if joined:
            end = min(strike, until_s)
            ups.append((now, end))
            now, joined = end + float(rng.uniform(*LOOKS_AGAIN_S)), False
            continue
        lure = next((one for one in lures if one.start_s <= now < one.end_s), None)
        if lure is not None and rng.random() < _TWIN_CHANCE:
            caught = _caught(lure, now, until_s, rng)
            joins.append(Join(start_s=now, end_s=min(now + JOIN_S, caught), whole=lure.holds, attack=lure.attack))
            stays += [(lure.attack, now + JOIN_S, caught)] if lure.holds and caught > now + JOIN_S else []
            now = caught + float(rng.uniform(*LOOKS_AGAIN_S))
            continue
        end = min(now + JOIN_S, strike, until_s)
        joined = end == now + JOIN_S
        joins.append(Join(start_s=now, end_s=end, whole=joined))
        now = end if joined else end + float(rng.uniform(*LOOKS_AGAIN_S))
    return Timeline(ups=tuple(ups), joins=tuple(joins), stays=tuple(stays))


def _next(strikes: NDArray[np.float64], now: float) -> float:
    at = int(np.searchsorted(strikes, now, side="right"))
    return float(strikes[at]) if at < len(strikes) else inf


def _caught(lure: Lure, now: float, until_s: float, rng: np.random.Generator) -> float:
    """Until when the controller is busy with the twin."""
    return min(until_s, lure.end_s if lure.holds else now + JOIN_S + float(rng.uniform(*_FAILS_S)))


@dataclass(frozen=True, kw_only=True)
class Joining:
    """Who joins what, for :func:`offer_join`.

    Attributes:
        link: The two.
        network: The network.
        master: Its master key; empty on an open network.
        rates: Rates of the station.
        again: By re-association.
        fails: The access point does not know the key: it repeats the first message and gets no further.
        fields: What every offer of the access point carries, such as an attack's number.
    """

    link: Link
    network: Network
    master: bytes
    rates: tuple[int, ...]
    again: bool = False
    fails: bool = False
    fields: dict[str, int] | None = None


def offer_join(book: Book, who: Joining, start_s: float, end_s: float, rng: np.random.Generator) -> None:
    """Add the frames of an attempt to join, as far as ``end_s`` lets it come.

    Each frame waits for the one before it to arrive. Probe requests go out two or three times, as stations do.
    """
    link, network = who.link, who.network
    asked = book.body(probe_request(network.ssid, who.rates))
    times = start_s + np.sort(rng.uniform(0, 0.03, int(rng.integers(1, 4))))
    times = times[times <= end_s]
    if not len(times):
        return
    probes = grouped(link.station, link.client, 0xFFFFFFFFFFFF, link.channel, times, PROBE, asked)
    probes["to"] = link.point
    answered_s = float(times[0]) + _STEP_S
    previous = _answer(book, who, answered_s, book.add(probes), rng)
    steps = _steps(who, rng)
    due = np.maximum(answered_s, times[-1]) + np.sort(rng.uniform(0, _LAST_STEP * JOIN_S, len(steps)))
    for time, (down, subtype, body) in zip(due, steps, strict=True):
        if time > end_s:
            return
        block = _message(who, float(time), down, subtype, book.body(body))
        block["after"], block["delay_us"] = previous, int(rng.integers(*_STEP_US))
        previous = book.add(block)


def _answer(book: Book, who: Joining, time_s: float, after: int, rng: np.random.Generator) -> int:
    """A probe response; the number of its offer."""
    body = book.body(probe_response(who.network))
    block = management(who.link, time_s, PROBED, body, down=True, tsf_policy=TsfPolicy.CLOCK, **(who.fields or {}))
    block["after"], block["delay_us"] = after, int(rng.integers(*_STEP_US))
    return book.add(block)


def _steps(who: Joining, rng: np.random.Generator) -> list[tuple[bool, int, bytes]]:
    """From the access point or not, the subtype (or ``NOBODY`` for data) and the body of each message."""
    ask, answer = (REASSOCIATE, REASSOCIATED) if who.again else (ASSOCIATE, ASSOCIATED)
    steps = [
        (False, AUTHENTICATE, authentication(1)),
        (True, AUTHENTICATE, authentication(2)),
        (False, ask, association_request(who.network, who.rates, again=who.again)),
        (True, answer, association_response(who.network, 1)),
    ]
    if who.network.secured:
        master = rng.bytes(32) if who.fails or not who.master else who.master
        messages = four_way(master, who.link.client, who.link.bssid, rng)
        told = messages[:2] * int(rng.integers(*_ASKS)) if who.fails else messages
        steps += [(number % 2 == 0, NOBODY, body) for number, body in enumerate(told)]
    return steps


def _message(who: Joining, time_s: float, down: bool, subtype: int, body: int) -> NDArray[np.void]:
    """One step of joining; nothing of it is encrypted."""
    fields = (who.fields or {}) if down else {}
    if subtype == NOBODY:
        return data(who.link, time_s, down=down, body=body, protection=0, key=NOBODY, tid=6, **fields)
    return management(who.link, time_s, subtype, body, down=down, **fields)
