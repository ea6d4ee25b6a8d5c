"""From scores of windows to incidents: against tables made by hand, whose every time can be counted on fingers."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import watch
from yawstring.learn import parts
from yawstring.learn.events import NS_PER_S, EventSpec, Track, detect
from yawstring.learn.incidents import (
    Scores,
    incident_figures,
    incidents_by_family,
    last_rows,
    numbered,
    scores_of,
    spec_of,
    tracks,
    watched,
)
from yawstring.table.parts import TestPart

SPEC = EventSpec(confirm=2, within=3, hold_s=15, merge_gap_s=0, release=1.0)
"""Rows come every ten seconds: two of three, and closed when two rows in a row are quiet."""


def seconds(value):
    return None if value is None else value / NS_PER_S


def said(score, names=("dos",), named=None):
    score = np.asarray(score, float)
    return Scores(score=score, named=np.zeros(len(score), int) if named is None else np.asarray(named), names=names)


class TestScores:
    def test_an_attack_has_what_benign_has_not(self):
        frame = watch.table(("benign", [0]))
        found = scores_of(
            np.array([[0.7, 0.1, 0.2], [0.2, 0.5, 0.3]], np.float32), watch.recipe(frame, ("benign", "dos", "replay"))
        )
        np.testing.assert_allclose(found.score, [0.3, 0.8], atol=1e-6)
        assert found.named.tolist() == [1, 0]
        assert found.names == ("dos", "replay")

    def test_where_nothing_is_benign_there_is_no_score(self):
        frame = watch.table(("benign", [0]))
        assert scores_of(np.ones((1, 2), np.float32) / 2, watch.recipe(frame, ("dos", "replay"))) is None

    def test_a_window_is_told_at_its_last_row(self):
        frame = watch.table(("benign", [0] * 3), ("dos", [0] * 5), ("benign", [0] * 4))
        assert last_rows(watch.part(TestPart, frame, (1, 2), length=3)).tolist() == [5, 6, 7, 10, 11]

    def test_a_family_has_its_own_rule_or_the_default(self):
        made = watch.recipe(watch.table(("benign", [0])), events={"plain": SPEC})
        assert spec_of(made, "plain") == SPEC
        assert spec_of(made, "another") == EventSpec()


class TestTracks:
    def test_a_stream_ends_with_the_recording_and_where_rows_are_missing(self):
        frame = watch.table(("benign", [0] * 4), ("benign", [0] * 4))
        rows = np.array([0, 1, 3, 4, 5])
        found = tracks(frame, rows, said([0.1, 0.2, 0.3, 0.4, 0.5]))
        assert [(one.recording, (one.time_ns // NS_PER_S).tolist(), one.score.tolist()) for one in found] == [
            (0, [0, 10], [0.1, 0.2]),
            (0, [30], [0.3]),
            (1, [0, 10], [0.4, 0.5]),
        ]

    def test_the_truth_beside_each_is_its_own(self):
        frame = watch.table((["benign", "dos", "dos", "benign"], [0] * 4), (["replay", "benign"], [0] * 2))
        found = watched(frame, np.array([0, 1, 2, 4, 5]), said([0] * 5))
        told = [
            (stretch.recording, [(one.name, seconds(one.start_ns), one.end_ns) for one in stretch.episodes])
            for _, stretch in found
        ]
        assert told == [(0, [("dos", 10, 20 * NS_PER_S + 1)]), (1, [("replay", 0, 1)])]
        assert [len(track.time_ns) for track, _ in found] == [3, 2]

    def test_without_a_clock_there_are_none(self):
        frame = watch.table(("benign", [0] * 4)).drop("timestamp_c")
        rows = np.arange(4)
        assert tracks(frame, rows, said([0] * 4)) is None
        assert watched(frame, rows, said([0] * 4)) is None
        assert incident_figures(frame, rows, said([0] * 4), SPEC) is None


class TestFigures:
    def test_every_figure_of_a_table_made_by_hand(self):
        classes = ["benign"] * 10 + ["dos"] * 5 + ["benign"] * 10 + ["replay"] * 5 + ["benign"] * 7
        score = np.zeros(37)
        score[[11, 12, 13]] = 0.9  # in the first attack: it is confirmed by its third row, 20 s after the onset
        score[[20, 21]] = 0.9  # a false alarm
        score[25] = 0.9  # one row of the second attack: nothing
        score[33] = 0.9  # one row alone: nothing
        frame = watch.table((classes, score))
        named = np.zeros(37, int)
        found = incident_figures(frame, np.arange(37), said(score, ("dos", "replay"), named), SPEC)
        assert found["options"] == SPEC.to_json()
        assert found["watched_hours"] == pytest.approx(0.1)
        # Attacks of 40 s each are no benign time.
        assert found["benign_hours"] == pytest.approx(280 / 3600)
        assert (found["incidents"], found["false_alarms"]) == (2, 1)
        assert found["false_alarms_per_hour"]["value"] == pytest.approx(3600 / 280)
        assert found["alarmed_share"] == pytest.approx(10 / 280)
        assert (found["episodes"], found["found"], found["named_right"]) == (2, 1, 1)
        assert found["time_to_detect_s"] == {"q1": 20, "median": 20, "q3": 20}
        assert (found["by_class"]["dos"]["found"], found["by_class"]["replay"]["found"]) == (1, 0)

    def test_every_family_that_was_measured_has_its_own(self):
        logits = np.full(20, -5.0)
        logits[[5, 6, 7, 15, 16]] = 5
        frame = watch.table((["benign"] * 5 + ["dos"] * 5 + ["benign"] * 10, logits))
        part = watch.part(TestPart, frame, (0,))
        made = watch.recipe(frame, events={"plain": SPEC})
        outcome = parts.outcome(watch.detector(), part, made)
        found = incidents_by_family(frame, part, {"plain": outcome, "hasty": outcome}, made)
        assert found["plain"]["options"] == SPEC.to_json()
        assert found["hasty"]["options"] == EventSpec().to_json()
        assert (found["plain"]["found"], found["plain"]["false_alarms"]) == (1, 1)
        # Held for five seconds, it has forgotten each row when the next one comes.
        assert (found["hasty"]["found"], found["hasty"]["false_alarms"]) == (0, 0)

    def test_none_where_there_can_be_none(self):
        frame = watch.table(("dos", [0] * 5), ("replay", [0] * 5))
        part = watch.part(TestPart, frame, (0, 1))
        both = watch.recipe(frame, ("dos", "replay"))
        outcome = parts.outcome(watch.detector(), part, both)
        assert incidents_by_family(frame, part, {"plain": outcome}, both) == {}
        clockless = watch.recipe(frame)
        told = parts.outcome(watch.detector(), part, clockless)
        assert incidents_by_family(frame.drop("timestamp_c"), part, {"plain": told}, clockless) == {}


class TestNumbers:
    def test_rows_of_tracks_made_by_hand(self):
        first = Track(
            recording=0,
            time_ns=np.arange(9) * 10 * NS_PER_S,
            score=np.array([0, 0.9, 0.9, 0, 0, 0, 0.9, 0, 0.9]),
            named=np.zeros(9, int),
        )
        second = Track(recording=1, time_ns=first.time_ns[:3], score=np.array([0.9, 0.9, 0]), named=np.array([1, 1, 0]))
        numbers, incidents = numbered([first, second], SPEC, attacks=2)
        assert numbers.dtype == pl.Int32
        assert numbers.to_list() == [None, 0, 0, None, None, None, 1, 1, 1, 2, 2, None]
        assert [(one.recording, one.named, seconds(one.opened_ns), seconds(one.last_ns)) for one in incidents] == [
            (0, 0, 10, 20),
            (0, 0, 60, 80),
            (1, 1, 0, 10),
        ]

    def test_no_track_has_no_row(self):
        numbers, incidents = numbered([], SPEC, attacks=1)
        assert (len(numbers), numbers.dtype, incidents) == (0, pl.Int32, ())

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.lists(st.sampled_from([0.0, 0.4, 0.5, 1.0]), min_size=1, max_size=40), max_size=4))
    def test_each_row_has_the_number_of_the_incident_whose_time_it_lies_in(self, streams):
        made = [
            Track(
                recording=at,
                time_ns=np.arange(len(score)) * 10 * NS_PER_S,
                score=np.array(score),
                named=np.zeros(len(score), int),
            )
            for at, score in enumerate(streams)
        ]
        numbers, incidents = numbered(made, SPEC, attacks=1)
        expected = []
        before = 0
        for track in made:
            found = detect(SPEC, track)
            for time_ns in track.time_ns:
                inside = [n for n, one in enumerate(found, before) if one.opened_ns <= time_ns <= one.last_ns]
                assert len(inside) <= 1
                expected.append(inside[0] if inside else None)
            before += len(found)
        assert numbers.to_list() == expected
        assert len(incidents) == before
