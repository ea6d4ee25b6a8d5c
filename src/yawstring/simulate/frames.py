"""Offers of the frames that stations send: management, control, null and data, each by one function.

Subtypes are those of IEEE 802.11-2020, table 9-1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yawstring.simulate.air import NOBODY, Flag, Kind, Protection, Queue, RatePolicy, offered

ASSOCIATE, ASSOCIATED, REASSOCIATE, REASSOCIATED, PROBE, PROBED = 0, 1, 2, 3, 4, 5
BEACON, DISASSOCIATE, AUTHENTICATE, DEAUTHENTICATE = 8, 10, 11, 12
"""Subtypes of management frames."""

RTS, CTS = 11, 12
"""Subtypes of control frames."""

DATA, NULL, QOS_DATA = 0, 4, 8
"""Subtypes of data frames."""

S_TO_US = 1_000_000


def microseconds(times_s: ArrayLike) -> NDArray[np.int64]:
    """Seconds since the start as the air counts them."""
    return np.round(np.asarray(times_s, float) * S_TO_US).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Link:
    """A pair of stations, one of them the access point, and the addresses they use.

    Attributes:
        station: Index of the station.
        point: Index of the access point.
        client: Address that the station uses.
        bssid: Address that the access point uses.
        channel: Where they are.
        key: Number of the pairwise key, a multiple of four; ``NOBODY`` on an open network.
    """

    station: int
    point: int
    client: int
    bssid: int
    channel: int
    key: int = NOBODY


def _between(link: Link, times: NDArray[np.float64], down: bool) -> dict[str, ArrayLike]:
    """What any frame between the two of a link has: when, which way, under which addresses, acknowledged."""
    here, there = (link.bssid, link.client) if down else (link.client, link.bssid)
    return {
        "time_us": microseconds(times),
        "transmitter": link.point if down else link.station,
        "to": link.station if down else link.point,
        "channel": link.channel,
        "ack": 1,
        "address1": np.uint64(there),
        "address2": np.uint64(here),
        "address3": np.uint64(link.bssid),
    }


def management(
    link: Link, times_s: ArrayLike, subtype: int, body: ArrayLike, *, down: bool, **more: ArrayLike
) -> NDArray[np.void]:
    """Management frames between the two of a link, acknowledged and at the basic rate.

    Args:
        link: Who.
        times_s: When, seconds since the start.
        subtype: Which.
        body: Number of the body.
        down: From the access point; else from the station.
        more: Further fields of an offer; they win.
    """
    times = np.atleast_1d(np.asarray(times_s, float))
    fields: dict[str, ArrayLike] = {
        **_between(link, times, down),
        "kind": Kind.MANAGEMENT,
        "subtype": subtype,
        "body": body,
        "rate_policy": RatePolicy.BASIC,
    }
    return offered(len(times), **{**fields, **more})


def grouped(
    transmitter: int, address: int, bssid: int, channel: int, times_s: ArrayLike, subtype: int, body: ArrayLike,
    **more: ArrayLike,
) -> NDArray[np.void]:  # fmt: skip
    """Management frames to everyone: beacons, probe requests."""
    times = np.atleast_1d(np.asarray(times_s, float))
    fields: dict[str, ArrayLike] = {
        "time_us": microseconds(times),
        "transmitter": transmitter,
        "channel": channel,
        "queue": Queue.FIRST,
        "kind": Kind.MANAGEMENT,
        "subtype": subtype,
        "address2": np.uint64(address),
        "address3": np.uint64(bssid),
        "body": body,
        "rate_policy": RatePolicy.BASIC,
    }
    return offered(len(times), **{**fields, **more})


def data(
    link: Link, times_s: ArrayLike, *, down: bool, body: ArrayLike = NOBODY, random: ArrayLike = 0, tid: int = 0,
    **more: ArrayLike,
) -> NDArray[np.void]:  # fmt: skip
    """QoS data between the two of a link, under its key where it has one.

    Args:
        link: Who.
        times_s: When, seconds since the start.
        down: From the access point; else from the station.
        body: Number of the body.
        random: So many random octets after it: ciphertext.
        tid: Traffic identifier, 0 to 7.
        more: Further fields of an offer; they win.
    """
    times = np.atleast_1d(np.asarray(times_s, float))
    fields: dict[str, ArrayLike] = {
        **_between(link, times, down),
        "kind": Kind.DATA,
        "subtype": QOS_DATA,
        "flags": Flag.FROM_DS if down else Flag.TO_DS,
        "body": body,
        "random": random,
        "qos": tid,
        "protection": Protection.NONE if link.key == NOBODY else Protection.CCMP,
        "key": link.key,
        "rate_policy": RatePolicy.ADAPT,
    }
    return offered(len(times), **{**fields, **more})


def null(link: Link, times_s: ArrayLike, asleep: ArrayLike) -> NDArray[np.void]:
    """Null data by which a station says that it sleeps, or is awake again."""
    flags = np.where(np.asarray(asleep, bool), Flag.TO_DS | Flag.POWER_MANAGEMENT, Flag.TO_DS)
    sent = data(link, times_s, down=False, flags=flags, subtype=NULL, protection=Protection.NONE, key=NOBODY)
    sent["rate_policy"] = RatePolicy.BASIC
    return sent
