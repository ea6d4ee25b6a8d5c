"""The loop of a watch: frames and telemetry in, alerts written down and told, health once a second.

What can go wrong has a stated answer (docs/explanation/watching.md): the loop goes on wherever there is anything left
to watch, says what it lacks, and counts what is lost.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from yawstring.edge.keeping import Keeper
from yawstring.edge.reading import Reading
from yawstring.edge.sources import Clock
from yawstring.errors import SourceError
from yawstring.models.base import Json
from yawstring.watch import flow, health, stream
from yawstring.watch.alerts import Alert, AlertChange
from yawstring.watch.batches import Batch, MayGo, TelemetrySource, Tuned, empty_batch
from yawstring.watch.flow import FlowOptions
from yawstring.watch.health import Health, Now

NoteKind = Literal["ready", "telemetry", "air", "source", "record", "sink", "drops", "clock"]

WAIT_S: Final = 0.05
"""The longest wait for a batch."""

HEALTH_S: Final = 1.0
REOPEN_S: Final = 1.0
"""Seconds between two tries to open a source that is gone."""

NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something about the watch itself that a person should hear of.

    Attributes:
        kind: What it is about.
        words: One line.
        good: Whether it is about something that works again.
    """

    kind: NoteKind
    words: str
    good: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Ears:
    """Where a watch tells what happens.

    Attributes:
        changes: Changes of alerts, once they are on the disk.
        note: Something about the watch itself.
        health: The body of health, once a second.
    """

    changes: Callable[[Sequence[AlertChange]], None] = lambda _: None
    note: Callable[[Note], None] = lambda _: None
    health: Callable[[Mapping[str, Json]], None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a watch ended.

    Attributes:
        frames: Frames read.
        dropped: Frames lost.
        alerts: Alerts that were opened.
        lost: Why the source was gone; ``""`` where it ended, or was ended.
        unwritten: Changes of alerts that the disk never took.
    """

    frames: int
    dropped: int
    alerts: int
    lost: str = ""
    unwritten: int = 0


class Watching:
    """One watch, from its first frame to its end."""

    def __init__(
        self,
        reading: Reading,
        telemetry: TelemetrySource | None,
        options: FlowOptions,
        keeper: Keeper,
        *,
        ears: Ears | None = None,
        resumed: Sequence[Alert] = (),
        reopen: Callable[[], Reading] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Ready to run.

        Args:
            reading: Gives frames.
            telemetry: Gives telemetry; ``None``: the air alone.
            options: What watches.
            keeper: Keeps what is found.
            ears: Who hears of it.
            resumed: Alerts that an earlier run left open.
            reopen: Opens the source anew when it is gone; ``None``: the watch ends then.
            clock: For what happens once a second.
        """
        self._reading, self._telemetry, self._options, self._keeper = reading, telemetry, options, keeper
        self._ears, self._reopen, self._clock = ears or Ears(), reopen, clock or Clock()
        self._stream = stream.start(options.stream)
        self._ledger = flow.start(options, resumed)
        self._health, self._told = Health(), _Told(at_ns=self._clock.now_ns())
        self._now_ns = 0
        self._alerts = 0
        self._lost = ""
        self._stopped = False

    def stop(self) -> None:
        """End after the batch that is being worked on: what is open is closed, and everything is written."""
        self._stopped = True

    def run(self) -> Ending:
        """Watch until the source ends, is gone for good, or :meth:`stop` is called."""
        try:
            while not self._stopped:
                batch = self._next()
                if batch is not None:
                    self._step(batch)
                self._tell_health("lost" if self._lost else "running")
                if (batch is not None and batch.ended) or (self._lost and self._reopen is None):
                    break
        finally:
            self._reading.close()
            self._end()
        return Ending(
            frames=self._health.frames,
            dropped=self._health.dropped,
            alerts=self._alerts,
            lost=self._lost,
            unwritten=self._keeper.waiting + self._keeper.lost,
        )

    def _next(self) -> Batch | None:
        if self._lost:
            return self._again()
        try:
            return self._reading.take(WAIT_S)
        except SourceError as error:
            self._lost = str(error)
            what = "trying to open it again" if self._reopen is not None else "the watch ends"
            self._ears.note(Note(kind="source", words=f"{error}: {what}"))
            self._told = replace(self._told, tried_ns=self._clock.now_ns())
            return None

    def _again(self) -> Batch | None:
        """The source is gone: try to open it again, and let time pass meanwhile."""
        now_ns = self._clock.now_ns()
        if self._reopen is None:
            return None
        if now_ns - self._told.tried_ns < REOPEN_S * NS_PER_S:
            self._clock.sleep(WAIT_S)
            return None
        since_ns = now_ns - self._told.tried_ns
        self._told = replace(self._told, tried_ns=now_ns)
        try:
            self._reading.close()
            self._reading = self._reopen()
        except SourceError:
            return empty_batch(self._now_ns + since_ns) if self._now_ns else None
        self._lost = ""
        self._ears.note(Note(kind="source", words="the source is back", good=True))
        return None

    def _step(self, batch: Batch) -> None:
        self._now_ns = max(batch.now_ns, 0) or self._now_ns
        if not batch.now_ns and self._now_ns:
            batch = replace(batch, now_ns=self._now_ns)
        rows = None if self._telemetry is None else self._telemetry.poll(batch.now_ns)
        cuts = self._stream.clock.cuts
        self._stream, out = stream.step(self._stream, self._options.stream, batch, rows)
        self._health = health.take(self._health, batch, out)
        self._ledger, changes = flow.take(self._ledger, self._options, out, batch)
        self._keeper.hear(batch)
        self._keep(changes)
        self._keeper.cut(batch.now_ns)
        if batch.dropped:
            self._ears.note(Note(kind="drops", words=f"{batch.dropped:,} frames were lost: too many came at once"))
        if self._stream.clock.cuts > cuts:
            self._ears.note(Note(kind="clock", words="the clock was put back: everything is measured anew"))

    def _keep(self, changes: Sequence[AlertChange]) -> None:
        trouble = self._keeper.trouble
        kept = self._keeper.keep(changes)
        self._alerts += sum(change.kind == "opened" for change in kept)
        if kept:
            self._ears.changes(kept)
        if bool(trouble) != bool(self._keeper.trouble):
            words = f"alerts are kept in memory: {self._keeper.trouble}" if not trouble else "alerts are written again"
            self._ears.note(Note(kind="record", words=words, good=bool(trouble)))

    def _tell_health(self, state: health.State) -> None:
        now_ns = self._clock.now_ns()
        if now_ns - self._told.at_ns < HEALTH_S * NS_PER_S and state != "ended":
            return
        detector = self._options.stream.detector
        now = Now(
            time_ns=self._now_ns,
            since_s=(now_ns - self._told.at_ns) / NS_PER_S,
            state=state,
            threshold=None if detector is None else detector.events.threshold,
            telemetry=self._stream.beside.rows,
            clock_put_back=self._stream.clock.cuts,
            telemetry_gone=self._telemetry.gone() if isinstance(self._telemetry, MayGo) else "",
            survey_faults=self._reading.faults() if isinstance(self._reading, Tuned) else {},
        )
        body = health.body(self._health, now)
        if self._now_ns:
            self._keeper.note(self._now_ns, body, self._stream.stations.rows())
        self._ears.health(body)
        self._say_what_is_gone(body)
        self._say_why(now)
        for words, good in self._keeper.news():
            self._ears.note(Note(kind="sink", words=words, good=good))
        if dropped := self._keeper.dropped():
            self._ears.note(
                Note(kind="record", words=f"the record is full: the oldest {dropped:,} alerts were dropped")
            )
        self._health = health.told(self._health)
        self._told = replace(self._told, at_ns=now_ns)

    def _say_what_is_gone(self, body: Mapping[str, Json]) -> None:
        """Say when telemetry or the air goes, and when it comes back."""
        telemetry, air = str(body["telemetry"]), str(body["air"])
        if self._wants_telemetry and telemetry != self._told.telemetry and (telemetry != "none" or air == "heard"):
            words = {
                "fresh": "telemetry is heard",
                "stale": "telemetry is gone: the watch goes on with the air alone",
                "none": "no telemetry yet: the watch goes on with the air alone",
            }[telemetry]
            self._ears.note(Note(kind="telemetry", words=words, good=telemetry == "fresh"))
            self._told = replace(self._told, telemetry=telemetry)
        if air != self._told.air and air != "gone":
            words = "the air is heard" if air == "heard" else "the air is silent: no frame is heard"
            self._ears.note(Note(kind="air", words=words, good=air == "heard"))
        self._told = replace(self._told, air=air)

    def _say_why(self, now: Now) -> None:
        """Say once why telemetry ended, and each fault of the radio."""
        if now.telemetry_gone and now.telemetry_gone != self._told.why:
            self._ears.note(Note(kind="telemetry", words=f"telemetry ended: {now.telemetry_gone}"))
        for fault in sorted(now.survey_faults.keys() - self._told.faults):
            self._ears.note(Note(kind="source", words=f"a channel is not heard: {fault}"))
        faults = self._told.faults | now.survey_faults.keys()
        self._told = replace(self._told, why=now.telemetry_gone, faults=faults)

    @property
    def _wants_telemetry(self) -> bool:
        return self._telemetry is not None or self._options.stream.air_states

    def _end(self) -> None:
        self._stream, out = stream.finish(self._stream, self._options.stream)
        self._ledger, changes = flow.finish(self._ledger, self._options, out)
        self._keep(changes)
        self._keep(self._keeper.left_open())
        self._keeper.cut(self._now_ns, ended=True)
        self._tell_health("lost" if self._lost else "ended")
        if self._telemetry is not None:
            self._telemetry.close()


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What was told last, and when."""

    at_ns: int
    tried_ns: int = 0
    telemetry: str = ""
    air: str = ""
    why: str = ""
    faults: frozenset[str] = frozenset()
