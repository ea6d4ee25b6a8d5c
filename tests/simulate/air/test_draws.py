"""Random numbers of the loops: the published sequence, and what their distributions should be."""

import math

import numpy as np

from yawstring.compiled import compiled
from yawstring.simulate.air.draws import normal, uniform, whole, word_of

PUBLISHED = (6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431)
"""The first outputs of SplitMix64 from the seed 1234567, as its implementations publish them."""


@compiled
def _words(key: np.uint64, count: int) -> np.ndarray:
    out = np.empty(count, np.uint64)
    for index in range(count):
        out[index] = word_of(key, index + 1)
    return out


@compiled
def _draws(seed: int, count: int, highest: int) -> np.ndarray:
    out, book = np.empty((3, count)), np.full(1, seed, np.int64)
    for index in range(count):
        out[0, index], out[1, index], out[2, index] = uniform(book), normal(book), whole(book, highest)
    return out


def test_words_are_splitmix64() -> None:
    assert tuple(int(word) for word in _words(np.uint64(1234567), 4)) == PUBLISHED


def test_draws_have_the_moments_of_their_distributions() -> None:
    count = 200_000
    flat, bell, dice = _draws(5, count, 15)
    assert flat.min() >= 0
    assert flat.max() < 1
    assert abs(flat.mean() - 0.5) < 5 / math.sqrt(12 * count)
    assert abs(bell.mean()) < 5 / math.sqrt(count)
    assert abs(bell.std() - 1) < 5 / math.sqrt(2 * count)
    assert abs((bell**4).mean() - 3) < 0.1
    seen = np.bincount(dice.astype(int), minlength=16)
    assert ((seen - count / 16) ** 2 / (count / 16)).sum() < 45  # chi-square, 15 degrees of freedom, p about 1e-4
