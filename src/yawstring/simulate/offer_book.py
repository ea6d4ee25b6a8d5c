"""What stations offer, gathered block by block: offers, and the bodies they point at."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import OFFER, Bodies


class Book:
    """Gathers offers and bodies; an offer's number is its place in the order in which blocks were added.

    Example:
        >>> from yawstring.simulate.air import offered
        >>> book = Book()
        >>> book.add(offered(2, body=book.body(b"beacon"))), book.add(offered(1)), len(book)
        (0, 2, 3)
    """

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.void]] = []
        self._count = 0
        self._parts: list[NDArray[np.uint8]] = []
        self._lengths: list[NDArray[np.int64]] = []
        self._bodies = 0
        self._known: dict[bytes, int] = {}
        self._told: list[tuple[int, bytes]] = []

    def __len__(self) -> int:
        return self._count

    def add(self, block: NDArray[np.void]) -> int:
        """Add offers; the number of the first."""
        first, self._count = self._count, self._count + len(block)
        self._blocks.append(block)
        return first

    def body(self, octets: bytes) -> int:
        """The number of a body, the same for the same octets."""
        if octets not in self._known:
            part = np.frombuffer(octets, np.uint8)
            self._known[octets] = self.bodies(part, np.array([len(part)], np.int64))
        return self._known[octets]

    def each(self, bodies: Sequence[bytes]) -> NDArray[np.int32]:
        """The number of each body."""
        return np.array([self.body(one) for one in bodies], np.int32)

    def bodies(self, octets: NDArray[np.uint8], lengths: NDArray[np.int64]) -> int:
        """Add bodies that lie back to back; the number of the first."""
        first, self._bodies = self._bodies, self._bodies + len(lengths)
        self._parts.append(octets)
        self._lengths.append(np.asarray(lengths, np.int64))
        return first

    def tell(self, number: int, text: bytes) -> None:
        """Note that the offer's delivery puts a state into the controller's log."""
        self._told.append((number, text))

    def told(self) -> tuple[NDArray[np.int64], list[bytes]]:
        """Offers that put a state into the controller's log, and the states."""
        return np.array([number for number, _ in self._told], np.int64), [text for _, text in self._told]

    def offers(self) -> NDArray[np.void]:
        """Every offer so far, in order of their numbers."""
        return np.concatenate([np.zeros(0, OFFER), *self._blocks], dtype=OFFER)

    def all_bodies(self) -> Bodies:
        """Every body."""
        empty = np.zeros(0, np.uint8)
        starts = np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, np.int64), *self._lengths]))])
        return Bodies(octets=np.concatenate([empty, *self._parts]), starts=starts.astype(np.int64))
