"""Trials of every detector that can be searched: fitted, scored, gone on with, the same bits again."""

from itertools import islice

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from yawstring.learn.search.detectors import DEFAULTS, family_of, has_epochs
from yawstring.learn.search.material import Material
from yawstring.learn.search.schedule import Job, Slot
from yawstring.learn.search.space import Space, read_space, space_named
from yawstring.learn.search.trial import Ended, Start, TrialOptions, run_trial, weight_shapes
from yawstring.models.base import Windows
from yawstring.models.networks import NetworkFamily
from yawstring.models.scoring import open_scorer

SMALL = {
    "lstm": "units = 4\nlayers = 1\ndense_units = 4",
    "cnn": "filters = 4\nblocks = 1",
    "mlp": "units = 4\nlayers = 1",
    "attention": "units = 4\nheads = 2",
    "forest": "trees = 5",
    "window_forest": "trees = 5",
    "boosting": "rounds = 4",
}
FIRST, SECOND = Slot(0, 1, 0, 0), Slot(0, 1, 1, 0)


def material() -> Material:
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(305, 3)).astype(np.float32)
    labels = (rows[4:304, 0] > 0.3).astype(np.int64)
    train, validation = (
        Windows(rows=rows, starts=np.arange(300)[part], length=5, labels=labels[part])
        for part in (slice(200), slice(204, None))
    )
    return Material(train=train, validation=validation, classes=2)


def run(
    space: Space, job: Job, start: Start | None = None, *, objective: str = "macro_f1", **values
) -> tuple[Ended, list[float]]:
    drawn = {**space.draw(np.random.default_rng(0)), **values}
    told: list[float] = []
    options = TrialOptions(space=space, objective=objective, batch=50, seed=7)
    ended = run_trial(
        {5: material()}, job, drawn, start, options, root=FIRST, watch=lambda _, score: told.append(score)
    )
    return ended, told


def whole(epochs: int) -> Job:
    return Job(slot=FIRST, parent=None, draw=0, first_epoch=0, epochs=epochs)


def test_every_detector_has_a_small_space_here_and_a_wide_one() -> None:
    assert set(SMALL) == set(DEFAULTS)
    for detector in DEFAULTS:
        for values in islice(space_named("wide", detector).draws(1), 20):
            assert family_of(detector, values, epochs=1).name == detector


@pytest.mark.parametrize("detector", SMALL)
def test_a_trial_is_repeated_to_the_bit_and_says_how_it_went(detector: str) -> None:
    space = read_space(SMALL[detector], "small", detector)
    epochs = 2 if has_epochs(detector) else 1
    ended, told = run(space, whole(epochs), objective="pr_auc")
    again, _ = run(space, whole(epochs), objective="pr_auc")
    assert (ended.score, ended.history) == (again.score, again.history)
    assert len(ended.history) == epochs
    assert ended.score == max(told)
    assert 0 < ended.score <= 1


def test_a_score_of_trees_is_that_of_the_family_fitted_alone() -> None:
    """Boosting without a share draws nothing, so that the seed does not matter."""
    space = read_space("rounds = 4\nshare = 1.0", "x", "boosting")
    ended, _ = run(space, whole(1), objective="pr_auc")
    part, family = material(), family_of("boosting", space.draw(np.random.default_rng(0)), epochs=1)
    shares = open_scorer(family.fit(part.train, None, classes=2, seed=99).graph).score(part.validation)
    assert ended.score == pytest.approx(average_precision_score(part.validation.labels, shares[:, 1]), abs=1e-6)


def test_a_threshold_is_part_of_the_score() -> None:
    space = read_space("rounds = 4\nshare = 1.0", "x", "boosting")
    part = material()
    values = space.draw(np.random.default_rng(0))
    shares = open_scorer(family_of("boosting", values, epochs=1).fit(part.train, None, classes=2, seed=1).graph).score(
        part.validation
    )
    for threshold in (0.3, 0.6):
        ended, _ = run(space, whole(1), threshold=threshold)
        expected = f1_score(part.validation.labels, shares[:, 1] >= threshold, average="macro")
        assert ended.score == pytest.approx(expected, abs=1e-9)


def test_a_promoted_network_goes_on_with_the_weights_it_is_given() -> None:
    space = read_space(SMALL["cnn"], "small", "cnn")
    parent, _ = run(space, whole(2))
    job = Job(slot=SECOND, parent=FIRST, draw=None, first_epoch=2, epochs=4)
    went_on, _ = run(space, job, parent.start)
    fresh, _ = run(space, job)
    assert went_on.history[0].number == 3
    assert went_on.history[0].loss < fresh.history[0].loss
    options = TrialOptions(space=space, batch=50, seed=7)
    shapes = weight_shapes(material(), space.draw(np.random.default_rng(0)), options)
    assert shapes == {name: array.shape for name, array in parent.start.weights.items()}


def test_only_networks_have_epochs() -> None:
    assert {name for name in DEFAULTS if has_epochs(name)} == {"lstm", "cnn", "mlp", "attention"}
    assert isinstance(
        family_of("mlp", space_named("wide", "mlp").draw(np.random.default_rng(0)), epochs=1), NetworkFamily
    )
