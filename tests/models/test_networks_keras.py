"""Every family's network, and its graph, beside the same network of Keras's layers: same weights, same outputs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import softmax

from support.keras_networks import draw, keras_model
from yawstring.models.attention import Attention
from yawstring.models.base import Windows
from yawstring.models.convolutional import CNN
from yawstring.models.dense import MLP
from yawstring.models.engine.fitting import Fit
from yawstring.models.engine.program import Options
from yawstring.models.recurrent import LSTM
from yawstring.models.scoring import open_scorer

FEATURES, BATCH = 11, 32
TOTAL = 100 * BATCH - 2  # 100 steps of Adam, the last on a batch of 30

FAMILIES = {
    "gru": LSTM(cell="gru", units=12, dense=(7,)),
    "lstm, both ways": LSTM(units=9, bidirectional=True, dense=(7,)),
    "gru, both ways": LSTM(cell="gru", units=9, bidirectional=True, dense=()),
    "cnn": CNN(filters=10),
    "cnn, same": CNN(filters=10, taps=4, dilations=(1, 3), padding="same", dense=(6,)),
    "mlp": MLP(dense=(12, 7)),
    "attention": Attention(width=12, heads=3),
    "attention, two blocks": Attention(width=8, heads=2, blocks=2, expansion=3, dense=(6,)),
}


@pytest.mark.parametrize("outputs", [1, 4])
@pytest.mark.parametrize("length", [5, 20])  # unrolled, and looped over
@pytest.mark.parametrize("name", FAMILIES)
def test_same_weights_give_the_same_outputs(keras: Any, name: str, length: int, outputs: int) -> None:
    family = FAMILIES[name]
    weights = draw(family, length=length, features=FEATURES, outputs=outputs)
    x = np.random.default_rng(6).normal(size=(64, length, FEATURES)).astype(np.float32)
    theirs = np.asarray(keras_model(keras, family, weights, length=length, features=FEATURES)(x))
    if outputs == 1:
        theirs = np.hstack([1 - theirs, theirs])
    assert theirs.std(axis=0).max() > 0.02, "a network that gives everything the same score shows nothing"

    network = family.network()
    logits = np.asarray(network.logits(network.packed(weights), x.swapaxes(0, 1) if network.time_first else x))
    if outputs == 1:
        logits = np.hstack([np.zeros_like(logits), logits])
    np.testing.assert_allclose(softmax(logits.astype(np.float64), axis=1), theirs, atol=1e-5)
    np.testing.assert_allclose(open_scorer(family.graph(weights, length=length))(x), theirs, atol=1e-5)


@pytest.mark.parametrize("name", ["gru", "cnn", "attention"])
def test_hundred_steps_of_adam_agree(keras: Any, name: str) -> None:
    family, length, classes = FAMILIES[name], 5, 3
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(TOTAL + length, FEATURES)).astype(np.float32)
    starts = generator.permutation(TOTAL)
    score = rows[starts + length - 1, 0] + rows[starts, 1]
    train = Windows(rows=rows, starts=starts, length=length, labels=np.digitize(score, [-1, 1]))
    weights = family.initial(generator, length=length, features=FEATURES, outputs=classes)
    order = generator.permutation(TOTAL)

    losses: list[float] = []
    model = keras_model(keras, family, weights, length=length, features=FEATURES)
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: model.reset_metrics(),
        on_train_batch_end=lambda batch, logs: losses.append(logs["loss"]),
    )
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    x, y = train.gather(), train.labels
    model.fit(x[order], y[order], batch_size=BATCH, shuffle=False, verbose=0, callbacks=[callback])

    options = Options(np.float32(1e-3), np.ones(classes, np.float32), np.uint32(0))
    fit = Fit.start(replace(family, dropout=0.0).network(), weights, train, batch=BATCH, options=options)
    passed = fit.epoch(order)
    assert len(losses) == 100
    np.testing.assert_allclose(passed.losses, losses, atol=1e-4)
    learnt = fit.weights()
    for weight, array in learnt.items():
        # An attention's key bias shifts all scores of a row alike, which a softmax does not see.
        if not weight.endswith("key/bias"):
            assert np.abs(array - weights[weight]).max() > 0.001, f"{weight} was not learnt"
    scores = open_scorer(family.graph(learnt, length=length))(x)
    np.testing.assert_allclose(scores, np.asarray(model(x)), atol=1e-4)
    if name != "attention":  # there Keras's weights stand in another order and shape
        for (weight, ours), theirs in zip(learnt.items(), model.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-4, err_msg=weight)
