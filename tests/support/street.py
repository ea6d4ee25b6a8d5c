"""A small street: a drone's access point, its controller, a neighbour and an attacker, and frames read back plainly."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import (
    Bodies,
    Environment,
    Flag,
    Kind,
    Noise,
    Queue,
    RatePolicy,
    Receiver,
    Station,
    Track,
    TsfPolicy,
    offered,
)
from yawstring.simulate.air import columns as col
from yawstring.simulate.air.medium import FAR_NS
from yawstring.simulate.air.plan import planned
from yawstring.simulate.air.run import on_the_air

DRONE, CONTROLLER, NEIGHBOUR, ATTACKER = range(4)
ADDRESSES = (0x60601F000001, 0x001122334455, 0x0A0B0C0D0E0F, 0x00C0CA111111)
HT = tuple(range(12, 20))

TELLO_BEACON = bytes(8) + struct.pack("<HH", 100, 0x0411) + b"\x00\x05TELLO\x01\x04\x82\x84\x8b\x96\x03\x01\x01"
OTHER_BEACON = bytes(8) + struct.pack("<HH", 100, 0x0401) + b"\x00\x04cafe\x01\x04\x82\x84\x8b\x96\x03\x01\x01"
REASON_7 = b"\x07\x00"
BODIES = Bodies.of([TELLO_BEACON, OTHER_BEACON, REASON_7])


def station(index: int, **changes: Any) -> Station:
    role = ("drone", "controller", "neighbour", "attacker")[index]
    place = ((3.0, 0.0, 1.0), (0.0, 2.0, 1.0), (15.0, 10.0, 2.0), (10.0, -3.0, 1.0))[index]
    plain = Station(name=role, role=role, address=ADDRESSES[index], track=Track.still(place), rates=HT)
    return replace(plain, **changes)


STREET = tuple(station(index) for index in range(4))
QUIET = Environment(stray_loss=0.0, fading_still_db=0.0, fading_moving_db=0.0, shadow_db=0.0, exponent=2.0)
"""Nothing is lost unless noise, distance or a collision does it."""


def beacons(index: int, body: int, until_us: int, **changes: Any) -> NDArray[np.void]:
    times = np.arange(1000 + 30_000 * index, until_us, 102_400)
    fields: dict[str, Any] = {
        "transmitter": index,
        "queue": Queue.FIRST,
        "kind": Kind.MANAGEMENT,
        "subtype": 8,
        "body": body,
        "tsf_policy": TsfPolicy.CLOCK,
    }
    address = {"address2": ADDRESSES[index], "address3": ADDRESSES[index]}
    return offered(len(times), time_us=times, **(fields | address | changes))


def data(times_us: Sequence[int] | NDArray[np.int64], **changes: Any) -> NDArray[np.void]:
    """Video, from the drone to its controller."""
    fields: dict[str, Any] = {
        "transmitter": DRONE,
        "to": CONTROLLER,
        "ack": 1,
        "kind": Kind.DATA,
        "subtype": 8,
        "flags": Flag.FROM_DS,
        "address1": ADDRESSES[CONTROLLER],
        "address2": ADDRESSES[DRONE],
        "address3": ADDRESSES[DRONE],
        "random": 1100,
        "protection": 3,
        "key": 4,
        "rate_policy": RatePolicy.ADAPT,
    }
    return offered(len(times_us), time_us=times_us, **(fields | changes))


def street(seconds: float, *, video: int = 500, seed: int = 1) -> NDArray[np.void]:
    """Beacons of two access points, video, control, and a burst of forged de-authentications in the middle."""
    until = int(seconds * 1e6)
    burst = until // 2 + np.arange(64) * 2000
    there, back = np.tile([CONTROLLER, DRONE], 32), np.tile([DRONE, CONTROLLER], 32)
    forged = offered(
        64,
        time_us=burst,
        transmitter=ATTACKER,
        to=there,
        ack=1,
        retry_limit=0,
        kind=Kind.MANAGEMENT,
        subtype=12,
        address1=np.array(ADDRESSES)[there],
        address2=np.array(ADDRESSES)[back],
        address3=ADDRESSES[DRONE],
        body=2,
        attack=1,
        technique=2,
        episode=0,
    )
    times = np.sort(np.random.default_rng(seed).integers(0, until, int(video * seconds)))
    control = {"transmitter": CONTROLLER, "to": DRONE, "flags": Flag.TO_DS, "random": 60}
    addresses = {"address1": ADDRESSES[DRONE], "address2": ADDRESSES[CONTROLLER]}
    return np.concatenate(
        [
            beacons(DRONE, 0, until),
            beacons(NEIGHBOUR, 1, until),
            data(times),
            data(np.arange(5000, until, 50_000), **control, **addresses),
            forged,
        ]
    )


def transmissions(
    offers: NDArray[np.void],
    stations: Sequence[Station] = STREET,
    *,
    seed: int = 1,
    environment: Environment = QUIET,
    noise: Sequence[Noise] = (),
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Everything that went out, captured or not, and the offers' rows after it, in the order of the offers."""
    world = planned(offers, BODIES, stations, Receiver(), environment, noise, np.random.default_rng(seed))
    sent = on_the_air(world, FAR_NS)
    name = world.offers[:, col.OFFER_NAME]
    sent[:, col.SENT_PARENT] = name[sent[:, col.SENT_PARENT]]
    return sent[np.argsort(sent[:, col.SENT_START], kind="stable")], world.offers[np.argsort(name)]


@dataclass(frozen=True)
class Frame:
    """A block of the capture taken apart by hand."""

    stamp_ns: int
    radiotap: bytes
    mpdu: bytes


def frames_of(capture: bytes) -> list[Frame]:
    """The frames of a little-endian pcapng with one interface."""
    frames, at = [], 0
    while at < len(capture):
        kind, total = struct.unpack_from("<II", capture, at)
        assert struct.unpack_from("<I", capture, at + total - 4) == (total,)
        if kind == 6:
            _, high, low, size, original = struct.unpack_from("<5I", capture, at + 8)
            assert size == original
            packet = capture[at + 28 : at + 28 + size]
            header = struct.unpack_from("<H", packet, 2)[0]
            frames.append(Frame(high << 32 | low, packet[:header], packet[header:]))
        at += total
    return frames
