"""From findings to the file of events, with the process killed anywhere on the way: nothing is told twice or lost."""

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from support import alerts as made
from yawstring.edge.alert_store import AlertStore
from yawstring.edge.sinks import SinkState, deliver, enrol, open_sink
from yawstring.watch import ledger
from yawstring.watch.findings import Finding, Identity
from yawstring.watch.ledger import LedgerOptions

OPTIONS = LedgerOptions(hold_s=4, merge_gap_s=8, update_s=1, resume_gap_s=30)
KINDS = ("csa_abuse", "evil_twin")


class Killed(BaseException):
    """The process is gone here."""


class Fate:
    """Kills at one of the moments that it is asked about."""

    def __init__(self, moment):
        self.left = moment

    def passes(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


def watch(folder, findings, fate):
    """What a watch does with findings, until they end or it is killed; gives how many it had begun with."""
    begun = 0
    store = AlertStore.create(folder / "alerts.db")
    try:
        sink = open_sink(f"eve:{folder / 'eve.json'}")
        enrol(store, sink)
        advance = store.advance
        store.advance = lambda *given: (fate.passes(), advance(*given))
        state = ledger.start(OPTIONS, store.open_alerts())
        for finding in [*findings, None]:
            begun += 1
            fate.passes()
            step = ledger.finish(state, OPTIONS) if finding is None else ledger.take(state, OPTIONS, [finding])
            state, changes = step
            fate.passes()
            store.apply(changes)
            fate.passes()
            deliver(store, sink, SinkState(), 0.0)
    except Killed:
        pass
    finally:
        store.close()
    return begun


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.tuples(st.sampled_from([0.5, 1.5, 5.0, 9.0]), st.sampled_from(KINDS)), min_size=1, max_size=8),
    st.lists(st.integers(1, 20), max_size=4),
)
def test_killed_anywhere_nothing_is_told_twice_or_lost(drawn, moments) -> None:
    at_s, left = 0.0, []
    for gap, kind in drawn:
        at_s += gap
        left.append(
            Finding(
                time_ns=round(made.START_NS + at_s * made.SECOND), identity=Identity(kind=kind, drone=1), origin="rule",
                source=kind, score=1.0, threshold=0.5, words="Found.",
            )
        )  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for moment in moments:
            left = left[watch(folder, left, Fate(moment)) :]  # live: what was in hand is gone
        watch(folder, left, Fate(10**9))
        with AlertStore.open(folder / "alerts.db") as store:
            changes, alerts = store.changes(), store.alerts()
        told = (
            [json.loads(line)["yawstring"] for line in (folder / "eve.json").read_text().splitlines()] if alerts else []
        )
    assert [(one["sequence"], one["change"], one["alert"]["key"]) for one in told] == [
        (number, change.kind, change.alert.key) for number, change in changes
    ]
    for alert in alerts:
        life = [change.kind for _, change in changes if change.alert.key == alert.key]
        assert (life[0], life.count("opened"), life[-1]) == ("opened", 1, "closed")
        assert alert.closed_ns is not None
