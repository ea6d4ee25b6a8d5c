"""What drone and client say to each other: offers out of datagrams, and datagrams again at the far end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import NOBODY
from yawstring.simulate.association import Timeline
from yawstring.simulate.flight.commands import Command, Response
from yawstring.simulate.frames import data
from yawstring.simulate.offer_book import Book
from yawstring.simulate.packets import COMMAND_PORT, HEADER_OCTETS, STATE_PORT, VIDEO_PORT
from yawstring.simulate.scenario_keys import stream
from yawstring.simulate.scene import Scene
from yawstring.simulate.traffic import drone_link, keys_of, offer_texts, within
from yawstring.simulate.video import VIDEO_HZ, cut_pictures, video_bodies, video_payload

Peer = tuple[str, int]
"""A client's address and UDP port."""

LONGEST_COMMAND = 1024
"""Octets; what is longer is no command, and is cut off."""

_PICTURE_JITTER_S = 0.001
_STATES = (COMMAND_PORT, STATE_PORT)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A datagram of a client to the drone's command port.

    Attributes:
        time_s: When it came, seconds since the start.
        octets: What it says.
        peer: Who sent it.
    """

    time_s: float
    octets: bytes
    peer: Peer


@dataclass(frozen=True, kw_only=True)
class Datagram:
    """A datagram from the drone's command port to a client.

    Attributes:
        time_s: When it arrives, seconds since the start.
        octets: What it says.
        peer: To whom.
    """

    time_s: float
    octets: bytes
    peer: Peer


class Talk:
    """Both ends of the link.

    Args:
        scene: Who.
        line: When they are associated.
    """

    def __init__(self, scene: Scene, line: Timeline) -> None:
        self._scene, self._line = scene, line
        self._said: Counter[object] = Counter()
        self._down: dict[int, tuple[bytes, int, Peer | None]] = {}
        self._up: dict[int, tuple[bytes, Peer]] = {}
        self._listener: str | None = None
        self._random = stream(scene.seed, "video")
        self._tid = int(self._random.choice((0, 5)))
        self._next_picture_s: float | None = None
        self._pictures = 0

    @property
    def streams(self) -> bool:
        """Whether the drone sends video."""
        return self._next_picture_s is not None

    def ask(self, requests: Sequence[Request], book: Book, first: int) -> NDArray[np.int32]:
        """Offer what clients say.

        Args:
            requests: In order of time.
            book: Gets the offers.
            first: Name of the book's first offer.

        Returns:
            Number in the book of each one's offer; ``NOBODY`` where the link was down, and the request is lost.
        """
        numbers = np.full(len(requests), NOBODY, np.int32)
        for index, request in enumerate(requests):
            ports, text = (request.peer[1], COMMAND_PORT), request.octets[:LONGEST_COMMAND]
            numbers[index : index + 1] = self._offer([request.time_s], [text], False, ports, book)
            if numbers[index] != NOBODY:
                self._up[first + int(numbers[index])] = text, request.peer
        return numbers

    def tell(
        self, times_s: Sequence[float], texts: Sequence[bytes], by: NDArray[np.int16] | None, book: Book, first: int
    ) -> None:
        """Offer states; ``by`` is the number of the attack that falsified each."""
        numbers = self._offer(times_s, texts, True, _STATES, book, by)
        self._await(numbers, texts, STATE_PORT, None, first)

    def answer(self, answers: Sequence[tuple[Response, Peer]], book: Book, first: int) -> None:
        """Offer answers, each to the one who asked."""
        for response, peer in answers:
            text = response.text.encode()
            numbers = self._offer([response.time_s], [text], True, (COMMAND_PORT, peer[1]), book)
            self._await(numbers, [text], peer[1], peer, first)

    def film(self, until_s: float, book: Book, first: int) -> None:
        """Offer the pictures taken before a time, if video is on."""
        taken = []
        while self._next_picture_s is not None and self._next_picture_s < until_s:
            taken.append(self._next_picture_s)
            self._next_picture_s += 1.0 / VIDEO_HZ
        rate = self._scene.drawn.traffic.video_mbit_s
        if not taken or not rate:
            return
        late = np.abs(self._random.normal(0.0, _PICTURE_JITTER_S, len(taken)))
        times, lengths, starts = cut_pictures(np.array(taken) + late, rate, self._random, before=self._pictures)
        self._pictures += len(taken)
        payload = video_payload(lengths, starts, self._random)
        ups = within(self._line, times)
        ends = np.cumsum(lengths).tolist()
        texts = [payload[end - length : end].tobytes() for end, length in zip(ends, lengths.tolist(), strict=True)]
        if (ups == NOBODY).any():
            # No association, or one that ends within the picture: nobody could make sense of it.
            return
        body, random = np.full(len(lengths), NOBODY), lengths + HEADER_OCTETS
        if not self._scene.secured:
            body = video_bodies(payload, lengths, self._said[VIDEO_PORT], book)
            random = np.zeros(len(lengths), np.int64)
        self._said[VIDEO_PORT] += len(lengths)
        keys = keys_of(self._scene, ups)
        block = data(drone_link(self._scene), times, down=True, body=body, random=random, tid=self._tid, key=keys)
        self._await(book.add(block) + np.arange(len(texts), dtype=np.int32), texts, VIDEO_PORT, None, first)

    def heard(self, name: int, time_s: float) -> tuple[Command, Peer] | None:
        """The command of an offer that has reached the drone, to be obeyed from a time on; None for other offers."""
        if name not in self._up:
            return None
        octets, peer = self._up.pop(name)
        text = octets.decode("utf-8", "replace").strip()
        if text == "command":
            self._listener = peer[0]
        elif text == "streamon" and self._listener and not self.streams:
            self._next_picture_s = time_s
        elif text == "streamoff":
            self._next_picture_s = None
        return Command(time_s, text), peer

    def arrived(self, name: int, time_s: float) -> tuple[Datagram | None, bool]:
        """What an offer that has reached the client's radio puts before its programs, and whether it is a state."""
        octets, port, peer = self._down.pop(name, (b"", 0, None))
        to = peer or (self._listener and (self._listener, port))
        return (Datagram(time_s=time_s, octets=octets, peer=to) if port and to else None), port == STATE_PORT

    def false(self, name: int, text: bytes) -> None:
        """Note that a third station's offer is a state as the client sees it."""
        self._down[name] = text, STATE_PORT, None

    def ended(self, names: Sequence[int]) -> None:
        """Forget offers that are finished: what has not arrived by now is lost."""
        for name in names:
            self._down.pop(name, None)
            self._up.pop(name, None)

    def _offer(
        self, times_s: Sequence[float], texts: Sequence[bytes], down: bool, ports: tuple[int, int], book: Book,
        by: NDArray[np.int16] | None = None,
    ) -> NDArray[np.int32]:  # fmt: skip
        before = self._said[ports, down]
        self._said[ports, down] += len(texts)
        times = np.array(times_s, np.float64)
        return offer_texts(self._scene, self._line, times, texts, down, ports, book, by, before)

    def _await(
        self, numbers: NDArray[np.int32], texts: Sequence[bytes], port: int, peer: Peer | None, first: int
    ) -> None:
        for number, text in zip(numbers.tolist(), texts, strict=True):
            if number != NOBODY:
                self._down[first + number] = text, port, peer
