"""The notebook's network: LSTM(64), Dropout(0.3), Dense(64, relu), Dense(1, sigmoid).

Adam at 1e-3, binary cross-entropy, batches of 32, the last epoch kept. Fitting is that of every other detector
(:mod:`yawstring.models.recurrent`), and so is scoring, through ONNX Runtime; only the options are the notebook's.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yawstring.app.console import Advance
from yawstring.app.notebook.measures import BATCH, Scores, score, verdict
from yawstring.models.base import Epoch, Fitted, Windows
from yawstring.models.recurrent import LSTM

GATES = 4
"""Gates of an LSTM unit, each with its own weights."""

Bars = Callable[[str, int], AbstractContextManager[Advance]]
"""Opens a progress bar of a title and a number of steps, such as :func:`yawstring.app.console.progress`."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A line of the model summary."""

    name: str
    kind: str
    shape: tuple[int | None, ...]
    parameters: int


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Windows of each part; the validation part is only watched, and may be missing."""

    train: Windows
    validation: Windows | None
    test: Windows


@dataclass(frozen=True, kw_only=True)
class Run:
    """A fitted network and what it says of the windows it was not fitted on.

    Attributes:
        fitted: The network and its epochs.
        seed: Seed of its weights, order and dropout.
        probability: ``float32[window]`` of class 1, for the windows of the test part.
        scores: Figures of its verdict on the test part.
    """

    fitted: Fitted
    seed: int
    probability: NDArray[np.float32]
    scores: Scores


def reference(*, epochs: int) -> LSTM:
    """The notebook's network."""
    return LSTM(
        units=64, dropout=0.3, dense=(64,), learning_rate=1e-3, batch=BATCH, epochs=epochs, keep="last", f1="batch"
    )  # fmt: skip


def summary(network: LSTM, *, features: int) -> tuple[Layer, ...]:
    """Layers, output shapes and parameters, as Keras counts them.

    Args:
        network: The options.
        features: Features of a row.

    Example:
        >>> [layer.parameters for layer in summary(reference(epochs=1), features=55)]
        [30720, 0, 4160, 65]
    """
    units = network.units
    layers = [
        Layer(name="lstm", kind="LSTM", shape=(None, units), parameters=GATES * units * (features + units + 1)),
        Layer(name="dropout", kind="Dropout", shape=(None, units), parameters=0),
    ]
    width = units
    for number, size in enumerate((*network.dense, 1)):
        name = f"dense_{number}" if number else "dense"
        layers.append(Layer(name=name, kind="Dense", shape=(None, size), parameters=(width + 1) * size))
        if number < len(network.dense_dropout):
            layers.append(Layer(name=f"dropout_{number + 1}", kind="Dropout", shape=(None, size), parameters=0))
        width = size
    return tuple(layers)


def fit(network: LSTM, cut: Cut, *, seed: int, title: str, bars: Bars) -> Run:
    """Fit on the train part, watch the validation part, score the test part.

    Args:
        network: What to fit.
        cut: Windows of each part.
        seed: Every random draw of the fit comes from it.
        title: What the progress bar says.
        bars: Opens it.
    """
    with bars(title, network.epochs) as advance:
        fitted = network.fit(cut.train, cut.validation, classes=2, seed=seed, watch=lambda epoch: advance(note(epoch)))
    probability = probabilities(fitted, cut.test)
    scores = score(cut.test.labels, verdict(probability))
    return Run(fitted=fitted, seed=seed, probability=probability, scores=scores)


def probabilities(fitted: Fitted, windows: Windows) -> NDArray[np.float32]:
    """``float32[window]``, probability of class 1."""
    from yawstring.models.scoring import open_scorer

    return np.asarray(open_scorer(fitted.graph).score(windows)[:, 1])


def note(epoch: Epoch) -> str:
    """What an epoch showed, in a line.

    Example:
        >>> note(Epoch(number=1, loss=0.25, f1=0.875))
        'loss 0.2500  F1 0.8750'
    """
    text = f"loss {epoch.loss:.4f}  F1 {epoch.f1:.4f}"
    if epoch.validation_loss is not None:
        text += f"  val_loss {epoch.validation_loss:.4f}"
    if epoch.validation_f1 is not None:
        text += f"  val_F1 {epoch.validation_f1:.4f}"
    return text
