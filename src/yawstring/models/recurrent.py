"""The recurrent family: the notebook's network, LSTM, dropout, dense layers, trained as Keras trains it.

The network, its initial weights, its loss and Adam are Keras's to rounding; what differs is that an epoch is one
compiled program (:mod:`yawstring.models.engine.program`). JAX is imported when something is fitted, not before.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from yawstring.errors import MissingExtraError, OptionError
from yawstring.models.base import Encoding, Epoch, Family, Fitted, Json, Reads, Watch, Windows
from yawstring.models.checks import check_parts
from yawstring.models.engine.initial import Weights, initial_weights

if TYPE_CHECKING:
    from yawstring.models.engine.fitting import Fit


@dataclass(frozen=True, kw_only=True)
class LSTM(Family):
    """LSTM, dropout, hidden dense layers with rectifiers, then a sigmoid (two classes) or a softmax (more).

    Attributes:
        units: Width of the LSTM.
        dropout: Share of the LSTM's outputs dropped while training.
        dense: Widths of the hidden dense layers.
        dense_dropout: Share dropped after each hidden dense layer; empty for none.
        learning_rate: Adam's.
        batch: Windows in a batch; the last batch of an epoch may be shorter.
        epochs: Passes over the training windows, at most.
        class_weights: Weigh each window by what balances the classes.
        patience: Stop after this many epochs without a better one on the validation part; ``None`` never stops early.
        keep: Weights to keep where there is a validation part: of the ``"best"`` epoch (highest validation F1, the
            lower loss where equal) or the ``"last"``. Without one the last are kept.
        f1: ``"macro"``, the mean over classes of the F1 of the epoch; ``"batch"``, Keras's unweighted mean over batches
            of the F1 of class 1.
        devices: Devices of JAX that share each batch, which must be a multiple of them. Two cores with nothing else to
            do train faster than one; figures differ in the last digits with the number, and with nothing else about it
            (:func:`yawstring.models.engine.runtime.use_devices` makes them).

    Example:
        >>> rows = np.random.default_rng(0).random((200, 3), dtype=np.float32)
        >>> starts = np.arange(196)
        >>> labels = (rows[starts + 4, 0] > 0.5).astype(np.int64)
        >>> windows = Windows(rows=rows, starts=starts, length=5, labels=labels)
        >>> fitted = LSTM(units=8, dense=(), epochs=2).fit(windows, classes=2, seed=1)
        >>> [epoch.number for epoch in fitted.history], fitted.weights["lstm/kernel"].shape
        ([1, 2], (3, 32))
    """

    units: int = 64
    dropout: float = 0.3
    dense: tuple[int, ...] = (64,)
    dense_dropout: tuple[float, ...] = ()
    learning_rate: float = 1e-3
    batch: int = 32
    epochs: int = 10
    class_weights: bool = False
    patience: int | None = None
    keep: Literal["best", "last"] = "best"
    f1: Literal["macro", "batch"] = "macro"
    devices: int = 1

    name: ClassVar[str] = "lstm"
    reads: ClassVar[Reads] = "window"
    encoding: ClassVar[Encoding] = "scaled"

    def __post_init__(self) -> None:
        for name in ("units", "batch", "epochs", "devices"):
            _require(getattr(self, name) >= 1, f"{name} must be at least 1, not {getattr(self, name)}")
        _require(all(width >= 1 for width in self.dense), f"dense widths must be at least 1, not {self.dense}")
        shares = (self.dropout, *self.dense_dropout)
        _require(all(0 <= share < 1 for share in shares), f"dropout must be at least 0 and below 1, not {shares}")
        _require(
            len(self.dense_dropout) in (0, len(self.dense)),
            f"dense_dropout needs a share for each of {len(self.dense)} dense layers, not {len(self.dense_dropout)}",
        )
        _require(self.learning_rate > 0, f"learning_rate must be above 0, not {self.learning_rate}")
        _require(
            self.batch % self.devices == 0,
            f"batch must be a multiple of devices, not {self.batch} for {self.devices}",
        )
        _require(self.patience is None or self.patience >= 1, f"patience must be at least 1, not {self.patience}")

    def fit(
        self,
        train: Windows,
        validation: Windows | None = None,
        *,
        classes: int,
        seed: int,
        watch: Watch | None = None,
    ) -> Fitted:
        """Fit as :meth:`Family.fit` says. Same seed, devices, machine and versions: same bits.

        Raises:
            OptionError: A part holds no window, a label lies outside ``range(classes)``, ``patience`` stands without a
                validation part, ``f1="batch"`` with more than two classes, or the process has fewer ``devices``.
            MissingExtraError: JAX or ONNX is not installed.
        """
        self._check(train, validation, classes)
        weight_seed, order_seed, drop_seed = np.random.SeedSequence(seed).spawn(3)
        outputs = 1 if classes == 2 else classes
        features = train.rows.shape[1]
        weights = initial_weights(np.random.default_rng(weight_seed), features, self.units, self.dense, outputs)
        fit = self._start(weights, train, classes, key=int(drop_seed.generate_state(1)[0]))
        history, weights = self._run(fit, train, validation, classes, np.random.default_rng(order_seed), watch)
        return Fitted(
            family=self.name,
            reads=self.reads,
            graph=_graph(weights, train.length),
            weights=weights,
            classes=classes,
            options=self.options(),
            history=tuple(history),
        )

    def options(self) -> dict[str, Json]:
        """The options as JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def _start(self, weights: Weights, train: Windows, classes: int, *, key: int) -> "Fit":
        try:
            from yawstring.models.engine.fitting import Fit, balanced_weights
            from yawstring.models.engine.program import Options
        except ModuleNotFoundError as error:
            raise MissingExtraError(error.name or "jax", extra="train", needed_for="training an LSTM") from error
        weighed = balanced_weights(train.labels, classes) if self.class_weights else np.ones(classes, np.float32)
        options = Options(np.float32(self.learning_rate), weighed, np.uint32(key))
        return Fit.start(
            weights,
            train,
            batch=self.batch,
            dropouts=(self.dropout, *self.dense_dropout),
            options=options,
            devices=self.devices,
        )

    def _run(
        self,
        fit: "Fit",
        train: Windows,
        validation: Windows | None,
        classes: int,
        generator: np.random.Generator,
        watch: Watch | None,
    ) -> tuple[list[Epoch], Weights]:
        history: list[Epoch] = []
        best, best_weights = 0, None
        for number in range(1, self.epochs + 1):
            passed = fit.epoch(generator.permutation(len(train)))
            judged = fit.evaluate(validation) if validation is not None else None
            epoch = Epoch(
                number=number,
                loss=passed.loss,
                f1=passed.f1(self.f1, classes=classes, batch=self.batch),
                validation_loss=judged.loss if judged else None,
                validation_f1=judged.f1(self.f1, classes=classes, batch=self.batch) if judged else None,
            )
            history.append(epoch)
            if watch is not None:
                watch(epoch)
            if judged is None:
                continue
            if number == 1 or _merit(epoch) > _merit(history[best]):
                best, best_weights = number - 1, fit.weights() if self.keep == "best" else None
            if self.patience is not None and number - 1 - best >= self.patience:
                break
        return history, fit.weights() if best_weights is None else best_weights

    def _check(self, train: Windows, validation: Windows | None, classes: int) -> None:
        check_parts(train, validation, classes=classes)
        _require(
            self.f1 == "macro" or classes == 2, "f1='batch' is the F1 of class 1 of two: use 'macro' for more classes"
        )
        _require(self.patience is None or validation is not None, "patience needs a validation part: give one")


def _merit(epoch: Epoch) -> tuple[float, float]:
    """Orders epochs: the higher validation F1, then the lower validation loss."""
    return epoch.validation_f1 or 0.0, -(epoch.validation_loss or 0.0)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise OptionError(otherwise)


def _graph(weights: Weights, length: int) -> bytes:
    try:
        from yawstring.models.graph import lstm_graph
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "onnx", extra="train", needed_for="training an LSTM") from error
    return lstm_graph(weights, length=length)
