"""The recurrent family as a scikit-learn classifier, for pipelines, cross-validation and comparisons."""

from typing import Literal

import numpy as np

from yawstring.models.estimators.networks import WindowClassifier
from yawstring.models.recurrent import LSTM


class LSTMClassifier(WindowClassifier):
    """LSTM over windows, as :class:`~yawstring.models.recurrent.LSTM` with the manners of scikit-learn.

    Features are taken as they are: put a scaler before it, fitted on the training part alone.

    Args:
        units: Width of the LSTM.
        cell: ``"lstm"`` or ``"gru"``.
        bidirectional: Read each window backwards as well.
        dropout: Share of the LSTM's outputs dropped while training.
        dense: Widths of the hidden dense layers.
        learning_rate: Adam's.
        batch: Windows in a batch.
        epochs: Passes over the training windows.
        class_weights: Weigh each window by what balances the classes.
        random_state: Seed, generator or ``None``, as everywhere in scikit-learn.

    Example:
        >>> X = np.random.default_rng(0).normal(size=(300, 5, 2)).astype(np.float32)
        >>> y = np.where(X[:, -1, 0] > 0, "attack", "benign")
        >>> model = LSTMClassifier(units=8, learning_rate=0.01, random_state=0).fit(X, y)
        >>> model.predict(X[:2]).shape, model.predict_proba(X[:2]).shape, bool(model.score(X, y) > 0.9)
        ((2,), (2, 2), True)
    """

    def __init__(
        self,
        *,
        units: int = 64,
        cell: Literal["lstm", "gru"] = "lstm",
        bidirectional: bool = False,
        dropout: float = 0.3,
        dense: tuple[int, ...] = (64,),
        learning_rate: float = 1e-3,
        batch: int = 32,
        epochs: int = 10,
        class_weights: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.units = units
        self.cell = cell
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.dense = dense
        self.learning_rate = learning_rate
        self.batch = batch
        self.epochs = epochs
        self.class_weights = class_weights
        self.random_state = random_state

    def family(self) -> LSTM:
        """As :meth:`WindowClassifier.family`."""
        options = self.get_params()
        del options["random_state"]
        return LSTM(**{**options, "dense": tuple(self.dense)})
