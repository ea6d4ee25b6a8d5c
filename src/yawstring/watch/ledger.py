"""From findings and incidents to alerts: one for each incident, opened, updated and closed.

A finding of a rule has been confirmed by the rule, so :mod:`yawstring.learn.events` decides on it as 1 of 1: it opens
an incident of its identity, keeps it alive, and after ``hold_s`` of silence the incident is closed. The detector's
incidents were decided on by the same step where its scores are; the ledger keeps their alerts.

The state is a value, and any way of cutting the findings gives the same changes. It is bounded: whoever forges a new
address for every frame gets one alert for the crowd, not one for each (:attr:`LedgerOptions.attackers_most`). It can be
built again from the alerts that the store holds, after which an incident that still goes on is the same one.
"""

from collections.abc import Sequence

from yawstring.learn import events
from yawstring.watch.alerts import Alert, AlertChange
from yawstring.watch.book import Book
from yawstring.watch.findings import Finding
from yawstring.watch.ledger_state import LedgerOptions, LedgerState
from yawstring.watch.resuming import resumable

__all__ = ["LedgerOptions", "LedgerState", "finish", "start", "take", "take_incident", "wait"]

Changes = tuple[AlertChange, ...]


def start(options: LedgerOptions, resumed: Sequence[Alert] = ()) -> LedgerState:
    """The state before the first finding.

    Args:
        options: How findings become alerts.
        resumed: Alerts that an earlier run left open, and, if at hand, those that it closed last.

    Example:
        >>> from yawstring.watch.findings import Identity
        >>> one = Finding(time_ns=5, identity=Identity(kind="csa_abuse", drone=1), origin="rule", source="csa_abuse",
        ...               score=1.0, threshold=0.5, words="A switch to channel 1.")
        >>> state, (opened,) = take(start(LedgerOptions()), LedgerOptions(), [one])
        >>> opened.kind, opened.alert.words, finish(state, LedgerOptions())[1][0].kind
        ('opened', 'A switch to channel 1.', 'closed')
    """
    return LedgerState(resumed=resumable(options, resumed))


def take(state: LedgerState, options: LedgerOptions, findings: Sequence[Finding]) -> tuple[LedgerState, Changes]:
    """Take in findings of rules, in order of receipt. A time that falls counts as the latest.

    Returns:
        The state after them, and what happened, in order.
    """
    if not findings:
        return state, ()
    book = Book(state, options)
    book.take(findings)
    return book.closed()


def take_incident(
    state: LedgerState,
    options: LedgerOptions,
    change: events.Change,
    finding: Finding,
    reasons: tuple[str, ...] = (),
) -> tuple[LedgerState, Changes]:
    """Take in what happened to an incident of the detector.

    Args:
        state: As the step before gave it.
        options: The same as then.
        change: What :mod:`yawstring.learn.events` said. Incidents are numbered within their recording and family.
        finding: What it is about, in words; its identity counts when the incident is confirmed, and stays.
        reasons: Signals that moved the score, the strongest first.
    """
    book = Book(state, options)
    book.take_incident(change, finding, reasons)
    return book.closed()


def wait(state: LedgerState, options: LedgerOptions, now_ns: int) -> tuple[LedgerState, Changes]:
    """Close what has been quiet for too long, though nothing was found.

    Later findings give the same changes as if it had not been called, if none is older than ``now_ns``.
    """
    if not (state.open or state.quiet or state.resumed):
        return state, ()
    book = Book(state, options)
    book.pass_time(now_ns)
    return book.closed()


def finish(state: LedgerState, options: LedgerOptions) -> tuple[LedgerState, Changes]:
    """The input has ended: close what is open, the detector's incidents that nobody closed included."""
    book = Book(state, options)
    book.finish()
    return book.closed()
