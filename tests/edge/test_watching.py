"""The loop of a watch: whatever breaks, the watch goes on, says so, and no alert is told before it is written."""

import itertools
from collections import Counter, deque

import polars as pl
import pytest

from support.marked import NS, MarkedRule, batch
from yawstring.edge.alert_store import AlertStore
from yawstring.edge.keeping import Keeper
from yawstring.edge.sources import Clock
from yawstring.edge.watching import Ears, Watching
from yawstring.errors import SourceError, StoreError
from yawstring.watch.batches import empty_batch
from yawstring.watch.flow import FlowOptions
from yawstring.watch.ledger_state import LedgerOptions
from yawstring.watch.stream import StreamOptions


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_ns = 0

    def clock(self) -> Clock:
        return Clock(now_ns=lambda: self.now_ns, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now_ns += round(seconds * NS)


class Given:
    """A reading of given batches, or errors; the clock moves a second with each."""

    def __init__(self, hand: Hand, *what) -> None:
        self.hand, self.what, self.closed = hand, deque(what), 0

    def take(self, timeout_s: float):
        self.hand.now_ns += NS
        one = self.what.popleft() if self.what else empty_batch(0, ended=True)
        if isinstance(one, Exception):
            raise one
        return one

    def close(self) -> None:
        self.closed += 1


class Disk(AlertStore):
    """A record on a disk that can be full."""

    full = False

    def apply(self, changes) -> None:
        if self.full:
            raise StoreError("the disk is full")
        super().apply(changes)


class Heard:
    """What a watch told."""

    def __init__(self, store: AlertStore) -> None:
        self.store, self.changes, self.notes, self.bodies = store, [], [], []

    def ears(self) -> Ears:
        return Ears(changes=self._changed, note=self.notes.append, health=self.bodies.append)

    def _changed(self, changes) -> None:
        written = {change.alert.key for _, change in self.store.changes()}
        assert {change.alert.key for change in changes} <= written, "told before it was written"
        self.changes += changes

    def kinds(self) -> list[str]:
        return [change.kind for change in self.changes]

    def words(self, kind: str) -> list[str]:
        return [note.words for note in self.notes if note.kind == kind]


OPTIONS = FlowOptions(
    stream=StreamOptions(rules=MarkedRule()), ledger=LedgerOptions(hold_s=3.0, merge_gap_s=3.0, update_s=0.0)
)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def watched(tmp_path, hand):
    """Run over given batches: the watch, what it told, and its record."""
    stores = []

    def run(*what, telemetry=None, options=OPTIONS, reopen=None, before=None, store=None, couriers=()):
        record = Disk.create(tmp_path / "alerts.db") if store is None else store
        if store is None:
            stores.append(record)
        heard = Heard(record)
        keeper = Keeper(record, tmp_path, couriers, clock=lambda: hand.now_ns / NS)
        watching = Watching(
            Given(hand, *what), telemetry, options, keeper, ears=heard.ears(), reopen=reopen, clock=hand.clock(),
            resumed=record.open_alerts(),
        )  # fmt: skip
        if before is not None:
            before(watching, record, keeper)
        return watching.run(), heard, record

    yield run
    for one in stores:
        one.close()


def test_an_alert_opens_goes_on_and_is_over(watched) -> None:
    ending, heard, store = watched(batch([100], [101, 102]), batch([104.0, 110.0]))
    assert heard.kinds() == ["opened", "updated", "closed"]
    assert (ending.frames, ending.alerts, ending.dropped, ending.lost) == (5, 1, 0, "")
    (alert,) = store.alerts()
    assert (alert.opened_ns, alert.closed_ns, alert.frames) == (101 * NS, 105 * NS, (2, 3))
    assert store.mark(alert.key).slice is not None, "a slice of the capture is written at the end at the latest"


def test_time_that_passes_without_frames_closes(watched) -> None:
    _, heard, _ = watched(batch([100], [101]), empty_batch(120 * NS), batch([130]))
    assert heard.kinds() == ["opened", "closed"]
    assert heard.changes[1].time_ns == 104 * NS


def test_what_is_open_at_the_end_is_closed(watched) -> None:
    _, heard, store = watched(batch([100], [101]))
    assert heard.kinds() == ["opened", "closed"]
    assert store.open_alerts() == ()


class Troubled:
    """A courier whose sink goes down, and comes back two seconds later."""

    def __init__(self) -> None:
        self.told, self.nudged = deque([("a: no route", False), None, ("a: takes alerts again", True)]), 0

    def nudge(self) -> None:
        self.nudged += 1

    def news(self):
        return self.told.popleft() if self.told else None


def test_a_sink_that_goes_down_and_comes_back_is_said(watched) -> None:
    courier = Troubled()
    _, heard, _ = watched(batch([100], [101]), batch([102]), batch([103]), couriers=[courier])
    told = [(note.words, note.good) for note in heard.notes if note.kind == "sink"]
    assert told == [("a: no route", False), ("a: takes alerts again", True)]
    assert courier.nudged


def test_drops_are_counted_and_said(watched) -> None:
    ending, heard, store = watched(batch([100], dropped=7), batch([101], dropped=5))
    assert ending.dropped == 12
    assert len(heard.words("drops")) == 2
    assert heard.bodies[-1]["drops"] == 12
    assert store.health()[-1][1]["drops"] == 12


def test_a_full_disk_keeps_alerts_in_memory_until_there_is_room(watched) -> None:
    def fill(watching, store, keeper) -> None:
        store.full = True
        take = watching._reading.take

        def taken(timeout_s: float):
            one = take(timeout_s)
            if one.now_ns >= 200 * NS:
                assert heard_before(store) == 0
                store.full = False
            return one

        watching._reading.take = taken

    def heard_before(store) -> int:
        return len(store.changes())

    ending, heard, store = watched(batch([100], [101]), batch([150], [151]), batch([200]), before=fill)
    assert heard.kinds().count("opened") == 2
    assert ending.unwritten == 0
    assert [len(heard.words("record")), heard.words("record")[-1]] == [2, "alerts are written again"]
    assert len(store.alerts()) == 2


def test_a_disk_that_stays_full_is_told_at_the_end(watched) -> None:
    def fill(watching, store, keeper) -> None:
        store.full = True

    ending, heard, store = watched(batch([100], [101]), before=fill)
    assert (heard.kinds(), ending.alerts) == ([], 0)
    assert ending.unwritten == 2
    assert not store.alerts()


def test_a_source_that_is_gone_for_good_ends_the_watch_and_closes_what_is_open(watched) -> None:
    ending, heard, store = watched(batch([100], [101]), SourceError("wlan1 is gone"))
    assert ending.lost == "wlan1 is gone"
    assert heard.kinds() == ["opened", "closed"]
    assert store.health()[-1][1]["state"] == "lost"
    assert store.health()[-1][1]["air"] == "gone"


def test_a_source_that_comes_back_is_read_on(watched, hand) -> None:
    tries = []

    def reopen():
        tries.append(hand.now_ns)
        if len(tries) < 3:
            raise SourceError("still gone")
        return Given(hand, batch([300], [301]))

    ending, heard, store = watched(batch([100], [101]), SourceError("wlan1 is gone"), reopen=reopen)
    assert ending.lost == ""
    assert len(tries) == 3
    assert min(after - before for before, after in itertools.pairwise(tries)) >= NS
    assert heard.words("source") == ["wlan1 is gone: trying to open it again", "the source is back"]
    assert heard.kinds() == ["opened", "closed", "opened", "closed"]
    assert len(store.alerts()) == 2


class States:
    """A source of telemetry: a state a second, up to some moment, and again from another on."""

    def __init__(self, gone_s: float, back_s: float) -> None:
        self.gone_s, self.back, self.given = gone_s, back_s, 0

    def poll(self, until_ns: int) -> pl.DataFrame:
        first, last = self.given + 1, until_ns // NS
        self.given = max(self.given, last)
        seconds = [one for one in range(max(first, 100), last + 1) if not self.gone_s <= one < self.back]
        return pl.DataFrame({"time_ns": [one * NS for one in seconds], "height_m": [2.5] * len(seconds)},
                            schema={"time_ns": pl.Int64, "height_m": pl.Float64})  # fmt: skip

    def close(self) -> None:
        pass


def test_telemetry_that_goes_and_comes_back_is_said_and_the_watch_goes_on(watched) -> None:
    batches = [batch([second], [second + 0.5] if second == 108 else ()) for second in range(100, 115)]
    _, heard, store = watched(*batches, telemetry=States(105, 110))
    assert heard.words("telemetry") == [
        "telemetry is heard",
        "telemetry is gone: the watch goes on with the air alone",
        "telemetry is heard",
    ]
    assert heard.kinds()[0] == "opened", "the air is watched all the same"
    states = [body["telemetry"] for _, body in store.health()]
    assert {"fresh", "stale"} <= set(states)


class Unplugged(States):
    """Its interface is taken away when it falls silent."""

    def gone(self) -> str:
        return "wlan0 is gone" if self.given >= self.gone_s else ""


def test_why_telemetry_ended_is_said_once_and_kept(watched) -> None:
    _, heard, store = watched(*[batch([second]) for second in range(100, 110)], telemetry=Unplugged(105, 200))
    assert heard.words("telemetry").count("telemetry ended: wlan0 is gone") == 1
    assert [body["telemetry_gone"] for _, body in store.health()][-1] == "wlan0 is gone"
    assert store.health()[0][1]["telemetry_gone"] == ""


def test_a_fault_of_the_radio_is_said_once_and_counted(watched, monkeypatch) -> None:
    said = Counter()

    def faults(reading) -> Counter:
        said["5180 MHz: busy"] += 1
        return said.copy()

    monkeypatch.setattr(Given, "faults", faults, raising=False)
    _, heard, store = watched(*[batch([second]) for second in range(100, 104)])
    assert heard.words("source") == ["a channel is not heard: 5180 MHz: busy"]
    assert store.health()[-1][1]["survey_faults"]["5180 MHz: busy"] > 1


def test_alerts_that_the_record_has_no_room_for_are_said(watched, tmp_path) -> None:
    with Disk.create(tmp_path / "few.db", most=1) as store:
        _, heard, _ = watched(batch([100], [100.5]), batch([110]), batch([120], [120.5]), batch([130]), store=store)
        assert len(store.alerts()) == 1
        assert "the record is full: the oldest 1 alerts were dropped" in heard.words("record")


def test_an_air_that_falls_silent_is_said(watched) -> None:
    silent = [empty_batch(second * NS) for second in range(101, 106)]
    _, heard, _ = watched(batch([100]), *silent, batch([106]))
    assert heard.words("air") == ["the air is heard", "the air is silent: no frame is heard", "the air is heard"]


def test_a_clock_that_is_put_back_is_said_and_the_watch_goes_on(watched) -> None:
    ending, heard, store = watched(batch([1000], [1001]), batch([10], [11]), batch([20]))
    assert heard.words("clock") == ["the clock was put back: everything is measured anew"]
    assert ending.frames == 5
    assert heard.kinds()[0] == "opened"
    assert store.health()[-1][1]["clock_put_back"] == 1


def test_frames_out_of_order_are_watched(watched) -> None:
    _, heard, _ = watched(batch([100, 101]), batch([100.5], [100.6]), batch([102]))
    assert heard.kinds()[0] == "opened"


def test_a_stop_ends_it_cleanly(watched) -> None:
    def stop(watching, store, keeper) -> None:
        take = watching._reading.take

        def taken(timeout_s: float):
            watching.stop()
            return take(timeout_s)

        watching._reading.take = taken

    ending, heard, store = watched(batch([100], [101]), batch([102]), before=stop)
    assert ending.frames == 2
    assert heard.kinds() == ["opened", "closed"]
    assert store.health()[-1][1]["state"] == "ended"


def test_a_watch_that_was_killed_goes_on_with_what_is_open(watched, tmp_path, hand) -> None:
    store = Disk.create(tmp_path / "alerts.db")
    keeper = Keeper(store, tmp_path)
    killed = Watching(Given(hand, batch([100], [101])), None, OPTIONS, keeper, clock=hand.clock())
    killed._step(killed._next())  # and no more: the process is gone
    (left,) = store.open_alerts()
    _, heard, _ = watched(batch([102], [102.5]), batch([110]), store=store)
    assert heard.kinds() == ["updated", "closed"]
    (alert,) = store.alerts()
    assert (alert.key, alert.opened_ns, alert.count) == (left.key, 101 * NS, 2)
    store.close()


def test_what_a_killed_run_left_open_is_over_after_the_next(watched, tmp_path, hand) -> None:
    store = Disk.create(tmp_path / "alerts.db")
    killed = Watching(Given(hand, batch([100], [101])), None, OPTIONS, Keeper(store, tmp_path), clock=hand.clock())
    killed._step(killed._next())
    assert len(store.open_alerts()) == 1
    keeper = Keeper(store, tmp_path)
    other = Watching(Given(hand, batch([500])), None, OPTIONS, keeper, clock=hand.clock())  # resumes nothing: a replay
    other.run()
    assert store.open_alerts() == ()
    (alert,) = store.alerts()
    assert alert.closed_ns == 101 * NS
    store.close()


def test_more_changes_than_a_memory_takes_are_counted(watched, monkeypatch) -> None:
    from yawstring.edge import keeping

    monkeypatch.setattr(keeping, "MOST_WAITING", 1)

    def fill(watching, store, keeper) -> None:
        store.full = True

    ending, _, _ = watched(batch([100], [101]), batch([150], [151]), before=fill)
    assert ending.unwritten == 4
