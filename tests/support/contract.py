"""What every family of detectors must hold to: one check a function, each raising AssertionError.

``CHECKS`` maps a check's name to the check; a check takes a family (an instance, options set) and returns nothing. Some
suppose that the family learns from labels, others that it learns from benign windows alone; they pass any other.
"""

import json
import random
from dataclasses import replace
from functools import cache

import numpy as np
from safetensors.numpy import load, save
from scipy.stats import binomtest

from yawstring.errors import OptionError
from yawstring.models.base import Windows
from yawstring.models.scoring import open_scorer

FEATURES, LENGTH, SEED = 4, 3, 11
NEAR = 1e-4
"""Scores this close are called the same where the bits are another check's affair."""


def draw(classes=2, *, count=60, seed=0, gap=2):
    """Windows with ``gap`` rows between them that belong to none; the label shows in the first feature."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    starts = np.arange(count) * (LENGTH + gap)
    rows = rng.normal(0, 1, (count * (LENGTH + gap), FEATURES)).astype(np.float32)
    rows[starts[:, None] + np.arange(LENGTH), 0] += labels[:, None]
    return Windows(rows=rows, starts=starts, length=LENGTH, labels=labels)


def relabel(windows, labels):
    return Windows(rows=windows.rows, starts=windows.starts, length=windows.length, labels=np.asarray(labels))


def scores(fitted, windows):
    return open_scorer(fitted.graph).score(windows)


@cache
def learnt(family, classes=2):
    """The plain fit, done once for the checks that only look at what came out."""
    return family.fit(draw(classes), classes=classes, seed=SEED)


def check_graph_is_what_it_says(family):
    fitted = learnt(family)
    scorer = open_scorer(fitted.graph)
    assert scorer.reads == fitted.reads == family.reads
    assert scorer.shape == ((LENGTH, FEATURES) if family.reads == "window" else (FEATURES,))
    assert scorer.classes == fitted.classes == 2
    assert family.encoding in ("scaled", "raw")


def check_probabilities(family):
    for classes in (2, 3):
        found = scores(learnt(family, classes), draw(classes, seed=1))
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def check_same_seed_gives_the_same_bits(family):
    first, second = (family.fit(draw(), classes=2, seed=SEED) for _ in range(2))
    assert first.graph == second.graph
    assert first.weights.keys() == second.weights.keys()
    assert all(np.array_equal(first.weights[name], second.weights[name]) for name in first.weights)
    assert first.history == second.history


def check_chunking_does_not_matter(family):
    scorer = open_scorer(learnt(family).graph)
    windows = draw(count=23, seed=1)
    array = windows.gather() if scorer.reads == "window" else windows.last_rows()
    whole = scorer(array)
    assert np.array_equal(whole, scorer.score(windows))
    for cuts in (range(1, 23), (1, 2, 10), (11,)):
        assert np.array_equal(whole, np.concatenate([scorer(part) for part in np.split(array, cuts)])), cuts


def check_labels_outside_are_refused(family):
    for wrong in (-1, 2):
        windows = draw()
        labels = windows.labels.copy()
        labels[-1] = wrong
        try:
            family.fit(relabel(windows, labels), classes=2, seed=SEED)
        except OptionError:
            continue
        raise AssertionError(f"label {wrong} of two classes was learnt")


def check_empty_training_is_refused(family):
    try:
        family.fit(draw(count=0), classes=2, seed=SEED)
    except OptionError:
        return
    raise AssertionError("a training part without a window was learnt")


def check_reads_its_windows_only(family):
    windows = draw()
    rows = windows.rows.copy()
    inside = (windows.starts[:, None] + np.arange(LENGTH)).ravel()
    outside = np.setdiff1d(np.arange(len(rows)), inside)
    rows[outside] = 1e6
    other = Windows(rows=rows, starts=windows.starts, length=LENGTH, labels=windows.labels)
    found = [scores(family.fit(part, classes=2, seed=SEED), draw(seed=1)) for part in (windows, other)]
    np.testing.assert_allclose(found[0], found[1], atol=NEAR)


def check_validation_is_not_learnt(family):
    if family.learns == "benign":
        return
    alone = learnt(family)
    if alone.history:
        return  # choosing an epoch is what the validation part is for
    validation = relabel(draw(seed=2), np.ones(60, np.int64))
    chosen = family.fit(draw(), validation, classes=2, seed=SEED)
    np.testing.assert_allclose(scores(alone, draw(seed=1)), scores(chosen, draw(seed=1)), atol=NEAR)


def check_options_make_the_family_again(family):
    fitted = learnt(family)
    assert json.loads(json.dumps(fitted.options)) == fitted.options
    assert type(family)(**rebuilt(fitted.options)) == family


def rebuilt(options):
    return {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}


def check_many_classes(family):
    for present in ((0, 1, 2, 3, 4), (1, 3) if family.learns == "labels" else (0, 3)):
        labels = np.resize(present, 60)
        fitted = family.fit(relabel(draw(), labels), classes=5, seed=SEED)
        assert scores(fitted, draw(seed=1)).shape == (60, 5)
        assert fitted.classes == 5


def check_columns_stand_for_classes(family):
    if family.learns == "benign":
        return
    for often in range(3):
        labels = np.full(600, often)
        labels[::20] = (often + 1) % 3
        fitted = family.fit(relabel(draw(count=600), labels), classes=3, seed=SEED)
        assert scores(fitted, draw(seed=1)).mean(axis=0).argmax() == often


def check_weights_can_be_kept(family):
    weights = learnt(family).weights
    assert weights
    assert all(isinstance(value, np.ndarray) for value in weights.values())
    kept = load(save({name: np.ascontiguousarray(value) for name, value in weights.items()}))
    assert all(kept[name].dtype == value.dtype and np.array_equal(kept[name], value) for name, value in weights.items())


def check_leaves_its_input_alone(family):
    windows = draw()
    before = [array.copy() for array in (windows.rows, windows.starts, windows.labels)]
    family.fit(windows, classes=2, seed=SEED)
    for was, found in zip(before, (windows.rows, windows.starts, windows.labels), strict=True):
        assert np.array_equal(was, found)


def check_watch_sees_every_epoch(family):
    seen = []
    fitted = family.fit(draw(), classes=2, seed=SEED, watch=seen.append)
    assert tuple(seen) == fitted.history


def check_draws_from_its_seed_only(family):
    before = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002 - to see that nobody touches it
    family.fit(draw(), classes=2, seed=SEED)
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


# What only a family that learns from benign windows must hold to.


def only_benign(check):
    def checked(family):
        if family.learns == "benign":
            check(family)

    return checked


@only_benign
def check_attacks_are_not_looked_at(family):
    windows = draw(3)
    rows = windows.rows.copy()
    hostile = windows.starts[windows.labels != 0]
    rows[hostile[:, None] + np.arange(LENGTH)] *= -7
    other = Windows(rows=rows, starts=windows.starts, length=LENGTH, labels=np.minimum(windows.labels, 1))
    first, second = (family.fit(part, classes=3, seed=SEED) for part in (windows, other))
    assert first.graph == second.graph


@only_benign
def check_no_benign_window_is_refused(family):
    windows = draw()
    try:
        family.fit(relabel(windows, np.ones(60, np.int64)), classes=2, seed=SEED)
    except OptionError:
        return
    raise AssertionError("a benign rule was learnt without a benign window")


@only_benign
def check_stated_rate_holds(family):
    family = replace(family, rate=0.05)
    train, held, fresh = (relabel(draw(count=3000, seed=seed), np.zeros(3000, np.int64)) for seed in (1, 2, 3))
    for validation in (held, None):
        called = scores(family.fit(train, validation, classes=2, seed=SEED), fresh)[:, 1] > 0.5
        low, high = binomtest(int(called.sum()), len(called)).proportion_ci(0.9999)
        # The threshold rests on a few hundred windows itself, hence the allowance.
        assert low - 0.02 <= family.rate <= high + 0.02, (low, high)


@only_benign
def check_attack_classes_share_evenly(family):
    windows = draw(4)
    found = scores(family.fit(windows, classes=4, seed=SEED), draw(4, seed=1))
    binary = scores(family.fit(relabel(windows, windows.labels > 0), classes=2, seed=SEED), draw(4, seed=1))
    np.testing.assert_allclose(found[:, 1:], np.repeat(binary[:, 1:] / 3, 3, axis=1), atol=1e-5)


CHECKS = {name.removeprefix("check_"): check for name, check in globals().items() if name.startswith("check_")}
