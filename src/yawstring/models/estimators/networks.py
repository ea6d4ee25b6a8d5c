"""Families of networks as scikit-learn classifiers: what they share, and one for any family by its name."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yawstring.errors import MissingExtraError, OptionError
from yawstring.models.base import Family, Json, Windows
from yawstring.models.registry import make_family
from yawstring.models.scoring import open_scorer

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ModuleNotFoundError as error:
    raise MissingExtraError("scikit-learn", extra="train", needed_for="a classifier of scikit-learn") from error


class WindowClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """A family that reads windows, with the manners of scikit-learn; a subclass says which, and has its options.

    Features are taken as they are: put a scaler before it, fitted on the training part alone.

    Attributes:
        classes_: Classes in order.
        graph_: ONNX graph that scores; :meth:`predict_proba` runs it through ONNX Runtime.
        weights_: Arrays by name.
        loss_curve_: Mean loss of each epoch.
    """

    random_state: int | np.random.RandomState | None

    @abstractmethod
    def family(self) -> Family:
        """The family with the options as they are."""

    def fit(self, X: ArrayLike, y: ArrayLike) -> "WindowClassifier":
        """Fit on windows.

        Args:
            X: ``float[window, time, feature]``, or ``float[row, feature]`` for windows of one row.
            y: Label of each window, anything that can be sorted.

        Raises:
            ValueError: Shapes or values are not as scikit-learn wants them, or there is but one class.
            OptionError: An option makes no sense.
            MissingExtraError: JAX or ONNX is not installed.
        """
        windows, truth = validate_data(self, X, y, dtype=np.float32, allow_nd=True)
        check_classification_targets(truth)
        self.classes_, labels = np.unique(truth, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__} needs two classes or more; y holds {len(self.classes_)} class")
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        fitted = self.family().fit(_windows(windows, labels), classes=len(self.classes_), seed=seed)
        self.window_shape_ = windows.shape[1:]
        self.graph_, self.weights_ = fitted.graph, dict(fitted.weights)
        self.loss_curve_ = [epoch.loss for epoch in fitted.history]
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float32]:
        """Probability of each class, ``float32[window, class]``, columns in the order of ``classes_``."""
        check_is_fitted(self)
        windows = validate_data(self, X, dtype=np.float32, allow_nd=True, reset=False)
        if windows.shape[1:] != self.window_shape_:
            raise ValueError(
                f"X holds windows of shape {windows.shape[1:]}, but those fitted were {self.window_shape_}"
            )
        return open_scorer(self.graph_)(windows.reshape(len(windows), -1, windows.shape[-1]))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The likeliest class of each window."""
        likeliest: NDArray[Any] = self.predict_proba(X).argmax(axis=1)
        chosen: NDArray[Any] = self.classes_[likeliest]
        return chosen


class NetworkClassifier(WindowClassifier):
    """Any family that reads windows, by its name.

    Args:
        detector: Name of the family: ``"mlp"``, ``"cnn"``, ``"attention"``, ``"lstm"``.
        options: Options of the family by name; those left out have their defaults.
        random_state: Seed, generator or ``None``, as everywhere in scikit-learn.

    Example:
        >>> X = np.random.default_rng(0).normal(size=(300, 5, 2)).astype(np.float32)
        >>> y = np.where(X[:, -1, 0] > 0, "attack", "benign")
        >>> model = NetworkClassifier("mlp", {"learning_rate": 0.01}, random_state=0).fit(X, y)
        >>> model.predict_proba(X[:2]).shape, bool(model.score(X, y) > 0.9)
        ((2, 2), True)
    """

    def __init__(
        self,
        detector: str = "mlp",
        options: Mapping[str, Json] | None = None,
        *,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.detector = detector
        self.options = options
        self.random_state = random_state

    def family(self) -> Family:
        """As :meth:`WindowClassifier.family`.

        Raises:
            OptionError: There is no such family, it reads single rows, or an option is none of its.
        """
        family = make_family(self.detector, self.options)
        if family.reads != "window":
            raise OptionError(f"the detector '{self.detector}' reads single rows: choose one that reads windows")
        return family


def _windows(X: NDArray[np.float32], labels: NDArray[np.int64]) -> Windows:
    """Windows laid end to end, so that none shares a row with another."""
    length = X.shape[1] if X.ndim == 3 else 1
    rows = np.ascontiguousarray(X.reshape(-1, X.shape[-1]))
    return Windows(rows=rows, starts=np.arange(len(X)) * length, length=length, labels=labels.astype(np.int64))
