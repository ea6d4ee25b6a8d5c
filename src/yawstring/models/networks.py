"""What every family of networks shares: the options of training, epochs, and the choice of the best of them.

A family adds the options of its network, draws its weights, describes it to the engine
(:class:`yawstring.models.engine.network.Network`) and writes its graph. JAX is imported when something is fitted, not
before.
"""

from abc import abstractmethod
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from yawstring.errors import MissingExtraError, OptionError
from yawstring.models.base import Encoding, Epoch, Family, Fitted, Json, Reads, Watch, Windows
from yawstring.models.checks import check_parts
from yawstring.models.engine.initial import Weights

if TYPE_CHECKING:
    from yawstring.models.engine.fitting import Fit
    from yawstring.models.engine.network import Network


@dataclass(frozen=True, kw_only=True)
class NetworkFamily(Family):
    """A network trained by Adam on the cross-entropy of batches of windows.

    Attributes:
        dropout: Share of values dropped while training; the family says where.
        learning_rate: Adam's.
        batch: Windows in a batch; the last batch of an epoch may be shorter.
        epochs: Passes over the training windows, at most.
        class_weights: Weigh each window by what balances the classes.
        patience: Stop after this many epochs without a better one on the validation part; ``None`` never stops early.
        keep: Weights to keep where there is a validation part: of the ``"best"`` epoch (highest validation F1, the
            lower loss where equal) or the ``"last"``. Without one the last are kept.
        f1: ``"macro"``, the mean over classes of the F1 of the epoch; ``"batch"``, Keras's unweighted mean over batches
            of the F1 of class 1.
    """

    dropout: float = 0.3
    learning_rate: float = 1e-3
    batch: int = 32
    epochs: int = 10
    class_weights: bool = False
    patience: int | None = None
    keep: Literal["best", "last"] = "best"
    f1: Literal["macro", "batch"] = "macro"

    reads: ClassVar[Reads] = "window"
    encoding: ClassVar[Encoding] = "scaled"

    def __post_init__(self) -> None:
        for name in ("batch", "epochs"):
            self._require_some(name)
        require(0 <= self.dropout < 1, f"dropout must be at least 0 and below 1, not {self.dropout}")
        require(self.learning_rate > 0, f"learning_rate must be above 0, not {self.learning_rate}")
        require(self.patience is None or self.patience >= 1, f"patience must be at least 1, not {self.patience}")

    @abstractmethod
    def initial(self, generator: np.random.Generator, *, length: int, features: int, outputs: int) -> Weights:
        """Fresh weights under Keras's names.

        Args:
            generator: Source of the draws.
            length: Rows in a window.
            features: Features of a row.
            outputs: Width of the last layer: 1 for a sigmoid, else the number of classes.
        """

    @abstractmethod
    def network(self) -> "Network":
        """The network as the engine is told of it; needs JAX."""

    @abstractmethod
    def graph(self, weights: Weights, *, length: int) -> bytes:
        """The ONNX graph of the network with these weights; needs the ``onnx`` package."""

    def fit(
        self,
        train: Windows,
        validation: Windows | None = None,
        *,
        classes: int,
        seed: int,
        watch: Watch | None = None,
    ) -> Fitted:
        """Fit as :meth:`Family.fit` says. Same seed, machine and versions: same bits.

        Raises:
            OptionError: A part holds no window, a label lies outside ``range(classes)``, ``patience`` stands without a
                validation part, or ``f1="batch"`` with more than two classes.
            MissingExtraError: JAX or ONNX is not installed.
        """
        self._check(train, validation, classes)
        weight_seed, order_seed, drop_seed = np.random.SeedSequence(seed).spawn(3)
        weights = self.initial(
            np.random.default_rng(weight_seed),
            length=train.length,
            features=train.rows.shape[1],
            outputs=1 if classes == 2 else classes,
        )
        try:
            fit = self._start(weights, train, classes, key=int(drop_seed.generate_state(1)[0]))
            history, weights = self._run(fit, train, validation, classes, np.random.default_rng(order_seed), watch)
            graph = self.graph(weights, length=train.length)
        except ModuleNotFoundError as error:
            raise MissingExtraError(error.name or "jax", extra="train", needed_for=f"training {self.name}") from error
        return Fitted(
            family=self.name,
            reads=self.reads,
            graph=graph,
            weights=weights,
            classes=classes,
            options=self.options(),
            history=tuple(history),
        )

    def options(self) -> dict[str, Json]:
        """The options as JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def _start(self, weights: Weights, train: Windows, classes: int, *, key: int) -> "Fit":
        from yawstring.models.engine.fitting import Fit, balanced_weights
        from yawstring.models.engine.program import Options

        weighed = balanced_weights(train.labels, classes) if self.class_weights else np.ones(classes, np.float32)
        options = Options(np.float32(self.learning_rate), weighed, np.uint32(key))
        return Fit.start(self.network(), weights, train, batch=self.batch, options=options)

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
        require(
            self.f1 == "macro" or classes == 2, "f1='batch' is the F1 of class 1 of two: use 'macro' for more classes"
        )
        require(self.patience is None or validation is not None, "patience needs a validation part: give one")

    def _require_some(self, name: str) -> None:
        """Refuses a count below one; of several counts, any."""
        value = getattr(self, name)
        counts = value if isinstance(value, tuple) else (value,)
        require(all(count >= 1 for count in counts), f"{name} must be at least 1, not {value}")


def require(holds: bool, otherwise: str) -> None:
    """Refuse options that do not hold.

    Raises:
        OptionError: Says so.
    """
    if not holds:
        raise OptionError(otherwise)


def _merit(epoch: Epoch) -> tuple[float, float]:
    """Orders epochs: the higher validation F1, then the lower validation loss."""
    return epoch.validation_f1 or 0.0, -(epoch.validation_loss or 0.0)
