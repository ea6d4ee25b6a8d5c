"""The ledger's state while it is being changed: who is open, who is quiet, who is waited for after a restart."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

import numpy as np

from yawstring.learn import events
from yawstring.learn.event_loop import LAST_NS, NOW, OPEN, TOLD_NS
from yawstring.models.base import Json
from yawstring.watch import tally as evidence
from yawstring.watch.alerts import SEVERITIES, Alert, AlertChange, ChangeKind, Severity, alert_key
from yawstring.watch.findings import Finding, Identity
from yawstring.watch.ledger_state import Entry, Key, LedgerOptions, LedgerState
from yawstring.watch.plain import plain
from yawstring.watch.resuming import CROWD, RULES, VALUE, given_up_ns, nanoseconds, resumed_state
from yawstring.watch.severity import CONSEQUENCES, UNKNOWN_KIND, severity
from yawstring.watch.suppression import suppressed_by
from yawstring.watch.tally import Tally

REASONS_MOST: Final = 10
_KINDS: Final[Mapping[events.ChangeKind, ChangeKind]] = {
    "confirmed": "opened",
    "updated": "updated",
    "reopened": "updated",
    "closed": "closed",
}


class Book:
    """A state that is being changed, and what happened meanwhile."""

    def __init__(self, state: LedgerState, options: LedgerOptions) -> None:
        self._options, self._spec = options, options.spec
        self._latest_ns = state.latest_ns
        self._open, self._quiet, self._resumed = state.open.copy(), state.quiet.copy(), state.resumed.copy()
        self._incidents = dict(state.incidents)
        self._counts = {name: getattr(state, name) for name in ("turned_away", "crowded", "suppressed")}
        self._changes: list[AlertChange] = []

    def closed(self) -> tuple[LedgerState, tuple[AlertChange, ...]]:
        """The state, and what happened, in order."""
        state = LedgerState(
            latest_ns=self._latest_ns,
            open=self._open,
            quiet=self._quiet,
            resumed=self._resumed,
            incidents=self._incidents,
            **self._counts,
        )
        return state, tuple(self._changes)

    def take(self, findings: Sequence[Finding]) -> None:
        """Findings of rules, in order of receipt."""
        at = 0
        while at < len(findings):
            identity = self._routed(findings[at])
            behind = self._uneventful(findings, at, identity)
            if behind > at:
                self._add(findings[at:behind], identity)
                at = behind
            else:
                self._take(findings[at])
                at += 1

    def _uneventful(self, findings: Sequence[Finding], at: int, identity: Identity) -> int:
        """Behind how many findings of one incident nothing will have been told: a flood's are taken in one go."""
        entry = self._open.get((identity, ""))
        if entry is None:
            return at
        own = findings[at].identity
        hold_ns, last_ns = nanoseconds(self._options.hold_s), entry.last_ns
        ends_ns = [int(entry.state.registers[TOLD_NS]) + nanoseconds(self._options.update_s) - 1]
        ends_ns += [one.last_ns + hold_ns for one in islice(self._open.values(), 2) if one is not entry]
        ends_ns += [given_up_ns(self._options, one) for one in islice(self._resumed.values(), 1)]
        end_ns = min(ends_ns)
        while at < len(findings):
            one = findings[at]
            now_ns = max(self._latest_ns, last_ns, one.time_ns)
            same = one.identity is own or self._routed(one) == identity
            if not same or not one.score >= one.threshold or now_ns > end_ns or now_ns - last_ns > hold_ns:
                break
            last_ns, at = now_ns, at + 1
        return at

    def _add(self, findings: Sequence[Finding], identity: Identity) -> None:
        """Findings of which nothing is told."""
        self._counts["crowded"] += sum(one.identity is not identity and one.identity != identity for one in findings)
        times = np.maximum.accumulate([max(one.time_ns, self._latest_ns) for one in findings])
        self._latest_ns = int(times[-1])
        key = (identity, "")
        entry = self._open[key]
        state, _ = events.step(entry.state, self._spec, times, np.array([_level(one) for one in findings]))
        tally = evidence.added(entry.tally, findings)
        self._open[key] = replace(entry, tally=tally, state=state, last_ns=self._latest_ns)
        self._open.move_to_end(key)

    def _take(self, finding: Finding) -> None:
        """One finding."""
        now_ns = self._latest_ns = max(self._latest_ns, finding.time_ns)
        self.pass_time(now_ns)
        identity = self._routed(finding)
        self._counts["crowded"] += identity != finding.identity
        key = (identity, "")
        entry = self._open.get(key) or self._quiet.get(key) or self._adopted(key, now_ns)
        if entry is None and finding.score >= finding.threshold and not self._has_room(finding):
            self._counts["turned_away"] += 1
        elif entry is not None or finding.score >= finding.threshold:
            self._step(key, entry, finding, now_ns)

    def take_incident(self, change: events.Change, finding: Finding, reasons: tuple[str, ...]) -> None:
        """What happened to an incident of the detector."""
        stream, number = (finding.source, change.incident.recording), change.incident.identity
        entry = self._incidents.get(stream)
        kind = _KINDS[change.kind]
        if entry is None or entry.number != number or change.kind == "confirmed":
            if entry is not None:
                self._end(entry, entry.last_ns)
            entry = self._waited_for(finding, change.incident.opened_ns)
            kind = "opened" if entry is None else "updated"
            if change.kind == "closed":  # nobody was told of it, and it is over
                kind = "closed"
        if entry is None:
            tally, counted = evidence.first(finding, finding.identity), 0
        else:
            tally, counted = (
                evidence.added(entry.tally, [replace(finding, identity=entry.tally.identity)]),
                entry.counted,
            )
        incident = replace(change.incident, rows=change.incident.rows + counted)
        told = self._tell(kind, change.time_ns, incident, tally, entry, reasons)
        self._incidents[stream] = replace(told, number=number, counted=counted)

    def pass_time(self, now_ns: int) -> None:
        """Close what has been quiet for too long, in the order in which that came about."""
        hold_ns, merge_ns = nanoseconds(self._options.hold_s), nanoseconds(self._options.merge_gap_s)
        due: list[tuple[int, Key]] = []
        for key, entry in self._open.items():
            if now_ns - entry.last_ns <= hold_ns:
                break
            due.append((entry.last_ns + hold_ns, key))
        for key, entry in self._resumed.items():
            if now_ns <= given_up_ns(self._options, entry):
                break
            due.append((given_up_ns(self._options, entry), key))
        for _, key in sorted(due, key=lambda one: one[0]):
            self._close(key, now_ns)
        while self._quiet and now_ns - next(iter(self._quiet.values())).last_ns > merge_ns:
            self._quiet.popitem(last=False)

    def finish(self) -> None:
        """The input has ended."""
        for key in [*self._open, *self._resumed]:
            self._close(key, None)
        for stream, entry in self._incidents.items():
            self._incidents[stream] = self._end(entry, entry.last_ns)

    def _step(self, key: Key, entry: Entry | None, finding: Finding, now_ns: int) -> None:
        """Let a finding be decided on, and tell what comes of it."""
        state = events.begin(self._spec) if entry is None else entry.state
        state, changes = events.step(state, self._spec, np.array([now_ns]), np.array([_level(finding)]))
        tally = evidence.first(finding, key[0]) if entry is None else evidence.added(entry.tally, [finding])
        for change in changes:
            entry = self._tell(_KINDS[change.kind], change.time_ns, change.incident, tally, entry)
        if entry is None:
            return
        last_ns = int(state.incidents[NOW, LAST_NS]) if state.registers[OPEN] else entry.last_ns
        after = replace(entry, tally=tally, state=state, last_ns=last_ns)
        if not state.registers[OPEN]:
            self._quiet[key] = after
            return
        self._quiet.pop(key, None)
        self._open[key] = after
        if last_ns == now_ns:
            self._open.move_to_end(key)

    def _tell(
        self,
        kind: ChangeKind,
        when_ns: int,
        incident: events.Incident,
        tally: Tally,
        entry: Entry | None,
        reasons: tuple[str, ...] = (),
    ) -> Entry:
        """Say what happened to an incident."""
        before = None if entry is None else entry.alert
        alert = self._alert(incident, tally, before, when_ns, reasons)
        if kind == "updated" and before is not None and before.suppressed is not None and alert.suppressed is None:
            kind = "opened"  # for whoever is told of it from here on
        time_ns = when_ns if entry is None else max(when_ns, entry.told_ns)
        self._changes.append(AlertChange(kind=kind, time_ns=time_ns, alert=alert))
        self._counts["suppressed"] += before is None and alert.suppressed is not None
        state, counted = (events.begin(self._spec), 0) if entry is None else (entry.state, entry.counted)
        return Entry(tally=tally, alert=alert, told_ns=time_ns, last_ns=incident.last_ns, state=state, counted=counted)

    def _alert(
        self, incident: events.Incident, tally: Tally, before: Alert | None, now_ns: int, reasons: tuple[str, ...]
    ) -> Alert:
        opened_ns = incident.opened_ns if before is None else before.opened_ns
        source, options = tally.sources[0], self._options
        key = alert_key(tally.identity, source, opened_ns) if before is None else before.key
        suppressed = None if before is None else before.suppressed
        over = before is not None and incident.closed_ns is not None
        if not over and (before is None or before.suppressed is not None):  # what was told once is told to its end
            suppressed = self._suppressed(tally, now_ns)
        return Alert(
            key=key,
            identity=tally.identity,
            origin=tally.origin,
            source=source,
            digest=options.digests.get(source, ""),
            technique=options.techniques.get(source) or options.techniques.get(tally.identity.kind),
            severity=self._severity(tally),
            watched=tally.watched,
            opened_ns=opened_ns,
            confirmed_ns=incident.confirmed_ns if before is None else before.confirmed_ns,
            last_ns=incident.last_ns,
            closed_ns=incident.closed_ns,
            time_error_s=options.time_error_s,
            score=tally.score,
            threshold=tally.threshold,
            count=incident.rows,
            words=tally.words,
            reasons=tuple(map(plain, reasons[:REASONS_MOST])) or (() if before is None else before.reasons),
            rssi_dbm=tally.rssi_dbm,
            frequency_mhz=tally.frequency_mhz,
            frames=tally.frames,
            suppressed=suppressed,
            details=_details(tally),
        )

    def _suppressed(self, tally: Tally, now_ns: int) -> str | None:
        """Name of the entry that keeps an alert quiet: every rule that sees it has to be allowed."""
        allow = self._options.allow
        names = [suppressed_by(allow, tally.identity, source, now_ns) for source in tally.sources]
        return None if None in names else names[0]

    def _severity(self, tally: Tally) -> Severity:
        """Of the worst that may come of it, by any of the rules that see it."""
        known = CONSEQUENCES.get(tally.identity.kind, UNKNOWN_KIND)
        found = {self._options.consequences.get(source, known) for source in tally.sources}
        return max((severity(one, tally.score, watched=tally.watched) for one in found), key=SEVERITIES.index)

    def _close(self, key: Key, now_ns: int | None) -> None:
        """Close an incident of a rule, or one that was waited for; ``None``: the input has ended."""
        waited = self._resumed.pop(key, None)
        if waited is not None:
            self._end(waited, waited.last_ns + nanoseconds(self._options.hold_s))
            return
        entry = self._open.pop(key)
        if now_ns is None:
            state, (change,) = events.finish(entry.state, self._spec)
        else:
            state, (change,) = events.wait(entry.state, self._spec, now_ns)
        told = self._tell("closed", change.time_ns, change.incident, entry.tally, entry)
        self._quiet[key] = replace(told, state=state)
        if len(self._quiet) > self._options.identities_most:
            self._quiet.popitem(last=False)

    def _end(self, entry: Entry, when_ns: int) -> Entry:
        """Close an alert that nobody decides on any more, unless it is closed."""
        if entry.alert.closed_ns is not None:
            return entry
        alert, time_ns = replace(entry.alert, closed_ns=when_ns), max(when_ns, entry.told_ns)
        self._changes.append(AlertChange(kind="closed", time_ns=time_ns, alert=alert))
        return replace(entry, alert=alert, told_ns=time_ns)

    def _adopted(self, key: Key, now_ns: int) -> Entry | None:
        """A rule's alert of before a restart, which goes on."""
        entry = self._resumed.get(key)
        if entry is None:
            return None
        del self._resumed[key]
        return replace(entry, state=resumed_state(self._spec, entry.alert, now_ns))

    def _waited_for(self, finding: Finding, opened_ns: int) -> Entry | None:
        """A detector's alert of before a restart that goes on, whatever the attack is called now."""
        for key, entry in self._resumed.items():
            same = key[1] == finding.source and key[0].drone == finding.identity.drone
            if same and opened_ns <= given_up_ns(self._options, entry):
                del self._resumed[key]
                return replace(entry, counted=entry.alert.count)
        return None

    def _routed(self, finding: Finding) -> Identity:
        """The identity that a finding counts for: its own, or a crowd's where there are too many."""
        own = finding.identity
        if self._is_known((own, "")):
            return own
        crowd, street = Identity(kind=own.kind, drone=own.drone), Identity(kind=own.kind)
        for wider in (crowd,) if finding.watched else (crowd, street):
            entry = self._open.get((wider, ""))
            if entry is not None and entry.tally.crowded:
                return wider
        same = [one for one, family in (*self._open, *self._resumed) if not family and one.kind == own.kind]
        if own != crowd and sum(one.drone == own.drone for one in same) >= self._options.attackers_most:
            own = crowd
        if not finding.watched and own not in same:
            drones = {one.drone for one in same} - {None}
            if own.drone not in drones and len(drones) >= self._options.neighbours_most:
                return street
        return own

    def _is_known(self, key: Key) -> bool:
        return key in self._open or key in self._quiet or key in self._resumed

    def _has_room(self, finding: Finding) -> bool:
        """Whether one more incident can be remembered; the watched drone's takes the place of a neighbour's."""
        if len(self._open) + len(self._resumed) < self._options.identities_most:
            return True
        neighbours = (key for key, entry in self._open.items() if not entry.tally.watched)
        oldest = next(neighbours, None) if finding.watched else None
        if oldest is None:
            return False
        self._close(oldest, None)
        return True


def _details(tally: Tally) -> dict[str, Json]:
    found: dict[str, Json] = {}
    if tally.value is not None:
        found[VALUE] = tally.value
    if tally.crowded:
        found[CROWD] = True
    if len(tally.sources) > 1:
        found[RULES] = list(tally.sources)
    return found


def _level(finding: Finding) -> float:
    """How high a score is, 1 at its threshold."""
    return finding.score / finding.threshold if finding.threshold > 0 else 1.0
