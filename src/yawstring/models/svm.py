"""A support vector machine with a radial kernel on whole windows (Cortes and Vapnik, 1995).

The baseline of the papers on drones' intrusion detection. scikit-learn's ``SVC`` is fitted for each class against all
others, on the window's rows one after another; the decision is ``Σ aᵢ exp(-γ |x - sᵢ|²) + b`` over the support vectors
``sᵢ``. Probabilities are a logistic regression (a softmax for more than two classes) on the decisions, fitted on the
training windows, as Platt (1999) has it for two: a plain map, and one that is surer of itself on windows it knows.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import MissingExtraError, OptionError
from yawstring.models.base import INPUT_NAME, OUTPUT_NAME, Encoding, Family, Fitted, Reads, Watch, Windows
from yawstring.models.checks import check_counts, check_parts
from yawstring.models.graph import write_graph
from yawstring.models.nodes import Nodes
from yawstring.models.sample import some_windows

if TYPE_CHECKING:
    from sklearn.svm import SVC

Arrays: TypeAlias = dict[str, NDArray[np.float32]]

ABSENT = -1000.0
"""Logit of a class that the training part lacks: its probability is 0."""


@dataclass(frozen=True, kw_only=True)
class SVM(Family):
    """Support vector machines with a radial kernel, one for each class against all others.

    Attributes:
        cost: Penalty ``C`` on windows on the wrong side of the margin.
        gamma: The kernel's ``γ``; ``None`` for 1 / (numbers in a window × their variance), scikit-learn's ``"scale"``.
        class_weights: Weigh windows so that every class weighs the same.
        windows_max: Windows to learn from at most, drawn from all; fitting takes the square of their number, and more.

    Raises:
        OptionError: A number is out of its range.

    Example:
        >>> rows = np.random.default_rng(0).random((50, 2), dtype=np.float32)
        >>> windows = Windows(rows=rows, starts=np.arange(46), length=5, labels=(rows[4:, 0] > 0.5).astype(np.int64))
        >>> from yawstring.models.scoring import open_scorer
        >>> open_scorer(SVM().fit(windows, classes=2, seed=1).graph).score(windows).shape
        (46, 2)
    """

    cost: float = 1.0
    gamma: float | None = None
    class_weights: bool = False
    windows_max: int = 5000

    name: ClassVar[str] = "svm"
    reads: ClassVar[Reads] = "window"
    encoding: ClassVar[Encoding] = "scaled"

    def __post_init__(self) -> None:
        check_counts(windows_max=self.windows_max)
        for option, value in (("cost", self.cost), ("gamma", self.gamma)):
            if value is not None and not value > 0:
                raise OptionError(f"{option} must be above 0, not {value}")

    def fit(
        self,
        train: Windows,
        validation: Windows | None = None,
        *,
        classes: int,
        seed: int,
        watch: Watch | None = None,
    ) -> Fitted:
        """Fit the machines, then the map to probabilities; ``validation`` is not used.

        Raises:
            OptionError: As :meth:`Family.fit` says, or a row holds NaN or infinity.
            MissingExtraError: scikit-learn or the ``onnx`` package is not installed.
        """
        check_parts(train, validation, classes=classes)
        some = some_windows(train, self.windows_max, seed=seed)
        array = some.gather().reshape(len(some), -1)
        if not np.isfinite(array).all():
            raise OptionError("the training part holds NaN or infinity; a support vector machine takes numbers")
        weights = self._weights(array, some.labels, classes)
        return Fitted(
            family=self.name,
            reads=self.reads,
            graph=_graph(weights, train, classes),
            weights=weights,
            classes=classes,
            options=asdict(self),
        )

    def _weights(self, array: NDArray[np.float32], labels: NDArray[np.int64], classes: int) -> Arrays:
        try:
            from sklearn.linear_model import LogisticRegression
            from sklearn.svm import SVC
        except ImportError as error:
            raise MissingExtraError("scikit-learn", extra="train", needed_for="a support vector machine") from error
        known = np.unique(labels)
        bias = np.full(classes, ABSENT)
        bias[known] = 0
        if len(known) == 1:
            nothing = {name: np.zeros((1, 1)) for name in ("dual", "intercept", "gamma")}
            return _float32(nothing | {"supports": array[:1], "slope": np.zeros((1, classes)), "bias": bias})
        spread = float(array.var(dtype=np.float64))
        gamma = self.gamma if self.gamma is not None else 1 / (array.shape[1] * spread) if spread > 0 else 1.0
        weight = "balanced" if self.class_weights else None
        # Of two classes one machine tells both.
        machines = [
            SVC(C=self.cost, gamma=gamma, class_weight=weight).fit(array, labels == label)
            for label in (known[1:] if len(known) == 2 else known)
        ]
        decisions = np.column_stack([machine.decision_function(array) for machine in machines])
        told = LogisticRegression(class_weight=weight, max_iter=1000).fit(decisions, labels)
        slope = np.zeros((len(machines), classes))
        # Of two classes scikit-learn gives one row of coefficients, that of the second.
        slope[:, known[-len(told.coef_) :]] = told.coef_.T
        bias[known[-len(told.coef_) :]] = told.intercept_
        return _float32(_shared_supports(machines, array) | {"gamma": np.array([gamma]), "slope": slope, "bias": bias})


def _float32(arrays: Mapping[str, NDArray[np.floating]]) -> Arrays:
    return {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}


def _shared_supports(machines: list["SVC"], array: NDArray[np.float32]) -> dict[str, NDArray[np.floating]]:
    """Support vectors of any machine, each once, and their coefficients in every machine."""
    used = np.unique(np.concatenate([machine.support_ for machine in machines]))
    dual = np.zeros((len(used), len(machines)))
    for column, machine in enumerate(machines):
        dual[np.searchsorted(used, machine.support_), column] = machine.dual_coef_[0]
    intercept = np.array([machine.intercept_[0] for machine in machines])
    return {"supports": array[used], "dual": dual, "intercept": intercept}


def _graph(weights: Arrays, train: Windows, classes: int) -> bytes:
    """``|x - s|²`` is ``|x|² - 2 x·s + |s|²``: products of matrices, and no array of all differences."""
    nodes = Nodes()
    supports, gamma = weights["supports"].astype(np.float64), weights["gamma"].item()

    def constant(name: str, value: NDArray[np.floating]) -> str:
        return nodes.constant(name, np.ascontiguousarray(value, np.float32))

    flat = nodes.add("Flatten", INPUT_NAME, out="flat", axis=1)
    squares = nodes.add("Mul", flat, flat, out="squares")
    ones = constant("ones", np.full((supports.shape[1], 1), -gamma))
    own = nodes.add("Gemm", squares, ones, out="own")
    across = constant("supports", 2 * gamma * supports.T)
    theirs = constant("theirs", -gamma * (supports**2).sum(axis=1))
    exponent = nodes.add("Add", nodes.add("Gemm", flat, across, theirs, out="pairs"), own, out="exponent")
    # Rounding may leave a distance just below 0.
    exponent = nodes.add("Min", exponent, nodes.constant("zero", np.float32(0)), out="below")
    kernel = nodes.add("Exp", exponent, out="kernel")
    decisions = nodes.add(
        "Gemm", kernel, constant("dual", weights["dual"]), constant("intercept", weights["intercept"]), out="decisions"
    )
    logits = nodes.add(
        "Gemm", decisions, constant("slope", weights["slope"]), constant("bias", weights["bias"]), out="logits"
    )
    nodes.add("Softmax", logits, out=OUTPUT_NAME, axis=1)
    return write_graph(nodes.nodes, nodes.constants, shape=(train.length, train.rows.shape[1]), classes=classes)
