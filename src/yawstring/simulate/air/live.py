"""The air while it goes on: offers in as they are made, what the receiver captures and what became of each out.

The loops are those of :func:`yawstring.simulate.air.air`, which sends everything in one go: one step over all offers
gives the same octets. Between steps the tables are laid anew with the offers that wait, and everything that the medium
remembers (counters, backoffs, rates, NAVs, shadowing) is carried over under its name.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import columns as col
from yawstring.simulate.air.columns import World
from yawstring.simulate.air.made import Made, Spell, together
from yawstring.simulate.air.offers import NOBODY, Bodies
from yawstring.simulate.air.places import Environment, Noise, Point, Receiver, Station
from yawstring.simulate.air.plan import (
    TAIL_STEPS,
    book_of,
    counter_keys,
    counter_starts,
    dials_of,
    noise_of,
    octets_of,
    queues_of,
    rows_of,
    stations_of,
)
from yawstring.simulate.air.propagation import STEP_S, first_shadow_db, loss_step_db, positions
from yawstring.simulate.air.run import captured_of, on_the_air, packets_of

REMEMBERED = 1 << 14
"""Finished offers whose numbers are kept for those that wait for them or repeat them: half a minute's, and more."""

_NS_PER_US, _NS_PER_S = 1000, 1_000_000_000
_AHEAD_STEPS = 2
"""Losses are known so many steps beyond the time that a step comes to, for turns that begin before and end after."""

_PROGRESS = (col.OFFER_ATTEMPTS, col.OFFER_SHOWN, col.OFFER_SEQUENCE, col.OFFER_PACKET, col.OFFER_DELIVERED)
_CONTENDER = (col.QUEUE_STATION, col.QUEUE_KIND, col.QUEUE_CHANNEL)
_BACKOFF = (col.QUEUE_WINDOW, col.QUEUE_SLOTS, col.QUEUE_HOLD)


class LiveAir:
    """The air between stations, step by step.

    Args:
        stations: The transmitters that offers point at.
        receiver: The monitor.
        seed: Of every draw: the same seed, and offers in the same steps, give the same octets.
        environment: The ground.
        noise: Jamming.
        seconds: Greatest length of the flight.
        moves: Index of the station whose place is told as it goes; the others keep to their tracks.

    Example:
        >>> from yawstring.simulate.air import Kind, offered
        >>> beacon = offered(1, transmitter=0, kind=Kind.MANAGEMENT, subtype=8, address2=0x60601F000001, random=60)
        >>> drone = Station(name="drone", role="drone", address=0x60601F000001)
        >>> air = LiveAir([drone], Receiver(), seed=1, environment=Environment(), seconds=60.0)
        >>> spell = air.step(Made(offers=beacon, names=np.array([7]), bodies=(b"",)), 20_000_000)
        >>> spell.transmitter.tolist(), spell.ended.tolist(), spell.attempts.tolist()
        ([0], [7], [1])
    """

    def __init__(
        self,
        stations: Sequence[Station],
        receiver: Receiver,
        *,
        seed: int,
        environment: Environment,
        seconds: float,
        noise: Sequence[Noise] = (),
        moves: int | None = None,
    ) -> None:
        self._stations, self._receiver, self._ground, self._moves = tuple(stations), receiver, environment, moves
        self._random = np.random.default_rng(seed)
        sites = list(dict.fromkeys(part.track for part in noise))
        self._noise = noise_of(noise, {site: len(stations) + 1 + index for index, site in enumerate(sites)})
        tracks = [*(station.track for station in stations), receiver.track, *sites]
        self._places = positions(tracks, int(seconds / STEP_S) + TAIL_STEPS)
        self._loss = np.zeros((len(self._places), len(tracks), len(tracks)), np.float32)
        self._shadow: NDArray[np.float64] | None = None
        self._steps = 0
        self._fixed: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]] | None = None
        self._counters: dict[tuple[int, ...], int] = {}
        self._names: list[tuple[int, ...]] = []
        self._backoffs: dict[tuple[int, ...], NDArray[np.int64]] = {}
        self._waiting = together(())
        self._progress = np.zeros((0, len(_PROGRESS)), np.int64)
        self._ended: dict[int, tuple[int, int, int]] = {}
        self._kept: dict[int, tuple[int, int, int]] = {}
        self._last_ns = 0

    def keep(self, names: Sequence[int]) -> None:
        """Remember these finished offers for good: somebody is going to repeat them."""
        self._kept |= {name: self._ended[name] for name in names if name in self._ended}

    def step(self, made: Made, until_ns: int, place: Point | None = None) -> Spell:
        """Go on.

        Args:
            made: New offers; none wants the air before the time that the last step came to.
            until_ns: Time to come to: no turn begins at or after it, nanoseconds since the start.
            place: Where the station that moves is.
        """
        table, progress = self._laid(made)
        bodies = Bodies.of([body for body in table.bodies if body])
        world, order = self._world(table, progress, bodies, until_ns, place)
        sent = on_the_air(world, until_ns)
        captured = captured_of(world, sent, self._receiver)
        captured[:, col.HEARD_TIME] = np.maximum(captured[:, col.HEARD_TIME], self._last_ns)
        if len(captured):
            self._last_ns = int(captured[-1, col.HEARD_TIME])
        packets, starts = packets_of(world, sent, captured, bodies)
        self._carry(world, table, order)
        rows, in_order = world.offers[: len(order)], table.offers[order]
        frames = sent[captured[:, col.HEARD_SENT]]
        parent = frames[:, col.SENT_PARENT]
        fresh = (rows[:, col.OFFER_DELIVERED] != NOBODY) & (progress[order, -1] == NOBODY)
        ended = rows[:, col.OFFER_DONE] != 0
        return Spell(
            time_ns=captured[:, col.HEARD_TIME].copy(),
            transmitter=frames[:, col.SENT_STATION].astype(np.int16),
            offer=np.where(frames[:, col.SENT_ADDED] == col.OFFERED, rows[parent, col.OFFER_NAME], NOBODY),
            attack=in_order["attack"][parent],
            packets=packets,
            starts=starts,
            reached=rows[fresh, col.OFFER_NAME],
            reached_ns=rows[fresh, col.OFFER_DELIVERED],
            ended=rows[ended, col.OFFER_NAME],
            attempts=rows[ended, col.OFFER_SHOWN],
        )

    def _laid(self, made: Made) -> tuple[Made, NDArray[np.int64]]:
        """What waits and what is new, and how far each has come; less what waits for what never got through."""
        fresh = np.zeros((len(made.names), len(_PROGRESS)), np.int64)
        fresh[:, 2:] = NOBODY
        table = together([self._waiting, made])
        progress = np.concatenate([self._progress, fresh])
        present = set(table.names.tolist())
        left = np.ones(len(table.names), bool)
        for index in np.flatnonzero(table.offers["after"] != NOBODY).tolist():
            name = int(table.offers["after"][index])
            if name in present:
                continue
            *_, reached_ns = self._ended.get(name, (NOBODY,))
            left[index] = reached_ns != NOBODY
            offer = table.offers[index]
            offer["time_us"] = max(offer["time_us"], -(-reached_ns // _NS_PER_US) + offer["delay_us"])
            offer["after"] = NOBODY
        if left.all():
            return table, progress
        kept = np.flatnonzero(left)
        return table.where(kept), progress[kept]

    def _world(
        self,
        table: Made,
        progress: NDArray[np.int64],
        bodies: Bodies,
        until_ns: int,
        place: Point | None,
    ) -> tuple[World, NDArray[np.int64]]:
        """The tables for this step, and the order in which the offers lie in them."""
        index_of = {name: index for index, name in enumerate(table.names.tolist())}
        offers = table.offers.copy()
        ghosts: list[NDArray[np.int64]] = []
        filled = np.array([bool(body) for body in table.bodies], bool)
        offers["body"] = np.where(filled, np.cumsum(filled) - 1, NOBODY)
        for field in ("after", "copy_of"):
            pointing = np.flatnonzero(offers[field] != NOBODY)
            offers[field][pointing] = [index_of.get(int(name), NOBODY) for name in offers[field][pointing]]
        order, queues = queues_of(offers)
        columns, counters = self._counted(offers)
        rows = rows_of(offers, octets_of(offers, bodies), order, columns)
        rows[:, col.OFFER_NAME] = table.names[order]
        rows[:, list(_PROGRESS)] = progress[order]
        named = table.offers["copy_of"][order]
        for row in np.flatnonzero((named != NOBODY) & (rows[:, col.OFFER_COPY_OF] == NOBODY)).tolist():
            # What is repeated has left the tables: it comes back as a row that no contender has.
            rows[row, col.OFFER_COPY_OF] = len(rows) + len(ghosts)
            ghosts.append(self._ghost(int(named[row])))
        for mine in queues:
            backoff = self._backoffs.get(tuple(mine[list(_CONTENDER)].tolist()))
            if backoff is not None:
                mine[list(_BACKOFF)] = backoff
        stations, book, dials = self._fixtures(counters)
        self._spread(until_ns, place)
        world = World(
            offers=np.concatenate([rows, *ghosts]),
            stations=stations,
            queues=queues,
            book=book,
            dials=dials,
            noise=self._noise,
            loss=self._loss,
        )
        return world, order

    def _ghost(self, name: int) -> NDArray[np.int64]:
        row = np.zeros((1, col.OFFER_WIDTH), np.int64)
        sequence, packet, reached_ns = self._kept.get(name) or self._ended.get(name, (0, 0, NOBODY))
        row[0, [col.OFFER_NAME, col.OFFER_DONE]] = name, 1
        row[0, [col.OFFER_SEQUENCE, col.OFFER_PACKET, col.OFFER_DELIVERED]] = sequence, packet, reached_ns
        return row

    def _counted(self, offers: NDArray[np.void]) -> tuple[dict[int, NDArray[np.int64]], NDArray[np.int64]]:
        """Each offer's places among the counters, and where those stand."""
        parts: list[NDArray[np.int64]] = []
        columns, self._names, at = {}, [], col.BOOK_COUNTERS
        for column, keys in counter_keys(offers).items():
            names, example, index = np.unique(keys, axis=0, return_index=True, return_inverse=True)
            columns[column] = index.reshape(-1) + at
            begin = counter_starts(column, names, offers[example], self._stations, self._random)
            every = [(column, *name) for name in names.tolist()]
            parts.append(
                np.array(
                    [self._counters.get(name, int(first)) for name, first in zip(every, begin, strict=True)], np.int64
                )
            )
            self._names += every
            at += len(names)
        return columns, np.concatenate(parts)

    def _fixtures(
        self, counters: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Stations, book and dials: drawn in the first step, as they were left in later ones."""
        if self._fixed is None:
            place = len(self._stations)
            stations = stations_of(self._stations, self._random)
            book = book_of(counters, self._receiver, self._ground, place, self._random)
            dials = dials_of(self._stations, self._receiver, self._ground, self._random)
        else:
            stations, book, dials = self._fixed
            book = np.concatenate([book, counters])
        self._fixed = stations, book[: col.BOOK_COUNTERS], dials
        return stations, book, dials

    def _spread(self, until_ns: int, place: Point | None) -> None:
        """Losses as far ahead as this step may look, with the station that moves where it is now."""
        if self._shadow is None:
            self._shadow = first_shadow_db(self._places.shape[1], self._ground, self._random)
        end = min(int(until_ns / (STEP_S * _NS_PER_S)) + _AHEAD_STEPS, len(self._loss))
        for step in range(self._steps, end):
            if self._moves is not None and place is not None:
                self._places[step, self._moves] = place
            before = self._places[max(0, step - 1)]
            self._loss[step], self._shadow = loss_step_db(
                before, self._places[step], self._shadow, self._ground, self._random
            )
        self._steps = max(self._steps, end)

    def _carry(self, world: World, table: Made, order: NDArray[np.int64]) -> None:
        """Keep what the next step has to know."""
        rows = world.offers[: len(order)]
        self._counters.update(zip(self._names, world.book[col.BOOK_COUNTERS :].tolist(), strict=True))
        for mine in world.queues:
            self._backoffs[tuple(mine[list(_CONTENDER)].tolist())] = mine[list(_BACKOFF)]
        ended = rows[rows[:, col.OFFER_DONE] != 0]
        told = ended[:, [col.OFFER_NAME, col.OFFER_SEQUENCE, col.OFFER_PACKET, col.OFFER_DELIVERED]]
        self._ended.update((name, (sequence, packet, reached)) for name, sequence, packet, reached in told.tolist())
        while len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]
        progress = np.empty((len(order), len(_PROGRESS)), np.int64)
        progress[order] = rows[:, list(_PROGRESS)]
        waits = np.sort(order[rows[:, col.OFFER_DONE] == 0])
        self._waiting, self._progress = table.where(waits), progress[waits]
