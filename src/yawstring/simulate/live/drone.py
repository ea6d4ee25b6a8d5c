"""The loop of a live flight: one tick takes clients' datagrams and gives back datagrams and captured frames."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from yawstring.simulate.air import NOBODY
from yawstring.simulate.air.live import LiveAir
from yawstring.simulate.air.made import Made, Spell, together
from yawstring.simulate.air.places import Point
from yawstring.simulate.drawn import Drawn
from yawstring.simulate.fate import fate_of, marks_of, pairs
from yawstring.simulate.flight import Command, LiveFlight
from yawstring.simulate.flight.live import Leg
from yawstring.simulate.live.hostile import Attackers, Moves, States
from yawstring.simulate.live.record import Record, Recorder
from yawstring.simulate.live.schedule import Schedule, made_of
from yawstring.simulate.live.talk import Datagram, Peer, Request, Talk
from yawstring.simulate.neighbours import offer_neighbours
from yawstring.simulate.offer_book import Book
from yawstring.simulate.scenario_keys import stream
from yawstring.simulate.scene import DRONE, Scene, make_scene
from yawstring.simulate.scene_flight import HAND_M, aircraft_of, false_states, pads_of, told_by
from yawstring.simulate.traffic import offer_network

TICK_S = 0.02
"""A tick: four steps of the flight's integrator. What a client says is obeyed a tick or two later."""

MOST_REQUESTS = 40
"""What a client's radio takes in a tick: two thousand datagrams a second."""

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Tick:
    """What a tick brought.

    Attributes:
        spell: Captured frames.
        datagrams: To clients.
    """

    spell: Spell
    datagrams: tuple[Datagram, ...]


class LiveDrone:
    """A drone on its own network, with neighbours, a receiver and whoever attacks it.

    The scenario's pilot is not used: a client flies. The same drawn flight, epoch, and requests at the same times give
    the same datagrams and frames. It takes a while to make; :meth:`begin` is what starts its time.

    Args:
        drawn: One flight of a scenario, every value drawn.

    Raises:
        OptionError: The scenario cannot be flown.

    Example:
        >>> from yawstring.simulate.scenario import draw, parse_scenario
        >>> changes = ("security='open'", "controller.joins=false", "controller.drops_per_min=0")
        >>> calm = parse_scenario("", file="calm.toml", changes=changes)
        >>> drone = LiveDrone(draw(calm, 1))
        >>> drone.begin(10**18)
        >>> ask = Request(time_s=0.01, octets=b"command", peer=("10.0.0.2", 8889))
        >>> told = [one for i in range(20) for one in drone.step([ask] if not i else []).datagrams]
        >>> sorted({(one.octets[:5], one.peer) for one in told})
        [(b'mid:-', ('10.0.0.2', 8890)), (b'ok', ('10.0.0.2', 8889))]
    """

    def __init__(self, drawn: Drawn) -> None:
        self.scene: Scene = make_scene(replace(drawn, pilot=replace(drawn.pilot, airborne_s=0.0)))
        self._marks = marks_of(self.scene)
        fate = fate_of(self.scene, self._marks)
        self._flight = LiveFlight(
            aircraft_of(self.scene, pads_of(self.scene)),
            stream(self.scene.seed, "flight", "motion"),
            self.scene.duration_s,
            fate.reach,
        )
        self._attackers = Attackers(self.scene, self._marks, fate.line)
        self._talk = Talk(self.scene, fate.line)
        self._ticks = 0
        self._peers: list[Peer | None] = []
        self._orders: list[tuple[Command, Peer | None]] = []
        self._schedule, book = Schedule(), Book()
        offer_network(self.scene, fate.line, fate.leaving, book)
        offer_neighbours(self.scene, book)
        self._orders += [(order, None) for order in self._attackers.plan(book)]
        self._schedule.add(made_of(book, 0))
        self._named = len(book)
        self.begin(self.scene.epoch_ns)

    def begin(self, epoch_ns: int) -> None:
        """Start at a Unix time, before the first step; it is the scenario's own if this is not called."""
        self.scene = replace(self.scene, environment=replace(self.scene.environment, epoch_ns=epoch_ns))
        self._recorder = Recorder(self.scene)
        self._air = LiveAir(
            self.scene.stations,
            self.scene.receiver,
            seed=int(stream(self.scene.seed, "air").integers(1 << 62)),
            environment=self.scene.environment,
            seconds=self.scene.duration_s,
            noise=[one for attack, mark in pairs(self.scene, self._marks) for one in attack.noise(self.scene, mark)],
            moves=DRONE,
        )

    @property
    def now_s(self) -> float:
        """Time since the start, seconds."""
        return self._ticks * TICK_S

    @property
    def over(self) -> bool:
        """Whether the scenario's time is up."""
        return self.now_s >= self.scene.duration_s

    def step(self, requests: Sequence[Request] = ()) -> Tick:
        """One tick.

        Args:
            requests: Datagrams that came in it, in order of time. One that comes late counts as of its begin; those
                beyond :data:`MOST_REQUESTS` are lost.
        """
        now_s, until_s = self.now_s, (self._ticks + 1) * TICK_S
        requests = [replace(one, time_s=min(max(one.time_s, now_s), until_s)) for one in requests[:MOST_REQUESTS]]
        leg = self._fly(until_s)
        made, asked, false = self._said(requests, leg, now_s, until_s)
        self._attackers.hear(made, [(self._command(one), place) for one, place in asked], now_s)
        self._send(self._attackers.move(made, false, until_s, self._named), now_s)
        due = together([made, self._schedule.due(round(until_s * 1e6))])
        spell = self._air.step(due, round(until_s * _NS_PER_S), self._place())
        self._recorder.note(due, spell)
        datagrams = self._delivered(spell, until_s)
        self._ticks += 1
        return Tick(spell=spell, datagrams=datagrams)

    def record(self) -> Record:
        """The truth of the flight so far."""
        return self._recorder.record(self._marks, self.now_s)

    def _fly(self, until_s: float) -> Leg:
        """Fly through the tick with what has reached the drone, in order of time."""
        due = sorted((one for one in self._orders if one[0].time_s < until_s), key=lambda one: one[0].time_s)
        self._orders = [one for one in self._orders if one[0].time_s >= until_s]
        self._peers += [peer for _, peer in due]
        return self._flight.step([command for command, _ in due], until_s)

    def _said(
        self, requests: Sequence[Request], leg: Leg, now_s: float, until_s: float
    ) -> tuple[Made, list[tuple[Request, int]], dict[int, States]]:
        """Everything that anybody but attackers sends in this tick, the requests' places in it, and false states."""
        book, texts, false, by = Book(), list(leg.texts), {}, None
        if self._lied(leg):
            log = self._flight.log()
            told, every = told_by(self.scene, self._marks, log, 0.0)
            texts, by = [told.state_text(row) for row in leg.states], every[leg.states.start :]
            false = {
                number: (times[new:], states[new:])
                for number, (times, states) in false_states(self.scene, self._marks, log, 0.0).items()
                if (new := int(np.searchsorted(times, leg.times_s[0]))) < len(times)
            }
        asked = self._talk.ask(requests, book, self._named)
        # A state between the last step of a tick and its end leaves with the next tick.
        self._talk.tell([max(time, now_s) for time in leg.times_s], texts, by, book, self._named)
        answers = [(one, peer) for one in leg.answers if (peer := self._peers[one.command]) is not None]
        self._talk.answer(answers, book, self._named)
        self._talk.film(until_s, book, self._named)
        self._schedule.add(made_of(book, self._named))
        self._named += len(book)
        made = self._schedule.due(round(until_s * 1e6))
        place_of = {name: place for place, name in enumerate(made.names.tolist())}
        first = self._named - len(book)
        places = [place_of.get(first + int(number), NOBODY) if number != NOBODY else NOBODY for number in asked]
        return made, list(zip(requests, places, strict=True)), false

    def _lied(self, leg: Leg) -> bool:
        """Whether any attack falsifies states of this time."""
        lies = [lie for attack in self.scene.drawn.attacks for lie in attack.lies(0.0)]
        return any(lie.start_s <= time < lie.end_s for lie in lies for time in leg.times_s)

    def _send(self, moves: Moves, now_s: float) -> None:
        """Let attackers' offers wait for their time, and their commands for their effect."""
        self._named += len(moves.made.names)
        self._schedule.add(moves.made)
        self._air.keep(moves.repeated)
        self._orders += [(replace(order, time_s=max(order.time_s, now_s + TICK_S)), None) for order in moves.orders]
        for name, text in moves.states:
            self._talk.false(name, text)

    def _delivered(self, spell: Spell, until_s: float) -> tuple[Datagram, ...]:
        """What reached the client, and into the drone's next tick what reached the drone."""
        found: list[Datagram] = []
        order = np.argsort(spell.reached_ns, kind="stable")
        for name, reached_ns in zip(spell.reached[order].tolist(), spell.reached_ns[order].tolist(), strict=True):
            command = self._talk.heard(name, until_s)
            if command is not None:
                self._orders.append(command)
                continue
            datagram, state = self._talk.arrived(name, reached_ns / _NS_PER_S)
            if datagram is not None:
                found.append(datagram)
                if state:
                    self._recorder.received(datagram.time_s, datagram.octets)
        self._talk.ended(spell.ended.tolist())
        return tuple(found)

    def _command(self, request: Request) -> Command:
        return Command(request.time_s, request.octets.decode("utf-8", "replace").strip())

    def _place(self) -> Point:
        """Where the drone is, from its place at the start on."""
        east, north, _ = self.scene.stations[DRONE].track.points[0]
        n, e, down = self._flight.place()
        return east + e, north + n, HAND_M - down
