"""Alerts of an earlier run, waited for after a restart: what was written down is all that is known of them."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from yawstring.learn import events
from yawstring.watch.alerts import Alert
from yawstring.watch.ledger_state import Entry, Key, LedgerOptions
from yawstring.watch.tally import Tally

NS_PER_S: Final = 1_000_000_000

VALUE, CROWD, RULES = "value", "crowd", "rules"
"""Names in an alert's details: what was measured, that it stands for many, and every rule that sees it."""


def resumable(options: LedgerOptions, alerts: Sequence[Alert]) -> "OrderedDict[Key, Entry]":
    """Alerts of an earlier run as entries that are waited for, the one given up first at the start."""
    latest = sorted(alerts, key=lambda alert: alert.last_ns)[-options.identities_most :]
    entries = sorted((_entry(options.spec, one) for one in latest), key=lambda entry: given_up_ns(options, entry))
    return OrderedDict((_key(entry.alert), entry) for entry in entries)


def _key(alert: Alert) -> Key:
    return alert.identity, alert.source if alert.origin == "model" else ""


def _entry(spec: events.EventSpec, alert: Alert) -> Entry:
    """An alert that was written down, as it is remembered."""
    value, rules = alert.details.get(VALUE), alert.details.get(RULES)
    sources = tuple(map(str, rules)) if isinstance(rules, list) and rules else (alert.source,)
    tally = Tally(
        identity=alert.identity,
        origin=alert.origin,
        sources=sources,
        watched=alert.watched,
        score=alert.score,
        threshold=alert.threshold,
        words=alert.words,
        value=value if isinstance(value, float) else None,
        frames=None,  # the new run counts frames anew
        heard_dbm=() if alert.rssi_dbm is None else (alert.rssi_dbm,),
        frequency_mhz=alert.frequency_mhz,
        crowded=alert.details.get(CROWD) is True,
    )
    told_ns = alert.last_ns if alert.closed_ns is None else alert.closed_ns
    return Entry(tally=tally, alert=alert, told_ns=told_ns, last_ns=alert.last_ns, state=events.begin(spec))


def given_up_ns(options: LedgerOptions, entry: Entry) -> int:
    """After when an incident of before a restart is another one."""
    gap_s = options.resume_gap_s if entry.alert.closed_ns is None else options.merge_gap_s
    return entry.last_ns + nanoseconds(gap_s)


def resumed_state(spec: events.EventSpec, alert: Alert, now_ns: int) -> events.EventState:
    """The state in which a rule's incident of an earlier run is open, or may be opened again."""
    incident = events.Incident(
        recording=0,
        identity=0,
        named=0,
        opened_ns=alert.opened_ns,
        confirmed_ns=alert.confirmed_ns,
        last_ns=alert.last_ns,
        closed_ns=None,
        peak=1.0,
        rows=alert.count,
    )
    if alert.closed_ns is None:
        return events.resume(spec, incident, seen_ns=now_ns)
    return events.finish(events.resume(spec, incident, seen_ns=alert.last_ns), spec)[0]


def nanoseconds(seconds: float) -> int:
    """Seconds of an option as whole nanoseconds; more than 30 years are as good as for ever."""
    return round(min(seconds, 1e9) * NS_PER_S)
