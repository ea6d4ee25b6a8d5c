"""A padded network of a population is the narrow one, against the ordinary engine."""

import numpy as np
import pytest

from yawstring.models.base import Windows
from yawstring.models.engine.fitting import Fit
from yawstring.models.engine.initial import initial_weights
from yawstring.models.engine.population import Population, cut_out, padded, settings
from yawstring.models.engine.program import Options
from yawstring.models.engine.recurrent import Recurrent

UNITS, WIDTH, LAYERS = 8, 12, 4


def windows(count: int = 90, classes: int = 2) -> Windows:
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(count + 5, 3)).astype(np.float32)
    labels = np.digitize(rows[4 : count + 4, 0], np.linspace(-0.5, 0.5, classes - 1)).astype(np.int64)
    return Windows(rows=rows, starts=np.arange(count), length=5, labels=labels)


def options(dropouts: tuple[float, ...] | None = None, *, key: int = 3) -> Options:
    told = None if dropouts is None else settings(depth=len(dropouts) - 1, dropouts=dropouts, layers=LAYERS)
    return Options(np.float32(0.01), np.ones(3, np.float32), np.uint32(key), told)


@pytest.mark.parametrize(
    ("units", "dense", "outputs"), [(8, (12,), 1), (5, (7,), 1), (3, (4, 9, 2), 3), (8, (1, 1, 1, 1), 1)]
)
def test_it_learns_what_the_narrow_network_learns(units: int, dense: tuple[int, ...], outputs: int) -> None:
    part = windows(classes=2 if outputs == 1 else outputs)
    weights = initial_weights(np.random.default_rng(1), 3, units, dense, outputs)
    narrow = Fit.start(Recurrent(), weights, part, batch=16, options=options())
    wide = Fit.start(
        Population(layers=LAYERS), padded(weights, units=UNITS, width=WIDTH, layers=LAYERS), part, batch=16,
        options=options((0.0,) * (len(dense) + 1)),
    )  # fmt: skip
    for epoch in range(3):
        order = np.random.default_rng(epoch).permutation(len(part))
        one, other = narrow.epoch(order), wide.epoch(order)
        np.testing.assert_allclose(one.losses, other.losses, rtol=2e-4, atol=1e-5)
    found = cut_out(wide.weights(), units=units, dense=dense)
    assert list(found) == list(weights)
    for name, array in narrow.weights().items():
        np.testing.assert_allclose(found[name], array, rtol=2e-3, atol=2e-4, err_msg=name)
    again = padded(found, units=UNITS, width=WIDTH, layers=LAYERS)
    for name, array in wide.weights().items():
        np.testing.assert_array_equal(again[name], array, err_msg=f"{name}: something left nought")


def test_it_judges_as_the_narrow_network_judges() -> None:
    part = windows(classes=3)
    weights = initial_weights(np.random.default_rng(1), 3, 5, (4, 9), 3)
    narrow = Fit.start(Recurrent(), weights, part, batch=16, options=options())
    wide = Fit.start(
        Population(layers=LAYERS), padded(weights, units=UNITS, width=WIDTH, layers=LAYERS), part, batch=16,
        options=options((0.5, 0.5, 0.5)),
    )  # fmt: skip
    one, other = narrow.evaluate(part), wide.evaluate(part)
    np.testing.assert_allclose(one.losses, other.losses, rtol=2e-4)
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)
    np.testing.assert_array_equal(one.predicted, other.probabilities.argmax(axis=1))


def test_dropout_of_run_time_drops_what_a_fixed_one_drops() -> None:
    part = windows()
    weights = initial_weights(np.random.default_rng(1), 3, UNITS, (WIDTH, WIDTH), 1)
    fixed = Fit.start(Recurrent(dropouts=(0.5, 0.25, 0.0)), weights, part, batch=16, options=options())
    told = Fit.start(
        Population(layers=LAYERS), padded(weights, units=UNITS, width=WIDTH, layers=LAYERS), part, batch=16,
        options=options((0.5, 0.25, 0.0)),
    )  # fmt: skip
    order = np.arange(len(part))
    np.testing.assert_allclose(fixed.epoch(order).losses, told.epoch(order).losses, rtol=1e-4)


def test_dropout_drops_its_share_anew_at_every_step() -> None:
    part = windows()
    weights = padded(
        initial_weights(np.random.default_rng(1), 3, UNITS, (WIDTH,), 1), units=UNITS, width=WIDTH, layers=LAYERS
    )
    losses = []
    for dropouts, key in (((0.0, 0.0), 1), ((0.0, 0.0), 2), ((0.5, 0.5), 1), ((0.5, 0.5), 2), ((0.5, 0.5), 2)):
        fit = Fit.start(Population(layers=LAYERS), weights, part, batch=16, options=options(dropouts, key=key))
        losses.append(fit.epoch(np.arange(len(part))).loss)
    assert losses[0] == losses[1]
    assert losses[3] == losses[4]
    assert len(set(losses)) == 3


def test_a_fit_goes_on_with_its_adam_as_if_never_stopped() -> None:
    part = windows()
    weights = padded(
        initial_weights(np.random.default_rng(1), 3, UNITS, (WIDTH,), 1), units=UNITS, width=WIDTH, layers=LAYERS
    )

    def start(given, adam=None) -> Fit:
        return Fit.start(Population(layers=LAYERS), given, part, batch=16, options=options((0.25, 0.25)), adam=adam)

    whole = start(weights)
    orders = [np.random.default_rng(epoch).permutation(len(part)) for epoch in range(4)]
    for order in orders:
        whole.epoch(order)
    first = start(weights)
    for order in orders[:2]:
        first.epoch(order)
    kept, fresh = start(first.weights(), first.adam()), start(first.weights())
    for order in orders[2:]:
        kept.epoch(order)
        fresh.epoch(order)
    for name, array in whole.weights().items():
        np.testing.assert_array_equal(kept.weights()[name], array)
    assert any((fresh.weights()[name] != array).any() for name, array in whole.weights().items())


def test_a_population_wants_to_be_told() -> None:
    fit = Fit.start(
        Population(layers=1),
        initial_weights(np.random.default_rng(1), 3, 2, (2,), 1),
        windows(),
        batch=16,
        options=options(),
    )
    with pytest.raises(ValueError, match="depth and dropout"):
        fit.epoch(np.arange(90))
