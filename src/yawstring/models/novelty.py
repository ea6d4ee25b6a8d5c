"""What no benign flight showed: learnt from benign windows alone, with a stated rate of false alarms.

A linear autoencoder, which is principal components (Baldi and Hornik, "Neural networks and principal component
analysis", 1989): the statistics of a window (:mod:`yawstring.models.statistics`) are put on one scale, squeezed
through as many components as hold a share of the variance of benign windows, and compared with what comes out. Each
difference counts in deviations of its own among benign windows, and at most :data:`APART_MAX` of them, so that one wild
feature alone is no alarm. The score is their mean. A statistic that never moved on benign windows is kept: that it
moves is the best evidence there is, and may add a whole 1 to the mean.

The threshold is a quantile of the scores of benign windows that were not learnt from, as in inductive conformal anomaly
detection (Laxhammar and Falkman, 2015): fresh benign windows *like those* lie above it at no more than the rate that
was asked for. Flights of another kind may do so more often.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import ceil, log
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import BundleError, OptionError
from yawstring.models.base import OUTPUT_NAME, Encoding, Family, Fitted, Reads, Watch, Windows
from yawstring.models.checks import check_counts, check_parts
from yawstring.models.contributions import Contributions
from yawstring.models.graph import write_graph
from yawstring.models.sample import some_windows
from yawstring.models.statistics import OUTPUT, statistic_names, statistics, statistics_nodes

Arrays: TypeAlias = dict[str, NDArray[np.float32]]

BENIGN = 0
"""Class of benign windows."""

SCALED_MAX = 10.0
"""Deviations beyond which a statistic is cut off before it is squeezed."""

APART_MAX = 10.0
"""Deviations that a single difference counts for at most."""

DEVIATION_SHARE_MIN = 1e-3
DEVIATION_MIN = 1e-6
"""Floors of a statistic's deviation, as a share of its largest size and at all: for one that never moves."""

APART_DEVIATION_MIN = 0.05
"""Floor of a difference's deviation. Below lie statistics that the components explain whole."""

HELD_OUT = 5
"""One in so many benign windows is held out for the threshold, where there is no validation part."""

GAP_MIN = 1e-3
"""Least distance of the threshold from the median of the scores."""

CHUNK = 4096
"""Windows worked on at once."""


@dataclass(frozen=True, kw_only=True)
class Novelty(Family):
    """Calls a window an attack that benign windows do not resemble. It reads no window of any other class.

    The probability of an attack is one half at the threshold, ``rate`` at the median of benign windows, and a logistic
    function of the score. It does not name attacks: with more than two classes all others than benign share
    it evenly, so that ``1 - probability of benign``, not the likeliest class, says what it found.

    Attributes:
        rate: Share of benign windows that may be called.
        share: Share of the variance that the components hold.
        recent: Look at the statistics of the window's last third, too.
        windows_max: Benign windows to learn from at most, drawn from all.

    Raises:
        OptionError: A number is out of its range.

    Example:
        >>> random = np.random.default_rng(0)
        >>> rows = random.normal(0, 1, (500, 2)).astype(np.float32)
        >>> train = Windows(rows=rows, starts=np.arange(0, 400, 4), length=4, labels=np.zeros(100, np.int64))
        >>> from yawstring.models.scoring import open_scorer
        >>> scorer = open_scorer(Novelty(rate=0.01).fit(train, classes=2, seed=1).graph)
        >>> quiet, loud = (scorer((rows[400:404] * size)[None].astype(np.float32))[0, 1] for size in (1, 9))
        >>> bool(quiet < 0.5 < loud)
        True
    """

    rate: float = 0.001
    share: float = 0.9
    recent: bool = False
    windows_max: int = 20_000

    name: ClassVar[str] = "novelty"
    reads: ClassVar[Reads] = "window"
    encoding: ClassVar[Encoding] = "raw"
    learns: ClassVar[Literal["labels", "benign"]] = "benign"

    def __post_init__(self) -> None:
        check_counts(windows_max=self.windows_max)
        for option, value in (("rate", self.rate), ("share", self.share)):
            if not 0 < value < 1:
                raise OptionError(f"{option} must be above 0 and below 1, not {value}")

    def fit(
        self,
        train: Windows,
        validation: Windows | None = None,
        *,
        classes: int,
        seed: int,
        watch: Watch | None = None,
    ) -> Fitted:
        """Learn from the benign windows of ``train``; those of ``validation``, if there are any, set the threshold.

        Without them a run of a fifth of the benign windows is held out, at a place that is drawn.

        Raises:
            OptionError: As :meth:`Family.fit` says, or there are too few benign windows.
            MissingExtraError: The ``onnx`` package is not installed.
        """
        check_parts(train, validation, classes=classes)
        learnt, held = _parts(_benign(train), validation, seed=seed)
        weights = _components(self._statistics(learnt, seed), self.share)
        scores = _scores(self._statistics(held, seed + 1), weights)
        weights["threshold"] = np.array([_quantile(scores, self.rate)], np.float32)
        gap = max(float(weights["threshold"][0] - np.median(scores)), GAP_MIN)
        weights["slope"] = np.array([log((1 - self.rate) / self.rate) / gap], np.float32)
        return Fitted(
            family=self.name,
            reads=self.reads,
            graph=self._graph(weights, train, classes),
            weights=weights,
            classes=classes,
            options=asdict(self),
        )

    def _statistics(self, windows: Windows, seed: int) -> NDArray[np.float32]:
        return statistics(some_windows(windows, self.windows_max, seed=seed), recent=self.recent)

    def _graph(self, weights: Arrays, train: Windows, classes: int) -> bytes:
        nodes = statistics_nodes(train.length, recent=self.recent)

        def constant(name: str, value: NDArray[np.float32] | float) -> str:
            return nodes.constant(f"novelty/{name}", np.asarray(value, np.float32))

        mean = constant("mean", weights["mean"])
        there = nodes.add("Where", nodes.add("IsNaN", OUTPUT, out="none"), mean, OUTPUT, out="there")
        scaled = nodes.add("Sub", there, mean, out="shifted")
        scaled = nodes.add("Div", scaled, constant("deviation", weights["deviation"]), out="scaled")
        scaled = nodes.add("Max", scaled, constant("low", -SCALED_MAX), out="above")
        scaled = nodes.add("Min", scaled, constant("high", SCALED_MAX), out="between")
        centred = nodes.add("Sub", scaled, constant("centre", weights["centre"]), out="centred")
        basis = constant("components", weights["components"])
        code = nodes.add("Gemm", centred, basis, out="code")
        apart = nodes.add("Sub", centred, nodes.add("Gemm", code, basis, out="decoded", transB=1), out="apart")
        apart = nodes.add("Div", nodes.add("Abs", apart, out="size"), constant("apart", weights["apart"]), out="far")
        apart = nodes.add("Min", apart, constant("most", weights["most"]), out="counted")
        # A softmax of 0 for benign and z less the logarithm of their number for all others gives them together the
        # logistic function of z.
        attack = np.array([0.0] + [1.0] * (classes - 1))
        bias = -attack * (weights["slope"][0] * weights["threshold"][0] + log(classes - 1))
        # The mean over statistics is a product, too: ReduceMean adds up one window in another order than many.
        mean_slope = np.tile(attack * weights["slope"][0] / len(weights["mean"]), (len(weights["mean"]), 1))
        logits = nodes.add("Gemm", apart, constant("slope", mean_slope), constant("bias", bias), out="logits")
        nodes.add("Softmax", logits, out=OUTPUT_NAME, axis=1)
        return write_graph(nodes.nodes, nodes.constants, shape=(train.length, train.rows.shape[1]), classes=classes)


def left_over(fitted: Fitted, windows: Windows) -> Contributions:
    """Take the scores of a fitted novelty detector apart: what each statistic adds to the log-odds of an attack.

    The log-odds is ``slope (mean of what is left over - threshold)``, a sum over statistics as it stands.

    Args:
        fitted: Of the family ``novelty``.
        windows: Windows as the family takes them.

    Returns:
        Contributions to the log-odds of an attack of any kind; the base is the log-odds where nothing is left over.

    Raises:
        OptionError: Another family.
        BundleError: The weights are not those of such a detector.

    Example:
        >>> rows = np.random.default_rng(0).normal(0, 1, (500, 2)).astype(np.float32)
        >>> train = Windows(rows=rows, starts=np.arange(0, 400, 4), length=4, labels=np.zeros(100, np.int64))
        >>> fitted = Novelty(rate=0.01).fit(train, classes=2, seed=1)
        >>> told = left_over(fitted, replace(train, starts=np.array([400, 404])))
        >>> from yawstring.models.scoring import open_scorer
        >>> p = open_scorer(fitted.graph).score(replace(train, starts=np.array([400, 404])))
        >>> bool(np.allclose(told.base + told.by_feature().sum(axis=1), np.log(p[:, 1] / p[:, 0]), atol=1e-3))
        True
    """
    if fitted.family != Novelty.name:
        raise OptionError(f"'{fitted.family}' is not {Novelty.name}: nothing is left over of its statistics")
    weights = {name: np.asarray(array, np.float32) for name, array in fitted.weights.items()}
    recent = bool(fitted.options.get("recent", False))
    names = statistic_names(windows.length, recent=recent)
    _check_weights(weights, len(names) * windows.rows.shape[1])
    left = _left_over(statistics(windows, recent=recent), weights).astype(np.float64)
    slope, threshold = float(weights["slope"][0]), float(weights["threshold"][0])
    return Contributions(
        values=(slope * left / left.shape[1]).reshape(len(left), len(names), -1),
        statistics=names,
        base=-slope * threshold,
    )


def _check_weights(weights: Arrays, inputs: int) -> None:
    """Refuse weights of a bundle that are of other shapes, or no numbers."""
    shapes = dict.fromkeys(("mean", "deviation", "centre", "apart", "most"), (inputs,)) | {
        "slope": (1,),
        "threshold": (1,),
    }
    fits = all(name in weights and weights[name].shape == shape for name, shape in shapes.items())
    components = weights.get("components", np.zeros(0, np.float32))
    if not fits or components.ndim != 2 or len(components) != inputs:
        raise BundleError(f"the weights are not those of a novelty detector that reads {inputs} statistics")
    if not all(np.isfinite(array).all() for array in weights.values()):
        raise BundleError("a weight of the novelty detector is no number")


def _benign(windows: Windows) -> Windows:
    there = np.flatnonzero(windows.labels == BENIGN)
    there = there[np.argsort(windows.starts[there], kind="stable")]
    return replace(windows, starts=windows.starts[there], labels=windows.labels[there])


def _parts(benign: Windows, validation: Windows | None, *, seed: int) -> tuple[Windows, Windows]:
    """Benign windows to learn from, and others to set the threshold by that share no row with them."""
    if validation is not None and len(held := _benign(validation)):
        learnt = benign
    else:
        count = max(len(benign) // HELD_OUT, 1)
        first = int(np.random.default_rng(seed).integers(0, max(len(benign) - count, 0) + 1))
        starts = benign.starts[first : first + count]
        held = replace(benign, starts=starts, labels=benign.labels[first : first + count])
        low, high = (starts[0], starts[-1]) if len(starts) else (0, 0)
        apart = (benign.starts + benign.length <= low) | (benign.starts >= high + benign.length)
        learnt = replace(benign, starts=benign.starts[apart], labels=benign.labels[apart])
    if len(learnt) < 2:
        raise OptionError(f"novelty learns from benign windows, and there are {len(benign)}: give more benign flights")
    return learnt, held


def _components(benign: NDArray[np.float32], share: float) -> Arrays:
    """Scale, components and deviations of what they leave over, from the statistics of benign windows."""
    values = benign.astype(np.float64)
    there = ~np.isnan(values)
    count = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, values, 0).sum(axis=0) / count
    spread = np.sqrt(np.where(there, (values - mean) ** 2, 0).sum(axis=0) / count)
    largest = np.where(there, np.abs(values), 0).max(axis=0)
    deviation = np.maximum(np.maximum(spread, DEVIATION_SHARE_MIN * largest), DEVIATION_MIN)
    weights: Arrays = {"mean": mean.astype(np.float32), "deviation": deviation.astype(np.float32)}
    scaled = _scaled(benign, weights)
    weights["centre"] = scaled.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = (scaled - weights["centre"]).astype(np.float64)
    variance, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    told = np.cumsum(variance[::-1]) / max(variance.sum(), DEVIATION_MIN)
    kept = min(int(np.searchsorted(told, share)) + 1, len(variance))
    weights["components"] = np.ascontiguousarray(vectors[:, ::-1][:, :kept], np.float32)
    left = centred - centred @ vectors[:, ::-1][:, :kept] @ vectors[:, ::-1][:, :kept].T
    # What never moved and now moves by all that is counted, SCALED_MAX, adds 1 to the mean over all statistics.
    still, whole = scaled.min(axis=0) == scaled.max(axis=0), scaled.shape[1]
    apart = np.where(still, SCALED_MAX / whole, np.maximum(left.std(axis=0), APART_DEVIATION_MIN))
    weights["apart"] = apart.astype(np.float32)
    weights["most"] = np.where(still, whole, APART_MAX).astype(np.float32)
    return weights


def _scaled(array: NDArray[np.float32], weights: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    shifted = np.where(np.isnan(array), np.float32(0), array - weights["mean"])
    with np.errstate(over="ignore"):  # far beyond the cut
        return np.clip(shifted / weights["deviation"], np.float32(-SCALED_MAX), np.float32(SCALED_MAX))


def _scores(array: NDArray[np.float32], weights: Arrays) -> NDArray[np.float64]:
    """``float64[window]``, the mean of what is left over, in deviations: what the graph computes."""
    parts = range(0, len(array), CHUNK)
    return np.concatenate([_left_over(array[at : at + CHUNK], weights).mean(axis=1, dtype=np.float64) for at in parts])


def _left_over(array: NDArray[np.float32], weights: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """``float32[window, statistic]``, what the components leave over of each statistic, in deviations, as it counts."""
    centred = _scaled(array, weights) - weights["centre"]
    left = np.abs(centred - centred @ weights["components"] @ weights["components"].T)
    return np.asarray(np.minimum(left / weights["apart"], weights["most"]))


def _quantile(scores: NDArray[np.float64], rate: float) -> float:
    """The score that a fresh benign window exceeds with a probability of at most ``rate``; at most the highest."""
    place = min(ceil((len(scores) + 1) * (1 - rate)), len(scores))
    return float(np.sort(scores)[place - 1])
