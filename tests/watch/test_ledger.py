"""The ledger: one alert for an incident, however the findings are cut, bounded, and the same after a restart."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import alerts as made
from yawstring.errors import OptionError
from yawstring.learn import events
from yawstring.watch import ledger
from yawstring.watch.book import Book
from yawstring.watch.findings import Finding, Identity
from yawstring.watch.ledger import LedgerOptions
from yawstring.watch.suppression import Allowed

S = made.SECOND
OPTIONS = LedgerOptions(hold_s=5, merge_gap_s=20, update_s=2, resume_gap_s=60, attackers_most=3, neighbours_most=2)


def finding(at_s=0.0, kind="deauthentication_flood", **given):
    identity = Identity(kind=kind, drone=given.pop("drone", made.DRONE), attacker=given.pop("attacker", None))
    values = {"origin": "rule", "source": kind, "score": 1.0, "threshold": 0.5, "words": f"At {at_s:g} s."}
    return Finding(time_ns=round(made.START_NS + at_s * S), identity=identity, **(values | given))


def run(findings, options=OPTIONS, state=None):
    """Everything that happens, to the end of the input."""
    state, changes = ledger.take(state or ledger.start(options), options, findings)
    return changes + ledger.finish(state, options)[1]


def told(changes):
    return [(one.kind, (one.time_ns - made.START_NS) / S) for one in changes]


def test_an_incident_is_opened_updated_and_closed() -> None:
    changes = run([finding(at) for at in (0, 1, 2, 3, 30.5)])
    assert told(changes) == [("opened", 0), ("updated", 2), ("closed", 8), ("opened", 30.5), ("closed", 30.5)]
    assert len({one.alert.key for one in changes}) == 2
    closed = changes[2].alert
    assert (closed.count, closed.last_ns, closed.closed_ns) == (4, made.START_NS + 3 * S, made.START_NS + 8 * S)


def test_what_comes_back_soon_is_the_same_incident() -> None:
    changes = run([finding(0), finding(15), finding(16)])
    assert told(changes) == [("opened", 0), ("closed", 5), ("updated", 15), ("closed", 16)]
    assert len({one.alert.key for one in changes}) == 1
    assert changes[2].alert.closed_ns is None
    assert changes[-1].alert.count == 3


def test_an_alert_carries_the_evidence() -> None:
    options = replace(OPTIONS, digests={"csa_abuse": "ab"}, techniques={"csa_abuse": "T1557"}, time_error_s=0.01)
    heard = [(-70.0, 3, 0.6, "weak"), (-50.0, 4, 0.9, "strong \x1b[31m"), (-60.0, 9, 0.7, "later")]
    changes = run(
        [
            finding(
                at, "csa_abuse", rssi_dbm=rssi, frame=frame, score=score, words=words, frequency_mhz=2437.0, value=at
            )
            for at, (rssi, frame, score, words) in enumerate(heard)
        ],
        options,
    )
    alert = changes[-1].alert
    assert (alert.rssi_dbm, alert.frames, alert.score, alert.frequency_mhz) == (-60.0, (3, 9), 0.9, 2437.0)
    assert (alert.words, alert.details) == ("strong \\x1b[31m", {"value": 1})
    assert (alert.digest, alert.technique, alert.time_error_s) == ("ab", "T1557", 0.01)
    assert (alert.origin, alert.source, alert.threshold, alert.count) == ("rule", "csa_abuse", 0.5, 3)


def test_what_is_below_its_threshold_opens_nothing() -> None:
    assert run([finding(0, score=0.49), finding(1, score=float("nan"))]) == ()
    changes = run([finding(0), finding(4, score=0.45), finding(8, score=0.1), finding(9.5)])
    assert told(changes) == [
        ("opened", 0),
        ("updated", 4),
        ("updated", 8),
        ("closed", 9),
        ("updated", 9.5),
        ("closed", 9.5),
    ]


KINDS = ("deauthentication_flood", *["evil_twin"] * 5)
steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.5, 1.0, 3.0, 5.0, 5.5, 12.0, 25.0, 90.0, -2.0]),  # seconds since the one before
        st.sampled_from(KINDS),
        st.sampled_from([*[made.DRONE] * 6, 11, 12, 13, 14]),
        st.sampled_from([*[None] * 6, 1, 2, 3, 4, 5]),
        st.sampled_from([1.0, 1.0, 1.0, 0.45, 0.2]),
    ),
    max_size=40,
)


def findings_of(drawn, start_s=0.0):
    at_s, found = start_s, []
    for number, (gap, kind, drone, attacker, score) in enumerate(drawn):
        at_s += gap
        found.append(
            finding(
                at_s, kind, drone=drone, attacker=attacker, score=score, watched=drone == made.DRONE,
                frame=number + 1, rssi_dbm=-40.0 - number,
            )
        )  # fmt: skip
    return found


@settings(deadline=None, max_examples=80)
@given(steps, steps, st.lists(st.integers(0, 40), max_size=6), st.none() | st.floats(0, 1))
def test_any_cut_of_the_findings_gives_the_same_changes(before, drawn, cuts, waits) -> None:
    left = {one.alert.key: one.alert for one in ledger.take(ledger.start(OPTIONS), OPTIONS, findings_of(before))[1]}
    found = findings_of(drawn, start_s=sum(gap for gap, *_ in before))
    whole = run(found, state=ledger.start(OPTIONS, list(left.values())))
    state, changes, latest_ns = ledger.start(OPTIONS, list(left.values())), (), None
    edges = sorted({0, len(found), *(cut for cut in cuts if cut < len(found))})
    for first, last in pairwise(edges):
        state, some = ledger.take(state, OPTIONS, found[first:last])
        changes += some
        latest_ns = max([latest_ns or 0, *(one.time_ns for one in found[first:last])])
        later = [one.time_ns for one in found[last:]]
        if waits is not None and later and min(later) >= latest_ns:
            state, some = ledger.wait(state, OPTIONS, latest_ns + int(waits * (min(later) - latest_ns)))
            changes += some
    assert changes + ledger.finish(state, OPTIONS)[1] == whole


floods = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0, 5.5]),
        st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4, 5]),
        st.sampled_from([1.0, 1.0, 0.45, 0.2]),
    ),
    min_size=3,
    max_size=25,
)


@settings(deadline=None, max_examples=150)
@given(floods, st.floats(-60, -40), st.sampled_from([2, 60]))
def test_findings_taken_in_one_go_give_what_they_give_one_after_another(drawn, left_s, update_s) -> None:
    options = replace(OPTIONS, update_s=update_s)
    (left,) = ledger.take(ledger.start(options), options, [finding(left_s, "csa_abuse")])[1]
    times = np.cumsum([gap for gap, *_ in drawn]).tolist()
    found = [
        finding(at, attacker=who or None, score=score, frame=number)
        for number, (at, (_, who, score)) in enumerate(zip(times, drawn, strict=True))
    ]
    whole = run(found, options, ledger.start(options, [left.alert]))
    with patch.object(Book, "_uneventful", lambda _book, _findings, at, _identity: at):
        assert run(found, options, ledger.start(options, [left.alert])) == whole


@settings(deadline=None, max_examples=80)
@given(steps)
def test_every_alert_is_opened_once_and_closed_in_the_end(drawn) -> None:
    found = findings_of(drawn)
    changes = run(found)
    kinds: dict[str, list[str]] = {}
    for one in changes:
        kinds.setdefault(one.alert.key, []).append(one.kind)
    assert all(life[0] == "opened" and life.count("opened") == 1 and life[-1] == "closed" for life in kinds.values())
    last = {one.alert.key: one.alert for one in changes}
    hot = sum(one.score >= one.threshold for one in found)
    assert sum(alert.count for alert in last.values()) == hot  # nothing is counted twice or lost
    per_alert = [(one.time_ns, one.alert.key) for one in changes]
    for key in kinds:
        times = [when for when, whose in per_alert if whose == key]
        assert times == sorted(times)


def test_what_ends_while_nothing_is_found_ends_in_order() -> None:
    _, (left,) = ledger.take(ledger.start(OPTIONS), OPTIONS, [finding(0)])
    state, (other,) = ledger.take(ledger.start(OPTIONS, [left.alert]), OPTIONS, [finding(57, "evil_twin")])
    _, at_once = ledger.wait(state, OPTIONS, made.START_NS + 70 * S)
    state, first = ledger.wait(state, OPTIONS, made.START_NS + 61 * S)
    assert [one.alert.key for one in at_once] == [left.alert.key, other.alert.key]
    assert first + ledger.wait(state, OPTIONS, made.START_NS + 70 * S)[1] == at_once


def by_hand(times):
    """Incidents of one identity by the rule as it is written: gaps above merge_gap_s part them."""
    groups = []
    for at in times:
        if groups and at - groups[-1][-1] <= OPTIONS.merge_gap_s:
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.5, 2.0, 5.0, 6.0, 20.0, 20.5, 40.0]), min_size=1, max_size=30))
def test_incidents_are_parted_by_their_gaps(gaps) -> None:
    times = np.cumsum(gaps).tolist()
    last = {one.alert.key: one.alert for one in run([finding(at) for at in times])}
    groups = by_hand(times)
    assert [alert.count for alert in last.values()] == [len(group) for group in groups]
    assert [(alert.opened_ns, alert.last_ns) for alert in last.values()] == [
        (made.START_NS + round(group[0] * S), made.START_NS + round(group[-1] * S)) for group in groups
    ]


@settings(deadline=None, max_examples=80)
@given(steps, st.integers(0, 40), st.booleans())
def test_after_a_kill_nothing_is_repeated_or_lost(drawn, cut, knows_closed) -> None:
    """With the alerts that the store had, and only those, the lives go on as they would have."""
    rising = [(abs(gap), *rest) for gap, *rest in drawn]  # a restart forgets the latest time of all
    found = [one for one in findings_of(rising) if one.score == 1.0]
    whole = {one.alert.key: one.alert for one in run(found, EAGER)}
    state, changes = ledger.take(ledger.start(EAGER), EAGER, found[:cut])
    stored = {one.alert.key: one.alert for one in changes}
    kept = [alert for alert in stored.values() if alert.closed_ns is None or knows_closed]
    state, more = ledger.take(ledger.start(EAGER, kept), EAGER, found[cut:])
    more += ledger.finish(state, EAGER)[1]
    opened = Counter(one.alert.key for one in (*changes, *more) if one.kind == "opened")
    assert set(opened.values()) <= {1}
    stored |= {one.alert.key: one.alert for one in more}
    assert all(alert.closed_ns is not None for alert in stored.values())
    assert sum(alert.count for alert in stored.values()) == len(found)
    if knows_closed:
        assert {key: alert.count for key, alert in stored.items()} == {key: one.count for key, one in whole.items()}


EAGER = replace(OPTIONS, update_s=0, hold_s=20, merge_gap_s=20, resume_gap_s=20, attackers_most=99, neighbours_most=99)
"""Every finding is told, and a restart counts as any pause, so that the two runs can be compared to the last count."""


def test_an_attack_that_goes_on_through_a_long_restart_is_the_same_alert() -> None:
    state, (opened,) = ledger.take(ledger.start(OPTIONS), OPTIONS, [finding(0, frame=900)])
    changes = run([finding(50, frame=7)], state=ledger.start(OPTIONS, [opened.alert]))
    assert told(changes) == [("updated", 50), ("closed", 50)]
    assert changes[0].alert.key == opened.alert.key
    assert (changes[-1].alert.count, changes[-1].alert.frames) == (2, (7, 7))
    state, changes = ledger.wait(ledger.start(OPTIONS, [opened.alert]), OPTIONS, made.START_NS + 61 * S)
    assert told(changes) == [("closed", 5)]
    assert not state.resumed
    changes = run([finding(61)], state=ledger.start(OPTIONS, [opened.alert]))
    assert told(changes) == [("closed", 5), ("opened", 61), ("closed", 61)]


def test_a_thousand_forged_attackers_are_a_crowd() -> None:
    changes = run([finding(at / 100, attacker=at) for at in range(1, 1001)])
    last = {one.alert.key: one.alert for one in changes}
    crowd = [alert for alert in last.values() if alert.details.get("crowd")]
    assert len(last) == OPTIONS.attackers_most + 1
    assert [(one.identity.drone, one.identity.attacker, one.count) for one in crowd] == [(made.DRONE, None, 997)]


def test_a_thousand_forged_neighbours_are_a_crowd_and_the_watched_drone_is_heard() -> None:
    noise = [finding(at / 100, drone=at, attacker=at, watched=False) for at in range(1, 1001)]
    own = finding(10.0, "evil_twin")
    state, changes = ledger.take(ledger.start(OPTIONS), OPTIONS, [*noise, own])
    last = {one.alert.key: one.alert for one in changes}
    assert len(last) == OPTIONS.neighbours_most + 2
    assert state.crowded == 998
    assert {alert.severity for alert in last.values() if not alert.watched} == {"low"}
    assert changes[-1].alert.identity == own.identity


def test_what_there_is_no_room_for_is_counted_unless_it_is_the_watched_drones() -> None:
    options = replace(OPTIONS, identities_most=2, neighbours_most=9)
    neighbours = [finding(at, drone=at, watched=False) for at in (1, 2, 3)]
    state, changes = ledger.take(ledger.start(options), options, neighbours)
    assert (state.turned_away, len(state.open), len(changes)) == (1, 2, 2)
    state, changes = ledger.take(state, options, [finding(4), finding(4, "evil_twin"), finding(4, "csa_abuse")])
    assert [one.kind for one in changes] == ["closed", "opened", "closed", "opened"]
    assert (state.turned_away, len(state.open)) == (2, 2)


def test_memory_is_bounded_whatever_comes() -> None:
    options = replace(OPTIONS, identities_most=50, attackers_most=10**6, merge_gap_s=10**6)
    state, _ = ledger.take(ledger.start(options), options, [finding(6 * at, attacker=at) for at in range(300)])
    assert len(state.open) + len(state.quiet) <= 100


def incident(kind, at_s, *, number=0, rows=3, closed=False, opened_s=0):
    when = made.START_NS + at_s * S
    return events.Change(
        kind=kind,
        time_ns=when,
        incident=events.Incident(
            recording=0, identity=number, named=0, opened_ns=made.START_NS + opened_s * S, confirmed_ns=when,
            last_ns=when, closed_ns=when if closed else None, peak=0.9, rows=rows,
        ),
    )  # fmt: skip


def called(kind="evil_twin", **given):
    return finding(0, kind, origin="model", source="lstm", **given)


def test_the_detectors_incident_keeps_its_identity_when_the_name_changes() -> None:
    state, changes = ledger.start(OPTIONS), ()
    for change, kind in ((incident("confirmed", 2), "replay"), (incident("updated", 3, rows=9), "evil_twin")):
        state, some = ledger.take_incident(state, OPTIONS, change, called(kind), ("beacons are 9 a second\x07",))
        changes += some
    state, some = ledger.take_incident(state, OPTIONS, incident("closed", 9, closed=True, rows=9), called())
    changes += some
    assert [one.kind for one in changes] == ["opened", "updated", "closed"]
    assert {(one.alert.key, one.alert.identity.kind) for one in changes} == {(changes[0].alert.key, "replay")}
    assert changes[-1].alert.reasons == ("beacons are 9 a second\\x07",)
    assert changes[-1].alert.count == 9
    assert ledger.finish(state, OPTIONS)[1] == ()
    _, (again,) = ledger.take_incident(state, OPTIONS, incident("reopened", 12), called())
    assert (again.kind, again.alert.key) == ("updated", changes[0].alert.key)
    _, (other,) = ledger.take_incident(state, OPTIONS, incident("confirmed", 99, number=1, opened_s=98), called())
    assert (other.kind, other.alert.key != changes[0].alert.key) == ("opened", True)


def test_the_detectors_incident_goes_on_after_a_restart() -> None:
    _, (opened,) = ledger.take_incident(
        ledger.start(OPTIONS), OPTIONS, incident("confirmed", 2, rows=7), called("replay")
    )
    state = ledger.start(OPTIONS, [opened.alert])
    state, (change,) = ledger.take_incident(state, OPTIONS, incident("confirmed", 30, opened_s=29), called())
    assert (change.kind, change.alert.key, change.alert.count) == ("updated", opened.alert.key, 10)
    assert change.alert.identity.kind == "replay"
    _, (closed,) = ledger.finish(state, OPTIONS)
    assert (closed.kind, closed.alert.key) == ("closed", opened.alert.key)


def test_the_operators_list_keeps_quiet_until_it_ends() -> None:
    entry = Allowed(name="range test", reason="ours", until_ns=made.START_NS + 3 * S, attacker=7)
    options = replace(OPTIONS, allow=(entry,))
    state, changes = ledger.take(
        ledger.start(options), options, [finding(at, attacker=who) for at in range(5) for who in (7, 8)]
    )
    quiet = [(one.kind, one.alert.suppressed) for one in changes if one.alert.identity.attacker == 7]
    assert quiet == [("opened", "range test"), ("updated", "range test"), ("opened", None)]
    assert {one.alert.suppressed for one in changes if one.alert.identity.attacker == 8} == {None}
    assert state.suppressed == 1


def test_rules_that_see_the_same_thing_make_one_alert() -> None:
    rules = {"evil_twin_name": "service", "evil_twin_clock": "safety"}
    options = replace(
        OPTIONS, consequences=rules, techniques=dict.fromkeys(rules, "T1557"), digests={"evil_twin_name": "aa"}
    )
    found = [finding(at, "evil_twin", source=name) for at, name in enumerate(rules)] + [
        finding(2, "evil_twin", source="new")
    ]
    _, changes = ledger.take(ledger.start(options), options, found)
    last = changes[-1].alert
    assert [(one.kind, one.alert.severity) for one in changes] == [("opened", "medium"), ("updated", "critical")]
    assert (last.source, last.digest, last.technique, last.count) == ("evil_twin_name", "aa", "T1557", 3)
    assert last.details == {"rules": ["evil_twin_name", "evil_twin_clock", "new"]}
    (again,) = ledger.take(ledger.start(options, [last]), options, [finding(3, "evil_twin", source="evil_twin_clock")])[
        1
    ]
    assert (again.alert.key, again.alert.details) == (last.key, last.details)


def test_every_rule_that_sees_it_has_to_be_allowed() -> None:
    entry = Allowed(name="ours", reason="ours", until_ns=1 << 62, source="evil_twin_name")
    options = replace(OPTIONS, allow=(entry,))
    found = [finding(0, "evil_twin", source="evil_twin_name"), finding(2, "evil_twin", source="evil_twin_clock")]
    changes = run(found, options)
    assert [(one.kind, one.alert.suppressed) for one in changes] == [
        ("opened", "ours"),
        ("opened", None),
        ("closed", None),
    ]


def test_what_ends_before_it_may_be_told_is_never_told() -> None:
    entry = Allowed(name="ours", reason="ours", until_ns=made.START_NS + 3 * S, kind="evil_twin")
    changes = run([finding(0, "evil_twin"), finding(30)], replace(OPTIONS, allow=(entry,)))
    told_of = [(one.kind, one.alert.suppressed) for one in changes if one.alert.identity.kind == "evil_twin"]
    assert told_of == [("opened", "ours"), ("closed", "ours")]


def test_how_bad_it_is_comes_from_the_rule_and_else_from_the_class() -> None:
    options = replace(OPTIONS, consequences={"probe_flood": "nuisance"})
    kinds = ("probe_flood", "fdi", "flood", "something new")
    assert [run([finding(0, kind)], options)[0].alert.severity for kind in kinds] == [
        "low",
        "critical",
        "medium",
        "high",
    ]


@pytest.mark.parametrize(
    "wrong", [{"attackers_most": 0}, {"hold_s": -1}, {"resume_gap_s": float("inf")}, {"update_s": -1}]
)
def test_options_that_make_no_sense_are_refused(wrong) -> None:
    with pytest.raises(OptionError):
        LedgerOptions(**wrong)
