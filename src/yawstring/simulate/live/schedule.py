"""Offers that are known before their time, and wait for it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import NOBODY
from yawstring.simulate.air.made import Made, together
from yawstring.simulate.offer_book import Book


def made_of(book: Book, first: int) -> Made:
    """The offers of a book with names of their own, from ``first`` on."""
    offers, bodies = book.offers(), book.all_bodies()
    octets, starts = bodies.octets.tobytes(), bodies.starts.tolist()
    texts = [octets[begin:end] for begin, end in pairwise(starts)]
    for field in ("after", "copy_of"):
        offers[field] = np.where(offers[field] != NOBODY, offers[field] + first, NOBODY)
    return Made(
        offers=offers,
        names=np.arange(first, first + len(offers)),
        bodies=tuple(texts[body] if body != NOBODY else b"" for body in offers["body"].tolist()),
    )


def copies_of(book: Book, first: int, recorded: Made) -> Made:
    """The offers of a book that repeat recorded ones, whose places its ``copy_of`` holds."""
    offers = book.offers()
    source = offers["copy_of"].tolist()
    offers["copy_of"] = recorded.names[source]
    names = np.arange(first, first + len(offers))
    return Made(offers=offers, names=names, bodies=tuple(recorded.bodies[place] for place in source))


@dataclass
class _Block:
    made: Made
    order: NDArray[np.intp]
    times_us: NDArray[np.int64]
    taken: int = 0


class Schedule:
    """Gives each offer out when its time comes.

    Example:
        >>> from yawstring.simulate.air import offered
        >>> book, schedule = Book(), Schedule()
        >>> _ = book.add(offered(3, time_us=[30, 10, 20]))
        >>> schedule.add(made_of(book, 0))
        >>> schedule.due(20).names.tolist(), schedule.due(99).names.tolist(), schedule.due(99).names.tolist()
        ([1], [2, 0], [])
    """

    def __init__(self) -> None:
        self._blocks: list[_Block] = []

    def add(self, made: Made) -> None:
        """Add offers; those whose time is over come with the next ones that are due."""
        if len(made.names):
            order = np.argsort(made.offers["time_us"], kind="stable")
            self._blocks.append(_Block(made=made, order=order, times_us=made.offers["time_us"][order]))

    def due(self, until_us: int) -> Made:
        """Offers that want the air before a time and have not been given out."""
        parts: list[Made] = []
        for block in self._blocks:
            end = int(np.searchsorted(block.times_us, until_us))
            if end > block.taken:
                parts.append(block.made.where(block.order[block.taken : end]))
                block.taken = end
        self._blocks = [block for block in self._blocks if block.taken < len(block.order)]
        return together(parts)
