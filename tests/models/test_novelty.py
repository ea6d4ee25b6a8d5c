"""Novelty against scikit-learn's PCA and NumPy's quantiles, and what it must not miss or be led astray by."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from yawstring.errors import OptionError
from yawstring.models.base import Windows
from yawstring.models.novelty import Novelty, _quantile
from yawstring.models.scoring import open_scorer
from yawstring.models.statistics import statistics

LENGTH = 6


def draw(count=400, *, features=5, seed=0, missing=0.0):
    """Benign windows of features that depend on each other, and one more that never moves."""
    random = np.random.default_rng(seed)
    hidden = random.normal(0, 1, (count * LENGTH, 2))
    mixing = np.random.default_rng(99).normal(0, 1, (2, features))
    rows = hidden @ mixing + random.normal(0, 0.1, (len(hidden), features))
    rows[random.random(rows.shape) < missing] = np.nan
    rows = np.column_stack([rows, np.full(len(rows), 7.0)]).astype(np.float32)
    return Windows(rows=rows, starts=np.arange(count) * LENGTH, length=LENGTH, labels=np.zeros(count, np.int64))


def attack(fitted, windows):
    return open_scorer(fitted.graph).score(windows)[:, 1].astype(np.float64)


def expected_scores(train, windows, share):
    """The score from scikit-learn's components, all in float64."""
    learnt, array = (statistics(part).astype(np.float64) for part in (train, windows))
    deviation = np.maximum(np.maximum(np.nanstd(learnt, 0), 1e-3 * np.nanmax(np.abs(learnt), 0)), 1e-6)
    mean = np.nanmean(learnt, 0)

    def scaled(values):
        return np.clip(np.nan_to_num((values - mean) / deviation, nan=0.0), -10, 10)

    pca = PCA(svd_solver="full").fit(scaled(learnt))
    kept = int(np.searchsorted(np.cumsum(pca.explained_variance_ratio_), share)) + 1
    pca = PCA(kept, svd_solver="full").fit(scaled(learnt))

    def left(values):
        return scaled(values) - pca.inverse_transform(pca.transform(scaled(values)))

    still = np.ptp(scaled(learnt), axis=0) == 0
    apart = np.where(still, 10 / len(still), np.maximum(left(learnt).std(0), 0.05))
    return np.minimum(np.abs(left(array)) / apart, np.where(still, len(still), 10)).mean(axis=1)


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_score_and_threshold_are_those_of_scikit_learns_components(missing, share):
    train, held, fresh = (draw(seed=seed, missing=missing) for seed in (1, 2, 3))
    loud = replace(fresh, rows=fresh.rows * np.float32(3))
    fitted = Novelty(rate=0.05, share=share).fit(train, held, classes=2, seed=0)
    scores = expected_scores(train, held, share)
    limits = np.median(scores), np.quantile(scores, 0.95, method="higher")
    for windows in (fresh, loud):
        scores = expected_scores(train, windows, share)
        logit = np.log(0.95 / 0.05) * (scores - limits[1]) / (limits[1] - limits[0])
        np.testing.assert_allclose(attack(fitted, windows), 1 / (1 + np.exp(-logit)), atol=1e-3)
    assert (attack(fitted, loud) > 0.5).mean() > 0.9


def test_half_the_held_out_windows_above_the_median_and_the_rate_above_the_threshold():
    train, held = draw(seed=1), draw(1000, seed=2)
    told = attack(Novelty(rate=0.01).fit(train, held, classes=2, seed=0), held)
    assert (told > 0.5 + 1e-4).sum() == 9
    assert (told > 0.5 - 1e-4).sum() == 10
    assert np.median(told) == pytest.approx(0.01, abs=1e-4)


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.5])
@pytest.mark.parametrize("count", [1, 9, 1000])
def test_a_fresh_score_lies_above_the_threshold_at_most_at_the_rate(rate, count):
    # Of count + 1 scores in any order each is the last with the same probability.
    scores = np.arange(count + 1.0)
    above = [last > _quantile(np.delete(scores, int(last)), rate) for last in scores]
    assert np.mean(above) <= rate or count < 1 / rate - 1


@pytest.mark.parametrize("features", [5, 80])
def test_one_feature_that_never_moved_is_evidence(features):
    train, held, fresh = (draw(count, features=features, seed=seed) for count, seed in ((400, 1), (400, 2), (100, 3)))
    moved = replace(fresh, rows=fresh.rows.copy())
    moved.rows[::3, -1] += 1
    fitted = Novelty().fit(train, held, classes=2, seed=0)
    assert (attack(fitted, moved) > 0.5).all()
    assert (attack(fitted, fresh) > 0.5).mean() < 0.05


def test_a_feature_that_was_always_missing_is_evidence_when_it_comes():
    train, held, fresh = draw(seed=1), draw(seed=2), draw(100, seed=3)
    for part in (train, held):
        part.rows[:, -1] = np.nan
    gone = replace(fresh, rows=fresh.rows.copy())
    gone.rows[:, -1] = np.nan
    fitted = Novelty().fit(train, held, classes=2, seed=0)
    assert (attack(fitted, fresh) > 0.5).all()
    assert (attack(fitted, gone) > 0.5).mean() < 0.05


def test_a_broken_tie_between_features_is_seen_where_each_alone_is_ordinary():
    train, held, fresh = draw(seed=1), draw(seed=2), draw(100, seed=3)
    mixed = replace(fresh, rows=fresh.rows.copy())
    mixed.rows[:, 0] = np.random.default_rng(0).permutation(fresh.rows[:, 0])
    fitted = Novelty(rate=0.01).fit(train, held, classes=2, seed=0)
    assert (attack(fitted, mixed) > 0.5).mean() > 10 * max((attack(fitted, fresh) > 0.5).mean(), 0.01)


def test_one_wild_value_is_no_alarm_where_there_are_many_features():
    train, held, fresh = (draw(features=60, seed=seed) for seed in (1, 2, 3))
    wild = replace(fresh, rows=fresh.rows.copy())
    wild.rows[::LENGTH, 0] = 1e9
    fitted = Novelty(rate=0.001).fit(train, held, classes=2, seed=0)
    counted = expected_scores(train, wild, 0.9) - expected_scores(train, fresh, 0.9)
    # Seven statistics of one in 61 features, ten deviations each at most, and what the components spread of them.
    assert counted.max() < 2
    assert np.isfinite(attack(fitted, wild)).all()


def test_windows_held_out_share_no_row_with_those_learnt():
    windows = draw()
    overlapping = replace(windows, starts=np.arange(0, 2000), labels=np.zeros(2000, np.int64))
    from yawstring.models.novelty import _parts

    for seed in range(5):
        learnt, held = _parts(overlapping, None, seed=seed)
        rows = [set((part.starts[:, None] + np.arange(LENGTH)).ravel().tolist()) for part in (learnt, held)]
        assert not rows[0] & rows[1]
        assert len(held) == 400
        assert len(learnt) >= 1600 - 2 * LENGTH


def test_batches_of_any_size_give_the_same_bits():
    windows = draw(300, features=40)
    scorer = open_scorer(Novelty().fit(windows, classes=2, seed=0).graph)
    array = windows.gather()
    assert np.array_equal(scorer(array), np.concatenate([scorer(window[None]) for window in array]))
    for size in (3, 11, 64):
        parts = np.split(array, range(size, len(array), size))
        assert np.array_equal(scorer(array), np.concatenate([scorer(part) for part in parts]))


@pytest.mark.parametrize("options", [{"rate": 0.0}, {"rate": 1.0}, {"share": 0.0}, {"share": 1.0}, {"windows_max": 0}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        Novelty(**options)


def test_too_few_benign_windows_are_refused():
    with pytest.raises(OptionError, match="benign windows, and there are 1"):
        Novelty().fit(draw(1), classes=2, seed=0)
