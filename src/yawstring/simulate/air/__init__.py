"""The air between stations: offered frames in, a capture and the fate of each frame out.

::

    aired = air(frames, bodies, stations, receiver, seed=7, environment=Environment(), noise=())
    octets = pcapng(aired)

``frames`` is an array of :data:`OFFER` (see :func:`offered`), in any order; ``bodies`` a :class:`Bodies`; ``stations``
the :class:`Station` s that offers point at by index. The air does what 802.11 hardware does: medium access, retries,
ACKs, RTS/CTS, Block Ack, sequence and packet numbers, TSF, Duration, rates; and what a receiver does: path loss,
shadowing, fading, noise, loss, quantisation, one radio header for all. Offers hold what is above it.
"""

from yawstring.simulate.air.aired import Aired
from yawstring.simulate.air.offers import (
    BROADCAST,
    NOBODY,
    OFFER,
    Bodies,
    Flag,
    Kind,
    PacketPolicy,
    Protection,
    Queue,
    RatePolicy,
    SequencePolicy,
    TsfPolicy,
    offered,
)
from yawstring.simulate.air.pcapng import pcapng
from yawstring.simulate.air.places import Environment, Noise, Receiver, Station, Track
from yawstring.simulate.air.run import air

__all__ = [
    "BROADCAST",
    "NOBODY",
    "OFFER",
    "Aired",
    "Bodies",
    "Environment",
    "Flag",
    "Kind",
    "Noise",
    "PacketPolicy",
    "Protection",
    "Queue",
    "RatePolicy",
    "Receiver",
    "SequencePolicy",
    "Station",
    "Track",
    "TsfPolicy",
    "air",
    "offered",
    "pcapng",
]
