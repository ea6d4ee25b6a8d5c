"""Spaces: the notebook's against Keras Tuner's, draws, and files."""

from itertools import islice

import numpy as np
import pytest

from yawstring.errors import OptionError
from yawstring.learn.search.space import NOTEBOOK, WIDE, read_space


def test_the_notebooks_values_are_keras_tuners() -> None:
    """Keras Tuner's own ranges, drawn until every value has come."""
    pytest.importorskip("tensorflow", reason="TensorFlow not installed: make test REFERENCE=1")
    kt = pytest.importorskip("keras_tuner", reason="Keras Tuner not installed: make test REFERENCE=1")
    hp = kt.HyperParameters()
    hp.Int("units", 32, 128, step=32)
    hp.Float("dropout", 0.1, 0.5, step=0.1)
    hp.Int("layers", 1, 5)
    hp.Choice("learning_rate", [1e-3, 1e-4])
    for one in hp.space:
        theirs = {one.random_sample(seed) for seed in range(200)}
        assert sorted(theirs) == pytest.approx(sorted(NOTEBOOK[one.name].values()))


def test_every_value_is_as_likely() -> None:
    drawn = list(islice((NOTEBOOK.draw(np.random.default_rng(seed)) for seed in range(4000)), 4000))
    counts = {
        name: np.unique([one[name] for one in drawn], return_counts=True)[1] for name in ("units", "layers", "dropout")
    }
    assert [len(found) for found in counts.values()] == [4, 5, 5]
    for found in counts.values():  # five standard deviations of a binomial share
        share = 1 / len(found)
        assert np.abs(found / 4000 - share).max() < 5 * np.sqrt(share * (1 - share) / 4000)


def test_draws_hold_the_layers_they_have_and_differ() -> None:
    drawn = list(islice(NOTEBOOK.draws(1), 200))
    for one in drawn:
        assert sum(name.endswith("_units") for name in one) == one["layers"]
    assert len({tuple(sorted(one.items())) for one in drawn}) == 200
    assert drawn == list(islice(NOTEBOOK.draws(1), 200))
    assert len(list(islice(read_space("units = 8", "x").draws(0), 3))) == 3


def test_a_file_gives_a_space() -> None:
    space = read_space("units = {choices = [8, 16]}\nlearning_rate = {low = 1e-4, high = 1e-2, log = true}\n", "mine")
    rates = [one["learning_rate"] for one in islice(space.draws(0), 300)]
    assert 1e-4 <= min(rates) < 2e-4
    assert 5e-3 < max(rates) <= 1e-2
    assert {one["units"] for one in islice(space.draws(0), 30)} == {8, 16}
    assert set(WIDE["window"].values()) == {5, 10, 16}


@pytest.mark.parametrize(
    "text",
    [
        "units = ", "colour = 3", "units = {low = 5, high = 2}", "units = {low = 1}", "units = []", "units = 0",
        "dropout = 1.0", "dropout = {low = 0, high = 1.5}", "learning_rate = {low = 0, high = 1, log = true}",
        'units = "many"', "units = {choices = []}", "units = {low = 1.5, high = 8}", "window = {low = true, high = 3}",
        "units = {low = 1, high = 8, step = 0}", "units = {low = 1, high = 8, step = 2, log = true}", "units = 1e9",
        'columns = "labels"', "columns = {low = 1, high = 2}", "class_weights = 3", "layers = {low = 1, high = 99}",
        "dropout = nan", "learning_rate = {low = 1e-4, high = inf}", "units = {choices = [[1]]}", "units = true",
    ],
)  # fmt: skip
def test_a_file_that_makes_no_sense_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(OptionError) as refused:
        read_space(text, "mine")
    assert "mine" in str(refused.value)
