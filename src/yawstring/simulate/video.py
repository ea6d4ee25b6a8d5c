"""The drone's video: pictures cut into datagrams (Tello SDK: H.264 to port 11111), each a slice of its own.

On an open network the octets are those of the datagrams; under WPA2 random ones of the right length.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.offer_book import Book
from yawstring.simulate.packets import COMMAND_PORT, VIDEO_PORT, datagrams
from yawstring.simulate.scene import CONTROLLER_IP, DRONE_IP

VIDEO_HZ = 30.0
VIDEO_OCTETS = 1460
"""The drone cuts each picture into datagrams of this size; the last is what remains."""

_KEY_PICTURE_EVERY = 30
_KEY_PICTURE_SIZE = 4.0
_PICTURE_SPREAD = 0.35
_DATAGRAM_S = 0.00012
_SLICE_START = np.array([0, 0, 1, 0x41], np.uint8)
_PICTURE_START = np.array([0, 0, 0, 1, 0x41], np.uint8)
_KEY_PICTURE_START = np.array([0, 0, 0, 1, 0x65], np.uint8)
"""Start codes and types of H.264: each datagram is a slice of its own."""


def cut_pictures(
    pictures: NDArray[np.float64], rate_mbit_s: float, rng: np.random.Generator, *, before: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Times and lengths of the datagrams of pictures, and 1 or 2 where one begins a picture or a key picture.

    Args:
        pictures: float64[picture], when each is taken.
        rate_mbit_s: Of the video, on average.
        rng: Source of sizes.
        before: Pictures before these.
    """
    weight = np.where((before + np.arange(len(pictures))) % _KEY_PICTURE_EVERY == 0, _KEY_PICTURE_SIZE, 1.0)
    mean = rate_mbit_s * 1e6 / 8 / VIDEO_HZ / (1 + (_KEY_PICTURE_SIZE - 1) / _KEY_PICTURE_EVERY)
    sizes = np.maximum(60, mean * weight * rng.lognormal(-(_PICTURE_SPREAD**2) / 2, _PICTURE_SPREAD, len(pictures)))
    pieces = np.ceil(sizes / VIDEO_OCTETS).astype(np.int64)
    ends = np.cumsum(pieces)
    place = np.arange(int(ends[-1])) - np.repeat(ends - pieces, pieces)
    lengths = np.full(int(ends[-1]), VIDEO_OCTETS, np.int64)
    lengths[ends - 1] = np.maximum(8, sizes - (pieces - 1) * VIDEO_OCTETS).astype(np.int64)
    starts = np.where(place == 0, np.repeat(np.where(weight > 1, 2, 1), pieces), 0)
    return np.repeat(pictures, pieces) + place * _DATAGRAM_S, lengths, starts


def video_payload(lengths: NDArray[np.int64], starts: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The octets of datagrams of video, back to back: start codes, and noise for what nobody is going to look at."""
    payload = np.frombuffer(bytearray(rng.bytes(int(lengths.sum()))), np.uint8)
    at = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    for kind, head in ((0, _SLICE_START), (1, _PICTURE_START), (2, _KEY_PICTURE_START)):
        payload[at[starts == kind][:, None] + np.arange(len(head))] = head
    return payload


def video_bodies(payload: NDArray[np.uint8], lengths: NDArray[np.int64], first: int, book: Book) -> NDArray[np.int64]:
    """Number of each datagram's body on an open network.

    Args:
        payload: uint8[octet], of :func:`video_payload`.
        lengths: int64[datagram].
        first: IPv4 identification of the first.
        book: Gets the bodies.
    """
    octets, sizes = datagrams((DRONE_IP, CONTROLLER_IP), (COMMAND_PORT, VIDEO_PORT), payload, lengths, first)
    return book.bodies(octets, sizes) + np.arange(len(lengths))
