"""Flies a simulated drone in real time: the clock, the client's network, the ears on the air, and the files.

One thread flies, in ticks; another hands every frame and datagram over at its own time, a fixed moment after the tick
that brought it is worked out. Nothing is left behind, however the program ends: devices go with their descriptors.
"""

import gc
import heapq
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from yawstring.edge.live_drone_air import Ear, open_ear
from yawstring.edge.live_drone_link import Link, Loopback, Tun
from yawstring.edge.simulations import whole_folder
from yawstring.errors import OptionError
from yawstring.simulate.air.made import Spell
from yawstring.simulate.air.pcapng import pcapng_head
from yawstring.simulate.drawn import Drawn
from yawstring.simulate.live import TICK_S, LiveDrone, Request
from yawstring.simulate.live.record import Record
from yawstring.simulate.run import notes_of
from yawstring.simulate.scenario import scenario_text

LATE_S = 0.05
"""From the time something happens in the simulation to the time it is handed over: a tick, and what its work takes."""

MOST_DUE = 1 << 16
"""Frames and datagrams that wait for their time: minutes of them, where something hardly moves."""

REHEARSAL_S = 2.0
"""Length of the flight that nobody sees, by which machine code is ready before the first real tick."""

_BLOCK_HEAD, _LENGTH_AT, _LENGTH_END = 28, 20, 24
_SWITCH_S = 0.0005
_TAKES_S = 0.005
"""How often the client's datagrams are looked for, within a tick."""

_NS_PER_S = 1_000_000_000

Done = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class LiveOptions:
    """How a live flight is flown.

    Attributes:
        air: Where frames go: ``tap:NAME`` or ``fifo:PATH``, any number.
        client_namespace: Network namespace that the client is in.
        drone_address: Address of the loopback for the drone, instead of a network of its own.
        folder: Gets the files of the flight; None for none.
        pace: Simulated seconds in a second.

    Raises:
        OptionError: They contradict one another.
    """

    air: tuple[str, ...] = ()
    client_namespace: str | None = None
    drone_address: str | None = None
    folder: Path | None = None
    pace: float = 1.0

    def __post_init__(self) -> None:
        if self.client_namespace and self.drone_address:
            raise OptionError("simulate: expected --client-namespace or --drone-address, found both: give one")
        if not 0.01 <= self.pace <= 100.0:
            raise OptionError(f"--pace: found {self.pace:g}, expected 0.01 to 100")


@dataclass(frozen=True, kw_only=True)
class Landed:
    """A live flight that is over.

    Attributes:
        record: Its truth.
        duration_s: How long it took, in simulated seconds.
        lost: Frames that no ear could take.
        late_s: By how much the slowest tick came after its time, seconds of the clock.
    """

    record: Record
    duration_s: float
    lost: int
    late_s: float


class Hands:
    """Hands things over at their times, in a thread of its own.

    Attributes:
        lost: Things that there was no room for: whoever takes them is too slow.
    """

    def __init__(self) -> None:
        self.lost = 0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._more = threading.Condition()
        self._open = True
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="hands", daemon=True)
        self._thread.start()

    def give(self, at_s: float, what: Callable[[], None]) -> None:
        """Do something at a time of the monotonic clock."""
        with self._more:
            if len(self._due) == MOST_DUE:
                self.lost += 1
                return
            heapq.heappush(self._due, (at_s, self._count, what))
            self._count += 1
            self._more.notify()

    def check(self) -> None:
        """Raise here what went wrong there."""
        if self._fault is not None:
            raise self._fault

    def close(self) -> None:
        """Hand over what is due, forget what is not yet, and stop."""
        with self._more:
            self._open = False
            self._more.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while (what := self._next()) is not None:
                what()
        except BaseException as error:
            self._fault = error

    def _next(self) -> Callable[[], None] | None:
        with self._more:
            while True:
                now = time.monotonic()
                if self._due and self._due[0][0] <= now:
                    return heapq.heappop(self._due)[2]
                if not self._open:
                    return None
                self._more.wait(self._due[0][0] - now if self._due else None)


def fly_live(drawn: Drawn, options: LiveOptions, *, done: Done | None = None) -> Landed:
    """Fly until the scenario's time is up, or the program is told to stop (SIGINT or SIGTERM).

    Args:
        drawn: One flight of a scenario.
        options: Where.
        done: Called with a word when the drone can be flown.

    Raises:
        SourceError: A device cannot be made.
        OptionError: An option makes no sense, or the folder is in use.
    """
    stop = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(_told_to_stop(stop))
        folder = stack.enter_context(whole_folder(options.folder)) if options.folder else None
        ears = [_closing(stack, open_ear(text)) for text in options.air]
        link: Link = Loopback(options.drone_address) if options.drone_address else Tun(options.client_namespace)
        stack.callback(link.close)
        _rehearse(drawn)
        drone = LiveDrone(drawn)
        stack.enter_context(_brisk())
        capture = stack.enter_context((folder / "capture.pcapng").open("wb")) if folder else None
        flight = _Flight(drone, link, ears, capture, options.pace)
        if done is not None:
            done(f"the drone is at {link.where}, its air at {', '.join(ear.where for ear in ears) or 'nobody'}")
        flight.fly(stop)
        record = drone.record()
        if folder:
            _write(drone, record, folder)
    lost = flight.lost + sum(ear.lost for ear in ears)
    return Landed(record=record, duration_s=drone.now_s, lost=lost, late_s=flight.late_s)


class _Flight:
    """The loop of ticks."""

    def __init__(
        self, drone: LiveDrone, link: Link, ears: Sequence[Ear], capture: BinaryIO | None, pace: float
    ) -> None:
        self._drone, self._link, self._ears, self._capture, self._pace = drone, link, ears, capture, pace
        self._start = time.monotonic()
        # What happens is handed over LATE_S later: with a start so much later, stamps are the times of handing over.
        drone.begin(time.time_ns() + round(LATE_S * _NS_PER_S))
        self.late_s, self.lost = 0.0, 0
        if capture is not None:
            capture.write(pcapng_head())

    def fly(self, stop: threading.Event) -> None:
        """Tick until the flight is over or stopped."""
        hands = Hands()
        try:
            while not self._drone.over and not stop.is_set():
                requests = self._gather(self._start + (self._drone.now_s + TICK_S) / self._pace, stop)
                tick = self._drone.step(requests)
                for datagram in tick.datagrams:
                    hands.give(self._at(datagram.time_s), partial(self._link.send, datagram))
                self._hear(tick.spell, hands)
                hands.check()
            stop.wait(LATE_S)
        finally:
            hands.close()
            self.lost = hands.lost
        hands.check()

    def _gather(self, until: float, stop: threading.Event) -> list[Request]:
        """What clients say until a time of the monotonic clock."""
        requests: list[Request] = []
        while (left := until - time.monotonic()) > 0:
            requests += self._received()
            stop.wait(min(left, _TAKES_S))
            if stop.is_set():
                break
        self.late_s = max(self.late_s, -left)
        return requests + self._received()

    def _received(self) -> list[Request]:
        now_s = (time.monotonic() - self._start) * self._pace
        return [Request(time_s=now_s, octets=octets, peer=peer) for octets, peer in self._link.receive()]

    def _hear(self, spell: Spell, hands: Hands) -> None:
        """Hand over frames at their stamps, and keep them."""
        octets, starts = spell.packets.tobytes(), spell.starts.tolist()
        if self._capture is not None:
            self._capture.write(octets)
        epoch_ns = self._drone.scene.epoch_ns
        for time_ns, begin in zip(spell.time_ns.tolist(), starts, strict=False):
            length = int.from_bytes(octets[begin + _LENGTH_AT : begin + _LENGTH_END], "little")
            frame = octets[begin + _BLOCK_HEAD : begin + _BLOCK_HEAD + length]
            at = self._at((time_ns - epoch_ns) / _NS_PER_S)
            for ear in self._ears:
                hands.give(at, partial(ear.hear, time_ns, frame))

    def _at(self, time_s: float) -> float:
        """Time of the monotonic clock at which something is handed over."""
        return self._start + LATE_S + time_s / self._pace


def _closing(stack: ExitStack, ear: Ear) -> Ear:
    stack.callback(ear.close)
    return ear


def _rehearse(drawn: Drawn) -> None:
    """Compile what a live flight needs: it takes a minute the first time, and no client waits so long."""
    short = LiveDrone(replace(drawn, flight=replace(drawn.flight, duration_s=REHEARSAL_S), attacks=()))
    command = Request(time_s=0.0, octets=b"command", peer=("192.0.2.1", 1))
    while not short.over:
        short.step([command])


def _write(drone: LiveDrone, record: Record, folder: Path) -> None:
    (folder / "telemetry.log").write_bytes(record.telemetry)
    (folder / "truth.csv").write_bytes(record.truth)
    (folder / "labels.csv").write_bytes(record.labels)
    text = scenario_text(drone.scene.drawn, notes=notes_of(drone.scene))
    (folder / "scenario.toml").write_text(text, encoding="utf-8")


@contextmanager
def _told_to_stop(stop: threading.Event) -> Iterator[None]:
    """SIGINT and SIGTERM end the flight in good order."""

    def tell(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _brisk() -> Iterator[None]:
    """Threads take turns quickly, and what was made before the start is not searched for garbage again and again."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        sys.setswitchinterval(before)
