"""What goes into the air while it goes on, step by step, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air.offers import OFFER


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """Offers made by somebody.

    Attributes:
        offers: OFFER[offer]; ``after`` and ``copy_of`` hold names, ``body`` is ignored.
        names: int64[offer], a number for each, of its own for the whole flight.
        bodies: Octets of each; empty for none.
    """

    offers: NDArray[np.void]
    names: NDArray[np.int64]
    bodies: tuple[bytes, ...]

    def where(self, rows: NDArray[np.intp]) -> "Made":
        """Some of them."""
        return Made(
            offers=self.offers[rows], names=self.names[rows], bodies=tuple(self.bodies[i] for i in rows.tolist())
        )


def together(parts: Sequence[Made]) -> Made:
    """The offers of all parts, in their order."""
    return Made(
        offers=np.concatenate([np.zeros(0, OFFER), *(part.offers for part in parts)], dtype=OFFER),
        names=np.concatenate([np.zeros(0, np.int64), *(part.names for part in parts)]),
        bodies=tuple(body for part in parts for body in part.bodies),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Spell:
    """What a step brought.

    Attributes:
        time_ns: int64[frame], capture stamps, Unix time, rising.
        transmitter: int16[frame], index of the station that truly sent it.
        offer: int64[frame], name of the offer, ``NOBODY`` for what the air added.
        attack: int16[frame], the parent offer's number.
        packets: uint8[octet], the frames as Enhanced Packet Blocks of a pcapng, back to back.
        starts: int64[frame + 1], where each block begins.
        reached: int64[offer], names of the offers that were received for the first time.
        reached_ns: int64[offer], when, since the start of the flight.
        ended: int64[offer], names of the offers that are finished, received or not.
        attempts: int64[offer], how often each of those was sent.
    """

    time_ns: NDArray[np.int64]
    transmitter: NDArray[np.int16]
    offer: NDArray[np.int64]
    attack: NDArray[np.int16]
    packets: NDArray[np.uint8]
    starts: NDArray[np.int64]
    reached: NDArray[np.int64]
    reached_ns: NDArray[np.int64]
    ended: NDArray[np.int64]
    attempts: NDArray[np.int64]
