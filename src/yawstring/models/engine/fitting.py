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
from yawstring.models.engine.network import Network
from yawstring.models.engine.program import Adam, Batches, Options, State, adam_of, fresh_state, judge, learn

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
        logits: ``float32[window, output]``.
    """

    losses: NDArray[np.float32]
    loss: float
    truth: NDArray[np.int64]
    logits: NDArray[np.float32]

    @property
    def predicted(self) -> NDArray[np.int32]:
        """``int32[window]``, the likeliest class; of two, class 1 where its probability is above a half."""
        if self.logits.shape[1] == 1:
            return np.asarray(self.logits[:, 0] > 0, np.int32)
        return np.asarray(self.logits.argmax(axis=1), np.int32)

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """``float32[window, class]``, each row summing to 1."""
        logits = self.logits.astype(np.float64)
        if logits.shape[1] == 1:
            logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)

    def f1(self, how: Literal["macro", "batch"], *, classes: int, batch: int) -> float:
        """F1 of the pass, over all windows or averaged over batches."""
        if how == "batch":
            return batch_f1(self.truth, self.predicted, batch)
        return macro_f1(self.truth, self.predicted, classes)


@dataclass
class Fit:
    """A network being trained on one part of the windows.

    Attributes:
        network: What is trained.
        train: Windows to learn from.
        batch: Windows in a batch.
        options: Learning rate, class weights and the key of the dropout.
    """

    network: Network
    train: Windows
    batch: int
    options: Options
    _names: tuple[str, ...]
    _state: State
    _placed: dict[int, tuple[NDArray[np.float32], Array]] = field(default_factory=dict)

    @classmethod
    def start(
        cls,
        network: Network,
        weights: Weights,
        train: Windows,
        *,
        batch: int,
        options: Options,
        adam: Adam | None = None,
    ) -> "Fit":
        """A fit before its first epoch.

        Args:
            network: What is trained.
            weights: Its weights in Keras's names and layout.
            train: Windows to learn from.
            batch: Windows in a batch.
            options: Learning rate, class weights and the key of the dropout.
            adam: What Adam remembers of an earlier fit; ``None``: nothing.
        """
        return cls(
            network=network,
            train=train,
            batch=batch,
            options=options,
            _names=tuple(weights),
            _state=fresh_state(network.packed(weights), adam, network.stacked),
        )

    def epoch(self, order: NDArray[np.int64]) -> Passed:
        """Learn from the training windows once, in the order given, ``int64[window]``."""
        batches = _batches(self.train, order, self.batch)
        rows = self._on_device(self.train.rows)
        self._state, losses, logits = learn(
            self._state, rows, batches, self.options, length=self.train.length, network=self.network
        )
        return _passed(batches, losses, logits)

    def evaluate(self, windows: Windows) -> Passed:
        """Score windows with the weights as they are, in their own order."""
        batches = _batches(windows, np.arange(len(windows)), min(EVALUATION_LANES, _padded(len(windows))))
        rows = self._on_device(windows.rows)
        settings = self.options.settings
        judged = judge(self._state.parameters, rows, batches, settings, length=windows.length, network=self.network)
        return _passed(batches, *judged)

    def weights(self) -> Weights:
        """The weights as they are, on the host, under Keras's names.

        JAX sorts the keys of a dictionary, so the order of the layers is brought along.
        """
        made = self.network.unpacked({name: np.asarray(array) for name, array in self._state.parameters.items()})
        return {name: made[name] for name in self._names}

    def adam(self) -> Adam:
        """What Adam remembers, on the host."""
        return adam_of(self._state)

    def _on_device(self, rows: NDArray[np.float32]) -> Array:
        """The rows on the device, padded; sent there once."""
        if id(rows) not in self._placed:
            padded = np.zeros((_padded(len(rows)), rows.shape[1]), np.float32)
            padded[: len(rows)] = rows
            # The host's array is kept beside it: while it lives, no other can have its identity.
            self._placed[id(rows)] = rows, jax.device_put(padded)
        return self._placed[id(rows)][1]


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


def _passed(batches: Batches, losses: Array, logits: Array) -> Passed:
    total, lanes = int(batches.total), batches.labels.shape[1]
    count = -(-total // lanes)
    sums = np.asarray(losses)[:count]
    sizes = np.full(count, lanes)
    sizes[-1] = total - (count - 1) * lanes
    return Passed(
        losses=(sums / sizes).astype(np.float32),
        loss=float(sums.sum(dtype=np.float64) / total),
        truth=batches.labels.reshape(-1)[:total].astype(np.int64),
        logits=np.asarray(logits).reshape(-1, logits.shape[2])[:total],
    )


def _padded(count: int) -> int:
    """The next size at or above ``count`` of :data:`SIZES_AN_OCTAVE` sizes between powers of two."""
    grain = max(1, (1 << (count - 1).bit_length()) // (2 * SIZES_AN_OCTAVE)) if count > 1 else 1
    return -(-count // grain) * grain
