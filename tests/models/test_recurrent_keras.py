"""Our network beside Keras's: same weights, same batches, same figures."""

from typing import Any

import numpy as np
import pytest

from yawstring.models.base import Windows
from yawstring.models.engine.fitting import Fit, balanced_weights
from yawstring.models.engine.initial import initial_weights
from yawstring.models.engine.program import Options
from yawstring.models.engine.recurrent import Recurrent

FEATURES, UNITS, DENSE, LENGTH, BATCH = 11, 16, (12,), 5, 32
TOTAL = 100 * BATCH - 2  # 100 steps of Adam, the last on a batch of 30


def windows(classes: int, seed: int = 0) -> Windows:
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(TOTAL + 50, FEATURES)).astype(np.float32)
    starts = generator.permutation(len(rows) - LENGTH)[:TOTAL]
    score = rows[starts + LENGTH - 1, 0] + rows[starts, 1] + generator.normal(size=TOTAL)
    labels = np.digitize(score, np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1] * 1.3 % 1))
    return Windows(rows=rows, starts=starts, length=LENGTH, labels=labels)


def f1(y_true: Any, y_pred: Any) -> Any:
    """The notebook's kind of metric: a plain function, so Keras averages it over batches."""
    from keras import ops

    y_true, y_pred = ops.cast(y_true, "float32"), ops.round(y_pred)
    hits = ops.sum(y_true * y_pred)
    precision, recall = hits / (ops.sum(y_pred) + 1e-7), hits / (ops.sum(y_true) + 1e-7)
    return 2 * precision * recall / (precision + recall + 1e-7)


def keras_model(keras: Any, classes: int, weights: dict[str, np.ndarray]) -> Any:
    outputs = 1 if classes == 2 else classes
    model = keras.Sequential(
        [
            keras.Input((LENGTH, FEATURES)),
            keras.layers.LSTM(UNITS),
            *(keras.layers.Dense(width, activation="relu") for width in DENSE),
            keras.layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax"),
        ]
    )
    model.set_weights(list(weights.values()))
    return model


def started(train: Windows, weights: dict[str, np.ndarray], class_weights: np.ndarray) -> Fit:
    options = Options(np.float32(1e-3), class_weights, np.uint32(0))
    return Fit.start(Recurrent(), weights, train, batch=BATCH, options=options)


@pytest.mark.parametrize("classes", [2, 4])
def test_same_weights_give_the_same_outputs(keras: Any, classes: int) -> None:
    weights = initial_weights(np.random.default_rng(5), FEATURES, UNITS, DENSE, 1 if classes == 2 else classes)
    x = np.random.default_rng(6).normal(size=(64, LENGTH, FEATURES)).astype(np.float32) * 2
    logits = np.asarray(Recurrent().logits(Recurrent().packed(weights), x.swapaxes(0, 1)), np.float64)
    odds = np.exp(logits)
    ours = odds / (1 + odds) if classes == 2 else odds / odds.sum(1, keepdims=True)
    np.testing.assert_allclose(ours, keras_model(keras, classes, weights)(x).numpy(), atol=1e-5)


@pytest.mark.parametrize(("classes", "weighed"), [(2, False), (2, True), (3, True)])
def test_hundred_steps_of_adam_agree(keras: Any, classes: int, weighed: bool) -> None:
    train = windows(classes)
    weights = initial_weights(np.random.default_rng(5), FEATURES, UNITS, DENSE, 1 if classes == 2 else classes)
    class_weights = balanced_weights(train.labels, classes) if weighed else np.ones(classes, np.float32)
    order = np.random.default_rng(7).permutation(TOTAL)

    losses: list[float] = []
    model = keras_model(keras, classes, weights)
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: model.reset_metrics(),
        on_train_batch_end=lambda batch, logs: losses.append(logs["loss"]),
    )
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss="binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy",
    )
    model.fit(
        train.gather()[order],
        train.labels[order],
        batch_size=BATCH,
        shuffle=False,
        verbose=0,
        callbacks=[callback],
        class_weight=dict(enumerate(class_weights.tolist())) if weighed else None,
    )

    fit = started(train, weights, class_weights)
    passed = fit.epoch(order)
    assert len(losses) == 100
    np.testing.assert_allclose(passed.losses, losses, atol=1e-4)
    for (name, ours), theirs in zip(fit.weights().items(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4, err_msg=name)
        assert np.abs(ours - weights[name]).max() > 0.001, f"{name} was not learnt"


def test_epoch_figures_are_keras_means(keras: Any) -> None:
    train = windows(2)
    weights = initial_weights(np.random.default_rng(5), FEATURES, UNITS, DENSE, 1)
    order = np.random.default_rng(7).permutation(TOTAL)
    model = keras_model(keras, 2, weights)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy", metrics=[f1])
    x, y = train.gather()[order], train.labels[order].astype(np.float32)[:, None]
    history = model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0).history

    fit = started(train, weights, np.ones(2, np.float32))
    passed = fit.epoch(order)
    assert passed.loss == pytest.approx(history["loss"][0], abs=1e-5)
    assert passed.f1("batch", classes=2, batch=BATCH) == pytest.approx(history["f1"][0], abs=2e-4)
    judged = fit.evaluate(train)
    loss, score = model.evaluate(train.gather(), train.labels.astype(np.float32)[:, None], batch_size=BATCH, verbose=0)
    assert judged.loss == pytest.approx(loss, abs=1e-5)
    assert judged.f1("batch", classes=2, batch=BATCH) == pytest.approx(score, abs=2e-4)


def test_saturated_outputs_lose_what_keras_says(keras: Any) -> None:
    """Keras goes back from probabilities to logits, so no loss is cut off at the logarithm of its epsilon."""
    train = windows(2)
    weights = initial_weights(np.random.default_rng(5), FEATURES, UNITS, DENSE, 1)
    weights["output/bias"][:] = 40
    fit = started(train, weights, np.ones(2, np.float32))
    judged = fit.evaluate(train)
    model = keras_model(keras, 2, weights)
    model.compile(loss="binary_crossentropy")
    theirs = model.evaluate(train.gather(), train.labels.astype(np.float32)[:, None], verbose=0)
    assert judged.loss == pytest.approx(theirs, rel=1e-5)
