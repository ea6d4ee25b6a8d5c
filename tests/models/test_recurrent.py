"""The LSTM family: what it promises of seeds, epochs and the best of them, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from yawstring.errors import OptionError
from yawstring.models.base import Epoch, Windows
from yawstring.models.engine.fitting import SIZES_AN_OCTAVE, _padded
from yawstring.models.recurrent import LSTM
from yawstring.models.scoring import open_scorer

SMALL = LSTM(units=8, dense=(6,), epochs=3)


def windows(total: int = 300, classes: int = 2, seed: int = 0) -> Windows:
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(total + 4, 3)).astype(np.float32)
    starts = np.arange(total)
    score = rows[starts + 4, 0] + rows[starts + 3, 1]
    return Windows(rows=rows, starts=starts, length=5, labels=np.digitize(score, np.linspace(-1, 1, classes + 1)[1:-1]))


def test_same_seed_same_bits() -> None:
    first, again, other = (SMALL.fit(windows(), windows(seed=1), classes=2, seed=seed) for seed in (3, 3, 4))
    assert first.history == again.history
    assert first.graph == again.graph
    for name, array in first.weights.items():
        assert array.tobytes() == again.weights[name].tobytes()
    assert first.history != other.history


@pytest.mark.parametrize("classes", [2, 3])
def test_learns_and_its_graph_says_what_validation_said(classes: int) -> None:
    validation = windows(200, classes, seed=1)
    family = replace(SMALL, epochs=12, dropout=0.1, learning_rate=1e-2, keep="last")
    fitted = family.fit(windows(600, classes), validation, classes=classes, seed=1)
    last = fitted.history[-1]
    probabilities = open_scorer(fitted.graph).score(validation)
    assert probabilities.shape == (200, classes)
    loss = -np.log(probabilities[np.arange(200), validation.labels]).mean()
    assert last.validation_loss == pytest.approx(loss, abs=1e-5)
    assert last.validation_f1 is not None
    assert last.validation_f1 > 0.85
    assert last.loss < fitted.history[0].loss / 2


@pytest.mark.parametrize("classes", [2, 4])
def test_the_graph_scores_each_window_as_the_network_that_was_trained(classes: int) -> None:
    fitted = SMALL.fit(windows(classes=classes), classes=classes, seed=2)
    unseen = windows(500, classes, seed=7)
    network = SMALL.network()
    logits = np.asarray(network.logits(network.packed(fitted.weights), unseen.gather().swapaxes(0, 1)), np.float64)
    if classes == 2:
        logits = np.hstack([np.zeros_like(logits), logits])
    expected = softmax(logits, axis=1)
    assert np.ptp(expected[:, 0]) > 0.1
    np.testing.assert_allclose(open_scorer(fitted.graph).score(unseen), expected, atol=1e-5, rtol=0)


def test_best_epoch_is_kept() -> None:
    """A learning rate far too high makes the last epoch a poor one; the graph kept is the best one's."""
    validation = windows(200, seed=1)
    family = replace(SMALL, epochs=8, learning_rate=0.3)
    best = family.fit(windows(), validation, classes=2, seed=2)
    last = replace(family, keep="last").fit(windows(), validation, classes=2, seed=2)
    assert best.history == last.history
    merits = [(epoch.validation_f1, -(epoch.validation_loss or 0)) for epoch in best.history]
    assert merits[-1] < max(merits), "the case must have an epoch better than the last"

    def loss(graph: bytes) -> float:
        probabilities = open_scorer(graph).score(validation)[np.arange(200), validation.labels]
        return float(-np.log(np.maximum(probabilities, 1e-30)).mean())

    chosen = best.history[merits.index(max(merits))]
    assert loss(best.graph) == pytest.approx(chosen.validation_loss, rel=1e-3)
    assert loss(last.graph) == pytest.approx(last.history[-1].validation_loss, rel=1e-3)


def test_patience_stops_after_so_many_epochs_without_a_better_one() -> None:
    validation = windows(200, seed=1)
    family = replace(SMALL, epochs=30, learning_rate=0.3, patience=2)
    stopped = family.fit(windows(), validation, classes=2, seed=2).history
    full = replace(family, patience=None).fit(windows(), validation, classes=2, seed=2).history
    assert len(stopped) < 30 == len(full)
    assert stopped == full[: len(stopped)]
    merits = [(epoch.validation_f1, -(epoch.validation_loss or 0)) for epoch in stopped]
    assert merits.index(max(merits)) == len(stopped) - 3


def test_watch_sees_every_epoch() -> None:
    seen: list[Epoch] = []
    fitted = SMALL.fit(windows(), classes=2, seed=0, watch=seen.append)
    assert tuple(seen) == fitted.history
    assert [epoch.number for epoch in seen] == [1, 2, 3]
    assert all(epoch.validation_loss is None and epoch.validation_f1 is None for epoch in seen)


def test_a_short_last_batch_counts_as_its_windows() -> None:
    """An epoch in one batch larger than the part is one step on all windows: the batch's size must not matter."""
    plain = replace(SMALL, dropout=0.0, epochs=1)
    first = replace(plain, batch=300).fit(windows(), classes=2, seed=0)
    other = replace(plain, batch=512).fit(windows(), classes=2, seed=0)
    for name, array in first.weights.items():
        np.testing.assert_allclose(other.weights[name], array, atol=1e-5, err_msg=name)


def test_dense_layers_drop_their_own_share() -> None:
    family = LSTM(units=8, dense=(6, 5), dense_dropout=(0.2, 0.0), epochs=1)
    plain = replace(family, dense_dropout=())
    assert family.fit(windows(), classes=2, seed=0).history != plain.fit(windows(), classes=2, seed=0).history


@given(st.integers(1, 10**7))
@settings(max_examples=200)
def test_padded_sizes_are_few_and_close(count: int) -> None:
    size = _padded(count)
    assert count <= size <= max(count * (1 + 1 / SIZES_AN_OCTAVE), count + 1)
    assert _padded(size) == size


def test_another_count_of_windows_shares_the_program() -> None:
    assert len({_padded(count) for count in range(500, 1000)}) <= SIZES_AN_OCTAVE + 1


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"units": 0}, "units"),
        ({"dropout": 1.0}, "dropout"),
        ({"dense": (0,)}, "dense"),
        ({"dense_dropout": (0.1, 0.2)}, "dense_dropout"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"patience": 0}, "patience"),
        ({"epochs": 0}, "epochs"),
        ({"batch": 0}, "batch"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], word: str) -> None:
    with pytest.raises(OptionError, match=word):
        LSTM(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("family", "part", "classes", "word"),
    [
        (SMALL, windows(), 1, "two classes"),
        (SMALL, windows(classes=4), 3, "labels of the training part"),
        (SMALL, replace(windows(), starts=np.zeros(0, np.int64), labels=np.zeros(0, np.int64)), 2, "no window"),
        (replace(SMALL, f1="batch"), windows(classes=3), 3, "macro"),
        (replace(SMALL, patience=3), windows(), 2, "validation"),
    ],
)
def test_parts_that_cannot_be_fitted_are_refused(family: LSTM, part: Windows, classes: int, word: str) -> None:
    with pytest.raises(OptionError, match=word):
        family.fit(part, classes=classes, seed=0)
