"""Incidents: against a plain reading of the rules, whatever the chunks, and never across recordings."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import OptionError
from yawstring.learn.events import (
    NEVER,
    NS_PER_S,
    EventSpec,
    Incident,
    Patience,
    Track,
    begin,
    detect,
    finish,
    step,
    wait,
)

PATIENCE = st.builds(
    lambda threshold, confirm, more: Patience(threshold=threshold, confirm=confirm, within=confirm + more),
    st.sampled_from([0.1, 0.3, 0.45, NEVER]), st.integers(1, 8), st.integers(0, 4),
)  # fmt: skip

SPECS = st.builds(
    lambda confirm, more, rest: EventSpec(confirm=confirm, within=confirm + more, **rest),
    st.integers(1, 4),
    st.integers(0, 3),
    st.fixed_dictionaries(
        {
            "release": st.sampled_from([0.4, 0.8, 1.0]),
            "hold_s": st.integers(0, 4),
            "merge_gap_s": st.integers(0, 9),
            "update_s": st.sampled_from([0, 1, 3]),
            "patient": st.none() | PATIENCE,
        }
    ),
)

ROWS = st.lists(
    st.tuples(
        st.sampled_from([-1, 0, 0, 1, 1, 1, 2, 5, 12]),  # seconds since the row before: a clock may fall
        st.sampled_from([0.0, 0.1, 0.3, 0.45, 0.5, 0.8, 1.0, float("nan")]),
        st.integers(0, 2),
    ),
    max_size=60,
)


def arrays(rows):
    steps, score, named = ([one[place] for one in rows] for place in range(3))
    time_ns = 1_700_000_000 * NS_PER_S + np.cumsum(np.array(steps, np.int64)) * NS_PER_S
    return time_ns, np.array(score, float), np.array(named, np.int64)


def confirmed_by(tiers, recent, row):
    """The first tier that has its rows, and these; every tier remembers the row."""
    by, counted = None, []
    for tier, (threshold, confirm, within) in enumerate(tiers):
        hot = row[1] >= threshold
        recent[tier] = [*recent[tier], row if hot else None][-within:]
        rows = [one for one in recent[tier] if one]
        if by is None and hot and len(rows) >= confirm:
            by, counted = tier, rows
    return by, counted


def by_hand(spec, time_ns, score, named):
    """The rules again, in plain Python: lists, no ring, no registers."""
    tiers = [(one.threshold, one.confirm, one.within) for one in (spec, spec.patient) if one]
    incidents, recent, now, latest, by = [], [[] for _ in tiers], None, None, None
    for at, value, name in zip(np.maximum.accumulate(time_ns).tolist(), score.tolist(), named.tolist(), strict=True):
        if now is not None and at - now["last"] > spec.hold_s * NS_PER_S:
            now["closed"], now, latest = now["last"] + int(spec.hold_s * NS_PER_S), None, None
            recent = [[] for _ in tiers]
        if now is None and latest is not None and at - latest > spec.hold_s * NS_PER_S:
            recent = [[] for _ in tiers]
        latest = at
        if now is not None:
            if value >= tiers[by][0]:
                now["rows"].append((at, value, name))
            if value >= tiers[by][0] * spec.release:
                now["last"] = at
            continue
        by, counted = confirmed_by(tiers, recent, (at, value, name))
        if by is None:
            continue
        if incidents and counted[0][0] - incidents[-1]["last"] <= spec.merge_gap_s * NS_PER_S:
            now = incidents[-1]
            now["rows"] += counted
        else:
            now = {"rows": counted, "confirmed": at}
            incidents.append(now)
        now["last"] = at
    if now is not None:
        now["closed"] = min(latest, now["last"] + int(spec.hold_s * NS_PER_S))
    return as_incidents(incidents)


def as_incidents(incidents):
    return tuple(
        Incident(
            recording=3,
            identity=number,
            named=int(np.bincount([name for *_, name in one["rows"]]).argmax()),
            opened_ns=one["rows"][0][0],
            confirmed_ns=one["confirmed"],
            last_ns=one["last"],
            closed_ns=one["closed"],
            peak=max(value for _, value, _ in one["rows"]),
            rows=len(one["rows"]),
        )
        for number, one in enumerate(incidents)
    )


@settings(max_examples=300, deadline=None)
@given(SPECS, ROWS)
def test_incidents_are_those_of_the_rules_read_plainly(spec, rows):
    time_ns, score, named = arrays(rows)
    track = Track(recording=3, time_ns=time_ns, score=score, named=named)
    assert detect(spec, track, attacks=3) == by_hand(spec, time_ns, score, named)


@settings(max_examples=200, deadline=None)
@given(SPECS, ROWS, st.lists(st.integers(0, 60), max_size=6))
def test_any_cutting_into_chunks_gives_the_same_changes(spec, rows, cuts):
    time_ns, score, named = arrays(rows)
    state, whole = step(begin(spec, attacks=3), spec, time_ns, score, named)
    whole += finish(state, spec)[1]
    state, told = begin(spec, attacks=3), ()
    for piece in np.split(np.arange(len(rows)), sorted(min(cut, len(rows)) for cut in cuts)):
        state, changes = step(state, spec, time_ns[piece], score[piece], named[piece])
        told += changes
        if len(piece):
            # A clock that has only come as far as the latest row changes nothing.
            state, changes = wait(state, spec, int(np.maximum.accumulate(time_ns)[piece[-1]]))
            assert changes == ()
    told += finish(state, spec)[1]
    assert told == whole


@settings(max_examples=100, deadline=None)
@given(SPECS, ROWS)
def test_a_step_leaves_the_state_it_was_given(spec, rows):
    time_ns, score, named = arrays(rows)
    half = len(rows) // 2
    state, _ = step(begin(spec, attacks=3), spec, time_ns[:half], score[:half], named[:half])
    first = step(state, spec, time_ns[half:], score[half:], named[half:])[1]
    assert step(state, spec, time_ns[half:], score[half:], named[half:])[1] == first


@settings(max_examples=100, deadline=None)
@given(SPECS, ROWS)
def test_the_life_of_an_incident_is_in_order(spec, rows):
    time_ns, score, named = arrays(rows)
    state, changes = step(begin(spec, attacks=3), spec, time_ns, score, named)
    changes += finish(state, spec)[1]
    kinds = {}
    for change in changes:
        kinds.setdefault(change.incident.identity, []).append(change.kind)
        assert change.incident.opened_ns <= change.incident.confirmed_ns <= change.time_ns
    assert list(kinds) == list(range(len(kinds)))
    for life in kinds.values():
        assert life[0] == "confirmed"
        assert life[-1] == "closed"
        ends = [kind for kind in life if kind != "updated"]
        assert ends == ["confirmed", "closed"] + ["reopened", "closed"] * (len(ends) // 2 - 1)


def seconds(*at):
    return np.array(at, np.int64) * NS_PER_S


def test_one_row_alone_makes_no_incident():
    spec = EventSpec(confirm=2, within=5)
    _, changes = step(begin(spec), spec, seconds(0, 1, 2), np.array([0.1, 0.99, 0.1]))
    assert changes == ()


def test_silence_closes_what_no_row_closes():
    spec = EventSpec(confirm=1, within=1, hold_s=5, merge_gap_s=0, update_s=60)
    state, (opened,) = step(begin(spec), spec, seconds(10), np.array([0.9]))
    assert opened.kind == "confirmed"
    assert wait(state, spec, 15 * NS_PER_S)[1] == ()
    state, (closed,) = wait(state, spec, 16 * NS_PER_S)
    assert (closed.kind, closed.time_ns, closed.incident.closed_ns) == ("closed", 15 * NS_PER_S, 15 * NS_PER_S)
    _, (again,) = step(state, spec, seconds(17), np.array([0.9]))
    assert (again.kind, again.incident.identity) == ("confirmed", 1)


def test_an_update_comes_once_in_a_while():
    spec = EventSpec(confirm=1, within=1, update_s=2)
    _, changes = step(begin(spec), spec, seconds(*range(7)), np.full(7, 0.9))
    assert [(change.kind, change.time_ns // NS_PER_S) for change in changes] == [
        ("confirmed", 0), ("updated", 2), ("updated", 4), ("updated", 6),
    ]  # fmt: skip
    assert [change.incident.rows for change in changes] == [1, 3, 5, 7]


def test_the_release_keeps_an_incident_alive_and_opens_none():
    spec = EventSpec(confirm=1, within=1, threshold=0.8, release=0.5, hold_s=2, merge_gap_s=0)
    track = Track(
        recording=0, time_ns=seconds(*range(8)), score=np.array([0.5, 0.9] + [0.5] * 6), named=np.zeros(8, int)
    )
    (incident,) = detect(spec, track)
    assert (incident.opened_ns, incident.last_ns, incident.rows) == (NS_PER_S, 7 * NS_PER_S, 1)


@pytest.mark.parametrize(("pause", "incidents"), [(6, 1), (7, 1), (8, 2)])
def test_the_gap_that_merges_is_counted_from_the_last_row_to_the_first(pause, incidents):
    spec = EventSpec(confirm=1, within=1, hold_s=2, merge_gap_s=7)
    track = Track(recording=0, time_ns=seconds(0, pause), score=np.ones(2), named=np.zeros(2, int))
    assert len(detect(spec, track)) == incidents


def test_no_score_reaches_never():
    track = Track(recording=0, time_ns=seconds(0, 1), score=np.ones(2), named=np.zeros(2, int))
    assert detect(EventSpec(threshold=NEVER, confirm=1, within=1), track) == ()
    assert len(detect(EventSpec(threshold=1.0, confirm=1, within=1), track)) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": 0.0}, {"threshold": 1.1}, {"confirm": 0}, {"confirm": 2, "within": 1}, {"within": 70_000},
        {"release": 0.0}, {"release": 1.5}, {"hold_s": -1.0}, {"merge_gap_s": float("nan")}, {"update_s": -0.1},
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(OptionError):
        EventSpec(**options)


def test_rows_that_do_not_fit_are_refused():
    spec = EventSpec()
    for time_ns, score, named in (
        (seconds(0, 1), np.ones(1), None),
        (seconds(0), np.ones(1), np.array([2])),
        (seconds(0), np.ones(1), np.array([-1])),
    ):
        with pytest.raises(OptionError):
            step(begin(spec, attacks=2), spec, time_ns, score, named)


def test_the_options_survive_json():
    spec = EventSpec(threshold=0.25, confirm=4, within=9)
    assert EventSpec.from_json(spec.to_json()) == spec
    for wrong in (None, {}, spec.to_json() | {"more": 1}, spec.to_json() | {"hold_s": "long"}):
        with pytest.raises((TypeError, ValueError)):
            EventSpec.from_json(wrong)


def test_a_million_rows_take_no_time():
    count = 1_000_000
    track = Track(
        recording=0,
        time_ns=np.arange(count) * 2_000_000,
        score=np.random.default_rng(0).random(count),
        named=np.zeros(count, np.int64),
    )
    assert detect(replace(EventSpec(), threshold=NEVER), track) == ()
    assert len(detect(replace(EventSpec(), threshold=0.99), track)) > 0


def test_many_rows_of_less_each_make_an_incident_that_the_quick_tier_does_not():
    spec = EventSpec(threshold=0.8, confirm=1, within=1, patient=Patience(threshold=0.3, confirm=3, within=4))
    score = np.array([0.4, 0.4, 0.1, 0.4, 0.4, 0.0])
    track = Track(recording=3, time_ns=seconds(*range(6)), score=score, named=np.zeros(6, np.int64))
    assert detect(replace(spec, patient=None), track) == ()
    (incident,) = detect(spec, track)
    assert (incident.opened_ns, incident.confirmed_ns) == (0, 3 * NS_PER_S)
    assert (incident.last_ns, incident.rows, incident.peak) == (4 * NS_PER_S, 4, 0.4)


def test_options_come_back_from_json():
    for spec in (EventSpec(), EventSpec(patient=Patience(threshold=0.3))):
        assert EventSpec.from_json(spec.to_json()) == spec
    with pytest.raises(TypeError):
        EventSpec.from_json(EventSpec().to_json() | {"patient": {"threshold": 0.5}})
