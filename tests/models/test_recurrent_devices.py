"""A batch shared between two devices: the network of one, to rounding, and the same bits every time."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from yawstring.errors import OptionError
from yawstring.models.base import Windows
from yawstring.models.engine.fitting import Fit, Passed
from yawstring.models.engine.initial import initial_weights
from yawstring.models.engine.program import Options, forward, packed
from yawstring.models.recurrent import LSTM

FEATURES, LENGTH, BATCH = 7, 5, 32
TOTAL = 100 * BATCH - 19  # 100 steps of Adam; of the last batch's 13 windows all lie on the first device


def windows(classes: int = 2, total: int = TOTAL, seed: int = 0) -> Windows:
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(total + LENGTH, FEATURES)).astype(np.float32)
    starts = np.arange(total)
    score = rows[starts + LENGTH - 1, 0] + rows[starts, 1]
    return Windows(rows=rows, starts=starts, length=LENGTH, labels=np.digitize(score, np.linspace(-1, 1, classes - 1)))


def fit(devices: int, train: Windows, classes: int = 2, dropouts: tuple[float, ...] = (0.3, 0.2)) -> Fit:
    weights = initial_weights(np.random.default_rng(1), FEATURES, 16, (12,), 1 if classes == 2 else classes)
    options = Options(np.float32(1e-3), np.linspace(0.5, 1.5, classes, dtype=np.float32), np.uint32(7))
    return Fit.start(weights, train, batch=BATCH, dropouts=dropouts, options=options, devices=devices)


@pytest.mark.parametrize("classes", [2, 3])
def test_hundred_steps_on_two_devices_are_those_on_one(classes: int) -> None:
    """With dropout: masks that depended on the devices would show at once."""
    train = windows(classes)
    order = np.random.default_rng(2).permutation(TOTAL)
    one, two = fit(1, train, classes), fit(2, train, classes)
    first, second = one.epoch(order), two.epoch(order)
    assert len(first.losses) == 100
    np.testing.assert_allclose(second.losses, first.losses, atol=1e-5)
    np.testing.assert_array_equal(second.truth, first.truth)
    assert np.mean(second.predicted != first.predicted) < 0.001, "windows must come back in their order"
    for (name, mine), other in zip(one.weights().items(), two.weights().values(), strict=True):
        np.testing.assert_allclose(other, mine, atol=1e-5, err_msg=name)


def judged(devices: int, part: Windows) -> Passed:
    return fit(devices, windows(total=64)).evaluate(part)


@pytest.mark.parametrize("total", [1, 31, 1025])
def test_two_devices_judge_as_one(total: int) -> None:
    part = windows(total=total, seed=3)
    one, two = judged(1, part), judged(2, part)
    assert two.loss == pytest.approx(one.loss, abs=1e-6)
    np.testing.assert_array_equal(two.truth, one.truth)
    np.testing.assert_array_equal(two.predicted, one.predicted)


def test_a_share_of_a_batch_drops_what_the_whole_would() -> None:
    """Bit for bit: an output layer that passes one unit at a time shows every mask."""
    weights = initial_weights(np.random.default_rng(0), 2, 8, (), 8)
    weights["output/kernel"] = np.eye(8, dtype=np.float32)
    x = np.random.default_rng(1).normal(size=(3, 32, 2)).astype(np.float32)
    run = jax.jit(lambda x, lane: forward(packed(weights), x, (0.5,), np.uint32(9), lane) == 0)
    whole = np.asarray(run(x, 0))
    halves = [np.asarray(run(x[:, lane : lane + 16], lane)) for lane in (0, 16)]
    np.testing.assert_array_equal(np.concatenate(halves), whole)
    assert 0.3 < whole.mean() < 0.7
    assert not np.array_equal(*halves)


def test_same_seed_and_devices_same_bits_and_the_result_says_how_many() -> None:
    family = LSTM(units=8, dense=(6,), epochs=3, devices=2)
    train, validation = windows(total=300), windows(total=100, seed=1)
    first, again = (family.fit(train, validation, classes=2, seed=3) for _ in range(2))
    assert first.history == again.history
    assert first.graph == again.graph
    for name, array in first.weights.items():
        assert array.tobytes() == again.weights[name].tobytes()
    assert first.options["devices"] == 2
    alone = replace(family, devices=1).fit(train, validation, classes=2, seed=3)
    assert alone.options["devices"] == 1
    assert alone.history[-1].loss == pytest.approx(first.history[-1].loss, abs=1e-5)


def test_a_second_epoch_compiles_nothing() -> None:
    """State, rows and batches lie where the program wants them from the first call on."""
    train = windows()
    started = fit(2, train)
    started.epoch(np.arange(TOTAL))
    started.evaluate(train)
    compiled: list[str] = []
    jax.monitoring.register_event_duration_secs_listener(lambda name, seconds, **_: compiled.append(name))
    try:
        started.epoch(np.arange(TOTAL)[::-1])
        started.evaluate(train)
    finally:
        jax.monitoring.clear_event_listeners()
    assert not [name for name in compiled if "compile" in name]


def test_a_batch_that_two_devices_cannot_share_is_refused() -> None:
    assert LSTM(batch=31).devices == 1
    with pytest.raises(OptionError, match="batch must be a multiple of devices, not 31 for 2"):
        LSTM(batch=31, devices=2)
    with pytest.raises(OptionError, match="devices must be at least 1"):
        LSTM(devices=0)


def test_more_devices_than_the_process_has_are_refused() -> None:
    with pytest.raises(OptionError, match=r"devices is 4, but JAX has 2 .*use_devices\(4\)"):
        LSTM(units=4, epochs=1, devices=4).fit(windows(total=50), classes=2, seed=0)
