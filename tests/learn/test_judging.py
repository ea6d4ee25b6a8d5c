"""Incidents against the truth: what is found, what is false, and what is neither."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.learn.episodes import Episode, Stretch, episodes_of, stretches_of, times_of, tracks_of
from yawstring.learn.events import NS_PER_S, Incident
from yawstring.learn.judging import figures, judge_incidents


def incident(opened, confirmed, last, *, named=0):
    at = (round(value * NS_PER_S) for value in (opened, confirmed, last))
    opened_ns, confirmed_ns, last_ns = at
    return Incident(
        recording=0, identity=0, named=named, opened_ns=opened_ns, confirmed_ns=confirmed_ns, last_ns=last_ns,
        closed_ns=None, peak=1.0, rows=3,
    )  # fmt: skip


def attack(start, end, name="dos", technique=None):
    return Episode(
        recording=0, start_ns=round(start * NS_PER_S), end_ns=round(end * NS_PER_S), name=name, technique=technique
    )


def judged(incidents, *episodes, seconds=100, recovery_s=0.0):
    stretch = Stretch(recording=0, start_ns=0, end_ns=seconds * NS_PER_S, episodes=episodes)
    return judge_incidents([(stretch, incidents)], recovery_s=recovery_s)


@pytest.mark.parametrize(
    ("alarm", "found", "late", "already", "delay", "false"),
    [
        ((22, 23, 25), True, False, False, 3.0, 0),  # within
        ((22, 23, 60), True, False, False, 3.0, 0),  # begins in it and goes on
        ((10, 23, 25), True, False, False, 3.0, 0),  # begins before, confirmed in it
        ((10, 11, 25), True, False, True, 0.0, 0),  # confirmed before
        ((10, 11, 15), False, False, False, None, 1),  # before
        ((29, 31, 33), False, True, False, None, 0),  # confirmed too late
        ((30, 31, 33), False, False, False, None, 1),  # opened at its end, which is half-open
        ((50, 51, 52), False, False, False, None, 1),  # after
    ],
)
def test_one_incident_and_one_episode(alarm, found, late, already, delay, false):
    result = judged([incident(*alarm)], attack(20, 30))
    (sighting,) = result.sightings
    assert (sighting.found, sighting.late, sighting.already_alarmed, sighting.delay_s) == (found, late, already, delay)
    assert result.false_alarms == false


def test_the_grace_after_an_episode_is_neither_false_nor_benign():
    alarms = [incident(29, 31, 33), incident(33, 34, 34.5), incident(36, 37, 38)]
    strict, lenient = (judged(alarms, attack(20, 30), recovery_s=s) for s in (0.0, 5.0))
    assert (strict.sightings[0].late, strict.false_alarms, strict.benign_ns) == (True, 2, 90 * NS_PER_S)
    assert (lenient.sightings[0].found, lenient.false_alarms, lenient.benign_ns) == (True, 1, 85 * NS_PER_S)


def test_one_alarm_without_an_end_is_seen_by_the_time_it_takes():
    result = judged([incident(0, 0.5, 100)], attack(20, 30), attack(40, 60))
    assert result.false_alarms == 0
    assert all(one.already_alarmed for one in result.sightings)
    assert result.alarmed_share == 1.0


def test_the_earliest_confirmation_counts():
    result = judged([incident(26, 27, 28, named=1), incident(21, 22, 23, named=0)], attack(20, 30))
    assert (result.sightings[0].delay_s, result.sightings[0].named) == (2.0, 0)


def test_figures_by_class_and_technique():
    stretch = Stretch(
        recording=0, start_ns=0, end_ns=7200 * NS_PER_S,
        episodes=(attack(100, 200, "dos", "aireplay"), attack(1000, 1100, "dos"), attack(2000, 2300, "fdi", "freeze")),
    )  # fmt: skip
    alarms = [incident(101, 102, 103, named=0), incident(2003, 2004, 2400, named=0), incident(5000, 5001, 5002)]
    found = figures(judge_incidents([(stretch, alarms)]), ("dos", "fdi"))
    json.dumps(found, allow_nan=False)
    assert (found["episodes"], found["found"], found["named_right"], found["false_alarms"]) == (3, 2, 1, 1)
    assert found["benign_hours"] == pytest.approx((7200 - 500) / 3600)
    assert found["false_alarms_per_hour"]["value"] == pytest.approx(3600 / 6700)
    assert found["time_to_detect_s"] == {"q1": 2.5, "median": 3.0, "q3": 3.5}
    assert found["by_class"]["dos"]["found_share"]["value"] == 0.5
    assert found["by_class"]["fdi"]["named_right"] == 0
    assert list(found["by_technique"]) == ["aireplay", "freeze"]


def test_where_there_is_nothing_the_figures_say_so():
    found = figures(judged([], attack(0, 100)), ("dos",))
    assert found["false_alarms_per_hour"]["value"] is None
    assert found["time_to_detect_s"]["median"] is None
    assert figures(judged([]), ("dos",))["found_share"]["value"] is None


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(1, 30)), max_size=5),
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 30)), max_size=6),
    st.integers(0, 8),
)
def test_benign_and_alarmed_time_second_by_second(attacks, alarms, recovery):
    """The oracle lays out every second, one by one."""
    episodes = [attack(start, min(start + length, 100)) for start, length in attacks]
    alarms = [incident(start, start, min(start + length, 100)) for start, length in alarms]
    result = judged(alarms, *episodes, recovery_s=recovery)
    hostile = np.zeros(100, bool)
    for start, length in attacks:
        hostile[start : min(start + length, 100) + recovery] = True
    cried = np.zeros(100, int)
    for one in alarms:
        cried[one.opened_ns // NS_PER_S : one.last_ns // NS_PER_S] += 1
    assert result.benign_ns == (~hostile).sum() * NS_PER_S
    assert result.alarmed_ns == cried[~hostile].sum() * NS_PER_S


def test_episodes_are_those_the_table_numbers():
    frame = pl.DataFrame(
        {
            "recording": [0, 0, 0, 0, 0, 1, 1],
            "class": ["benign", "dos", "fdi", "dos", "benign", "dos", "benign"],
            "episode": [None, 0, 1, 0, None, 0, None],
            "technique": [None, "mdk4", "freeze", "mdk4", None, None, None],
        }
    )
    assert episodes_of(frame, np.arange(7) * 10) == (
        Episode(recording=0, start_ns=10, end_ns=31, name="dos", technique="mdk4"),
        Episode(recording=0, start_ns=20, end_ns=21, name="fdi", technique="freeze"),
        Episode(recording=1, start_ns=50, end_ns=51, name="dos", technique=None),
    )


def test_without_numbers_a_run_of_one_class_is_an_episode():
    frame = pl.DataFrame({"recording": [0, 0, 0, 1, 1], "class": ["dos", "dos", "fdi", "fdi", "benign"]})
    assert [(one.recording, one.name, one.start_ns) for one in episodes_of(frame, np.arange(5))] == [
        (0, "dos", 0), (0, "fdi", 2), (1, "fdi", 3),
    ]  # fmt: skip


def test_the_clock_of_a_table():
    assert times_of(pl.DataFrame({"frame.len": [1]})) is None
    assert times_of(pl.DataFrame({"timestamp_p": pl.Series([None, None], dtype=pl.Float64)})) is None
    both = pl.DataFrame({"time_ns": [5, 4, 9], "timestamp_c": [1.0, 2.0, 3.0], "recording": [0, 0, 1]})
    assert times_of(both).tolist() == [5, 5, 9]


def test_a_track_ends_where_rows_are_missing_or_the_recording_changes():
    rows = np.array([4, 5, 6, 9, 10, 11])
    recording = np.array([0, 0, 0, 0, 0, 1])
    tracks = tracks_of(rows, recording, rows * 10, rows / 20, np.zeros(6, np.int64))
    assert [track.time_ns.tolist() for track in tracks] == [[40, 50, 60], [90, 100], [110]]
    assert [track.recording for track in tracks] == [0, 0, 1]
    frames = [pl.DataFrame({"recording": [track.recording] * len(track.time_ns)}) for track in tracks]
    labelled = [frame.with_columns(pl.lit("benign").alias("class")) for frame in frames]
    assert [(one.start_ns, one.end_ns) for one in stretches_of(tracks, labelled)] == [(40, 61), (90, 101), (110, 111)]
    assert tracks_of(rows[:0], recording[:0], rows[:0], rows[:0] / 20, rows[:0]) == ()
