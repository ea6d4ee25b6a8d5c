"""From the stream to alerts: what a step found goes into the ledger, in its order."""

from collections.abc import Sequence
from dataclasses import dataclass

from yawstring.watch import ledger
from yawstring.watch.alerts import Alert, AlertChange
from yawstring.watch.batches import Batch
from yawstring.watch.ledger_state import LedgerOptions, LedgerState
from yawstring.watch.outcome import Out
from yawstring.watch.stream import StreamOptions

Changes = tuple[AlertChange, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowOptions:
    """What watches, and how what it finds becomes alerts.

    Attributes:
        stream: The first.
        ledger: The second.
    """

    stream: StreamOptions
    ledger: LedgerOptions


def start(options: FlowOptions, resumed: Sequence[Alert] = ()) -> LedgerState:
    """The ledger before the first finding."""
    return ledger.start(options.ledger, resumed)


def take(state: LedgerState, options: FlowOptions, out: Out, batch: Batch | None) -> tuple[LedgerState, Changes]:
    """Take in what a step found, and let time pass up to where no frame can come any more.

    Args:
        state: The ledger.
        options: The same for every step.
        out: What was found.
        batch: What it was found in; ``None`` where the stream has ended.
    """
    state, changes = ledger.take(state, options.ledger, out.findings)
    for told in out.incidents:
        state, more = ledger.take_incident(state, options.ledger, told.change, told.finding, told.reasons)
        changes += more
    if batch is not None and batch.now_ns:
        state, more = ledger.wait(state, options.ledger, batch.now_ns - max(options.stream.lateness_ns, 1))
        changes += more
    return state, changes


def finish(state: LedgerState, options: FlowOptions, out: Out) -> tuple[LedgerState, Changes]:
    """The stream has ended: close what is open."""
    state, changes = take(state, options, out, None)
    state, more = ledger.finish(state, options.ledger)
    return state, changes + more
