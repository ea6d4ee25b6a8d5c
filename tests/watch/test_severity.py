"""Severity: it rises with consequence and confidence, and never for a neighbour."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.schema import BENIGN, CLASSES
from yawstring.watch.alerts import SEVERITIES
from yawstring.watch.severity import CONSEQUENCES, severity

kinds = st.sampled_from(["safety", "control", "service", "nuisance"])
scores = st.floats(0, 1)


@settings(deadline=None)
@given(kinds, scores, scores)
def test_a_surer_score_is_never_less_severe(kind, one, other) -> None:
    ranks = [SEVERITIES.index(severity(kind, score, watched=True)) for score in sorted((one, other))]
    assert ranks == sorted(ranks)


@settings(deadline=None)
@given(kinds, scores)
def test_a_neighbours_trouble_is_low(kind, score) -> None:
    assert severity(kind, score, watched=False) == "low"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("safety", ("critical", "high", "medium")),
        ("control", ("high", "high", "medium")),
        ("service", ("medium", "medium", "low")),
        ("nuisance", ("low", "low", "low")),
    ],
)
def test_the_table(kind, expected) -> None:
    assert tuple(severity(kind, score, watched=True) for score in (0.9, 0.7, 0.69)) == expected


def test_every_class_that_a_detector_can_call_is_listed() -> None:
    assert set(CLASSES) - {BENIGN} <= set(CONSEQUENCES)
