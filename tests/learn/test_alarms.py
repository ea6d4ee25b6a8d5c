"""Thresholds for a budget of false alarms: never above it where they were chosen, and none lower would do."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import OptionError
from yawstring.learn.alarms import ALARMED_SHARE_MAX, benign_tracks, between, choose_events, count_alarms
from yawstring.learn.episodes import Episode, Stretch
from yawstring.learn.events import NEVER, NS_PER_S, EventSpec, Patience, Track

SPEC = EventSpec(confirm=1, within=1, hold_s=1, merge_gap_s=0)


def flight(score, *attacks, recording=0):
    """One row a second, with attacks as seconds from and to."""
    score = np.asarray(score, float)
    time_ns = np.arange(len(score)) * NS_PER_S
    episodes = tuple(
        Episode(recording=recording, start_ns=a * NS_PER_S, end_ns=b * NS_PER_S, name="dos") for a, b in attacks
    )
    track = Track(recording=recording, time_ns=time_ns, score=score, named=np.zeros(len(score), np.int64))
    return track, Stretch(recording=recording, start_ns=0, end_ns=int(time_ns[-1]) + 1, episodes=episodes)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40))
def test_the_choice_is_that_of_looking_at_every_threshold(seed, peaks):
    rng = np.random.default_rng(seed)
    score = np.zeros(4000)
    score[rng.choice(np.arange(0, 4000, 5), peaks, replace=False)] = np.arange(1, peaks + 1) / 50
    watched = [flight(score)]
    chosen = choose_events(watched, SPEC, 10.0, attacks=1)
    benign = benign_tracks(watched)
    allowed = [
        float(one)
        for one in between(score, score)
        if (found := count_alarms(replace(SPEC, threshold=float(one)), benign)).count <= 10.0 * found.hours
        and found.alarmed_share <= ALARMED_SHARE_MAX
    ]
    assert chosen.spec.threshold == min(allowed)
    assert chosen.alarms.count <= 10.0 * chosen.alarms.hours


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_a_patient_tier_spends_what_the_quick_one_leaves(seed):
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 8, 7200)
    score[rng.choice(np.arange(0, 7200, 50), 12, replace=False)] = np.linspace(0.9, 1, 12)
    for at in rng.choice(np.arange(0, 7200, 100), 12, replace=False):
        score[at : at + 8] = np.maximum(score[at : at + 8], rng.uniform(0.5, 0.8))
    score = score.round(2)
    watched = [flight(score)]
    patient = replace(SPEC, patient=Patience(confirm=6, within=8))
    half, both = choose_events(watched, SPEC, 2.0, attacks=1), choose_events(watched, patient, 4.0, attacks=1)
    assert (both.spec.threshold, both.at) == (half.spec.threshold, half.at)
    benign, found = benign_tracks(watched), []
    for one in between(score, score):
        spec = replace(half.spec, patient=replace(patient.patient, threshold=float(one)))
        alarms = count_alarms(spec, benign)
        found += [float(one)] if alarms.count <= 4.0 * alarms.hours and alarms.alarmed_share <= 0.01 else []
    assert both.spec.patient.threshold == min(found)
    assert half.alarms.count <= both.alarms.count <= 4.0 * both.alarms.hours


def test_an_alarm_without_an_end_does_not_keep_to_a_budget():
    score = np.full(40_000, 0.9)
    score[20_000] = 0.8
    watched = [flight(score)]
    assert count_alarms(replace(SPEC, threshold=0.85), benign_tracks(watched)).count == 1
    chosen = choose_events(watched, SPEC, 1.0, attacks=1)
    assert chosen.spec.threshold > 0.9
    assert chosen.alarms.count == 0


def test_the_budget_may_be_spent_to_the_last():
    score = np.zeros(3601)  # one hour from the first row to the last
    score[[1000, 2000, 3000]] = (0.9, 0.8, 0.7)
    chosen = choose_events([flight(score)], SPEC, 2.0, attacks=1)
    assert (chosen.alarms.count, chosen.alarms.hours) == (2, 1.0)
    assert chosen.spec.threshold == pytest.approx(0.75)


def test_the_incidents_of_an_attack_are_no_false_alarms():
    score = np.full(7200, 0.1)
    score[100:140] = 0.9
    chosen = choose_events([flight(score, (100, 140))], SPEC, 0.0, attacks=1)
    assert chosen.spec.threshold == pytest.approx(0.5)
    assert chosen.alarms.count == 0


def test_false_alarms_do_not_hide_in_attacks():
    score = np.zeros(7200)
    score[100:140] = 0.9
    chosen = choose_events([flight(score, (110, 130))], SPEC, 0.0, attacks=1)
    assert chosen.spec.threshold > 0.9


def test_few_hours_are_said_to_prove_little():
    told = choose_events([flight(np.linspace(0, 0.5, 1800))], SPEC, 1.0, attacks=1)
    assert told.alarms.per_hour.high > 1
    assert "benign hours" in told.warnings()[0]


def test_where_benign_rows_score_as_high_as_can_be_it_never_alarms_and_says_so():
    chosen = choose_events([flight(np.ones(600))], SPEC, 0.0, attacks=1)
    assert chosen.spec.threshold == NEVER
    assert "never alarms" in chosen.warnings()[-1]


def test_what_cannot_be_chosen_is_refused():
    with pytest.raises(OptionError, match="no benign time"):
        choose_events([flight(np.ones(10), (0, 10))], SPEC, 1.0, attacks=1)
    with pytest.raises(OptionError, match="0 or more"):
        choose_events([flight(np.ones(10))], SPEC, -1.0, attacks=1)
