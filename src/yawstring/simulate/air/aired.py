"""What came of the offers: the frames that the receiver captured, and what became of each offer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Aired:
    """A capture with its truth, and the fate of each offer.

    Captured frames, in order of their stamps (``frame.number`` is the index plus 1):

    Args:
        time_ns: int64[frame], capture stamp, Unix time.
        transmitter: int16[frame], index of the station that truly sent it.
        offer: int32[frame], index of the offer, ``NOBODY`` for what the air added: ACK, Block Ack, RTS and CTS.
        parent: int32[frame], the offer that it belongs to, also for what the air added.
        retry: bool[frame], a further attempt at the same frame.
        good: bool[frame], its FCS is right.
        rate: uint8[frame], index into ``RATES``.
        signal_dbm: int8[frame], as the radio header says (the last antenna's).
        attack: int16[frame], the parent offer's number.
        technique: int16[frame], the same.
        episode: int16[frame], the same.
        packets: uint8[octet], the frames as Enhanced Packet Blocks of a pcapng, back to back.
        starts: int64[frame + 1], where each block begins.
        delivered: bool[offer], the station ``to`` received it.
        delivered_us: int64[offer], when, in µs since the start of the flight; ``NOBODY`` where never.
        attempts: uint8[offer], how often it was sent; 0 for one dropped unsent.
        sent: int, transmissions on the air, captured or not, the air's own included.
        missed: int, of those, not captured.
        seed: The seed of every draw.
    """

    time_ns: NDArray[np.int64]
    transmitter: NDArray[np.int16]
    offer: NDArray[np.int32]
    parent: NDArray[np.int32]
    retry: NDArray[np.bool_]
    good: NDArray[np.bool_]
    rate: NDArray[np.uint8]
    signal_dbm: NDArray[np.int8]
    attack: NDArray[np.int16]
    technique: NDArray[np.int16]
    episode: NDArray[np.int16]
    packets: NDArray[np.uint8]
    starts: NDArray[np.int64]
    delivered: NDArray[np.bool_]
    delivered_us: NDArray[np.int64]
    attempts: NDArray[np.uint8]
    sent: int
    missed: int
    seed: int
