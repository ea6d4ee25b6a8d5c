"""A fit under way: the rows on the device, the compiled programs and the state between epochs."""

from dataclasses import dataclass, field
from typing import Literal

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

from yawstring.models.base import Windows
from yawstring.models.engine.figures import batch_f1, macro_f1
from yawstring.models.engine.initial import Weights
from yawstring.models.engine.program import (
    Batches,
    Evaluate,
    Network,
    State,
    Train,
    evaluate_program,
    fresh_state,
    packed,
    train_program,
    unpacked,
)

EVALUATION_LANES = 512
"""Windows scored at once in a pass of evaluation, at most."""

SIZES_AN_OCTAVE = 8
"""Counts are padded to the next of so many sizes between two powers of two, which wastes an eighth at most."""


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What one pass over windows showed, in the order of the pass.

    Attributes:
        losses: ``float32[batch]``, the mean of each batch.
        loss: Mean over all windows.
        truth: ``int64[window]``.
        predicted: ``int32[window]``.
    """

    losses: NDArray[np.float32]
    loss: float
    truth: NDArray[np.int64]
    predicted: NDArray[np.int32]

    def f1(self, how: Literal["macro", "batch"], *, classes: int, batch: int) -> float:
        """F1 of the pass, over all windows or averaged over batches."""
        if how == "batch":
            return batch_f1(self.truth, self.predicted, batch)
        return macro_f1(self.truth, self.predicted, classes)


@dataclass
class Fit:
    """A network being trained on one part of the windows.

    Attributes:
        network: Dropout, length and learning rate.
        batch: Windows in a batch.
        class_weights: ``float32[class]``, what a window of each class weighs in the loss.
        key: Picks the values dropped, with the number of the step.
    """

    network: Network
    batch: int
    class_weights: NDArray[np.float32]
    key: int
    train: Windows
    _state: State
    _rows: Array
    _program: Train
    _scored: dict[int, tuple[Array, Evaluate]] = field(default_factory=dict)

    @classmethod
    def start(
        cls,
        weights: Weights,
        train: Windows,
        network: Network,
        *,
        batch: int,
        class_weights: NDArray[np.float32],
        key: int,
    ) -> "Fit":
        """Put the rows on the device; compile nothing yet.

        Args:
            weights: Keras's names and layout, as :func:`yawstring.models.engine.initial.initial_weights` gives them.
            train: Windows to learn from.
            network: Dropout, length and learning rate.
            batch: Windows in a batch.
            class_weights: ``float32[class]``.
            key: Picks the values dropped, with the number of the step.
        """
        return cls(
            network=network,
            batch=batch,
            class_weights=class_weights,
            key=key,
            train=train,
            _state=fresh_state(packed(weights)),
            _rows=_on_device(train.rows),
            _program=train_program(network),
        )

    def epoch(self, order: NDArray[np.int64]) -> Passed:
        """Learn from the training windows once, in the order given, ``int64[window]``."""
        batches = _batches(self.train, order, self.batch)
        self._state, losses, predicted = self._program(
            self._state, self._rows, batches, self.class_weights, np.uint32(self.key)
        )
        return _passed(batches, losses, predicted)

    def evaluate(self, windows: Windows) -> Passed:
        """Score windows with the weights as they are, in their own order."""
        lanes = min(EVALUATION_LANES, _padded(len(windows)))
        if id(windows) not in self._scored:
            rows = self._rows if windows.rows is self.train.rows else _on_device(windows.rows)
            self._scored[id(windows)] = rows, evaluate_program(windows.length)
        rows, program = self._scored[id(windows)]
        batches = _batches(windows, np.arange(len(windows)), lanes)
        return _passed(batches, *program(self._state.parameters, rows, batches))

    def weights(self) -> Weights:
        """The weights as they are, on the host, under Keras's names."""
        return unpacked(self._state.parameters)


def balanced_weights(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """``float32[class]``: windows / (classes that occur × windows of the class), as scikit-learn balances.

    Example:
        >>> balanced_weights(np.array([0, 0, 0, 0, 1]), 2).tolist()
        [0.625, 2.5]
    """
    counts = np.bincount(labels, minlength=classes)
    occurring = np.count_nonzero(counts)
    return (len(labels) / (occurring * np.maximum(counts, 1))).astype(np.float32)


def _batches(windows: Windows, order: NDArray[np.int64], lanes: int) -> Batches:
    """Cut windows into batches, padded to a size that other counts share."""
    total = len(order)
    count = _padded(-(-total // lanes))
    starts = np.zeros(count * lanes, np.int32)
    labels = np.zeros(count * lanes, np.int32)
    starts[:total] = windows.starts[order]
    labels[:total] = windows.labels[order]
    return Batches(starts.reshape(count, lanes), labels.reshape(count, lanes), np.int32(total))


def _passed(batches: Batches, losses: Array, predicted: Array) -> Passed:
    total, lanes = int(batches.total), batches.labels.shape[1]
    count = -(-total // lanes)
    sums = np.asarray(losses)[:count]
    sizes = np.full(count, lanes)
    sizes[-1] = total - (count - 1) * lanes
    return Passed(
        losses=(sums / sizes).astype(np.float32),
        loss=float(sums.sum(dtype=np.float64) / total),
        truth=batches.labels.reshape(-1)[:total].astype(np.int64),
        predicted=np.asarray(predicted).reshape(-1)[:total],
    )


def _on_device(rows: NDArray[np.float32]) -> Array:
    padded = np.zeros((_padded(len(rows)), rows.shape[1]), np.float32)
    padded[: len(rows)] = rows
    placed: Array = jax.device_put(padded)
    return placed


def _padded(count: int) -> int:
    """The next size at or above ``count`` of :data:`SIZES_AN_OCTAVE` sizes between powers of two."""
    grain = max(1, (1 << (count - 1).bit_length()) // (2 * SIZES_AN_OCTAVE)) if count > 1 else 1
    return -(-count // grain) * grain
