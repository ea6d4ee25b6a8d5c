"""The majority's scores are the shares of the classes, whatever the row."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from yawstring.models.base import Windows
from yawstring.models.majority import Majority
from yawstring.models.scoring import open_scorer


@settings(deadline=None, max_examples=40)
@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=50),
    rows=arrays.arrays(np.float32, (7, 2), elements=st.floats(width=32, allow_nan=True)),
)
def test_scores_are_the_shares(labels, rows):
    train = Windows(
        rows=np.zeros((50, 2), np.float32), starts=np.arange(len(labels)), length=1, labels=np.array(labels)
    )
    scores = open_scorer(Majority().fit(train, classes=5, seed=0).graph)(rows)
    shares = [labels.count(label) / len(labels) for label in range(5)]
    np.testing.assert_allclose(scores, [shares] * 7, rtol=1e-6)


def test_the_last_row_of_a_window_is_no_different():
    train = Windows(rows=np.zeros((9, 2), np.float32), starts=np.arange(5), length=5, labels=np.array([0, 0, 0, 1, 1]))
    scores = open_scorer(Majority().fit(train, classes=2, seed=0).graph).score(train)
    np.testing.assert_allclose(scores, [[0.6, 0.4]] * 5, rtol=1e-6)
