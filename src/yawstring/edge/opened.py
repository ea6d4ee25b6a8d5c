"""Opens everything that a watch needs, in an order in which what can fail does so before anything is written."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from yawstring.edge.alert_store import KEPT_MOST, AlertStore
from yawstring.edge.keeping import RECORD, Keeper
from yawstring.edge.live.clock_error import time_error_s
from yawstring.edge.live.interfaces import check_monitor
from yawstring.edge.live.opening import open_live_source, open_states
from yawstring.edge.plans import Plan, flow_of
from yawstring.edge.reading import Queued, Reading, Straight
from yawstring.edge.sinks.delivery import Courier
from yawstring.edge.sinks.opening import open_sink
from yawstring.edge.sources import Clock, FifoSource, ReplaySource, check_fifo
from yawstring.edge.telemetry import read_telemetry
from yawstring.edge.telemetry_logs import LogTelemetry
from yawstring.edge.watching import Ears, Note, Watching
from yawstring.errors import OptionError
from yawstring.watch.alerts import Alert
from yawstring.watch.batches import Source, TelemetrySource
from yawstring.watch.ledger_state import LedgerOptions
from yawstring.watch.rehearsal import rehearse
from yawstring.watch.resuming import nanoseconds

NS_PER_S = 1_000_000_000

NONE, AIR = "none", "air"


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where a watch hears from.

    Attributes:
        interface: One in monitor mode.
        channels: Frequencies in MHz that it listens to in turn; without, the one it is on.
        grant: Unix socket at which it is granted; of itself, that of ``yawstring grant``.
        fifo: A fifo, or ``"-"``.
        replay: A capture.
        speed: How many times as fast it is replayed; ``None``: as fast as it can be read.
        telemetry: ``"none"``, ``"air"``, ``sniff:IFACE``, ``udp://HOST:PORT`` or a log.

    Raises:
        OptionError: Not one of the three is named, but none or several.
    """

    interface: str | None = None
    channels: tuple[int, ...] = ()
    grant: Path | None = None
    fifo: str | None = None
    replay: Path | None = None
    speed: float | None = 1.0
    telemetry: str = NONE

    def __post_init__(self) -> None:
        named = [one for one in (self.interface, self.fifo, self.replay) if one is not None]
        if len(named) != 1:
            found = "none" if not named else str(len(named))
            raise OptionError(f"expected one of --interface, --pcap-fifo and --replay, found {found}")
        if self.interface is None and (self.channels or self.grant):
            raise OptionError("--channels and --grant are about an interface: give --interface, or leave them out")

    @property
    def name(self) -> str:
        """What a person calls it."""
        return str(self.interface or self.fifo or self.replay)

    @property
    def is_replay(self) -> bool:
        """Whether the same frames would come again."""
        return self.replay is not None

    @property
    def keep_up(self) -> bool:
        """Whether frames come by a clock, and do not wait."""
        return not self.is_replay or self.speed is not None

    def check(self) -> None:
        """Refuse what is not there, for what takes its time must not come before that.

        Raises:
            InputError: There is no such fifo, interface or capture.
        """
        if self.fifo is not None:
            check_fifo(self.fifo)
        if self.interface is not None:
            check_monitor(self.interface)
        if self.replay is not None:
            ReplaySource(self.replay, speed=self.speed).close()


@contextmanager
def open_watch(
    sources: Sources,
    plan: Plan,
    folder: Path,
    sinks: Sequence[str],
    ears: Ears,
    *,
    keep: int = KEPT_MOST,
    clock: Clock | None = None,
) -> Iterator[Watching]:
    """A watch, ready to run.

    A replay begins where its capture begins, and finds the same alerts again, which the record holds once. A live watch
    goes on with the alerts that the one before left open. Whatever must keep up with a clock is rehearsed before its
    source is opened, and then says that it is ready: from there on every frame is heard.

    Args:
        sources: Where it hears from.
        plan: What watches.
        folder: Where the record goes.
        sinks: Where else alerts are told.
        ears: Who hears of it here.
        keep: Alerts that the record keeps at most.
        clock: What tells time.

    Raises:
        InputError: Something cannot be opened.
    """
    clock = clock or Clock()
    begun_ns = clock.now_ns()
    options = flow_of(plan)
    if sources.interface is not None:
        options = replace(options, ledger=replace(options.ledger, time_error_s=time_error_s()))
    if sources.keep_up:
        sources.check()
        rehearse(options)
    with ExitStack() as stack:
        telemetry = _telemetry(sources.telemetry)
        if telemetry is not None:
            stack.callback(telemetry.close)
        source = _source(sources, clock)
        stack.callback(source.close)
        folder.mkdir(parents=True, exist_ok=True)  # a sink's file may lie in it
        opened = [open_sink(text) for text in sinks]
        store = stack.enter_context(AlertStore.create(folder / RECORD, most=keep))
        resumed = () if sources.is_replay else _resumed(store, options.ledger)
        _note(store, sources, plan)
        couriers = [Courier(folder / RECORD, sink) for sink in opened]
        for courier in couriers:
            courier.start()
            stack.callback(courier.stop)
        reading = _reading(sources, source)
        if sources.keep_up:
            took_s = (clock.now_ns() - begun_ns) / NS_PER_S
            ears.note(Note(kind="ready", words=f"ready after {took_s:.1f} s: listening to {sources.name}", good=True))
        yield Watching(
            reading,
            telemetry,
            options,
            Keeper(store, folder, couriers),
            ears=ears,
            resumed=resumed,
            reopen=_reopen(sources, clock),
            clock=clock,
        )


def _source(sources: Sources, clock: Clock) -> Source:
    if sources.replay is not None:
        return ReplaySource(sources.replay, speed=sources.speed, clock=clock)
    if sources.fifo is not None:
        return FifoSource(sources.fifo, clock=clock)
    return open_live_source(sources.interface or "", grant=sources.grant, channels=sources.channels)


def _reading(sources: Sources, source: Source) -> Reading:
    return Straight(source) if sources.is_replay else Queued(source)


def _reopen(sources: Sources, clock: Clock) -> Callable[[], Reading] | None:
    """An interface may come back; a fifo that said something else than a capture will not."""
    if sources.interface is None:
        return None
    return lambda: _reading(sources, _source(sources, clock))


def _telemetry(text: str) -> TelemetrySource | None:
    if text in (NONE, AIR):
        return None
    if text.startswith(("sniff:", "udp:")):
        return open_states(text)
    return LogTelemetry(read_telemetry(Path(text)))


def _resumed(store: AlertStore, options: LedgerOptions) -> tuple[Alert, ...]:
    """Alerts that may go on: those left open, and those over for so short that their incident would be opened again."""
    within_s = max(options.merge_gap_s, options.resume_gap_s)
    return store.closed_lately(nanoseconds(within_s)) + store.open_alerts()


def _note(store: AlertStore, sources: Sources, plan: Plan) -> None:
    store.note("sources", f"{sources.name}, telemetry {sources.telemetry}")
    store.note("drone", plan.drone)
    store.note("bundle", "" if plan.bundle is None else str(plan.bundle))
