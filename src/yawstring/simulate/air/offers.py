"""What stations offer the air: one row a frame, and the octets of their bodies.

An *offer* is a frame that a station would like to send. The air decides when it goes out, how often, at what rate and
with which sequence and packet number; see :func:`yawstring.simulate.air.air`. Names are those of IEEE 802.11-2020, 9.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError

NOBODY = -1
"""No station, no offer, no body, no label: what an index holds when there is nothing to point at."""

BROADCAST = 0xFFFFFFFFFFFF


class Kind(IntEnum):
    """Type of a frame (9.2.4.1.3)."""

    MANAGEMENT = 0
    CONTROL = 1
    DATA = 2


class Flag(IntEnum):
    """Bits of the second frame-control octet that an offer may set; the air sets Retry and Protected itself."""

    TO_DS = 0x01
    FROM_DS = 0x02
    MORE_FRAGMENTS = 0x04
    POWER_MANAGEMENT = 0x10
    MORE_DATA = 0x20


class RatePolicy(IntEnum):
    """Who chooses the rate."""

    BASIC = 0
    """The lowest rate of the transmitter (``Station.basic_rate``)."""
    FIXED = 1
    """The offer's ``rate``, for every attempt."""
    ADAPT = 2
    """Rate adaptation of the link from ``transmitter`` to ``to``."""


class SequencePolicy(IntEnum):
    """Where the sequence number comes from. A retry always keeps it."""

    OWN = 0
    """The transmitter's own counters: one for each TID and addressee of QoS data, one for everything else."""
    COUNTER = 1
    """The counter named by ``counter``, beginning at ``sequence``: one per fake access point, say."""
    FIXED = 2
    """``sequence`` itself."""
    HEARD = 3
    """One more than the last sequence number heard under ``address2``; ``sequence`` if none was heard."""
    COPIED = 4
    """As offer ``copy_of`` had."""


class PacketPolicy(IntEnum):
    """Where the CCMP packet number comes from. A retry always keeps it."""

    OWN = 0
    """The transmitter's counter of the key ``key``, from 1."""
    FIXED = 1
    """``packet_number`` itself."""
    COPIED = 2
    """As offer ``copy_of`` had; random octets are those of that offer, too."""


class TsfPolicy(IntEnum):
    """What stands in the first eight octets of a beacon's or probe response's body. ``tsf_us`` is added to it."""

    BODY = 0
    """Whatever the body holds."""
    CLOCK = 1
    """The transmitter's TSF: its epoch and drifting clock."""
    UNIX = 2
    """Unix time in microseconds, by the transmitter's clock."""
    COUNT = 3
    """From 0, by 102,400 for each beacon sent under the same ``counter``."""


class Queue(IntEnum):
    """Which of a station's two queues a frame waits in. Each contends for the air on its own."""

    DATA = 0
    """AIFS = DIFS, contention window 15 to 1023."""
    FIRST = 1
    """Beacons and what else goes before data: AIFS = DIFS, contention window 3 to 15."""


class Protection(IntEnum):
    """How a body is protected. CCMP: the air writes the eight-octet header and adds eight octets of MIC."""

    NONE = 0
    CCMP = 3


OFFER = np.dtype(
    [
        ("time_us", np.int64),
        ("transmitter", np.int16),
        ("to", np.int16),
        ("channel", np.uint8),
        ("queue", np.uint8),
        ("kind", np.uint8),
        ("subtype", np.uint8),
        ("flags", np.uint8),
        ("ack", np.uint8),
        ("retry_limit", np.uint8),
        ("address1", np.uint64),
        ("address2", np.uint64),
        ("address3", np.uint64),
        ("body", np.int32),
        ("random", np.int32),
        ("qos", np.uint16),
        ("protection", np.uint8),
        ("packet_policy", np.uint8),
        ("key", np.int16),
        ("packet_number", np.int64),
        ("rate_policy", np.uint8),
        ("rate", np.uint8),
        ("sequence_policy", np.uint8),
        ("sequence", np.uint16),
        ("counter", np.int32),
        ("duration_us", np.int32),
        ("tsf_policy", np.uint8),
        ("tsf_us", np.int64),
        ("copy_of", np.int32),
        ("after", np.int32),
        ("delay_us", np.int32),
        ("attack", np.int16),
        ("technique", np.int16),
        ("episode", np.int16),
    ]
)
"""One offered frame. Its index in the array is its name: ``copy_of`` and ``after`` point at it, the result repeats it.

| field | meaning |
|---|---|
| ``time_us`` | when it wants the air, µs since the start of the flight, by true time |
| ``transmitter`` | index of the station that truly sends it |
| ``to`` | index of the station whose reception is its delivery; ``NOBODY`` for none |
| ``channel`` | 1 to 13, where it is sent |
| ``queue`` | :class:`Queue` |
| ``kind``, ``subtype``, ``flags`` | frame control: :class:`Kind`, the subtype, :class:`Flag` bits |
| ``ack``, ``retry_limit`` | 1: ``to`` answers with an ACK if it hears it; retried so many times while none comes |
| ``address1`` … | addresses as sent, 48 bits. An ACK goes to ``address2``, whoever truly sent the frame |
| ``body``, ``random`` | index into the bodies (``NOBODY`` for none), then so many random octets (ciphertext, video) |
| ``qos`` | QoS control, when the subtype is QoS data; its low four bits are the TID |
| ``protection`` | :class:`Protection` |
| ``packet_policy``, ``packet_number`` | :class:`PacketPolicy` and the value |
| ``key`` | ≥ 0, names the key; its low two bits are the key identifier sent |
| ``rate_policy``, ``rate`` | :class:`RatePolicy` and an index into :data:`yawstring.simulate.air.rates.RATES` |
| ``sequence_policy``, ``sequence`` | :class:`SequencePolicy` and the value |
| ``counter`` | ≥ 0, names a counter of the offers' own |
| ``duration_us`` | ``NOBODY`` for the correct Duration, else what is sent, 0 to 32767 |
| ``tsf_policy``, ``tsf_us`` | :class:`TsfPolicy` and an offset |
| ``copy_of`` | offer that a replay repeats |
| ``after``, ``delay_us`` | not before that earlier offer's delivery, and so long after it; dropped if it fails |
| ``attack``, ``technique``, ``episode`` | the caller's own numbers, handed on to the frames; ``NOBODY`` for none |
"""

_UNSET = ("to", "body", "duration_us", "counter", "copy_of", "after", "attack", "technique", "episode")


def offered(count: int, **fields: object) -> NDArray[np.void]:
    """So many offers, the given fields filled in (broadcast), the others at their defaults.

    Defaults: 0, but ``NOBODY`` for whatever points at something and for ``duration_us``, channel 1, broadcast for
    ``address1``, and a retry limit of 7.

    Raises:
        OptionError: a field that offers do not have.

    Example:
        >>> frames = offered(3, time_us=[0, 10, 20], transmitter=1, kind=Kind.DATA, subtype=8)
        >>> frames["kind"].tolist(), frames["to"].tolist()
        ([2, 2, 2], [-1, -1, -1])
    """
    frames = np.zeros(count, OFFER)
    for name in _UNSET:
        frames[name] = NOBODY
    frames["channel"], frames["retry_limit"], frames["address1"] = 1, 7, BROADCAST
    for name, values in fields.items():
        if name not in (OFFER.names or ()):
            raise OptionError(f"an offer has no field {name!r}; it has {', '.join(OFFER.names or ())}")
        frames[name] = values
    return frames


@dataclass(frozen=True, kw_only=True)
class Bodies:
    """Octet strings back to back: body ``i`` is ``octets[starts[i]:starts[i + 1]]``.

    Args:
        octets: uint8[octet].
        starts: int64[body + 1], rising from 0 to the number of octets.
    """

    octets: NDArray[np.uint8]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, bodies: Sequence[bytes]) -> "Bodies":
        """The bodies in order.

        Example:
            >>> Bodies.of([b"ab", b"", b"c"]).starts.tolist()
            [0, 2, 2, 3]
        """
        starts = np.concatenate([[0], np.cumsum([len(body) for body in bodies])]).astype(np.int64)
        return cls(octets=np.frombuffer(b"".join(bodies), np.uint8), starts=starts)
